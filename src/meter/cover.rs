//! `Covers`: when a user's subscription or trial stands for tokens (RULES 3.5).

use crate::meter::id::ProductId;
use crate::meter::instant::Instant;

/// What covers a product in place of tokens; the first that runs is named in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverKind {
    /// A single-user subscription on the same identity.
    Subscription,
    /// A trial.
    Trial,
}

/// One cover: `[from, until)`, of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// What it is.
    pub kind: CoverKind,
    /// Its first instant.
    pub from: Instant,
    /// The instant at which it no longer covers; `None` while no end is known.
    pub until: Option<Instant>,
}

impl Cover {
    fn runs(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// All cover of one user for one product, past and to come, each with the product or collection that was
/// subscribed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Covers(Vec<(ProductId, Cover)>);

impl Covers {
    /// Adds a cover that comes with `through`.
    pub(crate) fn add(&mut self, through: ProductId, cover: Cover) {
        assert!(cover.until.is_none_or(|until| cover.from < until), "a cover ends after it begins");
        self.0.push((through, cover));
    }

    /// Ends every cover of `kind` that comes with `through` and runs at `at`; whether there was one.
    pub(crate) fn cancel(&mut self, through: ProductId, kind: CoverKind, at: Instant) -> bool {
        let mut any = false;
        for (of, cover) in &mut self.0 {
            if *of == through && cover.kind == kind && cover.runs(at) {
                cover.until = Some(at);
                any = true;
            }
        }
        any
    }

    /// What covers at `at`: a subscription before a trial.
    pub(crate) fn kind(&self, at: Instant) -> Option<CoverKind> {
        self.0.iter().filter(|(_, cover)| cover.runs(at)).map(|(_, cover)| cover.kind).min()
    }

    /// The last instant up to `at` at which a cover ended.
    pub(crate) fn last_end(&self, at: Instant) -> Option<Instant> {
        self.0.iter().filter_map(|(_, cover)| cover.until).filter(|until| *until <= at).max()
    }
}

//! `Shortages`: refusals as people felt them, which are fewer than the refusals there were.
//!
//! Who is refused tries again. Refusals of one user and product that follow one another within an interval are one,
//! and none at all where the user is admitted within that interval of the last.

use std::collections::BTreeMap;

use crate::meter::answer::Refusal;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{SessionRecord, SignInRecord};
use crate::meter::session::SessionEnd;
use crate::scenario::duration;
use crate::simulation::portable::portable;

/// How refusals are told from true ones, for the reader.
pub fn rule(cured_within: Span) -> String {
    let within = duration::text(cured_within);
    format!(
        "Refusals of one user and product that follow one another within {within} are one true refusal, and none \
         if the user is admitted within {within} of the last; a session that ends because tokens ran out counts \
         as a refusal."
    )
}

/// Refusals of a run, raw and true, by reason in the order of [`Refusal::ALL`].
#[derive(Clone, Debug)]
pub struct Shortages {
    cured_within: Span,
    /// Sign-ins and uses refused.
    pub raw: [u64; Refusal::ALL.len()],
    /// True refusals: those that came from a session's end among them.
    pub felt: [u64; Refusal::ALL.len()],
    /// Sessions that ended because tokens ran out.
    pub ended: u64,
    /// Refusals that may still be cured: the last, and why.
    waiting: BTreeMap<(UserId, ProductId), (Instant, Refusal)>,
}

portable!(Shortages { cured_within, raw, felt, ended, waiting });

impl Shortages {
    /// None yet.
    pub fn new(cured_within: Span) -> Self {
        let none = [0; Refusal::ALL.len()];
        Shortages { cured_within, raw: none, felt: none, ended: 0, waiting: BTreeMap::new() }
    }

    /// Counts an answer; whether tokens were lacking. Answers for one user and product must come in their order.
    pub fn sign_in(&mut self, record: &SignInRecord) -> bool {
        let SignInRecord { at, user, product, .. } = *record;
        if let Err(refusal) = record.answer {
            self.raw[refusal as usize] += 1;
            self.refused((user, product), at, refusal);
            return refusal == Refusal::InsufficientTokens;
        }
        if !self.waiting.is_empty()
            && let Some((last, why)) = self.waiting.remove(&(user, product))
            && at - last > self.cured_within
        {
            self.felt[why as usize] += 1;
        }
        false
    }

    /// Counts a session's end; whether tokens were lacking.
    pub fn session(&mut self, record: &SessionRecord) -> bool {
        if record.end != SessionEnd::InsufficientTokens {
            return false;
        }
        self.ended += 1;
        self.refused((record.user, record.product), record.signed_out, Refusal::InsufficientTokens);
        true
    }

    fn refused(&mut self, key: (UserId, ProductId), at: Instant, why: Refusal) {
        if let Some((last, before)) = self.waiting.insert(key, (at, why))
            && at - last > self.cured_within
        {
            self.felt[before as usize] += 1;
        }
    }

    /// All of them, at the end of a run: what was not cured by then is true.
    #[must_use]
    pub fn finish(mut self) -> Self {
        for (_, why) in std::mem::take(&mut self.waiting).into_values() {
            self.felt[why as usize] += 1;
        }
        self
    }

    /// True refusals for want of tokens.
    pub fn of_tokens(&self) -> u64 {
        self.felt[Refusal::InsufficientTokens as usize]
    }
}

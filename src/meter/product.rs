//! `Product`: what can be used, and what it costs from when on.

use crate::meter::id::{ProductId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;

/// How a product is used and charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductKind {
    /// Opened in sessions, charged by the window (RULES 1.2–1.8).
    Desktop,
    /// Likewise, and may be opened and closed with a host (RULES 3.7).
    AddIn,
    /// Charged per result, hour or unit when used (RULES 1.9).
    Service,
    /// Never opened itself: cover for it is cover for each of its members (RULES 3.5).
    Collection,
}

/// What the meter knows of a product.
#[derive(Clone, Debug)]
pub struct Product {
    /// How it is used and charged.
    pub kind: ProductKind,
    /// Rates by the instant each applies from, ascending; before the first, the first applies.
    pub rates: Vec<(Instant, Tokens)>,
    /// Shared cloud credits per unit of a service, by the instant each number applies from, ascending; as many
    /// as tokens before the first (RULES 5.2).
    pub credits: Vec<(Instant, Tokens)>,
    /// Versions that go idle (RULES 1.8); the others are charged whether used or not.
    pub idle_aware: Vec<VersionId>,
    /// The products a collection covers; empty for every other kind.
    pub members: Vec<ProductId>,
    /// In the catalogue from the beginning; otherwise from its release on (RULES 3.2).
    pub released: bool,
}

impl Product {
    /// Shared cloud credits per unit in force at `at` (RULES 5.2).
    pub fn credits(&self, at: Instant) -> Tokens {
        let later = self.credits.partition_point(|&(from, _)| from <= at);
        later.checked_sub(1).map_or(self.rate(at), |place| self.credits[place].1)
    }

    /// Tokens per window or per unit in force at `at` (RULES 1.1).
    pub fn rate(&self, at: Instant) -> Tokens {
        let later = self.rates.partition_point(|&(from, _)| from <= at);
        self.rates[later.saturating_sub(1)].1
    }
}

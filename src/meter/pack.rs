//! `Pack`: one purchase of tokens, and where each of them is now.

use crate::meter::id::{PackId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;

/// One pack: `tokens = posted + held + expired + remaining`, always (RULES 2.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its number.
    pub id: PackId,
    /// The team it belongs to now.
    pub team: TeamId,
    /// When it arrived; it is valid from then on.
    pub bought: Instant,
    /// When it ends: at this instant what is left is no longer there (RULES 2.2).
    pub expires: Instant,
    /// The original size.
    pub tokens: Tokens,
    /// Charged for good.
    pub posted: Tokens,
    /// Reserved by holds that wait (RULES 2.5).
    pub held: Tokens,
    /// Lost at the pack's end, or given back after it.
    pub expired: Tokens,
    /// Free to be drawn; zero once the pack has ended.
    pub remaining: Tokens,
    /// Its end has been booked.
    pub ended: bool,
}

/// The key of the draw order: earliest end, smallest original size, earliest purchase, pack id
/// (RULES 2.3).
pub(crate) type DrawKey = (Instant, Tokens, Instant, PackId);

impl Pack {
    /// Where the pack stands in the draw order; smaller is drawn earlier.
    pub(crate) fn draw_key(&self) -> DrawKey {
        (self.expires, self.tokens, self.bought, self.id)
    }

    /// RULES 2.8 for this pack.
    pub(crate) fn assert_conserved(&self) {
        let parts = [self.posted, self.held, self.expired, self.remaining];
        let sum: Tokens = parts.into_iter().sum();
        assert!(
            sum == self.tokens && parts.iter().all(|part| *part >= Tokens::ZERO),
            "a pack keeps its tokens: {self:?}"
        );
    }
}

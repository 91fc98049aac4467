//! `Invitation`: who has been asked to join, and for how long the invitation stands (RULES 3.4).

use crate::meter::Meter;
use crate::meter::id::UserId;
use crate::meter::instant::{Instant, Span};
use crate::meter::record::NoticeKind;

/// An invitation that is not accepted by then lapses.
const STANDS: Span = Span::from_seconds(7 * 24 * 3600);

/// Whether a user may sign in at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// They have accepted, or nobody had to ask.
    Accepted,
    /// They have not; with the end of their invitation, exclusive, if there was one.
    Awaited(Option<Instant>),
}

impl Meter {
    /// Somebody who has not accepted is invited, once more if need be.
    pub(super) fn invite(&mut self, user: UserId) {
        let until = self.now + STANDS;
        let membership = &mut self.users[user.index()].membership;
        if *membership != Membership::Accepted {
            *membership = Membership::Awaited(Some(until));
            self.notify(user, NoticeKind::Invitation);
        }
    }

    /// An invitation is accepted, if one stands.
    pub(super) fn accept(&mut self, user: UserId) {
        let membership = &mut self.users[user.index()].membership;
        if matches!(membership, Membership::Awaited(Some(until)) if self.now < *until) {
            *membership = Membership::Accepted;
        }
    }

    /// Whether the user is a named user who may sign in (RULES 3.4, 6.2).
    pub(super) fn accepted(&self, user: UserId) -> bool {
        let user = &self.users[user.index()];
        let created = user.network.as_ref().is_none_or(|network| network.created);
        user.membership == Membership::Accepted && created
    }
}

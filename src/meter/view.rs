//! What can be seen of a meter: how a user and product stand, for explanations and for whoever watches.

use crate::meter::Meter;
use crate::meter::answer::ChargeKind;
use crate::meter::cover::CoverKind;
use crate::meter::id::{DeviceId, ProductId, SessionId, TeamId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::key::Deferred;
use crate::meter::tokens::Tokens;

/// How a user and product stand at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyView {
    /// The end of the last window that was paid, running or over, and who paid it (RULES 1.3).
    pub paid: Option<(Instant, TeamId)>,
    /// A charge that has fallen due and waits for a session to outlast its grace (RULES 2.5).
    pub hold: Option<HoldView>,
    /// A renewal that waits for a meaningful operation (RULES 1.8).
    pub waits_for_operation: bool,
    /// A renewal that could not be paid asks again then (RULES 2.6, "run-on").
    pub asks_again: Option<Instant>,
    /// Open sessions, oldest first, those on a seat of a licence server after those through Flex.
    pub sessions: Vec<SessionView>,
    /// The devices the product is installed on (RULES 3.6).
    pub devices: Vec<DeviceId>,
    /// What covers it (RULES 3.5).
    pub cover: Option<CoverKind>,
    /// The last end of cover so far (RULES 1.6).
    pub cover_ended: Option<Instant>,
}

/// A hold that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldView {
    /// When its charge fell due.
    pub due: Instant,
    /// What made it.
    pub kind: ChargeKind,
    /// The rate.
    pub tokens: Tokens,
    /// Who pays.
    pub team: TeamId,
}

/// An open session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its first instant.
    pub signed_in: Instant,
    /// Where.
    pub device: DeviceId,
    /// Which version.
    pub version: VersionId,
    /// Whether that version goes idle (RULES 1.8).
    pub idle_aware: bool,
    /// The last meaningful operation; the sign-in is one.
    pub last_operation: Instant,
    /// On a seat of a licence server (RULES 6.1).
    pub on_seat: bool,
    /// The product whose session opened it, for an add-in (RULES 3.7).
    pub host: Option<ProductId>,
}

impl Meter {
    /// How a user and product stand now.
    pub fn key_view(&self, user: UserId, product: ProductId) -> KeyView {
        let keys = &self.users[user.index()].keys;
        let Some(&(_, id)) = keys.iter().find(|(of, _)| *of == product) else {
            return KeyView::default();
        };
        let key = self.key(id);
        let hold = key.pending.as_ref().map(|pending| HoldView {
            due: pending.due,
            kind: pending.kind,
            tokens: pending.hold.tokens(),
            team: pending.hold.team,
        });
        KeyView {
            paid: key.paid.map(|paid| (paid.end, paid.team)),
            hold,
            waits_for_operation: key.deferred == Some(Deferred::UntilTouched),
            asks_again: match key.deferred {
                Some(Deferred::Until(until)) => Some(until),
                _ => None,
            },
            sessions: key.sessions.iter().chain(&key.seats).map(|id| self.session_view(*id)).collect(),
            devices: key.devices.clone(),
            cover: key.covers.kind(self.now),
            cover_ended: key.covers.last_end(self.now),
        }
    }

    /// The user's teams now, in the user's own order (RULES 3.1).
    pub fn teams_of(&self, user: UserId) -> &[TeamId] {
        &self.users[user.index()].teams
    }

    fn session_view(&self, id: SessionId) -> SessionView {
        let session = self.session(id);
        SessionView {
            signed_in: session.signed_in,
            device: session.device,
            version: session.version,
            idle_aware: session.idle_aware,
            last_operation: session.last_operation,
            on_seat: session.seat.is_some(),
            host: session.host.map(|host| self.key(self.session(host).key).product),
        }
    }
}

//! `Key`: what is charged once per window, one user's use of one product (RULES 1.2).

use crate::meter::answer::ChargeKind;
use crate::meter::cover::Covers;
use crate::meter::id::{DeviceId, ProductId, SessionId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::stock::Hold;

/// The last paid window of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paid {
    /// The window is `[start, end)`.
    pub(crate) end: Instant,
    /// Who paid it.
    pub(crate) team: TeamId,
}

/// A charge that has fallen due and waits for a session to outlast its grace (RULES 2.5).
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// The rate, reserved; owed where no pack could be asked.
    pub(crate) hold: Hold,
    /// It fell due on a device without connection: the charge is recorded at the next contact (RULES 3.8).
    pub(crate) late: bool,
    /// What made it.
    pub(crate) kind: ChargeKind,
    /// When it fell due: the window's start, unless a later session is the first to outlast its grace.
    pub(crate) due: Instant,
}

/// A renewal that falls due in an open session and is not charged now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deferred {
    /// All sessions were idle: it waits for a meaningful operation (RULES 1.8).
    UntilTouched,
    /// The balance was short and the session runs on until this instant (RULES 2.6, "run-on").
    Until(Instant),
}

/// One user's use of one product.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) user: UserId,
    pub(crate) product: ProductId,
    /// The last window that was paid, running or over.
    pub(crate) paid: Option<Paid>,
    /// At most one hold per key (RULES 2.5).
    pub(crate) pending: Option<Pending>,
    /// Why nothing is charged although no window runs.
    pub(crate) deferred: Option<Deferred>,
    /// Open sessions through Flex, oldest first, all on one device (RULES 3.6).
    pub(crate) sessions: Vec<SessionId>,
    /// Open sessions that hold a seat of a licence server, oldest first (RULES 6.1).
    pub(crate) seats: Vec<SessionId>,
    /// The devices the product is installed on (RULES 3.6).
    pub(crate) devices: Vec<DeviceId>,
    /// Subscriptions and trials.
    pub(crate) covers: Covers,
}

impl Key {
    /// A key on which nothing has happened.
    pub(crate) fn new(user: UserId, product: ProductId) -> Self {
        Key {
            user,
            product,
            paid: None,
            pending: None,
            deferred: None,
            sessions: Vec::new(),
            seats: Vec::new(),
            devices: Vec::new(),
            covers: Covers::default(),
        }
    }

    /// The paid window that runs at `at`.
    pub(crate) fn window(&self, at: Instant) -> Option<Paid> {
        self.paid.filter(|paid| at < paid.end)
    }

    /// A short renewal is not asked about before a later instant (RULES 2.6).
    pub(crate) fn runs_on(&self, at: Instant) -> bool {
        matches!(self.deferred, Some(Deferred::Until(until)) if at < until)
    }

    /// Nothing covers the key at `at`, nor did until then: a charge that falls due because cover ends
    /// comes later in the same instant (RULES 4).
    pub(crate) fn uncovered_before(&self, at: Instant) -> bool {
        self.covers.kind(at).is_none() && self.covers.last_end(at) != Some(at)
    }

    /// The later of the last window's end and the end of cover, up to `at` (RULES 1.6).
    pub(crate) fn last_end(&self, at: Instant) -> Option<Instant> {
        self.paid.map(|paid| paid.end).max(self.covers.last_end(at))
    }
}

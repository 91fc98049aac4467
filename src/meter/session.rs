//! `Session`: one opening of one product version on one device (RULES 1.4).

use crate::meter::id::{DeviceId, KeyId, ServerId, SessionId, TeamId, VersionId};
use crate::meter::instant::{Instant, Span};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The user signed out.
    SignOut,
    /// A charge fell due that the balance could not cover (RULES 2.6).
    InsufficientTokens,
    /// A charge fell due without the assignment (RULES 3.5).
    NotAssigned,
    /// The device was without connection for 24 hours (RULES 3.8).
    OfflineLimit,
    /// Another device took over (RULES 3.6).
    TakenOver,
    /// The run ended.
    RunEnd,
}

impl SessionEnd {
    /// Every end.
    pub const ALL: [SessionEnd; 6] = [
        SessionEnd::SignOut,
        SessionEnd::InsufficientTokens,
        SessionEnd::NotAssigned,
        SessionEnd::OfflineLimit,
        SessionEnd::TakenOver,
        SessionEnd::RunEnd,
    ];

    /// The word for it in result files.
    pub fn name(self) -> &'static str {
        match self {
            SessionEnd::SignOut => "sign-out",
            SessionEnd::InsufficientTokens => "insufficient-tokens",
            SessionEnd::NotAssigned => "not-assigned",
            SessionEnd::OfflineLimit => "offline-limit",
            SessionEnd::TakenOver => "taken-over",
            SessionEnd::RunEnd => "run-end",
        }
    }
}

/// An open session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// What it is charged under.
    pub(crate) key: KeyId,
    /// Its first instant.
    pub(crate) signed_in: Instant,
    /// Where it runs.
    pub(crate) device: DeviceId,
    /// What runs.
    pub(crate) version: VersionId,
    /// Whether that version goes idle (RULES 1.8).
    pub(crate) idle_aware: bool,
    /// The last meaningful operation; the sign-in is one.
    pub(crate) last_operation: Instant,
    /// Who was to pay the window that the sign-in began; `None` where it began none.
    pub(crate) payer: Option<TeamId>,
    /// The licence server whose seat it holds: no rule of charging concerns it (RULES 6.1).
    pub(crate) seat: Option<ServerId>,
    /// The host's session that opened it (RULES 3.7).
    pub(crate) host: Option<SessionId>,
    /// The add-in sessions that end with this one.
    pub(crate) add_ins: Vec<SessionId>,
}

impl Session {
    /// Still within its grace period at `at` (RULES 1.5).
    pub(crate) fn in_grace(&self, grace: Span, at: Instant) -> bool {
        at < self.signed_in + grace
    }

    /// Idle at `at`: an idle-aware version past its grace, 15 minutes or more since the last
    /// meaningful operation (RULES 1.8).
    pub(crate) fn idle(&self, grace: Span, at: Instant) -> bool {
        self.idle_aware && !self.in_grace(grace, at) && at >= self.last_operation + Span::IDLE
    }
}

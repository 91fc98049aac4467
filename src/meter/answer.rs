//! `Answer`: every answer to a sign-in, in order of precedence, and the kinds of charge.

use crate::meter::id::TeamId;
use crate::meter::transition::Hindrance;

/// What the meter says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sign-in or use is admitted; `team` pays, or paid the window, or is the user's first-listed.
    Admitted(Admission, TeamId),
    /// The sign-in or use is refused.
    Refused(Refusal),
    /// A step of the transition is out of order (RULES 6.2).
    Hindered(Hindrance),
    /// Done; there is nothing to say.
    Done,
}

/// Why a sign-in is refused; where several fit, the first is given (RULES 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The user has not accepted an invitation, or is no named user yet (RULES 3.4, 6.2).
    NotAccepted,
    /// The product is not assigned and nothing covers it (RULES 3.1).
    NotAssigned,
    /// On Linux, a version from before 2020 (RULES 3.11).
    UnsupportedVersion,
    /// The device has no connection, and this is a first sign-in or its allowance is over (RULES 3.8).
    Offline,
    /// The product is on three other devices already (RULES 3.6).
    DeviceLimit,
    /// A session is open on another device (RULES 3.6).
    InUseElsewhere,
    /// The licence server has no free seat (RULES 6.1).
    NoSeat,
    /// A charge would fall due, and no team of the user can pay it (RULES 2.4).
    InsufficientTokens,
}

/// Why a sign-in is admitted; where several fit, the first is given (RULES 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Admission {
    /// A seat of a licence server (RULES 6.1).
    Seat,
    /// A subscription covers it (RULES 3.5).
    Subscription,
    /// A trial covers it (RULES 3.5).
    Trial,
    /// Inside a paid window, or while a hold waits (RULES 4).
    PaidWindow,
    /// A service use, paid with shared cloud credits (RULES 5.2).
    Credits,
    /// The rate is held, for a new window (RULES 2.5).
    NewWindow,
    /// A service use, charged for its result (RULES 1.9).
    Result,
}

/// What made a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    /// A sign-in outside a paid window.
    SignIn,
    /// A session open when the window ended.
    Renewal,
    /// A meaningful operation after a renewal waited (RULES 1.8).
    Resume,
    /// A session open when cover ended (RULES 3.5).
    CoverEnd,
    /// A use of a service (RULES 1.9).
    Result,
    /// A failed result, given back (RULES 1.9).
    Refund,
}

impl Refusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Refusal; 8] = [
        Refusal::NotAccepted,
        Refusal::NotAssigned,
        Refusal::UnsupportedVersion,
        Refusal::Offline,
        Refusal::DeviceLimit,
        Refusal::InUseElsewhere,
        Refusal::NoSeat,
        Refusal::InsufficientTokens,
    ];

    /// The word for it in scenario and result files.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::NotAccepted => "not-accepted",
            Refusal::NotAssigned => "not-assigned",
            Refusal::UnsupportedVersion => "unsupported-version",
            Refusal::Offline => "offline",
            Refusal::DeviceLimit => "device-limit",
            Refusal::InUseElsewhere => "in-use-elsewhere",
            Refusal::NoSeat => "no-seat",
            Refusal::InsufficientTokens => "insufficient-tokens",
        }
    }
}

impl Admission {
    /// Every admission, in order of precedence.
    pub const ALL: [Admission; 7] = [
        Admission::Seat,
        Admission::Subscription,
        Admission::Trial,
        Admission::PaidWindow,
        Admission::Credits,
        Admission::NewWindow,
        Admission::Result,
    ];

    /// The word for it in scenario and result files.
    pub fn name(self) -> &'static str {
        match self {
            Admission::Seat => "seat",
            Admission::Subscription => "subscription",
            Admission::Trial => "trial",
            Admission::PaidWindow => "paid-window",
            Admission::Credits => "credits",
            Admission::NewWindow => "new-window",
            Admission::Result => "result",
        }
    }
}

impl ChargeKind {
    /// Every kind.
    pub const ALL: [ChargeKind; 6] = [
        ChargeKind::SignIn,
        ChargeKind::Renewal,
        ChargeKind::Resume,
        ChargeKind::CoverEnd,
        ChargeKind::Result,
        ChargeKind::Refund,
    ];

    /// The word for it in scenario and result files.
    pub fn name(self) -> &'static str {
        match self {
            ChargeKind::SignIn => "sign-in",
            ChargeKind::Renewal => "renewal",
            ChargeKind::Resume => "resume",
            ChargeKind::CoverEnd => "cover-end",
            ChargeKind::Result => "result",
            ChargeKind::Refund => "refund",
        }
    }
}

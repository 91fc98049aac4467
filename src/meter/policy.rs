//! `Policy`: the points Autodesk's published text leaves open, each with its default.

use crate::meter::instant::Span;

/// The policies in force for a run; [`Policy::default`] is the default of each rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A session that ends before this is free (RULES 1.5); zero turns it off, less than 24 hours.
    pub grace: Span,
    /// What a session still inside its grace at the window's end owes (RULES 1.7).
    pub grace_at_renewal: GraceAtRenewal,
    /// Where the window of a delayed renewal starts (RULES 1.8).
    pub idle_resume: IdleResume,
    /// What happens to an open session whose charge the balance can't cover (RULES 2.6).
    pub renewal_when_short: RenewalWhenShort,
    /// What a sign-in on a second device does (RULES 3.6).
    pub second_device: SecondDevice,
    /// Which of a user's teams pays (RULES 3.9).
    pub team_choice: TeamChoice,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            grace: Span::from_seconds(5 * 60),
            grace_at_renewal: GraceAtRenewal::Free,
            idle_resume: IdleResume::Reanchor,
            renewal_when_short: RenewalWhenShort::Stop,
            second_device: SecondDevice::Refuse,
            team_choice: TeamChoice::EarliestExpiry,
        }
    }
}

/// RULES 1.7, policy `grace_at_renewal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraceAtRenewal {
    /// The renewal is held, and voided if the session ends within its grace.
    Free,
    /// The renewal is charged at the window's end.
    Charge,
}

/// RULES 1.8, policy `idle_resume`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleResume {
    /// The new window starts at the first meaningful operation.
    Reanchor,
    /// The new window starts at the grid point at or before that operation.
    Grid,
}

/// RULES 2.6, policy `renewal_when_short`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalWhenShort {
    /// Every session of the key ends, uncharged.
    Stop,
    /// The session goes on uncharged and asks again 24 hours later.
    RunOn,
    /// The charge is made into debt, which the next purchase pays first.
    Negative,
}

/// RULES 3.6, policy `second_device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondDevice {
    /// The sign-in is refused, `in-use-elsewhere`.
    Refuse,
    /// The sessions on the other device end.
    TakeOver,
}

/// RULES 3.9, policy `team_choice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamChoice {
    /// Of the teams that can pay, the one whose next pack to be drawn ends first, then by name.
    EarliestExpiry,
    /// Of the teams that can pay, the one with the largest balance, then by name.
    LargestBalance,
    /// Of the teams that can pay, the first in the user's own list.
    FirstListed,
}

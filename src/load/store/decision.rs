//! `Decision`: what a team's meter answered to a request, as it is kept, and as a line of text.

use crate::meter::answer::Answer;
use crate::meter::id::{DeviceId, ProductId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::request::{OpenSession, Outcome, Request, ServiceUse, SignIn};

/// A request of a user, with the answer it was given.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The team, by its place among the teams of the load.
    pub team: u32,
    /// Which decision of the team, from 0.
    pub number: u64,
    /// The instant of the team's meter at which it was made.
    pub at: Instant,
    /// What was asked, in the numbers of the team's meter.
    pub request: Request,
    /// What was answered.
    pub answer: Answer,
}

/// The names of the columns of [`Decision::line`].
pub const COLUMNS: &str = "team\tnumber\tat\trequest\tuser\tproduct\tdetails\tanswer";

impl Decision {
    /// Team, number, seconds since 1970, request, user, product, what else was asked, and the answer; apart by tabs,
    /// a `-` where there is none, without an end of line.
    pub fn line(&self) -> String {
        let (what, user, product, details) = asked(&self.request);
        let product = product.map_or("-".to_owned(), |product| product.0.to_string());
        let answer = match &self.answer {
            Answer::Admitted(admission, team) => format!("{} team={}", admission.name(), team.0),
            Answer::Refused(refusal) => refusal.name().to_owned(),
            Answer::Hindered(hindrance) => format!("{hindrance:?}"),
            Answer::Done => "done".to_owned(),
        };
        let user = user.map_or("-".to_owned(), |user| user.0.to_string());
        let Decision { team, number, at, .. } = self;
        format!("{team}\t{number}\t{}\t{what}\t{user}\t{product}\t{details}\t{answer}", at.seconds())
    }
}

/// The request's name, whom and what it concerns, and the rest of it.
fn asked(request: &Request) -> (&'static str, Option<UserId>, Option<ProductId>, String) {
    let device_of = |device: &DeviceId| format!("device={}", device.0);
    match request {
        Request::SignIn(SignIn { user, product, device, version, unsupported }) => {
            let old = if *unsupported { " unsupported" } else { "" };
            let details = format!("{} version={}{old}", device_of(device), version.0);
            ("sign-in", Some(*user), Some(*product), details)
        }
        Request::Use(ServiceUse { user, product, units, outcome }) => {
            let outcome = match outcome {
                Outcome::Succeeded => "succeeded",
                Outcome::Failed => "failed",
            };
            ("use", Some(*user), Some(*product), format!("units={units} {outcome}"))
        }
        Request::SignOut(which) => ("sign-out", Some(which.user), Some(which.product), session(which)),
        Request::Touch(which) => ("touch", Some(which.user), Some(which.product), session(which)),
        Request::Uninstall { user, product, device } => {
            ("uninstall", Some(*user), Some(*product), device_of(device))
        }
        Request::GoOffline { user, device } => ("go-offline", Some(*user), None, device_of(device)),
        Request::GoOnline { user, device } => ("go-online", Some(*user), None, device_of(device)),
        other => (name(other), None, None, "-".to_owned()),
    }
}

fn session(which: &OpenSession) -> String {
    let device = which.device.map_or("any".to_owned(), |DeviceId(device)| device.to_string());
    let version = which.version.map_or("any".to_owned(), |VersionId(version)| version.to_string());
    format!("device={device} version={version}")
}

/// The name of a request that is not a user's.
pub(crate) fn name(request: &Request) -> &'static str {
    match request {
        Request::SignIn(_) => "sign-in",
        Request::Use(_) => "use",
        Request::SignOut(_) => "sign-out",
        Request::Touch(_) => "touch",
        Request::Buy(_) => "buy",
        Request::Move { .. } => "move",
        Request::Merge { .. } => "merge",
        Request::Assign { .. } => "assign",
        Request::Unassign { .. } => "unassign",
        Request::Cover { .. } => "cover",
        Request::EndCover { .. } => "end-cover",
        Request::PaidBefore { .. } => "paid-before",
        Request::Release { .. } => "release",
        Request::Uninstall { .. } => "uninstall",
        Request::SetDefaults { .. } => "set-defaults",
        Request::Invite { .. } => "invite",
        Request::Accept { .. } => "accept",
        Request::Transition { .. } => "transition",
        Request::GoOffline { .. } => "go-offline",
        Request::GoOnline { .. } => "go-online",
    }
}

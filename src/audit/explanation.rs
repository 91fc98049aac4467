//! `Explanation`: why something was charged, refused or not charged, rule by rule with the instants that decided.

mod absence;
mod charge;
mod refusal;

use crate::audit::inquiry::{Inquiry, Whose};
use crate::audit::journal::{Entry, Journal};
use crate::meter::id::TeamId;
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord};
use crate::meter::view::SessionView;
use crate::scenario::duration;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A charge or refund.
    Charge(ChargeRecord),
    /// A refused sign-in or use.
    Refusal(SignInRecord),
    /// That nothing was charged or refused at an instant.
    Absence(Instant),
}

/// An answer to why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is explained.
    pub subject: Subject,
    /// The zone of the instants in its texts: the user's, at the instant of the subject.
    pub zone: String,
    /// The answer in a sentence.
    pub headline: String,
    /// The chain of rules, in the order in which they decided.
    pub reasons: Vec<Reason>,
    /// The session that caused it.
    pub session: Option<SessionRecord>,
}

/// One rule, and what it did here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The number of the rule.
    pub rule: &'static str,
    /// What it did.
    pub text: String,
}

/// Everything of a user and product that can be asked about: charges, refunds and refusals, in order of time.
pub fn subjects(journal: &Journal, whose: Whose) -> Vec<Subject> {
    let subject = |entry: &Entry| match &entry.record {
        Record::Charge(row) if whose.is(row.user, row.product) => Some(Subject::Charge(row.clone())),
        Record::SignIn(row) if whose.is(row.user, row.product) && row.answer.is_err() => {
            Some(Subject::Refusal(*row))
        }
        _ => None,
    };
    let mut subjects: Vec<Subject> = journal.entries.iter().filter_map(subject).collect();
    subjects.sort_by_key(Subject::at);
    subjects
}

/// Why it is so.
pub fn explain(journal: &Journal, whose: Whose, subject: &Subject) -> Explanation {
    let inquiry = Inquiry { journal, whose, at: subject.at() };
    let (headline, reasons) = match subject {
        Subject::Charge(charge) => inquiry.charge(charge),
        Subject::Refusal(sign_in) => inquiry.refusal(sign_in),
        Subject::Absence(at) => inquiry.absence(*at),
    };
    let zone = journal.scenario.zone_of(whose.user, subject.at()).name().to_owned();
    Explanation { subject: subject.clone(), zone, headline, reasons, session: inquiry.session_of(subject) }
}

impl Subject {
    /// When: a charge's window start, a refusal's instant.
    pub fn at(&self) -> Instant {
        match self {
            Subject::Charge(charge) => charge.window_start,
            Subject::Refusal(sign_in) => sign_in.at,
            Subject::Absence(at) => *at,
        }
    }
}

impl Inquiry<'_> {
    fn team(&self, team: TeamId) -> &str {
        self.scenario().directory.teams.get(team.0)
    }

    /// Where and when a session was opened.
    fn opened(&self, session: &SessionView) -> String {
        let directory = &self.scenario().directory;
        let (device, version) =
            (directory.device_name(session.device), directory.version_name(session.version));
        let host = session.host.map(|host| directory.products.get(host.0));
        let with = host.map(|host| format!(", with its host {host}")).unwrap_or_default();
        format!("opened {} on {device}, version {version}{with}", self.moment(session.signed_in))
    }

    /// The oldest session that was open when it happened.
    fn session_of(&self, subject: &Subject) -> Option<SessionRecord> {
        let at = match subject {
            Subject::Charge(charge) => charge.window_start,
            Subject::Absence(at) => *at,
            Subject::Refusal(_) => return None,
        };
        let open = self.sessions().filter(|row| row.signed_in <= at && at < row.signed_out);
        // Of several, the first to outlast its grace.
        let outlasts = |row: &&SessionRecord| row.signed_out - row.signed_in >= self.grace();
        open.min_by_key(|row| (!outlasts(row), row.signed_in)).copied()
    }
}

/// A length of time as texts write it.
fn lasted(span: Span) -> String {
    duration::text(span)
}

fn reason(rule: &'static str, text: impl Into<String>) -> Reason {
    Reason { rule, text: text.into() }
}

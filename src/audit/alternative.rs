//! `Alternative`: what would have avoided a charge or a refusal: a change of the file, tried by running it.

mod charge;
mod refusal;

use std::sync::Arc;

use toml_edit::{Item, TableLike};

use crate::audit::difference::{Difference, Sides};
use crate::audit::explanation::Subject;
use crate::audit::inquiry::{Inquiry, Whose};
use crate::audit::journal::{Entry, Journal, MemoryTables};
use crate::meter::answer::ChargeKind;
use crate::meter::instant::Instant;
use crate::meter::record::{Record, SessionRecord};
use crate::meter::request::Request;
use crate::results::table_reader::WrittenTables;
use crate::scenario::document::{self, Document, instant};

/// A change of the file after which the charge or refusal is not there.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// What is done otherwise.
    pub text: String,
    /// The rule by which that helps.
    pub rule: &'static str,
    /// The changed file.
    pub document: Document,
    /// What becomes different.
    pub difference: Difference,
}

/// A change of the file that may help.
struct Attempt {
    text: String,
    rule: &'static str,
    document: Document,
}

/// What would have avoided it, the nearest at hand first: each was tried, and what does not help is left out.
pub fn alternatives(
    journal: &Journal,
    document: &Document,
    (whose, subject): (Whose, &Subject),
) -> Vec<Alternative> {
    let workshop = Workshop { inquiry: Inquiry { journal, whose, at: subject.at() }, document };
    let (attempts, last_resort) = match subject {
        Subject::Charge(charge) => (workshop.without_charge(charge), Some(workshop.unused())),
        Subject::Refusal(sign_in) => (workshop.without_refusal(sign_in), None),
        Subject::Absence(_) => (Vec::new(), None),
    };
    let tables = journal.tables();
    let helps = |attempt: Attempt| tried(attempt, &tables, (journal, whose, subject));
    let mut helpful: Vec<Alternative> = attempts.into_iter().filter_map(helps).collect();
    if helpful.is_empty() {
        helpful.extend(last_resort.and_then(helps));
    }
    helpful
}

/// An attempt that runs, and avoids what it is to avoid.
fn tried(
    mut attempt: Attempt,
    tables: &MemoryTables,
    (journal, of, subject): (&Journal, Whose, &Subject),
) -> Option<Alternative> {
    let mut scenario = attempt.document.mended().ok()?;
    scenario.directory.hide_like(&journal.scenario.directory);
    let whose = of.named_in(&journal.scenario, &scenario);
    let changed = Journal::of(&Arc::new(scenario));
    let often = whose.map_or(0, |whose| how_often(&changed, whose, subject));
    if often >= how_often(journal, of, subject) {
        return None;
    }
    let sides: Sides<&dyn WrittenTables> = Sides { a: tables, b: &changed.tables() };
    let difference = Difference::between(&sides).expect("a journal has every table");
    let Attempt { text, rule, document } = attempt;
    Some(Alternative { text, rule, document, difference })
}

/// How often a journal holds the charge or the refusal: the same window or sign-in, whatever else. A service
/// may be used twice at one instant.
fn how_often(journal: &Journal, whose: Whose, subject: &Subject) -> usize {
    let is_it = |entry: &&Entry| match (&entry.record, subject) {
        (Record::Charge(row), Subject::Charge(charge)) => {
            let refund = |kind| kind == ChargeKind::Refund;
            row.window_start == charge.window_start
                && refund(row.kind) == refund(charge.kind)
                && whose.is(row.user, row.product)
        }
        (Record::SignIn(row), Subject::Refusal(sign_in)) => {
            row.answer.is_err() && row.at == sign_in.at && whose.is(row.user, row.product)
        }
        _ => false,
    };
    journal.entries.iter().filter(is_it).count()
}

/// Where changed files are made.
struct Workshop<'j> {
    inquiry: Inquiry<'j>,
    document: &'j Document,
}

impl Workshop<'_> {
    /// An attempt of which the file is changed in some way.
    fn attempt(&self, (rule, text): (&'static str, String), change: impl FnOnce(&mut Document)) -> Attempt {
        let mut document = self.document.clone();
        change(&mut document);
        Attempt { text, rule, document }
    }

    /// The entry of the sign-in that opened a session.
    fn opening(&self, session: &SessionRecord) -> Option<&Entry> {
        self.inquiry.journal.entries.iter().find(|entry| match &entry.record {
            Record::SignIn(row) => {
                row.answer.is_ok()
                    && (row.at, row.user, row.product) == (session.signed_in, session.user, session.product)
                    && row.opening == Some((session.device, session.version))
            }
            _ => false,
        })
    }

    /// The step of the file that closed a session.
    fn closing(&self, session: &SessionRecord) -> Option<usize> {
        let is_it = |entry: &&Entry| entry.record == Record::Session(*session);
        let entry = self.inquiry.journal.entries.iter().find(is_it)?;
        let (_, request) = self.inquiry.scenario().timeline.get(entry.before)?;
        self.inquiry.journal.step_of(entry).filter(|_| matches!(request, Request::SignOut(_)))
    }

    /// Closes sessions earlier than they were, each with its host: the step that closed it comes earlier.
    fn close(&self, document: &mut Document, sessions: &[(SessionRecord, Instant)]) {
        for (session, at) in sessions {
            if let Some(step) = self.closing(session) {
                let table = document.table_mut("step", step).expect("a step of the file");
                table.insert("at", toml_edit::value(instant(*at)));
                continue;
            }
            let Some((_, Request::SignIn(opened))) =
                self.opening(session).and_then(|entry| self.inquiry.scenario().timeline.get(entry.before))
            else {
                continue;
            };
            let directory = &self.inquiry.scenario().directory;
            let step = document::Entry::step(*at, "sign-out")
                .with("user", self.inquiry.own_user())
                .with("product", directory.products.get(opened.product.0))
                .with("device", directory.device_name(session.device))
                .with("version", directory.version_name(session.version));
            document.push("step", step.table());
        }
    }

    /// Never opens sessions, nor their hosts.
    fn never_open<'s>(&self, document: &mut Document, sessions: impl Iterator<Item = &'s SessionRecord>) {
        let opened = sessions.filter_map(|session| self.inquiry.journal.step_of(self.opening(session)?));
        document.remove_all("step", &opened.collect());
    }

    /// Never uses the product.
    fn unused(&self) -> Attempt {
        let text = format!("not using {} at all", self.inquiry.product());
        self.attempt(("1.6", text), |document| self.never_open(document, self.inquiry.sessions()))
    }

    /// A subscription for the product.
    fn subscribed(&self, from: Instant) -> Attempt {
        let (user, product) = (self.inquiry.own_user(), self.inquiry.product());
        let text = format!("a subscription for {product} from {} on", self.inquiry.moment(from));
        let step = document::Entry::step(from, "subscribe").with("user", user).with("product", product);
        self.attempt(("3.5", text), |document| document.push("step", step.table()))
    }
}

/// Whether a pair of a host and an add-in loads that add-in.
fn loads(pair: &dyn TableLike, add_in: &str) -> bool {
    pair.get("add_in").and_then(Item::as_str) == Some(add_in)
}

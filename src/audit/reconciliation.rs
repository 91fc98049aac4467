//! `Reconciliation`: a usage export beside what the rules say of the known sessions, row by row.

mod due;
mod judge;
mod names;
mod notes;
mod sentence;
mod stated;

use std::collections::BTreeMap;

use crate::audit::KnownUse;
use crate::audit::known_use::day_of;
use crate::audit::reconciliation::due::{Due, Key, dues};
use crate::audit::reconciliation::judge::{Case, Judge};
use crate::audit::reconciliation::notes::{beyond_the_export, pair_up, unrecorded};
use crate::audit::reconciliation::stated::{Stated, Stray};
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::Span;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::usage_export::column::{Column, Generation};
use crate::scenario::usage_export::{UsageExport, UsageRow};

/// What comparing came to.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// Everything that was compared, by day, user, product and team.
    pub findings: Vec<Finding>,
    /// What has to be known to read them.
    pub notes: Vec<String>,
    /// Rows of the export.
    pub rows: usize,
}

/// What is due for one day, user, product and team beside what is charged for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it comes to.
    pub class: Class,
    /// The usage day; the older usage report has none.
    pub day: Option<Day>,
    /// Who, as the scenario calls them; as the export does where the scenario knows nobody of that name.
    pub user: String,
    /// The product likewise.
    pub product: String,
    /// The team likewise; empty where the export has no teams.
    pub team: String,
    /// What is due by the rules; `None` where nothing was used.
    pub due: Option<Tokens>,
    /// What the export says; `None` where it has no row, or no amount in it.
    pub charged: Option<Tokens>,
    /// The rows of the export, by their numbers.
    pub lines: Vec<u64>,
    /// Why, with the rules.
    pub why: String,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Charged as the rules say.
    Agrees,
    /// A whole multiple of what is due, or more rows than charges that are due.
    ChargedTwice,
    /// Charged, and something is due, but another amount.
    WrongAmount,
    /// Charged, but nothing is due.
    NotDue,
    /// Due, but not in the export.
    Missing,
    /// It can't be known what is due.
    Unknown,
    /// Before or after what is compared.
    OutsideRun,
}

/// The days to compare, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first of them.
    pub first: Day,
    /// The last of them.
    pub last: Day,
}

/// Why an export can't be compared at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomparable {
    /// It is of an enterprise agreement.
    Enterprise,
    /// It has no tokens.
    NoTokens,
}

impl Class {
    /// Every class; the ones that are right come first and last.
    pub const ALL: [Class; 7] = [
        Class::Agrees,
        Class::ChargedTwice,
        Class::WrongAmount,
        Class::NotDue,
        Class::Missing,
        Class::Unknown,
        Class::OutsideRun,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Agrees => "agrees",
            Class::ChargedTwice => "charged-twice",
            Class::WrongAmount => "wrong-amount",
            Class::NotDue => "not-due",
            Class::Missing => "missing",
            Class::Unknown => "unknown",
            Class::OutsideRun => "outside-run",
        }
    }

    /// Whether somebody has to look at it.
    pub fn differs(self) -> bool {
        !matches!(self, Class::Agrees | Class::OutsideRun)
    }
}

impl Incomparable {
    /// Why, and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Incomparable::Enterprise => {
                "this is Token Flex of an enterprise agreement: another contract with other charging rules, which \
                 the rulebook does not have. It can be read as demand, never as Flex charges (RULES 5.8); export \
                 token usage of a Flex team instead"
            }
            Incomparable::NoTokens => {
                "the export has no column `Tokens used`: it tells who used what, not what was charged; export \
                 token usage instead"
            }
        }
    }
}

impl Days {
    /// The days of which a scenario's run has at least a part.
    pub fn of(scenario: &Scenario) -> Days {
        let zone = &scenario.policies.report_zone;
        let last = scenario.end + Span::from_seconds(-1);
        Days { first: day_of(zone, scenario.start), last: day_of(zone, last) }
    }

    fn has(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }
}

impl Reconciliation {
    /// Compares an export with the known use of a scenario, on some days of its run.
    ///
    /// # Errors
    /// Where it does not tell what was charged through Flex.
    pub fn of(
        scenario: &Scenario,
        known: &KnownUse,
        (export, days): (&UsageExport, Days),
    ) -> Result<Reconciliation, Incomparable> {
        match export.generation {
            Generation::Enterprise => return Err(Incomparable::Enterprise),
            _ if !export.has(Column::TokensUsed) => return Err(Incomparable::NoTokens),
            _ => {}
        }
        let stated = Stated::of(scenario, export, days);
        let mut cases: BTreeMap<Key, (Due<'_>, Vec<&UsageRow>)> = BTreeMap::new();
        for (key, due) in dues(scenario, known, (&stated.grain, days)) {
            cases.insert(key, (due, Vec::new()));
        }
        for (key, rows) in stated.rows {
            cases.entry(key).or_default().1 = rows;
        }
        let judge = Judge { scenario, known, daily: stated.grain.by_day, days };
        let mut findings: Vec<Finding> =
            cases.iter().filter_map(|(key, (due, rows))| judge.finding(&Case { key, due, rows })).collect();
        findings.extend(stated.strays.into_iter().map(|of| stray(scenario, of)));
        findings.sort_by(|one, other| order(one).cmp(&order(other)));
        let mut notes = stated.notes;
        notes.extend(unrecorded(known));
        notes.extend(beyond_the_export(&findings, export));
        notes.extend(pair_up(&mut findings, &scenario.policies.report_zone));
        Ok(Reconciliation { findings, notes, rows: export.rows.len() })
    }

    /// Whether nothing differs.
    pub fn agrees(&self) -> bool {
        !self.findings.iter().any(|finding| finding.class.differs())
    }

    /// The findings of a class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.class == class)
    }
}

/// Findings stand by day, user, product and team, then by their rows.
fn order(finding: &Finding) -> (Option<Day>, [&str; 3], &[u64]) {
    (finding.day, [&finding.user, &finding.product, &finding.team].map(String::as_str), &finding.lines)
}

fn stray(scenario: &Scenario, stray: Stray<'_>) -> Finding {
    let Stray { class, row, why } = stray;
    Finding {
        class,
        day: row.day,
        user: row.names().first().map_or("(hidden)".to_owned(), |name| scenario.directory.users.shown(name)),
        product: row.product.clone(),
        team: row.team().unwrap_or_default().to_owned(),
        due: None,
        charged: row.tokens,
        lines: vec![row.line],
        why,
    }
}

/// The numbers by which the scenario knows what a row names.
pub(crate) type Subject = (Option<UserId>, ProductId, Option<TeamId>);

//! `Export`: a run in the columns of the vendor's own files, so that what reads those reads ours (RULES 5.8).
//!
//! Known from the vendor's files are the columns and their order of both usage reports, and the columns of
//! subscriptions and users, of whose order only the places of `team_alias` and `seat_quantity`; ours is the rest
//! of that order. A cell stays blank where a run does not know what the vendor writes there.

pub mod fact;
mod stock;
mod use_by_day;
mod use_in_total;

use std::collections::BTreeSet;
use std::io;

use chrono::NaiveDate;

use crate::meter::tokens::Tokens;
use crate::results::table_reader::WrittenTables;
use crate::scenario::calendar::Day;
use crate::usage::balances::DaysShown;
use crate::usage::export::fact::{UsageFact, facts_of};
use crate::usage::export::use_in_total::UseInTotal;
use crate::usage::ledger::{Known, Ledger};
use crate::usage::pseudonym::Pseudonyms;
use crate::usage::run_summary::RunSummary;
use crate::usage::untold::{Untold, open_if_written};

/// One of the vendor's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A row per pack: the vendor sells them as subscriptions.
    Subscriptions,
    /// A row per user, product and team.
    Users,
    /// What was used.
    Usage,
}

/// Which generation of the vendor's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of 2026: usage has a row per day, user, product and team.
    Of2026,
    /// Those before: usage is in total, a row per user, product, version and team.
    UsageReport,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: not known, which is not 0.
    Blank,
    /// A text.
    Text(String),
    /// A date.
    Day(NaiveDate),
    /// Tokens, or another exact decimal.
    Amount(Tokens),
    /// A number of things.
    Count(u64),
}

/// How users stand in an export.
#[derive(Clone, Debug)]
pub enum People {
    /// By their names.
    Shown,
    /// By the pseudonyms that the run holds already.
    Hidden,
    /// By pseudonyms, made here.
    Hide(Pseudonyms),
}

/// Why an export ends early.
#[derive(Debug)]
pub enum Unexported {
    /// The tables do not tell it.
    Untold(Untold),
    /// It can't be written.
    Unwritten(io::Error),
}

impl From<Untold> for Unexported {
    fn from(untold: Untold) -> Self {
        Unexported::Untold(untold)
    }
}

impl From<io::Error> for Unexported {
    fn from(error: io::Error) -> Self {
        Unexported::Unwritten(error)
    }
}

/// Takes rows one by one.
pub type TakeRow<'t> = &'t mut dyn FnMut(&[Cell]) -> io::Result<()>;

/// Takes what was used on a day.
type TakeDay<'t> = &'t mut dyn FnMut(Day, &mut dyn Iterator<Item = UsageFact>) -> io::Result<()>;

/// What is exported.
pub struct Export<'e> {
    /// The run.
    pub summary: &'e RunSummary,
    /// Its tables.
    pub tables: &'e dyn WrittenTables,
    /// Its charges, users by their names in the tables.
    pub ledger: &'e Ledger,
    /// How its users stand there.
    pub people: People,
    /// The days of usage.
    pub days: DaysShown,
    /// Which columns.
    pub columns: Columns,
}

impl Report {
    /// Its name: that of its CSV file, and of its list in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Report::Subscriptions => "subscriptions",
            Report::Users => "users",
            Report::Usage => "usage",
        }
    }

    /// The name of its sheet.
    pub fn title(self) -> &'static str {
        match self {
            Report::Subscriptions => "Subscriptions",
            Report::Users => "Users",
            Report::Usage => "Usage",
        }
    }

    /// Its columns.
    pub fn columns(self, columns: Columns) -> &'static [&'static str] {
        match (self, columns) {
            (Report::Subscriptions, Columns::Of2026) => &stock::COLUMNS_OF_2026,
            (Report::Subscriptions, Columns::UsageReport) => &stock::COLUMNS,
            (Report::Users, Columns::Of2026) => &USERS_OF_2026,
            (Report::Users, Columns::UsageReport) => &USERS,
            (Report::Usage, Columns::Of2026) => &use_by_day::COLUMNS,
            (Report::Usage, Columns::UsageReport) => &use_in_total::COLUMNS,
        }
    }
}

const USERS_OF_2026: [&str; 8] =
    ["Autodesk ID", "Email", "Feature", "First name", "Last name", "Product", "Role", "Team"];
const USERS: [&str; 8] = [
    "autodesk_id",
    "email",
    "first_name",
    "last_name",
    "offering_name",
    "product_name",
    "role",
    "team_alias",
];

impl Export<'_> {
    /// Hands out the rows of a report in order.
    ///
    /// # Errors
    /// Where a table can't be read, or a row not be written.
    pub fn rows(&self, report: Report, take: TakeRow<'_>) -> Result<(), Unexported> {
        match (report, self.columns) {
            (Report::Subscriptions, _) => stock::rows(self, take),
            (Report::Users, _) => self.users(take),
            (Report::Usage, Columns::Of2026) => {
                self.each_day(&mut |day, facts| use_by_day::rows((day, facts), &self.people, take))
            }
            (Report::Usage, Columns::UsageReport) => {
                let mut in_total = UseInTotal::default();
                self.each_day(&mut |_, facts| {
                    facts.for_each(|fact| in_total.add(fact));
                    Ok(())
                })?;
                Ok(in_total.rows((self.days, &self.people), take)?)
            }
        }
    }

    /// Hands out what was used on each of the days that are exported, by the names that are shown.
    fn each_day(&self, take: TakeDay<'_>) -> Result<(), Unexported> {
        let (from, to) = (Day::from(self.days.from), Day::from(self.days.to));
        for day in (from.0..=to.0).map(Day) {
            let facts = facts_of(self.ledger, day).map_err(Untold::from)?;
            let mut shown = facts.map(|fact| UsageFact { user: self.people.name(&fact.user), ..fact });
            take(day, &mut shown)?;
        }
        Ok(())
    }

    /// Who was admitted to a product, or charged for it, and by which team.
    fn users(&self, take: TakeRow<'_>) -> Result<(), Unexported> {
        let mut users = BTreeSet::new();
        for account in 0..self.ledger.accounts() {
            let text = |known| self.ledger.text_of(known, account);
            let [product, team] = [Known::Product, Known::Team].map(|known| text(known).to_owned());
            users.insert((self.people.name(text(Known::User)), product, team));
        }
        if let Some(mut rows) = open_if_written(self.tables, "sign_ins.csv")? {
            while rows.row().is_some() {
                if rows.cell("outcome") == "admitted" {
                    let [product, team] = ["product", "team"].map(|column| rows.cell(column).to_owned());
                    users.insert((self.people.name(rows.cell("user")), product, team));
                }
                rows.advance().map_err(Untold::from)?;
            }
        }
        for (user, product, team) in users {
            let [user, product, team] = [user, product, team].map(Cell::Text);
            let personal = || self.people.personal();
            take(&match self.columns {
                Columns::Of2026 => {
                    [Cell::Blank, user, Cell::Blank, personal(), personal(), product, Cell::Blank, team]
                }
                Columns::UsageReport => {
                    let (offering, product) = (product.clone(), product);
                    [Cell::Blank, user, personal(), personal(), offering, product, Cell::Blank, team]
                }
            })?;
        }
        Ok(())
    }
}

impl People {
    /// How a user of the run's tables stands in an export.
    fn name(&self, user: &str) -> String {
        match self {
            People::Shown | People::Hidden => user.to_owned(),
            People::Hide(pseudonyms) => pseudonyms.of(user),
        }
    }

    /// A first or last name: never known, and told to be hidden where names are.
    fn personal(&self) -> Cell {
        match self {
            People::Shown => Cell::Blank,
            People::Hidden | People::Hide(_) => Cell::Text("*****".to_owned()),
        }
    }

    /// What stands for a user's identity: the pseudonym.
    fn hashed(&self, shown: &str) -> Cell {
        match self {
            People::Shown => Cell::Blank,
            People::Hidden | People::Hide(_) => Cell::Text(shown.to_owned()),
        }
    }
}

//! `Difference`: where two runs part, which rows only one of them has, and what each user is charged more or
//! less for it.
//!
//! Rows are compared as text, because the numbers of the same names differ from file to file. Tables are
//! sorted, so they are read side by side; what is kept are the rows that differ, up to a limit.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use csv::StringRecord;

use crate::meter::answer::ChargeKind;
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::results::files::{TABLES, WHERE_THERE_ARE_SOME};
use crate::results::table_reader::{TableError, TableFlaw, TableReader, WrittenTables, place};
use crate::simulation::tally::Charged;
use crate::usage::pseudonym::Pseudonyms;

/// Differing rows kept of each table and side; beyond these they are only counted.
pub const ROWS_KEPT: usize = 10_000;

/// The tables as their rows follow from one another within one instant; packs tell of the end, after all.
const ORDER: [&str; TABLES.len()] = [
    "transition.csv",
    "token_events.csv",
    "notices.csv",
    "sign_ins.csv",
    "sessions.csv",
    CHARGES,
    "credits.csv",
    "packs.csv",
];

const CHARGES: &str = "charges.csv";

/// What two runs differ in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The first event at which they part.
    pub first: Option<Parting>,
    /// Each table that both have, in the order of [`TABLES`].
    pub tables: Vec<TableDifference>,
    /// The tables that one or both have not.
    pub uncompared: Vec<Uncompared>,
    /// Who is charged for what in either run, by user and product; nobody where one has no charges.
    pub accounts: Vec<AccountDifference>,
}

/// One of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// The same of each run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides<T> {
    /// Of the first.
    pub a: T,
    /// Of the second.
    pub b: T,
}

/// The rows of the first event at which two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// When; `None` where only what is left at the end differs.
    pub at: Option<Instant>,
    /// The table that tells of it.
    pub table: &'static str,
    /// The rows of that instant that only one side has.
    pub only: Sides<OneSided>,
}

/// Rows that only one side has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneSided {
    /// How many.
    pub count: u64,
    /// The first [`ROWS_KEPT`] of them in the order of the table.
    pub rows: Vec<StringRecord>,
}

/// What a table differs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDifference {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: Sides<u64>,
    /// Those that only one side has; of rows alike, so many as it has more of them.
    pub only: Sides<OneSided>,
}

/// A table that could not be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncompared {
    /// Its name.
    pub table: &'static str,
    /// Whether there is one.
    pub written: Sides<bool>,
}

/// What one user is charged for one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDifference {
    /// The user.
    pub user: String,
    /// The product.
    pub product: String,
    /// Charges and tokens, as [`Charged`] counts them.
    pub charged: Sides<Charged>,
}

/// Why two runs can't be compared.
#[derive(Debug)]
pub enum Incomparable {
    /// A table of one of them can't be read.
    Table(Side, TableError),
    /// Neither has charges.
    NoCharges,
}

impl Difference {
    /// Compares the tables of two runs.
    ///
    /// # Errors
    /// Where a table can't be read, or where neither run wrote its charges.
    pub fn between(runs: &Sides<&dyn WrittenTables>) -> Result<Difference, Incomparable> {
        if open(runs, Side::A, CHARGES)?.is_none() && open(runs, Side::B, CHARGES)?.is_none() {
            return Err(Incomparable::NoCharges);
        }
        let mut difference = Difference::default();
        let mut accounts = Accounts::default();
        for table in ORDER {
            match (open(runs, Side::A, table)?, open(runs, Side::B, table)?) {
                (Some(a), Some(b)) => {
                    let merged = Merge::new(Sides { a, b }, &mut accounts).merged()?;
                    difference.add(merged);
                }
                (None, None) if WHERE_THERE_ARE_SOME.contains(&table) => {}
                (a, b) => {
                    let written = Sides { a: a.is_some(), b: b.is_some() };
                    difference.uncompared.push(Uncompared { table, written });
                }
            }
        }
        let place = |table: &str| TABLES.iter().position(|known| *known == table);
        difference.tables.sort_by_key(|of| place(of.table));
        difference.uncompared.sort_by_key(|of| place(of.table));
        difference.accounts = accounts.differences();
        Ok(difference)
    }

    /// Whether the runs are the same in all that could be compared.
    pub fn is_none(&self) -> bool {
        self.first.is_none()
    }

    /// Shows pseudonyms in place of users' names (RULES 5.7).
    pub fn hide_users(&mut self, pseudonyms: &Pseudonyms) {
        let of_tables = self.tables.iter_mut().map(|of| (of.table, &mut of.only));
        let of_first = self.first.iter_mut().map(|of| (of.table, &mut of.only));
        for (table, only) in of_tables.chain(of_first) {
            for rows in [&mut only.a.rows, &mut only.b.rows] {
                for row in rows.iter_mut() {
                    *row = hidden(table, row, pseudonyms);
                }
                rows.sort_by(|a, b| a.iter().cmp(b.iter()));
            }
        }
        self.accounts.iter_mut().for_each(|account| account.user = pseudonyms.of(&account.user));
        self.accounts.sort_by(|a, b| (&a.user, &a.product).cmp(&(&b.user, &b.product)));
    }

    /// What all users together are charged.
    pub fn charged(&self) -> Sides<Charged> {
        let mut total = Sides::<Charged>::default();
        for account in &self.accounts {
            for side in [Side::A, Side::B] {
                let (sum, charged) = (total.of_mut(side), account.charged.of(side));
                sum.charges += charged.charges;
                sum.tokens += charged.tokens;
            }
        }
        total
    }

    fn add(&mut self, (table, parting): (TableDifference, Option<Parting>)) {
        self.tables.push(table);
        // A table that comes later in order tells of a consequence where the instant is the same.
        if let Some(parting) = parting
            && self.first.as_ref().is_none_or(|first| when(parting.at) < when(first.at))
        {
            self.first = Some(parting);
        }
    }
}

/// A row with pseudonyms in its cells of users: `user`, and `who` with several.
fn hidden(table: &str, row: &StringRecord, pseudonyms: &Pseudonyms) -> StringRecord {
    let [user, who] = ["user", "who"].map(|column| place(table, column));
    let cells = row.iter().enumerate().map(|(at, cell)| match Some(at) {
        at if at == user && !cell.is_empty() => pseudonyms.of(cell),
        at if at == who => {
            cell.split_terminator(';').map(|name| pseudonyms.of(name)).collect::<Vec<_>>().join(";")
        }
        _ => cell.to_owned(),
    });
    cells.collect()
}

/// The end of the run comes after every instant.
fn when(at: Option<Instant>) -> (bool, Option<Instant>) {
    (at.is_none(), at)
}

impl<T> Sides<T> {
    /// That of one run.
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}

impl Sides<Charged> {
    /// Tokens in the second run less those in the first.
    pub fn more(&self) -> Tokens {
        self.b.tokens - self.a.tokens
    }
}

impl TableDifference {
    /// Whether some row is only on one side.
    pub fn differs(&self) -> bool {
        self.only.a.count + self.only.b.count > 0
    }
}

impl AccountDifference {
    /// Whether the sides differ in tokens or in the number of charges.
    pub fn differs(&self) -> bool {
        self.charged.a != self.charged.b
    }
}

impl OneSided {
    fn push(&mut self, row: &StringRecord) {
        self.count += 1;
        if self.rows.len() < ROWS_KEPT {
            self.rows.push(row.clone());
        }
    }
}

impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incomparable::Table(_, error) => error.fmt(f),
            Incomparable::NoCharges => {
                write!(f, "neither run has {CHARGES}; run them again with --detail charges, or full")
            }
        }
    }
}

impl std::error::Error for Incomparable {}

fn open<'t>(
    runs: &Sides<&'t dyn WrittenTables>,
    side: Side,
    table: &'static str,
) -> Result<Option<TableReader<'t>>, Incomparable> {
    let failed = |error| Incomparable::Table(side, error);
    let unreadable = |error| failed(TableError { table, line: 1, flaw: TableFlaw::Unreadable(error) });
    let source: Option<Box<dyn Read + 't>> = runs.of(side).open(table).map_err(unreadable)?;
    source.map(|source| TableReader::open(table, source)).transpose().map_err(failed)
}

/// One table of both runs, read side by side.
struct Merge<'m, 't> {
    readers: Sides<TableReader<'t>>,
    table: TableDifference,
    parting: Option<Parting>,
    accounts: &'m mut Accounts,
}

impl<'m, 't> Merge<'m, 't> {
    fn new(readers: Sides<TableReader<'t>>, accounts: &'m mut Accounts) -> Self {
        let (rows, only) = (Sides::default(), Sides::default());
        let table = TableDifference { table: readers.a.table(), rows, only };
        Merge { readers, table, parting: None, accounts }
    }

    fn merged(mut self) -> Result<(TableDifference, Option<Parting>), Incomparable> {
        loop {
            let order = match (self.readers.a.row(), self.readers.b.row()) {
                (None, None) => return Ok((self.table, self.parting)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.iter().cmp(b.iter()),
            };
            for (side, passes) in [(Side::A, order.is_le()), (Side::B, order.is_ge())] {
                if passes {
                    self.pass(side, order).map_err(|error| Incomparable::Table(side, error))?;
                }
            }
        }
    }

    /// Takes one side's row into account, as that of both sides or of this one alone, and goes on.
    fn pass(&mut self, side: Side, order: Ordering) -> Result<(), TableError> {
        let reader = self.readers.of_mut(side);
        *self.table.rows.of_mut(side) += 1;
        if self.table.table == CHARGES {
            self.accounts.add(side, reader)?;
        }
        if order.is_ne() {
            self.note(side)?;
        }
        self.readers.of_mut(side).advance()
    }

    fn note(&mut self, side: Side) -> Result<(), TableError> {
        let reader = self.readers.of(side);
        let (at, row) = (reader.instant()?, reader.row().expect("a row to note"));
        self.table.only.of_mut(side).push(row);
        // Charges are sorted by their window's start and recorded later: any row may be the first to part.
        if self.parting.as_ref().is_none_or(|parting| when(at) < when(parting.at)) {
            self.parting = Some(Parting { at, table: self.table.table, only: Sides::default() });
        }
        if let Some(parting) = self.parting.as_mut().filter(|parting| parting.at == at) {
            parting.only.of_mut(side).push(row);
        }
        Ok(())
    }
}

/// What each user is charged for each product.
#[derive(Default)]
struct Accounts(BTreeMap<(String, String), Sides<Charged>>);

impl Accounts {
    fn add(&mut self, side: Side, charge: &TableReader<'_>) -> Result<(), TableError> {
        let key = (charge.cell("user").to_owned(), charge.cell("product").to_owned());
        let charged = self.0.entry(key).or_default().of_mut(side);
        charged.tokens += charge.tokens("tokens")?;
        charged.charges += u64::from(charge.cell("kind") != ChargeKind::Refund.name());
        Ok(())
    }

    fn differences(self) -> Vec<AccountDifference> {
        let account = |((user, product), charged)| AccountDifference { user, product, charged };
        self.0.into_iter().map(account).collect()
    }
}

//! `Packs`: the packs of a run that is over, as of its end, and what came and went besides charges.

use std::collections::BTreeSet;

use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::results::table_reader::{TableError, TableFlaw, TableReader, WrittenTables};
use crate::scenario::calendar::from_iso;

/// The rows of `packs.csv` and `token_events.csv`.
#[derive(Clone, Debug, Default)]
pub struct Packs {
    /// The packs, under the teams that have them now.
    pub packs: Vec<PackRow>,
    /// Purchases, moves and expiries, oldest first.
    pub events: Vec<EventRow>,
}

/// A pack.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of packs.csv")]
pub struct PackRow {
    pub team: String,
    pub pack: String,
    pub expires: Instant,
    pub posted: Tokens,
    pub remaining: Tokens,
}

/// A token event (RULES 2.7).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of token_events.csv")]
pub struct EventRow {
    pub at: Instant,
    pub team: String,
    pub event: String,
    pub tokens: Tokens,
}

impl Packs {
    /// Reads both tables.
    ///
    /// # Errors
    /// Where one is missing or is no such table.
    pub fn read(tables: &dyn WrittenTables) -> Result<Self, TableError> {
        let mut read = Packs::default();
        let mut rows = open(tables, "packs.csv")?;
        while rows.row().is_some() {
            let expires = from_iso(rows.cell("expires"));
            read.packs.push(PackRow {
                team: rows.cell("team").to_owned(),
                pack: rows.cell("pack").to_owned(),
                expires: expires.ok_or_else(|| rows.wrong_cell("expires", "an instant"))?,
                posted: rows.tokens("posted")?,
                remaining: rows.tokens("remaining")?,
            });
            rows.advance()?;
        }
        let mut rows = open(tables, "token_events.csv")?;
        while rows.row().is_some() {
            read.events.push(EventRow {
                at: rows.instant()?.expect("every event has its instant"),
                team: rows.cell("team").to_owned(),
                event: rows.cell("event").to_owned(),
                tokens: rows.tokens("tokens")?,
            });
            rows.advance()?;
        }
        Ok(read)
    }

    /// The names of the packs that have not ended by an instant.
    pub fn active(&self, at: Instant) -> BTreeSet<&str> {
        self.packs.iter().filter(|pack| pack.expires > at).map(|pack| pack.pack.as_str()).collect()
    }
}

/// A table of a run, which must be there.
pub(crate) fn open<'t>(
    tables: &'t dyn WrittenTables,
    table: &'static str,
) -> Result<TableReader<'t>, TableError> {
    let unreadable = |error| TableError { table, line: 1, flaw: TableFlaw::Unreadable(error) };
    let source = tables.open(table).map_err(unreadable)?;
    let missing = || unreadable(std::io::ErrorKind::NotFound.into());
    TableReader::open(table, source.ok_or_else(missing)?)
}

//! `Packs`: the packs of a run that is over, as of its end, and what came and went besides charges.

use std::collections::BTreeSet;

use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::results::table_reader::WrittenTables;
use crate::scenario::calendar::iso;
use crate::usage::balances::Event;
use crate::usage::untold::{Untold, open};

/// The rows of `packs.csv` and `token_events.csv`.
#[derive(Clone, Debug, Default)]
pub struct Packs {
    /// The packs, under the teams that have them now.
    pub packs: Vec<PackRow>,
    /// Purchases, moves and expiries, oldest first.
    pub events: Vec<EventRow>,
}

/// A row of `packs.csv`.
#[derive(Clone, Debug)]
pub struct PackRow {
    /// Whose it is.
    pub team: String,
    /// Its name.
    pub pack: String,
    /// When it was bought.
    pub bought: Instant,
    /// When it ends, and what became of its tokens.
    pub stock: PackStock,
}

/// A pack's end, and its tokens: `tokens = posted + held + expired + remaining`.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the columns of packs.csv")]
pub struct PackStock {
    pub expires: Instant,
    pub tokens: Tokens,
    pub posted: Tokens,
    pub held: Tokens,
    pub expired: Tokens,
    pub remaining: Tokens,
}

/// A row of `token_events.csv`.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// When.
    pub at: Instant,
    /// Whose balance.
    pub team: String,
    /// What.
    pub event: Event,
}

impl PackStock {
    /// Whether it has not ended by the run's end, on which nothing happens any more.
    pub fn is_active(&self, end: Instant) -> bool {
        self.expires >= end
    }
}

impl Packs {
    /// Reads both tables.
    ///
    /// # Errors
    /// Where one is missing or is no such table.
    pub fn read(tables: &dyn WrittenTables) -> Result<Self, Untold> {
        let mut read = Packs::default();
        let mut rows = open(tables, "packs.csv")?;
        while rows.row().is_some() {
            let stock = PackStock {
                expires: rows.instant_in("expires")?,
                tokens: rows.tokens("tokens")?,
                posted: rows.tokens("posted")?,
                held: rows.tokens("held")?,
                expired: rows.tokens("expired")?,
                remaining: rows.tokens("remaining")?,
            };
            let [team, pack] = ["team", "pack"].map(|column| rows.cell(column).to_owned());
            read.packs.push(PackRow { team, pack, bought: rows.instant_in("bought")?, stock });
            rows.advance()?;
        }
        let mut rows = open(tables, "token_events.csv")?;
        while rows.row().is_some() {
            let at = rows.instant_in("at")?;
            let [team, event, pack] = ["team", "event", "pack"].map(|column| rows.cell(column).to_owned());
            let event = Event { at: iso(at), event, pack, tokens: rows.tokens("tokens")? };
            read.events.push(EventRow { at, team, event });
            rows.advance()?;
        }
        Ok(read)
    }

    /// The names of the packs that have not ended by the run's end.
    pub fn active(&self, end: Instant) -> BTreeSet<&str> {
        self.packs.iter().filter(|pack| pack.stock.is_active(end)).map(|pack| pack.pack.as_str()).collect()
    }
}

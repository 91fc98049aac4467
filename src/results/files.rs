//! The result files of a run: which there are, and how their tables come about row by row.

use std::borrow::BorrowMut;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, CreditRecord, NoticeRecord, Record, SessionRecord, SignInRecord, TokenEvent,
    TransitionRecord,
};
use crate::results::rows::FreeOpening;
use crate::results::sorted_rows::{RowTaker, SortedRows, Spool, Table};
use crate::scenario::Scenario;
use crate::simulation::recorder::{Detail, Recorder};

/// The name of the file that holds counts, totals and the digest.
pub const SUMMARY: &str = "summary.json";

/// The name of the scenario as it was run, beside its results.
pub const SCENARIO: &str = "scenario.toml";

/// The names of the tables a run can write; the run's digest takes the first five, in this order.
pub const TABLES: [&str; 8] = [
    "charges.csv",
    "sign_ins.csv",
    "sessions.csv",
    "packs.csv",
    "token_events.csv",
    "notices.csv",
    "credits.csv",
    "transition.csv",
];

/// How many of them the run's digest takes.
const IN_DIGEST: usize = 5;

/// The names of what is measured on the wall clock: no two runs write the same bytes to these.
pub const LATENCY: [&str; 2] = ["latency.hgrm", "latency.json"];

/// The tables of contracts and of licence servers, which only runs with some of them write.
pub const WHERE_THERE_ARE_SOME: [&str; 2] = ["credits.csv", "transition.csv"];

/// The names of what a share of a run holds of rows: those of each table but packs, with what the table does not show,
/// and the openings that were free.
pub const ROWS: [&str; 8] = [
    "charges.rows",
    "sign_ins.rows",
    "sessions.rows",
    "token_events.rows",
    "notices.rows",
    "credits.rows",
    "transition.rows",
    "free.rows",
];

/// The tables that a run writes in some detail; those of contracts and licence servers where there are some.
pub fn tables_of(scenario: &Scenario, detail: Detail) -> impl Iterator<Item = &'static str> {
    let (contracts, servers) = (!scenario.setup.contracts.is_empty(), !scenario.setup.servers.is_empty());
    tables_in(detail).filter(move |table| match *table {
        "credits.csv" => contracts,
        "transition.csv" => servers,
        _ => true,
    })
}

/// The tables that runs can write in some detail.
pub fn tables_in(detail: Detail) -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().filter(move |table| match *table {
        "packs.csv" => true,
        "charges.csv" | "token_events.csv" | "credits.csv" => detail != Detail::Summary,
        _ => detail == Detail::Full,
    })
}

/// What tells two results apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// The SHA-256 over the first five tables as far as they were written, one after another: what `cat` of
    /// them into `sha256sum` gives.
    pub run: String,
    /// The SHA-256 of each further table.
    pub more: BTreeMap<&'static str, String>,
}

/// The tables of a run under way.
pub struct Tables {
    detail: Detail,
    /// The names of those that are written.
    written: Vec<&'static str>,
    charges: SortedRows<ChargeRecord>,
    sign_ins: SortedRows<SignInRecord>,
    sessions: SortedRows<SessionRecord>,
    packs: SortedRows<Pack>,
    token_events: SortedRows<TokenEvent>,
    notices: SortedRows<NoticeRecord>,
    credits: SortedRows<CreditRecord>,
    transition: SortedRows<TransitionRecord>,
    /// No table: openings that were free, which are shown with the charges.
    free: SortedRows<FreeOpening>,
}

impl Tables {
    /// Tables without rows; what does not fit into memory goes to pieces of the spool.
    pub fn new(scenario: &Arc<Scenario>, detail: Detail, spool: &Spool) -> Self {
        Tables {
            detail,
            written: tables_of(scenario, detail).collect(),
            charges: SortedRows::new(scenario, spool),
            sign_ins: SortedRows::new(scenario, spool),
            sessions: SortedRows::new(scenario, spool),
            packs: SortedRows::new(scenario, spool),
            token_events: SortedRows::new(scenario, spool),
            notices: SortedRows::new(scenario, spool),
            credits: SortedRows::new(scenario, spool),
            transition: SortedRows::new(scenario, spool),
            free: SortedRows::new(scenario, spool),
        }
    }

    /// The table behind the name of a file: one of [`TABLES`] or [`ROWS`].
    ///
    /// # Panics
    /// At any other name.
    pub fn table(&mut self, name: &str) -> &mut dyn Table {
        match name.split('.').next().unwrap_or_default() {
            "charges" => &mut self.charges,
            "sign_ins" => &mut self.sign_ins,
            "sessions" => &mut self.sessions,
            "packs" => &mut self.packs,
            "token_events" => &mut self.token_events,
            "notices" => &mut self.notices,
            "credits" => &mut self.credits,
            "transition" => &mut self.transition,
            "free" => &mut self.free,
            _ => panic!("{name} is no table"),
        }
    }

    /// Writes each table where `create` says, with the packs as they stand at the end.
    ///
    /// # Errors
    /// Where a file can't be written.
    pub fn write<W: Write>(
        self,
        packs: &[Pack],
        create: impl FnMut(&'static str) -> io::Result<W>,
    ) -> io::Result<Digests> {
        self.write_and(packs, create, &mut |_| Ok(()))
    }

    /// Writes each table, and shows each charge as it goes: its row, and the version behind it. Openings that
    /// were free follow, in the same columns.
    ///
    /// # Errors
    /// Where a file can't be written, or who is shown a charge fails.
    pub fn write_and<W: Write>(
        mut self,
        packs: &[Pack],
        mut create: impl FnMut(&'static str) -> io::Result<W>,
        show: &mut RowTaker<'_>,
    ) -> io::Result<Digests> {
        for pack in packs {
            self.packs.push(pack.clone())?;
        }
        let mut run = Sha256::new();
        let mut more = BTreeMap::new();
        for table in std::mem::take(&mut self.written) {
            let in_digest = TABLES[..IN_DIGEST].contains(&table);
            let mut own = Sha256::new();
            let mut out = Hashed(create(table)?, if in_digest { &mut run } else { &mut own });
            match table {
                "charges.csv" => {
                    self.charges.write_and(&mut out, show)?;
                    self.free.write_and(&mut io::sink(), show)?;
                }
                table => self.table(table).write(&mut out)?,
            }
            if !in_digest {
                more.insert(table, hex(own));
            }
        }
        Ok(Digests { run: hex(run), more })
    }
}

/// A digest as text.
pub(crate) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Recorder for Tables {
    fn wants(&self) -> Detail {
        self.detail
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            match row {
                Record::Charge(row) => self.charges.push(row)?,
                Record::SignIn(row) => self.sign_ins.push(row)?,
                Record::Session(row) => {
                    if row.free.is_some() {
                        self.free.push(FreeOpening(row))?;
                    }
                    if self.detail == Detail::Full {
                        self.sessions.push(row)?;
                    }
                }
                Record::TokenEvent(row) => self.token_events.push(row)?,
                Record::Notice(row) => self.notices.push(row)?,
                Record::Credit(row) => self.credits.push(row)?,
                Record::Transition(row) => self.transition.push(row)?,
            }
        }
        Ok(())
    }
}

/// Writes, and adds what is written to a digest.
pub(crate) struct Hashed<W, H>(pub(crate) W, pub(crate) H);

impl<W: Write, H: BorrowMut<Sha256>> Write for Hashed<W, H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.borrow_mut().update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

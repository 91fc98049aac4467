//! The result files of a run: which there are, and how their tables come about row by row.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::meter::pack::Pack;
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord, TokenEvent};
use crate::report::sorted_rows::{SortedRows, Spool};
use crate::scenario::Scenario;
use crate::simulation::recorder::{Detail, Recorder};

/// The name of the file that holds counts, totals and the digest.
pub const SUMMARY: &str = "summary.json";

/// The names of the tables a run can write, in the order in which the digest takes them.
pub const TABLES: [&str; 5] =
    ["charges.csv", "sign_ins.csv", "sessions.csv", "packs.csv", "token_events.csv"];

/// The names of what is measured on the wall clock: no two runs write the same bytes to these.
pub const LATENCY: [&str; 2] = ["latency.hgrm", "latency.json"];

/// The tables that a run writes in some detail.
pub fn tables_of(detail: Detail) -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().filter(move |table| match *table {
        "packs.csv" => true,
        "charges.csv" | "token_events.csv" => detail != Detail::Summary,
        _ => detail == Detail::Full,
    })
}

/// The tables of a run under way.
pub struct Tables {
    detail: Detail,
    charges: SortedRows<ChargeRecord>,
    sign_ins: SortedRows<SignInRecord>,
    sessions: SortedRows<SessionRecord>,
    packs: SortedRows<Pack>,
    token_events: SortedRows<TokenEvent>,
}

impl Tables {
    /// Tables without rows; what does not fit into memory goes to pieces of the spool.
    pub fn new(scenario: &Arc<Scenario>, detail: Detail, spool: &Spool) -> Self {
        Tables {
            detail,
            charges: SortedRows::new(scenario, spool),
            sign_ins: SortedRows::new(scenario, spool),
            sessions: SortedRows::new(scenario, spool),
            packs: SortedRows::new(scenario, spool),
            token_events: SortedRows::new(scenario, spool),
        }
    }

    /// Writes each table where `create` says, with the packs as they stand at the end. Returns the SHA-256
    /// over the tables written, one after another: what `cat` of them into `sha256sum` gives.
    ///
    /// # Errors
    /// Where a file can't be written.
    pub fn write<W: Write>(
        mut self,
        packs: &[Pack],
        mut create: impl FnMut(&'static str) -> io::Result<W>,
    ) -> io::Result<String> {
        for pack in packs {
            self.packs.push(pack.clone())?;
        }
        let mut hasher = Sha256::new();
        let written: Vec<&str> = tables_of(self.detail).collect();
        let [charges, sign_ins, sessions, packs, token_events] = TABLES;
        if written.contains(&charges) {
            self.charges.write(Hashed(create(charges)?, &mut hasher))?;
        }
        if written.contains(&sign_ins) {
            self.sign_ins.write(Hashed(create(sign_ins)?, &mut hasher))?;
        }
        if written.contains(&sessions) {
            self.sessions.write(Hashed(create(sessions)?, &mut hasher))?;
        }
        if written.contains(&packs) {
            self.packs.write(Hashed(create(packs)?, &mut hasher))?;
        }
        if written.contains(&token_events) {
            self.token_events.write(Hashed(create(token_events)?, &mut hasher))?;
        }
        let mut text = String::new();
        for byte in hasher.finalize() {
            write!(text, "{byte:02x}").expect("memory takes every text");
        }
        Ok(text)
    }
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
                Record::Session(row) => self.sessions.push(row)?,
                Record::TokenEvent(row) => self.token_events.push(row)?,
            }
        }
        Ok(())
    }
}

/// Writes, and adds what is written to a digest.
struct Hashed<'h, W>(W, &'h mut Sha256);

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

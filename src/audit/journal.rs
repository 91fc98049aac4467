//! `Journal`: everything that happens in a scenario without simulated users, and which step brought it about.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::sync::Arc;

use crate::meter::Meter;
use crate::meter::id::{PackId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::record::{Record, SignInRecord};
use crate::meter::request::{Phase, Request};
use crate::meter::stock::Purchase;
use crate::meter::tokens::Tokens;
use crate::results::files::Tables;
use crate::results::sorted_rows::Spool;
use crate::scenario::Scenario;
use crate::simulation::recorder::{Detail, Recorder};

/// What happened, in the order in which it did.
#[derive(Clone, Debug)]
pub struct Journal {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What was written down.
    pub entries: Vec<Entry>,
    /// The packs that arrived, as of the end.
    pub packs: Vec<Pack>,
    /// What each team has left at the end, by its number.
    pub available: Vec<Tokens>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The requests of the timeline that were answered before.
    pub before: usize,
    /// Whether it came of the next request; otherwise it came by itself.
    pub asked: bool,
    /// What was written down.
    pub record: Record,
}

impl Journal {
    /// Carries a scenario out.
    ///
    /// # Panics
    /// If it has simulated users: what they do is not in its timeline.
    pub fn of(scenario: &Arc<Scenario>) -> Journal {
        assert!(scenario.simulated.is_empty(), "a journal is kept of what is scripted");
        let mut meter = Meter::new(scenario.setup.clone());
        let mut entries = Vec::new();
        let mut note = |meter: &mut Meter, before: usize, asked: bool| {
            entries.extend(meter.drain_records().map(|record| Entry { before, asked, record }));
        };
        for (before, (at, request)) in scenario.timeline.iter().enumerate() {
            meter.catch_up(*at, request.phase());
            note(&mut meter, before, false);
            meter.apply(request.clone(), *at);
            note(&mut meter, before, true);
        }
        meter.close(scenario.end);
        note(&mut meter, scenario.timeline.len(), false);
        let packs = meter.packs().cloned().collect();
        let teams = (0..).map(TeamId).take(scenario.setup.teams.len());
        let available = teams.map(|team| meter.available(team)).collect();
        Journal { scenario: scenario.clone(), entries, packs, available }
    }

    /// The tables that a run of the scenario writes.
    ///
    /// # Panics
    /// Where memory does not take them.
    pub fn tables(&self) -> MemoryTables {
        let spool: Spool = Arc::new(|| Ok(Box::new(Cursor::new(Vec::new()))));
        let mut tables = Tables::new(&self.scenario, Detail::Full, &spool);
        let rows = self.entries.iter().map(|entry| entry.record.clone()).collect();
        tables.take(rows).expect("memory takes every row");
        let written = RefCell::new(BTreeMap::new());
        let digests =
            tables.write(&self.packs, |table| Ok(Written { table, bytes: Vec::new(), all: &written }));
        digests.expect("memory takes every table");
        written.into_inner()
    }

    /// The meter as it stood when so many requests were answered and everything had come by itself that comes
    /// before that phase of `at`.
    pub fn meter_at(&self, before: usize, (at, phase): (Instant, Phase)) -> Meter {
        let mut meter = Meter::new(self.scenario.setup.clone());
        for (at, request) in &self.scenario.timeline[..before] {
            meter.apply(request.clone(), *at);
        }
        meter.catch_up(at, phase);
        meter
    }

    /// The meter before that phase of `at`, all earlier requests answered.
    pub fn meter_before(&self, at: Instant, phase: Phase) -> Meter {
        let earlier = |(asked_at, request): &(Instant, Request)| (*asked_at, request.phase()) < (at, phase);
        let before = self.scenario.timeline.partition_point(earlier);
        self.meter_at(before, (at, phase))
    }

    /// A pack as it was bought.
    ///
    /// # Panics
    /// If nobody buys it.
    pub fn pack(&self, pack: PackId) -> &Purchase {
        let bought = self.scenario.timeline.iter().find_map(|(_, request)| match request {
            Request::Buy(purchase) if purchase.pack == pack => Some(purchase),
            _ => None,
        });
        bought.expect("packs are bought")
    }

    /// The entry of an answered sign-in or use.
    ///
    /// # Panics
    /// If it is none of this journal.
    pub fn asked(&self, sign_in: &SignInRecord) -> &Entry {
        let is_it = |entry: &&Entry| entry.record == Record::SignIn(*sign_in);
        self.entries.iter().find(is_it).expect("a row of the journal")
    }

    /// What a sign-in would cost where a charge falls due, or a use of a service (RULES 1.1, 1.9).
    pub fn amount_asked(&self, sign_in: &SignInRecord) -> Tokens {
        let rate = self.scenario.setup.products[sign_in.product.index()].rate(sign_in.at);
        match self.scenario.timeline.get(self.asked(sign_in).before) {
            Some((_, Request::Use(used))) => {
                rate.times_thousandths(used.units).expect("checked when it was read")
            }
            _ => rate,
        }
    }

    /// The step of the file, from 0, that an entry came of.
    pub fn step_of(&self, entry: &Entry) -> Option<usize> {
        self.scenario.origins.get(entry.before).copied().flatten().filter(|_| entry.asked)
    }
}

/// Tables in memory, by their names.
pub type MemoryTables = BTreeMap<&'static str, Vec<u8>>;

/// A table under way; whole when it is let go.
struct Written<'w> {
    table: &'static str,
    bytes: Vec<u8>,
    all: &'w RefCell<MemoryTables>,
}

impl Write for Written<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        self.all.borrow_mut().insert(self.table, std::mem::take(&mut self.bytes));
    }
}

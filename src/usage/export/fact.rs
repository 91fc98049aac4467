//! `UsageFact`: what was used on a day, the plainest row that exports are made of, and where such rows come from.

use std::collections::BTreeMap;

use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::results::table_reader::{TableReader, WrittenTables};
use crate::scenario::calendar::{Day, Zone, from_iso};
use crate::usage::export::opening::{Opening, Openings};
use crate::usage::run_summary::RunSummary;
use crate::usage::untold::{Untold, open};

/// What was used on a day: a charge, several of them, or a free opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageFact {
    /// The day of the window's start, or of the free opening, in the report's zone (RULES 5.4).
    pub day: Day,
    /// Who.
    pub user: String,
    /// What.
    pub product: String,
    /// The version that was open when the window began; empty for a service, and where it is not known.
    pub version: String,
    /// Who pays, or would have paid.
    pub team: String,
    /// How much; refunds are taken off.
    pub tokens: Tokens,
    /// How many charges, refunds among them; 0 for a free opening (RULES 1.5).
    pub charges: u64,
}

/// The facts of a run in the order of their days, read from its tables row by row. Versions and free openings are
/// known where sign-ins and sessions were written.
pub struct Facts<'t> {
    zone: Zone,
    charges: TableReader<'t>,
    openings: Openings<'t>,
    /// The next opening.
    opening: Option<Opening>,
    /// The sessions open lately, by user and product: until when, and the version.
    open: BTreeMap<(String, String), Vec<(Instant, String)>>,
    failed: bool,
}

impl<'t> Facts<'t> {
    /// The facts of a run.
    ///
    /// # Errors
    /// Where a table is missing or none.
    pub fn of(summary: &RunSummary, tables: &'t dyn WrittenTables) -> Result<Self, Untold> {
        let charges = open(tables, "charges.csv")?;
        let mut openings = Openings::of(tables, summary.grace())?;
        let opening = openings.next()?;
        let zone = summary.zone();
        Ok(Facts { zone, charges, openings, opening, open: BTreeMap::new(), failed: false })
    }

    /// The next fact by time; an opening comes before what it is charged.
    fn read(&mut self) -> Result<Option<UsageFact>, Untold> {
        loop {
            let charged_at = self.charges.row().map(|_| self.charge_at()).transpose()?;
            let opened = |opening: &mut Opening| charged_at.is_none_or(|at| opening.at <= at);
            if let Some(opening) = self.opening.take_if(opened) {
                self.opening = self.openings.next()?;
                let free = opening.free;
                self.note(&opening);
                if free {
                    return Ok(Some(self.free(opening)));
                }
                continue;
            }
            let Some(at) = charged_at else { return Ok(None) };
            let fact = self.charge(at)?;
            self.charges.advance()?;
            return Ok(Some(fact));
        }
    }

    fn charge_at(&self) -> Result<Instant, Untold> {
        let at = from_iso(self.charges.cell("window_start"));
        let wrong =
            || self.charges.wrong_cell("window_start", "an instant such as 2026-03-02T08:00:00Z").into();
        at.ok_or_else(wrong)
    }

    /// Remembers a session, and forgets those of its key that are over.
    fn note(&mut self, opening: &Opening) {
        let sessions = self.open.entry((opening.user.clone(), opening.product.clone())).or_default();
        sessions.retain(|(until, _)| *until > opening.at);
        sessions.push((opening.until, opening.version.clone()));
    }

    fn free(&self, opening: Opening) -> UsageFact {
        let Opening { at, user, product, version, team, .. } = opening;
        UsageFact { day: self.day(at), user, product, version, team, tokens: Tokens::ZERO, charges: 0 }
    }

    fn charge(&self, at: Instant) -> Result<UsageFact, Untold> {
        let row = &self.charges;
        let [user, product, team] = ["user", "product", "team"].map(|column| row.cell(column).to_owned());
        let key = (user, product);
        let sessions = self.open.get(&key).map_or(&[][..], Vec::as_slice);
        let version = sessions.iter().find(|(until, _)| *until > at);
        let version = version.map_or(String::new(), |(_, version)| version.clone());
        let (user, product) = key;
        let tokens = row.tokens("tokens")?;
        Ok(UsageFact { day: self.day(at), user, product, version, team, tokens, charges: 1 })
    }

    fn day(&self, at: Instant) -> Day {
        Day::from(self.zone.local(at).date())
    }
}

impl Iterator for Facts<'_> {
    type Item = Result<UsageFact, Untold>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}

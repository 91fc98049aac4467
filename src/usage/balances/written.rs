//! The stock of a run at its end, from the tables that it wrote.

use std::collections::BTreeMap;

use crate::results::table_reader::{TableError, TableReader, WrittenTables};
use crate::scenario::calendar::{from_iso, iso};
use crate::usage::balances::stock::{ContractStock, DAYS, PackStock, Stock, TeamStock};
use crate::usage::balances::{DaysShown, Event};
use crate::usage::recent_use::{Days, RecentUse, Used};
use crate::usage::run_summary::{ContractFacts, RunSummary, TeamFacts};
use crate::usage::untold::{Untold, open};

impl Stock {
    /// The stock at a run's end; `credit_days` are those of the use of credits, if not the last 90.
    ///
    /// # Errors
    /// Where a table is missing or can't be read.
    pub fn written(
        summary: &RunSummary,
        tables: &dyn WrittenTables,
        credit_days: Option<DaysShown>,
    ) -> Result<Stock, Untold> {
        let zone = summary.zone();
        let days = Days::up_to(summary.last(), DAYS, &zone);
        let credit_days = credit_days.map_or_else(|| days.clone(), |days| Days::between(days, &zone));
        let has_credits = !summary.contracts.is_empty();
        let use_of_tokens = use_in(tables, CHARGES, &days)?;
        let mut stock = Stock {
            title: summary.title.clone(),
            as_of: summary.end,
            teams: teams(&summary.teams, tables, &days)?,
            contracts: summary.contracts.iter().map(contract).collect(),
            use_of_tokens,
            use_of_credits: RecentUse::default(),
            days,
            credit_days,
        };
        if has_credits {
            stock.use_of_credits = use_in(tables, CREDITS, &stock.credit_days)?;
        }
        Ok(stock)
    }
}

/// Where the use of something is written: the table, when it counts, who pays, and how much.
type UseTable = (&'static str, [&'static str; 3]);

const CHARGES: UseTable = ("charges.csv", ["window_start", "team", "tokens"]);
const CREDITS: UseTable = ("credits.csv", ["at", "contract", "credits"]);

/// What was used on some days. Both tables are sorted by the instant that counts: what lies before is only read.
fn use_in(tables: &dyn WrittenTables, (table, columns): UseTable, days: &Days) -> Result<RecentUse, Untold> {
    let [at, payer, amount] = columns;
    let mut recent = RecentUse::default();
    let not_before = iso(days.not_before());
    let mut rows = open(tables, table)?;
    while rows.row().is_some() {
        let when = rows.cell(at);
        if when >= not_before.as_str() {
            let when = from_iso(when).ok_or_else(|| no_instant(&rows, at))?;
            if days.contain(when) {
                let amount = rows.tokens(amount)?;
                let (payer, product, user) = (rows.cell(payer), rows.cell("product"), rows.cell("user"));
                recent.add(Used { payer, product, user, amount });
            }
        }
        rows.advance()?;
    }
    Ok(recent)
}

fn teams(facts: &[TeamFacts], tables: &dyn WrittenTables, days: &Days) -> Result<Vec<TeamStock>, Untold> {
    let team = |of: &TeamFacts| {
        let stock = TeamStock { name: of.team.clone(), available: of.available, ..TeamStock::default() };
        (of.team.clone(), stock)
    };
    let mut teams: BTreeMap<String, TeamStock> = facts.iter().map(team).collect();
    let mut rows = open(tables, "packs.csv")?;
    while rows.row().is_some() {
        if let Some(team) = teams.get_mut(rows.cell("team")) {
            team.packs.push(PackStock {
                expires: from_iso(rows.cell("expires")).ok_or_else(|| no_instant(&rows, "expires"))?,
                tokens: rows.tokens("tokens")?,
                posted: rows.tokens("posted")?,
                held: rows.tokens("held")?,
                expired: rows.tokens("expired")?,
                remaining: rows.tokens("remaining")?,
            });
        }
        rows.advance()?;
    }
    let mut rows = open(tables, "token_events.csv")?;
    while rows.row().is_some() {
        let at = rows.instant()?.expect("an event has its instant");
        if let Some(team) = teams.get_mut(rows.cell("team")).filter(|_| days.contain(at)) {
            let [event, pack] = ["event", "pack"].map(|column| rows.cell(column).to_owned());
            team.events.push(Event { at: iso(at), event, pack, tokens: rows.tokens("tokens")? });
        }
        rows.advance()?;
    }
    Ok(teams.into_values().collect())
}

fn contract(facts: &ContractFacts) -> ContractStock {
    let ContractFacts { contract, credits, used, available } = facts.clone();
    ContractStock { name: contract, total: credits, used, available }
}

fn no_instant(rows: &TableReader<'_>, column: &'static str) -> TableError {
    rows.wrong_cell(column, "an instant such as 2026-03-02T08:00:00Z")
}

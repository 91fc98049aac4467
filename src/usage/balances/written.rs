//! The stock of a run at its end, from the tables that it wrote.

use std::collections::BTreeMap;

use crate::meter::tokens::Tokens;
use crate::results::table_reader::WrittenTables;
use crate::scenario::calendar::iso;
use crate::usage::balances::DaysShown;
use crate::usage::balances::stock::{ContractStock, DAYS, Stock, TeamStock};
use crate::usage::ledger::{Known, Ledger, LedgerError};
use crate::usage::packs::Packs;
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
        (tables, ledger): (&dyn WrittenTables, &Ledger),
        credit_days: Option<DaysShown>,
    ) -> Result<Stock, Untold> {
        let zone = summary.zone();
        let days = Days::up_to(summary.last(), DAYS, &zone);
        let credit_days = credit_days.map_or_else(|| days.clone(), |days| Days::between(days, &zone));
        let has_credits = !summary.contracts.is_empty();
        let use_of_tokens = use_of_tokens(ledger, &days)?;
        let mut stock = Stock {
            title: summary.title.clone(),
            as_of: summary.end,
            teams: teams(&summary.teams, Packs::read(tables)?, &days),
            contracts: summary.contracts.iter().map(contract).collect(),
            use_of_tokens,
            use_of_credits: RecentUse::default(),
            days,
            credit_days,
        };
        if has_credits {
            stock.use_of_credits = use_of_credits(tables, &stock.credit_days)?;
        }
        Ok(stock)
    }
}

/// What was charged on some days, and by whom products were opened free.
fn use_of_tokens(ledger: &Ledger, days: &Days) -> Result<RecentUse, LedgerError> {
    let mut sums: BTreeMap<usize, Tokens> = BTreeMap::new();
    ledger.scan((0..ledger.groups(), &days.range()), &mut |posting| {
        *sums.entry(posting.account).or_default() += posting.tokens;
    })?;
    let mut recent = RecentUse::default();
    for (account, amount) in sums {
        let text = |known| ledger.text_of(known, account);
        let (payer, product, user) = (text(Known::Team), text(Known::Product), text(Known::User));
        recent.add(Used { payer, product, user, amount });
    }
    Ok(recent)
}

/// What was used of credits on some days. The table is sorted by instant: what lies before is only read.
fn use_of_credits(tables: &dyn WrittenTables, days: &Days) -> Result<RecentUse, Untold> {
    let mut recent = RecentUse::default();
    let not_before = iso(days.not_before());
    let mut rows = open(tables, "credits.csv")?;
    while rows.row().is_some() {
        if rows.cell("at") >= not_before.as_str() && days.contain(rows.instant_in("at")?) {
            let amount = rows.tokens("credits")?;
            let (payer, product, user) = (rows.cell("contract"), rows.cell("product"), rows.cell("user"));
            recent.add(Used { payer, product, user, amount });
        }
        rows.advance()?;
    }
    Ok(recent)
}

fn teams(facts: &[TeamFacts], packs: Packs, days: &Days) -> Vec<TeamStock> {
    let team = |of: &TeamFacts| {
        let stock = TeamStock { name: of.team.clone(), available: of.available, ..TeamStock::default() };
        (of.team.clone(), stock)
    };
    let mut teams: BTreeMap<String, TeamStock> = facts.iter().map(team).collect();
    for pack in packs.packs {
        if let Some(team) = teams.get_mut(&pack.team) {
            team.packs.push(pack.stock);
        }
    }
    for event in packs.events.into_iter().filter(|event| days.contain(event.at)) {
        if let Some(team) = teams.get_mut(&event.team) {
            team.events.push(event.event);
        }
    }
    teams.into_values().collect()
}

fn contract(facts: &ContractFacts) -> ContractStock {
    let ContractFacts { contract, credits, used, available } = facts.clone();
    ContractStock { name: contract, total: credits, used, available }
}

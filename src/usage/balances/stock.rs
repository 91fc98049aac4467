//! `Stock`: what balances are worked out from, wherever it comes from: the tables of a run that is over, or a
//! replay up to an instant.

use crate::meter::instant::{Instant, Span};
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::iso;
use crate::usage::balances::{Balance, Balances, CreditBalance, Event, NextExpiry, band};
use crate::usage::packs::PackStock;
use crate::usage::recent_use::{Days, RecentUse};

/// How many days a balance looks back, and its alert ahead (RULES 5.1).
pub const DAYS: i32 = 90;

const SECONDS_A_DAY: i64 = 86_400;

/// Teams, packs and contracts as they stand at an instant, and what was used before.
#[derive(Clone, Debug)]
pub struct Stock {
    /// The run's title.
    pub title: String,
    /// The instant.
    pub as_of: Instant,
    /// The last 90 days.
    pub days: Days,
    /// The days of the use of credits.
    pub credit_days: Days,
    /// The teams, by name.
    pub teams: Vec<TeamStock>,
    /// The contracts, by name.
    pub contracts: Vec<ContractStock>,
    /// Tokens used on the days, by team.
    pub use_of_tokens: RecentUse,
    /// Credits used on the days of theirs, by contract.
    pub use_of_credits: RecentUse,
}

/// A team.
#[derive(Clone, Debug, Default)]
pub struct TeamStock {
    /// Its name.
    pub name: String,
    /// What it can spend: holds and debt are taken off.
    pub available: Tokens,
    /// The packs that are its own now.
    pub packs: Vec<PackStock>,
    /// What happened to its packs on the days, in any order.
    pub events: Vec<Event>,
}

/// A contract.
#[derive(Clone, Debug)]
pub struct ContractStock {
    /// Its name.
    pub name: String,
    /// Credits of it.
    pub total: Tokens,
    /// Those used.
    pub used: Tokens,
    /// Those that can be used.
    pub available: Tokens,
}

impl Stock {
    /// The balances.
    pub fn balances(mut self) -> Balances {
        let teams = std::mem::take(&mut self.teams);
        let contracts = std::mem::take(&mut self.contracts);
        Balances {
            teams: teams.into_iter().map(|team| self.balance(team)).collect(),
            contracts: contracts.into_iter().map(|contract| self.credit_balance(contract)).collect(),
            title: self.title,
            as_of: iso(self.as_of),
            zone: self.days.zone().name().to_owned(),
            days: self.days.shown(),
            credit_days: self.credit_days.shown(),
        }
    }

    fn balance(&mut self, team: TeamStock) -> Balance {
        let TeamStock { name, available, packs, mut events } = team;
        let sum = |column: fn(&PackStock) -> Tokens| packs.iter().map(column).sum::<Tokens>();
        let debt = sum(|pack| pack.remaining) - available;
        let total = sum(|pack| pack.tokens);
        let soon = self.as_of + Span::from_seconds(i64::from(DAYS) * SECONDS_A_DAY);
        let [products, users] = self.use_of_tokens.take(&name).shares();
        events.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| (&a.event, &a.pack).cmp(&(&b.event, &b.pack))));
        Balance {
            team: name,
            as_of: iso(self.as_of),
            available,
            used: sum(|pack| pack.posted) + debt,
            held: sum(|pack| pack.held),
            expired: sum(|pack| pack.expired),
            debt,
            total,
            band: band(available, total),
            next_expiry: self.next_expiry(&packs),
            expiring_in_90_days: left(&packs, |pack| pack.expires <= soon),
            events,
            products,
            users,
        }
    }

    fn next_expiry(&self, packs: &[PackStock]) -> Option<NextExpiry> {
        let at = packs.iter().filter(|pack| pack.remaining > Tokens::ZERO).map(|pack| pack.expires).min()?;
        let days = (at - self.as_of).seconds().div_euclid(SECONDS_A_DAY);
        Some(NextExpiry { at: iso(at), days, tokens: left(packs, |pack| pack.expires == at) })
    }

    fn credit_balance(&mut self, contract: ContractStock) -> CreditBalance {
        let ContractStock { name, total, used, available } = contract;
        let [services, users] = self.use_of_credits.take(&name).shares();
        let band = band(available, total);
        CreditBalance { contract: name, available, used, total, band, services, users }
    }
}

/// What is left in some packs.
fn left(packs: &[PackStock], which: impl Fn(&PackStock) -> bool) -> Tokens {
    packs.iter().filter(|pack| which(pack)).map(|pack| pack.remaining).sum()
}

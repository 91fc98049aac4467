//! `Balances`: what the balances page shows of each team, and of each contract of shared cloud credits
//! (RULES 5.1, 5.2).

pub mod written;
pub mod replayed;
pub mod stock;

use chrono::NaiveDate;
use serde::Serialize;

use crate::meter::tokens::Tokens;
use crate::usage::figures::as_text;
use crate::usage::pseudonym::Pseudonyms;

/// The balances of a run at an instant.
#[derive(Clone, Debug, Serialize)]
pub struct Balances {
    /// The run's title.
    pub title: String,
    /// The instant: everything that falls on it has happened; at the run's end everything before it.
    pub as_of: String,
    /// The zone whose days count (policy `report_zone`).
    pub zone: String,
    /// The last 90 days: those of token events and of the use of tokens.
    pub days: DaysShown,
    /// The days of the use of credits: the same, or those asked for.
    pub credit_days: DaysShown,
    /// Each team, by name.
    pub teams: Vec<Balance>,
    /// Each contract, by name.
    pub contracts: Vec<CreditBalance>,
}

impl Balances {
    /// Shows pseudonyms in place of users' names (RULES 5.7).
    pub fn hide_users(&mut self, pseudonyms: &Pseudonyms) {
        let of_teams = self.teams.iter_mut().map(|of| &mut of.users);
        for users in of_teams.chain(self.contracts.iter_mut().map(|of| &mut of.users)) {
            for share in users.iter_mut() {
                share.name = pseudonyms.of(&share.name);
            }
            Share::sort(users);
        }
    }
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DaysShown {
    /// The first.
    #[serde(serialize_with = "as_text")]
    pub from: NaiveDate,
    /// The last.
    #[serde(serialize_with = "as_text")]
    pub to: NaiveDate,
}

/// The balance of a team at an instant (RULES 5.1).
#[derive(Clone, Debug, Serialize)]
pub struct Balance {
    /// The team.
    pub team: String,
    /// The instant: everything that falls on it has happened.
    pub as_of: String,
    /// What can be spent: left in packs that have not ended, holds and debt taken off.
    #[serde(serialize_with = "as_text")]
    pub available: Tokens,
    /// Posted charges, those on credit (RULES 2.6) among them.
    #[serde(serialize_with = "as_text")]
    pub used: Tokens,
    /// Reserved by holds that wait.
    #[serde(serialize_with = "as_text")]
    pub held: Tokens,
    /// Lost at the ends of packs.
    #[serde(serialize_with = "as_text")]
    pub expired: Tokens,
    /// The part of what is used that no pack has paid yet (RULES 2.6).
    #[serde(serialize_with = "as_text")]
    pub debt: Tokens,
    /// Bought, whenever, in the packs that are the team's now: available + used + held + expired.
    #[serde(serialize_with = "as_text")]
    pub total: Tokens,
    /// `green` where available is above 20 % of the total, else `red`.
    pub band: &'static str,
    /// The next pack end at which something would be lost.
    pub next_expiry: Option<NextExpiry>,
    /// What ends within 90 days, up to the instant 90 times 24 hours later and on it: the alert, where it is not 0.
    #[serde(serialize_with = "as_text")]
    pub expiring_in_90_days: Tokens,
    /// Purchases, moves and expiries of the last 90 days, newest first.
    pub events: Vec<Event>,
    /// Tokens by product over the last 90 days, most first.
    pub products: Vec<Share>,
    /// Tokens by user over the last 90 days, most first.
    pub users: Vec<Share>,
}

/// `green` where what is available is above 20 % of the total, else `red` (RULES 5.1).
pub fn band(available: Tokens, total: Tokens) -> &'static str {
    let five_times = i128::from(available.thousandths()) * 5;
    if five_times > i128::from(total.thousandths()) { "green" } else { "red" }
}

/// The end of packs.
#[derive(Clone, Debug, Serialize)]
pub struct NextExpiry {
    /// When.
    pub at: String,
    /// Whole days until then.
    pub days: i64,
    /// What would be lost.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
}

/// A token event (RULES 2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: String,
    /// `purchase`, `move-in`, `move-out` or `expiry`.
    pub event: String,
    /// The pack.
    pub pack: String,
    /// How many tokens came or went.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
}

/// What one product, service or user used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Tokens, or credits.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
}

impl Share {
    /// Most first, then by name.
    pub(crate) fn sort(shares: &mut [Share]) {
        shares.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.name.cmp(&b.name)));
    }
}

/// The balance of a contract of shared cloud credits (RULES 5.2).
#[derive(Clone, Debug, Serialize)]
pub struct CreditBalance {
    /// The contract.
    pub contract: String,
    /// Credits left.
    #[serde(serialize_with = "as_text")]
    pub available: Tokens,
    /// Credits used.
    #[serde(serialize_with = "as_text")]
    pub used: Tokens,
    /// Credits of the contract.
    #[serde(serialize_with = "as_text")]
    pub total: Tokens,
    /// `green` where available is above 20 % of the total, else `red`.
    pub band: &'static str,
    /// Credits by service over the last 90 days, or the days asked for; most first.
    pub services: Vec<Share>,
    /// Credits by user over the same days, most first.
    pub users: Vec<Share>,
}

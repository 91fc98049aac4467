//! `Balance`: what the balances page shows of a team, and of a contract of shared cloud credits (RULES 5.1, 5.2).

use serde::Serialize;

use crate::meter::tokens::Tokens;
use crate::usage::figures::as_text;

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
    /// Posted charges.
    #[serde(serialize_with = "as_text")]
    pub used: Tokens,
    /// Bought.
    #[serde(serialize_with = "as_text")]
    pub total: Tokens,
    /// `green` where available is above 20 % of the total, else `red`.
    pub band: &'static str,
    /// The next pack end at which something would be lost.
    pub next_expiry: Option<NextExpiry>,
    /// What ends within 90 days: the alert, where it is not 0.
    #[serde(serialize_with = "as_text")]
    pub expiring_in_90_days: Tokens,
    /// Purchases, moves and expiries of the last 90 days, newest first.
    pub events: Vec<Event>,
    /// Tokens by product over the last 90 days, most first.
    pub products: Vec<Share>,
    /// Tokens by user over the last 90 days, most first.
    pub users: Vec<Share>,
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
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Tokens, or credits.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
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

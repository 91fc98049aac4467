//! `UsageFact`: what was used on a day, the plainest row that exports are made of.

use std::collections::BTreeMap;

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::usage::ledger::{Known, Ledger, LedgerError};

/// What was used on a day: charges, or an opening that was free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageFact {
    /// The day of the window's start, or of the free opening, in the report's zone (RULES 5.4).
    pub day: Day,
    /// Who.
    pub user: String,
    /// What.
    pub product: String,
    /// The version of the session; empty for a service.
    pub version: String,
    /// Who pays, or would have paid.
    pub team: String,
    /// How much; refunds are taken off.
    pub tokens: Tokens,
    /// How many charges; 0 for a free opening (RULES 1.5).
    pub charges: u64,
}

/// The facts of a day, one for each user, product, version, team, kind of charge and pack.
///
/// # Errors
/// Where the ledger is damaged.
pub(crate) fn facts_of(ledger: &Ledger, day: Day) -> Result<impl Iterator<Item = UsageFact>, LedgerError> {
    let mut accounts: BTreeMap<usize, (Tokens, u64)> = BTreeMap::new();
    ledger.scan((0..ledger.groups(), &(day..day.plus(1))), &mut |posting| {
        let account = accounts.entry(posting.account).or_default();
        account.0 += posting.tokens;
        account.1 += u64::from(posting.charges);
    })?;
    Ok(accounts.into_iter().map(move |(account, (tokens, charges))| {
        let text = |known| ledger.text_of(known, account).to_owned();
        let [user, product, version, team] =
            [Known::User, Known::Product, Known::Version, Known::Team].map(text);
        UsageFact { day, user, product, version, team, tokens, charges }
    }))
}

//! What tokens cost: by the price of the pack that they come from, else by the price list.

use std::collections::BTreeMap;

use crate::meter::id::{PackId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::price_list::Money;

/// What a pack costs that is bought at an instant: what was paid for it, else what the list asks for its size, else
/// its tokens one by one.
pub fn price(scenario: &Scenario, pack: PackId, (tokens, at): (Tokens, Instant)) -> Money {
    let listed = || scenario.prices.at(at).packs.iter().find(|offer| offer.tokens == tokens);
    let paid = scenario.paid.get(&pack).copied();
    paid.or_else(|| listed().map(|offer| offer.price)).unwrap_or_else(|| scenario.prices.tokens(tokens, at))
}

/// What the tokens of a run cost: those charged, and those that expired, during the run.
pub(crate) fn of_packs(scenario: &Scenario, packs: &[Pack], team: Option<TeamId>) -> (Money, Money) {
    let used: BTreeMap<PackId, Tokens> = scenario.timeline.iter().filter_map(used_before).collect();
    let (mut charged, mut expired) = (Money::default(), Money::default());
    for pack in packs.iter().filter(|pack| team.is_none_or(|team| team == pack.team)) {
        let price = price(scenario, pack.id, (pack.tokens, pack.bought));
        let of = |tokens: Tokens| {
            let part = i128::from(price.0) * i128::from(tokens.thousandths());
            let money = part / i128::from(pack.tokens.thousandths());
            Money(i64::try_from(money).expect("no more than the pack's price"))
        };
        charged += of(pack.posted - used.get(&pack.id).copied().unwrap_or_default());
        if pack.expires >= scenario.start {
            expired += of(pack.expired);
        }
    }
    (charged, expired)
}

/// What the packs cost that arrive during the run.
pub fn bought(scenario: &Scenario, team: Option<TeamId>) -> Money {
    let purchases = scenario.timeline.iter().filter_map(|(at, request)| match request {
        Request::Buy(purchase) if *at >= scenario.start => Some((*at, purchase)),
        _ => None,
    });
    let concerned = purchases.filter(|(_, purchase)| team.is_none_or(|team| team == purchase.team));
    concerned.map(|(at, purchase)| price(scenario, purchase.pack, (purchase.tokens, at))).sum()
}

fn used_before((_, request): &(Instant, Request)) -> Option<(PackId, Tokens)> {
    match request {
        Request::Buy(purchase) => Some((purchase.pack, purchase.used)),
        _ => None,
    }
}

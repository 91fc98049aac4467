//! `Ground`: what a plan stands on: tokens that are there already, and what can be bought when.

use crate::meter::id::TeamId;
use crate::meter::instant::Instant;
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::year_later;
use crate::scenario::price_list::PackOffer;

/// What a plan for one team stands on.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The team.
    pub team: TeamId,
    /// The run's end: what comes later does not count.
    pub end: Instant,
    /// What is there at the start, by the end of its packs.
    pub stock: Vec<Lot>,
    /// When packs can be bought, ascending.
    pub dates: Vec<Date>,
}

/// Tokens that end at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// When what is left of them expires.
    pub expires: Instant,
    /// How many there are.
    pub tokens: Tokens,
}

/// An instant at which packs can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// When they arrive.
    pub at: Instant,
    /// When they end (RULES 2.2).
    pub expires: Instant,
    /// What is offered, by size.
    pub packs: Vec<PackOffer>,
}

impl Ground {
    /// What a team of a scenario has from before its start, and what its price list offers at some instants.
    pub fn new(scenario: &Scenario, team: TeamId, dates: &[Instant]) -> Ground {
        let bought = scenario.timeline.iter().filter(|(at, _)| *at < scenario.start);
        let lots = bought.filter_map(|(_, request)| match request {
            Request::Buy(pack) if pack.team == team && pack.expires > scenario.start => {
                Some(Lot { expires: pack.expires, tokens: pack.tokens - pack.used })
            }
            _ => None,
        });
        let date = |at: &Instant| Date {
            at: *at,
            expires: year_later(*at),
            packs: scenario.prices.at(*at).packs.clone(),
        };
        Ground { team, end: scenario.end, stock: lots.collect(), dates: dates.iter().map(date).collect() }
    }

    /// The instants within the run at which packs can end, ascending.
    pub(crate) fn ends(&self) -> Vec<Instant> {
        let of_stock = self.stock.iter().map(|lot| lot.expires);
        let ends = of_stock.chain(self.dates.iter().map(|date| date.expires));
        let mut ends: Vec<Instant> = ends.filter(|end| *end < self.end).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// The smallest pack of any date.
    pub fn smallest(&self) -> Tokens {
        let sizes = self.dates.iter().flat_map(|date| &date.packs).map(|pack| pack.tokens);
        sizes.min().unwrap_or(Tokens::ZERO)
    }
}

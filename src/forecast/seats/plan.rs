//! `Plan`: the ways to pay for what somebody uses, decided before anything is known but what is likely.

use serde::Serialize;

use crate::forecast::seats::offer::Offer;
use crate::scenario::price_list::Money;

/// A way to pay for one person's use of a product, or of the products of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// Tokens all along.
    Tokens,
    /// The products of a collection one by one, each in its own way.
    Apart,
    /// A subscription by the year.
    Yearly,
    /// A subscription by the month, all along.
    Monthly,
    /// A subscription in those months in which it is likely to be cheaper; in the others what is cheaper without it.
    ByMonth,
    /// A collection that covers this product and others.
    Collection,
}

impl Plan {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Plan::Tokens => "tokens",
            Plan::Apart => "apart",
            Plan::Yearly => "yearly",
            Plan::Monthly => "monthly",
            Plan::ByMonth => "by-month",
            Plan::Collection => "collection",
        }
    }
}

/// Money by future, then month.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) months: usize,
    pub(crate) cells: Vec<Money>,
}

impl Grid {
    /// The months of each future.
    pub(crate) fn futures(&self) -> impl Iterator<Item = &[Money]> {
        self.cells.chunks(self.months)
    }

    /// What each month comes to over all futures.
    fn by_month(&self) -> Vec<Money> {
        let mut sums = vec![Money::default(); self.months];
        for future in self.futures() {
            for (sum, cell) in sums.iter_mut().zip(future) {
                *sum += *cell;
            }
        }
        sums
    }

    /// Adds what another has.
    pub(crate) fn add(&mut self, other: &Grid) {
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            *cell += *other;
        }
    }

    /// The same where these months cost what is paid for a subscription.
    pub(crate) fn subscribed(&self, offer: &Offer, months: &[usize]) -> Grid {
        let mut grid = self.clone();
        for future in grid.cells.chunks_mut(self.months) {
            for month in months {
                future[*month] = offer.months[*month].expect("a month that is sold");
            }
        }
        grid
    }

    /// The same where a subscription is paid for in each month of each future in which it is cheaper, as nobody knows
    /// beforehand.
    pub(crate) fn foreseen(&self, offer: &Offer) -> Grid {
        let mut grid = self.clone();
        for future in grid.cells.chunks_mut(self.months) {
            for (cell, price) in future.iter_mut().zip(&offer.months) {
                *cell = price.map_or(*cell, |price| price.min(*cell));
            }
        }
        grid
    }

    /// What each future comes to.
    pub(crate) fn totals(&self) -> Vec<Money> {
        self.futures().map(|months| months.iter().copied().sum()).collect()
    }
}

/// The months in which a subscription is likely to be cheaper than what is paid without it.
pub(crate) fn months_worth(offer: &Offer, without: &Grid) -> Vec<usize> {
    let futures = without.cells.len() / without.months;
    let likely = without.by_month().into_iter().zip(&offer.months).enumerate();
    let is_worth = |(month, (sum, price)): (usize, (Money, &Option<Money>))| {
        price.is_some_and(|price| times(price, futures) < sum).then_some(month)
    };
    likely.filter_map(is_worth).collect()
}

/// A plan, with what it costs in each future.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) plan: Plan,
    pub(crate) futures: Vec<Money>,
    /// The months that are subscribed to, where not all or none are.
    pub(crate) months: Vec<usize>,
}

impl Candidate {
    /// Of a plan without choice of months.
    pub(crate) fn new(plan: Plan, futures: Vec<Money>) -> Self {
        Candidate { plan, futures, months: Vec::new() }
    }

    /// What it costs over all futures.
    pub(crate) fn sum(&self) -> Money {
        self.futures.iter().copied().sum()
    }
}

/// What was decided, among what.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// Without a subscription first; then the subscriptions.
    pub(crate) candidates: Vec<Candidate>,
    /// The place of the one that is likely to be cheapest; of two that cost the same the earlier, which binds less.
    pub(crate) chosen: usize,
    /// What each future would cost somebody who knew it: the year, or tokens and subscription month by month.
    pub(crate) foreseen: Vec<Money>,
}

impl Decision {
    /// Decides between what is paid without the offer, and the offer. `grid` is what single months cost without it,
    /// `foreseen` what they would cost somebody who knew the future.
    pub(crate) fn of(without: Candidate, offer: &Offer, (grid, foreseen): (&Grid, &Grid)) -> Decision {
        let futures = without.futures.len();
        let mut candidates = vec![without];
        let fixed = |plan, price| Candidate::new(plan, vec![price; futures]);
        candidates.extend(offer.years.map(|price| fixed(Plan::Yearly, price)));
        candidates.extend(offer.all_months().map(|price| fixed(Plan::Monthly, price)));
        let months = months_worth(offer, grid);
        if !months.is_empty() && months.len() < grid.months {
            let totals = grid.subscribed(offer, &months).totals();
            candidates.push(Candidate { months, ..Candidate::new(Plan::ByMonth, totals) });
        }
        let place = candidates.iter().enumerate().min_by_key(|(place, candidate)| (candidate.sum(), *place));
        let chosen = place.expect("there is always a way without").0;
        let by_month = foreseen.foreseen(offer).totals().into_iter();
        let foreseen = by_month.map(|total| offer.years.map_or(total, |years| years.min(total))).collect();
        Decision { candidates, chosen, foreseen }
    }

    /// What was chosen.
    pub(crate) fn choice(&self) -> &Candidate {
        &self.candidates[self.chosen]
    }

    /// In how many futures another of the candidates would have been cheaper.
    pub(crate) fn wrong(&self) -> usize {
        let choice = self.choice();
        let is_wrong = |future: &usize| {
            self.candidates.iter().any(|other| other.futures[*future] < choice.futures[*future])
        };
        (0..choice.futures.len()).filter(is_wrong).count()
    }

    /// What the other way costs more over all futures: with a subscription if tokens were chosen, else without; `None`
    /// where there is no other way.
    pub(crate) fn extra(&self) -> Option<Money> {
        let (without, offers) = self.candidates.split_first().expect("there is always a way without");
        let subscribed = offers.iter().map(Candidate::sum).min()?;
        Some(if self.chosen == 0 { subscribed - without.sum() } else { without.sum() - self.choice().sum() })
    }
}

/// A price, so many times.
pub(crate) fn times(price: Money, count: usize) -> Money {
    Money(price.0 * i64::try_from(count).expect("few"))
}

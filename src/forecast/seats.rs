//! Seats: for each user and product tokens or a subscription, from windows that were simulated.
//!
//! What people do does not depend on what pays for it, so that windows charged while tokens never run out are the
//! windows that a subscription would save. Tokens count at the price of one.

pub(crate) mod windows;
pub(crate) mod offer;
pub mod plan;
mod person;
pub mod cover;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;

use crate::forecast::months::Months;
use crate::forecast::quantile::{self, Estimate, number};
use crate::forecast::replications::replicate;
use crate::forecast::seats::cover::Cover;
use crate::forecast::seats::offer::Offer;
use crate::forecast::seats::person::{Decided, Terms, decide};
use crate::forecast::seats::plan::Plan;
use crate::forecast::seats::windows::{ByUser, OfUser, Stretches};
use crate::forecast::supply::unlimited;
use crate::meter::id::{ProductId, UserId};
use crate::meter::product::ProductKind;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::price_list::Money;
use crate::simulation::recorder::{Observer, Stopped};

/// Who is better off with what.
#[derive(Clone, Debug, Serialize)]
pub struct Advice {
    /// The scenario's title.
    pub title: String,
    /// The first instant of the horizon.
    pub start: String,
    /// Its end, exclusive.
    pub end: String,
    /// The seed of the first future.
    pub seed: u64,
    /// How many futures there are.
    pub futures: usize,
    /// The calendar months that the horizon touches: `2026-03`.
    pub months: Vec<String>,
    /// The currency's code.
    pub currency: String,
    /// What one token costs at the start.
    pub per_token: Money,
    /// Whether the file says nothing of prices.
    pub prices_are_assumed: bool,
    /// What everybody comes to for whom there is a choice.
    pub totals: Totals,
    /// A choice for each user and product, and for each user and collection that covers several of them: subscriptions by
    /// what they save, then tokens by what they cost.
    pub seats: Vec<Seat>,
    /// Use for which nothing but tokens is offered, most expensive first.
    pub without_offer: Vec<Use>,
    /// Who has a subscription or trial already; only windows outside of it are counted above.
    pub covered: Vec<Cover>,
}

/// What all choices come to, over the same futures.
#[derive(Clone, Debug, Serialize)]
pub struct Totals {
    /// Tokens for everybody.
    pub tokens: Estimate,
    /// What is recommended.
    pub recommended: Estimate,
    /// What that saves, future by future.
    pub savings: Estimate,
    /// The share of futures in which it saves something, or costs the same.
    pub share_saved: f64,
    /// How many users and products each plan is chosen for; those within a collection count once, with it.
    pub choices: BTreeMap<Plan, usize>,
}

/// One choice.
#[derive(Clone, Debug, Serialize)]
pub struct Seat {
    /// Who.
    pub user: String,
    /// The product or collection.
    pub product: String,
    /// The products of the collection that are used; none for a product.
    pub members: Vec<String>,
    /// What is likely to be cheapest.
    pub choice: Plan,
    /// The collection that was chosen, where the choice is one.
    pub within: Option<String>,
    /// The months to be subscribed to, where the choice is month by month.
    pub subscribe_in: Vec<String>,
    /// Windows in the horizon.
    pub windows: Windows,
    /// Windows of each month that are expected.
    pub windows_by_month: Vec<f64>,
    /// Days in a month from which the month's price is less than tokens; not for a collection.
    pub break_even_month: Option<f64>,
    /// Days in the horizon from which subscribing by the year is cheaper than tokens; not for a collection.
    pub break_even_year: Option<f64>,
    /// What each plan is expected to cost over the horizon.
    pub costs: BTreeMap<Plan, Money>,
    /// What the choice is expected to cost; of a product within a chosen collection, what its best plan on its own would.
    pub cost: Money,
    /// What tokens are expected to cost.
    pub tokens: Money,
    /// What the choice is expected to cost more than the best choice of somebody who knew the future.
    pub regret: Money,
    /// The share of futures in which another plan is cheaper than the choice.
    pub wrong: f64,
    /// What the other way is expected to cost more: a subscription in place of tokens, or the reverse. Neither for a
    /// product that a chosen collection covers, nor where there is no other way.
    pub at_stake: Option<Money>,
    /// A subscription or trial that there is already; only windows outside of it count.
    pub cover: Option<Cover>,
}

/// Windows over the futures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Windows {
    /// The mean.
    pub mean: f64,
    /// Undercut by one future in twenty.
    pub p5: u32,
    /// Exceeded by one in twenty.
    pub p95: u32,
}

/// What a user is charged for a product.
#[derive(Clone, Debug, Serialize)]
pub struct Use {
    /// Who.
    pub user: String,
    /// What.
    pub product: String,
    /// Windows in the horizon.
    pub windows: Windows,
    /// What tokens are expected to cost.
    pub tokens: Money,
}

/// Advises on a scenario, from so many futures.
///
/// # Errors
/// Where a replication ends early.
pub fn advise(scenario: &Scenario, futures: Range<u64>, observer: &dyn Observer) -> Result<Advice, Stopped> {
    let months = Months::of_run(scenario);
    let stretches = Stretches::of_run(scenario, &months);
    let supplied = unlimited(scenario);
    let count = |replication: &_| windows::of(replication, &stretches, observer);
    let windows = replicate(&supplied, futures, count)?;
    let terms = terms(scenario, &months, stretches);
    let mut advising = Advising {
        scenario,
        terms: &terms,
        months: months.names(),
        tokens: vec![Money::default(); windows.len()],
        recommended: vec![Money::default(); windows.len()],
        choices: BTreeMap::new(),
        seats: Vec::new(),
        without_offer: Vec::new(),
        covered: cover::of(scenario),
        covers: BTreeMap::new(),
    };
    for (place, (user, products, _)) in advising.covered.iter().enumerate() {
        for product in products {
            advising.covers.entry((*user, *product)).or_insert(place);
        }
    }
    for of_user in ByUser::new(&windows, &terms.stretches) {
        advising.user(of_user);
    }
    Ok(advising.finish())
}

/// What is the same for everybody.
fn terms(scenario: &Scenario, months: &Months, stretches: Stretches) -> Terms {
    let products = (0..).map(ProductId).zip(&scenario.setup.products);
    let sold: BTreeSet<ProductId> =
        scenario.prices.prices.iter().flat_map(|prices| &prices.subscriptions).map(|of| of.product).collect();
    let offers = sold.into_iter().filter_map(|of| Some((of, Offer::of(scenario, months, of)?)));
    let offers: BTreeMap<ProductId, Offer> = offers.collect();
    let collections =
        products.clone().filter(|(id, of)| of.kind == ProductKind::Collection && offers.contains_key(id));
    let collections = collections.map(|(id, of)| (id, of.members.clone())).collect();
    let units = products.map(|(id, _)| (id, stretches.units(scenario, id))).collect();
    Terms { stretches, months: months.count(), units, offers, collections }
}

/// Advice as it is put together, user by user.
struct Advising<'s> {
    scenario: &'s Scenario,
    terms: &'s Terms,
    months: Vec<String>,
    tokens: Vec<Money>,
    recommended: Vec<Money>,
    choices: BTreeMap<Plan, usize>,
    seats: Vec<Seat>,
    without_offer: Vec<Use>,
    covered: Vec<(UserId, Vec<ProductId>, Cover)>,
    /// The first cover of each user and product, by its place.
    covers: BTreeMap<(UserId, ProductId), usize>,
}

impl Advising<'_> {
    fn user(&mut self, (user, used): OfUser) {
        let has_offer = |product: &ProductId| {
            let covers = |members: &Vec<ProductId>| members.contains(product);
            self.terms.offers.contains_key(product) || self.terms.collections.values().any(covers)
        };
        let (offered, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            used.into_iter().partition(|(product, _)| has_offer(product));
        for decided in decide(self.terms, &others) {
            let name = self.scenario.directory.products.get(decided.product.0).to_owned();
            let user = self.scenario.directory.users.get(user.0).to_owned();
            let tokens = mean(decided.tokens.iter().copied().sum(), decided.tokens.len());
            self.without_offer.push(Use { user, product: name, windows: spread(decided.windows), tokens });
        }
        for decided in decide(self.terms, &offered) {
            let is_collection = !decided.members.is_empty();
            if !is_collection {
                add(&mut self.tokens, &decided.tokens);
            }
            let counts = if is_collection { decided.decision.chosen > 0 } else { decided.within.is_none() };
            if counts {
                add(&mut self.recommended, &decided.decision.choice().futures);
                *self.choices.entry(decided.decision.choice().plan).or_default() += 1;
            }
            self.seats.push(self.seat(user, decided));
        }
    }

    fn seat(&self, user: UserId, decided: Decided) -> Seat {
        let futures = decided.tokens.len();
        let product = |id: &ProductId| self.scenario.directory.products.get(id.0).to_owned();
        let Decided { decision, .. } = &decided;
        let choice = decision.choice();
        let known = decision.foreseen.iter().copied().sum();
        let break_even = |price: Option<Money>| self.break_even(&decided, price?);
        let offer = self.terms.offers.get(&decided.product);
        Seat {
            user: self.scenario.directory.users.get(user.0).to_owned(),
            product: product(&decided.product),
            members: decided.members.iter().map(product).collect(),
            choice: if decided.within.is_some() { Plan::Collection } else { choice.plan },
            within: decided.within.as_ref().map(product),
            subscribe_in: choice.months.iter().map(|month| self.months[*month].clone()).collect(),
            windows_by_month: decided.by_month.iter().map(|sum| quotient(*sum, futures)).collect(),
            break_even_month: break_even(offer.and_then(|offer| offer.month)),
            break_even_year: break_even(offer.and_then(|offer| offer.years)),
            costs: decision.candidates.iter().map(|of| (of.plan, mean(of.sum(), futures))).collect(),
            cost: mean(choice.sum(), futures),
            tokens: mean(decided.tokens.iter().copied().sum(), futures),
            regret: mean(choice.sum() - known, futures),
            wrong: number(decision.wrong()) / number(futures),
            at_stake: decision.extra().filter(|_| decided.within.is_none()).map(|extra| mean(extra, futures)),
            cover: self.covers.get(&(user, decided.product)).map(|place| self.covered[*place].2.clone()),
            windows: spread(decided.windows),
        }
    }

    /// How many windows cost as much, at what one costs at first.
    fn break_even(&self, decided: &Decided, price: Money) -> Option<f64> {
        let unit = self.terms.units[&decided.product].first()?;
        (decided.members.is_empty() && unit.0 > 0).then(|| price.number() / unit.number())
    }

    fn finish(mut self) -> Advice {
        // Who should have a subscription first, by what that saves; then those who use most without one.
        self.seats.sort_by(|a, b| {
            let saved = |seat: &Seat| seat.tokens - seat.cost;
            let order = saved(b).cmp(&saved(a)).then(b.tokens.cmp(&a.tokens));
            order.then_with(|| (&a.user, &a.product).cmp(&(&b.user, &b.product)))
        });
        self.without_offer.sort_by(|a, b| {
            b.tokens.cmp(&a.tokens).then_with(|| (&a.user, &a.product).cmp(&(&b.user, &b.product)))
        });
        let Scenario { title, start, end, seed, prices, .. } = self.scenario;
        let saved: Vec<f64> =
            self.tokens.iter().zip(&self.recommended).map(|(all, best)| (*all - *best).number()).collect();
        let estimate =
            |sample: &[Money]| Estimate::mean(&sample.iter().map(|of| of.number()).collect::<Vec<_>>());
        let totals = Totals {
            tokens: estimate(&self.tokens),
            recommended: estimate(&self.recommended),
            savings: Estimate::mean(&saved),
            share_saved: number(saved.iter().filter(|saved| **saved >= 0.0).count()) / number(saved.len()),
            choices: self.choices,
        };
        Advice {
            title: title.clone(),
            start: iso(*start),
            end: iso(*end),
            seed: *seed,
            futures: self.tokens.len(),
            months: self.months,
            currency: prices.currency.clone(),
            per_token: prices.at(*start).per_token,
            prices_are_assumed: prices.is_default,
            totals,
            seats: self.seats,
            without_offer: self.without_offer,
            covered: self.covered.into_iter().map(|(_, _, cover)| cover).collect(),
        }
    }
}

fn add(sums: &mut [Money], others: &[Money]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += *other;
    }
}

fn spread(mut windows: Vec<u32>) -> Windows {
    windows.sort_unstable();
    let sum = windows.iter().copied().map(u64::from).sum();
    let [p5, p95] = [0.05, 0.95].map(|p| quantile::at(&windows, p));
    Windows { mean: quotient(sum, windows.len()), p5, p95 }
}

#[expect(clippy::cast_precision_loss, reason = "windows are fewer than 2^53")]
fn quotient(sum: u64, count: usize) -> f64 {
    sum as f64 / number(count)
}

/// A sum over futures divided by how many there are, rounded to the nearest thousandth.
fn mean(sum: Money, futures: usize) -> Money {
    let futures = i64::try_from(futures).expect("few");
    Money((sum.0 + futures / 2).div_euclid(futures))
}

//! `Outlook`: what many replications of a scenario say together.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::forecast::cost;
use crate::forecast::future::{Asked, Future};
use crate::forecast::quantile;
use crate::forecast::quantile::{Estimate, Spread, amount};
use crate::forecast::shortage;
use crate::meter::answer::Refusal;
use crate::meter::id::{ProductId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, iso};
use crate::scenario::price_list::Money;

/// A forecast. Amounts of tokens and money are texts of exact decimals.
#[derive(Clone, Debug, Serialize)]
pub struct Outlook {
    /// The scenario's title.
    pub title: String,
    /// The team that it is about; `None` for all of them.
    pub team: Option<String>,
    /// The run's first instant.
    pub start: String,
    /// Its end, exclusive.
    pub end: String,
    /// Replication `k`, from 0, has this seed plus `k`.
    pub seed: u64,
    /// How many replications it rests on.
    pub runs: usize,
    /// How tightly tokens were to be told, as a share, where that was asked for.
    pub tolerance: Option<f64>,
    /// Whether that was reached.
    pub tight: bool,
    /// Whether tokens never run out: the file has no packs, or demand was asked for.
    pub unlimited: bool,
    /// Tokens charged in the whole run.
    pub tokens: Charged,
    /// The same by product, most first.
    pub products: Vec<ProductTokens>,
    /// The same by calendar month and product, all of them together first.
    pub months: Vec<MonthTokens>,
    /// Each team by itself, in the order of names.
    pub teams: Vec<TeamOutlook>,
    /// When tokens run out.
    pub run_out: RunOut,
    /// What was left at the end of each day.
    pub balance: Vec<BalanceDay>,
    /// Sign-ins and uses refused, by reason.
    pub refusals: Vec<Refusals>,
    /// How true refusals are told from raw ones.
    pub refusal_rule: String,
    /// Sessions ended because tokens ran out.
    pub sessions_ended: Spread<u64>,
    /// Tokens that expire.
    pub expired: Charged,
    /// What it costs.
    pub cost: Cost,
    /// Everything that happened in all replications.
    pub events: u64,
}

/// An amount of tokens over the replications.
#[derive(Clone, Debug, Serialize)]
pub struct Charged {
    /// Its mean.
    pub mean: Estimate,
    /// Its quantiles.
    #[serde(flatten)]
    pub spread: Spread<Tokens>,
}

/// Tokens of a product.
#[derive(Clone, Debug, Serialize)]
pub struct ProductTokens {
    /// The product.
    pub product: String,
    /// Tokens charged.
    pub tokens: Charged,
}

/// Tokens of a month.
#[derive(Clone, Debug, Serialize)]
pub struct MonthTokens {
    /// `2026-03`.
    pub month: String,
    /// The product; `None` for all of them.
    pub product: Option<String>,
    /// Tokens charged.
    pub tokens: Charged,
}

/// What a team comes to.
#[derive(Clone, Debug, Serialize)]
pub struct TeamOutlook {
    /// The team.
    pub team: String,
    /// Tokens charged.
    pub tokens: Charged,
    /// The chance that it runs out within the run.
    pub run_out: Estimate,
    /// When.
    pub at: Spread<Option<String>>,
}

/// When tokens run out: the first refusal or end of a session for want of them.
#[derive(Clone, Debug, Serialize)]
pub struct RunOut {
    /// The chance that it happens within the run.
    pub chance: Estimate,
    /// When; `None`: not within the run.
    pub at: Spread<Option<String>>,
    /// How many replications ran out on each day that had one, in UTC.
    pub days: BTreeMap<String, usize>,
}

/// What is left at the end of a day.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceDay {
    /// The day, in UTC.
    pub day: String,
    /// Quantiles: P5, P25, P50, P75, P95.
    pub tokens: [Tokens; 5],
}

/// Refusals for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Refusals {
    /// The reason.
    pub reason: &'static str,
    /// All of them.
    pub raw: Spread<u64>,
    /// Their mean.
    pub raw_mean: Estimate,
    /// Those that were true.
    #[serde(rename = "true")]
    pub felt: Spread<u64>,
    /// Their mean.
    #[serde(rename = "true_mean")]
    pub felt_mean: Estimate,
    /// The chance of at least one that is true.
    pub chance: Estimate,
}

/// Money.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Of all amounts.
    pub currency: String,
    /// Packs bought during the run, at their prices or else the list's: what is spent whatever happens.
    pub bought: Money,
    /// What the tokens charged cost, at the prices of the packs they came from.
    pub used: Spread<Money>,
    /// What the tokens cost that expired.
    pub expired: Spread<Money>,
}

/// How a forecast was made.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How tightly tokens were to be told, where that was asked for.
    pub tolerance: Option<f64>,
    /// Whether supply is unlimited.
    pub unlimited: bool,
}

impl Outlook {
    /// What replications say, of which there is at least one.
    pub fn of(scenario: &Scenario, (asked, manner): (&Asked, Manner), futures: &[Future]) -> Self {
        let directory = &scenario.directory;
        let total: Vec<Tokens> = futures.iter().map(Future::total).collect();
        let tight = manner.tolerance.is_some_and(|tolerance| is_tight(&total, tolerance));
        let teams: Vec<TeamId> = futures[0].teams.keys().copied().collect();
        let last: Vec<Option<Instant>> = futures.iter().map(Future::ran_out).collect();
        let charged = |of: &dyn Fn(&Future) -> Tokens| Charged::of(futures.iter().map(of).collect());
        let money = |of: fn(&Future) -> Money| Spread::of(futures.iter().map(of).collect());
        Outlook {
            title: scenario.title.clone(),
            team: asked.team.map(|team| directory.teams.get(team.0).to_owned()),
            start: iso(scenario.start),
            end: iso(scenario.end),
            seed: scenario.seed,
            runs: futures.len(),
            tolerance: manner.tolerance,
            tight,
            unlimited: manner.unlimited,
            tokens: Charged::of(total),
            products: products(scenario, futures),
            months: months(scenario, asked, futures),
            teams: teams.iter().map(|team| TeamOutlook::of(scenario, *team, futures)).collect(),
            run_out: RunOut::of(&last),
            balance: balance(scenario, futures),
            refusals: refusals(futures),
            refusal_rule: shortage::rule(asked.cured_within),
            sessions_ended: Spread::of(futures.iter().map(|future| future.shortages.ended).collect()),
            expired: charged(&Future::expired),
            cost: Cost {
                currency: scenario.prices.currency.clone(),
                bought: cost::bought(scenario, asked.team),
                used: money(|future| future.used_cost),
                expired: money(|future| future.expired_cost),
            },
            events: futures.iter().map(|future| future.events).sum(),
        }
    }
}

/// Whether the confidence intervals of P5, P50 and P95 reach at most that share of them to either side.
pub fn is_tight(sample: &[Tokens], tolerance: f64) -> bool {
    let Spread { p5, p50, p95 } = Spread::of(sample.to_vec());
    [p5, p50, p95].into_iter().all(|quantile| {
        let (Some(low), Some(high)) = (quantile.low, quantile.high) else { return false };
        let reach = (quantile.value - low).max(high - quantile.value);
        amount(reach) <= tolerance * amount(quantile.value)
    })
}

impl Charged {
    /// Of one amount for each replication.
    pub fn of(sample: Vec<Tokens>) -> Self {
        let amounts: Vec<f64> = sample.iter().copied().map(amount).collect();
        Charged { mean: Estimate::mean(&amounts), spread: Spread::of(sample) }
    }
}

fn products(scenario: &Scenario, futures: &[Future]) -> Vec<ProductTokens> {
    let mut samples: BTreeMap<ProductId, Vec<Tokens>> = BTreeMap::new();
    for (place, future) in futures.iter().enumerate() {
        for ((_, product), tokens) in &future.tokens {
            let sample = samples.entry(*product).or_insert_with(|| vec![Tokens::ZERO; futures.len()]);
            sample[place] += *tokens;
        }
    }
    let named = samples.into_iter().map(|(product, sample)| ProductTokens {
        product: scenario.directory.products.get(product.0).to_owned(),
        tokens: Charged::of(sample),
    });
    let mut products: Vec<_> = named.collect();
    products.sort_by_key(|product| -product.tokens.spread.p50.value);
    products
}

fn months(scenario: &Scenario, asked: &Asked, futures: &[Future]) -> Vec<MonthTokens> {
    let mut samples: BTreeMap<(usize, Option<ProductId>), Vec<Tokens>> = BTreeMap::new();
    for month in 0..asked.months.count() {
        samples.insert((month, None), vec![Tokens::ZERO; futures.len()]);
    }
    for (place, future) in futures.iter().enumerate() {
        for ((month, product), tokens) in &future.tokens {
            for key in [(*month, None), (*month, Some(*product))] {
                samples.entry(key).or_insert_with(|| vec![Tokens::ZERO; futures.len()])[place] += *tokens;
            }
        }
    }
    let names = asked.months.names();
    let row = |((month, product), sample): ((usize, Option<ProductId>), Vec<Tokens>)| MonthTokens {
        month: names[month].clone(),
        product: product.map(|product| scenario.directory.products.get(product.0).to_owned()),
        tokens: Charged::of(sample),
    };
    samples.into_iter().map(row).collect()
}

impl TeamOutlook {
    fn of(scenario: &Scenario, team: TeamId, futures: &[Future]) -> Self {
        let of = futures.iter().map(|future| future.teams[&team]);
        let RunOut { chance, at, .. } =
            RunOut::of(&of.clone().map(|future| future.ran_out).collect::<Vec<_>>());
        TeamOutlook {
            team: scenario.directory.teams.get(team.0).to_owned(),
            tokens: Charged::of(of.map(|future| future.tokens).collect()),
            run_out: chance,
            at,
        }
    }
}

impl RunOut {
    fn of(first: &[Option<Instant>]) -> Self {
        let happened = first.iter().flatten().count();
        // What does not happen within the run comes after everything that does.
        let sample = first.iter().map(|first| first.map_or((true, None), |first| (false, Some(first))));
        let mut days = BTreeMap::new();
        for at in first.iter().flatten() {
            *days.entry(Day::of(*at).date().to_string()).or_default() += 1;
        }
        RunOut {
            chance: Estimate::share(happened, first.len()),
            at: Spread::of(sample.collect()).map(|(_, at)| at.map(iso)),
            days,
        }
    }
}

fn balance(scenario: &Scenario, futures: &[Future]) -> Vec<BalanceDay> {
    let first = Day::of(scenario.start);
    let of_day = |(day, number): (usize, i32)| {
        let mut sample: Vec<Tokens> = futures.iter().map(|future| future.balance[day]).collect();
        sample.sort_unstable();
        let at = |p: f64| quantile::at(&sample, p);
        BalanceDay {
            day: first.plus(number).date().to_string(),
            tokens: [at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)],
        }
    };
    (0..futures[0].balance.len()).zip(0..).map(of_day).collect()
}

fn refusals(futures: &[Future]) -> Vec<Refusals> {
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let mean = |sample: &[u64]| Estimate::mean(&sample.iter().map(|one| *one as f64).collect::<Vec<_>>());
    let of = |reason: Refusal| {
        let raw: Vec<u64> = futures.iter().map(|future| future.shortages.raw[reason as usize]).collect();
        let felt: Vec<u64> = futures.iter().map(|future| future.shortages.felt[reason as usize]).collect();
        let chance = Estimate::share(felt.iter().filter(|felt| **felt > 0).count(), futures.len());
        let seen = raw.iter().chain(&felt).any(|count| *count > 0);
        seen.then(|| Refusals {
            reason: reason.name(),
            raw_mean: mean(&raw),
            felt_mean: mean(&felt),
            raw: Spread::of(raw),
            felt: Spread::of(felt),
            chance,
        })
    };
    Refusal::ALL.into_iter().filter_map(of).collect()
}

//! `Comparison`: the same people under other rules or in another scenario, future by future on the same chance.

use std::sync::Arc;

use serde::Serialize;

use crate::forecast::charges;
use crate::forecast::charges::{Charge, Charges, FirstDifference};
use crate::forecast::cost;
use crate::forecast::misreading::Misreading;
use crate::forecast::quantile::{Estimate, Spread, amount};
use crate::forecast::replications::replicate;
use crate::forecast::shortage;
use crate::meter::instant::Span;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::price_list::Money;
use crate::simulation::recorder::{Observer, Stopped};

/// Replications that are looked through for an event that differs.
const SEARCHED: u64 = 10;

/// What is compared with the base.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What it is called: `grace = "0s"`.
    pub name: String,
    /// What is different.
    pub change: Change,
}

/// What is different in a variant.
#[derive(Clone, Debug)]
pub enum Change {
    /// Another scenario: other rules, other people.
    Scenario(Box<Scenario>),
    /// The sessions of the base, counted otherwise.
    Misreading(Misreading),
}

/// How much is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many replications.
    pub runs: u64,
    /// A refusal is cured by an admission within this interval.
    pub cured_within: Span,
}

/// The base, and what each variant makes of it.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What is compared with, and what it comes to.
    pub base: Side,
    /// Each variant.
    pub variants: Vec<VariantDifference>,
    /// The first instant of the runs.
    pub start: String,
    /// Their end, exclusive.
    pub end: String,
    /// Replication `k`, from 0, has this seed plus `k`, on every side.
    pub seed: u64,
    /// How many replications there are of each side.
    pub runs: u64,
    /// The currency of money.
    pub currency: String,
    /// How true refusals are told from raw ones.
    pub refusal_rule: String,
}

/// What one side comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// What it is called.
    pub name: String,
    /// Tokens charged: their mean.
    pub tokens: Estimate,
    /// Their quantiles.
    pub tokens_spread: Spread<Tokens>,
    /// What they cost at the prices of the packs they come from: its mean.
    pub cost: Estimate,
    /// True refusals for want of tokens: their mean.
    pub refusals: Option<Estimate>,
    /// Tokens that expire: their mean.
    pub expired: Option<Estimate>,
}

/// What a variant differs in.
#[derive(Clone, Debug, Serialize)]
pub struct VariantDifference {
    /// The variant by itself.
    #[serde(flatten)]
    pub side: Side,
    /// How many tokens more are charged, future by future: the mean, with the interval of the paired differences.
    pub more_tokens: Estimate,
    /// The quantiles of the difference.
    pub more_tokens_spread: Spread<Tokens>,
    /// The share of tokens that is more, by the means.
    pub more_share: f64,
    /// How much more that costs: the mean.
    pub more_cost: Estimate,
    /// How many true refusals more there are; `None` for a misreading, which refuses nobody.
    pub more_refusals: Option<Estimate>,
    /// The share of futures in which tokens differ at all.
    pub differs: Estimate,
    /// The first charge that differs, in the first of the replications in which one does.
    pub first: Option<FirstDifference>,
}

/// What one replication of one side comes to.
#[derive(Clone, Copy, Debug)]
struct Sum {
    tokens: Tokens,
    cost: Money,
    refusals: Option<u64>,
    expired: Option<Tokens>,
}

/// Compares variants with a base.
///
/// # Errors
/// Where a replication ends early.
pub fn compare(
    (name, base): (&str, &Scenario),
    (variants, effort): (&[Variant], Effort),
    observer: &dyn Observer,
) -> Result<Comparison, Stopped> {
    let futures = replicate(base, 0..effort.runs, |replication| {
        let charges = charges::of(replication, effort.cured_within, observer)?;
        let is_searched = replication.seed.wrapping_sub(base.seed) < SEARCHED;
        let of_variants = variants.iter().map(|variant| {
            let (sum, other, counted) =
                of_variant((replication, &charges), (&variant.change, effort), observer)?;
            let sides = [(replication, charges.charges.as_slice()), (&other, &counted)];
            Ok((sum, is_searched.then(|| charges::first_difference(sides)).flatten()))
        });
        let of_variants = of_variants.collect::<Result<Vec<_>, Stopped>>()?;
        Ok((sum(replication, &charges), of_variants))
    })?;
    let (of_base, of_variants): (Vec<Sum>, Vec<Vec<_>>) = futures.into_iter().unzip();
    let differences = variants.iter().enumerate().map(|(place, variant)| {
        let sums: Vec<Sum> = of_variants.iter().map(|of_future| of_future[place].0).collect();
        let first = of_variants.iter().find_map(|of_future| of_future[place].1.clone());
        difference(&variant.name, (&of_base, &sums), first)
    });
    let differences = differences.collect();
    Ok(Comparison {
        base: side(name, &of_base),
        variants: differences,
        start: iso(base.start),
        end: iso(base.end),
        seed: base.seed,
        runs: effort.runs,
        currency: base.prices.currency.clone(),
        refusal_rule: shortage::rule(effort.cured_within),
    })
}

/// What a variant of a future comes to, and its charges.
fn of_variant(
    (future, charges): (&Arc<Scenario>, &Charges),
    (change, effort): (&Change, Effort),
    observer: &dyn Observer,
) -> Result<(Sum, Arc<Scenario>, Vec<Charge>), Stopped> {
    match change {
        Change::Misreading(misreading) => {
            let counted = misreading.count(future, charges);
            Ok((misread_sum(future, &counted), future.clone(), counted))
        }
        Change::Scenario(other) => {
            // Under the seed of the base, so that chance is the same.
            let other = Arc::new(Scenario { seed: future.seed, ..Scenario::clone(other) });
            let of_other = charges::of(&other, effort.cured_within, observer)?;
            Ok((sum(&other, &of_other), other, of_other.charges))
        }
    }
}

fn sum(scenario: &Scenario, charges: &Charges) -> Sum {
    let (cost, _) = cost::of_packs(scenario, &charges.packs, None);
    Sum {
        tokens: charges.charges.iter().map(|charge| charge.tokens).sum(),
        cost,
        refusals: Some(charges.shortages.of_tokens()),
        expired: Some(charges.expired(scenario)),
    }
}

fn misread_sum(scenario: &Scenario, counted: &[Charge]) -> Sum {
    let cost = counted.iter().map(|charge| scenario.prices.tokens(charge.tokens, charge.window_start)).sum();
    let tokens = counted.iter().map(|charge| charge.tokens).sum();
    Sum { tokens, cost, refusals: None, expired: None }
}

fn side(name: &str, sums: &[Sum]) -> Side {
    let tokens: Vec<Tokens> = sums.iter().map(|sum| sum.tokens).collect();
    Side {
        name: name.to_owned(),
        tokens: Estimate::mean(&sums.iter().map(|sum| amount(sum.tokens)).collect::<Vec<_>>()),
        tokens_spread: Spread::of(tokens),
        cost: Estimate::mean(&sums.iter().map(|sum| sum.cost.number()).collect::<Vec<_>>()),
        refusals: mean_of(sums, |sum| Some(whole(sum.refusals?))),
        expired: mean_of(sums, |sum| Some(amount(sum.expired?))),
    }
}

fn difference(
    name: &str,
    (base, variant): (&[Sum], &[Sum]),
    first: Option<FirstDifference>,
) -> VariantDifference {
    let pairs = || variant.iter().zip(base);
    let more: Vec<Tokens> = pairs().map(|(variant, base)| variant.tokens - base.tokens).collect();
    let amounts: Vec<f64> = more.iter().map(|more| amount(*more)).collect();
    let costs: Vec<f64> = pairs().map(|(variant, base)| (variant.cost - base.cost).number()).collect();
    let refusals: Option<Vec<f64>> =
        pairs().map(|(variant, base)| Some(whole(variant.refusals?) - whole(base.refusals?))).collect();
    let differs = more.iter().filter(|more| **more != Tokens::ZERO).count();
    let side = side(name, variant);
    let more_tokens = Estimate::mean(&amounts);
    let of_base = side.tokens.value - more_tokens.value;
    VariantDifference {
        more_share: if of_base == 0.0 { 0.0 } else { more_tokens.value / of_base },
        more_tokens,
        more_tokens_spread: Spread::of(more),
        more_cost: Estimate::mean(&costs),
        more_refusals: refusals.map(|refusals| Estimate::mean(&refusals)),
        differs: Estimate::share(differs, base.len()),
        side,
        first,
    }
}

fn mean_of(sums: &[Sum], of: impl Fn(&Sum) -> Option<f64>) -> Option<Estimate> {
    let sample: Option<Vec<f64>> = sums.iter().map(of).collect();
    sample.map(|sample| Estimate::mean(&sample))
}

#[expect(clippy::cast_precision_loss, reason = "a count")]
fn whole(count: u64) -> f64 {
    count as f64
}

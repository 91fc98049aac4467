//! `Comparison`: the same people under other rules or in another scenario, future by future on the same chance.

use std::sync::Arc;

use serde::Serialize;

use crate::forecast::charges;
use crate::forecast::charges::{Charges, FirstDifference};
use crate::forecast::cost;
use crate::forecast::misreading::Misreading;
use crate::forecast::quantile::{Estimate, Spread, amount};
use crate::forecast::replications::{replicate, replication};
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
    let misread = variants.iter().filter_map(|variant| match &variant.change {
        Change::Misreading(misreading) => Some(misreading),
        Change::Scenario(_) => None,
    });
    let misread: Vec<&Misreading> = misread.collect();
    let sums = replicate(base, 0..effort.runs, |scenario| {
        let charges = charges::of(scenario, effort.cured_within, observer)?;
        let counted = misread.iter().map(|misreading| misread_sum(scenario, misreading, &charges));
        let counted: Vec<Sum> = counted.collect();
        Ok((sum(scenario, &charges), counted))
    })?;
    let (of_base, mut counted): (Vec<Sum>, Vec<Vec<Sum>>) = sums.into_iter().unzip();
    let mut differences = Vec::new();
    // The last misreading is taken first.
    for variant in variants.iter().rev() {
        let of_variant = match &variant.change {
            Change::Misreading(_) => {
                counted.iter_mut().map(|sums| sums.pop().expect("one for each misreading")).collect()
            }
            Change::Scenario(other) => replicate(&same_seed(other, base), 0..effort.runs, |scenario| {
                let charges = charges::of(scenario, effort.cured_within, observer)?;
                Ok(sum(scenario, &charges))
            })?,
        };
        let first = first(base, (&variant.change, effort), observer)?;
        differences.push(difference(&variant.name, (&of_base, &of_variant), first));
    }
    differences.reverse();
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

/// The variant under the seed of the base, so that chance is the same.
fn same_seed(scenario: &Scenario, base: &Scenario) -> Scenario {
    Scenario { seed: base.seed, ..scenario.clone() }
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

fn misread_sum(scenario: &Scenario, misreading: &Misreading, charges: &Charges) -> Sum {
    let counted = misreading.count(scenario, charges);
    let cost = counted.iter().map(|charge| scenario.prices.tokens(charge.tokens, charge.window_start)).sum();
    let tokens = counted.iter().map(|charge| charge.tokens).sum();
    Sum { tokens, cost, refusals: None, expired: None }
}

/// The first charge that differs, in the first replications in which one does.
fn first(
    base: &Scenario,
    (change, effort): (&Change, Effort),
    observer: &dyn Observer,
) -> Result<Option<FirstDifference>, Stopped> {
    for number in 0..effort.runs.min(SEARCHED) {
        let of_base = replication(base, number);
        let charges = charges::of(&of_base, effort.cured_within, observer)?;
        let (other, of_other) = match change {
            Change::Misreading(misreading) => (of_base.clone(), misreading.count(&of_base, &charges)),
            Change::Scenario(scenario) => {
                let other = replication(&same_seed(scenario, base), number);
                let charges = charges::of(&other, effort.cured_within, observer)?;
                (other, charges.charges)
            }
        };
        let sides: [(&Arc<Scenario>, &[_]); 2] = [(&of_base, &charges.charges), (&other, &of_other)];
        if let Some(first) = charges::first_difference(sides) {
            return Ok(Some(first));
        }
    }
    Ok(None)
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

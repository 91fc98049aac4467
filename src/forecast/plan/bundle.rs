//! `Bundles`: the cheapest packs for each amount that can be bought on a date.

use std::collections::BTreeMap;

use crate::forecast::plan::ground::{Date, Ground};
use crate::meter::tokens::Tokens;
use crate::scenario::price_list::{Money, PackOffer};

/// More steps than these are not told apart: small packs are left out where a team needs very many of them.
const STEPS_MAX: i64 = 20_000;

/// What amounts cost on each date, in steps of one size.
#[derive(Clone, Debug)]
pub(crate) struct Bundles {
    /// The step in thousandths of a token: every pack is a whole number of them.
    pub(crate) step: i64,
    /// By date, the packs that count: their size in steps, and the price.
    pub(crate) packs: Vec<Vec<(usize, PackOffer)>>,
    /// By date and number of steps: what the cheapest packs cost that hold exactly so much, how many packs they are at
    /// least, and the place of one of them. `None` where no packs hold exactly so much.
    amounts: Vec<Vec<Option<Amount>>>,
    /// Packs too small to count.
    pub(crate) left_out: Vec<Tokens>,
}

/// The cheapest way to an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Amount {
    price: Money,
    packs: u32,
    last: usize,
}

impl Bundles {
    /// What can be bought of a ground where at most `most` thousandths are needed after any date.
    pub(crate) fn new(ground: &Ground, most: i64) -> Bundles {
        let mut sizes: Vec<i64> = ground.dates.iter().flat_map(sizes).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut first = 0;
        let step_of = |sizes: &[i64]| sizes.iter().copied().reduce(gcd).unwrap_or(1);
        // The largest of each date stays.
        let needed = ground.dates.iter().filter_map(sizes_max).min().unwrap_or(1);
        while sizes.len() - first > 1 && most / step_of(&sizes[first..]) > STEPS_MAX && sizes[first] < needed
        {
            first += 1;
        }
        let step = step_of(&sizes[first..]);
        let counts = |pack: &&PackOffer| sizes[first..].contains(&pack.tokens.thousandths());
        let packs: Vec<Vec<(usize, PackOffer)>> = ground
            .dates
            .iter()
            .map(|date| {
                let counting = date.packs.iter().filter(counts);
                counting.map(|pack| (steps(pack.tokens.thousandths(), step), *pack)).collect()
            })
            .collect();
        let largest = packs.iter().flatten().map(|(size, _)| *size).max().unwrap_or(0);
        let top = steps(most, step) + largest;
        let amounts = packs.iter().map(|packs| cheapest(packs, top)).collect();
        let left_out = sizes[..first].iter().map(|size| Tokens::from_thousandths(*size)).collect();
        Bundles { step, packs, amounts, left_out }
    }

    /// The amounts that can be bought on a date, in steps, with their prices; ascending.
    pub(crate) fn on(&self, date: usize) -> impl Iterator<Item = (usize, Money)> {
        let amounts = self.amounts[date].iter().enumerate();
        amounts.filter_map(|(steps, amount)| Some((steps, (*amount)?.price)))
    }

    /// The largest amount that is counted, in steps.
    pub(crate) fn top(&self) -> usize {
        self.amounts.first().map_or(0, |amounts| amounts.len() - 1)
    }

    /// What an amount costs on a date, where it can be bought.
    pub(crate) fn price(&self, date: usize, steps: usize) -> Option<Money> {
        self.amounts[date].get(steps).copied().flatten().map(|amount| amount.price)
    }

    /// The cheapest amount on a date that holds at least so many thousandths, in steps; of several the smallest.
    pub(crate) fn at_least(&self, date: usize, thousandths: i64) -> usize {
        let enough = self.on(date).skip_while(|(amount, _)| *amount < steps(thousandths, self.step));
        let best = enough.min_by_key(|(amount, price)| (*price, *amount));
        best.expect("more than was asked for can be bought").0
    }

    /// The packs of an amount on a date, by size, with their numbers.
    pub(crate) fn packs(&self, date: usize, steps: usize) -> Vec<(PackOffer, u64)> {
        let mut packs: BTreeMap<usize, u64> = BTreeMap::new();
        let mut open = steps;
        while open > 0 {
            let amount = self.amounts[date][open].expect("an amount that can be bought");
            *packs.entry(amount.last).or_default() += 1;
            open -= self.packs[date][amount.last].0;
        }
        packs.into_iter().map(|(place, count)| (self.packs[date][place].1, count)).collect()
    }
}

/// For each number of steps the cheapest packs, and of those the fewest.
fn cheapest(packs: &[(usize, PackOffer)], top: usize) -> Vec<Option<Amount>> {
    let mut amounts = vec![None; top + 1];
    amounts[0] = Some(Amount { price: Money(0), packs: 0, last: 0 });
    for steps in 1..=top {
        let ways = packs.iter().enumerate().filter_map(|(last, (size, pack))| {
            let rest: Amount = amounts[steps.checked_sub(*size)?]?;
            Some(Amount { price: rest.price + pack.price, packs: rest.packs + 1, last })
        });
        amounts[steps] = ways.min();
    }
    amounts
}

fn sizes(date: &Date) -> impl Iterator<Item = i64> {
    date.packs.iter().map(|pack| pack.tokens.thousandths())
}

fn sizes_max(date: &Date) -> Option<i64> {
    sizes(date).max()
}

/// Whole steps that hold an amount.
pub(crate) fn steps(thousandths: i64, step: i64) -> usize {
    let whole = (thousandths.max(0) + step - 1) / step;
    usize::try_from(whole).expect("not negative")
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

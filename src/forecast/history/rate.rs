//! `Rate`: what a day of use of a product costs, as the catalogue and the export say.

use std::collections::BTreeMap;

use crate::forecast::history::PastProduct;
use crate::forecast::past_use::PastUse;
use crate::meter::product::ProductKind;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::scenario::catalogue::listed;

/// What a day of use of a product costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a day of use.
    pub tokens: Tokens,
    /// Where it comes from.
    pub from: RateFrom,
}

/// Where a rate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateFrom {
    /// The catalogue has it, and the export agrees or is silent.
    Catalogue,
    /// The most frequent charge of a day, up to that day; the catalogue may have had another.
    Export(Day),
    /// The mean of days whose charges differ; so many per hundred of them do.
    Mean(u32),
    /// A unit of which all amounts are multiples: what one charge was is not known.
    Unit,
}

/// Charges at the end of the history among which the most frequent is the rate: rates change.
const RECENT: usize = 40;

/// The products with their rates, in the order of the names.
pub(crate) fn of_products(past: &PastUse, names: Vec<String>) -> Result<Vec<PastProduct>, String> {
    let mut charges: BTreeMap<&str, Vec<(Tokens, u32, bool)>> = BTreeMap::new();
    for row in &past.rows {
        let charges = charges.entry(&row.product).or_default();
        charges.extend(row.tokens.map(|tokens| (tokens, row.times, row.user.is_some())));
    }
    let product = |name: String| {
        let charges = charges.remove(name.as_str()).unwrap_or_default();
        let rate = Rate::of(&name, &charges, past)?;
        Ok(PastProduct { name, rate })
    };
    names.into_iter().map(product).collect()
}

impl Rate {
    fn of(name: &str, charges: &[(Tokens, u32, bool)], past: &PastUse) -> Result<Rate, String> {
        let in_catalogue = listed(name).filter(|row| row.kind == ProductKind::Desktop).map(|row| row.rate);
        // What is one person's on one day is a charge; what is several people's may be any number of them.
        let single: Vec<Tokens> = if past.is_total {
            let days = charges.iter().filter(|(_, times, _)| *times > 0);
            days.map(|(tokens, times, _)| per_day(*tokens, *times)).collect()
        } else {
            charges
                .iter()
                .filter(|(_, times, known)| *known || *times == 1)
                .map(|(tokens, ..)| *tokens)
                .collect()
        };
        if past.is_total && !charges.is_empty() {
            let amounts: Vec<Tokens> = charges.iter().map(|(tokens, ..)| *tokens).collect();
            return Ok(Rate::of_totals(&amounts, (&single, in_catalogue)));
        }
        let known = charges.iter().any(|(_, _, known)| *known);
        let Some(mode) = most_frequent(&single[single.len().saturating_sub(RECENT)..]) else {
            let tokens = in_catalogue.ok_or_else(|| {
                format!(
                    "what {name} costs a day is known from nowhere: the export has no amounts for it, and the \
                     catalogue has no such product; export the report with its column Tokens used"
                )
            })?;
            return Ok(Rate { tokens, from: RateFrom::Catalogue });
        };
        if let Some(tokens) = in_catalogue.filter(|rate| *rate == mode) {
            return Ok(Rate { tokens, from: RateFrom::Catalogue });
        }
        if !known {
            return Ok(Rate::unit(&charges.iter().map(|(tokens, ..)| *tokens).collect::<Vec<_>>()));
        }
        let total: i64 = single.iter().map(|tokens| tokens.thousandths()).sum();
        let count = i64::try_from(single.len()).expect("rows of a file");
        let others = single.iter().filter(|tokens| **tokens != mode).count() * 100 / single.len();
        // Charges that differ by more than a change of the rate: a service that is paid per result.
        if others > 25 && single[single.len().saturating_sub(RECENT)..].iter().any(|tokens| *tokens != mode) {
            let tokens = Tokens::from_thousandths((total + count / 2) / count);
            return Ok(Rate {
                tokens,
                from: RateFrom::Mean(u32::try_from(others).expect("at most a hundred")),
            });
        }
        Ok(Rate { tokens: mode, from: RateFrom::Export(past.days.1) })
    }

    /// The rate of which all totals are multiples, if that is about what a day of use costs by the days used, among
    /// which are some that were free; else the mean of these.
    fn of_totals(amounts: &[Tokens], (per_day, in_catalogue): (&[Tokens], Option<Tokens>)) -> Rate {
        let count = i64::try_from(per_day.len().max(1)).expect("rows of a file");
        let mean = per_day.iter().map(|tokens| tokens.thousandths()).sum::<i64>() / count;
        let near = |rate: i64| mean == 0 || (rate * 2 > mean && rate < mean * 2);
        if let Some(tokens) = in_catalogue.filter(|rate| near(rate.thousandths())) {
            return Rate { tokens, from: RateFrom::Catalogue };
        }
        let common = amounts.iter().fold(0, |unit, tokens| divisor(unit, tokens.thousandths().abs()));
        let unit = if near(common) { common } else { mean };
        Rate { tokens: Tokens::from_thousandths(unit.max(1)), from: RateFrom::Unit }
    }

    /// The largest amount of which all are multiples; where that is next to nothing, what makes days vary as charges
    /// do that come by chance: the variance over the mean.
    fn unit(amounts: &[Tokens]) -> Rate {
        let common = amounts.iter().fold(0, |unit, tokens| divisor(unit, tokens.thousandths().abs()));
        let count = i64::try_from(amounts.len().max(1)).expect("rows of a file");
        let mean = amounts.iter().map(|tokens| tokens.thousandths()).sum::<i64>() / count;
        let variance =
            amounts.iter().map(|tokens| i128::from(tokens.thousandths() - mean).pow(2)).sum::<i128>();
        let by_chance = variance / i128::from(count) / i128::from(mean.max(1));
        let by_chance = i64::try_from(by_chance).unwrap_or(mean).clamp((mean / 200).max(1), mean.max(1));
        let unit = if common * 200 >= mean { common.max(1) } else { by_chance };
        Rate { tokens: Tokens::from_thousandths(unit), from: RateFrom::Unit }
    }

    /// How many charges an amount is, to the nearest.
    pub fn times(&self, tokens: Option<Tokens>) -> u32 {
        let (Some(tokens), rate) = (tokens, self.tokens.thousandths()) else { return 0 };
        if rate == 0 {
            return 1;
        }
        u32::try_from(((tokens.thousandths() + rate / 2) / rate).max(0)).unwrap_or(u32::MAX)
    }
}

fn per_day(tokens: Tokens, days: u32) -> Tokens {
    Tokens::from_thousandths(tokens.thousandths() / i64::from(days))
}

fn most_frequent(amounts: &[Tokens]) -> Option<Tokens> {
    let mut counts: BTreeMap<Tokens, usize> = BTreeMap::new();
    for tokens in amounts {
        *counts.entry(*tokens).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(tokens, count)| (*count, std::cmp::Reverse(*tokens)))
        .map(|(tokens, _)| tokens)
}

fn divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { divisor(other, one % other) }
}

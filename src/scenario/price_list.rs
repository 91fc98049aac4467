//! `PriceList`: what packs and subscriptions cost, as of when.

pub(crate) mod offer;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use crate::meter::id::ProductId;
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;

/// An amount of money in thousandths of the currency's unit, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub i64);

/// The prices of a file, dated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// Whether the file has none: then these are the published ones (RULES 7), in sizes that are sold.
    pub is_default: bool,
    /// The currency's code: `USD`.
    pub currency: String,
    /// By the day each applies from, ascending; before the first, the first applies.
    pub prices: Vec<Prices>,
}

/// What is offered from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// The first day, in UTC; `None`: always.
    pub from: Option<Day>,
    /// What a token costs by itself.
    pub per_token: Money,
    /// Packs that can be bought, any number of each, by size.
    pub packs: Vec<PackOffer>,
    /// Subscriptions for one person and product.
    pub subscriptions: Vec<SubscriptionOffer>,
}

/// A size of pack, and its price with the discount taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackOffer {
    /// How many tokens it holds.
    pub tokens: Tokens,
    /// What one costs.
    pub price: Money,
}

/// What a subscription costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionOffer {
    /// For which product, or collection of products.
    pub product: ProductId,
    /// For a month at a time, where that is sold.
    pub month: Option<Money>,
    /// For a year, where that is sold.
    pub year: Option<Money>,
}

impl PriceList {
    /// What is to be said wherever the prices of a file without any are printed.
    pub const ASSUMED: &str = "the file has no [[price]]: US$3 a token is the published list price, for packs of \
                               100, 500, 1,000 and 5,000; discounts begin at 5,000 tokens, but how large they \
                               are is not published, so none is counted";

    /// The prices in force at an instant.
    pub fn at(&self, at: Instant) -> &Prices {
        let day = Day::of(at);
        let later = self.prices.partition_point(|prices| prices.from.is_none_or(|from| from <= day));
        &self.prices[later.saturating_sub(1)]
    }

    /// What tokens cost by themselves at an instant, rounded down to a thousandth.
    pub fn tokens(&self, tokens: Tokens, at: Instant) -> Money {
        let thousandths = i128::from(tokens.thousandths()) * i128::from(self.at(at).per_token.0) / 1000;
        Money(i64::try_from(thousandths).expect("a file's amounts are bounded"))
    }
}

impl Money {
    /// As a number with a fraction, for statistics.
    #[expect(clippy::cast_precision_loss, reason = "amounts stay below 2^53 thousandths")]
    pub fn number(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl fmt::Display for Money {
    /// With two decimals, rounded half up, where it is not whole: `1500`, `7.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.unsigned_abs() + 5) / 10;
        let sign = if self.0 < 0 && hundredths > 0 { "-" } else { "" };
        let (whole, fraction) = (hundredths / 100, hundredths % 100);
        let text =
            if fraction == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction:02}") };
        f.pad(&text)
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::default(), Add::add)
    }
}

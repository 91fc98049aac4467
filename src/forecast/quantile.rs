//! Quantiles of a sample, and how far they can be trusted.

use serde::Serialize;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

use crate::meter::tokens::Tokens;

/// The confidence at which every interval of this module is given.
pub const CONFIDENCE: f64 = 0.95;

/// A quantile of a distribution, told from a sample of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantile<T> {
    /// The member of the sample at rank p · (n + 1), rounded: so that a further draw lies below the P95 of 199 with a
    /// chance of exactly 95 %.
    pub value: T,
    /// The lower end of its confidence interval, by the binomial distribution of how many of the sample lie below;
    /// `None` where the sample is too small to say.
    pub low: Option<T>,
    /// The upper end.
    pub high: Option<T>,
}

/// P5, P50 and P95 of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread<T> {
    /// Undercut by one in twenty.
    pub p5: Quantile<T>,
    /// The median.
    pub p50: Quantile<T>,
    /// Exceeded by one in twenty.
    pub p95: Quantile<T>,
}

/// A mean, or a share, with its confidence interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// What the sample says.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl<T: Copy + Ord> Spread<T> {
    /// Of a sample in any order, which has at least one member.
    pub fn of(mut sample: Vec<T>) -> Self {
        sample.sort_unstable();
        let [p5, p50, p95] = [0.05, 0.5, 0.95].map(|p| Quantile::of(&sample, p));
        Spread { p5, p50, p95 }
    }

    /// The same of other values in the same order.
    pub fn map<U>(self, of: impl Fn(T) -> U) -> Spread<U> {
        let one = |quantile: Quantile<T>| Quantile {
            value: of(quantile.value),
            low: quantile.low.map(&of),
            high: quantile.high.map(&of),
        };
        Spread { p5: one(self.p5), p50: one(self.p50), p95: one(self.p95) }
    }
}

impl<T: Copy + Ord> Quantile<T> {
    /// Of a sorted sample with at least one member.
    pub fn of(sorted: &[T], p: f64) -> Self {
        let (low, high) = ranks_around(sorted.len(), p);
        let at = |rank: usize| sorted.get(rank.checked_sub(1)?).copied();
        Quantile { value: self::at(sorted, p), low: at(low), high: at(high) }
    }
}

/// The quantile of a sorted sample with at least one member, without its interval.
pub fn at<T: Copy>(sorted: &[T], p: f64) -> T {
    sorted[rank(sorted.len(), p) - 1]
}

/// The rank of a quantile in a sample, from 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and the sample's size"
)]
fn rank(size: usize, p: f64) -> usize {
    (((number(size) + 1.0) * p).round() as usize).clamp(1, size)
}

/// The ranks between which the true quantile lies with [`CONFIDENCE`]; 0, or one more than there are, for no bound.
fn ranks_around(size: usize, p: f64) -> (usize, usize) {
    let below = Binomial::new(p, size as u64).expect("a chance and a count");
    let tail = (1.0 - CONFIDENCE) / 2.0;
    // The sample's r-th lies above the quantile with the chance that fewer than r lie below it.
    let rank = |chance: f64| usize::try_from(below.inverse_cdf(chance)).expect("at most the sample's size");
    (rank(tail), rank(1.0 - tail) + 1)
}

impl Estimate {
    /// The mean of a sample of at least two, by Student's t.
    pub fn mean(sample: &[f64]) -> Self {
        let count = number(sample.len());
        let value = sample.iter().sum::<f64>() / count;
        let squares: f64 = sample.iter().map(|one| (one - value) * (one - value)).sum();
        if sample.len() < 2 {
            return Estimate { value, low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("degrees of freedom");
        let far = student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
        let half = far * (squares / (count - 1.0) / count).sqrt();
        Estimate { value, low: value - half, high: value + half }
    }

    /// The share of a sample of at least one in which something happened, by Wilson's score.
    pub fn share(happened: usize, size: usize) -> Self {
        let (count, value) = (number(size), number(happened) / number(size));
        let far = Normal::standard().inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
        let middle = (value + far * far / (2.0 * count)) / (1.0 + far * far / count);
        let spread = (value * (1.0 - value) / count + far * far / (4.0 * count * count)).sqrt();
        let half = far * spread / (1.0 + far * far / count);
        Estimate { value, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }
}

/// A count as a number with a fraction.
#[expect(clippy::cast_precision_loss, reason = "samples are smaller than 2^53")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

/// Tokens as a number with a fraction.
#[expect(clippy::cast_precision_loss, reason = "amounts stay below 2^53 thousandths")]
pub(crate) fn amount(tokens: Tokens) -> f64 {
    tokens.thousandths() as f64 / 1000.0
}

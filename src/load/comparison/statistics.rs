//! The tests behind a comparison, on logarithms: so that twice and half are equally far from equal.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::forecast::quantile::number;

/// Pairs up to which every exchange is tried: 4096 of them.
const EXACT_PAIRS_MAX: usize = 12;
/// How often the smallest difference that is named would be found.
const POWER: f64 = 0.8;
/// A confidence of 95 % leaves a fortieth on either side.
const UPPER: f64 = 0.975;

/// What a test finds, in logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Finding {
    /// The mean difference.
    pub(super) difference: f64,
    /// Where it lies with 95 % confidence.
    pub(super) interval: Option<(f64, f64)>,
    /// The two-sided chance of it between equals.
    pub(super) p: Option<f64>,
    /// The same from all exchanges of signs.
    pub(super) p_exact: Option<f64>,
    /// The smallest difference that would have been found four times in five.
    pub(super) would_be_found: Option<f64>,
}

impl Finding {
    /// A difference of which nothing more can be said.
    pub(super) fn untold(difference: f64) -> Self {
        Finding { difference, interval: None, p: None, p_exact: None, would_be_found: None }
    }

    /// A difference with its standard error and the degrees of freedom of that.
    fn told(difference: f64, error: f64, freedom: f64) -> Self {
        // Without any spread all that differs is sure, and what does not differ is equal.
        if error <= f64::EPSILON * difference.abs() || !freedom.is_finite() {
            let p = Some(if difference == 0.0 { 1.0 } else { 0.0 });
            let interval = Some((difference, difference));
            return Finding { difference, interval, p, p_exact: None, would_be_found: Some(0.0) };
        }
        let t = StudentsT::new(0.0, 1.0, freedom).expect("a positive freedom");
        let reach = t.inverse_cdf(UPPER);
        Finding {
            difference,
            interval: Some((difference - reach * error, difference + reach * error)),
            p: Some(2.0 * t.sf((difference / error).abs())),
            p_exact: None,
            would_be_found: Some((reach + t.inverse_cdf(POWER)) * error),
        }
    }
}

/// Differences of pairs: the t test of their mean against 0, and the exact test of exchanged signs.
pub(super) fn paired(differences: &[f64]) -> Finding {
    let difference = mean(differences);
    if differences.len() < 2 {
        return Finding::untold(difference);
    }
    let count = number(differences.len());
    let error = (variance(differences) / count).sqrt();
    Finding { p_exact: exchanged(differences), ..Finding::told(difference, error, count - 1.0) }
}

/// Two samples that may spread differently: Welch's t test of B less A.
pub(super) fn welch(a: &[f64], b: &[f64]) -> Finding {
    let difference = mean(b) - mean(a);
    if a.len() < 2 || b.len() < 2 {
        return Finding::untold(difference);
    }
    let share = |sample: &[f64]| variance(sample) / number(sample.len());
    let (of_a, of_b) = (share(a), share(b));
    let error = (of_a + of_b).sqrt();
    let parts = of_a * of_a / number(a.len() - 1) + of_b * of_b / number(b.len() - 1);
    Finding::told(difference, error, (of_a + of_b) * (of_a + of_b) / parts)
}

/// The share of all exchanges of signs whose sum is as far from 0; `None` of too many.
fn exchanged(differences: &[f64]) -> Option<f64> {
    if differences.len() > EXACT_PAIRS_MAX {
        return None;
    }
    let sum: f64 = differences.iter().sum();
    let size: f64 = differences.iter().map(|difference| difference.abs()).sum();
    // Sums in another order differ in their last digits.
    let least = sum.abs() - 1e-12 * size;
    let all = 1_usize << differences.len();
    let as_far = (0..all).filter(|signs| {
        let signed = differences.iter().enumerate();
        let sum: f64 = signed.map(|(place, of)| if signs >> place & 1 == 1 { -of } else { *of }).sum();
        sum.abs() >= least
    });
    Some(number(as_far.count()) / number(all))
}

/// The mean of a sample with at least one member.
pub(super) fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / number(sample.len())
}

fn variance(sample: &[f64]) -> f64 {
    let mean = mean(sample);
    sample.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / number(sample.len() - 1)
}

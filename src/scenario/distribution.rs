//! `Distribution`: how long something lasts, as a chance.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "seconds of a calendar have fewer than 53 bits"
)]

use crate::meter::instant::Span;
use crate::scenario::duration;
use crate::scenario::problem::Problem;
use crate::scenario::random::{exponential, normal};
use crate::scenario::reader::{Problems, Value};

/// A distribution of a length of time; what is drawn is rounded to whole seconds, and never negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Always this long.
    Fixed(Span),
    /// Evenly between the two.
    Uniform(Span, Span),
    /// Exponential with this mean.
    Exponential(Span),
    /// Normal, cut off at zero.
    Normal {
        /// The mean before the cut.
        mean: Span,
        /// The standard deviation before the cut.
        sd: Span,
    },
    /// Lognormal.
    Lognormal {
        /// Half last longer.
        median: Span,
        /// One in ten lasts longer.
        p90: Span,
        /// The standard deviation of the logarithm.
        spread: f64,
    },
}

/// The 90 % quantile of the standard normal distribution.
const NORMAL_P90: f64 = 1.281_551_565_544_600_4;

const KINDS: [&str; 5] = ["fixed", "uniform", "exponential", "normal", "lognormal"];

impl Distribution {
    /// Lognormal, by its median and the length that one in ten exceeds.
    pub fn lognormal(median: Span, p90: Span) -> Self {
        let spread = libm::log(seconds_of(p90) / seconds_of(median)) / NORMAL_P90;
        Distribution::Lognormal { median, p90, spread }
    }

    /// The length of time than which a share `unit` of all are shorter, from 0 to below 1: a chance number
    /// makes a chance length, and a larger one never a shorter.
    pub fn quantile(self, unit: f64) -> Span {
        let seconds = match self {
            Distribution::Fixed(span) => return span,
            Distribution::Uniform(low, high) => seconds_of(low) + unit * (seconds_of(high) - seconds_of(low)),
            Distribution::Exponential(mean) => exponential(unit) * seconds_of(mean),
            Distribution::Normal { mean, sd } => seconds_of(mean) + normal(unit) * seconds_of(sd),
            Distribution::Lognormal { median, spread, .. } => {
                seconds_of(median) * libm::exp(spread * normal(unit))
            }
        };
        // A session of thirty thousand years meets the run's end first.
        Span::from_seconds((seconds.max(0.0) + 0.5).min(SECONDS_MAX) as i64)
    }

    /// Reads a time of day: `{ normal = { mean = "09:00", sd = "30m" } }` and its like, in time since midnight.
    pub(crate) fn read_time(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        let mut table = value.table("a time of day", problems)?;
        let read = if let Some(value) = table.get("fixed") {
            value.time_of_day(problems).map(Distribution::Fixed)
        } else if let Some(value) = table.get("uniform") {
            range(value, Value::time_of_day, problems)
        } else if let Some(value) = table.get("normal") {
            let mut pair = value.table("a distribution", problems)?;
            let mean = pair.need("mean", problems).and_then(|value| value.time_of_day(problems));
            let sd = pair.need("sd", problems).and_then(|value| value.duration(problems));
            pair.finish(problems);
            if sd.is_some_and(|sd| sd > Span::from_seconds(12 * 3600)) {
                let label = "`sd` must be 12h or less";
                problems.push(Problem::new(value.place(), "a time of day is one of a day", label));
                return None;
            }
            mean.zip(sd).map(|(mean, sd)| Distribution::Normal { mean, sd })
        } else {
            let help = "write one of { fixed = \"09:00\" }, { uniform = [\"08:00\", \"10:00\"] }, \
                        { normal = { mean = \"09:00\", sd = \"30m\" } }";
            let problem = Problem::new(value.place(), "a time of day has one key", "not one of them");
            problems.push(problem.help(help));
            return None;
        };
        table.finish(problems);
        read
    }

    /// Reads `{ fixed = "2h" }` and its like.
    pub(crate) fn read(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        let mut table = value.table("a distribution", problems)?;
        let given: Vec<&str> = KINDS.into_iter().filter(|kind| table.key_place(kind).is_some()).collect();
        let [kind] = given[..] else {
            let help = "write one of { fixed = \"2h\" }, { uniform = [\"1h\", \"3h\"] }, { exponential = \"45m\" }, \
                        { normal = { mean, sd } }, { lognormal = { median, p90 } }";
            problems.push(
                Problem::new(value.place(), "a distribution has one key", "not one of them").help(help),
            );
            return None;
        };
        let read = match kind {
            "fixed" => table.get("fixed")?.duration(problems).map(Distribution::Fixed),
            "exponential" => table.get("exponential")?.duration(problems).map(Distribution::Exponential),
            "uniform" => range(table.get("uniform")?, Value::duration, problems),
            "normal" => {
                let (mean, sd) = pair(table.get("normal")?, ("mean", "sd"), problems)?;
                Some(Distribution::Normal { mean, sd })
            }
            _ => {
                let given = table.get("lognormal")?;
                let (median, p90) = pair(given, ("median", "p90"), problems)?;
                if median == Span::ZERO || p90 < median {
                    let label = "`median` must be more than zero, and `p90` no less than it";
                    problems.push(Problem::new(given.place(), "not a lognormal distribution", label));
                    return None;
                }
                Some(Distribution::lognormal(median, p90))
            }
        };
        table.finish(problems);
        read
    }
}

impl std::fmt::Display for Distribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = duration::text;
        match *self {
            Distribution::Fixed(span) => write!(f, "{}", text(span)),
            Distribution::Uniform(low, high) => write!(f, "{} to {}", text(low), text(high)),
            Distribution::Exponential(mean) => write!(f, "{} on average (exponential)", text(mean)),
            Distribution::Normal { mean, sd } => write!(f, "{} ± {}", text(mean), text(sd)),
            Distribution::Lognormal { median, p90, .. } => {
                write!(f, "half under {}, nine in ten under {}", text(median), text(p90))
            }
        }
    }
}

/// Some thirty thousand years.
const SECONDS_MAX: f64 = 1e12;

fn seconds_of(span: Span) -> f64 {
    span.seconds() as f64
}

fn range<'a>(
    value: Value<'a>,
    read: impl Fn(Value<'a>, &mut Problems) -> Option<Span>,
    problems: &mut Problems,
) -> Option<Distribution> {
    let list = value.list(problems)?;
    let ends: Option<Vec<Span>> = list.iter().map(|end| read(*end, problems)).collect();
    match ends?[..] {
        [low, high] if low <= high => Some(Distribution::Uniform(low, high)),
        _ => {
            let label = "must be two, the lower first";
            problems.push(Problem::new(value.place(), "not a range", label));
            None
        }
    }
}

fn pair(
    value: Value<'_>,
    (first, second): (&'static str, &'static str),
    problems: &mut Problems,
) -> Option<(Span, Span)> {
    let mut table = value.table("a distribution", problems)?;
    let one = table.need(first, problems).and_then(|value| value.duration(problems));
    let other = table.need(second, problems).and_then(|value| value.duration(problems));
    table.finish(problems);
    Some((one?, other?))
}

#[cfg(test)]
mod tests {
    use super::Distribution;
    use crate::meter::instant::Span;

    const HOUR: Span = Span::from_seconds(3600);
    const MINUTE: Span = Span::from_seconds(60);

    #[test]
    fn what_is_drawn_has_the_mean_and_quantiles_it_should() {
        let cases = [
            (Distribution::Fixed(HOUR), 3600.0, 3600.0),
            (Distribution::Uniform(Span::ZERO, HOUR), 1800.0, 3240.0),
            (Distribution::Exponential(HOUR), 3600.0, 3600.0 * std::f64::consts::LN_10),
            (Distribution::Normal { mean: HOUR, sd: MINUTE }, 3600.0, 3600.0 + 1.2816 * 60.0),
            (Distribution::lognormal(MINUTE, HOUR), f64::NAN, 3600.0),
        ];
        for (distribution, mean, p90) in cases {
            // Every share of a hundred thousand once, in place of chance.
            let shares = (0..100_000).map(|place| (f64::from(place) + 0.5) / 100_000.0);
            let drawn: Vec<i64> = shares.map(|share| distribution.quantile(share).seconds()).collect();
            assert!(drawn.is_sorted(), "a larger share is never shorter");
            let average = drawn.iter().sum::<i64>() as f64 / 100_000.0;
            assert!(mean.is_nan() || (average / mean - 1.0).abs() < 0.01, "{distribution:?}: mean {average}");
            let quantile = drawn[90_000] as f64;
            assert!((quantile / p90 - 1.0).abs() < 0.001, "{distribution:?}: 90 % below {quantile}");
        }
    }
}

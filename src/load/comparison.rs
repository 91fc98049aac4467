//! `Comparison`: whether two results, or two builds in many runs, differ by more than chance.

mod statistics;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load::comparison::statistics::{Finding, mean, paired, welch};
use crate::load::result::{Interval, Latency, LoadResult, Machine, Manner};

/// The chance at which a difference of equals is claimed.
pub const SIGNIFICANCE: f64 = 0.05;

/// What came of comparing two sides, A and B.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// What A is, and what B is.
    pub sides: (String, String),
    /// What was compared: `intervals` of two runs, or `pairs` of runs.
    pub of: Form,
    /// Pairs of runs; 1 of two results.
    pub rounds: usize,
    /// The figures, one by one.
    pub figures: Vec<FigureComparison>,
    /// Why the sides may not be comparable; empty where nothing speaks against it.
    pub warnings: Vec<String>,
    /// How sign-ins came on side A.
    pub manner: Manner,
    /// The machine of side A.
    pub machine: Machine,
}

/// What was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The intervals of two runs, by Welch's t test on logarithms.
    Intervals,
    /// Runs of both builds, one after the other, pair by pair, by the t test on logarithms of ratios.
    Pairs,
}

/// A figure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureComparison {
    /// `handled`, `cpu`, `p50`, `p99` or `p99.9`; times from the planned instant.
    pub figure: String,
    /// `sign-ins/s` or `ns`.
    pub unit: String,
    /// Of A: the geometric mean of what was compared.
    pub a: f64,
    /// Of B.
    pub b: f64,
    /// B as a share of A.
    pub ratio: f64,
    /// Where the true ratio lies with 95 % confidence: its lower end; `None` where it can't be told.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The chance of so large a difference between equals, by the t distribution.
    pub p: Option<f64>,
    /// The same, exactly, from every way to exchange A and B within pairs; of 12 pairs at most.
    pub p_exact: Option<f64>,
    /// The smallest difference, as a share of A, that would have been found four times in five.
    pub would_be_found: Option<f64>,
    /// Whether A and B differ at 5 %.
    pub differs: bool,
}

/// Which side runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// A figure that is compared.
struct Figure {
    name: &'static str,
    unit: &'static str,
    run: fn(&LoadResult) -> f64,
    /// Of an interval; `None` where intervals do not have it.
    interval: Option<fn(&Interval) -> f64>,
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of less than a hundred days")]
const FIGURES: [Figure; 5] = [
    Figure {
        name: "handled",
        unit: "sign-ins/s",
        run: |result| result.handled_per_second,
        interval: Some(|interval| interval.answered as f64 / interval.seconds),
    },
    Figure { name: "cpu", unit: "ns", run: |result| result.cpu_nanoseconds_per_sign_in, interval: None },
    Figure {
        name: "p50",
        unit: "ns",
        run: |result| waited(&result.latency_planned, &result.latency_sent).percentile("p50") as f64,
        interval: Some(|of| waited(&of.latency_planned, &of.latency_sent).percentile("p50") as f64),
    },
    Figure {
        name: "p99",
        unit: "ns",
        run: |result| waited(&result.latency_planned, &result.latency_sent).percentile("p99") as f64,
        interval: Some(|of| waited(&of.latency_planned, &of.latency_sent).percentile("p99") as f64),
    },
    Figure {
        name: "p99.9",
        unit: "ns",
        run: |result| waited(&result.latency_planned, &result.latency_sent).percentile("p99.9") as f64,
        interval: Some(|of| waited(&of.latency_planned, &of.latency_sent).percentile("p99.9") as f64),
    },
];

/// From the planned instant; in a closed loop, where nothing is planned, from the sending.
fn waited<'l>(planned: &'l Latency, sent: &'l Latency) -> &'l Latency {
    if planned.count > 0 { planned } else { sent }
}

/// In which order sides run: A B, B A, A B, … A drift of the machine, or what a run leaves behind, hits both alike.
pub fn order(rounds: usize) -> Vec<[Side; 2]> {
    (0..rounds).map(|round| if round % 2 == 0 { [Side::A, Side::B] } else { [Side::B, Side::A] }).collect()
}

/// Two results, by their intervals after the warm-up and before the end.
pub fn of_results(sides: (String, String), a: &LoadResult, b: &LoadResult) -> Comparison {
    let logs = |result: &LoadResult, of: fn(&Interval) -> f64| -> Vec<f64> {
        let values = counted(result).map(of);
        values.filter(|value| *value > 0.0 && value.is_finite()).map(f64::ln).collect()
    };
    let figure = |figure: &Figure| {
        let whole = |result| Some((figure.run)(result)).filter(|value| *value > 0.0);
        let Some(of) = figure.interval else {
            let (a, b) = (whole(a)?, whole(b)?);
            return Some(figure.told((a.ln(), b.ln()), Finding::untold(b.ln() - a.ln())));
        };
        let (a, b) = (logs(a, of), logs(b, of));
        if a.is_empty() || b.is_empty() {
            return None;
        }
        Some(figure.told((mean(&a), mean(&b)), welch(&a, &b)))
    };
    Comparison {
        sides,
        of: Form::Intervals,
        rounds: 1,
        figures: FIGURES.iter().filter_map(figure).collect(),
        warnings: warnings(&[(a, b)]),
        manner: a.manner.clone(),
        machine: a.header.machine.clone(),
    }
}

/// Two builds, by pairs of their runs.
///
/// # Panics
/// Without a pair.
pub fn of_pairs(sides: (String, String), pairs: &[(LoadResult, LoadResult)]) -> Comparison {
    let first = &pairs.first().expect("at least one pair").0;
    let figure = |figure: &Figure| {
        let both = |(a, b): &(LoadResult, LoadResult)| ((figure.run)(a), (figure.run)(b));
        let both: Vec<(f64, f64)> = pairs
            .iter()
            .map(both)
            .filter(|(a, b)| *a > 0.0 && *b > 0.0)
            .map(|(a, b)| (a.ln(), b.ln()))
            .collect();
        if both.is_empty() {
            return None;
        }
        let (a, b): (Vec<f64>, Vec<f64>) = both.iter().copied().unzip();
        let ratios: Vec<f64> = both.iter().map(|(a, b)| b - a).collect();
        Some(figure.told((mean(&a), mean(&b)), paired(&ratios)))
    };
    let references: Vec<(&LoadResult, &LoadResult)> = pairs.iter().map(|(a, b)| (a, b)).collect();
    Comparison {
        sides,
        of: Form::Pairs,
        rounds: pairs.len(),
        figures: FIGURES.iter().filter_map(figure).collect(),
        warnings: warnings(&references),
        manner: first.manner.clone(),
        machine: first.header.machine.clone(),
    }
}

impl Figure {
    fn told(&self, (a, b): (f64, f64), finding: Finding) -> FigureComparison {
        FigureComparison {
            figure: self.name.to_owned(),
            unit: self.unit.to_owned(),
            a: a.exp(),
            b: b.exp(),
            ratio: finding.difference.exp(),
            low: finding.interval.map(|(low, _)| low.exp()),
            high: finding.interval.map(|(_, high)| high.exp()),
            p: finding.p,
            p_exact: finding.p_exact,
            would_be_found: finding.would_be_found.map(f64::exp_m1),
            differs: finding.p.is_some_and(|p| p < SIGNIFICANCE),
        }
    }
}

/// The intervals that count: after the warm-up, and while sign-ins were planned. What is cut at either end is left out.
fn counted(result: &LoadResult) -> impl Iterator<Item = &Interval> {
    const ROUNDED: f64 = 1e-6;
    let Manner { warmup_seconds, duration_seconds, .. } = result.manner;
    result.intervals.iter().filter(move |interval| {
        let from = interval.until_seconds - interval.seconds;
        from >= warmup_seconds - ROUNDED && interval.until_seconds <= duration_seconds + ROUNDED
    })
}

/// Why runs may not be comparable, each once.
fn warnings(pairs: &[(&LoadResult, &LoadResult)]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    let mut warn = |warning: String| {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    for (a, b) in pairs {
        if a.header.scenario_sha256 != b.header.scenario_sha256 {
            warn("the scenarios differ".to_owned());
        }
        if a.manner != b.manner {
            warn("sign-ins came in different manners: compare runs of the same options".to_owned());
        }
        let same = |a: &Machine, b: &Machine| {
            let fixed = |machine: &Machine| Machine { load_before: String::new(), ..machine.clone() };
            fixed(a) == fixed(b)
        };
        if !same(&a.header.machine, &b.header.machine) {
            warn("the machines, allocators or kinds of build differ".to_owned());
        }
    }
    let (mut of_a, mut of_b) = (0, 0);
    for (a, b) in pairs {
        of_a += usize::from(!a.is_valid());
        of_b += usize::from(!b.is_valid());
    }
    for (name, count) in [("A", of_a), ("B", of_b)].into_iter().filter(|(_, count)| *count > 0) {
        let of = pairs.len();
        warn(format!(
            "{count} of {of} runs of {name} are INVALID or have audit violations: their figures do not hold"
        ));
    }
    warnings
}

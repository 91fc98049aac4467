//! `SweepResult`: the same load at several rates: what is handled of what is offered, the knee, and the highest load
//! under a limit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load::requirement::{Figures, Requirement};
use crate::load::result::{Counts, Header, Latency, LoadResult, Manner, Met};

/// Of what is offered, the share that is handled where a load is kept up with.
pub const KEPT_UP: f64 = 0.99;
/// The first and last step, as shares of what is taken.
const AROUND: (f64, f64) = (0.1, 1.1);
/// A limit is told to this share of the load; nearer, the machine's own changes are larger.
const NEAR_ENOUGH: f64 = 0.02;

/// What came of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SweepResult {
    /// What was run, and where.
    pub header: Header,
    /// How sign-ins came; without a rate.
    pub manner: Manner,
    /// Sign-ins a second in a closed loop; `None` where none was run.
    pub capacity_closed_loop: Option<f64>,
    /// The steps, by the rate that was asked for.
    pub points: Vec<Point>,
    /// Where Kleinrock's power is largest; `None` where nothing valid was measured.
    pub knee: Option<Knee>,
    /// The highest load offered that is kept up with, as are all lower ones: 99 % of it and more are handled. `None`
    /// where not even the lowest step was.
    pub kept_up_to: Option<f64>,
    /// The highest load under a stated limit; `None` where none was stated.
    pub limit: Option<Limit>,
}

/// A step of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Sign-ins a second that were asked for.
    pub rate: f64,
    /// Sign-ins a second that were planned, after the warm-up: with random gaps not just as many.
    pub offered: f64,
    /// Sign-ins a second that were answered.
    pub handled: f64,
    /// How many there were.
    pub counts: Counts,
    /// From the planned instant to the answer.
    pub latency_planned: Latency,
    /// From the sending to the answer.
    pub latency_sent: Latency,
    /// How late the generator was.
    pub lateness: Latency,
    /// CPU time of the whole process for each sign-in and its sign-out, in nanoseconds.
    pub cpu_nanoseconds_per_sign_in: f64,
    /// Why the figures do not hold, or what the audit found; empty where they do and it found nothing.
    pub invalid: Vec<String>,
}

/// Where more load begins to cost more than it brings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Knee {
    /// Sign-ins planned a second at this step.
    pub offered: f64,
    /// Sign-ins answered a second.
    pub handled: f64,
    /// Kleinrock's power: sign-ins answered a second, divided by their mean latency from the planned instant in
    /// seconds. Of the steps it is largest here. Of an M/M/1 queue it is largest at half its capacity.
    pub power: f64,
    /// Whether steps on both sides have less power: else the knee may lie outside the sweep.
    pub is_inside: bool,
}

/// The highest load under a stated limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// The limit: `p99.9<5ms`.
    pub requirement: String,
    /// The highest load offered that meets it, as do all lower steps; `None` where not even the lowest does. Steps
    /// that are invalid do not meet it.
    pub highest: Option<f64>,
    /// The lowest load offered that does not; `None` where all steps meet it.
    pub lowest_above: Option<f64>,
    /// What came of it at each step.
    pub met: Vec<Met>,
}

/// Loads for a sweep around what is handled at most: from a tenth of it to a tenth more.
pub fn around(capacity: f64, count: usize) -> Vec<f64> {
    steps(AROUND.0 * capacity, AROUND.1 * capacity, count)
}

/// So many loads at equal distances, each to three digits. Not at equal ratios: latency grows with 1 / (1 − load), so
/// what is to be seen lies near the capacity, where equal ratios have their widest gaps.
#[expect(clippy::cast_precision_loss, reason = "few steps")]
pub fn steps(from: f64, to: f64, count: usize) -> Vec<f64> {
    let apart = (to - from) / count.saturating_sub(1).max(1) as f64;
    let mut steps: Vec<f64> = (0..count).map(|step| three_digits(from + apart * step as f64)).collect();
    steps.dedup();
    steps
}

fn three_digits(value: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    let unit = 10.0_f64.powf(value.log10().floor() - 2.0);
    // Dividing by a whole power has fewer digits left over than multiplying by its reciprocal.
    if unit >= 1.0 { (value / unit).round() * unit } else { (value / unit).round() / (1.0 / unit).round() }
}

impl SweepResult {
    /// What a sweep comes to; `limit` is what is required of a load.
    pub fn of(
        (header, manner): (Header, Manner),
        (capacity_closed_loop, mut points): (Option<f64>, Vec<Point>),
        limit: Option<&Requirement>,
    ) -> Self {
        points.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        let manner = Manner { rate: None, ..manner };
        let (knee, kept_up_to) = (knee(&points), kept_up_to(&points));
        let limit = limit.map(|requirement| Limit::of(&points, requirement));
        SweepResult { header, manner, capacity_closed_loop, points, knee, kept_up_to, limit }
    }
}

impl Point {
    /// A step at this rate, from its result.
    pub fn of(rate: f64, result: &LoadResult) -> Self {
        Point {
            rate,
            offered: result.offered_per_second,
            handled: result.handled_per_second,
            counts: result.counts,
            latency_planned: result.latency_planned.clone(),
            latency_sent: result.latency_sent.clone(),
            lateness: result.lateness.clone(),
            cpu_nanoseconds_per_sign_in: result.cpu_nanoseconds_per_sign_in,
            invalid: result.invalid.iter().chain(&result.audit.violations).cloned().collect(),
        }
    }

    /// Kleinrock's power; `None` of a step that is invalid or measured nothing.
    pub fn power(&self) -> Option<f64> {
        let mean = self.latency_planned.mean;
        (self.invalid.is_empty() && mean > 0.0).then(|| self.handled / (mean / 1e9))
    }

    /// Whether as much is handled as is offered, but for one in a hundred.
    pub fn keeps_up(&self) -> bool {
        self.handled >= KEPT_UP * self.offered
    }

    fn met(&self, requirement: &Requirement) -> Met {
        let met = requirement.judge(Figures {
            counts: self.counts,
            handled_per_second: self.handled,
            planned: &self.latency_planned,
            sent: &self.latency_sent,
            lateness: &self.lateness,
        });
        Met { met: met.met && self.invalid.is_empty(), ..met }
    }
}

/// The step at which Kleinrock's power is largest; of several the lowest.
pub fn knee(points: &[Point]) -> Option<Knee> {
    let powers: Vec<(&Point, f64)> =
        points.iter().filter_map(|point| Some((point, point.power()?))).collect();
    let mut best = 0;
    for (place, (_, power)) in powers.iter().enumerate() {
        if *power > powers[best].1 {
            best = place;
        }
    }
    let (point, power) = powers.get(best)?;
    let is_inside = best > 0 && best + 1 < powers.len();
    Some(Knee { offered: point.offered, handled: point.handled, power: *power, is_inside })
}

/// The highest load that is kept up with, as are all lower ones.
pub fn kept_up_to(points: &[Point]) -> Option<f64> {
    points
        .iter()
        .take_while(|point| point.invalid.is_empty() && point.keeps_up())
        .last()
        .map(|point| point.offered)
}

impl Limit {
    /// The highest of these steps, by their rates, that meets a requirement with all lower ones.
    pub fn of(points: &[Point], requirement: &Requirement) -> Self {
        let met: Vec<Met> = points.iter().map(|point| point.met(requirement)).collect();
        let meeting = met.iter().take_while(|met| met.met).count();
        let offered = |place: usize| points.get(place).map(|point| point.offered);
        Limit {
            requirement: requirement.to_string(),
            highest: meeting.checked_sub(1).and_then(offered),
            lowest_above: offered(meeting),
            met,
        }
    }
}

/// The rate to be tried next for the highest load under a limit: between the last that meets it and the first that
/// does not. `None` where every step meets it, or both are within 2 %.
pub fn next_to_try(points: &[Point], requirement: &Requirement) -> Option<f64> {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let meeting = sorted.iter().take_while(|point| point.met(requirement).met).count();
    let above = sorted.get(meeting)?.rate;
    let below = meeting.checked_sub(1).map_or(0.0, |place| sorted[place].rate);
    let between = three_digits(f64::midpoint(below, above));
    (above - below > NEAR_ENOUGH * above && between > below && between < above).then_some(between)
}

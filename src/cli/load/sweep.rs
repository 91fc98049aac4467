//! `flexmeter load --sweep`: the same load at several rates, from a tenth of what an open loop takes to a tenth more.

use std::time::Duration;

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::load::view::View;
use crate::load::requirement::Requirement;
use crate::load::result::{Header, LoadResult};
use crate::load::sweep::{Point, SweepResult, around, next_to_try};
use crate::load::trial::{Coming, Crowd, Trial};

/// How long the closed loop runs, and the open loop that is offered what that took, and their warm-ups. What comes of
/// the second says where the steps lie: in a closed loop who has just been answered asks again while everything about
/// him is still in the cache, and it takes several times as much.
const CAPACITY: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(1));

/// Further steps that look for the highest load under a limit.
const REFINED_MAX: usize = 6;

/// A sweep to be made.
pub(super) struct Sweep<'s> {
    /// The load, at any rate.
    pub(super) trial: Trial,
    /// Who asks.
    pub(super) crowd: &'s Crowd,
    /// What is run, and where.
    pub(super) header: &'s Header,
    /// How many rates.
    pub(super) steps: usize,
    /// The limit that the highest load is looked for under.
    pub(super) limit: Option<&'s Requirement>,
    /// Whether nothing is shown.
    pub(super) quiet: bool,
}

impl Sweep<'_> {
    /// Makes it.
    pub(super) fn result(&self) -> Result<SweepResult, Failure> {
        let (duration, warmup) = CAPACITY;
        let closed = Trial { coming: Coming::Closed, duration, warmup, stalled: None, ..self.trial };
        let capacity = self.step(&closed)?.handled_per_second;
        let overloaded = Trial { coming: self.coming(capacity), duration, warmup, ..self.trial };
        let takes = self.step(&overloaded)?.handled_per_second;
        if takes <= 0.0 {
            let text = "nothing was answered in time when much was offered; give fewer --users, or --duration of a load";
            return Err(Failure::input(text));
        }
        let mut points = Vec::new();
        for rate in around(takes, self.steps) {
            points.push(self.at(rate)?);
        }
        if let Some(limit) = self.limit {
            for _ in 0..REFINED_MAX {
                points.sort_by(|one: &Point, other| one.rate.total_cmp(&other.rate));
                let Some(rate) = next_to_try(&points, limit) else { break };
                points.push(self.at(rate)?);
            }
        }
        let manner = self.trial.manner(self.crowd);
        Ok(SweepResult::of((self.header.clone(), manner), (Some(capacity), points), self.limit))
    }

    fn coming(&self, rate: f64) -> Coming {
        match self.trial.coming {
            Coming::AtRate(arrivals, _) => Coming::AtRate(arrivals, rate),
            other => other,
        }
    }

    fn at(&self, rate: f64) -> Result<Point, Failure> {
        Ok(Point::of(rate, &self.step(&Trial { coming: self.coming(rate), ..self.trial })?))
    }

    fn step(&self, trial: &Trial) -> Result<LoadResult, Failure> {
        let view = View::of(trial.manner(self.crowd), self.quiet);
        let (result, _) = trial
            .run(self.crowd, self.header.clone(), &mut |_, interval, so_far| view.show(interval, so_far));
        interrupt::check()?;
        Ok(result)
    }
}

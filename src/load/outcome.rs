//! `Outcome`: what was measured, as a result: how many, how fast, and whether it may be believed.

use std::time::Duration;

use crate::load::intervals::IntervalHistograms;
use crate::load::measure::Noted;
use crate::load::result::{Audit, Counts, Header, Interval, Latency, LoadResult, Manner};
use crate::load::run::Measured;
use crate::load::schedule::SECOND;

/// A generator that was late by so much for one sign-in in a hundred did not offer what was planned.
const LATE_P99: Duration = Duration::from_millis(10);

/// Nor did one that stood still for so long at once.
const LATE_MAX: Duration = Duration::from_millis(250);

/// What a load came to.
pub struct Outcome<'m> {
    /// What was measured.
    pub measured: &'m Measured,
    /// Stretch by stretch.
    pub intervals: Vec<Interval>,
    /// What was found by the services.
    pub audit: Audit,
    /// CPU time of the process meanwhile, in nanoseconds.
    pub cpu_nanoseconds: u64,
}

impl Outcome<'_> {
    /// The result, as far as the load itself goes.
    pub fn result(self, header: Header, manner: Manner) -> LoadResult {
        let Measured { planned, sent, lateness, noted } = self.measured;
        let is_closed = manner.arrivals == "closed";
        let counts = counts(noted, &manner);
        let counted = manner.duration_seconds - manner.warmup_seconds;
        let ended = float(noted.last_answer) / SECOND;
        // By when answers came: what was planned in the warm-up may be answered after it.
        let handled =
            float(noted.served) / (ended - manner.warmup_seconds).max(counted).max(f64::MIN_POSITIVE);
        let offered = if is_closed { handled } else { float(counts.planned) / counted };
        let mut result = LoadResult {
            header,
            manner,
            counts,
            offered_per_second: offered,
            handled_per_second: handled,
            cpu_nanoseconds_per_sign_in: per_sign_in(self.cpu_nanoseconds, noted),
            latency_planned: Latency::of(planned),
            latency_sent: Latency::of(sent),
            lateness: Latency::of(lateness),
            invalid: Vec::new(),
            audit: self.audit,
            durable: None,
            baselines: Vec::new(),
            intervals: self.intervals,
            requirements: Vec::new(),
        };
        result.invalid = reasons(&result);
        result
    }
}

/// How many sign-ins there were.
pub fn counts(noted: &Noted, manner: &Manner) -> Counts {
    let answered = noted.admitted + noted.refused;
    // What a closed loop still waits for is as good as a sign-in each.
    let waiting = noted.requests_sent.saturating_sub(noted.requests_answered);
    let closed = (answered + waiting, answered + waiting);
    let (planned, sent) = if manner.arrivals == "closed" { closed } else { (noted.planned, noted.sent) };
    Counts {
        planned,
        sent,
        answered,
        admitted: noted.admitted,
        refused: noted.refused,
        not_sent: planned.saturating_sub(sent),
        not_answered: sent.saturating_sub(answered),
    }
}

/// A stretch as results tell it, with the sign-ins planned in it, the requests under way and the memory at its end.
pub fn interval(
    stretch: &IntervalHistograms,
    (planned, in_flight): (u64, u64),
    resident_kib: u64,
) -> Interval {
    Interval {
        until_seconds: (stretch.from + stretch.length).as_secs_f64(),
        seconds: stretch.length.as_secs_f64(),
        planned,
        answered: stretch.sent.len(),
        in_flight,
        resident_kib,
        latency_planned: Latency::of(&stretch.planned),
        latency_sent: Latency::of(&stretch.sent),
        lateness: Latency::of(&stretch.lateness),
    }
}

/// CPU time for two requests, a sign-in and its sign-out.
fn per_sign_in(cpu_nanoseconds: u64, noted: &Noted) -> f64 {
    match noted.requests_answered {
        0 => 0.0,
        answered => float(cpu_nanoseconds) * 2.0 / float(answered),
    }
}

/// Why the figures do not hold, with what to change.
fn reasons(result: &LoadResult) -> Vec<String> {
    let mut reasons = Vec::new();
    let (p99, max) = (result.lateness.percentile("p99"), result.lateness.percentile("max"));
    if u128::from(p99) > LATE_P99.as_nanos() || u128::from(max) > LATE_MAX.as_nanos() {
        let milliseconds = |nanoseconds: u64| float(nanoseconds) / 1e6;
        reasons.push(format!(
            "the generator was late: by {:.1} ms or more for one sign-in in a hundred, by {:.1} ms at most (bounds are {} \
             and {} ms). Offer less (--rate), leave it a core (--threads), or stop what else runs here (load {} before)",
            milliseconds(p99),
            milliseconds(max),
            LATE_P99.as_millis(),
            LATE_MAX.as_millis(),
            result.header.machine.load_before,
        ));
    }
    let Counts { planned, not_sent, not_answered, answered, .. } = result.counts;
    if not_sent > 0 {
        reasons.push(format!(
            "overloaded: {not_sent} of {planned} planned sign-ins were not sent before the end, so that what they \
             waited is missing. Offer less (--rate)"
        ));
    }
    if not_answered > 0 {
        reasons.push(format!(
            "{not_answered} sign-ins were sent and not answered before the end, so that what they waited is missing. Offer \
             less (--rate)"
        ));
    }
    if answered == 0 {
        reasons.push("no sign-in was answered after the warm-up. Run longer (--duration)".to_owned());
    }
    reasons
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds, to be divided")]
fn float(count: u64) -> f64 {
    count as f64
}

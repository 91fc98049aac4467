//! A load as it is watched: a few lines, drawn anew every second.

use crate::load::measure::Noted;
use crate::load::result::Interval;
use crate::report::duration::time;
use crate::report::load::per_second;
use crate::report::page::filters::thousands;

/// The last second and all so far, each line shorter than 80 characters.
pub fn live(interval: &Interval, noted: &Noted, duration_seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "sign-ins of a second")]
    let rate = |count: u64| per_second(count as f64 / interval.seconds.max(f64::MIN_POSITIVE));
    let count = |count: u64| thousands(&count.to_string());
    let latency = &interval.latency_planned;
    let [p50, p99, p99_9, max] = ["p50", "p99", "p99.9", "max"].map(|name| time(latency.percentile(name)));
    let waiting = noted.planned.saturating_sub(noted.sent);
    [
        format!(
            "{:.0} of {duration_seconds:.0} s   planned {}/s   handled {}/s",
            interval.until_seconds,
            rate(interval.planned),
            rate(interval.answered)
        ),
        format!(
            "under way {}   waiting to be sent {}   refused {}",
            count(interval.in_flight),
            count(waiting),
            count(noted.refused)
        ),
        format!("last second, from the planned instant: p50 {p50}   p99 {p99}"),
        format!(
            "   p99.9 {p99_9}   max {max}   generator late p99 {}",
            time(interval.lateness.percentile("p99"))
        ),
    ]
    .join("\n")
}

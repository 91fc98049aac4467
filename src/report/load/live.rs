//! A load while it runs, in a few lines.

use crate::load::result::{Counts, Interval, Latency};
use crate::report::load::{rate, time};

/// Columns of the bar.
const BAR: usize = 24;

/// How far a load has come, and what was measured.
#[derive(Clone, Debug, Default)]
pub struct LiveState {
    /// Seconds since it began.
    pub elapsed_seconds: f64,
    /// For how many seconds sign-ins are planned, warm-up included.
    pub total_seconds: f64,
    /// What of it is not counted.
    pub warmup_seconds: f64,
    /// The last stretch, a second say; its `in_flight` is what is under way now.
    pub last: Interval,
    /// How many sign-ins there were so far, after the warm-up.
    pub counts: Counts,
    /// From the planned instant to the answer, of all so far.
    pub latency_planned: Latency,
    /// How late the generator was, all so far.
    pub lateness: Latency,
    /// Why the figures do not hold, as far as is known.
    pub invalid: Vec<String>,
}

/// The lines, none wider than `width` columns; always as many while nothing is invalid.
pub fn live(state: &LiveState, width: u16) -> String {
    let mut lines = vec![
        progress(state),
        row("", &["offered/s", "handled/s", "p50", "p99", "p99.9", "max", "late p99"].map(str::to_owned)),
    ];
    let last = &state.last;
    let of_last = (last.planned, last.answered, last.seconds);
    lines.push(figures("last", of_last, (&last.latency_planned, &last.lateness)));
    let counted = state.elapsed_seconds.min(state.total_seconds) - state.warmup_seconds;
    let of_all = (state.counts.planned, state.counts.answered, counted);
    lines.push(figures("all", of_all, (&state.latency_planned, &state.lateness)));
    lines.push(format!(
        "{} in flight · {} not sent · {} refused",
        last.in_flight, state.counts.not_sent, state.counts.refused
    ));
    lines.extend(state.invalid.first().map(|why| format!("INVALID: {why}")));
    lines.iter().map(|line| cut(line, width.into()) + "\n").collect()
}

fn progress(state: &LiveState) -> String {
    let LiveState { elapsed_seconds, total_seconds, warmup_seconds, .. } = state;
    let share = if *total_seconds > 0.0 { (elapsed_seconds / total_seconds).clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns")]
    let done = (share * 24.0).round() as usize;
    let bar = format!("{}{}", "█".repeat(done), "░".repeat(BAR - done));
    let what = match () {
        () if elapsed_seconds < warmup_seconds => "  warm-up, not counted",
        () if elapsed_seconds > total_seconds => "  waiting for answers",
        () => "",
    };
    format!("{bar} {elapsed_seconds:.0} of {total_seconds:.0} s{what}")
}

fn figures(
    name: &str,
    (planned, answered, seconds): (u64, u64, f64),
    (latency, lateness): (&Latency, &Latency),
) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let a_second = |count: u64| if seconds > 0.0 { rate(count as f64 / seconds) } else { "–".to_owned() };
    let cell = |latency: &Latency, name: &str| match latency.count {
        0 => "–".to_owned(),
        _ => time(latency.percentile(name)),
    };
    let of = |name| cell(latency, name);
    let late = cell(lateness, "p99");
    row(name, &[a_second(planned), a_second(answered), of("p50"), of("p99"), of("p99.9"), of("max"), late])
}

fn row(name: &str, cells: &[String; 7]) -> String {
    let [offered, handled, times @ ..] = cells;
    let times: Vec<String> = times.iter().map(|cell| format!("{cell:>8}")).collect();
    format!("{name:<4} {offered:>10} {handled:>10} {}", times.join(" "))
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

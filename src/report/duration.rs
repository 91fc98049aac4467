//! Durations of real time for people: three digits and the unit that suits.

/// Nanoseconds as a person reads them: `812 ns`, `56.0 µs`, `4.53 ms`, `1.37 s`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn time(nanoseconds: u64) -> String {
    let (value, unit) = match nanoseconds {
        ..1_000 => return format!("{nanoseconds} ns"),
        ..999_500 => (nanoseconds as f64 / 1e3, "µs"),
        ..999_500_000 => (nanoseconds as f64 / 1e6, "ms"),
        _ => (nanoseconds as f64 / 1e9, "s"),
    };
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$} {unit}")
}

//! Shares and durations as the command line takes them.

use crate::meter::instant::Span;
use crate::scenario::duration;

/// A share from 0 to 1, exclusive: `5%` or `0.05`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (number, whole) =
        text.trim().strip_suffix('%').map_or((text.trim(), 1.0), |text| (text.trim(), 100.0));
    let share = number.parse::<f64>().map(|number| number / whole);
    let share = share.ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "must be a share above 0 and below 1, like 5% or 0.05".to_owned())
}

/// A duration: `1h 30m`.
pub(super) fn duration(text: &str) -> Result<Span, String> {
    duration::parse(text).ok_or_else(|| "must be a duration like 30m, 2h or 1h 30m".to_owned())
}

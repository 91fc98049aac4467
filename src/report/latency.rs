//! How long decisions took: percentiles of a histogram of nanoseconds.

use hdrhistogram::Histogram;
use serde_json::json;

use crate::load::result::PERCENTILES;

/// Lines of the percentile table per halving of the distance to 100 %.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// The percentile distribution as plotters of `.hgrm` files read it.
#[expect(clippy::cast_precision_loss, reason = "the format itself has twelve digits")]
pub fn hgrm(latency: &Histogram<u64>) -> String {
    let mut text =
        format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let mut count = 0;
    for step in latency.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        count += step.count_since_last_iteration();
        let (value, quantile) = (step.value_iterated_to() as f64, step.quantile_iterated_to());
        text += &format!("{value:>12.3} {quantile:>14.12} {count:>10}");
        if quantile < 1.0 {
            text += &format!(" {:>14.2}", 1.0 / (1.0 - quantile));
        }
        text.push('\n');
    }
    text += &format!("#[Mean    = {:>12.3}, StdDeviation   = {:>12.3}]\n", latency.mean(), latency.stdev());
    text += &format!("#[Max     = {:>12.3}, Total count    = {:>12}]\n", latency.max() as f64, latency.len());
    text
}

/// The same in short.
pub fn json(latency: &Histogram<u64>) -> String {
    // The largest is told to the digit, beside them.
    let percentiles = PERCENTILES.iter().filter(|(name, _)| *name != "max");
    let percentiles =
        percentiles.map(|(name, quantile)| ((*name).to_owned(), latency.value_at_quantile(*quantile)));
    let value = json!({
        "what": "time the metering core took for a decision on a sign-in",
        "unit": "ns",
        "count": latency.len(),
        "min": latency.min(),
        "mean": latency.mean(),
        "max": latency.max(),
        "percentiles": percentiles.collect::<std::collections::BTreeMap<_, _>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

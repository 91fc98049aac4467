//! `IntervalHistograms`: what was measured in a stretch of a load, in full.

use std::time::Duration;

use hdrhistogram::Histogram;

/// What was measured in a stretch of a load, by when answers came. Times are nanoseconds.
#[derive(Clone, Debug)]
pub struct IntervalHistograms {
    /// When it begins, since the load began.
    pub from: Duration,
    /// How long it is.
    pub length: Duration,
    /// From the planned instant to the answer.
    pub planned: Histogram<u64>,
    /// From the sending to the answer.
    pub sent: Histogram<u64>,
    /// How late the generator was.
    pub lateness: Histogram<u64>,
}

//! A load second by second with all its times, as an interval log of `HdrHistogram` (`.hlog`).

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::load::intervals::IntervalHistograms;
use crate::load::result::Header;
use crate::report::load::machine;
use crate::scenario::calendar::from_iso;

/// Maxima of lines, which only people read, are in milliseconds.
const NANOSECONDS_OF_A_MAXIMUM: f64 = 1e6;

/// The log: a header of comments, then for each interval three histograms of nanoseconds, with the tags `planned`,
/// `sent` and `lateness`. Instants are seconds since the load began; the base time says when that was.
pub fn interval_log(header: &Header, intervals: &[IntervalHistograms]) -> Vec<u8> {
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment("[Latency of sign-ins in nanoseconds; interval log format version 1.3]");
    for line in machine::header(header) {
        builder.add_comment(&line);
    }
    if let Some(began) = from_iso(&header.began) {
        // As the crate writes them, whose own way takes a clock's instant.
        for name in ["StartTime", "BaseTime"] {
            builder.add_comment(&format!("[{name}: {}.000 (seconds since epoch)]", began.seconds()));
        }
    }
    builder.with_max_value_divisor(NANOSECONDS_OF_A_MAXIMUM);
    let mut writer = builder.begin_log_with(&mut log, &mut serializer).expect("memory takes it");
    for interval in intervals {
        let tagged: [(&str, &Histogram<u64>); 3] =
            [("planned", &interval.planned), ("sent", &interval.sent), ("lateness", &interval.lateness)];
        for (tag, histogram) in tagged {
            let tag = Tag::new(tag);
            writer.write_histogram(histogram, interval.from, interval.length, tag).expect("memory takes it");
        }
    }
    log
}

//! The interval log (`.hlog`) of a load: every second's histograms in full, as `HdrHistogram`'s own tools read them.

use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriter, IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use crate::load::intervals::IntervalHistograms;
use crate::load::result::Header;
use crate::report::load::headed;

/// Nanoseconds of the milliseconds in which the log tells each second's largest value.
const MILLISECOND: f64 = 1e6;

/// Writes seconds as they come, three histograms each, under the tags `planned`, `sent` and `late`.
pub struct IntervalLog<'l, W: Write> {
    writer: IntervalLogWriter<'l, 'l, W, V2DeflateSerializer>,
}

impl<'l, W: Write> IntervalLog<'l, W> {
    /// A log that says first what was run, and where.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn begin(
        header: &Header,
        (out, serializer): (&'l mut W, &'l mut V2DeflateSerializer),
    ) -> io::Result<Self> {
        let mut builder = IntervalLogWriterBuilder::new();
        for line in headed(header) {
            builder.add_comment(&line);
        }
        builder.add_comment("values in nanoseconds, times in seconds since the load began");
        builder.with_max_value_divisor(MILLISECOND).with_base_time(UNIX_EPOCH);
        Ok(IntervalLog { writer: builder.begin_log_with(out, serializer)? })
    }

    /// A second more; what was not measured in it has no line.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn add(&mut self, interval: &IntervalHistograms) -> io::Result<()> {
        let of = [("planned", &interval.planned), ("sent", &interval.sent), ("late", &interval.lateness)];
        for (name, histogram) in of.into_iter().filter(|(_, histogram)| !histogram.is_empty()) {
            let tag = Tag::new(name).expect("a tag of letters");
            let written = self.writer.write_histogram(histogram, interval.from, interval.length, Some(tag));
            written.map_err(|error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
            })?;
        }
        Ok(())
    }
}

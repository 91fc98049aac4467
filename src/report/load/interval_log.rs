//! A load second by second with all its times, as an interval log of `HdrHistogram` (`.hlog`).

use std::io::{self, Write};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriter, IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use crate::load::intervals::IntervalHistograms;
use crate::load::result::Header;
use crate::report::load::machine;
use crate::scenario::calendar::from_iso;

/// Maxima of lines, which only people read, are in milliseconds.
const NANOSECONDS_OF_A_MAXIMUM: f64 = 1e6;

/// Writes an interval log, second by second: three histograms of nanoseconds each, with the tags `planned`, `sent` and
/// `lateness`. Instants are seconds since the load began; the base time says when that was.
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
        Ok(IntervalLog { writer: builder.begin_log_with(out, serializer)? })
    }

    /// A stretch more.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn add(&mut self, interval: &IntervalHistograms) -> io::Result<()> {
        let tagged: [(&str, &Histogram<u64>); 3] =
            [("planned", &interval.planned), ("sent", &interval.sent), ("lateness", &interval.lateness)];
        for (tag, histogram) in tagged {
            let written =
                self.writer.write_histogram(histogram, interval.from, interval.length, Tag::new(tag));
            written.map_err(|error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
            })?;
        }
        Ok(())
    }
}

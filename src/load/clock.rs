//! `Clock`: real time as a load counts it: nanoseconds for latency, whole seconds for the meter.

use tokio::time::{Duration, Instant};

use crate::meter::instant::{Instant as MeterInstant, Span};

/// A clock that began to run with the load.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    /// The meter's instant then.
    start: MeterInstant,
    /// Seconds of the meter for a second of real time.
    pace: f64,
}

impl Clock {
    /// A clock that begins to run now.
    #[expect(clippy::disallowed_methods, reason = "a load is measured in real time")]
    pub fn begin(start: MeterInstant, pace: f64) -> Self {
        Clock { began: Instant::now(), start, pace }
    }

    /// Nanoseconds since the load began.
    pub fn nanoseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).expect("a load takes less than 500 years")
    }

    /// The same as the scheduler's own instants.
    pub fn at(&self, nanoseconds: u64) -> Instant {
        self.began + Duration::from_nanos(nanoseconds)
    }

    /// The meter's instant now: whole seconds, rounded down.
    pub fn meter_now(&self) -> MeterInstant {
        #[expect(clippy::cast_possible_truncation, reason = "rounded down to whole seconds")]
        let seconds = (self.began.elapsed().as_secs_f64() * self.pace) as i64;
        self.start + Span::from_seconds(seconds)
    }
}

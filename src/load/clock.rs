//! `Clock`: real time as a load counts it: nanoseconds for latency, whole seconds for the meter.

use std::sync::{Arc, OnceLock};

use tokio::time::{Duration, Instant};

use crate::meter::instant::{Instant as MeterInstant, Span};

/// A clock that stands at its beginning until the load begins. Its copies run with it.
#[derive(Clone, Debug)]
pub struct Clock {
    began: Arc<OnceLock<Instant>>,
    /// The meter's instant then.
    start: MeterInstant,
    /// Seconds of the meter for a second of real time.
    pace: f64,
}

impl Clock {
    /// A clock that does not run yet.
    pub fn new(start: MeterInstant, pace: f64) -> Self {
        Clock { began: Arc::new(OnceLock::new()), start, pace }
    }

    /// From now on it runs.
    #[expect(clippy::disallowed_methods, reason = "a load is measured in real time")]
    pub fn begin(&self) {
        self.began.get_or_init(Instant::now);
    }

    /// Nanoseconds since the load began.
    pub fn nanoseconds(&self) -> u64 {
        u64::try_from(self.elapsed().as_nanos()).expect("a load takes less than 500 years")
    }

    /// So many nanoseconds after the beginning, as the scheduler's timers take it.
    ///
    /// # Panics
    /// If it does not run yet.
    pub fn at(&self, nanoseconds: u64) -> Instant {
        *self.began.get().expect("the load has begun") + Duration::from_nanos(nanoseconds)
    }

    /// The meter's instant now: whole seconds, rounded down.
    pub fn meter_now(&self) -> MeterInstant {
        #[expect(clippy::cast_possible_truncation, reason = "rounded down to whole seconds")]
        let seconds = (self.elapsed().as_secs_f64() * self.pace) as i64;
        self.start + Span::from_seconds(seconds)
    }

    fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }
}

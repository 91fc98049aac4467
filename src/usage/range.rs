//! `Range`: the days that usage is asked for, as the pages offer them (RULES 5.4).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use crate::meter::instant::{Instant, Span};
use crate::scenario::calendar::{Day, Zone};

/// A range as somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The last 30 days, today included.
    Last30Days,
    /// So many completed calendar months: 3, 6, 9 or 12.
    Months(u32),
    /// From a date to a date, both included.
    Between(NaiveDate, NaiveDate),
}

impl Asked {
    /// The ranges that have a name, in the order in which pages offer them.
    pub const NAMED: [Asked; 5] =
        [Asked::Last30Days, Asked::Months(3), Asked::Months(6), Asked::Months(9), Asked::Months(12)];
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
        let form = || format!("`{text}` is no range; write 30d, 3m, 6m, 9m, 12m or 2026-01-01..2026-03-31");
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
    /// By how many months its total is divided for a monthly average, 1 at least: those of its name, 1 for 30
    /// days, else the calendar months that it touches, over or not (RULES 5.5).
    pub months: u32,
}

impl Range {
    /// The days that are meant when a run ends at an instant, which itself is not in it.
    pub fn new(asked: Asked, end: Instant, zone: &Zone) -> Range {
        let today = Day::from(zone.local(end + Span::from_seconds(-1)).date());
        let this_month = first_of_month(zone.local(end).date());
        let (first, after, months) = match asked {
            Asked::Last30Days => (today.plus(-29), today.plus(1), 1),
            Asked::Months(months) => {
                let first = this_month.checked_sub_months(chrono::Months::new(months));
                (Day::from(first.expect("within the calendar")), Day::from(this_month), months)
            }
            Asked::Between(from, to) => (Day::from(from), Day::from(to).plus(1), months_between(from, to)),
        };
        Range { asked, first, after, months }
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
    let month = |date: NaiveDate| date.year() * 12 + i32::try_from(date.month0()).expect("below 12");
    u32::try_from(month(to) - month(from) + 1).expect("in order")
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).expect("every month has a first")
}

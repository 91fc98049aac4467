//! `Dates`: how an export writes its days; where a date can be read in two ways, somebody has to say which.

use chrono::NaiveDate;

use crate::scenario::calendar::Day;
use crate::scenario::usage_export::Misread;
use crate::scenario::usage_export::sheet::{Cell, Line};

/// What comes first in a date such as `3/2/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 2 March.
    MonthFirst,
    /// 3 February.
    DayFirst,
}

/// The days of one export.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dates {
    /// The order that was stated, else the only one in which all of its dates can be read.
    order: Option<DateOrder>,
}

/// A date as it was written.
enum Written {
    Day(Day),
    /// Two numbers before the year.
    Pair(u32, u32, i32),
}

impl Dates {
    /// How the lines of an export write the dates in these columns.
    pub(crate) fn of(lines: &[Line], columns: &[usize], stated: Option<DateOrder>) -> Dates {
        let cells = lines.iter().flat_map(|line| columns.iter().filter_map(|place| line.cells.get(*place)));
        let (mut month_first, mut day_first) = (true, true);
        for cell in cells {
            if let (Cell::Text(text), true) = (cell, stated.is_none())
                && let Some(Written::Pair(first, second, _)) = written(text)
            {
                month_first &= first <= 12;
                day_first &= second <= 12;
            }
        }
        let order = stated.or(match (month_first, day_first) {
            (true, false) => Some(DateOrder::MonthFirst),
            (false, true) => Some(DateOrder::DayFirst),
            _ => None,
        });
        Dates { order }
    }

    /// The day that a cell names.
    pub(crate) fn read(self, cell: &Cell) -> Result<Day, Misread> {
        let text = cell.text();
        let read = match cell {
            Cell::Day(day) => return Ok(*day),
            Cell::Number(serial) => from_serial(serial).map(Written::Day),
            _ => written(&text),
        };
        let wrong = || {
            let help = "a date is written 2026-03-02, also with a time, or 3/2/2026 with --dates mdy or dmy";
            (format!("`{text}` is no date"), help.to_owned())
        };
        let (first, second, year) = match read.ok_or_else(wrong)? {
            Written::Day(day) => return Ok(day),
            Written::Pair(first, second, year) => (first, second, year),
        };
        let by = |order: DateOrder| match order {
            DateOrder::MonthFirst => date(year, first, second),
            DateOrder::DayFirst => date(year, second, first),
        };
        if let Some(order) = self.order {
            return by(order).ok_or_else(|| {
                let (stated, other) = match order {
                    DateOrder::MonthFirst => ("month", "dmy"),
                    DateOrder::DayFirst => ("day", "mdy"),
                };
                let help =
                    format!("if the day and the month stand the other way round, say so: --dates {other}");
                (format!("`{text}` is no date with the {stated} first"), help)
            });
        }
        match (by(DateOrder::MonthFirst), by(DateOrder::DayFirst)) {
            (Some(one), Some(other)) if one == other => Ok(one),
            (Some(one), Some(other)) => {
                let [one, other] = [one, other].map(|day| day.date().format("%-d %B %Y").to_string());
                let help = "say which comes first, the month or the day: --dates mdy or --dates dmy";
                Err((format!("`{text}` may be {one} or {other}"), help.to_owned()))
            }
            (one, other) => one.or(other).ok_or_else(wrong),
        }
    }
}

/// A date, and perhaps a time, which says nothing of the day.
fn written(text: &str) -> Option<Written> {
    let (date_text, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let of_time = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | 'Z' | 'A' | 'P' | 'M' | ' ');
    if !time.chars().all(of_time) {
        return None;
    }
    let separator = date_text.chars().find(|c| !c.is_ascii_digit()).filter(|c| "-/.".contains(*c))?;
    let parts: Vec<&str> = date_text.split(separator).collect();
    let number = |part: &str| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let [one, two, three] = parts[..] else { return None };
    let numbers = [number(one)?, number(two)?, number(three)?];
    let year = |number: u32| i32::try_from(number).expect("four digits");
    match [one.len(), three.len()] {
        [4, _] => date(year(numbers[0]), numbers[1], numbers[2]).map(Written::Day),
        [_, 4] => Some(Written::Pair(numbers[0], numbers[1], year(numbers[2]))),
        _ => None,
    }
}

fn date(year: i32, month: u32, day: u32) -> Option<Day> {
    (1000..9998).contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten().map(Day::from)
}

/// A day as spreadsheets count, from the last days of 1899 on; hours are its fraction.
fn from_serial(serial: &str) -> Option<Day> {
    const EPOCH: i32 = -25_569;
    let whole = serial.split_once('.').map_or(serial, |(whole, _)| whole);
    let days: i32 = whole.parse().ok()?;
    // From 1990 to 2099: other numbers are something else, such as 20260302.
    (32_874..73_051).contains(&days).then_some(Day(EPOCH + days))
}

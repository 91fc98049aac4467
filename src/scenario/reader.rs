//! `Table` and `Value`: typed reading of a TOML document that keeps going after an error.
//!
//! serde stops at the first error and loses the lines of tagged enums, so a table is asked key by key:
//! whatever is wrong becomes a [`Problem`] at its place, and at the end the keys nobody asked for are.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};
use toml::value::{Datetime, Offset};

use crate::meter::instant::{Instant, Span};
use crate::meter::tokens::{Tokens, TokensError};
use crate::scenario::calendar::{ClockChange, Zone, midnight};
use crate::scenario::duration;
use crate::scenario::problem::{Problem, nearest};

/// Everything found wrong so far.
pub(crate) type Problems = Vec<Problem>;

/// A table of the file, and the keys it has been asked for.
pub(crate) struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// What it is called in messages, such as `[[team]]`.
    pub(crate) what: String,
    /// Where it stands.
    pub(crate) place: Range<usize>,
    asked: Vec<&'static str>,
}

/// Characters that turn the direction of the text around them.
const TEXT_DIRECTION: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// A value of the file.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    value: &'a Spanned<DeValue<'a>>,
    key: &'static str,
}

impl<'a> Table<'a> {
    pub(crate) fn new(entries: &'a DeTable<'a>, what: impl Into<String>, place: Range<usize>) -> Self {
        Table { entries, what: what.into(), place, asked: Vec::new() }
    }

    /// The value of a key, if it is there.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let value = self.entries.get(key)?;
        Some(Value { value, key })
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&mut self, key: &'static str, problems: &mut Problems) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            let title = format!("{} has no `{key}`", self.what);
            problems.push(Problem::new(self.place.clone(), title, format!("`{key}` is missing here")));
        }
        value
    }

    /// Every key with its value, for tables whose keys are names.
    pub(crate) fn every(&self, what: &'static str) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        self.entries.iter().map(move |(key, value)| (key.as_ref().as_ref(), Value { value, key: what }))
    }

    /// Where a key stands, without asking for its value.
    pub(crate) fn key_place(&self, key: &str) -> Option<Range<usize>> {
        self.entries.get_key_value(key).map(|(key, _)| key.span())
    }

    /// The meaning of a key's word, if it is there and known.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        self.get(key).and_then(|value| value.one_of(words, problems))
    }

    /// The tables of an array of tables; absent is empty.
    pub(crate) fn tables(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Table<'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let what = format!("[[{key}]]");
        if matches!(value.value.get_ref(), DeValue::Table(_)) {
            let title = format!("`[{key}]` must be `{what}`");
            problems.push(Problem::new(value.place(), title, "write the name in double brackets"));
            return Vec::new();
        }
        let items = value.list(problems).unwrap_or_default();
        items.into_iter().filter_map(|item| item.table(&what, problems)).collect()
    }

    /// Reports the keys nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.entries {
            if !self.asked.contains(&key.as_ref().as_ref()) {
                let title = format!("unknown key `{}` in {}", key.as_ref(), self.what);
                let help = nearest(key.as_ref(), self.asked.iter().copied());
                problems.push(Problem::new(key.span(), title, "this key means nothing here").help(help));
            }
        }
    }
}

impl<'a> Value<'a> {
    /// Where it stands.
    pub(crate) fn place(self) -> Range<usize> {
        self.value.span()
    }

    /// A text.
    pub(crate) fn text(self, problems: &mut Problems) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => self.wrong_type("a text in quotes", problems),
        }
    }

    /// A text without what would steer a terminal.
    pub(crate) fn plain_text(self, problems: &mut Problems) -> Option<&'a str> {
        let text = self.text(problems)?;
        if text.contains(|c: char| c.is_control() || TEXT_DIRECTION.contains(&c)) {
            let title = format!("`{}` holds control characters", self.key);
            problems.push(Problem::new(self.place(), title, "write it without them"));
            return None;
        }
        Some(text)
    }

    /// A plain text of at least one character.
    pub(crate) fn name(self, problems: &mut Problems) -> Option<&'a str> {
        let text = self.plain_text(problems)?;
        if text.trim().is_empty() {
            problems.push(Problem::new(self.place(), format!("`{}` is empty", self.key), "a name goes here"));
            return None;
        }
        Some(text)
    }

    /// Yes or no.
    pub(crate) fn yes(self, problems: &mut Problems) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            _ => self.wrong_type("true or false", problems),
        }
    }

    /// A whole number from 0 on.
    pub(crate) fn whole(self, problems: &mut Problems) -> Option<u64> {
        match self.value.get_ref() {
            DeValue::Integer(number) => {
                let read = whole_number(number);
                if read.is_none() {
                    let title = format!("`{}` is out of range", self.key);
                    let label = format!("must be a whole number from 0 to {}", u64::MAX);
                    problems.push(Problem::new(self.place(), title, label));
                }
                read
            }
            _ => self.wrong_type("a whole number", problems),
        }
    }

    /// A decimal with at most three digits, in thousandths.
    pub(crate) fn tokens(self, problems: &mut Problems) -> Option<Tokens> {
        let read = match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse::<Tokens>(),
            DeValue::Float(number) => number.as_str().parse(),
            DeValue::Integer(_) => return self.wrong_type("written in decimal", problems),
            _ => return self.wrong_type("a number", problems),
        };
        let label = match read {
            Ok(tokens) => return Some(tokens),
            Err(TokensError::NotANumber) => "write a plain decimal, such as 7 or 0.5",
            Err(TokensError::TooFine) => "at most three digits behind the point",
            Err(TokensError::TooLarge) => "at most 1,000,000,000",
        };
        let title = format!("`{}` is not an amount (RULES 1.1)", self.key);
        problems.push(Problem::new(self.place(), title, label));
        None
    }

    /// A decimal with at most three digits, from 0 on.
    pub(crate) fn amount(self, problems: &mut Problems) -> Option<Tokens> {
        let amount = self.tokens(problems)?;
        if amount < Tokens::ZERO {
            let title = format!("`{}` is negative", self.key);
            problems.push(Problem::new(self.place(), title, "must be 0 or more"));
            return None;
        }
        Some(amount)
    }

    /// A number of a range, both ends included.
    pub(crate) fn decimal(self, (low, high): (f64, f64), problems: &mut Problems) -> Option<f64> {
        let text = match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return self.wrong_type("a number", problems),
        };
        let read = text.parse().ok().filter(|number| (low..=high).contains(number));
        if read.is_none() {
            let title = format!("`{}` is out of range", self.key);
            problems.push(Problem::new(self.place(), title, format!("must be from {low} to {high}")));
        }
        read
    }

    /// A time of day such as "08:45", as the time since midnight.
    pub(crate) fn time_of_day(self, problems: &mut Problems) -> Option<Span> {
        let text = self.text(problems)?;
        let read = NaiveTime::parse_from_str(text, "%H:%M").ok();
        if read.is_none() {
            let title = format!("`{}` is not a time of day", self.key);
            problems.push(Problem::new(self.place(), title, "write hours and minutes, such as \"08:45\""));
        }
        read.map(|time| Span::from_seconds(time.num_seconds_from_midnight().into()))
    }

    /// A length of time such as "5m" or "1h 30m".
    pub(crate) fn duration(self, problems: &mut Problems) -> Option<Span> {
        let text = self.text(problems)?;
        let read = duration::parse(text);
        if read.is_none() {
            let title = format!("`{}` is not a duration", self.key);
            let problem = Problem::new(self.place(), title, "not read as a length of time");
            problems.push(
                problem.help("write whole days, hours, minutes and seconds: \"5m\", \"1h 30m\", \"2d\""),
            );
        }
        read
    }

    /// An instant; without an offset it is read in `zone`.
    pub(crate) fn instant(self, zone: &Zone, problems: &mut Problems) -> Option<Instant> {
        let DeValue::Datetime(stamp) = self.value.get_ref() else {
            return self.wrong_type("a date and time, such as 2026-03-02T08:00:00Z", problems);
        };
        match read_instant(stamp, zone) {
            Ok(instant) => Some(instant),
            Err((label, help)) => {
                let title = format!("`{}` is not an instant", self.key);
                problems.push(Problem { help, ..Problem::new(self.place(), title, label) });
                None
            }
        }
    }

    /// Whether it is a date and time without an offset.
    pub(crate) fn is_local(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Datetime(Datetime { offset: None, .. }))
    }

    /// A date, meaning its first instant in UTC, or an instant.
    pub(crate) fn date(self, zone: &Zone, problems: &mut Problems) -> Option<Instant> {
        match self.value.get_ref() {
            DeValue::Datetime(Datetime { date: Some(date), time: None, .. }) => {
                NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()).map(midnight)
            }
            _ => self.instant(zone, problems),
        }
    }

    /// A time zone.
    pub(crate) fn zone(self, problems: &mut Problems) -> Option<Zone> {
        let name = self.text(problems)?;
        let zone = Zone::named(name);
        if zone.is_none() {
            let title = format!("unknown time zone `{name}`");
            let names = Zone::names();
            let problem = Problem::new(self.place(), title, "not a name of the IANA zone database");
            problems.push(problem.help(nearest(name, names.iter().map(String::as_str))));
        }
        zone
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(self, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let text = self.text(problems)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let title = format!("`{}` can't be \"{text}\"", self.key);
            let help = nearest(text, words.iter().map(|(word, _)| *word));
            problems.push(Problem::new(self.place(), title, "unknown word").help(help));
        }
        found
    }

    /// The items of a list.
    pub(crate) fn list(self, problems: &mut Problems) -> Option<Vec<Value<'a>>> {
        match self.value.get_ref() {
            DeValue::Array(items) => Some(items.iter().map(|value| Value { value, key: self.key }).collect()),
            _ => self.wrong_type("a list in brackets", problems),
        }
    }

    /// A table.
    pub(crate) fn table(self, what: &str, problems: &mut Problems) -> Option<Table<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Table::new(table, what, self.place())),
            _ => self.wrong_type("a table", problems),
        }
    }

    /// Whether it is a list with that text in it.
    pub(crate) fn lists_text(self, text: &str) -> bool {
        let DeValue::Array(items) = self.value.get_ref() else { return false };
        items.iter().any(|item| matches!(item.get_ref(), DeValue::String(item) if item == text))
    }

    /// Whether it is a list.
    pub(crate) fn is_list(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    /// Whether it is a table.
    pub(crate) fn is_table(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    /// Whether it is a text.
    pub(crate) fn is_text(self) -> bool {
        matches!(self.value.get_ref(), DeValue::String(_))
    }

    fn wrong_type<T>(self, wanted: &str, problems: &mut Problems) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let title = format!("`{}` has the wrong type", self.key);
        problems.push(Problem::new(self.place(), title, format!("this is {found}; it must be {wanted}")));
        None
    }
}

/// A whole number from 0 on, in whatever notation.
pub(crate) fn whole_number(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// What to say at the place, and the way out.
pub(crate) type Complaint = (String, Option<String>);

/// A written instant; without an offset it is read in a zone.
pub(crate) fn read_instant(stamp: &Datetime, zone: &Zone) -> Result<Instant, Complaint> {
    let (Some(date), Some(time)) = (stamp.date, stamp.time) else {
        let example = "write date and time, such as 2026-03-02T08:00:00Z";
        return Err(("this has no date or no time of day".to_owned(), Some(example.to_owned())));
    };
    if time.nanosecond.unwrap_or(0) != 0 {
        return Err(("instants are whole seconds; this is finer".to_owned(), None));
    }
    let local: Option<NaiveDateTime> =
        NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()).and_then(|date| {
            date.and_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into())
        });
    let Some(local) = local.filter(|_| (1000..=9997).contains(&date.year)) else {
        return Err((
            "there is no such time: years go from 1000 to 9997, seconds from 0 to 59".to_owned(),
            None,
        ));
    };
    match stamp.offset {
        Some(Offset::Z) => Ok(Instant::from_seconds(local.and_utc().timestamp())),
        Some(Offset::Custom { minutes }) => {
            Ok(Instant::from_seconds(local.and_utc().timestamp() - i64::from(minutes) * 60))
        }
        None => zone.instant(local).map_err(|change| match change {
            ClockChange::Skipped([a, b]) => {
                (format!("clocks in {zone} skip this time"), Some(format!("write an offset: {a} or {b}")))
            }
            ClockChange::Repeated([a, b]) => (
                format!("clocks in {zone} show this time twice"),
                Some(format!("write an offset: {a} (the earlier) or {b} (the later)")),
            ),
        }),
    }
}

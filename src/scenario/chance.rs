//! `Chance`: how likely somebody uses a product on a day, stated, or as it was seen to be, by weekday.

use chrono::Weekday;

use crate::scenario::office::WEEKDAYS;
use crate::scenario::problem::Problem;
use crate::scenario::random::Draws;
use crate::scenario::reader::{Problems, Value};

/// A chance of use per working day.
#[derive(Clone, Debug, PartialEq)]
pub enum Chance {
    /// The same on every working day.
    Every(Likelihood),
    /// One for each weekday, Monday first.
    ByWeekday([Likelihood; 7]),
}

/// A chance, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likelihood {
    /// Stated, from 0 to 1, of the days at work.
    Stated(f64),
    /// As it was seen, days off among the days: each simulated person draws a chance that fits it.
    Seen {
        /// Days of use.
        used: f64,
        /// Days seen.
        days: f64,
    },
}

impl Likelihood {
    /// The chance itself, or the share of days.
    pub fn mean(self) -> f64 {
        match self {
            Likelihood::Stated(chance) => chance,
            Likelihood::Seen { used, days } => used / days,
        }
    }

    /// A chance that fits it: what was seen, and before it one day, or whatever is counted, that was no different.
    pub(crate) fn drawn(self, draws: &mut Draws) -> f64 {
        Chance::Every(self).drawn(draws, 1.0)[0]
    }

    fn seen(self) -> (f64, f64) {
        match self {
            Likelihood::Stated(_) => (0.0, 0.0),
            Likelihood::Seen { used, days } => (used, days),
        }
    }

    /// Whether it is drawn.
    pub fn is_seen(self) -> bool {
        matches!(self, Likelihood::Seen { .. })
    }

    /// Reads `0.6` or `[30, 39]`.
    pub(crate) fn read(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if !value.is_list() {
            return value.decimal((0.0, 1.0), problems).map(Likelihood::Stated);
        }
        let numbers = value.list(problems)?;
        let [used, days] = numbers[..] else {
            let label = "must be two numbers: how often it was so, and of how many";
            problems.push(Problem::new(value.place(), "a chance as it was seen", label));
            return None;
        };
        let days = days.decimal((1e-3, 1e6), problems)?;
        let used = used.decimal((0.0, days), problems)?;
        Some(Likelihood::Seen { used, days })
    }
}

impl Chance {
    /// Never.
    pub const NEVER: Chance = Chance::Every(Likelihood::Stated(0.0));

    /// Reads `0.6`, `[30, 39]`, or a table of them by weekday, in which a weekday that is missing has none.
    pub(crate) fn read(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        if !value.is_table() {
            return Likelihood::read(value, problems).map(Chance::Every);
        }
        let mut table = value.table("a chance by weekday", problems)?;
        let before = problems.len();
        let chances = WEEKDAYS.map(|(day, _)| {
            let value = table.get(day);
            value.and_then(|value| Likelihood::read(value, problems)).unwrap_or(Likelihood::Stated(0.0))
        });
        table.finish(problems);
        (problems.len() == before).then_some(Chance::ByWeekday(chances))
    }

    /// The chance on a weekday as it is stated, or the share of days it was seen.
    pub fn on(&self, weekday: Weekday) -> Likelihood {
        match self {
            Chance::Every(chance) => *chance,
            Chance::ByWeekday(chances) => chances[weekday.num_days_from_monday() as usize],
        }
    }

    /// Whether each simulated person draws their own.
    pub fn is_seen(&self) -> bool {
        match self {
            Chance::Every(chance) => chance.is_seen(),
            Chance::ByWeekday(chances) => chances.iter().any(|chance| chance.is_seen()),
        }
    }

    fn sums(&self) -> (f64, f64) {
        let add = |one: (f64, f64), other: (f64, f64)| (one.0 + other.0, one.1 + other.1);
        match self {
            Chance::Every(chance) => chance.seen(),
            Chance::ByWeekday(chances) => chances.iter().map(|chance| chance.seen()).fold((0.0, 0.0), add),
        }
    }

    /// The share of days on which use was seen; `None` where it is stated.
    pub(crate) fn share_seen(&self) -> Option<f64> {
        let (used, days) = self.sums();
        (days > 0.0).then(|| used / days)
    }

    /// The chance of each weekday for one person.
    ///
    /// A chance that was seen comes from the beta distribution that fits it: what was seen, and before it one day on
    /// which use was as likely as on all weekdays together. Where days off come in a row, days of use tell less than
    /// their number: each counts as `counts` of one.
    pub(crate) fn drawn(&self, draws: &mut Draws, counts: f64) -> [f64; 7] {
        let chances = match self {
            Chance::Every(chance) => std::slice::from_ref(chance),
            Chance::ByWeekday(chances) => chances,
        };
        let (used, days) = self.sums();
        let least = (0.5 / (days + 1.0)).min(0.02);
        let before = if days > 0.0 { (used / days).clamp(least, 1.0 - least) } else { 0.5 };
        let mut drawn = chances.iter().map(|chance| match *chance {
            Likelihood::Stated(chance) => chance,
            Likelihood::Seen { used, days } => {
                draws.beta((used + before) * counts, (days - used + 1.0 - before) * counts)
            }
        });
        match self {
            Chance::Every(_) => [drawn.next().expect("there is one"); 7],
            Chance::ByWeekday(_) => std::array::from_fn(|_| drawn.next().expect("there are seven")),
        }
    }
}

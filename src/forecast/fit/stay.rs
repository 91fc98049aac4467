//! `Stay`: from when to when somebody was there, and how many come and go.

use crate::forecast::fit::absence::{Absence, UsedBefore};
use crate::forecast::fit::shares::Exposure;
use crate::forecast::history::{History, PastPerson};

/// From when to when somebody was there, as far as their use shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The first day that tells how often they use something.
    pub from: usize,
    /// The last.
    pub to: usize,
    /// The day of their first use, where they were not there before.
    pub joined: Option<usize>,
    /// The day of their last use, where they are gone since.
    pub left: Option<usize>,
}

/// How many come and go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turnover {
    /// Who came after the beginning.
    pub joined: usize,
    /// Who left before the end.
    pub left: usize,
    /// Working days on which somebody was there, of all people together.
    person_days: f64,
    /// Working days of the history.
    working_days: f64,
    /// Days of the history in which somebody's coming or going can be told.
    pub days: f64,
}

/// What a person comes and goes by before anything is known: once in ten years.
const RARE: f64 = 1.0 / 2_500.0;

/// What is added to those who came and to those who left, each: that nobody was seen to does not say that nobody will.
/// One more, as if before anything was seen every rate had been as likely as any other.
pub(crate) const UNSEEN: f64 = 1.0;

/// Days at either end of a history in which nobody's absence is long enough to tell.
const BLIND: f64 = 14.0;

/// The shortest history from which coming and going is told, in days.
const DAYS_MIN: usize = 60;

impl Turnover {
    /// Before anything is known.
    pub(crate) fn unknown(history: &History) -> Self {
        Turnover { joined: 0, left: 0, person_days: 0.0, working_days: 0.0, days: told_days(history) }
    }

    #[expect(clippy::cast_precision_loss, reason = "days of people")]
    pub(crate) fn of(history: &History, exposure: &Exposure, stays: &[Stay]) -> Self {
        if !is_told(history) {
            return Turnover::unknown(history);
        }
        let days = history.people.iter().zip(stays);
        let days = days.map(|(person, stay)| exposure.days(person.team, (stay.from, stay.to)).count());
        Turnover {
            joined: stays.iter().filter(|stay| stay.joined.is_some()).count(),
            left: stays.iter().filter(|stay| stay.left.is_some()).count(),
            person_days: days.sum::<usize>() as f64,
            working_days: exposure.days(0, (0, history.days - 1)).count() as f64,
            days: told_days(history),
        }
    }

    /// The chance that somebody comes on a working day, or goes.
    #[expect(clippy::cast_precision_loss, reason = "people are few")]
    fn chance(&self, count: usize) -> f64 {
        (count as f64 + 1.0) / (self.person_days + 1.0 / RARE)
    }

    /// How many left, and of how many stays of some days: what a person's chance to leave within them is drawn from.
    /// `None` where a history is too short to tell.
    #[expect(clippy::cast_precision_loss, reason = "people are few")]
    pub fn leaves_within(&self, days: f64) -> Option<(f64, f64)> {
        if self.person_days <= 0.0 {
            return None;
        }
        let there = (self.person_days / self.working_days.max(1.0)).max(1.0);
        let left = self.left as f64 + UNSEEN;
        Some((left, (there * self.days / days).max(left)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "days of a history")]
fn told_days(history: &History) -> f64 {
    let days = history.days as f64;
    (days - BLIND).max(days / 2.0)
}

/// Whether a history is long enough to tell who comes and goes.
pub fn is_told(history: &History) -> bool {
    !history.is_total && history.days >= DAYS_MIN
}

/// The stays of everybody, in the order of the history.
pub(crate) fn all(history: &History, exposure: &Exposure, terms: (&Absence, &Turnover)) -> Vec<Stay> {
    let whole = Stay { from: 0, to: history.days - 1, joined: None, left: None };
    if !is_told(history) {
        return vec![whole; history.people.len()];
    }
    let pattern = pattern(history, exposure);
    let judge = Judge { history, exposure, terms, pattern };
    history.people.iter().map(|person| judge.stay(person)).collect()
}

/// How likely use is on each weekday, beside the mean of all.
fn pattern(history: &History, exposure: &Exposure) -> [f64; 7] {
    let (mut used, mut seen) = ([0.0; 7], [0.0; 7]);
    for person in &history.people {
        for place in exposure.days(person.team, (0, history.days - 1)) {
            let weekday = exposure.weekday(place);
            seen[weekday] += 1.0;
            used[weekday] += f64::from(u8::from(person.on(place)));
        }
    }
    let mean = used.iter().sum::<f64>() / seen.iter().sum::<f64>().max(1.0);
    std::array::from_fn(|day| if seen[day] > 0.0 { used[day] / seen[day] / mean.max(1e-9) } else { 0.0 })
}

/// Judges who was there.
struct Judge<'f> {
    history: &'f History,
    exposure: &'f Exposure,
    terms: (&'f Absence, &'f Turnover),
    pattern: [f64; 7],
}

impl Judge<'_> {
    #[expect(clippy::cast_precision_loss, reason = "days of a history")]
    fn stay(&self, person: &PastPerson) -> Stay {
        let end = self.history.days - 1;
        let used: Vec<usize> = (0..=end).filter(|place| person.on(*place)).collect();
        let (Some(first), Some(last)) = (used.first().copied(), used.last().copied()) else {
            return Stay { from: 0, to: end, joined: None, left: None };
        };
        let days = self.exposure.days(person.team, (first, last)).count();
        // The first and the last day of use are what the days between are chosen by; five days more without use keep
        // few days from saying much.
        let share = (used.len() as f64 - 1.0).max(0.0) / (days as f64 + 4.0);
        let (absence, turnover) = self.terms;
        let silence = |from: usize, to: usize| {
            let days = self.exposure.days(person.team, (from, to));
            let shares: Vec<f64> =
                days.map(|place| (share * self.pattern[self.exposure.weekday(place)]).min(0.97)).collect();
            absence.silence(shares.into_iter(), UsedBefore::Yes)
        };
        let joined = first > 0 && silence(0, first - 1) < turnover.chance(turnover.joined);
        let left = last < end && silence(last + 1, end) < turnover.chance(turnover.left);
        Stay {
            from: if joined { first + 1 } else { 0 },
            to: if left { last } else { end },
            joined: joined.then_some(first),
            left: left.then_some(last),
        }
    }
}

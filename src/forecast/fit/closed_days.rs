//! `Closed`: days on which a whole team used nothing, or next to nothing, although it would have: tokens had run out,
//! or nobody worked. Which of the two it was, an export does not say.

use crate::forecast::fit::absence::{Absence, UsedBefore};
use crate::forecast::fit::shares::Exposure;
use crate::forecast::fit::stay::Stay;
use crate::forecast::history::History;
use crate::scenario::calendar::Day;

/// Days that a team was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The number of the team.
    pub team: usize,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// How it is known.
    pub known: Known,
}

/// How it is known that a team was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Somebody said so.
    Stated,
    /// Nobody used anything.
    Silent,
    /// Far fewer than usual used anything: what was left open went on, or a silence began or ended on that day.
    Few,
}

/// The days on which teams were closed.
#[derive(Clone, Debug)]
pub struct Closed {
    /// For each team and day.
    on: Vec<Vec<Option<Known>>>,
    /// The same as stretches.
    pub stretches: Vec<Stretch>,
}

/// Silence of a team that is less likely than this is no chance: its logarithm, of one in a million.
const NO_CHANCE: f64 = -13.8;

/// What makes a day beside a silence part of it: below that share of what is expected, and by so many standard
/// deviations.
const FEW_BESIDE: (f64, f64) = (0.7, 3.5);

/// The same for a day by itself.
const FEW: (f64, f64) = (0.3, 6.0);

/// The stated days, for each team.
pub(crate) fn stated(history: &History, days: &[(Day, Day)]) -> Vec<Vec<Option<Known>>> {
    let on = |place: usize| {
        let day = history.day(place);
        days.iter().any(|(first, last)| (*first..=*last).contains(&day)).then_some(Known::Stated)
    };
    vec![(0..history.days).map(on).collect(); history.teams.len()]
}

impl Closed {
    pub(crate) fn new(history: &History, on: &[Vec<Option<Known>>]) -> Self {
        let mut stretches = Vec::new();
        for (team, days) in on.iter().enumerate() {
            for of_stretch in
                (0..days.len()).collect::<Vec<_>>().chunk_by(|one, two| days[*one] == days[*two])
            {
                let (first, last) = (of_stretch[0], of_stretch[of_stretch.len() - 1]);
                if let Some(known) = days[first] {
                    stretches.push(Stretch {
                        team,
                        first: history.day(first),
                        last: history.day(last),
                        known,
                    });
                }
            }
        }
        Closed { on: on.to_vec(), stretches }
    }

    /// Whether a team was closed on a day.
    pub fn on(&self, team: usize, place: usize) -> bool {
        self.on[team][place].is_some()
    }

    /// Those that are stated, and those that show.
    pub(crate) fn found(
        history: &History,
        stated: &[Vec<Option<Known>>],
        (exposure, stays, absence): (&Exposure, &[Stay], &Absence),
    ) -> Self {
        let mut on = stated.to_vec();
        for (team, days) in on.iter_mut().enumerate() {
            let usual = Usual::of(history, team, (exposure, stays, absence));
            usual.find(days);
        }
        Closed::new(history, &on)
    }
}

/// What a team usually does.
struct Usual<'f> {
    absence: &'f Absence,
    /// Its people: from when to when, and the share of days of any use, by weekday.
    people: Vec<(Stay, [f64; 7])>,
    /// Charges a day of people without names, by weekday.
    crowds: [f64; 7],
    /// How many used something on each day.
    counts: Vec<u32>,
    weekdays: Vec<usize>,
}

impl<'f> Usual<'f> {
    fn of(
        history: &History,
        team: usize,
        (exposure, stays, absence): (&Exposure, &[Stay], &'f Absence),
    ) -> Self {
        let mut counts = vec![0; history.days];
        let mut people = Vec::new();
        let of_team = history.people.iter().zip(stays).filter(|(person, _)| person.team == team);
        for (person, stay) in of_team {
            let (mut used, mut seen) = ([0.0; 7], [0.0; 7]);
            for place in exposure.days(team, (stay.from, stay.to)) {
                seen[exposure.weekday(place)] += 1.0;
                used[exposure.weekday(place)] += f64::from(u8::from(person.on(place)));
            }
            (0..history.days).filter(|place| person.on(*place)).for_each(|place| counts[place] += 1);
            people.push((*stay, std::array::from_fn(|day| used[day] / f64::max(seen[day], 1.0))));
        }
        let mut crowds = [0.0; 7];
        for crowd in history.crowds.iter().filter(|crowd| crowd.team == team) {
            let mut seen = [0.0; 7];
            let mut sums = [0.0; 7];
            for place in exposure.days(team, (0, history.days - 1)) {
                seen[exposure.weekday(place)] += 1.0;
                sums[exposure.weekday(place)] += f64::from(crowd.counts[place]);
            }
            (0..7).for_each(|day| crowds[day] += sums[day] / f64::max(seen[day], 1.0));
            (0..history.days).for_each(|place| counts[place] += crowd.counts[place]);
        }
        let weekdays = (0..history.days).map(|place| exposure.weekday(place)).collect();
        Usual { absence, people, crowds, counts, weekdays }
    }

    /// Marks the days on which it was closed.
    fn find(&self, days: &mut [Option<Known>]) {
        let is_silent = |place: &usize| self.counts[*place] == 0;
        let places: Vec<usize> = (0..days.len()).collect();
        for place in places.iter().filter(|place| !is_silent(place) && self.is_few(**place, FEW)) {
            days[*place].get_or_insert(Known::Few);
        }
        for run in places.chunk_by(|one, other| is_silent(one) == is_silent(other)) {
            let run = self.trimmed(run);
            let Some((first, last)) = run.first().zip(run.last()).filter(|(first, _)| is_silent(first))
            else {
                continue;
            };
            if self.silence(run) >= NO_CHANCE {
                continue;
            }
            for place in run {
                days[*place].get_or_insert(Known::Silent);
            }
            for beside in [first.checked_sub(1), Some(last + 1)].into_iter().flatten() {
                if beside < days.len() && self.is_few(beside, FEW_BESIDE) {
                    days[beside].get_or_insert(Known::Few);
                }
            }
        }
    }

    /// A silence without the weekends around it.
    fn trimmed<'r>(&self, run: &'r [usize]) -> &'r [usize] {
        let busiest = (0..7).map(|day| self.usual(day, None).0).fold(0.0, f64::max);
        let counts = |place: &&usize| self.usual(self.weekdays[**place], None).0 > busiest * 0.1;
        let first = run.iter().position(|place| counts(&place)).unwrap_or(run.len());
        let last = run.iter().rposition(|place| counts(&place)).map_or(first, |last| last + 1);
        &run[first.min(last)..last]
    }

    /// The logarithm of the chance that nobody uses anything on any of some days.
    fn silence(&self, run: &[usize]) -> f64 {
        let mut sum = -run.iter().map(|place| self.crowds[self.weekdays[*place]]).sum::<f64>();
        for (stay, shares) in &self.people {
            let there = run.iter().filter(|place| (stay.from..=stay.to).contains(place));
            let shares = there.map(|place| shares[self.weekdays[*place]]);
            sum += libm::log(self.absence.silence(shares, UsedBefore::Unknown));
        }
        sum
    }

    /// How many use something on a weekday, and the variance; of those who are there on a day, if one is given.
    fn usual(&self, weekday: usize, place: Option<usize>) -> (f64, f64) {
        let there = |stay: &Stay| place.is_none_or(|place| (stay.from..=stay.to).contains(&place));
        let shares = self.people.iter().filter(|(stay, _)| there(stay)).map(|(_, shares)| shares[weekday]);
        shares.fold((self.crowds[weekday], self.crowds[weekday]), |(mean, variance), share| {
            (mean + share, variance + share * (1.0 - share))
        })
    }

    fn is_few(&self, place: usize, (part, deviations): (f64, f64)) -> bool {
        let (mean, variance) = self.usual(self.weekdays[place], Some(place));
        let seen = f64::from(self.counts[place]);
        seen < part * mean && seen < mean - deviations * variance.sqrt()
    }
}

//! `Shares`: on how many of which days somebody used a product.

use chrono::Weekday;

use crate::forecast::fit::closed_days::Closed;
use crate::forecast::fit::season::Seasons;
use crate::forecast::fit::stay::Stay;
use crate::forecast::history::{History, PastPerson};

/// Days of use and days seen, by weekday from Monday on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Days of use.
    pub used: [f64; 7],
    /// Days seen; where a season made use more or less likely, as many usual days.
    pub days: [f64; 7],
}

impl Shares {
    /// Days of use and days seen on all weekdays.
    pub fn sums(&self) -> (f64, f64) {
        (self.used.iter().sum(), self.days.iter().sum())
    }

    /// The share of a weekday.
    pub fn of(&self, weekday: usize) -> f64 {
        if self.days[weekday] > 0.0 { (self.used[weekday] / self.days[weekday]).min(1.0) } else { 0.0 }
    }
}

/// Which days count, and how much, team by team.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Weekdays that count, from Monday on.
    works: [bool; 7],
    /// The weekday of each day of the history.
    weekdays: Vec<usize>,
    /// For each team and day how much the day counts.
    weights: Vec<Vec<f64>>,
}

impl Exposure {
    /// Every day of these weekdays counts.
    pub(crate) fn new(history: &History, weekdays: &[Weekday]) -> Self {
        let mut works = [false; 7];
        for day in weekdays {
            works[day.num_days_from_monday() as usize] = true;
        }
        let weekdays: Vec<usize> = (0..history.days).map(|place| history.weekday(place)).collect();
        let of_days = weekdays.iter().map(|weekday| f64::from(u8::from(works[*weekday])));
        let weights = vec![of_days.collect::<Vec<_>>(); history.teams.len()];
        Exposure { works, weekdays, weights }
    }

    /// Leaves out the days on which teams were closed.
    pub(crate) fn close(&mut self, closed: &Closed) {
        for (team, weights) in self.weights.iter_mut().enumerate() {
            for (place, weight) in weights.iter_mut().enumerate() {
                let counts = self.works[self.weekdays[place]] && !closed.on(team, place);
                *weight = f64::from(u8::from(counts));
            }
        }
    }

    /// Lets each day count as much as its season makes use likely.
    pub(crate) fn weigh(&mut self, history: &History, seasons: &Seasons) {
        for weights in &mut self.weights {
            for (place, weight) in weights.iter_mut().enumerate() {
                *weight *= seasons.times(history.day(place));
            }
        }
    }

    /// How much a day counts for a team; 0 where it does not.
    pub fn weight(&self, team: usize, place: usize) -> f64 {
        self.weights[team][place]
    }

    /// The days that count for a team from one to another, both included.
    pub fn days(&self, team: usize, (from, to): (usize, usize)) -> impl Iterator<Item = usize> + '_ {
        let end = (to + 1).min(self.weekdays.len());
        (from.min(end)..end).filter(move |place| self.weights[team][*place] > 0.0)
    }

    /// The weekday of a day, from 0 on Monday.
    pub fn weekday(&self, place: usize) -> usize {
        self.weekdays[place]
    }

    /// How many weekdays count.
    pub fn working_days(&self) -> usize {
        self.works.iter().filter(|works| **works).count()
    }
}

/// The shares of everybody for each of their products, in the order of the history.
pub(crate) fn all(history: &History, exposure: &Exposure, stays: &[Stay]) -> Vec<Vec<Shares>> {
    let of_person = |(person, stay): (&PastPerson, &Stay)| {
        let mut seen = [0.0; 7];
        for place in exposure.days(person.team, (stay.from, stay.to)) {
            seen[exposure.weekday(place)] += exposure.weight(person.team, place);
        }
        let shares = person.uses.iter().map(|uses| {
            let mut used = [0.0; 7];
            if history.is_total {
                spread(f64::from(uses.times), &seen, &mut used);
            }
            for place in exposure.days(person.team, (stay.from, stay.to)) {
                used[exposure.weekday(place)] += f64::from(u8::from(uses.on.get(place) == Some(&true)));
            }
            let most = |weekday: usize| seen[weekday].max(used[weekday]);
            Shares { used, days: std::array::from_fn(most) }
        });
        shares.collect()
    };
    history.people.iter().zip(stays).map(of_person).collect()
}

/// Days of use of a total, evenly over the days seen.
fn spread(times: f64, seen: &[f64; 7], used: &mut [f64; 7]) {
    let all: f64 = seen.iter().sum();
    for (used, seen) in used.iter_mut().zip(seen) {
        *used = (times * seen / all.max(1.0)).min(*seen);
    }
}

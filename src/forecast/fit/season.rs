//! `Seasons`: months in which more or less was used than people's own chances explain.

use chrono::Datelike;

use crate::forecast::fit::absence::Absence;
use crate::forecast::fit::shares::{Exposure, Shares};
use crate::forecast::fit::stay::Stay;
use crate::forecast::history::History;
use crate::scenario::calendar::Day;

/// What use is multiplied by in the months of the year.
#[derive(Clone, Debug, PartialEq)]
pub struct Seasons {
    /// For each month, January first, the factor and its standard deviation.
    pub months: [(f64, f64); 12],
    /// Whether the factors are those of the year: a year of history can show them.
    pub recur: bool,
    /// How much months differ beyond chance: a standard deviation, as a share of use.
    pub spread: f64,
    /// Whether the history has every month of the year.
    pub whole_year: bool,
}

/// What was used in a month, and what people's own chances explain.
#[derive(Clone, Copy, Debug, Default)]
struct Month {
    used: f64,
    expected: f64,
    variance: f64,
    days: usize,
}

impl Month {
    fn factor(&self) -> f64 {
        self.used / self.expected
    }

    fn variance(&self) -> f64 {
        (self.variance / (self.expected * self.expected)).max(1e-9)
    }
}

/// Days of a month that must be there for it to say something.
const DAYS_MIN: usize = 8;

/// Charges of a month below which it says nothing.
const CHARGES_MIN: f64 = 20.0;

impl Seasons {
    /// Fitted to the months of a history.
    #[expect(clippy::cast_precision_loss, reason = "months of a history")]
    pub(crate) fn of(
        history: &History,
        exposure: &Exposure,
        fitted: (&[Stay], &[Vec<Shares>], &Absence),
    ) -> Seasons {
        let none = Seasons { months: [(1.0, 0.0); 12], recur: false, spread: 0.0, whole_year: false };
        if history.is_total {
            return none;
        }
        let months = months(history, exposure, fitted);
        let whole_year = (0..12)
            .all(|of_year| months.iter().any(|(place, month)| *place == of_year && month.days >= DAYS_MIN));
        let told: Vec<(usize, Month)> = months
            .into_iter()
            .filter(|(_, month)| month.days >= DAYS_MIN && month.expected >= CHARGES_MIN)
            .collect();
        if told.len() < 4 {
            return Seasons { whole_year, ..none };
        }
        // How much months differ beyond chance, by the method of moments.
        let weights: Vec<f64> = told.iter().map(|(_, month)| 1.0 / month.variance()).collect();
        let sum: f64 = weights.iter().sum();
        let mean =
            told.iter().zip(&weights).map(|((_, month), weight)| month.factor() * weight).sum::<f64>() / sum;
        let apart = |month: &Month| (month.factor() - mean) * (month.factor() - mean);
        let far: f64 = told.iter().zip(&weights).map(|((_, month), weight)| apart(month) * weight).sum();
        let free = told.len() as f64 - 1.0;
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        if far < free + 2.0 * (2.0 * free).sqrt() {
            return Seasons { whole_year, ..none };
        }
        let variance = ((far - free) / (sum - squares / sum)).max(0.0);
        let spread = variance.sqrt();
        if !whole_year {
            return Seasons {
                months: [(1.0, spread * (1.0 + 1.0 / told.len() as f64).sqrt()); 12],
                spread,
                ..none
            };
        }
        let mut factors = [(1.0, spread); 12];
        for (of_year, factor) in factors.iter_mut().enumerate() {
            let of_month = told.iter().filter(|(place, _)| *place == of_year).map(|(_, month)| month);
            let weight: f64 = of_month.clone().map(|month| 1.0 / month.variance()).sum();
            let sum: f64 = of_month.map(|month| month.factor() / month.variance()).sum();
            // What one year shows is drawn towards the mean by as much as chance may have made of it.
            let precision = weight + 1.0 / variance;
            *factor = ((sum + mean / variance) / precision, (1.0 / precision).sqrt());
        }
        // The usual month is the middle one: the chances that stand in the file are its chances.
        let mut sorted = factors.map(|(factor, _)| factor);
        sorted.sort_by(f64::total_cmp);
        let usual = f64::midpoint(sorted[5], sorted[6]);
        let months = factors.map(|(factor, sd)| (factor / usual, sd / usual));
        Seasons { months, recur: true, spread, whole_year }
    }

    /// What use is multiplied by on a day.
    pub fn times(&self, day: Day) -> f64 {
        self.months[day.date().month0() as usize].0
    }
}

/// The months of a history, each with its place in the year.
fn months(
    history: &History,
    exposure: &Exposure,
    (stays, shares, absence): (&[Stay], &[Vec<Shares>], &Absence),
) -> Vec<(usize, Month)> {
    let mut months: Vec<(usize, Month)> = Vec::new();
    let mut of_day = Vec::with_capacity(history.days);
    let mut last = None;
    for place in 0..history.days {
        let date = history.day(place).date();
        if last != Some((date.year(), date.month())) {
            last = Some((date.year(), date.month()));
            months.push((date.month0() as usize, Month::default()));
        }
        let counts = (0..history.teams.len()).any(|team| exposure.weight(team, place) > 0.0);
        months.last_mut().expect("just added").1.days += usize::from(counts);
        of_day.push(months.len() - 1);
    }
    // Covariance with the days before and after, and of several products on one day, where days off make them alike.
    let odds = absence.share / (1.0 - absence.share);
    let alike = 2.0 * odds * absence.alike() / (1.0 - absence.alike());
    for ((person, stay), shares) in history.people.iter().zip(stays).zip(shares) {
        for place in exposure.days(person.team, (stay.from, stay.to)) {
            let month = &mut months[of_day[place]].1;
            let (mut all, mut squares) = (0.0, 0.0);
            for (uses, shares) in person.uses.iter().zip(shares) {
                let share = shares.of(exposure.weekday(place));
                month.used += f64::from(u8::from(uses.on[place]));
                month.variance += share * (1.0 - share);
                all += share;
                squares += share * share;
            }
            month.expected += all;
            month.variance += all * all * alike + (all * all - squares) * odds;
        }
    }
    for crowd in &history.crowds {
        let (mut used, mut seen) = ([0.0; 7], [0.0; 7]);
        for place in exposure.days(crowd.team, (0, history.days - 1)) {
            seen[exposure.weekday(place)] += 1.0;
            used[exposure.weekday(place)] += f64::from(crowd.counts[place]);
        }
        for place in exposure.days(crowd.team, (0, history.days - 1)) {
            let (month, weekday) = (&mut months[of_day[place]].1, exposure.weekday(place));
            let mean = used[weekday] / f64::max(seen[weekday], 1.0);
            month.used += f64::from(crowd.counts[place]);
            month.expected += mean;
            month.variance += mean;
        }
    }
    months.retain(|(_, month)| month.expected > 0.0);
    months
}

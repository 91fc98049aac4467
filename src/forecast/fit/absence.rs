//! `Absence`: how days without any use come in rows: leave, illness, work without the product.

use crate::forecast::fit::shares::Exposure;
use crate::forecast::fit::stay::Stay;
use crate::forecast::history::{History, PastPerson};

/// Days off, as an office habit has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Absence {
    /// The share of working days off.
    pub share: f64,
    /// How many come in a row, on average.
    pub in_a_row: f64,
}

/// Working days between two of which it is asked whether they are alike.
const LAGS: usize = 10;

/// Days of use below which somebody's days say nothing of rows.
const DAYS_MIN: usize = 20;

impl Absence {
    /// What is assumed before anything is known.
    pub const USUAL: Absence = Absence { share: 0.09, in_a_row: 3.0 };
    /// Days of use that are each for itself.
    pub const NONE: Absence = Absence { share: 0.0, in_a_row: 1.0 };

    /// Fitted by how alike days of one person are that lie one, two, … working days apart.
    pub(crate) fn of(history: &History, exposure: &Exposure, stays: &[Stay]) -> Absence {
        let mut alike = Alike::default();
        for (person, stay) in history.people.iter().zip(stays) {
            alike.add(person, stay, exposure);
        }
        alike.fit()
    }

    /// The chance that a day off follows a day at work.
    pub fn begins(&self) -> f64 {
        (self.share / (1.0 - self.share) / self.in_a_row).min(1.0)
    }

    /// The chance that a day off follows another.
    pub fn goes_on(&self) -> f64 {
        1.0 - 1.0 / self.in_a_row
    }

    /// By how much the covariance of two days falls from one day to the next.
    pub fn alike(&self) -> f64 {
        (self.goes_on() - self.begins()).max(0.0)
    }

    /// The chance that somebody who uses something on these shares of working days uses nothing on any of them.
    /// `used_before` says whether the day before was one of use.
    pub(crate) fn silence(&self, shares: impl Iterator<Item = f64> + Clone, used_before: UsedBefore) -> f64 {
        let most = shares.clone().fold(0.0, f64::max);
        let share = self.share.min(1.0 - most).max(0.0);
        let (begins, goes_on) = ((share / (1.0 - share) / self.in_a_row).min(1.0), self.goes_on());
        let (mut at_work, mut off) = match used_before {
            UsedBefore::Yes => (1.0 - begins, begins),
            UsedBefore::Unknown => (1.0 - share, share),
        };
        for chance in shares {
            at_work *= 1.0 - (chance / (1.0 - share)).min(0.995);
            let leaves = at_work * begins;
            (at_work, off) = (at_work - leaves + off * (1.0 - goes_on), off * goes_on + leaves);
        }
        (at_work + off).max(f64::MIN_POSITIVE)
    }
}

/// What is known of the day before a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsedBefore {
    /// It was a day of use.
    Yes,
    /// Nothing.
    Unknown,
}

/// How alike days are, by how far they lie apart.
#[derive(Default)]
struct Alike {
    /// Sums of products of what days differ from their mean.
    together: [f64; LAGS],
    /// Sums of products of the means.
    means: [f64; LAGS],
    /// Sums of products of the variances, for how sure the first are.
    variances: [f64; LAGS],
}

impl Alike {
    #[expect(clippy::cast_precision_loss, reason = "days of a history")]
    fn add(&mut self, person: &PastPerson, stay: &Stay, exposure: &Exposure) {
        let days: Vec<usize> = exposure.days(person.team, (stay.from, stay.to)).collect();
        let on: Vec<bool> = days.iter().map(|place| person.on(*place)).collect();
        if on.iter().filter(|on| **on).count() < DAYS_MIN {
            return;
        }
        let (mut used, mut seen) = ([0.0; 7], [0.0; 7]);
        for (place, on) in days.iter().zip(&on) {
            let weekday = exposure.weekday(*place);
            used[weekday] += f64::from(u8::from(*on));
            seen[weekday] += 1.0;
        }
        let mean = |place: usize| used[exposure.weekday(place)] / seen[exposure.weekday(place)];
        let means: Vec<f64> = days.iter().map(|place| mean(*place)).collect();
        let off: Vec<f64> = on.iter().zip(&means).map(|(on, mean)| f64::from(u8::from(*on)) - mean).collect();
        // A mean that comes from the same days takes some of the likeness away.
        let short = days.len() as f64 / (days.len() as f64 - 2.0 * exposure.working_days() as f64).max(1.0);
        for lag in 1..=LAGS.min(days.len() - 1) {
            for place in lag..days.len() {
                self.together[lag - 1] += off[place] * off[place - lag] * short;
                self.means[lag - 1] += means[place] * means[place - lag];
                let variance = |place: usize| means[place] * (1.0 - means[place]);
                self.variances[lag - 1] += variance(place) * variance(place - lag);
            }
        }
    }

    /// The absence whose covariances come nearest, if they are more than chance.
    fn fit(&self) -> Absence {
        let sure: f64 = self.together[..3].iter().sum();
        let chance = self.variances[..3].iter().sum::<f64>().sqrt();
        if sure <= 2.0 * chance || chance <= 0.0 {
            return Absence::NONE;
        }
        let mut best = (f64::INFINITY, Absence::NONE);
        for share in (1..=80).map(|step| f64::from(step) * 0.005) {
            for in_a_row in (4..=80).map(|step| f64::from(step) * 0.25) {
                let absence = Absence { share, in_a_row };
                let far = self.distance(absence);
                if far < best.0 {
                    best = (far, absence);
                }
            }
        }
        best.1
    }

    fn distance(&self, absence: Absence) -> f64 {
        let (mut expected, falls) = (absence.share / (1.0 - absence.share), absence.alike());
        let mut far = 0.0;
        for lag in 0..LAGS {
            expected *= falls;
            if self.means[lag] > 0.0 {
                let seen = self.together[lag] / self.means[lag];
                far += self.means[lag] * (seen - expected) * (seen - expected);
            }
        }
        far
    }
}

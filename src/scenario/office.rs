//! `Office`: what the people of an office do, in figures, each with a default.

mod figures;

pub use crate::scenario::office::figures::WEEKDAYS;

use chrono::{Datelike, Weekday};

use crate::meter::id::{ProductId, VersionId};
use crate::scenario::calendar::{Day, Zone};
use crate::scenario::chance::{Chance, Likelihood};
use crate::scenario::distribution::Distribution;

/// Days of a year, leap years included.
const DAYS_A_YEAR: f64 = 365.25;

/// An office habit. A chance is a number from 0 to 1; a "working day" is one of the calendar: a weekday of
/// `working_days` that is no holiday.
#[derive(Clone, Debug)]
pub struct Office {
    /// The weekdays on which the office works; default Monday to Friday.
    pub working_days: Vec<Weekday>,
    /// Days on which nobody works, first and last of each stretch; default none.
    pub holidays: Vec<(Day, Day)>,
    /// Times of the year at which products are used more or less; default none.
    pub seasons: Vec<Season>,
    /// When a person arrives, in the zone where they are; default 09:00 ± 30m.
    pub arrives: Distribution,
    /// How long they stay, the break included; default 8h 30m ± 45m.
    pub stays: Distribution,
    /// The break in the middle of the day.
    pub pause: Pause,
    /// The chance of use per product and working day at work; default 0.6.
    pub uses: Chance,
    /// The same for products that have a chance of their own.
    pub uses_of: Vec<(ProductId, Chance)>,
    /// Mean sessions per product and day of use, at least 1; default 2.
    pub sessions: f64,
    /// The chance that there is only one: `e^(1 − sessions)`.
    pub(crate) no_second_session: f64,
    /// The chance that a day's first session begins within ten minutes of the arrival; default 0.5.
    pub opens_on_arrival: f64,
    /// How long a session lasts, if the day or the next session does not end it; default half under 2h,
    /// nine in ten under 5h.
    pub session: Distribution,
    /// The chance that a product not used that day is opened by accident; default 0.01.
    pub accidental: f64,
    /// How long an accident lasts; default 15s to 4m.
    pub accidental_session: Distribution,
    /// The chance that a day's last session stays open over night; default 0.02.
    pub forgotten_overnight: f64,
    /// The same where the next day is no working day; default 0.02.
    pub forgotten_weekend: f64,
    /// The chance that somebody who wants a product that they left open elsewhere has it closed there first;
    /// otherwise the policy `second_device` decides (RULES 3.6); default 0.5.
    pub closes_elsewhere: f64,
    /// The chance that a working day is one at home, on the device `home`; default 0.1.
    pub home: f64,
    /// The chance that a session in the office is opened on the device `laptop`; default 0.05.
    pub laptop: f64,
    /// The versions opened, each with its share of the sessions; default always 2026.
    pub versions: Vec<(VersionId, f64)>,
    /// Working days off a year and person: leave and illness; default 25.
    pub days_off: f64,
    /// How many of them come in a row, on average; default 3.
    pub days_off_in_a_row: f64,
    /// The chances that days off begin, and that a journey begins where they do not.
    pub(crate) goes: (f64, f64),
    /// Journeys; default none.
    pub trips: Option<Trips>,
    /// Times without connection (RULES 3.8); default none.
    pub offline: Option<Spells>,
    /// What a refused user does.
    pub refused: Refused,
}

/// The break in the middle of the day.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    /// When it starts; default 12:30 ± 20m.
    pub starts: Distribution,
    /// How long it lasts; default 30m to 1h.
    pub lasts: Distribution,
    /// The chance that open sessions are closed for it, and opened again after it; default 0.3.
    pub signs_out: f64,
}

/// A time of the year.
#[derive(Clone, Copy, Debug)]
pub struct Season {
    /// Its first day, as month and day.
    pub from: (u32, u32),
    /// Its last day; before the first, it runs over the turn of the year.
    pub until: (u32, u32),
    /// What the chance of use is multiplied by.
    pub times: f64,
    /// The standard deviation of that, drawn once for a seed and everybody with the habit; default 0.
    pub sd: f64,
}

/// Journeys: the person works on the device `laptop`, at the hours of the zone they are in.
#[derive(Clone, Debug)]
pub struct Trips {
    /// Journeys a year and person.
    pub per_year: f64,
    /// Working days of a journey, on average; default 4.
    pub days: f64,
    /// Where they lead; each is as likely as the others.
    pub zones: Vec<Zone>,
}

/// Times without connection: each begins at some moment of a working day, on the device of that day.
#[derive(Clone, Copy, Debug)]
pub struct Spells {
    /// How many a year and person.
    pub per_year: f64,
    /// How long they last; default half under 6h, nine in ten under 30h.
    pub lasts: Distribution,
}

/// What a refused user does; who neither tries again nor takes another product gives up for the day.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// The chance to try again; default 0.6.
    pub retry: f64,
    /// The chance to take the group's next product instead, in the order of its list, two minutes later; default 0.1.
    pub other_product: f64,
    /// The wait before a session's first new try, at least five minutes, and twice as long before each further one;
    /// default 45m on average, exponential.
    pub retry_after: Distribution,
    /// How many times at most; default 3.
    pub retries: u32,
}

impl Office {
    /// Whether the office works on a day.
    pub fn works_on(&self, day: Day) -> bool {
        self.working_days.contains(&day.weekday())
            && !self.holidays.iter().any(|(first, last)| (*first..=*last).contains(&day))
    }

    /// The chance of use of a product on a working day at work.
    pub fn chance_of(&self, product: ProductId, day: Day) -> f64 {
        let season: f64 = self.seasons.iter().filter(|season| season.holds(day)).map(|s| s.times).product();
        let chance = match self.use_of(product) {
            Chance::Every(Likelihood::Stated(chance)) => *chance,
            other => other.on(day.weekday()).mean(),
        };
        (chance * season).min(1.0)
    }

    /// The chance of use of a product, as it is written.
    pub fn use_of(&self, product: ProductId) -> &Chance {
        self.uses_of.iter().find(|(of, _)| *of == product).map_or(&self.uses, |(_, chance)| chance)
    }

    /// Working days of an average year, holidays not taken off.
    #[expect(clippy::cast_precision_loss, reason = "at most seven")]
    pub fn working_days_a_year(&self) -> f64 {
        self.working_days.len() as f64 / 7.0 * DAYS_A_YEAR
    }

    /// The share of working days off.
    pub fn share_off(&self) -> f64 {
        self.days_off / self.working_days_a_year()
    }

    /// The share of working days on journeys.
    pub fn share_away(&self) -> f64 {
        self.trips.as_ref().map_or(0.0, |trips| trips.per_year * trips.days / self.working_days_a_year())
    }

    /// The chance that a working day at work brings a time without connection.
    pub(crate) fn chance_offline(&self, spells: &Spells) -> f64 {
        spells.per_year / self.working_days_a_year() / (1.0 - self.share_off())
    }

    /// As how much of a day that was chosen at random a day counts, to somebody who uses products on these shares of
    /// all working days: days off come in a row, and for all products alike, so that they say less than their number.
    pub(crate) fn days_that_count(&self, shares: &[f64]) -> f64 {
        let (off, in_a_row) = (self.share_off(), self.days_off_in_a_row);
        let shares = shares.iter().map(|share| share.min(1.0 - off));
        let by_themselves: f64 = shares.clone().map(|share| share * (1.0 - share)).sum();
        let alike = (1.0 - 1.0 / in_a_row - self.goes.0).max(0.0);
        let (sum, squares) = (shares.clone().sum::<f64>(), shares.map(|share| share * share).sum::<f64>());
        let in_rows = sum * sum * 2.0 * alike / (1.0 - alike);
        let together = off / (1.0 - off) * (in_rows + sum * sum - squares);
        if by_themselves > 0.0 { by_themselves / (by_themselves + together) } else { 1.0 }
    }

    /// The chances that days off begin, and that a journey begins where they do not, on a working day that
    /// follows one at work: so that both have their number a year although neither begins during the other.
    pub(crate) fn chances_to_go(&self, share_off: f64) -> (f64, f64) {
        let at_work = 1.0 - share_off - self.share_away();
        let off = (share_off / at_work / self.days_off_in_a_row).min(1.0);
        let trips = self.trips.as_ref().map_or(0.0, |trips| trips.per_year / self.working_days_a_year());
        (off, (trips / at_work / (1.0 - off).max(f64::MIN_POSITIVE)).min(1.0))
    }
}

impl Season {
    /// Whether a day belongs to it.
    pub fn holds(&self, day: Day) -> bool {
        let date = day.date();
        let day = (date.month(), date.day());
        if self.from <= self.until {
            self.from <= day && day <= self.until
        } else {
            self.from <= day || day <= self.until
        }
    }
}

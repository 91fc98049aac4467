//! `Fit`: habits of simulated people that make past use likely, and what of it could not be known.
//!
//! What an export shows is one charge per user, product and day of use. So that is what is fitted: how often each user
//! used each product on each weekday ([`shares`]), how days without use come in rows ([`absence`]), who was there from
//! when to when ([`stay`]), days on which a whole team used nothing ([`closed_days`]), and times of the year
//! ([`season`]). Users whom the export does not tell apart become people without names ([`crowd`]).

pub mod absence;
pub mod closed_days;
pub mod crowd;
pub mod newcomers;
pub mod season;
pub mod shares;
pub mod stay;

use chrono::Weekday;

use crate::forecast::fit::absence::Absence;
use crate::forecast::fit::closed_days::{Closed, Stretch};
use crate::forecast::fit::crowd::FittedCrowd;
use crate::forecast::fit::newcomers::Newcomers;
use crate::forecast::fit::season::Seasons;
use crate::forecast::fit::shares::{Exposure, Shares};
use crate::forecast::fit::stay::{Stay, Turnover};
use crate::forecast::history::History;
use crate::scenario::calendar::Day;

/// Habits fitted to a history.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Weekdays on which anybody used anything.
    pub weekdays: Vec<Weekday>,
    /// For each person of the history, in its order.
    pub people: Vec<FittedPerson>,
    /// How days off come.
    pub absence: Absence,
    /// Days without demand or supply: they count neither as demand nor as lack of it.
    pub closed: Vec<Stretch>,
    /// How many come and go.
    pub turnover: Turnover,
    /// Who may come, for each team.
    pub newcomers: Vec<Newcomers>,
    /// Times of the year.
    pub seasons: Seasons,
    /// For each crowd of the history, in its order.
    pub crowds: Vec<FittedCrowd>,
}

/// A person as fitted.
#[derive(Clone, Debug)]
pub struct FittedPerson {
    /// From when to when they were there.
    pub stay: Stay,
    /// For each of their products how often it was used, of which days.
    pub shares: Vec<Shares>,
}

/// How often somebody used a product, for people to read.
#[derive(Clone, Debug)]
pub struct FittedUse {
    /// The user.
    pub user: String,
    /// Their team.
    pub team: String,
    /// The product.
    pub product: String,
    /// Days of use.
    pub used: f64,
    /// Days seen.
    pub days: f64,
    /// The day of their first use of anything, where they were not there before.
    pub since: Option<Day>,
    /// The day of their last use of anything, where they are gone since.
    pub left: Option<Day>,
}

/// Rounds in which what depends on each other is fitted.
const ROUNDS: usize = 3;

impl Fit {
    /// How often everybody used each of their products, by user and product.
    pub fn of_people(&self, history: &History) -> Vec<FittedUse> {
        let mut fitted = Vec::new();
        for (person, of_person) in history.people.iter().zip(&self.people) {
            for (uses, shares) in person.uses.iter().zip(&of_person.shares) {
                let (used, days) = shares.sums();
                fitted.push(FittedUse {
                    user: person.name.clone(),
                    team: history.teams[person.team].clone(),
                    product: history.products[uses.product].name.clone(),
                    used,
                    days,
                    since: of_person.stay.joined.map(|place| history.day(place)),
                    left: of_person.stay.left.map(|place| history.day(place)),
                });
            }
        }
        fitted
    }

    /// Fits habits to a history; on the days of `ran_out` there was no supply.
    pub fn of(history: &History, ran_out: &[(Day, Day)]) -> Fit {
        let weekdays = history.weekdays();
        let mut exposure = Exposure::new(history, &weekdays);
        let stated = closed_days::stated(history, ran_out);
        let mut closed = Closed::new(history, &stated);
        exposure.close(&closed);
        let mut absence = if history.is_total { Absence::NONE } else { Absence::USUAL };
        let mut turnover = Turnover::unknown(history);
        let mut stays = stay::all(history, &exposure, (&absence, &turnover));
        if !history.is_total {
            for _ in 0..ROUNDS {
                absence = Absence::of(history, &exposure, &stays);
                closed = Closed::found(history, &stated, (&exposure, &stays, &absence));
                exposure.close(&closed);
                turnover = Turnover::of(history, &exposure, &stays);
                stays = stay::all(history, &exposure, (&absence, &turnover));
            }
        }
        let mut shares = shares::all(history, &exposure, &stays);
        let seasons = Seasons::of(history, &exposure, (&stays, &shares, &absence));
        if seasons.recur {
            exposure.weigh(history, &seasons);
            shares = shares::all(history, &exposure, &stays);
        }
        let newcomers = newcomers::of(history, &stays, &shares);
        let crowds = history.crowds.iter().map(|crowd| FittedCrowd::of(history, &exposure, crowd)).collect();
        let people =
            stays.into_iter().zip(shares).map(|(stay, shares)| FittedPerson { stay, shares }).collect();
        Fit { weekdays, people, absence, closed: closed.stretches, turnover, newcomers, seasons, crowds }
    }
}

//! `Inclination`: the chances of one person, where they are not those of everybody with the same habit.

use crate::scenario::calendar::Day;
use crate::scenario::chance::{Chance, Likelihood};
use crate::scenario::group::{Group, GroupProduct};
use crate::scenario::office::Office;
use crate::scenario::random::{Draws, Seed, Stream, normal};

/// A product that a person's own chances do not name.
const NEVER: Chance = Chance::NEVER;

/// What one person of an office is inclined to; drawn once for a seed.
#[derive(Clone, Debug)]
pub(crate) struct Inclination {
    comes: Stream,
    /// The same for everybody in the group: the shares who come and who leave.
    turnover: [Stream; 2],
    /// The person's place among those of the group that have chances of their own.
    own: Option<usize>,
    /// For each product of the group.
    products: Vec<Stream>,
    /// The same for everybody with the habit.
    seasons: Vec<Stream>,
    /// Whether the person ever belongs to the group.
    pub(crate) is_there: bool,
    /// The share of the group who leave.
    pub(crate) leavers: f64,
    /// The chance of use of each product of the group on a working day at work, Monday first.
    at_work: Vec<[f64; 7]>,
    /// What each season multiplies it by.
    times: Vec<f64>,
    /// The share of working days off.
    pub(crate) share_off: f64,
    /// The chances that days off begin, and that a journey begins where they do not.
    pub(crate) goes: (f64, f64),
}

impl Inclination {
    /// That of a person before it is drawn; `None` where everybody with the habit has the same chances.
    pub(crate) fn of(group: &Group, office: &Office, name: &str) -> Option<Box<Self>> {
        let is_own =
            group.come != Likelihood::Stated(1.0) || group.leavers.is_seen() || !group.people.is_empty();
        let is_drawn = || {
            let seen = group.products.iter().any(|product| office.use_of(product.id).is_seen());
            seen || office.seasons.iter().any(|season| season.sd > 0.0)
        };
        if !is_own && !is_drawn() {
            return None;
        }
        let products = group.products.iter().map(|product| {
            let purpose = format!("chance of {}", product.name);
            Stream::new(name, &purpose)
        });
        let seasons = office.seasons.iter().map(|season| {
            let (month, day) = season.from;
            Stream::new(&group.habit_name, &format!("season from {month:02}-{day:02}"))
        });
        Some(Box::new(Inclination {
            comes: Stream::new(name, "comes"),
            turnover: ["share who come", "share who leave"].map(|purpose| Stream::new(&group.name, purpose)),
            own: group.people.binary_search_by(|person| person.name.as_str().cmp(name)).ok(),
            products: products.collect(),
            seasons: seasons.collect(),
            is_there: true,
            leavers: 0.0,
            at_work: Vec::new(),
            times: Vec::new(),
            share_off: office.share_off(),
            goes: office.goes,
        }))
    }

    /// Draws it.
    pub(crate) fn draw(&mut self, group: &Group, office: &Office, seed: Seed) {
        let [come, leavers] = self.turnover.map(|stream| stream.draw(seed));
        let share = |share: Likelihood, mut draws: Draws| share.drawn(&mut draws);
        self.is_there = self.comes.draw(seed).unit() < share(group.come, come);
        self.leavers = share(group.leavers, leavers);
        let seasons = office.seasons.iter().zip(&self.seasons);
        self.times = seasons
            .map(|(season, stream)| {
                let more = if season.sd > 0.0 { normal(stream.draw(seed).unit()) * season.sd } else { 0.0 };
                (season.times + more).max(0.0)
            })
            .collect();
        let own = self.own.and_then(|place| group.people[place].uses.as_deref());
        let chance = |product: &GroupProduct| match own {
            None => office.use_of(product.id),
            Some(uses) => uses.iter().find(|(of, _)| *of == product.id).map_or(&NEVER, |(_, chance)| chance),
        };
        let chances: Vec<&Chance> = group.products.iter().map(chance).collect();
        let shares: Vec<f64> = chances.iter().filter_map(|chance| chance.share_seen()).collect();
        let counts = office.days_that_count(&shares);
        let drawn = chances.iter().zip(&self.products);
        self.at_work = drawn.map(|(chance, stream)| chance.drawn(&mut stream.draw(seed), counts)).collect();
        let days: Vec<usize> =
            office.working_days.iter().map(|day| day.num_days_from_monday() as usize).collect();
        let seen = self.at_work.iter().zip(&chances).filter(|(_, chance)| chance.is_seen());
        let most = seen.map(|(drawn, _)| mean(drawn, &days));
        // Who uses something on nearly every day is not off as often as others are.
        let share_off = most.fold(office.share_off(), |share, most| share.min(1.0 - most)).max(0.0);
        self.share_off = share_off;
        self.goes = office.chances_to_go(self.share_off);
        for (drawn, chance) in self.at_work.iter_mut().zip(chances) {
            if chance.is_seen() {
                at_work(drawn, &days, 1.0 - self.share_off);
            }
        }
    }

    /// The chance of use of a product, by its place in the group, on a working day at work.
    pub(crate) fn chance(&self, place: usize, day: Day, office: &Office) -> f64 {
        let seasons = office.seasons.iter().zip(&self.times).filter(|(season, _)| season.holds(day));
        let season: f64 = seasons.map(|(_, times)| times).product();
        (self.at_work[place][day.weekday().num_days_from_monday() as usize] * season).min(1.0)
    }

    /// Whether the person never uses a product.
    pub(crate) fn never(&self, place: usize) -> bool {
        self.at_work[place].iter().all(|chance| *chance == 0.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most seven")]
fn mean(chances: &[f64; 7], days: &[usize]) -> f64 {
    days.iter().map(|day| chances[*day]).sum::<f64>() / days.len() as f64
}

/// Turns shares of all working days into chances on those at work; what a weekday can't hold goes to the others, so
/// that the use of a week stays the same.
fn at_work(chances: &mut [f64; 7], days: &[usize], share: f64) {
    let mut left = 0.0;
    for chance in chances.iter_mut() {
        *chance /= share.max(f64::MIN_POSITIVE);
    }
    for day in days {
        left += (chances[*day] - 1.0).max(0.0);
        chances[*day] = chances[*day].min(1.0);
    }
    let room: f64 = days.iter().map(|day| 1.0 - chances[*day]).filter(|_| left > 0.0).sum();
    if room > 0.0 {
        let part = (left / room).min(1.0);
        for day in days {
            chances[*day] += (1.0 - chances[*day]) * part;
        }
    }
}

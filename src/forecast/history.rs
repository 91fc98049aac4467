//! `History`: past use, day by day, of everybody who can be told apart, and of the rest together.

pub mod rate;

use std::collections::BTreeMap;

use chrono::Weekday;

use crate::forecast::history::rate::Rate;
use crate::forecast::past_use::{PastUse, Used};
use crate::scenario::calendar::Day;
use crate::scenario::office::WEEKDAYS;

/// Past use, with everything by number.
#[derive(Clone, Debug)]
pub struct History {
    /// Its first day.
    pub first: Day,
    /// How many days it has.
    pub days: usize,
    /// The teams, by name.
    pub teams: Vec<String>,
    /// The products, by name.
    pub products: Vec<PastProduct>,
    /// The users that can be told apart, by name.
    pub people: Vec<PastPerson>,
    /// Use that is nobody's in particular.
    pub crowds: Vec<Crowd>,
    /// Whether only totals are known.
    pub is_total: bool,
    /// Users whose charges several teams paid, each now of the team that paid most.
    pub in_several_teams: usize,
}

/// A product that was used.
#[derive(Clone, Debug)]
pub struct PastProduct {
    /// Its name.
    pub name: String,
    /// What a day of its use costs.
    pub rate: Rate,
}

/// A user that can be told from others.
#[derive(Clone, Debug)]
pub struct PastPerson {
    /// Their name.
    pub name: String,
    /// The number of their team.
    pub team: usize,
    /// What they used.
    pub uses: Vec<PastUses>,
}

/// One person's use of one product.
#[derive(Clone, Debug)]
pub struct PastUses {
    /// The number of the product.
    pub product: usize,
    /// For each day whether it was used; empty where only totals are known.
    pub on: Vec<bool>,
    /// On how many days.
    pub times: u32,
}

/// Use of a product by people who can't be told apart.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The number of the team.
    pub team: usize,
    /// The number of the product.
    pub product: usize,
    /// Charges on each day.
    pub counts: Vec<u32>,
}

impl History {
    /// The history that exports tell.
    ///
    /// # Errors
    /// Where a rate is known from nowhere.
    pub fn of(past: &PastUse) -> Result<History, String> {
        let (first, last) = past.days;
        let days =
            usize::try_from(last.0 - first.0 + 1).map_err(|_| "the last day comes before the first")?;
        let names = |name: fn(&Used) -> &String| {
            let mut names: Vec<String> = past.rows.iter().map(|row| name(row).clone()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let (teams, products) = (names(|row| &row.team), names(|row| &row.product));
        let products = rate::of_products(past, products)?;
        let mut history = History {
            first,
            days,
            teams,
            products,
            people: Vec::new(),
            crowds: Vec::new(),
            is_total: past.is_total,
            in_several_teams: 0,
        };
        history.add_people(past);
        history.add_crowds(past);
        Ok(history)
    }

    /// The day of a place, from 0.
    pub fn day(&self, place: usize) -> Day {
        self.first.plus(i32::try_from(place).expect("days of a calendar"))
    }

    /// The place of a day, if the history has it.
    pub fn place(&self, day: Day) -> Option<usize> {
        usize::try_from(day.0 - self.first.0).ok().filter(|place| *place < self.days)
    }

    /// The last day.
    pub fn last(&self) -> Day {
        self.day(self.days - 1)
    }

    /// The weekday of a place, from 0 on Monday.
    pub fn weekday(&self, place: usize) -> usize {
        self.day(place).weekday().num_days_from_monday() as usize
    }

    /// The weekdays on which anybody used anything.
    pub fn weekdays(&self) -> Vec<Weekday> {
        let mut used = [false; 7];
        let people = self.people.iter().flat_map(|person| &person.uses);
        for uses in people {
            uses.on
                .iter()
                .enumerate()
                .filter(|(_, on)| **on)
                .for_each(|(at, _)| used[self.weekday(at)] = true);
        }
        for crowd in &self.crowds {
            let on = crowd.counts.iter().enumerate().filter(|(_, count)| **count > 0);
            on.for_each(|(place, _)| used[self.weekday(place)] = true);
        }
        if self.is_total {
            used = [true, true, true, true, true, false, false];
        }
        WEEKDAYS.into_iter().zip(used).filter(|(_, used)| *used).map(|((_, day), _)| day).collect()
    }

    fn team(&self, name: &str) -> usize {
        self.teams.binary_search_by(|known| known.as_str().cmp(name)).expect("gathered from the same rows")
    }

    fn product(&self, name: &str) -> usize {
        let found = self.products.binary_search_by(|known| known.name.as_str().cmp(name));
        found.expect("gathered from the same rows")
    }

    fn add_people(&mut self, past: &PastUse) {
        let mut by_user: BTreeMap<&str, Vec<&Used>> = BTreeMap::new();
        for row in &past.rows {
            if let Some(user) = &row.user {
                by_user.entry(user).or_default().push(row);
            }
        }
        for (name, rows) in by_user {
            let mut teams: BTreeMap<usize, u32> = BTreeMap::new();
            let mut uses: BTreeMap<usize, PastUses> = BTreeMap::new();
            for row in rows {
                *teams.entry(self.team(&row.team)).or_default() += row.times.max(1);
                let product = self.product(&row.product);
                let days = if self.is_total { 0 } else { self.days };
                let of_product = uses.entry(product).or_insert_with(|| PastUses {
                    product,
                    on: vec![false; days],
                    times: 0,
                });
                let times = if self.is_total { self.total_of(row) } else { 1 };
                match self.place(row.day).filter(|_| !self.is_total) {
                    Some(place) if of_product.on[place] => {}
                    place => {
                        of_product.times += times;
                        if let Some(place) = place {
                            of_product.on[place] = true;
                        }
                    }
                }
            }
            self.in_several_teams += usize::from(teams.len() > 1);
            let most = teams.iter().max_by_key(|(team, times)| (**times, std::cmp::Reverse(**team)));
            let team = *most.expect("a row names a team").0;
            self.people.push(PastPerson { name: name.to_owned(), team, uses: uses.into_values().collect() });
        }
    }

    /// Charges of a row of totals, by its tokens; else days of use, of which some may have been free.
    fn total_of(&self, row: &Used) -> u32 {
        let rate = &self.products[self.product(&row.product)].rate;
        if row.tokens.is_some() { rate.times(row.tokens) } else { row.times }
    }

    fn add_crowds(&mut self, past: &PastUse) {
        let mut crowds: BTreeMap<(usize, usize), Vec<u32>> = BTreeMap::new();
        for row in past.rows.iter().filter(|row| row.user.is_none() && !self.is_total) {
            let product = self.product(&row.product);
            let Some(place) = self.place(row.day) else { continue };
            let counts = crowds.entry((self.team(&row.team), product)).or_insert_with(|| vec![0; self.days]);
            let rate = &self.products[product].rate;
            counts[place] += if row.tokens.is_some() { rate.times(row.tokens) } else { row.times };
        }
        let crowd = |((team, product), counts)| Crowd { team, product, counts };
        self.crowds = crowds.into_iter().map(crowd).collect();
    }
}

impl PastPerson {
    /// Whether the person used anything on a day.
    pub fn on(&self, place: usize) -> bool {
        self.uses.iter().any(|uses| uses.on.get(place) == Some(&true))
    }
}

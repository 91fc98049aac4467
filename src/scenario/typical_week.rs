//! `TypicalWeek`: what the people of a group mean to do in a week, counted from their agendas before anything
//! runs. Nobody is refused, and nothing is charged.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::meter::id::UserId;
use crate::meter::instant::{Instant, Span};
use crate::scenario::Scenario;
use crate::scenario::agenda::{Act, Ends, Visit};
use crate::scenario::group::Group;
use crate::scenario::person::Person;
use crate::scenario::random::Seed;

/// At most so many members are asked; the counts are for all of them.
const ASKED_MAX: u64 = 400;

/// A group's week, on average over the run.
#[derive(Clone, Debug)]
pub struct TypicalWeek {
    /// What is done with each product, in the order of the group's.
    pub products: Vec<ProductWeek>,
    /// Openings on each weekday where the person is, Monday first.
    pub openings_by_weekday: [f64; 7],
    /// Openings of the busiest week of the run.
    pub busiest: f64,
    /// Openings of the quietest.
    pub quietest: f64,
}

/// What a group does with a product in a week.
#[derive(Clone, Debug, Default)]
pub struct ProductWeek {
    /// Different people who open it.
    pub people: f64,
    /// Days of use, summed over the people.
    pub days: f64,
    /// Openings.
    pub openings: f64,
    /// Openings that are closed within five minutes, by accident as a rule.
    pub short: f64,
    /// Hours it is meant to be open, what is forgotten afterwards left out.
    pub hours: f64,
    /// Sessions left open when the person goes.
    pub forgotten: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run have fewer than 53 bits")]
impl TypicalWeek {
    /// The week of a group.
    pub fn of(scenario: &Scenario, group: &Arc<Group>) -> Self {
        // A last week that the run cuts short is left out; a run shorter than a week is the week.
        let whole = ((scenario.end - scenario.start).seconds() / WEEK.seconds()).max(1);
        let weeks = whole as f64;
        let end = scenario.end.min(scenario.start + Span::from_seconds(whole * WEEK.seconds()));
        let asked = group.count.min(ASKED_MAX);
        let mut week = TypicalWeek {
            products: vec![ProductWeek::default(); group.products.len()],
            openings_by_weekday: [0.0; 7],
            busiest: 0.0,
            quietest: 0.0,
        };
        let mut by_week: Vec<f64> = Vec::new();
        for member in 1..=asked {
            let name = group.member_name(member);
            let user = UserId(u32::try_from(member).expect("few are asked"));
            let mut person = Person::new(user, &name, group);
            week.add((scenario, end), group, (&mut person, &mut by_week));
        }
        let scale = group.count as f64 / asked as f64;
        let whole = by_week.iter().map(|openings| openings * scale);
        week.busiest = whole.clone().fold(0.0, f64::max);
        week.quietest = whole.fold(f64::INFINITY, f64::min);
        let per_week = scale / weeks;
        for product in &mut week.products {
            for figure in [
                &mut product.people,
                &mut product.days,
                &mut product.openings,
                &mut product.short,
                &mut product.hours,
                &mut product.forgotten,
            ] {
                *figure *= per_week;
            }
        }
        week.openings_by_weekday = week.openings_by_weekday.map(|openings| openings * per_week);
        week
    }

    /// Adds a person's run.
    /// Until an instant.
    fn add(
        &mut self,
        (scenario, end): (&Scenario, Instant),
        group: &Group,
        (person, by_week): (&mut Person, &mut Vec<f64>),
    ) {
        let seed = Seed::new(scenario.seed);
        let mut agenda = Vec::new();
        let mut until = scenario.start;
        while until < end {
            until = end.min(until + WEEK);
            agenda.clear();
            person.plan(seed, until, &mut agenda);
            let mut openings = 0.0;
            for (place, product) in group.products.iter().enumerate() {
                let mut days = BTreeSet::new();
                let of_week = &mut self.products[place];
                for intention in agenda.iter().filter(|intention| intention.product == product.id) {
                    let (Act::Open(visit) | Act::GoOn(visit)) = intention.act else { continue };
                    of_week.note(intention.at, &visit);
                    days.insert(intention.day);
                    openings += 1.0;
                    self.openings_by_weekday[intention.day.weekday().num_days_from_monday() as usize] += 1.0;
                }
                of_week.days += days.len() as f64;
                of_week.people += f64::from(u8::from(!days.is_empty()));
            }
            let number = ((until - scenario.start).seconds() - 1) / WEEK.seconds();
            let number = usize::try_from(number).expect("weeks of a run");
            by_week.resize(by_week.len().max(number + 1), 0.0);
            by_week[number] += openings;
        }
    }
}

impl ProductWeek {
    #[expect(clippy::cast_precision_loss, reason = "a session has few seconds")]
    fn note(&mut self, at: Instant, visit: &Visit) {
        const SHORT: Span = Span::from_seconds(300);
        let lasts = visit.until - at;
        self.openings += 1.0;
        self.hours += lasts.seconds() as f64 / 3600.0;
        match visit.ends {
            Ends::Forgotten => self.forgotten += 1.0,
            Ends::Closed if lasts < SHORT => self.short += 1.0,
            Ends::Closed => {}
        }
    }
}

const WEEK: Span = Span::from_seconds(7 * 86_400);

//! `Person`: a simulated user as a pure state machine, asked for one stretch of time after another.

use std::sync::Arc;

use crate::meter::id::UserId;
use crate::meter::instant::Instant;
use crate::scenario::agenda::{Intention, Stretch};
use crate::scenario::group::Group;
use crate::scenario::habit::Habit;
use crate::scenario::poisson::Arrivals;
use crate::scenario::random::Seed;
use crate::scenario::working_life::WorkingLife;

/// A simulated user: a habit, and how far it has been lived. What they do depends on the seed, their name
/// and their group, on nobody else and not on how the time is cut into stretches.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub user: UserId,
    group: Arc<Group>,
    life: Life,
    /// What was drawn already and lies beyond the stretches asked for.
    ahead: Vec<Intention>,
}

#[derive(Clone, Debug)]
enum Life {
    Random(Arrivals),
    Working(WorkingLife),
}

impl Person {
    /// A person at the beginning of a run. The name, not the number, chooses their chance.
    pub fn new(user: UserId, name: &str, group: &Arc<Group>) -> Self {
        let life = match &group.habit {
            Habit::Poisson(_) => Life::Random(Arrivals::new(group, name)),
            Habit::Office(_) => Life::Working(WorkingLife::new(group, name)),
        };
        Person { user, group: group.clone(), life, ahead: Vec::new() }
    }

    /// Adds to `agenda`, which is empty, what the person means to do before `until` and was not asked for
    /// before, in order.
    pub fn plan(&mut self, seed: Seed, until: Instant, agenda: &mut Vec<Intention>) {
        agenda.append(&mut self.ahead);
        let mut stretch = Stretch { seed, until, agenda };
        match (&mut self.life, &self.group.habit) {
            (Life::Random(arrivals), Habit::Poisson(poisson)) => {
                arrivals.plan(&self.group, *poisson, &mut stretch);
            }
            (Life::Working(life), Habit::Office(office)) => life.plan(&self.group, office, &mut stretch),
            _ => unreachable!("a person lives by the habit of their group"),
        }
        if !agenda.is_sorted_by_key(Intention::order) {
            agenda.sort_by_key(Intention::order);
        }
        let later = agenda.partition_point(|intention| intention.at < until);
        self.ahead.extend(agenda.drain(later..));
    }
}

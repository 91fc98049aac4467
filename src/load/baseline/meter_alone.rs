//! The meters alone: what the decisions cost.

use crate::load::baseline::{Baselines, Round, Until};
use crate::load::population::LoadTeam;
use crate::load::schedule::sign_out;
use crate::meter::record::Record;
use crate::meter::request::Request;

impl Baselines<'_> {
    /// One thread asks the teams' meters, user by user.
    pub fn meter_alone(&self, until: Until) -> Round {
        let mut meters: Vec<_> = self.population.teams.iter().map(LoadTeam::meter).collect();
        let (mut round, mut visits) = (Round::default(), 0);
        let course = self.begin(until);
        while let Some(counts) = course.next(visits) {
            let at = course.clock.meter_at(course.clock.nanoseconds());
            for user in &self.population.users {
                let meter = &mut meters[user.team];
                meter.arrive(Request::SignIn(user.sign_in), at);
                meter.arrive(sign_out(user.sign_in), at);
                let charge = |record: &Record| matches!(record, Record::Charge(_));
                round.charges += meter.drain_records().filter(charge).count() as u64;
            }
            visits += 1;
            round.sign_ins += counts * self.population.users.len() as u64;
        }
        Round { nanoseconds: course.counted(), ..round }
    }
}

//! One thread that does what all actors do: what the actors themselves cost, and what a second thread brings.

use crate::load::baseline::{Baselines, Round, Until};
use crate::load::measure::histogram;
use crate::load::population::LoadTeam;
use crate::load::result::Audit;
use crate::load::schedule::sign_out;
use crate::load::service::{MeterService, Service};
use crate::meter::request::Request;

impl Baselines<'_> {
    /// One thread decides, audits and measures, user by user. Like the actors it measures how long sign-ins take.
    ///
    /// # Panics
    /// Where the audit finds something.
    pub fn one_thread(&self, until: Until) -> Round {
        let meters: Vec<_> = self.population.teams.iter().map(LoadTeam::meter).collect();
        let mut latency = histogram();
        let (mut sign_ins, mut visits) = (0, 0);
        let course = self.begin(until);
        let service = |meter| MeterService::new(meter, course.clock.clone());
        let mut teams: Vec<_> = meters.into_iter().map(service).collect();
        let mut now = course.clock.nanoseconds();
        while let Some(counts) = course.next(visits) {
            for user in &self.population.users {
                let team = &mut teams[user.team];
                team.decide(Request::SignIn(user.sign_in), now);
                let answered = course.clock.nanoseconds();
                latency.record(answered - now).expect("a histogram that grows takes every value");
                team.decide(sign_out(user.sign_in), answered);
                now = course.clock.nanoseconds();
            }
            visits += 1;
            sign_ins += counts * self.population.users.len() as u64;
        }
        let nanoseconds = course.counted();
        let mut audit = Audit::default();
        for team in &mut teams {
            audit.add(team.close());
        }
        assert_eq!(audit.violations, [""; 0], "charges are as the rules want them");
        assert_eq!(audit.decisions, 2 * latency.len(), "everything was measured");
        Round { sign_ins, charges: audit.charges, nanoseconds }
    }
}

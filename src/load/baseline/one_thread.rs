//! One thread that does what all actors do: what the actors themselves cost, and what a second thread brings.

use std::hint::black_box;

use crate::load::baseline::{Baselines, Round, Until};
use crate::load::measure::histogram;
use crate::load::population::LoadTeam;
use crate::load::result::Audit;
use crate::load::schedule::sign_out;
use crate::load::service::{MeterService, Service};
use crate::meter::request::Request;

impl Baselines<'_> {
    /// One thread decides, audits and measures, user by user. Like the actors it measures how long sign-ins take, and
    /// looks at the clock around sign-outs as well.
    ///
    /// # Panics
    /// Where the audit finds something.
    pub fn one_thread(&self, until: Until) -> Round {
        let meters: Vec<_> = self.population.teams.iter().map(LoadTeam::meter).collect();
        let (mut planned, mut sent) = (histogram(), histogram());
        let (mut sign_ins, mut visits) = (0, 0);
        let course = self.begin(until);
        let service = |meter| MeterService::new(meter, course.clock.clone());
        let mut teams: Vec<_> = meters.into_iter().map(service).collect();
        while course.goes_on(visits) {
            for user in &self.population.users {
                let team = &mut teams[user.team];
                let before = course.clock.nanoseconds();
                team.decide(Request::SignIn(user.sign_in));
                let took = course.clock.nanoseconds() - before;
                // In a closed loop a sign-in is planned when it is sent.
                planned.record(took).expect("a histogram that grows takes every value");
                sent.record(took).expect("a histogram that grows takes every value");
                let before = course.clock.nanoseconds();
                team.decide(sign_out(user.sign_in));
                black_box(course.clock.nanoseconds() - before);
            }
            visits += 1;
            sign_ins += self.population.users.len() as u64;
        }
        let nanoseconds = course.clock.nanoseconds();
        let mut audit = Audit::default();
        for team in &mut teams {
            audit.add(team.close());
        }
        assert_eq!(audit.violations, [""; 0], "charges are as the rules want them");
        assert_eq!((planned.len(), audit.decisions), (sign_ins, 2 * sign_ins), "everything was measured");
        Round { sign_ins, charges: audit.charges, nanoseconds }
    }
}

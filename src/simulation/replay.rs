//! The replay loop: a scenario carried out without actors, group after group, on one thread.

use std::sync::Arc;

use crate::scenario::Scenario;
use crate::scenario::random::Seed;
use crate::simulation::course::{Agenda, Course, people};
use crate::simulation::recorder::{Observer, Recorder, Stopped};
use crate::simulation::run::Run;
use crate::simulation::team_group::TeamGroup;

/// Carries a scenario out without actors: group after group, on one thread.
///
/// # Errors
/// Where the recorder fails or the observer ends the run.
pub fn run<R: Recorder>(
    scenario: &Arc<Scenario>,
    recorder: &mut R,
    observer: &dyn Observer,
) -> Result<Run, Stopped> {
    let mut run = Run::default();
    let seed = Seed::new(scenario.seed);
    for group in TeamGroup::split(scenario) {
        let group = Arc::new(group);
        let mut people = people(scenario, &group);
        let mut agendas: Vec<Agenda> =
            people.iter().map(|person| Agenda { user: person.user, intentions: Vec::new() }).collect();
        let mut course = Course::new(scenario, &group, recorder.wants());
        while course.now() < scenario.end {
            let until = course.next_stretch();
            for (person, agenda) in people.iter_mut().zip(&mut agendas) {
                agenda.intentions.clear();
                person.plan(seed, until, &mut agenda.intentions);
            }
            observer.advanced(course.run_until(until, &agendas, &mut ()));
            let rows = course.take_rows();
            if !rows.is_empty() {
                recorder.take(rows).map_err(Stopped::Unrecordable)?;
            }
            if observer.stops() {
                return Err(Stopped::Interrupted);
            }
        }
        let (of_group, rows) = course.finish();
        run.add(of_group);
        recorder.take(rows).map_err(Stopped::Unrecordable)?;
    }
    Ok(run)
}

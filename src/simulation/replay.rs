//! The replay loop: a scenario carried out without actors, group after group, on one thread.

use std::sync::Arc;

use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::random::Seed;
use crate::simulation::course::standing::Standing;
use crate::simulation::course::{Agenda, Course, Drive, people};
use crate::simulation::panicked::guarded;
use crate::simulation::recorder::{Observer, Recorder, Stopped};
use crate::simulation::run::Run;
use crate::simulation::shard::Shard;
use crate::simulation::team_group::TeamGroup;

/// Carries a scenario out without actors: group after group, on one thread.
///
/// # Errors
/// Where the recorder fails, the observer ends the run, or something panics.
pub fn run<R: Recorder>(
    scenario: &Arc<Scenario>,
    recorder: &mut R,
    observer: &dyn Observer,
) -> Result<Run, Stopped> {
    run_shard((scenario, Shard::WHOLE), recorder, observer)
}

/// Carries one share of a scenario out, in the same way.
///
/// # Errors
/// Where the recorder fails, the observer ends the run, or something panics.
pub fn run_shard<R: Recorder>(
    (scenario, shard): (&Arc<Scenario>, Shard),
    recorder: &mut R,
    observer: &dyn Observer,
) -> Result<Run, Stopped> {
    let mut run = Run::default();
    for group in shard.groups(scenario) {
        run.add(carry_out(scenario, &Arc::new(group), (&mut *recorder, observer))?);
    }
    Ok(run)
}

/// Carries a scenario out up to an instant: everything before it happens, and nothing on it.
///
/// # Errors
/// Where the recorder fails, the observer ends the run, or something panics.
pub fn until<R: Recorder>(
    scenario: &Arc<Scenario>,
    until: Instant,
    (recorder, observer): (&mut R, &dyn Observer),
) -> Result<Standing, Stopped> {
    let mut standing = Standing::new(until);
    for group in TeamGroup::split(scenario) {
        let group = Arc::new(group);
        let course = advance(scenario, (&group, until), (&mut *recorder, observer, &mut { observer }))?;
        let team = || format!("team {}", group.name(scenario));
        let (of_group, rows) = guarded(scenario.seed, team, || "stand".to_owned(), || course.stand())?;
        take(scenario, recorder, rows)?;
        standing.add(of_group);
    }
    Ok(standing.sorted())
}

/// One group from its start to its end.
fn carry_out<R: Recorder>(
    scenario: &Arc<Scenario>,
    group: &Arc<TeamGroup>,
    (recorder, observer): (&mut R, &dyn Observer),
) -> Result<Run, Stopped> {
    let course = advance(scenario, (group, scenario.end), (&mut *recorder, observer, &mut { observer }))?;
    let team = || format!("team {}", group.name(scenario));
    let (of_group, rows) = guarded(scenario.seed, team, || "finish".to_owned(), || course.finish())?;
    take(scenario, recorder, rows)?;
    Ok(of_group)
}

/// One group from its start to an instant.
///
/// # Errors
/// Where the recorder fails, the observer or the driver ends the run, or something panics.
pub(crate) fn advance<R: Recorder>(
    scenario: &Arc<Scenario>,
    (group, to): (&Arc<TeamGroup>, Instant),
    (recorder, observer, driver): (&mut R, &dyn Observer, &mut impl Drive),
) -> Result<Course, Stopped> {
    let seed = Seed::new(scenario.seed);
    let team = || format!("team {}", group.name(scenario));
    let mut people = people(scenario, group);
    let mut agendas: Vec<Agenda> =
        people.iter().map(|person| Agenda { user: person.user, intentions: Vec::new() }).collect();
    let mut course = Course::new(scenario, group, recorder.wants());
    loop {
        let until = course.next_stretch().min(to);
        for (person, agenda) in people.iter_mut().zip(&mut agendas) {
            if observer.stops() {
                return Err(Stopped::Interrupted);
            }
            let user = || format!("user {}", scenario.directory.users.get(group.user(agenda.user).0));
            let plan = || format!("plan until {}", iso(until));
            agenda.intentions.clear();
            guarded(scenario.seed, user, plan, || person.plan(seed, until, &mut agenda.intentions))?;
        }
        let stretch = || format!("carry out until {}", iso(until));
        let advance = guarded(scenario.seed, team, stretch, || course.run_until(until, &agendas, driver))??;
        observer.advanced(advance);
        if observer.stops() {
            return Err(Stopped::Interrupted);
        }
        take(scenario, recorder, course.take_rows())?;
        // Packs may arrive before the start: even of no time at all there is something to carry out.
        if course.now() >= to {
            return Ok(course);
        }
    }
}

fn take<R: Recorder>(scenario: &Scenario, recorder: &mut R, rows: Vec<Record>) -> Result<(), Stopped> {
    if rows.is_empty() {
        return Ok(());
    }
    let taken = format!("take {} rows", rows.len());
    let taken = guarded(scenario.seed, || "the recorder".to_owned(), || taken, || recorder.take(rows))?;
    taken.map_err(Stopped::Unrecordable)
}

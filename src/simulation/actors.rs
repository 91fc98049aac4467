//! A scenario carried out by actors: one per simulated user, one per group of teams, a recorder, and one
//! supervisor over all. Users stand under their team, teams and the recorder under the supervisor.
//!
//! Groups of teams share nothing, so each thread takes the next one and runs its actors on a scheduler of
//! its own: no message between a user and a team crosses threads, and the results can't depend on how many
//! there are. Within a group the team's actor asks every user for a stretch of time, waits for all, and
//! carries the stretch out; a user has at most one agenda under way, and a team one batch of rows.

mod user_actor;
mod team_actor;
mod recorder_actor;
mod supervisor_actor;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hdrhistogram::Histogram;
use ractor::{Actor, ActorRef};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::scenario::Scenario;
use crate::scenario::random::Seed;
use crate::simulation::actors::recorder_actor::{RecorderActor, RecorderMessage};
use crate::simulation::actors::supervisor_actor::SupervisorActor;
use crate::simulation::actors::team_actor::{TeamActor, TeamMessage, TeamStart};
use crate::simulation::actors::user_actor::{UserActor, UserStart};
use crate::simulation::course::{Course, people};
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::run::Run;
use crate::simulation::shard::Shard;
use crate::simulation::team_group::TeamGroup;

/// Nanoseconds that only move forward.
pub type Clock = fn() -> u64;

/// How a run by actors is carried out.
pub struct Company {
    /// Threads that carry out groups of teams; the recorder has one beside them.
    pub threads: usize,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// Looked at before and after each decision on a sign-in.
    pub clock: Clock,
}

/// What came of a run by actors.
pub struct Carried<R> {
    /// The same as without actors.
    pub run: Run,
    /// How long each decision on a sign-in took, in nanoseconds.
    pub latency: Histogram<u64>,
    /// The recorder, with all rows.
    pub recorder: R,
}

/// What all actors of a run share.
struct Shared {
    scenario: Arc<Scenario>,
    seed: Seed,
    groups: Vec<Arc<TeamGroup>>,
    next_group: AtomicUsize,
    company: Company,
    failure: Failure,
    supervisor: ActorRef<()>,
    recorder: ActorRef<RecorderMessage>,
}

impl Shared {
    /// Whether the run is to end, because the observer wants it or for what has failed.
    fn stops(&self) -> bool {
        if self.company.observer.stops() {
            self.failure.set(Stopped::Interrupted);
        }
        self.failure.is_set()
    }
}

/// The first reason for which the run ends early.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<Stopped>>>);

impl Failure {
    fn set(&self, stopped: Stopped) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(stopped);
    }

    fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn take(&self) -> Option<Stopped> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Carries a scenario out.
///
/// # Errors
/// Where the recorder fails, the observer ends the run, or an actor panics.
pub fn run<R: Recorder + 'static>(
    scenario: &Arc<Scenario>,
    recorder: R,
    company: Company,
) -> Result<Carried<R>, Stopped> {
    run_shard((scenario, Shard::WHOLE), recorder, company)
}

/// Carries one share of a scenario out.
///
/// # Errors
/// Where the recorder fails, the observer ends the run, or an actor panics.
pub fn run_shard<R: Recorder + 'static>(
    (scenario, shard): (&Arc<Scenario>, Shard),
    recorder: R,
    company: Company,
) -> Result<Carried<R>, Stopped> {
    runtime().block_on(direct((scenario.clone(), shard), recorder, company))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a scheduler without input or output needs nothing")
}

async fn direct<R: Recorder + 'static>(
    (scenario, shard): (Arc<Scenario>, Shard),
    recorder: R,
    company: Company,
) -> Result<Carried<R>, Stopped> {
    let (failure, wants) = (Failure::default(), recorder.wants());
    let (supervisor, supervised) =
        Actor::spawn(None, SupervisorActor, failure.clone()).await.expect("a supervisor starts");
    let (kept, finished) = oneshot::channel();
    let start = recorder_actor::Start { recorder, kept, failure: failure.clone(), seed: scenario.seed };
    let recorder_actor = RecorderActor::default();
    let (recorder, _) =
        Actor::spawn_linked(None, recorder_actor, start, supervisor.get_cell()).await.expect("it starts");
    let groups: Vec<_> = shard.groups(&scenario).into_iter().map(Arc::new).collect();
    let threads = company.threads.min(groups.len()).max(1);
    let shared = Arc::new(Shared {
        groups,
        seed: Seed::new(scenario.seed),
        next_group: AtomicUsize::new(0),
        scenario,
        company,
        failure,
        supervisor,
        recorder,
    });
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let shared = shared.clone();
            tokio::task::spawn_blocking(move || runtime().block_on(work(&shared, wants)))
        })
        .collect();
    let mut run = Run::default();
    let mut latency = histogram();
    for thread in threads {
        let (of_thread, latencies) = thread.await.expect("threads outlive their actors");
        run.add(of_thread);
        latency.add(latencies).expect("a histogram that grows takes every value");
    }
    // Nothing is under way any more; the recorder answers once it has taken all rows.
    let asked = shared.recorder.cast(RecorderMessage::Finish);
    let recorder = finished.await;
    shared.supervisor.stop(None);
    supervised.await.expect("the supervisor does not panic");
    match (shared.failure.take(), asked, recorder) {
        (Some(stopped), ..) => Err(stopped),
        (None, Ok(()), Ok(recorder)) => Ok(Carried { run, latency, recorder }),
        (None, ..) => unreachable!("a recorder ends early only where it failed"),
    }
}

/// One thread's work: group after group, until none is left or the run ends.
async fn work(shared: &Arc<Shared>, wants: Detail) -> (Run, Histogram<u64>) {
    let mut run = Run::default();
    let mut latency = histogram();
    loop {
        let number = shared.next_group.fetch_add(1, Ordering::Relaxed);
        let Some(group) = shared.groups.get(number).filter(|_| !shared.stops()) else { break };
        let course = Course::new(&shared.scenario, group, wants);
        if let Some((of_group, latencies)) = carry_out(shared, group, course).await {
            run.add(of_group);
            latency.add(latencies).expect("a histogram that grows takes every value");
        }
    }
    (run, latency)
}

/// One group's actors from their start to their end; nothing comes of them where the run ends early.
async fn carry_out(
    shared: &Arc<Shared>,
    group: &Arc<TeamGroup>,
    course: Course,
) -> Option<(Run, Histogram<u64>)> {
    let supervisor = shared.supervisor.get_cell();
    let (done, result) = oneshot::channel();
    let start = TeamStart { shared: shared.clone(), group: group.clone(), course, done };
    let (team, ended) = Actor::spawn_linked(None, TeamActor, start, supervisor).await.ok()?;
    let mut users = Vec::with_capacity(group.members.len());
    let mut ends = vec![ended];
    for person in people(&shared.scenario, group) {
        if shared.stops() {
            return None;
        }
        let start = UserStart { shared: shared.clone(), group: group.clone(), person, team: team.clone() };
        // A team that has stopped takes no more users: the run is ending.
        let (user, ended) = Actor::spawn_linked(None, UserActor, start, team.get_cell()).await.ok()?;
        users.push(user);
        ends.push(ended);
    }
    let result = match team.cast(TeamMessage::Begin(users)) {
        Ok(()) => result.await.ok(),
        Err(_) => None,
    };
    if shared.stops() {
        // Nobody is waited for: they go with their scheduler.
        return None;
    }
    for end in ends {
        // An actor that panicked told the supervisor.
        let _ = end.await;
    }
    result
}

fn histogram() -> Histogram<u64> {
    const SIGNIFICANT_DIGITS: u8 = 3;
    Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed")
}

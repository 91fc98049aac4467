//! `Load`: a load carried out from its first sign-in to its last answer, in real time or on a clock that stands still.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use ractor::rpc::CallResult;
use ractor::{Actor, ActorRef};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::load::actors::team_actor::{TeamActor, TeamMessage};
use crate::load::actors::user_actor::{User, UserActor, UserMessage};
use crate::load::generator::{Generator, OwnThread, Stall};
use crate::load::intervals::IntervalHistograms;
use crate::load::measure::{Board, Collector, Noted, add, histogram, nanoseconds};
use crate::load::result::Audit;
use crate::load::schedule::Departure;
use crate::load::service::Service;
use crate::meter::request::SignIn;

/// How often what was measured is collected.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// What users do.
pub enum Work {
    /// They ask at planned instants, whatever becomes of what they asked before.
    Open(Box<dyn Iterator<Item = Departure> + Send>),
    /// Each signs in and out again and again, the next time when the last is answered.
    Closed(Vec<SignIn>),
}

/// A load to be carried out.
pub struct Load {
    /// What users do.
    pub work: Work,
    /// The team of each user, by its place among the services.
    pub team_of: Vec<usize>,
    /// How long sign-ins are planned for, the warm-up included.
    pub duration: Duration,
    /// How long answers are waited for after that.
    pub patience: Duration,
    /// How many requests may be under way at once; `None` for one of each user.
    pub in_flight: Option<usize>,
    /// A stall of the generator, to see that it shows.
    pub stall: Option<Stall>,
}

/// The actors of a load.
pub struct Crew {
    teams: Vec<ActorRef<TeamMessage>>,
    users: Vec<ActorRef<UserMessage>>,
}

/// What was measured in all.
#[derive(Clone, Debug)]
pub struct Measured {
    /// From the planned instant to the answer.
    pub planned: Histogram<u64>,
    /// From the sending to the answer.
    pub sent: Histogram<u64>,
    /// How late the generator was.
    pub lateness: Histogram<u64>,
    /// How many there were.
    pub noted: Noted,
}

/// Watches a load while it runs.
pub trait Watcher: Send {
    /// A stretch is over. With it comes what was measured in all so far, and how many requests are under way.
    fn collected(&mut self, stretch: &IntervalHistograms, so_far: (&Measured, u64));
}

impl Measured {
    /// Nothing yet.
    pub fn nothing() -> Self {
        Measured { planned: histogram(), sent: histogram(), lateness: histogram(), noted: Noted::default() }
    }

    /// A stretch more.
    pub fn add(&mut self, stretch: &IntervalHistograms, noted: Noted) {
        add(&mut self.planned, &stretch.planned);
        add(&mut self.sent, &stretch.sent);
        add(&mut self.lateness, &stretch.lateness);
        self.noted = noted;
    }
}

impl Load {
    /// Carries it out in real time, on so many threads; returns what was measured, and what was found by the services.
    pub fn run<S: Service>(
        self,
        (services, board): (Vec<S>, &Arc<Board>),
        threads: usize,
        watcher: &mut dyn Watcher,
    ) -> (Measured, Audit) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_time().build();
        let runtime = runtime.expect("the machine has threads left");
        let crew = runtime.block_on(self.crew((services, board)));
        thread::scope(|scope| {
            let (over, ended) = channel();
            let watch = scope.spawn(move || watch(board, &ended, watcher));
            let audit = runtime.block_on(self.carry_out((crew, board), |generator| {
                spawn_blocking(move || on_this_thread(generator.run(OwnThread::here())))
            }));
            drop(over);
            let measured = watch.join().expect("the watcher does not panic");
            // Who still waits for an answer goes with the runtime.
            runtime.shutdown_background();
            (measured, audit)
        })
    }

    /// The actors, who do nothing yet.
    pub async fn crew<S: Service>(&self, (services, board): (Vec<S>, &Arc<Board>)) -> Crew {
        let teams = spawn_teams(services).await;
        let places = self.in_flight.map(|places| Arc::new(Semaphore::new(places)));
        let mut users = Vec::with_capacity(self.team_of.len());
        for team in &self.team_of {
            let (team, board, places) = (teams[*team].clone(), board.clone(), places.clone());
            let user = User { team, board, places };
            let (user, _) =
                Actor::spawn(None, UserActor, user).await.expect("an actor without a name starts");
            users.push(user);
        }
        Crew { teams, users }
    }

    /// Carries it out on the scheduler that calls; `spawn` starts the generator.
    pub async fn carry_out(
        self,
        (Crew { teams, users }, board): (Crew, &Arc<Board>),
        spawn: impl FnOnce(Generator) -> JoinHandle<()>,
    ) -> Audit {
        board.clock.begin();
        let until = nanoseconds(self.duration);
        match self.work {
            Work::Open(departures) => {
                let (users, board) = (users.clone(), board.clone());
                let generator = Generator { departures, until, users, board, stall: self.stall };
                spawn(generator).await.expect("the generator does not panic");
            }
            Work::Closed(sign_ins) => {
                for (user, sign_in) in users.iter().zip(sign_ins) {
                    let _ = user.cast(UserMessage::Work(sign_in, until));
                }
            }
        }
        let end = board.clock.at(until) + self.patience;
        // Those who are not done by then are counted as waiting.
        let _ = tokio::time::timeout_at(end, finished(&users)).await;
        close(&teams, self.patience).await
    }
}

async fn spawn_teams<S: Service>(services: Vec<S>) -> Vec<ActorRef<TeamMessage>> {
    let mut teams = Vec::with_capacity(services.len());
    for service in services {
        let spawned = Actor::spawn(None, TeamActor::default(), service).await;
        teams.push(spawned.expect("an actor without a name starts").0);
    }
    teams
}

/// Every user has done everything.
async fn finished(users: &[ActorRef<UserMessage>]) {
    for user in users {
        // Who has gone does nothing more.
        let _ = user.call(UserMessage::Finish, None).await;
    }
}

/// What the teams' services found; a team that is gone is a finding.
async fn close(teams: &[ActorRef<TeamMessage>], patience: Duration) -> Audit {
    let mut audit = Audit::default();
    for (number, team) in teams.iter().enumerate() {
        match timeout(patience, team.call(TeamMessage::Close, None)).await {
            Ok(Ok(CallResult::Success(found))) => audit.add(found),
            Ok(_) => audit.violations.push(format!("team {number} has ended with a panic")),
            Err(_) => audit.violations.push(format!("team {number} answers nothing any more")),
        }
    }
    audit
}

/// Collects what is measured, interval by interval, until the load is over.
fn watch(board: &Board, over: &Receiver<()>, watcher: &mut dyn Watcher) -> Measured {
    let (mut collector, mut measured) = (Collector::default(), Measured::nothing());
    let mut next = nanoseconds(INTERVAL);
    loop {
        let wait = next.saturating_sub(board.clock.nanoseconds());
        let ended = over.recv_timeout(Duration::from_nanos(wait));
        // A tick that was missed is not made up for.
        next = next.max(board.clock.nanoseconds()) + nanoseconds(INTERVAL);
        let stretch = collector.collect(board);
        measured.add(&stretch, collector.noted(board));
        watcher.collected(&stretch, (&measured, board.under_way()));
        if ended != Err(RecvTimeoutError::Timeout) {
            return measured;
        }
    }
}

/// What a generator does needs no other scheduler than the thread's.
fn on_this_thread(work: impl Future<Output = ()>) {
    let scheduler = tokio::runtime::Builder::new_current_thread().build();
    scheduler.expect("a scheduler without timers needs nothing").block_on(work);
}

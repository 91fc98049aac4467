//! `Trial`: people, and how their sign-ins come; carried out as often as it is asked, each time from the start.

use std::sync::Arc;
use std::time::Duration;

use crate::load::baseline::{Contestant, Round};
use crate::load::clock::Clock;
use crate::load::generator::Stall;
use crate::load::intervals::IntervalHistograms;
use crate::load::machine::{process_cpu_nanoseconds, resident_kib};
use crate::load::measure::{Board, nanoseconds};
use crate::load::outcome::{Outcome, interval};
use crate::load::population::{LoadTeam, Population};
use crate::load::result::{Audit, Header, Interval, LoadResult, Manner};
use crate::load::run::{Load, Measured, Watcher, Work};
use crate::load::rush::Rush;
use crate::load::schedule::{Arrivals, Rounds};
use crate::load::service::{MeterService, Stalling};
use crate::meter::instant::Instant;

/// Answers are waited for so long after the last sign-in was planned.
const PATIENCE: Duration = Duration::from_secs(10);

/// A closed loop that is compared with others is measured from here on: in its first turn every user is new to the
/// meter, and memory to the process.
pub(crate) const WARMUP: Duration = Duration::from_secs(2);

/// Who asks.
#[derive(Clone, Debug)]
pub enum Crowd {
    /// People who sign in again and again.
    Population(Population),
    /// People who do what they did.
    Rush(Rush),
}

/// How sign-ins come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coming {
    /// So many a second, whatever becomes of them.
    AtRate(Arrivals, f64),
    /// As they were recorded.
    AsRecorded,
    /// Each user's when the one before is answered.
    Closed,
}

/// Where something stands still for a second, in the middle of a load, to see that the measurement shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stalled {
    /// The first team's actor.
    Team,
    /// The generator.
    Generator,
}

/// How a load is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// How sign-ins come.
    pub coming: Coming,
    /// How long they are planned for, the warm-up included.
    pub duration: Duration,
    /// What is planned before this has passed is not counted.
    pub warmup: Duration,
    /// How many requests may be under way at once; `None` for one of each user.
    pub in_flight: Option<usize>,
    /// Seconds of the meter for a second of real time.
    pub pace: f64,
    /// Threads of the runtime.
    pub threads: usize,
    /// The seed of the order of users and of random gaps.
    pub seed: u64,
    /// The share of users in the first team, where it was asked for.
    pub skew: Option<f64>,
    /// What stands still.
    pub stalled: Option<Stalled>,
}

/// Watches a trial: a second more, with what all so far come to.
pub type Second<'w> = &'w mut (dyn FnMut(&IntervalHistograms, &Interval, &Measured) + Send);

impl Crowd {
    /// The teams.
    pub fn teams(&self) -> &[LoadTeam] {
        match self {
            Crowd::Population(population) => &population.teams,
            Crowd::Rush(rush) => &rush.teams,
        }
    }

    /// The team of each user.
    pub fn team_of(&self) -> Vec<usize> {
        match self {
            Crowd::Population(population) => population.users.iter().map(|user| user.team).collect(),
            Crowd::Rush(rush) => rush.team_of.clone(),
        }
    }

    /// The meters' instant when the load begins.
    pub fn start(&self) -> Instant {
        match self {
            Crowd::Population(population) => population.start,
            Crowd::Rush(rush) => rush.from,
        }
    }

    fn work(&self, trial: &Trial) -> Work {
        match (self, trial.coming) {
            (Crowd::Rush(rush), _) => Work::Open(Box::new(rush.departures(trial.pace))),
            (Crowd::Population(population), Coming::AtRate(arrivals, rate)) => {
                Work::Open(Box::new(Rounds::new(&population.users, (arrivals, rate), trial.seed)))
            }
            (Crowd::Population(population), _) => {
                Work::Closed(population.users.iter().map(|user| user.sign_in).collect())
            }
        }
    }
}

impl Trial {
    /// Carries it out in memory, in real time.
    pub fn run(&self, crowd: &Crowd, header: Header, second: Second<'_>) -> (LoadResult, Measured) {
        let (load, board) = (self.load(crowd), self.board(crowd));
        let meters = crowd.teams().iter().map(LoadTeam::meter);
        let services = meters.map(|meter| MeterService::new(meter, board.clock.clone()));
        if self.stalled == Some(Stalled::Team) {
            let stalls = self.stall().into_iter().map(Some).chain(std::iter::repeat(None));
            let stalling = |(service, stall)| Stalling { service, stall, clock: board.clock.clone() };
            let services = services.zip(stalls).map(stalling).collect();
            return self.measure(crowd, (header, second), |watcher| {
                load.run((services, &board), self.threads, watcher)
            });
        }
        let services = services.collect();
        self.measure(crowd, (header, second), |watcher| load.run((services, &board), self.threads, watcher))
    }

    /// The same people in a closed loop, as what [`Baselines`] are compared with.
    ///
    /// [`Baselines`]: crate::load::baseline::Baselines
    pub fn contestant<'c>(&self, crowd: &'c Crowd, header: &'c Header) -> Contestant<'c> {
        let trial = Trial { coming: Coming::Closed, in_flight: None, stalled: None, ..*self };
        let run = move |each: Duration| {
            let trial = Trial { duration: WARMUP + each, warmup: WARMUP, ..trial };
            let (_, Measured { noted, .. }) = trial.run(crowd, header.clone(), &mut |_, _, _| ());
            let nanoseconds = noted.last_answer.saturating_sub(nanoseconds(WARMUP));
            Round { sign_ins: noted.admitted + noted.refused, charges: 0, nanoseconds }
        };
        Contestant {
            name: "actors",
            what: "an actor per user and per team: decisions, audit, two looks at the clock for each sign-in, a \
                   histogram; after two seconds, when most users are inside a paid window",
            run: Box::new(run),
        }
    }

    /// The load itself.
    pub fn load(&self, crowd: &Crowd) -> Load {
        Load {
            work: crowd.work(self),
            team_of: crowd.team_of(),
            duration: self.duration,
            patience: PATIENCE,
            in_flight: self.in_flight,
            stall: self.stall().filter(|_| self.stalled == Some(Stalled::Generator)),
        }
    }

    /// Where it is noted, with a clock that does not run yet.
    pub fn board(&self, crowd: &Crowd) -> Arc<Board> {
        Arc::new(Board::new(Clock::new(crowd.start(), self.pace), self.warmup))
    }

    /// What comes of a load that is carried out under a watcher.
    pub fn measure(
        &self,
        crowd: &Crowd,
        (header, second): (Header, Second<'_>),
        run: impl FnOnce(&mut dyn Watcher) -> (Measured, Audit),
    ) -> (LoadResult, Measured) {
        let mut seconds = Seconds { told: second, intervals: Vec::new(), planned: 0 };
        let before = process_cpu_nanoseconds();
        let (measured, audit) = run(&mut seconds);
        let cpu_nanoseconds = process_cpu_nanoseconds() - before;
        let outcome = Outcome { measured: &measured, intervals: seconds.intervals, audit, cpu_nanoseconds };
        (outcome.result(header, self.manner(crowd)), measured)
    }

    fn stall(&self) -> Option<Stall> {
        self.stalled.map(|_| Stall { at: middle(self.duration), length: Duration::from_secs(1) })
    }

    /// As results tell it.
    pub fn manner(&self, crowd: &Crowd) -> Manner {
        let (arrivals, rate) = match self.coming {
            Coming::AtRate(arrivals, rate) => (arrivals.name(), Some(rate)),
            Coming::AsRecorded => ("rush", None),
            Coming::Closed => ("closed", None),
        };
        Manner {
            arrivals: arrivals.to_owned(),
            rate,
            duration_seconds: self.duration.as_secs_f64(),
            warmup_seconds: self.warmup.as_secs_f64(),
            teams: crowd.teams().len(),
            users: crowd.team_of().len(),
            skew: self.skew,
            in_flight: self.in_flight,
            pace: self.pace,
            threads: self.threads,
            seed: self.seed,
        }
    }
}

/// Keeps what each second came to, and passes it on.
struct Seconds<'w> {
    told: Second<'w>,
    intervals: Vec<Interval>,
    /// Sign-ins planned before.
    planned: u64,
}

impl Watcher for Seconds<'_> {
    fn collected(&mut self, stretch: &IntervalHistograms, (measured, under_way): (&Measured, u64)) {
        let so_far = measured.noted.planned;
        let planned = so_far - std::mem::replace(&mut self.planned, so_far);
        let interval = interval(stretch, (planned, under_way), resident_kib());
        (self.told)(stretch, &interval, measured);
        self.intervals.push(interval);
    }
}

fn middle(duration: Duration) -> u64 {
    nanoseconds(duration / 2)
}

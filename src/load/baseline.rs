//! `Baselines`: the work of a closed loop done by less, so that the speed of the actors means something anywhere.
//!
//! The work is the same for all: every user signs in and has the answer, signs out and has the answer, and again.
//! What counts is sign-ins, each with its sign-out. Everybody is there before the time is taken, and each round has
//! meters, threads and a scheduler of its own: nothing is left over for the next.

pub mod meter_alone;
pub mod bare_calls;
pub mod bare_channels;
pub mod one_thread;

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::load::clock::Clock;
use crate::load::measure::nanoseconds;
use crate::load::population::Population;
use crate::load::result::Baseline;

/// What a baseline does in this time is not counted: memory is touched for the first time, and everybody gets going.
const WARMUP: Duration = Duration::from_millis(500);

/// The work of one population, for whoever does it.
#[derive(Clone, Copy, Debug)]
pub struct Baselines<'p> {
    /// The teams and users.
    pub population: &'p Population,
    /// Seconds of the meter for a second of real time.
    pub pace: f64,
    /// Threads of those that have a scheduler.
    pub threads: usize,
}

/// How long everybody goes on. Each user looks at it before each visit, which is a sign-in with its sign-out; what
/// has no users looks at it before it goes over all of them once more.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// Each user has made so many visits.
    Visits(u64),
    /// So much time has passed, after a warm-up that is not counted. A visit that has begun is made to its end.
    Elapsed(Duration),
}

/// What came of one go at the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Sign-ins, each followed by its sign-out.
    pub sign_ins: u64,
    /// Charges that came of them; 0 where nothing is decided.
    pub charges: u64,
    /// From the beginning to the end of the last visit.
    pub nanoseconds: u64,
}

/// Somebody who does the work.
pub struct Contestant<'c> {
    /// As [`Baseline::name`] has it.
    pub name: &'static str,
    /// What it does and what it leaves out.
    pub what: &'static str,
    /// Does it for so long.
    pub run: Box<dyn FnMut(Duration) -> Round + 'c>,
}

/// When somebody ends.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    until: Until,
    clock: Clock,
}

impl<'p> Baselines<'p> {
    /// Everybody, from the least to what is most like the actors.
    pub fn contestants(self) -> Vec<Contestant<'p>> {
        let timed = |run: fn(&Baselines<'p>, Until) -> Round| {
            Box::new(move |each| run(&self, Until::Elapsed(each))) as Box<dyn FnMut(Duration) -> Round>
        };
        vec![
            Contestant {
                name: "meter alone",
                what: "one thread asks the teams' meters, user by user; no messages, no look at the clock within \
                       a pass over all users, no audit",
                run: timed(Baselines::meter_alone),
            },
            Contestant {
                name: "bare ractor calls",
                what: "an actor per user calls an actor per team with the same message; nothing is decided, \
                       measured or audited",
                run: timed(Baselines::bare_calls),
            },
            Contestant {
                name: "bare tokio channels",
                what: "a task per user asks a task per team through a channel, with the same message and a way \
                       back for each; nothing is decided, measured or audited",
                run: timed(Baselines::bare_channels),
            },
            Contestant {
                name: "one thread",
                what: "one thread does what all actors do: decisions, audit, two looks at the clock for each \
                       sign-in, a histogram; no messages",
                run: timed(Baselines::one_thread),
            },
        ]
    }

    fn begin(&self, until: Until) -> Course {
        let clock = Clock::new(self.population.start, self.pace);
        clock.begin();
        Course { until, clock }
    }

    fn runtime(&self) -> Runtime {
        let runtime = Builder::new_multi_thread().worker_threads(self.threads).build();
        runtime.expect("the machine has threads left")
    }
}

impl Course {
    /// Whether somebody who has made so many visits makes one more: 1 where it counts, 0 where it belongs to the warm-up.
    fn next(&self, visits: u64) -> Option<u64> {
        match self.until {
            Until::Visits(all) => (visits < all).then_some(1),
            Until::Elapsed(time) => {
                let now = self.clock.nanoseconds();
                (now < nanoseconds(WARMUP + time)).then_some(u64::from(now >= nanoseconds(WARMUP)))
            }
        }
    }

    /// Nanoseconds for what counts.
    fn counted(&self) -> u64 {
        let warmup = if let Until::Elapsed(_) = self.until { nanoseconds(WARMUP) } else { 0 };
        self.clock.nanoseconds().saturating_sub(warmup)
    }
}

impl Round {
    /// Sign-ins a second.
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2⁵³ of either")]
    pub fn per_second(&self) -> f64 {
        self.sign_ins as f64 * 1e9 / self.nanoseconds.max(1) as f64
    }
}

/// Lets everybody do the work in rounds, forwards and backwards in turn, so that what changes meanwhile on the machine
/// favours nobody. The first is the thing itself, the others are what it is compared with.
///
/// # Panics
/// Where there is no round.
pub fn compare(contestants: &mut [Contestant<'_>], rounds: usize, each: Duration) -> Vec<Baseline> {
    assert!(rounds > 0, "speeds come of at least one round");
    // By contestant, then by round.
    let mut speeds = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..contestants.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            speeds[place].push((contestants[place].run)(each).per_second());
        }
    }
    let told = |(contestant, speeds_of): (&Contestant<'_>, &Vec<f64>)| Baseline {
        name: contestant.name.to_owned(),
        what: contestant.what.to_owned(),
        per_second: median(speeds_of.clone()),
        range: (
            speeds_of.iter().copied().fold(f64::INFINITY, f64::min),
            speeds_of.iter().copied().fold(0.0, f64::max),
        ),
        actors_ratio: median(
            speeds[0]
                .iter()
                .zip(speeds_of)
                .map(|(actors, speed)| actors / speed.max(f64::MIN_POSITIVE))
                .collect(),
        ),
    };
    contestants.iter().zip(&speeds).map(told).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

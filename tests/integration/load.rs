//! Loads on a clock that stands still while somebody works: what a stall does to each latency, and M/M/1.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flexmeter::load::clock::Clock;
use flexmeter::load::generator::{Scheduled, Stall};
use flexmeter::load::measure::{Board, Collector};
use flexmeter::load::population::{LoadUser, Population, Size};
use flexmeter::load::result::Audit;
use flexmeter::load::run::{Load, Measured, Work};
use flexmeter::load::schedule::{Arrivals, Rounds, SECOND};
use flexmeter::load::service::{Ask, MeterService, Service, Stalling};
use flexmeter::meter::answer::{Admission, Answer};
use flexmeter::meter::id::TeamId;
use flexmeter::meter::instant::Instant;
use flexmeter::meter::request::Request;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::random::{Draws, Seed, Stream};
use statrs::distribution::{ContinuousCDF, StudentsT};
use tokio::runtime::Builder;

/// Hours of the meter for an hour of real time.
const PACE: f64 = 3600.0;

/// A load of one team without its work.
struct Trial {
    users: Vec<LoadUser>,
    arrivals: (Arrivals, f64),
    seconds: u64,
    in_flight: Option<usize>,
    stall: Option<Stall>,
    seed: u64,
}

impl Trial {
    /// Carried out on a clock that stands still, before a service made for its board.
    fn carry_out<S: Service>(self, service: impl FnOnce(&Arc<Board>) -> S) -> (Measured, Audit) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a scheduler").block_on(async {
            let board = Arc::new(Board::new(Clock::new(Instant::from_seconds(0), PACE), Duration::ZERO));
            let load = Load {
                work: Work::Open(Box::new(Rounds::new(&self.users, self.arrivals, self.seed))),
                team_of: vec![0; self.users.len()],
                duration: Duration::from_secs(self.seconds),
                patience: Duration::from_secs(self.seconds),
                in_flight: self.in_flight,
                stall: self.stall,
            };
            let crew = load.crew((vec![service(&board)], &board)).await;
            let spawn = |generator: flexmeter::load::generator::Generator| tokio::spawn(generator.run(Scheduled));
            let audit = load.carry_out((crew, &board), spawn).await;
            let (mut collector, mut measured) = (Collector::default(), Measured::nothing());
            let stretch = collector.collect(&board);
            measured.add(&stretch, collector.noted(&board));
            (measured, audit)
        })
    }
}

fn studio(users: usize) -> Population {
    let text = std::fs::read_to_string("scenarios/an-architecture-studio-for-a-year.toml").expect("it is there");
    let scenario = Arc::new(Scenario::read(&text).expect("it is right"));
    let size = Size { teams: Some(1), users: Some(users), skew: None };
    Population::of(&scenario, size, &()).expect("nobody ends it").expect("somebody opens something")
}

/// A service made of the meter of a studio, which stalls perhaps.
fn meter(population: &Population, board: &Arc<Board>, stall: Option<Stall>) -> impl Service + use<> {
    let service = MeterService::new(population.teams[0].meter(), board.clock.clone());
    Stalling { service, stall, clock: board.clock.clone() }
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / SECOND
}

/// Ten seconds at 10,000 a second, in the middle a second in which nothing moves. A hundredth of all sign-ins are a
/// thousand. Those that are planned in the first tenth of that second wait longest, for 0.9 seconds or more.
const STALL: Stall = Stall { at: 5_000_000_000, length: Duration::from_secs(1) };
const RATE: f64 = 10_000.0;
const SECONDS: u64 = 10;
const P99_BY_HAND: f64 = 0.9;

#[test]
fn a_stall_of_a_team_shows_from_the_planned_instant_and_hides_from_the_sending() {
    let population = studio(1000);
    let trial = Trial {
        users: population.users.clone(),
        arrivals: (Arrivals::Constant, RATE),
        seconds: SECONDS,
        in_flight: Some(64),
        stall: None,
        seed: 1,
    };
    let (measured, audit) = trial.carry_out(|board| meter(&population, board, Some(STALL)));
    let p99 = seconds(measured.planned.value_at_quantile(0.99));
    assert!((p99 / P99_BY_HAND - 1.0).abs() < 0.02, "from the planned instant: {p99} s");
    let hidden = seconds(measured.sent.value_at_quantile(0.99));
    assert!(hidden < 0.002, "from the sending: {hidden} s");
    assert!((seconds(measured.sent.max()) - 1.0).abs() < 0.01, "who was under way waited for all of it");
    assert!(seconds(measured.lateness.max()) < 0.002, "the generator was on time");
    let noted = measured.noted;
    assert_eq!((noted.planned, noted.sent, noted.admitted), (100_000, 100_000, 100_000));
    assert_eq!(audit.violations, Vec::<String>::new());
    assert_eq!(audit.decisions, 100_000 + 100_000 - 500, "half a round has not signed out at the end");
}

#[test]
fn a_stall_of_the_generator_is_its_lateness_and_no_latency_of_the_team() {
    let population = studio(1000);
    let trial = Trial {
        users: population.users.clone(),
        arrivals: (Arrivals::Constant, RATE),
        seconds: SECONDS,
        in_flight: None,
        stall: Some(STALL),
        seed: 1,
    };
    let (measured, _) = trial.carry_out(|board| meter(&population, board, None));
    let late = seconds(measured.lateness.value_at_quantile(0.99));
    assert!((late / P99_BY_HAND - 1.0).abs() < 0.02, "the generator was late by {late} s");
    assert!((seconds(measured.lateness.max()) - 1.0).abs() < 0.01, "by a second at most");
    assert!(seconds(measured.sent.max()) < 0.002, "the team was not");
    assert_eq!(measured.noted.admitted, 100_000, "and nothing was left out");
}

/// One server: sign-ins take an exponential time, and come one after the other.
struct OneServer {
    /// Seconds, on average.
    mean: f64,
    draws: Arc<Mutex<Draws>>,
}

impl Service for OneServer {
    async fn serve(&mut self, ask: Ask) {
        if matches!(ask.request, Request::SignIn(_)) {
            let takes = self.mean * self.draws.lock().expect("nobody panics").exponential();
            tokio::time::sleep(Duration::from_secs_f64(takes)).await;
        }
        drop(ask.port.send(Answer::Admitted(Admission::PaidWindow, TeamId(0))));
    }

    fn close(&mut self) -> Audit {
        Audit::default()
    }
}

#[test]
fn before_one_server_with_exponential_times_latency_is_as_for_m_m_1() {
    // The scheduler's timers tick in milliseconds: next to nothing of a minute.
    const MEAN: f64 = 60.0;
    const REPLICATIONS: u64 = 16;
    let users = studio(2000).users;
    for (share, sign_ins) in [(0.3, 4_000.0), (0.5, 6_000.0), (0.7, 12_000.0), (0.85, 30_000.0)] {
        let rate = share / MEAN;
        let one = |seed: u64| {
            let trial = Trial {
                users: users.clone(),
                arrivals: (Arrivals::Poisson, rate),
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds")]
                seconds: (sign_ins / rate) as u64,
                in_flight: None,
                stall: None,
                seed,
            };
            let draws = Arc::new(Mutex::new(Stream::new("server", "times").draw(Seed::new(seed))));
            let (measured, _) = trial.carry_out(|_| OneServer { mean: MEAN, draws });
            assert_eq!(measured.noted.planned, measured.planned.len(), "all are answered");
            let at = |quantile| seconds(measured.planned.value_at_quantile(quantile)) / MEAN;
            [measured.planned.mean() / SECOND / MEAN, at(0.5), at(0.9), at(0.99)]
        };
        let samples: Vec<[f64; 4]> = (1..=REPLICATIONS).map(one).collect();
        // Latency is exponential, with this mean.
        let mean = 1.0 / (1.0 - share);
        let theory = [mean, mean * 2f64.ln(), mean * 10f64.ln(), mean * 100f64.ln()];
        for (place, expected) in theory.into_iter().enumerate() {
            let values: Vec<f64> = samples.iter().map(|sample| sample[place]).collect();
            let (middle, half) = interval(&values);
            assert!(
                (middle - expected).abs() <= half,
                "at {share}, figure {place}: {middle} ± {half}, in theory {expected}"
            );
            assert!(half < 0.2 * expected, "at {share}, figure {place}: ± {half} tells something");
        }
    }
}

/// Mean and half the width of its 99 % interval.
fn interval(values: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "few values")]
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let t = StudentsT::new(0.0, 1.0, count - 1.0).expect("several values").inverse_cdf(0.995);
    (mean, t * (variance / count).sqrt())
}

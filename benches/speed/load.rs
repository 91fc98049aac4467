//! Sign-ins in real time: the same visits by each of those who do less than the actors of a load, and decisions with
//! their audit. A hundred users in ten teams, who sign in and out again and again.

use std::time::Duration;

use criterion::BatchSize;
use flexmeter::load::baseline::{Baselines, Round, Until};
use flexmeter::load::clock::Clock;
use flexmeter::load::population::{Population, Size};
use flexmeter::load::result::Audit;
use flexmeter::load::schedule::sign_out;
use flexmeter::load::service::{MeterService, Service};
use flexmeter::meter::request::Request;

use crate::replay::a_week_of_ten_teams;
use crate::{Bench, Work, measured};

const TEAMS: usize = 10;
const USERS: usize = 100;
const THREADS: usize = 2;

/// How often each user comes in one go.
fn visits() -> u64 {
    if measured() { 200 } else { 3 }
}

fn population() -> Population {
    let size = Size { teams: Some(TEAMS), users: Some(USERS), skew: None };
    let population = Population::of(&a_week_of_ten_teams(), size, &()).expect("nobody ends it");
    population.expect("somebody opens something")
}

pub(crate) fn measure(bench: &mut Bench) {
    let population = population();
    let baselines = Baselines { population: &population, pace: 1.0, threads: THREADS };
    contest(bench, "meter alone", &|until| baselines.meter_alone(until));
    contest(bench, "bare ractor calls", &|until| baselines.bare_calls(until));
    contest(bench, "bare tokio channels", &|until| baselines.bare_channels(until));
    contest(bench, "one thread", &|until| baselines.one_thread(until));
    let batch = BatchSize::PerIteration;
    bench.measure(work("audited decisions"), |bencher| {
        bencher.iter_batched(|| services(&population), |services| decide(&population, services), batch);
    });
}

fn work(name: &str) -> Work {
    let sign_ins = sign_ins();
    let digest = format!("{sign_ins} sign-ins and as many sign-outs");
    Work { name: format!("load/{name}"), elements: sign_ins, digest }
}

fn sign_ins() -> u64 {
    USERS as u64 * visits()
}

/// The time is that of the visits, not of whoever begins and ends.
fn contest(bench: &mut Bench, name: &str, run: &dyn Fn(Until) -> Round) {
    let visits = || {
        let round = run(Until::Visits(visits()));
        // A session that ends within the grace period is free (RULES 1.5).
        assert_eq!((round.sign_ins, round.charges), (sign_ins(), 0), "everybody came as often as asked");
        Duration::from_nanos(round.nanoseconds)
    };
    bench.measure(work(name), |bencher| bencher.iter_custom(|turns| (0..turns).map(|_| visits()).sum()));
}

fn services(population: &Population) -> Vec<MeterService> {
    let clock = Clock::new(population.start, 1.0);
    clock.begin();
    population.teams.iter().map(|team| MeterService::new(team.meter(), clock.clone())).collect()
}

fn decide(population: &Population, mut services: Vec<MeterService>) {
    for _ in 0..visits() {
        for user in &population.users {
            services[user.team].decide(Request::SignIn(user.sign_in));
            services[user.team].decide(sign_out(user.sign_in));
        }
    }
    let mut audit = Audit::default();
    for service in &mut services {
        audit.add(service.close());
    }
    assert_eq!(
        (audit.decisions, audit.violations.len()),
        (2 * sign_ins(), 0),
        "all was decided, and rightly"
    );
}

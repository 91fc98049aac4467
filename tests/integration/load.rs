//! Loads on a clock that stands still while somebody works: what a stall does to each latency, and M/M/1.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flexmeter::load::audit::Auditor;
use flexmeter::load::clock::Clock;
use flexmeter::load::generator::{Scheduled, Stall};
use flexmeter::load::measure::{Board, Collector};
use flexmeter::load::population::{LoadTeam, LoadUser, Population, Size};
use flexmeter::load::result::Audit;
use flexmeter::load::run::{Load, Measured, Work};
use flexmeter::load::rush::Rush;
use flexmeter::load::schedule::{Arrivals, Departure, Rounds, SECOND};
use flexmeter::load::service::{Ask, MeterService, Service, Stalling};
use flexmeter::meter::Meter;
use flexmeter::meter::answer::{Admission, Answer};
use flexmeter::meter::id::TeamId;
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::meter::pack::Pack;
use flexmeter::meter::record::{ChargeRecord, Record};
use flexmeter::meter::request::Request;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::Zone;
use flexmeter::scenario::moment;
use flexmeter::scenario::random::{Draws, Seed, Stream};
use flexmeter::simulation::recorder::Unrecorded;
use flexmeter::simulation::replay;
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
            let spawn =
                |generator: flexmeter::load::generator::Generator| tokio::spawn(generator.run(Scheduled));
            let audit = load.carry_out((crew, &board), spawn).await;
            let (mut collector, mut measured) = (Collector::default(), Measured::nothing());
            let stretch = collector.collect(&board);
            measured.add(&stretch, collector.noted(&board));
            (measured, audit)
        })
    }
}

fn studio(users: usize) -> Population {
    let text =
        std::fs::read_to_string("scenarios/an-architecture-studio-for-a-year.toml").expect("it is there");
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
    assert_eq!(audit.decisions, 100_000 + 100_000, "each with a sign-out");
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

#[test]
fn users_take_turns_and_half_of_them_work_at_any_time() {
    for users in [1, 2, 3, 7, 100] {
        let people = studio(users).users;
        let rounds = Rounds::new(&people, (Arrivals::Poisson, 1000.0), 3);
        let (mut working, mut sign_ins, mut last) = (BTreeSet::new(), vec![0; users], 0);
        for Departure { at, user, request } in rounds.take(20 * users) {
            assert!(last <= at, "departures are in order");
            last = at;
            match request {
                Request::SignIn(sign_in) => {
                    assert_eq!(sign_in.user, people[user].sign_in.user);
                    assert!(working.insert(user), "who works does not sign in again");
                    sign_ins[user] += 1;
                }
                Request::SignOut(_) => {
                    let first_half =
                        sign_ins.iter().sum::<i32>() < i32::try_from((users / 2).max(1)).expect("few");
                    assert!(working.remove(&user) || first_half, "who signs out has worked");
                }
                other => panic!("{other:?}"),
            }
            assert!(working.len() <= (users / 2).max(1), "half of {users} users work: {}", working.len());
        }
        let (least, most) = (sign_ins.iter().min(), sign_ins.iter().max());
        assert!(least.zip(most).is_some_and(|(least, most)| most - least <= 1), "all alike: {sign_ins:?}");
    }
}

#[test]
fn planned_sign_ins_come_at_their_rate() {
    let people = studio(10).users;
    for (arrivals, spread) in [(Arrivals::Constant, 0.0), (Arrivals::Poisson, 1.0)] {
        let rounds = Rounds::new(&people, (arrivals, 250.0), 1);
        let sign_ins = rounds.filter(|departure| matches!(departure.request, Request::SignIn(_)));
        let instants: Vec<f64> = sign_ins.take(20_001).map(|departure| seconds(departure.at)).collect();
        let gaps: Vec<f64> = instants.windows(2).map(|pair| (pair[1] - pair[0]) * 250.0).collect();
        let mean = gaps.iter().sum::<f64>() / 20_000.0;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{arrivals:?}: mean gap {mean}");
        assert!(
            (variance.sqrt() - spread).abs() < 0.03,
            "{arrivals:?}: standard deviation {}",
            variance.sqrt()
        );
    }
}

#[test]
fn people_are_spread_over_teams_as_asked() {
    let text = r#"
        title = "Two teams"
        start = 2026-03-02T00:00:00Z
        end = 2026-03-03T00:00:00Z
        [[team]]
        name = "A"
        packs = [{ id = "a", tokens = 10, bought = 2026-03-01T00:00:00Z, used = 4 }]
        [[team]]
        name = "B"
        [[user]]
        name = "ann"
        teams = ["A"]
        products = ["AutoCAD"]
        subscriptions = [{ product = "AutoCAD", from = 2026-01-01T00:00:00Z, until = 2027-01-01T00:00:00Z }]
        [[user]]
        name = "bob"
        teams = ["A"]
        products = ["Revit"]
        [[user]]
        name = "cora"
        teams = ["B"]
        products = ["AutoCAD"]
        [[user]]
        name = "dan"
        teams = ["B"]
        products = []
        "#;
    let sign_in = |(user, product): &(&str, &str)| {
        format!(
            "[[step]]\nat = 2026-03-02T09:00:00Z\ndo = \"sign-in\"\nuser = \"{user}\"\nproduct = \"{product}\"\n"
        )
    };
    let steps = [("ann", "AutoCAD"), ("bob", "Revit"), ("cora", "AutoCAD"), ("dan", "AutoCAD")];
    let text = text.to_owned() + &steps.iter().map(sign_in).collect::<String>();
    let scenario = Arc::new(Scenario::read(&text).expect("it is right"));
    let cases = [
        (Size::default(), vec![2, 1], "the scenario's own; dan, who is refused, does not take part"),
        (Size { teams: Some(3), ..Size::default() }, vec![2, 1, 2], "again from the first"),
        (Size { users: Some(7), ..Size::default() }, vec![4, 3], "evenly"),
        (Size { teams: Some(4), users: Some(100), skew: Some(0.7) }, vec![70, 10, 10, 10], "a hot team"),
        (Size { teams: Some(1), users: Some(5), skew: Some(0.7) }, vec![5], "one team has all"),
    ];
    for (size, expected, why) in cases {
        let population = Population::of(&scenario, size, &()).expect("nobody ends it").expect("people");
        let mut counts = vec![0; population.teams.len()];
        population.users.iter().for_each(|user| counts[user.team] += 1);
        assert_eq!(counts, expected, "{why}");
        for user in &population.users {
            let mut meter = population.teams[user.team].meter();
            let answer = meter.arrive(Request::SignIn(user.sign_in), population.start).0;
            let is_ann = user.team % 2 == 0 && user.sign_in.user.0 % 2 == 0;
            let expected = if is_ann { Admission::Subscription } else { Admission::NewWindow };
            assert!(
                matches!(answer, Answer::Admitted(how, _) if how == expected),
                "{why}: {user:?}, {answer:?}"
            );
        }
    }
}

/// A rush of the studio, lived again as it was recorded, comes to the same answers and balances.
#[test]
fn a_rush_comes_to_what_it_came_to() {
    let text =
        std::fs::read_to_string("scenarios/an-architecture-studio-for-a-year.toml").expect("it is there");
    let scenario = Arc::new(Scenario::read(&text).expect("it is right"));
    let from = moment::parse("2026-03-09T08:00", &Zone::utc()).expect("an instant");
    let until = from + Span::from_seconds(3600);
    let rush = Rush::record(&scenario, (from, until), &()).expect("nobody ends it");
    let standing = replay::until(&scenario, until, (&mut Unrecorded, &())).expect("nobody ends it");
    assert!(rush.len() > 10, "there is something to see: {}", rush.len());
    let mut meters: Vec<Meter> = rush.teams.iter().map(LoadTeam::meter).collect();
    let before: Vec<Pack> = meters.iter().flat_map(Meter::packs).cloned().collect();
    let mut last = 0;
    for departure in rush.departures(60.0) {
        assert!(
            last <= departure.at && departure.at < 60_000_000_000,
            "an hour in a minute: {}",
            departure.at
        );
        last = departure.at;
        let at =
            from + Span::from_seconds(i64::try_from(departure.at * 60 / 1_000_000_000).expect("an hour"));
        meters[rush.team_of[departure.user]].arrive(departure.request, at);
    }
    for meter in &mut meters {
        meter.advance(until);
    }
    let packs: Vec<Pack> = meters.iter().flat_map(Meter::packs).cloned().collect();
    assert_eq!(packs, standing.packs);
    assert_ne!(packs, before, "the hour was charged for");
}

/// What arrives late, by the clock of the meter, or in another order than RULES 4 has it, is answered; and again the same
/// at the instants that were told.
#[test]
fn what_arrives_in_any_order_is_answered_the_same_again() {
    let population = studio(40);
    let mut jitter = Stream::new("jitter", "test").draw(Seed::new(5));
    let [mut meter, mut again] = [(); 2].map(|()| population.teams[0].meter());
    let mut auditor = Auditor::of(&meter);
    let (mut later, mut earlier) = (population.start, 0);
    let rounds = Rounds::new(&population.users, (Arrivals::Poisson, 1.0), 1);
    for Departure { at, request, .. } in rounds.take(20_000) {
        #[expect(clippy::cast_possible_truncation, reason = "minutes")]
        let late = (jitter.unit() * 3.0) as i64;
        let at = i64::try_from(at / 1_000_000_000).expect("days") / 4 * 300 - late;
        let at = population.start + Span::from_seconds(at.max(0));
        let (answer, told) = meter.arrive(request.clone(), at);
        auditor.watch(&mut meter);
        assert!(told >= later, "instants only move forward");
        later = told;
        earlier += usize::from(at < told);
        assert_eq!(again.arrive(request, told), (answer, told));
    }
    assert!(earlier > 1000, "some come late: {earlier}");
    let audit = auditor.count(&meter);
    assert_eq!(audit.violations, Vec::<String>::new());
    assert!(audit.charges > 100, "some are charged: {}", audit.charges);
    let packs = |meter: &Meter| meter.packs().cloned().collect::<Vec<_>>();
    assert_eq!(packs(&meter), packs(&again));
}

/// The auditor says so where a key is charged twice in 24 hours, or where what is posted was not drawn.
#[test]
fn an_audit_finds_a_second_charge_and_a_lost_token() {
    let population = studio(1);
    let mut meter = population.teams[0].meter();
    let sign_in = population.users[0].sign_in;
    let start = population.start;
    meter.arrive(Request::SignIn(sign_in), start);
    meter.advance(start + Span::from_seconds(30 * 3600));
    let charges: Vec<ChargeRecord> = meter.drain_records().filter_map(charge).collect();
    let window = |seconds| start + Span::from_seconds(seconds);
    let first: Vec<_> = charges.iter().filter(|charge| charge.window_start == start).cloned().collect();
    assert_eq!(charges.len(), 2 * first.len(), "what opened, and its renewals");
    let renewed = |at: Instant| {
        let renewals = first.iter().map(|charge| ChargeRecord { window_start: at, ..charge.clone() });
        first.iter().cloned().chain(renewals).collect::<Vec<_>>()
    };
    let found = |charges: &[ChargeRecord]| {
        let mut auditor = Auditor::of(&population.teams[0].meter());
        for charge in charges {
            auditor.see(charge);
        }
        auditor.count(&meter).violations
    };
    assert_eq!(found(&charges), Vec::<String>::new());
    assert_eq!(found(&renewed(window(86_400))), Vec::<String>::new());
    let [double] = &found(&renewed(window(86_399)))[..] else { panic!("it is found") };
    assert!(double.contains("two charges in 24 hours"), "{double}");
    let [lost] = &found(&first)[..] else { panic!("it is found") };
    assert!(lost.contains("posted"), "{lost}");
}

fn charge(record: Record) -> Option<ChargeRecord> {
    if let Record::Charge(charge) = record { Some(charge) } else { None }
}

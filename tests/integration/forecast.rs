//! Forecasts: intervals hold what they say, futures are runs, refusals are told as the rule says.

use std::collections::BTreeSet;
use std::sync::Arc;

use flexmeter::forecast::charges;
use flexmeter::forecast::demand;
use flexmeter::forecast::future;
use flexmeter::forecast::future::{Asked, Future};
use flexmeter::forecast::months::Months;
use flexmeter::forecast::quantile::{Estimate, Spread};
use flexmeter::forecast::replications::{replicate, replication};
use flexmeter::forecast::sampling::{Effort, futures};
use flexmeter::forecast::shortage::Shortages;
use flexmeter::forecast::supply;
use flexmeter::meter::answer::{Admission, Refusal};
use flexmeter::meter::id::{ProductId, TeamId, UserId};
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::meter::record::SignInRecord;
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::Scenario;
use flexmeter::simulation::run::Run;

use crate::support::{project, scenario, text_of};

const HOUR: i64 = 3600;

fn asked(scenario: &Scenario) -> Asked {
    Asked { team: None, cured_within: Span::from_seconds(HOUR), months: Months::of_run(scenario) }
}

fn studio() -> Arc<Scenario> {
    scenario(&text_of(&project().join("scenarios/an-architecture-studio-for-a-year.toml")))
}

/// A firm whose chance is known, since it is simulated: three products of three rates.
fn firm(seed: u64) -> Scenario {
    let text = format!(
        r#"
        start = 2026-01-01T00:00:00Z
        end = 2026-02-01T00:00:00Z
        seed = {seed}
        [[product]]
        name = "Small"
        rate = 0.7
        [[team]]
        name = "Lab"
        [[group]]
        name = "probe"
        team = "Lab"
        count = 3
        products = ["AutoCAD", "Revit", "Small"]
        habit = "probe"
        [habit.probe]
        kind = "poisson"
        per_day = 0.8
        session = {{ fixed = "30m" }}
        "#
    );
    supply::unlimited(&scenario(&text))
}

/// Of a thousand forecasts of ninety-nine futures each, the hundredth future lies between P5 and P95 in nine cases
/// of ten, and the interval around the median holds the true median in nineteen of twenty.
#[test]
fn intervals_of_a_thousand_forecasts_hold_what_they_say() {
    const FORECASTS: u64 = 1000;
    const RUNS: usize = 99;
    let scenario = firm(1);
    let asked = asked(&scenario);
    let count = FORECASTS * (RUNS as u64 + 1);
    let totals = replicate(&scenario, 0..count, |scenario| Ok(future::of(scenario, &asked, &())?.total()));
    let totals = totals.expect("nothing ends it");
    let mut all = totals.clone();
    all.sort_unstable();
    let true_median = all[all.len() / 2];
    let (mut hold, mut median) = (0, 0);
    for forecast in totals.chunks(RUNS + 1) {
        let (truth, sample) = forecast.split_last().expect("a hundred futures");
        let Spread { p5, p50, p95 } = Spread::of(sample.to_vec());
        hold += u32::from((p5.value..=p95.value).contains(truth));
        let (low, high) = (p50.low.expect("enough"), p50.high.expect("enough"));
        median += u32::from((low..=high).contains(&true_median));
    }
    assert!((880..=920).contains(&hold), "90 % intervals hold {hold} of {FORECASTS}");
    assert!((930..=970).contains(&median), "95 % intervals of the median hold {median} of {FORECASTS}");
}

#[test]
fn a_future_is_the_run_under_its_seed() {
    let scenario = studio();
    let asked = asked(&scenario);
    let effort = Effort { runs: 4, tolerance: None };
    let futures = futures(&scenario, (&asked, effort), &()).expect("nothing ends it");
    let mut totals = BTreeSet::new();
    for (number, future) in (0..).zip(&futures) {
        let replication = replication(&scenario, number);
        assert_eq!(replication.seed, scenario.seed + number, "a run with that seed shows it");
        let Run { tally, packs, .. } = Run::replay(&replication);
        assert_eq!(future.total(), tally.tokens);
        assert_eq!(future.tokens.values().copied().sum::<Tokens>(), tally.tokens);
        assert_eq!(future.events, tally.events());
        let available: Tokens = tally.teams.values().map(|team| team.available).sum();
        assert_eq!(future.balance.last(), Some(&available), "what is left at the end");
        let refused: Vec<u64> = tally.refused().into_values().collect();
        let mut raw: Vec<u64> = Refusal::ALL
            .iter()
            .filter(|why| tally.refused().contains_key(why.name()))
            .map(|why| future.shortages.raw[*why as usize])
            .collect();
        let mut refused = refused;
        raw.sort_unstable();
        refused.sort_unstable();
        assert_eq!(raw, refused, "every refusal is counted");
        let ended = tally.sessions().get("insufficient-tokens").copied().unwrap_or_default();
        assert_eq!(future.shortages.ended, ended);
        let expired: Tokens = packs.iter().map(|pack| pack.expired).sum();
        assert_eq!(future.expired(), expired);
        assert!(future.shortages.of_tokens() <= raw.iter().sum::<u64>() + ended, "true ones are no more");
        totals.insert(future.total());
    }
    assert_eq!(totals.len(), 4, "each is another future");
}

/// Runs out once and for all: the balance of every future is nothing from some day on.
#[test]
fn the_day_tokens_run_out_is_the_first_day_somebody_is_refused() {
    let text = r#"
        start = 2026-01-01T00:00:00Z
        end = 2026-02-01T00:00:00Z
        [[team]]
        name = "Lab"
        packs = [{ id = "p", tokens = 20, bought = 2026-01-01T00:00:00Z }]
        [[user]]
        name = "ann"
        teams = ["Lab"]
        products = ["AutoCAD"]
        [[step]]
        at = 2026-01-02T09:00:00Z
        do = "sign-in"
        user = "ann"
        product = "AutoCAD"
        "#;
    // 7 on the 2nd and the 3rd; on the 4th at nine 6 are left.
    let scenario = scenario(text);
    let future = future::of(&scenario, &asked(&scenario), &()).expect("nothing ends it");
    assert_eq!(future.ran_out(), Some(at("2026-01-04T09:00:00Z")));
    assert_eq!((future.shortages.ended, future.shortages.of_tokens()), (1, 1));
    assert_eq!(future.balance[..5], [20, 13, 6, 6, 6].map(Tokens::whole));
    // Under unlimited supply the same path asks for the tokens at which it ends here.
    let unlimited = Arc::new(supply::unlimited(&scenario));
    let demand = demand::of(&unlimited, &()).expect("nothing ends it");
    let draws = &demand.teams[0];
    assert_eq!(draws.len(), 30, "one each day from the 2nd to the 31st");
    assert!(draws.iter().all(|draw| draw.tokens == Tokens::whole(7) && !draw.is_late));
    assert_eq!(draws[2].at, at("2026-01-04T09:00:00Z"));
}

/// A hold that waits when the run is cut goes back to a pack that has ended: tokens expire on the run's last instant.
#[test]
fn what_the_end_of_the_run_cuts_belongs_to_its_last_day() {
    let text = r#"
        start = 2026-01-01T00:00:00Z
        end = 2026-01-03T00:00:00Z
        [[team]]
        name = "Lab"
        packs = [{ id = "p", tokens = 20, bought = 2025-06-01T00:00:00Z, expires = 2026-01-02T23:59:00Z }]
        [[user]]
        name = "ann"
        teams = ["Lab"]
        products = ["AutoCAD"]
        [[step]]
        at = 2026-01-02T23:58:00Z
        do = "sign-in"
        user = "ann"
        product = "AutoCAD"
        "#;
    let scenario = scenario(text);
    let future = future::of(&scenario, &asked(&scenario), &()).expect("nothing ends it");
    assert_eq!(future.balance, [20, 0].map(Tokens::whole));
    assert_eq!(future.expired(), Tokens::whole(20));
}

/// Debt counts against the balance (RULES 2.6, "negative").
#[test]
fn a_balance_goes_below_nothing_where_renewals_may() {
    let text = r#"
        start = 2026-01-01T00:00:00Z
        end = 2026-01-06T00:00:00Z
        [policy]
        renewal_when_short = "negative"
        [[team]]
        name = "Lab"
        packs = [{ id = "p", tokens = 20, bought = 2026-01-01T00:00:00Z }]
        [[user]]
        name = "ann"
        teams = ["Lab"]
        products = ["AutoCAD"]
        [[step]]
        at = 2026-01-02T09:00:00Z
        do = "sign-in"
        user = "ann"
        product = "AutoCAD"
        "#;
    let scenario = scenario(text);
    let future = future::of(&scenario, &asked(&scenario), &()).expect("nothing ends it");
    assert_eq!(future.balance, [20, 13, 6, -1, -8].map(Tokens::whole));
    assert_eq!((future.ran_out(), future.total()), (None, Tokens::whole(28)));
}

fn at(text: &str) -> Instant {
    flexmeter::scenario::calendar::from_iso(text).expect("an instant")
}

/// What is drawn under unlimited supply is what is charged, instant by instant, until a balance is short.
#[test]
fn demand_is_what_is_drawn_until_a_balance_is_short() {
    let mut short = 0;
    for seed in 0..20 {
        let scenario = Scenario { seed, ..studio().as_ref().clone() };
        let future =
            future::of(&Arc::new(scenario.clone()), &asked(&scenario), &()).expect("nothing ends it");
        let unlimited = Arc::new(supply::unlimited(&scenario));
        let demand = demand::of(&unlimited, &()).expect("nothing ends it");
        let drawn = |until: Instant| -> Tokens {
            demand.teams[0].iter().filter(|draw| draw.at < until).map(|draw| draw.tokens).sum()
        };
        if let Some(ran_out) = future.ran_out() {
            short += 1;
            let charges = charges::of(&Arc::new(scenario.clone()), Span::from_seconds(HOUR), &());
            let charges = charges.expect("nothing ends it").charges;
            let before = charges.iter().filter(|charge| charge.window_start < ran_out);
            let charged: Tokens = before.map(|charge| charge.tokens).sum();
            assert_eq!(charged, drawn(ran_out), "seed {seed}");
        } else {
            assert_eq!(future.total(), drawn(scenario.end), "seed {seed}");
        }
    }
    assert!((2..20).contains(&short), "some of the futures are short, and some not: {short}");
}

#[test]
fn refusals_that_are_cured_or_repeated_are_not_counted_twice() {
    // Minutes at which a user is refused (r) or admitted (a), within an hour: raw, true.
    let cases: [(&str, u64, u64); 9] = [
        ("", 0, 0),
        ("r0", 1, 1),
        ("r0 a30", 1, 0),
        ("r0 a60", 1, 0),
        ("r0 a61", 1, 1),
        ("r0 r50 r100 a150", 3, 0),
        ("r0 r50 r100", 3, 1),
        ("r0 r61", 2, 2),
        ("r0 r61 a62 r200 r201", 4, 2),
    ];
    for (written, raw, felt) in cases {
        let mut shortages = Shortages::new(Span::from_seconds(HOUR));
        for word in written.split_whitespace() {
            let minute: i64 = word[1..].parse().expect("minutes");
            let refused = word.starts_with('r');
            let answer = if refused { Err(Refusal::InsufficientTokens) } else { Ok(Admission::NewWindow) };
            let short = shortages.sign_in(&SignInRecord {
                at: Instant::from_seconds(minute * 60),
                user: UserId(0),
                product: ProductId(0),
                opening: None,
                team: TeamId(0),
                answer,
            });
            assert_eq!(short, refused);
        }
        let shortages = shortages.finish();
        let place = Refusal::InsufficientTokens as usize;
        assert_eq!((shortages.raw[place], shortages.felt[place]), (raw, felt), "{written}");
    }
}

/// Who finds no seat goes away: the share of those is Erlang's, whatever the length of a session is spread like.
#[test]
fn floating_seats_refuse_as_erlang_says() {
    const SEATS: u32 = 12;
    for (session, minutes) in [("fixed = \"1h\"", 60.0), ("exponential = \"2h\"", 120.0)] {
        let (users, days) = (400.0, 60.0);
        let offered: f64 = 9.0;
        let per_day = offered / users / (minutes / 60.0 / 24.0);
        let text = format!(
            r#"
            start = 2026-01-01T00:00:00Z
            end = 2026-03-02T00:00:00Z
            [[team]]
            name = "Lab"
            [[licence_server]]
            name = "lmgr"
            seats = {{ AutoCAD = {SEATS} }}
            [[group]]
            name = "guest"
            team = "Lab"
            count = 400
            products = ["AutoCAD"]
            licence_server = "lmgr"
            habit = "probe"
            [habit.probe]
            kind = "poisson"
            per_day = {per_day}
            session = {{ {session} }}
            "#
        );
        let scenario = scenario(&text);
        let asked = asked(&scenario);
        let of = |scenario: &Arc<Scenario>| future::of(scenario, &asked, &());
        let futures = replicate(&scenario, 0..20, of).expect("nothing ends it");
        let place = Refusal::NoSeat as usize;
        let expected_sign_ins = users * per_day * days;
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        let shares: Vec<f64> = futures
            .iter()
            .map(|future: &Future| future.shortages.raw[place] as f64 / expected_sign_ins)
            .collect();
        let Estimate { value, low, high } = Estimate::mean(&shares);
        // The interval is of 95 %: a little over two standard errors to each side.
        let three = (high - low) / 2.0 / 2.093 * 3.0;
        let erlang = erlang_b(SEATS, offered);
        assert!((value - erlang).abs() < three, "{session}: {value:.4} ± {three:.4}, Erlang {erlang:.4}");
        assert!(three < 0.1 * erlang, "tight enough to tell: {three}");
    }
}

/// The share of customers who find all servers busy, for an offered load.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, server| {
        let load = offered * blocked;
        load / (f64::from(server) + load)
    })
}

#[test]
fn a_forecast_is_the_same_by_one_thread() {
    let scenario = firm(7);
    let asked = asked(&scenario);
    let of = |scenario: &Arc<Scenario>| Ok(future::of(scenario, &asked, &())?.total());
    let by_many = replicate(&scenario, 3..40, of).expect("nothing ends it");
    let by_one: Vec<Tokens> =
        (3..40).map(|number| of(&replication(&scenario, number)).expect("nothing ends it")).collect();
    assert_eq!(by_many, by_one);
}

#[test]
fn a_forecast_stops_when_it_is_tight_enough() {
    let scenario = firm(7);
    let asked = asked(&scenario);
    let runs = |tolerance| {
        let effort = Effort { runs: 3000, tolerance: Some(tolerance) };
        futures(&scenario, (&asked, effort), &()).expect("nothing ends it").len()
    };
    let (loose, tight) = (runs(0.2), runs(0.03));
    assert_eq!(loose, 100, "the first look");
    assert!((101..3000).contains(&tight), "{tight}");
    assert_eq!(runs(0.000_1), 3000, "as many as there may be");
}

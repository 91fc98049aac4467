//! Tokens or a subscription: against renewal theory, against sums made plainly, and by hand.

#![expect(clippy::cast_precision_loss, reason = "counts and amounts of a few thousand")]
#![expect(clippy::float_cmp, reason = "what is certain is exact")]

use std::collections::BTreeMap;

use flexmeter::forecast::charges;
use flexmeter::forecast::replications::replication;
use flexmeter::forecast::seats::plan::Plan;
use flexmeter::forecast::seats::{Advice, Seat, advise};
use flexmeter::forecast::supply::unlimited;
use flexmeter::meter::instant::Span;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::utc;
use flexmeter::scenario::price_list::Money;
use serde_json::{Value, json};

use crate::page::opened;
use crate::support::{flexmeter, scenario, stderr, stdout};

/// People who sign in at random for a second, at a price; AutoCAD is 7 tokens, so 21 a window.
fn people(count: u32, per_day: f64, price: &str) -> String {
    format!(
        r#"
        title = "People"
        start = 2026-01-01T00:00:00Z
        end = 2027-01-01T00:00:00Z
        seed = 5
        [policy]
        grace = "0s"
        [[team]]
        name = "Lab"
        [[group]]
        name = "probe"
        team = "Lab"
        count = {count}
        products = ["AutoCAD"]
        habit = "probe"
        [habit.probe]
        kind = "poisson"
        per_day = {per_day}
        session = {{ fixed = "1s" }}
        [[price]]
        per_token = 3
        {price}
        "#
    )
}

fn advice(text: &str, futures: u64) -> Advice {
    advise(&scenario(text), 0..futures, &()).expect("nothing ends it")
}

fn seat<'a>(advice: &'a Advice, user: &str, product: &str) -> &'a Seat {
    advice.seats.iter().find(|of| of.user == user && of.product == product).expect("a choice")
}

/// A process that is renewed by each window and the wait for the next sign-in, and begins with a wait.
#[test]
fn windows_of_random_sign_ins_are_as_renewal_theory_says() {
    const FUTURES: u64 = 200;
    const USERS: u32 = 8;
    for rate in [0.2, 1.0, 4.0] {
        let price = r#"subscriptions = [{ product = "AutoCAD", year = 2030 }]"#;
        let advice = advice(&people(USERS, rate, price), FUTURES);
        let samples = f64::from(USERS) * FUTURES as f64;
        let mean = advice.seats.iter().map(|of| of.windows.mean).sum::<f64>() / f64::from(USERS);
        let (cycle, spread) = (1.0 + 1.0 / rate, 1.0 / rate);
        let at_the_edges = 0.5 + 0.5 / (1.0 + rate).powi(2) - 1.0 / (1.0 + rate);
        let expected = 365.0 * rate / (1.0 + rate) + at_the_edges;
        let variance = spread.powi(2) * 365.0 / cycle.powi(3);
        let error = (variance / samples).sqrt();
        assert!((mean - expected).abs() < 3.0 * error, "{rate} a day: {mean}, expected {expected} ± {error}");
        // The interval of the total tells its variance: that of a window's price times all users' windows.
        let half = (advice.totals.tokens.high - advice.totals.tokens.low) / 2.0 / 1.972;
        let found = half.powi(2) * FUTURES as f64 / (21.0_f64.powi(2) * f64::from(USERS));
        let relative = (2.0 / FUTURES as f64).sqrt();
        assert!(
            (found / variance - 1.0).abs() < 3.0 * relative,
            "{rate} a day: {found}, expected {variance}"
        );
        for of in &advice.seats {
            let (low, high) = (f64::from(of.windows.p5), f64::from(of.windows.p95));
            let far = 1.645 * variance.sqrt();
            assert!((of.windows.mean - low - far).abs() < 0.4 * far + 1.0, "{rate} a day: P5 {low}");
            assert!((high - of.windows.mean - far).abs() < 0.4 * far + 1.0, "{rate} a day: P95 {high}");
        }
    }
}

#[test]
fn the_choice_turns_at_the_break_even() {
    let price = |year: &str| format!(r#"subscriptions = [{{ product = "AutoCAD", year = {year} }}]"#);
    let first = advice(&people(1, 0.4, &price("1")), 40);
    let tokens = seat(&first, "probe-1", "AutoCAD").tokens;
    let cent = Money(10);
    for (year, choice) in [(tokens - cent, Plan::Yearly), (tokens + cent, Plan::Tokens)] {
        let advice = advice(&people(1, 0.4, &price(&format!("{:.2}", year.number()))), 40);
        let seat = seat(&advice, "probe-1", "AutoCAD");
        assert_eq!(seat.choice, choice, "a year costs {year}, tokens {tokens}");
        let at = seat.break_even_year.expect("it turns");
        assert_eq!(seat.windows.mean > at, choice == Plan::Yearly, "{at} against {}", seat.windows.mean);
        assert!(seat.regret > Money(0) && seat.wrong > 0.2 && seat.wrong < 0.8, "{seat:?}");
    }
}

/// One who signs in at given days, and what is offered.
fn scripted(days: &[&str], prices: &str) -> String {
    let mut text = format!(
        r#"
        start = 2026-01-01T00:00:00Z
        end = 2027-01-01T00:00:00Z
        [[team]]
        name = "Lab"
        [[user]]
        name = "ada"
        teams = ["Lab"]
        products = "all"
        {prices}
        "#
    );
    for (day, product) in days.iter().filter_map(|day| day.split_once(' ')) {
        for (time, what) in [("08", "sign-in"), ("10", "sign-out")] {
            text += &format!(
                "[[step]]\nat = {day}T{time}:00:00Z\ndo = \"{what}\"\nuser = \"ada\"\nproduct = \"{product}\"\n"
            );
        }
    }
    text
}

#[test]
fn who_certainly_uses_so_many_windows_regrets_nothing() {
    let april: Vec<String> = (1..=20).map(|day| format!("2026-04-{day:02} AutoCAD")).collect();
    let days: Vec<&str> =
        april.iter().map(String::as_str).chain(["2026-06-01 AutoCAD", "2026-07-01 AutoCAD"]).collect();
    // Twenty-two windows are 462.
    let cases = [
        ("year = 463", Plan::Tokens, 462, ""),
        ("year = 462", Plan::Tokens, 462, ""),
        ("year = 461", Plan::Yearly, 461, ""),
        ("month = 100", Plan::ByMonth, 142, "2026-04"),
        ("month = 421", Plan::Tokens, 462, ""),
        ("month = 1", Plan::ByMonth, 3, "2026-04 2026-06 2026-07"),
        ("month = 0.25, year = 4", Plan::ByMonth, 0, "2026-04 2026-06 2026-07"),
        ("month = 100, year = 120", Plan::Yearly, 120, ""),
    ];
    for (offer, plan, cost, months) in cases {
        let prices = format!("[[price]]\nsubscriptions = [{{ product = \"AutoCAD\", {offer} }}]");
        let advice = advice(&scripted(&days, &prices), 3);
        let seat = seat(&advice, "ada", "AutoCAD");
        let found = (seat.choice, seat.cost.0 / 1000, seat.subscribe_in.join(" "));
        assert_eq!(found, (plan, cost, months.to_owned()), "{offer}");
        assert_eq!((seat.regret, seat.wrong), (Money(0), 0.0), "{offer}");
        assert_eq!((seat.windows.mean, seat.windows.p5, seat.windows.p95), (22.0, 22, 22));
        assert_eq!(advice.totals.savings.value, 462.0 - seat.cost.number(), "{offer}");
    }
}

#[test]
fn a_year_is_paid_whole_and_what_goes_beyond_it_in_part() {
    for (start, end, year, month) in [
        ("2026-01-01", "2027-01-01", 365.0, 12.0 * 31.0),
        ("2026-01-01", "2026-03-01", 365.0, 2.0 * 31.0),
        ("2026-01-01", "2026-03-08", 365.0, (2.0 + 7.0 / 31.0) * 31.0),
        ("2026-01-16", "2026-02-01", 365.0, 16.0),
        ("2026-01-01", "2027-07-02", 365.0 + 182.0, (18.0 + 1.0 / 31.0) * 31.0),
        ("2026-01-01", "2029-01-01", 3.0 * 365.0, 36.0 * 31.0),
    ] {
        let prices = "[[price]]\nsubscriptions = [{ product = \"AutoCAD\", month = 31, year = 365 }]";
        let text = scripted(&["2026-01-20 AutoCAD"], prices)
            .replace("start = 2026-01-01", &format!("start = {start}"))
            .replace("end = 2027-01-01", &format!("end = {end}"));
        let advice = advice(&text, 2);
        let costs = &seat(&advice, "ada", "AutoCAD").costs;
        let close = |plan, expected: f64| (costs[&plan].number() - expected).abs() < 0.02;
        assert!(close(Plan::Yearly, year) && close(Plan::Monthly, month), "{start} to {end}: {costs:?}");
    }
}

#[test]
fn a_collection_is_weighed_against_its_products_one_by_one() {
    let used: Vec<String> = (1..=12)
        .flat_map(|day| [format!("2026-02-{day:02} AutoCAD"), format!("2026-02-{day:02} Revit")])
        .chain(["2026-03-01 Maya".to_owned()])
        .collect();
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    // AutoCAD is 252, Revit 360: 612, or 550 with a subscription for Revit.
    for (collection, all, with) in
        [("year = 549", 549, true), ("year = 551", 550, false), ("month = 200", 200, true)]
    {
        let prices = format!(
            "[[product]]\nname = \"AEC\"\nkind = \"collection\"\nmembers = [\"AutoCAD\", \"Revit\", \"Navisworks Manage\"]\n\
             [[price]]\nsubscriptions = [{{ product = \"AEC\", {collection} }}, {{ product = \"Revit\", year = 298 }}]"
        );
        let advice = advice(&scripted(&used, &prices), 2);
        let together = seat(&advice, "ada", "AEC");
        assert_eq!(together.members, ["AutoCAD", "Revit"]);
        assert_eq!(together.windows.mean, 24.0);
        assert_eq!((together.choice != Plan::Apart, together.cost.0 / 1000), (with, all), "{collection}");
        assert_eq!((together.regret, together.tokens.0 / 1000), (Money(0), 612), "{collection}");
        for product in ["AutoCAD", "Revit"] {
            let within = with.then(|| "AEC".to_owned());
            assert_eq!(seat(&advice, "ada", product).within, within, "{collection}");
        }
        assert_eq!(advice.totals.recommended.value, together.cost.number(), "counted once: {collection}");
        assert_eq!(advice.without_offer.len(), 1);
        assert_eq!(
            (advice.without_offer[0].product.as_str(), advice.without_offer[0].tokens),
            ("Maya", Money(18_000))
        );
    }
}

#[test]
fn who_is_covered_is_told_and_only_windows_outside_count() {
    let days: Vec<String> = (1..=9).map(|month| format!("2026-{month:02}-05 AutoCAD")).collect();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    let mut text = scripted(&days, "[[price]]\nsubscriptions = [{ product = \"AutoCAD\", year = 2030 }]");
    for (at, what) in
        [("2026-02-01", "subscribe"), ("2026-05-01", "unsubscribe"), ("2026-08-01", "start-trial")]
    {
        text += &format!(
            "[[step]]\nat = {at}T00:00:00Z\ndo = \"{what}\"\nuser = \"ada\"\nproduct = \"AutoCAD\"\n"
        );
    }
    let advice = advice(&text, 2);
    assert_eq!(seat(&advice, "ada", "AutoCAD").windows.mean, 4.0, "January, May, June, July");
    let told = serde_json::to_value(&advice.covered).expect("plain data");
    let cover = |kind, from, until| json!({ "user": "ada", "product": "AutoCAD", "kind": kind, "from": from, "until": until });
    let expected = [
        cover("subscription", "2026-02-01T00:00:00Z", Some("2026-05-01T00:00:00Z")),
        cover("trial", "2026-08-01T00:00:00Z", None),
    ];
    assert_eq!(told, json!(expected));
    assert_eq!(json!(seat(&advice, "ada", "AutoCAD").cover), expected[0]);
}

/// Futures whose charges are summed again.
const SUMMED: u64 = 12;

/// What one user is charged in each month of each future, in thousandths: 9 tokens in place of 7 from 20 February on,
/// at 4 in place of 3 from 10 March on.
fn charged(scenario: &Scenario, user: &str) -> Vec<[f64; 6]> {
    let of = |number: u64| {
        let future = charges::of(&replication(scenario, number), Span::from_seconds(0), &());
        let mut months = [0.0; 6];
        for charge in &future.expect("it runs").charges {
            if scenario.directory.users.get(charge.user.0) == user {
                let day = utc(charge.window_start).format("%m-%d").to_string();
                let month: usize = day[..2].parse().expect("a month");
                let rate = if *day >= *"02-20" { 9.0 } else { 7.0 };
                let token = if *day >= *"03-10" { 4.0 } else { 3.0 };
                assert_eq!(charge.tokens.thousandths() as f64, rate * 1000.0);
                months[month - 1] += rate * token * 1000.0;
            }
        }
        months
    };
    (0..SUMMED).map(of).collect()
}

/// Rates and prices change within months; everything is summed again from single charges.
#[test]
fn costs_and_regrets_are_those_of_single_charges() {
    let price = r#"subscriptions = [{ product = "AutoCAD", month = 120, year = 1000 }]
        [[price]]
        from = 2026-03-10
        per_token = 4
        subscriptions = [{ product = "AutoCAD", month = 150, year = 1100 }]
        [[product]]
        name = "AutoCAD"
        rate = 7
        [[product]]
        name = "AutoCAD"
        rate = 9
        from = 2026-02-20T00:00:00Z"#;
    let text = people(3, 0.3, price).replace("2027-01-01", "2026-07-01");
    let scenario = scenario(&text);
    let advice = advise(&scenario, 0..SUMMED, &()).expect("nothing ends it");
    assert_eq!(advice.seats.len(), 3);
    let prices = [120, 120, 120, 150, 150, 150].map(|month| f64::from(month) * 1000.0);
    let year = 1_000_000.0;
    for seat in &advice.seats {
        let months = charged(&unlimited(&scenario), &seat.user);
        let futures = SUMMED as f64;
        let mean = |month: usize| months.iter().map(|of| of[month]).sum::<f64>() / futures;
        let likely: Vec<f64> = (0..6).map(mean).collect();
        let cheaper =
            |of: &[f64]| of.iter().zip(prices).map(|(tokens, price)| tokens.min(price)).sum::<f64>();
        let expected = BTreeMap::from([
            (Plan::Tokens, likely.iter().sum::<f64>()),
            (Plan::Yearly, year),
            (Plan::Monthly, 810_000.0),
            (Plan::ByMonth, cheaper(&likely)),
        ]);
        for (plan, cost) in &seat.costs {
            assert!((cost.0 as f64 - expected[plan]).abs() <= 1.0, "{plan:?} {cost}, {expected:?}");
        }
        let cost = expected.values().copied().fold(f64::INFINITY, f64::min);
        assert!((seat.cost.0 as f64 - cost).abs() <= 1.0, "{} against {cost}", seat.cost);
        let known = months.iter().map(|of| cheaper(of).min(year)).sum::<f64>() / futures;
        assert!((seat.regret.0 as f64 - (cost - known)).abs() <= 1.0, "{} against {known}", seat.regret);
    }
}

#[test]
fn the_command_tells_it_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let price = r#"subscriptions = [{ product = "AutoCAD", month = 255, year = 2030 }]"#;
    let text =
        people(60, 0.38, price).replace("products = [\"AutoCAD\"]", "products = [\"AutoCAD\", \"Maya\"]");
    std::fs::write(folder.path().join("a.toml"), &text).expect("a file");
    let asked = ["seats", "a.toml", "--runs", "10", "--quiet"];
    let ask = |more: &[&str]| {
        let output = flexmeter(folder.path(), &[&asked[..], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let table = ask(&["--page", "seats.html"]);
    assert!(
        table.contains(" … and 35 more") && table.contains("No subscription price in the file: 60 uses"),
        "{table}"
    );
    let csv = ask(&["--format", "csv"]);
    assert_eq!(csv.lines().count(), 61);
    assert!(csv.starts_with(
        "user,product,members,choice,within,subscribe_in,cover,windows,windows_p5,windows_p95,"
    ));
    let json: Value = serde_json::from_str(&ask(&["--format", "json"])).expect("JSON");
    assert_eq!(json["seats"].as_array().map(Vec::len), Some(60));
    assert_eq!(ask(&["--format", "json"]), ask(&["--format", "json"]), "the same bytes");
    let hidden = ask(&["--hide-names", "--format", "json"]);
    assert!(!hidden.contains("probe-") && hidden.contains("user-"));

    let page = std::fs::read_to_string(folder.path().join("seats.html")).expect("a page");
    if let Ok(file) = std::env::var("SEATS_PAGE") {
        std::fs::write(file, &page).expect("the page is written");
    }
    let told = opened(&page);
    assert_eq!((&told["complaints"], &told["requests"]), (&json!([]), &json!([])));
    for (how, faults) in told["faults"].as_object().expect("four ways to look at it") {
        assert_eq!((faults, &told["wider"][how]), (&json!([]), &json!(0)), "{how}");
        for chart in told["charts"][how].as_array().expect("charts") {
            assert!(chart["shapes"].as_u64() > Some(1) && chart["outside"] == json!([]), "{how}: {chart}");
        }
    }

    for (change, said) in
        [((price, ""), "There is nothing to choose"), (("[[price]]", "[[nothing]]"), "1 error")]
    {
        std::fs::write(folder.path().join("a.toml"), text.replace(change.0, change.1)).expect("a file");
        let output = flexmeter(folder.path(), &asked);
        assert!(
            (stdout(&output) + &stderr(&output)).contains(said),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
    }
    let output = flexmeter(folder.path(), &["seats", "a.toml", "--page", "a.toml"]);
    assert!(stderr(&output).contains("a.toml is the scenario; choose another --page"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(2));
}

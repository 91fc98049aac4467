//! Simulated users whose charges are known in closed form.
//!
//! Sign-ins at random instants, charged once per 24 hours, are a counter with a dead time: a renewal
//! process whose cycles are a window and a wait for the next sign-in.

use std::collections::BTreeMap;

use flexmeter::simulation::verdict::Verdict;

use crate::support::{run_with_rows, scenario};

/// Days before the count begins, when the start no longer shows.
const SETTLING: i64 = 30;
/// People simulated.
const USERS: u32 = 2000;
/// Days counted.
const YEAR: f64 = 365.0;

fn population(group: &str, per_day: f64, extra: &str) -> String {
    format!(
        r#"
        title = "Sign-ins at random"
        start = 2026-01-01T00:00:00Z
        end = 2027-01-31T00:00:00Z
        seed = 11
        [policy]
        grace = "0s"
        [[team]]
        name = "Lab"
        packs = [{{ id = "p1", tokens = 900000000, bought = 2026-01-01T00:00:00Z, expires = 2030-01-01T00:00:00Z }}]
        [[group]]
        name = "{group}"
        team = "Lab"
        count = 2000
        products = ["AutoCAD"]
        habit = "probe"
        [habit.probe]
        kind = "poisson"
        per_day = {per_day}
        session = {{ fixed = "1s" }}
        {extra}
        "#
    )
}

#[test]
fn random_sign_ins_are_charged_as_renewal_theory_says() {
    for per_day in [0.1, 0.5, 1.0, 2.0, 5.0] {
        let scenario = scenario(&population("probe", per_day, ""));
        let from = scenario.start.seconds() + SETTLING * 86_400;
        let mut counts: BTreeMap<u32, f64> = (0..USERS).map(|user| (user, 0.0)).collect();
        let (_, rows) = run_with_rows(&scenario);
        for charge in rows.charges.iter().filter(|charge| charge.window_start.seconds() >= from) {
            *counts.entry(charge.user.0).or_default() += 1.0;
        }
        assert_eq!(u32::try_from(counts.len()), Ok(USERS), "every user is counted");
        let users = f64::from(USERS);
        let mean = counts.values().sum::<f64>() / users;
        let variance = counts.values().map(|count| (count - mean).powi(2)).sum::<f64>() / (users - 1.0);
        let expected_mean = YEAR * per_day / (1.0 + per_day);
        let standard_error = (variance / users).sqrt();
        assert!(
            (mean - expected_mean).abs() < 3.0 * standard_error,
            "{per_day} a day: {mean} windows a year, expected {expected_mean} ± {standard_error}"
        );
        let (cycle, spread) = (1.0 + 1.0 / per_day, 1.0 / per_day);
        let expected_variance = spread.powi(2) * YEAR / cycle.powi(3);
        assert!(
            (variance / expected_variance - 1.0).abs() < 0.1,
            "{per_day} a day: variance {variance}, expected {expected_variance}"
        );
    }
}

#[test]
fn another_user_changes_nobody_elses_sign_ins() {
    let few = population("drafters", 1.0, "").replace("count = 2000", "count = 9");
    let more = population("drafters", 1.0, "").replace("count = 2000", "count = 12");
    let sign_ins = |text: &str| {
        let scenario = scenario(text);
        let (_, rows) = run_with_rows(&scenario);
        let mut of_user: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for sign_in in rows.sign_ins {
            let name = scenario.directory.users.get(sign_in.user.0).to_owned();
            of_user.entry(name).or_default().push(sign_in.at.seconds());
        }
        of_user
    };
    let (few, more) = (sign_ins(&few), sign_ins(&more));
    assert_eq!((few.len(), more.len()), (9, 12));
    for (user, at) in few {
        assert_eq!(Some(&at), more.get(&user), "{user}");
    }
}

#[test]
fn a_group_has_as_many_people_as_its_count_says_in_any_notation() {
    for count in ["20", "0x14", "2_0", "0b10100"] {
        let text = population("probe", 1.0, "").replace("count = 2000", &format!("count = {count}"));
        let scenario = scenario(&text);
        assert_eq!((scenario.simulated.len(), scenario.directory.users.len()), (20, 20), "{count}");
    }
}

#[test]
fn scripted_and_simulated_users_share_a_run() {
    let extra = r#"
        [[user]]
        name = "ada"
        teams = ["Lab"]
        products = ["AutoCAD"]
        [[step]]
        at = 2026-03-02T08:00:00Z
        do = "sign-in"
        user = "ada"
        product = "AutoCAD"
        [[step]]
        at = 2026-03-02T09:00:00Z
        do = "sign-out"
        user = "ada"
        product = "AutoCAD"
        [[expect]]
        user = "ada"
        product = "AutoCAD"
        charges = [{ at = 2026-03-02T08:00:00Z, tokens = 7 }]
        "#;
    let text = population("probe", 1.0, extra).replace("count = 2000", "count = 20");
    let scenario = scenario(&text);
    let (run, rows) = run_with_rows(&scenario);
    assert!(Verdict::all(&scenario, &run).iter().all(Verdict::passed));
    assert!(rows.charges.len() > 20 * 100, "the others are charged too: {}", rows.charges.len());
}

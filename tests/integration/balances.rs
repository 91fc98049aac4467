//! What teams have left and who used it, at the end and at any instant, from tables and from a replay.

use std::fs;
use std::path::Path;

use flexmeter::audit::journal::MemoryTables;
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::report::summary::Summary;
use flexmeter::scenario::calendar::{from_iso, iso};
use flexmeter::simulation::recorder::Detail;
use flexmeter::simulation::replay;
use flexmeter::usage::balances::stock::Stock;
use flexmeter::usage::balances::{Balance, Balances, CreditBalance, DaysShown, Share};
use flexmeter::usage::run_summary::RunSummary;
use serde_json::Value;

use crate::support::{
    empty_tables, flexmeter, project, scenario, scenario_files, stderr, stdout, text_of, written_with_ledger,
};

/// A team with a pack of 100 tokens that ends at noon of 2 June, and whoever uses services.
const STUDIO: &str = r#"
start = 2026-03-01T00:00:00Z
end = 2026-04-01T00:00:00Z
[[product]]
name = "Unit"
kind = "service"
rate = 1
[[product]]
name = "Grain"
kind = "service"
rate = 0.001
[[team]]
name = "North"
packs = [{ id = "p", tokens = 100, bought = 2026-01-10T00:00:00Z, expires = 2026-06-02T12:00:00Z }]
[[team]]
name = "South"
[[user]]
name = "ana"
teams = ["North"]
products = "all"
[[user]]
name = "bo"
teams = ["South"]
products = "all"
"#;

fn step(at: &str, what: &str) -> String {
    let (day, time) = at.split_once(' ').expect("a day and a time");
    format!("[[step]]\nat = 2026-03-{day}T{time}:00Z\n{what}\n")
}

fn units(at: &str, product: &str, units: u32) -> String {
    step(at, &format!("do = \"use\"\nuser = \"ana\"\nproduct = \"{product}\"\nunits = {units}"))
}

fn studio(steps: &[String]) -> String {
    STUDIO.to_owned() + &steps.concat()
}

/// The balances at the end, from the tables.
fn at_end(text: &str, credit_days: Option<DaysShown>) -> Balances {
    let scenario = scenario(text);
    let mut tables = empty_tables(&scenario);
    let run = replay::run(&scenario, &mut tables, &()).expect("nothing ends the run");
    let (files, digests, ledger) = written_with_ledger((&scenario, tables), &run);
    let tables: MemoryTables = files.into_iter().map(|file| (file.name, file.text.into_bytes())).collect();
    let summary = Summary::new(&scenario, &run.tally, (Detail::Full, digests)).json();
    let summary = RunSummary::read(&summary).expect("a summary");
    Stock::written(&summary, (&tables, &ledger), credit_days).expect("whole tables").balances()
}

/// The balances after all that falls on an instant, from a replay.
fn at(text: &str, at: Instant, credit_days: Option<DaysShown>) -> Balances {
    Stock::replayed(&scenario(text), (at, credit_days), &()).expect("nothing ends it").balances()
}

fn march(text: &str) -> Instant {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    from_iso(&format!("2026-03-{day}T{time}Z")).expect("an instant")
}

/// One team after all that falls on an instant of March.
fn north(text: &str, when: &str) -> Balance {
    let balances = at(text, march(when), None);
    balances.teams.into_iter().find(|of| of.team == "North").expect("a team")
}

/// What a balance comes to: `available/used/held/total band`.
fn figures(of: &Balance) -> String {
    let Balance { available, used, held, total, band, expired, .. } = of;
    assert_eq!(*available + *used + *held + *expired, *total, "nothing is lost");
    format!("{available}/{used}/{held}/{total} {band}")
}

fn shares(of: &[Share]) -> String {
    of.iter().map(|share| format!("{}:{}", share.name, share.tokens)).collect::<Vec<_>>().join(" ")
}

#[test]
fn rule_5_1_red_at_a_fifth_and_green_above() {
    let cases: [(&[String], &str); 4] = [
        (&[units("02 08:00", "Unit", 80)], "20/80/0/100 red"),
        (&[units("02 08:00", "Unit", 79), units("02 08:00", "Grain", 999)], "20.001/79.999/0/100 green"),
        (&[units("02 08:00", "Unit", 80), units("02 08:00", "Grain", 1)], "19.999/80.001/0/100 red"),
        (&[], "100/0/0/100 green"),
    ];
    for (steps, expected) in cases {
        let text = studio(steps);
        assert_eq!(figures(&north(&text, "02 08:00:00")), expected);
        assert_eq!(figures(&at_end(&text, None).teams[0]), expected);
    }
    let without_packs = &at_end(&studio(&[]), None).teams[1];
    assert_eq!(figures(without_packs), "0/0/0/0 red", "nothing is not above a fifth of nothing");
    assert!(without_packs.next_expiry.is_none());
}

#[test]
fn rule_5_1_the_alert_counts_what_expires_within_90_days_and_on_the_last_instant_of_them() {
    // 90 days before noon of 2 June is noon of 4 March.
    let text = studio(&[units("03 08:00", "Unit", 30)]);
    let cases = [("04 11:59:59", "0", 90), ("04 12:00:00", "70", 90), ("04 12:00:01", "70", 89)];
    for (when, alert, days) in cases {
        let balance = north(&text, when);
        let next = balance.next_expiry.expect("a pack that ends");
        assert_eq!(balance.expiring_in_90_days.to_string(), alert, "at {when}");
        assert_eq!((next.days, &*next.at), (days, "2026-06-02T12:00:00Z"), "at {when}");
        assert_eq!(next.tokens.to_string(), "70");
    }
}

#[test]
fn rule_5_1_what_falls_on_the_instant_has_happened() {
    let buy = step("05 10:00", "do = \"buy\"\nteam = \"North\"\npack = { id = \"q\", tokens = 50 }");
    let text = studio(&[units("05 10:00", "Unit", 40), buy]);
    assert_eq!(figures(&north(&text, "05 09:59:59")), "100/0/0/100 green");
    let balance = north(&text, "05 10:00:00");
    assert_eq!(figures(&balance), "110/40/0/150 green");
    let events: Vec<String> =
        balance.events.iter().map(|of| format!("{} {} {} {}", of.at, of.event, of.pack, of.tokens)).collect();
    let expected = ["2026-03-05T10:00:00Z purchase q 50", "2026-01-10T00:00:00Z purchase p 100"];
    assert_eq!(events, expected, "newest first");
    assert_eq!(shares(&balance.products), "Unit:40");
}

#[test]
fn rule_5_1_a_hold_that_waits_is_taken_off() {
    let open = step("05 10:00", "do = \"sign-in\"\nuser = \"ana\"\nproduct = \"AutoCAD\"");
    let close = step("05 10:04", "do = \"sign-out\"\nuser = \"ana\"\nproduct = \"AutoCAD\"");
    let (stays, leaves) = (studio(std::slice::from_ref(&open)), studio(&[open, close]));
    assert_eq!(figures(&north(&stays, "05 10:04:59")), "93/0/7/100 green");
    assert_eq!(figures(&north(&stays, "05 10:05:00")), "93/7/0/100 green");
    assert_eq!(figures(&north(&leaves, "05 10:03:59")), "93/0/7/100 green");
    assert_eq!(figures(&north(&leaves, "05 10:04:00")), "100/0/0/100 green");
    assert!(north(&stays, "05 10:04:59").users.is_empty(), "a hold is no use yet");
    assert_eq!(shares(&north(&stays, "05 10:05:00").users), "ana:7");
}

#[test]
fn rule_5_1_a_pack_moves_with_what_was_used_of_it() {
    let moved = step("06 09:00", "do = \"move\"\npack = \"p\"\nto = \"South\"");
    let text = studio(&[units("05 10:00", "Unit", 90), moved]);
    for balances in [at(&text, march("06 09:00:00"), None), at_end(&text, None)] {
        let [north, south] = &balances.teams[..] else { panic!("two teams") };
        assert_eq!(figures(north), "0/0/0/0 red");
        assert_eq!(figures(south), "10/90/0/100 red");
        assert_eq!(shares(&north.users), "ana:90", "whoever paid then");
        assert_eq!(shares(&south.users), "");
        let last = |of: &Balance| format!("{} {}", of.events[0].event, of.events[0].tokens);
        assert_eq!((last(north), last(south)), ("move-out 10".to_owned(), "move-in 10".to_owned()));
    }
}

#[test]
fn rule_5_1_debt_is_used_and_taken_off() {
    let text = studio(&[
        units("05 08:00", "Unit", 90),
        step("05 10:00", "do = \"sign-in\"\nuser = \"ana\"\nproduct = \"AutoCAD\""),
    ]);
    let text = text + "[policy]\nrenewal_when_short = \"negative\"\n";
    let balance = north(&text, "06 10:00:00");
    assert_eq!(figures(&balance), "-4/104/0/100 red");
    assert_eq!(balance.debt.to_string(), "4");
}

#[test]
fn rule_5_1_use_of_90_days_of_the_report_zone() {
    // 1 January is the first of 90 days up to 31 March; the year is long enough for both of its ends.
    let text = studio(&[]).replace("start = 2026-03-01", "start = 2025-12-01");
    let text = text.replace("bought = 2026-01-10", "bought = 2025-12-01");
    let used = |at: &str| format!("[[step]]\nat = {at}Z\ndo = \"use\"\nuser = \"ana\"\nproduct = \"Unit\"\n");
    let text =
        text + &used("2025-12-31T23:59:59") + &used("2026-01-01T00:00:00") + &used("2026-01-02T00:00:00");
    let in_zone = |zone: &str| format!("{text}[policy]\nreport_zone = \"{zone}\"\n");
    // New York is still on 31 March when the run is over, Amsterdam on 1 April already.
    let cases = [
        ("UTC", "2026-01-01", "Unit:2"),
        ("Europe/Amsterdam", "2026-01-02", "Unit:1"),
        ("America/New_York", "2026-01-01", "Unit:1"),
    ];
    for (zone, first, expected) in cases {
        for balances in [at_end(&in_zone(zone), None), at(&in_zone(zone), march("31 23:59:59"), None)] {
            assert_eq!(balances.days.from.to_string(), first, "{zone}");
            assert_eq!(shares(&balances.teams[0].products), expected, "{zone}");
        }
    }
}

/// Every scenario: the tables and a replay of the whole run tell the same, and a second before the end what
/// holds are waiting is all that may differ.
#[test]
fn rule_5_1_tables_and_replay_agree_at_the_end() {
    let json = |balances: &Balances| serde_json::to_string_pretty(balances).expect("plain data");
    for path in scenario_files() {
        if path.ends_with("large.toml") {
            continue;
        }
        let text = text_of(&path);
        let end = scenario(&text).end;
        let (written, replayed) = (at_end(&text, None), at(&text, end, None));
        assert_eq!(json(&written), json(&replayed), "{}", path.display());
        assert_eq!(written.as_of, iso(end));
        for of in written.teams.iter().chain(&at(&text, end + Span::from_seconds(-1), None).teams) {
            figures(of);
        }
    }
}

#[test]
fn rule_5_2_balances_of_contracts() {
    let text = text_of(&project().join("scenarios/boundaries/credits-are-drawn-before-tokens.toml"));
    let told = |balances: &Balances| -> Vec<String> {
        let contract = |of: &CreditBalance| {
            let (services, users) = (shares(&of.services), shares(&of.users));
            let figures = format!("{} {}/{}/{} {}", of.contract, of.available, of.used, of.total, of.band);
            format!("{figures} [{services}] [{users}]")
        };
        balances.contracts.iter().map(contract).collect()
    };
    let anna = "anna@noordbouw.example";
    let at_noon = at(&text, march("02 10:00:00"), None);
    let expected = [
        format!("2025 3/6/9 green [Render:6] [{anna}:6]"),
        format!("2026 13/4/17 green [Render:4] [{anna}:4]"),
    ];
    assert_eq!(told(&at_noon), expected);
    // At its end the credits of 2025 can't be used any more; a use that failed gave its own back.
    let over = at(&text, march("05 00:00:00"), None);
    let expected = [
        format!("2025 0/6/9 red [Render:6] [{anna}:6]"),
        format!("2026 0/17/17 red [Render:12 Solve:5] [{anna}:17]"),
    ];
    assert_eq!(told(&over), expected);
    assert_eq!(told(&at_end(&text, None)), expected);
    let day = |day: &str| day.parse().expect("a day");
    let asked = DaysShown { from: day("2026-03-03"), to: day("2026-03-05") };
    for balances in [at_end(&text, Some(asked)), at(&text, march("05 12:00:00"), Some(asked))] {
        let expected = ["2025 0/6/9 red [] []".to_owned(), format!("2026 0/17/17 red [Render:8] [{anna}:8]")];
        assert_eq!(told(&balances), expected);
    }
}

fn run_of(folder: &Path, text: &str, options: &[&str]) {
    fs::write(folder.join("week.toml"), text).expect("a file");
    let arguments = [&["run", "week.toml", "--out", "week", "--quiet", "--driver", "loop"], options].concat();
    let run = flexmeter(folder, &arguments);
    assert!(run.status.success(), "{}", stderr(&run));
}

#[test]
fn rule_5_1_the_command_prints_sections_json_and_csv() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = studio(&[units("05 10:00", "Unit", 90)]);
    run_of(folder.path(), &text, &[]);
    let told = |options: &[&str]| {
        let output = flexmeter(folder.path(), &[&["balances", "week"], options].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let table = told(&[]);
    for part in ["North: 10 of 100 tokens available, red", "used 90", "next expiry: 10 tokens in 62 days"] {
        assert!(table.contains(part), "{part} in {table}");
    }
    assert!(table.contains(" Alert: 10 tokens expire within 90 days\n"), "{table}");
    let json: Value = serde_json::from_str(&told(&["--format", "json"])).expect("JSON");
    assert_eq!(json["teams"][0]["users"][0]["name"], "ana");
    assert_eq!(told(&["--format", "json"]), told(&["--format", "json", "--at", "2026-04-01"]));
    let csv = told(&["--format", "csv", "--team", "North"]);
    let row = "North,2026-04-01T00:00:00Z,10,90,0,0,0,100,red,2026-06-02T12:00:00Z,62,10,10,1\n";
    assert_eq!(csv.lines().nth(1).map(|line| line.to_owned() + "\n").as_deref(), Some(row));
    assert_eq!(csv.lines().count(), 2);
}

#[test]
fn what_has_no_balances_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    run_of(folder, &studio(&[]), &["--detail", "summary"]);
    fs::create_dir(folder.join("other")).expect("a folder");
    let refused = |arguments: &[&str], part: &str| {
        let output = flexmeter(folder, &[&["balances"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
    };
    refused(&["week"], "run the scenario again with --detail charges, or full");
    refused(&["week"], "--detail charges");
    refused(&["other"], "holds no summary.json of a run");
    refused(&["week.toml"], "is no folder");
    refused(&["nowhere"], "is not there");
    refused(&["week", "--at", "2026-02-28T23:59:59Z"], "outside the run");
    refused(&["week", "--at", "2026-04-01T00:00:01Z"], "outside the run");
    refused(&["week", "--at", "2026-03-02", "--team", "Nroth"], "North");
    refused(&["week", "--from", "2026-03-02", "--to", "2026-03-01"], "comes before");
    fs::remove_file(folder.join("week/scenario.toml")).expect("a file");
    refused(&["week", "--at", "2026-03-02"], "holds no scenario.toml");
}

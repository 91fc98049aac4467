//! Usage as administrators see it, against the tables counted in the plainest way, and by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, NaiveDate};
use flexmeter::meter::instant::Instant;
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::calendar::{Zone, from_iso};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{flexmeter, project, stderr, stdout};

/// A scenario's results in a folder of their own.
pub(crate) fn results_of(scenario: &str) -> TempDir {
    results(&project().join("scenarios").join(scenario), &[])
}

fn results(scenario: &Path, more: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["run", scenario.to_str().expect("text"), "--out", "r", "--quiet", "--driver", "loop"];
    let ran = flexmeter(folder.path(), &[&arguments, more].concat());
    assert!(ran.status.success(), "{}", stderr(&ran));
    folder
}

/// What the command prints as JSON.
pub(crate) fn usage(folder: &TempDir, more: &[&str]) -> Value {
    let told = flexmeter(folder.path(), &[&["usage", "r", "--format", "json"], more].concat());
    assert!(told.status.success(), "{}", stderr(&told));
    serde_json::from_str(&stdout(&told)).expect("JSON")
}

fn tokens(value: &Value) -> Tokens {
    value.as_str().expect("an amount").parse().expect("an amount")
}

#[test]
fn rule_5_3_the_overview_counts_active_packs_the_last_week_and_the_range() {
    let folder = results_of("boundaries/what-administrators-see.toml");
    let quarter = usage(&folder, &["--range", "3m"]);
    let overview = &quarter["overview"];
    let shown = ["used_from_active_packs", "remaining", "added_in_7_days", "removed_in_7_days", "tokens"];
    assert_eq!(
        shown.map(|figure| overview[figure].as_str()),
        [Some("50"), Some("550"), Some("100"), Some("0"), Some("50")]
    );
    assert_eq!((overview["products"].as_u64(), overview["users"].as_u64()), (Some(3), Some(2)));
    let days = overview["days"].as_array().expect("a chart");
    assert_eq!(days.len(), 365);
    assert_eq!(days[0]["day"], "2025-04-10", "the last 365 days end with the run");
    let used: Vec<_> =
        days.iter().filter(|day| day["active_packs"] != "0" || day["expired_packs"] != "0").collect();
    let used: Vec<_> =
        used.iter().map(|day| (&day["day"], &day["active_packs"], &day["expired_packs"])).collect();
    let used = format!("{used:?}").replace("String(", "").replace("\")", "\"");
    assert_eq!(
        used,
        r#"[("2026-01-20", "0", "7"), ("2026-03-02", "12", "0"), ("2026-03-03", "12", "0"), ("2026-03-04", "12", "0"), ("2026-03-31", "7", "0"), ("2026-04-09", "7", "0")]"#
    );
    let waste = &quarter["waste"];
    let waste = ["left_open", "add_ins", "expired"]
        .map(|cause| format!("{} in {}", waste[cause]["tokens"], waste[cause]["count"]));
    assert_eq!(waste, [r#""24" in 4"#, r#""6" in 3"#, r#""993" in 1"#]);
}

const MOVED: &str = r#"
start = 2026-03-01T00:00:00Z
end = 2026-04-01T00:00:00Z
[[team]]
name = "A"
packs = [{ id = "a", tokens = 100, bought = 2026-01-01T00:00:00Z, expires = 2026-04-01T00:00:00Z }]
[[team]]
name = "B"
packs = [{ id = "b", tokens = 50, bought = 2026-01-01T00:00:00Z }]
[[user]]
name = "ana"
teams = ["A"]
products = ["AutoCAD"]
[[step]]
at = 2026-03-02T08:00:00Z
do = "sign-in"
user = "ana"
product = "AutoCAD"
[[step]]
at = 2026-03-02T09:00:00Z
do = "sign-out"
user = "ana"
product = "AutoCAD"
[[step]]
at = 2026-03-30T08:00:00Z
do = "move"
pack = "b"
to = "A"
"#;

#[test]
fn rule_5_3_what_ends_with_the_run_is_left_and_moves_within_add_nothing() {
    let written = tempfile::tempdir().expect("a folder");
    let file = written.path().join("moved.toml");
    std::fs::write(&file, MOVED).expect("a file");
    let folder = results(&file, &[]);
    let shown = |more: &[&str]| {
        let overview = usage(&folder, more)["overview"].clone();
        let figures = ["used_from_active_packs", "remaining", "added_in_7_days", "removed_in_7_days"];
        figures.map(|figure| overview[figure].as_str().expect("an amount").to_owned())
    };
    // Nothing happens on the end itself: what ends then has not ended.
    assert_eq!(shown(&[]), ["7", "143", "0", "0"]);
    assert_eq!(shown(&["--team", "A"]), ["7", "143", "50", "0"]);
    assert_eq!(shown(&["--team", "B"]), ["0", "0", "0", "50"]);
    let balances = stdout(&flexmeter(folder.path(), &["balances", "r", "--format", "json"]));
    let balances: Value = serde_json::from_str(&balances).expect("JSON");
    assert_eq!(balances["teams"][0]["available"], "143");
    let twice = ["report", "r", "--team", "A", "--team", "A", "--out", "page.html"];
    let told = stdout(&flexmeter(folder.path(), &twice));
    assert!(
        told.ends_with("\nWithout a choice of their own: 1 team; --team names those that have one\n"),
        "{told}"
    );
}

#[test]
fn rule_5_3_the_last_7_days_are_7_times_24_hours() {
    let buy = |at: &str, id: &str, tokens: u32| {
        let pack = format!("pack = {{ id = \"{id}\", tokens = {tokens} }}");
        format!("[[step]]\nat = {at}\ndo = \"buy\"\nteam = \"B\"\n{pack}\n")
    };
    let written = tempfile::tempdir().expect("a folder");
    let file = written.path().join("bought.toml");
    let bought = [buy("2026-03-24T23:59:59Z", "before", 3), buy("2026-03-25T00:00:00Z", "within", 5)];
    std::fs::write(&file, MOVED.to_owned() + &bought.concat()).expect("a file");
    let folder = results(&file, &[]);
    assert_eq!(usage(&folder, &[])["overview"]["added_in_7_days"], "5");
}

#[test]
fn rule_5_4_usage_belongs_to_the_day_on_which_its_window_began() {
    let folder = results_of("boundaries/what-administrators-see.toml");
    let of = |range: &str| usage(&folder, &["--range", range])["overview"]["tokens"].clone();
    assert_eq!(of("2026-03-31..2026-03-31"), "7");
    assert_eq!(of("2026-04-01..2026-04-08"), "0", "the session ran into April, its window is March's");
    assert_eq!(of("30d"), "14");
    let in_zone = results_of("boundaries/a-day-in-the-zone-of-reports.toml");
    assert_eq!(usage(&in_zone, &["--range", "2026-03-31..2026-03-31"])["overview"]["tokens"], "0");
    assert_eq!(usage(&in_zone, &["--range", "2026-04-01..2026-04-01"])["overview"]["tokens"], "7");
}

#[test]
fn rule_5_5_by_product_divides_by_the_months_of_the_range() {
    let folder = results_of("boundaries/what-administrators-see.toml");
    let quarter = usage(&folder, &["--range", "3m"]);
    let products: Vec<String> = quarter["products"]
        .as_array()
        .expect("products")
        .iter()
        .map(|of| {
            format!(
                "{} {} {} {} {}",
                of["product"], of["kind"], of["users"], of["tokens"], of["tokens_per_month"]
            )
        })
        .collect();
    let expected = [
        r#""Revit" "desktop" 1 "30" "10""#,
        r#""AutoCAD" "desktop" 1 "14" "4.667""#,
        r#""Energy Add-in" "add-in" 1 "6" "2""#,
    ];
    assert_eq!(products, expected);
    let all = usage(&folder, &["--range", "run"]);
    let versions = all["versions"].as_array().expect("versions").iter().map(|of| {
        format!("{} {} {} {} {}", of["product"], of["version"], of["users"], of["days_used"], of["tokens"])
    });
    let expected = [
        r#""Revit" "2026" 1 3 "30""#,
        r#""AutoCAD" "2026" 1 2 "14""#,
        r#""AutoCAD" "2027" 1 1 "7""#,
        r#""Energy Add-in" "2026" 1 3 "6""#,
    ];
    assert_eq!(versions.collect::<Vec<_>>(), expected);
    // Four months are touched, the last of them not over.
    assert_eq!(all["range"]["months"], 4);
    assert_eq!(all["products"][0]["tokens_per_month"], "7.5");
}

#[test]
fn rule_5_6_by_user_counts_days_of_the_range_and_of_each_week() {
    let folder = results_of("boundaries/what-administrators-see.toml");
    let run = usage(&folder, &["--range", "run"]);
    let [ben, ana] = [&run["users"][0], &run["users"][1]];
    assert_eq!((&ben["user"], &ana["user"]), (&"ben@studio.example".into(), &"ana@studio.example".into()));
    assert_eq!(
        (ben["products"].as_u64(), ben["days_used"].as_u64()),
        (Some(2), Some(3)),
        "one day, two products"
    );
    assert_eq!(run["range"]["days"], 99);
    let weeks = |user: &Value| user["by_product"][0]["weeks"].to_string();
    assert_eq!(weeks(ben), r#"[{"days":3,"week":"2026-03-02"}]"#);
    let expected =
        r#"[{"days":1,"week":"2026-01-19"},{"days":1,"week":"2026-03-30"},{"days":1,"week":"2026-04-06"}]"#;
    assert_eq!(weeks(ana), expected);
    let versions = ana["by_product"][0]["versions"].to_string();
    let expected =
        r#"[{"days_used":2,"tokens":"14","version":"2026"},{"days_used":1,"tokens":"7","version":"2027"}]"#;
    assert_eq!(versions, expected);
}

/// What is shown, counted from `charges.csv` by whoever knows no better.
#[derive(Default)]
struct Counted {
    products: BTreeMap<String, BTreeMap<String, Tokens>>,
    days: BTreeMap<(String, String), BTreeSet<NaiveDate>>,
}

fn counted(folder: &Path, zone: &Zone, (from, to, team): (NaiveDate, NaiveDate, Option<&str>)) -> Counted {
    let mut counted = Counted::default();
    let mut rows = csv::Reader::from_path(folder.join("r/charges.csv")).expect("a table");
    for row in rows.deserialize::<BTreeMap<String, String>>().map(|row| row.expect("a row")) {
        let day = zone.local(from_iso(&row["window_start"]).expect("an instant")).date();
        if day < from || day > to || team.is_some_and(|team| row["team"] != team) {
            continue;
        }
        let (user, product) = (row["user"].clone(), row["product"].clone());
        let sum = counted.products.entry(product.clone()).or_default().entry(user.clone()).or_default();
        *sum += row["tokens"].parse().expect("an amount");
        if row["kind"] != "refund" {
            counted.days.entry((user, product)).or_default().insert(day);
        }
    }
    for (at, user, product, of) in free_openings(folder) {
        let day = zone.local(at).date();
        if day >= from && day <= to && team.is_none_or(|team| of == team) {
            counted.products.entry(product.clone()).or_default().entry(user.clone()).or_default();
            counted.days.entry((user, product)).or_default().insert(day);
        }
    }
    counted
}

/// Sessions that began a window and ended within five minutes, before the run did (RULES 1.5): when, who, what, which team.
fn free_openings(folder: &Path) -> Vec<(Instant, String, String, String)> {
    let rows = |table: &str| {
        let rows = csv::Reader::from_path(folder.join("r").join(table)).expect("a table");
        rows.into_deserialize::<BTreeMap<String, String>>().map(|row| row.expect("a row")).collect::<Vec<_>>()
    };
    let of = |row: &BTreeMap<String, String>, at: &str| {
        [at, "user", "product", "device", "version"].map(|column| row[column].clone())
    };
    let begun = rows("sign_ins.csv").into_iter().filter(|row| row["reason"] == "new-window");
    let begun: BTreeMap<_, _> = begun.map(|row| (of(&row, "at"), row["team"].clone())).collect();
    let instant = |text: &str| from_iso(text).expect("an instant");
    let sessions = rows("sessions.csv").into_iter().filter(|row| {
        let lasted = instant(&row["signed_out"]) - instant(&row["signed_in"]);
        lasted.seconds() < 300 && row["end"] != "run-end"
    });
    let free = sessions.filter_map(|row| {
        let team = begun.get(&of(&row, "signed_in"))?;
        Some((instant(&row["signed_in"]), row["user"].clone(), row["product"].clone(), team.clone()))
    });
    free.collect()
}

fn agree(folder: &TempDir, zone: &Zone, (range, team): (&str, Option<&str>)) {
    let mut asked = vec!["--range", range];
    asked.extend(team.iter().flat_map(|team| ["--team", team]));
    let shown = usage(folder, &asked);
    let date = |which: &str| shown["range"][which].as_str().expect("a date").parse().expect("a date");
    let expected = counted(folder.path(), zone, (date("from"), date("to"), team));
    let all: Tokens = expected.products.values().flat_map(BTreeMap::values).copied().sum();
    assert_eq!(tokens(&shown["overview"]["tokens"]), all, "{asked:?}");
    let users: BTreeSet<&String> = expected.products.values().flat_map(BTreeMap::keys).collect();
    assert_eq!(shown["overview"]["users"], users.len(), "{asked:?}");
    let products = shown["products"].as_array().expect("products");
    assert_eq!(products.len(), expected.products.len());
    for product in products {
        let by_user = &expected.products[product["product"].as_str().expect("a name")];
        assert_eq!(tokens(&product["tokens"]), by_user.values().copied().sum());
        assert_eq!(product["users"], by_user.len());
        let shares = product["by_user"].as_array().expect("shares").iter();
        let shares = shares
            .map(|share| (share["user"].as_str().expect("a name").to_owned(), tokens(&share["tokens"])));
        assert_eq!(&shares.collect::<BTreeMap<_, _>>(), by_user);
        let most = [100, 500, 1_000, 5_000, 10_000, i64::MAX / 1_000].map(Tokens::whole);
        let group = |used: &Tokens| most.iter().position(|most| used <= most);
        for (place, of) in product["consumption_groups"].as_array().expect("groups").iter().enumerate() {
            let users = by_user.values().filter(|used| group(used) == Some(place)).count();
            assert_eq!(of["users"], users, "{of} of {}", product["product"]);
        }
    }
    for user in shown["users"].as_array().expect("users") {
        let name = user["user"].as_str().expect("a name");
        let mut every_day = BTreeSet::new();
        for product in user["by_product"].as_array().expect("products") {
            let key = (name.to_owned(), product["product"].as_str().expect("a name").to_owned());
            let days = expected.days.get(&key).cloned().unwrap_or_default();
            assert_eq!(product["days_used"], days.len(), "{key:?}");
            let mut weeks: BTreeMap<String, u64> = BTreeMap::new();
            for day in &days {
                let monday = *day - Days::new(day.weekday().num_days_from_monday().into());
                *weeks.entry(monday.to_string()).or_default() += 1;
            }
            let shown = product["weeks"].as_array().expect("weeks").iter();
            let shown = shown.map(|week| {
                (week["week"].as_str().expect("a day").to_owned(), week["days"].as_u64().expect("days"))
            });
            assert_eq!(shown.collect::<BTreeMap<_, _>>(), weeks, "{key:?}");
            every_day.extend(days);
        }
        assert_eq!(user["days_used"], every_day.len(), "{name}");
    }
}

#[test]
fn usage_is_what_the_tables_say() {
    let scenarios = [
        "a-week-at-studio-north.toml",
        "an-engineering-firm-with-two-offices.toml",
        "a-travelling-consultancy.toml",
        "boundaries/a-failed-result-is-refunded.toml",
        "boundaries/a-rate-of-zero-is-metered.toml",
        "boundaries/when-does-the-grace-period-end.toml",
        "boundaries/a-charge-that-spans-three-packs.toml",
        "boundaries/a-renewal-that-cannot-be-paid-is-owed.toml",
    ];
    for scenario in scenarios {
        let folder = results_of(scenario);
        let summary = std::fs::read_to_string(folder.path().join("r/summary.json")).expect("a summary");
        let summary: Value = serde_json::from_str(&summary).expect("JSON");
        let zone = summary["policy"]["report_zone"].as_str().and_then(Zone::named).expect("a zone");
        let teams = summary["teams"].as_array().expect("teams").iter();
        let teams: Vec<&str> = teams.map(|team| team["team"].as_str().expect("a name")).collect();
        for range in ["run", "30d", "3m", "2026-02-15..2026-03-14"] {
            for team in teams.iter().copied().map(Some).chain([None]) {
                agree(&folder, &zone, (range, team));
            }
        }
    }
}

#[test]
fn the_ledger_is_the_same_bytes_by_whatever_driver_and_detail() {
    let scenario = project().join("scenarios/a-week-at-studio-north.toml");
    let ledger = |more: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["run", scenario.to_str().expect("text"), "--out", "r", "--quiet"];
        let ran = flexmeter(folder.path(), &[&arguments, more].concat());
        assert!(ran.status.success(), "{}", stderr(&ran));
        ["usage.parquet", "accounts.parquet"]
            .map(|file| std::fs::read(folder.path().join("r").join(file)).expect(file))
    };
    let expected = ledger(&["--driver", "loop"]);
    assert!(expected == ledger(&["--threads", "2"]));
    assert!(expected == ledger(&["--threads", "1", "--detail", "charges"]));
}

#[test]
fn table_csv_and_json_show_the_same_figures() {
    let folder = results_of("a-week-at-studio-north.toml");
    let data = usage(&folder, &[]);
    for (by, list, first) in
        [("product", "products", "product"), ("user", "users", "user"), ("version", "versions", "product")]
    {
        let form = |form| stdout(&flexmeter(folder.path(), &["usage", "r", "--by", by, "--format", form]));
        let (table, text) = (form("table"), form("csv"));
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<BTreeMap<String, String>> = rows.deserialize().map(|row| row.expect("a row")).collect();
        let figures = data[list].as_array().expect("a list");
        assert_eq!(rows.len(), figures.len());
        for (row, figures) in rows.iter().zip(figures) {
            let shared = row.iter().filter(|(column, _)| !["from", "to"].contains(&column.as_str()));
            for (column, cell) in shared {
                assert_eq!(cell, figures[column].to_string().trim_matches('"'), "{by}: {column}");
            }
            let line = table.lines().find(|line| {
                line.trim_start().starts_with(row[first].as_str()) && line.contains(&row["tokens"])
            });
            assert!(line.is_some(), "{row:?} in\n{table}");
        }
    }
}

#[test]
fn what_cannot_be_answered_is_told_with_the_way_out() {
    let scenario = project().join("scenarios/a-week-at-studio-north.toml");
    let folder = results(&scenario, &["--detail", "summary"]);
    let refused = |arguments: &[&str], expected: &str| {
        let told = flexmeter(folder.path(), &[&["usage"], arguments].concat());
        assert_eq!(told.status.code(), Some(2));
        assert!(stderr(&told).contains(expected), "{}", stderr(&told));
    };
    refused(&["r"], "run the scenario again with --detail charges, or full");
    refused(&["nowhere"], "nowhere is not there");
    refused(&["."], "holds no summary.json of a run");
    let whole = results(&scenario, &[]);
    let usage_file: PathBuf = whole.path().join("r/usage.parquet");
    let bytes = std::fs::read(&usage_file).expect("the ledger");
    for damaged in [&bytes[..bytes.len() / 2], b"no columns".as_slice(), &[]] {
        std::fs::write(&usage_file, damaged).expect("a file");
        let told = flexmeter(whole.path(), &["usage", "r"]);
        assert_eq!(told.status.code(), Some(2), "{}", stderr(&told));
        assert!(stderr(&told).contains("usage.parquet"), "{}", stderr(&told));
    }
    std::fs::write(&usage_file, &bytes).expect("a file");
    let told = flexmeter(whole.path(), &["usage", "r", "--team", "Studio Nord"]);
    assert!(stderr(&told).contains("Studio North"), "{}", stderr(&told));
    let told = flexmeter(whole.path(), &["usage", "r", "--range", "31d"]);
    assert_eq!(told.status.code(), Some(2));
}

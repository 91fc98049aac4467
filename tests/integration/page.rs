//! The page in a real Chromium: what it shows is what was computed, nothing leaves the file, everybody can use it.

pub(crate) mod year;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use flexmeter::meter::tokens::Tokens;
use flexmeter::report::page::{Page, ROWS_MAX, html};
use flexmeter::usage::balances::Balance;
use flexmeter::usage::figures::Usage;
use serde_json::{Value, json};

use crate::page::year::{PRODUCTS, SCRIPT, TEAMS, balances, credits, latency, views};
use crate::privacy::{assert_nameless, odd, runs, told};
use crate::support::{project, scenario};
use crate::usage::{results_of, usage};

/// What a page of 300 people and 30 views may take.
const BYTES_MAX: usize = 3_000_000;

#[test]
fn the_page_in_a_browser_shows_what_was_computed() {
    let (views, balances) = (views(), balances());
    let text = page_of(&views, &balances);
    assert!(text.len() < BYTES_MAX, "the page has {} bytes", text.len());
    let told = opened(&text);
    assert_eq!(told["complaints"], json!([]), "nothing is complained of");
    assert_eq!(told["requests"], json!([]), "nothing is asked of the network");
    let ready = told["ready"].as_f64().expect("a time");
    println!("{} bytes, ready {ready:.0} ms after navigation began", text.len());

    let shown = told["views"].as_array().expect("views");
    assert_eq!(shown.len(), views.len());
    for (shown, usage) in shown.iter().zip(&views) {
        shows(shown, &serde_json::to_value(usage).expect("plain data"));
        let rings = shown["balances"].as_array().expect("rings");
        let expected = balances.iter().filter(|of| usage.team.as_ref().is_none_or(|team| *team == of.team));
        let expected = expected
            .map(|of| json!([of.team, of.available.to_string(), of.used.to_string(), of.total.to_string()]));
        assert_eq!(*rings, expected.collect::<Vec<_>>(), "rings of {:?}", usage.team);
    }
    assert_eq!(told["again"], shown.last().expect("a view")["figures"], "the address keeps the choice");
    let tokens = views[0].overview.tokens.to_string();
    let plain = json!({ "tokens": tokens, "charts": 12, "buttons": 0 });
    assert_eq!(
        told["plain"], plain,
        "without script the first view is there, and no button that does nothing"
    );
    assert_eq!(told["printed"], json!({ "filters": false, "users": true }));
    used_by_keyboard(&told["keyboard"], &views[0]);

    for (how, faults) in told["faults"].as_object().expect("four ways to look at it") {
        assert_eq!(*faults, json!([]), "{how}: no serious fault of accessibility");
        assert_eq!(told["wider"][how], 0, "{how}: nothing sticks out");
    }
}

#[test]
fn names_are_text_wherever_they_stand() {
    let text = page_of(&views(), &balances());
    for name in [SCRIPT, TEAMS[4], PRODUCTS[2].0] {
        assert!(!text.contains(name), "{name} is escaped");
    }
    let script_ends = text.matches("</script>").count();
    assert_eq!(script_ends, text.matches("<script").count(), "as many scripts end as begin");
    assert!(text.contains("\\u003c/script\\u003e"), "in the data for the script");
}

#[test]
fn a_table_that_is_cut_says_so() {
    let mut views = views();
    views.truncate(1);
    let user = views[0].users[0].clone();
    views[0].users.resize(ROWS_MAX + 1_234, user);
    let text = page_of(&views, &balances());
    let said = "And 1\u{202f}234 more; <code>flexmeter usage --by user --format csv</code> has them all.";
    assert!(text.contains(said));
}

#[test]
fn a_run_in_which_nothing_happened_has_a_page() {
    let mut view = views().swap_remove(0);
    (view.products, view.users, view.versions) = (Vec::new(), Vec::new(), Vec::new());
    (view.consumption_groups, view.sign_ins) = (Vec::new(), None);
    (view.overview.days, view.overview.tokens) = (Vec::new(), Tokens::ZERO);
    let mut balance = balances().swap_remove(0);
    (balance.available, balance.total) = (Tokens::ZERO, Tokens::ZERO);
    let page = Page {
        title: "",
        start: "",
        seed: 0,
        views: &[view],
        balances: &[balance],
        credits: &[],
        latency: None,
    };
    let text = html(&page);
    assert!(text.contains("None in the range.") && !text.contains("NaN"));
}

#[test]
fn the_report_of_a_run_says_what_the_commands_say() {
    let folder = results_of("an-engineering-firm-with-two-offices.toml");
    let asked = ["report", "r", "--out", "page.html", "--range", "2026-02-15..2026-03-14", "--quiet"];
    told(folder.path(), &asked);
    let page = opened_file(&folder.path().join("page.html"));
    assert_eq!((&page["complaints"], &page["requests"]), (&json!([]), &json!([])));
    let shown = page["views"].as_array().expect("views");
    assert_eq!(shown.len(), 3 * 7, "all teams and each of two, for seven ranges");
    let mut tokens = BTreeSet::new();
    for shown in shown {
        let [team, range] = ["team", "range"].map(|of| shown[of].as_str().expect("a text"));
        let mut asked = vec!["--hours", "--range", range];
        if !team.is_empty() {
            asked.extend(["--team", team]);
        }
        let computed = usage(&folder, &asked);
        shows(shown, &computed);
        tokens.insert(text(&computed["overview"]["tokens"]));
    }
    assert!(tokens.len() > 15, "filters change the figures: {tokens:?}");
    for (how, faults) in page["faults"].as_object().expect("four ways to look at it") {
        assert_eq!(*faults, json!([]), "{how}: no serious fault of accessibility");
    }
}

#[test]
fn rule_5_7_no_byte_of_a_page_holds_a_name() {
    for text in [
        odd(),
        std::fs::read_to_string(project().join("scenarios/a-week-at-studio-north.toml")).expect("a file"),
    ] {
        let folder = runs(&text);
        told(folder.path(), &["report", "shown", "--hide-names", "--out", "page.html", "--quiet"]);
        let page = std::fs::read_to_string(folder.path().join("page.html")).expect("a page");
        assert_nameless(&scenario(&text), ("the page", &page));
        assert!(page.contains("user-"));
        let usage = told(folder.path(), &["usage", "shown", "--hide-names", "--format", "json"]);
        assert_nameless(&scenario(&text), ("usage", &usage));
    }
}

#[test]
fn the_same_data_makes_the_same_bytes() {
    assert!(page_of(&views(), &balances()) == page_of(&views(), &balances()));
}

fn page_of(views: &[Usage], balances: &[Balance]) -> String {
    html(&Page {
        title: "A design firm of 300 people",
        start: "2025-03-09T00:00:00Z",
        seed: 7,
        views,
        balances,
        credits: &[credits()],
        latency: Some(&latency()),
    })
}

/// What `check.mjs` tells of a page.
pub(crate) fn opened(text: &str) -> Value {
    let own = tempfile::tempdir().expect("a folder");
    let file = own.path().join("report.html");
    std::fs::write(&file, text).expect("the page is written");
    opened_file(&file)
}

fn opened_file(file: &Path) -> Value {
    let folder = project().join("tests/browser");
    let install = folder.join("install");
    let advice = format!("run {} first", install.display());
    assert!(
        folder.join("node_modules/playwright-core").is_dir(),
        "the browser's driver is missing: {advice}"
    );
    let output = Command::new("node").arg("check.mjs").arg(file).current_dir(Path::new(&folder)).output();
    let output = output.unwrap_or_else(|error| panic!("node does not start: {error}; {advice}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the page can't be opened; if a part is missing, {advice}\n{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Every figure of a view by its name, and every row.
fn shows(shown: &Value, computed: &Value) {
    let which = format!("{} {}", computed["team"], computed["range"]["name"]);
    assert_eq!(shown["team"], computed["team"].as_str().unwrap_or_default());
    assert_eq!(shown["range"], computed["range"]["name"]);
    let (status, tokens) = (shown["status"].as_str().expect("a text"), text(&computed["overview"]["tokens"]));
    assert!(status.contains(&tokens), "{which} is announced: {status}");
    for figure in ["used_from_active_packs", "remaining", "added_in_7_days", "removed_in_7_days", "tokens"]
        .into_iter()
        .chain(["products", "users"])
    {
        let expected = text(&computed["overview"][figure]);
        assert_eq!(text(&shown["figures"][format!("overview.{figure}")]), expected, "{which}: {figure}");
    }
    for waste in ["left_open", "add_ins", "expired"] {
        for part in ["tokens", "count"] {
            let expected = text(&computed["waste"][waste][part]);
            assert_eq!(
                text(&shown["figures"][format!("waste.{waste}.{part}")]),
                expected,
                "{which}: {waste}"
            );
        }
    }
    let columns = |list: &str, names: &[&str]| -> Value {
        let rows = computed[list].as_array().expect("rows").iter();
        rows.map(|row| names.iter().map(|name| Value::from(text(&row[*name]))).collect::<Value>()).collect()
    };
    assert_eq!(
        shown["products"],
        columns("products", &["product", "users", "tokens", "tokens_per_month"]),
        "{which}"
    );
    assert_eq!(
        shown["users"],
        columns("users", &["user", "products", "tokens", "tokens_per_month", "days_used"]),
        "{which}"
    );
    assert_eq!(shown["groups"], columns("consumption_groups", &["tokens", "users"]), "{which}");
    let days = computed["overview"]["days"].as_array().expect("days").iter();
    let days: Value =
        days.map(|day| json!([day["day"], day["active_packs"], day["expired_packs"]])).collect();
    assert_eq!(shown["days"], days, "{which}");
    let hours = &computed["sign_ins"];
    assert_eq!(shown["hours"], json!([hours["admitted"], hours["refused"]]), "{which}");
    let charts = shown["charts"].as_array().expect("charts");
    assert!(charts.iter().all(|shapes| *shapes != 0), "{which}: every chart is drawn: {charts:?}");
}

/// With the keyboard alone a table is sorted, rows are unfolded, a user is found.
fn used_by_keyboard(told: &Value, usage: &Usage) {
    assert_eq!(told["order"], "ascending");
    let users: BTreeSet<&str> = usage.users.iter().map(|user| user.user.as_str()).collect();
    let sorted = told["sorted"].as_array().expect("users");
    assert_eq!(sorted.len(), users.len());
    assert_eq!(sorted.iter().filter_map(Value::as_str).collect::<BTreeSet<_>>(), users);
    let unfolded = told["unfolded"][0].as_str().expect("a text");
    assert!(unfolded.contains("Consumption groups") && unfolded.contains(&usage.products[0].by_user[0].user));
    assert!(told["unfolded"][1].as_str().expect("a text").contains("Days per week"));
    assert_eq!(told["found"], json!([SCRIPT]), "a name is read as it is written");
}

/// A number of JSON, or an exact decimal in a text, as a text.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

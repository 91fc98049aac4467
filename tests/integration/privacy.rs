//! Names hidden: no file and no output holds one, everything else is as it was, and pseudonyms are the same
//! everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use flexmeter::results::files::TABLES;
use flexmeter::scenario::Scenario;
use flexmeter::usage::pseudonym::Pseudonyms;
use serde_json::Value;

use crate::support::{flexmeter, project, scenario, stderr, stdout};

/// Names that files have to quote, and pages to escape; two of them are shown in the other order.
const ODD: &str = r#"
title = "Odd names"
start = 2026-03-02T00:00:00Z
end = 2026-03-04T00:00:00Z
[[product]]
name = "Study"
kind = "service"
rate = 11
[[team]]
name = "North"
packs = [{ id = "p", tokens = 25, bought = 2026-01-10T00:00:00Z }]
[[contract]]
name = "Clouds"
teams = ["North"]
credits = 30
[[user]]
name = "Zoë \"Quotes\", and commas"
teams = ["North"]
products = "all"
[[user]]
name = "<script>alert('ü')</script>"
teams = ["North"]
products = "all"
[[user]]
name = "semi;colon@a.example"
teams = ["North"]
products = "all"
[[user]]
name = "Ahmet Ünal"
teams = ["North"]
products = ["AutoCAD"]
"#;

pub(crate) fn odd() -> String {
    let users = [
        r#"Zoë \"Quotes\", and commas"#,
        "<script>alert('ü')</script>",
        "semi;colon@a.example",
        "Ahmet Ünal",
    ];
    let step = |day: u8, user: &str, rest: &str| {
        format!("[[step]]\nat = 2026-03-0{day}T08:00:00Z\nuser = \"{user}\"\n{rest}\n")
    };
    let opened = users.map(|user| step(2, user, "do = \"sign-in\"\nproduct = \"AutoCAD\""));
    let used = users[..3].iter().map(|user| step(3, user, "do = \"use\"\nproduct = \"Study\""));
    ODD.to_owned() + &opened.concat() + &used.collect::<String>()
}

fn scenarios() -> Vec<(&'static str, String)> {
    let file = |name: &str| fs::read_to_string(project().join("scenarios").join(name)).expect("a scenario");
    vec![
        ("odd", odd()),
        ("week", file("a-week-at-studio-north.toml")),
        ("switch", file("boundaries/the-five-steps-out-of-order.toml")),
        ("credits", file("boundaries/credits-are-drawn-before-tokens.toml")),
        ("retire", file("an-engineering-office-leaves-its-licence-server.toml")),
    ]
}

/// A user's name as it is, and as CSV, JSON and HTML write it.
fn written_forms(name: &str) -> Vec<String> {
    let json = serde_json::to_string(name).expect("text");
    let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    vec![name.to_owned(), name.replace('"', "\"\""), json.trim_matches('"').to_owned(), escaped]
}

pub(crate) fn assert_nameless(scenario: &Scenario, (place, text): (&str, &str)) {
    for name in scenario.directory.users.iter() {
        for form in written_forms(name) {
            assert!(!text.contains(&form), "{place} holds {form}:\n{text}");
        }
    }
}

/// What a command prints; it may find a difference, but nothing in error.
pub(crate) fn told(folder: &Path, arguments: &[&str]) -> String {
    let output = flexmeter(folder, arguments);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", stderr(&output));
    stdout(&output) + &stderr(&output)
}

fn files_in(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let file = |entry: fs::DirEntry| {
        let text = fs::read(entry.path()).expect("a file");
        let text = String::from_utf8_lossy(&text).into_owned();
        (entry.file_name().to_string_lossy().into_owned(), text)
    };
    entries.map(file).collect()
}

/// A folder with a scenario and its results, shown and hidden.
pub(crate) fn runs(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("s.toml"), text).expect("a file");
    told(folder.path(), &["run", "s.toml", "--out", "shown", "--driver", "loop", "--quiet"]);
    folder
}

#[test]
fn rule_5_7_no_file_and_no_output_of_a_run_holds_a_name() {
    for (name, text) in scenarios() {
        let scenario = scenario(&text);
        let folder = runs(&text);
        let folder = folder.path();
        let run = ["run", "s.toml", "--hide-names", "--out", "hidden"];
        let printed = told(folder, &[&run[..], &["--driver", "loop"]].concat());
        assert_nameless(&scenario, (&format!("{name}: run"), &printed));
        let files = files_in(&folder.join("hidden"));
        assert!(!files.contains_key("scenario.toml"));
        for (file, text) in &files {
            assert_nameless(&scenario, (&format!("{name}: {file}"), text));
        }
        let pseudonyms = Pseudonyms::default();
        let charges = &files["charges.csv"];
        let charged = scenario.directory.users.iter().filter(|user| charges.contains(&pseudonyms.of(user)));
        assert!(charged.count() > 0 || charges.lines().count() == 1, "{name}: {charges}");
        // By the actors likewise, and as JSON.
        let printed = told(folder, &[&run[..], &["--format", "json"]].concat());
        assert_nameless(&scenario, (&format!("{name}: run --format json"), &printed));
        let again = files_in(&folder.join("hidden"));
        assert!(files.iter().all(|(file, text)| again[file] == *text), "{name}: the same by actors");
        same_but_for_names(folder, (name, &scenario));
        commands(folder, (name, &scenario));
    }
}

/// Counts, totals and every row are as they were, with pseudonyms in place of names.
fn same_but_for_names(folder: &Path, (name, scenario): (&str, &Scenario)) {
    let [shown, hidden] = ["shown", "hidden"].map(|run| files_in(&folder.join(run)));
    let summary = |files: &BTreeMap<String, String>| -> Value {
        let mut value: Value = serde_json::from_str(&files["summary.json"]).expect("JSON");
        for key in ["sha256", "sha256_more", "names_hidden", "contracts"] {
            value.as_object_mut().expect("an object").remove(key);
        }
        value
    };
    assert_eq!(summary(&shown), summary(&hidden), "{name}");
    let pseudonyms = Pseudonyms::default();
    for (file, text) in shown.iter().filter(|(file, _)| TABLES.contains(&file.as_str())) {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows.headers().expect("a header").clone();
        let mapped = rows.records().map(|row| {
            let row = row.expect("a row");
            let cells = header.iter().zip(row.iter()).map(|(column, cell)| match column {
                "user" if !cell.is_empty() => pseudonyms.of(cell),
                "who" => {
                    let who =
                        scenario.directory.users.iter().filter(|user| cell.split(';').any(|of| of == *user));
                    who.map(|user| pseudonyms.of(user)).collect::<Vec<_>>().join(";")
                }
                _ => cell.to_owned(),
            });
            cells.collect::<Vec<String>>()
        });
        let mut mapped: Vec<Vec<String>> = mapped.collect();
        mapped.sort();
        let mut rows = csv::Reader::from_reader(hidden[file].as_bytes());
        let found: Vec<Vec<String>> =
            rows.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
        assert_eq!(found, mapped, "{name}: {file}, sorted as text");
    }
}

/// Every command that shows users.
fn commands(folder: &Path, (name, scenario): (&str, &Scenario)) {
    let hide = |arguments: &[&str]| {
        let text = told(folder, &[arguments, &["--hide-names"]].concat());
        assert_nameless(scenario, (&format!("{name}: {arguments:?}"), &text));
        text
    };
    // An expectation that is not met is told with its user.
    let first = scenario.directory.users.iter().next().expect("a user");
    let unmet = format!("\n[[expect]]\nuser = {first:?}\nproduct = \"AutoCAD\"\ntokens = 987654\n");
    let text = fs::read_to_string(folder.join("s.toml")).expect("a scenario") + &unmet;
    fs::write(folder.join("unmet.toml"), text).expect("a file");
    for format in ["table", "json"] {
        let of_names = hide(&["balances", "shown", "--format", format]);
        assert_eq!(of_names, hide(&["balances", "hidden", "--format", format]), "the same pseudonyms");
        assert_eq!(of_names, told(folder, &["balances", "hidden", "--format", format]));
        hide(&["describe", "s.toml", "--format", format]);
        assert!(hide(&["check", "unmet.toml", "--format", format]).contains("987654"));
        assert!(hide(&["diff", "shown", "s.toml"]).contains("The same"));
        assert!(hide(&["diff", "hidden", "s.toml"]).contains("The same"));
        assert!(hide(&["diff", "hidden", "hidden", "--format", format]).contains("ame"));
        hide(&["diff", "s.toml", "--policy", "grace=0s", "--format", format]);
    }
    let text = fs::read_to_string(folder.join("shown/sign_ins.csv")).expect("a table");
    let mut asked = BTreeSet::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")) {
        let (at, user, product) = (row[0].to_owned(), row[1].to_owned(), row[2].to_owned());
        // Who is simulated is explained by living through their lives again: once is enough.
        let enough = if scenario.simulated.is_empty() { 6 } else { 1 };
        if asked.len() < enough && asked.insert((user.clone(), row[6].to_owned())) {
            let who = ["explain", "s.toml", "--user", &user, "--product", &product];
            hide(&who);
            let reasons = hide(&[&who[..], &["--at", &at]].concat());
            hide(&[&who[..], &["--at", &at, "--format", "json"]].concat());
            let pseudonym = Pseudonyms::default().of(&user);
            let who = ["explain", "s.toml", "--user", &pseudonym, "--product", &product, "--at", &at];
            assert_eq!(hide(&who), reasons, "asked for by the pseudonym");
        }
    }
}

#[test]
fn rule_5_7_another_key_gives_other_pseudonyms() {
    let folder = runs(&odd());
    let folder = folder.path();
    for (file, key) in [("one", "secret"), ("one-line", "secret\r\n"), ("two", "another"), ("none", "\n")] {
        fs::write(folder.join(file), key).expect("a file");
    }
    let users = |key: &[&str]| {
        let json = told(folder, &[&["balances", "shown", "--hide-names", "--format", "json"], key].concat());
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let users = json["teams"][0]["users"].as_array().expect("users").clone();
        users.iter().map(|user| user["name"].as_str().expect("a name").to_owned()).collect::<BTreeSet<_>>()
    };
    let (built_in, one, two) = (users(&[]), users(&["--names-key", "one"]), users(&["--names-key", "two"]));
    assert_eq!(one, users(&["--names-key", "one-line"]), "a line feed at the end is no part of the key");
    assert!(built_in.is_disjoint(&one) && one.is_disjoint(&two) && built_in.is_disjoint(&two));
    assert_eq!(built_in.len(), 3, "of four users three are charged");
    let keyed = Pseudonyms::keyed(b"secret");
    assert!(one.contains(&keyed.of("semi;colon@a.example")));
    let run = ["run", "s.toml", "--hide-names", "--names-key", "one", "--out", "keyed", "--quiet"];
    told(folder, &run);
    let diff = ["diff", "keyed", "s.toml", "--hide-names", "--names-key"];
    assert_eq!(flexmeter(folder, &[&diff[..], &["one"]].concat()).status.code(), Some(0));
    assert_eq!(flexmeter(folder, &[&diff[..], &["two"]].concat()).status.code(), Some(1));
    let refused = flexmeter(folder, &["balances", "shown", "--hide-names", "--names-key", "none"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("none is empty"), "{}", stderr(&refused));
}

#[test]
fn rule_5_7_what_can_not_be_hidden_is_refused() {
    let folder = runs(&odd());
    let folder = folder.path();
    told(folder, &["run", "s.toml", "--hide-names", "--out", "hidden", "--quiet"]);
    let refused = |arguments: &[&str], part: &str| {
        let output = flexmeter(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
    };
    let because = "because it was written with --hide-names";
    refused(&["explain", "hidden", "--user", "x", "--product", "AutoCAD"], because);
    refused(&["balances", "hidden", "--at", "2026-03-03"], because);
    refused(&["diff", "hidden", "s.toml"], "add --hide-names");
    refused(&["diff", "hidden", "shown", "--hide-names"], "shown holds names and the other side pseudonyms");
    let checkpoint = ["--until", "2026-03-03", "--checkpoint", "c"];
    refused(&[&["run", "s.toml", "--hide-names"], &checkpoint[..]].concat(), "cannot be used with");
    refused(&["run", "s.toml", "--names-key", "s.toml"], "--hide-names");
    let apply = ["--at", "2026-03-02T08:00", "--apply", "1", "--out", "x.toml", "--hide-names"];
    let who = ["explain", "s.toml", "--user", "Ahmet Ünal", "--product", "AutoCAD"];
    refused(&[&who[..], &apply].concat(), "cannot be used with");
    assert!(!folder.join("c").exists() && !folder.join("x.toml").exists());
}

#[test]
fn rule_5_7_a_resumed_run_is_hidden_likewise() {
    let folder = runs(&odd());
    let folder = folder.path();
    told(folder, &["run", "s.toml", "--until", "2026-03-03", "--checkpoint", "c"]);
    told(folder, &["run", "s.toml", "--hide-names", "--out", "whole", "--driver", "loop", "--quiet"]);
    told(folder, &["resume", "c", "--hide-names", "--out", "resumed", "--driver", "loop", "--quiet"]);
    told(folder, &["fork", "c", "--hide-names", "--out", "forked", "--driver", "loop", "--quiet"]);
    let whole = files_in(&folder.join("whole"));
    assert_eq!(whole, files_in(&folder.join("resumed")));
    assert_eq!(whole, files_in(&folder.join("forked")));
    let fork = ["fork", "c", "--hide-names", "--save", "f.toml"];
    assert_eq!(flexmeter(folder, &fork).status.code(), Some(2), "a scenario holds names");
}

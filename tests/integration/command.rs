//! The binary as its users meet it: help, exit codes, what is written where.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};

use crate::support::{flexmeter, project, stderr, stdout};

const FILES: [&str; 12] = [
    "accounts.parquet",
    "charges.csv",
    "latency.hgrm",
    "latency.json",
    "notices.csv",
    "packs.csv",
    "scenario.toml",
    "sessions.csv",
    "sign_ins.csv",
    "summary.json",
    "token_events.csv",
    "usage.parquet",
];

fn new_scenario() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let output = flexmeter(folder.path(), &["new", "week"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    folder
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn texts<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn a_new_scenario_runs_as_it_stands() {
    let folder = new_scenario();
    let output = flexmeter(folder.path(), &["run", "week.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for part in
        ["Left open overnight", "14 tokens in 2 charges", "not-assigned", "all 3 met", "results/week-1"]
    {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour codes where no terminal reads");
    assert_eq!(names(&folder.path().join("results")), texts(["week-1"]), "no partial folder stays");
    assert_eq!(names(&folder.path().join("results/week-1")), texts(FILES));
    let output = flexmeter(folder.path(), &["check", "week.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let output = flexmeter(folder.path(), &["new", "week"]);
    assert_eq!(output.status.code(), Some(2), "a file that is there is left alone");
}

#[test]
fn the_digest_is_that_of_the_files() {
    let folder = new_scenario();
    flexmeter(folder.path(), &["run", "week.toml", "--out", "out", "--quiet"]);
    let out = folder.path().join("out");
    let mut hasher = Sha256::new();
    for name in ["charges.csv", "sign_ins.csv", "sessions.csv", "packs.csv", "token_events.csv"] {
        hasher.update(fs::read(out.join(name)).expect("a result file"));
    }
    let digest: Vec<String> = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let summary = fs::read_to_string(out.join("summary.json")).expect("the summary");
    assert!(summary.contains(&digest.concat()), "{summary}");
}

#[test]
fn an_earlier_result_is_replaced_and_anything_else_is_left_alone() {
    let folder = new_scenario();
    let out = folder.path().join("out");
    let run = || flexmeter(folder.path(), &["run", "week.toml", "--out", "out", "--quiet"]);
    assert_eq!(run().status.code(), Some(0));
    let first = fs::read(out.join("summary.json")).expect("the summary");
    fs::remove_file(out.join("charges.csv")).expect("removed");
    assert_eq!(run().status.code(), Some(0));
    assert_eq!(names(&out), texts(FILES));
    assert_eq!(fs::read(out.join("summary.json")).expect("the summary"), first, "same file, same bytes");
    fs::write(out.join("thesis.txt"), "years of work").expect("written");
    let output = run();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("thesis.txt"), "{}", stderr(&output));
    assert_eq!(names(folder.path()), texts(["out", "week.toml"]), "no partial folder stays");
    let output = flexmeter(folder.path(), &["run", "week.toml", "--out", "week.toml"]);
    assert_eq!(output.status.code(), Some(2), "a file is no folder");
}

#[test]
fn what_only_looks_like_a_result_is_left_alone() {
    let folder = new_scenario();
    let run = |out: &str| flexmeter(folder.path(), &["run", "week.toml", "--quiet", "--out", out]);
    let refused = |out: &str, said: &str| {
        let output = run(out);
        assert_eq!(output.status.code(), Some(2), "{out}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    };
    fs::create_dir_all(folder.path().join("a/charges.csv")).expect("a folder");
    refused("a", "charges.csv");
    fs::create_dir(folder.path().join("b")).expect("a folder");
    fs::write(folder.path().join("b/summary.json"), "{\"x\": 1}").expect("written");
    refused("b", "no summary.json of a run");
    std::os::unix::fs::symlink("nowhere", folder.path().join("c")).expect("a link");
    refused("c", "link to nothing");
    refused(".", "the folder you stand in");
    std::os::unix::fs::symlink("d", folder.path().join("e")).expect("a link");
    assert_eq!(run("d").status.code(), Some(0));
    fs::remove_file(folder.path().join("d/charges.csv")).expect("removed");
    assert_eq!(run("e").status.code(), Some(0));
    assert!(folder.path().join("e").is_symlink(), "a link stays a link");
    assert_eq!(names(&folder.path().join("d")), texts(FILES), "and its folder gets the results");
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let folder = new_scenario();
    fs::create_dir(folder.path().join(".out.partial-999999999")).expect("a folder");
    let output = flexmeter(folder.path(), &["run", "week.toml", "--quiet", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(folder.path()), texts(["out", "week.toml"]));
}

#[test]
fn a_check_does_not_overwrite_what_it_checks() {
    let folder = new_scenario();
    let output = flexmeter(folder.path(), &["check", "week.toml", "--junit", "week.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let output = flexmeter(folder.path(), &["check", "week.toml", "--junit", "/dev/null"]);
    assert_eq!(output.status.code(), Some(0), "a device is written to, not replaced");
    std::os::unix::fs::symlink(".", folder.path().join("loop")).expect("a link");
    let output = flexmeter(folder.path(), &["check", "."]);
    assert!(stdout(&output).contains("1 file: 3 passed"), "{}", stdout(&output));
}

#[test]
fn json_holds_the_rows_and_quiet_says_nothing() {
    let folder = new_scenario();
    let output = flexmeter(folder.path(), &["run", "week.toml", "--format", "json", "--seed", "9"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["summary"]["tokens"], "14");
    assert_eq!(value["summary"]["seed"], 9);
    assert_eq!(value["charges"][1]["kind"], "renewal");
    assert_eq!(value["sign_ins"].as_array().map(Vec::len), Some(2));
    assert!(folder.path().join("results/week-9").is_dir(), "the seed is in the folder's name");
    let output = flexmeter(folder.path(), &["run", "week.toml", "--quiet"]);
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn a_difference_is_shown_side_by_side_and_exits_with_1() {
    let folder = new_scenario();
    let path = folder.path().join("week.toml");
    let text = fs::read_to_string(&path).expect("the scenario").replace("available = 107", "available = 106");
    fs::write(&path, text).expect("written");
    let output = flexmeter(folder.path(), &["check", "week.toml", "--junit", "check.xml"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("106") && text.contains("107") && text.contains("week.toml:"), "{text}");
    let xml = fs::read_to_string(folder.path().join("check.xml")).expect("the XML");
    assert!(xml.contains("failures=\"1\"") && xml.contains("tests=\"3\""), "{xml}");
    let output = flexmeter(folder.path(), &["check", "week.toml", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value[0]["verdicts"][2]["passed"], false);
}

#[test]
fn check_takes_folders_and_says_what_it_could_not_read() {
    let output = flexmeter(project(), &["check", "scenarios"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let folder = new_scenario();
    fs::write(folder.path().join("bad.toml"), "start = 1").expect("written");
    let output = flexmeter(folder.path(), &["check", ".", "--junit", "check.xml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("could not be read"), "{}", stdout(&output));
    assert!(stderr(&output).contains("bad.toml:1:9"), "{}", stderr(&output));
    let xml = fs::read_to_string(folder.path().join("check.xml")).expect("the XML");
    assert!(xml.contains("errors=\"1\""), "{xml}");
}

#[test]
fn policies_that_differ_from_the_default_are_named() {
    let folder = new_scenario();
    let path = folder.path().join("week.toml");
    let text = fs::read_to_string(&path).expect("the scenario").replace("grace = \"5m\"", "grace = \"600s\"");
    fs::write(&path, text).expect("written");
    let output = flexmeter(folder.path(), &["run", "week.toml"]);
    assert!(stdout(&output).contains("Policies not at their default: grace = 10m"), "{}", stdout(&output));
    let summary = fs::read_to_string(folder.path().join("results/week-1/summary.json")).expect("the summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["policy_not_default"], serde_json::json!(["grace"]));
}

#[test]
fn a_run_in_the_background_ignores_what_its_shell_ignores() {
    let folder = new_scenario();
    let script = format!("trap '' INT TERM HUP; {} run week.toml --quiet", env!("CARGO_BIN_EXE_flexmeter"));
    let status = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status();
    assert_eq!(status.expect("a shell").code(), Some(0));
}

/// An office until the end of a year.
fn office(until: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        r#"
        start = 2026-01-05T00:00:00Z
        end = {until}-12-31T00:00:00Z
        [[team]]
        name = "T"
        packs = [{{ id = "p", tokens = 90000, bought = 2026-01-01T00:00:00Z }}]
        [[group]]
        name = "g"
        team = "T"
        count = 40
        products = ["AutoCAD"]
        habit = "h"
        [habit.h]
        kind = "office"
        "#
    );
    fs::write(folder.path().join("office.toml"), text).expect("written");
    folder
}

/// Starts a run whose output nobody reads, and presses Ctrl-C once a path is there. Where a shell runs the tests
/// in the background it ignores signals for them; `env` undoes that for the run.
fn interrupted(folder: &Path, arguments: &[&str], once: impl Fn(&str) -> bool) -> Output {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_flexmeter")]);
    command.args(["run", "office.toml", "--out", "out"]).args(arguments).current_dir(folder);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    while !names(folder).iter().any(|name| once(name)) {
        std::thread::yield_now();
    }
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(told.expect("a command").success());
    child.wait().expect("it ends before anybody reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    // A run of centuries ends because it is interrupted.
    for driver in ["actors", "loop"] {
        let folder = office(2700);
        let output = interrupted(folder.path(), &["--driver", driver], |name| name.contains("partial"));
        assert_eq!(output.status.code(), Some(130), "{driver}");
        assert_eq!(stderr(&output), "interrupted; nothing was written\n", "{driver}");
        assert_eq!(names(folder.path()), texts(["office.toml"]), "{driver}");
    }
}

#[test]
fn results_in_place_stay_when_printing_them_is_interrupted() {
    let folder = office(2026);
    // More is printed than a pipe holds, so that the run waits for its reader.
    let output = interrupted(folder.path(), &["--format", "json"], |name| name == "out");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(stderr(&output), "interrupted; the results are in place\n");
    assert_eq!(names(folder.path()), texts(["office.toml", "out"]));
    assert_eq!(names(&folder.path().join("out")), texts(FILES));
}

#[test]
fn help_and_misuse() {
    let cases: [(&[&str], i32, &str); 15] = [
        (&["--help"], 0, "Examples:"),
        (&["run", "--help"], 0, "whole or not at all"),
        (&["resume", "--help"], 0, "byte for byte"),
        (&["fork", "--help"], 0, "--save"),
        (&["check", "--help"], 0, "--junit"),
        (&["explain", "--help"], 0, "--apply 1 --out closed.toml"),
        (&["diff", "--help"], 0, "--policy idle_resume=grid"),
        (&["reconcile", "--help"], 0, "--dates"),
        (&["shrink", "--help"], 0, "--failing 42"),
        (&["new", "--help"], 0, "NAME.toml"),
        (&["catalog"], 0, "Navisworks Manage"),
        (&["rules"], 0, "renewal_when_short = \"stop\""),
        (&["rules", "3.8"], 0, "Online every 24 h"),
        (&["rules", "3.13"], 2, "no rule `3.13`"),
        (&["rum"], 2, "run"),
    ];
    for (arguments, code, part) in cases {
        let output = flexmeter(project(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let text = stdout(&output) + &stderr(&output);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

/// Examples keep their lines, and a paragraph fills all of its lines but the last.
#[test]
fn the_end_of_each_help_reads_well_in_narrow_and_wide_terminals() {
    for (command, width) in [
        "",
        "run",
        "resume",
        "fork",
        "clock",
        "check",
        "explain",
        "diff",
        "shrink",
        "reconcile",
        "balances",
        "export",
        "describe",
        "new",
    ]
    .into_iter()
    .flat_map(|command| [(command, 80), (command, 100)])
    {
        let mut help = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
        help.args([command, "--help"].iter().filter(|argument| !argument.is_empty()));
        let text = stdout(&help.env("COLUMNS", width.to_string()).output().expect("the binary runs"));
        let (_, tail) = text.split_once("\nExample").expect("examples");
        let mut blocks = tail.split("\n\n");
        let examples = blocks.next().expect("examples").lines().skip(1);
        for line in examples {
            assert!(line.starts_with("  ") && line.len() <= 80, "{command} at {width}: {line:?}");
        }
        for paragraph in blocks {
            let lines: Vec<&str> = paragraph.trim_end().lines().collect();
            let short =
                lines.split_last().and_then(|(_, full)| full.iter().find(|line| line.len() < width - 20));
            assert_eq!(short, None, "{command} at {width}:\n{paragraph}");
        }
    }
}

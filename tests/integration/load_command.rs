//! `flexmeter load` as it is typed: what it prints and writes, exit codes, what it refuses. Nothing here is a matter of
//! speed: a busy machine makes a load INVALID, and these hold all the same.

use std::fs;
use std::process::Output;

use flexmeter::load::comparison::Comparison;
use flexmeter::load::result::LoadResult;
use flexmeter::load::sweep::SweepResult;

use crate::support::{flexmeter, project, stdout};

const SCENARIO: &str = "scenarios/a-week-at-studio-north.toml";

/// A load of a second.
fn load(more: &[&str]) -> Output {
    let mut arguments = vec!["load", SCENARIO, "--duration", "1s", "--no-baselines"];
    arguments.extend(more);
    flexmeter(project(), &arguments)
}

fn result(output: &Output) -> LoadResult {
    serde_json::from_str(&stdout(output)).expect("a result")
}

#[test]
fn a_load_is_told_counted_and_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let place = out.to_str().expect("text");
    let more =
        ["--rate", "200", "--arrivals", "constant", "--warmup", "0s", "--format", "json", "--out", place];
    let output = load(&more);
    let told = result(&output);
    assert_eq!(output.status.code(), Some(i32::from(!told.is_valid())), "{:?}", told.invalid);
    assert_eq!((told.counts.planned, told.counts.answered, told.counts.not_sent), (200, 200, 0));
    assert_eq!(told.latency_planned.count, 200);
    assert_eq!(told.audit.violations, Vec::<String>::new());
    assert!(told.audit.decisions > 200 && told.header.command.contains("--rate 200"), "{told:?}");
    let mut names: Vec<_> =
        fs::read_dir(&out).expect("it is there").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    let expected = ["lateness.hgrm", "load.csv", "load.hlog", "load.json", "planned.hgrm", "sent.hgrm"];
    assert_eq!(names, expected);
    let written = fs::read_to_string(out.join("load.json")).expect("text");
    assert_eq!(written, stdout(&output));
    assert!(fs::read_to_string(out.join("load.hlog")).expect("text").contains("Tag=planned"));

    // Its folder stands for a result; one is no different from itself.
    let compared = flexmeter(project(), &["load", "--compare", place, place, "--format", "json"]);
    let comparison: Comparison = serde_json::from_str(&stdout(&compared)).expect("a comparison");
    assert!(comparison.figures.iter().all(|figure| !figure.differs), "{comparison:?}");

    fs::write(out.join("mine.txt"), "mine").expect("written");
    let refused = load(&["--out", place]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("mine.txt") && said.contains("choose another --out"), "{said}");
}

#[test]
fn what_is_required_is_the_exit_code() {
    for (required, code) in [("refused=1000000", 1), ("p99<0ns", 1), ("handled>1000000000", 1)] {
        let output = load(&["--rate", "50", "--require", required]);
        assert_eq!(output.status.code(), Some(code), "{required}: {}", stdout(&output));
        assert!(stdout(&output).contains("NOT MET"), "{required}");
    }
}

#[test]
fn a_rush_is_the_scenarios_own() {
    let rush = ["--arrivals", "rush", "--from", "2026-03-02T08:00:00Z", "--pace", "3600", "--format", "json"];
    let told = result(&load(&rush));
    assert_eq!((told.manner.arrivals.as_str(), told.manner.rate), ("rush", None));
    assert!(told.counts.planned > 0 && told.counts.answered == told.counts.planned, "{:?}", told.counts);
}

#[test]
fn a_closed_loop_plans_nothing() {
    let told =
        result(&load(&["--closed", "--users", "3", "--teams", "2", "--in-flight", "2", "--format", "json"]));
    assert_eq!((told.manner.users, told.manner.teams, told.manner.in_flight), (3, 2, Some(2)));
    assert_eq!(told.latency_planned.count, 0);
    assert!(told.latency_sent.count > 0 && told.latency_sent.count == told.counts.answered);
}

#[test]
fn a_sweep_has_its_steps() {
    let arguments =
        ["load", SCENARIO, "--sweep", "3", "--duration", "1s", "--limit", "p50<1h", "--format", "json"];
    let refused = flexmeter(project(), &arguments);
    assert_eq!(refused.status.code(), Some(2), "hours are no unit of a latency");
    let arguments =
        ["load", SCENARIO, "--sweep", "2", "--duration", "1s", "--users", "4", "--format", "json"];
    let sweep: SweepResult =
        serde_json::from_str(&stdout(&flexmeter(project(), &arguments))).expect("a sweep");
    assert_eq!(sweep.points.len(), 2);
    assert!(sweep.capacity_closed_loop.is_some_and(|rate| rate > 0.0));
}

#[test]
fn what_can_not_be_loaded_is_refused_with_the_way_out() {
    let cases: [(&[&str], &str); 7] = [
        (&["--warmup", "1s"], "--warmup takes all of the --duration"),
        (&["--rate", "0"], "must be a number above 0"),
        (&["--arrivals", "rush", "--users", "5"], "leave out --teams, --users and --skew"),
        (&["--arrivals", "rush", "--from", "2030-01-01"], "choose --from"),
        (&["--answers", "a.txt"], "--durable"),
        (&["--require", "p98<1ms"], "p99.9"),
        (&["--closed", "--rate", "5"], "cannot be used with"),
    ];
    for (more, expected) in cases {
        let output = load(more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
        assert!(said.contains(expected), "{more:?}: {said}");
    }
    let builds = flexmeter(project(), &["load", "--compare", "Cargo.toml", "README.md"]);
    assert_eq!(builds.status.code(), Some(2));
    let said = String::from_utf8_lossy(&builds.stderr).into_owned();
    assert!(said.contains("name its scenario file first"), "{said}");
}

#[test]
fn the_schema_is_printed() {
    for (more, title) in
        [(&["load", "--schema"][..], "load-result"), (&["load", "--schema", "--sweep"], "load-sweep")]
    {
        let printed = stdout(&flexmeter(project(), more));
        let schema: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        assert!(schema["$id"].as_str().is_some_and(|id| id.ends_with(title)), "{printed}");
    }
}

//! Runs left at an instant and gone on with: the same bytes as without a stop, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use flexmeter::meter::instant::{Instant, Span};
use flexmeter::results::checkpoint::{Checkpoint, CheckpointError, Past, Witness};
use flexmeter::results::files::Digests;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::{Zone, iso};
use flexmeter::scenario::continuation::Continuation;
use flexmeter::scenario::document::Document;
use flexmeter::scenario::moment;
use flexmeter::simulation::actors::{self, Company};
use flexmeter::simulation::recorder::Unrecorded;
use flexmeter::simulation::replay;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use toml_edit::Table;

use crate::support::{
    empty_tables, flexmeter, project, result_files, scenario, stderr, stdout, text_of, written,
};

/// How many instants of each scenario are tried.
const INSTANTS: usize = 50;

fn file(name: &str) -> String {
    text_of(&project().join("scenarios").join(name))
}

/// Three weeks of a game studio, in which somebody buys and somebody comes by.
fn studio() -> String {
    let text = file("a-game-studio-with-forgotten-weekends.toml");
    let text = text.replace("end   = 2026-11-30", "end   = 2026-05-25");
    let mut document = Document::read(&text).expect("a scenario");
    document.retain("step", |_| false);
    document.retain("expect", |_| false);
    let team = document.tables("team").next().and_then(|team| team.get("name")?.as_str()).expect("a team");
    let buy = |at: &str, id: &str| {
        let pack = format!("{{ id = \"{id}\", tokens = 40 }}");
        format!("\n[[step]]\nat = {at}\ndo = \"buy\"\nteam = \"{team}\"\npack = {pack}\n")
    };
    document.text() + &buy("2026-05-12T10:00:00Z", "extra-1") + &buy("2026-05-19T10:00:00Z", "extra-2")
}

fn scenarios() -> [(&'static str, String); 3] {
    let scripted = "boundaries/reopened-before-the-window-end-with-charge.toml";
    [
        ("a week", file("a-week-at-studio-north.toml")),
        ("a boundary", file(scripted)),
        ("simulated users", studio()),
    ]
}

/// Instants of a run: some just so, some exactly on something that is asked of the meter.
fn instants(scenario: &Scenario) -> Vec<Instant> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let asked: Vec<Instant> =
        scenario.timeline.iter().map(|(at, _)| *at).filter(|at| *at >= scenario.start).collect();
    let length = (scenario.end - scenario.start).seconds();
    let random = |number: usize| match number {
        0 => scenario.start,
        1 => scenario.end + Span::from_seconds(-1),
        number if number % 2 == 0 => *asked.choose(&mut rng).expect("something is asked"),
        _ => scenario.start + Span::from_seconds(rng.random_range(0..length)),
    };
    (0..INSTANTS).map(random).collect()
}

fn checkpoint(text: &str, at: Instant) -> Checkpoint {
    let scenario = scenario(text);
    let mut witness = Witness::new(Unrecorded, &scenario, at);
    replay::until(&scenario, at, (&mut witness, &())).expect("nothing ends the run");
    let written = Checkpoint::new(("some.toml", text), &scenario, (at, &witness.past)).text();
    Checkpoint::read(&written).expect("what was just written")
}

/// Carries a scenario out, and what was written down before an instant.
fn carried_out(scenario: &Arc<Scenario>, at: Instant) -> (Digests, Past) {
    let mut witness = Witness::new(empty_tables(scenario), scenario, at);
    let run = replay::run(scenario, &mut witness, &()).expect("nothing ends the run");
    (written(witness.recorder, &run).1, witness.past)
}

/// A scenario without the steps from an instant on, and those steps as a file of their own; so are expectations.
fn split(text: &str, at: Instant) -> (String, String) {
    let scenario = scenario(text);
    let of_request = scenario.timeline.iter().zip(&scenario.origins);
    let asked: BTreeMap<usize, Instant> =
        of_request.filter_map(|((at, _), step)| step.map(|step| (step, *at))).collect();
    let mut journeys = scenario.journeys.iter().map(|(_, at, _)| *at);
    let mut base = Document::read(text).expect("a scenario");
    let mut more = Document::read("").expect("an empty file");
    let happens = |(place, table): (usize, &Table)| match table["do"].as_str() {
        Some("travel") => journeys.next().expect("one for each"),
        // What else asks nothing is a purchase, and those have an offset here.
        _ => asked.get(&place).copied().unwrap_or_else(|| {
            moment::parse(table["at"].to_string().trim(), &Zone::utc()).expect("an instant")
        }),
    };
    let instants: Vec<Instant> = base.tables("step").enumerate().map(happens).collect();
    for (step, _) in base.clone().tables("step").zip(&instants).filter(|(_, when)| **when >= at) {
        more.push("step", step.clone());
    }
    for place in (0..instants.len()).rev().filter(|place| instants[*place] >= at) {
        base.remove("step", place);
    }
    base.clone().tables("expect").for_each(|expect| more.push("expect", expect.clone()));
    base.retain("expect", |_| false);
    (base.text(), more.text())
}

#[test]
fn a_run_that_goes_on_writes_the_same_bytes() {
    for (name, text) in scenarios() {
        let (_, straight) = result_files(&text);
        let whole = scenario(&text);
        for at in instants(&whole) {
            let (here, checkpoint) = (format!("{name} at {}", iso(at)), checkpoint(&text, at));
            let (resumed, past) = carried_out(&scenario(&checkpoint.scenario), at);
            assert_eq!(past.digest(), checkpoint.records_sha256, "{here}");
            assert_eq!(resumed, straight, "{here}");
            let nothing = Continuation::new(&text, "", at).scenario().expect("as before");
            assert_eq!(
                carried_out(&Arc::new(nothing), at),
                (straight.clone(), past),
                "{here}, forked with nothing"
            );
            let (base, more) = split(&text, at);
            let left = self::checkpoint(&base, at);
            let rejoined = Continuation::new(&base, &more, at).scenario();
            let rejoined = rejoined.unwrap_or_else(|problems| panic!("{here}: {problems:#?}"));
            let (sum, past) = carried_out(&Arc::new(rejoined), at);
            assert_eq!(past.digest(), left.records_sha256, "{here}");
            assert_eq!(sum, straight, "{here}, split and joined again");
        }
    }
}

#[test]
fn the_digest_does_not_depend_on_threads_or_stretches() {
    let scenario = scenario(&file("large.toml"));
    let at = scenario.start + Span::from_seconds(3 * 86_400 + 11 * 3600);
    let mut witness = Witness::new(Unrecorded, &scenario, at);
    replay::until(&scenario, at, (&mut witness, &())).expect("nothing ends the run");
    let expected = witness.past;
    assert!(expected.charges > 100, "people are at work");
    for threads in [1, 2, 8] {
        let company = Company { threads, observer: Arc::new(()), clock: || 0 };
        let carried =
            actors::run(&scenario, Witness::new(Unrecorded, &scenario, at), company).expect("it runs");
        assert_eq!(carried.recorder.past, expected, "{threads} threads");
    }
}

#[test]
fn what_is_no_checkpoint_is_refused_by_name() {
    let text = file("a-week-at-studio-north.toml");
    let whole =
        checkpoint(&text, moment::parse("2026-03-06T15:02", &Zone::utc()).expect("an instant")).text();
    let cases: [(String, &str); 11] = [
        (whole[..whole.len() / 2].to_owned(), "cut off"),
        (String::new(), "cut off"),
        ("start = 2026-01-01".to_owned(), "no checkpoint at all"),
        ("{}".to_owned(), "JSON of another kind"),
        (whole.replace("\"number\": 1", "\"number\": 2"), "its form is number 2"),
        (whole.replace("\"version\": \"0", "\"version\": \"7"), "flexmeter 7.1.0 wrote it"),
        (whole.replace("\"zone_data\": \"2", "\"zone_data\": \"1"), "zone data 1"),
        (whole.replace("\"seed\": 1,", ""), "missing field `seed`"),
        (whole.replace("Studio North", "Studio South"), "the scenario in it was edited"),
        (whole.replace("\"seed\": 1", "\"seed\": 2"), "its seal does not fit"),
        (whole.replace("15:02:00Z", "15:03:00Z"), "its seal does not fit"),
    ];
    for (edited, said) in cases {
        let error = Checkpoint::read(&edited).expect_err(said);
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
    assert_eq!(Checkpoint::read("[]"), Err(CheckpointError::Foreign));
}

/// A folder with a checkpoint of the week on Friday afternoon.
fn friday() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("week.toml"), file("a-week-at-studio-north.toml")).expect("written");
    let until = ["run", "week.toml", "--until", "2026-03-06T15:02:00Z", "--checkpoint", "friday.checkpoint"];
    let output = flexmeter(folder.path(), &until);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    for part in
        ["Everything before Fri 2026-03-06 15:02:00 UTC", "Open sessions: 2", "33 tokens in 5 charges"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!folder.path().join("results").exists(), "a checkpoint writes no results");
    folder
}

fn sum_of(folder: &Path, results: &str) -> serde_json::Value {
    let summary = fs::read(folder.join(results).join("summary.json")).expect("a summary");
    serde_json::from_slice(&summary).expect("JSON")
}

#[test]
fn the_commands_go_on_and_branch_off() {
    let folder = friday();
    let run = |arguments: &[&str]| {
        let output = flexmeter(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    };
    run(&["run", "week.toml", "--quiet"]);
    let straight = sum_of(folder.path(), "results/week-1");
    run(&["resume", "friday.checkpoint", "--quiet", "--out", "resumed", "--driver", "loop"]);
    assert_eq!(sum_of(folder.path(), "resumed"), straight);
    run(&["fork", "friday.checkpoint", "--quiet"]);
    assert_eq!(sum_of(folder.path(), "results/week-fork-1"), straight);
    let more = "[[step]]\nat = 2026-03-07T09:00:00Z\ndo = \"sign-in\"\n\
                user = \"mei@studio-north.example\"\nproduct = \"AutoCAD\"\n";
    fs::write(folder.path().join("more.toml"), more).expect("written");
    let fork = ["fork", "friday.checkpoint", "--steps", "more.toml", "--save", "both.toml"];
    run(&[&fork[..], &["--quiet", "--threads", "2"]].concat());
    let forked = sum_of(folder.path(), "results/week-fork-1");
    assert_ne!(forked["sha256"], straight["sha256"]);
    run(&["run", "both.toml", "--quiet"]);
    assert_eq!(sum_of(folder.path(), "results/both-1"), forked, "what is saved runs as it stands");
}

#[test]
fn the_seed_of_the_checkpoint_is_that_of_the_fork() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("studio.toml"), studio()).expect("written");
    let run = |arguments: &[&str]| {
        let output = flexmeter(folder.path(), &[arguments, &["--quiet"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    };
    run(&["run", "studio.toml", "--seed", "9", "--out", "straight"]);
    run(&["run", "studio.toml", "--seed", "9", "--until", "2026-05-15", "--checkpoint", "c"]);
    run(&["fork", "c", "--save", "nine.toml", "--out", "forked"]);
    run(&["run", "nine.toml", "--out", "saved"]);
    let straight = sum_of(folder.path(), "straight");
    assert_eq!(straight["seed"], 9);
    assert_eq!(sum_of(folder.path(), "forked"), straight);
    assert_eq!(sum_of(folder.path(), "saved"), straight);
}

#[test]
fn what_can_not_be_gone_on_with_exits_with_2() {
    let folder = friday();
    let step =
        |at: &str, what: &str| format!("[[step]]\nat = {at}\nuser = \"mei@studio-north.example\"\n{what}\n");
    let sign_in = "do = \"sign-in\"\nproduct = \"AutoCAD\"";
    let files: [(&str, String); 7] = [
        ("past.toml", step("2026-03-06T15:01:59Z", sign_in)),
        ("unknown.toml", step("2026-03-07T09:00:00Z", sign_in).replace("mei@", "mai@")),
        ("title.toml", "title = \"more\"".to_owned()),
        ("inline.toml", "step = []".to_owned()),
        ("broken.toml", "[[step]".to_owned()),
        ("invite.toml", step("2026-03-07T09:00:00Z", "do = \"invite\"")),
        (
            "twice.toml",
            "[[step]]\nat = 2026-03-07T09:00:00Z\ndo = \"buy\"\nteam = \"Studio North\"\n\
             pack = { id = \"new\", tokens = 5 }\n"
                .to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let cut = &fs::read_to_string(folder.path().join("friday.checkpoint")).expect("a checkpoint")[..400];
    fs::write(folder.path().join("cut.checkpoint"), cut).expect("written");
    let until = |at: &'static str| ["run", "week.toml", "--checkpoint", "c", "--until", at];
    let steps = |file: &'static str| ["fork", "friday.checkpoint", "--steps", file, "--save", "s"];
    let cases: [(&[&str], &str); 16] = [
        (&steps("past.toml"), "past.toml:2:6"),
        (&steps("unknown.toml"), "unknown.toml:3:8"),
        (&steps("title.toml"), "title.toml:1:1"),
        (&steps("inline.toml"), "inline.toml:1:1"),
        (&steps("broken.toml"), "broken.toml:1"),
        (&steps("invite.toml"), "these steps change what happened before 2026-03-06T15:02:00Z"),
        (&steps("twice.toml"), "week.toml"),
        (&steps("none.toml"), "can't read none.toml"),
        (&["resume", "cut.checkpoint"], "cut.checkpoint: it is cut off"),
        (&["resume", "week.toml"], "week.toml: it is cut off, or no checkpoint at all"),
        (&["resume", "none.checkpoint"], "can't read none.checkpoint"),
        (&["fork", "friday.checkpoint", "--save", "friday.checkpoint"], "choose another"),
        (
            &until("2026-03-10T00:00:00Z"),
            "must lie from 2026-03-02T00:00:00Z on and before 2026-03-10T00:00:00Z",
        ),
        (&until("Friday"), "`Friday` is not an instant"),
        (&["run", "week.toml", "--until", "2026-03-06"], "--checkpoint <FILE>"),
        (&["run", "week.toml", "--checkpoint", "week.toml", "--until", "2026-03-06"], "choose another"),
    ];
    for (arguments, said) in cases {
        let output = flexmeter(folder.path(), arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
        for name in ["results/week-fork-1", "s", "c"] {
            assert!(!folder.path().join(name).exists(), "{arguments:?} leaves {name}");
        }
    }
}

//! The least that still shows something: what is left of files, that no step of it can go, and what the command says.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use flexmeter::audit::expected::expect_all;
use flexmeter::audit::inquiry::Whose;
use flexmeter::audit::journal::Journal;
use flexmeter::audit::shrinking::chosen::Chosen;
use flexmeter::audit::shrinking::{Shrunk, shrink};
use flexmeter::audit::transcript::{Script, transcript};
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::from_iso;
use flexmeter::scenario::document::Document;
use flexmeter::simulation::run::Run;
use flexmeter::simulation::verdict::Verdict;

use crate::history::History;
use crate::support::{flexmeter, project, scenario, scenario_files, stderr, stdout, text_of};

const WEEK: &str = "a-week-at-studio-north.toml";

/// A file without simulated users.
fn written_down(text: &str) -> Script {
    let document = Document::read(text).expect("a scenario");
    transcript(&document, &scenario(text), None)
}

fn file(name: &str) -> String {
    fs::read_to_string(project().join("scenarios").join(name)).expect("a scenario")
}

/// What is chosen: `user, product, instant`, `failing` or `key=value`.
fn chosen(candidate: &Script, choice: &str) -> Option<Chosen> {
    if choice == "failing" {
        let run = Run::replay(&candidate.scenario);
        let verdicts = Verdict::all(&candidate.scenario, &run);
        return verdicts.into_iter().find(|verdict| !verdict.passed()).map(Chosen::Failure);
    }
    if let Some((key, value)) = choice.split_once('=') {
        return Chosen::under(vec![(key.to_owned(), value.to_owned())], candidate);
    }
    let parts: Vec<&str> = choice.split(", ").collect();
    let directory = &candidate.scenario.directory;
    let user = directory.user_number(parts[0]).expect("a user");
    let product = directory.product_number(parts[1]).expect("a product");
    let journal = Journal::of(&candidate.scenario);
    Chosen::at(&journal, Whose { user, product }, from_iso(parts[2]).expect("an instant"))
}

fn shrunk(first: Script, chosen: &Chosen) -> Shrunk {
    let shrunk = shrink::<()>(first, 5_000, &mut |candidate| Ok(chosen.is_shown(candidate)));
    let shrunk = shrunk.expect("it can be answered").expect("it is there");
    assert!(shrunk.is_smallest, "within the runs");
    shrunk
}

fn steps(document: &Document) -> usize {
    document.tables("step").count()
}

/// No step can go, what is left shows what was chosen, and everything it expects is so but what fails.
fn is_least(shrunk: &Shrunk, chosen: &Chosen, name: &str) {
    for place in 0..steps(&shrunk.smallest.document) {
        let mut less = shrunk.smallest.document.clone();
        less.remove("step", place);
        let shows = less
            .mended()
            .is_ok_and(|scenario| chosen.is_shown(&Script { document: less, scenario: Arc::new(scenario) }));
        assert!(!shows, "{name}: step {place} can go of\n{}", shrunk.smallest.document.text());
    }
    let text = shrunk.with_expectations().text();
    let full = scenario(&text);
    assert!(
        chosen.is_shown(&Script { document: shrunk.with_expectations(), scenario: full.clone() }),
        "{name}"
    );
    let failed = Verdict::all(&full, &Run::replay(&full)).into_iter().filter(|verdict| !verdict.passed());
    assert_eq!(failed.count(), usize::from(matches!(chosen, Chosen::Failure(_))), "{name}:\n{text}");
}

#[test]
fn the_least_is_left() {
    let wrong = file(WEEK).replace("available = 9\n", "available = 8\n");
    let reason = file(WEEK).replace("tokens = 7, kind = \"resume\"", "tokens = 7, kind = \"renewal\"");
    let idle = file("boundaries/idle-resume-reanchors-the-window.toml");
    let grace = file("boundaries/when-does-the-grace-period-end.toml");
    let teams = file("boundaries/three-teams-earliest-expiry.toml");
    let school = file("an-architecture-studio-for-a-year.toml");
    let cases = [
        (file(WEEK), "jonas@studio-north.example, Revit, 2026-03-09T15:00:00Z", 1),
        (file(WEEK), "sam@studio-north.example, AutoCAD, 2026-03-09T07:30:00Z", 2),
        (file(WEEK), "priscilla@studio-north.example, AutoCAD, 2026-03-03T08:00:00Z", 1),
        (wrong, "failing", 4),
        (reason, "failing", 2),
        (idle, "idle_resume=grid", 3),
        (grace, "grace=10m", 2),
        // No tokens differ, only who pays them.
        (teams, "team_choice=first-listed", 1),
        (school, "part-timer-4, AutoCAD, 2026-08-11T07:15:33Z", 1),
    ];
    for (text, choice, left) in cases {
        let first = written_down(&text);
        let chosen = chosen(&first, choice).unwrap_or_else(|| panic!("{choice} is there"));
        let shrunk = shrunk(first, &chosen);
        assert_eq!(steps(&shrunk.smallest.document), left, "{choice}:\n{}", shrunk.smallest.document.text());
        is_least(&shrunk, &chosen, choice);
    }
}

#[test]
fn of_random_histories_the_least_is_left() {
    let policies = ["idle_resume=grid", "grace=17m", "renewal_when_short=run-on", "second_device=take-over"];
    let mut tried = 0;
    for seed in 0..12 {
        let first = written_down(&History::long(seed).to_toml());
        for policy in policies {
            if let Some(chosen) = chosen(&first, policy) {
                let shrunk = shrunk(first.clone(), &chosen);
                is_least(&shrunk, &chosen, &format!("{seed}, {policy}"));
                assert!(steps(&shrunk.smallest.document) <= 12, "{seed}, {policy}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 10, "policies matter: {tried}");
}

/// A long history in which a policy changes something.
fn history_with(policy: &str) -> (Script, Chosen) {
    let histories = (0..20).map(|seed| written_down(&History::long(seed).to_toml()));
    let mut found = histories.filter_map(|first| Some((first.clone(), chosen(&first, policy)?)));
    found.next().unwrap_or_else(|| panic!("{policy} matters"))
}

#[test]
fn the_same_is_left_each_time() {
    let again = || {
        let (first, chosen) = history_with("grace=17m");
        let shrunk = shrunk(first, &chosen);
        (shrunk.with_expectations().text(), shrunk.runs)
    };
    assert_eq!(again(), again());
}

#[test]
fn a_search_ends_when_its_runs_are_used_up() {
    let (first, chosen) = history_with("grace=17m");
    let shrunk = shrink::<()>(first, 5, &mut |candidate| Ok(chosen.is_shown(candidate)));
    let shrunk = shrunk.expect("it can be answered").expect("it is there");
    assert_eq!((shrunk.runs, shrunk.is_smallest), (5, false));
    assert!(chosen.is_shown(&shrunk.smallest));
}

#[test]
fn comments_stay_with_what_stays() {
    let first = written_down(&file(WEEK));
    let chosen = chosen(&first, "sam@studio-north.example, AutoCAD, 2026-03-09T07:30:00Z").expect("a charge");
    let text = shrunk(first, &chosen).smallest.document.text();
    assert!(text.contains("# Sam leaves AutoCAD 2027, which goes idle"), "{text}");
    assert!(!text.contains("ends on Thursday"), "the pack is gone, and so is what is said of it:\n{text}");
}

/// What is expected of a run is so, for every table there is something to expect of.
#[test]
fn expectations_that_are_filled_in_are_met() {
    let histories = (0..60).map(|seed| (format!("history {seed}"), History::long(seed).to_toml()));
    let files = scenario_files().into_iter().map(|path| (path.display().to_string(), text_of(&path)));
    let scripted = files.filter(|(_, text)| scenario(text).simulated.is_empty());
    for (name, text) in scripted.chain(histories) {
        let mut document = Document::read(&text).expect("a scenario");
        document.retain("expect", |_| false);
        let bare = Arc::new(document.scenario().unwrap_or_else(|problems| panic!("{name}: {problems:#?}")));
        expect_all(&mut document, &Journal::of(&bare));
        let full: Arc<Scenario> = scenario(&document.text());
        let run = Run::replay(&full);
        let failed: Vec<Verdict> =
            Verdict::all(&full, &run).into_iter().filter(|verdict| !verdict.passed()).collect();
        assert!(failed.is_empty() && !full.expects.is_empty(), "{name}: {failed:#?}");
    }
}

fn week(folder: &Path) {
    fs::write(folder.join("week.toml"), file(WEEK)).expect("written");
    let wrong = file(WEEK).replace("available = 9\n", "available = 8\n");
    fs::write(folder.join("wrong.toml"), wrong).expect("written");
    fs::write(folder.join("bad.toml"), "start = 1").expect("written");
    fs::create_dir(folder.join("folder")).expect("a folder");
}

#[test]
fn exit_codes_and_what_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    week(folder.path());
    let sam = "--user sam@studio-north.example --product AutoCAD";
    let ours = env!("CARGO_BIN_EXE_flexmeter");
    let cases = [
        (format!("week.toml {sam} --at 2026-03-09T07:30:00Z"), 0, "week.toml: 2 of 19 steps left"),
        (format!("week.toml {sam} --at 2026-03-09T07:30:00Z"), 2, "--overwrite replaces it"),
        (format!("week.toml {sam} --at 2026-03-09T08:30:00 --overwrite"), 0, "7 tokens charged to sam@"),
        (format!("week.toml {sam} --at 2026-03-09T08:30:00Z --overwrite"), 1, "Nothing to shrink: sam@"),
        (format!("week.toml {sam} --at monday --out a"), 2, "write a date and time, such as"),
        (
            "week.toml --user sam --product AutoCAD --at 2026-03-09T07:30:00Z --out a".to_owned(),
            2,
            "no user `sam`",
        ),
        ("week.toml --failing --out a".to_owned(), 1, "every expectation is met"),
        ("wrong.toml --failing".to_owned(), 0, "not as expected"),
        ("wrong.toml --failing 209 --overwrite".to_owned(), 0, "wrong-small.toml"),
        ("wrong.toml --failing 210 --out a".to_owned(), 2, "begins at line 210"),
        ("wrong.toml --failing 203 --out a".to_owned(), 1, "what line 203 expects is met"),
        ("week.toml --policy team_choice=first-listed --out a".to_owned(), 1, "no row differs"),
        (
            "week.toml --policy idle_resume=grid --out -".to_owned(),
            0,
            "but other rows under idle_resume=grid",
        ),
        ("week.toml --policy grace=x --out a".to_owned(), 2, "grace"),
        (
            "week.toml --policy idle_resume=grid --out week.toml --overwrite".to_owned(),
            2,
            "is the file to shrink",
        ),
        ("week.toml --policy idle_resume=grid --out folder".to_owned(), 2, "is a folder"),
        ("week.toml --policy idle_resume=grid --out - --format json".to_owned(), 2, "prints the scenario"),
        (format!("week.toml --against {ours} --out a"), 1, "writes the same tables"),
        ("week.toml --against ./nothing --out a".to_owned(), 2, "can't run ./nothing"),
        ("week.toml --against false --out b".to_owned(), 0, "it breaks down"),
        ("week.toml --failing --policy grace=6m".to_owned(), 2, "cannot be used with"),
        ("week.toml --user ana --failing".to_owned(), 2, "--at"),
        ("week.toml".to_owned(), 2, "required"),
        ("bad.toml --failing".to_owned(), 2, "bad.toml:1:9"),
        ("missing.toml --failing".to_owned(), 2, "can't read missing.toml"),
    ];
    for (arguments, code, part) in cases {
        let arguments: Vec<&str> = ["shrink"].into_iter().chain(arguments.split(' ')).collect();
        let output = flexmeter(folder.path(), &arguments);
        let text = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    for (name, code) in [("week-small.toml", 0), ("wrong-small.toml", 1)] {
        let checked = flexmeter(folder.path(), &["check", name]);
        assert_eq!(checked.status.code(), Some(code), "{}", stdout(&checked));
        let run = flexmeter(folder.path(), &["run", name, "--quiet"]);
        assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    }
    assert_eq!(fs::read_to_string(folder.path().join("week.toml")).expect("there"), file(WEEK), "left alone");
}

#[test]
fn json_counts_tables_and_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    week(folder.path());
    let shrink = |arguments: &[&str]| {
        let arguments: Vec<&str> =
            ["shrink", "week.toml", "--format", "json"].iter().chain(arguments).copied().collect();
        let output = flexmeter(folder.path(), &arguments);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        value
    };
    let value = shrink(&["--policy", "idle_resume=grid"]);
    assert_eq!((&value["before"]["step"], &value["before"]["user"]), (&19.into(), &4.into()));
    assert_eq!((&value["found"], &value["smallest"]), (&true.into(), &true.into()));
    assert_eq!(value["out"], "week-small.toml");
    assert!(value["after"]["step"].as_u64() < Some(5) && value["runs"].as_u64() > Some(10), "{value}");
    let value = shrink(&["--failing", "--out", "a"]);
    assert_eq!((&value["found"], &value["why"]), (&false.into(), &"every expectation is met".into()));
}

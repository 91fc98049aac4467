//! Shares of a run or a forecast, put together: the same bytes for any number of them.

mod command;
mod killed;

use std::io::Cursor;
use std::sync::Arc;

use flexmeter::forecast::future::{Asked, Future};
use flexmeter::forecast::months::Months;
use flexmeter::forecast::sampling::{Effort, futures, futures_of_shard, together};
use flexmeter::meter::instant::Span;
use flexmeter::report::summary::Summary;
use flexmeter::report::terminal::{self, Outcome};
use flexmeter::results::files::{Digests, ROWS};
use flexmeter::scenario::Scenario;
use flexmeter::simulation::portable::Portable;
use flexmeter::simulation::recorder::{Detail, Recorder};
use flexmeter::simulation::replay;
use flexmeter::simulation::run::Run;
use flexmeter::simulation::shard::Shard;
use flexmeter::simulation::verdict::Verdict;

use crate::support::{empty_tables, project, scenario, scenario_files, text_of, written};

/// The scenario that is there to be large, cut down to so many teams and a few weeks.
fn smaller(teams: u32) -> String {
    let text = text_of(&project().join("scenarios/large.toml"));
    let changed = text
        .replace("copies = 1000", &format!("copies = {teams}"))
        .replace("end = 2027-01-05T00:00:00Z", "end = 2026-02-09T00:00:00Z")
        .replace("count = 60", "count = 6")
        .replace("count = 30", "count = 3")
        .replace("count = 10", "count = 2");
    assert_ne!(changed, text);
    changed
}

fn shards(of: u32) -> impl Iterator<Item = Shard> {
    format!("1/{of}").parse::<Shard>().expect("a share").all()
}

/// What a share holds: its rows by the names of their files, and the rest.
type Held = (Vec<(&'static str, Vec<u8>)>, Vec<u8>);

fn carried_out(scenario: &Arc<Scenario>, shard: Shard) -> Held {
    let mut tables = empty_tables(scenario);
    let run = replay::run_shard((scenario, shard), &mut tables, &()).expect("nothing ends the run");
    let rows = ROWS.map(|name| {
        let mut rows = Vec::new();
        tables.table(name).write_rows(&mut rows).expect("memory takes it");
        (name, rows)
    });
    (rows.into(), run.to_bytes())
}

/// A share is the same bytes whoever carried it out: threads take groups of teams in any order.
#[test]
fn a_share_does_not_depend_on_the_order_of_its_groups() {
    let scenario = scenario(&(smaller(5) + EXPECTATIONS));
    let run = |groups: &mut dyn Iterator<Item = Shard>| {
        let mut run = Run::default();
        for shard in groups {
            run.add(
                replay::run_shard((&scenario, shard), &mut empty_tables(&scenario), &()).expect("it ends"),
            );
        }
        run
    };
    let mut groups: Vec<Shard> = shards(5).collect();
    let whole = run(&mut groups.clone().into_iter());
    assert!(whole.packs.len() > 5 && whole.asked.sessions.len() > 5, "{:?}", whole.asked);
    groups.reverse();
    let reversed = run(&mut groups.into_iter());
    assert_ne!(whole.to_bytes(), reversed.to_bytes());
    assert!(whole.in_order().to_bytes() == reversed.in_order().to_bytes());
}

/// What has rows of users of two teams kept.
const EXPECTATIONS: &str = r#"
[[expect]]
user = "drafter-1-2"
product = "Revit"
sessions = []
[[expect]]
user = "drafter-3-2"
product = "AutoCAD"
sessions = []
"#;

fn put_together(scenario: &Arc<Scenario>, shares: Vec<Held>) -> (Run, Digests) {
    let (mut tables, mut run) = (empty_tables(scenario), Run::default());
    for (rows, rest) in shares {
        for (name, rows) in rows {
            tables.table(name).take_in(Box::new(Cursor::new(rows))).expect("memory takes it");
        }
        run.add(Run::from_bytes(&rest).expect("it was written here"));
    }
    let digests = written(tables, &run).1;
    (run, digests)
}

/// Everything that is shown of a run: its digests, its summary, what a person is told.
fn shown(scenario: &Arc<Scenario>, (run, digests): (&Run, Digests)) -> String {
    let verdicts = Verdict::all(scenario, run);
    let told = terminal::run(&Outcome { scenario, run, verdicts: &verdicts }, None);
    Summary::new(scenario, &run.tally, (Detail::Full, digests)).json() + &told
}

fn check_run(text: &str, counts: &[u32]) {
    let scenario = scenario(text);
    let mut tables = empty_tables(&scenario);
    let run = replay::run(&scenario, &mut tables, &()).expect("nothing ends the run");
    assert_eq!(tables.wants(), Detail::Full);
    let digests = written(tables, &run).1;
    let whole = shown(&scenario, (&run, digests));
    for of in counts {
        // In whatever order they come.
        let mut shares: Vec<Held> = shards(*of).map(|shard| carried_out(&scenario, shard)).collect();
        shares.reverse();
        let two = 2 % shares.len();
        shares.rotate_right(two);
        let (run, digests) = put_together(&scenario, shares);
        assert_eq!(shown(&scenario, (&run, digests)), whole, "{of} shares of {}", scenario.title);
    }
}

#[test]
fn shares_of_every_scenario_become_the_same_run() {
    let files = scenario_files();
    let large = |path: &&std::path::PathBuf| !path.ends_with("scenarios/large.toml");
    assert!(files.len() > 100);
    files.iter().filter(large).for_each(|path| check_run(&text_of(path), &[1, 3]));
}

#[test]
fn any_number_of_shares_becomes_the_same_run() {
    check_run(&smaller(13), &[1, 2, 5, 13, 40]);
}

/// More shares than are merged at a time.
#[test]
fn very_many_shares_become_the_same_run() {
    check_run(&smaller(3), &[600]);
}

fn debug(futures: &[Future]) -> Vec<String> {
    futures.iter().map(|future| format!("{future:?}")).collect()
}

#[test]
fn shares_of_a_forecast_are_the_replications_of_one() {
    let studio = scenario(&text_of(&project().join("scenarios/an-architecture-studio-for-a-year.toml")));
    let asked = Asked { team: None, cured_within: Span::from_seconds(3600), months: Months::of_run(&studio) };
    // The last looks at 100, finds its answer tight enough there, and leaves the rest of what the shares have.
    for (runs, tolerance, rests_on) in
        [(1, None, 1), (7, None, 7), (10, Some(0.0001), 10), (120, Some(0.5), 100)]
    {
        let effort = Effort { runs, tolerance };
        let whole = futures(&studio, (&asked, effort), &()).expect("nothing ends it");
        assert_eq!(whole.len(), rests_on);
        for of in [1, 3, 8] {
            let share = |shard| {
                let futures =
                    futures_of_shard((&studio, shard), (&asked, runs), &()).expect("nothing ends it");
                Vec::<Future>::from_bytes(&futures.to_bytes()).expect("it was written here")
            };
            let merged = together(shards(of).map(share).collect(), effort);
            assert_eq!(debug(&merged), debug(&whole), "{of} shares of {runs} runs");
        }
    }
}

//! A load killed at a hundred random moments: the same folder goes on through all of them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use flexmeter::load::clock::Clock;
use flexmeter::load::durable::repeat;
use flexmeter::load::population::{Population, Size};
use flexmeter::load::service::{MeterService, Service};
use flexmeter::load::store::contents;
use flexmeter::scenario::Scenario;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::support::project;

const SCENARIO: &str = "scenarios/a-week-at-studio-north.toml";
const KILLS: usize = 100;

/// Answers come as the lines of decisions; a kill comes after so many of them, drawn by chance, and where the process
/// then is nobody knows.
#[test]
fn every_answer_outlives_a_hundred_kills() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = SmallRng::seed_from_u64(0x9e37);
    let mut answered = Vec::new();
    for _ in 0..KILLS {
        let before = random.random_range(0..400);
        answered.extend(killed_after(before, folder.path()));
    }
    let (kept, meters) = rebuilt(folder.path());
    assert!(answered.len() > KILLS, "{}", answered.len());
    for line in &answered {
        assert_eq!(kept.get(line), Some(&1), "answered, and there once: {line}");
    }
    for mut meter in meters {
        let audit = meter.close();
        assert!(audit.violations.is_empty() && audit.packs > 0, "{audit:?}");
    }
}

/// The answers of a load that is killed after so many of them.
fn killed_after(answers: usize, folder: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.args([
        "load",
        SCENARIO,
        "--rate",
        "2000",
        "--duration",
        "60s",
        "--no-baselines",
        "--answers",
        "-",
        "--durable",
    ]);
    command.arg(folder).current_dir(project()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("the command");
    let mut pipe = BufReader::new(process.stdout.take().expect("a pipe"));
    let mut seen = Vec::new();
    for _ in 0..answers {
        seen.push(line(&mut pipe).expect("more answers than that"));
    }
    process.kill().expect("it runs");
    seen.extend(std::iter::from_fn(|| line(&mut pipe)));
    process.wait().expect("it has ended");
    seen
}

/// The next line; `None` where it was cut off.
fn line(pipe: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    pipe.read_line(&mut line).expect("text");
    line.strip_suffix('\n').map(str::to_owned)
}

/// How often each decision is in the store, and the meters on which they were made again.
fn rebuilt(folder: &Path) -> (BTreeMap<String, usize>, Vec<MeterService>) {
    let text = std::fs::read_to_string(project().join(SCENARIO)).expect("a scenario file");
    let scenario = Arc::new(Scenario::read(&text).expect("a scenario"));
    let people = Population::of(&scenario, Size::default(), &()).expect("nobody stops it").expect("people");
    let clock = Clock::new(people.start, 1.0);
    let meter = |team: &flexmeter::load::population::LoadTeam| MeterService::new(team.meter(), clock.clone());
    let mut meters: Vec<_> = people.teams.iter().map(meter).collect();
    let mut kept = BTreeMap::new();
    let read = contents(folder, &mut |decision| {
        *kept.entry(decision.line()).or_default() += 1;
        repeat(&mut meters[decision.team as usize], decision)
    });
    read.expect("a store in which every answer is given again");
    (kept, meters)
}

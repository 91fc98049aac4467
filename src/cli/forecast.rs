//! `flexmeter forecast`: how many tokens, when they run out, what is refused and lost, and how sure that is.

pub(super) mod question;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::execution::Telling;
use crate::cli::failure::Failure;
use crate::cli::forecast::question::{FUTURES, Prepared, Question};
use crate::cli::futures::{Futures, TrueRefusals};
use crate::cli::progress::Progress;
use crate::cli::shares::SharesFolder;
use crate::cli::shares::place::Place;
use crate::cli::sharing::Sharing;
use crate::cli::{amount, interrupt, scenario_file};
use crate::forecast::sampling::{futures, futures_of_shard};
use crate::meter::id::TeamId;
use crate::report::forecast as report;
use crate::results::files::SCENARIO;
use crate::results::share::{Task, digest};
use crate::scenario::Scenario;
use crate::simulation::portable::Portable;
use crate::simulation::shard::Shard;

/// Runs at most, where the answer is to be tight and nobody says how many.
const RUNS_MAX: u64 = 10_000;

/// How tight the answer is where nobody says anything.
const TOLERANCE: f64 = 0.02;

const EXAMPLES: &str = "\
Examples:
  flexmeter forecast firm.toml
  flexmeter forecast firm.toml --runs 1000 --team \"Studio North\"
  flexmeter forecast firm.toml --tolerance 0.5% --page forecast.html
  flexmeter forecast firm.toml --demand --format csv > tokens.csv
  flexmeter forecast firm.toml --format json | jq .run_out
  flexmeter forecast firm.toml --runs 10000 --shard 3/8    for `flexmeter merge`

Without --runs there are as many runs as it takes to tell P5, P50 and P95 of all tokens to ±2 % (--tolerance), at most 10,000. \
Run k has the seed of the file plus k: `flexmeter run firm.toml --seed S` shows any of them in full. A file without packs \
is asked what people would use. Table and page are rounded nowhere; CSV has every month and product with all bounds.";

/// What `forecast` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    file: PathBuf,
    /// So many runs, or with --tolerance at most so many
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: Option<u64>,
    /// How tightly P5, P50 and P95 of all tokens are to be told: 2%, 0.5%
    #[arg(long, value_name = "SHARE", value_parser = amount::share)]
    tolerance: Option<f64>,
    /// Only what this team pays
    #[arg(long)]
    team: Option<String>,
    /// What people would use if tokens never ran out
    #[arg(long)]
    demand: bool,
    #[command(flatten)]
    refusals: TrueRefusals,
    #[command(flatten)]
    futures: Futures,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    sharing: Sharing,
}

/// Forecasts a scenario.
pub(super) fn forecast(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let Arguments { file, futures: manner, answer, .. } = arguments;
    answer.check(file)?;
    let (text, mut scenario) = scenario_file::read_with_text(file)?;
    manner.first(&mut scenario);
    let of_merge = "give it to `flexmeter merge`";
    let not_of_one =
        [("--page", answer.has_page(), of_merge), ("--format csv", answer.format().is_none(), of_merge)];
    if let Some(wanted) = arguments.sharing.wanted(("forecast", file, scenario.seed), &not_of_one)? {
        return share(arguments, (&text, scenario), wanted);
    }
    let prepared = arguments.question().prepare(scenario)?;
    let outlook = guarded((file, prepared.scenario.seed), "forecast", || {
        let Prepared { scenario, asked, effort, .. } = &prepared;
        let progress = Progress::of_runs(scenario, effort.runs, manner.quiet);
        let futures = futures(scenario, (asked, *effort), &progress);
        Ok(prepared.outlook(&futures.map_err(|stopped| Failure::stopped(&stopped, file))?))
    })?;
    answer.show(&report::sheet(&outlook), |out| report::json(&outlook, out))?;
    Ok(ExitCode::SUCCESS)
}

/// Carries out one share of the replications.
fn share(
    arguments: &Arguments,
    (text, scenario): (&str, Scenario),
    (shard, shares): (Shard, SharesFolder),
) -> Result<ExitCode, Failure> {
    let Arguments { file, futures: manner, answer, .. } = arguments;
    if arguments.runs.is_none() {
        let text = "--shard needs --runs: no share knows how tight the answer of all of them is; say how many \
                    runs there are at most (--tolerance is looked at when they are put together)";
        return Err(Failure::input(text));
    }
    let question = arguments.question();
    let task = Task {
        command: "forecast",
        scenario: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        scenario_sha256: digest(text),
        seed: scenario.seed,
        asked: question.to_map(),
    };
    let Prepared { scenario, asked, effort, .. } = question.prepare(scenario)?;
    let runs = shard.replications(0..effort.runs).count() as u64;
    let progress = Arc::new(Progress::of_runs(&scenario, runs, manner.quiet));
    let placed = guarded((file, scenario.seed), "forecast", || {
        Place::of(&task, (shard, shares)).fill(&progress, |writing| {
            let futures = futures_of_shard((&scenario, shard), (&asked, effort.runs), &*progress);
            let futures = futures.map_err(|stopped| Failure::stopped(&stopped, file))?;
            writing.file(SCENARIO, |out| out.write_all(text.as_bytes()))?;
            writing.file(FUTURES, |out| out.write_all(&futures.to_bytes()))
        })
    })?;
    let format = answer.format().expect("another one was refused");
    placed.tell(&Telling { quiet: manner.quiet, format })
}

impl Arguments {
    fn question(&self) -> Question {
        let tolerance = self.tolerance.or(self.runs.is_none().then_some(TOLERANCE));
        Question {
            runs: self.runs.unwrap_or(RUNS_MAX),
            tolerance: tolerance.map(|tolerance| tolerance.to_string()),
            team: self.team.clone(),
            demand: self.demand,
            cured_within_seconds: self.refusals.cured_within.seconds(),
        }
    }
}

/// The team of that name.
pub(super) fn team(scenario: &Scenario, name: Option<&str>) -> Result<Option<TeamId>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let teams = &scenario.directory.teams;
    let found = (0..).map(TeamId).zip(teams.iter()).find(|(_, team)| *team == name);
    let Some((team, _)) = found else {
        let known: Vec<&str> = teams.iter().take(10).collect();
        return Err(Failure::input(format!("no team is called `{name}`; teams are {}", known.join(", "))));
    };
    Ok(Some(team))
}

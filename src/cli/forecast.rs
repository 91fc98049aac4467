//! `flexmeter forecast`: how many tokens, when they run out, what is refused and lost, and how sure that is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::futures::{Futures, TrueRefusals};
use crate::cli::progress::Progress;
use crate::cli::{amount, interrupt, scenario_file};
use crate::forecast::future::Asked;
use crate::forecast::months::Months;
use crate::forecast::outlook::{Manner, Outlook};
use crate::forecast::sampling::{Effort, futures};
use crate::forecast::supply;
use crate::meter::id::TeamId;
use crate::meter::request::Request;
use crate::report::forecast as report;
use crate::scenario::Scenario;

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
}

/// Forecasts a scenario.
pub(super) fn forecast(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    arguments.answer.check(&arguments.file)?;
    let mut scenario = scenario_file::read(&arguments.file)?;
    arguments.futures.first(&mut scenario);
    let team = team(&scenario, arguments.team.as_deref())?;
    let has_packs = scenario.timeline.iter().any(|(_, request)| matches!(request, Request::Buy(_)));
    let unlimited = arguments.demand || !has_packs;
    if unlimited {
        scenario = supply::unlimited(&scenario);
    }
    let asked =
        Asked { team, cured_within: arguments.refusals.cured_within, months: Months::of_run(&scenario) };
    let effort = match (arguments.runs, arguments.tolerance) {
        (Some(runs), tolerance) => Effort { runs, tolerance },
        (None, tolerance) => Effort { runs: RUNS_MAX, tolerance: tolerance.or(Some(TOLERANCE)) },
    };
    let outlook = guarded((&arguments.file, scenario.seed), "forecast", || {
        let progress = Progress::of_runs(&scenario, effort.runs, arguments.futures.quiet);
        let futures = futures(&scenario, (&asked, effort), &progress);
        let futures = futures.map_err(|stopped| Failure::stopped(&stopped, &arguments.file))?;
        let manner = Manner { tolerance: effort.tolerance, unlimited };
        Ok(Outlook::of(&scenario, (&asked, manner), &futures))
    })?;
    arguments.answer.show(&report::sheet(&outlook), |out| report::json(&outlook, out))?;
    Ok(ExitCode::SUCCESS)
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

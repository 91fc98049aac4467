//! `flexmeter plan`: which packs to buy and when, what that costs, and how sure it is to be enough.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::futures::{Futures, TrueRefusals};
use crate::cli::progress::Progress;
use crate::cli::{amount, forecast, interrupt, scenario_file, shown};
use crate::forecast::plan::rhythm::Rhythm;
use crate::forecast::plan::{Asked, Impossible, REPLAYS, plan as make};
use crate::meter::id::TeamId;
use crate::report::plan as report;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::moment;

const EXAMPLES: &str = "\
Examples:
  flexmeter plan firm.toml
  flexmeter plan firm.toml --risk 2% --buy quarterly
  flexmeter plan firm.toml --team \"Studio North\" --page plan.html
  flexmeter plan firm.toml --buy 2026-01-05,2026-07-01 --format csv > purchases.csv
  flexmeter plan firm.toml --format json | jq .next_purchase

Packs bought before the start stay; the file's later purchases are left out of the plan, and compared with it. Prices are \
those of the file's [[price]] tables, else the published list price. The plan is the cheapest whose chance of a refusal for want of \
tokens is at most the risk: made with one set of futures, tried on a second, judged on a third. Run k has the seed of the \
file plus k.";

/// What `plan` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    file: PathBuf,
    /// The chance of a refusal that is borne: 5%, 0.02
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = amount::share)]
    risk: f64,
    /// When packs can be bought: start, monthly, quarterly, or dates (UTC) with commas
    #[arg(long, value_name = "WHEN", default_value = "monthly", value_parser = rhythm)]
    buy: Rhythm,
    /// Whose packs; needed where there are several teams
    #[arg(long)]
    team: Option<String>,
    /// Futures to plan with; as many to try the plan, and as many to judge it
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(20..=100_000))]
    runs: u64,
    #[command(flatten)]
    refusals: TrueRefusals,
    #[command(flatten)]
    futures: Futures,
    #[command(flatten)]
    answer: Answer,
}

/// Plans for a team of a scenario.
pub(super) fn plan(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    arguments.answer.check(&arguments.file)?;
    let mut scenario = scenario_file::read(&arguments.file)?;
    arguments.futures.first(&mut scenario);
    let asked = Asked {
        team: team(&scenario, arguments)?,
        rhythm: arguments.buy.clone(),
        risk: arguments.risk,
        runs: arguments.runs,
        cured_within: arguments.refusals.cured_within,
    };
    let plan = guarded((&arguments.file, scenario.seed), "plan", || {
        let progress = Progress::of_runs(&scenario, arguments.runs * REPLAYS, arguments.futures.quiet);
        let plan = make(&scenario, &asked, &progress);
        plan.map_err(|stopped| Failure::stopped(&stopped, &arguments.file))
    })?;
    let plan = plan.map_err(|impossible| refused(&impossible, arguments))?;
    interrupt::check()?;
    arguments.answer.show(&report::sheet(&plan), |out| report::json(&plan, out))?;
    Ok(ExitCode::SUCCESS)
}

/// The team that is meant.
fn team(scenario: &Scenario, arguments: &Arguments) -> Result<TeamId, Failure> {
    if let Some(team) = forecast::team(scenario, arguments.team.as_deref())? {
        return Ok(team);
    }
    let teams = &scenario.directory.teams;
    let known: Vec<&str> = teams.iter().take(10).collect();
    match scenario.setup.teams.len() {
        0 => Err(Failure::input(format!("{} has no team to plan for", shown(&arguments.file)))),
        1 => Ok(TeamId(0)),
        _ => Err(Failure::input(format!("a plan is for one team; choose --team of {}", known.join(", ")))),
    }
}

/// What `--buy` says.
fn rhythm(text: &str) -> Result<Rhythm, String> {
    match text {
        "start" => Ok(Rhythm::Start),
        "monthly" => Ok(Rhythm::Monthly),
        "quarterly" => Ok(Rhythm::Quarterly),
        dates => {
            let dates = dates.split(',').map(|date| moment::parse(date.trim(), &Zone::utc()));
            let dates = dates.collect::<Result<_, _>>();
            dates.map(Rhythm::On).map_err(|error| format!("{error}; or start, monthly, quarterly"))
        }
    }
}

/// Why there is no plan, and the way out.
fn refused(impossible: &Impossible, arguments: &Arguments) -> Failure {
    let file = shown(&arguments.file);
    Failure::input(match impossible {
        Impossible::NoDates => format!("no date of --buy lies within the run of {file}"),
        Impossible::TooLate { first, share } => format!(
            "no plan can meet a risk of {}: in {:.1} % of futures tokens are short before the first purchase, on {}; \
             buy earlier (--buy), or bear more risk (--risk)",
            report::percent(arguments.risk),
            share * 100.0,
            iso(*first)
        ),
        Impossible::PacksEnd => format!(
            "no plan can meet a risk of {}: packs end before the tokens in them are needed; buy more often (--buy)",
            report::percent(arguments.risk)
        ),
        Impossible::Entangled(others) => format!(
            "this team shares users, contracts or packs with {others}: which of them pays depends on what is bought, \
             so that one can't be planned for by itself; plan with a file in which they are apart"
        ),
    })
}

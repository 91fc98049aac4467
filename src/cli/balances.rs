//! `flexmeter balances`: what each team has left, and who used it lately.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::past_run::{PastRun, scenario_in};
use crate::cli::progress::Progress;
use crate::cli::{interrupt, print, scenario_file, terminal_width};
use crate::meter::instant::Instant;
use crate::report::balances as report;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::moment;
use crate::usage::balances::DaysShown;
use crate::usage::balances::stock::Stock;

const EXAMPLES: &str = "\
Examples:
  flexmeter balances results/firm-1
  flexmeter balances results/firm-1 --team \"Studio North\"
  flexmeter balances results/firm-1 --at 2026-06-01T12:00
  flexmeter balances results/firm-1 --from 2026-01-01 --to 2026-03-31
  flexmeter balances results/firm-1 --format csv > balances.csv

Green: more than 20 % of what was bought is left; red: 20 % or less. Token events and use are those of the last 90 days, in the \
scenario's report_zone; a use belongs to the day on which its window began. The alert counts what expires within \
90 times 24 hours, the last instant included.

Without --at it is the run's end. With it the scenario beside the results is run again up to that instant and \
on it, so that holds which wait are taken off.";

/// What `balances` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of a run's results
    run: PathBuf,
    /// After all that falls on this instant (UTC unless an offset is given) [default: the run's end]
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Only this team; contracts, which teams share, are left out
    #[arg(long)]
    team: Option<String>,
    /// The first day of the use of cloud credits [default: the last 90 days]
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<NaiveDate>,
    /// Its last day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    #[command(flatten)]
    names: Names,
    /// How the balances are printed
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// How balances are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A section per team and contract for a person
    Table,
    /// The same as data
    Json,
    /// A row per team, without events, shares and contracts
    Csv,
}

/// Prints the balances of a run.
pub(super) fn balances(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let run = PastRun::open(&arguments.run)?;
    let credit_days = credit_days(arguments)?;
    let stock = match &arguments.at {
        Some(at) => replayed(&run, (at, credit_days))?,
        None => run.stock(credit_days)?,
    };
    let mut balances = run.shown(stock, &arguments.names)?;
    if let Some(team) = &arguments.team {
        run.check_team(Some(team))?;
        balances.teams.retain(|of| of.team == *team);
        balances.contracts.clear();
    }
    print(&match arguments.format {
        Form::Table => report::text(&balances, terminal_width()),
        Form::Json => report::json(&balances),
        Form::Csv => report::csv(&balances),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn credit_days(arguments: &Arguments) -> Result<Option<DaysShown>, Failure> {
    let Some((from, to)) = arguments.from.zip(arguments.to) else { return Ok(None) };
    if from > to {
        return Err(Failure::input(format!("--to {to} comes before --from {from}")));
    }
    Ok(Some(DaysShown { from, to }))
}

/// The stock at an instant of the run.
fn replayed(run: &PastRun, (at, credit_days): (&str, Option<DaysShown>)) -> Result<Stock, Failure> {
    let at = instant_of(run, at)?;
    let file = scenario_in(&run.path, "--at")?;
    let scenario = Arc::new(scenario_file::read(&file)?);
    guarded((&file, scenario.seed), "balances", || {
        let progress = Progress::of(&scenario, false);
        let stock = Stock::replayed(&scenario, (at, credit_days), &progress);
        let stock = stock.map_err(|stopped| Failure::stopped(&stopped, &file))?;
        progress.finish();
        Ok(stock)
    })
}

fn instant_of(run: &PastRun, text: &str) -> Result<Instant, Failure> {
    let at = moment::parse(text, &Zone::utc()).map_err(|error| Failure::input(format!("--at: {error}")))?;
    let (start, end) = (run.summary.start, run.summary.end);
    if at < start || at > end {
        let (at, start, end) = (iso(at), iso(start), iso(end));
        return Err(Failure::input(format!("--at {at} is outside the run, which is from {start} to {end}")));
    }
    Ok(at)
}

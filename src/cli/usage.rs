//! `flexmeter usage`: who used what in a range, as the usage pages show it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::past_run::PastRun;
use crate::cli::{interrupt, print, print_with, terminal_width};
use crate::report::usage as report;
use crate::report::usage::By;
use crate::usage::range::Asked;

const EXAMPLES: &str = "\
Examples:
  flexmeter usage results/firm-1
  flexmeter usage results/firm-1 --by user --range 30d --team \"Studio North\"
  flexmeter usage results/firm-1 --by version --range 2026-01-01..2026-06-30
  flexmeter usage results/firm-1 --by user --format csv > users.csv
  flexmeter usage results/firm-1 --format json | jq .overview

run is every day of the run, 30d the last 30 days before the run's end; 3m, 6m, 9m and 12m are completed calendar months. A use belongs to \
the day on which its window began, in the scenario's report_zone. A monthly figure is the total divided by the \
months of the range, over or not. JSON holds every figure, whatever --by says: days used in each week among them.";

/// What `usage` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of a run's results
    run: PathBuf,
    /// By what it is listed
    #[arg(long, value_enum, default_value_t = ByArgument::Product)]
    by: ByArgument,
    /// run, 30d, 3m, 6m, 9m, 12m, or the first and the last day: 2026-01-01..2026-03-31
    #[arg(long, default_value = "run")]
    range: Asked,
    /// Only what this team paid
    #[arg(long)]
    team: Option<String>,
    /// Also when sign-ins came, by weekday and hour; reads a long table
    #[arg(long)]
    hours: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    #[command(flatten)]
    names: Names,
}

/// By what usage is listed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByArgument {
    /// Users, tokens, tokens a month, versions of each product
    Product,
    /// Products, tokens and days used of each user
    User,
    /// Users and days used of each version
    Version,
}

impl From<ByArgument> for By {
    fn from(argument: ByArgument) -> Self {
        match argument {
            ByArgument::Product => By::Product,
            ByArgument::User => By::User,
            ByArgument::Version => By::Version,
        }
    }
}

/// How usage is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for a person
    Table,
    /// Every figure as data
    Json,
    /// A row for each product, user or version
    Csv,
}

/// Prints the usage of a run.
pub(super) fn usage(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let run = PastRun::open(&arguments.run)?;
    let team = arguments.team.as_deref();
    run.check_team(team)?;
    let mut books = run.books(&arguments.names)?;
    if arguments.hours {
        books.sign_ins = Some(run.sign_ins()?);
    }
    let usage = books.usage(arguments.range, team).map_err(|error| run.damaged(&error))?;
    let by = arguments.by.into();
    match arguments.format {
        Form::Table => print(&report::text(&usage, by, terminal_width()))?,
        Form::Json => print_with(|out| report::json(&usage, out))?,
        Form::Csv => print(&report::csv(&usage, by))?,
    }
    Ok(ExitCode::SUCCESS)
}

//! `flexmeter reconcile`: a usage export against what the rules say of a scenario's sessions.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;

use crate::audit::KnownUse;
use crate::audit::reconciliation::{Days, Reconciliation};
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::progress::Progress;
use crate::cli::results_folder::write_file;
use crate::cli::usage_export::DatesArgument;
use crate::cli::{
    Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width, usage_export,
};
use crate::report::reconciliation::Compared;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;

const EXAMPLES: &str = "\
Examples:
  flexmeter reconcile token-usage.csv firm.toml
  flexmeter reconcile usage.xlsx firm.toml --csv findings.csv
  flexmeter reconcile march.json firm.toml --from 2026-03-01 --to 2026-03-31
  cat token-usage.csv | flexmeter reconcile - firm.toml --dates mdy

The export is token usage by day or the older usage report, as CSV, Excel (.xlsx) or JSON; columns are found by \
their names, in any order. Where names are hidden, it is compared per day, product and team; pseudonyms that \
`flexmeter export` wrote are known again with --hide-names and the same key.

Exit codes: 0 all agrees, 1 something differs, 2 a file can't be read.";

/// What `reconcile` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The usage export; - reads CSV or JSON from standard input
    export: PathBuf,
    /// The scenario file with the known sessions
    file: PathBuf,
    /// How the export writes dates such as 3/2/2026
    #[arg(long, value_enum, value_name = "ORDER")]
    dates: Option<DatesArgument>,
    /// The first day to compare [default: the run's]
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day to compare [default: the run's]
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Also write every finding, those that agree among them, as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    names: Names,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Reads both files, carries the scenario out and compares.
pub(super) fn reconcile(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    check_csv(arguments)?;
    let export = usage_export::read(&arguments.export, (arguments.dates, "nothing was compared"))?;
    let mut scenario = scenario_file::read(&arguments.file)?;
    arguments.names.hide(&mut scenario)?;
    let scenario = Arc::new(scenario);
    let days = days(arguments, &scenario)?;
    let reconciliation = guarded((&arguments.file, scenario.seed), "reconcile", || {
        let progress = Progress::of(&scenario, arguments.quiet);
        let known = KnownUse::of(&scenario, &progress);
        let known = known.map_err(|stopped| Failure::stopped(&stopped, &arguments.file))?;
        let compared = Reconciliation::of(&scenario, &known, (&export, days));
        compared.map_err(|why| Failure::input(format!("{}: {}", shown(&arguments.export), why.text())))
    })?;
    let file = shown(&arguments.export);
    let compared =
        Compared { scenario: &scenario, file: &file, export: &export, reconciliation: &reconciliation };
    if let Some(path) = &arguments.csv {
        write_file(path, &compared.csv())?;
    }
    match arguments.format {
        _ if arguments.quiet => {}
        Format::Json => print(&compared.json())?,
        Format::Table => print(&compared.text(terminal_width()))?,
    }
    Ok(if reconciliation.agrees() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The findings are not written over what they are found in.
fn check_csv(arguments: &Arguments) -> Result<(), Failure> {
    let Some(csv) = &arguments.csv else { return Ok(()) };
    if [&arguments.export, &arguments.file].iter().any(|path| is_same_file(path, csv)) {
        let text = format!("--csv {} is one of the files to compare; choose another", shown(csv));
        return Err(Failure::input(text));
    }
    Ok(())
}

/// The days to compare; what is asked for has to lie in the run.
fn days(arguments: &Arguments, scenario: &Scenario) -> Result<Days, Failure> {
    let whole = Days::of(scenario);
    let first = arguments.from.map_or(whole.first, Day::from).max(whole.first);
    let last = arguments.to.map_or(whole.last, Day::from).min(whole.last);
    if first > last {
        let (first, last) = (whole.first.date(), whole.last.date());
        let text = format!("--from and --to leave no day of the run, which is from {first} to {last}");
        return Err(Failure::input(text));
    }
    Ok(Days { first, last })
}

//! `flexmeter reconcile`: a usage export against what the rules say of a scenario's sessions.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::audit::KnownUse;
use crate::audit::reconciliation::{Days, Reconciliation};
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::progress::Progress;
use crate::cli::results_folder::write_file;
use crate::cli::{Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width};
use crate::report::reconciliation::{Compared, flaws};
use crate::results::export_file;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::usage_export::date::DateOrder;
use crate::scenario::usage_export::{Flaw, UsageExport};
use crate::simulation::panicked::caught;

/// The largest export that is read: more than a million rows.
const BYTES_MAX: u64 = 256 << 20;

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

/// What comes first in a date.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatesArgument {
    /// The month
    Mdy,
    /// The day
    Dmy,
}

impl From<DatesArgument> for DateOrder {
    fn from(argument: DatesArgument) -> Self {
        match argument {
            DatesArgument::Mdy => DateOrder::MonthFirst,
            DatesArgument::Dmy => DateOrder::DayFirst,
        }
    }
}

/// Reads both files, carries the scenario out and compares.
pub(super) fn reconcile(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    check_csv(arguments)?;
    let export = read_export(arguments)?;
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

fn read_export(arguments: &Arguments) -> Result<UsageExport, Failure> {
    let path = &arguments.export;
    let bytes = bytes(path)?;
    let read = || {
        let sheets = export_file::sheets(&bytes)?;
        UsageExport::read(&sheets, arguments.dates.map(DateOrder::from))
    };
    let read: Result<UsageExport, Vec<Flaw>> = caught(read)
        .map_err(|text| Failure::defect(path, format!("flexmeter panicked at the task \"read\": {text}")))?;
    read.map_err(|found| Failure::Scenario(flaws(&shown(path), &found)))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: &std::io::Error| Failure::input(format!("can't read {}: {error}", shown(path)));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else if path.is_dir() {
        return Err(Failure::input(format!("{} is a folder; name one usage export", shown(path))));
    } else {
        File::open(path).map_err(|error| unreadable(&error))?.take(BYTES_MAX + 1).read_to_end(&mut bytes)
    };
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        return Err(Failure::input(format!(
            "{} is too large; an export has at most {most} MiB",
            shown(path)
        )));
    }
    Ok(bytes)
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

//! `flexmeter export`: a run in the vendor's own columns, as CSV, Excel or JSON.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::past_run::PastRun;
use crate::cli::results_folder::{not_among_results, write_file_with};
use crate::cli::{interrupt, print, shown};
use crate::report::export::{delimited, json, workbook};
use crate::report::terminal::counted;
use crate::usage::balances::DaysShown;
use crate::usage::export::{Columns, Export, People, Report, Unexported};

const EXAMPLES: &str = "\
Examples:
  flexmeter export results/firm-1 --out usage.csv
  flexmeter export results/firm-1 --from 2026-01-01 --to 2026-03-31 --out q1.csv
  flexmeter export results/firm-1 --format xlsx --out firm.xlsx \\
      --report subscriptions,users,usage --hide-names
  flexmeter export results/firm-1 --columns usage-report --out totals.csv
  flexmeter reconcile usage.csv results/firm-1/scenario.toml

The columns are those of Autodesk's own files. Usage of 2026 has a row per day, user, product and team, with 0 tokens for openings \
that were free; --columns usage-report has the 19 columns before: a row per user, product, version and team. \
Subscriptions are the packs, users those who were charged for a product, and with --detail full those admitted to it. Email is the user's name; first and last \
name, feature, role, group, contract, reseller and the dates of assignment are blank, because a run does not know them. \
With --hide-names Email holds the pseudonym and both names *****.

CSV of several reports goes to a folder, a file for each. A file that is there is replaced.";

/// What `export` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of a run's results
    run: PathBuf,
    /// The format of the files
    #[arg(long, value_enum, default_value_t = FileFormat::Csv)]
    format: FileFormat,
    /// Which reports, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "usage")]
    report: Vec<ReportArgument>,
    /// Which generation of the columns
    #[arg(long, value_enum, default_value_t = ColumnsArgument::Of2026)]
    columns: ColumnsArgument,
    /// The first day of usage, in the report's zone [default: the run's]
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day of usage [default: the run's]
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// The file to write, or a folder for files called after their reports
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    #[command(flatten)]
    names: Names,
}

/// The format of an export.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// A file for each report
    Csv,
    /// One workbook with a sheet for each
    Xlsx,
    /// One document
    Json,
}

/// A report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum ReportArgument {
    /// A row per pack
    Subscriptions,
    /// A row per user, product and team
    Users,
    /// What was used
    Usage,
}

/// A generation of columns.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColumnsArgument {
    /// Token usage by day
    #[value(name = "2026")]
    Of2026,
    /// The usage report before, in total
    UsageReport,
}

/// Writes the reports of a run.
pub(super) fn export(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let run = PastRun::open(&arguments.run)?;
    let tables = run.tables();
    let people = match arguments.names.of_results(&run)? {
        Some(pseudonyms) => People::Hide(pseudonyms),
        None if run.summary.names_hidden => People::Hidden,
        None => People::Shown,
    };
    let columns = match arguments.columns {
        ColumnsArgument::Of2026 => Columns::Of2026,
        ColumnsArgument::UsageReport => Columns::UsageReport,
    };
    let days = days(arguments, &run)?;
    let ledger = run.ledger(&str::to_owned)?;
    let export = Export { summary: &run.summary, tables: &tables, ledger: &ledger, people, days, columns };
    let written = Written { arguments, run: &run, export: &export }.write(&reports(arguments))?;
    print(&written)?;
    Ok(ExitCode::SUCCESS)
}

/// The reports asked for, each once, in the vendor's order.
fn reports(arguments: &Arguments) -> Vec<Report> {
    let mut asked = arguments.report.clone();
    asked.sort_unstable();
    asked.dedup();
    let report = |argument| match argument {
        ReportArgument::Subscriptions => Report::Subscriptions,
        ReportArgument::Users => Report::Users,
        ReportArgument::Usage => Report::Usage,
    };
    asked.into_iter().map(report).collect()
}

fn days(arguments: &Arguments, run: &PastRun) -> Result<DaysShown, Failure> {
    let zone = run.summary.zone();
    let [first, last] = [run.summary.start, run.summary.last()].map(|at| zone.local(at).date());
    let days = DaysShown { from: arguments.from.unwrap_or(first), to: arguments.to.unwrap_or(last) };
    if days.from > days.to {
        let text =
            format!("--to {} comes before --from {}; the run is from {first} to {last}", days.to, days.from);
        return Err(Failure::input(text));
    }
    Ok(days)
}

/// An export on its way into files.
struct Written<'w> {
    arguments: &'w Arguments,
    run: &'w PastRun,
    export: &'w Export<'w>,
}

impl Written<'_> {
    /// Writes every file; returns what is told of them.
    fn write(&self, reports: &[Report]) -> Result<String, Failure> {
        let Arguments { format, out, .. } = self.arguments;
        let mut told = String::new();
        let mut tell = |report: Report, rows: u64, path: &Path| {
            told += &format!("{}: {} in {}\n", report.title(), counted(rows, "row"), shown(path));
        };
        match format {
            FileFormat::Csv => {
                for report in reports {
                    let path = self.place(&format!("{}.csv", report.name()), reports)?;
                    let rows = self.file(&path, |out| delimited::write(self.export, *report, out))?;
                    tell(*report, rows, &path);
                }
            }
            FileFormat::Json | FileFormat::Xlsx => {
                let ending = if *format == FileFormat::Json { "json" } else { "xlsx" };
                let path = if out.is_dir() {
                    self.place(&format!("export.{ending}"), reports)?
                } else {
                    out.clone()
                };
                let counts = self.file(&path, |out| match format {
                    FileFormat::Json => json::write(self.export, reports, out),
                    _ => workbook::write(self.export, reports, out),
                })?;
                reports.iter().zip(counts).for_each(|(report, rows)| tell(*report, rows, &path));
            }
        }
        Ok(told)
    }

    /// Where a file belongs: in the folder that is named or made for several, else it is what is named.
    fn place(&self, name: &str, reports: &[Report]) -> Result<PathBuf, Failure> {
        let out = &self.arguments.out;
        if reports.len() == 1 && !out.is_dir() {
            return Ok(out.clone());
        }
        std::fs::create_dir_all(out)
            .map_err(|error| Failure::input(format!("can't make the folder {}: {error}", shown(out))))?;
        Ok(out.join(name))
    }

    fn file<T>(
        &self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> Result<T, Unexported>,
    ) -> Result<T, Failure> {
        let run = &self.run.path;
        not_among_results(path)?;
        write_file_with(path, |out| {
            write(out).map_err(|why| match why {
                Unexported::Untold(untold) => Failure::input(format!("{}: {untold}", shown(run))),
                Unexported::Unwritten(_) if interrupt::pressed() => Failure::Interrupted,
                Unexported::Unwritten(error) => {
                    Failure::input(format!("can't write {}: {error}", shown(path)))
                }
            })
        })
    }
}

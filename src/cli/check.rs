//! `flexmeter check`: scenarios against what they expect.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::results_folder::write_file;
use crate::cli::{Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width};
use crate::report::junit::junit;
use crate::report::{json, terminal};
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay;
use crate::simulation::verdict::{Checked, Verdict};

const EXAMPLES: &str = "\
Examples:
  flexmeter check week.toml
  flexmeter check scenarios/ --junit check.xml

Exit codes: 0 all as expected, 1 something differs, 2 a file can't be read.";

/// What `check` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Scenario files, or folders whose .toml files are all checked
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Also write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How the verdicts are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    names: Names,
}

/// Runs each file and compares.
pub(super) fn check(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let mut files = Vec::new();
    for path in &arguments.files {
        files.extend(scenario_file::find(path)?);
    }
    files.sort();
    files.dedup();
    if let Some(junit) =
        arguments.junit.as_ref().filter(|junit| files.iter().any(|file| is_same_file(junit, file)))
    {
        let text = format!("--junit {} is one of the files to check; choose another", shown(junit));
        return Err(Failure::input(text));
    }
    let checked: Vec<Checked> =
        files.iter().map(|file| check_file(file, &arguments.names)).collect::<Result<_, _>>()?;
    if let Some(path) = &arguments.junit {
        write_file(path, &junit(&checked))?;
    }
    match arguments.format {
        Format::Json => print(&json::check(&checked))?,
        Format::Table => print(&terminal::check(&checked, terminal_width()))?,
    }
    for file in &checked {
        if let Err(problem) = &file.verdicts {
            // Nothing is left to be told when standard error itself is closed.
            let _ = write!(anstream::stderr(), "{problem}");
        }
    }
    let verdicts = || checked.iter().flat_map(|file| file.verdicts.iter().flatten());
    Ok(if checked.iter().any(|file| file.verdicts.is_err()) {
        ExitCode::from(2)
    } else if verdicts().any(|verdict| !verdict.passed()) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// A file that can't be read is told among the others; a defect ends the command.
fn check_file(path: &Path, names: &Names) -> Result<Checked, Failure> {
    let verdicts = scenario_file::read(path).and_then(|mut scenario| {
        names.hide(&mut scenario)?;
        let scenario = Arc::new(scenario);
        guarded((path, scenario.seed), "check", || {
            let run = replay::run(&scenario, &mut Unrecorded, &());
            let run = run.map_err(|stopped| Failure::stopped(&stopped, path))?;
            Ok(Verdict::all(&scenario, &run))
        })
    });
    match verdicts {
        Err(failure @ Failure::Defect(_)) => Err(failure),
        verdicts => {
            Ok(Checked { file: shown(path), verdicts: verdicts.map_err(|failure| failure.to_string()) })
        }
    }
}

//! `flexmeter run`: a scenario from file to results.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::results_folder::ResultsFolder;
use crate::cli::{Format, interrupt, print, scenario_file, shown, terminal_width};
use crate::report::files::{ResultFile, SUMMARY, digest, tables};
use crate::report::summary::Summary;
use crate::report::terminal::Outcome;
use crate::report::{json, terminal};
use crate::simulation::run::Run;
use crate::simulation::tally::Tally;
use crate::simulation::verdict::Verdict;

const EXAMPLES: &str = "\
Examples:
  flexmeter run scenarios/worked-examples/monday-eight-and-tuesday-eight.toml
  flexmeter run week.toml --out /tmp/week --quiet
  flexmeter run week.toml --format json | jq .charges

The folder gets charges.csv, sign_ins.csv, sessions.csv, packs.csv, token_events.csv and summary.json;
it appears whole or not at all. An earlier run's results are replaced; a folder that holds anything
else is refused.";

/// What `run` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scenario file
    file: PathBuf,
    /// The folder to write results to [default: results/<file stem>-<seed>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The seed of simulated users, in place of the file's
    #[arg(long)]
    seed: Option<u64>,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Runs a scenario, writes its results and prints what came of it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut scenario = scenario_file::read(&arguments.file)?;
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy();
    let default_out = || PathBuf::from("results").join(format!("{stem}-{}", scenario.seed));
    let out = arguments.out.clone().unwrap_or_else(default_out);
    let folder = ResultsFolder::claim(&out)?;
    let run = Run::replay(&scenario);
    let tables = tables(&scenario, &run);
    let tally = Tally::of(&run);
    let summary = Summary::new(&scenario, &tally, digest(&tables));
    let summary_file = ResultFile { name: SUMMARY, text: summary.json() };
    let files: Vec<ResultFile> = tables.iter().cloned().chain([summary_file]).collect();
    // Up to here Ctrl-C may end the process at once: nothing is written yet.
    interrupt::watch();
    folder.write(&files)?;
    if !arguments.quiet {
        match arguments.format {
            Format::Json => print(&json::run(&summary, &tables))?,
            Format::Table => {
                let verdicts = Verdict::all(&scenario, &run);
                let outcome = Outcome { scenario: &scenario, run: &run, tally: &tally, verdicts: &verdicts };
                let text = terminal::run(&outcome, terminal_width());
                let place = shown(&out);
                print(&format!("{text}\nResults: {place} ({} files)\n", files.len()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

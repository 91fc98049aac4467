//! `flexmeter run`: a scenario from file to results.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::progress::{Progress, nanoseconds};
use crate::cli::results_folder::{Aside, ResultsFolder};
use crate::cli::{Format, interrupt, print, print_with, scenario_file, shown, terminal_width};
use crate::report::summary::Summary;
use crate::report::terminal::Outcome;
use crate::report::{json, latency, terminal};
use crate::results::files::{LATENCY, SUMMARY, Tables, tables_of};
use crate::scenario::Scenario;
use crate::simulation::actors::{self, Company};
use crate::simulation::recorder::{Detail, Recorder};
use crate::simulation::replay;
use crate::simulation::run::Run;
use crate::simulation::verdict::Verdict;

const EXAMPLES: &str = "\
Examples:
  flexmeter run scenarios/worked-examples/monday-eight-and-tuesday-eight.toml
  flexmeter run week.toml --out /tmp/week --quiet
  flexmeter run week.toml --format json | jq .charges
  flexmeter run firm.toml --detail summary --threads 2

The folder gets charges.csv, sign_ins.csv, sessions.csv, packs.csv, token_events.csv, notices.csv and \
summary.json, with contracts credits.csv, with licence servers transition.csv: the same bytes for the same file and seed. The actors also write how long decisions on \
sign-ins took, latency.hgrm and latency.json.

It appears whole or not at all. An earlier run's results are replaced; a folder that holds anything \
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
    /// Who carries the scenario out; the results are the same
    #[arg(long, value_enum, default_value_t = Driver::Actors)]
    driver: Driver,
    /// Threads of the actors [default: one per core]; the results are the same for any number
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<u16>>,
    /// How much is written
    #[arg(long, value_enum, default_value_t = DetailArgument::Full)]
    detail: DetailArgument,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Who carries a scenario out.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// An actor per simulated user and per group of teams; measures the latency of decisions.
    Actors,
    /// A plain loop over the same core, on one thread.
    Loop,
}

/// How much is written beside packs.csv and summary.json.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DetailArgument {
    /// Nothing more
    Summary,
    /// The tables of charges and of token events
    Charges,
    /// Those, and the tables of sign-ins and of sessions
    Full,
}

impl From<DetailArgument> for Detail {
    fn from(argument: DetailArgument) -> Self {
        match argument {
            DetailArgument::Summary => Detail::Summary,
            DetailArgument::Charges => Detail::Charges,
            DetailArgument::Full => Detail::Full,
        }
    }
}

/// Runs a scenario, writes its results and prints what came of it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let mut scenario = scenario_file::read(&arguments.file)?;
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    let scenario = Arc::new(scenario);
    let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy();
    let default_out = || PathBuf::from("results").join(format!("{stem}-{}", scenario.seed));
    let out = arguments.out.clone().unwrap_or_else(default_out);
    let folder = ResultsFolder::claim(&out)?;
    let aside = folder.begin()?;
    let (carried, summary) = guarded((&arguments.file, scenario.seed), "run", || {
        let progress = Arc::new(Progress::of(&scenario, arguments.quiet));
        let tables = aside.tables(&scenario, arguments.detail.into());
        let (carried, tables) = carry_out(arguments, &scenario, (tables, &progress))?;
        let summary = write(&scenario, &carried, (tables, &aside))?;
        Ok((carried, summary))
    })?;
    let files = aside.put_in_place()?;
    match arguments.format {
        _ if arguments.quiet => {}
        Format::Json => {
            let tables: Vec<_> = tables_of(&scenario, arguments.detail.into()).collect();
            print_with(|out| json::run(&summary, folder.read(&tables)?, out))?;
        }
        Format::Table => {
            let verdicts = Verdict::all(&scenario, &carried.run);
            let outcome = Outcome { scenario: &scenario, run: &carried.run, verdicts: &verdicts };
            let text = terminal::run(&outcome, terminal_width());
            print(&format!("{text}\nResults: {} ({files} files)\n", shown(&out)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes every file of the results aside.
fn write(
    scenario: &Scenario,
    carried: &Carried,
    (tables, aside): (Tables, &Aside<'_>),
) -> Result<Summary, Failure> {
    let detail = tables.wants();
    let digests = tables.write(&carried.run.packs, |name| aside.create(name));
    let digests = digests.map_err(|error| aside.failed(&error))?;
    let summary = Summary::new(scenario, &carried.run.tally, (detail, digests));
    aside.write(SUMMARY, &summary.json())?;
    if let Some(latency) = &carried.latency {
        let [hgrm, json] = LATENCY;
        aside.write(hgrm, &latency::hgrm(latency))?;
        aside.write(json, &latency::json(latency))?;
    }
    Ok(summary)
}

/// What came of a run, and how long its decisions took where that was measured.
struct Carried {
    run: Run,
    latency: Option<Histogram<u64>>,
}

fn carry_out(
    arguments: &Arguments,
    scenario: &Arc<Scenario>,
    (mut tables, progress): (Tables, &Arc<Progress>),
) -> Result<(Carried, Tables), Failure> {
    let carried = match arguments.driver {
        Driver::Loop => replay::run(scenario, &mut tables, &**progress)
            .map(|run| (Carried { run, latency: None }, tables)),
        Driver::Actors => {
            let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
            let threads = arguments.threads.map_or_else(cores, |threads| threads.get().into());
            let company = Company { threads, observer: progress.clone(), clock: nanoseconds };
            actors::run(scenario, tables, company)
                .map(|done| (Carried { run: done.run, latency: Some(done.latency) }, done.recorder))
        }
    };
    carried.map_err(|stopped| Failure::stopped(&stopped, &arguments.file))
}

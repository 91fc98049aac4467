//! `Execution`: a scenario carried out and its results written, whatever command has come by the scenario.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::progress::{Progress, nanoseconds};
use crate::cli::results_folder::{Aside, ResultsFolder};
use crate::cli::{Format, print, print_with, shown, terminal_width};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::report::summary::Summary;
use crate::report::terminal::Outcome;
use crate::report::{json, latency, terminal};
use crate::results::checkpoint::Witness;
use crate::results::files::{Digests, LATENCY, SCENARIO, SUMMARY, Tables, tables_of};
use crate::results::ledger::{ACCOUNTS, LedgerWriter, USAGE};
use crate::scenario::Scenario;
use crate::scenario::continuation::with_seed;
use crate::simulation::actors::{self, Company};
use crate::simulation::recorder::{Detail, Recorder};
use crate::simulation::replay;
use crate::simulation::run::Run;
use crate::simulation::verdict::Verdict;

/// How a scenario is carried out, and what becomes of its results.
#[derive(Args)]
pub(super) struct Manner {
    /// The folder to write results to [default: results/<file stem>-<seed>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Who carries the scenario out; the results are the same
    #[arg(long, value_enum, default_value_t = Driver::Actors)]
    driver: Driver,
    /// Threads of the actors [default: one per core]; the results are the same for any number
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<u16>>,
    /// How much is written
    #[arg(long, value_enum, default_value_t = DetailArgument::Full)]
    detail: DetailArgument,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// How a command tells what came of it.
#[derive(Args)]
pub(super) struct Telling {
    /// Print nothing but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
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

/// A scenario about to be carried out.
pub(super) struct Execution<'a> {
    /// The scenario.
    pub(super) scenario: Arc<Scenario>,
    /// Its text, which is put beside the results.
    pub(super) text: &'a str,
    /// The file that messages name.
    pub(super) file: &'a Path,
    /// What the results are called by default.
    pub(super) name: String,
    /// What is known of its past.
    pub(super) past: Option<KnownPast<'a>>,
}

/// What was written down before an instant when the scenario was carried out so far.
pub(super) struct KnownPast<'a> {
    pub(super) until: Instant,
    /// The digest over it.
    pub(super) digest: &'a str,
    /// What to say where it comes out otherwise.
    pub(super) differs: &'a dyn Fn() -> Failure,
}

impl Execution<'_> {
    /// Carries it out, writes its results and prints what came of it.
    pub(super) fn carry_out(&self, manner: &Manner) -> Result<ExitCode, Failure> {
        let Execution { scenario, file, name, .. } = self;
        let default_out = || PathBuf::from("results").join(format!("{name}-{}", scenario.seed));
        let out = manner.out.clone().unwrap_or_else(default_out);
        let folder = ResultsFolder::claim(&out)?;
        let aside = folder.begin()?;
        let detail: Detail = manner.detail.into();
        let (carried, summary) = guarded((file, scenario.seed), "run", || {
            let progress = Arc::new(Progress::of(scenario, manner.telling.quiet));
            let tables = aside.tables(scenario, detail);
            let (carried, tables) = self.drive(manner, (tables, &progress))?;
            let summary = write(scenario, &carried, (tables, &aside))?;
            if !scenario.directory.users.are_hidden() {
                aside.write(SCENARIO, &with_seed(self.text, scenario.seed))?;
            }
            Ok((carried, summary))
        })?;
        let files = aside.put_in_place()?;
        match manner.telling.format {
            _ if manner.telling.quiet => {}
            Format::Json => {
                let tables: Vec<_> = tables_of(scenario, detail).collect();
                print_with(|out| json::run(&summary, folder.read(&tables)?, out))?;
            }
            Format::Table => {
                let verdicts = Verdict::all(scenario, &carried.run);
                let outcome = Outcome { scenario, run: &carried.run, verdicts: &verdicts };
                let text = terminal::run(&outcome, terminal_width());
                print(&format!("{text}\nResults: {} ({files} files)\n", shown(&out)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Carries it out, and compares its past where that is known.
    fn drive(
        &self,
        manner: &Manner,
        (tables, progress): (Tables, &Arc<Progress>),
    ) -> Result<(Carried, Tables), Failure> {
        let Some(known) = &self.past else { return carry_out(self, manner, (tables, progress)) };
        let witness = Witness::new(tables, &self.scenario, known.until);
        let (carried, witness) = carry_out(self, manner, (witness, progress))?;
        if witness.past.digest() == known.digest {
            Ok((carried, witness.recorder))
        } else {
            Err((known.differs)())
        }
    }
}

/// Writes every file of the results aside.
fn write(
    scenario: &Arc<Scenario>,
    carried: &Carried,
    (tables, aside): (Tables, &Aside<'_>),
) -> Result<Summary, Failure> {
    let detail = tables.wants();
    let digests = write_tables(scenario, (&carried.run.packs, tables), aside);
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

/// Writes the tables, and the ledger where charges are written.
fn write_tables(
    scenario: &Arc<Scenario>,
    (packs, tables): (&[Pack], Tables),
    aside: &Aside<'_>,
) -> io::Result<Digests> {
    if tables.wants() == Detail::Summary {
        return tables.write(packs, |name| aside.create(name));
    }
    let mut ledger = LedgerWriter::new(scenario, aside.create(USAGE)?)?;
    let mut digests = tables.write_and(packs, |name| aside.create(name), &mut |row| ledger.add(row))?;
    digests.more.extend(ledger.finish(aside.create(ACCOUNTS)?)?);
    Ok(digests)
}

/// What came of a run, and how long its decisions took where that was measured.
struct Carried {
    run: Run,
    latency: Option<Histogram<u64>>,
}

fn carry_out<R: Recorder + 'static>(
    Execution { scenario, file, .. }: &Execution<'_>,
    manner: &Manner,
    (mut recorder, progress): (R, &Arc<Progress>),
) -> Result<(Carried, R), Failure> {
    let carried = match manner.driver {
        Driver::Loop => replay::run(scenario, &mut recorder, &**progress)
            .map(|run| (Carried { run, latency: None }, recorder)),
        Driver::Actors => {
            let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
            let threads = manner.threads.map_or_else(cores, |threads| threads.get().into());
            let company = Company { threads, observer: progress.clone(), clock: nanoseconds };
            actors::run(scenario, recorder, company)
                .map(|done| (Carried { run: done.run, latency: Some(done.latency) }, done.recorder))
        }
    };
    carried.map_err(|stopped| Failure::stopped(&stopped, file))
}

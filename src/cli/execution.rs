//! `Execution`: a scenario carried out and its results written, whatever command has come by the scenario.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use serde_json::Map;

use crate::cli::aside::Aside;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::progress::{Progress, nanoseconds};
use crate::cli::results_folder::ResultsFolder;
use crate::cli::shares::SharesFolder;
use crate::cli::shares::place::Place;
use crate::cli::{Format, print, print_with, shown, terminal_width};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::report::summary::Summary;
use crate::report::terminal::Outcome;
use crate::report::{json, latency, terminal};
use crate::results::checkpoint::Witness;
use crate::results::files::{Digests, LATENCY, ROWS, SCENARIO, SUMMARY, Tables, tables_of};
use crate::results::ledger::{ACCOUNTS, LedgerWriter, USAGE};
use crate::results::share::{Task, digest};
use crate::scenario::Scenario;
use crate::scenario::continuation::with_seed;
use crate::simulation::actors::{self, Company};
use crate::simulation::portable::Portable;
use crate::simulation::recorder::{Detail, Recorder};
use crate::simulation::replay;
use crate::simulation::run::Run;
use crate::simulation::shard::Shard;
use crate::simulation::verdict::Verdict;

/// The name of what came of a share, but for its rows.
pub(super) const RUN: &str = "run.bin";

/// The folder that results are written to where nobody names one.
pub(super) fn default_out(name: &str, seed: u64) -> PathBuf {
    PathBuf::from("results").join(format!("{name}-{seed}"))
}

/// How a scenario is carried out, and what becomes of its results.
#[derive(Args)]
pub(super) struct Manner {
    /// The folder to write results to [default: results/<file stem>-<seed>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
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
    /// Which share of it is carried out.
    pub(super) shard: Shard,
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
        let out = manner.out.clone().unwrap_or_else(|| default_out(name, scenario.seed));
        let folder = ResultsFolder::claim(&out)?;
        let aside = folder.begin()?;
        let detail: Detail = manner.detail.into();
        let (carried, summary) = guarded((file, scenario.seed), "run", || {
            let progress = Arc::new(Progress::of(scenario, manner.telling.quiet));
            let tables = aside.tables(scenario, detail);
            let (carried, tables) = self.drive(manner, (tables, &progress))?;
            let summary = carried.write((scenario, self.text), tables, &aside)?;
            Ok((carried, summary))
        })?;
        let files = folder.put_in_place(aside)?;
        carried.tell(scenario, &summary, (&folder, files, &manner.telling))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Carries out its share, writes that among the others, and tells where.
    pub(super) fn carry_out_share(&self, manner: &Manner, shares: SharesFolder) -> Result<ExitCode, Failure> {
        let Execution { scenario, file, shard, text, .. } = self;
        let detail: Detail = manner.detail.into();
        let task = Task {
            command: "run",
            scenario: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            scenario_sha256: digest(text),
            seed: scenario.seed,
            asked: Map::from_iter([("detail".to_owned(), detail.name().into())]),
        };
        let placed = guarded((file, scenario.seed), "run", || {
            let progress = Arc::new(Progress::of_shard(scenario, *shard, manner.telling.quiet));
            Place::of(&task, (*shard, shares)).fill(&progress, |writing| {
                let tables = writing.aside.tables(scenario, detail);
                let (carried, mut tables) = self.drive(manner, (tables, &progress))?;
                writing.file(SCENARIO, |out| out.write_all(text.as_bytes()))?;
                for name in ROWS {
                    writing.file(name, |out| tables.table(name).write_rows(out))?;
                }
                let Carried { run, latency, .. } = carried;
                writing.file(RUN, |out| out.write_all(&run.in_order().to_bytes()))?;
                latency.as_ref().map_or(Ok(()), |latency| writing.latency(latency))
            })
        })?;
        placed.tell(&manner.telling)
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

/// What came of a run, and how long its decisions took where that was measured.
pub(super) struct Carried {
    pub(super) run: Run,
    pub(super) latency: Option<Histogram<u64>>,
    /// Which rows were recorded.
    pub(super) detail: Detail,
}

impl Carried {
    /// Writes every file of the results aside, with the text of the scenario where it names nobody.
    pub(super) fn write(
        &self,
        (scenario, text): (&Arc<Scenario>, &str),
        tables: Tables,
        aside: &Aside,
    ) -> Result<Summary, Failure> {
        let digests = write_tables(scenario, (&self.run.packs, tables), aside);
        let digests = digests.map_err(|error| aside.failed(&error))?;
        let summary = Summary::new(scenario, &self.run.tally, (self.detail, digests));
        aside.write(SUMMARY, &summary.json())?;
        if let Some(latency) = &self.latency {
            let [hgrm, json] = LATENCY;
            aside.write(hgrm, &latency::hgrm(latency))?;
            aside.write(json, &latency::json(latency))?;
        }
        if !scenario.directory.users.are_hidden() {
            aside.write(SCENARIO, &with_seed(text, scenario.seed))?;
        }
        Ok(summary)
    }

    /// Prints what came of it, once its files are in their folder.
    pub(super) fn tell(
        &self,
        scenario: &Scenario,
        summary: &Summary,
        (folder, files, telling): (&ResultsFolder, usize, &Telling),
    ) -> Result<(), Failure> {
        match telling.format {
            _ if telling.quiet => Ok(()),
            Format::Json => {
                let tables: Vec<_> = tables_of(scenario, self.detail).collect();
                print_with(|out| json::run(summary, folder.read(&tables)?, out))
            }
            Format::Table => {
                let verdicts = Verdict::all(scenario, &self.run);
                let outcome = Outcome { scenario, run: &self.run, verdicts: &verdicts };
                let text = terminal::run(&outcome, terminal_width());
                print(&format!("{text}\nResults: {} ({files} files)\n", shown(&folder.named)))
            }
        }
    }
}

/// Writes the tables, and the ledger where charges are written.
fn write_tables(
    scenario: &Arc<Scenario>,
    (packs, tables): (&[Pack], Tables),
    aside: &Aside,
) -> io::Result<Digests> {
    if tables.wants() == Detail::Summary {
        return tables.write(packs, |name| aside.create(name));
    }
    let mut ledger = LedgerWriter::new(scenario, aside.create(USAGE)?)?;
    let mut digests = tables.write_and(packs, |name| aside.create(name), &mut |row| ledger.add(row))?;
    digests.more.extend(ledger.finish(aside.create(ACCOUNTS)?)?);
    Ok(digests)
}

fn carry_out<R: Recorder + 'static>(
    Execution { scenario, file, shard, .. }: &Execution<'_>,
    manner: &Manner,
    (mut recorder, progress): (R, &Arc<Progress>),
) -> Result<(Carried, R), Failure> {
    let detail = recorder.wants();
    let carried = match manner.driver {
        Driver::Loop => replay::run_shard((scenario, *shard), &mut recorder, &**progress)
            .map(|run| (Carried { run, latency: None, detail }, recorder)),
        Driver::Actors => {
            let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
            let threads = manner.threads.map_or_else(cores, |threads| threads.get().into());
            let company = Company { threads, observer: progress.clone(), clock: nanoseconds };
            actors::run_shard((scenario, *shard), recorder, company)
                .map(|done| (Carried { run: done.run, latency: Some(done.latency), detail }, done.recorder))
        }
    };
    carried.map_err(|stopped| Failure::stopped(&stopped, file))
}

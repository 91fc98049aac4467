//! `flexmeter merge`: the shares of a run or a forecast put together, as one machine would have written it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use crate::cli::answer::Answer;
use crate::cli::byte_progress::ByteProgress;
use crate::cli::defect::guarded;
use crate::cli::execution::{Carried, RUN, Telling, default_out};
use crate::cli::failure::Failure;
use crate::cli::forecast::question::{FUTURES, Question};
use crate::cli::results_folder::ResultsFolder;
use crate::cli::shares::SharesFolder;
use crate::cli::shares::rows_file::RowsFile;
use crate::cli::shares::verified::{latency, listed, verified};
use crate::cli::{Format, interrupt, print, scenario_file, shown, terminal_width};
use crate::forecast::future::Future;
use crate::forecast::sampling::together;
use crate::report::{forecast, shares};
use crate::results::files::{ROWS, SCENARIO};
use crate::results::share::{Share, whole_set};
use crate::scenario::Scenario;
use crate::simulation::portable::Portable;
use crate::simulation::recorder::Detail;
use crate::simulation::run::Run;

/// What is wrong is told of so many shares, and counted of the rest.
const PROBLEMS_MAX: usize = 20;

const EXAMPLES: &str = "\
Examples:
  flexmeter merge results/firm-1.shares
  flexmeter merge results/firm-1.shares --out results/firm --quiet
  flexmeter merge --status results/firm-1.shares
  flexmeter merge results/firm-1.forecast.shares --format json --page forecast.html

Shares of a run become the folder of results that `flexmeter run` would have written on one machine, the same bytes for any \
number of shares; shares of a forecast are printed as `flexmeter forecast` prints it. Nothing is written unless every share is \
there once, whole, and of the same file, seed, version and options. The shares are left as they are.

With --status the exit code is 0 once all shares are done, 1 before.";

/// What `merge` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of the shares
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Tell which shares are done, running and missing, and how long the rest will take
    #[arg(long, conflicts_with_all = ["out", "page"])]
    status: bool,
    /// The folder to write the results of a run to [default: results/<file stem>-<seed>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// No progress line; of a run print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    answer: Answer,
}

/// Puts shares together, or tells how far they are.
pub(super) fn merge(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let folder = SharesFolder { path: arguments.folder.clone() };
    if arguments.status {
        return status(&folder, &arguments.answer);
    }
    let merging = Merging { arguments, shares: whole(&folder, arguments.quiet)? };
    let (_, first) = &merging.shares[0];
    let path = merging.shares[0].0.join(SCENARIO);
    let (text, mut scenario) = scenario_file::read_with_text(&path)?;
    scenario.seed = first.seed;
    guarded((&path, first.seed), "merge", || match first.command.as_str() {
        "run" => merging.run(&text, &Arc::new(scenario)),
        _ => merging.forecast(scenario),
    })
}

fn status(folder: &SharesFolder, answer: &Answer) -> Result<ExitCode, Failure> {
    let progress = folder.progress()?;
    match answer.format() {
        Some(Format::Table) => print(&shares::text(&progress, terminal_width()))?,
        Some(Format::Json) => print(&shares::json(&progress))?,
        None => return Err(Failure::input("--status is a table or json")),
    }
    Ok(if progress.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All the shares of a folder, in order, once every one of them was found whole.
fn whole(folder: &SharesFolder, quiet: bool) -> Result<Vec<(PathBuf, Share)>, Failure> {
    let paths = folder.shares()?;
    let bytes = |share: Share| share.files.values().map(|content| content.bytes).sum::<u64>();
    let all = paths.iter().filter_map(|(_, path)| listed(path).ok()).map(bytes).sum();
    let progress = ByteProgress::of(all, "checked", quiet);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, path) in &paths {
        match verified(path, &progress) {
            Ok(share) => found.push((name.clone(), share)),
            Err(reason) => problems.push(format!("{name} {reason}")),
        }
        interrupt::check()?;
    }
    progress.finish();
    match whole_set(&found) {
        Ok(set) if problems.is_empty() => {
            // A name is shown, and may be no text.
            let place = |name: &str| paths.iter().find(|(known, _)| known == name).expect("one of them");
            let with_path = |(name, share): (&str, &Share)| (place(name).1.clone(), share.clone());
            Ok(set.shares.into_iter().map(with_path).collect())
        }
        set => {
            problems.extend(set.err().into_iter().flatten());
            Err(refused(folder, &problems))
        }
    }
}

fn refused(folder: &SharesFolder, problems: &[String]) -> Failure {
    let mut text = format!("the shares in {} can't be put together:", shown(&folder.path));
    for problem in problems.iter().take(PROBLEMS_MAX) {
        text += &format!("\n  {problem}");
    }
    if problems.len() > PROBLEMS_MAX {
        text += &format!("\n  and {} more", problems.len() - PROBLEMS_MAX);
    }
    let status = format!("`flexmeter merge --status {}` tells how far each is", shown(&folder.path));
    text += "\nnothing was written; the command that made the others writes a missing or damaged share ";
    text += &format!("({status}), and what does not belong is to be removed");
    Failure::input(text)
}

/// Shares that belong together.
struct Merging<'a> {
    arguments: &'a Arguments,
    shares: Vec<(PathBuf, Share)>,
}

impl Merging<'_> {
    /// The results of a run.
    fn run(&self, text: &str, scenario: &Arc<Scenario>) -> Result<ExitCode, Failure> {
        let Arguments { out, quiet, answer, .. } = self.arguments;
        let (Some(format), false) = (answer.format(), answer.has_page()) else {
            let text = "--page and --format csv are of forecasts, and these are shares of a run; \
                        `flexmeter report` makes a page of its results";
            return Err(Failure::input(text));
        };
        let (_, first) = &self.shares[0];
        let default_out = || default_out(&stem(&first.scenario), first.seed);
        let folder = ResultsFolder::claim(&out.clone().unwrap_or_else(default_out))?;
        let aside = folder.begin()?;
        let rows = |share: &Share| ROWS.iter().map(|name| share.files[*name].bytes).sum::<u64>();
        let progress =
            ByteProgress::of(self.shares.iter().map(|(_, share)| rows(share)).sum(), "merged", *quiet);
        let mut tables = aside.tables(scenario, detail(first)?);
        for name in ROWS {
            for (path, _) in &self.shares {
                let rows = Box::new(RowsFile::at(path.join(name), &progress));
                tables.table(name).take_in(rows).map_err(|error| aside.failed(&error))?;
            }
        }
        let carried = self.carried(detail(first)?)?;
        let summary = carried.write((scenario, text), tables, &aside)?;
        progress.finish();
        let files = folder.put_in_place(aside)?;
        carried.tell(scenario, &summary, (&folder, files, &Telling { quiet: *quiet, format }))?;
        Ok(ExitCode::SUCCESS)
    }

    /// What came of all shares, but for the rows.
    fn carried(&self, detail: Detail) -> Result<Carried, Failure> {
        let mut carried = Carried { run: Run::default(), latency: None, detail };
        for (place, (path, _)) in self.shares.iter().enumerate() {
            carried.run.add(read(path, RUN)?);
            let of_share = latency(path).map_err(|error| unreadable(path, &error))?;
            carried.latency = match (place, carried.latency, of_share) {
                (0, _, of_share) => of_share,
                (_, Some(mut all), Some(of_share)) => {
                    all.add(of_share).expect("a histogram that grows takes every value");
                    Some(all)
                }
                // One of them was measured in another way, so all of them together were not.
                _ => None,
            };
        }
        Ok(carried)
    }

    /// The answer of a forecast.
    fn forecast(&self, scenario: Scenario) -> Result<ExitCode, Failure> {
        let Arguments { out, answer, .. } = self.arguments;
        if out.is_some() {
            let text = "--out is of runs, and these are shares of a forecast, which is printed, or a --page";
            return Err(Failure::input(text));
        }
        answer.check(&self.shares[0].0.join(SCENARIO))?;
        let (_, first) = &self.shares[0];
        let question: Question = serde_json::from_value(Value::Object(first.asked.clone()))
            .map_err(|error| Failure::input(format!("these shares were asked something unknown: {error}")))?;
        let prepared = question.prepare(scenario)?;
        let futures = self.shares.iter().map(|(path, _)| read::<Vec<Future>>(path, FUTURES));
        let futures = together(futures.collect::<Result<_, _>>()?, prepared.effort);
        let outlook = prepared.outlook(&futures);
        answer.show(&forecast::sheet(&outlook), |out| forecast::json(&outlook, out))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What a share holds in a file.
fn read<T: Portable>(folder: &Path, name: &str) -> Result<T, Failure> {
    let bytes = std::fs::read(folder.join(name)).map_err(|error| unreadable(folder, &error))?;
    T::from_bytes(&bytes).ok_or_else(|| {
        let text = format!("{}: {name} is not as this flexmeter writes it", shown(folder));
        Failure::input(
            text + "; another build of the same version made it: remove the share and run it again",
        )
    })
}

fn unreadable(folder: &Path, error: &dyn fmt::Display) -> Failure {
    Failure::input(format!("can't read {}: {error}", shown(folder)))
}

/// Which rows a share of a run holds.
fn detail(share: &Share) -> Result<Detail, Failure> {
    let asked = share.asked.get("detail").and_then(Value::as_str).unwrap_or_default();
    let known = Detail::ALL.into_iter().find(|detail| detail.name() == asked);
    known.ok_or_else(|| Failure::input(format!("these shares have an unknown detail: `{asked}`")))
}

/// The name of a file without its ending.
fn stem(name: &str) -> String {
    Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

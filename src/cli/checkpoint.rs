//! `flexmeter resume` and `flexmeter fork`: from a checkpoint to the end, as it was or with more steps.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::execution::{Execution, KnownPast, Manner};
use crate::cli::failure::Failure;
use crate::cli::results_folder::write_file;
use crate::cli::scenario_file::{Source, drawing};
use crate::cli::{interrupt, is_same_file, scenario_file, shown};
use crate::results::checkpoint::{Checkpoint, Witness};
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::continuation::{Continuation, with_seed};
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay;
use crate::simulation::shard::Shard;

const RESUME_EXAMPLES: &str = "\
Examples:
  flexmeter run firm.toml --until 2026-06-01 --checkpoint june.checkpoint
  flexmeter resume june.checkpoint --out june

The results are those of the run without a stop, byte for byte: what happened before is carried out \
again, and compared with what the checkpoint says of it. A checkpoint that was edited, or that another \
version wrote, is refused.";

const FORK_EXAMPLES: &str = "\
Examples:
  flexmeter fork june.checkpoint --steps buy-more.toml --out more
  flexmeter fork june.checkpoint --steps buy-more.toml --save june-and-more.toml

The file of --steps holds [[step]] and [[expect]] tables. None of its steps may lie before the \
checkpoint, nor change what was written down before it. --save writes scenario and steps as one file, \
which `flexmeter run` takes.";

/// What `resume` takes.
#[derive(Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub(super) struct ResumeArguments {
    /// What `run --checkpoint` wrote
    checkpoint: PathBuf,
    #[command(flatten)]
    manner: Manner,
}

/// What `fork` takes.
#[derive(Args)]
#[command(after_help = FORK_EXAMPLES)]
pub(super) struct ForkArguments {
    /// What `run --checkpoint` wrote
    checkpoint: PathBuf,
    /// More steps, and what is expected of them [default: none]
    #[arg(long, value_name = "FILE")]
    steps: Option<PathBuf>,
    /// Also write the scenario with these steps as one file
    #[arg(long, value_name = "FILE", conflicts_with = "hide_names")]
    save: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
}

/// Goes on to the end.
pub(super) fn resume(arguments: &ResumeArguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let base = Base::read(&arguments.checkpoint)?;
    let name = base.stem();
    let mut scenario = Scenario::clone(&base.scenario);
    arguments.manner.names.hide(&mut scenario)?;
    base.execution((Arc::new(scenario), &base.checkpoint.scenario, name), &|| base.differs())
        .carry_out(&arguments.manner)
}

/// Goes on to the end with more steps.
pub(super) fn fork(arguments: &ForkArguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let base = Base::read(&arguments.checkpoint)?;
    let steps = arguments.steps.as_deref();
    if let Some(save) = &arguments.save
        && [Some(base.file), steps].into_iter().flatten().any(|read| is_same_file(save, read))
    {
        let text = format!("--save {} is what the fork is made from; choose another", shown(save));
        return Err(Failure::input(text));
    }
    let more = steps.map_or(Ok(String::new()), scenario_file::any_text)?;
    let forked = Continuation::new(&base.checkpoint.scenario, &more, base.checkpoint.instant());
    let mut scenario = forked.scenario().map_err(|problems| {
        let names = [shown(Path::new(&base.checkpoint.file)), steps.map(shown).unwrap_or_default()];
        let first = Source { name: &names[0], text: &forked.text()[..forked.from()], from: 0 };
        let second = Source { name: &names[1], text: &more, from: forked.from() };
        drawing(&[first, second], &problems)
    })?;
    scenario.seed = base.checkpoint.seed;
    arguments.manner.names.hide(&mut scenario)?;
    let differs = || base.differs_by(steps);
    let name = format!("{}-fork", base.stem());
    let code =
        base.execution((Arc::new(scenario), forked.text(), name), &differs).carry_out(&arguments.manner)?;
    if let Some(save) = &arguments.save {
        write_file(save, &with_seed(forked.text(), base.checkpoint.seed))?;
    }
    Ok(code)
}

/// What a command goes on from.
struct Base<'a> {
    /// The checkpoint's own file.
    file: &'a Path,
    checkpoint: Checkpoint,
    scenario: Arc<Scenario>,
}

impl<'a> Base<'a> {
    fn read(file: &'a Path) -> Result<Self, Failure> {
        let text = scenario_file::any_text(file)?;
        let checkpoint = Checkpoint::read(&text).map_err(|error| {
            // It may quote what is in the file.
            let said = error.to_string().replace(char::is_control, "\u{fffd}");
            Failure::input(format!("can't go on from {}: {said}", shown(file)))
        })?;
        let named = Path::new(&checkpoint.file);
        let mut scenario = scenario_file::parse((named, &shown(named)), &checkpoint.scenario)?;
        scenario.seed = checkpoint.seed;
        Ok(Base { file, scenario: Arc::new(scenario), checkpoint })
    }

    /// What results are called after.
    fn stem(&self) -> String {
        Path::new(&self.checkpoint.file).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn execution<'e>(
        &'e self,
        (scenario, text, name): (Arc<Scenario>, &'e str, String),
        differs: &'e dyn Fn() -> Failure,
    ) -> Execution<'e> {
        let (until, digest) = (self.checkpoint.instant(), &*self.checkpoint.records_sha256);
        let past = Some(KnownPast { until, digest, differs });
        Execution { scenario, text, file: self.file, name, past, shard: Shard::WHOLE }
    }

    /// What was written down before the instant did not come out again.
    fn differs(&self) -> Failure {
        let text = format!(
            "can't go on from {}: carried out again, what happened before {} is not what it notes; \
             this flexmeter is not the one that wrote it, though it calls itself the same",
            shown(self.file),
            iso(self.checkpoint.instant())
        );
        Failure::input(text)
    }

    /// As above with more steps, which are to blame where it comes out without them.
    fn differs_by(&self, steps: Option<&Path>) -> Failure {
        let Some(steps) = steps else { return self.differs() };
        let at = self.checkpoint.instant();
        let mut witness = Witness::new(Unrecorded, &self.scenario, at);
        let carried = replay::until(&self.scenario, at, (&mut witness, &()));
        if carried.is_err() || witness.past.digest() != self.checkpoint.records_sha256 {
            return self.differs();
        }
        let text = format!(
            "{}: these steps change what happened before {}: `invite` and `release-product` say that until then \
             a user had not joined, or a product was not there; nothing was written",
            shown(steps),
            iso(at)
        );
        Failure::input(text)
    }
}

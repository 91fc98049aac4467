//! What `policies` and `compare` have in common.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::futures::{Futures, TrueRefusals};
use crate::cli::names::Names;
use crate::cli::progress::Progress;
use crate::forecast::comparison::{Change, Effort, Variant, compare};
use crate::report::comparison as report;
use crate::report::terminal::titled;
use crate::scenario::Scenario;

/// How much is compared.
#[derive(Args)]
pub(super) struct EffortArguments {
    /// So many futures of each
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    runs: u64,
    #[command(flatten)]
    refusals: TrueRefusals,
    #[command(flatten)]
    futures: Futures,
    #[command(flatten)]
    names: Names,
}

/// What is compared with.
pub(super) struct Base<'a> {
    pub(super) file: &'a Path,
    pub(super) name: &'a str,
    pub(super) scenario: &'a Scenario,
    /// What the comparison is of, in a few words.
    pub(super) of: &'static str,
}

impl EffortArguments {
    /// Seed and names as they are asked for.
    pub(super) fn prepare(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        self.futures.first(scenario);
        self.names.hide(scenario)
    }
}

impl Base<'_> {
    /// Compares, and shows what came of it.
    pub(super) fn compare(
        &self,
        (variants, arguments): (&[Variant], &EffortArguments),
        answer: &Answer,
    ) -> Result<ExitCode, Failure> {
        let scenario = self.scenario;
        let effort = Effort { runs: arguments.runs, cured_within: arguments.refusals.cured_within };
        let comparison = guarded((self.file, scenario.seed), "compare", || {
            let others = variants.iter().filter(|variant| matches!(variant.change, Change::Scenario(_)));
            let runs = effort.runs * (1 + others.count() as u64);
            let progress = Progress::of_runs(scenario, runs, arguments.futures.quiet);
            let compared = compare((self.name, scenario), (variants, effort), &progress);
            compared.map_err(|stopped| Failure::stopped(&stopped, self.file))
        })?;
        let sheet = report::sheet(&comparison, (titled(&scenario.title), self.of));
        answer.show(&sheet, |out| report::json(&comparison, out))?;
        Ok(ExitCode::SUCCESS)
    }
}

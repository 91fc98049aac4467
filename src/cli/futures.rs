//! What every command takes that looks at many futures.

use clap::Args;

use crate::cli::amount;
use crate::meter::instant::Span;
use crate::scenario::Scenario;

/// Which futures, and how they are waited for.
#[derive(Args)]
pub(super) struct Futures {
    /// The seed of the first future, in place of the file's
    #[arg(long)]
    seed: Option<u64>,
    /// No progress line
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// Which refusals are true ones.
#[derive(Args)]
pub(super) struct TrueRefusals {
    /// A refusal is no true one if the user is admitted within so long after it
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = amount::duration)]
    pub(super) cured_within: Span,
}

impl Futures {
    /// The scenario of the first future.
    pub(super) fn first(&self, scenario: &mut Scenario) {
        scenario.seed = self.seed.unwrap_or(scenario.seed);
    }
}

//! `flexmeter seats`: for whom a subscription is cheaper than tokens, and how sure that is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::futures::Futures;
use crate::cli::names::Names;
use crate::cli::progress::Progress;
use crate::cli::{interrupt, scenario_file};
use crate::forecast::seats::advise;
use crate::report::subscriptions as report;

const EXAMPLES: &str = "\
Examples:
  flexmeter seats firm.toml
  flexmeter seats firm.toml --page seats.html
  flexmeter seats firm.toml --runs 1000 --format csv > seats.csv
  flexmeter seats firm.toml --format json | jq '.seats[] | select(.choice == \"yearly\")'

The file says what subscriptions cost:
  [[price]]
  per_token = 3
  subscriptions = [{ product = \"AutoCAD\", month = 255, year = 2030 }]

Every future is lived through with tokens that never run out: the days that are charged are the days a subscription would save. \
A plan is chosen in advance by what it is expected to cost; its regret is what it costs more than the best plan of somebody who knew the future. \
Tokens cost the price of one: discounts of packs and tokens that expire are the matter of `flexmeter plan`. \
A collection is weighed against the best ways to pay for its products one by one.";

/// What `seats` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    file: PathBuf,
    /// So many futures
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    runs: u64,
    #[command(flatten)]
    futures: Futures,
    #[command(flatten)]
    names: Names,
    #[command(flatten)]
    answer: Answer,
}

/// Says for whom a subscription is cheaper.
pub(super) fn seats(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let file = &arguments.file;
    arguments.answer.check(file)?;
    let mut scenario = scenario_file::read(file)?;
    arguments.futures.first(&mut scenario);
    arguments.names.hide(&mut scenario)?;
    let advice = guarded((file, scenario.seed), "seats", || {
        let progress = Progress::of_runs(&scenario, arguments.runs, arguments.futures.quiet);
        let advice = advise(&scenario, 0..arguments.runs, &progress);
        advice.map_err(|stopped| Failure::stopped(&stopped, file))
    })?;
    interrupt::check()?;
    arguments.answer.show(&report::sheet(&advice), |out| report::json(&advice, out))?;
    Ok(ExitCode::SUCCESS)
}

//! `flexmeter compare`: what a change of habits, products or rules is worth, future by future.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::failure::Failure;
use crate::cli::{comparing, interrupt, scenario_file, shown};
use crate::forecast::comparison::{Change, Variant};
use crate::scenario::Scenario;

const EXAMPLES: &str = "\
Examples:
  flexmeter compare firm.toml firm-signs-out-at-night.toml
  flexmeter compare firm.toml idle-aware.toml without-add-in.toml --runs 500
  flexmeter compare firm.toml firm-signs-out-at-night.toml --format json | jq .variants[0].more_tokens

Users of the same name draw the same chance in each file, so that the difference of two futures is what the change does and little \
else; its interval is that of the paired differences.";

/// What `compare` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    a: PathBuf,
    /// What it is compared with
    #[arg(required = true)]
    b: Vec<PathBuf>,
    #[command(flatten)]
    effort: comparing::EffortArguments,
    #[command(flatten)]
    answer: Answer,
}

/// Compares scenarios.
pub(super) fn compare(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    for path in [&arguments.a].into_iter().chain(&arguments.b) {
        arguments.answer.check(path)?;
    }
    let mut base = scenario_file::read(&arguments.a)?;
    let others: Result<Vec<(&Path, Scenario)>, Failure> =
        arguments.b.iter().map(|path| Ok((path.as_path(), scenario_file::read(path)?))).collect();
    arguments.effort.prepare(&mut base)?;
    let mut variants = Vec::new();
    for (path, mut other) in others? {
        arguments.effort.prepare(&mut other)?;
        if (other.start, other.end) != (base.start, base.end) {
            return Err(Failure::input(format!(
                "{} and {} are not of the same time; give them the same `start` and `end`",
                shown(&arguments.a),
                shown(path)
            )));
        }
        variants.push(Variant { name: shown(path), change: Change::Scenario(Box::new(other)) });
    }
    let name = shown(&arguments.a);
    let of = "The same chance in several scenarios";
    let base = comparing::Base { file: &arguments.a, name: &name, scenario: &base, of };
    base.compare((&variants, &arguments.effort), &arguments.answer)
}

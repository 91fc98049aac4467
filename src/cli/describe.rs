//! `flexmeter describe`: what simulated users will do, before anything runs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::{Format, interrupt, print, scenario_file, terminal_width};
use crate::report::describe;
use crate::scenario::Scenario;
use crate::scenario::group::Group;
use crate::scenario::typical_week::TypicalWeek;

/// What `describe` takes.
#[derive(Args)]
#[command(after_help = "Example:\n  flexmeter describe scenarios/an-architecture-studio-for-a-year.toml")]
pub(super) struct Arguments {
    /// The scenario file
    file: PathBuf,
    #[command(flatten)]
    names: Names,
    /// How the description is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Describes the groups of a scenario, those of a team's copies once.
pub(super) fn describe(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let mut scenario = scenario_file::read(&arguments.file)?;
    arguments.names.hide(&mut scenario)?;
    let text =
        guarded((&arguments.file, scenario.seed), "describe", || Ok(text(&scenario, arguments.format)))?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(scenario: &Scenario, format: Format) -> String {
    let mut named = BTreeSet::new();
    let groups =
        scenario.groups.iter().filter(|group| named.insert((group.name.clone(), group.copy.is_some())));
    let weeks: Vec<(&Group, TypicalWeek)> =
        groups.map(|group| (&**group, TypicalWeek::of(scenario, group))).collect();
    match format {
        Format::Table => describe::text(scenario, &weeks, terminal_width()),
        Format::Json => describe::json(&weeks),
    }
}

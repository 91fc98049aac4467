//! `flexmeter policies`: what each point that the published rules leave open is worth, and what misreading them is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::failure::Failure;
use crate::cli::{comparing, interrupt, scenario_file};
use crate::forecast::comparison::{Change, Variant};
use crate::forecast::misreading::Misreading;
use crate::scenario::Scenario;
use crate::scenario::calendar::Zone;
use crate::scenario::terms::Policies;

const EXAMPLES: &str = "\
Examples:
  flexmeter policies firm.toml
  flexmeter policies firm.toml --runs 500 --page policies.html
  flexmeter policies firm.toml --format csv > policies.csv

The same people, on the same chance, under each other value of each policy (`flexmeter rules`), and under two readings of the \
rule that are in print but are not the rule: by calendar day, and a window opened by the first user for the team. The misreadings are \
counted on the sessions that people had under the rule as it is; their tokens cost what the price list asks.";

/// What `policies` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    file: PathBuf,
    #[command(flatten)]
    effort: comparing::EffortArguments,
    #[command(flatten)]
    answer: Answer,
}

/// Compares the policies.
pub(super) fn policies(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    arguments.answer.check(&arguments.file)?;
    let mut scenario = scenario_file::read(&arguments.file)?;
    arguments.effort.prepare(&mut scenario)?;
    let mut variants: Vec<Variant> =
        scenario.policies.others().into_iter().map(|other| under(&scenario, other)).collect();
    let mut zones = vec![Zone::utc()];
    for zone in &scenario.zones {
        if zones.iter().all(|known| known.name() != zone.name()) {
            zones.push(zone.clone());
        }
    }
    // A firm of many zones is counted in the first of them.
    let calendar_days = zones.into_iter().take(2).map(Misreading::CalendarDay);
    for misreading in calendar_days.chain([Misreading::FirstUser]) {
        variants.push(Variant { name: misreading.name(), change: Change::Misreading(misreading) });
    }
    let of = "The same people under other policies, and under readings that are not the rule";
    let base = comparing::Base { file: &arguments.file, name: "as the file says", scenario: &scenario, of };
    base.compare((&variants, &arguments.effort), &arguments.answer)
}

/// The scenario under another policy, called after what differs.
fn under(scenario: &Scenario, policies: Policies) -> Variant {
    let rows = policies.rows().into_iter().zip(scenario.policies.rows());
    let changed = rows.filter(|(other, own)| other != own).map(|(other, _)| other);
    let name = changed.map(|row| format!("{} = \"{}\"", row.key, row.value)).collect::<Vec<_>>().join(", ");
    let mut other = scenario.clone();
    other.setup.policy = policies.meter.clone();
    other.policies = policies;
    Variant { name, change: Change::Scenario(Box::new(other)) }
}

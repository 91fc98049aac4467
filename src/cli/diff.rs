//! `flexmeter diff`: where two runs part, and what differs in the bill.

mod side;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::audit::difference::{Difference, Incomparable, Sides};
use crate::cli::diff::side::{Chosen, Compared};
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::{Format, interrupt, print, scenario_file, shown, terminal_width};
use crate::report::difference::{self, Comparison};
use crate::scenario::document::Document;
use crate::usage::pseudonym::Pseudonyms;

const USAGE: &str = "\
flexmeter diff [OPTIONS] <A> <B>
       flexmeter diff [OPTIONS] <FILE> --policy <KEY=VALUE>...";

const EXAMPLES: &str = "\
Examples:
  flexmeter diff monday.toml tuesday.toml
  flexmeter diff results/week-1 results/week-2
  flexmeter diff results/week-1 week.toml
  flexmeter diff week.toml --policy idle_resume=grid --policy grace=10m
  flexmeter diff monday.toml tuesday.toml --format json | jq .first

A scenario file is run first, and nothing is written. Of each table and side the first 25 rows that the other has not are shown; \
--format json has up to 10,000, and all of them are counted.

Exit codes: 0 the same, 1 something differs, 2 bad input.";

/// What `diff` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(super) struct Arguments {
    /// A scenario file, or the folder of a run's results
    a: PathBuf,
    /// What it is compared with
    #[arg(required_unless_present = "policy")]
    b: Option<PathBuf>,
    /// Compare the file with itself under another policy; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = policy, conflicts_with = "b")]
    policy: Vec<(String, String)>,
    #[command(flatten)]
    names: Names,
    /// How the differences are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Compares two runs.
pub(super) fn diff(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    // Both are read before either is run: whoever waits for a run need not fear for the other file.
    let mut a = Chosen::of(&arguments.a)?;
    let mut b = match &arguments.b {
        Some(b) => Chosen::of(b)?,
        None => under_policies(&arguments.a, &arguments.policy)?,
    };
    let pseudonyms = arguments.names.of()?;
    let pseudonyms = hidden_alike([&mut a, &mut b], pseudonyms)?;
    let (a, b) = (a.carried_out()?, b.carried_out()?);
    let mut difference = difference_of(&a, &b)?;
    if let Some(pseudonyms) = pseudonyms {
        difference.hide_users(&pseudonyms);
    }
    let names = Sides { a: a.name, b: b.name };
    let summaries = Sides { a: a.summary, b: b.summary };
    let comparison = Comparison { names: &names, summaries: &summaries, difference: &difference };
    match arguments.format {
        Format::Json => print(&difference::json(&comparison))?,
        Format::Table => print(&difference::text(&comparison, terminal_width()))?,
    }
    Ok(if difference.is_none() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Pseudonyms are compared with pseudonyms: where a folder holds them, a scenario is run with them too. Names are
/// compared as they are; what is still to be hidden then is returned.
fn hidden_alike(
    sides: [&mut Chosen; 2],
    pseudonyms: Option<Pseudonyms>,
) -> Result<Option<Pseudonyms>, Failure> {
    if !sides.iter().any(|side| side.is_hidden()) {
        return Ok(pseudonyms);
    }
    for side in sides {
        side.hide(pseudonyms.as_ref())?;
    }
    Ok(None)
}

/// What a scenario file, run now, and a folder of results differ in.
pub(super) fn between(file: &Path, folder: &Path) -> Result<Difference, Failure> {
    let (a, b) = (Chosen::of(file)?, Chosen::of(folder)?);
    difference_of(&a.carried_out()?, &b.carried_out()?)
}

/// What other policies change in a scenario file.
pub(super) fn under(file: &Path, policies: &[(String, String)]) -> Result<Difference, Failure> {
    let (a, b) = (Chosen::of(file)?, under_policies(file, policies)?);
    difference_of(&a.carried_out()?, &b.carried_out()?)
}

/// Fails where a scenario file can't be read under these policies.
pub(super) fn check_policies(file: &Path, policies: &[(String, String)]) -> Result<(), Failure> {
    under_policies(file, policies).map(drop)
}

fn difference_of(a: &Compared, b: &Compared) -> Result<Difference, Failure> {
    let difference = Difference::between(&Sides { a: &*a.tables, b: &*b.tables });
    difference.map_err(|error| match &error {
        Incomparable::Table(side, table) => {
            let names = Sides { a: &a.name, b: &b.name };
            Failure::input(format!("can't compare {}: {table}", names.of(*side)))
        }
        Incomparable::NoCharges => Failure::input(error.to_string()),
    })
}

/// A policy as the command line has it.
pub(super) fn policy(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, such as idle_resume=grid")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// The same scenario file with other values in its `[policy]`, read and checked anew.
fn under_policies(path: &Path, policies: &[(String, String)]) -> Result<Chosen, Failure> {
    if path.is_dir() {
        let text = format!("{} is a folder; name the scenario file, which --policy runs again", shown(path));
        return Err(Failure::input(text));
    }
    let text = scenario_file::text(path)?;
    // What is wrong with the file as it is has its own line.
    let mut document = Document::read(&text)
        .or_else(|_| scenario_file::read(path).map(|_| unreachable!("it is no TOML")))?;
    for (key, value) in policies {
        document.set_policy(key, value);
    }
    let text = document.text();
    let options = policies.iter().map(|(key, value)| format!(" --policy {key}={value}"));
    let name = shown(path) + &options.collect::<String>().replace(char::is_control, "\u{fffd}");
    let scenario = scenario_file::parse((path, &name), &text)?;
    Ok(Chosen::Scenario { path: path.to_owned(), name, scenario: Box::new(scenario) })
}

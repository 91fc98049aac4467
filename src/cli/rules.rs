//! `flexmeter rules`: the rulebook, and what shows each rule.

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::{Format, print, terminal_width};
use crate::report::rulebook;

/// What `rules` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print the text of this rule, such as 3.8, or of a chapter, such as 3
    rule: Option<String>,
    /// How the rules are printed
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "rule")]
    format: Format,
}

/// Prints the rules, or one of them.
pub(super) fn rules(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let text = match (&arguments.rule, arguments.format) {
        (Some(number), _) => rulebook::one(number).ok_or_else(|| {
            Failure::input(format!("there is no rule `{number}`; `flexmeter rules` lists them"))
        })?,
        (None, Format::Json) => rulebook::json(),
        (None, Format::Table) => rulebook::text(terminal_width()),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

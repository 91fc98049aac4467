//! `flexmeter catalog`: the products whose rates are on the public record.

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::{Format, print, terminal_width};
use crate::report::{json, terminal};

/// What `catalog` takes.
#[derive(Args)]
pub(super) struct Arguments {
    /// How the catalogue is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Prints the catalogue.
pub(super) fn catalog(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match arguments.format {
        Format::Json => print(&json::catalogue())?,
        Format::Table => print(&terminal::catalogue(terminal_width()))?,
    }
    Ok(ExitCode::SUCCESS)
}

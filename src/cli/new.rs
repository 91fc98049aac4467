//! `flexmeter new`: a commented scenario that runs as it stands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::results_folder::write_file;
use crate::cli::{print, shown};

/// The scenario that `new` writes.
const EXAMPLE: &str = include_str!("new/example.toml");

/// What `new` takes.
#[derive(Args)]
#[command(after_help = "Example:\n  flexmeter new my-week && flexmeter run my-week.toml")]
pub(super) struct Arguments {
    /// The scenario's name; the file is NAME.toml
    name: PathBuf,
}

/// Writes the example under a new name.
pub(super) fn new(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut path = arguments.name.clone();
    if path.extension().is_none_or(|extension| extension != "toml") {
        path.as_mut_os_string().push(".toml");
    }
    if arguments.name.file_name().is_none() {
        let text = format!("{} names no file; give the scenario a name", shown(&arguments.name));
        return Err(Failure::input(text));
    }
    if path.symlink_metadata().is_ok() {
        let text = format!("{} is there already and is left alone; choose another name", shown(&path));
        return Err(Failure::input(text));
    }
    write_file(&path, EXAMPLE)?;
    let path = shown(&path);
    print(&format!("Wrote {path}. Next: flexmeter run {path}\n"))?;
    Ok(ExitCode::SUCCESS)
}

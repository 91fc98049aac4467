//! `PastRun`: the folder of a run's results, named to be asked about.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::results_folder::summary_of;
use crate::cli::shown;
use crate::results::files::{SCENARIO, SUMMARY};
use crate::results::table_reader::WrittenTables;
use crate::usage::run_summary::RunSummary;

/// A run that is over.
pub(super) struct PastRun {
    /// Its folder.
    pub(super) path: PathBuf,
    /// What its summary says.
    pub(super) summary: RunSummary,
}

impl PastRun {
    /// The run whose results a folder holds.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            let what = if path.exists() { "is no folder" } else { "is not there" };
            let text = format!(
                "{} {what}; name the folder of a run's results, which `flexmeter run` writes",
                shown(path)
            );
            return Err(Failure::input(text));
        }
        let Some(summary) = summary_of(path) else {
            let text =
                format!("{} holds no {SUMMARY} of a run; name the folder of a run's results", shown(path));
            return Err(Failure::input(text));
        };
        let summary = RunSummary::read(&summary.to_string()).map_err(|error| {
            let text = format!("{}: {SUMMARY} is not one that this flexmeter writes: {error}", shown(path));
            Failure::input(text + "; run the scenario again")
        })?;
        Ok(PastRun { path: path.to_owned(), summary })
    }

    /// Its tables.
    pub(super) fn tables(&self) -> Folder {
        Folder(self.path.clone())
    }
}

/// The scenario beside the results in a folder, for what runs it again.
pub(super) fn scenario_in(folder: &Path, what: &str) -> Result<PathBuf, Failure> {
    let file = folder.join(SCENARIO);
    let summary = summary_of(folder);
    if file.exists() || summary.is_none() {
        return Ok(file);
    }
    let hidden = summary.is_some_and(|summary| summary.get("names_hidden") == Some(&true.into()));
    let why = if hidden { ", because it was written with --hide-names" } else { "" };
    let text = format!(
        "{} holds no {SCENARIO}{why}, and {what} runs that again; run the scenario without --hide-names, or name \
         a folder that has it",
        shown(folder)
    );
    Err(Failure::input(text))
}

/// The files of a results folder.
pub(super) struct Folder(pub(super) PathBuf);

impl WrittenTables for Folder {
    fn open(&self, table: &'static str) -> io::Result<Option<Box<dyn Read + '_>>> {
        match File::open(self.0.join(table)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

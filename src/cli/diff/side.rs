//! One side of a comparison: a scenario file that is run for it, or the folder of a run's results.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::past_run::Folder;
use crate::cli::progress::Progress;
use crate::cli::results_folder::summary_of;
use crate::cli::{scenario_file, shown};
use crate::report::summary::Summary;
use crate::results::files::{SUMMARY, Tables, WHERE_THERE_ARE_SOME, tables_in};
use crate::results::sorted_rows::Spool;
use crate::results::table_reader::WrittenTables;
use crate::scenario::Scenario;
use crate::simulation::recorder::Detail;
use crate::simulation::replay;
use crate::usage::pseudonym::Pseudonyms;

/// What somebody named to be compared.
pub(super) enum Chosen {
    /// A scenario, to be run.
    Scenario {
        /// Its file.
        path: PathBuf,
        /// What it is called.
        name: String,
        /// What the file says.
        scenario: Box<Scenario>,
    },
    /// Results, with their summary.
    Folder(PathBuf, Value),
}

/// What is compared.
pub(super) struct Compared {
    /// What it is called.
    pub(super) name: String,
    /// The summary of the run.
    pub(super) summary: Value,
    /// Its tables.
    pub(super) tables: Box<dyn WrittenTables>,
}

impl Chosen {
    /// A scenario file that is right, or a folder that holds results.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            let scenario = Box::new(scenario_file::read(path)?);
            return Ok(Chosen::Scenario { path: path.to_owned(), name: shown(path), scenario });
        }
        let Some(summary) = summary_of(path) else {
            let text = format!(
                "{} holds no {SUMMARY} of a run; name a scenario file or the folder of a run's results",
                shown(path)
            );
            return Err(Failure::input(text));
        };
        let detail = [Detail::Summary, Detail::Charges, Detail::Full];
        let detail = detail.into_iter().find(|detail| summary.get("detail") == Some(&detail.name().into()));
        let always =
            detail.into_iter().flat_map(tables_in).filter(|table| !WHERE_THERE_ARE_SOME.contains(table));
        for table in always {
            if !path.join(table).exists() {
                let text = format!("{} has lost its {table}; run the scenario again", shown(path));
                return Err(Failure::input(text));
            }
        }
        Ok(Chosen::Folder(path.to_owned(), summary))
    }

    /// Whether it has pseudonyms in place of names.
    pub(super) fn is_hidden(&self) -> bool {
        match self {
            Chosen::Scenario { .. } => false,
            Chosen::Folder(_, summary) => summary.get("names_hidden") == Some(&Value::Bool(true)),
        }
    }

    /// Has pseudonyms from here on.
    pub(super) fn hide(&mut self, pseudonyms: Option<&Pseudonyms>) -> Result<(), Failure> {
        let hidden = self.is_hidden();
        match (self, pseudonyms) {
            (Chosen::Scenario { scenario, .. }, Some(pseudonyms)) => {
                scenario.directory.hide_users(pseudonyms.hider());
                Ok(())
            }
            (Chosen::Scenario { .. }, None) => Err(Failure::input(
                "one side holds pseudonyms in place of names; add --hide-names, and the --names-key that they \
                 were made with",
            )),
            (Chosen::Folder(..), _) if hidden => Ok(()),
            (Chosen::Folder(path, _), _) => {
                let text = format!(
                    "{} holds names and the other side pseudonyms; name the scenario file in its place",
                    shown(path)
                );
                Err(Failure::input(text))
            }
        }
    }

    /// The tables of a folder, or those of a run that is made now.
    pub(super) fn carried_out(self) -> Result<Compared, Failure> {
        match self {
            Chosen::Folder(path, summary) => {
                Ok(Compared { name: shown(&path), summary, tables: Box::new(Folder(path)) })
            }
            Chosen::Scenario { path, name, scenario } => {
                let (summary, tables) =
                    guarded((&path, scenario.seed), "diff", || run(&path, &Arc::new(*scenario)))?;
                Ok(Compared { name, summary, tables: Box::new(tables) })
            }
        }
    }
}

fn run(path: &Path, scenario: &Arc<Scenario>) -> Result<(Value, PutAside), Failure> {
    let spool: Spool = Arc::new(|| Ok(Box::new(tempfile::tempfile()?)));
    let mut tables = Tables::new(scenario, Detail::Full, &spool);
    let run = replay::run(scenario, &mut tables, &Progress::of(scenario, false));
    let run = run.map_err(|stopped| Failure::stopped(&stopped, path))?;
    let mut aside = BTreeMap::new();
    let digests = tables.write(&run.packs, |table| {
        let file = tempfile::tempfile()?;
        aside.insert(table, file.try_clone()?);
        Ok(file)
    });
    let digests = digests.map_err(|error| {
        let place = shown(&std::env::temp_dir());
        Failure::input(format!("can't put tables aside in {place}: {error}; TMPDIR names another place"))
    })?;
    let summary = Summary::new(scenario, &run.tally, (Detail::Full, digests));
    Ok((serde_json::to_value(&summary).expect("plain data"), PutAside(aside)))
}

/// Tables in files without a name, which nobody has to remove.
struct PutAside(BTreeMap<&'static str, File>);

impl WrittenTables for PutAside {
    fn open(&self, table: &'static str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let Some(mut file) = self.0.get(table) else { return Ok(None) };
        file.rewind()?;
        Ok(Some(Box::new(file)))
    }
}

//! `PastRun`: the folder of a run's results, named to be asked about.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::results_folder::summary_of;
use crate::cli::shown;
use crate::results::files::{SCENARIO, SUMMARY};
use crate::results::ledger::{ACCOUNTS, USAGE};
use crate::results::table_reader::WrittenTables;
use crate::scenario::problem::nearest;
use crate::usage::balances::stock::Stock;
use crate::usage::balances::{Balances, DaysShown};
use crate::usage::books::Books;
use crate::usage::ledger::Ledger;
use crate::usage::packs::Packs;
use crate::usage::run_summary::RunSummary;
use crate::usage::sign_ins::SignIns;

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

    /// Its charges by day and account, users shown as `show` says.
    pub(super) fn ledger(&self, show: &dyn Fn(&str) -> String) -> Result<Ledger, Failure> {
        let read = |name: &'static str| {
            std::fs::read(self.path.join(name)).map(Bytes::from).map_err(|error| {
                let way_out = if self.summary.detail == "summary" {
                    "it was run with --detail summary; run the scenario again with --detail charges, or full"
                } else {
                    "run the scenario again"
                };
                Failure::input(format!("{} lacks its {name} ({error}); {way_out}", shown(&self.path)))
            })
        };
        let ledger = Ledger::open(read(ACCOUNTS)?, read(USAGE)?, show);
        ledger.map_err(|error| self.damaged(&error))
    }

    /// Its books: charges, packs and token events; users are shown as it is asked for.
    pub(super) fn books(&self, names: &Names) -> Result<Books, Failure> {
        let pseudonyms = names.of_results(self)?;
        let show = |name: &str| pseudonyms.as_ref().map_or_else(|| name.to_owned(), |of| of.of(name));
        let ledger = self.ledger(&show)?;
        let packs = Packs::read(&self.tables()).map_err(|error| self.damaged(&error))?;
        Ok(Books { summary: self.summary.clone(), ledger, packs, sign_ins: None })
    }

    /// Balances with users shown as it is asked for.
    pub(super) fn shown(&self, stock: Stock, names: &Names) -> Result<Balances, Failure> {
        let mut balances = stock.balances();
        if let Some(pseudonyms) = names.of_results(self)? {
            balances.hide_users(&pseudonyms);
        }
        Ok(balances)
    }

    /// Its stock at its end.
    pub(super) fn stock(&self, credit_days: Option<DaysShown>) -> Result<Stock, Failure> {
        let ledger = self.ledger(&str::to_owned)?;
        let stock = Stock::written(&self.summary, (&self.tables(), &ledger), credit_days);
        stock.map_err(|untold| self.damaged(&untold))
    }

    /// Its balances at its end; users are shown as it is asked for.
    pub(super) fn balances(&self, names: &Names) -> Result<Balances, Failure> {
        self.shown(self.stock(None)?, names)
    }

    /// When its sign-ins came.
    pub(super) fn sign_ins(&self) -> Result<SignIns, Failure> {
        SignIns::read(&self.tables(), &self.summary.zone()).map_err(|error| self.damaged(&error))
    }

    /// A team that is asked for must be one of the run's.
    pub(super) fn check_team(&self, team: Option<&str>) -> Result<(), Failure> {
        let known = || self.summary.teams.iter().map(|known| known.team.as_str());
        match team {
            Some(team) if !known().any(|known| known == team) => {
                Err(Failure::input(format!("there is no team `{team}`; {}", nearest(team, known()))))
            }
            _ => Ok(()),
        }
    }

    /// A file of the results that can't be read.
    pub(super) fn damaged(&self, error: &dyn std::error::Error) -> Failure {
        Failure::input(format!("{}: {error}", shown(&self.path)))
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

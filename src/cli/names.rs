//! `Names`: whether users are shown by their names, or by pseudonyms, in whatever a command prints and writes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::past_run::PastRun;
use crate::cli::shown;
use crate::scenario::Scenario;
use crate::usage::pseudonym::Pseudonyms;

/// How users are shown.
#[derive(Args)]
pub(super) struct Names {
    /// Show and write pseudonyms in place of users' names, the same in every command and file; without a key,
    /// whoever has a list of names can tell which is which
    #[arg(long)]
    hide_names: bool,
    /// A file with a secret, which the pseudonyms are made with: nobody without it can check them
    #[arg(long, value_name = "FILE", requires = "hide_names")]
    names_key: Option<PathBuf>,
}

impl Names {
    /// What makes pseudonyms; `None` where names are shown.
    pub(super) fn of(&self) -> Result<Option<Pseudonyms>, Failure> {
        let Some(file) = &self.names_key else { return Ok(self.hide_names.then(Pseudonyms::default)) };
        let key = std::fs::read(file);
        let key = key.map_err(|error| Failure::input(format!("can't read {}: {error}", shown(file))))?;
        // An editor ends a file with a line feed.
        let key = key.strip_suffix(b"\n").unwrap_or(&key);
        let key = key.strip_suffix(b"\r").unwrap_or(key);
        if key.is_empty() {
            return Err(Failure::input(format!("{} is empty; a key is any text or bytes", shown(file))));
        }
        Ok(Some(Pseudonyms::keyed(key)))
    }

    /// What makes pseudonyms of the names in a run's results; `None` where they are shown, or pseudonyms already.
    pub(super) fn of_results(&self, run: &PastRun) -> Result<Option<Pseudonyms>, Failure> {
        Ok(self.of()?.filter(|_| !run.summary.names_hidden))
    }

    /// Hides the users of a scenario, where that is asked for.
    pub(super) fn hide(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        if let Some(pseudonyms) = self.of()? {
            scenario.directory.hide_users(pseudonyms.hider());
        }
        Ok(())
    }
}

//! The folder of a run's results: written aside, then put in its place whole or not at all.

use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::report::files::{ResultFile, SUMMARY, TABLES};

/// Where a run's results go.
pub(super) struct ResultsFolder {
    path: PathBuf,
}

impl ResultsFolder {
    /// A folder that may be written: absent, empty, or holding an earlier run's results and nothing else.
    pub(super) fn claim(path: PathBuf) -> Result<Self, Failure> {
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ResultsFolder { path }),
            Err(error) => {
                let text =
                    format!("can't write results to {}: {error}; choose another --out", path.display());
                return Err(Failure::input(text));
            }
        };
        for entry in entries {
            let name = entry.map_err(|error| unwritable(&path, &error))?.file_name();
            let ours = TABLES.iter().chain([&SUMMARY]).any(|known| name == *known);
            if !ours {
                let name = name.to_string_lossy();
                let text = format!(
                    "{} holds something else ({name}) and is left alone; choose another --out",
                    path.display()
                );
                return Err(Failure::input(text));
            }
        }
        Ok(ResultsFolder { path })
    }

    /// Writes the files beside the folder, then exchanges the two in one step.
    pub(super) fn write(&self, files: &[ResultFile]) -> Result<(), Failure> {
        let aside = self.aside();
        let written = write_all(&aside, files).and_then(|()| self.replace_by(&aside));
        if written.is_err() {
            // What could not be removed was never in the place of a result.
            let _ = std::fs::remove_dir_all(&aside);
        }
        written
    }

    /// The folder's path as the user gave it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn aside(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.partial-{}", std::process::id()))
    }

    fn replace_by(&self, aside: &Path) -> Result<(), Failure> {
        interrupt::check()?;
        if !self.path.exists() {
            return std::fs::rename(aside, &self.path).map_err(|error| unwritable(&self.path, &error));
        }
        let exchanged = renameat_with(CWD, aside, CWD, &self.path, RenameFlags::EXCHANGE);
        let exchanged = exchanged.map_err(|error| unwritable(&self.path, &error.into()));
        exchanged.and_then(|()| std::fs::remove_dir_all(aside).map_err(|error| unwritable(aside, &error)))
    }
}

fn write_all(folder: &Path, files: &[ResultFile]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for file in files {
        interrupt::check()?;
        let path = folder.join(file.name);
        std::fs::write(&path, &file.text).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("can't write {}: {error}", path.display()))
}

/// Writes one file aside and puts it in its place whole.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.partial-{}", std::process::id()));
    let written = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&aside);
        unwritable(path, &error)
    })
}

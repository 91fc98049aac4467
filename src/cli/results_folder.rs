//! The folder of a run's results: written aside, then put in its place whole or not at all.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::cli::failure::Failure;
use crate::cli::{interrupt, shown};
use crate::report::files::{ResultFile, SUMMARY, TABLES};

/// Where a run's results go.
pub(super) struct ResultsFolder {
    path: PathBuf,
}

impl ResultsFolder {
    /// A folder that may be written: absent, empty, or holding an earlier run's results and nothing else.
    pub(super) fn claim(path: &Path) -> Result<Self, Failure> {
        let Ok(whole) = path.canonicalize() else {
            if path.is_symlink() {
                let text = format!("{} is a link to nothing; choose another --out", shown(path));
                return Err(Failure::input(text));
            }
            return Ok(ResultsFolder { path: path.to_owned() });
        };
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        if here.is_ok_and(|here| here.starts_with(&whole)) {
            let text = format!("{} is the folder you stand in; name one inside it with --out", shown(path));
            return Err(Failure::input(text));
        }
        let entries = std::fs::read_dir(&whole).map_err(|error| unwritable(path, &error))?;
        let entries: Vec<DirEntry> =
            entries.collect::<Result<_, _>>().map_err(|error| unwritable(path, &error))?;
        if let Some(other) = entries.iter().find(|entry| !is_ours(entry)) {
            return Err(holds_something_else(path, &other.file_name().to_string_lossy()));
        }
        if !entries.is_empty() && !is_our_summary(&whole.join(SUMMARY)) {
            return Err(holds_something_else(path, &format!("no {SUMMARY} of a run")));
        }
        Ok(ResultsFolder { path: whole })
    }

    /// Writes the files beside the folder, then exchanges the two in one step.
    pub(super) fn write(&self, files: &[ResultFile]) -> Result<(), Failure> {
        remove_abandoned(&self.path);
        let aside = aside(&self.path);
        let written = write_all(&aside, files).and_then(|()| self.replace_by(&aside));
        if written.is_err() {
            // What could not be removed was never in the place of a result.
            let _ = std::fs::remove_dir_all(&aside);
        }
        written
    }

    fn replace_by(&self, aside: &Path) -> Result<(), Failure> {
        interrupt::check()?;
        if !self.path.exists() {
            return std::fs::rename(aside, &self.path).map_err(|error| unwritable(&self.path, &error));
        }
        match renameat_with(CWD, aside, CWD, &self.path, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // A file system that can't exchange: for a moment there is no result, never half of one.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let old = aside.with_extension("old");
                let renamed = std::fs::rename(&self.path, &old)
                    .and_then(|()| std::fs::rename(aside, &self.path))
                    .and_then(|()| std::fs::rename(&old, aside));
                renamed.map_err(|error| unwritable(&self.path, &error))?;
            }
            Err(error) => return Err(unwritable(&self.path, &error.into())),
        }
        // The new result is in its place; what can't be removed of the old one goes with the next run.
        let _ = std::fs::remove_dir_all(aside);
        Ok(())
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
    Failure::input(format!("can't write {}: {error}", shown(path)))
}

/// Writes one file aside and puts it in its place whole; what is no plain file is written into.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if place.exists() && !place.is_file() {
        return std::fs::write(&place, text).map_err(|error| unwritable(path, &error));
    }
    let aside = aside(&place);
    let written = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, &place));
    written.map_err(|error| {
        // What could not be removed was never in the place of a result.
        let _ = std::fs::remove_file(&aside);
        unwritable(path, &error)
    })
}

/// A plain file with the name of a result.
fn is_ours(entry: &DirEntry) -> bool {
    let named = TABLES.iter().chain([&SUMMARY]).any(|known| entry.file_name() == *known);
    named && entry.file_type().is_ok_and(|kind| kind.is_file())
}

fn is_our_summary(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    ["version", "zone_data", "seed", "sha256"].iter().all(|key| value.get(key).is_some())
}

fn holds_something_else(path: &Path, what: &str) -> Failure {
    let text =
        format!("{} holds something else ({what}) and is left alone; choose another --out", shown(path));
    Failure::input(text)
}

/// The place beside a path where what belongs there is written first.
fn aside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}{}", aside_prefix(path), std::process::id()))
}

fn aside_prefix(path: &Path) -> String {
    format!(".{}.partial-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes what a run that was killed left beside this folder.
fn remove_abandoned(path: &Path) {
    let prefix = aside_prefix(path);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(parent.unwrap_or(Path::new(".")));
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(&prefix).and_then(|number| number.parse().ok());
        let process = process.and_then(rustix::process::Pid::from_raw);
        if process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH)) {
            // Left for the next run where it can't be removed; it is in nobody's way.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

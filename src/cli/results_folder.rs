//! The folder of a run's results: written aside, then put in its place whole or not at all.

use std::fs::{DirEntry, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::cli::aside::{Aside, Interruptible};
use crate::cli::failure::Failure;
use crate::cli::interrupt::Results;
use crate::cli::{interrupt, shown};
use crate::results::files::{LATENCY, SCENARIO, SUMMARY, TABLES};
use crate::results::ledger::{ACCOUNTS, USAGE};

/// Where a run's results go.
pub(super) struct ResultsFolder {
    path: PathBuf,
    /// As it was named.
    pub(super) named: PathBuf,
}

impl ResultsFolder {
    /// A folder that may be written: absent, empty, or holding an earlier run's results and nothing else.
    pub(super) fn claim(path: &Path) -> Result<Self, Failure> {
        let Ok(whole) = path.canonicalize() else {
            if path.is_symlink() {
                let text = format!("{} is a link to nothing; choose another --out", shown(path));
                return Err(Failure::input(text));
            }
            return Ok(ResultsFolder { path: path.to_owned(), named: path.to_owned() });
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
        if !entries.is_empty() && summary_of(&whole).is_none() {
            return Err(holds_something_else(path, &format!("no {SUMMARY} of a run")));
        }
        Ok(ResultsFolder { path: whole, named: path.to_owned() })
    }

    /// The place beside the folder where results are written first.
    pub(super) fn begin(&self) -> Result<Aside, Failure> {
        remove_abandoned(&self.path);
        Aside::begin(&self.path, aside(&self.path))
    }

    /// Exchanges the folder for what was written, in one step; returns how many files it holds.
    pub(super) fn put_in_place(&self, aside: Aside) -> Result<usize, Failure> {
        // A run takes its time: what somebody put into the folder meanwhile is left alone.
        aside.put_in_place(|| ResultsFolder::claim(&self.path).map(|_| ()))
    }

    /// Some files of the results, to be read.
    pub(super) fn read(&self, names: &[&'static str]) -> io::Result<Vec<(&'static str, File)>> {
        names.iter().map(|name| Ok((*name, File::open(self.path.join(name))?))).collect()
    }
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("can't write {}: {error}", shown(path)))
}

/// Refuses a file that would lie among the results of a run, or take the place of one of them through a link.
pub(super) fn not_among_results(path: &Path) -> Result<(), Failure> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folders = [path.parent(), place.parent()].into_iter().flatten();
    let named =
        |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
    if folders.map(named).any(|folder| summary_of(&folder).is_some()) {
        let text = format!(
            "{} lies among the results of a run, which hold nothing else; choose another place",
            shown(path)
        );
        return Err(Failure::input(text));
    }
    Ok(())
}

/// Writes one file aside piece by piece and puts it in its place whole; what is no plain file is written into.
pub(super) fn write_file_with<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let failed = |error: io::Error| unwritable(path, &error);
    if place.exists() && !place.is_file() {
        let mut file = std::fs::OpenOptions::new().write(true).open(&place).map_err(failed)?;
        return write(&mut file);
    }
    let aside = aside(&place);
    let mut file = {
        let mut results = interrupt::results();
        let file = File::create(&aside).map_err(failed)?;
        *results = Results::Aside(aside.clone());
        BufWriter::new(Interruptible(file))
    };
    let written = write(&mut file).and_then(|told| file.flush().map(|()| told).map_err(failed));
    let mut results = interrupt::results();
    let placed = written.and_then(|told| {
        interrupt::check()?;
        std::fs::rename(&aside, &place).map(|()| told).map_err(failed)
    });
    *results = if placed.is_ok() { Results::InPlace } else { Results::Absent };
    placed.inspect_err(|_| {
        // What could not be removed was never in the place of a result.
        let _ = std::fs::remove_file(&aside);
    })
}

/// Writes one file aside and puts it in its place whole; what is no plain file is written into.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if place.exists() && !place.is_file() {
        return std::fs::write(&place, text).map_err(|error| unwritable(path, &error));
    }
    let aside = aside(&place);
    let mut results = interrupt::results();
    let written = std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, &place));
    let written = written.map(|()| *results = Results::InPlace);
    written.map_err(|error| {
        // What could not be removed was never in the place of a result.
        let _ = std::fs::remove_file(&aside);
        unwritable(path, &error)
    })
}

/// A plain file with the name of a result.
fn is_ours(entry: &DirEntry) -> bool {
    let named = TABLES
        .iter()
        .chain(&LATENCY)
        .chain([&SUMMARY, &SCENARIO, &USAGE, &ACCOUNTS])
        .any(|known| entry.file_name() == *known);
    named && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// The summary of the run whose results a folder holds.
pub(super) fn summary_of(folder: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join(SUMMARY)).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    ["version", "zone_data", "seed", "sha256"].iter().all(|key| value.get(key).is_some()).then_some(value)
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

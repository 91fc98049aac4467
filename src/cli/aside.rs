//! `Aside`: a folder that is written beside its place, then put there whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::interrupt::Results;
use crate::cli::results_folder::unwritable;
use crate::results::files::Tables;
use crate::results::sorted_rows::Spool;
use crate::scenario::Scenario;
use crate::simulation::recorder::Detail;

/// A folder before it is in its place; what is not put there is removed.
pub(super) struct Aside {
    /// Where it will be.
    place: PathBuf,
    /// Where it is.
    pub(super) path: PathBuf,
}

impl Aside {
    /// An empty folder.
    pub(super) fn begin(place: &Path, path: PathBuf) -> Result<Self, Failure> {
        let mut results = interrupt::results();
        std::fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        *results = Results::Aside(path.clone());
        Ok(Aside { place: place.to_owned(), path })
    }

    /// Tables that put aside here what does not fit into memory, in files without a name.
    pub(super) fn tables(&self, scenario: &Arc<Scenario>, detail: Detail) -> Tables {
        let path = self.path.clone();
        let spool: Spool = Arc::new(move || {
            let file = tempfile::tempfile_in(&path)?;
            Ok(Box::new(file))
        });
        Tables::new(scenario, detail, &spool)
    }

    /// A new file, which can't be written any more once Ctrl-C was pressed.
    pub(super) fn create(&self, name: &str) -> io::Result<impl Write> {
        File::create(self.path.join(name)).map(Interruptible)
    }

    /// Writes a file.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        self.create(name).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| self.failed(&e))
    }

    /// Why the folder can't be written.
    pub(super) fn failed(&self, error: &io::Error) -> Failure {
        if interrupt::pressed() { Failure::Interrupted } else { unwritable(&self.place, error) }
    }

    /// Exchanges what is in its place for it, in one step, if that may still be; returns how many files it holds.
    pub(super) fn put_in_place(self, may: impl FnOnce() -> Result<(), Failure>) -> Result<usize, Failure> {
        interrupt::check()?;
        let (place, aside) = (&self.place, &self.path);
        let mut results = interrupt::results();
        may()?;
        let files = std::fs::read_dir(aside).map_err(|error| unwritable(aside, &error))?.count();
        if !place.exists() {
            match std::fs::rename(aside, place) {
                Ok(()) => {
                    *results = Results::InPlace;
                    return Ok(files);
                }
                // Somebody else was there first.
                Err(_) if place.exists() => {}
                Err(error) => return Err(unwritable(place, &error)),
            }
        }
        match renameat_with(CWD, aside, CWD, place, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // A file system that can't exchange: for a moment there is no result, never half of one.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let name = aside.file_name().unwrap_or_default().to_string_lossy();
                let old = aside.with_file_name(format!("{name}.old"));
                let renamed = std::fs::rename(place, &old)
                    .and_then(|()| std::fs::rename(aside, place))
                    .and_then(|()| std::fs::rename(&old, aside));
                renamed.map_err(|error| unwritable(place, &error))?;
            }
            Err(error) => return Err(unwritable(place, &error.into())),
        }
        *results = Results::InPlace;
        // What was there before is where the new one was written, and goes with it.
        Ok(files)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let mut results = interrupt::results();
        // What can't be removed was never in the place of a result; the next run tries again.
        let _ = std::fs::remove_dir_all(&self.path);
        if matches!(*results, Results::Aside(_)) {
            *results = Results::Absent;
        }
    }
}

/// A file whose writing Ctrl-C ends.
pub(super) struct Interruptible(pub(super) File);

impl Write for Interruptible {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if interrupt::pressed() {
            return Err(io::Error::other("interrupted"));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

//! Ctrl-C: asked for between two steps of a run, so that it ends in good order. Where no step ends soon the
//! process does, from wherever it is, and what was written aside goes with it.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cli::failure::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

static RESULTS: Mutex<Results> = Mutex::new(Results::Absent);

/// A run is given so long to end by itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// What there is of the results of a run.
pub(super) enum Results {
    /// Nothing.
    Absent,
    /// Some of it, in a folder or file that is removed when the run ends early.
    Aside(PathBuf),
    /// All of it: only printing is left.
    InPlace,
}

/// From here on Ctrl-C is noted, and ends the process: a run that has begun a moment later.
///
/// Where the signal is ignored already, as in a job in the background, it stays ignored.
pub(super) fn watch() {
    let noted = ctrlc::try_set_handler(|| {
        INTERRUPTED.store(true, Ordering::Relaxed);
        if matches!(*results(), Results::Aside(_)) {
            std::thread::sleep(PATIENCE);
        }
        end();
    });
    drop(noted);
}

/// Whether Ctrl-C was pressed.
pub(super) fn pressed() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Fails once Ctrl-C was pressed.
pub(super) fn check() -> Result<(), Failure> {
    if pressed() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// What there is of the results; the process is not ended by Ctrl-C while this is held.
pub(super) fn results() -> MutexGuard<'static, Results> {
    RESULTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the process. It never lets go of the results, so that nobody puts in place what is removed here.
fn end() {
    let results = results();
    let failure = match &*results {
        Results::Absent => Failure::Interrupted,
        Results::Aside(path) => {
            remove(path);
            Failure::Interrupted
        }
        Results::InPlace => Failure::InterruptedLate,
    };
    // The line of the progress is left where it is, and would be written over.
    let line = if std::io::stderr().is_terminal() { "\r\u{1b}[K" } else { "" };
    // Nothing is left to be told when standard error itself is closed.
    let _ = write!(anstream::stderr(), "{line}{failure}");
    std::process::exit(failure.code().into());
}

/// Removes a folder in which somebody may still write for a moment, or a file.
fn remove(path: &Path) {
    const TRIES: usize = 20;
    if path.is_file() {
        let _ = std::fs::remove_file(path);
    }
    let _ = (0..TRIES).any(|_| std::fs::remove_dir_all(path).is_ok() || !path.exists());
}

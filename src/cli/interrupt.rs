//! Ctrl-C: asked for between two steps of the work, so that nothing half-written stays behind.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::failure::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C is noted and does not end the process at once; a second one does.
///
/// Where the signal is ignored already, as in a job in the background, it stays ignored.
pub(super) fn watch() {
    let noted = ctrlc::try_set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
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

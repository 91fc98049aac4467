//! `SearchLine`: how far a search has come, on a terminal, once it takes longer than a second.

use std::cell::Cell;
use std::io::IsTerminal;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::audit::transcript::Script;
use crate::cli::progress::nanoseconds;

/// Nanoseconds of a search that shows nothing.
const SHOWN_AFTER: u64 = 1_000_000_000;

/// A search as somebody who waits for it sees it.
pub(super) struct SearchLine {
    line: ProgressBar,
    started: u64,
    runs: Cell<u64>,
}

impl SearchLine {
    /// A search that has not begun.
    pub(super) fn new() -> Self {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        line.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("a template without mistakes"));
        if std::io::stderr().is_terminal() {
            line.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        }
        SearchLine { line, started: nanoseconds(), runs: Cell::new(0) }
    }

    /// One more candidate is run.
    pub(super) fn tell(&self, candidate: &Script) {
        self.runs.set(self.runs.get() + 1);
        if self.line.is_hidden() || nanoseconds() - self.started < SHOWN_AFTER {
            return;
        }
        let (steps, runs) = (candidate.document.tables("step").count() as u64, self.runs.get());
        self.line.set_message(format!("{} steps?  {} runs", HumanCount(steps), HumanCount(runs)));
        self.line.tick();
    }

    /// The search is over.
    pub(super) fn finish(&self) {
        self.line.finish_and_clear();
    }
}

impl Drop for SearchLine {
    /// A search that was ended leaves no line behind.
    fn drop(&mut self) {
        self.finish();
    }
}

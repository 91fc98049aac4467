//! `ByteProgress`: how much of some files has been read, on a terminal, once it takes longer than a second.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::progress::nanoseconds;

/// Nanoseconds in which nothing is shown.
const SHOWN_AFTER: u64 = 1_000_000_000;

/// Reading as somebody who waits for it sees it.
#[derive(Clone)]
pub(super) struct ByteProgress {
    bar: ProgressBar,
    started: u64,
    shows: bool,
}

impl ByteProgress {
    /// Nothing of so many bytes, with a word for what is done.
    pub(super) fn of(bytes: u64, doing: &'static str, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = "{bar:30} {percent:>3} %  {msg} {bytes} of {total_bytes}  {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("a template without mistakes"));
        let shows = !quiet && std::io::stderr().is_terminal();
        ByteProgress { bar: bar.with_message(doing), started: nanoseconds(), shows }
    }

    /// Some more bytes.
    pub(super) fn add(&self, bytes: usize) {
        if self.shows && self.bar.is_hidden() && nanoseconds() - self.started > SHOWN_AFTER {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        }
        self.bar.inc(bytes as u64);
    }

    /// All of it was read.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

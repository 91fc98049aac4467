//! `View`: a load as it is watched, on a terminal, every second anew.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::measure::Noted;
use crate::load::result::Interval;
use crate::report::load::live::live;

/// Lines at the bottom of the terminal; none where there is no terminal.
pub(super) struct View {
    lines: ProgressBar,
    seconds: f64,
}

impl View {
    /// Of a load of so many seconds; `quiet` shows nothing.
    pub(super) fn of(seconds: f64, quiet: bool) -> Self {
        let shows = !quiet && std::io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = ProgressBar::with_draw_target(None, target);
        lines.set_style(ProgressStyle::with_template("{msg}").expect("a template without mistakes"));
        View { lines, seconds }
    }

    /// A second is over.
    pub(super) fn show(&self, interval: &Interval, noted: &Noted) {
        if !self.lines.is_hidden() {
            self.lines.set_message(live(interval, noted, self.seconds));
        }
    }

    /// What is done now.
    pub(super) fn say(&self, what: &str) {
        self.lines.set_message(what.to_owned());
    }
}

impl Drop for View {
    /// A load that is over leaves no lines behind.
    fn drop(&mut self) {
        self.lines.finish_and_clear();
    }
}

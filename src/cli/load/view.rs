//! `View`: a load as it is watched, on a terminal, every second anew.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::outcome::counts;
use crate::load::result::{Interval, Latency, Manner};
use crate::load::run::Measured;
use crate::report::load::live::{LiveState, live};

/// Columns where the terminal does not tell.
const COLUMNS: u16 = 80;

/// Lines at the bottom of the terminal; none where there is no terminal.
pub(super) struct View {
    lines: ProgressBar,
    manner: Manner,
}

impl View {
    /// Of a load; `quiet` shows nothing.
    pub(super) fn of(manner: Manner, quiet: bool) -> Self {
        let shows = !quiet && std::io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = ProgressBar::with_draw_target(None, target);
        lines.set_style(ProgressStyle::with_template("{msg}").expect("a template without mistakes"));
        View { lines, manner }
    }

    /// A second is over.
    pub(super) fn show(&self, interval: &Interval, so_far: &Measured) {
        if self.lines.is_hidden() {
            return;
        }
        let state = LiveState {
            elapsed_seconds: interval.until_seconds,
            total_seconds: self.manner.duration_seconds,
            warmup_seconds: self.manner.warmup_seconds,
            last: interval.clone(),
            counts: counts(&so_far.noted, &self.manner),
            latency_planned: Latency::of(&so_far.planned),
            lateness: Latency::of(&so_far.lateness),
            invalid: Vec::new(),
        };
        let width = terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| width.0);
        self.say(live(&state, width).trim_end());
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

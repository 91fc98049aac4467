//! `Failure`: why a command could not be carried out, and the exit code that says so.

use std::fmt;
use std::path::Path;

use crate::cli::{interrupt, shown};
use crate::simulation::recorder::Stopped;

/// A command that could not be carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// Bad input, with the way out; exit code 2.
    Input(String),
    /// A scenario file in error, drawn on its lines; exit code 2.
    Scenario(String),
    /// Ctrl-C; exit code 130.
    Interrupted,
    /// Ctrl-C when the results were in place already; exit code 130.
    InterruptedLate,
    /// A defect of flexmeter itself; exit code 70.
    Defect(String),
}

impl Failure {
    /// Bad input, in a sentence.
    pub(super) fn input(text: impl Into<String>) -> Self {
        Failure::Input(text.into())
    }

    /// Why the run of a scenario file ended early.
    pub(super) fn stopped(stopped: &Stopped, file: &Path) -> Self {
        match stopped {
            Stopped::Interrupted => Failure::Interrupted,
            // Where rows were put aside is gone.
            Stopped::Unrecordable(_) if interrupt::pressed() => Failure::Interrupted,
            Stopped::Unrecordable(_) => Failure::Input(stopped.to_string()),
            Stopped::Panicked(panicked) => Failure::defect(file, panicked),
        }
    }

    /// A panic at a scenario file, before anything was written.
    pub(super) fn defect(file: &Path, panicked: impl fmt::Display) -> Self {
        Failure::Defect(format!("{}: {panicked}; nothing was written", shown(file)))
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Failure::Input(_) | Failure::Scenario(_) => 2,
            Failure::Interrupted | Failure::InterruptedLate => 130,
            Failure::Defect(_) => 70,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bad = anstyle::AnsiColor::Red.on_default().bold();
        match self {
            Failure::Input(text) => writeln!(f, "{bad}error{bad:#}: {text}"),
            Failure::Scenario(drawing) => writeln!(f, "{drawing}"),
            Failure::Interrupted => writeln!(f, "interrupted; nothing was written"),
            Failure::InterruptedLate => writeln!(f, "interrupted; the results are in place"),
            Failure::Defect(text) => {
                let note = "this is a defect of flexmeter, please report it";
                writeln!(f, "{bad}error{bad:#}: {text}\n{note}")
            }
        }
    }
}

//! `Failure`: why a command could not be carried out, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

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
    /// A defect of flexmeter itself; exit code 70.
    Defect(String),
}

impl Failure {
    /// Bad input, in a sentence.
    pub(super) fn input(text: impl Into<String>) -> Self {
        Failure::Input(text.into())
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Input(_) | Failure::Scenario(_) => 2,
            Failure::Interrupted => 130,
            Failure::Defect(_) => 70,
        })
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Failure::Interrupted,
            Stopped::Unrecordable(_) => Failure::Input(stopped.to_string()),
            Stopped::Panicked(_) => Failure::Defect(stopped.to_string()),
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
            Failure::Defect(text) => {
                let note = "nothing was written; this is a defect of flexmeter, please report it";
                writeln!(f, "{bad}error{bad:#}: {text}\n{note}")
            }
        }
    }
}

//! `OtherBuild`: another build of flexmeter, run as a process on a file and compared with this one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::audit::journal::Journal;
use crate::audit::transcript::Script;
use crate::cli::failure::Failure;
use crate::cli::interrupt::{self, Results};
use crate::cli::shown;

/// The tables as what differs in them counts: tokens, access, what follows from them.
const ORDER: [&str; 8] = [
    "charges.csv",
    "sign_ins.csv",
    "sessions.csv",
    "credits.csv",
    "transition.csv",
    "packs.csv",
    "notices.csv",
    "token_events.csv",
];

/// Exit code of a command that was given bad input.
const BAD_INPUT: i32 = 2;

/// Another build, and a folder for what it reads and writes.
pub(super) struct OtherBuild {
    binary: PathBuf,
    folder: tempfile::TempDir,
}

/// In what two builds part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// The other one breaks down.
    Breakdown,
    /// They write this table differently; of several, the one that counts most.
    Table(&'static str),
}

/// What the other build made of a file.
pub(super) enum Made {
    /// Tables, in this folder.
    Tables(PathBuf),
    /// It panicked, or was ended by a signal.
    Breakdown,
    /// It can't read the file, and says why.
    Unread(String),
}

impl OtherBuild {
    /// A build that can be started.
    pub(super) fn of(binary: &Path) -> Result<Self, Failure> {
        let aside = |error: io::Error| {
            let place = shown(&std::env::temp_dir());
            Failure::input(format!("can't put files aside in {place}: {error}; TMPDIR names another place"))
        };
        let folder = tempfile::Builder::new().prefix("flexmeter-shrink-").tempdir().map_err(aside)?;
        *interrupt::results() = Results::Aside(folder.path().to_owned());
        Ok(OtherBuild { binary: binary.to_owned(), folder })
    }

    /// Runs it on the text of a scenario file.
    pub(super) fn run(&self, text: &str) -> Result<Made, Failure> {
        let (file, out) = (self.folder.path().join("candidate.toml"), self.folder.path().join("out"));
        let failed = |error: io::Error| Failure::input(format!("can't run {}: {error}", shown(&self.binary)));
        std::fs::write(&file, text).map_err(failed)?;
        let mut command = Command::new(&self.binary);
        command.arg("run").arg(&file).args(["--driver", "loop", "--quiet", "--out"]).arg(&out);
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).output().map_err(failed)?;
        interrupt::check()?;
        Ok(match done.status.code() {
            Some(0) => Made::Tables(out),
            Some(BAD_INPUT) => Made::Unread(String::from_utf8_lossy(&done.stderr).into_owned()),
            _ => Made::Breakdown,
        })
    }

    /// In what it parts from this build.
    pub(super) fn parting(&self, candidate: &Script) -> Result<Option<Parting>, Failure> {
        Ok(match self.run(&candidate.document.text())? {
            Made::Breakdown => Some(Parting::Breakdown),
            Made::Unread(_) => None,
            Made::Tables(folder) => self.differing(candidate, &folder)?.first().copied().map(Parting::Table),
        })
    }

    /// Whether it parts in that from this build.
    pub(super) fn parts_in(&self, candidate: &Script, parting: Parting) -> Result<bool, Failure> {
        Ok(match (self.run(&candidate.document.text())?, parting) {
            (Made::Breakdown, Parting::Breakdown) => true,
            (Made::Tables(folder), Parting::Table(table)) => {
                self.differing(candidate, &folder)?.contains(&table)
            }
            _ => false,
        })
    }

    /// The tables that both write, and differently.
    fn differing(&self, candidate: &Script, folder: &Path) -> Result<Vec<&'static str>, Failure> {
        let ours = Journal::of(&candidate.scenario).tables();
        let mut differing = Vec::new();
        for table in ORDER {
            let theirs = match std::fs::read(folder.join(table)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                theirs => theirs.map_err(|error| {
                    Failure::input(format!("can't read what {} wrote: {error}", shown(&self.binary)))
                })?,
            };
            if ours.get(table).is_some_and(|ours| *ours != theirs) {
                differing.push(table);
            }
        }
        Ok(differing)
    }
}

impl Drop for OtherBuild {
    fn drop(&mut self) {
        let mut results = interrupt::results();
        if matches!(*results, Results::Aside(_)) {
            *results = Results::Absent;
        }
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parting::Breakdown => f.write_str("it breaks down"),
            Parting::Table(table) => write!(f, "another {table}"),
        }
    }
}

//! The least that shows a bug of the museum: a file that its build fails and this one passes.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::history::History;
use crate::support::{flexmeter, project, stdout};

/// Steps that a shrunk file may have.
pub(super) const STEPS_MAX: u64 = 12;

/// Long histories in which a bug is looked for; where none shows it, the scenario that catches it is shrunk.
const HISTORIES: u64 = 30;

/// What a file was shrunk to.
#[derive(Debug)]
pub(super) struct Shrunk {
    name: String,
    /// What was shrunk.
    from: String,
    /// Steps before and after.
    pub(super) steps: (u64, u64),
    runs: u64,
}

impl Shrunk {
    /// Shrinks the first file on which the build of a bug fails what this one passes.
    pub(super) fn of(name: &str, build: &Path, caught: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let histories = (0..HISTORIES).map(|seed| (format!("history {seed}"), History::long(seed).to_toml()));
        let scenario = || {
            let path = project().join(caught);
            (caught.to_owned(), fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name}: {caught}")))
        };
        let mut files = histories.chain(std::iter::once_with(scenario));
        let shrunk = files.find_map(|(from, text)| {
            fs::write(folder.path().join("long.toml"), text).expect("written");
            let (steps, runs) = shrink(folder.path(), build)?;
            Some(Shrunk { name: name.to_owned(), from, steps, runs })
        });
        let shrunk = shrunk.unwrap_or_else(|| panic!("{name}: nothing shows it"));
        fs::remove_file(build).expect("the build is not needed any more");
        shrunk
    }
}

/// Steps before and after, and how many runs it took; `None` where the builds agree, or where what they differ in
/// is nothing that a file can expect.
fn shrink(folder: &Path, build: &Path) -> Option<((u64, u64), u64)> {
    let build = build.to_str().expect("a path of letters");
    let arguments =
        ["shrink", "long.toml", "--against", build, "--out", "small.toml", "--overwrite", "--format", "json"];
    let output = flexmeter(folder, &arguments);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(output.status.code(), Some(i32::from(told["found"] == false)), "{told}");
    if told["found"] == false {
        return None;
    }
    let ours = flexmeter(folder, &["check", "small.toml"]);
    assert_eq!(ours.status.code(), Some(0), "{}", stdout(&ours));
    let theirs = Command::new(build).args(["check", "small.toml"]).current_dir(folder).output();
    let fails = theirs.expect("the build runs").status.code() != Some(0);
    let count = |when: &str| told[when]["step"].as_u64().expect("a count");
    fails.then(|| ((count("before"), count("after")), told["runs"].as_u64().expect("a count")))
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shrunk { name, from, steps: (before, after), runs } = self;
        write!(f, "{name:<45} {before:>3} steps to {after:>2} in {runs:>3} runs, from {from}")
    }
}

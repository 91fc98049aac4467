//! Running the binary in a folder of its own, and finding scenario files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flexmeter::report::files::{ResultFile, tables};
use flexmeter::scenario::Scenario;
use flexmeter::simulation::run::Run;

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every scenario file below `scenarios/`, by name.
pub(crate) fn scenario_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![project().join("scenarios")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of scenarios") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// A scenario that must be right.
pub(crate) fn scenario(text: &str) -> Scenario {
    Scenario::read(text).unwrap_or_else(|problems| panic!("the scenario is right: {problems:#?}\n{text}"))
}

/// Reads, runs and writes out a scenario.
pub(crate) fn result_files(text: &str) -> [ResultFile; 5] {
    let scenario = scenario(text);
    tables(&scenario, &Run::replay(&scenario))
}

/// The binary with arguments, in a folder.
pub(crate) fn flexmeter(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.current_dir(folder).args(arguments).env_remove("CLICOLOR_FORCE");
    command.output().expect("the binary runs")
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

//! `Builds`: two builds of flexmeter under the same load, run in turns, and their results.

use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, Stdio};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::shown;
use crate::load::comparison::{Side, order};
use crate::load::result::LoadResult;

/// Lines of what a build says that are passed on.
const SAID_MAX: usize = 12;

/// Two builds, and the load that both are put under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Builds<'a> {
    /// The executables of A and of B.
    pub(super) binaries: (&'a Path, &'a Path),
    /// The scenario.
    pub(super) file: &'a Path,
    /// Further arguments of `load`, as they are.
    pub(super) arguments: &'a [String],
    /// Pairs of runs.
    pub(super) rounds: usize,
}

/// Whether a line on the terminal says how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// Where there is a terminal.
    Progress,
    /// No.
    Nothing,
}

impl Builds<'_> {
    /// Runs A and B in turns; a result of each for each round.
    pub(super) fn run(&self, telling: Telling) -> Result<Vec<(LoadResult, LoadResult)>, Failure> {
        let shows = telling == Telling::Progress && std::io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let runs = 2 * u64::try_from(self.rounds).expect("few rounds");
        let bar = ProgressBar::with_draw_target(Some(runs), target);
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} runs  {msg}  {eta} left");
        bar.set_style(style.expect("a template without mistakes"));
        let mut pairs = Vec::new();
        for turn in order(self.rounds) {
            let of = |side: Side| {
                bar.set_message(format!("{side:?} is running"));
                let result = self.result(side);
                bar.inc(1);
                result
            };
            let (first, second) = (of(turn[0])?, of(turn[1])?);
            pairs.push(if turn[0] == Side::A { (first, second) } else { (second, first) });
        }
        bar.finish_and_clear();
        Ok(pairs)
    }

    /// One run of one side.
    fn result(&self, side: Side) -> Result<LoadResult, Failure> {
        let binary = if side == Side::A { self.binaries.0 } else { self.binaries.1 };
        let failed = |error| Failure::input(format!("can't run {}: {error}", shown(binary)));
        // A name without a folder is the file that was named, not one that is searched for.
        let mut command = Command::new(binary.canonicalize().map_err(failed)?);
        command.arg("load").arg(self.file).args(self.arguments);
        command.args(["--format", "json", "--quiet", "--no-baselines"]);
        let done = command.stdin(Stdio::null()).output().map_err(failed)?;
        interrupt::check()?;
        // A load that is INVALID, or does not meet what is required of it, has a result and another exit code.
        serde_json::from_slice(&done.stdout).map_err(|error| {
            let said = String::from_utf8_lossy(&done.stderr);
            let said: Vec<&str> = said.lines().take(SAID_MAX).collect();
            let name = shown(binary);
            Failure::input(if done.status.success() {
                format!("what {name} wrote is no result of a load: {error}; is it a flexmeter with the same results?")
            } else {
                format!("{name} failed ({}):\n{}", done.status, said.join("\n"))
            })
        })
    }
}

/// The result of a load in a file; `None` where the file holds no JSON, as an executable.
pub(super) fn result_in(file: &Path) -> Result<Option<LoadResult>, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::input(format!("can't read {}: {error}", shown(file))))?;
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Ok(None);
    }
    let result = serde_json::from_slice(&bytes).map_err(|error| {
        let name = shown(file);
        Failure::input(format!(
            "{name} is no result of a load: {error}; `flexmeter load FILE --format json` writes one"
        ))
    })?;
    Ok(Some(result))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::cli::load::builds::{Builds, Telling, result_in};

    /// A build that does what a script says.
    fn build(folder: &std::path::Path, (name, script): (&str, &str)) -> std::path::PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", folder.display())).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
        path
    }

    fn said(folder: &std::path::Path, script: &str) -> String {
        let binary = build(folder, ("build", script));
        let builds = Builds {
            binaries: (&binary, &binary),
            file: "firm.toml".as_ref(),
            arguments: &["--rate".to_owned(), "5".to_owned()],
            rounds: 2,
        };
        builds.run(Telling::Nothing).expect_err("no result").to_string()
    }

    #[test]
    fn a_build_that_fails_is_told_with_what_it_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let failing = said(folder.path(), "echo \"$@\" >> asked; echo no such rate >&2; exit 2");
        assert!(failing.contains("build failed") && failing.contains("no such rate"), "{failing}");
        let asked = std::fs::read_to_string(folder.path().join("asked")).expect("it was asked");
        assert_eq!(asked, "load firm.toml --rate 5 --format json --quiet --no-baselines\n", "once");
        let other = said(folder.path(), "echo '{\"summary\": 1}'");
        assert!(other.contains("is no result of a load"), "{other}");
    }

    #[test]
    fn an_executable_is_no_result_and_another_json_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = build(folder.path(), ("build", ""));
        assert!(matches!(result_in(&binary), Ok(None)));
        let other = folder.path().join("other.json");
        std::fs::write(&other, "{}").expect("a file");
        let error = result_in(&other).expect_err("not a load's").to_string();
        assert!(error.contains("is no result of a load"), "{error}");
        assert!(result_in(&folder.path().join("none")).is_err());
    }
}

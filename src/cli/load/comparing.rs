//! `flexmeter load --compare`: two results, or two builds in turns.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::load::builds::{Builds, Telling, result_in};
use crate::cli::load::files::RESULT;
use crate::cli::shown;
use crate::load::comparison::{Comparison, of_pairs, of_results};

/// Two things to compare.
pub(super) struct Compared<'c> {
    /// Results or builds.
    pub(super) paths: [&'c Path; 2],
    /// The scenario of builds.
    pub(super) file: Option<&'c Path>,
    /// Further arguments of builds.
    pub(super) passed: &'c [String],
    /// Pairs of runs of builds.
    pub(super) rounds: usize,
    /// Whether a line says how far it is.
    pub(super) telling: Telling,
}

impl Compared<'_> {
    /// The comparison.
    pub(super) fn comparison(&self) -> Result<Comparison, Failure> {
        let places = self.paths.map(result_of_folder);
        let names = (shown(self.paths[0]), shown(self.paths[1]));
        match (result_in(&places[0])?, result_in(&places[1])?) {
            (Some(a), Some(b)) => Ok(of_results(names, &a, &b)),
            (None, None) => {
                let Some(file) = self.file else {
                    return Err(Failure::input(
                        "two builds are compared under a load: name its scenario file first",
                    ));
                };
                let binaries = (self.paths[0], self.paths[1]);
                let Compared { passed: arguments, rounds, .. } = *self;
                let pairs = Builds { binaries, file, arguments, rounds }.run(self.telling)?;
                Ok(of_pairs(names, &pairs))
            }
            _ => {
                Err(Failure::input("a result and a build can't be compared; name two results, or two builds"))
            }
        }
    }
}

/// A folder that a load wrote stands for its result.
fn result_of_folder(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(RESULT) } else { path.to_owned() }
}

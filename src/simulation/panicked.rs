//! `Panicked`: a defect of flexmeter in the middle of a run, and what somebody needs who wants to see it again.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Somebody who panicked at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// Who, such as `user drafters-3`.
    pub who: String,
    /// At which task.
    pub task: String,
    /// What was said.
    pub text: String,
    /// The run's seed.
    pub seed: u64,
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Panicked { who, task, text, seed } = self;
        write!(f, "{who} panicked at the task \"{task}\", seed {seed}: {text}")
    }
}

impl Error for Panicked {}

/// Does some work; a panic in it becomes an error that names who was at it.
///
/// # Errors
/// Where the work panics.
pub fn guarded<T>(
    seed: u64,
    who: impl FnOnce() -> String,
    task: impl FnOnce() -> String,
    work: impl FnOnce() -> T,
) -> Result<T, Panicked> {
    caught(work).map_err(|text| Panicked { who: who(), task: task(), text, seed })
}

/// Does some work; a panic in it becomes what it said.
///
/// # Errors
/// Where the work panics.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What was worked on is thrown away with the run.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_default()
    })
}

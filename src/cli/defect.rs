//! A panic at the command line: told with the file and the seed, like one in the middle of a run.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::simulation::panicked;

/// Does what a command does with a scenario; a panic in it becomes a failure that names the file and the seed.
pub(super) fn guarded<T>(
    (file, seed): (&Path, u64),
    task: &str,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let done = panicked::guarded(seed, || "flexmeter".to_owned(), || task.to_owned(), work);
    done.unwrap_or_else(|panicked| Err(Failure::defect(file, panicked)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::defect::guarded;
    use crate::cli::failure::Failure;

    #[test]
    fn a_panic_is_a_defect_that_names_the_file_and_the_seed() {
        let work = || -> Result<(), Failure> { panic!("nine lives are left") };
        let failure = guarded((Path::new("cat.toml"), 5), "check", work).expect_err("it panics");
        let said = "cat.toml: flexmeter panicked at the task \"check\", seed 5: nine lives are left";
        assert!(failure.to_string().contains(said), "{failure}");
        assert_eq!(failure.code(), 70);
    }
}

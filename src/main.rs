//! The `flexmeter` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    flexmeter::cli::main()
}

//! The `flexmeter` command.

use std::process::ExitCode;

use flexmeter::load::machine::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    flexmeter::cli::main()
}

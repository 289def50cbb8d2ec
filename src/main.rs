//! Runs the command line and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    dialdeck::cli::main(std::env::args_os()).into()
}

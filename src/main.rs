//! Start and exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    dialdeck::cli::main(std::env::args_os()).into()
}

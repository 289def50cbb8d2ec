//! `dialdeck run`: the call point of the engine's runner.

use std::io::Write;

use super::args::RunArgs;
use super::{CliError, Env, ExitCode};

/// `dialdeck run`.
pub fn execute(_args: &RunArgs, _env: &Env, _out: &mut dyn Write) -> Result<ExitCode, CliError> {
    Err(CliError::failed(
        "the engine's runner is not part of this build",
    ))
}

//! `dialdeck demo`: the call point of the engine's runner.

use std::io::Write;

use super::args::DemoArgs;
use super::{CliError, Env, ExitCode};

/// `dialdeck demo`.
pub fn execute(_args: &DemoArgs, _env: &Env, _out: &mut dyn Write) -> Result<ExitCode, CliError> {
    Err(CliError::failed(
        "the engine's runner is not part of this build",
    ))
}

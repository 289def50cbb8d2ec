//! placeholder
use std::io::Write;

use super::args::DncImportArgs;
use super::{CliError, Env, ExitCode};

/// placeholder
pub fn execute(
    _args: &DncImportArgs,
    _env: &Env,
    _out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    Err(CliError::failed("not yet"))
}

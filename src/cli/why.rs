//! placeholder
use std::io::Write;

use super::args::WhyArgs;
use super::{CliError, Env, ExitCode};

/// placeholder
pub fn execute(_args: &WhyArgs, _env: &Env, _out: &mut dyn Write) -> Result<ExitCode, CliError> {
    Err(CliError::failed("not yet"))
}

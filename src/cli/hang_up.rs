//! Hangs up every call, in any process that runs the engine.

use std::io::Write;

use serde_json::json;

use super::args::HangUpArgs;
use super::deck::Owner;
use super::needs::StoreOnly;
use super::{CliError, ExitCode, output};
use crate::store::{Acts as _, Reads as _};

/// Runs `dialdeck hang-up --all` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be written, or if the engine has not taken the request after 10 seconds.
pub(crate) fn execute(
    args: &HangUpArgs,
    env: StoreOnly<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = env.open()?;
    let by = deck.by()?;
    let up = deck.store.open_attempts()?.len();
    let wish = deck.store.hang_up_all(&args.reason, &by)?;
    deck.wait_until_hung_up(wish)?;
    let engine = match deck.owner() {
        Owner::Engine => Some(true),
        Owner::Nobody => Some(false),
        Owner::Unseen(_) => None,
    };
    let calls = match up {
        1 => "1 call".to_owned(),
        n => format!("{n} calls"),
    };
    if env.json() {
        output::json(out, &json!({"calls": up, "engine": engine}))?;
    } else if up == 0 {
        writeln!(out, "no call was up")?;
    } else if engine != Some(false) {
        writeln!(out, "hanging up {calls}")?;
    } else {
        writeln!(
            out,
            "no engine runs: {calls} of unknown fate will be hung up when the next one starts"
        )?;
    }
    Ok(ExitCode::Done)
}

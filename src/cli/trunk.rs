//! Trunks: lets one that rests try again.

use std::io::Write;

use serde_json::json;

use super::args::{TrunkCommand, TrunkResetArgs};
use super::{CliError, Deck, Env, ExitCode, output};
use crate::domain::TrunkName;
use crate::store::Acts as _;

/// Runs `dialdeck trunk …` and returns its exit code.
///
/// # Errors
///
/// Errors if the trunk does not exist, or the deck cannot be written.
pub(crate) fn execute(
    command: &TrunkCommand,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        TrunkCommand::Reset(args) => reset(args, env, out),
    }
}

fn reset(args: &TrunkResetArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let by = deck.by()?;
    let trunk = TrunkName(args.name.clone());
    if !deck.store.reset_trunk(&trunk, &by)? {
        return Err(
            CliError::failed(format!("there is no trunk `{trunk}` on this deck"))
                .hint("`dialdeck config print` shows the trunks"),
        );
    }
    if env.json {
        output::json(out, &json!({"trunk": trunk, "reset": true}))?;
    } else {
        writeln!(out, "trunk {trunk} may try again")?;
    }
    Ok(ExitCode::Done)
}

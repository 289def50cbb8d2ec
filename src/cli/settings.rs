//! The deck's settings that are in force.

use std::io::Write;

use serde_json::{Value, json};

use super::output;
use super::{CliError, Env, ExitCode};
use crate::config::{DEFAULTS, DeckConfig, read_own_text};

/// Runs `dialdeck config print`: the file that is in force, or its values as JSON.
///
/// # Errors
///
/// Errors if the deck file cannot be read, or the output cannot be written.
pub fn print(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let config = env.deck_config()?;
    if env.json {
        output::json(out, &document(env, &config))?;
        return Ok(ExitCode::Done);
    }
    let text = if env.config.exists() {
        read_own_text(&env.config)?
    } else {
        DEFAULTS.to_owned()
    };
    out.write_all(text.as_bytes())?;
    for warning in &config.warnings {
        writeln!(out, "# warning: {warning}")?;
    }
    Ok(ExitCode::Done)
}

fn document(env: &Env, config: &DeckConfig) -> Value {
    json!({
        "file": env.config.exists().then(|| env.config.display().to_string()),
        "settings": config.settings,
        "providers": config.providers,
        "listener": config.listener,
        "results_secret": config.results_secret,
        "log_level": config.log_level.as_str(),
        "default_country": config.default_country,
    })
}

//! The deck's settings that are in force.

use std::fs;
use std::io::{Write, stdout};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::fstat;
use serde_json::{Value, json};

use super::output;
use super::{CliError, Env, ExitCode};
use crate::config::{DEFAULTS, DeckConfig, has_deck_file, read_own_text};

/// Runs `dialdeck config print`: the file that is in force, or its values as JSON.
///
/// # Errors
///
/// Errors if the deck file cannot be read, or the output cannot be written.
pub(crate) fn print(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let (config, text) = in_force(env)?;
    if env.json {
        output::json(out, &document(env, &config))?;
        return Ok(ExitCode::Done);
    }
    out.write_all(text.as_bytes())?;
    for warning in &config.warnings {
        writeln!(out, "# warning: {warning}")?;
    }
    Ok(ExitCode::Done)
}

/// Returns the settings to print, and the file that says them.
///
/// A shell empties the file that it sends the output to before this program starts, and appends to one that
/// may not be right yet. Then the embedded settings are what the file is to hold.
fn in_force(env: &Env) -> Result<(DeckConfig, String), CliError> {
    let embedded = |config| (config, DEFAULTS.to_owned());
    let is_written = has_deck_file(&env.config);
    let is_empty = !is_written && env.config.exists();
    match env.deck_config() {
        Ok(config) if is_written => Ok((config, read_own_text(&env.config)?)),
        Ok(config) => Ok(embedded(config)),
        Err(_) if is_empty || goes_into(&env.config) => Ok(embedded(DeckConfig::embedded())),
        Err(error) => Err(error),
    }
}

/// Returns whether standard output goes into this file.
fn goes_into(file: &Path) -> bool {
    let Ok(out) = fstat(stdout()) else {
        return false;
    };
    fs::metadata(file).is_ok_and(|file| file.dev() == out.st_dev && file.ino() == out.st_ino)
}

fn document(env: &Env, config: &DeckConfig) -> Value {
    json!({
        "file": has_deck_file(&env.config).then(|| env.config.display().to_string()),
        "settings": config.settings,
        "providers": config.providers,
        "listener": config.listener,
        "results_secret": config.results_secret,
        "log_level": config.log_level.as_str(),
        "default_country": config.default_country,
    })
}

//! Arguments, wiring, exit codes, reports. The only place that names concrete stores and providers.

pub mod window;

use std::path::PathBuf;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong arguments, or no terminal.
    Usage = 2,
    /// Refused by policy.
    Refused = 3,
    /// The deck is busy or not usable.
    DeckUnusable = 4,
}

/// An error as the user reads it: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// The exit code it brings.
    pub code: ExitCode,
    /// What is wrong, with file, line, key or number.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What every subcommand is given.
#[derive(Clone, Debug)]
pub struct Env {
    /// The deck's folder.
    pub deck: PathBuf,
    /// The deck file, `DECK/dialdeck.toml` unless `--config` names another.
    pub config: PathBuf,
    /// One JSON document or JSON lines on standard output instead of tables.
    pub json: bool,
    /// Who acts, for the log: `$USER` or `operator`.
    pub actor: String,
}

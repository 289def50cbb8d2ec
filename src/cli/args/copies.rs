//! The arguments of `dialdeck backup` and `dialdeck restore`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, ValueHint};

/// The arguments of `dialdeck backup`.
#[derive(Clone, Debug, Args)]
pub struct BackupArgs {
    /// The folder to make, with the store and its own lists in it
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}

/// The arguments of `dialdeck restore`.
#[derive(Clone, Debug, Args)]
#[group(skip)]
#[command(group(ArgGroup::new("what").required(true).args(["from", "accept_rollback", "lists_complete"])))]
pub struct RestoreArgs {
    /// The deck's folder [default: as --deck says]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
    /// Put this backup in the store's place; what was there is kept beside it
    #[arg(long, value_name = "BACKUP", value_hint = ValueHint::AnyPath)]
    pub from: Option<PathBuf>,
    /// Go on from a store that went back in time: another tool or a machine's snapshot brought it back
    #[arg(long)]
    pub accept_rollback: bool,
    /// Say, with the reason, that no opt-out is missing from the deck's own lists
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    pub lists_complete: Option<String>,
}

//! The arguments of `dialdeck clock`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

/// `dialdeck clock`.
#[derive(Clone, Debug, Args)]
pub struct ClockArgs {
    /// What a person says of it; none: show it.
    #[command(subcommand)]
    pub command: Option<ClockCommand>,
}

/// What a person says of the machine's clock.
#[derive(Clone, Debug, Subcommand)]
pub enum ClockCommand {
    /// It is right: dial on, though it jumped or is behind the log
    Accept(ClockAcceptArgs),
}

/// `dialdeck clock accept`.
#[derive(Clone, Debug, Args)]
pub struct ClockAcceptArgs {
    /// Why, for the log
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: Option<String>,
}

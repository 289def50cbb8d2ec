//! The arguments of `dialdeck clock`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

/// The arguments of `dialdeck clock`.
#[derive(Clone, Debug, Args)]
pub struct ClockArgs {
    /// The user's statement about the clock. Without one, the clock is shown.
    #[command(subcommand)]
    pub command: Option<ClockCommand>,
}

/// The user's statements about the machine's clock.
#[derive(Clone, Debug, Subcommand)]
pub enum ClockCommand {
    /// It is right: dial on, though it jumped or is behind the log
    Accept(ClockAcceptArgs),
}

/// The arguments of `dialdeck clock accept`.
#[derive(Clone, Debug, Args)]
pub struct ClockAcceptArgs {
    /// Why, for the log
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: Option<String>,
}

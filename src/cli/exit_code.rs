//! The exit codes of the program.

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The command did what was asked.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The arguments are wrong, or there is no terminal.
    Usage = 2,
    /// A policy refused the action.
    Refused = 3,
    /// The deck is busy or not usable.
    DeckUnusable = 4,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

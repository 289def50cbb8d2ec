//! Limits that the system sets to this process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGXFSZ;

use super::CliError;

/// Open files without which an engine or a console does not start: the store's, the carriers' connections,
/// and a few of the runtime's own.
const FILES: u64 = 64;

/// Makes a file that may not grow any further an error where it is written, as a full disk is, and not the
/// end of the process.
pub(super) fn take_as_errors() {
    // A handler that only notes it: without one the process is ended.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).ok();
}

/// Errors if this process may not have as many files open as a runtime and what it serves need.
///
/// # Errors
/// Then.
pub(super) fn enough_files() -> Result<(), CliError> {
    match getrlimit(Resource::Nofile).current {
        Some(most) if most < FILES => Err(CliError::deck(format!(
            "this process may have {most} files open at once, and {FILES} are needed"
        ))
        .hint("raise the limit: `ulimit -n 1024`, or LimitNOFILE= of the service")),
        Some(_) | None => Ok(()),
    }
}

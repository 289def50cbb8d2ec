//! The deck's diagnostics file, `dialdeck.log`. It never holds a full number and is never standard output.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use dialdeck_files as regular;

/// The environment variable that sets the level: `error`, `warn`, `info` (default), `debug`, `trace`.
const LEVEL: &str = "DIALDECK_LOG";

/// The size, in bytes, above which the file is renamed to `dialdeck.log.1` at a start.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Sends diagnostics to a file in the deck's folder. Does nothing if there is no such folder, if it cannot be
/// written, or if the path is no regular file: diagnostics are never a reason to fail.
pub(crate) fn start(deck: &Path) {
    let path = deck.join("dialdeck.log");
    if fs::metadata(&path).is_ok_and(|file| file.len() > MAX_BYTES)
        && fs::rename(&path, deck.join("dialdeck.log.1")).is_err()
    {
        return;
    }
    let mut how = OpenOptions::new();
    let Ok(file) = regular::open(&path, how.create(true).append(true)) else {
        return;
    };
    let level = std::env::var(LEVEL).unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(filter)
        .try_init()
        .ok();
}

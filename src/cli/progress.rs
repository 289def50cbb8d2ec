//! Progress of long work, on standard error, only on a terminal and only after a second.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clock::Stopwatch;

/// Work that is done sooner than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears when the work takes longer than a second.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Stopwatch,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// Work of `total` units, called `what`. `quiet` never shows it.
    pub fn new(what: &str, total: u64, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self {
            bar,
            started: Stopwatch::start(),
            shown: false,
            wanted: !quiet && stderr().is_terminal(),
        }
    }

    /// `done` units are done.
    pub fn set(&mut self, done: u64) {
        if self.wanted && !self.shown && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! Progress of long work: on standard error if that is a terminal and after a second, or to a callback.

use std::fmt;
use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clock::Stopwatch;
use crate::domain::text::clean;

/// Work that takes less time than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The time between two frames of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// Where progress is shown.
#[derive(Clone, Default)]
pub enum Showing {
    /// Progress is not shown.
    #[default]
    Nowhere,
    /// On standard error, if that is a terminal.
    Terminal,
    /// To a callback, which gets the number of units done.
    Told(Arc<dyn Fn(u64) + Send + Sync>),
}

impl fmt::Debug for Showing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nowhere => "Nowhere",
            Self::Terminal => "Terminal",
            Self::Told(_) => "Told",
        })
    }
}

impl Showing {
    /// Returns the terminal, or nowhere if the output is JSON for a program.
    pub fn unless(json: bool) -> Self {
        if json { Self::Nowhere } else { Self::Terminal }
    }
}

/// A spinner for work of unknown length, shown until dropped: on standard error, if that is a terminal.
#[derive(Debug)]
pub struct Waiting(ProgressBar);

impl Waiting {
    /// Shows a spinner with the name of the work.
    pub fn for_end(what: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(clean(what).into_owned());
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar that appears if the work takes longer than a second.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Stopwatch,
    shown: bool,
    showing: Showing,
}

impl Progress {
    /// Creates a bar for `total` units of work called `what`.
    pub fn new(what: &str, total: u64, showing: Showing) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(clean(what).into_owned());
        Self {
            bar,
            started: Stopwatch::start(),
            shown: false,
            showing,
        }
    }

    /// Records that `done` of `total` units are done. The total may have changed.
    pub fn step(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.set(done);
    }

    /// Records that `done` units are done.
    pub fn set(&mut self, done: u64) {
        match &self.showing {
            Showing::Told(tell) => tell(done),
            Showing::Terminal
                if !self.shown && self.started.elapsed() > PATIENCE && stderr().is_terminal() =>
            {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.shown = true;
            }
            Showing::Terminal | Showing::Nowhere => {}
        }
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

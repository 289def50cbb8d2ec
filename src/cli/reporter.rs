//! Shows a run while the engine works.

use std::io::{Write, stderr};
use std::sync::Arc;

use tokio::sync::watch;

use super::deck::STORE_FILE;
use super::{CliError, Env, log, output};
use crate::engine::board::{Board, CampaignBoard};
use crate::engine::shell::Handle;
use crate::store::Reads as _;
use crate::store::sqlite::SqliteStore;
use crate::tui::tty::{self, Tty};

/// Reads of the log between two progress lines.
const LOOKS_PER_LINE: u32 = 50;

/// Entries read from the log at a time.
const PAGE: usize = 1_000;

/// What is shown of a run in addition to its end. With `--json`, always the log's entries unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The alerts, and on a terminal a progress line.
    Progress,
    /// The log's entries, as text.
    Entries,
}

/// Shows a run while the engine works: the log's entries, or its alerts and a progress line.
pub(super) struct Reporter {
    log: SqliteStore,
    entries: Entries,
    /// The sequence number of the last entry read.
    seen: i64,
    /// The terminal and the board of the progress line; `None` if there is no progress line.
    line: Option<(Tty, watch::Receiver<Arc<Board>>)>,
    engine: Handle,
    /// Whether the reporter has shown that the store is busy.
    shown_busy: bool,
    looks: u32,
}

/// Which entries of the log are shown, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entries {
    /// Every entry, unchanged.
    Unchanged,
    /// Every entry, as text.
    AsText,
    /// The alerts, on standard error.
    AlertsOnly,
}

impl Reporter {
    /// Creates a reporter that shows the entries after this sequence number.
    ///
    /// # Errors
    ///
    /// Errors if the log cannot be read.
    pub(super) fn new(
        env: &Env,
        shown: Shown,
        from: i64,
        handle: &Handle,
    ) -> Result<Self, CliError> {
        let entries = match shown {
            _ if env.json => Entries::Unchanged,
            Shown::Entries => Entries::AsText,
            Shown::Progress => Entries::AlertsOnly,
        };
        let path = env.deck.join(STORE_FILE);
        let line = (entries == Entries::AlertsOnly).then(|| Tty::behind(stderr()).ok());
        Ok(Self {
            log: SqliteStore::open_read_only(&path, &env.rules)?,
            entries,
            seen: from,
            line: line.flatten().map(|line| (line, handle.board())),
            engine: handle.clone(),
            shown_busy: false,
            looks: 0,
        })
    }

    /// Shows what is new: entries immediately, alerts and the progress line at intervals.
    ///
    /// # Errors
    ///
    /// Errors if the log cannot be read or the output cannot be written.
    pub(super) fn look(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        self.looks += 1;
        self.show_busy_store();
        if self.entries != Entries::AlertsOnly {
            return self.tail(out);
        }
        if !self.looks.is_multiple_of(LOOKS_PER_LINE) {
            return Ok(());
        }
        self.tail(out)?;
        if let Some((line, board)) = &mut self.line {
            let board = board.borrow().clone();
            // The terminal may be slow or closed. The engine continues.
            if !line.is_behind() {
                write!(line, "\r{}\x1b[K", progress(&board)).ok();
            }
            line.flush().ok();
        }
        Ok(())
    }

    /// Tells of what the log cannot hold: that another process keeps the store busy.
    fn show_busy_store(&mut self) {
        let busy = self.engine.busy();
        let was_shown = std::mem::replace(&mut self.shown_busy, busy.is_some());
        if let (Some(alert), false) = (busy, was_shown) {
            self.say(&format!("alert: {}", alert.text));
        }
    }

    /// Shows the new entries of the log.
    ///
    /// # Errors
    ///
    /// Errors if the log cannot be read or the output cannot be written.
    pub(super) fn tail(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        loop {
            let entries = self.log.tail(self.seen, PAGE)?;
            for entry in &entries {
                match self.entries {
                    Entries::Unchanged => writeln!(out, "{}", entry.line)?,
                    Entries::AsText => writeln!(out, "{}", log::line(&entry.line))?,
                    Entries::AlertsOnly => {
                        if let Some(text) = log::alert(&entry.line) {
                            self.say(&format!("alert: {text}"));
                        }
                    }
                }
                self.seen = entry.seq;
            }
            out.flush()?;
            if entries.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Writes a message to standard error, on a line apart from the progress line.
    pub(super) fn say(&self, text: &str) {
        if let Some((line, _)) = &self.line {
            let mut line = line.clone();
            line.write_all(b"\r\x1b[K").ok();
            line.finish();
        }
        tty::say(&if self.entries == Entries::Unchanged {
            CliError::failed(text).render_warning(true)
        } else {
            format!("{text}\n")
        });
    }
}

fn progress(board: &Board) -> String {
    let sum = |figure: fn(&CampaignBoard) -> u64| board.campaigns.iter().map(figure).sum::<u64>();
    format!(
        "{}  {} up  {} ready  {} waiting  {} attempts  {} of {} contacts ended",
        output::instant(board.now),
        sum(|campaign| campaign.in_flight),
        sum(|campaign| campaign.ready),
        sum(|campaign| campaign.waiting.window + campaign.waiting.retry + campaign.waiting.cap),
        sum(|campaign| campaign.attempts),
        sum(|campaign| {
            campaign.done
                + campaign.suppressed
                + campaign.exhausted
                + campaign.expired
                + campaign.invalid
                + campaign.unknown
        }),
        sum(|campaign| campaign.total),
    )
}

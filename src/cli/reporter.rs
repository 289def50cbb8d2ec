//! Shows a run while it goes on.

use std::io::{Write, stderr};
use std::sync::Arc;

use tokio::sync::watch;

use super::deck::STORE_FILE;
use super::{CliError, Env, log, output, rules};
use crate::engine::board::{Board, CampaignBoard};
use crate::engine::shell::Handle;
use crate::store::Store as _;
use crate::store::sqlite::SqliteStore;
use crate::tui::tty::{self, Tty};

/// Looks between two progress lines.
const LOOKS_PER_LINE: u32 = 50;

/// Entries read from the log at a time.
const PAGE: usize = 1_000;

/// What is shown of a run besides its end; with `--json` always the log's entries as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The alerts, and on a terminal a progress line.
    Progress,
    /// The log's entries in words.
    Entries,
}

/// Shows a run while it goes on: the log's entries, or its alerts and a progress line.
pub(super) struct Reporter {
    log: SqliteStore,
    telling: Telling,
    /// The last entry read.
    seen: i64,
    /// `None`: no progress line.
    line: Option<(Tty, watch::Receiver<Arc<Board>>)>,
    looks: u32,
}

/// What of the log is told, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// Every entry as it is.
    AsTheyAre,
    /// Every entry in words.
    InWords,
    /// The alerts, on standard error.
    Alerts,
}

impl Reporter {
    /// Shows what comes after this place of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn new(
        env: &Env,
        shown: Shown,
        from: i64,
        handle: &Handle,
    ) -> Result<Self, CliError> {
        let telling = match shown {
            _ if env.json => Telling::AsTheyAre,
            Shown::Entries => Telling::InWords,
            Shown::Progress => Telling::Alerts,
        };
        let path = env.deck.join(STORE_FILE);
        let line = (telling == Telling::Alerts).then(|| Tty::behind(stderr()).ok());
        Ok(Self {
            log: SqliteStore::open_read_only(&path, rules::in_force())?,
            telling,
            seen: from,
            line: line.flatten().map(|line| (line, handle.board())),
            looks: 0,
        })
    }

    /// Shows what is new: entries at once, alerts and the progress line once in a while.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(super) fn look(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        self.looks += 1;
        if self.telling != Telling::Alerts {
            return self.tail(out);
        }
        if !self.looks.is_multiple_of(LOOKS_PER_LINE) {
            return Ok(());
        }
        self.tail(out)?;
        if let Some((line, board)) = &mut self.line {
            let board = board.borrow().clone();
            // The terminal may not read or have gone; the engine goes on all the same.
            if !line.is_behind() {
                write!(line, "\r{}\x1b[K", progress(&board)).ok();
            }
            line.flush().ok();
        }
        Ok(())
    }

    /// Tells what the log has gained.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(super) fn tail(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        loop {
            let entries = self.log.tail(self.seen, PAGE)?;
            for entry in &entries {
                match self.telling {
                    Telling::AsTheyAre => writeln!(out, "{}", entry.line)?,
                    Telling::InWords => writeln!(out, "{}", log::line(&entry.line)?)?,
                    Telling::Alerts => {
                        if let Some(text) = log::alert(&entry.line)? {
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

    /// Says something beside what is shown.
    pub(super) fn say(&self, text: &str) {
        if let Some((line, _)) = &self.line {
            let mut line = line.clone();
            line.write_all(b"\r\x1b[K").ok();
            line.finish();
        }
        tty::say(&format!("{text}\n"));
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

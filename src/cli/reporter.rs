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
    /// `None`: alerts and the progress line are shown.
    log: Option<SqliteStore>,
    /// Whether entries are shown as they are, else in words.
    as_they_are: bool,
    /// The last entry or alert shown.
    seen: i64,
    board: watch::Receiver<Arc<Board>>,
    /// `None`: no progress line.
    line: Option<Tty>,
    looks: u32,
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
        let entries = shown == Shown::Entries;
        let log = if env.json || entries {
            let path = env.deck.join(STORE_FILE);
            Some(SqliteStore::open_read_only(&path, rules::in_force())?)
        } else {
            None
        };
        Ok(Self {
            log,
            as_they_are: env.json,
            seen: from,
            board: handle.board(),
            line: Tty::behind(stderr()).ok().filter(|_| !env.json && !entries),
            looks: 0,
        })
    }

    /// Shows what is new.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(super) fn look(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        self.tail(out)?;
        self.looks += 1;
        if self.log.is_none() && self.looks.is_multiple_of(LOOKS_PER_LINE) {
            let board = self.board.borrow().clone();
            self.alerts(&board);
            if let Some(line) = &mut self.line {
                // The terminal may not read or have gone; the engine goes on all the same.
                if !line.is_behind() {
                    write!(line, "\r{}\x1b[K", progress(&board)).ok();
                }
                line.flush().ok();
            }
        }
        Ok(())
    }

    /// Says the alerts that are new, unless they were shown as entries.
    pub(super) fn alerts(&mut self, board: &Board) {
        if self.log.is_some() {
            return;
        }
        for alert in board.alerts.iter().rev() {
            let seq = alert["seq"].as_i64().unwrap_or(0);
            if seq > self.seen {
                self.seen = seq;
                let text = alert["data"]["text"].as_str().unwrap_or_default();
                self.say(&format!("alert: {text}"));
            }
        }
    }

    /// Writes the log's new entries.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub(super) fn tail(&mut self, out: &mut dyn Write) -> Result<(), CliError> {
        let Some(store) = &mut self.log else {
            return Ok(());
        };
        loop {
            let entries = store.tail(self.seen, PAGE)?;
            for entry in &entries {
                if self.as_they_are {
                    writeln!(out, "{}", entry.line)?;
                } else {
                    writeln!(out, "{}", log::line(&entry.line)?)?;
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
        let start = if self.line.is_some() { "\r\x1b[K" } else { "" };
        tty::say(&format!("{start}{text}\n"));
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

//! An independent judge of a deck's conduct. It reads the exported event log and the carrier's own log and
//! reports every breach of the rules D1 to D18, D26 and L1. It shares no code with the product.
//!
//! # Examples
//!
//! Judges a log of one entry, and the log after a change:
//!
//! ```
//! use dialdeck_audit::{Options, judge};
//! use sha2::{Digest, Sha256};
//!
//! // An entry ends in the SHA-256 of its line without the hash.
//! let entry = format!(
//!     r#"{{"seq":1,"at":"2026-12-07T15:30:00.000Z","kind":"deck_opened","data":{{}},"prev":"{}""#,
//!     "0".repeat(64),
//! );
//! let digest = Sha256::digest(format!("{entry}}}"));
//! let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
//! let log = format!(r#"{entry},"hash":"{hash}"}}"#);
//!
//! let report = judge(&log, "", &Options::default());
//! assert!(report.breaches.is_empty());
//! assert_eq!(report.figures.events, 1);
//!
//! let changed = log.replace("15:30", "15:31");
//! let report = judge(&changed, "", &Options::default());
//! assert_eq!(report.breaches[0].rule, "D17");
//! ```

mod caps;
mod classes;
mod gauges;
mod history;
mod law;
mod liveness;
mod read;
mod replay;
mod reserve;
mod sends;
mod tables;
mod window;

use std::fmt;

use read::{Carrier, Event, clock};

/// What the judge knows beyond the two logs.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent remarks about a run, each false as a rule"
)]
pub struct Options {
    /// Whether the deck was stopped by force or is still running, so that attempts may be in flight at the
    /// end of the log.
    pub unfinished: bool,
    /// Whether there is no carrier's log. Sends are then taken from `attempt_sent`.
    pub without_carrier: bool,
    /// Whether no contact states a zone or a region. Then every zone and region of its number must have been
    /// checked.
    pub located_by_number: bool,
    /// How long after an opt-out or a pause a call reserved before it may still be sent, in milliseconds: the
    /// time until it is acknowledged. Default 0.
    pub acknowledged_within: i64,
    /// Whether the carrier is behind a network. Then the request is the send: it may be refused before there
    /// is an invite, and the invite may follow later, but before the log has the call's end. Otherwise the
    /// invite is the send, and must exist when the log calls the attempt sent.
    pub networked: bool,
    /// Whether the pace is only reported and not judged. Idle window classes are judged in any case.
    pub any_pace: bool,
    /// Registries that were loaded: the list's name and the text of its file.
    pub registries: Vec<(String, String)>,
    /// The output of `status --json`, taken at the end of the log.
    pub status: Option<String>,
}

/// One breach of a rule.
///
/// # Examples
///
/// ```
/// use dialdeck_audit::{Options, judge};
///
/// let report = judge("not a log line", "", &Options::default());
/// let breach = &report.breaches[0];
/// assert_eq!((breach.rule, &*breach.text), ("D17", "a line is not JSON"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule that was broken, such as `D4`.
    pub rule: &'static str,
    /// When it was broken, in UTC milliseconds. 0 if no instant applies.
    pub at: i64,
    /// The attempt's id. Empty if no attempt is concerned.
    pub attempt: String,
    /// What happened, in one line.
    pub text: String,
}

impl Breach {
    fn new(rule: &'static str, at: i64, attempt: &str, text: impl Into<String>) -> Self {
        Self {
            rule,
            at,
            attempt: attempt.to_owned(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, at, text) = (self.rule, clock(self.at), &self.text);
        write!(f, "{rule} at {at} attempt [{}]: {text}", self.attempt)
    }
}

/// Use of one campaign's caps while it had work.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// The campaign's name.
    pub campaign: String,
    /// Minutes in which enough contacts waited throughout.
    pub minutes: u32,
    /// Mean use of the binding cap over these minutes, 0 to 1.
    pub mean: f64,
}

/// How much was judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Lines of the event log.
    pub events: usize,
    /// Attempts that were reserved.
    pub attempts: usize,
    /// Sends according to the carrier's log.
    pub sends: usize,
    /// Attempts that have ended.
    pub ended: usize,
    /// The use of caps that L1 judges, by campaign.
    pub pace: Vec<Pace>,
}

/// The judge's report on a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every breach, in order of discovery.
    pub breaches: Vec<Breach>,
    /// How much was judged.
    pub figures: Figures,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = &self.figures;
        writeln!(
            f,
            "{} events, {} attempts, {} sends, {} ended, {} breaches",
            figures.events,
            figures.attempts,
            figures.sends,
            figures.ended,
            self.breaches.len()
        )?;
        for pace in &figures.pace {
            let (name, minutes, mean) = (&pace.campaign, pace.minutes, pace.mean);
            writeln!(f, "L1 {name}: {minutes} minutes judged, mean use {mean:.3}")?;
        }
        for breach in self.breaches.iter().take(40) {
            writeln!(f, "  {breach}")?;
        }
        Ok(())
    }
}

/// Judges an exported event log and the carrier's own log, both as JSON lines. Returns the report.
///
/// # Examples
///
/// A call that the event log does not have:
///
/// ```
/// use dialdeck_audit::{Options, judge};
///
/// let carrier = r#"{"at":"2026-12-07T15:30:00Z","event":"invite","attempt":"00000001-1"}"#;
/// let report = judge("", carrier, &Options::default());
/// assert_eq!(report.breaches[0].rule, "D13");
/// assert_eq!(report.breaches[0].attempt, "00000001-1");
/// ```
pub fn judge(log: &str, carrier: &str, options: &Options) -> Report {
    let mut breaches = Vec::new();
    let events: Vec<Event> = read::events(log, &mut breaches);
    let carrier: Vec<Carrier> = read::carrier(carrier, &mut breaches);
    let mut history = replay::replay(&events, options, &mut breaches);
    if let Some(status) = &options.status {
        gauges::check(&history, status, &mut breaches);
    }
    let sends = sends::check(&mut history, &carrier, options, &mut breaches);
    caps::check(&history, &sends, &mut breaches);
    let pace = liveness::measure(&mut history, &sends);
    classes::judge(&mut history, &sends, &mut breaches);
    if !options.any_pace {
        liveness::judge(&pace, &mut breaches);
    }
    Report {
        figures: Figures {
            events: events.len(),
            attempts: history.attempts.len(),
            sends: sends.len(),
            ended: history
                .attempts
                .iter()
                .filter(|a| a.ended.is_some())
                .count(),
            pace,
        },
        breaches,
    }
}

/// Judges like [`judge`] and returns the report.
///
/// # Panics
/// Panics with the whole report if there is a breach.
///
/// # Examples
///
/// ```
/// use dialdeck_audit::{Options, assert_clean};
///
/// let report = assert_clean("", "", &Options::default());
/// assert_eq!(report.to_string(), "0 events, 0 attempts, 0 sends, 0 ended, 0 breaches\n");
/// ```
///
/// ```should_panic
/// use dialdeck_audit::{Options, assert_clean};
///
/// assert_clean("not a log line", "", &Options::default());
/// ```
#[track_caller]
pub fn assert_clean(log: &str, carrier: &str, options: &Options) -> Report {
    let report = judge(log, carrier, options);
    assert!(report.breaches.is_empty(), "{report}");
    report
}

#[cfg(test)]
mod tests;

//! An independent judge of a deck's conduct: reads the exported event log and the carrier's own log
//! and names every breach of D1 to D18 and L1. It shares no code with the product.

mod caps;
mod classes;
mod gauges;
mod history;
mod law;
mod liveness;
mod read;
mod recovery;
mod replay;
mod reserve;
mod sends;
mod tables;
mod window;

use std::fmt;

use read::{Carrier, Event, clock};

/// What the judge is told beyond the two logs.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent remarks about a run, each false as a rule"
)]
pub struct Options {
    /// The deck was stopped by force, or still runs: attempts may be in flight at the end of the log.
    pub unfinished: bool,
    /// There is no carrier's log; sends are taken from `attempt_sent`.
    pub without_carrier: bool,
    /// No contact states a zone or a region: every zone and region of its number has to be judged.
    pub located_by_number: bool,
    /// How long after an opt-out or a pause a call reserved before it may still leave, in
    /// milliseconds: the time until it is acknowledged. Default 0.
    pub acknowledged_within: i64,
    /// The carrier is behind a network: a request may be refused before there is an invite, and an
    /// invite follows its request when the carrier comes to it, but before the log has the call's end.
    /// Then the request is the send. Otherwise the invite is, and is there when the log calls it sent.
    pub networked: bool,
    /// The pace is only reported, not judged. That no class stands still is judged all the same.
    pub any_pace: bool,
    /// Registries that were loaded: the list's name and the text of its file.
    pub registries: Vec<(String, String)>,
    /// `status --json`, taken at the end of the log.
    pub status: Option<String>,
}

/// One breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The promise that was broken, `D4`.
    pub rule: &'static str,
    /// When, in UTC milliseconds; 0 where no instant applies.
    pub at: i64,
    /// The attempt, or nothing.
    pub attempt: String,
    /// What happened.
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
    /// The campaign.
    pub campaign: String,
    /// Minutes in which enough contacts waited throughout.
    pub minutes: u32,
    /// Mean use of the binding cap over them, 0 to 1.
    pub mean: f64,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Lines of the event log.
    pub events: usize,
    /// Attempts reserved.
    pub attempts: usize,
    /// Sends by the carrier's log.
    pub sends: usize,
    /// Attempts that ended.
    pub ended: usize,
    /// L1, by campaign.
    pub pace: Vec<Pace>,
}

/// The judgement.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Everything that was wrong, in order of discovery.
    pub breaches: Vec<Breach>,
    /// What was looked at.
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

/// Judges an exported event log and the carrier's own log, both as JSON lines.
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

/// Judges as [`judge`] does and fails with the whole report when anything was wrong.
///
/// # Panics
/// When there is a breach.
#[track_caller]
pub fn assert_clean(log: &str, carrier: &str, options: &Options) -> Report {
    let report = judge(log, carrier, options);
    assert!(report.breaches.is_empty(), "{report}");
    report
}

#[cfg(test)]
mod tests;

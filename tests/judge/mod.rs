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
pub(crate) mod window;

use std::fmt;

use read::{Carrier, Event, clock};

/// What the judge is told beyond the two logs.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent remarks about a run, each false as a rule"
)]
pub(crate) struct Options {
    /// The deck was stopped by force, or still runs: attempts may be in flight at the end of the log.
    pub(crate) unfinished: bool,
    /// There is no carrier's log; sends are taken from `attempt_sent`.
    pub(crate) without_carrier: bool,
    /// No contact states a zone or a region: every zone and region of its number has to be judged.
    pub(crate) located_by_number: bool,
    /// How long after an opt-out or a pause a call reserved before it may still leave, in
    /// milliseconds: the time until it is acknowledged. Default 0.
    pub(crate) acknowledged_within: i64,
    /// The carrier is behind a network: a request may be refused before there is an invite, and an
    /// invite follows its request when the carrier comes to it, but before the log has the call's end.
    /// Then the request is the send. Otherwise the invite is, and is there when the log calls it sent.
    pub(crate) networked: bool,
    /// The pace is only reported, not judged. That no class stands still is judged all the same.
    pub(crate) any_pace: bool,
    /// Registries that were loaded: the list's name and the text of its file.
    pub(crate) registries: Vec<(String, String)>,
    /// `status --json`, taken at the end of the log.
    pub(crate) status: Option<String>,
}

/// One breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// The promise that was broken, `D4`.
    pub(crate) rule: &'static str,
    /// When, in UTC milliseconds; 0 where no instant applies.
    pub(crate) at: i64,
    /// The attempt, or nothing.
    pub(crate) attempt: String,
    /// What happened.
    pub(crate) text: String,
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
pub(crate) struct Pace {
    /// The campaign.
    pub(crate) campaign: String,
    /// Minutes in which enough contacts waited throughout.
    pub(crate) minutes: u32,
    /// Mean use of the binding cap over them, 0 to 1.
    pub(crate) mean: f64,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Lines of the event log.
    pub(crate) events: usize,
    /// Attempts reserved.
    pub(crate) attempts: usize,
    /// Sends by the carrier's log.
    pub(crate) sends: usize,
    /// Attempts that ended.
    pub(crate) ended: usize,
    /// L1, by campaign.
    pub(crate) pace: Vec<Pace>,
}

/// The judgement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Everything that was wrong, in order of discovery.
    pub(crate) breaches: Vec<Breach>,
    /// What was looked at.
    pub(crate) figures: Figures,
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
pub(crate) fn judge(log: &str, carrier: &str, options: &Options) -> Report {
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
pub(crate) fn assert_clean(log: &str, carrier: &str, options: &Options) -> Report {
    let report = judge(log, carrier, options);
    assert!(report.breaches.is_empty(), "{report}");
    report
}

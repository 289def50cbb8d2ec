//! The vendor's own count of calls per number shown in any hour, which outlives a restart.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use dialdeck_core::domain::Timestamp;

/// The span of the limit (seed `001_…`: 30 outbound calls per hour and number).
const HOUR: Duration = Duration::from_hours(1);

/// When each number was shown.
pub(super) struct Hourly {
    shown: Vec<(Timestamp, String)>,
    file: Option<PathBuf>,
}

impl Hourly {
    /// Goes on with what the file holds.
    pub(super) fn open(file: Option<PathBuf>) -> Self {
        let text = file
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        let read = |line: &str| {
            let (at, number) = line.split_once(' ')?;
            Some((at.parse().ok()?, number.to_owned()))
        };
        let shown = text.unwrap_or_default().lines().filter_map(read).collect();
        Self { shown, file }
    }

    /// How often a number was shown in the hour before `now`.
    pub(super) fn count(&self, number: &str, now: Timestamp) -> usize {
        let recent = self.shown.iter().filter(|(at, _)| now.since(*at) < HOUR);
        recent.filter(|(_, shown)| shown == number).count()
    }

    /// A number is shown.
    pub(super) fn note(&mut self, number: &str, now: Timestamp) {
        self.shown.push((now, number.to_owned()));
        if let Some(path) = &self.file {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path);
            writeln!(file.unwrap(), "{now} {number}").unwrap();
        }
    }
}

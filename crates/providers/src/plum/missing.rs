//! Results that do not come. Fuse is asked about such a call, which frees its slot early. DEV has no look-up
//! (Plum's DEV pages), so the operator is shown which calls keep their slots, and until when.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Plum;
use super::result::Standing;
use crate::remote::Line;
use dialdeck_core::domain::{AttemptId, Timestamp};

/// How long the deck waits for further calls whose results become due together, so that one warning names all.
const GATHER: Duration = Duration::from_secs(10);

/// The pause between two looks at a call whose result is due.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// How long a warning suppresses the next one.
const WARNED_FOR: Duration = Duration::from_mins(10);

/// The most attempts that a warning names.
const NAMED: usize = 20;

/// When the operator was last warned of results that did not come.
#[derive(Debug, Default)]
pub(super) struct LastWarning(Mutex<Option<Timestamp>>);

impl LastWarning {
    /// Returns whether a warning may be given now, and records it as given.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|at| now.since(at) >= WARNED_FOR);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

impl Plum {
    /// Waits for the result of a queued call. From the instant on at which it is due, asks Fuse for it and
    /// warns of it. Returns once the call has ended or cannot be up any more.
    pub(super) async fn await_result(&self, line: &Line) {
        let attempt = line.attempt();
        loop {
            let known = self.book.get(attempt);
            let (Some(due), Some(until), None) = (known.result_due, known.open_until, &known.end)
            else {
                return;
            };
            let now = line.now();
            if until <= now {
                return;
            }
            if now < due {
                line.sleep(due.since(now) + GATHER).await;
                continue;
            }
            if !self.ask(attempt, known.call_id.as_deref(), line).await {
                self.warn_of_missing(line);
            }
            line.sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks Fuse about a call and reports its end. Returns whether Fuse knows the call.
    async fn ask(&self, attempt: AttemptId, call_id: Option<&str>, line: &Line) -> bool {
        let Some(call_id) = call_id.filter(|_| self.account.is_fuse()) else {
            return false;
        };
        match self.details(call_id).await {
            Some(Standing::Over(over)) => {
                let now = line.now();
                let at = over.ended_at.unwrap_or(now).min(now);
                let answered_at = over.answered_at.unwrap_or(at).min(at);
                self.report_end(attempt, (over.report, at), answered_at, line);
                true
            }
            Some(Standing::Open | Standing::Connected) => true,
            None => false,
        }
    }

    fn warn_of_missing(&self, line: &Line) {
        let now = line.now();
        let missing = self.book.missing(now);
        let Some(latest) = missing.iter().map(|(_, until)| *until).max() else {
            return;
        };
        if self.last_warning.is_due(now) {
            line.warn("results_missing", text(&missing, latest));
        }
    }
}

fn text(missing: &[(AttemptId, Timestamp)], latest: Timestamp) -> String {
    let named = missing.iter().take(NAMED);
    let named: Vec<String> = named.map(|(attempt, _)| attempt.to_string()).collect();
    let more = missing.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "no result has come for {} calls that should be over: attempts {}{more}. Plum cannot be asked \
         about them, so they keep their slots until their results come, at the latest until {latest}. \
         Does Plum reach the deck's listener? Compare Plum's own list of calls",
        missing.len(),
        named.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    #[test]
    fn a_warning_names_at_most_twenty_calls_and_counts_all() {
        let until = Timestamp::from_millis(1_800_000_000_000);
        let missing = |count: i64| -> Vec<_> {
            let attempt = |serial| AttemptId {
                deck: DeckId(7),
                serial,
            };
            (1..=count).map(|serial| (attempt(serial), until)).collect()
        };
        let few = text(&missing(2), until);
        assert!(few.contains("attempts 00000007-1, 00000007-2."), "{few}");
        assert!(few.contains(&until.to_string()));
        let many = text(&missing(23), until);
        assert!(many.contains("for 23 calls") && many.contains("00000007-20 and 3 more."));
    }

    #[test]
    fn a_warning_is_not_repeated_within_ten_minutes() {
        let last = LastWarning::default();
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        assert!(last.is_due(at(0)) && !last.is_due(at(9)) && last.is_due(at(10)));
    }
}

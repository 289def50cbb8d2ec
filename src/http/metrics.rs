//! Metrics for Prometheus: text exposition format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::board::{Board, Phase};
use crate::engine::messages;
use crate::engine::next_claim::NextClaim;
use crate::engine::shell::Handle;

/// The media type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long a scrape waits for a new board before it shows the last one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Requests by trunk and by result.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<BTreeMap<(String, &'static str), u64>>);

impl Counts {
    /// Adds one request with this result.
    pub(super) fn add(&self, trunk: &str, became: &'static str) {
        // A counter is valid even if a thread panicked while it held the lock.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((trunk.to_owned(), became)).or_default() += 1;
    }
}

/// Returns a board made after this call; the last one if the engine is busy for [`PATIENCE`].
pub(super) async fn fresh_board(handle: &Handle) -> Arc<Board> {
    let mut boards = handle.board();
    handle.nudge();
    // If no new board arrives in time, the last one is shown.
    tokio::time::timeout(PATIENCE, boards.changed()).await.ok();
    Arc::clone(&boards.borrow())
}

/// Returns the page of all metrics.
pub(super) fn text(board: &Board, counts: &Counts) -> String {
    let mut page = Page::default();
    campaigns(board, &mut page);
    for trunk in &board.trunks {
        let of = [("trunk", trunk.name.0.as_str())];
        let gauges = [
            ("dialdeck_trunk_calls_in_flight", trunk.caps.concurrent[0]),
            (
                "dialdeck_trunk_calls_in_flight_cap",
                trunk.caps.concurrent[1],
            ),
            ("dialdeck_trunk_sends_last_minute", trunk.caps.per_minute[0]),
            (
                "dialdeck_trunk_sends_last_minute_cap",
                trunk.caps.per_minute[1],
            ),
        ];
        for (name, value) in gauges {
            page.gauge(name, &of, u64::from(value));
        }
        let [without, all] = trunk.without_agent;
        page.gauge("dialdeck_trunk_attempts", &of, all);
        page.gauge("dialdeck_trunk_attempts_without_agent", &of, without);
    }
    page.gauge("dialdeck_alerts_open", &[], board.alerts.len() as u64);
    let counted = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
    for ((trunk, became), count) in counted.iter() {
        let labels = [("trunk", trunk.as_str()), ("became", *became)];
        page.counter("dialdeck_inbound_requests_total", &labels, *count);
    }
    page.finish()
}

fn campaigns(board: &Board, page: &mut Page) {
    for campaign in &board.campaigns {
        let name = ("campaign", campaign.name.as_str());
        let states = [
            ("done", campaign.done),
            ("in_flight", campaign.in_flight),
            ("ready", campaign.ready),
            ("waiting_window", campaign.waiting.window),
            ("waiting_retry", campaign.waiting.retry),
            ("waiting_cap", campaign.waiting.cap),
            ("suppressed", campaign.suppressed),
            ("exhausted", campaign.exhausted),
            ("expired", campaign.expired),
            ("invalid", campaign.invalid),
            ("unknown", campaign.unknown),
        ];
        for (state, count) in states {
            page.gauge("dialdeck_contacts", &[name, ("state", state)], count);
        }
        page.counter("dialdeck_attempts_total", &[name], campaign.attempts);
        let held = u64::from(campaign.phase == Phase::Held);
        page.gauge("dialdeck_campaign_held", &[name], held);
        if let NextClaim::Hold(hold) = &campaign.next {
            for reason in &hold.reasons {
                let code = messages::hold_code(&reason.kind);
                page.gauge("dialdeck_campaign_hold", &[name, ("reason", &code)], 1);
            }
        }
        for (outcome, count) in &campaign.outcomes {
            let labels = [name, ("outcome", outcome.as_str())];
            page.counter("dialdeck_outcomes_total", &labels, *count);
        }
    }
}

/// Samples by metric, because the format wants all samples of a metric together.
#[derive(Default)]
struct Page(BTreeMap<&'static str, (&'static str, String)>);

impl Page {
    fn gauge(&mut self, name: &'static str, labels: &[(&str, &str)], value: u64) {
        self.sample(name, "gauge", labels, value);
    }

    fn counter(&mut self, name: &'static str, labels: &[(&str, &str)], value: u64) {
        self.sample(name, "counter", labels, value);
    }

    fn sample(
        &mut self,
        name: &'static str,
        kind: &'static str,
        labels: &[(&str, &str)],
        value: u64,
    ) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let (_, samples) = self.0.entry(name).or_insert((kind, String::new()));
        let labels = labels.join(",");
        // Writing to a string does not fail.
        if labels.is_empty() {
            writeln!(samples, "{name} {value}").ok();
        } else {
            writeln!(samples, "{name}{{{labels}}} {value}").ok();
        }
    }

    fn finish(self) -> String {
        self.0
            .into_iter()
            .fold(String::new(), |mut page, (name, (kind, samples))| {
                writeln!(page, "# TYPE {name} {kind}").ok();
                page.push_str(&samples);
                page
            })
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn a_page_has_one_type_per_metric_and_escapes_its_labels() {
        let counts = Counts::default();
        counts.add("a\"b\\c\nd", "forged");
        counts.add("a\"b\\c\nd", "forged");
        counts.add("plain", "taken");
        let page = text(&Board::empty(Timestamp::from_millis(0)), &counts);
        assert!(page.contains(
            "dialdeck_inbound_requests_total{trunk=\"a\\\"b\\\\c\\nd\",became=\"forged\"} 2\n"
        ));
        assert_eq!(
            page.matches("# TYPE dialdeck_inbound_requests_total counter")
                .count(),
            1
        );
        assert!(page.contains("dialdeck_alerts_open 0\n"));
    }
}

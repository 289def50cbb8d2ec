//! Judges a status report: the states of every campaign add up and agree with the log (D16).

use serde_json::Value;

use super::Breach;
use super::history::History;
use super::read::text;

const STATES: [&str; 8] = [
    "done",
    "in_flight",
    "ready",
    "suppressed",
    "exhausted",
    "expired",
    "invalid",
    "unknown",
];
const WAITING: [&str; 3] = ["window", "retry", "cap"];

/// Judges the output of `status --json`, taken at the end of the log.
pub(crate) fn check(history: &History, status: &str, breaches: &mut Vec<Breach>) {
    let status: Value = status.parse().unwrap_or_default();
    let mut wrong = |text: String| breaches.push(Breach::new("D16", history.end, "", text));
    let rows = status["campaigns"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if rows.len() != history.campaigns.len() {
        wrong(format!(
            "{} campaigns, the log has {}",
            rows.len(),
            history.campaigns.len()
        ));
    }
    for row in rows {
        let name = text(&row["name"]);
        let Some(campaign) = history.campaigns.get(&name) else {
            wrong(format!("{name} is not in the log"));
            continue;
        };
        let count = |key: &str| row[key].as_i64().unwrap_or(0);
        let waiting = WAITING
            .iter()
            .filter_map(|key| row["waiting"][key].as_i64());
        let sum = STATES.iter().map(|key| count(key)).sum::<i64>() + waiting.sum::<i64>();
        if sum != count("total") {
            wrong(format!(
                "{name}: states add up to {sum}, total is {}",
                count("total")
            ));
        }
        let finished = |state: &str| {
            campaign
                .finished
                .values()
                .filter(|known| *known == state)
                .count()
        };
        let made = history.attempts.iter().filter(|made| made.campaign == name);
        let logged = [
            ("done", finished("done")),
            ("exhausted", finished("exhausted")),
            (
                "in_flight",
                made.clone().filter(|made| made.ended.is_none()).count(),
            ),
            ("attempts", made.count()),
        ];
        for (key, logged) in logged {
            if i64::try_from(logged) != Ok(count(key)) {
                wrong(format!(
                    "{name}: {key} is {}, the log has {logged}",
                    count(key)
                ));
            }
        }
    }
}

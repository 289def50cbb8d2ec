//! Checks that the states of a status report add up.

use serde_json::Value;

/// Checks that the states of every campaign add up to its total (D16). Returns the number of attempts of
/// all campaigns.
pub fn assert_partition(status: &Value) -> u64 {
    let number = |value: &Value| value.as_u64().unwrap();
    let mut attempts = 0;
    for campaign in status["campaigns"].as_array().unwrap() {
        let parts = [
            "done",
            "in_flight",
            "ready",
            "suppressed",
            "exhausted",
            "expired",
            "invalid",
            "unknown",
        ];
        let waiting = ["window", "retry", "cap"];
        let sum: u64 = parts
            .iter()
            .map(|part| number(&campaign[part]))
            .sum::<u64>()
            + waiting
                .iter()
                .map(|why| number(&campaign["waiting"][why]))
                .sum::<u64>();
        assert_eq!(sum, number(&campaign["total"]), "{campaign}");
        attempts += number(&campaign["attempts"]);
    }
    attempts
}

//! The state of the account: balance and numbers.

use serde_json::Value;

use super::json;
use dialdeck_core::domain::PhoneNumber;

/// The statuses by which the vendor may mark a number that can no longer, or not yet, be shown. Inferred: the
/// vendor's page names a status field and no values.
const NOT_OURS: [&str; 8] = [
    "released",
    "cancelled",
    "canceled",
    "expired",
    "suspended",
    "inactive",
    "pending",
    "disabled",
];

/// Returns the remaining balance in the account's currency from the answer of `GET /auth/me`, or `None` if it
/// holds none.
pub(super) fn balance(me: &Value) -> Option<f64> {
    let keys = ["balance", "credit_balance", "credits"];
    let inner = json::unwrapped(me, &["data", "user", "account"]);
    [inner, me]
        .into_iter()
        .find_map(|part| json::number(part, &keys))
}

/// An entry of the list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The account owns this number; with the vendor's id of it, if the entry has one.
    Ours(PhoneNumber, Option<String>),
    /// The number can no longer, or not yet, be shown.
    NotOurs,
    /// The entry cannot be parsed.
    Unreadable,
}

/// Reads an entry of the list of numbers.
pub(super) fn entry(entry: &Value) -> Entry {
    let status = json::text(entry, &["status", "state"]).unwrap_or_default();
    if NOT_OURS.contains(&&*status.to_lowercase()) {
        return Entry::NotOurs;
    }
    let keys = ["number", "phone_number", "e164", "phoneNumber"];
    let text = entry.as_str().map(str::to_owned);
    let text = text.or_else(|| json::text(entry, &keys));
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect();
    let digits: String = text.map(digits).unwrap_or_default();
    let id = json::text(entry, &["id", "phone_number_id"]);
    format!("+{digits}")
        .parse()
        .map_or(Entry::Unreadable, |number| Entry::Ours(number, id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_balance_is_found_in_every_shape() {
        for me in [
            json!({"balance": 12.5}),
            json!({"balance": "12.50"}),
            json!({"data": {"name": "x", "balance": "$12.50"}}),
            json!({"user": {"name": "x"}, "balance": 12.5}),
            json!({"data": {"user": {"credits": 12.5}}}),
        ] {
            assert_eq!(balance(&me), Some(12.5), "{me}");
        }
        for me in [json!(null), json!({}), json!({"balance": null}), json!([])] {
            assert_eq!(balance(&me), None, "{me}");
        }
    }

    #[test]
    fn a_number_is_ours_while_it_is_in_use() {
        let number = "+16465550100".parse().unwrap();
        for (shown, id) in [
            (json!("+16465550100"), None),
            (json!({"number": "+16465550100"}), None),
            (
                json!({"id": 7, "phone_number": "+1 646-555-0100", "status": "active"}),
                Some("7"),
            ),
            (
                json!({"id": "pn_7", "e164": "16465550100", "status": "in-use"}),
                Some("pn_7"),
            ),
        ] {
            let wanted = Entry::Ours(number, id.map(str::to_owned));
            assert_eq!(entry(&shown), wanted, "{shown}");
        }
        let released = json!({"number": "+16465550100", "status": "Released"});
        assert_eq!(entry(&released), Entry::NotOurs);
        for shown in [json!(null), json!({"number": "none"}), json!({"id": 7})] {
            assert_eq!(entry(&shown), Entry::Unreadable, "{shown}");
        }
    }
}

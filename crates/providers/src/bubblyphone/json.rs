//! Lenient reading of undocumented JSON: several spellings, texts for numbers, wrapped objects.

use serde_json::Value;

use dialdeck_core::domain::Timestamp;

/// The deepest wrapping that is read, in levels.
const WRAPPINGS: usize = 3;

/// Returns the inner object: the value itself or what it wraps under one of these keys. Inferred, because the
/// vendor's page shows no answer.
pub(super) fn unwrapped<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    let mut inner = value;
    for _ in 0..WRAPPINGS {
        let wrapped = keys.iter().find_map(|key| inner.get(key));
        match wrapped.filter(|found| found.is_object()) {
            Some(found) => inner = found,
            None => break,
        }
    }
    inner
}

/// Returns the first nonempty text or number under these keys, as text.
pub(super) fn text(value: &Value, keys: &[&str]) -> Option<String> {
    let mut found = keys.iter().filter_map(|key| match value.get(key)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    found.find(|text| !text.is_empty())
}

/// Returns the first number under these keys, including one in a text such as `"$1,204.50"`.
pub(super) fn number(value: &Value, keys: &[&str]) -> Option<f64> {
    let bare = |text: String| {
        let kept = |sign: &char| sign.is_ascii_digit() || matches!(sign, '.' | '-');
        let digits: String = text.chars().filter(kept).collect();
        digits.parse().ok()
    };
    let mut found = keys
        .iter()
        .filter_map(|key| text(value, &[key]).and_then(bare));
    found.find(|number: &f64| number.is_finite())
}

/// An instant in a server's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The instant, read as UTC if the text names no offset.
    pub(super) at: Timestamp,
    /// Whether the text names its offset. Otherwise it may be the time of day in another zone.
    pub(super) certain: bool,
}

/// Returns the first instant under these keys: RFC 3339, a date and time without an offset, or seconds or
/// milliseconds since 1970.
pub(super) fn instant(value: &Value, keys: &[&str]) -> Option<Written> {
    let mut found = keys
        .iter()
        .filter_map(|key| text(value, &[key]).and_then(|text| written(&text)));
    found.next()
}

fn written(text: &str) -> Option<Written> {
    if let Ok(number) = text.parse::<f64>() {
        return since_1970(number);
    }
    if let Ok(at) = text.parse() {
        return Some(Written { at, certain: true });
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let at = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Written {
        at: Timestamp::from_jiff(at),
        certain: false,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the bounds leave less than 2^53 milliseconds"
)]
fn since_1970(number: f64) -> Option<Written> {
    // Seconds until the year 5138, milliseconds from 1973 on.
    let millis = if number < 1e11 {
        number * 1000.0
    } else {
        number
    };
    let at = (1e11..1e15)
        .contains(&millis)
        .then(|| Timestamp::from_millis(millis as i64))?;
    Some(Written { at, certain: true })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_is_read_in_every_spelling() {
        let at: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
        let table = [
            (json!("2026-12-07T15:30:00Z"), Some((at, true))),
            (json!("2026-12-07T15:30:00.000000Z"), Some((at, true))),
            (json!("2026-12-07T10:30:00-05:00"), Some((at, true))),
            (json!("2026-12-07 15:30:00"), Some((at, false))),
            (json!("2026-12-07T15:30:00"), Some((at, false))),
            (json!(1_796_657_400), Some((at, true))),
            (json!("1796657400"), Some((at, true))),
            (json!(1_796_657_400_000_i64), Some((at, true))),
            (json!("yesterday"), None),
            (json!(0), None),
            (json!(-1e300), None),
            (json!(null), None),
        ];
        for (value, wanted) in table {
            let wanted = wanted.map(|(at, certain)| Written { at, certain });
            assert_eq!(instant(&json!({ "at": value }), &["at"]), wanted, "{value}");
        }
    }

    #[test]
    fn a_number_is_read_in_every_spelling() {
        for value in [
            json!(12.5),
            json!("12.5"),
            json!("$12.50"),
            json!("12.50 USD"),
        ] {
            assert_eq!(number(&json!({ "n": value }), &["m", "n"]), Some(12.5));
        }
        for value in [json!("much"), json!(null), json!([1]), json!("")] {
            assert_eq!(number(&json!({ "n": value }), &["n"]), None, "{value}");
        }
    }
}

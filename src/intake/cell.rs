//! Single cells of a list.

use crate::domain::ConsentKind;

/// Fewest digits of a number without its area code, and of one with it.
const LOCAL_DIGITS: usize = 7;
const AREA_DIGITS: usize = 3;

/// What spreadsheets write where a formula failed.
pub(super) const FAILED: [&str; 7] = [
    "#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!",
];

/// The number of an area code and the number beside it, which may have the area code already.
///
/// # Errors
/// What is wrong and what to do, parted by a semicolon.
pub(super) fn with_area(area: &str, text: &str) -> Result<String, String> {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let own = digits(area.strip_suffix(".0").unwrap_or(area));
    if own.len() != AREA_DIGITS {
        return Err(format!(
            "`{area}` is not an area code; write its three digits"
        ));
    }
    let text = text.trim_matches(['\'', '"', ' ']);
    let text = text.strip_suffix(".0").unwrap_or(text);
    // An extension is no part of it.
    let whole = text
        .split(|char: char| char.is_alphabetic() || "#;,".contains(char))
        .next();
    let rest = digits(whole.unwrap_or_default());
    let national = rest
        .strip_prefix('1')
        .filter(|_| rest.len() == LOCAL_DIGITS + 4);
    match rest.len() {
        LOCAL_DIGITS => Ok(format!("{own} {text}")),
        10 | 11 if !national.unwrap_or(&rest).starts_with(&own) => Err(format!(
            "`{area}` and the number's own area code differ; leave the right one"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// Whether a text has enough digits for a number.
pub(super) fn has_number(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= LOCAL_DIGITS
}

/// A kind of consent in any usual spelling: `Express Written` is `express_written`.
pub(super) fn consent_kind(text: &str) -> Result<ConsentKind, String> {
    let exact = ConsentKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text);
    match exact {
        Some(kind) => Ok(kind),
        None => text.to_ascii_lowercase().replace([' ', '-'], "_").parse(),
    }
}

/// Names are shown on a terminal: no line breaks, no escape sequences.
pub(super) fn on_one_line(text: &str) -> String {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ")
    } else {
        text.to_owned()
    }
}

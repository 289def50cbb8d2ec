//! Reads single cells of a list.

use csv::StringRecord;

use super::row_error::AreaFault;
use crate::domain::ConsentKind;

/// Digits of a North American number without its area code, and the fewest digits of any number.
const LOCAL_DIGITS: usize = 7;
/// Digits of a North American area code.
const AREA_DIGITS: usize = 3;
/// The fewest `#` that a spreadsheet shows for a column that is too narrow.
const NARROW: usize = 5;

/// What spreadsheets write where a formula failed.
const FAILED: [&str; 7] = [
    "#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!",
];

/// Returns whether a spreadsheet could not show the value of the cell: a failed formula, or `########` where
/// its column was too narrow.
pub(super) fn failed(text: &str) -> bool {
    let text = text.trim();
    let narrow = text.len() >= NARROW && text.bytes().all(|byte| byte == b'#');
    narrow || FAILED.contains(&text)
}

/// Returns the position of the cell that holds the end of its line and the beginning of another, because a
/// quotation mark was opened there by mistake. Returns `None` if there is no such cell.
pub(super) fn swallowed(record: &StringRecord, columns: usize) -> Option<usize> {
    let marks = |text: &str, mark: char| text.chars().filter(|char| *char == mark).count();
    let fits = |at: usize, cell: &str| {
        let mut lines = cell.lines();
        let (Some(first), Some(last)) = (lines.next(), lines.next_back()) else {
            return false;
        };
        has_number(cell)
            && [',', ';', '\t', '|']
                .into_iter()
                .any(|mark| marks(first, mark) + at + 1 == columns && marks(last, mark) == at)
    };
    let mut cells = record.iter().enumerate();
    let found = cells.find(|(at, cell)| columns > 1 && cell.contains('\n') && fits(*at, cell));
    found.map(|(at, _)| at)
}

/// Joins an area code and the number in the next column, which may include the area code already. Returns the
/// text to read as a number.
///
/// # Errors
///
/// Errors if the area code does not have three digits or differs from that of the number.
pub(super) fn with_area(area: &str, text: &str) -> Result<String, AreaFault> {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let own = digits(area.strip_suffix(".0").unwrap_or(area));
    if own.len() != AREA_DIGITS {
        return Err(AreaFault::NotAnAreaCode(area.to_owned()));
    }
    let text = text.trim_matches(['\'', '"', ' ']);
    let text = text.strip_suffix(".0").unwrap_or(text);
    // An extension is not part of the number.
    let whole = text
        .split(|char: char| char.is_alphabetic() || "#;,".contains(char))
        .next();
    let rest = digits(whole.unwrap_or_default());
    let national = rest
        .strip_prefix('1')
        .filter(|_| rest.len() == LOCAL_DIGITS + 4);
    match rest.len() {
        LOCAL_DIGITS => Ok(format!("{own} {text}")),
        10 | 11 if !national.unwrap_or(&rest).starts_with(&own) => {
            Err(AreaFault::Differs(area.to_owned()))
        }
        _ => Ok(text.to_owned()),
    }
}

/// Returns the digits of a number as `2.125550142E+09` if it states all of them; `None` for any other text.
pub(super) fn with_exponent(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.trim().split_once(['E', 'e'])?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, rest) = mantissa.split_once(['.', ','])?;
    let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let stated = whole.len() == 1 && rest.len() == exponent && decimal(whole) && decimal(rest);
    stated.then(|| format!("{whole}{rest}"))
}

/// Returns whether a text has enough digits for a number, in any script.
pub(super) fn has_number(text: &str) -> bool {
    let digits = if text.is_ascii() {
        text.bytes().filter(u8::is_ascii_digit).count()
    } else {
        text.chars().filter(|char| char.is_numeric()).count()
    };
    digits >= LOCAL_DIGITS
}

/// Returns the kind of consent in any usual spelling: `Express Written` is `express_written`. `None` if the
/// text names none.
pub(super) fn consent_kind(text: &str) -> Option<ConsentKind> {
    let named = |text: &str| {
        let mut kinds = ConsentKind::ALL.into_iter();
        kinds.find(|kind| kind.as_str() == text)
    };
    named(text).or_else(|| named(&text.to_ascii_lowercase().replace([' ', '-'], "_")))
}

/// Returns the text with control characters replaced by spaces. Names are shown on a terminal: no line
/// breaks, no escape sequences.
pub(super) fn on_one_line(text: &str) -> String {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_swallowed_a_line_is_seen() {
        let found = |cells: &[&str]| swallowed(&StringRecord::from(cells.to_vec()), 2);
        assert_eq!(found(&["Al,2125550142\nBo", "2135550143"]), Some(0));
        assert_eq!(found(&["2125550142", "Al\n2135550143,Bo"]), Some(1));
        assert_eq!(found(&["2125550142", "12 Main St\nSpringfield"]), None);
        assert_eq!(found(&["2125550142\n2135550143", "Al"]), None);
        assert_eq!(found(&["2125550142", "Al"]), None);
    }

    #[test]
    fn what_a_spreadsheet_could_not_show_is_no_comment() {
        for (text, expected) in [
            ("#N/A", true),
            ("########", true),
            ("#", false),
            ("# a", false),
        ] {
            assert_eq!(failed(text), expected, "{text}");
        }
    }
}

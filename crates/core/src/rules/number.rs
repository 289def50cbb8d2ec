//! Reading numbers from text: a fast path for country code 1, the phone library for the rest.

mod cell;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use super::npa::NpaTable;
use super::{NumberError, ReadNumber};
use crate::domain::PhoneNumber;

/// The maximum number of digits in a text that can still be a number: 15 and a prefix such as `0011`.
const MAX_DIGITS: usize = 20;
/// The minimum number of digits before an extension.
const MIN_BEFORE_EXTENSION: usize = 7;

/// The digits of a text, without its separators.
struct Digits {
    plus: bool,
    buffer: [u8; MAX_DIGITS],
    len: usize,
}

impl Digits {
    fn text(&self) -> &str {
        str::from_utf8(&self.buffer[..self.len]).unwrap_or("")
    }

    fn from(&self, start: usize) -> &str {
        &self.text()[start..]
    }

    fn starts_with(&self, head: &str) -> bool {
        self.text().starts_with(head)
    }
}

/// Reads a number in any usual spelling. Text that starts with `+` never gets the default country.
///
/// # Errors
///
/// Errors if the text is not one possible number; the [`NumberError`] states why.
pub(super) fn read(
    text: &str,
    default_country: Option<&str>,
    codes: &NpaTable,
) -> Result<ReadNumber, NumberError> {
    let text = cell::bare(text);
    if cell::is_scientific(text) {
        return Err(NumberError::Scientific);
    }
    let read = scan(text).and_then(|digits| whole(&digits, default_country, codes));
    // Only text that is not one number is examined further: a number is never split in two.
    read.map_err(|error| {
        let empty = matches!(error, NumberError::Empty | NumberError::NoCountry);
        if !empty && cell::several(text).len() > 1 {
            NumberError::Several
        } else {
            error
        }
    })
}

/// Reads every number of a text on a list of numbers not to be called. An extension or a word after a number
/// is dropped, not the number; several numbers are all taken.
///
/// # Errors
///
/// Errors if the text holds no number or a part of it is not one.
pub(super) fn read_all(
    text: &str,
    default_country: Option<&str>,
    codes: &NpaTable,
) -> Result<Vec<PhoneNumber>, NumberError> {
    let one = |text: &str| read(text, default_country, codes).map(|read| read.number);
    let pieces = match one(text) {
        Ok(number) => return Ok(vec![number]),
        Err(NumberError::Several) => cell::several(cell::bare(text)),
        Err(NumberError::Extension | NumberError::Letters) => vec![cell::bare(text)],
        Err(error) => return Err(error),
    };
    let each = pieces.into_iter().map(|piece| {
        one(piece).or_else(|error| match cell::before_words(piece) {
            Some(head) => one(head),
            None => Err(error),
        })
    });
    each.collect()
}

fn whole(
    digits: &Digits,
    default_country: Option<&str>,
    codes: &NpaTable,
) -> Result<ReadNumber, NumberError> {
    if digits.plus {
        let number = international(digits.text())?;
        return Ok(ReadNumber {
            number,
            country_guessed: false,
        });
    }
    let country = default_country.ok_or(NumberError::NoCountry)?;
    if codes.has_country(country) {
        north_american(digits)
    } else {
        national(digits, country)
    }
}

/// Reads digits that start with a country code.
fn international(digits: &str) -> Result<PhoneNumber, NumberError> {
    if digits.starts_with('1') {
        // Country code 1 has exactly ten digits more. Fitness decides whether they are in service.
        let number = digits.parse().ok().filter(|_| digits.len() == 11);
        return number
            .and_then(PhoneNumber::from_digits)
            .ok_or(NumberError::NotPossible);
    }
    by_library(&format!("+{digits}"), None).map(|(number, _)| number)
}

fn north_american(digits: &Digits) -> Result<ReadNumber, NumberError> {
    let read = |rest: &str, country_guessed| {
        international(rest).map(|number| ReadNumber {
            number,
            country_guessed,
        })
    };
    match digits.len {
        10 if !digits.starts_with("0") => {
            let mut whole = [b'1'; 11];
            whole[1..].copy_from_slice(&digits.buffer[..10]);
            read(str::from_utf8(&whole).unwrap_or(""), true)
        }
        11 if digits.starts_with("1") => read(digits.text(), true),
        _ if digits.starts_with("011") => read(digits.from(3), false),
        // The prefix that most of the world dials; no North American number starts with zero.
        _ if digits.starts_with("00") => read(digits.from(2), true),
        _ => Err(NumberError::NotPossible),
    }
}

fn national(digits: &Digits, country: &str) -> Result<ReadNumber, NumberError> {
    let region: Region = country.parse().map_err(|_| NumberError::NoCountry)?;
    let own = PHONE_NUMBER_UTIL.get_country_code_for_region(region);
    let own = own.ok_or(NumberError::NoCountry)?;
    let (number, code) = by_library(digits.text(), Some(region))?;
    Ok(ReadNumber {
        number,
        country_guessed: own == code && !digits.starts_with("00"),
    })
}

/// Returns the number and its country code.
fn by_library(text: &str, region: Option<Region>) -> Result<(PhoneNumber, i32), NumberError> {
    let parsed = PHONE_NUMBER_UTIL
        .parse(text, region)
        .map_err(|_| NumberError::NotPossible)?;
    if parsed.is_possible_with_reason() != Ok(NumberLengthType::IsPossible) {
        return Err(NumberError::NotPossible);
    }
    let number = parsed.format_as(PhoneNumberFormat::E164).parse();
    let number = number.map_err(|_| NumberError::NotPossible)?;
    Ok((number, parsed.country_code))
}

fn scan(text: &str) -> Result<Digits, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    let mut digits = Digits {
        plus: false,
        buffer: [0; MAX_DIGITS],
        len: 0,
    };
    for (index, char) in text.char_indices() {
        if let Some(digit) = cell::digit(char) {
            if digits.len == MAX_DIGITS {
                return Err(NumberError::NotPossible);
            }
            digits.buffer[digits.len] = b'0' + digit;
            digits.len += 1;
            continue;
        }
        match char {
            '+' | '\u{ff0b}' if digits.len == 0 && !digits.plus => digits.plus = true,
            _ if is_separator(char) => {}
            _ => return Err(why_not(&text[index..], digits.len)),
        }
    }
    if digits.len == 0 {
        return Err(NumberError::NotPossible);
    }
    Ok(digits)
}

/// Returns whether the character is a space, bracket or dash, or an invisible mark that spreadsheets and web
/// pages leave in numbers.
fn is_separator(char: char) -> bool {
    char.is_whitespace()
        || matches!(
            char,
            '-' | '.' | '(' | ')' | '/'
                | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}' | '\u{ff0e}'
                | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{feff}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        )
}

/// Returns why a text is no number if `rest`, which follows its digits, starts with another character.
fn why_not(rest: &str, digits_before: usize) -> NumberError {
    if digits_before >= MIN_BEFORE_EXTENSION && is_extension(rest) {
        return NumberError::Extension;
    }
    if rest.chars().any(char::is_alphabetic) {
        NumberError::Letters
    } else {
        NumberError::NotPossible
    }
}

/// Returns whether the text is a mark such as `ext.`, `x`, `#`, `;ext=` or a pause, and then digits.
fn is_extension(rest: &str) -> bool {
    const MARKS: [&str; 8] = ["extension", "extn", "ext", "x", "#", ";ext=", ",", ";"];
    let lower = rest.to_ascii_lowercase();
    let tail = MARKS.iter().find_map(|mark| lower.strip_prefix(mark));
    tail.is_some_and(|tail| {
        let tail = tail.trim_start_matches(|char: char| {
            matches!(char, '.' | ':' | ',' | ';' | '#') || char.is_whitespace()
        });
        !tail.is_empty()
            && tail
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'#')
    })
}

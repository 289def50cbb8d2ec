//! Makes a server's text fit for a log: without numbers and keys, and short.

/// The longest text that is kept, in characters.
const LONGEST: usize = 200;

/// The least number of adjacent digits, apart from punctuation, that may be a telephone number.
const NUMBER: usize = 7;

/// The least number of digits with white space between them that may be a telephone number. Two adjacent
/// codes have fewer.
const SPACED: usize = 9;

/// The least length of a text with a digit that may be a key or a token, in characters.
const KEY: usize = 16;

/// Replaces what was removed.
const GONE: char = '…';

/// Returns a server's text without anything that may be a number or a key, on one line, at most 200
/// characters long. Each removed part is replaced by `…`.
///
/// # Examples
///
/// ```
/// use dialdeck_providers::remote::text::plain;
///
/// assert_eq!(plain("486 Busy Here"), "486 Busy Here");
/// assert_eq!(plain("+1 212-555-0142 is busy"), "… is busy");
/// assert_eq!(plain("bad key bp_live_sk_0123456789"), "bad key …");
/// ```
pub fn plain(text: &str) -> String {
    let words = masked(text, is_word, |run| {
        run.chars().count() >= KEY && run.chars().any(char::is_numeric)
    });
    let numbers = masked(&words, is_number, |run| {
        digits(run) >= SPACED || run.split_whitespace().any(|part| digits(part) >= NUMBER)
    });
    let words: Vec<&str> = numbers
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-')
}

fn digits(run: &str) -> usize {
    run.chars().filter(|sign| sign.is_numeric()).count()
}

/// Returns whether a character is a digit or a separator in telephone numbers.
fn is_number(sign: char) -> bool {
    sign.is_numeric() || sign.is_whitespace() || matches!(sign, '+' | '-' | '.' | '(' | ')' | '/')
}

/// Replaces every longest run of matching characters for which `goes` returns `true`.
fn masked(text: &str, belongs: fn(char) -> bool, goes: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside = belongs(first);
        let end = rest
            .find(|sign| belongs(sign) != inside)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if inside && goes(run) {
            // White space around a number is not part of it.
            let after = run.trim_start();
            kept.push_str(&run[..run.len() - after.len()]);
            kept.push(GONE);
            kept.push_str(&after[after.trim_end().len()..]);
        } else {
            kept.push_str(run);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn numbers_and_keys_do_not_pass() {
        let table = [
            ("busy", "busy"),
            ("+12125550142 is invalid", "… is invalid"),
            ("to: +1 (212) 555-0142, sorry", "to: …, sorry"),
            ("to 212 555 0142", "to …"),
            ("%2B12125550142", "%2B…"),
            ("30 calls per hour", "30 calls per hour"),
            ("key bp_live_sk_0a1b2c3d4e5f is bad", "key … is bad"),
            ("token=0123456789abcdef0123456789abcdef", "token=…"),
            ("a\r\nb\u{1b}[31m", "a b [31m"),
            ("Busy Here", "Busy Here"),
            ("sip:+12125550142@carrier.example", "sip:…@carrier.example"),
            ("call (212) 555-0142 now", "call … now"),
            ("no route to 1.212.555.0142", "no route to …"),
            ("X-Twilio-Error: 32203 603", "X-Twilio-Error: 32203 603"),
            ("call to 12125550142 failed: 486", "call to … failed: 486"),
            ("'2125550142'", "'…'"),
            ("", ""),
        ];
        for (text, wanted) in table {
            assert_eq!(plain(text), wanted);
        }
        assert_eq!(plain(&"ab ".repeat(200)).chars().count(), 200);
        assert_eq!(plain(&"é".repeat(300)).chars().count(), 200);
    }
}

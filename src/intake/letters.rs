//! Letters that only look like those of the word tables: full-width and other forms of Latin letters, Cyrillic
//! and Greek letters among Latin ones, and signs that are not seen.

use std::borrow::Cow;

/// The distance from a full-width form to its ASCII sign, `！` being the first.
const FULL_WIDTH: u32 = 0xfee0;

/// Cyrillic and Greek letters, each followed by the Latin letter that it looks like.
const ALIKE: &str = "АAВBЕEКKМMНHОOРPСCТTУYХXЅSІIЈJаaеeоoрpсcуyхxѕsіiјjԁdһhкkтtмmнhпnԛqԝw\
    ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvρpαaιiκkτtυuεeηn";

/// Returns a text in the letters of the word tables, as far as its letters look like them.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let narrow: String = text
        .chars()
        .filter(|sign| !is_unseen(*sign))
        .map(narrow)
        .collect();
    // A word of a language with other letters is left as it is.
    if !narrow.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Cow::Owned(narrow);
    }
    Cow::Owned(narrow.chars().map(latin).collect())
}

/// Returns whether a sign takes no room: a soft hyphen, or a mark of width or direction.
const fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe0f}')
}

/// Returns the ASCII letter of a full-width, mathematical or circled form; any other sign as it is.
fn narrow(sign: char) -> char {
    let code = u32::from(sign);
    let found = match code {
        0xff01..=0xff5e => char::from_u32(code - FULL_WIDTH),
        0x3000 | 0xa0 => Some(' '),
        // Thirteen alphabets of 26 capitals and 26 small letters.
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        0x24b6..=0x24e9 => letter(code - 0x24b6),
        0x1f130..=0x1f149 => letter(code - 0x1f130),
        _ => None,
    };
    found.unwrap_or(sign)
}

/// Returns a letter by its place among the capitals and then the small letters.
fn letter(place: u32) -> Option<char> {
    let first = if place < 26 { 'A' } else { 'a' };
    char::from_u32(u32::from(first) + place % 26)
}

fn latin(sign: char) -> char {
    // No Greek or Cyrillic letter is among the first signs.
    if sign < '\u{370}' {
        return sign;
    }
    let mut pairs = ALIKE.chars();
    while let (Some(known), Some(alike)) = (pairs.next(), pairs.next()) {
        if known == sign {
            return alike;
        }
    }
    sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_alike_are_read_alike() {
        for text in [
            "Dо Nоt Саll",
            "Ｄｏ Ｎｏｔ Ｃａｌｌ",
            "Do\u{200b} No\u{ad}t C\u{2060}all",
            "Do\u{a0}Not\u{3000}Call",
            "𝐃𝐨 𝐍𝐨𝐭 𝐂𝐚𝐥𝐥",
            "Dο Νοt Cαll",
        ] {
            assert_eq!(plain(text), "Do Not Call", "{text}");
        }
        assert_eq!(plain("ＤＮＣ"), "DNC");
        assert_eq!(plain("ⓉⓅⓈ"), "TPS");
        for text in ["Не звонить", "стоп", "Μητρώο", "José", "電話不可", "✓"]
        {
            assert_eq!(plain(text), text);
        }
    }
}

//! One key press, in a form that is equal across terminals and can be written in a file.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "key codes are the terminal library's list, and most of them have no meaning here"
)]

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The names of keys that are not a character. `Minus` and `Plus` are accepted in addition to `-` and `+`,
/// for files in which a bare `"-"` would be unclear.
const NAMES: &[(&str, KeyCode)] = &[
    ("Esc", KeyCode::Esc),
    ("Enter", KeyCode::Enter),
    ("Tab", KeyCode::Tab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("BackTab", KeyCode::BackTab),
    ("Minus", KeyCode::Char('-')),
    ("Plus", KeyCode::Char('+')),
];

/// A key with its modifiers, in one form for all terminals: the letter case of a character contains its
/// Shift, `Shift-Tab` is one key, and characters with Ctrl are lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    fn new(mut code: KeyCode, mut modifiers: KeyModifiers) -> Self {
        modifiers &= KeyModifiers::SHIFT | KeyModifiers::CONTROL | KeyModifiers::ALT;
        match &mut code {
            KeyCode::Char(char) => {
                if modifiers.contains(KeyModifiers::CONTROL) {
                    *char = char.to_ascii_lowercase();
                } else if modifiers.contains(KeyModifiers::SHIFT) {
                    *char = char.to_ascii_uppercase();
                }
                modifiers -= KeyModifiers::SHIFT;
            }
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
                code = KeyCode::BackTab;
                modifiers -= KeyModifiers::SHIFT;
            }
            KeyCode::BackTab => modifiers -= KeyModifiers::SHIFT,
            _ => {}
        }
        Self { code, modifiers }
    }

    /// Returns whether a text field accepts the key as a character.
    pub(crate) fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// Returns why a plain terminal cannot distinguish the key from another one; `None` if it can.
    fn objection(self) -> Option<&'static str> {
        let control = self.modifiers.contains(KeyModifiers::CONTROL);
        match self.code {
            KeyCode::Char('i') if control => Some("terminals send Ctrl-i as Tab"),
            KeyCode::Char('m') if control => Some("terminals send Ctrl-m as Enter"),
            KeyCode::Char(char) if control && !char.is_ascii_lowercase() && char != ' ' => {
                Some("terminals send Ctrl with letters only")
            }
            KeyCode::Tab | KeyCode::Enter | KeyCode::Esc | KeyCode::Backspace
                if !self.modifiers.is_empty() =>
            {
                Some("terminals send it without its modifier")
            }
            _ => None,
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is no such key.
    #[error("`{0}` is not a key")]
    Unknown(String),
    /// A plain terminal sends the same for another key.
    #[error("`{text}` cannot be distinguished from another key: {why}")]
    Ambiguous {
        /// The key as written.
        text: String,
        /// What terminals do.
        why: &'static str,
    },
}

impl FromStr for Key {
    type Err = KeyError;

    /// Parses `p`, `P`, `Ctrl-l`, `Shift-Tab`, `F9`, `PgDn`. Names are accepted in any case.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError::Unknown(text.to_owned());
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('-').filter(|(_, tail)| !tail.is_empty()) {
            modifiers |= match head.to_ascii_lowercase().as_str() {
                "ctrl" => KeyModifiers::CONTROL,
                "alt" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return Err(unknown()),
            };
            rest = tail;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(' '), None) | (None, _) => return Err(unknown()),
            (Some(char), None) if !char.is_control() => KeyCode::Char(char),
            _ => named(rest).ok_or_else(unknown)?,
        };
        let key = Self::new(code, modifiers);
        match key.objection() {
            Some(why) => Err(KeyError::Ambiguous {
                text: text.to_owned(),
                why,
            }),
            None => Ok(key),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::Char(char) if char != ' ' => write!(f, "{char}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            code => match NAMES.iter().find(|(_, known)| *known == code) {
                Some((name, _)) => f.write_str(name),
                None => write!(f, "{code}"),
            },
        }
    }
}

fn named(name: &str) -> Option<KeyCode> {
    let known = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    if let Some((_, code)) = known {
        return Some(*code);
    }
    let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
    (1..=12).contains(&number).then_some(KeyCode::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_they_are_read() {
        for text in [
            "p",
            "P",
            "-",
            "+",
            "?",
            "F9",
            "Ctrl-l",
            "Alt-x",
            "Shift-Tab",
            "Space",
            "PgDn",
            "Shift-Up",
            "Esc",
            "é",
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for (text, same) in [
            ("backtab", "Shift-Tab"),
            ("pageup", "PgUp"),
            ("ctrl-L", "Ctrl-l"),
            ("Shift-p", "P"),
            ("Minus", "-"),
            ("Alt--", "Alt-Minus"),
        ] {
            assert_eq!(
                text.parse::<Key>().unwrap(),
                same.parse().unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_terminals_cannot_send_is_refused() {
        for text in [
            "",
            " ",
            "pp",
            "F13",
            "F0",
            "Hyper-x",
            "Ctrl-i",
            "Ctrl-m",
            "Ctrl-1",
            "Ctrl-Enter",
            "Ctrl-",
            "\u{1b}",
        ] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn shift_is_reported_or_not_and_means_the_same() {
        let event = |code, modifiers| Key::from(KeyEvent::new(code, modifiers));
        for char in ['P', '?', '+', 'G'] {
            let plain = event(KeyCode::Char(char), KeyModifiers::NONE);
            assert_eq!(plain, event(KeyCode::Char(char), KeyModifiers::SHIFT));
            assert_eq!(plain, char.to_string().parse().unwrap());
        }
        assert_eq!(
            event(KeyCode::Char('p'), KeyModifiers::SHIFT),
            "P".parse().unwrap()
        );
        assert_ne!(
            event(KeyCode::Char('p'), KeyModifiers::NONE),
            "P".parse().unwrap()
        );
        let back = "Shift-Tab".parse().unwrap();
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), back);
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::NONE), back);
        assert_eq!(event(KeyCode::Tab, KeyModifiers::SHIFT), back);
    }
}

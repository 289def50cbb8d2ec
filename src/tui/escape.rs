//! Keys that arrive directly after an Esc.
//!
//! A terminal sends an Esc as the first byte of every key of several bytes. If one read contains an Esc and
//! another such key, crossterm reads the bytes of the second one as letters: Esc and F9 become Esc, `[`, `2`,
//! `0` and `~`. Letters are actions here, and F9 stops everything. A paste that begins this way would run as
//! keys.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The longest key that is put together, in letters.
const LONGEST: usize = 8;

/// Returns whether the events may end in the beginning of a key: an Esc, alone or with letters after it that
/// do not make a whole key yet.
pub(super) fn is_incomplete(events: &[Event]) -> bool {
    let Some(esc) = events.iter().rposition(is_esc) else {
        return false;
    };
    let after = &events[esc + 1..];
    let letters: String = after.iter().map_while(letter).collect();
    letters.len() == after.len()
        && letters.len() < LONGEST
        && (letters.is_empty() || letters.starts_with(['[', 'O']))
        && sequence(&letters).is_none()
}

/// The letters after the Esc with which a terminal begins a paste (xterm, bracketed paste mode).
const PASTE: &str = "[200~";

/// Returns whether the events end with the beginning of a paste, whose text then arrives as keys.
pub(super) fn opens_paste(events: &[Event]) -> bool {
    let Some(esc) = events.iter().rposition(is_esc) else {
        return false;
    };
    let after = &events[esc + 1..];
    after.iter().filter_map(letter).eq(PASTE.chars()) && after.len() == PASTE.len()
}

/// Returns the letter of a key within a paste; `None` if the event is no part of a text.
pub(super) fn pasted(event: &Event) -> Option<char> {
    let Event::Key(key) = event else {
        return None;
    };
    if key.code == KeyCode::Enter {
        return Some('\n');
    }
    if matches!(key.code, KeyCode::Tab | KeyCode::Backspace) {
        return Some(' ');
    }
    let KeyCode::Char(letter) = key.code else {
        return None;
    };
    let controls = KeyModifiers::CONTROL | KeyModifiers::ALT;
    Some(if key.modifiers.intersects(controls) {
        ' '
    } else {
        letter
    })
}

/// Returns the events with the keys after an Esc put together. A key without a name is dropped, because none
/// of its letters was pressed.
pub(super) fn join_keys(events: &[Event]) -> Vec<Event> {
    let mut joined = Vec::with_capacity(events.len());
    let mut rest = events;
    while let Some((first, after)) = rest.split_first() {
        joined.push(first.clone());
        rest = after;
        if !is_esc(first) {
            continue;
        }
        let letters: String = after.iter().map_while(letter).take(LONGEST).collect();
        if let Some(length) = sequence(&letters) {
            let key = named(&letters[..length]);
            joined.extend(key.map(|code| Event::Key(code.into())));
            rest = &after[length..];
        }
    }
    joined
}

fn is_esc(event: &Event) -> bool {
    let esc = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
    matches!(event, Event::Key(key) if *key == esc)
}

/// Returns the letter of a key; `None` if it is not an ASCII letter.
fn letter(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent {
        code: KeyCode::Char(letter),
        modifiers: KeyModifiers::NONE | KeyModifiers::SHIFT,
        kind: KeyEventKind::Press,
        ..
    }) = event
    else {
        return None;
    };
    Some(*letter).filter(char::is_ascii)
}

/// Returns how many of the letters belong to a key (ECMA-48 §5.4: parameters, then one final byte; SS3: one
/// letter); `None` if they begin no key.
fn sequence(letters: &str) -> Option<usize> {
    match letters.as_bytes() {
        [b'O', b'A'..=b'Z', ..] => Some(2),
        [b'[', after @ ..] => {
            let parameters = after.iter().take_while(|byte| (b'0'..=b'?').contains(byte));
            let last = parameters.count();
            let is_final = |byte: &u8| (b'@'..=b'~').contains(byte);
            after
                .get(last)
                .filter(|byte| is_final(byte))
                .map(|_| last + 2)
        }
        _ => None,
    }
}

/// Returns the key with these letters (xterm's control sequences, PC-style function keys).
fn named(letters: &str) -> Option<KeyCode> {
    Some(match letters {
        "[A" | "OA" => KeyCode::Up,
        "[B" | "OB" => KeyCode::Down,
        "[C" | "OC" => KeyCode::Right,
        "[D" | "OD" => KeyCode::Left,
        "[H" | "OH" | "[1~" | "[7~" => KeyCode::Home,
        "[F" | "OF" | "[4~" | "[8~" => KeyCode::End,
        "[Z" => KeyCode::BackTab,
        "[2~" => KeyCode::Insert,
        "[3~" => KeyCode::Delete,
        "[5~" => KeyCode::PageUp,
        "[6~" => KeyCode::PageDown,
        "OP" | "[11~" => KeyCode::F(1),
        "OQ" | "[12~" => KeyCode::F(2),
        "OR" | "[13~" => KeyCode::F(3),
        "OS" | "[14~" => KeyCode::F(4),
        "[15~" => KeyCode::F(5),
        "[17~" => KeyCode::F(6),
        "[18~" => KeyCode::F(7),
        "[19~" => KeyCode::F(8),
        "[20~" => KeyCode::F(9),
        "[21~" => KeyCode::F(10),
        "[23~" => KeyCode::F(11),
        "[24~" => KeyCode::F(12),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(codes: &[KeyCode]) -> Vec<Event> {
        let keys = codes.iter().map(|code| Event::Key((*code).into()));
        keys.collect()
    }

    /// Returns what crossterm makes of these letters after an Esc.
    fn after_esc(letters: &str) -> Vec<Event> {
        let mut codes = vec![KeyCode::Esc];
        codes.extend(letters.chars().map(KeyCode::Char));
        keys(&codes)
    }

    #[test]
    fn a_key_after_an_esc_is_that_key() {
        use KeyCode::{Char, Esc, F, Up};
        for (letters, meant) in [
            ("[20~", &[Esc, F(9)][..]),
            ("[A", &[Esc, Up]),
            ("OP", &[Esc, F(1)]),
            ("[20~p", &[Esc, F(9), Char('p')]),
            ("[99~", &[Esc]),
            ("[1;5A", &[Esc]),
            ("", &[Esc]),
            ("p", &[Esc, Char('p')]),
            ("[2", &[Esc, Char('['), Char('2')]),
            ("[", &[Esc, Char('[')]),
        ] {
            assert_eq!(join_keys(&after_esc(letters)), keys(meant), "{letters}");
        }
    }

    #[test]
    fn more_events_are_awaited_after_an_esc_until_a_key_is_complete() {
        for begun in ["", "[", "[2", "[20", "O"] {
            assert!(is_incomplete(&after_esc(begun)), "{begun}");
        }
        for whole in ["[20~", "[A", "OP", "p", "[20;20;20"] {
            assert!(!is_incomplete(&after_esc(whole)), "{whole}");
        }
        assert!(!is_incomplete(&keys(&[KeyCode::Char('p')])));
        let mut resized = after_esc("[");
        resized.push(Event::Resize(80, 24));
        assert!(!is_incomplete(&resized));
        resized.push(Event::Key(KeyCode::Esc.into()));
        assert!(is_incomplete(&resized));
    }

    #[test]
    fn a_paste_after_an_esc_is_text() {
        assert!(opens_paste(&after_esc("[200~")));
        for other in ["[20~", "[200", "[201~", "[200~1", ""] {
            assert!(!opens_paste(&after_esc(other)), "{other}");
        }
        let text = "+1 (212)\n\u{e9}".chars().map(|letter| match letter {
            '\n' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        });
        let text = keys(&text.collect::<Vec<_>>());
        let read: Option<String> = text.iter().map(pasted).collect();
        assert_eq!(read.as_deref(), Some("+1 (212)\n\u{e9}"));
        for other in keys(&[KeyCode::Esc, KeyCode::F(9), KeyCode::Up]) {
            assert_eq!(pasted(&other), None);
        }
    }

    #[test]
    fn events_without_an_esc_are_unchanged() {
        let mut typed = keys(&"p[20~".chars().map(KeyCode::Char).collect::<Vec<_>>());
        typed.push(Event::Paste("[20~".to_owned()));
        typed.push(Event::Resize(80, 24));
        assert_eq!(join_keys(&typed), typed);
        let mut apart = keys(&[KeyCode::Esc]);
        apart.push(Event::Resize(80, 24));
        apart.extend(after_esc("[B").split_off(1));
        assert_eq!(join_keys(&apart), apart);
    }
}

//! A one-line text field that accepts pastes.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use crate::domain::text::clean;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// A one-line text field. Its text never contains control or invisible characters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    input: Input,
    /// The whole text is selected. Typed or pasted text replaces it.
    selected: bool,
}

impl Field {
    /// Creates a field with a text, the cursor behind it.
    pub(crate) fn new(value: &str) -> Self {
        Self {
            input: Input::new(clean(value).into_owned()),
            selected: false,
        }
    }

    /// Creates a field whose text is selected.
    pub(crate) fn selected(value: &str) -> Self {
        Self {
            selected: true,
            ..Self::new(value)
        }
    }

    /// Returns the text of the field.
    pub(crate) fn value(&self) -> &str {
        self.input.value()
    }

    /// Handles a key, and returns whether the text has changed.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Char(_) if types(key) => self.clear_selected(),
            KeyCode::Backspace | KeyCode::Delete if self.selected => {
                self.clear_selected();
                return true;
            }
            _ => self.selected = false,
        }
        let change = self.input.handle_event(&Event::Key(key));
        change.is_some_and(|change| change.value)
    }

    /// Inserts pasted text at the cursor. Line ends and tabs become spaces, other control characters are
    /// dropped.
    pub(crate) fn paste(&mut self, pasted: &str) {
        self.clear_selected();
        for letter in clean(pasted).chars() {
            self.input.handle(InputRequest::InsertChar(letter));
        }
    }

    fn clear_selected(&mut self) {
        if std::mem::take(&mut self.selected) {
            self.input.reset();
        }
    }

    /// Draws the field in `width` cells. Brackets mark the field that has the cursor.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, at: (u16, u16), width: u16, focused: bool) {
        self.draw_as(canvas, at, width, focused, self.value());
    }

    /// Draws the field as [`Field::draw`] does, with another text of the same width in its place, such as a
    /// masked one.
    pub(crate) fn draw_as(
        &self,
        canvas: &mut Canvas<'_>,
        (x, y): (u16, u16),
        width: u16,
        focused: bool,
        shown: &str,
    ) {
        if width < 3 {
            return;
        }
        let inner = width - 2;
        let brackets = if focused { ["[", "]"] } else { [" ", " "] };
        canvas.put(x, y, x + 1, brackets[0], Role::HintKey);
        canvas.put(x + width - 1, y, x + width, brackets[1], Role::HintKey);
        canvas.fill(Rect::new(x + 1, y, inner, 1), Role::Input);
        let scroll = if focused {
            self.input.visual_scroll(usize::from(inner - 1))
        } else {
            0
        };
        canvas.put(x + 1, y, x + 1 + inner, after(shown, scroll), Role::Input);
        if focused && self.selected {
            let marked = u16::try_from(text::width(shown))
                .unwrap_or(inner)
                .min(inner);
            let place = Rect::new(x + 1, y, marked, 1);
            let style = Style::new().add_modifier(Modifier::REVERSED);
            canvas.buffer.set_style(place, style);
        }
        if focused {
            let cursor = self.input.visual_cursor().saturating_sub(scroll);
            let cursor = u16::try_from(cursor).unwrap_or(inner).min(inner - 1);
            if let Some(cell) = canvas.buffer.cell_mut((x + 1 + cursor, y)) {
                // The cursor stays visible in every theme.
                cell.modifier.toggle(Modifier::REVERSED);
            }
        }
    }
}

/// Returns whether a key that has a letter types it.
pub(crate) fn types(key: KeyEvent) -> bool {
    let command = KeyModifiers::CONTROL | KeyModifiers::ALT;
    !key.modifiers.intersects(command)
}

/// Returns the text without its first `cells` cells.
fn after(text: &str, cells: usize) -> &str {
    let starts = text.char_indices().map(|(at, _)| at);
    let mut ends = starts.chain([text.len()]);
    ends.find(|at| text::width(&text[..*at]) >= cells)
        .map_or("", |at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_cleaned() {
        let mut field = Field::new("a");
        field.paste("b\u{1b}[31m\r\nc\u{202e}d");
        assert_eq!(field.value(), "ab[31m  cd");
    }

    #[test]
    fn keys_type_and_delete() {
        let mut field = Field::default();
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert!(field.key(key(KeyCode::Char('x'))));
        assert!(!field.key(key(KeyCode::Left)));
        assert!(field.key(key(KeyCode::Delete)));
        assert_eq!(field.value(), "");
    }

    #[test]
    fn what_is_selected_gives_way_to_what_is_typed() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        for (codes, left) in [
            (&[KeyCode::Char('7'), KeyCode::Char('5')][..], "75"),
            (&[KeyCode::Backspace], ""),
            (&[KeyCode::End, KeyCode::Char('0')], "200"),
            (&[KeyCode::Left, KeyCode::Backspace], "0"),
        ] {
            let mut field = Field::selected("20");
            for code in codes {
                field.key(key(*code));
            }
            assert_eq!(field.value(), left, "{codes:?}");
        }
        let mut field = Field::selected("20");
        field.paste("30");
        field.paste("1");
        assert_eq!(field.value(), "301");
    }

    #[test]
    fn a_long_text_is_cut_in_front() {
        assert_eq!(after("abcdef", 2), "cdef");
        assert_eq!(after("李小龍", 3), "龍");
        assert_eq!(after("ab", 9), "");
    }
}

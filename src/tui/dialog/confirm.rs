//! A question before something starts or rises. It opens on Cancel.

use crossterm::event::{KeyCode, KeyEvent};

use super::lines::{Line, draw_line, number, paragraph, room};
use super::{Dialog, Response, Want, buttons, open, title_width};
use crate::domain::PhoneNumber;
use crate::tui::canvas::Canvas;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// The last line of the dialog.
const HINT: &str = "Tab moves, Enter presses; y confirms, n cancels";

/// The most numbers that are named.
const NAMED: usize = 6;

/// A question with two buttons.
#[derive(Debug)]
pub(crate) struct Confirm {
    title: String,
    /// The numbers of the contacts that the question is about.
    numbers: Vec<PhoneNumber>,
    lines: Vec<String>,
    button: String,
    want: Want,
    chosen: usize,
}

impl Confirm {
    /// Creates a question with these lines. The button labelled `button` triggers `want`.
    pub(crate) fn new(title: &str, lines: Vec<String>, button: &str, want: Want) -> Self {
        Self {
            title: title.to_owned(),
            numbers: Vec::new(),
            lines,
            button: button.to_owned(),
            want,
            chosen: 0,
        }
    }

    /// Returns the question with the numbers of the contacts that it is about.
    #[must_use]
    pub(crate) fn about(self, numbers: Vec<PhoneNumber>) -> Self {
        Self { numbers, ..self }
    }

    /// Returns the line that names the numbers; `None` if the question is not about contacts.
    fn named(&self, shared: &Shared, glyphs: &Glyphs) -> Option<String> {
        let named = self.numbers.iter().take(NAMED);
        let named: Vec<String> = named.map(|one| number(*one, shared, glyphs)).collect();
        let more = match self.numbers.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!named.is_empty()).then(|| named.join(", ") + &more)
    }
}

impl Dialog for Confirm {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.chosen = 1 - self.chosen;
                Response::stay()
            }
            KeyCode::Enter if self.chosen == 1 => Response::close().want(self.want.clone()),
            KeyCode::Char('y') => Response::close().want(self.want.clone()),
            KeyCode::Enter | KeyCode::Char('n') => Response::close(),
            _ => Response::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (most, rows) = room(canvas.shared);
        let named = self.named(canvas.shared, &canvas.look.glyphs);
        let lines = named.iter().chain(&self.lines);
        let lines = lines.map(|line| text::width(line));
        let others = [title_width(&self.title), text::width(HINT)];
        let width = lines.chain(others).max().unwrap_or(most).min(most);
        let named = named.iter();
        let named = named.flat_map(|line| paragraph(line, width, 0, Role::Accent));
        let lines = self.lines.iter();
        let lines = lines.flat_map(|line| paragraph(line, width, 0, Role::Text));
        let mut content: Vec<Line> = named.chain(lines).collect();
        content.truncate(rows.saturating_sub(3));
        let size = (
            u16::try_from(width).unwrap_or(72),
            u16::try_from(content.len() + 3).unwrap_or(8),
        );
        let inner = open(canvas, size.0, size.1, &self.title);
        for (y, line) in (inner.y..inner.bottom()).zip(&content) {
            draw_line(canvas, inner, y, line);
        }
        let y = inner.bottom().saturating_sub(2);
        let labels = ["Cancel", &self.button];
        buttons(canvas, (inner.x, y), inner.right(), &labels, self.chosen);
        canvas.put(inner.x, y + 1, inner.right(), HINT, Role::Faint);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, phone, press, shared};
    use super::*;
    use crate::domain::CampaignId;
    use crate::engine::desk::Act;

    #[test]
    fn title_and_hint_are_shown_in_full() {
        let want = Want::Act(Act::Stop(CampaignId(1)), String::new());
        let title = "Stop appointment-reminders-of-the-north for good";
        let dialog = Confirm::new(title, vec!["Sure?".to_owned()], "Stop it", want);
        for size in [(80, 24), (120, 36)] {
            let mut shared = shared();
            shared.size = size;
            let screen = drawn(&dialog, &shared).backend().to_string();
            for text in [title, "Esc closes", HINT] {
                assert!(screen.contains(text), "{text}: {screen}");
            }
        }
        let mut narrow = shared();
        narrow.size = (60, 16);
        let screen = drawn(&dialog, &narrow).backend().to_string();
        assert!(
            screen.contains("Stop appointment-reminders-of-the-no"),
            "{screen}"
        );
        assert!(
            screen.contains("… Esc closes") || screen.contains("…  Esc closes"),
            "{screen}"
        );
    }

    #[test]
    fn it_opens_on_cancel() {
        let shared = shared();
        let want = Want::Act(Act::Run(CampaignId(2)), "starting past-due".to_owned());
        let lines = vec![
            "612 contacts may be called now, 31 when their windows open.".to_owned(),
            "Up to 8 calls a minute and 20 at once leave from 3 of 5 caller IDs, the first at once.".to_owned(),
        ];
        let mut dialog = Confirm::new("Resume past-due", lines, "Resume", want.clone());
        assert_styles("confirm", &dialog, &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close()
        );
        press(&mut dialog, KeyCode::Tab, &shared);
        let done = Response::close().want(want);
        assert_eq!(press(&mut dialog, KeyCode::Enter, &shared), done);
        assert_eq!(press(&mut dialog, KeyCode::Char('y'), &shared), done);
    }

    #[test]
    fn the_numbers_are_named() {
        let mut shared = shared();
        let want = Want::Act(Act::Stop(CampaignId(1)), String::new());
        let numbers = |count| (0..count).map(|last| phone(&format!("+1212555010{last}")));
        let question = |count| {
            let lines = vec!["Sure?".to_owned()];
            Confirm::new("Call again", lines, "Call", want.clone()).about(numbers(count).collect())
        };
        let screen = |count, shared: &_| drawn(&question(count), shared).backend().to_string();
        let one = screen(1, &shared);
        assert!(one.contains("+1 212-555-0100"), "{one}");
        let many = screen(9, &shared);
        assert!(many.contains("+1 212-555-0105 and 3 more"), "{many}");
        shared.masked = true;
        let one = screen(1, &shared);
        assert!(one.contains("+1 212-555-01··"), "{one}");
    }
}

//! A question before something starts or rises. It opens on Cancel.

use crossterm::event::{KeyCode, KeyEvent};

use super::lines::{Line, draw_line, paragraph, room};
use super::{Dialog, Response, Want, buttons, open, title_width};
use crate::tui::canvas::Canvas;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// The last line of the dialog.
const HINT: &str = "Tab moves, Enter presses; y confirms, n cancels";

/// A question with two buttons.
#[derive(Debug)]
pub(crate) struct Confirm {
    title: String,
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
            lines,
            button: button.to_owned(),
            want,
            chosen: 0,
        }
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
        let lines = self.lines.iter().map(|line| text::width(line));
        let others = [title_width(&self.title), text::width(HINT)];
        let width = lines.chain(others).max().unwrap_or(most).min(most);
        let mut content: Vec<Line> = self
            .lines
            .iter()
            .flat_map(|line| paragraph(line, width, 0, Role::Text))
            .collect();
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
    use super::super::fixture::{assert_styles, drawn, press, shared};
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
}

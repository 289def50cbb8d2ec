//! A question before something starts or rises; it opens on Cancel.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Dialog, Response, Want, buttons, open};
use crate::tui::canvas::Canvas;
use crate::tui::model::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// A question with two answers.
#[derive(Debug)]
pub struct Confirm {
    title: String,
    lines: Vec<String>,
    button: String,
    want: Want,
    chosen: usize,
}

impl Confirm {
    /// Asks with these lines; `button` does `want`.
    pub fn new(title: &str, lines: Vec<String>, button: &str, want: Want) -> Self {
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
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.chosen = 1 - self.chosen;
                Response::stay()
            }
            KeyCode::Enter if self.chosen == 1 => Response::close().want(self.want.clone()),
            KeyCode::Enter => Response::close(),
            KeyCode::Char('y') => Response::close().want(self.want.clone()),
            KeyCode::Char('n') => Response::close(),
            _ => Response::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let widest = self.lines.iter().map(|line| text::width(line)).max();
        let width = u16::try_from(widest.unwrap_or(0).max(40)).unwrap_or(72);
        let height = u16::try_from(self.lines.len()).unwrap_or(8) + 2;
        let inner = open(canvas, width, height, &self.title);
        for (y, line) in (inner.y..inner.bottom()).zip(&self.lines) {
            canvas.put(inner.x, y, inner.right(), line, Role::Text);
        }
        let y = inner.bottom().saturating_sub(1);
        let labels = ["Cancel", &self.button];
        buttons(canvas, (inner.x, y), inner.right(), &labels, self.chosen);
    }
}

//! Dialogs: one at a time, on top of the screen; each owns its keys, its text and its drawing.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a dialog knows few of the keys, acts and answers there are"
)]

pub mod alerts;
pub mod caps;
pub mod confirm;
pub mod field;
#[cfg(test)]
pub(super) mod fixture;
pub mod help;
pub mod history;
pub mod import;
pub mod lines;
pub mod opt_out;
pub mod palette;
pub mod quit;
pub mod why;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::action::Action;
use super::canvas::{Canvas, Span};
use super::model::{Ending, Shared};
use super::theme::Role;
use crate::engine::desk::{Act, Ask, Told};

/// What a dialog wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Ask the desk.
    Ask(Ask),
    /// Do it; the text says what is being done until it is acknowledged.
    Act(Act, String),
    /// As if its key had been pressed.
    Perform(Action),
    /// Say why this number, as typed, is or is not being dialed.
    Why(String),
    /// Somebody has seen these alerts.
    SeenAlerts(Vec<i64>),
    /// To the clipboard.
    Copy(String),
    /// The console ends.
    End(Ending),
}

/// What becomes of a dialog after a key.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// It stays.
    Stay,
    /// It goes.
    Close,
}

/// A dialog's answer.
#[derive(Debug, PartialEq)]
pub struct Response {
    /// Whether it stays.
    pub next: Next,
    /// What it wants done, in order.
    pub wants: Vec<Want>,
}

impl Response {
    /// It stays.
    pub const fn stay() -> Self {
        Self {
            next: Next::Stay,
            wants: Vec::new(),
        }
    }

    /// It goes.
    pub const fn close() -> Self {
        Self {
            next: Next::Close,
            wants: Vec::new(),
        }
    }

    /// With something to do.
    #[must_use]
    pub fn want(mut self, want: Want) -> Self {
        self.wants.push(want);
        self
    }
}

/// A dialog.
pub trait Dialog: Send {
    /// A key was pressed. Esc closes every dialog before it gets here.
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response;

    /// Text was pasted. Ignored unless the dialog has a text field.
    fn paste(&mut self, _text: &str, _shared: &Shared) -> Option<Response> {
        None
    }

    /// The desk said something, which may be the answer to this dialog's question.
    fn told(&mut self, _told: &Told, _shared: &Shared) -> Response {
        Response::stay()
    }

    /// An act that this dialog wanted has this id.
    fn sent(&mut self, _id: u64) {}

    /// Draws it over the screen.
    fn draw(&self, canvas: &mut Canvas<'_>);
}

/// A framed place for a dialog in the middle of the screen, cleared; gives what is inside.
pub fn open(canvas: &mut Canvas<'_>, width: u16, height: u16, title: &str) -> Rect {
    let area = canvas.buffer.area;
    let width = (width + 4).min(area.width);
    let height = (height + 2).min(area.height);
    let place = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    canvas.fill(place, Role::Dialog);
    let inner = canvas.frame(
        place,
        &[(title, Role::DialogTitle)],
        &[("Esc closes", Role::Faint)],
        Role::BorderFocus,
    );
    Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    )
}

/// Buttons in a row; the chosen one is marked by brackets as well as by its style.
pub fn buttons(
    canvas: &mut Canvas<'_>,
    at: (u16, u16),
    right: u16,
    labels: &[&str],
    chosen: usize,
) {
    let (mut x, y) = at;
    for (place, label) in labels.iter().enumerate() {
        let spans: [Span<'_>; 3] = if place == chosen {
            [
                ("[", Role::ButtonActive),
                (label, Role::ButtonActive),
                ("]", Role::ButtonActive),
            ]
        } else {
            [
                (" ", Role::Button),
                (label, Role::Button),
                (" ", Role::Button),
            ]
        };
        x = canvas.spans(x, y, right, &spans) + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::alerts::Alerts;
    use super::caps::CapsDialog;
    use super::confirm::Confirm;
    use super::fixture::{drawn, phone, press, row, shared};
    use super::help::Help;
    use super::history::History;
    use super::import::ImportDialog;
    use super::opt_out::OptOut;
    use super::palette::Palette;
    use super::quit::Quit;
    use super::why::Why;
    use super::*;
    use crate::tui::list::List;

    fn every() -> Vec<Box<dyn Dialog>> {
        let shared = shared();
        let confirm = Confirm::new(
            "Sure?",
            vec!["x".repeat(200)],
            "Do",
            Want::End(Ending::Drain),
        );
        vec![
            Box::new(Alerts::default()),
            Box::new(CapsDialog::new(&shared).unwrap()),
            Box::new(confirm),
            Box::new(Help::new(&shared)),
            Box::new(History::new(row())),
            Box::new(ImportDialog::new(&shared).unwrap()),
            Box::new(OptOut::new(&shared, &List::default()).0),
            Box::new(Palette::new(&shared)),
            Box::new(Quit::new(&shared).unwrap()),
            Box::new(Why::of(phone("+12125550142"))),
            Box::new(Why::typed()),
        ]
    }

    #[test]
    fn every_dialog_has_its_frame_on_every_screen() {
        let mut shared = shared();
        for size in [(60, 16), (80, 24), (120, 36), (200, 50)] {
            shared.size = size;
            for dialog in every() {
                let screen = drawn(&*dialog, &shared).backend().to_string();
                for corner in ["┌", "┐", "└", "┘"] {
                    assert_eq!(screen.matches(corner).count(), 1, "{screen}");
                }
            }
        }
        for size in [(20, 5), (3, 2), (1, 1)] {
            shared.size = size;
            for dialog in every() {
                drawn(&*dialog, &shared);
            }
        }
    }

    #[test]
    fn no_dialog_acts_on_the_first_enter() {
        let shared = shared();
        for mut dialog in every().into_iter().filter(|dialog| !performs(&**dialog)) {
            let response = press(&mut *dialog, crossterm::event::KeyCode::Enter, &shared);
            let harmless = |want: &Want| matches!(want, Want::SeenAlerts(_));
            assert!(response.wants.iter().all(harmless), "{response:?}");
        }
    }

    /// The palette does what is selected; each act asks for itself where it has to.
    fn performs(dialog: &dyn Dialog) -> bool {
        drawn(dialog, &shared())
            .backend()
            .to_string()
            .contains("Do what?")
    }
}

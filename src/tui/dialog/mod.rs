//! Dialogs: one at a time, on top of the screen. Each one handles its keys and its text, and draws itself.

pub(crate) mod alerts;
pub(crate) mod caps;
pub(crate) mod confirm;
pub(crate) mod field;
#[cfg(test)]
pub(super) mod fixture;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod lines;
pub(crate) mod opt_out;
pub(crate) mod palette;
pub(crate) mod quit;
pub(crate) mod why;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::action::Action;
use super::canvas::{Canvas, Span};
use super::shared::{Ending, Shared};
use super::text;
use super::theme::Role;
use crate::domain::ContactId;
use crate::engine::desk::{
    Act, ActError, ActId, ActSummary, AttemptRow, ImportError, ImportSummary, JudgedNumber,
    Request, UnreadNumber, WhyReport,
};

/// What a dialog requests of the console.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Want {
    /// A question to the desk.
    Request(Request),
    /// An act, and the text that the screen shows until the act is acknowledged.
    Act(Act, String),
    /// Performs an action as if its key had been pressed.
    Perform(Action),
    /// Explains why this number, as typed, is or is not being dialed.
    Why(String),
    /// Acknowledges the alerts with these sequence numbers.
    Acknowledge(Vec<i64>),
    /// Ends the console.
    End(Ending),
}

/// Whether a dialog stays open after a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// The dialog stays open.
    Stay,
    /// The dialog closes.
    Close,
}

/// A dialog's answer to a key or a paste.
#[derive(Debug, PartialEq)]
pub(crate) struct Response {
    /// Whether the dialog stays open.
    pub(crate) next: Next,
    /// The requests, in the order in which they are carried out.
    pub(crate) wants: Vec<Want>,
}

impl Response {
    /// Creates a response that keeps the dialog open.
    pub(crate) const fn stay() -> Self {
        Self {
            next: Next::Stay,
            wants: Vec::new(),
        }
    }

    /// Creates a response that closes the dialog.
    pub(crate) const fn close() -> Self {
        Self {
            next: Next::Close,
            wants: Vec::new(),
        }
    }

    /// Returns the response with one more request.
    #[must_use]
    pub(crate) fn want(mut self, want: Want) -> Self {
        self.wants.push(want);
        self
    }
}

/// A dialog on top of the screen.
pub(crate) trait Dialog: Send {
    /// Handles a key. Esc never arrives here: it closes every dialog.
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response;

    /// Handles pasted text. Returns `None` if the dialog has no text field, which ignores the paste.
    fn paste(&mut self, _text: &str, _shared: &Shared) -> Option<Response> {
        None
    }

    /// Takes the desk's answer to [`Request::Why`].
    fn on_why(&mut self, _report: &Result<Box<WhyReport>, UnreadNumber>) {}

    /// Takes the attempts of a contact.
    fn on_attempts(&mut self, _contact: ContactId, _attempts: &[AttemptRow]) {}

    /// Takes the numbers of this text, judged.
    fn on_judged(&mut self, _text: &str, _judged: &[JudgedNumber]) {}

    /// Takes the result of the act with this id.
    fn on_acted(&mut self, _id: ActId, _result: &Result<ActSummary, ActError>) {}

    /// Takes the number of rows that an import has processed so far.
    fn on_importing(&mut self, _rows: u64) {}

    /// Takes the result of an import.
    fn on_imported(&mut self, _result: &Result<ImportSummary, ImportError>) {}

    /// Takes the reason why the store cannot be read. A pending question may stay without an answer.
    fn on_failed(&mut self, _error: &str) {}

    /// Receives the id of an act that this dialog requested.
    fn sent(&mut self, _id: ActId) {}

    /// Draws the dialog over the screen.
    fn draw(&self, canvas: &mut Canvas<'_>);
}

/// The text on the right of a dialog's title.
const CLOSES: &str = "Esc closes";

/// Returns the cells that a dialog needs inside to show its title in full.
pub(crate) fn title_width(title: &str) -> usize {
    text::width(title) + text::width(CLOSES) + 3
}

/// Draws a cleared frame in the middle of the screen for content of `width` by `height` cells, and returns
/// the area inside.
pub(crate) fn open(canvas: &mut Canvas<'_>, width: u16, height: u16, title: &str) -> Rect {
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
    // The border and the spaces around title and text take seven cells.
    let room = usize::from(width).saturating_sub(text::width(CLOSES) + 7);
    let title = canvas.look.glyphs.cut(title, room);
    let inner = canvas.frame(
        place,
        &[(&title, Role::DialogTitle)],
        &[(CLOSES, Role::Faint)],
        Role::BorderFocus,
    );
    Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    )
}

/// Draws buttons in a row. Brackets mark the chosen one in addition to its style.
pub(crate) fn buttons(
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
    use super::fixture::{drawn, every, press, shared};
    use super::*;

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
            let harmless = |want: &Want| matches!(want, Want::Acknowledge(_));
            assert!(response.wants.iter().all(harmless), "{response:?}");
        }
    }

    /// Returns whether the dialog is one that performs what is selected. Each such action asks for its own
    /// confirmation.
    fn performs(dialog: &dyn Dialog) -> bool {
        drawn(dialog, &shared())
            .backend()
            .to_string()
            .contains("Run an action")
    }
}

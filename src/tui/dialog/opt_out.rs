//! Opt-outs: numbers are typed or pasted, and each one is checked before anything is written. An opt-out is
//! permanent.

use crossterm::event::{KeyCode, KeyEvent};

use super::field::{Field, types};
use super::{Dialog, Response, Want};
use crate::domain::PhoneNumber;
use crate::engine::desk::{Act, ActError, ActId, ActSummary, JudgedNumber, Request};
use crate::tui::canvas::Canvas;
use crate::tui::list::List;
use crate::tui::shared::Shared;

mod draw;
#[cfg(test)]
mod tests;

/// The separators between numbers, as the desk reads a block.
const BETWEEN: [char; 5] = ['\n', '\r', ',', ';', '\t'];

/// What has the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Numbers,
    Note,
    Cancel,
    LeaveOut,
    OptOut,
}

/// The stage of the opt-out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Numbers are typed and checked.
    Editing,
    /// The write waits for its acknowledgement, under this id once the act has one.
    Sending(Option<ActId>),
    /// The opt-out is recorded.
    Done(ActSummary),
}

/// Why the opt-out is not written.
#[derive(Clone, Debug, thiserror::Error)]
enum Fault {
    #[error("The numbers are still being read.")]
    StillReading,
    #[error("Some of the text is not a number: correct it, or leave it out.")]
    Unreadable,
    #[error("There is no number yet: type or paste one.")]
    NoNumber,
    /// The row under the cursor is not the one that the user chose.
    #[error(
        "The row changed by itself, so its number is not taken: type the number, or Esc and choose."
    )]
    RowChanged,
    /// This was typed at a button, and begins no number.
    #[error("`{0}` was not taken: it is not the start of a number. Tab moves to a field.")]
    NotTaken(String),
    /// The opt-out is not recorded, or may not hold yet.
    #[error(transparent)]
    NotRecorded(ActError),
    /// The store cannot be read, for this reason.
    #[error("{0}")]
    StoreFailed(String),
}

/// The dialog that marks numbers as never to be called again.
#[derive(Debug)]
pub(crate) struct OptOut {
    numbers: Field,
    note: Field,
    focus: Focus,
    stage: Stage,
    /// The numbers the dialog opened with. They are masked until the field is entered.
    prefilled: Vec<PhoneNumber>,
    /// The text that was checked and its results, unreadable numbers first.
    judged: Option<(String, Vec<JudgedNumber>)>,
    /// Text that is no number and that the user chose to leave out.
    left_out: Vec<String>,
    fault: Option<Fault>,
    /// The first number shown.
    top: usize,
}

impl OptOut {
    /// Creates the dialog with the marked numbers, or with the selected one if none is marked. Also returns
    /// the question to the desk what their opt-out touches; `None` without a number.
    pub(crate) fn new(list: &List) -> (Self, Option<Request>) {
        let mut prefilled: Vec<PhoneNumber> = list.marked.values().copied().collect();
        if prefilled.is_empty() {
            prefilled.extend(list.current().map(|row| row.number));
        }
        prefilled.sort_unstable();
        prefilled.dedup();
        let mut dialog = Self::with(prefilled);
        let ask = dialog.judge();
        (dialog, ask)
    }

    /// Creates the dialog without a number, because the row under the cursor has changed by itself.
    pub(crate) fn without_row() -> Self {
        let mut dialog = Self::with(Vec::new());
        dialog.judge();
        dialog.fault = Some(Fault::RowChanged);
        dialog
    }

    fn with(prefilled: Vec<PhoneNumber>) -> Self {
        Self {
            numbers: Field::new(&joined(&prefilled)),
            note: Field::default(),
            focus: Focus::Cancel,
            stage: Stage::Editing,
            prefilled,
            judged: None,
            left_out: Vec::new(),
            fault: None,
            top: 0,
        }
    }

    /// Moves to the field of numbers. Typed or pasted text replaces the numbers the dialog opened with.
    fn clear_prefilled(&mut self) {
        self.focus = Focus::Numbers;
        if self.numbers.value() == joined(&self.prefilled) {
            self.numbers = Field::default();
        }
    }

    /// Returns the question what the opt-out of these numbers touches; `None` if the field is empty.
    fn judge(&mut self) -> Option<Request> {
        self.fault = None;
        self.top = 0;
        let text = self.numbers.value().to_owned();
        if text.trim().is_empty() {
            self.judged = Some((text, Vec::new()));
            return None;
        }
        Some(Request::Judge(text))
    }

    /// Returns the results for the text in the field; `None` until that text has been checked.
    fn current(&self) -> Option<&[JudgedNumber]> {
        let (text, judged) = self.judged.as_ref()?;
        (text == self.numbers.value()).then_some(judged)
    }

    /// Returns the numbers that can be read.
    fn readable(&self) -> Vec<PhoneNumber> {
        let judged = self.current().unwrap_or_default().iter();
        judged
            .filter_map(|judged| judged.read.as_ref().ok())
            .map(|echo| echo.number)
            .collect()
    }

    /// Returns the text that is no number, as typed.
    fn unreadable(&self) -> Vec<String> {
        let judged = self.current().unwrap_or_default().iter();
        judged
            .filter(|judged| judged.read.is_err())
            .map(|judged| judged.typed.clone())
            .collect()
    }

    /// Returns the stops of the cursor, in order.
    fn stops(&self) -> Vec<Focus> {
        let mut stops = vec![Focus::Numbers, Focus::Note, Focus::Cancel];
        if !self.unreadable().is_empty() {
            stops.push(Focus::LeaveOut);
        }
        stops.push(Focus::OptOut);
        stops
    }

    fn go(&mut self, back: bool) {
        if matches!(self.fault, Some(Fault::NotTaken(_))) {
            self.fault = None;
        }
        let stops = self.stops();
        let place = stops
            .iter()
            .position(|stop| *stop == self.focus)
            .unwrap_or(0);
        let step = if back { stops.len() - 1 } else { 1 };
        self.focus = stops[(place + step) % stops.len()];
    }

    fn press(&mut self) -> Response {
        match self.focus {
            Focus::Numbers => self.focus = Focus::Note,
            Focus::Note => self.focus = Focus::OptOut,
            Focus::Cancel => return Response::close(),
            Focus::LeaveOut => return self.leave_out(),
            Focus::OptOut => return self.write(),
        }
        Response::stay()
    }

    /// Removes what cannot be read from the field. The dialog still lists it.
    fn leave_out(&mut self) -> Response {
        let unreadable = self.unreadable();
        let kept: Vec<&str> = self
            .numbers
            .value()
            .split(BETWEEN)
            .map(str::trim)
            .filter(|typed| !typed.is_empty() && !unreadable.iter().any(|one| one == typed))
            .collect();
        self.numbers = Field::new(&kept.join(", "));
        self.left_out.extend(unreadable);
        self.focus = Focus::Cancel;
        asked(self.judge())
    }

    fn write(&mut self) -> Response {
        let unreadable = self.unreadable().len();
        let numbers = self.readable();
        let fault = if self.current().is_none() {
            Fault::StillReading
        } else if unreadable > 0 {
            Fault::Unreadable
        } else if numbers.is_empty() {
            Fault::NoNumber
        } else {
            let text = format!("recording {}", draw::opt_outs(numbers.len()));
            let note = Some(self.note.value().trim().to_owned()).filter(|note| !note.is_empty());
            self.stage = Stage::Sending(None);
            self.fault = None;
            return Response::stay().want(Want::Act(Act::OptOut { numbers, note }, text));
        };
        self.fault = Some(fault);
        Response::stay()
    }

    /// Shows that a letter typed at a button was not taken, with those before it.
    fn reject(&mut self, letter: char) {
        let mut typed = match self.fault.take() {
            Some(Fault::NotTaken(typed)) => typed,
            Some(_) | None => String::new(),
        };
        typed.push(letter);
        self.fault = Some(Fault::NotTaken(typed));
    }

    /// Handles a key in a text field. The start of a number typed at the buttons goes to the field
    /// of numbers; anything else is shown as not taken.
    fn typed(&mut self, key: KeyEvent) -> Response {
        let starts_number = |letter: char| letter.is_ascii_digit() || "+(".contains(letter);
        match (self.focus, key.code) {
            (Focus::Note, _) => {
                self.note.key(key);
                return Response::stay();
            }
            (Focus::Numbers, _) => {}
            (_, KeyCode::Char(letter)) if starts_number(letter) => self.clear_prefilled(),
            (_, KeyCode::Left) => {
                self.go(true);
                return Response::stay();
            }
            (_, KeyCode::Right) => {
                self.go(false);
                return Response::stay();
            }
            (_, KeyCode::Char(letter)) if types(key) => {
                self.reject(letter);
                return Response::stay();
            }
            _ => return Response::stay(),
        }
        if self.numbers.key(key) {
            return asked(self.judge());
        }
        Response::stay()
    }
}

fn joined(numbers: &[PhoneNumber]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

fn asked(ask: Option<Request>) -> Response {
    match ask {
        Some(ask) => Response::stay().want(Want::Request(ask)),
        None => Response::stay(),
    }
}

impl Dialog for OptOut {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        match (&self.stage, key.code) {
            (Stage::Done(_), KeyCode::Enter | KeyCode::Char(' ')) => return Response::close(),
            (Stage::Done(_) | Stage::Sending(_), _) => return Response::stay(),
            (Stage::Editing, _) => {}
        }
        let last = self
            .current()
            .map_or(0, |judged| judged.len().saturating_sub(1));
        match key.code {
            KeyCode::Tab => self.go(false),
            KeyCode::BackTab => self.go(true),
            KeyCode::Enter => return self.press(),
            KeyCode::Down => self.top = (self.top + 1).min(last),
            KeyCode::Up => self.top = self.top.saturating_sub(1),
            KeyCode::PageDown => self.top = (self.top + 5).min(last),
            KeyCode::PageUp => self.top = self.top.saturating_sub(5),
            _ => return self.typed(key),
        }
        Response::stay()
    }

    fn paste(&mut self, text: &str, _shared: &Shared) -> Option<Response> {
        if self.stage != Stage::Editing {
            return None;
        }
        if self.focus == Focus::Note {
            self.note.paste(text);
            return Some(Response::stay());
        }
        if self.focus != Focus::Numbers {
            self.clear_prefilled();
        }
        let pieces = text.split(BETWEEN).map(str::trim);
        let pieces: Vec<&str> = pieces.filter(|piece| !piece.is_empty()).collect();
        let before = self.numbers.value().trim_end();
        let apart = if before.is_empty() || before.ends_with(BETWEEN) {
            ""
        } else {
            ", "
        };
        // The block goes behind the text, never into the middle of a number.
        self.numbers = Field::new(&format!("{before}{apart}{}", pieces.join(", ")));
        Some(asked(self.judge()))
    }

    fn on_judged(&mut self, text: &str, judged: &[JudgedNumber]) {
        if text != self.numbers.value() {
            return;
        }
        let mut judged = judged.to_vec();
        judged.sort_by_key(|one| one.read.is_ok());
        self.judged = Some((text.to_owned(), judged));
        if !self.stops().contains(&self.focus) {
            self.focus = Focus::Cancel;
        }
    }

    fn on_acted(&mut self, id: ActId, result: &Result<ActSummary, ActError>) {
        if self.stage != Stage::Sending(Some(id)) {
            return;
        }
        match result {
            Ok(acted) => self.stage = Stage::Done(acted.clone()),
            Err(error) => {
                self.stage = Stage::Editing;
                self.focus = Focus::OptOut;
                self.fault = Some(Fault::NotRecorded(error.clone()));
            }
        }
    }

    fn on_failed(&mut self, error: &str) {
        if self.stage == Stage::Editing {
            self.fault = Some(Fault::StoreFailed(error.to_owned()));
        }
    }

    fn sent(&mut self, id: ActId) {
        if self.stage == Stage::Sending(None) {
            self.stage = Stage::Sending(Some(id));
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        draw::draw(self, canvas);
    }
}

//! The palette: finds an action by a part of its name and performs it.

use crossterm::event::{KeyCode, KeyEvent};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;

use super::field::Field;
use super::help::{PALETTE, keys};
use super::lines::{self, Line, draw_entries, room};
use super::{Dialog, Response, Want, open};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::text::fit;
use crate::tui::theme::Role;

/// Columns of an action's name and of its keys.
const NAME: usize = 18;
const KEYS: usize = 12;

/// The dialog that finds actions by name.
#[derive(Debug)]
pub(crate) struct Palette {
    field: Field,
    /// The actions that match the typed text, best first.
    found: Vec<Action>,
    selected: usize,
}

impl Palette {
    /// Creates the palette with every action listed.
    pub(crate) fn new() -> Self {
        Self {
            field: Field::default(),
            found: find(""),
            selected: 0,
        }
    }

    /// Returns the number after a typed `why`; `None` if there is none.
    fn number(&self) -> Option<&str> {
        let typed = self.field.value().trim_start();
        let number = typed.strip_prefix("why ")?.trim();
        number
            .contains(|letter: char| letter.is_ascii_digit())
            .then_some(number)
    }

    fn changed(&mut self) {
        self.found = find(self.field.value());
        self.selected = 0;
    }

    fn perform(&self) -> Response {
        if let Some(number) = self.number() {
            return Response::close().want(Want::Why(number.to_owned()));
        }
        match self.found.get(self.selected) {
            Some(action) => Response::close().want(Want::Perform(*action)),
            None => Response::stay(),
        }
    }
}

/// Returns the actions whose name, hint or sentence matches the typed text, best first; all of them if
/// nothing is typed. The palette itself is left out.
fn find(typed: &str) -> Vec<Action> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut score = |text: &str, weight: u32| {
        let text = Utf32Str::new(text, &mut letters);
        pattern
            .score(text, &mut matcher)
            .map(|score| score * weight)
    };
    let listed = Action::ALL.iter().filter(|action| **action != PALETTE);
    let mut found: Vec<(u32, Action)> = listed
        .filter_map(|action| {
            // The name has the largest weight because it describes the action best.
            let name = score(&action.name().replace('_', " "), 4);
            let hint = score(action.hint(), 3);
            let sentence = score(action.sentence(), 1);
            Some((name.max(hint).max(sentence)?, *action))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, action)| action).collect()
}

impl Dialog for Palette {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        let last = self.found.len().saturating_sub(1);
        match key.code {
            KeyCode::Enter => return self.perform(),
            KeyCode::Tab => self.selected = (self.selected + 1).min(last),
            KeyCode::BackTab => self.selected = self.selected.saturating_sub(1),
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                let place = lines::step(key.code, self.selected, 10);
                self.selected = place.unwrap_or(self.selected).min(last);
            }
            _ => {
                if self.field.key(key) {
                    self.changed();
                }
            }
        }
        Response::stay()
    }

    fn paste(&mut self, text: &str, _shared: &Shared) -> Option<Response> {
        self.field.paste(text.trim());
        self.changed();
        Some(Response::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, height) = room(canvas.shared);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(height.min(20)).unwrap_or(20),
        );
        let inner = open(canvas, size.0, size.1, "Run an action");
        self.field
            .draw(canvas, (inner.x, inner.y), inner.width, true);
        let list = Rect::new(
            inner.x,
            inner.y + 1,
            inner.width,
            inner.height.saturating_sub(2),
        );
        if let Some(number) = self.number() {
            let text = format!("Enter explains why {number} is or is not being dialed.");
            canvas.put(list.x, list.y, list.right(), &text, Role::Text);
            return;
        }
        if self.found.is_empty() {
            let text = "No action has such a name.";
            canvas.put(list.x, list.y, list.right(), text, Role::Warn);
        }
        let room = usize::from(list.width).saturating_sub(lines::MARK + NAME + KEYS);
        let glyphs = &canvas.look.glyphs;
        let entries: Vec<Vec<Line>> = self
            .found
            .iter()
            .map(|action| vec![entry(*action, canvas.shared, glyphs, room)])
            .collect();
        draw_entries(canvas, list, &entries, self.selected);
        let hint = "Enter runs it; `why +1...` explains any number";
        let y = inner.bottom().saturating_sub(1);
        canvas.put(inner.x, y, inner.right(), hint, Role::Faint);
    }
}

/// Returns the line of an action, with `room` cells for its sentence.
fn entry(action: Action, shared: &Shared, glyphs: &Glyphs, room: usize) -> Line {
    let name = action.name().replace('_', " ");
    let note = if shared.viewer.may.allow(action) {
        ""
    } else {
        "(not for your role) "
    };
    let sentence = glyphs.cut(action.sentence(), room.saturating_sub(note.len()));
    vec![
        (fit(&name, NAME), Role::Value),
        (fit(&keys(action, shared), KEYS), Role::HintKey),
        (note.to_owned(), Role::Faint),
        (sentence, Role::Text),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, press, shared, type_in};
    use super::*;
    use crate::tui::action::{CampaignAction, ContactAction, ProgramAction};

    #[test]
    fn a_few_letters_find_an_action() {
        let shared = shared();
        let mut dialog = Palette::new();
        assert_styles("palette", &dialog, &shared);
        type_in(&mut dialog, "pau al", &shared);
        insta::assert_snapshot!("found", drawn(&dialog, &shared).backend());
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close().want(Want::Perform(Action::Campaign(CampaignAction::PauseAll)))
        );
    }

    #[test]
    fn the_name_counts_most() {
        for (typed, action) in [
            ("quit", Action::Program(ProgramAction::Quit)),
            ("import", Action::Campaign(CampaignAction::Import)),
            ("opt out", Action::Contact(ContactAction::OptOut)),
            ("caps", Action::Campaign(CampaignAction::Caps)),
        ] {
            assert_eq!(find(typed).first(), Some(&action), "{typed}");
        }
        assert!(find("zzz").is_empty());
        assert!(!find("").contains(&PALETTE));
    }

    #[test]
    fn why_takes_a_number() {
        let shared = shared();
        let mut dialog = Palette::new();
        type_in(&mut dialog, "why +1 212 555 0142", &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close().want(Want::Why("+1 212 555 0142".to_owned()))
        );
    }
}

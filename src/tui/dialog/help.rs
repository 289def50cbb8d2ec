//! The keys of the current key map, grouped by what they apply to.

use crossterm::event::{KeyCode, KeyEvent};

use super::lines::{Line, Scroll, line, room, wrap};
use super::{Dialog, Response, open};
use crate::tui::action::{Action, Group, MoveAction, ProgramAction};
use crate::tui::canvas::Canvas;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// Columns of the keys.
const KEYS: usize = 14;

/// The action that opens the palette.
pub(super) const PALETTE: Action = Action::Program(ProgramAction::Palette);

/// The dialog that lists the keys.
#[derive(Debug)]
pub(crate) struct Help {
    entries: Vec<Entry>,
    scroll: Scroll,
}

#[derive(Debug)]
enum Entry {
    Heading(&'static str),
    Keys {
        keys: String,
        sentence: &'static str,
        allowed: bool,
    },
}

impl Help {
    /// Creates the list of the keys in force. It marks what the viewer's role does not allow.
    pub(crate) fn new(shared: &Shared) -> Self {
        let mut entries = Vec::new();
        for group in Group::ALL {
            entries.push(Entry::Heading(group.title()));
            let of_group = Action::ALL.iter().filter(|action| action.group() == group);
            for action in of_group {
                entries.push(Entry::Keys {
                    keys: keys(*action, shared),
                    sentence: action.sentence(),
                    allowed: shared.viewer.may.allow(*action),
                });
            }
        }
        Self {
            entries,
            scroll: Scroll::default(),
        }
    }

    fn lines(&self, width: usize) -> Vec<Line> {
        let mut content = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Heading(title) => {
                    if !content.is_empty() {
                        content.push(Line::new());
                    }
                    content.push(line(title.to_uppercase(), Role::Accent));
                }
                Entry::Keys {
                    keys,
                    sentence,
                    allowed,
                } => content.extend(keys_lines(keys, sentence, *allowed, width)),
            }
        }
        content
    }
}

/// Returns the keys of an action, or a note that it is in the palette if it has no key.
pub(super) fn keys(action: Action, shared: &Shared) -> String {
    match shared.keys.keys(action) {
        none if none.is_empty() => format!("in {}", shared.keys.key(PALETTE)),
        keys => keys,
    }
}

/// Returns the key that scrolls this dialog as the action scrolls lists; `None` if it scrolls none.
const fn scroll_code(action: MoveAction) -> Option<KeyCode> {
    match action {
        MoveAction::Down => Some(KeyCode::Down),
        MoveAction::Up => Some(KeyCode::Up),
        MoveAction::PageDown => Some(KeyCode::PageDown),
        MoveAction::PageUp => Some(KeyCode::PageUp),
        MoveAction::Top => Some(KeyCode::Home),
        MoveAction::Bottom => Some(KeyCode::End),
        MoveAction::NextCampaign
        | MoveAction::PreviousCampaign
        | MoveAction::NextPane
        | MoveAction::PreviousPane
        | MoveAction::Back => None,
    }
}

fn keys_lines(keys: &str, sentence: &str, allowed: bool, width: usize) -> Vec<Line> {
    let (text, role) = if allowed {
        (sentence.to_owned(), Role::Text)
    } else {
        (format!("(not for your role) {sentence}"), Role::Faint)
    };
    let wrapped = wrap(&text, width.saturating_sub(KEYS), 0);
    let keys = std::iter::once(keys).chain(std::iter::repeat(""));
    wrapped
        .into_iter()
        .zip(keys)
        .map(|(text, keys)| {
            vec![
                (format!("{keys:<width$} ", width = KEYS - 1), Role::HintKey),
                (text, role),
            ]
        })
        .collect()
}

impl Dialog for Help {
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response {
        if matches!(key.code, KeyCode::Enter) {
            return Response::close();
        }
        let code = match shared.keys.action(key) {
            Some(Action::Program(ProgramAction::Help | ProgramAction::Quit)) => {
                return Response::close();
            }
            Some(Action::Move(action)) => scroll_code(action).unwrap_or(key.code),
            Some(
                Action::Campaign(_)
                | Action::Contact(_)
                | Action::View(_)
                | Action::Goto(_)
                | Action::Program(
                    ProgramAction::Palette | ProgramAction::Redraw | ProgramAction::Suspend,
                ),
            )
            | None => key.code,
        };
        let (width, height) = room(shared);
        let count = self.lines(width).len();
        self.scroll.key(code, count, height.saturating_sub(1));
        Response::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, height) = room(canvas.shared);
        let content = self.lines(width);
        let rows = content.len().min(height);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(22),
        );
        let title = format!("Keys, for {}", canvas.shared.viewer.role);
        let inner = open(canvas, size.0, size.1, &title);
        self.scroll.draw(canvas, inner, &content);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, press, shared};
    use super::*;
    use crate::tui::shared::Reach;

    #[test]
    fn what_a_role_may_not_is_marked() {
        let mut shared = shared();
        shared.viewer.may.campaigns = Reach::Nothing;
        let mut dialog = Help::new(&shared);
        assert_styles("help", &dialog, &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Char('G'), &shared),
            Response::stay()
        );
        let end = drawn(&dialog, &shared).backend().to_string();
        assert!(end.contains("Quit"), "{end}");
        assert_eq!(
            press(&mut dialog, KeyCode::Char('?'), &shared),
            Response::close()
        );
    }
}

//! The keys of the current key map, grouped by what they apply to.

use crossterm::event::{KeyCode, KeyEvent};

use super::lines::{Line, Scroll, line, room, wrap};
use super::{Dialog, Response, open};
use crate::tui::action::{Action, Group};
use crate::tui::canvas::Canvas;
use crate::tui::model::{Permits, Shared};
use crate::tui::theme::Role;

/// Columns of the keys.
const KEYS: usize = 14;

/// The dialog that lists the keys.
#[derive(Debug)]
pub struct Help {
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
    pub fn new(shared: &Shared) -> Self {
        let mut entries = Vec::new();
        for group in Group::ALL {
            entries.push(Entry::Heading(group.title()));
            let of_group = Action::ALL.iter().filter(|action| action.group() == group);
            for action in of_group {
                entries.push(Entry::Keys {
                    keys: keys(*action, shared),
                    sentence: action.sentence(),
                    allowed: allowed(*action, shared.viewer.may),
                });
            }
        }
        Self {
            entries,
            scroll: Scroll::default(),
        }
    }

    fn lines(&self, width: usize) -> Vec<Line> {
        let mut said = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Heading(title) => {
                    if !said.is_empty() {
                        said.push(Line::new());
                    }
                    said.push(line(title.to_uppercase(), Role::Accent));
                }
                Entry::Keys {
                    keys,
                    sentence,
                    allowed,
                } => said.extend(keys_lines(keys, sentence, *allowed, width)),
            }
        }
        said
    }
}

/// Returns the keys of an action, or a note that it is in the palette if it has no key.
pub(super) fn keys(action: Action, shared: &Shared) -> String {
    match shared.keys.keys(action) {
        none if none.is_empty() => format!("in {}", shared.keys.key(Action::Palette)),
        keys => keys,
    }
}

/// Returns whether a viewer's role allows the action.
pub(super) const fn allowed(action: Action, may: Permits) -> bool {
    match action {
        Action::Pause
        | Action::PauseAll
        | Action::StopCampaign
        | Action::StopEverything
        | Action::PaceDown => may.campaigns.holds_back(),
        Action::Resume | Action::Start | Action::PaceUp | Action::Caps => may.campaigns.is_full(),
        Action::OptOut => may.opt_out,
        Action::Import => may.import,
        _ => true,
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
        // The keys that scroll lists also scroll this dialog.
        let code = match shared.keys.action(key) {
            Some(Action::Down) => KeyCode::Down,
            Some(Action::Up) => KeyCode::Up,
            Some(Action::PageDown) => KeyCode::PageDown,
            Some(Action::PageUp) => KeyCode::PageUp,
            Some(Action::Top) => KeyCode::Home,
            Some(Action::Bottom) => KeyCode::End,
            Some(Action::Help | Action::Quit) => return Response::close(),
            _ => key.code,
        };
        let (width, height) = room(shared);
        let count = self.lines(width).len();
        self.scroll.key(code, count, height.saturating_sub(1));
        Response::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, height) = room(canvas.shared);
        let said = self.lines(width);
        let rows = said.len().min(height);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(22),
        );
        let title = format!("Keys, for {}", canvas.shared.viewer.role);
        let inner = open(canvas, size.0, size.1, &title);
        self.scroll.draw(canvas, inner, &said);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{drawn, hold_styles, press, shared};
    use super::*;
    use crate::tui::model::Reach;

    #[test]
    fn what_a_role_may_not_is_marked() {
        let mut shared = shared();
        shared.viewer.may.campaigns = Reach::Nothing;
        let mut dialog = Help::new(&shared);
        hold_styles("help", &dialog, &shared);
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

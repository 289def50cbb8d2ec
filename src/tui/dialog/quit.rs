//! The question what happens to the calls when the console that contains the engine ends.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::lines::{Line, count, draw_entries, draw_line, line, paragraph, room, wrap};
use super::{Dialog, Response, Want, lines, open};
use crate::domain::CampaignState;
use crate::engine::desk::EngineOwner;
use crate::tui::canvas::Canvas;
use crate::tui::shared::{Ending, Shared};
use crate::tui::theme::Role;

/// The choices, the harmless one first: name, meaning, ending.
const CHOICES: [(&str, &str, Option<Ending>); 4] = [
    ("Stay", "Nothing changes.", None),
    (
        "Finish the calls, then quit",
        "No new call leaves; the screen closes, the program ends with the last call.",
        Some(Ending::Finish),
    ),
    (
        "Hang up and quit",
        "No new call leaves; conversations are cut off.",
        Some(Ending::HangUp),
    ),
    (
        "Close the screen, continue dialing",
        "The engine continues without a screen, as with --headless; a console opened later attaches to it.",
        Some(Ending::Leave),
    ),
];

/// The dialog that asks how to end.
#[derive(Debug, Default)]
pub(crate) struct Quit {
    chosen: usize,
}

impl Quit {
    /// Creates the dialog; `None` if there is nothing to ask: the engine is not inside this console, or no
    /// call is up and no campaign runs.
    pub(crate) fn new(shared: &Shared) -> Option<Self> {
        let calls = shared.engine() == EngineOwner::Inside
            && (shared.calls_up() > 0 || running(shared) > 0);
        calls.then(Self::default)
    }
}

/// Returns the number of running campaigns.
fn running(shared: &Shared) -> usize {
    let campaigns = shared.view.iter().flat_map(|view| &view.board.campaigns);
    campaigns
        .filter(|campaign| campaign.state == CampaignState::Running)
        .count()
}

impl Dialog for Quit {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        let last = CHOICES.len() - 1;
        match key.code {
            KeyCode::Tab => self.chosen = (self.chosen + 1) % CHOICES.len(),
            KeyCode::BackTab => self.chosen = (self.chosen + last) % CHOICES.len(),
            KeyCode::Enter => {
                return match CHOICES[self.chosen].2 {
                    Some(ending) => Response::close().want(Want::End(ending)),
                    None => Response::close(),
                };
            }
            code => {
                if let Some(place) = lines::step(code, self.chosen, CHOICES.len()) {
                    self.chosen = place.min(last);
                }
            }
        }
        Response::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, most) = room(canvas.shared);
        let width = width.min(76);
        let up = count(canvas.shared.calls_up(), "call");
        let run = count(running(canvas.shared), "campaign");
        let text = format!("The engine runs in this console: {up} up, {run} running.");
        let content = paragraph(&text, width, 0, Role::Value);
        let entries: Vec<Vec<Line>> = CHOICES
            .iter()
            .map(|(name, meaning, _)| {
                let mut entry = vec![line(*name, Role::Accent)];
                let wrapped = wrap(meaning, width.saturating_sub(lines::MARK + 2), 0);
                entry.extend(
                    wrapped
                        .iter()
                        .map(|text| line(format!("  {text}"), Role::Text)),
                );
                entry
            })
            .collect();
        let rows = content.len() + entries.iter().map(Vec::len).sum::<usize>() + 2;
        let rows = u16::try_from(rows.min(most)).unwrap_or(14);
        let inner = open(canvas, u16::try_from(width).unwrap_or(76), rows, "Quit?");
        for (y, line) in (inner.y..inner.bottom()).zip(&content) {
            draw_line(canvas, inner, y, line);
        }
        let head = u16::try_from(content.len()).unwrap_or(1);
        let list = Rect::new(
            inner.x,
            inner.y + head,
            inner.width,
            inner.height.saturating_sub(head + 1),
        );
        draw_entries(canvas, list, &entries, self.chosen);
        let y = inner.bottom().saturating_sub(1);
        let hint = "Up and Down move, Enter selects";
        canvas.put(inner.x, y, inner.right(), hint, Role::Faint);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, press, shared};
    use super::*;

    #[test]
    fn nothing_is_asked_where_leaving_touches_nothing() {
        let mut shared = shared();
        let view = shared.view.as_mut().unwrap();
        view.engine = EngineOwner::Elsewhere;
        assert!(Quit::new(&shared).is_none());
        let view = shared.view.as_mut().unwrap();
        view.engine = EngineOwner::Inside;
        view.board.calls.clear();
        assert!(Quit::new(&shared).is_some(), "a campaign runs");
        let view = shared.view.as_mut().unwrap();
        view.board.campaigns.remove(0);
        assert!(Quit::new(&shared).is_none());
    }

    #[test]
    fn staying_is_chosen_at_first() {
        let shared = shared();
        let mut dialog = Quit::new(&shared).unwrap();
        assert_styles("quit", &dialog, &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close()
        );
        for ending in [Ending::Finish, Ending::HangUp, Ending::Leave] {
            press(&mut dialog, KeyCode::Down, &shared);
            assert_eq!(
                press(&mut dialog, KeyCode::Enter, &shared),
                Response::close().want(Want::End(ending))
            );
        }
    }

    #[test]
    fn it_fits_the_smallest_screen() {
        let mut shared = shared();
        shared.size = (60, 16);
        let dialog = Quit::new(&shared).unwrap();
        insta::assert_snapshot!(drawn(&dialog, &shared).backend());
    }
}

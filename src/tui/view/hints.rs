//! The last line: the pending acts, the result of the last act, or the keys.

use ratatui::layout::Rect;

use super::labels::cells;
use crate::domain::CampaignState;
use crate::tui::action::{
    Action, CampaignAction, ContactAction, MoveAction, ProgramAction, ViewAction,
};
use crate::tui::canvas::{Canvas, Span};
use crate::tui::shared::{Shared, Tone};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws the last line.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let (mut x, y, right) = (area.x + 1, area.y, area.right());
    for pending in shared.acts.values() {
        let spans: [Span<'_>; 2] = [(&pending.text, Role::Warn), ("...  ", Role::Warn)];
        x = canvas.spans(x, y, right, &spans);
    }
    if let Some(notice) = &shared.notice {
        let alert = format!("{} ", canvas.look.glyphs.alert);
        let (sign, role) = match notice.tone {
            Tone::Good => ("", Role::Good),
            Tone::Plain => ("", Role::Text),
            Tone::Bad => (alert.as_str(), Role::Bad),
        };
        let x = canvas.put(x, y, right, sign, role);
        let room = usize::from(right.saturating_sub(x));
        let text = canvas.look.glyphs.cut(&notice.text, room);
        canvas.put(x, y, right, &text, role);
        return;
    }
    for action in actions(shared) {
        let key = shared.keys.key(action);
        let width = cells(text::width(&key) + 1 + text::width(action.hint()));
        if key.is_empty() || x + width >= right {
            continue;
        }
        let spans: [Span<'_>; 3] = [
            (&key, Role::HintKey),
            (" ", Role::HintText),
            (action.hint(), Role::HintText),
        ];
        x = canvas.spans(x, y, right, &spans) + 2;
    }
}

/// Returns the actions that get a hint, most important first.
fn actions(shared: &Shared) -> impl Iterator<Item = Action> + use<> {
    let first = match shared.campaign().map(|board| board.state) {
        Some(CampaignState::Paused) => CampaignAction::Resume,
        Some(CampaignState::Draft) => CampaignAction::Start,
        Some(CampaignState::Running | CampaignState::Done | CampaignState::Stopped) | None => {
            CampaignAction::Pause
        }
    };
    let shown = [
        Action::Campaign(first),
        Action::Campaign(CampaignAction::PauseAll),
        Action::Contact(ContactAction::OptOut),
        Action::Contact(ContactAction::Why),
        Action::Campaign(CampaignAction::StopEverything),
        Action::Program(ProgramAction::Help),
        Action::Program(ProgramAction::Quit),
        Action::View(ViewAction::Filter),
        Action::Program(ProgramAction::Palette),
        Action::Contact(ContactAction::Details),
        Action::Move(MoveAction::NextPane),
        Action::View(ViewAction::Expand),
        Action::Contact(ContactAction::Mark),
        Action::View(ViewAction::Sort),
        Action::View(ViewAction::Freeze),
    ];
    shown.into_iter()
}

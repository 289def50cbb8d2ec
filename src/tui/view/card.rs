//! One card that replaces all panes if the terminal is too small for them.

use ratatui::layout::Rect;

use super::labels;
use super::layout::SMALLEST;
use crate::engine::desk::EngineOwner;
use crate::tui::action::{Action, CampaignAction, ProgramAction};
use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;

/// Draws the card: the campaign's state, its calls, the keys that work and the size needed.
pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let shared = canvas.shared;
    let area = canvas.buffer.area;
    let alert = canvas.look.glyphs.alert;
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(error) = &shared.failed {
        lines.push((
            format!("{alert} STORE CANNOT BE READ: {error}"),
            Role::Alert,
        ));
    } else if shared.view.is_some() && shared.engine() == EngineOwner::Nobody {
        lines.push((format!("{alert} NO ENGINE: nothing is dialed"), Role::Alert));
    }
    if let Some(board) = shared.campaign() {
        let sign = labels::campaign(board, &canvas.look.glyphs);
        let text = format!("{} {} {}", sign.glyph, sign.word, board.name);
        lines.push((text, sign.role));
        let [up, cap] = board.caps.concurrent;
        let [sent, per_minute] = board.caps.per_minute;
        lines.push((
            format!("{up}/{cap} calls  {sent}/{per_minute} in 60 s"),
            Role::Text,
        ));
    }
    let keys = [
        Action::Campaign(CampaignAction::StopEverything),
        Action::Campaign(CampaignAction::Pause),
        Action::Campaign(CampaignAction::PauseAll),
        Action::Program(ProgramAction::Quit),
    ]
    .map(|action| format!("{} {}", shared.keys.key(action), action.hint()));
    lines.push((keys.join("  "), Role::HintText));
    let (width, height) = SMALLEST;
    let size = format!("needs {width}x{height}, has {}x{}", area.width, area.height);
    lines.push((size, Role::Warn));
    if let Some(pending) = shared.acts.values().next() {
        lines.push((format!("{}...", pending.text), Role::Warn));
    } else if let Some(notice) = &shared.notice {
        lines.push((notice.text.clone(), Role::Text));
    }
    if let Some(newest) = shared.alerts().first() {
        lines.push((format!("{alert} {}", newest.text), Role::Bad));
    }
    place(canvas, area, &lines);
}

fn place(canvas: &mut Canvas<'_>, area: Rect, lines: &[(String, Role)]) {
    let spare = area.height.saturating_sub(labels::cells(lines.len()));
    let x = area.x + u16::from(area.width > 30);
    for (y, (text, role)) in (area.y + spare / 3..area.bottom()).zip(lines) {
        canvas.put(x, y, area.right(), text, *role);
    }
}

//! The outcomes of attempts: a bar, a count and a percentage for each, and abandoned calls against their cap.

use ratatui::layout::Rect;

use super::labels;
use crate::domain::Outcome;
use crate::engine::board::CampaignBoard;
use crate::tui::canvas::Canvas;
use crate::tui::format;
use crate::tui::text;
use crate::tui::theme::Role;

const NAME: u16 = 11;
const COUNT: u16 = 7;
const PERCENT: u16 = 5;

/// Draws the pane of the outcomes.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return;
    };
    if area.height < 3 {
        return;
    }
    let inner = super::pane(canvas, area, None, &[("Outcomes", Role::Title)], &[]);
    let rows = inner.height.saturating_sub(1);
    let (shown, all) = (shown(board, usize::from(rows)), board.ended_attempts());
    for (y, (name, count)) in (inner.y..).zip(&shown) {
        row(
            canvas,
            Rect {
                y,
                height: 1,
                ..inner
            },
            name,
            *count,
            all,
        );
    }
    let [abandoned, live] = board.abandoned;
    let allowed = view.abandonment_limit_percent;
    let over = board.abandoned_above(allowed);
    let alert = if over {
        format!("{} ", canvas.look.glyphs.alert)
    } else {
        String::new()
    };
    let [since, answered] = board.abandoned_since_release;
    let released = [since, answered] != board.abandoned;
    let released = released.then(|| {
        let share = format::percent_fine(since, answered);
        format!(", {share} since release")
    });
    let role = if over { Role::Bad } else { Role::Text };
    let share = format!("{alert}abandoned {}", format::percent_fine(abandoned, live));
    let cap = format!("  cap {allowed}.0%");
    let whole = format!("{share}{}{cap}", released.unwrap_or_default());
    let room = usize::from(inner.width.saturating_sub(1));
    let short = format!("{share}{cap}");
    let text = text::first_fitting(&[&whole, &short, &share], room);
    canvas.put(inner.x + 1, inner.bottom() - 1, inner.right(), text, role);
}

/// Returns the outcomes with a count above 0, in the order of reports. If there is no room, the rarest are
/// added up as others.
fn shown(board: &CampaignBoard, rows: usize) -> Vec<(&'static str, u64)> {
    let mut shown: Vec<(&'static str, u64)> = Outcome::ALL
        .iter()
        .filter_map(|outcome| {
            let count = *board.outcomes.get(outcome)?;
            (count > 0).then_some((labels::outcome(*outcome), count))
        })
        .collect();
    if shown.len() <= rows {
        return shown;
    }
    let mut others = 0;
    while shown.len() + 1 > rows {
        let rarest = shown
            .iter()
            .enumerate()
            .min_by_key(|(_, (_, count))| *count);
        let Some((place, (_, count))) = rarest else {
            break;
        };
        others += count;
        shown.remove(place);
    }
    if rows > 0 {
        shown.push(("others", others));
    }
    shown
}

fn row(canvas: &mut Canvas<'_>, area: Rect, name: &str, count: u64, all: u64) {
    let (x, right) = (area.x + 1, area.right().saturating_sub(1));
    canvas.put(x, area.y, x + NAME, name, Role::Label);
    let bar = area.width.saturating_sub(NAME + COUNT + PERCENT + 2);
    canvas.bar(x + NAME, area.y, bar, (count, all), Role::BarFull);
    let figures = right.saturating_sub(PERCENT);
    canvas.put_right(
        figures.saturating_sub(COUNT),
        area.y,
        figures,
        &count.to_string(),
        Role::Value,
    );
    canvas.put_right(
        figures,
        area.y,
        right,
        &format::percent(count, all),
        Role::Faint,
    );
}

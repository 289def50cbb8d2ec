//! Why calls did not go out: final refusals by reason, what the other contacts wait for, and retries.

use ratatui::layout::Rect;

use super::labels;
use crate::engine::board::CampaignBoard;
use crate::engine::desk::CampaignView;
use crate::tui::canvas::Canvas;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the first column.
const HEAD: u16 = 8;

/// The fewest cells of a counter.
const COUNTER: u16 = 18;

/// Draws the pane of the gates.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return;
    };
    if area.height < 3 {
        return;
    }
    let title = if area.width >= 50 {
        "Gates: why calls did not go out"
    } else {
        "Gates"
    };
    let inner = super::pane(canvas, area, None, &[(title, Role::Title)], &[]);
    let waiting = waiting(board, view);
    let retry = retry(board, view, shared);
    let finals = inner.height.saturating_sub(2);
    let columns = usize::from((inner.width.saturating_sub(HEAD + 1) / COUNTER).max(1));
    let refused = refused(board, columns * usize::from(finals));
    let mut lines = refused.chunks(columns);
    for y in inner.y..inner.y + finals {
        let counters = lines.next();
        if counters.is_none() && y > inner.y {
            break;
        }
        let counters = counters.unwrap_or(&[]);
        line(
            canvas,
            Rect {
                y,
                height: 1,
                ..inner
            },
            "final",
            counters,
        );
    }
    for (y, (head, counters)) in
        (inner.y + finals..inner.bottom()).zip([("waiting", &waiting), ("retry", &retry)])
    {
        line(
            canvas,
            Rect {
                y,
                height: 1,
                ..inner
            },
            head,
            counters,
        );
    }
}

/// Returns the reasons with the most refused contacts, most first. Those without room are added up as others.
fn refused(board: &CampaignBoard, room: usize) -> Vec<(String, String)> {
    let mut all: Vec<(&str, u64)> = board
        .refusals
        .iter()
        .map(|(code, count)| (code.as_str(), *count))
        .collect();
    all.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    let kept = if all.len() > room {
        room.saturating_sub(1)
    } else {
        all.len()
    };
    let others: u64 = all[kept..].iter().map(|(_, count)| count).sum();
    let mut counters: Vec<(String, String)> = all[..kept]
        .iter()
        .map(|(code, count)| (labels::reason_words(code), count.to_string()))
        .collect();
    if others > 0 {
        counters.push(("others".to_owned(), others.to_string()));
    }
    counters
}

fn waiting(board: &CampaignBoard, view: &CampaignView) -> Vec<(String, String)> {
    let full = |is_full| if is_full { "FULL" } else { "room" };
    let caps = board.caps;
    vec![
        ("window".to_owned(), board.waiting.window.to_string()),
        (
            "at once".to_owned(),
            full(caps.is_full_at_once()).to_owned(),
        ),
        (
            "per minute".to_owned(),
            full(caps.is_full_per_minute()).to_owned(),
        ),
        ("binds".to_owned(), view.limit.to_owned()),
    ]
}

fn retry(board: &CampaignBoard, view: &CampaignView, shared: &Shared) -> Vec<(String, String)> {
    let next = match view.next_due {
        Some(at) if at <= shared.now => "now".to_owned(),
        Some(at) => labels::when(at, shared),
        None => "-".to_owned(),
    };
    vec![
        ("later".to_owned(), board.waiting.retry.to_string()),
        ("cap or gap".to_owned(), board.waiting.cap.to_string()),
        ("next".to_owned(), next),
    ]
}

/// Draws a line of counters: in columns if all of them fit, otherwise with as little space between them as
/// possible. Counters without room are left out.
fn line(canvas: &mut Canvas<'_>, area: Rect, head: &str, counters: &[(String, String)]) {
    let (y, right) = (area.y, area.right());
    canvas.put(area.x + 1, y, right, head, Role::Label);
    let mut x = area.x + 1 + HEAD;
    let room = usize::from(right.saturating_sub(x));
    let width = |(name, count): &(String, String)| text::width(name) + text::width(count) + 1;
    let before_last = usize::from(COUNTER) * counters.len().saturating_sub(1);
    let in_columns = before_last + counters.last().map_or(0, width) <= room;
    for counter in counters {
        let (name, count) = counter;
        if name.is_empty() || usize::from(right.saturating_sub(x)) < width(counter) {
            return;
        }
        let after = canvas.put(x, y, right, name, Role::Text);
        let after = canvas.put(after + 1, y, right, count, Role::Value);
        x = if in_columns {
            (x + COUNTER).max(after + 2)
        } else {
            after + 2
        };
    }
}

//! A contact's attempts: when, from which number, how each ended and why, and the agent's result.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::lines::{self, Line, Scroll, instant, line, number, room, wrap};
use super::{Dialog, Response, open};
use crate::domain::{Attempt, ContactId, Timestamp};
use crate::engine::desk::{AttemptRow, ContactRow};
use crate::tui::canvas::Canvas;
use crate::tui::format;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::text::{fit, fit_right};
use crate::tui::theme::Role;

/// Rows above the attempts: the contact, the clock and the table's head.
const HEAD: usize = 3;

/// Indent of the line below an attempt.
const UNDER: usize = 3;

/// Cells a table needs for the column that shows which attempts counted.
const WIDE: usize = 70;

/// The attempts, as far as they are known.
#[derive(Debug)]
enum Attempts {
    /// The answer is awaited.
    Awaited,
    /// All attempts, oldest first.
    Known(Vec<AttemptRow>),
    /// The store cannot be read, for this reason.
    StoreFailed(String),
}

/// The dialog of a contact's attempts.
#[derive(Debug)]
pub(crate) struct History {
    row: ContactRow,
    attempts: Attempts,
    scroll: Scroll,
}

impl History {
    /// Creates the dialog for the contact in this row. The caller has already asked the desk for the
    /// attempts.
    pub(crate) fn new(row: ContactRow) -> Self {
        Self {
            row,
            attempts: Attempts::Awaited,
            scroll: Scroll::default(),
        }
    }

    fn lines(&self, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
        match &self.attempts {
            Attempts::Awaited => vec![line("Reading the attempts.", Role::Warn)],
            Attempts::StoreFailed(error) => lines::fault(error, None, width),
            Attempts::Known(attempts) if attempts.is_empty() => {
                vec![line("No attempt has been made.", Role::Faint)]
            }
            Attempts::Known(attempts) => attempts
                .iter()
                .flat_map(|row| row_lines(row, shared, glyphs, width))
                .collect(),
        }
    }
}

/// Returns a row of the table. The last column is left out below [`WIDE`] cells.
fn columns(texts: [&str; 7], width: usize) -> String {
    let [n, when, from, ended, rang, talked, counts] = texts;
    let mut row = format!(
        "{} {} {} {} {} {}",
        fit_right(n, 2),
        fit(when, 12),
        fit(from, 15),
        fit(ended, 11),
        fit_right(rang, 5),
        fit_right(talked, 6)
    );
    if width >= WIDE {
        row = format!("{row}  {counts}");
    }
    row
}

/// Returns the line of an attempt and, below it, the cause and the agent's result.
fn row_lines(row: &AttemptRow, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let attempt = &row.attempt;
    let mut content = vec![attempt_line(attempt, shared, glyphs, width)];
    let cause = attempt.cause.as_ref();
    let cause = cause.map(|cause| format!("cause: {}", cause.replace('_', " ")));
    let agent = row.agent_result.as_ref();
    let agent = agent.map(|result| format!("agent: {result}"));
    let more: Vec<String> = [cause, agent].into_iter().flatten().collect();
    if !more.is_empty() {
        let wrapped = wrap(&more.join("; "), width.saturating_sub(UNDER), 0);
        let below = |text| line(format!("{:UNDER$}{text}", ""), Role::Faint);
        content.extend(wrapped.into_iter().map(below));
    }
    content
}

fn attempt_line(attempt: &Attempt, shared: &Shared, glyphs: &Glyphs, width: usize) -> Line {
    let at = attempt.sent_at.unwrap_or(attempt.reserved_at);
    let zone = &shared.viewer.zone;
    let day = format::day(at, zone);
    // Without the weekday: `14 Apr 14:07`.
    let day = day.split_once(' ').map_or(day.as_str(), |(_, day)| day);
    let when = format!("{day} {}", format::clock(at, zone));
    let ended = attempt
        .outcome
        .map_or(attempt.state.as_str(), |outcome| outcome.as_str())
        .replace('_', " ");
    let answered_or_ended = attempt.answered_at.or(attempt.ended_at);
    let counts = match (attempt.outcome, attempt.counts) {
        (None, _) => "still up",
        (Some(_), true) => "counted",
        (Some(_), false) => "not counted",
    };
    let texts = [
        &attempt.n.to_string(),
        &when,
        &number(attempt.caller_id, shared, glyphs),
        &ended,
        &between(attempt.ringing_at, answered_or_ended),
        &between(attempt.answered_at, attempt.ended_at),
        counts,
    ];
    let role = if attempt.outcome.is_none() {
        Role::StateLive
    } else {
        Role::Text
    };
    line(columns(texts, width), role)
}

/// Returns the time between two instants; `-` if one of them is not known.
fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format::call_time(to.since(from)),
        (None, _) | (_, None) => "-".to_owned(),
    }
}

impl Dialog for History {
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response {
        if key.code == KeyCode::Enter {
            return Response::close();
        }
        let (width, height) = room(shared);
        let count = self.lines(shared, &Glyphs::ascii(), width).len();
        self.scroll
            .key(key.code, count, height.saturating_sub(HEAD + 1));
        Response::stay()
    }

    fn on_attempts(&mut self, contact: ContactId, attempts: &[AttemptRow]) {
        if contact == self.row.contact {
            self.attempts = Attempts::Known(attempts.to_vec());
        }
    }

    fn on_failed(&mut self, error: &str) {
        if matches!(self.attempts, Attempts::Awaited) {
            self.attempts = Attempts::StoreFailed(error.to_owned());
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, height) = room(canvas.shared);
        let (shared, glyphs) = (canvas.shared, &canvas.look.glyphs);
        let content = self.lines(shared, glyphs, width);
        let rows = (content.len() + HEAD).max(6).min(height);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(20),
        );
        let inner = open(canvas, size.0, size.1, "Attempts");
        let row = &self.row;
        let right = inner.right();
        let who = number(row.number, shared, glyphs);
        let made = format!("  {} of {} attempts", row.attempts, row.max_attempts);
        let spans = [
            (who.as_str(), Role::Accent),
            ("  ", Role::Text),
            (row.name.as_str(), Role::Value),
            (made.as_str(), Role::Faint),
        ];
        canvas.spans(inner.x, inner.y, right, &spans);
        let now = format!("your clock: {}", instant(shared.now, shared));
        canvas.put(inner.x, inner.y + 1, right, &now, Role::Faint);
        let heads = [
            "n",
            "when",
            "caller id",
            "ended",
            "rang",
            "talked",
            "counts",
        ];
        let heads = columns(heads, usize::from(inner.width));
        canvas.put(inner.x, inner.y + 2, right, &heads, Role::Label);
        let area = Rect::new(
            inner.x,
            inner.y + 3,
            inner.width,
            inner.height.saturating_sub(3),
        );
        self.scroll.draw(canvas, area, &content);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, at, attempt, press, row, shared};
    use super::*;
    use crate::domain::{AttemptState, CalleeType, Outcome};

    #[test]
    fn attempts_are_shown_on_the_viewers_clock() {
        let shared = shared();
        let mut dialog = History::new(row());
        dialog.on_attempts(ContactId(3), &[]);
        assert!(
            matches!(dialog.attempts, Attempts::Awaited),
            "another contact's"
        );
        let up = Attempt {
            state: AttemptState::Connected,
            sent_at: Some(at("2026-04-14T18:06:50Z")),
            ringing_at: Some(at("2026-04-14T18:06:52Z")),
            answered_at: Some(at("2026-04-14T18:07:02Z")),
            ended_at: None,
            outcome: None,
            cause: None,
            ..attempt(3)
        };
        let talked = Attempt {
            outcome: Some(Outcome::Answered(CalleeType::Human)),
            cause: Some("completed".to_owned()),
            ..attempt(2)
        };
        let rows = [
            (attempt(1), None),
            (
                talked,
                Some("asked to be called about the second visit on a Thursday morning"),
            ),
            (up, None),
        ];
        let rows = rows.map(|(attempt, result)| AttemptRow {
            attempt,
            agent_result: result.map(str::to_owned),
        });
        dialog.on_attempts(row().contact, &rows);
        assert_styles("history", &dialog, &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close()
        );
    }
}

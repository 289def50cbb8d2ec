//! The alerts that have not been acknowledged in this console, newest first.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::lines::{self, Line, draw_entries, for_viewer, instant, line, room};
use super::{Dialog, Response, Want, open};
use crate::tui::canvas::Canvas;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::{Alert, Shared};
use crate::tui::theme::Role;

/// The dialog of alerts. The selection follows the alert, not its row.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    selected: Option<i64>,
    /// The last known place of the selected alert.
    at: usize,
}

impl Alerts {
    /// Returns the place of the selected alert, or the nearest place if the alert is gone.
    fn place(&self, alerts: &[Alert]) -> usize {
        alerts
            .iter()
            .position(|alert| Some(alert.seq) == self.selected)
            .unwrap_or_else(|| self.at.min(alerts.len().saturating_sub(1)))
    }

    fn select(&mut self, place: usize, alerts: &[Alert]) {
        self.at = place.min(alerts.len().saturating_sub(1));
        self.selected = alerts.get(self.at).map(|alert| alert.seq);
    }
}

impl Dialog for Alerts {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response {
        let alerts = shared.alerts();
        let place = self.place(&alerts);
        match key.code {
            KeyCode::Enter => match alerts.get(place) {
                Some(alert) => {
                    self.selected = None;
                    self.at = place;
                    Response::stay().want(Want::Acknowledge(vec![alert.seq]))
                }
                None => Response::close(),
            },
            KeyCode::Char('A') if !alerts.is_empty() => {
                let all = alerts.iter().map(|alert| alert.seq).collect();
                Response::close().want(Want::Acknowledge(all))
            }
            code => {
                if let Some(place) = lines::step(code, place, 5) {
                    self.select(place, &alerts);
                }
                Response::stay()
            }
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let alerts = canvas.shared.alerts();
        let (width, height) = room(canvas.shared);
        let cells = width.saturating_sub(lines::MARK);
        let glyphs = &canvas.look.glyphs;
        let entries: Vec<Vec<Line>> = alerts
            .iter()
            .map(|alert| entry(alert, canvas.shared, glyphs, cells))
            .collect();
        let rows = entries.iter().map(Vec::len).sum::<usize>().max(1);
        let rows = (rows + 2).min(height);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(20),
        );
        let title = match alerts.len() {
            0 => "Alerts".to_owned(),
            count => format!("Alerts: {count}"),
        };
        let inner = open(canvas, size.0, size.1, &title);
        let list = Rect {
            height: inner.height.saturating_sub(2),
            ..inner
        };
        if entries.is_empty() {
            canvas.put(
                inner.x,
                inner.y,
                inner.right(),
                "There is no alert.",
                Role::Text,
            );
            return;
        }
        draw_entries(canvas, list, &entries, self.place(&alerts));
        let y = inner.bottom().saturating_sub(1);
        let hint = "Enter acknowledges the selected alert, A all of them";
        canvas.put(inner.x, y, inner.right(), hint, Role::Faint);
    }
}

fn entry(alert: &Alert, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let at = instant(alert.at, shared);
    let mut entry = vec![line(format!("{} {at}", glyphs.alert), Role::Alert)];
    let text = for_viewer(&alert.text, shared, glyphs);
    let wrapped = lines::wrap(&text, width.saturating_sub(2), 0).into_iter();
    entry.extend(wrapped.map(|text| line(format!("  {text}"), Role::Text)));
    entry
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, press, shared};
    use super::*;

    #[test]
    fn one_is_acknowledged_or_all() {
        let mut shared = shared();
        let mut dialog = Alerts::default();
        assert_styles("alerts", &dialog, &shared);
        press(&mut dialog, KeyCode::Down, &shared);
        let seen = |seen: &[i64]| Want::Acknowledge(seen.to_vec());
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::stay().want(seen(&[71]))
        );
        assert_eq!(
            press(&mut dialog, KeyCode::Char('A'), &shared),
            Response::close().want(seen(&[90, 71]))
        );
        shared.seen_alerts.extend([71, 90]);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close()
        );
    }
}

//! Drawing of the opt-out dialog: each number as it was read, with what its opt-out touches.

use ratatui::layout::Rect;

use super::{Focus, OptOut, Stage};
use crate::domain::PhoneNumber;
use crate::engine::desk::{ActSummary, Echo, JudgedNumber};
use crate::engine::messages;
use crate::tui::canvas::Canvas;
use crate::tui::dialog::lines::{
    self, Line, cities, count, draw_line, for_viewer, line, paragraph, room,
};
use crate::tui::dialog::{buttons, open};
use crate::tui::format;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// Returns `1 opt-out`, `2 opt-outs`.
pub(super) fn opt_outs(number: usize) -> String {
    count(number, "opt-out")
}

pub(super) fn draw(dialog: &OptOut, canvas: &mut Canvas<'_>) {
    let (width, height) = room(canvas.shared);
    let width = u16::try_from(width).unwrap_or(76);
    match &dialog.stage {
        Stage::Done(acted) => draw_done(dialog, acted, canvas, width),
        Stage::Editing | Stage::Sending(_) => {
            let height = u16::try_from(height.min(22)).unwrap_or(22);
            let inner = open(canvas, width, height, "Do not call again: opt-out");
            draw_form(dialog, canvas, inner);
        }
    }
}

fn draw_form(dialog: &OptOut, canvas: &mut Canvas<'_>, inner: Rect) {
    let (x, y, right) = (inner.x, inner.y, inner.right());
    let field = inner.width.saturating_sub(9);
    let editing = dialog.stage == Stage::Editing;
    canvas.put(x, y, right, "Numbers", Role::Text);
    let focused = editing && dialog.focus == Focus::Numbers;
    let shown = shown_numbers(dialog, canvas, focused);
    dialog
        .numbers
        .draw_as(canvas, (x + 9, y), field, focused, &shown);
    canvas.put(x, y + 1, right, "Reason", Role::Text);
    let focused = editing && dialog.focus == Focus::Note;
    dialog.note.draw(canvas, (x + 9, y + 1), field, focused);
    let bottom = inner.bottom();
    let summary = summary(dialog, usize::from(inner.width));
    let below = Rect::new(x, y + 2, inner.width, bottom.saturating_sub(y + 5));
    let rows = u16::try_from(summary.len()).unwrap_or(1).min(below.height);
    for (y, line) in (below.y..below.y + rows).zip(&summary) {
        draw_line(canvas, below, y, line);
    }
    let area = Rect::new(x, below.y + rows, inner.width, below.height - rows);
    draw_judged(dialog, canvas, area);
    let permanent = "Permanent, in every campaign. No key undoes it.";
    canvas.put(x, bottom.saturating_sub(3), right, permanent, Role::Accent);
    if editing {
        draw_buttons(dialog, canvas, (x, bottom.saturating_sub(2)), right);
        let hint = "Tab moves, Enter presses, Up and Down scroll";
        canvas.put(x, bottom.saturating_sub(1), right, hint, Role::Faint);
    } else {
        let text = "Recording. Esc closes this dialog; that does not cancel the opt-out.";
        canvas.put(x, bottom.saturating_sub(2), right, text, Role::Warn);
    }
}

/// Returns the text of the field. The numbers the dialog opened with are masked until the field is entered.
fn shown_numbers(dialog: &OptOut, canvas: &Canvas<'_>, focused: bool) -> String {
    let prefilled: Vec<String> = dialog.prefilled.iter().map(ToString::to_string).collect();
    let value = dialog.numbers.value();
    if canvas.shared.masked && !focused && value == prefilled.join(", ") {
        let mask = canvas.look.glyphs.mask;
        let masked = dialog
            .prefilled
            .iter()
            .map(|one| format::masked(*one, mask));
        let masked: Vec<String> = masked.collect();
        return masked.join(", ");
    }
    value.to_owned()
}

/// Returns the lines above the numbers: a fault, or how many there are.
fn summary(dialog: &OptOut, width: usize) -> Vec<Line> {
    if let Some(fault) = &dialog.fault {
        return lines::fault(&fault.to_string(), None, width);
    }
    let Some(judged) = dialog.current() else {
        return vec![line("reading the numbers", Role::Warn)];
    };
    let unreadable = dialog.unreadable().len();
    let listed = judged.iter().filter(|one| one.listed.is_some()).count();
    let mut content = vec![count(judged.len() - unreadable, "number")];
    if unreadable > 0 {
        content.push(format!("! {unreadable} unreadable"));
    }
    if listed > 0 {
        content.push(format!("{listed} on a list already"));
    }
    if !dialog.left_out.is_empty() {
        content.push(format!("{} left out by you", dialog.left_out.len()));
    }
    let role = if unreadable > 0 {
        Role::Bad
    } else {
        Role::Faint
    };
    vec![line(content.join(", "), role)]
}

fn draw_judged(dialog: &OptOut, canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let judged = dialog.current().unwrap_or_default();
    if judged.is_empty() {
        let hint = "Type numbers, or paste a block: one per line, or separated by commas.";
        let hint = paragraph(hint, usize::from(area.width), 0, Role::Faint);
        for (y, line) in (area.y..area.bottom()).zip(&hint) {
            draw_line(canvas, area, y, line);
        }
        return;
    }
    let mut y = area.y;
    for (place, one) in judged.iter().enumerate().skip(dialog.top) {
        for line in entry(one, (shared, &canvas.look.glyphs), usize::from(area.width)) {
            if y >= area.bottom() {
                let more = format!("  {} more, Down", judged.len() - place);
                let last = area.bottom().saturating_sub(1);
                canvas.put_right(area.x, last, area.right(), &more, Role::Faint);
                return;
            }
            draw_line(canvas, area, y, &line);
            y += 1;
        }
    }
}

/// Returns the lines of a number with all that is known about it.
fn entry(one: &JudgedNumber, (shared, glyphs): (&Shared, &Glyphs), width: usize) -> Vec<Line> {
    let echo = match &one.read {
        Ok(echo) => echo,
        Err(error) => {
            let (what, todo) = messages::number_error(*error);
            let first = format!("! {} cannot be read: {what}", one.typed);
            let mut entry = paragraph(&first, width, 2, Role::Bad);
            entry.extend(detail(todo, width, Role::Text));
            return entry;
        }
    };
    let mut entry = vec![heading(echo, shared, glyphs)];
    entry.extend(detail(&touched(one, shared), width, Role::Text));
    if is_up(echo.number, shared) {
        entry.extend(detail("! a call to it is up", width, Role::StateLive));
    }
    if let Some(listed) = &one.listed {
        let text = format!("on a list already: {}", for_viewer(listed, shared, glyphs));
        entry.extend(detail(&text, width, Role::Faint));
    }
    if let Some(unfit) = echo.unfit {
        let text = format!("cannot be dialed anyway: {unfit}");
        entry.extend(detail(&text, width, Role::Warn));
    }
    entry
}

fn heading(echo: &Echo, shared: &Shared, glyphs: &Glyphs) -> Line {
    let assumed = if echo.country_guessed { " assumed" } else { "" };
    vec![
        (lines::number(echo.number, shared, glyphs), Role::Accent),
        (format!("  {}", echo.country), Role::Text),
        (assumed.to_owned(), Role::Warn),
        (format!("  {}", cities(&echo.zones)), Role::Text),
    ]
}

fn detail(text: &str, width: usize, role: Role) -> Vec<Line> {
    let wrapped = lines::wrap(text, width.saturating_sub(4), 0).into_iter();
    wrapped
        .map(|text| line(format!("    {text}"), role))
        .collect()
}

/// Returns the campaigns that contain the number, with its state in each.
fn touched(one: &JudgedNumber, shared: &Shared) -> String {
    if one.contacts.is_empty() {
        return "in no campaign".to_owned();
    }
    let contacts = one.contacts.iter().map(|known| {
        let state = known.state.as_str().replace('_', " ");
        format!("{}: {state}", shared.name_of(known.campaign))
    });
    contacts.collect::<Vec<_>>().join(", ")
}

fn is_up(number: PhoneNumber, shared: &Shared) -> bool {
    shared
        .view
        .as_ref()
        .is_some_and(|view| view.board.calls.iter().any(|call| call.number == number))
}

fn draw_buttons(dialog: &OptOut, canvas: &mut Canvas<'_>, at: (u16, u16), right: u16) {
    let write = format!("Opt out {}", count(dialog.readable().len(), "number"));
    let unreadable = dialog.unreadable().len();
    let leave = format!("Leave out {unreadable} unreadable");
    let mut labels = vec![(Focus::Cancel, "Cancel")];
    if unreadable > 0 {
        labels.push((Focus::LeaveOut, &leave));
    }
    labels.push((Focus::OptOut, &write));
    let chosen = labels.iter().position(|(focus, _)| *focus == dialog.focus);
    let labels: Vec<&str> = labels.into_iter().map(|(_, label)| label).collect();
    buttons(canvas, at, right, &labels, chosen.unwrap_or(usize::MAX));
}

/// Draws what was recorded.
fn draw_done(dialog: &OptOut, acted: &ActSummary, canvas: &mut Canvas<'_>, width: u16) {
    let cells = usize::from(width);
    let mut done = paragraph(&format!("Done: {}.", acted.text), cells, 0, Role::Good);
    let ended = usize::try_from(acted.finished).unwrap_or(usize::MAX);
    let ended = format!(
        "{} ended: no campaign calls them again.",
        count(ended, "contact")
    );
    done.extend(paragraph(&ended, cells, 0, Role::Text));
    let up = match acted.live {
        0 => "No call to them was up.".to_owned(),
        live => format!(
            "{} to them up: one that still rings is hung up, a conversation continues.",
            count(usize::try_from(live).unwrap_or(usize::MAX), "call")
        ),
    };
    done.extend(paragraph(&up, cells, 0, Role::Text));
    if !dialog.left_out.is_empty() {
        let text = format!("Left out, not recorded: {}", dialog.left_out.join(", "));
        done.extend(paragraph(&text, cells, 0, Role::Warn));
    }
    let (_, most) = room(canvas.shared);
    done.truncate(most.saturating_sub(2));
    let height = u16::try_from(done.len() + 2).unwrap_or(8);
    let inner = open(canvas, width, height, "Do not call again: recorded");
    for (y, line) in (inner.y..inner.bottom()).zip(&done) {
        draw_line(canvas, inner, y, line);
    }
    let y = inner.bottom().saturating_sub(1);
    buttons(canvas, (inner.x, y), inner.right(), &["Close"], 0);
}

//! The calling windows: each set of zones over the viewer's day, with one line for the present time through
//! all of them.
//!
//! The line shows who may be called now, and the part to the right of it how long that lasts.

use ratatui::layout::Rect;

use super::labels::cells;
use crate::domain::Timestamp;
use crate::engine::desk::{HoldKind, Stretch, ZoneRow, ZoneStanding};
use crate::engine::messages::hold_word;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::format;
use crate::tui::shared::{Pane, Shared};
use crate::tui::theme::Role;

const LABEL: u16 = 10;
const LOCAL: u16 = 5;
const STATE: u16 = 15;
const TO_CALL: u16 = 5;

/// The widths of an axis in cells. A cell is a whole number of quarters of an hour in each of them.
const AXES: [u16; 6] = [96, 48, 32, 24, 16, 12];

/// The columns of the pane at one width.
struct Columns {
    label: (u16, u16),
    local: Option<u16>,
    axis: (u16, u16),
    state: u16,
    right: u16,
    /// The cell of the present time; `None` if the axis does not contain it.
    now: Option<u16>,
}

/// Draws the pane of the calling windows.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, framed: bool) {
    if area.height < 2 {
        return;
    }
    let shared = canvas.shared;
    let zones = shared.campaign_view().map_or(&[][..], |view| &view.zones);
    let spare = area.height.saturating_sub(if framed { 3 } else { 1 });
    let visible = usize::from(spare).min(zones.len());
    let first = shared.zones_from.min(zones.len() - visible);
    let (above, below) = (first, zones.len() - first - visible);
    let more = match (above, below) {
        (0, 0) => String::new(),
        (0, below) => format!("+{below} more"),
        (above, 0) => format!("+{above} above"),
        (above, below) => format!("+{above} above +{below} more"),
    };
    let inner = if framed {
        frame(canvas, area, &more)
    } else {
        area
    };
    let columns = Columns::of(inner, shared);
    head(canvas, inner, &columns, framed, &more);
    for (y, zone) in (inner.y + 1..inner.bottom()).zip(&zones[first..]) {
        row(canvas, y, &columns, zone);
    }
}

fn frame(canvas: &mut Canvas<'_>, area: Rect, more: &str) -> Rect {
    let glyphs = &canvas.look.glyphs;
    let (open, legal, never) = (glyphs.window_open, glyphs.window_legal, glyphs.window_never);
    let mut right: Vec<Span<'_>> = Vec::new();
    if !more.is_empty() {
        right.extend([(more, Role::Warn), ("  ", Role::Border)]);
    }
    if area.width >= 80 {
        right.push(("axis: your clock  ", Role::Faint));
    }
    let [may, only] = if area.width >= 60 {
        [" may dial ", " legal only "]
    } else {
        [" dial ", " legal "]
    };
    right.extend([
        (open, Role::WindowOpen),
        (may, Role::Faint),
        (legal, Role::WindowLegal),
        (only, Role::Faint),
        (never, Role::WindowNever),
        (" never", Role::Faint),
    ]);
    let title = if area.width >= 64 {
        "Calling windows"
    } else {
        "Windows"
    };
    super::pane(
        canvas,
        area,
        Some(Pane::Zones),
        &[(title, Role::Title)],
        &right,
    )
}

impl Columns {
    fn of(inner: Rect, shared: &Shared) -> Self {
        let right = inner.right();
        let fixed = 1 + LABEL + 1 + 1 + STATE + 1 + TO_CALL;
        let with_local = AXES
            .into_iter()
            .find(|axis| fixed + LOCAL + 1 + axis <= inner.width);
        let axis = with_local.or_else(|| AXES.into_iter().find(|axis| fixed + axis <= inner.width));
        let axis_cells = axis.unwrap_or(0);
        let has_local = with_local.is_some() || axis.is_none();
        let state = right.saturating_sub(TO_CALL + 1 + STATE);
        let axis_x = state.saturating_sub(axis_cells + 1);
        let local = has_local.then(|| axis_x.saturating_sub(LOCAL + 1));
        Self {
            label: (inner.x + 1, local.unwrap_or(axis_x).saturating_sub(1)),
            local,
            axis: (axis_x, axis_cells),
            state,
            right,
            now: now_cell(shared, axis_cells),
        }
    }
}

/// Returns the cell of the axis that contains the present time.
fn now_cell(shared: &Shared, axis: u16) -> Option<u16> {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    let now = shared.now.to_jiff().to_zoned(shared.viewer.zone.clone());
    let start = Timestamp::from_jiff(now.start_of_day().ok()?.timestamp());
    let passed = u64::try_from(shared.now.since(start).as_millis()).ok()?;
    let cell = u16::try_from(passed * u64::from(axis) / DAY).ok()?;
    (cell < axis).then_some(cell)
}

fn head(canvas: &mut Canvas<'_>, inner: Rect, columns: &Columns, framed: bool, more: &str) {
    let y = inner.y;
    let (x, end) = columns.label;
    let focused = canvas.shared.pane == Pane::Zones;
    let name = match (framed, more.is_empty()) {
        (true, _) | (false, true) => "zone",
        (false, false) => more,
    };
    let role = if framed { Role::Label } else { Role::Title };
    if focused && !framed {
        canvas.put(inner.x, y, x, canvas.look.glyphs.cursor, Role::Title);
    }
    canvas.put(x, y, end, name, role);
    if let Some(local) = columns.local {
        canvas.put_right(local, y, local + LOCAL, "now", Role::Label);
    }
    let (axis, width) = columns.axis;
    let step = if width >= 24 { 3 } else { 6 };
    if width > 0 {
        for hour in (0..24_u16).step_by(step) {
            let place = hour * width / 24;
            let text = hour.to_string();
            let taken = place..place + cells(text.len());
            // The line of the present time would cut the hour.
            if !columns.now.is_some_and(|now| taken.contains(&now)) {
                canvas.put(axis + place, y, axis + width, &text, Role::Label);
            }
        }
    }
    if let Some(now) = columns.now {
        canvas.put(
            axis + now,
            y,
            axis + width,
            canvas.look.glyphs.now_line,
            Role::NowLine,
        );
    }
    canvas.put(columns.state, y, columns.right, "state", Role::Label);
    canvas.put_right(columns.state + 6, y, columns.right, "to call", Role::Label);
}

fn row(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, zone: &ZoneRow) {
    let (x, end) = columns.label;
    let room = usize::from(end.saturating_sub(x));
    canvas.put(
        x,
        y,
        end,
        &canvas.look.glyphs.fit(&zone.label, room),
        Role::Text,
    );
    if let Some(local) = columns.local {
        canvas.put_right(local, y, local + LOCAL, &zone.local, Role::Text);
    }
    strip(canvas, y, columns, &zone.day);
    let now = canvas.shared.now;
    let (state, role) = match (&zone.standing, &zone.held) {
        (ZoneStanding::Held(kind), _) => (format!("HELD {}", short(kind)), Role::Bad),
        (ZoneStanding::Open(_), Some(held)) => (some_held("OPEN", held), Role::Warn),
        (ZoneStanding::Shut(_), Some(held)) => (some_held("shut", held), Role::Warn),
        (ZoneStanding::Open(closes), None) => (
            format!("OPEN {} left", format::hours(closes.since(now))),
            Role::Good,
        ),
        (ZoneStanding::Shut(opens), None) => (
            format!("OPENS {}", format::until(opens.since(now))),
            Role::Faint,
        ),
    };
    canvas.put(columns.state, y, columns.state + STATE, &state, role);
    let to_call = zone.to_call.to_string();
    canvas.put_right(
        columns.state + STATE,
        y,
        columns.right,
        &to_call,
        Role::Value,
    );
}

/// Returns `OPEN 3 banned`. The state is left out if there is no room.
fn some_held(state: &str, (count, kind): &(u64, HoldKind)) -> String {
    let held = format!("{count} {}", short(kind));
    let whole = format!("{state} {held}");
    if whole.len() > usize::from(STATE) {
        held
    } else {
        whole
    }
}

/// Returns a short text for a hold that does not end with time alone.
const fn short(kind: &HoldKind) -> &'static str {
    if matches!(kind, HoldKind::EmergencyBan(_)) {
        "banned"
    } else if matches!(kind, HoldKind::NoZone) {
        "no zone"
    } else {
        hold_word(kind)
    }
}

/// Draws the day, in runs of cells that are equal. A cell shows the strictest of its quarters of an hour.
fn strip(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, day: &[Stretch]) {
    let glyphs = &canvas.look.glyphs;
    let (axis, width) = columns.axis;
    let right = axis + width;
    let per_cell = day.len() / usize::from(width.max(1));
    if per_cell == 0 {
        return;
    }
    let cell = |stretches: &[Stretch]| stretches.iter().min().copied();
    let day: Vec<Option<Stretch>> = day.chunks(per_cell).map(cell).collect();
    let mut x = axis;
    for run in day.chunk_by(|one, other| one == other) {
        let (glyph, role) = match run.first().copied().flatten() {
            Some(Stretch::Open) => (glyphs.window_open, Role::WindowOpen),
            Some(Stretch::LegalOnly) => (glyphs.window_legal, Role::WindowLegal),
            Some(Stretch::Never) | None => (glyphs.window_never, Role::WindowNever),
        };
        let end = right.min(x + cells(run.len()));
        x = canvas.run(x, y, end, glyph, role);
    }
    if let Some(now) = columns.now {
        canvas.put(axis + now, y, right, glyphs.now_line, Role::NowLine);
    }
}

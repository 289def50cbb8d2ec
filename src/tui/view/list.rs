//! The call list: who is called next, who waits and why. It shows as many rows and columns as fit.

use ratatui::layout::Rect;

use super::labels;
use crate::engine::desk::{ContactRow, ListOrder, Size};
use crate::tui::canvas::{Canvas, Span};
use crate::tui::format;
use crate::tui::list::List;
use crate::tui::shared::Pane;
use crate::tui::text;
use crate::tui::theme::Role;

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    State,
    Number,
    Name,
    Zone,
    Local,
    Tries,
    Last,
    Why,
    CallerId,
}

impl Column {
    /// Every column, from left to right.
    const ALL: [Self; 10] = [
        Self::Id,
        Self::State,
        Self::Number,
        Self::Name,
        Self::Zone,
        Self::Local,
        Self::Tries,
        Self::Last,
        Self::Why,
        Self::CallerId,
    ];

    /// The columns that are dropped on a narrow screen, in this order. State, number and zone are always
    /// shown.
    const DROPPED: [Self; 7] = [
        Self::CallerId,
        Self::Id,
        Self::Last,
        Self::Local,
        Self::Tries,
        Self::Name,
        Self::Why,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Id => "#",
            Self::State => "state",
            Self::Number => "number",
            Self::Name => "name",
            Self::Zone => "zone",
            Self::Local => "local",
            Self::Tries => "try",
            Self::Last => "last",
            Self::Why => "next / why",
            Self::CallerId => "caller id",
        }
    }

    /// Returns the cells the column needs. `Why` also takes the spare cells.
    const fn width(self) -> u16 {
        match self {
            Self::Id => 6,
            Self::State => 15,
            Self::Number | Self::CallerId => 16,
            Self::Name => 12,
            Self::Zone | Self::Local => 5,
            Self::Tries => 4,
            Self::Last => 9,
            Self::Why => 17,
        }
    }
}

/// Returns the columns that fit, each with its first cell and its width.
fn columns(inner: Rect) -> Vec<(Column, u16, u16)> {
    let room = inner.width.saturating_sub(LEAD + 1);
    let mut kept: Vec<Column> = Column::ALL.to_vec();
    let width = |kept: &[Column]| kept.iter().map(|column| column.width() + 1).sum::<u16>();
    for dropped in Column::DROPPED {
        if width(&kept) <= room {
            break;
        }
        kept.retain(|column| *column != dropped);
    }
    let mut spare = room.saturating_sub(width(&kept));
    let mut x = inner.x + LEAD;
    let mut columns = Vec::with_capacity(kept.len());
    for column in kept {
        let mut width = column.width();
        // Names grow first. Reasons take the rest.
        let more = if column == Column::Name {
            spare.min(10) / 2
        } else if column == Column::Why {
            spare
        } else {
            0
        };
        width += more;
        spare -= more;
        columns.push((column, x, width));
        x += width + 1;
    }
    columns
}

/// The most cells of a filter in the title.
const FILTER: usize = 30;

/// Cells before the first column: the cursor's glyph and the mark.
const LEAD: u16 = 2;

/// Returns the number of rows of contacts that fit into an area.
pub(super) const fn rows_in(area: Rect, framed: bool) -> u16 {
    area.height.saturating_sub(if framed { 3 } else { 2 })
}

/// Draws the pane of the call list.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, framed: bool, list: &List) {
    if area.height < 3 {
        return;
    }
    let inner = head(canvas, area, framed, list);
    let columns = columns(inner);
    for (column, x, width) in &columns {
        canvas.put(
            *x,
            inner.y,
            (x + width).min(inner.right()),
            column.title(),
            Role::Label,
        );
    }
    let rows = Rect {
        y: inner.y + 1,
        height: rows_in(area, framed).min(inner.height.saturating_sub(1)),
        ..inner
    };
    let shown = list.rows.iter().skip(list.top);
    for (y, row) in (rows.y..rows.bottom()).zip(shown) {
        draw_row(
            canvas,
            Rect {
                y,
                height: 1,
                ..rows
            },
            &columns,
            row,
            list,
        );
    }
    if list.rows.is_empty() {
        canvas.put(
            rows.x + LEAD,
            rows.y,
            rows.right(),
            nothing(list),
            Role::Faint,
        );
    }
    more(canvas, rows, list);
}

const fn nothing(list: &List) -> &'static str {
    if list.searching {
        "searching..."
    } else if list.filter.is_empty() {
        "no contacts"
    } else {
        "no contact matches; Esc shows all"
    }
}

/// Draws the title with filter, marks, order and size. Returns the area below it.
fn head(canvas: &mut Canvas<'_>, area: Rect, framed: bool, list: &List) -> Rect {
    let shared = canvas.shared;
    let total = shared.campaign().map_or(0, |board| board.total);
    let filter = if list.filter.is_empty() {
        String::new()
    } else {
        let typed = canvas.look.glyphs.cut(&list.filter.typed, FILTER);
        format!("   filter: {typed}")
    };
    let marks = match list.marked.len() {
        0 => String::new(),
        some => format!("   {some} marked"),
    };
    let searching = if list.searching {
        "   searching..."
    } else {
        ""
    };
    let order = match list.order {
        ListOrder::Queue => "queue order",
        ListOrder::List => "as imported",
        ListOrder::Number => "by number",
    };
    let size = match list.size.filter(|_| !list.filter.is_empty()) {
        None => format!("{total} contacts"),
        Some(Size::Exactly(hits)) => format!("{hits} of {total} contacts"),
        Some(Size::AtLeast(hits)) => format!("{hits}+ of {total} contacts"),
    };
    let order = format!("  sort: {order}");
    let right: [Span<'_>; 2] = [(&size, Role::Faint), (&order, Role::Faint)];
    let title: [Span<'_>; 4] = [
        ("Call list", Role::Title),
        (&filter, Role::Accent),
        (&marks, Role::Mark),
        (searching, Role::Warn),
    ];
    if framed {
        return super::pane(canvas, area, Some(Pane::List), &title, &right);
    }
    let y = area.y;
    if shared.pane == Pane::List {
        canvas.put(
            area.x,
            y,
            area.right(),
            canvas.look.glyphs.cursor,
            Role::Title,
        );
    }
    let used = canvas.spans(area.x + 1, y, area.right(), &title);
    canvas.spans_right(used + 2, y, area.right() - 1, &right);
    Rect {
        y: y + 1,
        height: area.height - 1,
        ..area
    }
}

/// Draws glyphs at the right edge if the list has more rows above or below.
fn more(canvas: &mut Canvas<'_>, rows: Rect, list: &List) {
    let height = usize::from(rows.height);
    let (up, down) = (canvas.look.glyphs.up, canvas.look.glyphs.down);
    let x = rows.right().saturating_sub(1);
    if list.before || list.top > 0 {
        canvas.put(x, rows.y, rows.right(), up, Role::Accent);
    }
    if list.after || list.top + height < list.rows.len() {
        canvas.put(
            x,
            rows.bottom().saturating_sub(1),
            rows.right(),
            down,
            Role::Accent,
        );
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: &[(Column, u16, u16)],
    row: &ContactRow,
    list: &List,
) {
    let selected = list.selected == Some(row.contact);
    let marked = list.marked.contains_key(&row.contact);
    let glyphs = &canvas.look.glyphs;
    let y = line.y;
    if selected {
        canvas.put(line.x, y, line.right(), glyphs.cursor, Role::Text);
    }
    if marked {
        canvas.put(line.x + 1, y, line.right(), glyphs.mark, Role::Mark);
    }
    let caller_id_apart = columns
        .iter()
        .any(|(column, ..)| *column == Column::CallerId);
    for (column, x, width) in columns {
        let right = (x + width).min(line.right());
        match row.caller_id {
            Some(number) if *column == Column::Why && !caller_id_apart => {
                let room = usize::from(right.saturating_sub(*x));
                let from = from_number(&format::number(number), room);
                let from = glyphs.fit(&from, room);
                canvas.put(*x, y, right, &from, Role::Text);
            }
            Some(_) | None => cell(canvas, (*x, y), right, *column, row),
        }
    }
    if marked {
        canvas.shade(
            Rect {
                width: LEAD,
                ..line
            },
            Role::Mark,
        );
    }
    if selected {
        canvas.shade(line, Role::Selection);
    }
}

/// Returns the caller ID of a call in the longest form that fits, because a number should not be cut.
fn from_number(number: &str, room: usize) -> String {
    let forms = [format!("from {number}"), format!("as {number}")];
    let fits = forms.into_iter().find(|form| text::width(form) <= room);
    fits.unwrap_or_else(|| number.to_owned())
}

fn cell(canvas: &mut Canvas<'_>, at: (u16, u16), right: u16, column: Column, row: &ContactRow) {
    let (x, y) = at;
    let shared = canvas.shared;
    let room = usize::from(right.saturating_sub(x));
    match column {
        Column::Id => canvas.put_right(x, y, right, &row.contact.to_string(), Role::Faint),
        Column::State => state(canvas, at, right, row),
        Column::Number => {
            let mut number = labels::number(row.number, shared, &canvas.look.glyphs);
            if text::width(&number) > room {
                // Without its spaces every number fits.
                number.retain(|letter| letter != ' ');
            }
            canvas.put(x, y, right, &number, Role::Value);
        }
        Column::Name => {
            canvas.put(
                x,
                y,
                right,
                &canvas.look.glyphs.fit(&row.name, room),
                Role::Text,
            );
        }
        Column::Zone => {
            canvas.put(x, y, right, &row.zone, Role::Text);
        }
        Column::Local => {
            canvas.put(x, y, right, &row.local, Role::Text);
        }
        Column::Tries => {
            let tries = format!("{}/{}", row.attempts, row.max_attempts);
            canvas.put(x, y, right, &tries, Role::Text);
        }
        Column::Last => {
            let last = row.last.map_or("-", labels::outcome);
            canvas.put(x, y, right, last, Role::Text);
        }
        Column::Why => {
            let why = labels::why(&row.standing, shared);
            canvas.put(x, y, right, &canvas.look.glyphs.fit(&why, room), Role::Text);
        }
        Column::CallerId => {
            let caller_id = row.caller_id.map(format::number);
            canvas.put(
                x,
                y,
                right,
                caller_id.as_deref().unwrap_or("-"),
                Role::Faint,
            );
        }
    }
}

/// Draws the state of a contact: `◆ talking 0:42`.
fn state(canvas: &mut Canvas<'_>, at: (u16, u16), right: u16, row: &ContactRow) {
    let sign = labels::standing(&row.standing, &canvas.look.glyphs);
    let since = labels::since(&row.standing).map_or_else(String::new, |at| {
        format!(" {}", format::call_time(canvas.shared.now.since(at)))
    });
    let spans: [Span<'_>; 4] = [
        (sign.glyph, sign.role),
        (" ", sign.role),
        (sign.word, sign.role),
        (&since, sign.role),
    ];
    canvas.spans(at.0, at.1, right, &spans);
}

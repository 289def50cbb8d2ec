//! Lines of a dialog: wrapped, scrolled and drawn. Also texts in the viewer's clock and mask.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use crate::domain::{PhoneNumber, Timestamp};
use crate::tui::canvas::{Canvas, Span};
use crate::tui::format;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// A line as pieces, each with its role.
pub(crate) type Line = Vec<(String, Role)>;

/// Returns a line of one piece.
pub(crate) fn line(text: impl Into<String>, role: Role) -> Line {
    vec![(text.into(), role)]
}

/// Returns the columns and rows inside a dialog of the largest size for this screen: at most 96 by 34.
pub(crate) fn room(shared: &Shared) -> (usize, usize) {
    let (width, height) = shared.size;
    (
        usize::from(width.min(100).saturating_sub(4)),
        usize::from(height.min(36).saturating_sub(2)),
    )
}

/// Breaks a text between words into lines of at most `width` cells. Every line after the first is indented.
/// Returns at least one line.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut has_word = false;
    for word in text.split_whitespace() {
        let mut word = word;
        loop {
            let gap = usize::from(has_word);
            let left = width.saturating_sub(text::width(&current) + gap);
            if text::width(word) <= left {
                current.push_str(&" ".repeat(gap));
                current.push_str(word);
                has_word = true;
                break;
            }
            if !has_word {
                // The word is wider than a whole line.
                let (head, tail) = split(word, left);
                current.push_str(head);
                word = tail;
            }
            lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
            has_word = false;
            if word.is_empty() {
                break;
            }
        }
    }
    if has_word || lines.is_empty() {
        lines.push(current);
    }
    lines
}

/// Splits a word after at most `width` cells, but after one letter at least.
fn split(word: &str, width: usize) -> (&str, &str) {
    let ends = word
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    let fits = ends
        .clone()
        .take_while(|end| text::width(&word[..*end]) <= width)
        .last();
    let at = fits.or_else(|| ends.clone().next()).unwrap_or(word.len());
    word.split_at(at)
}

/// Wraps a text as [`wrap`] does, and returns lines of one role.
pub(crate) fn paragraph(text: &str, width: usize, indent: usize, role: Role) -> Vec<Line> {
    let lines = wrap(text, width, indent).into_iter();
    lines.map(|text| line(text, role)).collect()
}

/// Returns the lines of a fault: what is wrong, and what to do in lines of its own.
pub(crate) fn fault(message: &str, hint: Option<&str>, width: usize) -> Vec<Line> {
    let mut lines = paragraph(&format!("! {message}"), width, 2, Role::Bad);
    if let Some(hint) = hint {
        let wrapped = wrap(hint, width.saturating_sub(2), 0).into_iter();
        lines.extend(wrapped.map(|text| line(format!("  {text}"), Role::Text)));
    }
    lines
}

/// The scroll position of lines that do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scroll {
    top: usize,
}

impl Scroll {
    /// Scrolls by a key over `count` lines of which `height` fit. Returns whether the key scrolls.
    pub(crate) fn key(&mut self, code: KeyCode, count: usize, height: usize) -> bool {
        let last = count.saturating_sub(height);
        let page = height.saturating_sub(1).max(1);
        let Some(top) = step(code, self.top, page) else {
            return false;
        };
        self.top = top.min(last);
        true
    }

    /// Scrolls back to the first line.
    pub(crate) const fn reset(&mut self) {
        self.top = 0;
    }

    /// Draws the lines that fit from the current position. If some do not fit, the last row shows which lines
    /// are visible.
    pub(crate) fn draw(self, canvas: &mut Canvas<'_>, area: Rect, lines: &[Line]) {
        let height = usize::from(area.height);
        let fits = lines.len() <= height;
        let height = if fits {
            height
        } else {
            height.saturating_sub(1)
        };
        let top = self.top.min(lines.len().saturating_sub(height));
        for (y, line) in (area.y..).zip(lines.iter().skip(top).take(height)) {
            draw_line(canvas, area, y, line);
        }
        if !fits && area.height > 0 {
            let seen = format!(
                "lines {}-{} of {}, Up and Down scroll",
                top + 1,
                (top + height).min(lines.len()),
                lines.len()
            );
            let y = area.bottom() - 1;
            canvas.put_right(area.x, y, area.right(), &seen, Role::Faint);
        }
    }
}

/// Returns the place that a key moves to from `place`, which may lie beyond the end; `None` if the key does
/// not move.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "key codes are the terminal library's list"
)]
pub(crate) fn step(code: KeyCode, place: usize, page: usize) -> Option<usize> {
    match code {
        KeyCode::Down => Some(place.saturating_add(1)),
        KeyCode::Up => Some(place.saturating_sub(1)),
        KeyCode::PageDown => Some(place.saturating_add(page)),
        KeyCode::PageUp => Some(place.saturating_sub(page)),
        KeyCode::Home => Some(0),
        KeyCode::End => Some(usize::MAX),
        _ => None,
    }
}

/// Draws a line at row `y` of an area.
pub(crate) fn draw_line(canvas: &mut Canvas<'_>, area: Rect, y: u16, line: &Line) {
    let spans: Vec<Span<'_>> = line
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    canvas.spans(area.x, y, area.right(), &spans);
}

/// Columns that [`draw_entries`] takes for its mark.
pub(crate) const MARK: usize = 2;

/// Draws entries of several lines each, from the first one that keeps the selected entry in sight. A glyph
/// marks the selected entry in addition to its style.
pub(crate) fn draw_entries(
    canvas: &mut Canvas<'_>,
    area: Rect,
    entries: &[Vec<Line>],
    selected: usize,
) {
    let height = usize::from(area.height);
    let mut from = selected.min(entries.len().saturating_sub(1));
    let mut taken = entries.get(from).map_or(0, Vec::len);
    while from > 0 && taken + entries[from - 1].len() <= height {
        from -= 1;
        taken += entries[from].len();
    }
    let mark = u16::try_from(MARK).unwrap_or(0).min(area.width);
    let inner = Rect::new(area.x + mark, area.y, area.width - mark, area.height);
    let mut y = area.y;
    for (place, entry) in entries.iter().enumerate().skip(from) {
        let first = y;
        for line in entry.iter().take(usize::from(area.bottom() - y)) {
            draw_line(canvas, inner, y, line);
            y += 1;
        }
        if place == selected {
            canvas.put(
                area.x,
                first,
                inner.x,
                canvas.look.glyphs.cursor,
                Role::HintKey,
            );
            canvas.shade(
                Rect::new(area.x, first, area.width, y - first),
                Role::Selection,
            );
        }
    }
}

/// Returns a number as the viewer may see it: masked if the screen masks numbers.
pub(crate) fn number(number: PhoneNumber, shared: &Shared, glyphs: &Glyphs) -> String {
    if shared.masked {
        format::masked(number, glyphs.mask)
    } else {
        format::number(number)
    }
}

/// Returns an instant on the viewer's clock: `Tue 14 Apr 14:07:32 EDT`.
pub(crate) fn instant(at: Timestamp, shared: &Shared) -> String {
    let zone = &shared.viewer.zone;
    format!("{} {}", format::day(at, zone), format::clock_zone(at, zone))
}

/// Returns the time from now until an instant, in its two largest units: `in 18 h 52 min`.
pub(crate) fn from_now(at: Timestamp, shared: &Shared) -> String {
    let seconds = at.since(shared.now).as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("in {seconds} s"),
        (0, 0, _) => format!("in {minutes} min {} s", seconds % 60),
        (0, ..) => format!("in {hours} h {minutes} min"),
        (1, ..) => format!("in 1 day {hours} h"),
        _ => format!("in {days} days {hours} h"),
    }
}

/// Returns a sentence for the viewer: UTC instants become the viewer's local time, and numbers are masked if
/// the screen masks them.
pub(crate) fn for_viewer(sentence: &str, shared: &Shared, glyphs: &Glyphs) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|letter: char| "()[],;:.`'".contains(letter));
        let shown = if bare.ends_with('Z') && bare.contains('T') {
            bare.parse().ok().map(|at| instant(at, shared))
        } else if shared.masked {
            bare.parse().ok().map(|one| number(one, shared, glyphs))
        } else {
            None
        };
        shown.map_or_else(|| word.to_owned(), |shown| word.replace(bare, &shown))
    };
    let words: Vec<String> = sentence.split(' ').map(word).collect();
    words.join(" ")
}

/// Returns the cities of zones: `New York, Chicago`. At most three are named.
pub(crate) fn cities(zones: &[String]) -> String {
    let city = |zone: &String| zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    let named: Vec<String> = zones.iter().take(3).map(city).collect();
    match zones.len() {
        0 => "zone not known".to_owned(),
        1..=3 => named.join(", "),
        more => format!("{} and {} more", named.join(", "), more - 3),
    }
}

/// Returns a count with its noun: `1 call`, `2 calls`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::shared;
    use super::*;

    #[test]
    fn words_are_kept_whole_when_they_fit() {
        assert_eq!(wrap("one two three", 7, 0), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 2), ["one two", "  three"]);
        assert_eq!(wrap("  ", 7, 2), [""]);
        assert_eq!(wrap("abcdefghij x", 4, 1), ["abcd", " efg", " hij", " x"]);
        assert_eq!(wrap("李小龍 x", 4, 0), ["李小", "龍 x"]);
    }

    #[test]
    fn sentences_speak_to_the_viewer() {
        let mut shared = shared();
        let glyphs = Glyphs::ascii();
        let sentence = "held (internal since 2026-04-14T18:07:31Z), showing +16465550100.";
        assert_eq!(
            for_viewer(sentence, &shared, &glyphs),
            "held (internal since Tue 14 Apr 14:07:31 EDT), showing +16465550100."
        );
        shared.masked = true;
        assert!(for_viewer(sentence, &shared, &glyphs).ends_with("showing +1 646-555-01..."));
    }

    #[test]
    fn scrolling_ends_at_the_last_line() {
        let mut scroll = Scroll::default();
        assert!(scroll.key(KeyCode::End, 10, 4));
        assert_eq!(scroll.top, 6);
        assert!(scroll.key(KeyCode::Up, 10, 4));
        assert_eq!(scroll.top, 5);
        assert!(!scroll.key(KeyCode::Enter, 10, 4));
    }
}

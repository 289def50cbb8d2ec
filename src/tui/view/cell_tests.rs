//! What every cell of the screen keeps to: its colours can be read, and its figures are whole.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use super::fixture::{held, model};
use super::tests::{drawn, screen};
use crate::engine::desk::{EngineOwner, HoldKind, Until};
use crate::tui::canvas::Look;
use crate::tui::colour::{ColourLevel, contrast, rgb};
use crate::tui::dialog::fixture::every;
use crate::tui::filter::FilterLine;
use crate::tui::glyph::Glyphs;
use crate::tui::model::Model;
use crate::tui::shared::{Notice, Tone};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// Returns screens that together show every pane, line and dialog.
fn screens() -> Vec<Model> {
    let sizes = [(60, 16), (80, 24), (120, 36), (200, 50), (40, 8)];
    let mut screens: Vec<Model> = sizes.map(model).into();
    let mut filtering = model((120, 36));
    let mut line = FilterLine::new("state:foo");
    assert!(line.enter().is_none());
    filtering.filtering = Some(line);
    screens.push(filtering);
    let mut broken = idle((120, 36));
    broken.shared.view.as_mut().unwrap().engine = EngineOwner::Nobody;
    broken.shared.notice = Some(Notice {
        text: "not now".to_owned(),
        tone: Tone::Bad,
        until: 1,
    });
    screens.push(broken);
    for size in [(60, 16), (120, 36)] {
        screens.extend(every().into_iter().map(|dialog| {
            let mut model = model(size);
            model.dialog = Some(dialog);
            model
        }));
    }
    screens
}

/// Returns a screen with the idle line.
fn idle(size: (u16, u16)) -> Model {
    let mut model = model(size);
    let view = model.shared.view.as_mut().unwrap();
    view.board.campaigns[0].caps.per_minute = [4, 10];
    view.board.campaigns[0].next = held(HoldKind::CampaignConcurrent(20, 20), Until::CallEnds);
    view.campaigns[0].limit = "concurrent cap";
    view.campaigns[0].binding = view.board.campaigns[0].binding(view.engine);
    model
}

/// Returns what is wrong with the colours of a cell. On a theme with a ground of its own every cell has both
/// colours. On the terminal's ground no cell sets the ground alone.
fn fault(cell: &Cell, has_ground: bool) -> Option<String> {
    let set = [cell.fg, cell.bg].map(|colour| colour != Color::Reset);
    let half = match set {
        [true, true] => false,
        [false, true] => true,
        [_, false] => has_ground,
    };
    if half {
        return Some(format!("half a pair: {cell:?}"));
    }
    let near = rgb(cell.fg).zip(rgb(cell.bg));
    let near = near.is_some_and(|(ink, ground)| contrast(ink, ground) < 2.0);
    (near && cell.symbol() != " ").then(|| format!("colours too near: {cell:?}"))
}

/// Gives the cells that a wide letter covers the style of its first cell, in which terminals draw it.
fn cover(buffer: &mut Buffer) {
    for place in 1..buffer.content.len() {
        let before = &buffer.content[place - 1];
        if text::width(before.symbol()) > 1 {
            let style = before.style();
            buffer.content[place].set_style(style);
        }
    }
}

#[test]
fn every_cell_can_be_read_in_every_theme() {
    let screens = screens();
    for name in Theme::names(None) {
        for level in [
            ColourLevel::True,
            ColourLevel::TwoFiftySix,
            ColourLevel::Sixteen,
        ] {
            let theme = Theme::embedded(&name).limited_to(level);
            let has_ground = theme.style(Role::Text).bg.is_some();
            let look = Look {
                theme,
                glyphs: Glyphs::unicode(),
            };
            for model in &screens {
                let mut buffer = drawn(model, &look);
                cover(&mut buffer);
                let fault = buffer
                    .content
                    .iter()
                    .find_map(|cell| fault(cell, has_ground));
                assert_eq!(fault, None, "{name} at {level:?}, {:?}", model.shared.size);
            }
        }
    }
}

/// A figure of the screen, with the words before and behind it. A border or a bar ends what is beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Figure {
    before: String,
    text: String,
    behind: String,
}

fn figures(screen: &str) -> Vec<Figure> {
    let apart = |letter: char| matches!(letter, '\u{2500}'..='\u{259f}');
    let mut figures = Vec::new();
    for part in screen.lines().flat_map(|line| line.split(apart)) {
        let words: Vec<&str> = part.split_whitespace().collect();
        for (place, word) in words.iter().enumerate() {
            if word.contains(|letter: char| letter.is_ascii_digit()) {
                let at = |place: Option<usize>| {
                    let word = place.and_then(|place| words.get(place));
                    word.map_or_else(String::new, |word| (*word).to_owned())
                };
                figures.push(Figure {
                    before: at(place.checked_sub(1)),
                    text: (*word).to_owned(),
                    behind: at(Some(place + 1)),
                });
            }
        }
    }
    figures
}

/// The figures of screens on which everything has room.
struct Whole(BTreeSet<Figure>);

impl Whole {
    /// Returns the figures of all layouts. The widest of each cuts nothing.
    fn of(screen_of: impl Fn((u16, u16)) -> String) -> Self {
        let sizes = [(400, 29), (400, 100), (159, 100), (400, 60)];
        let figures = sizes.map(|size| figures(&screen_of(size)));
        Self(figures.into_iter().flatten().collect())
    }

    /// Returns whether this is a whole figure. One that is the start of another figure must stand beside a word
    /// that it stands beside where there is room.
    fn has(&self, figure: &Figure) -> bool {
        let Figure {
            before,
            text,
            behind,
        } = figure;
        let known = self.0.iter().any(|whole| whole.text == *text);
        let mut longer = self.0.iter().map(|whole| &whole.text);
        let is_start = longer.any(|other| other != text && other.starts_with(text.as_str()));
        let is_beside = self.0.iter().any(|whole| {
            let beside = !before.is_empty() && whole.before == *before
                || !behind.is_empty() && whole.behind == *behind;
            whole.text == *text && beside
        });
        // What is left out is counted, and the count depends on the room.
        let counts_rest = ["more", "above", "of"].contains(&behind.as_str())
            || ["others", "zone"].contains(&before.as_str());
        known && (!is_start || is_beside) || counts_rest
    }
}

fn assert_whole(whole: &Whole, size: (u16, u16), screen: &str) {
    for line in screen.lines().filter(|line| !line.contains("others")) {
        let (axis, others) = apart(line);
        for hour in figures(axis) {
            let of_axis = HOURS.contains(&hour.text.as_str());
            assert!(of_axis, "{hour:?} at {size:?}\n{screen}");
        }
        for figure in others.into_iter().flat_map(figures) {
            assert!(whole.has(&figure), "{figure:?} at {size:?}\n{screen}");
        }
    }
}

/// The hours that the axis of the windows may name.
const HOURS: [&str; 8] = ["0", "3", "6", "9", "12", "15", "18", "21"];

/// Splits the axis of the windows from a line. It lies between the names of the other columns.
fn apart(line: &str) -> (&str, Vec<&str>) {
    let before = ["now", "zone", "more", "above"];
    let state = line
        .find("to call")
        .and_then(|end| line[..end].rfind("state"));
    let ends = state.into_iter().flat_map(|state| {
        let end = |name: &&str| Some(line[..state].rfind(name)? + name.len());
        before.iter().filter_map(end).collect::<Vec<_>>()
    });
    match ends.max().zip(state) {
        Some((from, to)) => (&line[from..to], vec![&line[..from], &line[to..]]),
        None => ("", vec![line]),
    }
}

#[test]
fn a_figure_is_whole_at_every_width() {
    for screen_of in [|size| screen(&model(size)), |size| screen(&idle(size))] {
        let whole = Whole::of(screen_of);
        for width in 60..=200 {
            for height in [16, 31] {
                assert_whole(&whole, (width, height), &screen_of((width, height)));
            }
        }
    }
}

#[test]
fn a_part_of_a_figure_is_noticed() {
    let whole = Whole::of(|_| "talked 12 s  cap 3.0%  1 alert  14/20".to_owned());
    for (screen, ok) in [
        ("talked 12 s", true),
        ("talked 1", false),
        ("cap 3.", false),
        ("1 alert", true),
        ("14/2", false),
    ] {
        let all = figures(screen).iter().all(|figure| whole.has(figure));
        assert_eq!(all, ok, "{screen}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_figure_is_whole_at_every_size(width in 60_u16..=200, height in 16_u16..=60) {
        static WHOLE: OnceLock<Whole> = OnceLock::new();
        let whole = WHOLE.get_or_init(|| Whole::of(|size| screen(&model(size))));
        assert_whole(whole, (width, height), &screen(&model((width, height))));
    }
}

//! The screen at its sizes, the distinction of states without colour, and hostile names.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fixture::{held, model, now, standings};
use super::{draw, is_too_small, labels, list_height, what_starts};
use crate::domain::{Area, ListKind, Timestamp};
use crate::engine::desk::{
    Binding, EngineOwner, HoldKind, NextClaim, Phase, Standing, Until, ZoneStanding,
};
use crate::tui::canvas::Look;
use crate::tui::filter::FilterLine;
use crate::tui::glyph::Glyphs;
use crate::tui::model::Model;
use crate::tui::shared::{Notice, Pane, Tone};
use crate::tui::theme::Theme;

fn look(theme: &str, glyphs: &Glyphs) -> Look {
    Look {
        theme: Theme::embedded(theme),
        glyphs: *glyphs,
    }
}

fn dark() -> Look {
    look("dark", &Glyphs::unicode())
}

pub(super) fn drawn(model: &Model, look: &Look) -> Buffer {
    let (width, height) = model.shared.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(model, look, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let lines = buffer.content.chunks(width).map(|line| {
        let mut text = String::new();
        let mut covered = 0;
        for cell in line {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            text.push_str(cell.symbol());
            covered = crate::tui::text::width(cell.symbol()).saturating_sub(1);
        }
        text.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn screen(model: &Model) -> String {
    text(&drawn(model, &dark()))
}

#[test]
fn the_screen_at_80_by_24() {
    insta::assert_snapshot!(screen(&model((80, 24))));
}

#[test]
fn the_screen_at_120_by_36() {
    insta::assert_snapshot!(screen(&model((120, 36))));
}

#[test]
fn the_screen_at_200_by_50() {
    insta::assert_snapshot!(screen(&model((200, 50))));
}

#[test]
fn the_smallest_screen_and_the_card_below_it() {
    insta::assert_snapshot!("at_60_by_16", screen(&model((60, 16))));
    insta::assert_snapshot!("at_59_by_16", screen(&model((59, 16))));
    insta::assert_snapshot!("at_20_by_5", screen(&model((20, 5))));
}

#[test]
fn the_styles() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 50)] {
        for theme in ["dark", "mono"] {
            let buffer = drawn(&model((columns, rows)), &look(theme, &Glyphs::unicode()));
            insta::assert_debug_snapshot!(format!("styles_{columns}_{theme}"), buffer);
        }
    }
}

#[test]
fn in_ascii_nothing_else_is_drawn() {
    for size in [(80, 24), (120, 36), (200, 50), (40, 10)] {
        let mut model = model(size);
        model.list.rows.retain(|row| row.name.is_ascii());
        let text = text(&drawn(&model, &look("mono", &Glyphs::ascii())));
        let other: BTreeSet<char> = text.chars().filter(|char| !char.is_ascii()).collect();
        assert!(other.is_empty(), "{other:?} at {size:?}");
    }
}

#[test]
fn every_theme_writes_the_same_text() {
    let model = model((120, 36));
    assert_eq!(
        screen(&model),
        text(&drawn(&model, &look("mono", &Glyphs::unicode())))
    );
}

#[test]
fn without_colour_no_two_states_look_alike() {
    for glyphs in [Glyphs::unicode(), Glyphs::ascii()] {
        let theme = Theme::embedded("mono");
        let mut contacts: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        for standing in standings() {
            let sign = labels::standing(&standing, &glyphs);
            let style: Style = theme.style(sign.role);
            assert_eq!((style.fg, style.bg), (None, None), "mono has no colours");
            contacts.insert((sign.glyph, sign.word));
            kinds.insert(sign.word);
            assert!(!sign.word.is_empty() && !sign.glyph.is_empty());
        }
        assert_eq!(kinds.len(), standings().len());
        assert_eq!(contacts.len(), kinds.len());
        let view = model((80, 24)).shared.view.unwrap();
        let mut boards = view.board.campaigns;
        for phase in [Phase::Stopped, Phase::Held] {
            let mut board = boards[0].clone();
            board.phase = phase;
            boards.push(board);
        }
        let signs: BTreeSet<&str> = boards
            .iter()
            .map(|board| labels::campaign(board, &glyphs).word)
            .collect();
        assert_eq!(signs.len(), boards.len());
    }
}

#[test]
fn the_selected_row_differs_without_colour() {
    let mut model = model((80, 24));
    let mono = look("mono", &Glyphs::unicode());
    let before = drawn(&model, &mono);
    model.list.selected = None;
    assert_ne!(before, drawn(&model, &mono));
}

#[test]
fn what_is_wrong_has_a_line_of_its_own() {
    let mut model = model((80, 24));
    model.shared.view.as_mut().unwrap().engine = EngineOwner::Nobody;
    let rows = list_height(&model);
    assert!(screen(&model).contains("! NO ENGINE RUNS ON THIS DECK"));
    model.shared.failed = Some("the disk is full".to_owned());
    let text = screen(&model);
    assert!(text.contains("THE STORE CANNOT BE READ. This is from 14:07:32. the disk is full"));
    assert_eq!(rows, list_height(&model));
    model.shared.size = (40, 8);
    assert!(screen(&model).contains("STORE CANNOT BE READ"));
}

#[test]
fn every_size_is_drawn_and_keeps_what_never_drops() {
    for width in [
        1, 20, 59, 60, 67, 80, 99, 100, 119, 120, 140, 159, 160, 180, 220,
    ] {
        for height in [1, 5, 15, 16, 17, 24, 29, 30, 36, 60] {
            let model = model((width, height));
            let text = screen(&model);
            if is_too_small((width, height)) {
                continue;
            }
            for part in [
                "talking 0:42",
                "+1 212-555-0100",
                "zone",
                "14/20",
                "10/10",
                "3/5 usable",
            ] {
                assert!(text.contains(part), "{part} at {width}×{height}\n{text}");
            }
            assert!(text.contains("1184/2400"), "at {width}×{height}\n{text}");
            assert!(list_height(&model).unwrap() >= 3, "at {width}×{height}");
        }
    }
}

#[test]
fn panes_fill_the_body_when_expanded() {
    for pane in [Pane::List, Pane::Zones, Pane::Events] {
        let mut model = model((120, 36));
        model.shared.pane = pane;
        model.shared.expanded = true;
        let text = screen(&model);
        assert!(!text.contains("Concurrent"), "{text}");
    }
}

#[test]
fn the_zone_strip_scrolls() {
    let mut model = model((60, 16));
    assert!(screen(&model).contains("+5 more"), "{}", screen(&model));
    model.shared.zones_from = 99;
    let text = screen(&model);
    assert!(
        text.contains("+5 above") && text.contains("HELD no zone"),
        "{text}"
    );
}

#[test]
fn numbers_are_masked() {
    let mut model = model((120, 36));
    model.shared.masked = true;
    let text = screen(&model);
    assert!(text.contains("+1 212-555-01··"));
    assert!(!text.contains("+1 212-555-0142"));
}

#[test]
fn the_last_line_says_what_is_being_done() {
    let mut model = model((80, 24));
    model.shared.notice = Some(Notice {
        text: "past-due paused: no call leaves".to_owned(),
        tone: Tone::Good,
        until: 1,
    });
    assert!(screen(&model).ends_with("past-due paused: no call leaves"));
}

#[test]
fn the_idle_line_names_what_binds_and_how_often() {
    let mut model = model((120, 36));
    assert!(!screen(&model).contains("below the cap"));
    let view = model.shared.view.as_mut().unwrap();
    view.board.campaigns[0].caps.per_minute = [4, 10];
    view.board.campaigns[0].next = held(HoldKind::CampaignConcurrent(20, 20), Until::CallEnds);
    view.campaigns[0].limit = "concurrent cap";
    view.campaigns[0].binding = view.board.campaigns[0].binding(view.engine);
    let text = screen(&model);
    assert!(
        text.contains("below the cap: full: a call has to end, as in 20% of the last 15 minutes"),
        "{text}"
    );
}

/// Returns a model in which the next claim of the first campaign has this result.
fn with_next(size: (u16, u16), phase: Phase, next: NextClaim) -> Model {
    let mut model = model(size);
    let view = model.shared.view.as_mut().unwrap();
    let board = &mut view.board.campaigns[0];
    board.caps.per_minute = [0, 10];
    board.phase = phase;
    board.next = next;
    view.campaigns[0].binding = board.binding(view.engine);
    model
}

#[test]
fn a_list_that_was_never_loaded_is_said_and_nobody_would_be_called() {
    let list: ListKind = "national:us".parse().unwrap();
    let missing = held(HoldKind::ListMissing(list), Until::Operator);
    for size in [(80, 24), (120, 36)] {
        let mut model = with_next(size, Phase::Held, missing.clone());
        let view = model.shared.view.as_mut().unwrap();
        view.board.campaigns[0].remedies =
            vec!["`dialdeck dnc import FILE --list national:us --as-of DATE`".to_owned()];
        let text = screen(&model);
        assert!(text.contains("spring-reminders  HELD"), "{text}");
        assert!(
            text.contains("HELD: list national:us is not loaded"),
            "{text}"
        );
        assert!(!text.contains("spaced over the minute"), "{text}");
        let starts = what_starts(&model.shared).join("\n");
        let nobody = "No contact would be called: list national:us is not loaded.";
        assert!(starts.starts_with(nobody), "{starts}");
        assert!(!starts.contains("would be called now"), "{starts}");
    }
}

#[test]
fn an_emergency_ban_is_said_by_row_and_zone() {
    let ban = HoldKind::EmergencyBan("US-NY".to_owned());
    let mut model = model((120, 36));
    let view = model.shared.view.as_mut().unwrap();
    let zones = &mut view.campaigns[0].zones;
    zones[0].standing = ZoneStanding::Held(ban.clone());
    zones[0].held = Some((612, ban.clone()));
    zones[1].held = Some((3, ban.clone()));
    model.list.rows[0].standing = Standing::ToCall(held(ban, Until::Operator));
    let text = screen(&model);
    assert!(text.contains("HELD banned"), "{text}");
    assert!(text.contains("OPEN 3 banned"), "{text}");
    assert!(text.contains("banned in US-NY"), "{text}");
}

#[test]
fn a_hold_that_time_does_not_end_is_named_in_its_row() {
    let list: ListKind = "national:us".parse().unwrap();
    for (kind, until, text) in [
        (
            HoldKind::RegistryMissing(list.clone(), Area::of("+12125550100".parse().unwrap())),
            Until::Operator,
            "national:us not loaded",
        ),
        (
            HoldKind::NumberInFlight,
            Until::CallEnds,
            "number in a call",
        ),
        (
            HoldKind::MinGap(Duration::from_mins(30)),
            Until::At(now() + Duration::from_mins(7)),
            "ends 14:14",
        ),
    ] {
        let mut model = model((120, 36));
        let standing = Standing::ToCall(held(kind, until));
        assert_eq!(labels::why(&standing, &model.shared), text);
        model.list.rows[0].standing = standing;
        model.list.rows[0].caller_id = None;
        assert!(screen(&model).contains(text.split_at(15.min(text.len())).0));
    }
}

#[test]
fn a_caller_id_is_not_cut_as_long_as_it_fits_alone() {
    for size in [(80, 24), (120, 36), (200, 50)] {
        let text = screen(&model(size));
        assert!(text.contains("+1 646-555-0100"), "{size:?}\n{text}");
    }
}

#[test]
fn both_caps_have_their_counter_at_the_reference_size() {
    let text = screen(&model((120, 36)));
    assert!(text.contains("at once room"), "{text}");
    assert!(text.contains("per minute FULL"), "{text}");
}

#[test]
fn a_notice_that_is_cut_ends_in_an_ellipsis() {
    let mut model = model((80, 24));
    model.shared.notice = Some(Notice {
        text: "x".repeat(200),
        tone: Tone::Bad,
        until: 1,
    });
    assert!(screen(&model).ends_with("xx…"), "{}", screen(&model));
}

#[test]
fn the_abandonment_brake_is_held_since_then_and_says_what_to_do() {
    let brake = held(HoldKind::AbandonmentBrake(123, 4), Until::Operator);
    let mut model = with_next((200, 50), Phase::Held, brake);
    let view = model.shared.view.as_mut().unwrap();
    view.board.campaigns[0].held_since = Some(now() - Duration::from_mins(33));
    view.board.campaigns[0].remedies =
        vec!["`dialdeck campaign release NAME --reason TEXT`".to_owned()];
    let text = screen(&model);
    let expected =
        "HELD: abandonment brake, 4 of 123 live answers, since 13:34; `dialdeck campaign release";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.contains("binds abandonment…") || text.contains("abandonment brake"),
        "{text}"
    );
    assert!(!text.contains("spring-reminders  RUNNING"), "{text}");
}

#[test]
fn who_waits_is_counted_by_what_for() {
    let due = Until::At(now() + Duration::from_mins(2));
    let mut model = with_next((120, 36), Phase::Waiting, held(HoldKind::RetryDue, due));
    let board = &mut model.shared.view.as_mut().unwrap().board.campaigns[0];
    (board.waiting.retry, board.waiting.window, board.waiting.cap) = (814, 68, 0);
    let text = screen(&model);
    let expected = "waiting: 814 retries (next 14:09), 68 windows (first 14:59)";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("window closed"), "{text}");
}

#[test]
fn caller_ids_without_proof_are_not_usable() {
    let mut model = model((120, 36));
    assert!(screen(&model).contains("3/5 usable"));
    let summary = &mut model.shared.view.as_mut().unwrap().campaigns[0].caller_id_use;
    (summary.usable, summary.some_unproven) = (0, true);
    let text = screen(&model);
    assert!(text.contains("NONE proven"), "{text}");
}

#[test]
fn what_starts_is_said_in_lines() {
    let mut model = model((120, 36));
    model.shared.now = "2026-04-14T18:00:10Z".parse::<Timestamp>().unwrap();
    insta::assert_snapshot!(what_starts(&model.shared).join("\n"));
    model.shared.now = now();
    assert!(
        !what_starts(&model.shared)
            .join("\n")
            .contains("top of the hour")
    );
    let view = model.shared.view.as_mut().unwrap();
    let free = Until::At(now() + Duration::from_mins(7));
    view.board.campaigns[0].next = held(HoldKind::CallerIdsFull, free);
    let first = what_starts(&model.shared).remove(0);
    let wanted = "1095 contacts ready, none called yet: caller IDs full, one free 14:14.";
    assert_eq!(first, wanted);
}

fn hostile() -> impl Strategy<Value = String> {
    let chars: Vec<char> = "\u{0}\u{1b}\u{7f}\u{9b}\u{ad}\u{200b}\u{200d}\u{200e}\u{202e}\u{2028}\u{2066}\u{2069}\u{feff}\u{fe0f}\u{e0041}\u{301}\u{674e}\u{1f469}\u{1f1eb}\n\r\tab c"
        .chars()
        .collect();
    prop::collection::vec(prop::sample::select(chars), 1..30)
        .prop_map(|chars| chars.into_iter().collect())
}

fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns a model in which every text from outside is this one.
fn poisoned(size: (u16, u16), text: &str) -> Model {
    let mut model = model(size);
    let shared = &mut model.shared;
    text.clone_into(&mut shared.deck);
    text.clone_into(&mut shared.viewer.actor);
    let view = shared.view.as_mut().unwrap();
    for board in &mut view.board.campaigns {
        text.clone_into(&mut board.name);
        board.note = Some(text.to_owned());
        board.refusals.insert(text.to_owned(), 7);
        board.caps.per_minute = [1, 10];
    }
    for board in &mut view.board.campaigns {
        board.phase = Phase::Paused;
    }
    for campaign in &mut view.campaigns {
        campaign.binding = Binding::Paused;
        for zone in &mut campaign.zones {
            text.clone_into(&mut zone.label);
        }
    }
    text.clone_into(&mut view.board.alerts[0].data.text);
    for event in &mut shared.events {
        event.campaign = Some(text.to_owned());
        text.clone_into(&mut event.text);
        text.clone_into(&mut event.more);
    }
    for row in &mut model.list.rows {
        text.clone_into(&mut row.name);
        text.clone_into(&mut row.zone);
    }
    text.clone_into(&mut model.list.filter.typed);
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn nothing_hostile_reaches_a_cell(text in hostile(), failed in any::<bool>(), place in 0_usize..5) {
        let size = [(80, 24), (120, 36), (200, 50), (60, 16), (40, 9)][place];
        let mut model = poisoned(size, &text);
        if failed {
            model.shared.failed = Some(text.clone());
        } else {
            model.shared.broken = Some(text.clone());
        }
        if failed {
            model.shared.notice = Some(Notice { text: text.clone(), tone: Tone::Bad, until: 1 });
            model.filtering = Some(FilterLine::new(&text));
        }
        let buffer = drawn(&model, &dark());
        for cell in &buffer.content {
            prop_assert!(!cell.symbol().chars().any(is_hostile), "{:?}", cell.symbol());
        }
        // The right edge of a frame does not move with the text next to it.
        if size.0 >= 100 {
            let edge = buffer.content.chunks(usize::from(size.0)).filter(|line| line.last().unwrap().symbol() == "│");
            prop_assert!(edge.count() >= 10);
        }
    }
}

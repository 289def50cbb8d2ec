//! One frame of the console at 200×60, and the view behind it, at a thousand and at a million contacts.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::sync::Arc;

use dialdeck::clock::{DeckClock, Stopwatch};
use dialdeck::engine::desk::{
    Desk, EngineOwner, Importer, Message, Request, Settings, Surroundings, View,
};
use dialdeck::rules::Rules;
use dialdeck::store::StoreError;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::tui::{
    Cmd, Glyphs, KeyMap, Look, Model, Msg, Permits, Reach, Theme, Viewer, draw, update,
};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZES: [u64; 2] = [1_000, 1_000_000];
const SCREEN: (u16, u16) = (200, 60);
const FRAMES: usize = 2_000;
const VIEWS: usize = 200;

fn main() {
    let measured: Vec<[f64; 4]> = SIZES.iter().map(|contacts| measure(*contacts)).collect();
    println!("frame: {}x{}, median of {FRAMES}", SCREEN.0, SCREEN.1);
    for (contacts, [frame, worst, view, slow]) in SIZES.iter().zip(&measured) {
        println!(
            "  {contacts:>9} contacts: frame {frame:.3} ms (p99 {worst:.3}), view {view:.2} ms (p99 {slow:.2})"
        );
    }
    println!(
        "  a million against a thousand: frame {:.2}, view {:.2} (wanted: frame at most 1.2, and 1 ms)",
        measured[1][0] / measured[0][0],
        measured[1][2] / measured[0][2]
    );
}

fn measure(contacts: u64) -> [f64; 4] {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = deck::filled(folder.path(), contacts);
    let mut desk = Desk::open(Settings {
        store,
        rules: Arc::clone(Rules::embedded()),
        surroundings: Box::new(Nowhere),
        engine: None,
        actor: "bench".to_owned(),
        viewer: TimeZone::UTC,
        country: "US".to_owned(),
    })
    .unwrap();
    let views = times(VIEWS, || drop(desk.view().unwrap()));
    let model = shown(&mut desk);
    let look = Look {
        theme: Theme::embedded("dark"),
        glyphs: Glyphs::unicode(),
    };
    let mut buffer = Buffer::empty(Rect::new(0, 0, SCREEN.0, SCREEN.1));
    let frames = times(FRAMES, || {
        buffer.reset();
        draw(&model, &look, &mut buffer);
    });
    [
        frames[FRAMES / 2],
        frames[FRAMES * 99 / 100],
        views[VIEWS / 2],
        views[VIEWS * 99 / 100],
    ]
}

/// Returns a console that has received every answer.
fn shown(desk: &mut Desk<SqliteStore>) -> Model {
    let viewer = Viewer {
        actor: "bench".to_owned(),
        role: "supervisor",
        may: Permits {
            campaigns: Reach::Everything,
            opt_out: true,
            import: true,
        },
        zone: TimeZone::UTC,
    };
    let view: View = desk.view().unwrap();
    let now = view.board.now;
    let mut model = Model::new(viewer, KeyMap::embedded(), SCREEN, now);
    let mut msgs = vec![
        Msg::Resize(SCREEN.0, SCREEN.1),
        Msg::Desk(Message::View(Box::new(view))),
    ];
    while let Some(msg) = msgs.pop() {
        for cmd in update(&mut model, msg, 1) {
            if let Cmd::Request(Request::Page(wanted)) = cmd {
                let page = desk.page(&wanted).unwrap();
                assert!(page.rows.len() > 60, "the list is loaded");
                msgs.push(Msg::Desk(Message::Page(wanted.serial, page)));
            }
        }
    }
    model
}

/// Returns the milliseconds of each run, sorted.
fn times(runs: usize, mut work: impl FnMut()) -> Vec<f64> {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let watch = Stopwatch::start();
            work();
            watch.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

/// Surroundings without an engine, on the machine's clock.
struct Nowhere;

impl Surroundings<SqliteStore> for Nowhere {
    fn engine(&mut self) -> EngineOwner {
        EngineOwner::Nobody
    }

    fn clock(&mut self, _store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        Ok(DeckClock::System)
    }

    fn importer(&self) -> Importer {
        Box::new(|_, _, _| panic!("nothing is imported here"))
    }
}

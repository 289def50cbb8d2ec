//! What a screen shows of a running demo equals a recount of the rows, at fifty moments.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use dialdeck::domain::{ContactState, WaitReason};
use dialdeck::engine::board::{Board, CampaignBoard};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Reads as _, Recount};

const MOMENTS: usize = 50;

/// Log entries between two moments; one more for each moment, so that the moments fall anywhere in a call's
/// life.
const APART: i64 = 150;

/// A demo without a screen, which is ended with the test.
struct Demo(Child);

impl Demo {
    fn start(deck: &std::path::Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
        command
            .args(["demo", "--headless", "--speed", "max", "--deck"])
            .arg(deck)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn by_state(recount: &Recount) -> BTreeMap<ContactState, u64> {
    let mut states = BTreeMap::new();
    for ((_, state), count) in &recount.contacts {
        *states.entry(*state).or_default() += count;
    }
    states
}

fn assert_equal(board: &CampaignBoard, recount: &Recount) {
    let states = by_state(recount);
    let of = |state| states.get(&state).copied().unwrap_or_default();
    let waiting = board.waiting;
    let shown = [
        (board.ready + waiting.window, of(ContactState::Ready)),
        (waiting.retry, of(ContactState::Waiting(WaitReason::Retry))),
        (waiting.cap, of(ContactState::Waiting(WaitReason::Cap))),
        (board.in_flight, of(ContactState::InFlight)),
        (board.done, of(ContactState::Done)),
        (board.exhausted, of(ContactState::Exhausted)),
        (board.suppressed, of(ContactState::Suppressed)),
        (board.expired, of(ContactState::Expired)),
        (board.invalid, of(ContactState::Invalid)),
        (board.unknown, of(ContactState::Unknown)),
        (board.attempts, recount.attempts),
        (u64::from(board.caps.concurrent[0]), recount.in_flight),
    ];
    for (place, (figure, rows)) in shown.into_iter().enumerate() {
        assert_eq!(figure, rows, "figure {place} of {}", board.name);
    }
    assert_eq!(board.outcomes, recount.outcomes, "{}", board.name);
    let total: u64 = states.values().sum();
    assert_eq!(board.total, total, "{}", board.name);
}

#[test]
fn the_screen_equals_a_recount_at_fifty_moments() {
    let folder = tempfile::tempdir().unwrap();
    let rules = Rules::embedded();
    let demo = Demo::start(folder.path());
    let path = folder.path().join("deck.sqlite");
    let mut store = loop {
        if let Ok(store) = SqliteStore::open_read_only(&path, rules) {
            break store;
        }
        std::thread::yield_now();
    };
    let mut wanted = 1;
    for moment in 0..MOMENTS {
        let (snapshot, recounts) = loop {
            let events = store.tail(wanted - 1, 1).unwrap();
            if let Some(event) = events.first() {
                break store.snapshot_and_recount(event.at).unwrap();
            }
            std::thread::yield_now();
        };
        if moment % 10 == 0 {
            let found = store.cross_check().unwrap();
            assert!(found.is_empty(), "{:?}", found.first);
        }
        let at = snapshot.last_event_at.unwrap();
        let board = Board::fold(&mut store, &snapshot, rules, at).unwrap();
        for (shown, counts) in board.campaigns.iter().zip(&snapshot.campaigns) {
            let recount = recounts.get(&counts.campaign.id).cloned();
            assert_equal(shown, &recount.unwrap_or_default());
        }
        wanted = snapshot.head + APART + i64::try_from(moment).unwrap();
    }
    drop(demo);
    assert!(wanted > 5_000, "the moments are spread over the run");
}

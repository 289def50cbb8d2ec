//! Several processes on one deck, crashes and reopening, as several handles on one file.

use dialdeck::domain::campaign::Pacing;
use dialdeck::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::domain::{CallEventKind, CampaignState, ContactState, DeckId, ListKind};
use dialdeck::policy::retry::Next;
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{
    Acts as _, Claimed, EngineStore as _, ImportFigures, Reads as _, StoreError,
};

use dialdeck_testkit::world::*;

#[test]
fn an_opt_out_of_another_process_holds_at_the_next_claim() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 3);
    let now = morning();
    let live = dial(&mut engine, contacts[0], now);
    let mut support = sqlite(&folder);
    assert!(!support.changed_elsewhere().unwrap());
    let done = support
        .suppress(&[opted_out(number(0), now), opted_out(number(1), now)])
        .unwrap();
    assert_eq!(done.live, [live.id]);
    assert_eq!(support.unsent().unwrap().len(), 1);
    assert!(engine.changed_elsewhere().unwrap());
    assert!(!engine.changed_elsewhere().unwrap());
    assert_eq!(
        claim(&mut engine, contacts[1], now + secs(9)),
        Claimed::Stale
    );
    tell(&mut engine, live.id, CallEventKind::Sent, now);
    assert!(support.unsent().unwrap().is_empty());
    dial(&mut engine, contacts[2], now + secs(9));
    kinds(&mut support, 0);
    check_counters(&mut engine, now);
}

#[test]
fn an_opt_out_of_another_process_during_a_call_ends_its_contact() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    let now = morning();
    let live = dial(&mut engine, contacts[0], now);
    sqlite(&folder)
        .suppress(&[opted_out(number(0), now)])
        .unwrap();
    let settled = settle(&mut engine, live.id, &rejected(486), now + secs(9)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
}

#[test]
fn a_list_loaded_by_another_process_binds_the_next_claim() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 2);
    let (id, _) = campaign_of(&mut engine, &selling("offers"), 1);
    let now = morning();
    dial(&mut engine, contacts[0], now);
    let mut loader = sqlite(&folder);
    let list = ListKind::National("us".to_owned());
    let by = by(now);
    loader
        .import_suppressions(&list, &[number(8)], &by)
        .unwrap();
    let figures = ImportFigures::default();
    loader
        .finish_list(&list, now, &every_area(), &figures, &by)
        .unwrap();
    engine
        .import_contacts(id, &[row(9, number(8))], now)
        .unwrap();
    let late = engine.contacts_with(number(8)).unwrap().remove(0);
    assert!(matches!(
        claim(&mut engine, late.id, now + secs(9)),
        Claimed::Refused(_)
    ));
    check_counters(&mut loader, now);
}

#[test]
fn commands_of_another_process_hold_at_the_next_claim() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 3);
    let now = morning();
    let first = dial(&mut engine, contacts[0], now);
    tell(&mut engine, first.id, CallEventKind::Sent, now);
    let mut console = sqlite(&folder);
    let slow = Pacing {
        max_concurrent: 1,
        ..settings("x").pacing
    };
    console.set_pacing(id, slow, &by(now)).unwrap();
    let full = claim(&mut engine, contacts[1], now + secs(9));
    assert!(
        format!("{full:?}").contains("CampaignConcurrent"),
        "{full:?}"
    );
    let to = CampaignState::Paused;
    console.move_campaign(id, to, "lunch", &by(now)).unwrap();
    engine.begin().unwrap();
    let held = claim(&mut engine, contacts[1], now + secs(9));
    assert!(format!("{held:?}").contains("CampaignPaused"), "{held:?}");
    engine.commit().unwrap();
    let load = console.snapshot(now + secs(1)).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
}

#[test]
fn a_group_that_was_not_committed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 2);
    let now = morning();
    let before = engine.snapshot(now).unwrap();
    engine.begin().unwrap();
    dial(&mut engine, contacts[0], now);
    let mut looker = sqlite_read_only(&folder);
    assert!(looker.open_attempts().unwrap().is_empty());
    drop(engine);
    let mut engine = sqlite_engine(&folder);
    let after = engine.snapshot(now).unwrap();
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    let attempt = dial(&mut engine, contacts[0], now);
    assert_eq!(attempt.id.serial, 1);
    kinds(&mut engine, 0);
}

#[test]
fn loads_are_exact_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 3);
    let now = morning();
    let first = dial(&mut engine, contacts[0], now);
    tell(&mut engine, first.id, CallEventKind::Sent, now + secs(1));
    settle(&mut engine, first.id, &rejected(486), now + secs(3));
    let second = dial(&mut engine, contacts[1], now + secs(9));
    engine
        .mark_unknown(second.id, "crash", now + secs(20))
        .unwrap();
    dial(&mut engine, contacts[2], now + secs(30));
    let snapshot = |store: &mut SqliteStore, after| {
        let snapshot = store.snapshot(now + secs(after)).unwrap();
        format!("{snapshot:?}")
    };
    let mut restarted = sqlite(&folder);
    for after in [30, 60, 62, 79, 81, 3700] {
        assert_eq!(
            snapshot(&mut engine, after),
            snapshot(&mut restarted, after),
            "{after}"
        );
    }
}

#[test]
fn a_deck_keeps_its_identity_and_named_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = sqlite(&folder);
    assert_eq!(store.deck_id(), DECK);
    assert_eq!(store.meta("clock").unwrap(), None);
    store.set_meta("clock", "{}").unwrap();
    store.set_meta("clock", r#"{"factor":30}"#).unwrap();
    drop(store);
    let path = folder.path().join("deck.sqlite");
    let rules = Rules::embedded();
    let mut store = SqliteStore::create_or_open(&path, DeckId(1), rules, morning()).unwrap();
    assert_eq!(store.deck_id(), DECK);
    assert_eq!(
        store.meta("clock").unwrap().as_deref(),
        Some(r#"{"factor":30}"#)
    );
    assert_eq!(store.lists().unwrap()[0].kind, ListKind::Internal);
}

#[test]
fn a_reader_cannot_write_and_needs_a_deck() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deck.sqlite");
    assert!(SqliteStore::open_read_only(&path, Rules::embedded()).is_err());
    let mut store = sqlite(&folder);
    running(&mut store, 1);
    let mut reader = sqlite_read_only(&folder);
    assert_eq!(reader.campaigns().unwrap().len(), 1);
    let ending = DeckEnding::AtRest;
    let closed = EventData::DeckClosed(DeckClosed { ending });
    let event = NewEvent::new(morning(), "engine", closed);
    assert!(matches!(
        reader.append(&event),
        Err(StoreError::Unusable(_))
    ));
    assert_eq!(reader.snapshot(morning()).unwrap().campaigns.len(), 1);
}

fn sqlite_read_only(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("deck.sqlite");
    SqliteStore::open_read_only(&path, Rules::embedded()).unwrap()
}

//! Handles on a deck that another engine has taken over, or whose path leads to other files.

use std::fs;

use dialdeck::domain::CallEventKind;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::sqlite::lock::EngineLock;
use dialdeck::store::{Acts as _, Claimed, Engine, EngineStore as _, Reads as _, StoreError};
use tempfile::TempDir;

use dialdeck_testkit::world::*;

/// Starts an engine on the deck in this folder, as the program does.
fn engine(folder: &TempDir) -> (Engine<SqliteStore>, EngineLock) {
    let lock = EngineLock::try_acquire(folder.path()).unwrap().unwrap();
    let mut store = sqlite(folder);
    let epoch = store.take_over(&lock, None).unwrap();
    (store.into_engine(epoch).unwrap(), lock)
}

/// Returns the claim's error.
fn refused(store: &mut Engine<SqliteStore>, contact: dialdeck::domain::ContactId) -> StoreError {
    let context = dialdeck::policy::Context::default();
    store
        .claim(contact, &context, morning() + secs(9))
        .unwrap_err()
}

#[test]
fn an_engine_that_another_one_followed_claims_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _lock) = engine(&folder);
    let (_, contacts) = running(&mut first, 3);
    let live = dial(&mut first, contacts[0], morning());
    fs::remove_file(folder.path().join("engine.lock")).unwrap();
    let (mut second, _lock) = engine(&folder);
    let head = second.snapshot(morning()).unwrap().head;
    let error = refused(&mut first, contacts[1]);
    assert!(matches!(error, StoreError::Superseded), "{error}");
    // Every verb fails, however often it is called.
    for error in [
        refused(&mut first, contacts[1]),
        first.begin().unwrap_err(),
        first.snapshot(morning()).unwrap_err(),
        first
            .mark_unknown(live.id, "why", morning() + secs(9))
            .unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Superseded), "{error}");
    }
    assert_eq!(second.snapshot(morning()).unwrap().head, head);
    dial(&mut second, contacts[1], morning() + secs(9));
}

/// An open group holds the write lock: the second engine waits, and its first claim sees what the group has
/// reserved.
#[test]
fn a_second_engine_comes_in_between_two_groups_only() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _lock) = engine(&folder);
    let (_, contacts) = running(&mut first, 2);
    first.begin().unwrap();
    let live = dial(&mut first, contacts[0], morning());
    fs::remove_file(folder.path().join("engine.lock")).unwrap();
    let path = folder.path().to_owned();
    let second = std::thread::spawn(move || {
        let lock = EngineLock::try_acquire(&path).unwrap().unwrap();
        let rules = dialdeck::rules::Rules::embedded();
        let file = path.join("deck.sqlite");
        let mut store = SqliteStore::create_or_open(&file, DECK, rules, morning()).unwrap();
        let epoch = store.take_over(&lock, None).unwrap();
        let mut store = store.into_engine(epoch).unwrap();
        store.open_attempts().unwrap()
    });
    first.commit().unwrap();
    assert_eq!(second.join().unwrap()[0].id, live.id);
    assert!(matches!(
        refused(&mut first, contacts[1]),
        StoreError::Superseded
    ));
}

#[test]
fn an_engine_whose_path_leads_elsewhere_sees_to_its_calls_and_begins_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _lock) = engine(&folder);
    let (id, contacts) = running(&mut store, 3);
    let live = dial(&mut store, contacts[0], morning());
    let file = folder.path().join("deck.sqlite");
    fs::rename(&file, folder.path().join("old.sqlite")).unwrap();
    let displaced = |error: &StoreError| {
        let says = "is no longer the one this process opened: deck.sqlite is gone";
        assert!(matches!(error, StoreError::Displaced(_)), "{error}");
        assert!(error.to_string().ends_with(says), "{error}");
    };
    displaced(&store.changed_elsewhere().unwrap_err());
    displaced(&refused(&mut store, contacts[1]));
    store.begin().unwrap();
    displaced(&refused(&mut store, contacts[1]));
    displaced(
        &store
            .suppress(&[opted_out(number(1), morning())])
            .unwrap_err(),
    );
    let paused = dialdeck::domain::CampaignState::Paused;
    displaced(
        &store
            .move_campaign(id, paused, "", &by(morning()))
            .unwrap_err(),
    );
    displaced(&store.configure(&deck()).unwrap_err());
    tell(&mut store, live.id, CallEventKind::Sent, morning());
    store.commit().unwrap();
    assert!(settle(&mut store, live.id, &rejected(486), morning() + secs(9)).is_some());
    // It stays displaced when the file comes back, because what was done at the path in between is not known.
    fs::rename(folder.path().join("old.sqlite"), &file).unwrap();
    displaced(&refused(&mut store, contacts[1]));
}

#[test]
fn an_act_at_a_path_that_leads_elsewhere_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = sqlite(&folder);
    let (id, _) = running(&mut console, 2);
    let file = folder.path().join("deck.sqlite");
    let other = tempfile::tempdir().unwrap();
    drop(sqlite(&other));
    fs::rename(other.path().join("deck.sqlite"), &file).unwrap();
    let paused = dialdeck::domain::CampaignState::Paused;
    let by = by(morning());
    for error in [
        console
            .suppress(&[opted_out(number(1), morning())])
            .unwrap_err(),
        console.move_campaign(id, paused, "", &by).unwrap_err(),
        console.hang_up_all("", &by).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(
            error.ends_with("deck.sqlite is another file now"),
            "{error}"
        );
    }
    assert!(console.changed_elsewhere().is_err());
}

/// A handle of a store on its path, while others open and close it.
#[test]
fn other_processes_that_come_and_go_leave_the_deck_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _lock) = engine(&folder);
    let (_, contacts) = running(&mut store, 3);
    for contact in contacts {
        drop(sqlite(&folder));
        let mut other = sqlite(&folder);
        other.hang_up_all("", &by(morning())).unwrap();
        drop(other);
        store.changed_elsewhere().unwrap();
        let claimed = claim(&mut store, contact, morning() + secs(9));
        assert!(!matches!(claimed, Claimed::Stale), "{claimed:?}");
    }
}

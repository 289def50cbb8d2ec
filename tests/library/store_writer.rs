//! The group-commit writer: order, durability before results, failure, other processes.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops with a panic"
)]

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use dialdeck::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck::domain::{DeckId, Timestamp};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::writer::{Done, MAX_GROUP, Urgency, Writer};
use dialdeck::store::{Acts as _, Reads as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

fn now() -> Timestamp {
    "2026-12-08T15:00:00Z".parse().unwrap()
}

fn open(folder: &Path) -> SqliteStore {
    let path = folder.join("deck.sqlite");
    SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), now()).unwrap()
}

fn event() -> NewEvent {
    let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
    NewEvent::new(now(), "engine", alert)
}

fn append(store: &mut SqliteStore) -> i64 {
    store.append(&event()).unwrap();
    store.snapshot(now()).unwrap().head
}

/// Returns the next group's results. Commits of other processes are skipped.
fn next<E: std::fmt::Debug>(done: &mut UnboundedReceiver<Done<E>>) -> Vec<E> {
    loop {
        match done.blocking_recv().unwrap() {
            Done::Ok(results) => return results,
            Done::ExternalChange | Done::Waiting(..) | Done::Resumed(_) => {}
            Done::Failed(error) | Done::Displaced(error) => panic!("{error}"),
        }
    }
}

#[test]
fn results_come_in_order_and_are_durable() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    let mut looker =
        SqliteStore::open_read_only(&folder.path().join("deck.sqlite"), Rules::embedded()).unwrap();
    for place in 0..100 {
        let urgency = if place % 10 == 0 {
            Urgency::Now
        } else {
            Urgency::Lazy
        };
        writer.submit(urgency, append).unwrap();
    }
    let mut heads = Vec::new();
    while heads.len() < 100 {
        heads.extend(next(&mut done));
        let durable = looker.snapshot(now()).unwrap().head;
        assert!(durable >= *heads.last().unwrap());
    }
    assert_eq!(heads, (1..=100).collect::<Vec<i64>>());
}

#[test]
fn what_waits_while_a_group_runs_becomes_one_group() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    let (started, has_started) = channel::<()>();
    let (go_on, may_go_on) = channel::<()>();
    writer
        .submit(Urgency::Now, move |store| {
            started.send(()).unwrap();
            may_go_on.recv().unwrap();
            append(store)
        })
        .unwrap();
    has_started.recv().unwrap();
    for _ in 0..MAX_GROUP + 10 {
        writer.submit(Urgency::Now, append).unwrap();
    }
    go_on.send(()).unwrap();
    let first = next(&mut done).len();
    let second = next(&mut done).len();
    assert!((1..=MAX_GROUP).contains(&first));
    // Jobs that arrived before the first group was closed belong to it.
    assert_eq!((first + second).max(MAX_GROUP), first + second);
    drop(writer);
    let rest: usize = std::iter::from_fn(|| match done.blocking_recv() {
        Some(Done::Ok(results)) => Some(results.len()),
        Some(Done::ExternalChange | Done::Waiting(..) | Done::Resumed(_)) => Some(0),
        Some(Done::Failed(_) | Done::Displaced(_)) | None => None,
    })
    .sum();
    assert_eq!(first + second + rest, MAX_GROUP + 11);
}

#[test]
fn dropping_the_writer_flushes_lazy_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    writer.submit(Urgency::Lazy, append).unwrap();
    drop(writer);
    assert_eq!(next(&mut done), [1]);
    assert!(done.blocking_recv().is_none());
    assert_eq!(open(folder.path()).snapshot(now()).unwrap().head, 1);
}

#[test]
fn after_a_failed_commit_nothing_is_executed() {
    let (sender, mut done) = unbounded_channel();
    let store = MemoryStore::new(DeckId(7), Rules::embedded(), now());
    let writer = Writer::spawn(store, sender).unwrap();
    // A job that ends the group by itself makes the group's own commit fail.
    writer
        .submit(Urgency::Now, |store: &mut MemoryStore| {
            store.commit().is_ok()
        })
        .unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::Failed(_))));
    assert!(done.blocking_recv().is_none());
    assert!(writer.submit(Urgency::Now, |_| true).is_err());
}

#[test]
fn a_job_that_panics_ends_the_writer_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    writer
        .submit(Urgency::Now, |store| {
            append(store);
            panic!("as a test wants it")
        })
        .unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::Failed(_))));
    assert!(done.blocking_recv().is_none());
    drop::<Writer<SqliteStore, ()>>(writer);
    assert_eq!(open(folder.path()).snapshot(now()).unwrap().head, 0);
}

#[test]
fn commits_of_other_processes_are_noticed_when_idle_too() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    writer.submit(Urgency::Now, append).unwrap();
    assert_eq!(next(&mut done), [1]);
    let mut other = open(folder.path());
    other.append(&event()).unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::ExternalChange)));
    writer.submit(Urgency::Now, append).unwrap();
    assert_eq!(next(&mut done), [3]);
}

#[test]
fn a_busy_store_is_waited_for_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, mut done) = unbounded_channel();
    let writer = Writer::spawn(open(folder.path()), sender).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("deck.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    writer.submit(Urgency::Now, append).unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::Waiting(..))));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::Resumed(_))));
    assert_eq!(next(&mut done), [1]);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    writer.submit(Urgency::Now, append).unwrap();
    assert!(matches!(done.blocking_recv(), Some(Done::Waiting(..))));
    // Who ends does not wait for ever.
    drop(writer);
    assert!(matches!(done.blocking_recv(), Some(Done::Failed(_))));
    assert!(done.blocking_recv().is_none());
}

/// Runs this on a runtime of one thread whose time jumps to the next timer.
fn in_virtual_time(run: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run);
}

#[test]
fn on_a_runtime_no_time_passes_until_every_job_is_executed() {
    let folder = tempfile::tempdir().unwrap();
    in_virtual_time(async {
        let (sender, mut done) = unbounded_channel();
        let writer = Writer::on_runtime(open(folder.path()), sender);
        let start = Instant::now();
        let timer = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
        for _ in 0..MAX_GROUP + 10 {
            writer.submit(Urgency::Lazy, append).unwrap();
        }
        drop(writer);
        let (mut groups, mut heads) = (Vec::new(), Vec::new());
        while let Some(reported) = done.recv().await {
            let Done::Ok(results) = reported else {
                panic!("{reported:?}");
            };
            assert_eq!(start.elapsed(), Duration::ZERO);
            groups.push(results.len());
            heads.extend(results);
        }
        assert_eq!(groups, [MAX_GROUP, 10]);
        assert!(heads.into_iter().eq(1..=266));
        timer.await.unwrap();
        assert!(start.elapsed() > Duration::ZERO);
    });
    assert_eq!(open(folder.path()).snapshot(now()).unwrap().head, 266);
}

#[test]
fn on_a_runtime_a_failed_commit_and_a_panic_end_the_writer_too() {
    in_virtual_time(async {
        for panics in [false, true] {
            let (sender, mut done) = unbounded_channel();
            let store = MemoryStore::new(DeckId(7), Rules::embedded(), now());
            let writer = Writer::on_runtime(store, sender);
            let job = move |store: &mut MemoryStore| {
                assert!(!panics, "as a test wants it");
                store.commit().is_ok()
            };
            writer.submit(Urgency::Now, job).unwrap();
            assert!(matches!(done.recv().await, Some(Done::Failed(_))));
            assert!(done.recv().await.is_none());
            assert!(writer.submit(Urgency::Now, |_| true).is_err());
        }
    });
}

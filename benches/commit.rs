//! Attempts per second with a durable commit for every operation, and with 32 calls in flight that share
//! commits; both with `synchronous=FULL`.
//!
//! First claim and commit alone, then the whole life of an attempt, as the engine runs it. The gain depends
//! on the disk: a shared commit saves waiting, not work. So the bench prints how long the disk takes to
//! make a write durable, the processor time of an attempt, and the result for other disks.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "figures are for reading")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use dialdeck::clock::Stopwatch;
use dialdeck::domain::event::ChainCheck;
use dialdeck::domain::{AttemptId, CallEventKind, ContactId, Outcome, Timestamp};
use dialdeck::policy::Context;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::writer::{Done, Urgency, Writer};
use dialdeck::store::{Acts as _, Claimed, Engine, EngineStore as _, Reads as _};
use dialdeck_testkit::world::engine_of;

/// Calls in flight while commits are shared.
const IN_FLIGHT: usize = 32;
/// Attempts measured with one commit per operation, and with shared commits.
const ALONE: usize = 1_000;
const SHARED: usize = 8_000;
/// Turns in which claims with and without guards are compared, and the claims of each turn.
const TURNS: usize = 21;
const TURN: usize = 640;
/// How many times more attempts shared commits have to carry.
const WANTED: f64 = 10.0;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let sync = fdatasync(folder.path());
    println!("commit: fdatasync takes {:.2} ms here", sync * 1e3);
    let (mut store, campaign) = deck::filled(folder.path(), 2 * (ALONE + SHARED) as u64);
    let contacts = deck::queue(&mut store, campaign);
    let mut store = engine_of(store, folder.path());
    let (claims, lives) = contacts.split_at(ALONE + SHARED);
    let (first, rest) = claims.split_at(ALONE);
    // Claims are spaced: an instant before the last one would hold them.
    let mut now = deck::all_open();
    let alone = claim_groups(&mut store, first, 1, &mut now);
    let shared = claim_groups(&mut store, rest, IN_FLIGHT, &mut now);
    tell("claim and commit", &alone, &shared, sync);
    let (first, rest) = lives.split_at(ALONE);
    let alone = lives_alone(&mut store, first);
    let shared = lives_shared(store, rest);
    tell(
        "claim, sent, ringing, settle (no answer, retry planned)",
        &alone,
        &shared,
        sync,
    );
    check(&mut deck::open(folder.path()));
    guarded();
}

/// Compares claims of an engine whose deck has a mark with claims of one whose deck has none, in turn. Both
/// commit in groups.
fn guarded() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [mut bare, mut guarded] = folders.each_ref().map(|folder| {
        let (mut store, campaign) = deck::filled(folder.path(), (TURNS * TURN) as u64);
        let contacts = deck::queue(&mut store, campaign);
        let store = engine_of(store, folder.path());
        (store, contacts, Vec::new())
    });
    let folder = folders[1].path();
    guarded
        .0
        .keep_mark(folder, Some(&folder.join("state")))
        .unwrap();
    guarded.0.begin_run().unwrap();
    for turn in 0..TURNS {
        for (store, contacts, took) in [&mut bare, &mut guarded] {
            let mut now = deck::all_open() + Duration::from_mins(turn as u64);
            let contacts = &contacts[turn * TURN..(turn + 1) * TURN];
            took.push(claim_groups(store, contacts, IN_FLIGHT, &mut now));
        }
    }
    let median = |runs: &[Took], of: fn(&Took) -> f64| {
        let mut figures: Vec<f64> = runs.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    println!("claims in groups of {IN_FLIGHT}, with and without the mark of the deck");
    let cpu: fn(&Took) -> f64 = |took| took.cpu.unwrap_or_default();
    let wall: fn(&Took) -> f64 = |took| took.wall;
    for (name, of) in [("processor", cpu), ("wall", wall)] {
        let (without, with) = (median(&bare.2, of), median(&guarded.2, of));
        println!(
            "  {name:<10} {:.1} us each, guarded {:.1} us: {:+.1} % (wanted: at most 3 %)",
            without * 1e6,
            with * 1e6,
            (with / without - 1.0) * 100.0
        );
    }
}

/// Checks that the log's chain holds and that every count equals a recount, because a fast but wrong result
/// does not count.
fn check(store: &mut SqliteStore) {
    let mut chain = ChainCheck::default();
    for sealed in store.tail(0, usize::MAX).unwrap() {
        chain.push(&sealed.line).unwrap();
    }
    let (snapshot, recounts) = store.snapshot_and_recount(deck::all_open()).unwrap();
    assert_eq!(snapshot.in_flight.len(), ALONE + SHARED);
    for counts in snapshot.campaigns {
        let recount = &recounts[&counts.campaign.id];
        let half = (ALONE + SHARED) as u64;
        assert_eq!(recount.attempts, 2 * half);
        assert_eq!(recount.outcomes[&Outcome::NoAnswer], half);
        assert_eq!(recount.attempts, counts.attempts);
        assert_eq!(recount.outcomes, counts.outcomes);
        assert_eq!(recount.contacts, counts.contacts);
    }
}

/// What a run took for each attempt, in seconds and in commits.
struct Took {
    wall: f64,
    cpu: Option<f64>,
    commits: f64,
}

impl Took {
    /// Returns the time for each attempt on a disk that takes `sync` seconds, from this run's processor
    /// time.
    fn on(&self, sync: f64) -> Option<f64> {
        self.cpu.map(|cpu| cpu + self.commits * sync)
    }
}

/// A run that is being measured.
struct Run {
    watch: Stopwatch,
    cpu: Option<f64>,
    commits: u32,
}

impl Run {
    fn start() -> Self {
        Self {
            cpu: processor(),
            watch: Stopwatch::start(),
            commits: 0,
        }
    }

    fn end(&self, attempts: usize) -> Took {
        let each = |sum: f64| sum / attempts as f64;
        Took {
            wall: each(self.watch.elapsed().as_secs_f64()),
            cpu: processor()
                .zip(self.cpu)
                .map(|(now, then)| each(now - then)),
            commits: each(f64::from(self.commits)),
        }
    }
}

/// Returns the processor time of this process in seconds; `None` if the system does not report it.
fn processor() -> Option<f64> {
    let mut nanos = 0.0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanos += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(nanos / 1e9)
}

/// Returns how long the disk takes to make a few appended pages durable: the median, in seconds.
fn fdatasync(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("sync")).unwrap();
    let mut spans: Vec<Duration> = (0..200)
        .map(|_| {
            file.write_all(&[7; 4 * 4096]).unwrap();
            let watch = Stopwatch::start();
            file.sync_data().unwrap();
            watch.elapsed()
        })
        .collect();
    spans.sort_unstable();
    spans[spans.len() / 2].as_secs_f64()
}

fn tell(what: &str, alone: &Took, shared: &Took, sync: f64) {
    println!("{what}");
    let together = format!("{IN_FLIGHT} calls in flight");
    let ways = [("a commit a verb", alone), (together.as_str(), shared)];
    for (way, took) in ways {
        let (rate, commits) = (1.0 / took.wall, took.commits);
        let cpu = took
            .cpu
            .map_or("-".to_owned(), |cpu| format!("{:.0}", cpu * 1e6));
        println!(
            "  {way:<18} {rate:>6.0} attempts/s, {commits:.3} commits and {cpu} us of processor each"
        );
    }
    let ratio = alone.wall / shared.wall;
    println!("  ratio {ratio:.1} (wanted: at least {WANTED:.0})");
    let by_cpu = |sync: f64| Some(alone.on(sync)? / shared.on(sync)?);
    let Some(here) = by_cpu(sync) else { return };
    let others = [1e-4, 2.5e-4, 5e-4, 1e-3, 2e-3, 5e-3].map(|other| {
        let ratio = by_cpu(other).unwrap_or_default();
        format!("{} ms {ratio:.1}", other * 1e3)
    });
    println!(
        "  by processor time and fdatasync: here {here:.1}; {}",
        others.join(", ")
    );
    let (Some(slow), Some(fast)) = (alone.cpu, shared.cpu) else {
        return;
    };
    let least = (WANTED * fast - slow) / (alone.commits - WANTED * shared.commits);
    println!(
        "  {WANTED:.0} is reached where fdatasync takes {:.2} ms or more",
        least.max(0.0) * 1e3
    );
}

/// Claims in groups of this size, each group one durable commit.
fn claim_groups(
    store: &mut Engine<SqliteStore>,
    contacts: &[ContactId],
    size: usize,
    now: &mut Timestamp,
) -> Took {
    let mut run = Run::start();
    for group in contacts.chunks(size) {
        store.begin().unwrap();
        for contact in group {
            *now = *now + Duration::from_millis(1);
            reserved(store.claim(*contact, &Context::default(), *now).unwrap());
        }
        store.commit().unwrap();
        run.commits += 1;
    }
    run.end(contacts.len())
}

/// Runs one call after another, each operation with a separate commit.
fn lives_alone(store: &mut Engine<SqliteStore>, contacts: &[ContactId]) -> Took {
    let mut now = deck::all_open() + Duration::from_mins(1);
    let mut run = Run::start();
    for contact in contacts {
        now = now + Duration::from_millis(1);
        let attempt = reserved(store.claim(*contact, &Context::default(), now).unwrap());
        store
            .record(&deck::event(attempt, CallEventKind::Sent, now), now)
            .unwrap();
        store
            .record(&deck::event(attempt, CallEventKind::Ringing, now), now)
            .unwrap();
        store
            .settle(attempt, &deck::no_answer(), now, now)
            .unwrap()
            .unwrap();
        run.commits += 4;
    }
    run.end(contacts.len())
}

/// The answer of a job.
enum Answer {
    Claimed(AttemptId),
    Noted,
    Settled,
}

/// Runs calls as the engine does: call events are recorded lazily, and a call continues after its commit.
fn lives_shared(store: Engine<SqliteStore>, contacts: &[ContactId]) -> Took {
    let (report, mut done) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::spawn(store, report).unwrap();
    let mut waiting = contacts.iter().copied();
    let mut now = deck::all_open() + Duration::from_mins(2);
    let mut settled = 0;
    let mut run = Run::start();
    for contact in waiting.by_ref().take(IN_FLIGHT) {
        claim(&writer, contact, now);
    }
    while settled < contacts.len() {
        let answers = match done.blocking_recv().unwrap() {
            Done::Ok(answers) => answers,
            Done::Failed(error) | Done::Displaced(error) => panic!("{error}"),
            Done::ExternalChange | Done::Waiting(..) | Done::Resumed(_) => continue,
        };
        run.commits += 1;
        for answer in answers {
            now = now + Duration::from_millis(1);
            match answer {
                Answer::Claimed(attempt) => follow(&writer, attempt, now),
                Answer::Noted => {}
                Answer::Settled => {
                    settled += 1;
                    if let Some(contact) = waiting.next() {
                        claim(&writer, contact, now);
                    }
                }
            }
        }
    }
    run.end(contacts.len())
}

fn claim(writer: &Writer<Engine<SqliteStore>, Answer>, contact: ContactId, now: Timestamp) {
    writer
        .submit(Urgency::Now, move |store: &mut Engine<SqliteStore>| {
            let claimed = store.claim(contact, &Context::default(), now).unwrap();
            Answer::Claimed(reserved(claimed))
        })
        .unwrap();
}

fn follow(writer: &Writer<Engine<SqliteStore>, Answer>, attempt: AttemptId, now: Timestamp) {
    for kind in [CallEventKind::Sent, CallEventKind::Ringing] {
        let event = deck::event(attempt, kind, now);
        writer
            .submit(Urgency::Lazy, move |store: &mut Engine<SqliteStore>| {
                store.record(&event, now).unwrap();
                Answer::Noted
            })
            .unwrap();
    }
    writer
        .submit(Urgency::Now, move |store: &mut Engine<SqliteStore>| {
            store
                .settle(attempt, &deck::no_answer(), now, now)
                .unwrap()
                .unwrap();
            Answer::Settled
        })
        .unwrap();
}

fn reserved(claimed: Claimed) -> AttemptId {
    match claimed {
        Claimed::Dial(attempt, ..) => attempt.id,
        other @ (Claimed::Held { .. } | Claimed::Refused(_) | Claimed::Stale) => {
            panic!("not dialed: {other:?}")
        }
    }
}

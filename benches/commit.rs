//! Attempts per second, claim to settlement: every verb its own durable commit, and 32 calls in
//! flight sharing commits through the writer. Both with `synchronous=FULL`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "figures are for reading")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::time::Duration;

use dialdeck::clock::Stopwatch;
use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::{
    AttemptId, CallEvent, CallEventKind, CallReport, CampaignId, ClassId, ContactId, Timestamp,
};
use dialdeck::policy::Context;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::writer::{Done, Urgency, Writer};
use dialdeck::store::{Claimed, Store};

/// Calls in flight while commits are shared.
const IN_FLIGHT: usize = 32;
/// Attempts measured with one commit a verb, and with shared ones.
const ALONE: usize = 2_000;
const SHARED: usize = 20_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, campaign) = deck::filled(folder.path(), (ALONE + SHARED) as u64);
    let contacts = queue(&mut store, campaign);
    let (first, rest) = contacts.split_at(ALONE);
    let alone = alone(&mut store, first);
    let (shared, commits) = shared(store, rest);
    println!("commit: one attempt is claim, sent, ringing, settle (no answer, retry planned)");
    println!("  a commit a verb     {alone:>8.0} attempts/s");
    println!(
        "  {IN_FLIGHT} calls in flight {shared:>8.0} attempts/s, {commits:.1} commits an attempt"
    );
    println!("  ratio {:.1} (wanted: at least 10)", shared / alone);
}

/// Every ready contact.
fn queue(store: &mut SqliteStore, campaign: CampaignId) -> Vec<ContactId> {
    let classes: Vec<ClassId> = store
        .snapshot(deck::all_open())
        .unwrap()
        .classes
        .into_keys()
        .collect();
    let mut contacts: Vec<ContactId> = classes
        .into_iter()
        .flat_map(|class| store.refill(campaign, class, None, usize::MAX).unwrap())
        .map(|found| found.contact)
        .collect();
    contacts.sort_unstable();
    contacts
}

/// One call after another, every verb its own commit.
fn alone(store: &mut SqliteStore, contacts: &[ContactId]) -> f64 {
    let mut now = deck::all_open();
    let watch = Stopwatch::start();
    for contact in contacts {
        now = now + Duration::from_millis(1);
        let attempt = reserved(store.claim(*contact, &Context::default(), now).unwrap());
        store
            .record(&event(attempt, CallEventKind::Sent, now), now)
            .unwrap();
        store
            .record(&event(attempt, CallEventKind::Ringing, now), now)
            .unwrap();
        store
            .settle(attempt, &no_answer(), now, now)
            .unwrap()
            .unwrap();
    }
    per_second(contacts.len(), &watch)
}

/// What a job answers.
enum Answer {
    Claimed(AttemptId),
    Noted,
    Settled,
}

/// As the engine has it: call events are noted lazily, a call goes on once its commit is made.
fn shared(store: SqliteStore, contacts: &[ContactId]) -> (f64, f64) {
    let (report, mut done) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::spawn(store, report).unwrap();
    let mut waiting = contacts.iter().copied();
    let mut now = deck::all_open() + Duration::from_mins(1);
    let mut commits = 0u32;
    let mut settled = 0;
    let watch = Stopwatch::start();
    for contact in waiting.by_ref().take(IN_FLIGHT) {
        claim(&writer, contact, now);
    }
    while settled < contacts.len() {
        let answers = match done.blocking_recv().unwrap() {
            Done::Ok(answers) => answers,
            Done::Failed(error) => panic!("{error}"),
            Done::ExternalChange => continue,
        };
        commits += 1;
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
    let rate = per_second(contacts.len(), &watch);
    (rate, f64::from(commits) / contacts.len() as f64)
}

fn claim(writer: &Writer<SqliteStore, Answer>, contact: ContactId, now: Timestamp) {
    writer
        .submit(Urgency::Now, move |store: &mut SqliteStore| {
            let claimed = store.claim(contact, &Context::default(), now).unwrap();
            Answer::Claimed(reserved(claimed))
        })
        .unwrap();
}

fn follow(writer: &Writer<SqliteStore, Answer>, attempt: AttemptId, now: Timestamp) {
    for kind in [CallEventKind::Sent, CallEventKind::Ringing] {
        let event = event(attempt, kind, now);
        writer
            .submit(Urgency::Lazy, move |store: &mut SqliteStore| {
                store.record(&event, now).unwrap();
                Answer::Noted
            })
            .unwrap();
    }
    writer
        .submit(Urgency::Now, move |store: &mut SqliteStore| {
            store
                .settle(attempt, &no_answer(), now, now)
                .unwrap()
                .unwrap();
            Answer::Settled
        })
        .unwrap();
}

fn reserved(claimed: Claimed) -> AttemptId {
    match claimed {
        Claimed::Dial(attempt, _) => attempt.id,
        other @ (Claimed::Held { .. } | Claimed::Refused(_) | Claimed::Stale) => {
            panic!("not dialed: {other:?}")
        }
    }
}

fn event(attempt: AttemptId, kind: CallEventKind, at: Timestamp) -> CallEvent {
    CallEvent { attempt, at, kind }
}

fn no_answer() -> CallReport {
    CallReport {
        end: CallEnd::RangOut,
        ..CallReport::default()
    }
}

fn per_second(attempts: usize, watch: &Stopwatch) -> f64 {
    attempts as f64 / watch.elapsed().as_secs_f64()
}

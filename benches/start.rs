//! From the start of a process to its first dial, on a deck of one million contacts.
//!
//! First the engine on a store, then `dialdeck run` as users start it, on a deck whose log has one million
//! entries: with its lock, its mark, and the checks that the deck is whole and in its place. The first such
//! start checks the whole deck, because no process has sealed it. Each later one checks what the log gained.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use dialdeck::clock::{Clock, ScaledClock, Stopwatch};
use dialdeck::domain::{CallEventKind, CampaignId, Capabilities, Timestamp, TrunkName};
use dialdeck::engine::shell::{Ends, Shell};
use dialdeck::policy::Context;
use dialdeck::provider::simulator::{Profile, Simulator};
use dialdeck::provider::{Provider, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, Claimed, Engine, EngineStore as _, Reads as _};
use dialdeck_testkit::world::engine_of;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const CONTACTS: u64 = 1_000_000;
/// Starts that are measured, each in a separate process.
const STARTS: usize = 11;
/// Calls in the log before `dialdeck run` is measured. Each has five entries.
const CALLS: usize = 200_000;
/// Calls with one commit.
const GROUP: usize = 1_000;
/// The wanted time from the start of `dialdeck run` to its first dial, in milliseconds.
const WANTED: f64 = 100.0;
/// When the runs start: Tuesday 17:00 in New York. The calls in the log are more than an hour before.
const RUNS_AT: &str = "2026-12-08T22:00:00Z";
/// The deck's settings for `dialdeck run`.
const DECK_FILE: &str = r#"
[[trunk]]
name = "carrier"
kind = "simulator"
max_concurrent = 20
calls_per_minute = 60

[[pool]]
name = "main"
trunk = "carrier"
hourly_cap = 1000
numbers = ["+16465550100", "+16465550101", "+16465550102", "+16465550103"]
"#;
/// Passed to the process that is measured, before the deck's folder.
const CHILD: &str = "--start-on";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == CHILD) {
        return start(Path::new(&args[at + 1]));
    }
    let folder = tempfile::tempdir().unwrap();
    drop(deck::filled(folder.path(), CONTACTS));
    let mut starts: Vec<Vec<f64>> = (0..STARTS).map(|_| child(folder.path())).collect();
    println!("start: open the deck of {CONTACTS} contacts, run the engine (median of {STARTS})");
    let names = [
        "deck open",
        "first dial requested",
        "first `attempt_sent` durable",
    ];
    for (place, name) in names.into_iter().enumerate() {
        starts.sort_by(|left, right| left[place].total_cmp(&right[place]));
        let median = starts[STARTS / 2][place];
        let worst = starts[STARTS - 1][place];
        println!("  {name:<30} {median:>7.1} ms, worst {worst:.1} ms");
    }
    starts.sort_by(|left, right| left[1].total_cmp(&right[1]));
    println!(
        "  wanted: first dial within 50 ms; {:.2} of it",
        starts[STARTS / 2][1] / 50.0
    );
    drop(folder);
    runs();
}

/// Measures `dialdeck run` on a deck with one million contacts and one million log entries.
fn runs() {
    let folder = tempfile::tempdir().unwrap();
    let (store, campaign) = deck::filled(folder.path(), CONTACTS);
    let mut store = engine_of(store, folder.path());
    live(&mut store, campaign);
    let entries = store.snapshot(deck::all_open()).unwrap().head;
    drop(store);
    std::fs::write(folder.path().join("dialdeck.toml"), DECK_FILE).unwrap();
    let first = run(folder.path());
    let mut runs: Vec<f64> = (0..STARTS).map(|_| run(folder.path())).collect();
    runs.sort_by(f64::total_cmp);
    let (median, worst) = (runs[STARTS / 2], runs[STARTS - 1]);
    println!("start: `dialdeck run` with {entries} entries in the log (median of {STARTS})");
    println!(
        "  {:<30} {first:>7.0} ms, with a check of the whole deck",
        "first start"
    );
    println!(
        "  {:<30} {median:>7.1} ms, worst {worst:.1} ms",
        "first dial requested"
    );
    println!(
        "  wanted: within {WANTED:.0} ms; {:.2} of it",
        median / WANTED
    );
}

/// Makes calls that nobody answers.
fn live(store: &mut Engine<SqliteStore>, campaign: CampaignId) {
    let mut now = deck::all_open();
    let contacts = deck::queue(store, campaign);
    for group in contacts[..CALLS].chunks(GROUP) {
        store.begin().unwrap();
        for contact in group {
            now = now + Duration::from_millis(1);
            let claimed = store.claim(*contact, &Context::default(), now).unwrap();
            let attempt = match claimed {
                Claimed::Dial(attempt, ..) => attempt,
                // 555-1212 is a number of no subscriber.
                Claimed::Refused(_) => continue,
                Claimed::Held { .. } | Claimed::Stale => panic!("not dialed: {claimed:?}"),
            };
            for kind in [CallEventKind::Sent, CallEventKind::Ringing] {
                store
                    .record(&deck::event(attempt.id, kind, now), now)
                    .unwrap();
            }
            let ended = store.settle(attempt.id, &deck::no_answer(), now, now);
            ended.unwrap().unwrap();
        }
        store.commit().unwrap();
    }
}

/// Runs the engine until its first dial, and lets it end. Returns the milliseconds to that dial.
fn run(folder: &Path) -> f64 {
    let calls = folder.join("carrier.jsonl");
    let size = || std::fs::metadata(&calls).map_or(0, |found| found.len());
    let before = size();
    let watch = Stopwatch::start();
    let mut engine = Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .args(["run", "--speed", "60", "--start-at", RUNS_AT, "--deck"])
        .arg(folder)
        .env("DIALDECK_STATE_DIR", folder.join("state"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while size() == before {
        assert!(engine.try_wait().unwrap().is_none(), "the engine has ended");
        dialdeck::clock::pause(Duration::from_micros(200));
    }
    let spent = watch.elapsed();
    let id = engine.id().to_string();
    let ended = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(ended.success());
    assert!(engine.wait().unwrap().success());
    spent.as_secs_f64() * 1e3
}

fn child(folder: &Path) -> Vec<f64> {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(CHILD)
        .arg(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = text
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    assert_eq!(
        figures.len(),
        3,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    figures
}

/// Starts an engine and prints the milliseconds to each step.
fn start(folder: &Path) {
    let watch = Stopwatch::start();
    let mut store = deck::open(folder);
    let since = store.snapshot(deck::all_open()).unwrap();
    let opened = watch.elapsed();
    let clock = Clock::Scaled(ScaledClock::start(
        since.last_event_at.unwrap().max(deck::all_open()),
        1,
    ));
    let (dialed, mut first) = unbounded_channel();
    let carrier = Watched {
        carrier: Simulator::new(Profile::default(), 7, None),
        dialed,
    };
    let trunk = TrunkName("carrier".to_owned());
    let providers = BTreeMap::from([(trunk, carrier)]);
    let rules = Rules::embedded();
    let store = engine_of(store, folder);
    let (shell, _handle) = Shell::new(store, providers, clock, rules).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (dialed, sent) = runtime.block_on(async {
        tokio::spawn(shell.run(Ends::OnRequest));
        first.recv().await.unwrap();
        let dialed = watch.elapsed();
        let mut log = SqliteStore::open_read_only(&folder.join(deck::FILE), rules).unwrap();
        loop {
            let entries = log.tail(since.head, 8).unwrap();
            if entries
                .iter()
                .any(|entry| entry.line.contains(r#""attempt_sent""#))
            {
                break (dialed, watch.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    println!("{} {} {}", millis(opened), millis(dialed), millis(sent));
    // The engine is left as a crash would leave it: its end is no part of a start.
    std::process::abort();
}

/// A carrier that reports when it is asked to dial.
struct Watched {
    carrier: Simulator,
    dialed: UnboundedSender<()>,
}

impl Provider for Watched {
    fn capabilities(&self) -> Capabilities {
        self.carrier.capabilities()
    }

    fn request(&mut self, request: Request, now: Timestamp) {
        if matches!(request, Request::Place(_)) {
            // The bench waits only for the first call.
            self.dialed.send(()).ok();
        }
        self.carrier.request(request, now);
    }

    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent> {
        self.carrier.poll(now)
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        self.carrier.next_event_at()
    }

    async fn ready(&mut self) {
        self.carrier.ready().await;
    }
}

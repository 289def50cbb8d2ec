//! A machine's clock that is set under an engine, and that a person accepts or not.

use super::*;

/// The time of a paused runtime, and a machine's clock that may be set.
#[derive(Debug)]
struct Machine {
    start: Timestamp,
    started: Instant,
    set_by: AtomicI64,
}

/// The machine's clock.
#[derive(Debug)]
struct Wall(Arc<Machine>);

/// The time since the machine was started.
#[derive(Debug)]
struct Passed(Arc<Machine>);

impl Timekeeper for Wall {
    fn now(&self) -> Timestamp {
        let passed = self.0.start + self.0.started.elapsed();
        Timestamp::from_millis(passed.as_millis() + self.0.set_by.load(Ordering::Relaxed))
    }
}

impl Timekeeper for Passed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0) + self.0.started.elapsed()
    }
}

/// A carrier whose calls are answered at once and last until they are hung up. It keeps how long after the
/// start of the machine each hang-up was asked for.
struct Talking {
    capabilities: Capabilities,
    news: Vec<ProviderEvent>,
    started: Instant,
    hung_up: Arc<Mutex<Vec<Duration>>>,
}

impl Provider for Talking {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn request(&mut self, request: Request, at: Timestamp) {
        let mut say = |attempt, kind| {
            let event = CallEvent { attempt, at, kind };
            self.news.push(ProviderEvent::Call(event));
        };
        match request {
            Request::Place(call) => {
                let human = CallEventKind::CalleeDetected(CalleeType::Human);
                for kind in [CallEventKind::Sent, CallEventKind::Answered, human] {
                    say(call.attempt, kind);
                }
            }
            Request::HangUp(attempt) => {
                self.hung_up.lock().unwrap().push(self.started.elapsed());
                let end = CallEnd::Completed;
                let report = CallReport {
                    end,
                    ..CallReport::default()
                };
                say(attempt, CallEventKind::Ended(report));
            }
            Request::LookUp(inquiry) => {
                let up = ProviderEvent::LookedUp(inquiry.attempt, LookUp::InProgress);
                self.news.push(up);
            }
            Request::ListNumbers => self.news.push(ProviderEvent::Numbers(Owned::Any)),
        }
    }

    fn poll(&mut self, _: Timestamp) -> Vec<ProviderEvent> {
        std::mem::take(&mut self.news)
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        (!self.news.is_empty()).then_some(Timestamp::MIN)
    }

    async fn ready(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// When the test's machine starts: the campaign's contact may be called.
const MORNING: &str = "2026-12-07T15:30:00Z";

/// An engine on a machine's clock that may be set, with one call that lasts.
struct Talk {
    folder: tempfile::TempDir,
    machine: Arc<Machine>,
    wall: Clock,
    hung_up: Arc<Mutex<Vec<Duration>>>,
    engine: tokio::task::JoinHandle<Ending>,
    handle: Handle,
}

impl Talk {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = MORNING.parse().unwrap();
        let mut store = store_in(folder.path());
        with_a_contact(&mut store, start);
        let machine = Arc::new(Machine {
            start,
            started: Instant::now(),
            set_by: AtomicI64::new(0),
        });
        let wall = Clock::Kept(Arc::new(Wall(Arc::clone(&machine))));
        let boot = Boot::Kept(Arc::new(Passed(Arc::clone(&machine))));
        let hung_up = Arc::default();
        let carrier = Talking {
            capabilities: Capabilities::default(),
            news: Vec::new(),
            started: machine.started,
            hung_up: Arc::clone(&hung_up),
        };
        let carriers = BTreeMap::from([(TrunkName("simulator".to_owned()), carrier)]);
        let watch = ClockWatch::new(wall.clone(), boot);
        let store = engine_of(store, folder.path());
        let (shell, handle) = Shell::new(store, carriers, wall.clone(), Rules::embedded()).unwrap();
        let shell = shell.with_clock_watch(Some(watch));
        Self {
            folder,
            machine,
            wall,
            hung_up,
            engine: tokio::spawn(shell.run(Ends::OnRequest)),
            handle,
        }
    }

    /// Sets the machine's clock by this many milliseconds.
    fn set_clock(&self, by: i64) {
        self.machine.set_by.store(by, Ordering::Relaxed);
    }

    /// Opens the deck as another process does.
    fn desk(&self) -> SqliteStore {
        store_in(self.folder.path())
    }

    async fn end(self) {
        self.handle.drain(Some(Duration::ZERO)).await;
        let ending = self.engine.await.unwrap();
        assert!(
            matches!(ending, Ending::Drained | Ending::LeftUp(_)),
            "{ending:?}"
        );
    }
}

fn store_in(folder: &Path) -> SqliteStore {
    let (path, start) = (folder.join("deck.sqlite"), MORNING.parse().unwrap());
    SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), start).unwrap()
}

/// Runs a call under a clock that is set by this much in its third minute, and that a person accepts later
/// if `accepted`. Returns after how long the call was hung up.
async fn hung_up_after(set_by: i64, accepted: bool) -> Vec<Duration> {
    let talk = Talk::start();
    tokio::time::sleep(Duration::from_mins(2)).await;
    talk.set_clock(set_by);
    tokio::time::sleep(Duration::from_mins(5)).await;
    if accepted {
        let mut desk = talk.desk();
        let held = desk.snapshot(talk.wall.now()).unwrap().clock_held;
        assert!(held.is_some());
        desk.accept_clock(None, &by(talk.wall.now())).unwrap();
        talk.handle.nudge();
    }
    tokio::time::sleep(Duration::from_hours(5)).await;
    let hung_up = Arc::clone(&talk.hung_up);
    talk.end().await;
    hung_up.lock().unwrap().clone()
}

/// Returns an entry of the engine for the log.
fn closed(at: Timestamp) -> NewEvent {
    let ending = DeckEnding::AtRest;
    NewEvent::new(at, "engine", EventData::DeckClosed(DeckClosed { ending }))
}

/// Sets the clock back under an engine with a call and has a person accept it after a while. Before the engine
/// notices, it logs by the clock before. Asserts that the deck dials then.
async fn dials_after_an_acceptance(set_by: i64, after: Duration, logs: bool) {
    let name = format!("set by {set_by} ms, accepted after {after:?}, logs: {logs}");
    let talk = Talk::start();
    tokio::time::sleep(Duration::from_mins(2)).await;
    let before = talk.wall.now();
    let mut desk = talk.desk();
    desk.append(&closed(before)).unwrap();
    talk.set_clock(set_by);
    tokio::time::sleep(after).await;
    let accepted = desk
        .accept_clock(Some("NTP"), &by(talk.wall.now()))
        .unwrap();
    assert!(accepted.is_some(), "{name}");
    if logs {
        desk.append(&closed(before + after)).unwrap();
    }
    let number = "+12125550143".parse().unwrap();
    let campaign = desk.campaigns().unwrap()[0].id;
    let row = contact(number);
    desk.import_contacts(campaign, &[row], talk.wall.now())
        .unwrap();
    talk.handle.nudge();
    let calls = |desk: &mut SqliteStore| {
        let entries = desk.log_before(i64::MAX, 100).unwrap();
        let mut calls = entries
            .iter()
            .filter(|one| one.line.contains("attempt_reserved"));
        (calls.clone().count() == 2).then(|| calls.next().map(|call| call.at))?
    };
    let (second, mut desk) = when(desk, calls).await;
    assert!(second < before || set_by > -3_600_000, "{name}: {second}");
    let snapshot = desk.snapshot(talk.wall.now()).unwrap();
    assert_eq!(snapshot.clock_held, None, "{name}");
    drop(desk);
    talk.end().await;
}

/// Returns what `found` returns once it does, within an hour of the test's time. That time stands still while a
/// store is read.
async fn when<T: Send + 'static>(
    mut desk: SqliteStore,
    found: fn(&mut SqliteStore) -> Option<T>,
) -> (T, SqliteStore) {
    for _ in 0..3_600 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let look = move || (found(&mut desk), desk);
        let (found, again) = tokio::task::spawn_blocking(look).await.unwrap();
        match found {
            Some(found) => return (found, again),
            None => desk = again,
        }
    }
    panic!("it never comes");
}

/// An acceptance holds under an engine that runs, whatever it has noticed or logged by then.
#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_and_accepted_dials_on() {
    for set_by in [-10_000_i64, -40_000, -70_000, -2 * 3_600_000] {
        for after in [0, 100, 2_000, 300_000] {
            for logs in [false, true] {
                // The clock may have come past the log's end.
                if set_by.unsigned_abs() <= after {
                    continue;
                }
                dials_after_an_acceptance(set_by, Duration::from_millis(after), logs).await;
            }
        }
    }
}

/// A clock that was set again after it had been accepted is another one.
#[tokio::test(start_paused = true)]
async fn an_acceptance_is_of_the_clock_that_there_was() {
    let talk = Talk::start();
    tokio::time::sleep(Duration::from_mins(2)).await;
    talk.set_clock(-120_000);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut desk = talk.desk();
    let accepted = desk.accept_clock(None, &by(talk.wall.now())).unwrap();
    assert!(accepted.is_some());
    talk.set_clock(7_200_000);
    talk.handle.nudge();
    let held = |desk: &mut SqliteStore| {
        let snapshot = desk.snapshot(MORNING.parse().unwrap()).unwrap();
        snapshot.clock_held.filter(|held| held.seconds > 0)
    };
    let (held, desk) = when(desk, held).await;
    assert_eq!(held.seconds, 7_200);
    drop(desk);
    talk.end().await;
}

/// The machine's clock may be set while a person talks: the call ends neither sooner nor later.
#[tokio::test(start_paused = true)]
async fn a_call_lasts_as_long_as_time_passes_whatever_the_clock_says() {
    let longest = DeckConfig::embedded().settings.trunks[0].max_call;
    let undisturbed = hung_up_after(0, false).await;
    let [after] = undisturbed[..] else {
        panic!("{undisturbed:?}");
    };
    assert!(
        after >= longest && after < longest + Duration::from_mins(1),
        "{after:?}"
    );
    for set_by in [2, -2, 24, -24].map(|hours| hours * 3_600_000) {
        for accepted in [false, true] {
            let found = hung_up_after(set_by, accepted).await;
            assert_eq!(
                found, undisturbed,
                "set by {set_by} ms, accepted: {accepted}"
            );
        }
    }
}

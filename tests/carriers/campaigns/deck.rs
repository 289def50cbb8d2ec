//! A deck with three running campaigns on one trunk, its engine and its listener.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use dialdeck::clock::{Clock, ScaledClock};
use dialdeck::config::{read_campaign, read_deck};
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::{
    CampaignState, Consent, ConsentKind, ContactState, DeckId, Hints, NewContact, PhoneNumber,
    Timestamp, TrunkName,
};
use dialdeck::engine::shell::{Ends, Handle, Shell};
use dialdeck::http::listener::{Front, Gate, routes, serve};
use dialdeck::provider::remote::secret::{Reach, Secret};
use dialdeck::provider::remote::{Remote, Vendor};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, By, Reads as _};
use dialdeck_testkit::world::engine_of;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::judge;
use dialdeck_testkit::vendors::lab::{Failing, Hosted, Lab};
use dialdeck_testkit::vendors::ledger::{Ledger, Step};

/// How a run is sized.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Over sockets, by a clock of so many simulated seconds per real one; `None`: in virtual time.
    pub(crate) sockets: Option<u32>,
    /// Attempts that are made at least.
    pub(crate) attempts: u64,
    /// Calls in flight at most.
    pub(crate) at_once: u32,
    /// Requests that the network loses, in virtual time.
    pub(crate) failing: &'static [Failing],
}

/// Area codes of the eastern states, a hundred fictional numbers in each.
const AREAS: [u32; 21] = [
    212, 313, 404, 617, 202, 215, 216, 614, 412, 704, 305, 813, 407, 201, 203, 301, 410, 502, 518,
    607, 716,
];

/// Numbers that are shown.
const SHOWN: u32 = 100;

/// One attempt, by the event log and the double's own count.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) attempt: String,
    pub(crate) number: String,
    /// When its INVITE left.
    pub(crate) invited: Option<Timestamp>,
    pub(crate) cause: String,
    pub(crate) outcome: String,
    /// The vendor gave its SIP status.
    pub(crate) coded: bool,
    pub(crate) invites: usize,
    /// It was stopped while it rang.
    pub(crate) cancelled: bool,
}

/// What the double's ledger holds, by attempt.
struct Carried {
    log: String,
    invites: BTreeMap<String, Vec<Timestamp>>,
    cancelled: BTreeSet<String>,
}

/// Everything that is set up before the vendor is.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) deck: DeckId,
    pub(crate) lab: Lab,
    pub(crate) reach: Reach,
    door: Door,
    store: SqliteStore,
    size: Size,
}

/// Where the deck's listener is.
enum Door {
    Within(Hosted),
    Socket(TcpListener),
}

impl Door {
    fn of(lab: &Lab) -> Self {
        match lab.reserve() {
            Some(hosted) => Self::Within(hosted),
            None => Self::Socket(lab.run(TcpListener::bind("127.0.0.1:0")).unwrap()),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Within(hosted) => hosted.url(),
            Self::Socket(socket) => format!("http://{}", socket.local_addr().unwrap()),
        }
    }
}

fn trunk() -> TrunkName {
    TrunkName("trunk".to_owned())
}

fn by(at: Timestamp) -> By {
    By {
        actor: "maria".to_owned(),
        at,
    }
}

/// The numbers that may be shown.
pub(crate) fn numbers() -> Vec<String> {
    (0..SHOWN)
        .map(|place| format!("+16465550{}", 100 + place))
        .collect()
}

impl Stage {
    /// A deck whose trunk is of this kind, with its campaigns running.
    pub(crate) fn new(kind: &str, size: Size) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
        let deck = DeckId(0x51de_cafe);
        let path = folder.path().join("deck.sqlite");
        let rules = Rules::embedded();
        let mut store = SqliteStore::create_or_open(&path, deck, rules, start).unwrap();
        let mut text = format!(
            "[[trunk]]\nname = \"trunk\"\n{kind}max_concurrent = {}\ncalls_per_minute = 180\n\
             ring_timeout = \"20s\"\nmax_call = \"2m\"\n[[pool]]\nname = \"main\"\n\
             trunk = \"trunk\"\nnumbers = [\n",
            size.at_once
        );
        for place in 0..SHOWN {
            writeln!(text, "\"+16465550{}\",", 100 + place).unwrap();
        }
        text.push_str("]\n");
        let config = read_deck("deck.toml", &text).unwrap();
        let mut settings = config.settings;
        settings.max_concurrent = 200;
        store.configure(&settings).unwrap();
        let purposes = ["reminder", "survey", "information"];
        for (place, purpose) in purposes.into_iter().enumerate() {
            add_campaign(&mut store, purpose, &AREAS[place * 7..place * 7 + 7], start);
        }
        let lab = match size.sockets {
            Some(factor) => Lab::sockets(Clock::Scaled(ScaledClock::start(start, factor))),
            None => Lab::paused(start),
        };
        if !size.failing.is_empty() {
            lab.fail(size.failing);
        }
        let door = Door::of(&lab);
        let reach = Reach {
            url: format!("{}/trunk", door.url()),
            key: Secret::new("the deck's own key"),
        };
        Self {
            folder,
            deck,
            lab,
            reach,
            door,
            store,
            size,
        }
    }

    /// Dials until enough attempts are made, then waits until no call is up.
    pub(crate) fn run<V: Vendor>(self, vendor: V, ledger: &Ledger) -> Ended {
        let vendor = Arc::new(vendor);
        let (clock, runtime) = (self.lab.clock().clone(), self.lab.runtime());
        let (remote, inlet) = Remote::start(&vendor, &clock, runtime.handle());
        let reader = vendor.reader();
        let gates = BTreeMap::from([(trunk(), Gate { reader, inlet })]);
        let providers = BTreeMap::from([(trunk(), remote)]);
        let (shell, handle) = {
            let _inside = runtime.enter();
            Shell::new(
                engine_of(self.store, self.folder.path()),
                providers,
                clock.clone(),
                Rules::embedded(),
            )
            .unwrap()
        };
        let engine = runtime.spawn(shell.run(Ends::OnRequest));
        let front = Front::new(handle.clone(), gates, clock);
        let _hosted = match self.door {
            Door::Within(hosted) => {
                hosted.serve(routes(front));
                Some(hosted)
            }
            Door::Socket(socket) => {
                runtime.spawn(serve(socket, front));
                None
            }
        };
        while self.lab.run(made(&handle)) < self.size.attempts {
            assert!(!engine.is_finished(), "the engine has ended");
            self.lab.pass(Duration::from_secs(1));
        }
        self.lab.run(async {
            handle.drain(None).await;
            engine.await.unwrap();
        });
        // What the store was given last is executed.
        self.lab.pass(Duration::from_secs(1));
        Ended {
            folder: self.folder,
            ledger: ledger.clone(),
            size: self.size,
            failed: self.lab.failed(),
        }
    }
}

/// Returns how many attempts were made so far. A board is made for this alone: each takes its time.
async fn made(handle: &Handle) -> u64 {
    let mut boards = handle.board();
    boards.changed().await.unwrap();
    let board = boards.borrow();
    let made = board.campaigns.iter().map(|one| one.attempts).sum();
    let mut campaigns = board.campaigns.iter();
    let all_done = campaigns.len() > 0 && campaigns.all(|one| one.state == CampaignState::Done);
    assert!(!all_done, "{made} attempts, and nobody is left to call");
    made
}

fn add_campaign(store: &mut SqliteStore, purpose: &str, areas: &[u32], at: Timestamp) {
    let text = format!(
        "name = \"{purpose}\"\nseller = \"Example Dental\"\npurpose = \"{purpose}\"\n\
         call_class = \"live\"\nagent = \"automated\"\ntrunk = \"trunk\"\ncontacts = \"none.csv\"\n\
         [pacing]\ncalls_per_minute = 70\nmax_concurrent = 60\n[schedule]\nramp = \"0s\"\n\
         [caller_id]\npool = \"main\"\n[consent]\nrequired = \"none\"\n"
    );
    let mut file = read_campaign("campaign.toml", &text).unwrap();
    // Agents that go away would let the brake end a run.
    file.settings.abandonment_limit_percent = 100;
    let id = store.add_campaign(&file.settings, &by(at)).unwrap();
    let numbers = areas
        .iter()
        .flat_map(|area| (100..200).map(move |line| format!("+1{area}5550{line}")));
    let rows: Vec<NewContact> = numbers
        .zip(2..)
        .map(|(number, line)| {
            let number: PhoneNumber = number.parse().unwrap();
            let class = Rules::embedded().locate(number, &Hints::default(), Evidence::All);
            NewContact {
                line,
                number,
                name: "Ana Ruiz".to_owned(),
                class: Ok(Arc::new(class.unwrap())),
                priority: 0,
                // An automated agent needs it in the United States.
                consent: Some(Consent {
                    kind: ConsentKind::ExpressWritten,
                    source: "signed form".to_owned(),
                    at,
                }),
                expires_at: None,
                variables: String::new(),
            }
        })
        .collect();
    store.import_contacts(id, &rows, at).unwrap();
    let running = CampaignState::Running;
    store.move_campaign(id, running, "", &by(at)).unwrap();
}

/// What a run left.
pub(crate) struct Ended {
    folder: TempDir,
    ledger: Ledger,
    pub(crate) size: Size,
    /// Requests that the network lost.
    pub(crate) failed: u64,
}

impl Ended {
    fn store(&self) -> SqliteStore {
        let path = self.folder.path().join("deck.sqlite");
        SqliteStore::open_read_only(&path, Rules::embedded()).unwrap()
    }

    pub(crate) fn log(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .map(|line| line.parse().unwrap())
            .collect()
    }

    /// The event log, a line an entry.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut store = self.store();
        let entries = store.tail(0, usize::MAX).unwrap();
        entries.into_iter().map(|entry| entry.line).collect()
    }

    pub(crate) fn attempts(&self) -> u64 {
        let log = self.log();
        log.iter()
            .filter(|entry| entry["kind"] == "attempt_reserved")
            .count() as u64
    }

    pub(crate) fn open_attempts(&self) -> usize {
        let mut store = self.store();
        store.open_attempts().unwrap().len()
    }

    /// Contacts that a person is asked about.
    pub(crate) fn listed_unknown(&self) -> u64 {
        let mut store = self.store();
        let now = Timestamp::MAX;
        let campaigns = store.snapshot(now).unwrap().campaigns;
        let counts = campaigns.iter().flat_map(|campaign| &campaign.contacts);
        counts
            .filter(|((_, state), _)| *state == ContactState::Unknown)
            .map(|(_, count)| count)
            .sum()
    }

    /// The double's log with the attempts its calls were for: the last one planned for their number.
    fn carrier(&self) -> Carried {
        let mut planned: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
        for entry in self.log() {
            if entry["kind"] == "attempt_reserved" {
                let number = entry["number"].as_str().unwrap().to_owned();
                let at = entry["at"].as_str().unwrap().parse().unwrap();
                let attempt = entry["attempt"].as_str().unwrap().to_owned();
                planned.entry(number).or_default().push((at, attempt));
            }
        }
        let mut of_key: BTreeMap<(String, String), String> = BTreeMap::new();
        let mut invites: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
        let mut cancelled = BTreeSet::new();
        let mut log = String::new();
        for entry in self.ledger.entries() {
            let key = (entry.key.clone(), entry.to.clone());
            if entry.step == Step::Invite {
                let planned = planned
                    .get(&entry.to)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let last = planned.iter().rev().find(|(at, _)| *at <= entry.at);
                let attempt = last.map(|(_, attempt)| attempt.clone()).unwrap_or_default();
                invites.entry(attempt.clone()).or_default().push(entry.at);
                of_key.insert(key.clone(), attempt);
            } else if !of_key.contains_key(&key) {
                // Stopped in the vendor's own queue, before there was an INVITE.
                continue;
            }
            if entry.step == Step::Cancel {
                cancelled.extend(of_key.get(&key).cloned());
            }
            let line = json!({
                "at": entry.at,
                "event": entry.step.as_str(),
                "attempt": of_key.get(&key),
                "to": entry.to,
                "from": entry.from,
            });
            writeln!(log, "{line}").unwrap();
        }
        Carried {
            log,
            invites,
            cancelled,
        }
    }

    /// Fails on any breach that the judge finds in the two logs.
    pub(crate) fn assert_clean(&self) {
        let carrier = self.carrier().log;
        let options = judge::Options {
            unfinished: true,
            any_pace: true,
            networked: true,
            located_by_number: true,
            ..judge::Options::default()
        };
        judge::assert_clean(&self.lines().join("\n"), &carrier, &options);
    }

    /// How many alerts of this name there were.
    pub(crate) fn alerts(&self, name: &str) -> usize {
        let log = self.log();
        let alerts = log.iter().filter(|entry| entry["data"]["alert"] == name);
        alerts.count()
    }

    /// Every attempt that ended, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let Carried {
            invites, cancelled, ..
        } = self.carrier();
        // Word that came after the end holds.
        let corrected: BTreeMap<String, Value> = self
            .log()
            .into_iter()
            .filter(|entry| entry["kind"] == "attempt_corrected")
            .map(|entry| {
                let attempt = entry["attempt"].as_str().unwrap().to_owned();
                (attempt, entry["data"].clone())
            })
            .collect();
        let ended = self.log().into_iter();
        ended
            .filter(|entry| entry["kind"] == "call_ended")
            .map(|entry| {
                let word = |value: &Value| value.as_str().unwrap().to_owned();
                let attempt = word(&entry["attempt"]);
                let read = corrected.get(&attempt).unwrap_or(&entry["data"]);
                let invites = invites.get(&attempt).map(Vec::as_slice).unwrap_or_default();
                Call {
                    number: word(&entry["number"]),
                    outcome: word(&read["outcome"]),
                    cause: word(&read["cause"]),
                    coded: !entry["data"]["sip_code"].is_null(),
                    invited: invites.first().copied(),
                    invites: invites.len(),
                    cancelled: cancelled.contains(&attempt),
                    attempt,
                }
            })
            .collect()
    }

    /// Numbers that were called while a call to them was up, by the vendor's own count.
    pub(crate) fn twice_up(&self) -> Vec<String> {
        let mut up: BTreeMap<String, String> = BTreeMap::new();
        let mut twice = Vec::new();
        for entry in self.ledger.entries() {
            match entry.step {
                Step::Invite => twice.extend(up.insert(entry.to, entry.key)),
                Step::End | Step::Cancel => {
                    up.remove(&entry.to);
                }
                Step::Ringing | Step::Answer => {}
            }
        }
        twice
    }

    /// Numbers that were put on a list by a call's end.
    pub(crate) fn listed(&self) -> BTreeSet<String> {
        let log = self.log().into_iter();
        let listed = log.filter(|entry| entry["kind"] == "suppression_added");
        listed
            .map(|entry| entry["number"].as_str().unwrap().to_owned())
            .collect()
    }
}

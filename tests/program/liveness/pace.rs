//! The pace holds with agents that come late or never: by the trunk's own count, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialdeck::clock::{Clock, ManualClock};
use dialdeck::config::{read_campaign, read_deck};
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::{
    AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, CampaignState, Capabilities, Consent,
    ConsentKind, DeckId, Hints, NewContact, PhoneNumber, Timestamp, TrunkName,
};
use dialdeck::engine::shell::{Ending, Ends, Shell};
use dialdeck::provider::{DialRequest, Owned, Provider, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::{Acts as _, By, Engine};

/// How long an agent takes to join.
const COMES: Duration = Duration::from_secs(4);
/// How long the trunk waits for an agent.
const WAIT: Duration = Duration::from_secs(10);
/// One agent in this many never joins.
const MISSING: usize = 15;
/// How long a call is up.
const LASTS: Duration = Duration::from_secs(8);
/// Calls a minute, at most.
const CAP: usize = 600;
const MINUTE: Duration = Duration::from_mins(1);

/// Area codes of the eastern states, each with a hundred fictional numbers.
const AREAS: [u32; 30] = [
    212, 313, 404, 617, 202, 215, 216, 614, 412, 704, 305, 813, 407, 201, 203, 301, 410, 502, 518,
    607, 716, 919, 336, 910, 828, 843, 803, 864, 706, 912,
];

/// A trunk that sends for an agent before it dials. Every callee is busy.
struct Agents {
    placed: usize,
    due: BTreeMap<(Timestamp, usize), ProviderEvent>,
    said: usize,
    seen: Arc<Mutex<Seen>>,
}

/// What was sent, by the trunk's own count.
#[derive(Debug, Default)]
struct Seen {
    attempts: BTreeSet<AttemptId>,
    up: BTreeMap<PhoneNumber, Timestamp>,
    sends: Vec<Timestamp>,
}

impl Agents {
    fn say(&mut self, at: Timestamp, event: ProviderEvent) {
        self.due.insert((at, self.said), event);
        self.said += 1;
    }

    fn tell(&mut self, attempt: AttemptId, at: Timestamp, kind: CallEventKind) {
        self.say(at, ProviderEvent::Call(CallEvent { attempt, at, kind }));
    }

    fn place(&mut self, request: &DialRequest, now: Timestamp) {
        let attempt = request.attempt;
        let end = |end, sip_code| {
            CallEventKind::Ended(CallReport {
                end,
                sip_code,
                ..CallReport::default()
            })
        };
        self.placed += 1;
        if self.placed % MISSING == MISSING / 2 {
            return self.tell(attempt, now + WAIT, end(CallEnd::NoAgent, None));
        }
        let leaves = request.not_before.max(now + COMES);
        if leaves >= request.expires_at {
            return self.tell(attempt, request.expires_at, end(CallEnd::Lapsed, None));
        }
        let ends = leaves + LASTS;
        let mut seen = self.seen.lock().unwrap();
        assert!(seen.attempts.insert(attempt), "{attempt} was placed twice");
        let before = seen.up.insert(request.to, ends);
        assert!(before.is_none_or(|ends| ends <= leaves), "twice up");
        seen.sends.push(leaves);
        drop(seen);
        self.tell(attempt, leaves, CallEventKind::Sent);
        self.tell(attempt, ends, end(CallEnd::Rejected, Some(486)));
    }
}

impl Provider for Agents {
    fn capabilities(&self) -> Capabilities {
        Capabilities::livekit(WAIT)
    }

    fn request(&mut self, request: Request, now: Timestamp) {
        match request {
            Request::Place(request) => self.place(&request, now),
            Request::ListNumbers => {
                let owned = Owned::These(shown().collect());
                self.say(now, ProviderEvent::Numbers(owned));
            }
            Request::HangUp(attempt) => panic!("{attempt} is to be hung up"),
            Request::LookUp(inquiry) => panic!("{inquiry:?} is asked for"),
        }
    }

    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent> {
        let later = self.due.split_off(&(now, usize::MAX));
        std::mem::replace(&mut self.due, later)
            .into_values()
            .collect()
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    async fn ready(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// Returns the caller IDs that are shown.
fn shown() -> impl Iterator<Item = PhoneNumber> {
    (0..100).map(|place| format!("+16465550{}", 100 + place).parse().unwrap())
}

/// Returns a deck with one running campaign of three thousand contacts.
fn store(start: Timestamp) -> Engine<MemoryStore> {
    let rules = Rules::embedded();
    let mut store = MemoryStore::new(DeckId(7), rules, start).into_engine();
    let mut text = format!(
        "[[trunk]]\nname = \"trunk\"\nkind = \"livekit\"\nurl = \"https://livekit.example.com\"\n\
         sip_trunk = \"ST_example\"\nagent = \"dialdeck\"\nagent_wait = \"10s\"\n\
         max_concurrent = 300\ncalls_per_minute = {CAP}\nring_timeout = \"20s\"\n\
         [[pool]]\nname = \"main\"\ntrunk = \"trunk\"\nnumbers = [\n"
    );
    for number in shown() {
        writeln!(text, "\"{number}\",").unwrap();
    }
    text.push_str("]\n");
    let mut settings = read_deck("deck.toml", &text).unwrap().settings;
    settings.max_concurrent = 300;
    store.configure(&settings).unwrap();
    let text = format!(
        "name = \"pace\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
         call_class = \"live\"\nagent = \"automated\"\ntrunk = \"trunk\"\ncontacts = \"none.csv\"\n\
         [pacing]\ncalls_per_minute = {CAP}\nmax_concurrent = 300\n[schedule]\nramp = \"0s\"\n\
         [caller_id]\npool = \"main\"\nhourly_cap = 60\n[consent]\nrequired = \"none\"\n\
         [attempts]\nmax = 1\n"
    );
    let file = read_campaign("campaign.toml", &text).unwrap();
    let by = By {
        actor: "maria".to_owned(),
        at: start,
    };
    let campaign = store.add_campaign(&file.settings, &by).unwrap();
    let numbers = AREAS
        .iter()
        .flat_map(|area| (100..200).map(move |line| format!("+1{area}5550{line}")));
    let rows: Vec<NewContact> = numbers
        .zip(2..)
        .map(|(number, line)| {
            let number: PhoneNumber = number.parse().unwrap();
            let class = rules.locate(number, &Hints::default(), Evidence::All);
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
                    at: start,
                }),
                expires_at: None,
                variables: String::new(),
            }
        })
        .collect();
    store.import_contacts(campaign, &rows, start).unwrap();
    let running = CampaignState::Running;
    store.move_campaign(campaign, running, "", &by).unwrap();
    store
}

#[tokio::test]
async fn six_hundred_a_minute_leave_with_agents_that_take_four_seconds_and_some_that_never_come() {
    let start: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let agents = Agents {
        placed: 0,
        due: BTreeMap::new(),
        said: 0,
        seen: Arc::clone(&seen),
    };
    let trunk = TrunkName("trunk".to_owned());
    let (shell, _handle) = Shell::new(
        store(start),
        BTreeMap::from([(trunk, agents)]),
        Clock::Manual(ManualClock::at(start)),
        Rules::embedded(),
    )
    .unwrap();
    assert_eq!(shell.run(Ends::AtRest).await, Ending::AtRest);
    let mut sends = std::mem::take(&mut seen.lock().unwrap().sends);
    sends.sort_unstable();
    assert_eq!(sends.len(), 3_000, "one for each contact");
    let within = |from: Timestamp, to: Timestamp| {
        let after = sends.partition_point(|at| *at < from);
        sends.partition_point(|at| *at <= to) - after
    };
    for at in &sends {
        assert!(within(*at, *at + MINUTE) <= CAP, "too many from {at} on");
    }
    for minute in 0..4 {
        let from = sends[0] + MINUTE * minute;
        let sent = within(from, from + MINUTE);
        assert!(sent * 100 >= CAP * 95, "{sent} in minute {minute}");
    }
}

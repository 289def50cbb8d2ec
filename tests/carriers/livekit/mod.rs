//! LiveKit SIP against its double.

mod agents;
mod doubt;
mod faults;
mod network;
mod outside;
mod recordings;
mod run;

use std::time::Duration;

use dialdeck::domain::{
    CallEnd, CallEventKind, CallReport, CalleeType, DeckId, PhoneNumber, Timestamp,
};
use dialdeck::provider::livekit::{Account, LiveKit};
use dialdeck::provider::remote::Vendor as _;
use dialdeck::provider::remote::secret::Secret;
use dialdeck::provider::{Inquiry, LookUp, Owned, ProviderEvent, Request as Ask};

use dialdeck_testkit::rig::{self, Front, Rig, attempt, names, number};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::ledger::Step;
use dialdeck_testkit::vendors::livekit::{LiveKitDouble, Options, Settings};
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Spell, Who};

/// The deck under test, as `rig::attempt` has it.
const DECK: DeckId = DeckId(0x7f3a_9c21);

/// A vendor and its double.
struct Bench {
    rig: Rig,
    double: LiveKitDouble,
}

/// How a bench is set up.
struct Setup {
    script: Script,
    faults: Faults,
    settings: Settings,
    webhooks: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            script: people(),
            faults: Faults::new(1),
            settings: Settings::default(),
            webhooks: true,
        }
    }
}

impl Setup {
    /// One fault that hits every attempt.
    fn with_fault(fault: &'static str) -> Self {
        Self {
            faults: Faults::new(1).with(fault, 1000),
            ..Self::default()
        }
    }

    fn without_webhooks(self) -> Self {
        Self {
            webhooks: false,
            ..self
        }
    }

    fn start(self) -> Bench {
        let lab = rig::lab();
        let double = LiveKitDouble::start(Options {
            port: 0,
            lab: lab.clone(),
            script: self.script,
            faults: self.faults,
            settings: self.settings,
        });
        let rig = rig_for(&double, &lab, self.webhooks);
        Bench { rig, double }
    }
}

/// A vendor that knows nothing of earlier ones, as after a restart.
fn rig_for(double: &LiveKitDouble, lab: &Lab, webhooks: bool) -> Rig {
    let front = Front::open(lab);
    double.settings().webhook = webhooks.then(|| format!("{}/webhook", front.reach.url));
    let reach = Some(front.reach.clone());
    let vendor = LiveKit::new(account(double.url()), reach, lab.http());
    front.start(vendor)
}

fn account(url: String) -> Account {
    let settings = Settings::default();
    Account {
        ids: DECK.into(),
        url,
        api_key: Secret::new(settings.key),
        api_secret: Secret::new(settings.secret),
        sip_trunk: settings.trunk,
        agent: settings.agent,
        agent_wait: Duration::from_secs(30),
    }
}

const PERSON: u8 = 1;
const BUSY: u8 = 2;
const SILENT: u8 = 3;
const MACHINE: u8 = 4;

/// Some callees whose part is known; everybody else's is drawn.
fn people() -> Script {
    let part = |ring, fate| {
        [Part {
            ring: Duration::from_secs(ring),
            fate,
        }]
    };
    let talk = Duration::from_secs(25);
    Script::new(7)
        .with(
            &number(PERSON).to_string(),
            &part(5, Fate::Answered(Who::Human, talk)),
        )
        .with(
            &number(BUSY).to_string(),
            &part(3, Fate::Refused(486, "Busy Here")),
        )
        .with(&number(SILENT).to_string(), &part(5, Fate::RingsOut))
        .with(
            &number(MACHINE).to_string(),
            &part(4, Fate::Answered(Who::Machine, talk)),
        )
}

/// A callee who answers after `ring` seconds and talks for `talk` seconds.
fn answering(ring: u64, talk: u64) -> Script {
    let part = Part {
        ring: Duration::from_secs(ring),
        fate: Fate::Answered(Who::Human, Duration::from_secs(talk)),
    };
    Script::new(7).with(&number(PERSON).to_string(), &[part])
}

impl Bench {
    /// INVITEs of an attempt.
    fn invites(&self, serial: i64) -> usize {
        self.double.invites(&attempt(serial).to_string())
    }

    /// Waits until an event of this name was reported.
    fn wait_for(&mut self, serial: i64, name: &'static str) {
        self.rig
            .wait(name, |reported| names(reported, serial).contains(&name));
    }

    /// A look-up of an attempt that was planned this long ago.
    fn look_up_after(&mut self, serial: i64, ago: Duration) -> LookUp {
        let inquiry = Inquiry {
            reserved_at: self.rig.lab.now() - ago,
            ..self.rig.inquiry(serial, number(PERSON))
        };
        self.rig.inquire(inquiry)
    }
}

fn callee_types(reported: &[ProviderEvent], serial: i64) -> Vec<CalleeType> {
    let events = rig::events(reported, serial).into_iter();
    let types = events.filter_map(|event| {
        let CallEventKind::CalleeDetected(callee) = event.kind else {
            return None;
        };
        Some(callee)
    });
    types.collect()
}

#[test]
fn it_keeps_the_contract_with_webhooks() {
    let mut bench = Setup::default().start();
    rig::exercise(&mut bench.rig, number(PERSON), number(BUSY), true);
    assert_eq!(
        bench.double.rooms(),
        Vec::<String>::new(),
        "every room is gone"
    );
    let invites = bench.double.ledger().invites();
    assert!(invites.values().all(|count| *count == 1), "{invites:?}");
}

#[test]
fn it_keeps_the_contract_without_webhooks() {
    let mut bench = Setup::default().without_webhooks().start();
    rig::exercise(&mut bench.rig, number(PERSON), number(BUSY), true);
    assert_eq!(
        bench.double.rooms(),
        Vec::<String>::new(),
        "every room is gone"
    );
}

#[test]
fn a_call_is_asked_for_in_full_and_without_the_number_in_a_name() {
    let mut bench = Setup::default().start();
    let mut dial = bench.rig.dial(1, number(BUSY));
    dial.briefing.name = "Ana Ruiz".to_owned();
    dial.briefing.variables = r#"{"clinic":"North"}"#.to_owned();
    bench.rig.place(dial);
    bench.rig.end_of(1);
    let rooms = bench.double.asked("RoomService/CreateRoom");
    let reported: serde_json::Value =
        serde_json::from_str(rooms[0]["agents"][0]["metadata"].as_str().unwrap()).unwrap();
    assert_eq!(reported["attempt"], attempt(1).to_string());
    assert_eq!(reported["campaign"], "spring");
    assert_eq!(reported["name"], "Ana Ruiz");
    assert_eq!(reported["variables"]["clinic"], "North");
    assert_eq!(reported["identity"], format!("callee-{}", attempt(1)));
    assert!(
        reported["callback"]
            .as_str()
            .unwrap()
            .ends_with("/trunk/agent")
    );
    assert_eq!(reported["token"].as_str().unwrap().len(), 32);
    assert!(!rooms[0].to_string().contains("5550102"), "{}", rooms[0]);
    let dialed = bench.double.asked("SIP/CreateSIPParticipant");
    assert_eq!(dialed.len(), 1);
    let wanted = serde_json::json!({
        "sip_trunk_id": "ST_example",
        "sip_call_to": "+12125550102",
        "sip_number": "+16465550100",
        "room_name": format!("dd-{}", attempt(1)),
        "participant_identity": format!("callee-{}", attempt(1)),
        "participant_name": "callee",
        "hide_phone_number": true,
        "wait_until_answered": true,
        "ringing_timeout": "30s",
        // Ringing and talk: the server counts from the start of the dialing.
        "max_call_duration": "630s",
    });
    assert_eq!(dialed[0], wanted);
}

#[test]
fn a_carriers_status_is_the_outcome_in_both_encodings() {
    let table: [(u16, &'static str, &str); 14] = [
        (486, "Busy Here", "busy"),
        (480, "Temporarily Unavailable", "no_answer"),
        (600, "Busy Everywhere", "busy"),
        (408, "Request Timeout", "no_answer"),
        (404, "Not Found", "invalid_number"),
        (410, "Gone", "invalid_number"),
        (484, "Address Incomplete", "invalid_number"),
        (603, "Decline", "declined"),
        (603, "X-Twilio-Error: 32203", "provider_error"),
        (607, "Unwanted", "declined"),
        (608, "Rejected", "provider_error"),
        (403, "Channel limit exceeded", "throttled"),
        (503, "CPS limit exceeded", "throttled"),
        (500, "Server Internal Error", "network_failure"),
    ];
    for newer in [0, 1000] {
        let mut script = Script::new(1);
        for (last, (status, phrase, _)) in (40u8..).zip(table) {
            let part = Part {
                ring: Duration::from_secs(1),
                fate: Fate::Refused(status, phrase),
            };
            script = script.with(&number(last).to_string(), &[part]);
        }
        let mut bench = Setup {
            script,
            faults: Faults::new(1).with("newer_codes", newer),
            ..Setup::default()
        }
        .start();
        for (last, (status, phrase, wanted)) in (40u8..).zip(table) {
            let report = bench.rig.outcome(i64::from(last), number(last));
            assert_eq!(report.sip_code, Some(status));
            let report = CallReport {
                rang: Some(true),
                ..report
            };
            let read = dialdeck::domain::outcome::classify(&report);
            assert_eq!(read.outcome.as_str(), wanted, "{status} {phrase}");
        }
    }
}

#[test]
fn a_phone_that_rings_out_is_told_from_one_that_we_silenced() {
    let mut bench = Setup::default().start();
    assert_eq!(bench.rig.outcome(1, number(SILENT)).end, CallEnd::RangOut);
    bench.rig.place(bench.rig.dial(2, number(SILENT)));
    bench.rig.wait_for_ringing(2);
    bench.rig.ask(Ask::HangUp(attempt(2)));
    assert_eq!(bench.rig.end_of(2).end, CallEnd::CancelledByUs);
    let removed = bench.double.asked("RoomService/RemoveParticipant");
    assert_eq!(removed[0]["identity"], format!("callee-{}", attempt(2)));
    assert_eq!(bench.invites(2), 1);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn who_picked_up_is_told_by_report_or_by_attribute() {
    for setup in [Setup::default(), Setup::with_fault("agent_by_attribute")] {
        let mut bench = setup.start();
        let report = bench.rig.outcome(1, number(MACHINE));
        assert_eq!(report.callee_type, Some(CalleeType::Voicemail));
        assert_eq!(
            callee_types(&bench.rig.reported, 1),
            [CalleeType::Voicemail]
        );
    }
}

#[test]
fn a_silent_agent_leaves_it_open_who_picked_up() {
    let mut bench = Setup::with_fault("agent_silent").start();
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!((report.end, report.callee_type), (CallEnd::Completed, None));
}

#[test]
fn a_person_without_an_agent_is_abandoned() {
    let after = |wait: Option<u64>, human_agent: bool, last: u8| {
        let mut bench = Setup {
            settings: Settings {
                bridges_after: wait.map(Duration::from_secs),
                ..Settings::default()
            },
            ..Setup::default()
        }
        .start();
        let mut dial = bench.rig.dial(1, number(last));
        dial.human_agent = human_agent;
        bench.rig.place(dial);
        bench.rig.end_of(1).end
    };
    assert_eq!(after(Some(1), true, PERSON), CallEnd::Completed);
    assert_eq!(after(Some(10), true, PERSON), CallEnd::Abandoned);
    assert_eq!(after(None, true, PERSON), CallEnd::Abandoned);
    assert_eq!(after(None, true, MACHINE), CallEnd::Completed);
    assert_eq!(after(None, false, PERSON), CallEnd::Completed);
}

#[test]
fn the_longest_call_ends_by_the_servers_clock() {
    let mut bench = Setup {
        script: answering(2, 3600),
        ..Setup::default()
    }
    .start();
    let mut dial = bench.rig.dial(1, number(PERSON));
    dial.max_call = Duration::from_secs(20);
    bench.rig.place(dial);
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Completed);
    let events = rig::events(&bench.rig.reported, 1);
    let at = |kind: fn(&CallEventKind) -> bool| -> Timestamp {
        events.iter().find(|event| kind(&event.kind)).unwrap().at
    };
    let answered = at(|kind| *kind == CallEventKind::Answered);
    let ended = at(|kind| matches!(kind, CallEventKind::Ended(_)));
    assert!(ended >= answered);
}

/// The server counts from the start of the dialing and would let this call go on for minutes.
#[test]
fn the_longest_call_is_ended_by_us_from_the_answer_on() {
    for webhooks in [true, false] {
        let mut bench = Setup {
            script: answering(2, 3600),
            webhooks,
            ..Setup::default()
        }
        .start();
        let mut dial = bench.rig.dial(1, number(PERSON));
        dial.ring_timeout = Duration::from_mins(10);
        dial.max_call = Duration::from_secs(20);
        bench.rig.place(dial);
        assert_eq!(bench.rig.end_of(1).end, CallEnd::Completed);
        let dialed = bench.double.asked("SIP/CreateSIPParticipant");
        assert_eq!(dialed[0]["max_call_duration"], "620s");
        let removed = bench.double.asked("RoomService/RemoveParticipant");
        assert!(!removed.is_empty(), "the server did not end it");
        let ended = |step| {
            let entries = bench.double.ledger().entries();
            entries
                .into_iter()
                .find(|entry| entry.step == step)
                .map(|entry| entry.at)
        };
        let (answered, over) = (ended(Step::Answer).unwrap(), ended(Step::End).unwrap());
        assert!(
            over >= answered + Duration::from_secs(20),
            "it may last so long"
        );
        assert_eq!(bench.double.rooms(), Vec::<String>::new());
    }
}

#[test]
fn a_dead_trunk_is_told_by_the_last_look_where_no_webhooks_come() {
    let lab = rig::lab();
    let script = people().during(lab.now(), lab.now() + Duration::from_hours(6), Spell::Dead);
    // A limit of the ringing below and above the network's own timer (32 s).
    for limit in [15, 50] {
        let mut bench = Setup {
            script: script.clone(),
            webhooks: false,
            ..Setup::default()
        }
        .start();
        let mut dial = bench.rig.dial(1, number(PERSON));
        dial.ring_timeout = Duration::from_secs(limit);
        bench.rig.place(dial);
        let report = bench.rig.end_of(1);
        assert_eq!(report.end, CallEnd::NobodyRang, "{limit}");
        let read = dialdeck::domain::outcome::classify(&report);
        assert_eq!(
            (read.outcome.as_str(), read.counts),
            ("network_failure", false)
        );
        assert_eq!(bench.invites(1), 1);
    }
}

#[test]
fn the_trunks_numbers_are_ours() {
    let mut bench = Setup::default().start();
    bench.rig.ask(Ask::ListNumbers);
    bench.rig.wait("numbers", |reported| {
        let wanted = [
            rig::caller_id(),
            "+16465550101".parse::<PhoneNumber>().unwrap(),
        ];
        reported.contains(&ProviderEvent::Numbers(Owned::These(wanted.to_vec())))
    });
}

#[test]
fn a_doctor_finds_what_is_wrong_without_a_call() {
    let found = |change: fn(&mut Settings)| {
        let bench = Setup::default().start();
        change(&mut bench.double.settings());
        let vendor = LiveKit::new(account(bench.double.url()), None, bench.rig.lab.http());
        let examined = bench.rig.run(vendor.examine());
        assert_eq!(bench.double.ledger().entries().len(), 0);
        let wrong = examined.iter().filter(|one| one.found.is_err());
        wrong.map(|one| one.what).collect::<Vec<_>>()
    };
    assert_eq!(found(|_| {}), Vec::<&str>::new());
    // A trunk may take any number, and say so by naming none.
    assert_eq!(
        found(|settings| settings.numbers.clear()),
        Vec::<&str>::new()
    );
    assert_eq!(
        found(|settings| settings.trunk = "ST_other".to_owned()),
        ["trunk", "numbers"]
    );
    assert_eq!(
        found(|settings| settings.clock_ahead = 600),
        ["clock", "trunk", "numbers"]
    );
    assert_eq!(
        found(|settings| settings.clock_ahead = -600),
        ["clock", "trunk", "numbers"]
    );
    assert_eq!(
        found(|settings| settings.secret = "changed".to_owned()),
        ["credentials", "clock", "trunk", "numbers"]
    );
}

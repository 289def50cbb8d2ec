//! A small deck in which everything is in order, and short helpers for tests.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use dialdeck_core::domain::campaign::{
    Agent, AttemptRules, CallClass, CallerIdRules, CallerIdStrategy, Evidence, Pacing, Purpose,
    Schedule, VoicemailAction,
};
use dialdeck_core::domain::event::ChainCheck;
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, CalleeType, CallerId,
    CallerIdState, CampaignId, CampaignSettings, CampaignState, Capabilities, Consent, ConsentKind,
    ContactId, DeckId, ListKind, PhoneNumber, Suppression, Timestamp, TrunkName, TrunkSettings,
    WindowClass,
};
use dialdeck_core::policy::Context;
use dialdeck_core::rules::Rules;
use dialdeck_store::memory::MemoryStore;
use dialdeck_store::sqlite::SqliteStore;
use dialdeck_store::sqlite::lock::EngineLock;
use dialdeck_store::{
    Acts, By, Claimed, DeckSettings, Engine, EngineStore, NewContact, Reads, Reversal, RowFate,
    Settled, opt_out,
};

pub const DECK: DeckId = DeckId(0x7f3a_9c21);

/// Returns Tuesday 10:00 in New York, 07:00 in Los Angeles.
pub fn morning() -> Timestamp {
    "2026-12-08T15:00:00Z".parse().unwrap()
}

pub fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub fn memory() -> Engine<MemoryStore> {
    MemoryStore::new(DECK, Rules::embedded(), morning()).into_engine()
}

pub fn sqlite(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("deck.sqlite");
    SqliteStore::create_or_open(&path, DECK, Rules::embedded(), morning()).unwrap()
}

/// Returns the handle of an engine on the deck in this folder.
pub fn sqlite_engine(folder: &tempfile::TempDir) -> Engine<SqliteStore> {
    engine_of(sqlite(folder), folder.path())
}

/// Takes over the deck of this store for an engine and returns its handle. The lock is released, so that a
/// test may start another engine.
pub fn engine_of(mut store: SqliteStore, folder: &Path) -> Engine<SqliteStore> {
    let lock = EngineLock::try_acquire(folder).unwrap().unwrap();
    let epoch = store.take_over(&lock, None).unwrap();
    store.into_engine(epoch).unwrap()
}

pub fn by(at: Timestamp) -> By {
    By {
        actor: "maria".to_owned(),
        at,
    }
}

/// Returns a number from `+1 212-555-0100` on.
pub fn number(place: u64) -> PhoneNumber {
    PhoneNumber::from_digits(12_125_550_100 + place).unwrap()
}

pub fn caller_id(place: u64) -> PhoneNumber {
    PhoneNumber::from_digits(16_465_550_100 + place).unwrap()
}

pub fn new_york() -> WindowClass {
    WindowClass {
        zones: vec!["America/New_York".to_owned()],
        regions: vec!["US-NY".to_owned()],
        zone_source: "number".to_owned(),
    }
}

pub fn los_angeles() -> WindowClass {
    WindowClass {
        zones: vec!["America/Los_Angeles".to_owned()],
        regions: vec!["US-CA".to_owned()],
        zone_source: "stated".to_owned(),
    }
}

pub fn deck() -> DeckSettings {
    DeckSettings {
        max_concurrent: 8,
        trunks: vec![TrunkSettings {
            name: TrunkName("carrier".to_owned()),
            max_concurrent: 6,
            calls_per_minute: 600,
            ring_timeout: secs(30),
            max_call: secs(1800),
            queue_wait: Duration::ZERO,
            capabilities: Capabilities::default(),
        }],
        caller_ids: (0..3)
            .map(|place| CallerId {
                number: caller_id(place),
                pool: "main".to_owned(),
                trunk: TrunkName("carrier".to_owned()),
                region: Some("US-NY".to_owned()),
                attestation: None,
                branded: false,
                hourly_cap: 30,
                state: CallerIdState::Active,
                rests_until: None,
                ownership: None,
            })
            .collect(),
        emergency_bans: Vec::new(),
        every_registry_binds: false,
    }
}

pub fn settings(name: &str) -> CampaignSettings {
    CampaignSettings {
        name: name.to_owned(),
        seller: "Example Dental".to_owned(),
        purpose: Purpose::Reminder,
        call_class: CallClass::Live,
        agent: Agent::Human,
        trunk: TrunkName("carrier".to_owned()),
        pci: false,
        evidence: Evidence::All,
        evidence_reason: None,
        schedule: Schedule {
            ramp: Duration::ZERO,
            ..Schedule::default()
        },
        pacing: Pacing {
            calls_per_minute: 600,
            max_concurrent: 5,
            weight: 1,
        },
        attempts: AttemptRules::default(),
        voicemail: VoicemailAction::HangUp,
        consent: ConsentKind::Express,
        caller_id: CallerIdRules {
            pool: Some("main".to_owned()),
            numbers: Vec::new(),
            strategy: CallerIdStrategy::LeastUsed,
            hourly_cap: 30,
        },
        required_lists: Vec::new(),
        abandonment_limit_percent: 3,
        results_url: None,
        rule_overrides: Vec::new(),
    }
}

/// Returns a campaign that sells, lawfully in the United States: it lists the national registry.
pub fn selling(name: &str) -> CampaignSettings {
    CampaignSettings {
        purpose: Purpose::Sales,
        required_lists: vec![ListKind::National("us".to_owned())],
        ..settings(name)
    }
}

pub fn row(line: u64, number: PhoneNumber) -> NewContact {
    NewContact {
        line,
        number,
        name: "Ana Ruiz".to_owned(),
        class: Ok(new_york().into()),
        priority: 0,
        consent: Some(Consent {
            kind: ConsentKind::Express,
            source: "form 17".to_owned(),
            at: morning() - secs(86_400),
        }),
        expires_at: None,
        variables: String::new(),
    }
}

/// Configures a deck with one running campaign of `contacts` contacts.
pub fn running(store: &mut impl Acts, contacts: u64) -> (CampaignId, Vec<ContactId>) {
    store.configure(&deck()).unwrap();
    campaign(store, "spring-reminders", contacts)
}

/// Adds one more running campaign over the same numbers.
pub fn campaign(store: &mut impl Acts, name: &str, contacts: u64) -> (CampaignId, Vec<ContactId>) {
    campaign_of(store, &settings(name), contacts)
}

/// Like [`campaign`], with other settings.
pub fn campaign_of(
    store: &mut impl Acts,
    settings: &CampaignSettings,
    contacts: u64,
) -> (CampaignId, Vec<ContactId>) {
    let now = morning();
    let id = store.add_campaign(settings, &by(now)).unwrap();
    let rows: Vec<NewContact> = (0..contacts)
        .map(|place| row(place + 2, number(place)))
        .collect();
    let fates = store.import_contacts(id, &rows, now).unwrap();
    let taken = fates.into_iter().map(|fate| match fate {
        RowFate::Taken(contact) => contact,
        RowFate::Duplicate { of_line, .. } => panic!("duplicate of line {of_line}"),
    });
    let taken = taken.collect();
    let to = CampaignState::Running;
    store.move_campaign(id, to, "", &by(now)).unwrap();
    (id, taken)
}

pub fn claim(store: &mut impl EngineStore, contact: ContactId, now: Timestamp) -> Claimed {
    store.claim(contact, &Context::default(), now).unwrap()
}

pub fn dial(store: &mut impl EngineStore, contact: ContactId, now: Timestamp) -> Attempt {
    match claim(store, contact, now) {
        Claimed::Dial(attempt, ..) => *attempt,
        other @ (Claimed::Held { .. } | Claimed::Refused(_) | Claimed::Stale) => {
            panic!("not dialed: {other:?}")
        }
    }
}

pub fn tell(
    store: &mut impl EngineStore,
    attempt: AttemptId,
    kind: CallEventKind,
    now: Timestamp,
) -> bool {
    let at = now;
    let event = CallEvent { attempt, at, kind };
    store.record(&event, now).unwrap()
}

pub fn rejected(code: u16) -> CallReport {
    CallReport {
        end: CallEnd::Rejected,
        sip_code: Some(code),
        rang: Some(code == 603),
        ..CallReport::default()
    }
}

pub fn ended(end: CallEnd) -> CallReport {
    CallReport {
        end,
        ..CallReport::default()
    }
}

pub fn talked() -> CallReport {
    CallReport {
        callee_type: Some(CalleeType::Human),
        ..ended(CallEnd::Completed)
    }
}

pub fn settle(
    store: &mut impl EngineStore,
    attempt: AttemptId,
    report: &CallReport,
    now: Timestamp,
) -> Option<Settled> {
    store.settle(attempt, report, now, now).unwrap()
}

/// Makes one call and returns its settled end.
pub fn call(
    store: &mut impl EngineStore,
    contact: ContactId,
    report: &CallReport,
    now: Timestamp,
) -> Settled {
    let attempt = dial(store, contact, now);
    settle(store, attempt.id, report, now).unwrap()
}

pub fn opted_out(number: PhoneNumber, at: Timestamp) -> Suppression {
    opt_out(number, None, &by(at))
}

pub fn on_list(number: PhoneNumber, list: ListKind, at: Timestamp) -> Suppression {
    Suppression {
        list,
        ..opted_out(number, at)
    }
}

/// Returns the kinds of the log's entries after `after`. Checks the whole chain, too.
pub fn kinds(store: &mut impl Reads, after: i64) -> Vec<String> {
    let mut chain = ChainCheck::default();
    let mut kinds = Vec::new();
    for sealed in store.tail(0, usize::MAX).unwrap() {
        chain.push(&sealed.line).unwrap();
        let entry: serde_json::Value = serde_json::from_str(&sealed.line).unwrap();
        if sealed.seq > after {
            kinds.push(entry["kind"].as_str().unwrap().to_owned());
        }
    }
    kinds
}

/// Asserts that the incremental counters equal a recount of the rows (D16).
pub fn check_counters(store: &mut impl Reads, now: Timestamp) {
    let recount = store.recount().unwrap();
    for counts in store.snapshot(now).unwrap().campaigns {
        let rows = recount
            .get(&counts.campaign.id)
            .cloned()
            .unwrap_or_default();
        assert_eq!(counts.contacts, rows.contacts);
        assert_eq!(counts.outcomes, rows.outcomes);
        assert_eq!(counts.without_agent, rows.without_agent);
        assert_eq!(counts.attempts, rows.attempts);
        assert_eq!(u64::from(counts.load.in_flight), rows.in_flight);
    }
}

/// Returns a reversal that leaves the contacts that the entry ended as they are.
pub const fn plainly(reason: &str) -> Reversal<'_> {
    Reversal {
        reason,
        restore: false,
    }
}

/// Returns the area codes of all contacts' numbers here.
pub fn every_area() -> BTreeSet<Area> {
    (0..40).map(|place| Area::of(number(place))).collect()
}

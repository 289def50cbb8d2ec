//! A deck in a temporary folder, of any size, in which every gate passes.

#![expect(dead_code, reason = "each bench uses its own part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dialdeck::domain::campaign::{
    Agent, AttemptRules, CallClass, CallerIdRules, CallerIdStrategy, Evidence, Pacing, Purpose,
    Schedule, VoicemailAction,
};
use dialdeck::domain::{
    AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, CallerId, CallerIdState, CampaignId,
    CampaignSettings, CampaignState, Capabilities, ClassId, Consent, ConsentKind, ContactId,
    DeckId, Hints, ImportFigures, ImportPlan, ImportTarget, PhoneNumber, Timestamp, TrunkName,
    TrunkSettings, WindowClass,
};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, By, DeckSettings, NewContact, Reads as _};

/// The name of the deck's file in its folder.
pub(crate) const FILE: &str = "deck.sqlite";

/// Returns Tuesday 15:00 in New York, 10:00 in Honolulu: every window of the deck is open.
pub(crate) fn all_open() -> Timestamp {
    "2026-12-08T20:00:00Z".parse().unwrap()
}

/// Returns Tuesday 19:30 in Los Angeles, 21:30 in Chicago: only the Pacific zone and further west are open.
pub(crate) fn mostly_shut() -> Timestamp {
    "2026-12-09T03:30:00Z".parse().unwrap()
}

/// Contacts imported with one durable commit.
const BATCH: u64 = 10_000;

/// Area codes of the Pacific zone and further west in the deck, beside nine times as many others.
const WESTERN: usize = 30;

/// Numbers in service area codes, all in the exchange 555, which no subscriber has.
pub(crate) struct Numbers {
    codes: Vec<(u64, Arc<WindowClass>)>,
}

impl Numbers {
    /// Creates numbers in area codes of the contiguous United States and Hawaii with one time zone each;
    /// one area code in ten is western.
    pub(crate) fn new() -> Self {
        let (mut western, mut others) = (Vec::new(), Vec::new());
        for line in include_str!("../../crates/core/data/npa.csv").lines() {
            let fields: Vec<&str> = line.split(',').collect();
            let [code, "US", _, zone, "geographic", "yes", ..] = fields[..] else {
                continue;
            };
            let code: u64 = code.parse().unwrap();
            let number = PhoneNumber::from_digits((1_000 + code) * 10_000_000 + 5_550_100);
            let hints = Hints {
                time_zone: None,
                region: None,
                postal_code: None,
            };
            let located = Rules::embedded().locate(number.unwrap(), &hints, Evidence::All);
            let Ok(class) = located.map(Arc::new) else {
                continue;
            };
            match zone {
                "America/Los_Angeles" | "Pacific/Honolulu" => western.push((code, class)),
                "America/New_York" | "America/Chicago" | "America/Denver" => {
                    others.push((code, class));
                }
                _ => {}
            }
        }
        western.truncate(WESTERN);
        others.truncate(9 * western.len());
        western.truncate(others.len() / 9);
        others.append(&mut western);
        Self { codes: others }
    }

    /// Returns the number at this place. Numbers are distinct up to ten thousand for each area code.
    pub(crate) fn at(&self, place: u64) -> (PhoneNumber, &Arc<WindowClass>) {
        let codes = self.codes.len() as u64;
        let line = place / codes;
        assert!(line < 10_000, "there are not so many numbers");
        let (code, class) = &self.codes[usize::try_from(place % codes).unwrap()];
        let digits = (1_000 + code) * 10_000_000 + 5_550_000 + line;
        (PhoneNumber::from_digits(digits).unwrap(), class)
    }
}

/// Opens the deck in this folder, and creates it if there is none.
pub(crate) fn open(folder: &Path) -> SqliteStore {
    let path = folder.join(FILE);
    let id = DeckId(0x7f3a_9c21);
    SqliteStore::create_or_open(&path, id, Rules::embedded(), all_open()).unwrap()
}

/// Returns a configured deck with one running campaign of this many ready contacts.
pub(crate) fn filled(folder: &Path, contacts: u64) -> (SqliteStore, CampaignId) {
    let mut store = open(folder);
    let campaign = campaign(&mut store);
    let numbers = Numbers::new();
    let now = all_open() - Duration::from_hours(24);
    // An import that is not in the log would be taken for damage.
    let plan = ImportPlan {
        file: "bench".to_owned(),
        sha256: String::new(),
        rows: contacts,
    };
    let into = ImportTarget::Campaign("bench".to_owned());
    let started = store.start_import(&into, &plan, &by(now)).unwrap();
    let mut figures = ImportFigures {
        file: plan.file,
        started: Some(started),
        rows: contacts,
        taken: contacts,
        consents: BTreeMap::from([(ConsentKind::Express, contacts)]),
        ..ImportFigures::default()
    };
    for start in (0..contacts).step_by(usize::try_from(BATCH).unwrap()) {
        let rows: Vec<NewContact> = (start..contacts.min(start + BATCH))
            .map(|place| contact(&numbers, place, now))
            .collect();
        store.import_contacts(campaign, &rows, now).unwrap();
        for class in rows.into_iter().filter_map(|row| row.class.ok()) {
            *figures.classes.entry(class).or_default() += 1;
        }
    }
    store.finish_import(campaign, &figures, &by(now)).unwrap();
    let to = CampaignState::Running;
    store.move_campaign(campaign, to, "", &by(now)).unwrap();
    (store, campaign)
}

/// Returns every ready contact.
pub(crate) fn queue(store: &mut SqliteStore, campaign: CampaignId) -> Vec<ContactId> {
    let classes: Vec<ClassId> = store
        .snapshot(all_open())
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

/// Returns an event of a call.
pub(crate) fn event(attempt: AttemptId, kind: CallEventKind, at: Timestamp) -> CallEvent {
    CallEvent { attempt, at, kind }
}

/// Returns the report of a call that nobody answered.
pub(crate) fn no_answer() -> CallReport {
    CallReport {
        end: CallEnd::RangOut,
        ..CallReport::default()
    }
}

/// Configures a deck with one campaign and no contacts. Returns the campaign.
pub(crate) fn campaign(store: &mut SqliteStore) -> CampaignId {
    store.configure(&settings()).unwrap();
    let now = all_open() - Duration::from_hours(24);
    store.add_campaign(&campaign_settings(), &by(now)).unwrap()
}

/// Returns the actor of the bench's writes.
pub(crate) fn by(at: Timestamp) -> By {
    By {
        actor: "bench".to_owned(),
        at,
    }
}

/// Returns the peak resident memory of this process in MiB; `None` if the system does not report it.
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024)
}

fn contact(numbers: &Numbers, place: u64, now: Timestamp) -> NewContact {
    let (number, class) = numbers.at(place);
    NewContact {
        line: place + 2,
        number,
        name: String::new(),
        class: Ok(Arc::clone(class)),
        priority: 0,
        consent: Some(Consent {
            kind: ConsentKind::Express,
            source: "form 17".to_owned(),
            at: now,
        }),
        expires_at: None,
        variables: String::new(),
    }
}

/// Returns caps that bind nothing, so that a bench measures the work and not the pacing.
fn settings() -> DeckSettings {
    let trunk = TrunkName("carrier".to_owned());
    DeckSettings {
        max_concurrent: 1_000_000,
        trunks: vec![TrunkSettings {
            name: trunk.clone(),
            max_concurrent: 1_000_000,
            calls_per_minute: 1_000_000,
            ring_timeout: Duration::from_secs(30),
            max_call: Duration::from_mins(30),
            queue_wait: Duration::ZERO,
            capabilities: Capabilities::default(),
        }],
        caller_ids: (0..8)
            .map(|place| CallerId {
                number: PhoneNumber::from_digits(16_465_550_100 + place).unwrap(),
                pool: "main".to_owned(),
                trunk: trunk.clone(),
                region: Some("US-NY".to_owned()),
                attestation: None,
                branded: false,
                hourly_cap: 1_000_000,
                state: CallerIdState::Active,
                rests_until: None,
                ownership: None,
            })
            .collect(),
        emergency_bans: Vec::new(),
        every_registry_binds: false,
    }
}

fn campaign_settings() -> CampaignSettings {
    CampaignSettings {
        name: "bench".to_owned(),
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
            calls_per_minute: 1_000_000,
            max_concurrent: 1_000_000,
            weight: 1,
        },
        attempts: AttemptRules::default(),
        voicemail: VoicemailAction::HangUp,
        consent: ConsentKind::Express,
        caller_id: CallerIdRules {
            pool: Some("main".to_owned()),
            numbers: Vec::new(),
            strategy: CallerIdStrategy::LeastUsed,
            hourly_cap: 1_000_000,
        },
        required_lists: Vec::new(),
        abandonment_limit_percent: 3,
        results_url: None,
        rule_overrides: Vec::new(),
    }
}

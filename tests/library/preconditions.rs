//! For random purposes, voices, agents, places, consents and lists: a dial implies that the least consent
//! and the lists of `data/preconditions.csv` are there, and a hold or refusal that they are not. The test
//! has its own reader of the table, beside the program's reader and gate.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use dialdeck::domain::campaign::{Agent, CallClass, Purpose, RuleOverride, Waived};
use dialdeck::domain::{
    Area, CampaignSettings, CampaignState, Consent, ConsentKind, ImportFigures, ListKind,
    PhoneNumber, Timestamp, WindowClass,
};
use dialdeck::policy::Context;
use dialdeck::store::{Claimed, DeckSettings, EngineStore, NewContact};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use dialdeck_testkit::world::*;

const TABLE: &str = include_str!("../../crates/core/data/preconditions.csv");

const DAY: u64 = 86_400;

/// Numbers with the places that they may be in, a zone, and an instant at which every rule's hours there
/// are open. Numbers outside +1 are example numbers of the phone library or reserved for fiction.
const PLACES: [(&str, &[&str], &str, &str); 17] = [
    ("+12125550142", &["US-NY"], "America/New_York", "18:00"),
    ("+12035550142", &["US-CT"], "America/New_York", "18:00"),
    (
        "+12125550143",
        &["US-CT", "US-NY"],
        "America/New_York",
        "18:00",
    ),
    ("+12075550142", &["US-ME"], "America/New_York", "18:00"),
    ("+14055550142", &["US-OK"], "America/Chicago", "18:00"),
    ("+13015550142", &["US-MD"], "America/New_York", "18:00"),
    ("+16055550142", &["US-SD"], "America/Chicago", "18:00"),
    ("+13125550142", &["US-IL"], "America/Chicago", "18:00"),
    ("+14025550142", &["US-NE"], "America/Chicago", "18:00"),
    ("+16045550142", &["CA-BC"], "America/Vancouver", "19:00"),
    ("+442079460142", &["GB"], "Europe/London", "10:30"),
    ("+33199001234", &["FR"], "Europe/Paris", "10:30"),
    ("+4930123456", &["DE"], "Europe/Berlin", "10:30"),
    ("+34612345678", &["ES"], "Europe/Madrid", "10:30"),
    ("+353850123456", &["IE"], "Europe/Dublin", "10:30"),
    ("+3532212345", &["IE"], "Europe/Dublin", "10:30"),
    ("+390212345678", &["IT"], "Europe/Rome", "10:30"),
];

const LISTS: [&str; 6] = [
    "national:us",
    "national:ca",
    "national:gb",
    "national:ie",
    "national:it",
    "state:us-ok",
];

#[derive(Clone, Debug)]
struct Case {
    purpose: Purpose,
    class: CallClass,
    agent: Agent,
    place: usize,
    /// The consent that the campaign requires.
    required: ConsentKind,
    /// The consent on record, its age in days, and whether it was revoked.
    consent: Option<(ConsentKind, u64, bool)>,
    /// The registries that the campaign requires.
    listed: Vec<usize>,
    /// For each registry: the age in days of the data for the number's area and for another area, and
    /// whether the number is on it.
    loaded: Vec<(Option<u64>, Option<u64>, bool)>,
    waived: Option<(usize, bool)>,
    every: bool,
}

fn age() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.8, prop_oneof![6 => 0..28u64, 1 => 28..40u64])
}

fn case() -> impl Strategy<Value = Case> {
    let kind = || prop::sample::select(ConsentKind::ALL.to_vec());
    let calls = (
        prop::sample::select(vec![
            Purpose::Sales,
            Purpose::Sales,
            Purpose::Reminder,
            Purpose::Survey,
            Purpose::Information,
            Purpose::Debt,
        ]),
        prop::sample::select(vec![CallClass::Live, CallClass::Automated]),
        prop::sample::select(vec![Agent::Human, Agent::Automated]),
    );
    let consent = prop::option::weighted(0.9, (kind(), 0..700u64, prop::bool::weighted(0.1)));
    let lists = (
        prop::collection::vec(0..LISTS.len(), 0..4),
        prop::collection::vec(
            (age(), age(), prop::bool::weighted(0.15)),
            LISTS.len()..=LISTS.len(),
        ),
    );
    let waived = prop::option::weighted(0.2, (0..rows().len(), any::<bool>()));
    (
        calls,
        0..PLACES.len(),
        kind(),
        consent,
        lists,
        waived,
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(
                (purpose, class, agent),
                place,
                required,
                consent,
                (listed, loaded),
                waived,
                every,
            )| Case {
                purpose,
                class,
                agent,
                place,
                required,
                consent,
                listed,
                loaded,
                waived,
                every,
            },
        )
}

type Row = BTreeMap<String, String>;

fn rows() -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(TABLE.as_bytes());
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let cells = header.iter().zip(record.iter());
            cells
                .map(|(name, cell)| (name.to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

fn place_of(row: &Row) -> String {
    match row["subdivision"].as_str() {
        "" => row["country"].clone(),
        part => format!("{}-{part}", row["country"]),
    }
}

fn rank(kind: &str) -> usize {
    ["none", "inquiry", "ebr", "express", "express_written"]
        .iter()
        .position(|known| *known == kind)
        .unwrap()
}

/// Returns whether the consent still holds: 3 months after an inquiry, 18 after a transaction. `None` if
/// the age is within the difference between calendar months and days.
fn holds(consent: (ConsentKind, u64, bool)) -> Option<bool> {
    let (kind, days, revoked) = consent;
    let most = match kind {
        ConsentKind::Inquiry => Some((89, 93)),
        ConsentKind::Ebr => Some((545, 550)),
        ConsentKind::None | ConsentKind::Express | ConsentKind::ExpressWritten => None,
    };
    match most {
        _ if revoked => Some(false),
        Some((surely, _)) if days < surely => Some(true),
        Some((_, never)) if days <= never => None,
        Some(_) => Some(false),
        None => Some(true),
    }
}

impl Case {
    fn number(&self) -> PhoneNumber {
        PLACES[self.place].0.parse().unwrap()
    }

    fn now(&self) -> Timestamp {
        format!("2026-12-09T{}:00Z", PLACES[self.place].3)
            .parse()
            .unwrap()
    }

    fn artificial(&self) -> bool {
        self.class == CallClass::Automated || self.agent == Agent::Automated
    }

    fn purpose(&self) -> &'static str {
        match self.purpose {
            Purpose::Sales => "sales",
            Purpose::Reminder => "reminder",
            Purpose::Survey => "survey",
            Purpose::Debt => "debt",
            Purpose::Information => "information",
        }
    }

    /// Returns the rows of the table that bind the call.
    fn bound(&self, rows: &[Row]) -> Vec<Row> {
        let (digits, regions) = (PLACES[self.place].0, PLACES[self.place].1);
        let digits = digits.trim_start_matches('+');
        let country = regions[0].split('-').next().unwrap();
        rows.iter()
            .filter(|row| {
                let place = place_of(row);
                let there = if row["lists"].is_empty() {
                    place == country || regions.contains(&place.as_str())
                } else {
                    row["country"] == country
                };
                there
                    && (row["voice"] == "any" || self.artificial())
                    && (row["purpose"] == "any" || row["purpose"] == self.purpose())
                    && digits.starts_with(&row["numbers"])
            })
            .cloned()
            .collect()
    }

    fn waives(&self, rows: &[Row], row: &Row, what: &str) -> bool {
        self.waived.is_some_and(|(nth, of_consent)| {
            let wished = &rows[nth];
            let named = if of_consent || wished["lists"].is_empty() {
                "consent"
            } else {
                &wished["lists"]
            };
            place_of(wished) == place_of(row) && named == what
        })
    }

    /// Returns whether the consent on record is at least of this kind and holds; `None` if it depends on a
    /// few days.
    fn has(&self, least: &str) -> Option<bool> {
        match self.consent {
            _ if rank(least) == 0 => Some(true),
            Some(consent) if rank(consent.0.as_str()) >= rank(least) => holds(consent),
            Some(_) | None => Some(false),
        }
    }

    /// Returns whether a registry is loaded for the number, is recent enough, and does not list the number.
    fn listed_well(&self, list: &str, max_days: u64) -> bool {
        let nth = LISTS.iter().position(|known| *known == list).unwrap();
        let (here, _, on_it) = self.loaded[nth];
        here.is_some_and(|age| age <= max_days) && !on_it
    }

    /// Returns whether the law and the campaign allow the call; `None` if it depends on a few days.
    fn allowed(&self, rows: &[Row]) -> Option<bool> {
        let mut all = vec![self.has(self.required.as_str())];
        let bound = self.bound(rows);
        for row in &bound {
            if !row["consent"].is_empty() && !self.waives(rows, row, "consent") {
                all.push(self.has(&row["consent"]));
            }
            let list = &row["lists"];
            if list.is_empty() || self.waives(rows, row, list) {
                continue;
            }
            let instead: Vec<&str> = row["instead"].split(';').collect();
            let stands = match self.consent {
                Some(consent) if instead.contains(&consent.0.as_str()) => holds(consent),
                Some(_) | None => Some(false),
            };
            let days = row["max_age_days"].parse().unwrap();
            all.push(match stands {
                Some(true) => Some(true),
                Some(false) => Some(self.listed_well(list, days)),
                None if self.listed_well(list, days) => Some(true),
                None => None,
            });
        }
        let (country, regions) = (
            PLACES[self.place].1[0].split('-').next().unwrap(),
            PLACES[self.place].1,
        );
        for (nth, list) in LISTS.iter().enumerate() {
            let loaded = self.is_loaded(nth);
            let asked = self.listed.contains(&nth) || (self.every && loaded);
            let concerns = match list.split_once(':').unwrap() {
                ("national", one) => one.eq_ignore_ascii_case(country),
                (_, state) => regions
                    .iter()
                    .any(|region| region.eq_ignore_ascii_case(state)),
            };
            // A number on a list that binds is not called; the list may be of any country.
            if asked && loaded {
                all.push(Some(!self.loaded[nth].2));
            }
            if asked && concerns {
                let mut ages = rows.iter().filter(|row| row["lists"] == **list);
                let days = ages
                    .next()
                    .map_or(31, |row| row["max_age_days"].parse().unwrap());
                // For numbers of other area codes, a state's list is as old as its oldest area.
                let foreign = *list == "state:us-ok" && !PLACES[self.place].0.starts_with("+1405");
                let well = if foreign {
                    let (here, there, on_it) = self.loaded[nth];
                    let oldest = here.into_iter().chain(there).max();
                    here.or(oldest).is_some_and(|age| age <= days) && !on_it
                } else {
                    self.listed_well(list, days)
                };
                all.push(Some(well));
            }
        }
        if all.contains(&Some(false)) {
            return Some(false);
        }
        all.into_iter().collect::<Option<Vec<bool>>>().map(|_| true)
    }

    fn settings(&self, rows: &[Row]) -> CampaignSettings {
        let waived = self.waived.map(|(nth, of_consent)| {
            let row = &rows[nth];
            let what = if of_consent || row["lists"].is_empty() {
                "consent"
            } else {
                &row["lists"]
            };
            RuleOverride {
                rule: String::new(),
                precondition: Some(Waived {
                    place: place_of(row),
                    what: what.to_owned(),
                }),
                reason: "counsel said so".to_owned(),
            }
        });
        CampaignSettings {
            purpose: self.purpose,
            call_class: self.class,
            agent: self.agent,
            consent: self.required,
            required_lists: self
                .listed
                .iter()
                .map(|nth| LISTS[*nth].parse().unwrap())
                .collect(),
            rule_overrides: Vec::from_iter(waived),
            ..settings("case")
        }
    }

    /// Returns whether any area of the registry is loaded; outside country code 1 a registry has only one.
    fn is_loaded(&self, nth: usize) -> bool {
        let (here, there, _) = self.loaded[nth];
        here.is_some() || (there.is_some() && PLACES[self.place].0.starts_with("+1"))
    }

    fn load(&self, store: &mut impl EngineStore) {
        let now = self.now();
        let figures = ImportFigures::default();
        for (nth, list) in LISTS.iter().enumerate() {
            let (here, there, on_it) = &self.loaded[nth];
            let list: ListKind = list.parse().unwrap();
            if *on_it && self.is_loaded(nth) {
                store
                    .import_suppressions(&list, &[self.number()], &by(now))
                    .unwrap();
            }
            let own = Area::of(self.number());
            for (age, area) in [(there, Area::from_code(646)), (here, own)] {
                // Outside country code 1 a registry is covered as a whole.
                if let Some(age) = age.filter(|_| area == own || own != Area::WHOLE) {
                    let as_of = now - secs(age * DAY);
                    store
                        .finish_list(&list, as_of, &BTreeSet::from([area]), &figures, &by(now))
                        .unwrap();
                }
            }
        }
    }

    fn contact(&self) -> NewContact {
        let (_, regions, zone, _) = PLACES[self.place];
        let now = self.now();
        let class = WindowClass {
            zones: vec![zone.to_owned()],
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            ..new_york()
        };
        NewContact {
            class: Ok(class.into()),
            consent: self.consent.map(|(kind, days, _)| Consent {
                kind,
                source: "form 17".to_owned(),
                at: now - secs(days * DAY + 60),
            }),
            ..row(2, self.number())
        }
    }

    /// Claims the contact. Returns whether it was dialed.
    fn dialed(&self, store: &mut impl EngineStore, rows: &[Row]) -> bool {
        let now = self.now();
        let strict = DeckSettings {
            every_registry_binds: self.every,
            ..deck()
        };
        store.configure(&strict).unwrap();
        if self.consent.is_some_and(|(.., revoked)| revoked) {
            let reversal = plainly("not theirs");
            store.suppress(&[opted_out(self.number(), now)]).unwrap();
            store
                .reverse_suppression(self.number(), &ListKind::Internal, reversal, &by(now))
                .unwrap();
        }
        self.load(store);
        let settings = self.settings(rows);
        let id = store.add_campaign(&settings, &by(now)).unwrap();
        store.import_contacts(id, &[self.contact()], now).unwrap();
        store
            .move_campaign(id, CampaignState::Running, "", &by(now))
            .unwrap();
        let contact = store.contacts_with(self.number()).unwrap().remove(0);
        match store.claim(contact.id, &Context::default(), now).unwrap() {
            Claimed::Dial(..) => true,
            Claimed::Held { .. } | Claimed::Refused(_) | Claimed::Stale => false,
        }
    }
}

#[test]
fn a_dial_implies_the_tables_least_consent_and_lists() {
    let rows = rows();
    let (dials, held) = (Cell::new(0), Cell::new(0));
    let config = Config {
        cases: 4_000,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&case(), |case| {
            let dialed = case.dialed(&mut memory(), &rows);
            let counter = if dialed { &dials } else { &held };
            counter.set(counter.get() + 1);
            if let Some(allowed) = case.allowed(&rows) {
                // Only the United States has separate rules for debts.
                let place = PLACES[case.place].1[0];
                let debt_abroad = case.purpose == Purpose::Debt && !place.starts_with("US");
                prop_assert_eq!(dialed, allowed && !debt_abroad);
            }
            Ok(())
        })
        .unwrap();
    // If nearly all cases had one result, they would test little.
    assert!(
        dials.get() > 500,
        "{dials:?} dials, {held:?} held or refused"
    );
    assert!(
        held.get() > 500,
        "{dials:?} dials, {held:?} held or refused"
    );
}

//! The data of entries about the deck, its campaigns, lists and contacts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::campaign::{CampaignSettings, CampaignState, Pacing, RuleOverride};
use crate::domain::contact::{ConsentKind, ContactState};
use crate::domain::ids::DeckId;
use crate::domain::import::{ImportFigures, ImportPlan};
use crate::domain::recovery::Turn;
use crate::domain::suppression::{Area, ListKind, SuppressionSource};
use crate::domain::time::{ClockHeld, Timestamp};

/// The data of kinds that need none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoData {}

/// The clock that an engine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The machine's.
    System,
    /// A simulated one at a multiple of the machine's speed.
    Scaled,
    /// A simulated one that goes from event to event.
    Virtual,
}

/// The data of `deck_opened`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckOpened {
    /// The clock that the engine runs on.
    pub clock: ClockKind,
    /// What differs from the place of the deck's last engine, if a person said that the deck was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Vec<String>>,
    /// The digest of the rules in force.
    pub rules_digest: String,
    /// The tag of the attempt ids of the engine's run; `None` in entries of older programs.
    #[serde(default)]
    pub tag: Option<DeckId>,
    /// The versions of the two zone databases: the one that decides, and the second opinion.
    pub tzdata: [String; 2],
    /// The program's version.
    pub version: String,
    /// The zone database that decides.
    #[serde(default)]
    pub zone_database: String,
}

/// How an engine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeckEnding {
    /// Nothing was left to do.
    AtRest,
    /// It was asked to end and waited for its calls.
    Drained,
    /// It was asked to end, and calls were still up at the end of its patience.
    LeftUp,
}

/// The data of `deck_closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckClosed {
    /// How the engine ended.
    pub ending: DeckEnding,
}

/// A campaign's settings as an entry has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LoggedSettings {
    /// Settings that this program understands.
    Known(Box<CampaignSettings>),
    /// Settings that an older program logged, which lack what this one needs.
    Older(Value),
}

/// The data of `campaign_added`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignAdded {
    /// The campaign's settings, as read from its file.
    pub settings: LoggedSettings,
}

/// The data of `campaign_started`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignStarted {
    /// The operator's note; empty if there is none.
    pub note: String,
    /// The rules that the campaign sets aside, each with its reason.
    #[serde(default)]
    pub overrides: Vec<RuleOverride>,
}

/// The data of `campaign_paused`, `campaign_resumed` and `campaign_stopped`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignMoved {
    /// The operator's note, or the program's cause; empty if there is none.
    pub note: String,
}

/// The move of an abandonment brake that a person caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrakeMove {
    /// An operator released it.
    Released,
}

/// The data of `campaign_changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CampaignChanged {
    /// The campaign moved to a state that has no kind of its own.
    State {
        /// The operator's note; empty if there is none.
        note: String,
        /// The state from now on.
        state: CampaignState,
    },
    /// An operator changed the pacing.
    Pacing {
        /// The pacing from now on.
        pacing: Pacing,
    },
    /// An operator released the abandonment brake, whose counts restart at zero.
    Brake {
        /// What became of the brake.
        brake: BrakeMove,
        /// The operator's reason.
        reason: String,
        /// Calls that a person answered, as the brake had counted them.
        answered_live: u64,
        /// Abandoned calls, as the brake had counted them.
        abandoned: u64,
    },
}

/// The data of `import_started`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportStarted {
    /// The list that takes the rows; `None` if the entry's campaign takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListKind>,
    /// The file and its rows.
    #[serde(flatten)]
    pub plan: ImportPlan,
}

/// Rows of an import that have the same zones and regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedClass {
    /// The candidate zones.
    pub zones: Vec<String>,
    /// The regions whose rules apply.
    pub regions: Vec<String>,
    /// The number of rows taken.
    pub taken: u64,
}

/// The digest of a campaign's contacts, as an import leaves them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedContent {
    /// Contacts up to this id are not covered.
    pub after: i64,
    /// The id of the last contact that is covered.
    pub through: i64,
    /// The digest, lower-case hex.
    pub sha256: String,
}

/// The data of `contacts_imported`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactsImported {
    /// The figures of the import.
    #[serde(flatten)]
    pub result: ImportResult,
    /// The digest of what imports wrote into the rows of the campaign's contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ImportedContent>,
}

/// The figures of an import, a part of the data of `contacts_imported` and `registry_loaded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportResult {
    /// The file name without its folder.
    pub file: String,
    /// The SHA-256 of the file, lower-case hex; empty if it could not be read to its end.
    pub sha256: String,
    /// The position of the entry that records the import's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<i64>,
    /// The number of rows read.
    pub rows: u64,
    /// The number of rows taken.
    pub taken: u64,
    /// The number of rows that were there already.
    pub duplicates: u64,
    /// The number of rows rejected.
    pub rejected: u64,
    /// Rows taken that carry consent, by kind.
    #[serde(default)]
    pub consents: BTreeMap<ConsentKind, u64>,
    /// Rows taken that can be dialed, by zones and regions.
    #[serde(default)]
    pub classes: Vec<ImportedClass>,
}

impl From<&ImportFigures> for ImportResult {
    /// Returns the figures with the counts by zones and regions, without regard to their evidence.
    fn from(figures: &ImportFigures) -> Self {
        let mut places: BTreeMap<(&[String], &[String]), u64> = BTreeMap::new();
        for (class, taken) in &figures.classes {
            *places.entry((&class.zones, &class.regions)).or_default() += taken;
        }
        let classes = places.into_iter().map(|((zones, regions), taken)| {
            let (zones, regions) = (zones.to_vec(), regions.to_vec());
            ImportedClass {
                zones,
                regions,
                taken,
            }
        });
        Self {
            file: figures.file.clone(),
            sha256: figures.sha256.clone(),
            started: figures.started,
            rows: figures.rows,
            taken: figures.taken,
            duplicates: figures.duplicates,
            rejected: figures.rejected,
            consents: figures.consents.clone(),
            classes: classes.collect(),
        }
    }
}

impl Serialize for ImportFigures {
    /// Serialises the figures as the log has them.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ImportResult::from(self).serialize(serializer)
    }
}

/// The data of `registry_loaded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryLoaded {
    /// The list that took the rows.
    pub list: ListKind,
    /// The date of the data.
    pub as_of: Timestamp,
    /// The areas that a full list of a registry covered: they have this date from now on. `None` for a list
    /// that is no registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub areas: Option<BTreeSet<Area>>,
    /// The figures of the import.
    #[serde(flatten)]
    pub result: ImportResult,
}

/// The data of `consent_recorded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecorded {
    /// The file name without its folder.
    pub file: String,
    /// The SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Rows taken that carry consent, by kind.
    pub consents: BTreeMap<ConsentKind, u64>,
}

/// The data of `suppression_added`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionAdded {
    /// The list that the number is on from now on.
    pub list: ListKind,
    /// Why it is there.
    pub source: SuppressionSource,
    /// A free text, such as the reason.
    pub note: Option<String>,
}

/// The data of `suppression_reversed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionReversed {
    /// The list that the number was on.
    pub list: ListKind,
    /// A person's reason.
    pub reason: String,
    /// Whether the consent that the opt-out revoked holds again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consent_restored: bool,
}

/// The data of `contact_finished`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFinished {
    /// The contact's final state.
    pub state: ContactState,
    /// The code of the reason.
    pub reason: Option<String>,
    /// The number of the contact's attempts that count.
    pub attempts: u32,
}

/// The data of `incarnation_started`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncarnationStarted {
    /// How the deck got this incarnation.
    pub how: Turn,
    /// The tag of attempt ids from now on.
    pub tag: DeckId,
    /// The first serial that carries the tag.
    pub from_serial: i64,
    /// The deck's identity from now on; `None` if it does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<DeckId>,
    /// The largest possible number of attempts that were lost; `None` if it is unknown or nothing was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_missing: Option<u64>,
    /// The number of entries that were lost; `None` if it is unknown or nothing was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries_missing: Option<u64>,
    /// The latest time at which lost attempts may have been made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Timestamp>,
    /// The time until which no call is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The deck's own lists from which opt-outs may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<BTreeSet<ListKind>>,
}

/// The data of `lists_confirmed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListsConfirmed {
    /// The lists from which opt-outs might have been missing.
    pub lists: BTreeSet<ListKind>,
    /// Why none is missing.
    pub reason: String,
}

/// The data of `clock_accepted`. It is the only kind that may be earlier than the entry before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAccepted {
    /// The instant of the log's last entry, if it is later than the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_until: Option<Timestamp>,
    /// The jump that held the dialing, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<ClockHeld>,
    /// Sends dated later, which count as sent at this entry.
    pub sends: u64,
    /// Numbers with attempts dated later, which wait until their gaps are over after this entry.
    pub numbers: u64,
    /// A person's reason, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

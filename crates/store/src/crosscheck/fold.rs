//! The fold of the log's entries.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use super::difference::{Mismatch, Origin};
use super::when::When;
use dialdeck_core::domain::event::{
    AttemptReserved, CampaignAdded, CampaignChanged, ContactFinished, ContactsImported, Entry,
    EntryError, EventData, EventKind, ImportResult, ImportStarted, ImportedContent, LoggedSettings,
    RegistryLoaded, SuppressionReversed,
};
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Area, AttemptId, AttemptState, CalleeType, CampaignState, ContactId, ContactState, ListKind,
    Outcome, PhoneNumber, Timestamp,
};

/// A value, and the entry that set it.
pub(super) struct Said<T> {
    pub(super) by: Origin,
    pub(super) value: T,
}

/// Imports that have started, by sequence number: the digest of the file, and its number of rows.
type Started = BTreeMap<i64, (String, u64)>;

/// A campaign according to the log.
pub(super) struct CampaignLog {
    pub(super) state: Said<CampaignState>,
    pub(super) settings: Said<LoggedSettings>,
    pub(super) contacts: Imported,
    /// Contacts taken that can be dialed.
    pub(super) dialable: u64,
    /// The digest of their rows.
    pub(super) content: Option<Said<ImportedContent>>,
}

/// What imports have added.
#[derive(Default)]
pub(super) struct Imported {
    /// Rows taken by imports that have ended.
    pub(super) taken: u64,
    /// Rows that imports which were cut off may have added.
    pub(super) perhaps: u64,
    started: Started,
}

impl Imported {
    fn ended(&mut self, result: &ImportResult) {
        self.taken += result.taken;
        if let Some(started) = result.started {
            self.started.remove(&started);
        }
        let perhaps = &mut self.perhaps;
        self.started.retain(|_, (file, rows)| {
            let completed = *file == result.sha256;
            if completed {
                *perhaps += *rows;
            }
            !completed
        });
    }

    /// Returns how many rows there may be.
    pub(super) fn range(&self) -> RangeInclusive<u64> {
        let open: u64 = self.started.values().map(|(_, rows)| rows).sum();
        self.taken..=self.taken + self.perhaps + open
    }
}

/// A registry according to the log.
#[derive(Default)]
pub(super) struct RegistryLog {
    pub(super) numbers: Imported,
    pub(super) areas: BTreeMap<Area, Said<Timestamp>>,
}

/// An attempt according to the log.
pub(super) struct AttemptLog {
    pub(super) id: AttemptId,
    /// The entry that reserved it.
    pub(super) reserved: Origin,
    /// Its latest entry.
    pub(super) last: Origin,
    pub(super) campaign: String,
    pub(super) contact: ContactId,
    pub(super) number: PhoneNumber,
    pub(super) n: u32,
    pub(super) trunk: String,
    pub(super) caller_id: PhoneNumber,
    pub(super) state: AttemptState,
    pub(super) end: Option<AttemptEnd>,
}

/// How an attempt ended.
pub(super) struct AttemptEnd {
    pub(super) outcome: Outcome,
    pub(super) cause: String,
    pub(super) counts: bool,
    pub(super) callee_type: Option<CalleeType>,
}

/// A list's entry according to the log.
pub(super) struct ListedLog {
    pub(super) at: When,
    pub(super) source: SuppressionSource,
    pub(super) note: Option<String>,
}

/// How a contact ended.
pub(super) struct ContactEnd {
    pub(super) campaign: Option<String>,
    pub(super) number: Option<PhoneNumber>,
    pub(super) state: ContactState,
    pub(super) reason: Option<String>,
}

/// The fold of the log.
#[derive(Default)]
pub(crate) struct Fold {
    /// The instant of the entry before.
    before: Option<Timestamp>,
    pub(super) campaigns: BTreeMap<String, CampaignLog>,
    pub(super) registries: BTreeMap<ListKind, RegistryLog>,
    /// Numbers on lists. `None` if taken off.
    pub(super) listed: HashMap<(PhoneNumber, ListKind), Said<Option<ListedLog>>>,
    /// Numbers whose consent was revoked, at the latest at this time. `None` if it was restored.
    pub(super) revoked: HashMap<PhoneNumber, Said<Option<Timestamp>>>,
    pub(super) attempts: HashMap<i64, AttemptLog>,
    /// Contacts that have ended. `None` if the contact may be called again.
    pub(super) ends: HashMap<ContactId, Said<Option<ContactEnd>>>,
}

impl Fold {
    /// Adds the next line of the log.
    ///
    /// # Errors
    /// Errors with what is wrong if the entry is impossible.
    pub(crate) fn take(&mut self, line: &str) -> Result<(), (Option<EventKind>, Mismatch)> {
        let kind = Entry::kind_of(line).and_then(|name| name.parse().ok());
        // No table follows from some kinds, nor from kinds of a later program.
        if !kind.is_none_or(shapes_a_table) {
            return Ok(());
        }
        match Entry::read(line) {
            Ok(entry) => self.add(entry).map_err(|what| (kind, what)),
            Err(EntryError::UnknownKind(_)) => Ok(()),
            Err(error) => Err((kind, Mismatch::Entry(error))),
        }
    }

    /// Notes the instant of the line that was taken last.
    pub(crate) const fn passed(&mut self, at: Timestamp) {
        self.before = Some(at);
    }

    /// Returns since when a number is on a list. One that gets a permanent source keeps its date.
    fn listed_at(&self, about: &About, list: &ListKind) -> Result<When, Mismatch> {
        let known = self.listed.get(&(about.number()?, list.clone()));
        let known = known.and_then(|said| said.value.as_ref());
        Ok(known.map_or_else(|| When::behind(self.before, about.at), |known| known.at))
    }

    fn add(&mut self, entry: Entry) -> Result<(), Mismatch> {
        let by = Origin {
            seq: entry.seq,
            kind: Some(entry.kind()),
        };
        let about = About {
            by,
            at: entry.at,
            campaign: entry.campaign,
            contact: entry.contact,
            attempt: entry.attempt,
            number: entry.number,
        };
        match entry.data {
            EventData::CampaignAdded(added) => self.campaign_added(&about, added),
            EventData::CampaignStarted(_) | EventData::CampaignResumed(_) => {
                self.campaign_moved(&about, CampaignState::Running)
            }
            EventData::CampaignPaused(_) => self.campaign_moved(&about, CampaignState::Paused),
            EventData::CampaignStopped(_) => self.campaign_moved(&about, CampaignState::Stopped),
            EventData::CampaignChanged(change) => self.campaign_changed(&about, &change),
            EventData::ImportStarted(started) => self.import_started(&about, started),
            EventData::ContactsImported(imported) => self.contacts_imported(&about, imported),
            EventData::RegistryLoaded(loaded) => {
                self.registry_loaded(by, loaded);
                Ok(())
            }
            EventData::SuppressionAdded(added) => {
                let (source, note) = (added.source, added.note);
                let at = self.listed_at(&about, &added.list)?;
                self.listed(&about, added.list, Some(ListedLog { at, source, note }))
            }
            EventData::SuppressionReversed(reversed) => self.reversed(&about, reversed),
            EventData::ConsentRevoked(_) => self.consent_revoked(&about),
            EventData::AttemptReserved(reserved) => self.reserved(&about, *reserved),
            EventData::AttemptSent(_) => self.moved(&about, AttemptState::Sent),
            EventData::CallRinging(_) => self.moved(&about, AttemptState::Ringing),
            EventData::CallAnswered(_) => self.moved(&about, AttemptState::Connected),
            EventData::AttemptUnknown(_) => self.moved(&about, AttemptState::Unknown),
            EventData::AttemptReopened(_) => self.reopened(&about),
            EventData::CalleeDetected(_) => self.detected(&about),
            EventData::CallEnded(end) => self.ended(
                &about,
                AttemptEnd {
                    outcome: end.outcome,
                    cause: end.cause,
                    counts: end.counts,
                    callee_type: end.callee_type,
                },
            ),
            EventData::AttemptCorrected(end) => self.ended(
                &about,
                AttemptEnd {
                    outcome: end.outcome,
                    cause: end.cause,
                    counts: end.counts,
                    callee_type: end.callee_type,
                },
            ),
            EventData::ContactFinished(end) => self.finished(about, end),
            EventData::RetryPlanned(_) => self.retry_planned(&about),
            EventData::DeckOpened(_)
            | EventData::DeckClosed(_)
            | EventData::ConsentRecorded(_)
            | EventData::AttemptReconciled(_)
            | EventData::AlertRaised(_)
            | EventData::IncarnationStarted(_)
            | EventData::ListsConfirmed(_)
            | EventData::ClockAccepted(_) => Ok(()),
        }
    }

    fn campaign(&mut self, about: &About) -> Result<&mut CampaignLog, Mismatch> {
        let name = about.campaign()?;
        let known = self.campaigns.get_mut(name);
        known.ok_or_else(|| Mismatch::CampaignUnknown(name.clone()))
    }

    fn attempt(&mut self, about: &About) -> Result<&mut AttemptLog, Mismatch> {
        let id = about.attempt.ok_or(Mismatch::Names("attempt"))?;
        let known = self.attempts.get_mut(&id.serial);
        known.ok_or(Mismatch::AttemptUnknown(id))
    }

    fn campaign_added(&mut self, about: &About, added: CampaignAdded) -> Result<(), Mismatch> {
        let by = about.by;
        let name = about.campaign()?.clone();
        let campaign = CampaignLog {
            state: Said {
                by,
                value: CampaignState::Draft,
            },
            settings: Said {
                by,
                value: added.settings,
            },
            contacts: Imported::default(),
            dialable: 0,
            content: None,
        };
        self.campaigns.insert(name, campaign);
        Ok(())
    }

    fn campaign_moved(&mut self, about: &About, value: CampaignState) -> Result<(), Mismatch> {
        let by = about.by;
        self.campaign(about)?.state = Said { by, value };
        Ok(())
    }

    fn campaign_changed(
        &mut self,
        about: &About,
        change: &CampaignChanged,
    ) -> Result<(), Mismatch> {
        match change {
            CampaignChanged::State { state, .. } => self.campaign_moved(about, *state),
            CampaignChanged::Pacing { pacing } => {
                let settings = &mut self.campaign(about)?.settings;
                settings.by = about.by;
                if let LoggedSettings::Known(known) = &mut settings.value {
                    known.pacing = *pacing;
                }
                Ok(())
            }
            CampaignChanged::Brake { .. } => Ok(()),
        }
    }

    fn import_started(&mut self, about: &About, started: ImportStarted) -> Result<(), Mismatch> {
        let (seq, plan) = (about.by.seq, (started.plan.sha256, started.plan.rows));
        match started.list {
            None => {
                let campaign = self.campaign(about)?;
                campaign.contacts.started.insert(seq, plan);
            }
            Some(list) if list.is_registry() => {
                let registry = self.registries.entry(list).or_default();
                registry.numbers.started.insert(seq, plan);
            }
            // On other lists every number has its entry.
            Some(_) => {}
        }
        Ok(())
    }

    fn contacts_imported(
        &mut self,
        about: &About,
        imported: ContactsImported,
    ) -> Result<(), Mismatch> {
        let (by, result) = (about.by, imported.result);
        let campaign = self.campaign(about)?;
        if let Some(value) = imported.content {
            campaign.content = Some(Said { by, value });
        }
        campaign.contacts.ended(&result);
        campaign.dialable += result.classes.iter().map(|class| class.taken).sum::<u64>();
        Ok(())
    }

    fn registry_loaded(&mut self, by: Origin, loaded: RegistryLoaded) {
        if !loaded.list.is_registry() {
            return;
        }
        let registry = self.registries.entry(loaded.list).or_default();
        registry.numbers.ended(&loaded.result);
        let value = loaded.as_of;
        for area in loaded.areas.into_iter().flatten() {
            registry.areas.insert(area, Said { by, value });
        }
    }

    /// Sets what a number is on a list for, `None` if it was taken off.
    fn listed(
        &mut self,
        about: &About,
        list: ListKind,
        value: Option<ListedLog>,
    ) -> Result<(), Mismatch> {
        let (by, number) = (about.by, about.number()?);
        self.listed.insert((number, list), Said { by, value });
        Ok(())
    }

    fn reversed(&mut self, about: &About, reversed: SuppressionReversed) -> Result<(), Mismatch> {
        self.listed(about, reversed.list, None)?;
        if reversed.consent_restored {
            let (by, value) = (about.by, None);
            self.revoked.insert(about.number()?, Said { by, value });
        }
        Ok(())
    }

    fn consent_revoked(&mut self, about: &About) -> Result<(), Mismatch> {
        let (by, value) = (about.by, Some(about.at));
        self.revoked.insert(about.number()?, Said { by, value });
        Ok(())
    }

    fn reserved(&mut self, about: &About, planned: AttemptReserved) -> Result<(), Mismatch> {
        let id = about.attempt.ok_or(Mismatch::Names("attempt"))?;
        let reserved = AttemptLog {
            id,
            reserved: about.by,
            last: about.by,
            campaign: about.campaign()?.clone(),
            contact: about.contact()?,
            number: about.number()?,
            n: planned.n,
            trunk: planned.trunk,
            caller_id: planned.caller_id,
            state: AttemptState::Reserved,
            end: None,
        };
        match self.attempts.insert(id.serial, reserved) {
            Some(_) => Err(Mismatch::AttemptRepeated(id)),
            None => Ok(()),
        }
    }

    fn moved(&mut self, about: &About, state: AttemptState) -> Result<(), Mismatch> {
        let attempt = self.attempt(about)?;
        attempt.last = about.by;
        attempt.state = state;
        Ok(())
    }

    fn reopened(&mut self, about: &About) -> Result<(), Mismatch> {
        self.moved(about, AttemptState::Unknown)?;
        self.attempt(about)?.end = None;
        Ok(())
    }

    fn detected(&mut self, about: &About) -> Result<(), Mismatch> {
        self.attempt(about)?.last = about.by;
        Ok(())
    }

    fn ended(&mut self, about: &About, end: AttemptEnd) -> Result<(), Mismatch> {
        self.moved(about, AttemptState::Ended)?;
        self.attempt(about)?.end = Some(end);
        Ok(())
    }

    fn finished(&mut self, about: About, finished: ContactFinished) -> Result<(), Mismatch> {
        let (by, contact) = (about.by, about.contact()?);
        let end = ContactEnd {
            campaign: about.campaign,
            number: about.number,
            state: finished.state,
            reason: finished.reason,
        };
        let value = Some(end);
        self.ends.insert(contact, Said { by, value });
        Ok(())
    }

    /// An entry that a person caused names no attempt, and takes a contact back from its end.
    fn retry_planned(&mut self, about: &About) -> Result<(), Mismatch> {
        if about.attempt.is_none() {
            let (by, value) = (about.by, None);
            self.ends.insert(about.contact()?, Said { by, value });
        }
        Ok(())
    }
}

/// What an entry is about.
struct About {
    by: Origin,
    at: Timestamp,
    campaign: Option<String>,
    contact: Option<ContactId>,
    attempt: Option<AttemptId>,
    number: Option<PhoneNumber>,
}

impl About {
    fn campaign(&self) -> Result<&String, Mismatch> {
        self.campaign.as_ref().ok_or(Mismatch::Names("campaign"))
    }

    fn contact(&self) -> Result<ContactId, Mismatch> {
        self.contact.ok_or(Mismatch::Names("contact"))
    }

    fn number(&self) -> Result<PhoneNumber, Mismatch> {
        self.number.ok_or(Mismatch::Names("number"))
    }
}

/// Returns whether something in a table follows from entries of this kind.
const fn shapes_a_table(kind: EventKind) -> bool {
    match kind {
        EventKind::CampaignAdded
        | EventKind::CampaignStarted
        | EventKind::CampaignPaused
        | EventKind::CampaignResumed
        | EventKind::CampaignStopped
        | EventKind::CampaignChanged
        | EventKind::ImportStarted
        | EventKind::ContactsImported
        | EventKind::SuppressionAdded
        | EventKind::SuppressionReversed
        | EventKind::RegistryLoaded
        | EventKind::ConsentRevoked
        | EventKind::AttemptReserved
        | EventKind::AttemptSent
        | EventKind::CallRinging
        | EventKind::CallAnswered
        | EventKind::CalleeDetected
        | EventKind::CallEnded
        | EventKind::AttemptUnknown
        | EventKind::AttemptCorrected
        | EventKind::AttemptReopened
        | EventKind::RetryPlanned
        | EventKind::ContactFinished => true,
        EventKind::DeckOpened
        | EventKind::DeckClosed
        | EventKind::ConsentRecorded
        | EventKind::AttemptReconciled
        | EventKind::AlertRaised
        | EventKind::IncarnationStarted
        | EventKind::ListsConfirmed
        | EventKind::ClockAccepted => false,
    }
}

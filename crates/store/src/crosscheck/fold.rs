//! The fold of the log's entries.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use serde_json::Value;

use super::entry::{self, Content, Entry, Started};
use dialdeck_core::domain::{AttemptId, CampaignState, ListKind, Outcome, PhoneNumber, Timestamp};

/// A value, and the sequence number of the entry that set it.
pub(super) struct Said<T> {
    pub(super) seq: i64,
    pub(super) value: T,
}

/// A campaign according to the log.
pub(super) struct CampaignLog {
    pub(super) state: Said<CampaignState>,
    pub(super) settings: Said<Option<Value>>,
    pub(super) contacts: Imported,
    /// Contacts taken that can be dialed.
    pub(super) dialable: u64,
    /// The digest of their rows.
    pub(super) content: Option<Said<Content>>,
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
    fn ended(&mut self, started: Option<i64>, sha256: &str, taken: u64) {
        self.taken += taken;
        if let Some(started) = started {
            self.started.remove(&started);
        }
        let perhaps = &mut self.perhaps;
        self.started.retain(|_, (file, rows)| {
            let completed = file == sha256;
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
    /// The dates of areas, by their codes as text.
    pub(super) areas: BTreeMap<String, Said<Timestamp>>,
}

/// An attempt according to the log.
pub(super) struct AttemptLog {
    pub(super) id: AttemptId,
    /// The entry that reserved it.
    pub(super) reserved: i64,
    /// Its latest entry's sequence number.
    pub(super) last: i64,
    pub(super) campaign: String,
    pub(super) contact: i64,
    pub(super) number: PhoneNumber,
    pub(super) n: u32,
    pub(super) trunk: String,
    pub(super) caller_id: Option<PhoneNumber>,
    /// Its state's code: 0 reserved, 1 sent, 2 ringing, 3 connected, 4 unknown, 5 ended.
    pub(super) state: u8,
    pub(super) end: Option<AttemptEnd>,
}

/// How an attempt ended.
pub(super) struct AttemptEnd {
    pub(super) outcome: Outcome,
    pub(super) cause: Option<String>,
    pub(super) counts: bool,
    pub(super) callee_type: Option<String>,
}

/// A list's entry according to the log.
pub(super) struct ListedLog {
    pub(super) source: String,
    pub(super) note: Option<String>,
}

/// How a contact ended.
pub(super) struct ContactEnd {
    pub(super) campaign: Option<String>,
    pub(super) number: Option<PhoneNumber>,
    pub(super) state: String,
    pub(super) reason: Option<String>,
}

/// The fold of the log.
#[derive(Default)]
pub(crate) struct Fold {
    pub(super) campaigns: BTreeMap<String, CampaignLog>,
    pub(super) registries: BTreeMap<ListKind, RegistryLog>,
    /// Numbers on lists. `None` if taken off.
    pub(super) listed: HashMap<(PhoneNumber, ListKind), Said<Option<ListedLog>>>,
    /// Numbers whose consent was revoked, at the latest at this time. `None` if it was restored.
    pub(super) revoked: HashMap<PhoneNumber, Said<Option<Timestamp>>>,
    pub(super) attempts: HashMap<i64, AttemptLog>,
    /// Contacts that have ended. `None` if the contact may be called again.
    pub(super) ends: HashMap<i64, Said<Option<ContactEnd>>>,
}

impl Fold {
    /// Adds the next line of the log.
    ///
    /// # Errors
    /// Errors with what is wrong if the entry is impossible.
    pub(crate) fn take(&mut self, line: &str) -> Result<(), String> {
        match entry::kind(line)? {
            "campaign_added" => self.campaign_added(entry::read(line)?),
            "campaign_started" | "campaign_resumed" => {
                self.campaign_moved(&entry::read(line)?, CampaignState::Running)
            }
            "campaign_paused" => self.campaign_moved(&entry::read(line)?, CampaignState::Paused),
            "campaign_stopped" => self.campaign_moved(&entry::read(line)?, CampaignState::Stopped),
            "campaign_changed" => self.campaign_changed(entry::read(line)?),
            "import_started" => self.import_started(&entry::read(line)?),
            "contacts_imported" => self.contacts_imported(entry::read(line)?),
            "registry_loaded" => self.registry_loaded(entry::read(line)?),
            "suppression_added" | "suppression_reversed" => self.listed(entry::read(line)?),
            "consent_revoked" => self.consent_revoked(&entry::read(line)?),
            "attempt_reserved" => self.reserved(entry::read(line)?),
            "attempt_sent" => self.moved(&entry::read(line)?, 1),
            "call_ringing" => self.moved(&entry::read(line)?, 2),
            "call_answered" => self.moved(&entry::read(line)?, 3),
            "attempt_unknown" => self.moved(&entry::read(line)?, 4),
            "attempt_reopened" => self.reopened(&entry::read(line)?),
            "callee_detected" => self.detected(&entry::read(line)?),
            "call_ended" | "attempt_corrected" => self.ended(entry::read(line)?),
            "contact_finished" => self.finished(entry::read(line)?),
            "retry_planned" => self.retry_planned(&entry::read(line)?),
            // No table follows from the other kinds, nor from kinds of a later program.
            _ => Ok(()),
        }
    }

    fn campaign(&mut self, entry: &Entry) -> Result<&mut CampaignLog, String> {
        let name = entry.campaign.as_ref().ok_or("it names no campaign")?;
        let known = self.campaigns.get_mut(name);
        known.ok_or_else(|| format!("campaign {name} was never added"))
    }

    fn attempt(&mut self, entry: &Entry) -> Result<&mut AttemptLog, String> {
        let id = entry.attempt.ok_or("it names no attempt")?;
        let known = self.attempts.get_mut(&id.serial);
        known.ok_or_else(|| format!("attempt {id} was never reserved"))
    }

    fn campaign_added(&mut self, entry: Entry) -> Result<(), String> {
        let name = entry.campaign.ok_or("it names no campaign")?;
        let seq = entry.seq;
        let added = CampaignLog {
            state: Said {
                seq,
                value: CampaignState::Draft,
            },
            settings: Said {
                seq,
                value: entry.data.settings,
            },
            contacts: Imported::default(),
            dialable: 0,
            content: None,
        };
        self.campaigns.insert(name, added);
        Ok(())
    }

    fn campaign_moved(&mut self, entry: &Entry, to: CampaignState) -> Result<(), String> {
        self.campaign(entry)?.state = Said {
            seq: entry.seq,
            value: to,
        };
        Ok(())
    }

    fn campaign_changed(&mut self, mut entry: Entry) -> Result<(), String> {
        if let Some(name) = entry.data.state.take() {
            let mut states = CampaignState::ALL.into_iter();
            let state = states.find(|state| state.as_str() == name);
            let state = state.ok_or_else(|| format!("`{name}` is no state of a campaign"))?;
            self.campaign_moved(&entry, state)?;
        }
        if let Some(pacing) = entry.data.pacing.take() {
            let settings = &mut self.campaign(&entry)?.settings;
            settings.seq = entry.seq;
            let known = settings.value.as_mut().and_then(Value::as_object_mut);
            if let Some(known) = known {
                known.insert("pacing".to_owned(), pacing);
            }
        }
        Ok(())
    }

    fn import_started(&mut self, entry: &Entry) -> Result<(), String> {
        let (seq, plan) = (entry.seq, (entry.data.sha256.clone(), entry.data.rows));
        match &entry.data.list {
            None => {
                let campaign = self.campaign(entry)?;
                campaign.contacts.started.insert(seq, plan);
            }
            Some(list) if list.is_registry() => {
                let registry = self.registries.entry(list.clone()).or_default();
                registry.numbers.started.insert(seq, plan);
            }
            // On other lists every number has its entry.
            Some(_) => {}
        }
        Ok(())
    }

    fn contacts_imported(&mut self, mut entry: Entry) -> Result<(), String> {
        let content = entry.data.content.take();
        let data = &entry.data;
        let campaign = self.campaign(&entry)?;
        if let Some(value) = content {
            let seq = entry.seq;
            campaign.content = Some(Said { seq, value });
        }
        campaign
            .contacts
            .ended(data.started, &data.sha256, data.taken);
        campaign.dialable += data.classes.iter().map(|class| class.taken).sum::<u64>();
        Ok(())
    }

    fn registry_loaded(&mut self, entry: Entry) -> Result<(), String> {
        let (seq, data) = (entry.seq, entry.data);
        let list = data.list.ok_or("it names no list")?;
        if !list.is_registry() {
            return Ok(());
        }
        let registry = self.registries.entry(list).or_default();
        registry
            .numbers
            .ended(data.started, &data.sha256, data.taken);
        let value = data.as_of.ok_or("it has no date")?;
        for area in data.areas {
            registry.areas.insert(area, Said { seq, value });
        }
        Ok(())
    }

    fn listed(&mut self, entry: Entry) -> Result<(), String> {
        let (seq, data) = (entry.seq, entry.data);
        let number = entry.number.ok_or("it names no number")?;
        let list = data.list.ok_or("it names no list")?;
        // Only an entry that adds has a source.
        let value = data.source.map(|source| ListedLog {
            source,
            note: data.note,
        });
        self.listed.insert((number, list), Said { seq, value });
        if data.consent_restored {
            self.revoked.insert(number, Said { seq, value: None });
        }
        Ok(())
    }

    fn consent_revoked(&mut self, entry: &Entry) -> Result<(), String> {
        let (seq, value) = (entry.seq, Some(entry.at));
        let number = entry.number.ok_or("it names no number")?;
        self.revoked.insert(number, Said { seq, value });
        Ok(())
    }

    fn reserved(&mut self, entry: Entry) -> Result<(), String> {
        let id = entry.attempt.ok_or("it names no attempt")?;
        let reserved = AttemptLog {
            id,
            reserved: entry.seq,
            last: entry.seq,
            campaign: entry.campaign.ok_or("it names no campaign")?,
            contact: entry.contact.ok_or("it names no contact")?,
            number: entry.number.ok_or("it names no number")?,
            n: entry.data.n,
            trunk: entry.data.trunk,
            caller_id: entry.data.caller_id,
            state: 0,
            end: None,
        };
        match self.attempts.insert(id.serial, reserved) {
            Some(_) => Err(format!("attempt {id} was reserved before")),
            None => Ok(()),
        }
    }

    fn moved(&mut self, entry: &Entry, state: u8) -> Result<(), String> {
        let attempt = self.attempt(entry)?;
        attempt.last = entry.seq;
        attempt.state = state;
        Ok(())
    }

    fn reopened(&mut self, entry: &Entry) -> Result<(), String> {
        self.moved(entry, 4)?;
        self.attempt(entry)?.end = None;
        Ok(())
    }

    fn detected(&mut self, entry: &Entry) -> Result<(), String> {
        self.attempt(entry)?.last = entry.seq;
        Ok(())
    }

    fn ended(&mut self, entry: Entry) -> Result<(), String> {
        let outcome = entry::outcome(&entry)?;
        let attempt = self.attempt(&entry)?;
        attempt.last = entry.seq;
        attempt.state = 5;
        attempt.end = Some(AttemptEnd {
            outcome,
            cause: entry.data.cause,
            counts: entry.data.counts,
            callee_type: entry.data.callee_type,
        });
        Ok(())
    }

    fn finished(&mut self, entry: Entry) -> Result<(), String> {
        let contact = entry.contact.ok_or("it names no contact")?;
        let end = ContactEnd {
            campaign: entry.campaign,
            number: entry.number,
            state: entry.data.state.ok_or("it has no state")?,
            reason: entry.data.reason,
        };
        let (seq, value) = (entry.seq, Some(end));
        self.ends.insert(contact, Said { seq, value });
        Ok(())
    }

    /// An entry that a person caused names no attempt, and takes a contact back from its end.
    fn retry_planned(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.attempt.is_none() {
            let contact = entry.contact.ok_or("it names no contact")?;
            let (seq, value) = (entry.seq, None);
            self.ends.insert(contact, Said { seq, value });
        }
        Ok(())
    }
}

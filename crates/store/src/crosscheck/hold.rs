//! Comparison of rows with the fold of the log. What no row matched is missing at the end.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use super::content::{Content, Imported, Recomputed};
use super::difference::{Differences, Mismatch, RowMismatch};
use super::fold::{AttemptLog, Fold, ListedLog, Said};
use dialdeck_core::domain::digest::hex;
use dialdeck_core::domain::event::LoggedSettings;
use dialdeck_core::domain::{
    Area, AttemptId, AttemptState, CalleeType, CampaignSettings, CampaignState, Contact, ContactId,
    ContactState, ListKind, Outcome, PhoneNumber, Suppression, Timestamp,
};

/// A campaign's row with the columns that follow from the log.
pub(crate) struct CampaignRow {
    pub(crate) name: String,
    pub(crate) state: CampaignState,
    pub(crate) settings: CampaignSettings,
}

/// A contact's row, with its campaign's name and the calls that its attempts' rows count.
pub(crate) struct ContactRow<'a> {
    pub(crate) campaign: &'a str,
    pub(crate) contact: &'a Contact,
    /// Attempts that have ended and count, and whether one is in flight.
    pub(crate) calls: (u32, bool),
    /// What its import wrote.
    pub(crate) imported: Imported<'a>,
}

/// An attempt's row, with its campaign's name.
pub(crate) struct AttemptRow {
    pub(crate) id: AttemptId,
    pub(crate) campaign: String,
    pub(crate) contact: ContactId,
    pub(crate) number: PhoneNumber,
    pub(crate) n: u32,
    pub(crate) trunk: String,
    pub(crate) caller_id: PhoneNumber,
    pub(crate) state: AttemptState,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) cause: Option<String>,
    pub(crate) callee_type: Option<CalleeType>,
    pub(crate) counts: bool,
}

/// A list's row with the areas that it covers.
pub(crate) struct ListRow {
    pub(crate) kind: ListKind,
    /// The count in its row, and the count of the rows of its numbers.
    pub(crate) counts: (u64, u64),
    pub(crate) areas: BTreeMap<Area, Timestamp>,
}

/// What was counted from the rows so far.
#[derive(Default)]
pub(crate) struct Held {
    /// Whether every import of the deck is in the log from its start. Then no row may exist that no import
    /// added. Otherwise rows of imports that an older program did not log are accepted.
    imports_are_logged: bool,
    /// Contacts of a campaign, and how many of them can never be dialed.
    contacts: BTreeMap<String, (u64, u64)>,
    /// Numbers on registries that have no entry of their own in the log.
    registered: HashMap<ListKind, u64>,
    /// What imports wrote into the rows of a campaign's contacts.
    contents: HashMap<String, Recomputed>,
}

impl Fold {
    /// Compares a campaign's row with the log.
    pub(crate) fn hold_campaign(&mut self, row: &CampaignRow, found: &mut Differences) {
        let name = &row.name;
        let Some(known) = self.campaigns.get(name) else {
            return found.note(RowMismatch::CampaignExtra(name.clone()));
        };
        let state = &known.state;
        if state.value != row.state {
            let what = RowMismatch::CampaignState {
                campaign: name.clone(),
                log: state.value,
                table: row.state,
            };
            found.note_at(state.by, what);
        }
        // Settings that an older program logged may lack what a later one needs. Then they are not compared.
        if let LoggedSettings::Known(logged) = &known.settings.value
            && **logged != row.settings
        {
            let what = RowMismatch::CampaignSettings(name.clone());
            found.note_at(known.settings.by, what);
        }
    }

    /// Compares a list's entry with the log.
    pub(crate) fn hold_listed(
        &mut self,
        row: &Suppression,
        held: &mut Held,
        found: &mut Differences,
    ) {
        let (number, list) = (row.number, row.list.clone());
        let Some(known) = self.listed.remove(&(number, list.clone())) else {
            if list.is_registry() {
                *held.registered.entry(list).or_default() += 1;
            } else {
                found.note(RowMismatch::ListedExtra(number, list));
            }
            return;
        };
        match known.value {
            None => found.note_at(known.by, RowMismatch::ListedStill(number, list)),
            Some(ListedLog { at, source, note }) => {
                if !at.admits(row.at) {
                    let what = RowMismatch::ListedAt(number, list.clone());
                    found.note_at(known.by, what);
                }
                if source != row.source || note != row.note {
                    found.note_at(known.by, RowMismatch::ListedOtherwise(number, list));
                }
            }
        }
    }

    /// Compares a number's revoked consent with the log.
    pub(crate) fn hold_revoked(
        &mut self,
        number: PhoneNumber,
        at: Timestamp,
        found: &mut Differences,
    ) {
        match self.revoked.remove(&number) {
            None => found.note(RowMismatch::RevokedExtra(number)),
            Some(Said { by, value: None }) => {
                found.note_at(by, RowMismatch::RevokedStill(number));
            }
            // The log's time never goes back, so an entry may be dated later than the revocation.
            Some(Said {
                by,
                value: Some(noted),
            }) => {
                if at > noted {
                    found.note_at(by, RowMismatch::RevokedEarlier(number));
                }
            }
        }
    }

    /// Compares an attempt's row with the log.
    pub(crate) fn hold_attempt(&mut self, row: &AttemptRow, found: &mut Differences) {
        let serial = row.id.serial;
        let Some(known) = self.attempts.remove(&serial) else {
            return found.note(RowMismatch::AttemptExtra(serial));
        };
        let planned = known.id == row.id
            && known.number == row.number
            && known.campaign == row.campaign
            && known.contact == row.contact
            && known.n == row.n
            && known.trunk == row.trunk
            && known.caller_id == row.caller_id;
        if !planned {
            found.note_at(known.reserved, RowMismatch::AttemptPlanned(serial));
        }
        if !is_as_logged(&known, row) {
            found.note_at(known.last, RowMismatch::AttemptState(serial));
        }
    }

    /// Begins the digest of a campaign's contacts. `kept` is the one in the table.
    pub(crate) fn hold_contents(&self, campaign: &str, kept: Option<&Content>, held: &mut Held) {
        let logged = self.campaigns.get(campaign);
        let logged = logged.and_then(|known| known.content.as_ref());
        let after = match (kept, logged) {
            (Some(kept), _) => kept.after,
            (None, Some(logged)) => logged.value.after,
            (None, None) => return,
        };
        let through = logged.map_or(after, |logged| logged.value.through);
        let content = Recomputed::new(after, through);
        held.contents.insert(campaign.to_owned(), content);
    }

    /// Compares the digest of a campaign's contacts with the log and with the table.
    pub(crate) fn hold_content(
        &self,
        campaign: &str,
        kept: Option<&Content>,
        held: &Held,
        found: &mut Differences,
    ) {
        let Some(computed) = held.contents.get(campaign) else {
            return;
        };
        let logged = self.campaigns.get(campaign);
        let logged = logged.and_then(|known| known.content.as_ref());
        if let Some(Said { by, value }) = logged
            && (value.after != computed.logged.after
                || value.sha256 != hex(&computed.logged.digest))
        {
            found.note_at(*by, RowMismatch::ContentLogged(campaign.to_owned()));
        } else if kept != Some(&computed.all) {
            found.note(RowMismatch::ContentKept(campaign.to_owned()));
        }
    }

    /// Compares a contact's row with the log.
    pub(crate) fn hold_contact(
        &mut self,
        row: &ContactRow<'_>,
        held: &mut Held,
        found: &mut Differences,
    ) {
        let contact = row.contact;
        let (id, table) = (contact.id, contact.state);
        if !held.contacts.contains_key(row.campaign) {
            held.contacts.insert(row.campaign.to_owned(), (0, 0));
        }
        let counts = held.contacts.get_mut(row.campaign);
        let ended = self.ends.remove(&id);
        if let Some((all, undialable)) = counts {
            *all += 1;
            *undialable += u64::from(contact.class.0 == 0);
        }
        if let Some(content) = held.contents.get_mut(row.campaign) {
            content.add(&row.imported);
        }
        let (counted, in_flight) = row.calls;
        if contact.attempts != counted || (table == ContactState::InFlight && !in_flight) {
            found.note(RowMismatch::ContactAttempts(id));
        }
        match ended {
            None | Some(Said { value: None, .. }) if !table.is_final() => {}
            // Unfit from the start, which the figures of its import report.
            None if table == ContactState::Invalid && contact.class.0 == 0 => {}
            None => found.note(RowMismatch::ContactEnded { contact: id, table }),
            Some(Said { by, value: None }) => {
                let what = RowMismatch::ContactCallable { contact: id, table };
                found.note_at(by, what);
            }
            Some(Said {
                by,
                value: Some(end),
            }) => {
                let same = end.state == table
                    && end.reason == contact.reason
                    && end.number == Some(contact.number)
                    && end.campaign.as_deref() == Some(row.campaign);
                if !same {
                    let what = RowMismatch::ContactState {
                        contact: id,
                        log: end.state,
                        table,
                    };
                    found.note_at(by, what);
                }
            }
        }
    }

    /// Compares a list's row with the log and with its numbers.
    pub(crate) fn hold_list(&mut self, row: &ListRow, held: &Held, found: &mut Differences) {
        let (kind, (said, there)) = (&row.kind, row.counts);
        if said != there {
            found.note(Mismatch::ListCount {
                list: kind.clone(),
                row: said,
                numbers: there,
            });
        }
        let Some(registry) = self.registries.remove(kind) else {
            return;
        };
        let registered = held.registered.get(kind).copied().unwrap_or(0);
        let range = registry.numbers.range();
        held.in_range(&format!("{kind} numbers"), range, registered, found);
        for (area, date) in registry.areas {
            if row.areas.get(&area) != Some(&date.value) {
                let (list, area) = (kind.clone(), area.code_text());
                found.note_at(date.by, Mismatch::AreaDate { list, area });
            }
        }
    }

    /// Adds a difference for everything that the log has and no row had.
    pub(crate) fn hold_missing(self, held: &Held, found: &mut Differences) {
        for ((number, list), said) in self.listed {
            if said.value.is_some() {
                found.note_at(said.by, RowMismatch::ListedMissing(number, list));
            }
        }
        for (number, said) in self.revoked {
            if said.value.is_some() {
                found.note_at(said.by, RowMismatch::RevokedMissing(number));
            }
        }
        for (serial, known) in self.attempts {
            found.note_at(known.reserved, RowMismatch::AttemptMissing(serial));
        }
        for (contact, said) in self.ends {
            found.note_at(said.by, RowMismatch::ContactMissing(contact));
        }
        for kind in self.registries.into_keys() {
            found.note(Mismatch::RegistryMissing(kind));
        }
        for (name, known) in self.campaigns {
            let (all, undialable) = held.contacts.get(&name).copied().unwrap_or_default();
            let range = known.contacts.range();
            let unfit = known.contacts.taken.saturating_sub(known.dialable);
            let unfit = unfit..=unfit + (range.end() - range.start());
            held.in_range(&format!("{name} contacts"), range, all, found);
            let what = format!("{name} contacts that cannot be dialed");
            held.in_range(&what, unfit, undialable, found);
        }
    }
}

fn is_as_logged(known: &AttemptLog, row: &AttemptRow) -> bool {
    let end = known.end.as_ref();
    known.state == row.state
        && end.map(|end| end.outcome) == row.outcome
        // Rows from before causes were kept have none.
        && end.is_none_or(|end| {
            end.counts == row.counts
                && row.cause.as_ref().is_none_or(|cause| *cause == end.cause)
                && end.callee_type == row.callee_type
        })
}

impl Held {
    /// Returns an empty count.
    pub(crate) fn new(imports_are_logged: bool) -> Self {
        Self {
            imports_are_logged,
            ..Self::default()
        }
    }

    fn in_range(&self, what: &str, log: RangeInclusive<u64>, table: u64, found: &mut Differences) {
        if table >= *log.start() && (table <= *log.end() || !self.imports_are_logged) {
            return;
        }
        let what = what.to_owned();
        found.note(Mismatch::Imported { what, log, table });
    }
}

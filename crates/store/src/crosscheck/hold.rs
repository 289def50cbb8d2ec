//! Comparison of rows with the fold of the log. What no row matched is missing at the end.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use super::Differences;
use super::content::{Content, Imported, Recomputed};
use super::fold::{AttemptLog, Fold, ListedLog, Said};
use dialdeck_core::domain::digest::hex;
use dialdeck_core::domain::{
    Area, AttemptId, CampaignSettings, CampaignState, Contact, ContactState, ListKind, Outcome,
    PhoneNumber, Suppression, Timestamp,
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
    pub(crate) contact: i64,
    pub(crate) number: PhoneNumber,
    pub(crate) n: u32,
    pub(crate) trunk: String,
    pub(crate) caller_id: PhoneNumber,
    pub(crate) state: u8,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) cause: Option<String>,
    pub(crate) callee_type: Option<String>,
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
            return found.note(None, format!("no entry added campaign {name}"));
        };
        let state = &known.state;
        if state.value != row.state {
            let (log, table) = (state.value, row.state);
            let what = format!("campaign {name} is {log}, the table has {table}");
            found.note(Some(state.seq), what);
        }
        // Settings that an older program logged may lack what a later one needs. Then they are not compared.
        let logged = known.settings.value.clone();
        let logged =
            logged.and_then(|value| serde_json::from_value::<CampaignSettings>(value).ok());
        if logged.is_some_and(|logged| logged != row.settings) {
            let what = format!("campaign {name} has other settings than the table");
            found.note(Some(known.settings.seq), what);
        }
    }

    /// Compares a list's entry with the log.
    pub(crate) fn hold_listed(
        &mut self,
        row: &Suppression,
        held: &mut Held,
        found: &mut Differences,
    ) {
        let (number, list) = (row.number, &row.list);
        let Some(known) = self.listed.remove(&(number, list.clone())) else {
            if list.is_registry() {
                *held.registered.entry(list.clone()).or_default() += 1;
            } else {
                found.note(
                    None,
                    format!("no entry put {number} on {list}, the table has it"),
                );
            }
            return;
        };
        let seq = Some(known.seq);
        match known.value {
            None => found.note(
                seq,
                format!("{number} was taken off {list}, the table has it"),
            ),
            Some(ListedLog { source, note }) => {
                if source != row.source.as_str() || note != row.note {
                    let what = format!("{number} is on {list} for another reason in the table");
                    found.note(seq, what);
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
            None => found.note(None, format!("no entry revoked the consent of {number}")),
            Some(Said { seq, value: None }) => {
                let what =
                    format!("the consent of {number} was restored, the table has it revoked");
                found.note(Some(seq), what);
            }
            // The log's time never goes back, so an entry may be dated later than the revocation.
            Some(Said {
                seq,
                value: Some(noted),
            }) => {
                if at > noted {
                    let what =
                        format!("the consent of {number} was revoked before the table's time");
                    found.note(Some(seq), what);
                }
            }
        }
    }

    /// Compares an attempt's row with the log.
    pub(crate) fn hold_attempt(&mut self, row: &AttemptRow, found: &mut Differences) {
        let serial = row.id.serial;
        let Some(known) = self.attempts.remove(&serial) else {
            return found.note(None, format!("no entry reserved attempt {serial}"));
        };
        let planned = known.id == row.id
            && known.number == row.number
            && known.campaign == row.campaign
            && known.contact == row.contact
            && known.n == row.n
            && known.trunk == row.trunk
            && known.caller_id == Some(row.caller_id);
        if !planned {
            let what = format!("attempt {serial} was planned otherwise than the table says");
            found.note(Some(known.reserved), what);
        }
        if !is_as_logged(&known, row) {
            let what = format!("attempt {serial} stands otherwise than the table says");
            found.note(Some(known.last), what);
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
        if let Some(Said { seq, value }) = logged
            && (value.after != computed.logged.after
                || value.sha256 != hex(&computed.logged.digest))
        {
            let what = format!("{campaign} contacts are not as they were imported");
            found.note(Some(*seq), what);
        } else if kept != Some(&computed.all) {
            let what = format!("{campaign} contacts are not as their digest says");
            found.note(None, what);
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
        let (id, state) = (contact.id, contact.state);
        if !held.contacts.contains_key(row.campaign) {
            held.contacts.insert(row.campaign.to_owned(), (0, 0));
        }
        let counts = held.contacts.get_mut(row.campaign);
        let ended = self.ends.remove(&id.0);
        if let Some((all, undialable)) = counts {
            *all += 1;
            *undialable += u64::from(contact.class.0 == 0);
        }
        if let Some(content) = held.contents.get_mut(row.campaign) {
            content.add(&row.imported);
        }
        let (counted, in_flight) = row.calls;
        if contact.attempts != counted || (state == ContactState::InFlight && !in_flight) {
            let what = format!("contact {id} stands otherwise than its attempts' rows");
            found.note(None, what);
        }
        match ended {
            None | Some(Said { value: None, .. }) if !state.is_final() => {}
            // Unfit from the start, which the figures of its import report.
            None if state == ContactState::Invalid && contact.class.0 == 0 => {}
            None => found.note(
                None,
                format!("no entry ended contact {id}, the table has {state}"),
            ),
            Some(Said { seq, value: None }) => {
                let what = format!("contact {id} may be called again, the table has {state}");
                found.note(Some(seq), what);
            }
            Some(Said {
                seq,
                value: Some(end),
            }) => {
                let same = end.state == state.as_str()
                    && end.reason == contact.reason
                    && end.number == Some(contact.number)
                    && end.campaign.as_deref() == Some(row.campaign);
                if !same {
                    let what = format!("contact {id} is {}, the table has {state}", end.state);
                    found.note(Some(seq), what);
                }
            }
        }
    }

    /// Compares a list's row with the log and with its numbers.
    pub(crate) fn hold_list(&mut self, row: &ListRow, held: &Held, found: &mut Differences) {
        let (kind, (said, there)) = (&row.kind, row.counts);
        if said != there {
            found.note(
                None,
                format!("{kind} has {said} numbers by its row and {there} in the table"),
            );
        }
        let Some(registry) = self.registries.remove(kind) else {
            return;
        };
        let registered = held.registered.get(kind).copied().unwrap_or(0);
        let range = registry.numbers.range();
        held.in_range(&format!("{kind} numbers"), &range, registered, found);
        for (area, date) in registry.areas {
            let known = row
                .areas
                .iter()
                .find(|(known, _)| known.code_text() == area);
            if known.map(|(_, as_of)| *as_of) != Some(date.value) {
                let what = format!("{kind} has another date in area {area} than the table");
                found.note(Some(date.seq), what);
            }
        }
    }

    /// Adds a difference for everything that the log has and no row had.
    pub(crate) fn hold_missing(self, held: &Held, found: &mut Differences) {
        for ((number, list), said) in self.listed {
            if said.value.is_some() {
                let what = format!("{number} is on {list}, the table does not have it");
                found.note(Some(said.seq), what);
            }
        }
        for (number, said) in self.revoked {
            if said.value.is_some() {
                let what =
                    format!("the consent of {number} is revoked, the table does not have it");
                found.note(Some(said.seq), what);
            }
        }
        for (serial, known) in self.attempts {
            let what = format!("attempt {serial} was made, the table does not have it");
            found.note(Some(known.reserved), what);
        }
        for (contact, said) in self.ends {
            found.note(
                Some(said.seq),
                format!("the table has no contact {contact}"),
            );
        }
        for kind in self.registries.into_keys() {
            found.note(
                None,
                format!("{kind} was loaded, the table does not have it"),
            );
        }
        for (name, known) in self.campaigns {
            let (all, undialable) = held.contacts.get(&name).copied().unwrap_or_default();
            let range = known.contacts.range();
            held.in_range(&format!("{name} contacts"), &range, all, found);
            let unfit = known.contacts.taken.saturating_sub(known.dialable);
            let unfit = unfit..=unfit + (range.end() - range.start());
            let what = format!("{name} contacts that cannot be dialed");
            held.in_range(&what, &unfit, undialable, found);
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
                && (row.cause.is_none() || end.cause == row.cause)
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

    fn in_range(
        &self,
        what: &str,
        by_log: &RangeInclusive<u64>,
        by_table: u64,
        found: &mut Differences,
    ) {
        let (least, most) = (by_log.start(), by_log.end());
        if by_table >= *least && (by_table <= *most || !self.imports_are_logged) {
            return;
        }
        let wanted = if least == most {
            least.to_string()
        } else {
            format!("{least} to {most}")
        };
        let what = format!("{what}: {wanted} by the log's imports, {by_table} in the table");
        found.note(None, what);
    }
}

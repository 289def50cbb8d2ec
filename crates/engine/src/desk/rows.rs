//! The call list: a page of contacts, each with what happens to it next and why it waits.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use super::zones;
use crate::next_claim::{self, NextClaim};
use dialdeck_core::domain::{
    Attempt, AttemptState, Campaign, CampaignId, ClassId, Contact, ContactId, ContactState,
    Outcome, PhoneNumber, Timestamp, WindowClass,
};
use dialdeck_core::policy::Context;
use dialdeck_core::rules::Rules;
use dialdeck_store::{ContactQuery, ListKey, ListOrder, Snapshot, Store, StoreError};

/// What a console wants to see of a campaign's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The campaign.
    pub campaign: CampaignId,
    /// Only these states; `None`: all.
    pub states: Option<BTreeSet<ContactState>>,
    /// Only contacts one of whose cities or zones contains this, in lower case; empty: all.
    pub zone: String,
    /// Only contacts whose last attempt ended so.
    pub outcome: Option<Outcome>,
    /// Digits of the number or letters of the name; empty: all.
    pub text: String,
    /// The order.
    pub order: ListOrder,
}

impl ListQuery {
    /// A campaign's whole list in queue order.
    pub const fn all(campaign: CampaignId) -> Self {
        Self {
            campaign,
            states: None,
            zone: String::new(),
            outcome: None,
            text: String::new(),
            order: ListOrder::Queue,
        }
    }

    /// As the store is asked.
    pub(super) fn to_store(&self, classes: &BTreeMap<ClassId, WindowClass>) -> ContactQuery {
        let of_zone = || {
            classes
                .iter()
                .filter(|(_, class)| {
                    let label = zones::label(&class.zones);
                    let ids = class.zones.join(" ");
                    format!("{label} {ids} {}", zones::short(&class.zones))
                        .to_lowercase()
                        .contains(&self.zone)
                })
                .map(|(id, _)| *id)
                .collect()
        };
        ContactQuery {
            campaign: self.campaign,
            states: self.states.clone(),
            classes: (!self.zone.is_empty()).then(of_zone),
            outcome: self.outcome,
            text: self.text.clone(),
            order: self.order,
        }
    }
}

/// A row of the call list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// The contact.
    pub contact: ContactId,
    /// Its place in the list, to ask for the rows around it.
    pub key: ListKey,
    /// Its number.
    pub number: PhoneNumber,
    /// Its name as imported: not to be shown before it is cleaned.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// Its zones, in four letters or so.
    pub zone: String,
    /// Local time of day there.
    pub local: String,
    /// Attempts made.
    pub attempts: u32,
    /// Attempts allowed.
    pub max_attempts: u32,
    /// How the last one ended.
    pub last: Option<Outcome>,
    /// The number shown to it now.
    pub caller_id: Option<PhoneNumber>,
}

/// A row of a contact's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The attempt.
    pub attempt: Attempt,
    /// The agent's own word on how it went: not to be shown before it is cleaned.
    pub agent_result: Option<String>,
}

/// All attempts of a contact, oldest first.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn attempts<S: Store>(
    store: &mut S,
    contact: ContactId,
) -> Result<Vec<AttemptRow>, StoreError> {
    let mut said = store.agent_results(contact)?;
    let attempts = store.attempts_of(contact)?.into_iter();
    Ok(attempts
        .map(|attempt| AttemptRow {
            agent_result: said.remove(&attempt.id),
            attempt,
        })
        .collect())
}

/// Where a contact stands, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its call is planned or has left.
    Dialing(Timestamp),
    /// Its phone rings since then.
    Ringing(Timestamp),
    /// Somebody talks since then.
    Talking(Timestamp),
    /// The fate of its call is not known.
    Lost(Timestamp),
    /// Still to call; this is what its claim gets.
    ToCall(NextClaim),
    /// At its end.
    Ended(ContactState, Option<String>),
}

/// A page of the call list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Rows in order.
    pub rows: Vec<ContactRow>,
    /// The list has rows before these.
    pub before: bool,
    /// The list has rows after these.
    pub after: bool,
    /// The search has not looked at everything yet; asked again from here it goes on.
    pub resume: Option<ListKey>,
}

/// Turns contacts of one campaign into rows.
pub(super) struct RowMaker<'a> {
    pub(super) rules: &'a Rules,
    pub(super) campaign: &'a Campaign,
    pub(super) context: Context,
    pub(super) snapshot: &'a Snapshot,
    pub(super) order: ListOrder,
    pub(super) now: Timestamp,
}

impl RowMaker<'_> {
    pub(super) fn row<S: Store>(
        &self,
        store: &mut S,
        asked: &mut Asked,
        contact: &Contact,
    ) -> Result<ContactRow, StoreError> {
        let zones = self
            .snapshot
            .classes
            .get(&contact.class)
            .map_or(&[][..], |class| &class.zones);
        let call = self
            .snapshot
            .in_flight
            .iter()
            .find(|attempt| attempt.contact == contact.id);
        Ok(ContactRow {
            contact: contact.id,
            key: self.order.key(contact),
            number: contact.number,
            name: contact.name.clone(),
            standing: self.standing(store, asked, contact, call)?,
            zone: zones::short(zones),
            local: zones::local(self.rules, zones, self.now),
            attempts: contact.attempts,
            max_attempts: self.campaign.settings.attempts.max,
            last: contact.last_outcome,
            caller_id: call.map(|call| call.caller_id),
        })
    }

    fn standing<S: Store>(
        &self,
        store: &mut S,
        asked: &mut Asked,
        contact: &Contact,
        call: Option<&Attempt>,
    ) -> Result<Standing, StoreError> {
        Ok(match (contact.state, call) {
            (ContactState::InFlight, Some(call)) => in_flight(call),
            (ContactState::InFlight, None) => Standing::Dialing(self.now),
            (ContactState::Ready | ContactState::Waiting(_), _) => {
                Standing::ToCall(self.claim(store, asked, contact.id)?)
            }
            (
                state @ (ContactState::Done
                | ContactState::Exhausted
                | ContactState::Suppressed
                | ContactState::Expired
                | ContactState::Invalid
                | ContactState::Unknown),
                _,
            ) => Standing::Ended(state, contact.reason.clone()),
        })
    }
}

impl RowMaker<'_> {
    /// What the contact's claim gets.
    fn claim<S: Store>(
        &self,
        store: &mut S,
        asked: &mut Asked,
        contact: ContactId,
    ) -> Result<NextClaim, StoreError> {
        if let Some(known) = asked.row(contact) {
            return Ok(known.clone());
        }
        let claim = next_claim::of_contact(store, contact, &self.context, self.now)?;
        asked.keep_row(contact, &claim);
        Ok(claim)
    }
}

fn in_flight(call: &Attempt) -> Standing {
    let sent = call.sent_at.unwrap_or(call.reserved_at);
    match call.state {
        AttemptState::Reserved | AttemptState::Sent => Standing::Dialing(sent),
        AttemptState::Ringing => Standing::Ringing(call.ringing_at.unwrap_or(sent)),
        AttemptState::Connected => Standing::Talking(call.answered_at.unwrap_or(sent)),
        AttemptState::Unknown | AttemptState::Ended => Standing::Lost(sent),
    }
}

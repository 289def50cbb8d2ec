//! The call list: a page of contacts, each with what happens to it next and why it waits.

use std::collections::{BTreeMap, BTreeSet};

use super::claim_cache::ClaimCache;
use super::zones;
use crate::next_claim::{self, NextClaim};
use dialdeck_core::domain::{
    Attempt, AttemptState, Campaign, CampaignId, ClassId, Contact, ContactId, ContactState,
    Outcome, PhoneNumber, Timestamp, WindowClass,
};
use dialdeck_core::policy::Context;
use dialdeck_core::rules::Rules;
use dialdeck_store::{ContactQuery, ListKey, ListOrder, Reads, Snapshot, StoreError};

/// Which contacts of a campaign's list to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The campaign whose list is shown.
    pub campaign: CampaignId,
    /// Only contacts in these states; `None` shows all.
    pub states: Option<BTreeSet<ContactState>>,
    /// Only contacts whose cities or zones contain this text, in lower case; empty shows all.
    pub zone: String,
    /// Only contacts whose last attempt had this outcome; `None` shows all.
    pub outcome: Option<Outcome>,
    /// Only contacts whose number has these digits or whose name has these letters; empty shows all.
    pub text: String,
    /// The order of the rows.
    pub order: ListOrder,
}

impl ListQuery {
    /// Returns a query for a campaign's whole list in queue order.
    ///
    /// # Examples
    /// ```
    /// use dialdeck_core::domain::{CampaignId, Outcome};
    /// use dialdeck_engine::desk::ListQuery;
    ///
    /// let busy = ListQuery {
    ///     outcome: Some(Outcome::Busy),
    ///     ..ListQuery::all(CampaignId(1))
    /// };
    /// assert_eq!(busy.states, None);
    /// assert!(busy.text.is_empty());
    /// ```
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

    /// Returns whether every contact of the campaign is shown, or which are follows from the counters alone.
    const fn needs_no_search(&self) -> bool {
        self.outcome.is_none() && self.text.is_empty()
    }

    /// Returns how many contacts of the campaign match, from its counters; `None` if they must be searched.
    pub(super) fn counted(&self, snapshot: &Snapshot) -> Option<u64> {
        if !self.needs_no_search() {
            return None;
        }
        let asked = self.to_store(&snapshot.classes);
        let mut campaigns = snapshot.campaigns.iter();
        let counts = campaigns.find(|counts| counts.campaign.id == self.campaign)?;
        let counted = counts.contacts.iter().filter(|((class, state), _)| {
            let classes = asked.classes.as_ref();
            let states = asked.states.as_ref();
            classes.is_none_or(|wanted| wanted.contains(class))
                && states.is_none_or(|wanted| wanted.contains(state))
        });
        Some(counted.map(|(_, count)| count).sum())
    }

    /// Returns the query in the store's terms.
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
    /// The id of the contact.
    pub contact: ContactId,
    /// The contact's place in the list. [`Centre::At`](super::Centre::At) takes it to read the rows around
    /// it.
    pub key: ListKey,
    /// The contact's number, in E.164 form.
    pub number: PhoneNumber,
    /// The contact's name as imported. It must be cleaned before it reaches a terminal.
    pub name: String,
    /// The contact's state as an operator sees it.
    pub standing: Standing,
    /// The contact's zones as a short code: `NY`, `DEN+1`; `?` if unknown.
    pub zone: String,
    /// Local time of day in its first zone: `14:07`; `?` if unknown.
    pub local: String,
    /// Attempts that count toward the campaign's maximum, the one in flight included.
    pub attempts: u32,
    /// Attempts that the campaign allows.
    pub max_attempts: u32,
    /// Outcome of the last attempt; `None` before the first.
    pub last: Option<Outcome>,
    /// The caller ID shown in the call in flight; `None` without a call.
    pub caller_id: Option<PhoneNumber>,
    /// Why [`Act::Requeue`](super::Act::Requeue) refuses the contact; `None` if it does not.
    pub not_called_again: Option<&'static str>,
    /// Why [`Act::NoteReached`](super::Act::NoteReached) refuses the contact; `None` if it does not.
    pub not_judged: Option<&'static str>,
}

/// A row of a contact's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The attempt as stored.
    pub attempt: Attempt,
    /// The result that the agent reported. It must be cleaned before it reaches a terminal.
    pub agent_result: Option<String>,
}

/// Returns all attempts of a contact, oldest first.
///
/// # Errors
/// Errors if the store cannot be read.
pub(super) fn attempts<S: Reads>(
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

/// A contact's state as an operator sees it, with the instant since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its call was sent then, or reserved then and not sent yet.
    Dialing(Timestamp),
    /// Its phone has been ringing since then.
    Ringing(Timestamp),
    /// Its call was answered then and is up.
    Talking(Timestamp),
    /// The fate of its call, sent then, is unknown.
    Lost(Timestamp),
    /// Still to call; this is what its claim gets.
    ToCall(NextClaim),
    /// At its end, with the reason if the store has one.
    Ended(ContactState, Option<String>),
}

/// A page of the call list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The rows of the page, in list order.
    pub rows: Vec<ContactRow>,
    /// Whether the list has rows in front of these.
    pub before: bool,
    /// Whether the list has rows behind these.
    pub after: bool,
    /// Where to continue a search that was cut by its limit; `None` if it was complete.
    pub resume: Option<ListKey>,
    /// How many contacts the whole list has.
    pub size: Size,
}

/// How many contacts a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// This many.
    Exactly(u64),
    /// This many were found, and more may follow: counting all would take too long.
    AtLeast(u64),
}

impl Default for Size {
    fn default() -> Self {
        Self::Exactly(0)
    }
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
    pub(super) fn row<S: Reads>(
        &self,
        store: &mut S,
        claims: &mut ClaimCache,
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
            standing: self.standing(store, claims, contact, call)?,
            zone: zones::short(zones),
            local: zones::local(self.rules, zones, self.now),
            attempts: contact.attempts + u32::from(contact.state == ContactState::InFlight),
            max_attempts: self.campaign.settings.attempts.max,
            last: contact.last_outcome,
            caller_id: call.map(|call| call.caller_id),
            not_called_again: dialdeck_store::not_called_again(self.campaign.state, contact.state),
            not_judged: dialdeck_store::not_judged(contact.state),
        })
    }

    fn standing<S: Reads>(
        &self,
        store: &mut S,
        claims: &mut ClaimCache,
        contact: &Contact,
        call: Option<&Attempt>,
    ) -> Result<Standing, StoreError> {
        Ok(match (contact.state, call) {
            (ContactState::InFlight, Some(call)) => in_flight(call),
            (ContactState::InFlight, None) => Standing::Dialing(self.now),
            (ContactState::Ready | ContactState::Waiting(_), _) => {
                Standing::ToCall(self.claim(store, claims, contact.id)?)
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
    /// Returns what the contact's claim gets, from the cache if it is there.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    fn claim<S: Reads>(
        &self,
        store: &mut S,
        claims: &mut ClaimCache,
        contact: ContactId,
    ) -> Result<NextClaim, StoreError> {
        if let Some(known) = claims.row(contact) {
            return Ok(known.clone());
        }
        let claim = next_claim::of_contact(store, contact, &self.context, self.now)?;
        claims.keep_row(contact, &claim);
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

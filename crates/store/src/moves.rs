//! State changes of campaigns, contacts and attempts as values, shared by both stores.

mod attempts;

pub(super) use attempts::{
    Late, adds, apply_event, briefing, called_after_all, correct, correction, counts_from,
    earlier_matters, end_attempt, gives_back, late, ledger_entry, never_sent, read_end, reopen,
    reserve,
};

use std::collections::BTreeSet;
use std::time::Duration;

use super::{By, Candidate, DeckSettings, StoreError, Unusable, entries};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{Entry, EventKind, NewEvent};
use dialdeck_core::domain::outcome::{CalleeType, CallerIdFinding};
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Area, Attempt, Authority, CallerIdState, Campaign, CampaignId, CampaignState, Contact,
    ContactId, ContactState, ListKind, Outcome, Ownership, PhoneNumber, Right, Suppression,
    Timestamp, TrunkName, WaitReason, WindowClass,
};
use dialdeck_core::policy::{self, Hold, HoldKind, LiveCalls, Refusal};

/// The note on a campaign that runs again because of an import.
pub(super) const CONTACTS_ADDED: &str = "contacts were added";
/// The note on a campaign that runs again because a person requeued a contact.
pub(super) const CALLED_AGAIN: &str = "contacts are to be called again";
/// The note on a campaign that runs again because a reversal restored contacts.
pub(super) const RESTORED: &str = "contacts came back from a list";
/// How far back the history of a number is read, by the reservation: a day longer than the longest cap (60
/// days), because caps count from when a request was sent, which is later.
pub(super) const HISTORY: Duration = Duration::from_hours(61 * 24);
/// Days behind the abandonment rate (47 CFR 64.1200(a)(7)): whole UTC days, today included.
pub(super) const ABANDONMENT_DAYS: i64 = 30;

/// Errors if the authority lacks the right.
pub(super) fn permit(who: Authority, right: Right) -> Result<(), StoreError> {
    if who.may(right) {
        return Ok(());
    }
    Err(StoreError::NotPermitted {
        role: who.role,
        right,
    })
}

/// Returns the right that a move to this state needs.
pub(super) const fn right_to_move(to: CampaignState) -> Right {
    match to {
        CampaignState::Paused | CampaignState::Stopped => Right::HoldBack,
        CampaignState::Draft | CampaignState::Running | CampaignState::Done => Right::Campaigns,
    }
}

/// Returns the right that a change of pacing needs. Raising anything needs the right to change campaigns. A
/// lower weight gives others more, so it needs that right too.
pub(super) const fn right_to_pace(from: Pacing, to: Pacing) -> Right {
    let lowers = to.calls_per_minute <= from.calls_per_minute
        && to.max_concurrent <= from.max_concurrent
        && to.weight == from.weight;
    if lowers {
        Right::HoldBack
    } else {
        Right::Campaigns
    }
}

/// Moves a campaign and returns the entry to log. `None` if it was in that state already.
pub(super) fn move_campaign(
    campaign: &mut Campaign,
    to: CampaignState,
    note: &str,
    by: &By,
) -> Result<Option<NewEvent>, StoreError> {
    let from = campaign.state;
    if from == to {
        return Ok(None);
    }
    if !from.may_become(to) {
        return Err(StoreError::IllegalMove {
            campaign: campaign.name().to_owned(),
            from,
            to,
        });
    }
    campaign.state = to;
    if to == CampaignState::Running {
        campaign.running_since = Some(by.at);
    }
    campaign.pause_note =
        (to == CampaignState::Paused && !note.is_empty()).then(|| note.to_owned());
    Ok(Some(entries::campaign_moved(campaign, from, note, by)))
}

/// Changes a campaign's pacing and returns the entry to log. `None` if nothing changed.
pub(super) fn set_pacing(
    campaign: &mut Campaign,
    pacing: Pacing,
    by: &By,
) -> Result<Option<NewEvent>, StoreError> {
    let ceiling = campaign.ceiling;
    let refuse = |what: &str, asked: u32, allowed: u32| {
        Err(StoreError::AboveCeiling(format!(
            "{what} must be between 1 and {allowed}, the ceiling of the campaign's file, not {asked}"
        )))
    };
    if pacing.calls_per_minute == 0 || pacing.calls_per_minute > ceiling.calls_per_minute {
        return refuse(
            "calls per minute",
            pacing.calls_per_minute,
            ceiling.calls_per_minute,
        );
    }
    if pacing.max_concurrent == 0 || pacing.max_concurrent > ceiling.max_concurrent {
        return refuse(
            "concurrent calls",
            pacing.max_concurrent,
            ceiling.max_concurrent,
        );
    }
    if campaign.settings.pacing == pacing {
        return Ok(None);
    }
    campaign.settings.pacing = Pacing {
        weight: pacing.weight.max(1),
        ..pacing
    };
    Ok(Some(entries::pacing_changed(campaign, by)))
}

/// Returns until when a hold sets a contact aside, and what it then waits for. `None` if the contact itself
/// need not wait.
pub(super) fn set_aside(hold: &Hold, now: Timestamp) -> Option<(WaitReason, Timestamp)> {
    let due = hold.set_aside_until(now)?;
    let retry = |kind: &HoldKind| matches!(kind, HoldKind::RetryDue);
    let reason = if hold.reasons.iter().any(|reason| retry(&reason.kind)) {
        WaitReason::Retry
    } else {
        WaitReason::Cap
    };
    Some((reason, due))
}

/// Returns the contact as a hold sets it aside. `None` if it need not wait. If it waits for a registry, its
/// reason names the registry.
pub(super) fn waiting(contact: &Contact, hold: &Hold, now: Timestamp) -> Option<Contact> {
    let (reason, due) = set_aside(hold, now)?;
    Some(Contact {
        state: ContactState::Waiting(reason),
        reason: hold.registry().map(awaiting),
        due,
        ..contact.clone()
    })
}

/// Returns the reason of a contact that waits until a registry is loaded.
pub(super) fn awaiting(list: &ListKind) -> String {
    format!("list:{list}")
}

/// Returns the contact after the registry it waited for was loaded for some areas, all if `areas` is `None`.
/// `None` if it does not wait for them.
pub(super) fn woken(
    contact: &Contact,
    (list, areas): (&ListKind, Option<&BTreeSet<Area>>),
    at: Timestamp,
) -> Option<Contact> {
    let waits = matches!(contact.state, ContactState::Waiting(_))
        && contact.reason.as_ref() == Some(&awaiting(list))
        && areas.is_none_or(|areas| areas.contains(&Area::of(contact.number)));
    waits.then(|| Contact {
        reason: None,
        due: at,
        ..contact.clone()
    })
}

/// Returns when a waiting contact becomes ready by time alone. `None` if it waits for a registry.
pub(super) fn by_time(due: Timestamp) -> Option<Timestamp> {
    Some(due).filter(|due| *due < Timestamp::MAX)
}

/// Returns the contact as it may be called again after a list entry that ended it was reversed. `None` if the
/// list did not end it, or its campaign is stopped.
pub(super) fn restored(
    campaign: &Campaign,
    contact: &Contact,
    list: &ListKind,
    at: Timestamp,
) -> Option<Contact> {
    let ended_by_it = contact.state == ContactState::Suppressed
        && contact.reason.as_ref() == Some(&format!("suppressed:{list}"))
        && may_bind(list, campaign.name())
        && campaign.state != CampaignState::Stopped;
    ended_by_it.then(|| Contact {
        state: ContactState::Ready,
        reason: None,
        due: at,
        ..contact.clone()
    })
}

/// Returns the contact as it is to be called again. `None` if it may be called already. Errors if it may not
/// be called again.
pub(super) fn requeue(
    campaign: &Campaign,
    contact: &Contact,
    by: &By,
) -> Result<Option<Contact>, StoreError> {
    if let Some(why) = not_called_again(campaign.state, contact.state) {
        return Err(StoreError::NotRequeueable(format!(
            "{} in {} is not called again: {why}",
            contact.number,
            campaign.name()
        )));
    }
    let again = contact.state != ContactState::Ready;
    Ok(again.then(|| Contact {
        state: ContactState::Ready,
        reason: None,
        due: by.at,
        ..contact.clone()
    }))
}

/// Returns why an operator cannot let a contact in this state be called again; `None` if they can, or if it may
/// be called already.
pub const fn not_called_again(
    campaign: CampaignState,
    contact: ContactState,
) -> Option<&'static str> {
    if matches!(campaign, CampaignState::Stopped) {
        return Some("its campaign is stopped for good");
    }
    match contact {
        ContactState::Ready | ContactState::Waiting(_) | ContactState::Unknown => None,
        ContactState::InFlight => Some("it is being called"),
        ContactState::Done => Some("it has been reached"),
        ContactState::Exhausted => Some("its attempts are used up"),
        ContactState::Suppressed => Some("it is suppressed, and nothing overrides that"),
        ContactState::Expired => Some("its time is over"),
        ContactState::Invalid => Some("its number cannot be dialed"),
    }
}

/// Returns why a person cannot report a contact in this state as reached; `None` if they can.
pub fn not_judged(contact: ContactState) -> Option<&'static str> {
    (contact != ContactState::Unknown).then_some("only a contact of unknown fate needs a verdict")
}

/// The reason code of a contact that a person reported as reached.
pub(super) const REACHED: &str = "reached_by_verdict";

/// Errors if the contact's fate is known, so that a person's verdict is not needed.
pub(super) fn may_be_judged(campaign: &Campaign, contact: &Contact) -> Result<(), StoreError> {
    match not_judged(contact.state) {
        None => Ok(()),
        Some(why) => Err(StoreError::NotRequeueable(format!(
            "{} in {} is {}: {why}",
            contact.number,
            campaign.name(),
            contact.state
        ))),
    }
}

/// Returns the contact as it is after its attempt was reserved.
pub(super) fn called(contact: &Contact) -> Contact {
    Contact {
        state: ContactState::InFlight,
        reason: None,
        ..contact.clone()
    }
}

/// Returns, for each caller ID of a trunk, whether the provider's list has it, with an alert if it is missing
/// and was not known to be.
pub(super) fn ownership(
    settings: &DeckSettings,
    trunk: &TrunkName,
    owned: &[PhoneNumber],
    by: &By,
) -> Vec<(PhoneNumber, Ownership, Option<NewEvent>)> {
    let of_trunk = settings.caller_ids.iter().filter(|id| id.trunk == *trunk);
    of_trunk
        .map(|id| {
            let said = Ownership {
                owned: owned.contains(&id.number),
                at: by.at,
            };
            let known = id.ownership.is_some_and(|known| !known.owned);
            let alert = (!said.owned && !known).then(|| entries::caller_id_not_owned(id, by));
            (id.number, said, alert)
        })
        .collect()
}

/// Returns the campaign and the contact whose end the log entry reports. `None` if it is another entry or of
/// another campaign.
pub(super) fn end_of_contact(
    line: &str,
    campaigns: &[(String, CampaignId)],
) -> Option<(CampaignId, ContactId)> {
    if campaigns.is_empty() || Entry::kind_of(line) != Some(EventKind::ContactFinished.as_str()) {
        return None;
    }
    let entry = Entry::read(line).ok()?;
    let named = |(name, _): &&(String, CampaignId)| entry.campaign.as_ref() == Some(name);
    let (_, campaign) = campaigns.iter().find(named)?;
    Some((*campaign, entry.contact?))
}

/// Returns the UTC day of an instant, counted from 1970.
pub(super) fn day(at: Timestamp) -> i64 {
    at.as_millis() / (24 * 3600 * 1000)
}

/// Returns what an outcome adds to the abandonment rates.
pub(super) const fn live_calls(outcome: Outcome) -> Option<LiveCalls> {
    match outcome {
        Outcome::Answered(CalleeType::Human) => Some(LiveCalls {
            answered: 1,
            abandoned: 0,
        }),
        Outcome::Abandoned => Some(LiveCalls {
            answered: 1,
            abandoned: 1,
        }),
        Outcome::Answered(CalleeType::Voicemail | CalleeType::Fax | CalleeType::Unknown)
        | Outcome::Busy
        | Outcome::NoAnswer
        | Outcome::Declined
        | Outcome::InvalidNumber
        | Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Throttled
        | Outcome::Cancelled
        | Outcome::Expired
        | Outcome::Unknown => None,
    }
}

/// Returns why a contact must end at `now`, if its own or its campaign's time is over.
pub(super) fn expiry(campaign: &Campaign, contact: &Contact, now: Timestamp) -> Option<Refusal> {
    if let Some(refusal) = campaign_expiry(campaign, now) {
        return Some(refusal);
    }
    let expires = contact.expires_at.filter(|at| *at <= now)?;
    Some(Refusal::ContactExpired(expires))
}

/// Returns why all of a campaign's contacts must end at `now`, if it is stopped or its time is over.
pub(super) fn campaign_expiry(campaign: &Campaign, now: Timestamp) -> Option<Refusal> {
    if campaign.state == CampaignState::Stopped {
        return Some(Refusal::CampaignStopped);
    }
    let expires = campaign.settings.schedule.expires.filter(|at| *at <= now)?;
    Some(Refusal::CampaignExpired(expires))
}

/// Returns whether a list can bind a campaign of this name at all. For a registry the policy then decides.
pub(super) fn may_bind(list: &ListKind, campaign: &str) -> bool {
    match list {
        ListKind::Internal | ListKind::National(_) | ListKind::State(_) => true,
        ListKind::Campaign(name) => name == campaign,
    }
}

/// Returns whether a contact in this state can still be finished by a suppression or an expiry.
pub(super) fn is_open(state: ContactState) -> bool {
    matches!(state, ContactState::Ready | ContactState::Waiting(_))
}

/// Returns the end of the rest that a block now causes for a caller ID. `None` if it is not active or rests
/// already.
pub(super) fn rest_of(
    settings: &DeckSettings,
    number: PhoneNumber,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut ids = settings.caller_ids.iter();
    let id = ids.find(|id| id.number == number && id.state == CallerIdState::Active)?;
    id.rests(now)
        .is_none()
        .then(|| now + policy::caller_id::REST)
}

/// Returns whether a caller ID has to rest after a call that showed it. Within the last hour, calls to
/// `callees` different callees were blocked, of `sent` calls that showed it.
pub(super) const fn has_to_rest(finding: CallerIdFinding, callees: u64, sent: u64) -> bool {
    match finding {
        CallerIdFinding::Fine => false,
        CallerIdFinding::Blocked => policy::caller_id::has_to_rest(callees, sent),
        CallerIdFinding::NotOwned => true,
    }
}

/// Errors if single numbers cannot be taken off the list.
pub(super) fn reversible(list: &ListKind) -> Result<(), StoreError> {
    if list.is_reversible() {
        return Ok(());
    }
    Err(StoreError::NotReversible(format!(
        "{list} is a registry: a number leaves it only with a newer registry"
    )))
}

/// Errors if the entry is permanent.
pub(super) fn may_be_taken_back(
    number: PhoneNumber,
    list: &ListKind,
    source: SuppressionSource,
) -> Result<(), StoreError> {
    if !source.is_permanent() {
        return Ok(());
    }
    Err(StoreError::NotReversible(format!(
        "{number} stays on {list}: the callee flagged a call as unwanted (SIP 607, RFC 8197), which is \
         a do-not-call request of their own (47 CFR 64.1200(d)) and permanent"
    )))
}

/// Returns the entry for a number read from a list's file.
pub(super) fn imported(number: PhoneNumber, list: &ListKind, by: &By) -> Suppression {
    Suppression {
        number,
        list: list.clone(),
        source: SuppressionSource::Import,
        at: by.at,
        actor: by.actor.clone(),
        note: None,
    }
}

/// Returns the entry for the internal list that an attempt's end causes.
pub(super) fn do_not_call(
    campaign: &Campaign,
    attempt: &Attempt,
    source: SuppressionSource,
    now: Timestamp,
) -> Suppression {
    Suppression {
        number: attempt.number,
        list: ListKind::Internal,
        source,
        at: now,
        actor: entries::ENGINE.to_owned(),
        note: Some(format!("{}, attempt {}", campaign.name(), attempt.id)),
    }
}

/// Returns the settings of a deck that was never configured. Nothing can be dialed with them.
pub(super) fn no_settings() -> DeckSettings {
    DeckSettings {
        max_concurrent: 0,
        trunks: Vec::new(),
        caller_ids: Vec::new(),
        emergency_bans: Vec::new(),
        every_registry_binds: false,
    }
}

/// Returns the class of contacts that have none: it has no zone, so it is never open.
pub(super) fn no_class() -> WindowClass {
    WindowClass {
        zones: Vec::new(),
        regions: Vec::new(),
        zone_source: "none".to_owned(),
    }
}

/// Returns a contact in the form that the hopper holds.
pub(super) fn candidate(contact: &Contact) -> Candidate {
    Candidate {
        contact: contact.id,
        campaign: contact.campaign,
        class: contact.class,
        priority: contact.priority,
        due: contact.due,
    }
}

/// Returns the error for a contact that is not in the deck.
pub(super) fn no_contact(id: ContactId) -> StoreError {
    Unusable::NoContact(id).into()
}

/// Returns the error for a stored value that has no meaning. `what` is what it should be.
pub(super) fn odd(what: &'static str, value: &impl ToString) -> StoreError {
    let value = value.to_string();
    Unusable::Odd { what, value }.into()
}

//! The claim: facts, decision and reservation in one transaction.

use std::borrow::Cow;
use std::sync::Arc;

use super::counters::Count;
use super::held::About;
use super::mark::Keeper;
use super::sql::{col, put};
use super::{Settings, Work, attempts, campaigns, contacts, incarnation, log, suppression};
use crate::facts::{self, Gathered};
use crate::{Claimed, StoreError, entries, moves};
use dialdeck_core::domain::{Attempt, CampaignId, Contact, ContactId, ContactState, Timestamp};
use dialdeck_core::policy::{
    Abandonment, Context, Decision, DialOrder, Facts, Hold, LiveCalls, decide,
};

const LIVE: &str = "SELECT day, live, abandoned, brake_live, brake_abandoned FROM live_answers
     WHERE campaign = ?1";

/// Decides about a ready contact, acts on the decision, and returns it.
pub(super) fn claim(
    work: &mut Work<'_>,
    contact: ContactId,
    context: &Context,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let contact = contacts::by_id(work, contact)?;
    let Some(contact) = contact.filter(|known| known.state == ContactState::Ready) else {
        return Ok(Claimed::Stale);
    };
    let about = look_up(work, contact, now)?;
    let reserved = about.reserved;
    let gathered = gather(work, about, now)?;
    let next = attempts::next_serial(work)?;
    let fit = work
        .mem
        .mark
        .as_mut()
        .map_or(Ok(()), |mark| mark.follows(next));
    let context = &marked(context, fit.err().map(|fault| fault.to_string()));
    let decision = decide(&gathered.facts(&work.mem.rules, context), now);
    let claimed = match decision {
        Decision::Dial(order) => reserve(work, &gathered, order, now)?,
        Decision::Hold(hold) => hold_back(work, &gathered.contact, hold, now)?,
        Decision::Refuse(refusal) => {
            let mut after = gathered.contact.clone();
            let end = (refusal.contact_state(), refusal.code());
            let by = (entries::ENGINE, now);
            contacts::finish(work, &gathered.contact, &mut after, end, by)?;
            Claimed::Refused(refusal)
        }
    };
    let about = give_back(work, gathered, reserved);
    if let Claimed::Dial(attempt, ..) = &claimed {
        let contact = moves::called(&about.contact);
        let about = About { contact, ..about };
        work.mem.held.remember(attempt.id.serial, about);
    }
    Ok(claimed)
}

/// Passes the facts about a contact to `look`.
pub(super) fn examine(
    work: &mut Work<'_>,
    contact: ContactId,
    context: &Context,
    now: Timestamp,
    look: &mut dyn FnMut(&Facts<'_>),
) -> Result<(), StoreError> {
    let found = contacts::by_id(work, contact)?.ok_or_else(|| moves::no_contact(contact))?;
    let about = look_up(work, found, now)?;
    let reserved = about.reserved;
    let gathered = gather(work, about, now)?;
    let lags = work.mem.mark.as_ref().and_then(Keeper::lags);
    let context = &marked(context, lags.map(ToString::to_string));
    look(&gathered.facts(&work.mem.rules, context));
    give_back(work, gathered, reserved);
    Ok(())
}

/// The context of a claim on a deck whose mark cannot follow, for this reason: what a call adds would not
/// be missed if it were lost.
fn marked(context: &Context, lags: Option<String>) -> Cow<'_, Context> {
    if lags.is_none() {
        return Cow::Borrowed(context);
    }
    Cow::Owned(Context {
        unhealthy: lags,
        ..context.clone()
    })
}

/// Returns what the deck knows of a contact's number.
pub(super) fn look_up(
    work: &mut Work<'_>,
    contact: Contact,
    now: Timestamp,
) -> Result<About, StoreError> {
    let campaign = campaigns::by_id(work, contact.campaign)?;
    let attempts = attempts::history(work, contact.number, now)?;
    let reserved = |attempt: &Attempt| attempt.reserved_at;
    Ok(About {
        suppressions: suppression::concerning(work, contact.number, campaign.name())?,
        consent_revoked_at: suppression::revoked_at(work, contact.number)?,
        reserved: attempts
            .last()
            .map(reserved)
            .zip(attempts.first().map(reserved)),
        history: attempts
            .iter()
            .map(|attempt| facts::past(attempt, now))
            .collect(),
        contact,
    })
}

/// Returns the facts about a contact as the open transaction sees them.
pub(super) fn gather(
    work: &mut Work<'_>,
    about: About,
    now: Timestamp,
) -> Result<Gathered, StoreError> {
    let contact = about.contact;
    let campaign = campaigns::by_id(work, contact.campaign)?;
    let class = contacts::class(work, contact.class)?;
    let settings = campaigns::settings(work)?.unwrap_or_else(|| Arc::new(moves::no_settings()));
    let lists = suppression::lists(work)?;
    let abandonment = abandonment(work, campaign.id, now)?;
    let recovery = incarnation::recovery(work)?;
    let mut caller_ids = match work.mem.cache.showable.remove(&campaign.id) {
        Some(known) => known,
        None => facts::showable(&settings, &campaign),
    };
    let ledger = work.ledger(now)?;
    facts::look_up_use(&mut caller_ids, ledger, now);
    let load = facts::loads(ledger, &settings, &campaign, now);
    Ok(Gathered {
        number_in_flight: about
            .history
            .iter()
            .any(|attempt| attempt.outcome.is_none()),
        contact,
        campaign,
        class,
        settings,
        suppressions: about.suppressions,
        lists,
        consent_revoked_at: about.consent_revoked_at,
        history: about.history,
        load,
        caller_ids,
        abandonment,
        recovery,
    })
}

/// Keeps what the next gathering can use again, and returns what was read about the contact.
pub(super) fn give_back(
    work: &mut Work<'_>,
    gathered: Gathered,
    reserved: Option<(Timestamp, Timestamp)>,
) -> About {
    let campaign = gathered.campaign.id;
    // An empty cache means that the settings changed since the facts were gathered.
    if !matches!(work.mem.cache.settings, Settings::Unread) {
        work.mem
            .cache
            .showable
            .insert(campaign, gathered.caller_ids);
    }
    About {
        contact: gathered.contact,
        suppressions: gathered.suppressions,
        consent_revoked_at: gathered.consent_revoked_at,
        history: gathered.history,
        reserved,
    }
}

/// Returns a campaign's live answers and abandoned calls in the last 30 days, in total and since the brake
/// was released.
pub(super) fn abandonment(
    work: &mut Work<'_>,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Abandonment, StoreError> {
    if !work.mem.cache.live.contains_key(&campaign) {
        let mut statement = work.conn.prepare_cached(LIVE)?;
        let rows = statement.query_map((put(campaign),), |row| {
            let law = LiveCalls {
                answered: col(row, "live")?,
                abandoned: col(row, "abandoned")?,
            };
            let brake = LiveCalls {
                answered: col(row, "brake_live")?,
                abandoned: col(row, "brake_abandoned")?,
            };
            Ok((col(row, "day")?, Abandonment { law, brake }))
        })?;
        let days = rows.collect::<Result<_, _>>()?;
        work.mem.cache.live.insert(campaign, days);
    }
    let since = moves::day(now) - moves::ABANDONMENT_DAYS + 1;
    let mut sum = Abandonment::default();
    if let Some(days) = work.mem.cache.live.get(&campaign) {
        for counts in days.range(since..).map(|(_, counts)| counts) {
            sum.law.add(counts.law);
            sum.brake.add(counts.brake);
        }
    }
    Ok(sum)
}

fn reserve(
    work: &mut Work<'_>,
    gathered: &Gathered,
    order: Box<DialOrder>,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let attempt = moves::reserve(attempts::next_id(work)?, &gathered.contact, &order, now);
    work.ledger(now)?.reserve(moves::ledger_entry(&attempt));
    attempts::insert(work, &attempt)?;
    contacts::save(work, &gathered.contact, &moves::called(&gathered.contact))?;
    let made = Count::Tally(attempt.campaign, "attempts".to_owned());
    work.mem.counts.add(made, 1);
    let shown = gathered
        .caller_ids
        .iter()
        .find(|used| used.caller_id.number == order.caller_id);
    let (source, digest) = (&gathered.class.zone_source, work.mem.rules.digest());
    let campaign = &gathered.campaign;
    let event = entries::attempt_reserved(campaign, &attempt, &order, shown, source, digest);
    log::append(work, &event)?;
    let briefing = Box::new(moves::briefing(
        &gathered.contact,
        contacts::variables(work, gathered.contact.id)?,
    ));
    Ok(Claimed::Dial(Box::new(attempt), order, briefing))
}

fn hold_back(
    work: &mut Work<'_>,
    before: &Contact,
    hold: Hold,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let Some(after) = moves::waiting(before, &hold, now) else {
        return Ok(Claimed::Held { hold, due: None });
    };
    contacts::save(work, before, &after)?;
    let due = moves::by_time(after.due);
    Ok(Claimed::Held { hold, due })
}

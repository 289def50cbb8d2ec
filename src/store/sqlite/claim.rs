//! The claim: facts, decision and reservation in one transaction.

use std::sync::Arc;

use super::counters::Count;
use super::{Settings, Work, attempts, campaigns, contacts, log, suppression};
use crate::domain::{CampaignId, Contact, ContactId, ContactState, Timestamp};
use crate::policy::{Abandonment, Context, Decision, DialOrder, Facts, Hold, Scope, decide};
use crate::store::facts::{self, Gathered};
use crate::store::{Claimed, StoreError, entries, moves};

/// Decides about a ready contact and acts on the decision.
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
    let gathered = gather(work, contact, now)?;
    let decision = decide(&gathered.facts(work.mem.rules, context), now);
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
    give_back(work, gathered);
    Ok(claimed)
}

/// Hands the facts about a contact to `look`.
pub(super) fn examine(
    work: &mut Work<'_>,
    contact: ContactId,
    context: &Context,
    now: Timestamp,
    look: &mut dyn FnMut(&Facts<'_>),
) -> Result<(), StoreError> {
    let found = contacts::by_id(work, contact)?.ok_or_else(|| moves::no_contact(contact))?;
    let gathered = gather(work, found, now)?;
    look(&gathered.facts(work.mem.rules, context));
    give_back(work, gathered);
    Ok(())
}

/// Gathers the facts about a contact as the open transaction sees them.
pub(super) fn gather(
    work: &mut Work<'_>,
    contact: Contact,
    now: Timestamp,
) -> Result<Gathered, StoreError> {
    let campaign = campaigns::by_id(work, contact.campaign)?;
    let class = contacts::class(work, contact.class)?;
    let settings = campaigns::settings(work)?.unwrap_or_else(|| Arc::new(moves::no_settings()));
    let lists = suppression::lists(work)?;
    let suppressions = suppression::binding(work, contact.number, campaign.name())?;
    let consent_revoked_at = suppression::revoked_at(work, contact.number)?;
    let history = attempts::history(work, contact.number, now)?;
    let abandonment = abandonment(work, campaign.id, now)?;
    let mut caller_ids = match work.mem.cache.showable.remove(&campaign.id) {
        Some(known) => known,
        None => facts::showable(&settings, &campaign),
    };
    let ledger = work.ledger(now)?;
    facts::look_up_use(&mut caller_ids, ledger, now);
    let load = facts::loads(ledger, &settings, &campaign, now);
    Ok(Gathered {
        number_in_flight: history.iter().any(|attempt| attempt.outcome.is_none()),
        contact,
        campaign,
        class,
        settings,
        suppressions,
        lists,
        consent_revoked_at,
        history,
        load,
        caller_ids,
        abandonment,
    })
}

/// Keeps what the next gathering can use again.
pub(super) fn give_back(work: &mut Work<'_>, gathered: Gathered) {
    let campaign = gathered.campaign.id;
    // Emptied caches mean that the settings changed meanwhile.
    if !matches!(work.mem.cache.settings, Settings::Unread) {
        work.mem
            .cache
            .showable
            .insert(campaign, gathered.caller_ids);
    }
}

/// Live answers and abandoned calls of a campaign in the last 30 days.
pub(super) fn abandonment(
    work: &mut Work<'_>,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Abandonment, StoreError> {
    if !work.mem.cache.live.contains_key(&campaign) {
        let mut statement = work
            .conn
            .prepare_cached("SELECT day, live, abandoned FROM live_answers WHERE campaign = ?1")?;
        let rows = statement.query_map((campaign.0,), |row| {
            let (live, abandoned): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((
                row.get(0)?,
                (live.cast_unsigned(), abandoned.cast_unsigned()),
            ))
        })?;
        let days = rows.collect::<Result<_, _>>()?;
        work.mem.cache.live.insert(campaign, days);
    }
    let since = moves::day(now) - moves::ABANDONMENT_DAYS + 1;
    let mut sum = Abandonment::default();
    if let Some(days) = work.mem.cache.live.get(&campaign) {
        for (live, abandoned) in days.range(since..).map(|(_, counts)| counts) {
            sum.answered_live += live;
            sum.abandoned += abandoned;
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
    let after = Contact {
        state: ContactState::InFlight,
        reason: None,
        ..gathered.contact.clone()
    };
    contacts::save(work, &gathered.contact, &after)?;
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
    Ok(Claimed::Dial(Box::new(attempt), order))
}

fn hold_back(
    work: &mut Work<'_>,
    before: &Contact,
    hold: Hold,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    if hold.scope != Scope::Contact {
        return Ok(Claimed::Held { hold, due: None });
    }
    let (reason, due) = moves::set_aside(&hold, now);
    let after = Contact {
        state: ContactState::Waiting(reason),
        due,
        ..before.clone()
    };
    contacts::save(work, before, &after)?;
    Ok(Claimed::Held {
        hold,
        due: Some(due),
    })
}

//! The snapshot of a deck, from counters, and the recount that checks them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::codec::parsed;
use super::sql::{Json, col, put};
use super::{Work, attempts, campaigns, claim, contacts, counters, log, meta, suppression, timing};
use crate::{CampaignCounts, Recount, Snapshot, StoreError, facts, moves};
use dialdeck_core::domain::outcome::is_without_agent;
use dialdeck_core::domain::{
    Campaign, CampaignId, ClassId, ContactState, Outcome, Timestamp, WindowClass,
};

/// Returns one consistent view of the deck.
pub(super) fn snapshot(work: &mut Work<'_>, now: Timestamp) -> Result<Snapshot, StoreError> {
    counters::flush(work)?;
    let settings = campaigns::settings(work)?.unwrap_or_else(|| Arc::new(moves::no_settings()));
    let mut campaigns = Vec::new();
    let head = log::head(work)?;
    let counted_at = facts::counted_at(head.at, now);
    for campaign in campaigns::all(work)? {
        campaigns.push(counts(work, &campaign, (now, counted_at))?);
    }
    let ledger = work.ledger(now)?;
    let trunks = settings.trunks.iter().map(|trunk| {
        let load = ledger.trunk(
            &trunk.name,
            trunk.max_concurrent,
            trunk.calls_per_minute,
            counted_at,
        );
        (trunk.clone(), load)
    });
    let trunks = trunks.collect();
    let ids = settings.caller_ids.iter();
    let mut caller_ids: Vec<_> = ids
        .map(|id| facts::unused(id.clone(), id.hourly_cap))
        .collect();
    facts::look_up_use(&mut caller_ids, ledger, counted_at);
    Ok(Snapshot {
        campaigns,
        classes: classes(work)?,
        in_flight: attempts::open(work)?,
        trunks,
        trunk_resets: campaigns::trunk_resets(work)?,
        trunk_rests: campaigns::trunk_rests(work)?,
        unclosed: meta::unclosed(work)?,
        pending_ends: meta::pending_ends(work)?,
        caller_ids,
        lists: suppression::lists(work)?.to_vec(),
        emergency_bans: settings.emergency_bans.clone(),
        alerts: log::alerts(work)?,
        unfinished_imports: meta::unfinished_imports(work)?,
        hang_ups: meta::hang_ups(work)?,
        head: head.seq,
        last_event_at: head.at,
        clock_held: timing::held(work)?,
        clock_accepted: timing::last_accepted(work)?,
    })
}

/// Returns the counts made from the rows.
pub(super) fn recount(work: &Work<'_>) -> Result<BTreeMap<CampaignId, Recount>, StoreError> {
    let mut recounts: BTreeMap<CampaignId, Recount> = BTreeMap::new();
    let mut statement = work.conn.prepare_cached(
        "SELECT campaigns.id AS campaign, coalesce(class, 0) AS class, contacts.state AS state,
             count(*) AS n
         FROM campaigns JOIN contacts ON contacts.campaign = campaigns.id GROUP BY 1, 2, 3",
    )?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let counts = recounts.entry(col(row, "campaign")?).or_default();
        let of = (col(row, "class")?, col(row, "state")?);
        counts.contacts.insert(of, col(row, "n")?);
    }
    let mut statement = work.conn.prepare_cached(
        "SELECT campaign, outcome, count(*) AS n, cause FROM attempts GROUP BY 1, 2, 4",
    )?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let counts = recounts.entry(col(row, "campaign")?).or_default();
        let n: u64 = col(row, "n")?;
        counts.attempts += n;
        let cause: Option<String> = col(row, "cause")?;
        if cause.is_some_and(|cause| is_without_agent(&cause)) {
            counts.without_agent += n;
        }
        match col(row, "outcome")? {
            Some(outcome) => *counts.outcomes.entry(outcome).or_default() += n,
            None => counts.in_flight += n,
        }
    }
    Ok(recounts)
}

fn counts(
    work: &mut Work<'_>,
    campaign: &Campaign,
    (now, counted_at): (Timestamp, Timestamp),
) -> Result<CampaignCounts, StoreError> {
    let settings = campaigns::settings(work)?.unwrap_or_else(|| Arc::new(moves::no_settings()));
    let mut counts = CampaignCounts {
        campaign: campaign.clone(),
        contacts: contact_counts(work, campaign.id)?,
        outcomes: BTreeMap::new(),
        attempts: 0,
        without_agent: 0,
        refusals: BTreeMap::new(),
        load: facts::loads(work.ledger(now)?, &settings, campaign, counted_at).campaign,
        abandonment: claim::abandonment(work, campaign.id, now)?,
        next_due: contacts::next_due(work, campaign.id)?,
    };
    let mut statement = work
        .conn
        .prepare_cached("SELECT what, n FROM tallies WHERE campaign = ?1 AND n > 0")?;
    let mut rows = statement.query((put(campaign.id),))?;
    while let Some(row) = rows.next()? {
        let (what, n): (String, u64) = (col(row, "what")?, col(row, "n")?);
        if let Some(outcome) = what.strip_prefix("outcome:") {
            counts.outcomes.insert(parsed::<Outcome>(outcome)?, n);
        } else if let Some(code) = what.strip_prefix("refusal:") {
            counts.refusals.insert(code.to_owned(), n);
        } else if what == "without_agent" {
            counts.without_agent = n;
        } else {
            counts.attempts = n;
        }
    }
    Ok(counts)
}

fn contact_counts(
    work: &Work<'_>,
    campaign: CampaignId,
) -> Result<BTreeMap<(ClassId, ContactState), u64>, StoreError> {
    let mut statement = work
        .conn
        .prepare_cached("SELECT class, state, n FROM counters WHERE campaign = ?1 AND n > 0")?;
    let mut rows = statement.query((put(campaign),))?;
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let of = (col(row, "class")?, col(row, "state")?);
        counts.insert(of, col(row, "n")?);
    }
    Ok(counts)
}

fn classes(work: &Work<'_>) -> Result<BTreeMap<ClassId, WindowClass>, StoreError> {
    let mut statement = work.conn.prepare_cached("SELECT id, body FROM classes")?;
    let mut rows = statement.query(())?;
    let mut classes = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Json(class) = col(row, "body")?;
        classes.insert(col(row, "id")?, class);
    }
    Ok(classes)
}

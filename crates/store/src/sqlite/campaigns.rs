//! Campaigns, the deck's settings and the states of caller IDs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row};

use super::sql::{Json, col, put};
use super::{Settings, Work, claim, import, log, meta, suppression};
use crate::{By, DeckSettings, ImportFigures, StoreError, entries, moves};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::{
    CallerIdState, Campaign, CampaignId, CampaignSettings, CampaignState, ImportTarget, Ownership,
    PhoneNumber, Right, Timestamp, TrunkName,
};
use dialdeck_core::policy::LiveCalls;
use dialdeck_core::policy::breaker::Kept;

const SETTINGS: &str = "settings";
const TRUNK_RESETS: &str = "trunk_resets";
const TRUNK_RESTS: &str = "trunk_rests";

/// Adds a campaign in state `draft` and returns its id.
pub(super) fn add(
    work: &mut Work<'_>,
    settings: &CampaignSettings,
    by: &By,
) -> Result<CampaignId, StoreError> {
    if named(work, &settings.name).is_ok() {
        return Err(StoreError::CampaignExists(settings.name.clone()));
    }
    let state = CampaignState::Draft;
    work.conn
        .prepare_cached(
            "INSERT INTO campaigns (name, state, settings, ceiling) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            &settings.name,
            put(state),
            serde_json::to_string(settings)?,
            serde_json::to_string(&settings.pacing)?,
        ))?;
    let campaign = Campaign {
        id: CampaignId(work.conn.last_insert_rowid()),
        state,
        settings: settings.clone(),
        ceiling: settings.pacing,
        running_since: None,
        pause_note: None,
    };
    log::append(work, &entries::campaign_added(&campaign, by))?;
    work.mem.cache.campaigns = None;
    Ok(campaign.id)
}

/// Returns the campaign of that name. Errors if there is none.
pub(super) fn named(work: &mut Work<'_>, name: &str) -> Result<Arc<Campaign>, StoreError> {
    let found = all(work)?.into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| StoreError::NoCampaign(name.to_owned()))
}

/// Returns the campaign with that id. Errors if there is none.
pub(super) fn by_id(work: &mut Work<'_>, id: CampaignId) -> Result<Arc<Campaign>, StoreError> {
    if work.mem.cache.campaigns.is_none() {
        all(work)?;
    }
    let known = work.mem.cache.campaigns.as_ref();
    known
        .and_then(|campaigns| campaigns.get(&id).cloned())
        .ok_or_else(|| StoreError::NoCampaign(id.to_string()))
}

/// Returns all campaigns, by id.
pub(super) fn all(work: &mut Work<'_>) -> Result<Vec<Arc<Campaign>>, StoreError> {
    if let Some(known) = &work.mem.cache.campaigns {
        return Ok(known.values().cloned().collect());
    }
    let mut statement = work.conn.prepare_cached(
        "SELECT id, state, settings, ceiling, running_since, pause_note FROM campaigns ORDER BY id",
    )?;
    let mut rows = statement.query(())?;
    let mut campaigns = Vec::new();
    while let Some(row) = rows.next()? {
        campaigns.push(Arc::new(campaign(row)?));
    }
    let by_id = campaigns.iter().map(|known| (known.id, Arc::clone(known)));
    work.mem.cache.campaigns = Some(by_id.collect());
    Ok(campaigns)
}

/// Moves a campaign to another state and returns it.
pub(super) fn move_to(
    work: &mut Work<'_>,
    id: CampaignId,
    to: CampaignState,
    note: &str,
    by: &By,
) -> Result<Campaign, StoreError> {
    let mut campaign = Campaign::clone(by_id(work, id)?.as_ref());
    if let Some(event) = moves::move_campaign(&mut campaign, to, note, by)? {
        save(work, &campaign)?;
        log::append(work, &event)?;
        if moves::right_to_move(to) == Right::HoldBack {
            work.mem.mark_at_once();
        }
    }
    Ok(campaign)
}

/// Changes the live pacing and returns the campaign.
pub(super) fn set_pacing(
    work: &mut Work<'_>,
    id: CampaignId,
    pacing: Pacing,
    by: &By,
) -> Result<Campaign, StoreError> {
    let mut campaign = Campaign::clone(by_id(work, id)?.as_ref());
    if let Some(event) = moves::set_pacing(&mut campaign, pacing, by)? {
        save(work, &campaign)?;
        log::append(work, &event)?;
    }
    Ok(campaign)
}

/// Restarts the brake's counts of abandoned calls, not those of the legal rate. Returns the counts before.
pub(super) fn release_brake(
    work: &mut Work<'_>,
    id: CampaignId,
    reason: &str,
    by: &By,
) -> Result<LiveCalls, StoreError> {
    let campaign = by_id(work, id)?;
    let counts = claim::abandonment(work, id, by.at)?.brake;
    work.conn
        .prepare_cached(
            "UPDATE live_answers SET brake_live = 0, brake_abandoned = 0 WHERE campaign = ?1",
        )?
        .execute((put(id),))?;
    work.mem.cache.live.remove(&id);
    log::append(
        work,
        &entries::brake_released(&campaign, counts, reason, by),
    )?;
    Ok(counts)
}

/// Records that a trunk may try again. Returns `false` if there is no such trunk.
pub(super) fn reset_trunk(
    work: &mut Work<'_>,
    trunk: &TrunkName,
    by: &By,
) -> Result<bool, StoreError> {
    let known = settings(work)?;
    let mut trunks = known.iter().flat_map(|settings| &settings.trunks);
    if !trunks.any(|known| known.name == *trunk) {
        return Ok(false);
    }
    let mut resets = trunk_resets(work)?;
    *resets.entry(trunk.clone()).or_default() += 1;
    meta::set(work.conn, TRUNK_RESETS, &serde_json::to_string(&resets)?)?;
    keep_rest(work, trunk, Kept::default())?;
    log::append(work, &entries::trunk_reset(trunk, by))?;
    Ok(true)
}

/// Replaces the kept state of a trunk's breaker.
pub(super) fn keep_rest(work: &Work<'_>, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError> {
    let mut rests = trunk_rests(work)?;
    if kept == Kept::default() {
        rests.remove(trunk);
    } else {
        rests.insert(trunk.clone(), kept);
    }
    meta::set(work.conn, TRUNK_RESTS, &serde_json::to_string(&rests)?)
}

/// Returns the kept state of the trunks' breakers.
pub(super) fn trunk_rests(work: &Work<'_>) -> Result<BTreeMap<TrunkName, Kept>, StoreError> {
    match meta::value(work.conn, TRUNK_RESTS)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(BTreeMap::new()),
    }
}

/// Returns how often each trunk was reset.
pub(super) fn trunk_resets(work: &Work<'_>) -> Result<BTreeMap<TrunkName, u64>, StoreError> {
    match meta::value(work.conn, TRUNK_RESETS)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(BTreeMap::new()),
    }
}

/// Logs an import and lets a campaign that was done run again.
pub(super) fn finish_import(
    work: &mut Work<'_>,
    id: CampaignId,
    figures: &ImportFigures,
    by: &By,
) -> Result<(), StoreError> {
    let campaign = by_id(work, id)?;
    let into = ImportTarget::Campaign(campaign.name().to_owned());
    meta::end_import(work, &into, figures)?;
    let content = import::content::of(work.conn, id)?;
    for event in entries::contacts_imported(&campaign, figures, content.as_ref(), by) {
        log::append(work, &event)?;
    }
    if campaign.state == CampaignState::Done && figures.taken > 0 {
        move_to(work, id, CampaignState::Running, moves::CONTACTS_ADDED, by)?;
    }
    Ok(())
}

/// Replaces the trunks, the caller IDs and the deck's cap.
pub(super) fn configure(work: &mut Work<'_>, settings: &DeckSettings) -> Result<(), StoreError> {
    let bound = self::settings(work)?.is_some_and(|known| known.every_registry_binds);
    let text = serde_json::to_string(settings)?;
    meta::set(work.conn, SETTINGS, &text)?;
    forget_settings(work);
    if bound && !settings.every_registry_binds {
        for list in suppression::lists(work)?.iter() {
            suppression::wake(work, (&list.kind, None), Timestamp::MIN)?;
        }
    }
    Ok(())
}

/// Returns the settings last configured, caller IDs in the stricter of the file's and the store's state.
pub(super) fn settings(work: &mut Work<'_>) -> Result<Option<Arc<DeckSettings>>, StoreError> {
    match &work.mem.cache.settings {
        Settings::Known(known) => return Ok(Some(Arc::clone(known))),
        Settings::Missing => return Ok(None),
        Settings::Unread => {}
    }
    let text = meta::value(work.conn, SETTINGS)?;
    let mut settings: Option<DeckSettings> =
        text.map(|text| serde_json::from_str(&text)).transpose()?;
    if let Some(settings) = &mut settings {
        let mut statement = work.conn.prepare_cached(
            "SELECT number, state, rests_until FROM caller_id_states ORDER BY number",
        )?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let (shown, state): (PhoneNumber, String) = (col(row, "number")?, col(row, "state")?);
            let state = CALLER_ID_STATES
                .into_iter()
                .find(|known| caller_id_state_name(*known) == state)
                .unwrap_or(CallerIdState::Retired);
            for known in settings
                .caller_ids
                .iter_mut()
                .filter(|id| id.number == shown)
            {
                known.state = known.state.stricter(state);
                known.rests_until = col(row, "rests_until")?;
            }
        }
        for known in &mut settings.caller_ids {
            known.ownership = ownership(work, &known.trunk, known.number)?;
        }
    }
    let settings = settings.map(Arc::new);
    work.mem.cache.settings = match &settings {
        Some(known) => Settings::Known(Arc::clone(known)),
        None => Settings::Missing,
    };
    Ok(settings)
}

fn ownership(
    work: &Work<'_>,
    trunk: &TrunkName,
    number: PhoneNumber,
) -> Result<Option<Ownership>, StoreError> {
    let mut statement = work
        .conn
        .prepare_cached("SELECT owned, at FROM owned_numbers WHERE trunk = ?1 AND number = ?2")?;
    let found = statement.query_row((put(trunk), put(number)), |row| {
        let (owned, at) = (col(row, "owned")?, col(row, "at")?);
        Ok(Ownership { owned, at })
    });
    Ok(found.optional()?)
}

/// Records which numbers the account owns, as the trunk's provider reports.
pub(super) fn note_numbers(
    work: &mut Work<'_>,
    trunk: &TrunkName,
    owned: &[PhoneNumber],
    by: &By,
) -> Result<(), StoreError> {
    let Some(settings) = settings(work)? else {
        return Ok(());
    };
    for (number, said, alert) in moves::ownership(&settings, trunk, owned, by) {
        work.conn
            .prepare_cached(
                "INSERT INTO owned_numbers (trunk, number, owned, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET owned = excluded.owned, at = excluded.at",
            )?
            .execute((put(trunk), put(number), said.owned, put(said.at)))?;
        if let Some(event) = alert {
            log::append(work, &event)?;
        }
    }
    forget_settings(work);
    Ok(())
}

/// Sets a caller ID's state and ends its rest, without logging it.
pub(super) fn set_caller_id_state(
    work: &mut Work<'_>,
    number: PhoneNumber,
    state: CallerIdState,
) -> Result<(), StoreError> {
    work.conn
        .prepare_cached(
            "INSERT INTO caller_id_states (number, state) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET state = excluded.state, rests_until = NULL",
        )?
        .execute((put(number), caller_id_state_name(state)))?;
    forget_settings(work);
    Ok(())
}

/// Lets a caller ID rest, without logging it.
pub(super) fn rest_caller_id(
    work: &mut Work<'_>,
    number: PhoneNumber,
    until: Timestamp,
) -> Result<(), StoreError> {
    work.conn
        .prepare_cached(
            "INSERT INTO caller_id_states (number, state, rests_until) VALUES (?1, 'active', ?2)
             ON CONFLICT DO UPDATE SET rests_until = excluded.rests_until",
        )?
        .execute((put(number), put(Some(until))))?;
    forget_settings(work);
    Ok(())
}

const CALLER_ID_STATES: [CallerIdState; 3] = [
    CallerIdState::Active,
    CallerIdState::Resting,
    CallerIdState::Retired,
];

const fn caller_id_state_name(state: CallerIdState) -> &'static str {
    match state {
        CallerIdState::Active => "active",
        CallerIdState::Resting => "resting",
        CallerIdState::Retired => "retired",
    }
}

fn forget_settings(work: &mut Work<'_>) {
    work.mem.cache.settings = Settings::Unread;
    work.mem.cache.showable.clear();
}

fn save(work: &mut Work<'_>, campaign: &Campaign) -> Result<(), StoreError> {
    work.conn
        .prepare_cached(
            "UPDATE campaigns SET state = ?2, settings = ?3, running_since = ?4, pause_note = ?5
             WHERE id = ?1",
        )?
        .execute((
            put(campaign.id),
            put(campaign.state),
            serde_json::to_string(&campaign.settings)?,
            put(campaign.running_since),
            &campaign.pause_note,
        ))?;
    work.mem.cache.campaigns = None;
    Ok(())
}

fn campaign(row: &Row<'_>) -> Result<Campaign, StoreError> {
    let Json(settings) = col(row, "settings")?;
    let Json(ceiling) = col(row, "ceiling")?;
    Ok(Campaign {
        id: col(row, "id")?,
        state: col(row, "state")?,
        settings,
        ceiling,
        running_since: col(row, "running_since")?,
        pause_note: col(row, "pause_note")?,
    })
}

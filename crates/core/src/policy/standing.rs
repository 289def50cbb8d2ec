//! The gates of campaign, contact, deck and trunk: over for good, or not to be used now.

use super::findings::Findings;
use super::{Facts, HoldKind, Refusal, Until};
use crate::domain::{CampaignState, Timestamp};

/// Refuses if the campaign was stopped or its time is over (D9, D10).
pub(super) fn campaign_over(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    if facts.campaign.state == CampaignState::Stopped {
        return Err(Refusal::CampaignStopped);
    }
    match facts.campaign.settings.schedule.expires {
        Some(end) if now >= end => Err(Refusal::CampaignExpired(end)),
        _ => Ok(()),
    }
}

/// Refuses if the contact is in a final state or its own time is over (D10).
pub(super) fn contact_over(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    if facts.contact.state.is_final() {
        return Err(Refusal::Finished(facts.contact.state));
    }
    match facts.contact.expires_at {
        Some(end) if now >= end => Err(Refusal::ContactExpired(end)),
        _ => Ok(()),
    }
}

fn behind(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    facts.context.clock_behind.filter(|last| now < *last)
}

/// Holds while store, clock, rules or zone data are not provably good (D19).
pub(super) fn health(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(last) = behind(facts, now) {
        findings.hold(HoldKind::ClockBehind, Until::At(last));
    }
    if let Some(held) = facts.context.clock_held {
        findings.hold(HoldKind::ClockJumped(held), Until::Operator);
    }
    if let Some(why) = &facts.context.unhealthy {
        findings.hold(HoldKind::Unhealthy(why.clone()), Until::Operator);
    }
}

/// Holds while the campaign is not running or its start has not come (D9).
///
/// A `done` campaign runs again only when contacts are added to it. Until then it waits like a paused one.
pub(super) fn campaign_waits(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    match facts.campaign.state {
        CampaignState::Running => {}
        CampaignState::Draft => findings.hold(HoldKind::CampaignDraft, Until::Operator),
        CampaignState::Paused | CampaignState::Done | CampaignState::Stopped => {
            findings.hold(HoldKind::CampaignPaused, Until::Operator);
        }
    }
    if let Some(start) = facts.campaign.settings.schedule.start
        && now < start
    {
        findings.hold(HoldKind::NotStarted, Until::At(start));
    }
}

/// Holds while the trunk is not in the deck file or rests (`policy::breaker`).
pub(super) fn trunk(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if facts.trunk.is_none() {
        findings.hold(HoldKind::TrunkMissing, Until::Operator);
    }
    let Some(rest) = &facts.context.trunk_rests else {
        return;
    };
    match rest.until {
        None => findings.hold(HoldKind::TrunkRests(rest.cause), Until::Operator),
        Some(end) if now < end => findings.hold(HoldKind::TrunkRests(rest.cause), Until::At(end)),
        Some(_) => {}
    }
}

/// Returns the campaign's state, start and end, as text for `why`.
pub(super) fn saw_campaign(facts: &Facts<'_>, _now: Timestamp) -> String {
    let schedule = &facts.campaign.settings.schedule;
    let start = schedule
        .start
        .map_or_else(String::new, |at| format!(", starts {at}"));
    let end = schedule
        .expires
        .map_or_else(String::new, |at| format!(", ends {at}"));
    format!(
        "{} is {}{start}{end}",
        facts.campaign.name(),
        facts.campaign.state
    )
}

/// Returns the contact's state and end, as text for `why`.
pub(super) fn saw_contact(facts: &Facts<'_>, _now: Timestamp) -> String {
    match facts.contact.expires_at {
        Some(end) => format!("{}, until {end}", facts.contact.state),
        None => facts.contact.state.to_string(),
    }
}

/// Returns why nothing may be sent, or that all is good, as text for `why`.
pub(super) fn saw_health(facts: &Facts<'_>, now: Timestamp) -> String {
    if let Some(last) = behind(facts, now) {
        let (now, last) = (now.to_the_second(), last.to_the_second());
        return format!("the clock says {now}, the log's last entry is of {last}");
    }
    if let Some(held) = facts.context.clock_held {
        return format!(
            "the clock jumped {held}, as was noticed at {}",
            held.at.to_the_second()
        );
    }
    facts
        .context
        .unhealthy
        .clone()
        .unwrap_or_else(|| "store, clock, rules and zone data are good".to_owned())
}

/// Returns whether the trunk takes calls, as text for `why`.
pub(super) fn saw_trunk(facts: &Facts<'_>, _now: Timestamp) -> String {
    let name = &facts.campaign.settings.trunk;
    match (facts.trunk, &facts.context.trunk_rests) {
        (None, _) => format!("{name} is not in the deck file"),
        (Some(_), Some(rest)) => format!("{name} rests {rest}"),
        (Some(_), None) => format!("{name} takes calls"),
    }
}

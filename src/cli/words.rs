//! Decisions and rejected numbers in words for people and in short codes for programs.

use super::output::instant;
use crate::domain::{ListKind, PhoneNumber, Suppression, Timestamp};
use crate::policy::{Decision, HoldKind, Refusal, Until, WindowReason};
use crate::rules::{NumberError, Rules, Unfit};

/// What is wrong with text that is no number, and what to do.
pub fn number_error(error: NumberError) -> (&'static str, &'static str) {
    match error {
        NumberError::Empty => ("there is nothing there", "write the number's digits"),
        NumberError::Letters => (
            "it is written with letters",
            "write its digits; letters are not converted silently",
        ),
        NumberError::Extension => (
            "an extension follows it",
            "leave the extension out; the whole line is meant",
        ),
        NumberError::NotPossible => (
            "it is not a possible number",
            "check the digits; put a number with spaces in quotes",
        ),
        NumberError::NoCountry => (
            "it has no country code",
            "start it with + and the country code, or say --country US",
        ),
    }
}

/// Why a number cannot be dialed, in words.
pub fn unfit(why: Unfit) -> &'static str {
    match why {
        Unfit::UnknownNpa => "its area code is not in service",
        Unfit::NotValid => "it is not a valid number of its country",
        Unfit::NonGeographic => {
            "it belongs to no place (toll-free, personal, carrier or government)"
        }
        Unfit::Premium => "it is a premium or shared-cost number",
        Unfit::Emergency => "it is an emergency or service code",
        Unfit::NoRules => "there are no calling rules for its country",
    }
}

/// The ISO country of a number's first region, `??` when none is known.
pub fn country(rules: &Rules, number: PhoneNumber) -> String {
    let regions = rules.regions_of(number);
    regions
        .first()
        .map_or("??", |region| region.split('-').next().unwrap_or(region))
        .to_owned()
}

/// A suppression in words: `internal since 2026-12-07T15:30:00Z (opt_out by maria: asked)`.
pub fn suppression(entry: &Suppression) -> String {
    let note = entry
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!(": {note}"));
    format!(
        "{} since {} ({} by {}{note})",
        entry.list,
        instant(entry.at),
        entry.source.as_str(),
        entry.actor
    )
}

/// The answer to "why not?" in one sentence or two.
pub fn answer(decision: &Decision, next: Option<Timestamp>) -> String {
    match decision {
        Decision::Dial(order) => format!("It may be dialed now, showing {}.", order.caller_id),
        Decision::Refuse(why) => format!("It will never be dialed: {}.", refusal(why)),
        Decision::Hold(held) => {
            let reasons: Vec<String> = held.reasons.iter().map(|r| hold(&r.kind)).collect();
            format!(
                "It is not dialed now: {}. {}",
                reasons.join("; "),
                when(held.until, next)
            )
        }
    }
}

fn when(until: Until, next: Option<Timestamp>) -> String {
    if let Some(at) = next {
        return format!("Next possible at {}.", instant(at));
    }
    match until {
        Until::At(at) => format!(
            "Held until {}, and not dialable by time alone then.",
            instant(at)
        ),
        Until::CallEnds => "Next possible when a call in flight ends.".to_owned(),
        Until::Operator => "Somebody has to act first; time alone does not help.".to_owned(),
    }
}

/// A refusal in words.
pub fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::CampaignStopped => "its campaign was stopped".to_owned(),
        Refusal::CampaignExpired(at) => format!("its campaign's time was over at {}", instant(*at)),
        Refusal::ContactExpired(at) => format!("its own time was over at {}", instant(*at)),
        Refusal::Finished(state) => format!("it has reached its end: {state}"),
        Refusal::Unfit(why) => format!("the number cannot be dialed ({why})"),
        Refusal::Suppressed(list, since) => {
            format!("it is on the list {list} since {}", instant(*since))
        }
        Refusal::NoConsent(required, found) => {
            format!("the campaign requires consent `{required}`, on record is `{found}`")
        }
        Refusal::ConsentExpired(kind, at) => {
            format!("its consent `{kind}` ran out at {}", instant(*at))
        }
        Refusal::ConsentRevoked(at) => format!("its consent was taken back at {}", instant(*at)),
        Refusal::AttemptsExhausted(made, allowed) => {
            format!("its attempts are used up ({made} of {allowed})")
        }
    }
}

/// A failing temporary gate in words.
pub fn hold(kind: &HoldKind) -> String {
    match kind {
        HoldKind::Unhealthy(why) => format!("nothing is sent at all: {why}"),
        HoldKind::CampaignDraft => "its campaign was not started yet".to_owned(),
        HoldKind::CampaignPaused => "its campaign is paused".to_owned(),
        HoldKind::NotStarted => "its campaign starts later".to_owned(),
        HoldKind::ListMissing(list) => format!("the required list {list} was never loaded"),
        HoldKind::RegistryStale(list, as_of) => format!(
            "the registry {list} is of {}, older than 31 days",
            instant(*as_of)
        ),
        HoldKind::NumberInFlight => "a call to the number is in flight".to_owned(),
        HoldKind::MinGap(gap) => format!(
            "the last attempt at the number was less than {} min ago",
            gap.as_secs() / 60
        ),
        HoldKind::RetryDue => "its next attempt is due later".to_owned(),
        HoldKind::RollingCap(rule, seen, cap) => {
            format!("the cap {rule} is reached ({seen} of {cap} attempts)")
        }
        HoldKind::Window(reason, zone) => format!("{}: {zone}", window(*reason)),
        HoldKind::NoZone => "its time zone is not known".to_owned(),
        HoldKind::ZoneDataDisagree(zone) => {
            format!("the two zone databases differ on {zone}")
        }
        HoldKind::RingsPastClose => "it could still ring when the window closes".to_owned(),
        HoldKind::EmergencyBan(region) => format!("an emergency ban holds for {region}"),
        HoldKind::TrunkMissing => "its trunk is not in the deck file".to_owned(),
        HoldKind::TrunkRests(cause) => format!("its trunk rests ({cause})"),
        HoldKind::AbandonmentBrake(live, abandoned) => format!(
            "one more abandoned call could pass the limit ({abandoned} of {live} live answers)"
        ),
        HoldKind::NoCallerId => "no caller ID is owned and active at its trunk".to_owned(),
        HoldKind::CallerIdsFull => "every caller ID has reached its hourly cap".to_owned(),
        HoldKind::DeckConcurrent(seen, cap) => format!("{seen} of {cap} calls of the deck are up"),
        HoldKind::TrunkConcurrent(seen, cap) => {
            format!("{seen} of {cap} calls of the trunk are up")
        }
        HoldKind::CampaignConcurrent(seen, cap) => {
            format!("{seen} of {cap} calls of the campaign are up")
        }
        HoldKind::TrunkPerMinute(seen, cap) => {
            format!("the trunk started {seen} of {cap} calls in the last 60 s")
        }
        HoldKind::CampaignPerMinute(seen, cap) => {
            format!("the campaign started {seen} of {cap} calls in the last 60 s")
        }
        HoldKind::Spacing => "calls are spaced over the minute".to_owned(),
    }
}

/// A failing temporary gate as a short code, to count by.
pub fn hold_code(kind: &HoldKind) -> String {
    match kind {
        HoldKind::Unhealthy(_) => "unhealthy".to_owned(),
        HoldKind::CampaignDraft => "campaign_draft".to_owned(),
        HoldKind::CampaignPaused => "campaign_paused".to_owned(),
        HoldKind::NotStarted => "not_started".to_owned(),
        HoldKind::ListMissing(list) => list_code("list_missing", list),
        HoldKind::RegistryStale(list, _) => list_code("registry_stale", list),
        HoldKind::NumberInFlight => "number_in_flight".to_owned(),
        HoldKind::MinGap(_) => "min_gap".to_owned(),
        HoldKind::RetryDue => "retry_due".to_owned(),
        HoldKind::RollingCap(rule, ..) => format!("rolling_cap:{rule}"),
        HoldKind::Window(reason, _) => format!("window:{reason}"),
        HoldKind::NoZone => "no_zone".to_owned(),
        HoldKind::ZoneDataDisagree(_) => "zone_data_disagree".to_owned(),
        HoldKind::RingsPastClose => "rings_past_close".to_owned(),
        HoldKind::EmergencyBan(region) => format!("emergency_ban:{region}"),
        HoldKind::TrunkMissing => "trunk_missing".to_owned(),
        HoldKind::TrunkRests(cause) => format!("trunk_rests:{cause}"),
        HoldKind::AbandonmentBrake(..) => "abandonment_brake".to_owned(),
        HoldKind::NoCallerId => "no_caller_id".to_owned(),
        HoldKind::CallerIdsFull => "caller_ids_full".to_owned(),
        HoldKind::DeckConcurrent(..) => "deck_concurrent".to_owned(),
        HoldKind::TrunkConcurrent(..) => "trunk_concurrent".to_owned(),
        HoldKind::CampaignConcurrent(..) => "campaign_concurrent".to_owned(),
        HoldKind::TrunkPerMinute(..) => "trunk_per_minute".to_owned(),
        HoldKind::CampaignPerMinute(..) => "campaign_per_minute".to_owned(),
        HoldKind::Spacing => "spacing".to_owned(),
    }
}

fn list_code(word: &str, list: &ListKind) -> String {
    format!("{word}:{list}")
}

/// Why a zone is shut, in words.
pub fn window(reason: WindowReason) -> &'static str {
    match reason {
        WindowReason::Holiday => "calls are barred on this holiday",
        WindowReason::DayClosed => "calls are barred on this day of the week",
        WindowReason::BeforeOpen => "it is before the calling hours",
        WindowReason::AfterClose => "it is after the calling hours",
        WindowReason::MiddayGap => "it is between two calling windows",
    }
}

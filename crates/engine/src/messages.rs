//! Decisions, suppressions and rejected numbers as messages for people and as short codes for programs.

use dialdeck_core::domain::{CampaignSettings, PhoneNumber, Suppression, Timestamp, TrunkName};
use dialdeck_core::policy::{
    Decision, Hold, HoldKind, HoldReason, TrunkRest, Until, Verdict, WindowReason,
};
use dialdeck_core::rules::{NumberError, Rules, Unfit};

/// Returns an instant for people: RFC 3339 in UTC, to the second.
pub fn instant(at: Timestamp) -> String {
    at.to_the_second()
}

/// Returns what is wrong with text that is not a number, and what to do.
///
/// # Examples
/// ```
/// use dialdeck_core::rules::Rules;
/// use dialdeck_engine::messages::number_error;
///
/// let error = Rules::embedded().read_number("1-800-FLOWERS", Some("US"));
/// let (what, todo) = error.map_err(number_error).unwrap_err();
/// assert_eq!(what, "it is written with letters");
/// assert_eq!(todo, "write its digits; letters are not converted silently");
/// ```
pub const fn number_error(error: NumberError) -> (&'static str, &'static str) {
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
            "check its digits, and write it with its area code",
        ),
        NumberError::Several => (
            "there are two numbers in it",
            "write them apart, one after the other",
        ),
        NumberError::Scientific => (
            "a spreadsheet has cut off its last digits",
            "write all its digits",
        ),
        NumberError::NoCountry => (
            "it has no country code",
            "start it with + and its country code",
        ),
    }
}

/// Returns why a number cannot be dialed.
pub const fn unfit(why: Unfit) -> &'static str {
    why.reason()
}

/// Returns what a person can do about a contact that ended for this reason; `None` if there is nothing to
/// do.
pub(crate) fn review(reason: &str) -> Option<&'static str> {
    match reason {
        "unfit:number_changed" => {
            Some("The callee has another number (SIP 301), which somebody has to look up.")
        }
        "unfit:forbidden" => {
            Some("The trunk refused it twice (SIP 403): another trunk may be allowed to call it.")
        }
        _ => None,
    }
}

/// Returns the ISO country of a number's first region; `??` if none is known.
///
/// # Examples
/// ```
/// use dialdeck_core::rules::Rules;
/// use dialdeck_engine::messages::country;
///
/// let rules = Rules::embedded();
/// assert_eq!(country(rules, "+442079460123".parse()?), "GB");
/// assert_eq!(country(rules, "+12125550123".parse()?), "US");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn country(rules: &Rules, number: PhoneNumber) -> String {
    let regions = rules.regions_of(number);
    regions
        .first()
        .map_or("??", |region| region.split('-').next().unwrap_or(region))
        .to_owned()
}

/// Returns a suppression as text: `internal since 2026-12-07T15:30:00Z (opt_out by maria: asked)`.
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

/// Returns why a trunk rests and until when: `trunk main rests until 2026-12-08T15:01:00Z: throttled`. If
/// only an operator can end the rest, the text names the command.
pub fn rest(trunk: &TrunkName, rest: &TrunkRest) -> String {
    let cause = rest.cause.replace('_', " ");
    match rest.until {
        Some(until) => format!("trunk {trunk} rests until {}: {cause}", instant(until)),
        None => format!(
            "trunk {trunk} rests until an operator acts: {cause}; once repaired: `dialdeck trunk reset {trunk}`"
        ),
    }
}

/// Returns the answer to "why is this number not dialed?", in one or two sentences.
pub fn answer(decision: &Decision, next: Option<Timestamp>) -> String {
    match decision {
        Decision::Dial(order) => format!("it may be dialed now, showing {}.", order.caller_id),
        Decision::Refuse(why) => format!("it is never dialed: {why}."),
        Decision::Hold(hold) => format!("not now: {hold}. {}", when(hold.until, next)),
    }
}

/// Returns a decision for programs: `dial`, `hold` or `refuse`.
pub const fn decision(decision: &Decision) -> &'static str {
    match decision {
        Decision::Dial(_) => "dial",
        Decision::Hold(_) => "hold",
        Decision::Refuse(_) => "refuse",
    }
}

/// Returns a gate's verdict: `pass`, `hold`, `refuse` or `not reached`.
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Hold => "hold",
        Verdict::Refuse => "refuse",
        Verdict::NotReached => "not reached",
    }
}

fn when(until: Until, next: Option<Timestamp>) -> String {
    match (next, until) {
        (Some(at), _) => format!("Next possible at {}.", instant(at)),
        (None, Until::At(at)) => {
            format!(
                "Held until {}; whether it may be dialed then is not certain.",
                instant(at)
            )
        }
        (None, Until::CallEnds) => "Next possible when a call in flight ends.".to_owned(),
        (None, Until::Operator) => "Time alone does not help: somebody has to act.".to_owned(),
    }
}

/// Returns a failing temporary gate as a short code, stable for counting.
pub fn hold_code(kind: &HoldKind) -> String {
    match kind {
        HoldKind::Unhealthy(_) => "unhealthy".to_owned(),
        HoldKind::ClockBehind => "clock_behind".to_owned(),
        HoldKind::ClockJumped(_) => "clock_jumped".to_owned(),
        HoldKind::CampaignDraft => "campaign_draft".to_owned(),
        HoldKind::CampaignPaused => "campaign_paused".to_owned(),
        HoldKind::NotStarted => "not_started".to_owned(),
        HoldKind::AttemptsMissing => "attempts_missing".to_owned(),
        HoldKind::OptOutsMissing(list) => format!("opt_outs_missing:{list}"),
        HoldKind::ListMissing(list) => format!("list_missing:{list}"),
        HoldKind::RegistryMissing(list, _) => format!("registry_missing:{list}"),
        HoldKind::RegistryStale(list, ..) => format!("registry_stale:{list}"),
        HoldKind::NumberInFlight => "number_in_flight".to_owned(),
        HoldKind::MinGap(_) => "min_gap".to_owned(),
        HoldKind::RetryDue => "retry_due".to_owned(),
        HoldKind::RollingCap(rule, ..) => format!("rolling_cap:{rule}"),
        HoldKind::CapUncertain(rule) => format!("cap_uncertain:{rule}"),
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
        HoldKind::CallerIdsBlocked => "caller_ids_blocked".to_owned(),
        HoldKind::CallerIdsUnproven => "caller_ids_unproven".to_owned(),
        HoldKind::DeckConcurrent(..) => "deck_concurrent".to_owned(),
        HoldKind::TrunkConcurrent(..) => "trunk_concurrent".to_owned(),
        HoldKind::CampaignConcurrent(..) => "campaign_concurrent".to_owned(),
        HoldKind::TrunkPerMinute(..) => "trunk_per_minute".to_owned(),
        HoldKind::CampaignPerMinute(..) => "campaign_per_minute".to_owned(),
        HoldKind::TrunkSlowed => "trunk_slowed".to_owned(),
        HoldKind::Spacing => "spacing".to_owned(),
    }
}

/// Returns a failing temporary gate in three words at most. All holds of one kind have one text.
pub const fn hold_word(kind: &HoldKind) -> &'static str {
    match kind {
        HoldKind::Unhealthy(_) => "nothing is sent",
        HoldKind::ClockBehind => "clock behind",
        HoldKind::ClockJumped(_) => "clock jumped",
        HoldKind::CampaignDraft => "not started",
        HoldKind::CampaignPaused => "paused",
        HoldKind::NotStarted => "start time",
        HoldKind::AttemptsMissing | HoldKind::CapUncertain(_) => "calls missing",
        HoldKind::OptOutsMissing(_) => "opt-outs missing",
        HoldKind::ListMissing(_) => "list not loaded",
        HoldKind::RegistryMissing(..) => "registry not loaded",
        HoldKind::RegistryStale(..) => "registry too old",
        HoldKind::NumberInFlight => "number in a call",
        HoldKind::MinGap(_) => "minimum gap",
        HoldKind::RetryDue => "retry times",
        HoldKind::RollingCap(..) => "rolling cap",
        HoldKind::Window(..) | HoldKind::RingsPastClose => "calling windows",
        HoldKind::NoZone => "no time zone",
        HoldKind::ZoneDataDisagree(_) => "zone data differ",
        HoldKind::EmergencyBan(_) => "emergency ban",
        HoldKind::TrunkMissing => "trunk missing",
        HoldKind::TrunkRests(_) => "trunk rests",
        HoldKind::AbandonmentBrake(..) => "abandonment brake",
        HoldKind::NoCallerId => "no caller ID",
        HoldKind::CallerIdsUnproven => "caller IDs not proven",
        HoldKind::CallerIdsFull => "caller IDs",
        HoldKind::CallerIdsBlocked => "caller IDs blocked",
        HoldKind::DeckConcurrent(..) => "deck's concurrent cap",
        HoldKind::TrunkConcurrent(..) => "trunk's concurrent cap",
        HoldKind::CampaignConcurrent(..) => "concurrent cap",
        HoldKind::TrunkPerMinute(..) => "trunk's per-minute cap",
        HoldKind::CampaignPerMinute(..) => "per-minute cap",
        HoldKind::TrunkSlowed => "trunk slowed",
        HoldKind::Spacing => "spacing",
    }
}

/// Returns when a hold ends, for programs: an instant, `call_ends` or `operator`.
///
/// # Examples
/// ```
/// use dialdeck_core::policy::Until;
/// use dialdeck_engine::messages::until_code;
///
/// let at = "2026-12-07T15:30:00Z".parse()?;
/// assert_eq!(until_code(Until::At(at)), "2026-12-07T15:30:00.000Z");
/// assert_eq!(until_code(Until::Operator), "operator");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn until_code(until: Until) -> String {
    match until {
        Until::At(at) => at.to_string(),
        Until::CallEnds => "call_ends".to_owned(),
        Until::Operator => "operator".to_owned(),
    }
}

/// Returns what ends a hold that waits for an operator, or that time may end only after years; `None` if no
/// single command or setting ends it.
pub fn remedy(reason: &HoldReason, campaign: &CampaignSettings) -> Option<String> {
    if reason.until != Until::Operator && reason.kind != HoldKind::ClockBehind {
        return None;
    }
    match &reason.kind {
        HoldKind::AbandonmentBrake(..) => Some(format!(
            "agents there? `dialdeck campaign release {} --reason TEXT`",
            campaign.name
        )),
        HoldKind::TrunkRests(_) => {
            Some(format!("once repaired: `dialdeck trunk reset {}`", campaign.trunk))
        }
        HoldKind::OptOutsMissing(list) => Some(format!(
            "`dialdeck dnc import FILE --list {list} --as-of DATE` with a list of after the last run; if none is missing, \
             `dialdeck restore --lists-complete REASON`"
        )),
        HoldKind::ListMissing(list) => Some(format!(
            "`dialdeck dnc import FILE --list {list} --as-of DATE`"
        )),
        HoldKind::RegistryMissing(list, _) | HoldKind::RegistryStale(list, ..) => Some(format!(
            "`dialdeck dnc import FILE --list {list} --as-of DATE` with that area"
        )),
        HoldKind::EmergencyBan(region) => Some(format!(
            "once the ban is over, take {region} out of emergency_bans in the deck file and start the engine again"
        )),
        HoldKind::TrunkMissing => Some(format!("add trunk {} to the deck file", campaign.trunk)),
        HoldKind::NoCallerId => Some(format!(
            "give trunk {} a caller ID of the campaign's in the deck file",
            campaign.trunk
        )),
        HoldKind::NoZone => Some("give the contacts a time zone, or a postal code".to_owned()),
        HoldKind::CampaignDraft => Some(format!("`dialdeck campaign start {}`", campaign.name)),
        HoldKind::CampaignPaused => Some(format!("`dialdeck campaign resume {}`", campaign.name)),
        HoldKind::ClockBehind => Some(
            "set the machine's clock right, or go on with --speed on a simulated one; if the machine's clock is right: `dialdeck clock accept`".to_owned(),
        ),
        HoldKind::ClockJumped(_) => Some(
            "look at the machine's clock; if it is right: `dialdeck clock accept`".to_owned(),
        ),
        HoldKind::Unhealthy(_)
        | HoldKind::AttemptsMissing
        | HoldKind::NotStarted
        | HoldKind::NumberInFlight
        | HoldKind::MinGap(_)
        | HoldKind::RetryDue
        | HoldKind::RollingCap(..)
        | HoldKind::CapUncertain(_)
        | HoldKind::Window(..)
        | HoldKind::ZoneDataDisagree(_)
        | HoldKind::RingsPastClose
        | HoldKind::CallerIdsUnproven
        | HoldKind::CallerIdsFull
        | HoldKind::CallerIdsBlocked
        | HoldKind::DeckConcurrent(..)
        | HoldKind::TrunkConcurrent(..)
        | HoldKind::CampaignConcurrent(..)
        | HoldKind::TrunkPerMinute(..)
        | HoldKind::CampaignPerMinute(..)
        | HoldKind::TrunkSlowed
        | HoldKind::Spacing => None,
    }
}

/// Returns what ends each reason of a hold that an operator can end, that of the principal reason first.
pub fn remedies(hold: &Hold, campaign: &CampaignSettings) -> Vec<String> {
    let principal = hold.principal();
    let mut reasons: Vec<&HoldReason> = hold.reasons.iter().collect();
    reasons.sort_by_key(|reason| Some(*reason) != principal);
    let remedies = reasons.into_iter();
    remedies
        .filter_map(|reason| remedy(reason, campaign))
        .collect()
}

/// Returns why a zone is shut.
pub const fn window(reason: WindowReason) -> &'static str {
    match reason {
        WindowReason::Holiday => "calls are barred on this holiday",
        WindowReason::HolidayTableEnds => {
            "the holiday table ends before this day, so it counts as a holiday"
        }
        WindowReason::DayClosed => "calls are barred on this day of the week",
        WindowReason::BeforeOpen => "it is before the calling hours",
        WindowReason::AfterClose => "it is after the calling hours",
        WindowReason::MiddayGap => "it is between two calling windows",
    }
}

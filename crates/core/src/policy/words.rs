//! The texts of holds and refusals for people.

use std::fmt;
use std::time::Duration;

use super::window::local_text;
use super::{Hold, HoldKind, HoldReason, Refusal, TrunkRest, Until, WindowReason};
use crate::domain::{ConsentKind, ContactState, ListKind, Timestamp};
use crate::rules::Rules;

impl fmt::Display for Hold {
    /// Formats every reason, with `; ` between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, reason) in self.reasons.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for HoldReason {
    /// Formats the reason as `window opens 09:00 in Pacific/Honolulu` or `campaign paused, until an operator
    /// acts`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.kind, self.until) {
            (HoldKind::Window(_, place), Until::At(opens)) => {
                let (zone, shut_at) = place.split_once(' ').unwrap_or((place, ""));
                let opening = local_text(Rules::embedded(), zone, opens);
                let (day, time) = opening.split_once(' ').unwrap_or(("", &opening));
                let clock = time.get(..5).unwrap_or(time);
                if shut_at.starts_with(day) {
                    write!(f, "window opens {clock} in {zone}")
                } else {
                    write!(f, "window opens {day} {clock} in {zone}")
                }
            }
            (kind, Until::Operator) => write!(f, "{kind}, until an operator acts"),
            (kind, Until::CallEnds) => write!(f, "{kind}, until a call ends"),
            (kind, Until::At(end)) => write!(f, "{kind}, until {end}"),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(end) => write!(f, "{end}"),
            Self::CallEnds => f.write_str("a call ends"),
            Self::Operator => f.write_str("an operator acts"),
        }
    }
}

impl fmt::Display for HoldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unhealthy(why) => write!(f, "nothing is sent: {why}"),
            Self::ClockBehind => f.write_str(
                "the clock is behind the log's last entry: it was set back, or the deck ran on a simulated one",
            ),
            Self::ClockJumped(held) => write!(f, "the machine's clock jumped {held}"),
            Self::CampaignDraft => f.write_str("campaign not started"),
            Self::CampaignPaused => f.write_str("campaign paused"),
            Self::NotStarted => f.write_str("campaign starts later"),
            Self::AttemptsMissing => f.write_str(
                "the deck went back in time: calls of its last run may be missing",
            ),
            Self::OptOutsMissing(list) => write!(
                f,
                "the deck went back in time: opt-outs may be missing from list {list}"
            ),
            Self::ListMissing(list) => write!(f, "list {list} is not loaded"),
            Self::RegistryMissing(list, area) => write!(f, "{list}, {area} not loaded"),
            Self::RegistryStale(list, area, as_of) => {
                let days = Rules::embedded().registry_max_age(list).as_secs() / 86_400;
                let as_of = day(*as_of);
                write!(f, "{list}, {area} as of {as_of}, older than {days} days")
            }
            Self::NumberInFlight => f.write_str("a call to the number is in flight"),
            Self::MinGap(gap) => write!(f, "less than {} since the last attempt", span(*gap)),
            Self::RetryDue => f.write_str("not due yet"),
            Self::RollingCap(rule, seen, max) => {
                write!(f, "rule {rule} allows {max} attempts, {seen} made")
            }
            Self::CapUncertain(rule) => write!(
                f,
                "the deck went back in time: calls that may be missing count for rule {rule}"
            ),
            Self::Window(reason, place) => write!(f, "{} at {place}", shut(*reason)),
            Self::NoZone => f.write_str("no time zone known"),
            Self::ZoneDataDisagree(zone) => write!(f, "zone databases disagree on {zone}"),
            Self::RingsPastClose => f.write_str("could still ring when the window closes"),
            Self::EmergencyBan(region) => write!(f, "emergency ban in {region}"),
            Self::TrunkMissing => f.write_str("the trunk is not in the deck file"),
            Self::TrunkRests(cause) => write!(f, "the trunk rests: {}", cause.replace('_', " ")),
            Self::AbandonmentBrake(answered, abandoned) => {
                write!(f, "{abandoned} of {answered} live answers abandoned")
            }
            Self::NoCallerId => f.write_str("no caller id is owned and active at the trunk"),
            Self::CallerIdsUnproven => f.write_str(
                "the provider has not said within 24 h that any caller ID of the trunk is ours",
            ),
            Self::CallerIdsFull => {
                f.write_str("every caller id has reached its hourly cap or rests after a block")
            }
            Self::CallerIdsBlocked => f.write_str(
                "every caller id that is free was blocked on its way to this callee within 24 h",
            ),
            Self::DeckConcurrent(seen, cap) => write!(f, "deck full {seen}/{cap}"),
            Self::TrunkConcurrent(seen, cap) => write!(f, "trunk full {seen}/{cap}"),
            Self::CampaignConcurrent(seen, cap) => write!(f, "campaign full {seen}/{cap}"),
            Self::TrunkPerMinute(seen, cap) => write!(f, "trunk {seen}/{cap} in the last 60 s"),
            Self::CampaignPerMinute(seen, cap) => {
                write!(f, "campaign {seen}/{cap} in the last 60 s")
            }
            Self::TrunkSlowed => f.write_str("the trunk runs at half its rate after a limit"),
            Self::Spacing => f.write_str("spaced over the minute"),
        }
    }
}

impl fmt::Display for TrunkRest {
    /// Formats the rest as `until 2026-12-08T15:01:00Z: throttled`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(end) => write!(f, "until {end}: ")?,
            None => f.write_str("until an operator acts: ")?,
        }
        f.write_str(&self.cause.replace('_', " "))
    }
}

impl fmt::Display for Refusal {
    /// Formats the refusal as `on list internal since 2 Mar 2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CampaignStopped => f.write_str("the campaign was stopped"),
            Self::CampaignExpired(at) => write!(f, "the campaign ended {}", day(*at)),
            Self::ContactExpired(at) => write!(f, "the contact's time ended {}", day(*at)),
            Self::Finished(state) => write!(f, "the contact is {state} ({})", ended(*state)),
            Self::Unfit(why) => write!(f, "the number cannot be dialed: {}", why.replace('_', " ")),
            Self::Suppressed(list, since) => on_list(f, list, *since),
            Self::NoConsent(required, ConsentKind::None) => {
                write!(f, "no consent on record, {required} required")
            }
            Self::NoConsent(required, have) => {
                write!(f, "consent on record is {have}, {required} required")
            }
            Self::ConsentBelowLaw { rule, least, have } => {
                write!(
                    f,
                    "consent on record is {have}, the law asks for {least} ({rule})"
                )
            }
            Self::ConsentExpired(kind, at) => write!(f, "{kind} consent ran out {}", day(*at)),
            Self::ConsentRevoked(at) => write!(f, "consent was revoked {}", day(*at)),
            Self::AttemptsExhausted(made, max) => write!(f, "{made} of {max} attempts made"),
        }
    }
}

fn on_list(f: &mut fmt::Formatter<'_>, list: &ListKind, since: Timestamp) -> fmt::Result {
    write!(f, "on list {list} since {}", day(since))
}

/// Returns what a contact's final state means, as an answer to why it is not called.
const fn ended(state: ContactState) -> &'static str {
    match state {
        ContactState::Done => "reached",
        ContactState::Exhausted => "its attempts are used up",
        ContactState::Suppressed => "on a list, opted out or without consent",
        ContactState::Expired => "its time or its campaign's is over",
        ContactState::Invalid => "its number cannot be dialed",
        ContactState::Unknown => {
            "nobody can tell what became of its last call; somebody has to look"
        }
        ContactState::Ready | ContactState::Waiting(_) | ContactState::InFlight => "not over",
    }
}

const fn shut(reason: WindowReason) -> &'static str {
    match reason {
        WindowReason::Holiday => "holiday",
        WindowReason::HolidayTableEnds => "holiday table ends",
        WindowReason::DayClosed => "day closed",
        WindowReason::BeforeOpen => "before opening",
        WindowReason::AfterClose => "after closing",
        WindowReason::MiddayGap => "midday break",
    }
}

/// Returns the date in UTC as `2 Mar 2026`.
fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%-d %b %Y").to_string()
}

/// Returns the two largest units of a span: `30 min`, `1 h 30 min`, `7 d`, `5.975 s`.
pub(super) fn span(span: Duration) -> String {
    let millis = span.as_millis();
    if millis < 60_000 {
        let (seconds, rest) = (millis / 1000, millis % 1000);
        return if rest == 0 {
            format!("{seconds} s")
        } else {
            format!("{seconds}.{rest:03} s")
        };
    }
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut left = span.as_secs();
    let mut parts = Vec::new();
    for (size, unit) in units {
        if left >= size && parts.len() < 2 {
            parts.push(format!("{} {unit}", left / size));
            left %= size;
        }
    }
    parts.join(" ")
}

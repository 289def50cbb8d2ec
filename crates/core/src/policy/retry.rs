//! What follows an outcome: another attempt inside the next open window, or an end.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Facts, PastAttempt, attempts, caps, suppression, window};
use crate::domain::campaign::{OutcomeAction, OutcomeRule, VoicemailAction};
use crate::domain::outcome::{
    CalleeFinding, CallerIdFinding, Classification, DEFAULT_RETRY_AFTER, TrunkFinding,
};
use crate::domain::suppression::SuppressionSource;
use crate::domain::{CalleeType, CampaignState, ContactState, Outcome, Timestamp};

/// What follows for the contact after an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt not before this instant, which lies inside the contact's next open window.
    Retry(Timestamp),
    /// The contact is finished, in this state.
    Finish(ContactState),
    /// The number is put on the internal do-not-call list, and the contact is finished.
    DoNotCall(SuppressionSource),
}

/// The maximum number of doublings of the wait after attempts that do not count. Such attempts never exhaust
/// a contact, however many there are: the callee was not disturbed, and may be called when the fault is gone.
const MAX_DOUBLINGS: usize = 5;

/// The minimum wait after an attempt that does not count, doubled with each in a row as others are, so that
/// no rule and no carrier's answer makes a loop of them.
const LEAST_UNCOUNTED: Duration = Duration::from_secs(30);

/// After a 404 the number is tried once more, not before this time, because some carriers answer 404 for "no
/// route".
const CONFIRM_INVALID: Duration = hours(24);

/// The wait after a 600, which is about all of the callee's phones and often about their wish not to be
/// disturbed (RFC 3261, 21.6.1).
const BUSY_EVERYWHERE: Duration = hours(1);

/// The pause after an abandoned call in the United Kingdom, where no automated repeat is allowed (Ofcom,
/// persistent misuse policy of 2010, still the practice).
const ABANDONED_GB: Duration = hours(72);

/// Returns what follows. `facts` are those after the attempt ended; its own row is `facts.history[0]`.
///
/// Without a rule of the campaign:
///
/// - a person reached, or a message left, ends the contact, as a fax does; a decline puts the number on the
///   do-not-call list;
/// - busy waits 15, 30, then 60 min, and busy everywhere always 60 min;
/// - no answer, and a network failure that may have rung, wait 3 h, and a machine 4 h;
/// - a number that does not exist (404) is tried once more after 24 h;
/// - an abandoned person waits 24 h (72 h in the United Kingdom);
/// - a network or provider fault before anything rang, or a call that the engine took back, waits 5 min, and
///   twice as long with each in a row up to 160 min;
/// - a limit waits as long as the trunk asked, doubled in that way too.
///
/// An attempt that does not count never exhausts a contact, at any `max` of a rule. A number that the trunk
/// refuses (403) for the second time in the campaign ends the contact. A retry keeps the minimum gap and the
/// rolling caps, and never outlives contact or campaign.
pub fn plan(facts: &Facts<'_>, ended: &Classification, now: Timestamp) -> Next {
    if ended.outcome == Outcome::Unknown {
        return Next::Finish(ContactState::Unknown);
    }
    // Also if an opt-out arrived during the call: that could be reversed.
    if ended.callee == CalleeFinding::Unwanted {
        return Next::DoNotCall(SuppressionSource::Unwanted);
    }
    if suppression::binding(facts, now).is_some() {
        return Next::Finish(ContactState::Suppressed);
    }
    match ended.callee {
        CalleeFinding::Invalid | CalleeFinding::Moved | CalleeFinding::ForbiddenAgain => {
            return Next::Finish(ContactState::Invalid);
        }
        CalleeFinding::MaybeInvalid if times(facts, Outcome::InvalidNumber) > 1 => {
            return Next::Finish(ContactState::Invalid);
        }
        CalleeFinding::MaybeInvalid
        | CalleeFinding::BusyEverywhere
        | CalleeFinding::Declined
        | CalleeFinding::Forbidden
        | CalleeFinding::Unwanted
        | CalleeFinding::None => {}
    }
    let rule = rule(facts, ended);
    match rule.action {
        OutcomeAction::Stop => Next::Finish(stopped(facts, ended)),
        OutcomeAction::DoNotCall => Next::DoNotCall(SuppressionSource::Declined),
        OutcomeAction::Retry => retry(facts, ended, &rule, now),
    }
}

fn retry(facts: &Facts<'_>, ended: &Classification, rule: &OutcomeRule, now: Timestamp) -> Next {
    let used_up = attempts::used_up(facts, now).is_err()
        || counted(facts, ended.outcome) >= usize::try_from(rule.max).unwrap_or(usize::MAX);
    if used_up {
        return Next::Finish(ContactState::Exhausted);
    }
    let mut after = rule.after;
    if !ended.counts {
        after = after.max(backed_off(facts, LEAST_UNCOUNTED));
    }
    if ended.outcome == Outcome::Abandoned && facts.class.regions.iter().any(|at| at == "GB") {
        after = after.max(ABANDONED_GB);
    }
    match due(facts, now + after) {
        Some(due) if lives(facts, due) => Next::Retry(due),
        Some(_) | None => Next::Finish(ContactState::Expired),
    }
}

/// Returns the first instant from `from` on that lies in an open window and under gap and rolling caps.
/// `None` if there is none.
fn due(facts: &Facts<'_>, from: Timestamp) -> Option<Timestamp> {
    /// Each step moves past a cap or to an opening; more than a few in turn mean that nothing fits.
    const MAX_STEPS: usize = 32;
    let mut at = from.max(attempts::gap_ends(facts).unwrap_or(from));
    for _ in 0..MAX_STEPS {
        let open = window::next_open(
            facts.rules,
            facts.campaign,
            facts.class,
            window::ring_secs(facts),
            at,
        )?;
        match caps::ends(facts, open) {
            Some(end) if end > open => at = end,
            _ => return Some(open),
        }
    }
    None
}

/// Returns whether campaign and contact still live at the instant.
fn lives(facts: &Facts<'_>, at: Timestamp) -> bool {
    let before = |end: Option<Timestamp>| end.is_none_or(|end| at < end);
    facts.campaign.state != CampaignState::Stopped
        && before(facts.campaign.settings.schedule.expires)
        && before(facts.contact.expires_at)
}

/// Returns the campaign's rule for the outcome, or the default.
fn rule(facts: &Facts<'_>, ended: &Classification) -> OutcomeRule {
    let own = facts
        .campaign
        .settings
        .attempts
        .per_outcome
        .get(&ended.outcome)
        .copied();
    let mut rule = own.unwrap_or_else(|| default_rule(facts, ended));
    // Only a person's own refusal may put a number on the list, not a network's answer like it.
    if rule.action == OutcomeAction::DoNotCall
        && ended.outcome == Outcome::Declined
        && ended.callee != CalleeFinding::Declined
    {
        rule.action = OutcomeAction::Stop;
    }
    if ended.callee == CalleeFinding::MaybeInvalid {
        rule.after = rule.after.max(CONFIRM_INVALID);
    }
    rule
}

fn default_rule(facts: &Facts<'_>, ended: &Classification) -> OutcomeRule {
    let message_left = facts.campaign.settings.voicemail == VoicemailAction::LeaveMessage;
    match ended.outcome {
        Outcome::Answered(CalleeType::Voicemail) if !message_left => after(hours(4)),
        Outcome::Answered(_) | Outcome::Unknown => end(OutcomeAction::Stop),
        Outcome::Busy if ended.callee == CalleeFinding::BusyEverywhere => after(BUSY_EVERYWHERE),
        Outcome::Busy => after(match times(facts, Outcome::Busy) {
            0 | 1 => minutes(15),
            2 => minutes(30),
            _ => minutes(60),
        }),
        Outcome::NoAnswer => after(hours(3)),
        // It may have rung for as long as a phone that was not picked up.
        Outcome::NetworkFailure | Outcome::Throttled if ended.counts => after(hours(3)),
        // A block is about the caller ID, which is not shown to the callee again that day.
        Outcome::ProviderError if ended.counts && ended.caller_id == CallerIdFinding::Fine => {
            after(hours(3))
        }
        Outcome::Declined => end(OutcomeAction::DoNotCall),
        Outcome::InvalidNumber => after(CONFIRM_INVALID),
        Outcome::Abandoned => after(hours(24)),
        Outcome::Throttled => {
            let pause = match ended.trunk {
                TrunkFinding::Throttled(pause) => pause,
                TrunkFinding::Fine
                | TrunkFinding::Faulty
                | TrunkFinding::Dead
                | TrunkFinding::Silent
                | TrunkFinding::Misconfigured
                | TrunkFinding::Refused
                | TrunkFinding::Unknown
                | TrunkFinding::AgentMissing
                | TrunkFinding::AgentLost => DEFAULT_RETRY_AFTER,
            };
            after(backed_off(facts, pause))
        }
        Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Cancelled
        | Outcome::Expired => after(backed_off(facts, minutes(5))),
    }
}

/// Returns the final state of a contact that is not called again.
fn stopped(facts: &Facts<'_>, ended: &Classification) -> ContactState {
    match ended.outcome {
        Outcome::Answered(CalleeType::Human | CalleeType::Unknown) => ContactState::Done,
        Outcome::Answered(CalleeType::Voicemail) => match facts.campaign.settings.voicemail {
            VoicemailAction::LeaveMessage => ContactState::Done,
            VoicemailAction::HangUp => ContactState::Exhausted,
        },
        Outcome::Answered(CalleeType::Fax) | Outcome::InvalidNumber => ContactState::Invalid,
        Outcome::Unknown => ContactState::Unknown,
        Outcome::Busy
        | Outcome::NoAnswer
        | Outcome::Declined
        | Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Throttled
        | Outcome::Cancelled
        | Outcome::Expired
        | Outcome::Abandoned => ContactState::Exhausted,
    }
}

fn own<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a PastAttempt> {
    let campaign = facts.campaign.id;
    facts
        .history
        .iter()
        .filter(move |past| past.campaign == campaign)
}

/// Returns how often the campaign's attempts at the number ended with this outcome.
fn times(facts: &Facts<'_>, outcome: Outcome) -> usize {
    own(facts)
        .filter(|past| past.outcome == Some(outcome))
        .count()
}

/// Returns how often they ended with this outcome and count.
fn counted(facts: &Facts<'_>, outcome: Outcome) -> usize {
    own(facts)
        .filter(|past| past.outcome == Some(outcome) && past.counts)
        .count()
}

fn uncounted_in_a_row(facts: &Facts<'_>) -> usize {
    own(facts).take_while(|past| !past.counts).count()
}

/// Returns the wait, doubled with each attempt in a row that does not count.
fn backed_off(facts: &Facts<'_>, first: Duration) -> Duration {
    let again = uncounted_in_a_row(facts)
        .saturating_sub(1)
        .min(MAX_DOUBLINGS);
    first * (1 << again)
}

const fn after(after: Duration) -> OutcomeRule {
    OutcomeRule {
        action: OutcomeAction::Retry,
        after,
        max: u32::MAX,
    }
}

const fn end(action: OutcomeAction) -> OutcomeRule {
    OutcomeRule {
        action,
        after: Duration::ZERO,
        max: u32::MAX,
    }
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

const fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}

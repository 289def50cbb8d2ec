//! Texts for states, limits and times. Every state has a glyph and a text; colour is only an addition.

use std::time::Duration;

use crate::domain::{ContactState, Outcome, PhoneNumber, Timestamp};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{
    Binding, CampaignView, HoldKind, HoldReason, NextClaim, Phase, Scope, Standing, Until,
};
use crate::engine::messages::hold_word;
use crate::tui::format;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// How a state is shown: its glyph, its text and its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) glyph: &'static str,
    pub(super) word: &'static str,
    pub(super) role: Role,
}

const fn sign(glyph: &'static str, word: &'static str, role: Role) -> Sign {
    Sign { glyph, word, role }
}

/// Returns how the phase of a campaign is shown.
pub(super) const fn campaign(board: &CampaignBoard, glyphs: &Glyphs) -> Sign {
    let (word, role) = match board.phase {
        Phase::Draft => ("draft", Role::Faint),
        Phase::Running => ("RUNNING", Role::Good),
        Phase::Waiting => ("waiting", Role::Warn),
        Phase::Held => ("HELD", Role::Bad),
        Phase::Paused => ("PAUSED", Role::Warn),
        Phase::Done => ("done", Role::Faint),
        Phase::Stopped => ("stopped", Role::Faint),
    };
    sign(glyphs.campaign(board.phase), word, role)
}

/// Returns how the standing of a contact is shown.
pub(super) fn standing(standing: &Standing, glyphs: &Glyphs) -> Sign {
    match standing {
        Standing::Dialing(_) => sign(glyphs.sent, "dialing", Role::StateRinging),
        Standing::Ringing(_) => sign(glyphs.ringing, "ringing", Role::StateRinging),
        Standing::Talking(_) => sign(glyphs.talking, "talking", Role::StateLive),
        Standing::Lost(_) => sign(glyphs.unknown, "lost", Role::Bad),
        Standing::ToCall(next) => to_call(next, glyphs),
        Standing::Ended(state, _) => ended(*state, glyphs),
    }
}

fn to_call(next: &NextClaim, glyphs: &Glyphs) -> Sign {
    let next_up = sign(glyphs.next, "next", Role::Text);
    match next {
        NextClaim::Dial => next_up,
        NextClaim::Hold(hold) => match hold.principal() {
            Some(reason) if !reason.kind.only_paces() => match waits_for(&reason.kind) {
                Some(word) => sign(glyphs.waiting, word, Role::StateWaiting),
                None if hold.until == Until::Operator => {
                    sign(glyphs.waiting, "held", Role::StateBlocked)
                }
                None => sign(glyphs.waiting, "waits", Role::StateWaiting),
            },
            Some(_) | None => next_up,
        },
        NextClaim::Refuse(_) | NextClaim::NothingLeft => {
            sign(glyphs.waiting, "blocked", Role::StateBlocked)
        }
    }
}

/// Returns what a contact itself waits for; `None` if something else holds the call.
const fn waits_for(kind: &HoldKind) -> Option<&'static str> {
    match kind {
        HoldKind::Window(..) | HoldKind::RingsPastClose => Some("window shut"),
        HoldKind::RetryDue => Some("retry later"),
        HoldKind::MinGap(_)
        | HoldKind::RollingCap(..)
        | HoldKind::CapUncertain(_)
        | HoldKind::NumberInFlight => Some("cap or gap"),
        HoldKind::Unhealthy(_)
        | HoldKind::ClockBehind
        | HoldKind::ClockJumped(_)
        | HoldKind::CampaignDraft
        | HoldKind::CampaignPaused
        | HoldKind::NotStarted
        | HoldKind::AttemptsMissing
        | HoldKind::OptOutsMissing(_)
        | HoldKind::ListMissing(_)
        | HoldKind::RegistryMissing(..)
        | HoldKind::RegistryStale(..)
        | HoldKind::NoZone
        | HoldKind::ZoneDataDisagree(_)
        | HoldKind::EmergencyBan(_)
        | HoldKind::TrunkMissing
        | HoldKind::TrunkRests(_)
        | HoldKind::AbandonmentBrake(..)
        | HoldKind::NoCallerId
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

const fn ended(state: ContactState, glyphs: &Glyphs) -> Sign {
    let (word, role) = match state {
        ContactState::Done => ("reached", Role::StateDone),
        ContactState::Exhausted => ("tries used", Role::StateDone),
        ContactState::Suppressed => ("blocked", Role::StateBlocked),
        ContactState::Expired => ("expired", Role::StateDone),
        ContactState::Invalid => ("bad number", Role::StateBlocked),
        ContactState::Unknown => ("fate unknown", Role::Bad),
        ContactState::Ready | ContactState::Waiting(_) | ContactState::InFlight => {
            ("ready", Role::Text)
        }
    };
    sign(glyphs.contact(state), word, role)
}

/// Returns when the call entered its state; `None` if the contact has no call up.
pub(super) const fn since(standing: &Standing) -> Option<Timestamp> {
    match standing {
        Standing::Dialing(at)
        | Standing::Ringing(at)
        | Standing::Talking(at)
        | Standing::Lost(at) => Some(*at),
        Standing::ToCall(_) | Standing::Ended(..) => None,
    }
}

/// Returns what happens to a contact next, or why it waits. Times are in the viewer's zone.
pub(super) fn why(standing: &Standing, shared: &Shared) -> String {
    match standing {
        Standing::Dialing(_)
        | Standing::Ringing(_)
        | Standing::Talking(_)
        | Standing::Ended(_, None) => "-".to_owned(),
        Standing::Lost(_) => "the carrier does not report its fate".to_owned(),
        Standing::ToCall(next) => brief(next, shared),
        Standing::Ended(_, Some(reason)) => reason_words(reason),
    }
}

/// Returns the result of a contact's claim in a brief form, because the text of the state is next to it.
fn brief(next: &NextClaim, shared: &Shared) -> String {
    if *next == NextClaim::Dial {
        return "callable now".to_owned();
    }
    let Some(reason) = next.principal() else {
        return claim(next, shared);
    };
    if reason.kind.only_paces() {
        return self::reason(reason, shared);
    }
    let kind = &reason.kind;
    if let (HoldKind::RetryDue, Until::At(at)) = (kind, reason.until) {
        let wait = format::span(at.since(shared.now));
        return format!("retry {} ({wait})", when(at, shared));
    }
    let Until::At(at) = reason.until else {
        return named(kind);
    };
    let what = match kind.scope() {
        Scope::Contact => "ends".to_owned(),
        Scope::Class => "opens".to_owned(),
        Scope::Campaign | Scope::Trunk | Scope::Deck => named(kind),
    };
    format!("{what} {}", when(at, shared))
}

/// Returns a short name of a failing gate, with the region or list it refers to.
fn named(kind: &HoldKind) -> String {
    if let HoldKind::EmergencyBan(region) = kind {
        return format!("banned in {region}");
    }
    if let HoldKind::ListMissing(list) = kind {
        return format!("{list} not loaded");
    }
    if let HoldKind::RegistryMissing(list, _) = kind {
        return format!("{list} not loaded");
    }
    if let HoldKind::RegistryStale(list, ..) = kind {
        return format!("{list} too old");
    }
    hold_word(kind).to_owned()
}

/// Returns the result of a claim by its principal reason, followed by the number of other reasons: `(+1)`.
pub(super) fn claim(next: &NextClaim, shared: &Shared) -> String {
    match next {
        NextClaim::NothingLeft => "nothing is left to call".to_owned(),
        NextClaim::Dial => "the next call leaves now".to_owned(),
        NextClaim::Refuse(refusal) => format!("never: {refusal}"),
        NextClaim::Hold(hold) => {
            let words = hold
                .principal()
                .map_or_else(String::new, |one| reason(one, shared));
            let others = hold.reasons.iter().filter(|one| !one.kind.only_paces());
            match others.count() {
                0 | 1 => words,
                some => format!("{words} (+{})", some - 1),
            }
        }
    }
}

/// Returns a failing gate and when it ends, in the viewer's time.
fn reason(reason: &HoldReason, shared: &Shared) -> String {
    let short = match &reason.kind {
        HoldKind::Window(..) => "window shut, opens".to_owned(),
        HoldKind::RetryDue => "retry".to_owned(),
        HoldKind::NotStarted => "campaign starts".to_owned(),
        HoldKind::CampaignPerMinute(..) => return slot("slot", reason.until, shared),
        HoldKind::TrunkPerMinute(..) => return slot("trunk slot", reason.until, shared),
        HoldKind::CampaignConcurrent(..) => return "full: a call has to end".to_owned(),
        HoldKind::TrunkConcurrent(..) => return "trunk full: a call has to end".to_owned(),
        HoldKind::DeckConcurrent(..) => return "deck full: a call has to end".to_owned(),
        HoldKind::Spacing => return "spaced over the minute".to_owned(),
        HoldKind::CallerIdsUnproven => {
            return "the carrier has not confirmed that the caller IDs belong to this account"
                .to_owned();
        }
        HoldKind::CallerIdsFull => "caller IDs full, one free".to_owned(),
        HoldKind::AbandonmentBrake(answered, abandoned) => {
            format!("abandonment brake, {abandoned} of {answered} live answers")
        }
        kind @ (HoldKind::Unhealthy(_)
        | HoldKind::ClockBehind
        | HoldKind::ClockJumped(_)
        | HoldKind::CampaignDraft
        | HoldKind::CampaignPaused
        | HoldKind::AttemptsMissing
        | HoldKind::OptOutsMissing(_)
        | HoldKind::ListMissing(_)
        | HoldKind::RegistryMissing(..)
        | HoldKind::RegistryStale(..)
        | HoldKind::NumberInFlight
        | HoldKind::MinGap(_)
        | HoldKind::RollingCap(..)
        | HoldKind::CapUncertain(_)
        | HoldKind::NoZone
        | HoldKind::ZoneDataDisagree(_)
        | HoldKind::RingsPastClose
        | HoldKind::EmergencyBan(_)
        | HoldKind::TrunkMissing
        | HoldKind::TrunkRests(_)
        | HoldKind::NoCallerId
        | HoldKind::CallerIdsBlocked
        | HoldKind::TrunkSlowed) => match reason.until {
            Until::At(at) => return format!("{kind}, until {}", when(at, shared)),
            Until::CallEnds | Until::Operator => kind.to_string(),
        },
    };
    match reason.until {
        Until::At(at) => format!("{short} {}", when(at, shared)),
        Until::CallEnds => format!("{short}: a call has to end"),
        Until::Operator => short,
    }
}

/// Returns why the next call of a campaign does not go out now, and the role to draw the text in.
pub(super) fn binds(board: &CampaignBoard, view: &CampaignView, shared: &Shared) -> (String, Role) {
    match view.binding {
        Binding::NoEngine => ("no engine runs".to_owned(), Role::Bad),
        Binding::NotStarted => ("not started".to_owned(), Role::Warn),
        Binding::Paused => {
            let note = board.note.as_ref();
            let note = note.map_or_else(String::new, |note| format!(": {note}"));
            (format!("campaign paused{note}"), Role::Warn)
        }
        Binding::Over => (format!("campaign {}", board.state), Role::Warn),
        Binding::Held => (held(board, shared), Role::Bad),
        Binding::Contacts => (waits(board, view, shared), Role::Warn),
        Binding::Claim => {
            let todo = board.remedies.first();
            let todo = todo.map_or_else(String::new, |todo| format!("; {todo}"));
            (claim(&board.next, shared) + &todo, Role::Warn)
        }
        Binding::LastCalls => ("the last calls are up".to_owned(), Role::Text),
        Binding::Pace => (claim(&board.next, shared), Role::Text),
    }
}

/// Returns `HELD: list national:us is not loaded, since 11:34; …` with the first remedy.
fn held(board: &CampaignBoard, shared: &Shared) -> String {
    let since = board
        .held_since
        .map_or_else(String::new, |at| format!(", since {}", when(at, shared)));
    let todo = board
        .remedies
        .first()
        .map_or_else(String::new, |todo| format!("; {todo}"));
    format!("HELD: {}{since}{todo}", claim(&board.next, shared))
}

/// Returns what the contacts wait for, how many and until when. Retries, caps and gaps share the instant at
/// which the first is due.
fn waits(board: &CampaignBoard, view: &CampaignView, shared: &Shared) -> String {
    let waiting = board.waiting;
    let part = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let first = |parts: Vec<String>, word: &str, at: Option<Timestamp>| {
        let at = at.map_or_else(String::new, |at| format!(" ({word} {})", when(at, shared)));
        (!parts.is_empty()).then(|| parts.join(", ") + &at)
    };
    let due = [
        part(waiting.retry, "retries"),
        part(waiting.cap, "caps or gaps"),
    ];
    let due = first(due.into_iter().flatten().collect(), "next", view.next_due);
    let shut = part(waiting.window, "windows").into_iter().collect();
    let shut = first(shut, "first", view.next_opening);
    let parts: Vec<String> = due.into_iter().chain(shut).collect();
    if parts.is_empty() {
        return claim(&board.next, shared);
    }
    format!("waiting: {}", parts.join(", "))
}

/// Returns when a slot is free: `slot in 2.1 s`.
pub(super) fn slot(what: &str, until: Until, shared: &Shared) -> String {
    match until {
        Until::At(at) => format!("{what} in {}", format::span(at.since(shared.now))),
        Until::CallEnds | Until::Operator => format!("{what} soon"),
    }
}

/// Returns the time of day for the viewer, with the weekday or the date if it is not today: `09:00`, `Wed
/// 09:00`, `2 Mar 09:00`.
pub(super) fn when(at: Timestamp, shared: &Shared) -> String {
    let zone = &shared.viewer.zone;
    let then = at.to_jiff().to_zoned(zone.clone());
    let now = shared.now.to_jiff().to_zoned(zone.clone());
    let near = at.since(shared.now) < Duration::from_hours(6 * 24);
    let form = match (then.date() == now.date(), near && at >= shared.now) {
        (true, _) => "%H:%M",
        (false, true) => "%a %H:%M",
        (false, false) => "%-d %b %H:%M",
    };
    then.strftime(form).to_string()
}

/// Returns the time of day for the viewer, with seconds.
pub(super) fn clock(at: Timestamp, shared: &Shared) -> String {
    format::clock_seconds(at, &shared.viewer.zone)
}

/// Returns a number, masked if the screen masks numbers.
pub(super) fn number(number: PhoneNumber, shared: &Shared, glyphs: &Glyphs) -> String {
    if shared.masked {
        format::masked(number, glyphs.mask)
    } else {
        format::number(number)
    }
}

/// Returns a code of the log as text: `suppressed:national:us` becomes `dnc national us`.
pub(super) fn reason_words(code: &str) -> String {
    let code = match code.strip_prefix("suppressed:") {
        Some(list) => format!("dnc {list}"),
        None => code.to_owned(),
    };
    code.replace([':', '_'], " ")
}

/// Returns the short text of an outcome.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    use crate::domain::CalleeType;
    match outcome {
        Outcome::Answered(CalleeType::Human) => "human",
        Outcome::Answered(CalleeType::Voicemail) => "voicemail",
        Outcome::Answered(CalleeType::Fax) => "fax",
        Outcome::Answered(CalleeType::Unknown) => "answered",
        Outcome::Busy => "busy",
        Outcome::NoAnswer => "no answer",
        Outcome::Declined => "declined",
        Outcome::InvalidNumber => "bad number",
        Outcome::NetworkFailure => "network",
        Outcome::ProviderError => "carrier",
        Outcome::Throttled => "throttled",
        Outcome::Cancelled => "cancelled",
        Outcome::Expired => "lapsed",
        Outcome::Abandoned => "abandoned",
        Outcome::Unknown => "unknown",
    }
}

/// Returns a count as a number of cells, at most [`u16::MAX`].
pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

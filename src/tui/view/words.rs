//! States, limits and times in words. Every state has a glyph and a word; colour only helps.

use std::time::Duration;

use crate::domain::{CampaignState, ContactState, Outcome, PhoneNumber, Timestamp};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{Limit, Standing};
use crate::tui::format;
use crate::tui::glyph::Glyphs;
use crate::tui::model::Shared;
use crate::tui::theme::Role;

/// A state: its glyph, its word, how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) glyph: &'static str,
    pub(super) word: &'static str,
    pub(super) role: Role,
}

const fn sign(glyph: &'static str, word: &'static str, role: Role) -> Sign {
    Sign { glyph, word, role }
}

/// Where a campaign stands.
pub(super) const fn campaign(board: &CampaignBoard, glyphs: &Glyphs) -> Sign {
    let glyph = glyphs.campaign(board.state, board.waiting_for_window);
    let (word, role) = match board.state {
        CampaignState::Draft => ("draft", Role::Faint),
        CampaignState::Running if board.waiting_for_window => ("window closed", Role::Warn),
        CampaignState::Running => ("RUNNING", Role::Good),
        CampaignState::Paused => ("PAUSED", Role::Warn),
        CampaignState::Done => ("done", Role::Faint),
        CampaignState::Stopped => ("stopped", Role::Faint),
    };
    sign(glyph, word, role)
}

/// Where a contact stands.
pub(super) const fn standing(standing: &Standing, glyphs: &Glyphs) -> Sign {
    match standing {
        Standing::Dialing(_) => sign(glyphs.sent, "dialing", Role::StateRinging),
        Standing::Ringing(_) => sign(glyphs.ringing, "ringing", Role::StateRinging),
        Standing::Talking(_) => sign(glyphs.talking, "talking", Role::StateLive),
        Standing::Lost(_) => sign(glyphs.unknown, "lost", Role::Bad),
        Standing::Next(_) => sign(glyphs.next, "next", Role::Text),
        Standing::Window(_) => sign(glyphs.waiting, "window shut", Role::StateWaiting),
        Standing::Retry(_) => sign(glyphs.waiting, "retry later", Role::StateWaiting),
        Standing::Cap(_) => sign(glyphs.waiting, "cap or gap", Role::StateWaiting),
        Standing::Registry(_) => sign(glyphs.waiting, "no registry", Role::StateWaiting),
        Standing::Ended(state, _) => ended(*state, glyphs),
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

/// Since when a call is in its state.
pub(super) const fn since(standing: &Standing) -> Option<Timestamp> {
    match standing {
        Standing::Dialing(at)
        | Standing::Ringing(at)
        | Standing::Talking(at)
        | Standing::Lost(at) => Some(*at),
        Standing::Next(_)
        | Standing::Window(_)
        | Standing::Retry(_)
        | Standing::Cap(_)
        | Standing::Registry(_)
        | Standing::Ended(..) => None,
    }
}

/// What happens to a contact next, or why it waits; times in the viewer's zone.
pub(super) fn why(standing: &Standing, shared: &Shared) -> String {
    match standing {
        Standing::Dialing(_)
        | Standing::Ringing(_)
        | Standing::Talking(_)
        | Standing::Ended(_, None) => "-".to_owned(),
        Standing::Lost(_) => "the carrier does not say what became of it".to_owned(),
        Standing::Next(limit) => binds(*limit, shared),
        Standing::Window(Some(at)) => format!("opens {}", when(*at, shared)),
        Standing::Window(None) => "held: zone unsure".to_owned(),
        Standing::Retry(at) => {
            let wait = format::span(at.since(shared.now));
            format!("retry {} ({wait})", when(*at, shared))
        }
        Standing::Cap(at) => format!("cap ends {}", when(*at, shared)),
        Standing::Registry(list) => format!("{list} not loaded there, or too old"),
        Standing::Ended(_, Some(reason)) => reason_words(reason),
    }
}

/// Why the next call does not leave this instant.
pub(super) fn binds(limit: Limit, shared: &Shared) -> String {
    let first = |what: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{what} {}", when(at, shared)),
        None => format!("{what} later"),
    };
    match limit {
        Limit::NoEngine => "no engine runs".to_owned(),
        Limit::State(CampaignState::Draft) => "not started".to_owned(),
        Limit::State(state) => format!("campaign {state}"),
        Limit::Start(at) => format!("campaign starts {}", when(at, shared)),
        Limit::ClockBehind(at) => format!("clock behind the log until {}", when(at, shared)),
        Limit::NothingLeft => "nothing is left to call".to_owned(),
        Limit::Window(at) => first("windows shut, first opens", at),
        Limit::Retry(at) => first("all wait, first retry", at),
        Limit::Abandonment => "abandonment brake: waits for an operator".to_owned(),
        Limit::TrunkRests(Some(at)) => format!("the trunk rests until {}", when(at, shared)),
        Limit::TrunkRests(None) => "the trunk rests: waits for an operator".to_owned(),
        Limit::Concurrent => "full: a call has to end".to_owned(),
        Limit::TrunkConcurrent => "trunk full: a call has to end".to_owned(),
        Limit::DeckConcurrent => "deck full: a call has to end".to_owned(),
        Limit::PerMinute(at) => slot("slot", at, shared),
        Limit::TrunkPerMinute(at) => slot("trunk slot", at, shared),
        Limit::CallerIds(at) => first("caller IDs full, one free", at),
        Limit::NoCallerId => "no caller ID may be shown".to_owned(),
        Limit::CallerIdsUnproven => {
            "the carrier has not said that our caller IDs are ours".to_owned()
        }
        Limit::TrunkSlowed(at) => {
            format!(
                "trunk at half its rate after a limit, until {}",
                when(at, shared)
            )
        }
        Limit::Spacing => "spaced over the minute".to_owned(),
    }
}

/// `rate: slot in 2.1 s`.
pub(super) fn slot(what: &str, at: Option<Timestamp>, shared: &Shared) -> String {
    match at {
        Some(at) => format!("{what} in {}", format::span(at.since(shared.now))),
        None => format!("{what} soon"),
    }
}

/// A time of day for the viewer, with the day when it is another: `09:00`, `Wed 09:00`, `2 Mar 09:00`.
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

/// A time of day for the viewer to the second.
pub(super) fn clock(at: Timestamp, shared: &Shared) -> String {
    format::clock_seconds(at, &shared.viewer.zone)
}

/// A number, masked when the viewer wants it so.
pub(super) fn number(number: PhoneNumber, shared: &Shared, glyphs: &Glyphs) -> String {
    if shared.masked {
        format::masked(number, glyphs.mask)
    } else {
        format::number(number)
    }
}

/// A code of the log as words: `suppressed:national:us` becomes `dnc national us`.
pub(super) fn reason_words(code: &str) -> String {
    let code = match code.strip_prefix("suppressed:") {
        Some(list) => format!("dnc {list}"),
        None => code.to_owned(),
    };
    code.replace([':', '_'], " ")
}

/// An outcome in words.
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

/// A small number for a column of a screen.
pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

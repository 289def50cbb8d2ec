//! What starting the current campaign would do, as lines for its confirmation.

use super::labels::{claim, when};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{CampaignView, OnStart, ZoneStanding};
use crate::tui::shared::Shared;

/// The number of zones that are named. The others are counted.
const NAMED: usize = 3;

/// Returns the lines of the confirmation: contacts that would be called now, pacing, trunk, open zones,
/// retries, and rules that apply. Empty without a campaign.
pub(crate) fn what_starts(shared: &Shared) -> Vec<String> {
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return Vec::new();
    };
    let mut lines = vec![called(board, shared), pace(board, view), zones(view)];
    if board.waiting.window > 0 {
        lines.push(format!(
            "{} wait for their calling window.",
            board.waiting.window
        ));
    }
    lines.push(retries(board, view, shared));
    lines.extend(law(view));
    let now = shared.now.to_jiff().to_zoned(shared.viewer.zone.clone());
    if now.minute() == 0 {
        let better = format!("{:02}:15", now.hour());
        lines.push(format!(
            "It is the top of the hour: carriers and callees see bursts now. {better} is calmer."
        ));
    }
    lines
}

/// Returns how many contacts would be called now, or why the ready ones would not be.
fn called(board: &CampaignBoard, shared: &Shared) -> String {
    let contacts = |ready| match ready {
        1 => "1 contact".to_owned(),
        ready => format!("{ready} contacts"),
    };
    match board.on_start() {
        OnStart::Nobody(next) => {
            format!("No contact would be called: {}.", claim(&next, shared))
        }
        OnStart::NoneReady => "No contact may be called now.".to_owned(),
        OnStart::Calls(ready) => format!("{} would be called now.", contacts(ready)),
        OnStart::Later(ready, next) => {
            let why = claim(&next, shared);
            format!("{} ready, none called yet: {why}.", contacts(ready))
        }
    }
}

/// Returns what the law requires before or during the calls. Rules of single states are counted.
fn law(view: &CampaignView) -> Vec<String> {
    let in_state = |line: &&String| {
        line.split(':')
            .next()
            .is_some_and(|place| place.contains('-'))
    };
    let (states, countries): (Vec<&String>, Vec<&String>) = view.law.iter().partition(in_state);
    let mut lines: Vec<String> = countries
        .iter()
        .map(|line| format!("By law {line}."))
        .collect();
    if !states.is_empty() {
        let rules = match states.len() {
            1 => "1 rule of a single state also applies".to_owned(),
            some => format!("{some} rules of single states also apply"),
        };
        lines.push(format!("{rules}: `dialdeck check` names them."));
    }
    lines
}

fn pace(board: &CampaignBoard, view: &CampaignView) -> String {
    let trunk = view
        .caller_ids
        .first()
        .map_or_else(String::new, |id| format!(", on trunk {}", id.trunk));
    format!(
        "Up to {} calls a minute, {} at once{trunk}.",
        board.pacing.calls_per_minute, board.pacing.max_concurrent
    )
}

fn zones(view: &CampaignView) -> String {
    let open: Vec<&str> = view
        .zones
        .iter()
        .filter(|zone| matches!(zone.standing, ZoneStanding::Open(_)))
        .map(|zone| zone.label.as_str())
        .collect();
    let named = open
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match open.len() {
        0 => format!("Open now: none of {} zones.", view.zones.len()),
        some if some <= NAMED => format!("Open now: {named}."),
        some => format!("Open now: {named} and {} more.", some - NAMED),
    }
}

fn retries(board: &CampaignBoard, view: &CampaignView, shared: &Shared) -> String {
    let waiting = board.waiting.retry + board.waiting.cap;
    match (waiting, view.next_due) {
        (0, _) => "No retry is waiting.".to_owned(),
        (some, Some(at)) if at <= shared.now => {
            format!("{some} planned retries resume; the first is already due.")
        }
        (some, Some(at)) => format!(
            "{some} planned retries resume, the first at {}.",
            when(at, shared)
        ),
        (some, None) => format!("{some} planned retries resume."),
    }
}

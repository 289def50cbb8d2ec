//! Judges how often a number was called, over all campaigns: minimum gaps and rolling caps (D6).

use std::collections::BTreeMap;

use super::Breach;
use super::history::{Attempt, History};
use super::sends::Send;
use super::tables::Cap;

/// Outcomes of calls that did not connect to the number dialed (12 CFR 1006.14(b)(2)).
const NOT_CONNECTED: [&str; 5] = [
    "busy",
    "invalid_number",
    "network_failure",
    "provider_error",
    "throttled",
];

/// Judges the sends, which are in order of time.
pub(crate) fn check(history: &History, sends: &[Send], breaches: &mut Vec<Breach>) {
    let mut by_number: BTreeMap<&str, Vec<Past<'_>>> = BTreeMap::new();
    for send in sends {
        let made = &history.attempts[send.attempt];
        let now = Past { at: send.at, made };
        uncertain(history, &now, breaches);
        let before = by_number.entry(&made.number).or_default();
        let settings = &history.campaigns[&made.campaign].settings;
        let last = before.iter().rev().find(|past| past.made.counts);
        if let Some(gap) = last.map(|last| now.at - last.at)
            && gap < settings.min_gap
        {
            let text = format!("{} s after the last call to the number", gap / 1000);
            breaches.push(Breach::new("D6", now.at, &made.id, text));
        }
        for cap in &history.windows.tables.caps {
            if binds(cap, made, &settings.agent)
                && let Some(text) = passed(cap, &now, before)
            {
                breaches.push(Breach::new("D6", now.at, &made.id, text));
            }
        }
        before.push(now);
    }
}

/// Attempts that a deck lost count for as long as a cap looks back, and nobody knows how many there were.
fn uncertain(history: &History, now: &Past<'_>, breaches: &mut Vec<Breach>) {
    let agent = &history.campaigns[&now.made.campaign].settings.agent;
    for (since, last_run) in &history.lost {
        let caps = history.windows.tables.caps.iter();
        let looking_back = caps.filter(|cap| now.at >= *since && now.at <= last_run + cap.window);
        for cap in looking_back.filter(|cap| binds(cap, now.made, agent)) {
            let text = format!("{}: attempts that were lost are in its span", cap.id);
            breaches.push(Breach::new("D6", now.at, &now.made.id, text));
        }
    }
}

struct Past<'a> {
    at: i64,
    made: &'a Attempt,
}

/// Returns whether a cap binds an attempt.
fn binds(cap: &Cap, made: &Attempt, agent: &str) -> bool {
    let here = made.regions.iter().any(|region| {
        region == &cap.region || region.split('-').next() == Some(cap.region.as_str())
    });
    let code = made
        .number
        .strip_prefix("+1")
        .and_then(|rest| rest.get(..3));
    let mut codes = cap.area_codes.iter();
    // A city is known by its area codes or by its postal codes.
    let of_city = codes.any(|known| Some(known.as_str()) == code);
    (here || of_city) && of_class(cap, made)
        && !(cap.not_after_dealings && made.consent == "ebr")
        // A machine is always there, so an operator is guaranteed.
        && (cap.after != "machine" || agent == "human")
}

fn of_class(cap: &Cap, made: &Attempt) -> bool {
    match cap.class.as_str() {
        "telemarketing" => made.purpose == "sales",
        "automated" => made.call_class == "automated",
        "debt" => made.purpose == "debt",
        _ => true,
    }
}

/// Returns which limit one more call breaks now. `None` if it breaks none.
fn passed(cap: &Cap, now: &Past<'_>, before: &[Past<'_>]) -> Option<String> {
    let recent = before.iter().filter(|past| {
        past.at >= now.at - cap.window && past.made.counts && of_class(cap, past.made)
    });
    if cap.after.is_empty() {
        let connected_only = cap.id == "us-regf-attempt";
        let seen = recent
            .filter(|past| !(connected_only && NOT_CONNECTED.contains(&past.made.outcome.as_str())))
            .count();
        return (seen >= cap.max).then(|| format!("{}: {seen} calls before in its span", cap.id));
    }
    let trigger = match cap.after.as_str() {
        "conversation" => "human",
        "machine" => "voicemail",
        "refusal" => "declined",
        _ => "abandoned",
    };
    let mut recent = recent;
    recent
        .any(|past| past.made.outcome == trigger && past.made.ended.is_some_and(|at| at <= now.at))
        .then(|| format!("{}: a call ended as {trigger} in its span", cap.id))
}

//! Judges every send by the carrier's own log: whether it was planned, and which rules held at its instant.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::history::{Attempt, History};
use super::law::is_registry;
use super::read::{Carrier, clock};
use super::{Breach, Options};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// One send: its instant, and the index of its attempt in the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Send {
    pub(crate) at: i64,
    pub(crate) attempt: usize,
}

/// Judges the carrier's log against the history. Returns the sends in order of time.
pub(crate) fn check(
    history: &mut History,
    carrier: &[Carrier],
    options: &Options,
    breaches: &mut Vec<Breach>,
) -> Vec<Send> {
    let (sends, ends) = if options.without_carrier {
        by_the_event_log(history)
    } else {
        by_the_carrier(history, carrier, options.networked, breaches)
    };
    for send in &sends {
        at_send(history, send, options, breaches);
    }
    shown_again(history, &sends, breaches);
    rates(history, &sends, breaches);
    in_flight(history, &sends, &ends, breaches);
    sends
}

type Ends = Vec<(i64, usize)>;

fn by_the_event_log(history: &History) -> (Vec<Send>, Ends) {
    let made = history.attempts.iter().enumerate();
    let mut sends: Vec<Send> = made
        .clone()
        .filter_map(|(attempt, made)| {
            Some(Send {
                at: made.sent?,
                attempt,
            })
        })
        .collect();
    sends.sort_by_key(|send| send.at);
    let sent = made.filter(|(_, made)| made.sent.is_some());
    let ends = sent
        .filter_map(|(place, made)| Some((made.ended?, place)))
        .collect();
    (sends, ends)
}

/// What the carrier logged about an attempt.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    invited: Option<i64>,
    answered: bool,
    ended: Option<i64>,
    code: Option<i64>,
}

/// D11, D13, D15: every invite belongs to one reservation and matches it.
fn by_the_carrier(
    history: &History,
    carrier: &[Carrier],
    networked: bool,
    breaches: &mut Vec<Breach>,
) -> (Vec<Send>, Ends) {
    let mut sends: Vec<Send> = Vec::new();
    let mut seen = vec![Seen::default(); history.attempts.len()];
    for line in carrier {
        let Some(place) = history.places.get(&line.attempt).copied() else {
            let text = format!("{} without a reservation", line.event);
            breaches.push(Breach::new("D13", line.at, &line.attempt, text));
            continue;
        };
        let known = &mut seen[place];
        match line.event.as_str() {
            "invite" => {
                invited(line, &history.attempts[place], known, breaches);
                let requested = history.attempts[place].sent.filter(|_| networked);
                sends.push(Send {
                    at: requested.unwrap_or(line.at),
                    attempt: place,
                });
            }
            "answer" => known.answered = true,
            "end" if known.ended.is_none() => {
                known.ended = Some(line.at);
                known.code = line.code;
            }
            _ => {}
        }
    }
    sends.sort_by_key(|send| send.at);
    let mut ends = Vec::new();
    for (place, (made, seen)) in history.attempts.iter().zip(&seen).enumerate() {
        told_truly(made, seen, networked, breaches);
        // A carrier that died with the engine wrote no end. Then the event log's end is used.
        let end = seen.ended.or(made.ended).filter(|_| seen.invited.is_some());
        ends.extend(end.map(|end| (end, place)));
    }
    (sends, ends)
}

fn invited(line: &Carrier, made: &Attempt, seen: &mut Seen, breaches: &mut Vec<Breach>) {
    let mut wrong = |rule, text: String| {
        breaches.push(Breach::new(rule, line.at, &line.attempt, text));
    };
    if seen.invited.replace(line.at).is_some() {
        wrong("D13", "sent a second time".to_owned());
    }
    if line.at < made.reserved {
        wrong("D13", "sent before it was reserved".to_owned());
    }
    if line.to != made.number {
        wrong("D13", format!("sent to {}, not {}", line.to, made.number));
    }
    if line.from != made.caller_id {
        wrong(
            "D11",
            format!("showed {}, not {}", line.from, made.caller_id),
        );
    }
}

/// D13: what the log calls sent was sent. D15: its outcome is what the carrier logged.
fn told_truly(made: &Attempt, seen: &Seen, networked: bool, breaches: &mut Vec<Breach>) {
    let at = made.ended.or(made.sent).unwrap_or(made.reserved);
    let mut wrong = |rule, text: &str| breaches.push(Breach::new(rule, at, &made.id, text));
    let unseen = |sent: i64| seen.invited.is_none_or(|at| at > sent);
    // Behind a network a request may be refused, or stopped in the vendor's own queue.
    if !networked && made.sent.is_some_and(unseen) {
        wrong(
            "D13",
            "the log calls it sent, the carrier saw no invite by then",
        );
    }
    // An attempt whose fate cannot be found out is closed after its slot was held for as long as a call may
    // last.
    let closed = made.ended.filter(|_| made.outcome != "unknown");
    if seen
        .invited
        .zip(closed)
        .is_some_and(|(at, closed)| at > closed)
    {
        wrong("D13", "invited after the log had its end");
    }
    if seen.invited.is_some()
        && ["never_sent", "lapsed", "no_agent_ready"].contains(&made.cause.as_str())
    {
        wrong(
            "D15",
            "the log calls it never sent, the carrier saw an invite",
        );
    }
    let answered = ["human", "voicemail", "fax", "answered", "abandoned"];
    let unanswered = ["busy", "no_answer", "declined", "invalid_number"];
    if seen.answered && unanswered.contains(&made.outcome.as_str()) {
        wrong("D15", "the carrier saw it answered, the log does not");
    }
    if !seen.answered && answered.contains(&made.outcome.as_str()) {
        wrong(
            "D15",
            "the log calls it answered, the carrier saw no answer",
        );
    }
    let codes = made.sip_code.zip(seen.code).filter(|_| !seen.answered);
    if codes.is_some_and(|(logged, code)| logged != code) {
        wrong("D15", "the log has another code than the carrier");
    }
}

/// D1, D4, D8, D9, D10 at the instant of the send.
fn at_send(history: &mut History, send: &Send, options: &Options, breaches: &mut Vec<Breach>) {
    let made = &history.attempts[send.attempt];
    let at = send.at;
    let mut wrong = |rule, text: String| breaches.push(Breach::new(rule, at, &made.id, text));
    if let Some(why) = history.windows.shut(made.binding, at) {
        wrong("D1", format!("sent while shut: {why}"));
    }
    if made.not_before.is_some_and(|from| at < from) {
        wrong("D4", "sent before its place in the minute".to_owned());
    }
    let acknowledged = at - options.acknowledged_within;
    let opted_out = history
        .suppressions
        .get(&made.number)
        .into_iter()
        .flatten()
        .find(|entry| {
            // A registry is no opt-out. Whether it binds is judged at the reservation.
            !is_registry(&entry.list)
                && entry.binds(&made.campaign)
                && entry.at < acknowledged
                && entry.reversed.is_none_or(|reversed| reversed > at)
        });
    if let Some(entry) = opted_out {
        let since = clock(entry.at);
        wrong(
            "D8",
            format!("sent although on {} since {since}", entry.list),
        );
    }
    let campaign = &history.campaigns[&made.campaign];
    if let Some(since) = campaign.stood_still_since(at)
        && since < acknowledged
    {
        wrong(
            "D9",
            format!(
                "sent although the campaign stood still since {}",
                clock(since)
            ),
        );
    }
    if campaign.settings.expires.is_some_and(|end| at >= end) {
        wrong("D10", "sent after the campaign's end".to_owned());
    }
}

/// D11: a caller ID that a network blocked on its way to a callee (608, or a 603 that was no decline) is not
/// shown to that callee again within a day.
fn shown_again(history: &History, sends: &[Send], breaches: &mut Vec<Breach>) {
    let mut blocked: HashMap<(&str, &str), Vec<i64>> = HashMap::new();
    for send in sends {
        let made = &history.attempts[send.attempt];
        let pair = (&*made.number, &*made.caller_id);
        let recent = |at: &&i64| **at + 24 * HOUR > send.at;
        if let Some(at) = blocked.get(&pair).and_then(|all| all.iter().find(recent)) {
            let text = format!(
                "{} was blocked for this callee at {}",
                made.caller_id,
                clock(*at)
            );
            breaches.push(Breach::new("D11", send.at, &made.id, text));
        }
        let is_block = match made.sip_code {
            Some(608) => true,
            Some(603) => made.outcome != "declined",
            _ => false,
        };
        if is_block {
            blocked.entry(pair).or_default().push(send.at);
        }
    }
}

/// The caps in force as time passes: those of the latest reservation.
#[derive(Default)]
struct InForce<'a> {
    reserved: Vec<&'a Attempt>,
    next: usize,
    trunks: HashMap<&'a str, &'a Attempt>,
    campaigns: HashMap<&'a str, &'a Attempt>,
    last: Option<&'a Attempt>,
}

impl<'a> InForce<'a> {
    fn new(attempts: &'a [Attempt]) -> Self {
        Self {
            reserved: attempts.iter().collect(),
            ..Self::default()
        }
    }

    fn until(&mut self, at: i64) {
        while let Some(made) = self
            .reserved
            .get(self.next)
            .filter(|made| made.reserved <= at)
        {
            self.trunks.insert(&made.trunk, made);
            self.campaigns.insert(&made.campaign, made);
            self.last = Some(made);
            self.next += 1;
        }
    }

    /// Returns rows of subject, its name, and the greater of the cap at the reservation and the latest.
    fn minute_caps(&self, made: &'a Attempt) -> [(&'static str, &'a str, i64); 2] {
        let trunk = self
            .trunks
            .get(&*made.trunk)
            .map_or(0, |m| m.caps.trunk_minute);
        let campaign = self
            .campaigns
            .get(&*made.campaign)
            .map_or(0, |m| m.caps.campaign_minute);
        [
            ("trunk", &made.trunk, trunk.max(made.caps.trunk_minute)),
            (
                "campaign",
                &made.campaign,
                campaign.max(made.caps.campaign_minute),
            ),
        ]
    }

    fn flight_caps(&self, made: &'a Attempt) -> [(&'static str, &'a str, i64); 3] {
        let trunk = self.trunks.get(&*made.trunk).map_or(0, |m| m.caps.trunk);
        let campaign = self
            .campaigns
            .get(&*made.campaign)
            .map_or(0, |m| m.caps.campaign);
        let deck = self.last.map_or(0, |m| m.caps.deck);
        [
            ("trunk", &made.trunk, trunk.max(made.caps.trunk)),
            ("campaign", &made.campaign, campaign.max(made.caps.campaign)),
            ("deck", "", deck.max(made.caps.deck)),
        ]
    }
}

/// D4: any 60 seconds of a trunk and of a campaign. D5: any 60 minutes of a caller ID.
fn rates(history: &History, sends: &[Send], breaches: &mut Vec<Breach>) {
    let mut force = InForce::new(&history.attempts);
    let mut minutes: BTreeMap<(&str, &str), VecDeque<i64>> = BTreeMap::new();
    let mut hours: BTreeMap<&str, VecDeque<i64>> = BTreeMap::new();
    for send in sends {
        force.until(send.at);
        let made = &history.attempts[send.attempt];
        for (what, name, cap) in force.minute_caps(made) {
            let seen = slide(minutes.entry((what, name)).or_default(), send.at, MINUTE);
            if seen > cap {
                let text = format!("{what} {name}: {seen} sends in 60 s, cap {cap}");
                breaches.push(Breach::new("D4", send.at, &made.id, text));
            }
        }
        let (shown, cap) = (&made.caller_id, made.caps.caller_id_hour);
        let seen = slide(hours.entry(shown).or_default(), send.at, HOUR);
        if seen > cap {
            let text = format!("caller ID {shown}: {seen} sends in 60 min, cap {cap}");
            breaches.push(Breach::new("D5", send.at, &made.id, text));
        }
    }
}

/// Adds an instant to a sliding window, which includes both of its ends. Returns how many are in it.
fn slide(window: &mut VecDeque<i64>, at: i64, span: i64) -> i64 {
    while window.front().is_some_and(|first| *first < at - span) {
        window.pop_front();
    }
    window.push_back(at);
    i64::try_from(window.len()).unwrap_or(i64::MAX)
}

/// D3 and D14: calls that are up at the carrier together.
fn in_flight(history: &History, sends: &[Send], ends: &Ends, breaches: &mut Vec<Breach>) {
    let mut force = InForce::new(&history.attempts);
    let mut up: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut to: HashMap<&str, usize> = HashMap::new();
    let begun: HashMap<usize, i64> = sends.iter().map(|send| (send.attempt, send.at)).collect();
    // At one instant: ends of calls that were up, then sends, then ends of calls refused at that instant.
    let mut steps: Vec<(i64, u8, usize)> = sends
        .iter()
        .map(|send| (send.at, 1, send.attempt))
        .chain(ends.iter().map(|(at, place)| {
            let at_once = begun.get(place) >= Some(at);
            (*at, if at_once { 2 } else { 0 }, *place)
        }))
        .collect();
    steps.sort_unstable();
    for (at, step, place) in steps {
        let begins = step == 1;
        let made = &history.attempts[place];
        let mut wrong = |rule, text| breaches.push(Breach::new(rule, at, &made.id, text));
        force.until(at);
        for (what, name, cap) in force.flight_caps(made) {
            let count = up.entry((what, name)).or_default();
            *count += if begins { 1 } else { -1 };
            if begins && *count > cap {
                wrong("D3", format!("{what} {name}: {count} calls up, cap {cap}"));
            }
        }
        if begins {
            if let Some(other) = to.insert(&made.number, place) {
                let other = &history.attempts[other].id;
                wrong("D14", format!("attempt {other} at the number is still up"));
            }
        } else if to.get(&*made.number) == Some(&place) {
            to.remove(&*made.number);
        }
    }
}

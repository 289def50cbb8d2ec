//! L1: with room under the caps and contacts that may be called, the caps are used.
//!
//! This is judged from the log alone: the first attempt of a contact at T shows that the contact had waited
//! since its window, its campaign and its number allowed a call. A minute in which at least as many contacts
//! waited throughout as may be started in it is judged by its binding cap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::history::{Campaign, History};
use super::sends::Send;
use super::{Breach, Pace};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const SECOND: i64 = 1_000;
pub(super) const FLOOR: f64 = 0.95;
const LEAST_MINUTES: u32 = 5;

/// Adds a breach for every campaign that was observed long enough and left room unused.
pub(crate) fn judge(pace: &[Pace], breaches: &mut Vec<Breach>) {
    for pace in pace {
        if pace.minutes >= LEAST_MINUTES && pace.mean < FLOOR {
            let (name, minutes, mean) = (&pace.campaign, pace.minutes, pace.mean);
            let text = format!("{name}: {mean:.3} of the caps used over {minutes} minutes of work");
            breaches.push(Breach::new("L1", 0, "", text));
        }
    }
}

/// Returns each campaign's use of its caps.
pub(crate) fn measure(history: &mut History, sends: &[Send]) -> Vec<Pace> {
    let Some(from) = history.attempts.iter().map(|made| made.reserved).min() else {
        return Vec::new();
    };
    let bindings = history.attempts.iter().map(|made| made.binding).collect();
    let openings = openings(history, &bindings, from);
    let history = &*history;
    let series = Series::new(history, sends);
    let mut paces = Vec::new();
    for (name, campaign) in &history.campaigns {
        let waiting = waiting(history, name, campaign, sends, &openings);
        let quiet = quiet(history, name, campaign, &openings, &series);
        let (mut minutes, mut sum) = (0, 0.0);
        for (minute, count) in waiting {
            let (begin, end) = (minute * MINUTE, (minute + 1) * MINUTE);
            let (cpm, _) = campaign.pace_at(begin);
            let disturbed = quiet.iter().any(|(from, to)| *from < end && begin < *to);
            if count >= cpm.max(1) && !disturbed {
                minutes += 1;
                sum += series.use_of(history, name, begin);
            }
        }
        paces.push(Pace {
            campaign: name.clone(),
            minutes,
            mean: if minutes == 0 {
                1.0
            } else {
                sum / f64::from(minutes)
            },
        });
    }
    paces
}

pub(super) type Spans = Vec<(i64, i64)>;

/// Returns the open spans of these bindings. They begin a day before the first attempt, which is enough to
/// show since when a window has been open.
pub(super) fn openings(
    history: &mut History,
    bindings: &BTreeSet<usize>,
    from: i64,
) -> HashMap<usize, Spans> {
    let (begin, end) = (from - 24 * HOUR, history.end);
    bindings
        .iter()
        .map(|binding| (*binding, history.windows.open_spans(*binding, begin, end)))
        .collect()
}

/// Returns by minute how many contacts waited throughout.
fn waiting(
    history: &History,
    name: &str,
    campaign: &Campaign,
    sends: &[Send],
    spans: &HashMap<usize, Spans>,
) -> BTreeMap<i64, i64> {
    let mut calls: HashMap<&str, Vec<i64>> = HashMap::new();
    for send in sends {
        let number = history.attempts[send.attempt].number.as_str();
        calls.entry(number).or_default().push(send.at);
    }
    let mut changes: BTreeMap<i64, i64> = BTreeMap::new();
    for made in history
        .attempts
        .iter()
        .filter(|made| made.first && made.campaign == name)
    {
        let at = made.reserved;
        let ran = campaign
            .runs
            .iter()
            .rev()
            .find(|(since, running)| *running && *since <= at);
        let opened = spans[&made.binding]
            .iter()
            .rev()
            .find(|(open, _)| *open <= at);
        let (Some((ran, _)), Some((opened, _))) = (ran, opened) else {
            continue;
        };
        let imported = campaign.imports.iter().rev().find(|since| **since <= at);
        let called = calls.get(made.number.as_str()).into_iter().flatten();
        let free = called
            .filter(|sent| **sent < at)
            .map(|sent| sent + campaign.settings.min_gap)
            .max();
        let since = (*ran)
            .max(*opened)
            .max(imported.copied().unwrap_or(i64::MIN))
            .max(free.unwrap_or(i64::MIN))
            .max(campaign.settings.start.unwrap_or(i64::MIN));
        let (first, last) = (-(-since).div_euclid(MINUTE), at.div_euclid(MINUTE));
        if first < last {
            *changes.entry(first).or_default() += 1;
            *changes.entry(last).or_default() -= 1;
        }
    }
    let mut minutes = BTreeMap::new();
    let mut count = 0;
    let mut from = 0;
    for (minute, change) in changes {
        if count > 0 {
            minutes.extend((from..minute).map(|at| (at, count)));
        }
        count += change;
        from = minute;
    }
    minutes
}

/// Returns the spans that show nothing about the pace: stops, ramps, changes, alerts, engines that were down.
pub(super) fn quiet(
    history: &History,
    name: &str,
    campaign: &Campaign,
    spans: &HashMap<usize, Spans>,
    series: &Series,
) -> Spans {
    // The 60 s window looks back, so it shows a ramp for another 60 s.
    let rise = campaign.settings.ramp + MINUTE;
    let mut quiet: Spans = Vec::new();
    let mut stood = i64::MIN;
    for (at, running) in &campaign.runs {
        if *running {
            quiet.push((stood, at + rise));
            stood = i64::MAX;
        } else {
            stood = stood.min(*at);
        }
    }
    quiet.push((stood, i64::MAX));
    quiet.extend(campaign.pacing.iter().map(|(at, ..)| (*at, at + rise)));
    quiet.extend(history.down.iter().map(|(from, to)| (*from, to + rise)));
    for (at, trunk) in &history.troubles {
        let mine = trunk.is_empty() || series.uses(name, trunk);
        if mine {
            let next = series.next_send(name, *at).unwrap_or(i64::MAX);
            quiet.push((*at, next.saturating_add(rise)));
        }
    }
    let mine = history.attempts.iter().filter(|made| made.campaign == name);
    let bindings: BTreeSet<usize> = mine.map(|made| made.binding).collect();
    let mut all: Spans = bindings
        .iter()
        .flat_map(|place| &spans[place])
        .copied()
        .collect();
    all.sort_unstable();
    let mut shut_since = i64::MIN;
    for (open, close) in all {
        if open > shut_since {
            quiet.push((shut_since, open + rise));
        }
        shut_since = shut_since.max(close);
    }
    quiet
}

/// Sorted instants by subject, to count from.
#[derive(Default)]
pub(super) struct Series {
    sends: BTreeMap<String, Vec<i64>>,
    begins: BTreeMap<String, Vec<i64>>,
    ends: BTreeMap<String, Vec<i64>>,
    /// Caps of trunks: calls per minute, calls in flight.
    trunks: BTreeMap<String, (i64, i64)>,
    deck: i64,
    /// Trunks by campaign. The next one is caller IDs with their hourly caps, by campaign.
    campaign_trunks: BTreeMap<String, BTreeSet<String>>,
    caller_ids: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Series {
    pub(super) fn new(history: &History, sends: &[Send]) -> Self {
        let mut series = Self::default();
        for send in sends {
            let made = &history.attempts[send.attempt];
            for key in [
                key("campaign", &made.campaign),
                key("trunk", &made.trunk),
                key("caller", &made.caller_id),
            ] {
                series.sends.entry(key).or_default().push(send.at);
            }
        }
        for made in &history.attempts {
            let (campaign, trunk) = (made.campaign.clone(), made.trunk.clone());
            for key in [
                key("campaign", &campaign),
                key("trunk", &trunk),
                key("deck", ""),
            ] {
                series
                    .begins
                    .entry(key.clone())
                    .or_default()
                    .push(made.reserved);
                series.ends.entry(key).or_default().extend(made.ended);
            }
            let caps = (made.caps.trunk_minute, made.caps.trunk);
            series.trunks.insert(trunk.clone(), caps);
            series.deck = made.caps.deck;
            let shown = series.caller_ids.entry(campaign.clone()).or_default();
            shown.insert(made.caller_id.clone(), made.caps.caller_id_hour);
            series
                .campaign_trunks
                .entry(campaign)
                .or_default()
                .insert(trunk);
        }
        for (name, campaign) in &history.campaigns {
            let trunks = series.campaign_trunks.entry(name.clone()).or_default();
            trunks.insert(campaign.settings.trunk.clone());
        }
        series
            .ends
            .values_mut()
            .for_each(|ends| ends.sort_unstable());
        series
    }

    fn uses(&self, campaign: &str, trunk: &str) -> bool {
        self.campaign_trunks
            .get(campaign)
            .is_some_and(|used| used.contains(trunk))
    }

    fn next_send(&self, campaign: &str, at: i64) -> Option<i64> {
        let sends = self.sends.get(&key("campaign", campaign))?;
        sends.get(up_to(sends, at)).copied()
    }

    /// Returns the mean over the minute's seconds of how full the fullest cap is, 0 to 1.
    pub(super) fn use_of(&self, history: &History, name: &str, begin: i64) -> f64 {
        let campaign = &history.campaigns[name];
        let (cpm, most) = campaign.pace_at(begin);
        let mut flights = vec![(key("campaign", name), most), (key("deck", ""), self.deck)];
        let mut rates = vec![(key("campaign", name), cpm)];
        for trunk in self.campaign_trunks.get(name).into_iter().flatten() {
            let Some((per_minute, concurrent)) = self.trunks.get(trunk).copied() else {
                continue;
            };
            flights.push((key("trunk", trunk), concurrent));
            rates.push((key("trunk", trunk), per_minute));
        }
        let rests = |number: &str, at: i64| {
            let mut moves = history.resting.iter().rev();
            moves
                .find(|(moved, known, _)| known == number && *moved <= at)
                .is_some_and(|(.., until)| *until > at)
        };
        let shown = self.caller_ids.get(name);
        let callers: Vec<(String, i64)> = shown
            .into_iter()
            .flatten()
            .filter(|(number, _)| !rests(number, begin))
            .map(|(number, cap)| (key("caller", number), *cap))
            .collect();
        // If every caller ID rests, no call may be sent.
        let none_to_show =
            |at| shown.is_some_and(|shown| shown.keys().all(|number| rests(number, at)));
        let total: i64 = callers.iter().map(|(_, cap)| cap).sum();
        // An hour's window moves little within a minute, so its middle is enough.
        let middle = begin + MINUTE / 2;
        let shown = callers
            .iter()
            .map(|(key, cap)| self.sent(key, middle, HOUR).min(*cap))
            .sum();
        let shown = share(shown, total);
        let sum: f64 = (0..60)
            .map(|second| {
                let at = begin + second * SECOND;
                if none_to_show(at) {
                    return 1.0;
                }
                let flight = flights
                    .iter()
                    .map(|(key, cap)| share(self.in_flight(key, at), *cap));
                let rate = rates
                    .iter()
                    .map(|(key, cap)| share(self.sent(key, at, MINUTE), *cap));
                flight
                    .chain(rate)
                    .fold(shown.max(self.spaced(name, cpm, at)), f64::max)
            })
            .sum();
        sum / 60.0
    }

    /// Returns 1 if a call was planned less than one spacing ago, else 0.
    ///
    /// Calls are planned evenly over the minute: within one spacing of a reservation nothing more may be
    /// planned. So a campaign that was just limited by calls in flight is at its cap again from its next call
    /// on, long before the 60 s window shows it.
    fn spaced(&self, name: &str, cpm: i64, at: i64) -> f64 {
        let Some(planned) = self.begins.get(&key("campaign", name)) else {
            return 0.0;
        };
        let last = up_to(planned, at).checked_sub(1);
        let last = last.map(|place| planned[place]);
        let spacing = MINUTE / cpm.max(1);
        if last.is_some_and(|planned| at - planned < spacing) {
            1.0
        } else {
            0.0
        }
    }

    fn in_flight(&self, key: &str, at: i64) -> i64 {
        let count = |series: &BTreeMap<String, Vec<i64>>| {
            series.get(key).map_or(0, |instants| up_to(instants, at))
        };
        signed(count(&self.begins)) - signed(count(&self.ends))
    }

    fn sent(&self, key: &str, at: i64, span: i64) -> i64 {
        self.sends.get(key).map_or(0, |instants| {
            signed(up_to(instants, at)) - signed(up_to(instants, at - span))
        })
    }
}

fn key(what: &str, name: &str) -> String {
    format!("{what} {name}")
}

/// Returns how many instants are not later than `at`.
fn up_to(instants: &[i64], at: i64) -> usize {
    instants.partition_point(|instant| *instant <= at)
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the part of a cap in use, 0 to 1.
fn share(used: i64, cap: i64) -> f64 {
    let number = |value: i64| f64::from(i32::try_from(value).unwrap_or(i32::MAX));
    if cap <= 0 {
        0.0
    } else {
        (number(used) / number(cap)).min(1.0)
    }
}

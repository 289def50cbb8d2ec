//! L1 by window class: no class is idle while one of its contacts waits and may be called.
//!
//! The log shows how many contacts of each class an import added (`contacts_imported`), which of them have
//! had an attempt or an end since, and until when the others wait for their next attempt (`retry_planned`).
//! The rest wait for a call. A class with waiting contacts may be passed over while the campaign is at one of
//! its caps. When it is not, a call has to follow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use super::Breach;
use super::history::{Attempt, Campaign, History};
use super::liveness::{FLOOR, Series, Spans, openings, quiet};
use super::read::DAY;
use super::sends::Send;

const MINUTE: i64 = 60_000;
/// Consecutive whole minutes in which a class may be idle. A few are due to what the log does not show: calls
/// that would ring past the closing, a claim that is under way.
const STILL: i64 = 10;

/// How many contacts of a class wait, from an instant on.
type Steps = Vec<(i64, i64)>;

/// Adds a breach for every class that was idle, and for every campaign that was left while contacts waited.
pub(crate) fn judge(history: &mut History, sends: &[Send], breaches: &mut Vec<Breach>) {
    let Some(from) = history.attempts.iter().map(|made| made.reserved).min() else {
        return;
    };
    let mut waits = BTreeMap::new();
    for (name, campaign) in &history.campaigns {
        waits.insert(name.clone(), waiting(history, name, campaign));
    }
    let mut classes: BTreeSet<usize> = waits.values().flat_map(BTreeMap::keys).copied().collect();
    classes.extend(history.attempts.iter().map(|made| made.binding));
    let spans = openings(history, &classes, from);
    {
        let history = &*history;
        let series = Series::new(history, sends);
        for (name, waits) in &waits {
            let campaign = &history.campaigns[name];
            let mut course = Course {
                history,
                series: &series,
                name,
                quiet: quiet(history, name, campaign, &spans, &series),
                uses: HashMap::new(),
            };
            for (class, steps) in waits {
                if let Some((at, minutes)) = course.stood_still(*class, steps, &spans[class]) {
                    let text = format!(
                        "{name}: {} stood still for {minutes} minutes while contacts of it waited",
                        named(history, *class)
                    );
                    breaches.push(Breach::new("L1", at, "", text));
                }
            }
        }
    }
    left(history, &waits, breaches);
}

/// An engine that closes the deck because nothing is left to do must have left nothing: a campaign that is
/// not done waits for a person, and has raised an alert.
fn left(
    history: &mut History,
    waits: &BTreeMap<String, BTreeMap<usize, Steps>>,
    breaches: &mut Vec<Breach>,
) {
    let end = history.end;
    if history.ending != "at_rest" {
        return;
    }
    let mut left = Vec::new();
    for (name, classes) in waits {
        let mut made = history.attempts.iter().rev();
        let last = made.find(|made| made.campaign == *name);
        let last = last.map(|made| made.reserved);
        let later = |(at, _): &(i64, String)| last.is_none_or(|last| *at >= last);
        if !history.campaigns[name].running() || history.troubles.iter().any(later) {
            continue;
        }
        for (class, steps) in classes {
            let waiting = steps.last().map_or(0, |(_, count)| *count);
            if waiting > 0 {
                left.push((name, *class, waiting));
            }
        }
    }
    for (name, class, waiting) in left {
        let opens = history.windows.open_spans(class, end, end + 8 * DAY);
        if !opens.is_empty() {
            let class = named(history, class);
            let text = format!("{name}: {waiting} contacts of {class} were left untold");
            breaches.push(Breach::new("L1", end, "", text));
        }
    }
}

fn named(history: &History, class: usize) -> String {
    let (zones, regions) = history.windows.places(class);
    format!("{} under {}", zones.join(" "), regions.join(" "))
}

/// One campaign while its minutes are judged.
struct Course<'a> {
    history: &'a History,
    series: &'a Series,
    name: &'a str,
    quiet: Spans,
    /// Use of the fullest cap, by minute.
    uses: HashMap<i64, f64>,
}

impl Course<'_> {
    /// Returns the first stretch in which the class was idle for too long: its start, and its length in
    /// minutes.
    fn stood_still(&mut self, class: usize, steps: &Steps, open: &Spans) -> Option<(i64, i64)> {
        let made = self.history.attempts.iter();
        let called: BTreeSet<i64> = made
            .filter(|made| made.campaign == self.name && made.binding == class)
            .map(|made| made.reserved.div_euclid(MINUTE))
            .collect();
        let ends = steps.iter().skip(1).map(|(at, _)| *at);
        let end = self.history.end;
        let (mut since, mut last) = (0, i64::MIN);
        for ((from, count), to) in steps.iter().zip(ends.chain([end])) {
            let to = to.min(end);
            if *count <= 0 || *from >= to {
                continue;
            }
            // Whole minutes of this step, and those it shares with a neighbour in which contacts wait too.
            for minute in from.div_euclid(MINUTE)..=(to - 1).div_euclid(MINUTE) {
                let whole = open.iter().any(|(opens, closes)| {
                    *opens <= minute * MINUTE && (minute + 1) * MINUTE <= *closes
                });
                if !whole || called.contains(&minute) || !self.is_idle(minute) {
                    (since, last) = (0, i64::MIN);
                    continue;
                }
                if minute == last {
                    continue;
                }
                if minute != last.saturating_add(1) {
                    since = minute;
                }
                last = minute;
                if last - since + 1 > STILL {
                    return Some((since * MINUTE, last - since + 1));
                }
            }
        }
        None
    }

    /// Returns whether the campaign could have called throughout the minute.
    fn is_idle(&mut self, minute: i64) -> bool {
        let (begin, end) = (minute * MINUTE, (minute + 1) * MINUTE);
        let disturbed = |(from, to): &(i64, i64)| *from < end && begin < *to;
        if self.quiet.iter().any(disturbed) {
            return false;
        }
        let (series, history, name) = (self.series, self.history, self.name);
        let used = self
            .uses
            .entry(minute)
            .or_insert_with(|| series.use_of(history, name, begin));
        *used < FLOOR
    }
}

/// What happens to a campaign's contacts, in order of time.
enum Turn<'a> {
    Imported(usize, i64),
    Attempt(&'a Attempt),
    Planned(i64, i64),
    Finished(i64),
}

/// A contact that has had an attempt.
#[derive(Clone, Copy)]
struct Tried {
    class: usize,
    /// Whether other campaigns call its number, too.
    shared: bool,
    /// When it may be called again, if a next attempt is planned.
    due: Option<i64>,
    waits: bool,
}

/// Returns how many contacts of each class wait, at least.
fn waiting(history: &History, name: &str, campaign: &Campaign) -> BTreeMap<usize, Steps> {
    let mut turns: Vec<(i64, u8, Turn<'_>)> = Vec::new();
    for (at, class, count) in &campaign.classes {
        turns.push((*at, 0, Turn::Imported(*class, *count)));
    }
    let ours = |made: &&Attempt| made.campaign == name;
    for made in history.attempts.iter().filter(ours) {
        turns.push((made.reserved, 1, Turn::Attempt(made)));
    }
    for (at, contact, due) in &campaign.retries {
        turns.push((*at, 2, Turn::Planned(*contact, *due)));
    }
    for (at, contact) in &campaign.ends {
        turns.push((*at, 3, Turn::Finished(*contact)));
    }
    turns.sort_by_key(|(at, order, _)| (*at, *order));
    let mut count = Count::new(history, name);
    for (at, _, turn) in turns {
        count.until(at);
        count.take(at, &turn);
    }
    // Contacts that become due after the log's end show what was left.
    count.until(i64::MAX);
    count.steps
}

struct Count<'a> {
    /// Contacts without an attempt, as added by imports.
    fresh: BTreeMap<usize, i64>,
    /// Contacts that ended without an attempt. Their class is not known.
    gone: i64,
    again: BTreeMap<usize, i64>,
    tried: HashMap<i64, Tried>,
    finished: HashSet<i64>,
    dues: BinaryHeap<Reverse<(i64, i64)>>,
    /// Numbers that other campaigns call. Contacts with these may have to wait for them.
    shared: HashSet<&'a str>,
    slack: BTreeMap<usize, i64>,
    steps: BTreeMap<usize, Steps>,
    history: &'a History,
    name: &'a str,
}

impl<'a> Count<'a> {
    fn new(history: &'a History, name: &'a str) -> Self {
        let others = history.attempts.iter();
        let shared = others
            .filter(|made| made.campaign != name)
            .map(|made| made.number.as_str());
        Self {
            fresh: BTreeMap::new(),
            gone: 0,
            again: BTreeMap::new(),
            tried: HashMap::new(),
            finished: HashSet::new(),
            dues: BinaryHeap::new(),
            shared: shared.collect(),
            slack: BTreeMap::new(),
            steps: BTreeMap::new(),
            history,
            name,
        }
    }

    /// Makes contacts due that become due up to an instant.
    fn until(&mut self, at: i64) {
        while let Some(Reverse((due, contact))) = self.dues.peek().copied() {
            if due > at {
                return;
            }
            self.dues.pop();
            let Some(tried) = self.tried.get_mut(&contact) else {
                continue;
            };
            if tried.due == Some(due) && !tried.waits && !self.finished.contains(&contact) {
                tried.waits = true;
                let class = tried.class;
                *self.again.entry(class).or_default() += 1;
                self.step(due, class);
            }
        }
    }

    fn take(&mut self, at: i64, turn: &Turn<'_>) {
        match turn {
            Turn::Imported(class, count) => {
                *self.fresh.entry(*class).or_default() += count;
                self.step(at, *class);
            }
            Turn::Attempt(made) => {
                self.waits_no_more(at, made.contact);
                let tried = Tried {
                    class: made.binding,
                    shared: self.shared.contains(&*made.number),
                    due: None,
                    waits: false,
                };
                self.finished.remove(&made.contact);
                if self.tried.insert(made.contact, tried).is_none() {
                    *self.fresh.entry(made.binding).or_default() -= 1;
                    self.step(at, made.binding);
                }
            }
            Turn::Planned(contact, due) => {
                let may_wait = |tried: &&mut Tried| !tried.waits && !tried.shared;
                if let Some(tried) = self.tried.get_mut(contact).filter(may_wait) {
                    tried.due = Some(*due);
                    self.finished.remove(contact);
                    self.dues.push(Reverse((*due, *contact)));
                }
            }
            Turn::Finished(contact) => {
                self.waits_no_more(at, *contact);
                if self.finished.insert(*contact) && !self.tried.contains_key(contact) {
                    self.gone += 1;
                    for class in self.fresh.keys().copied().collect::<Vec<_>>() {
                        self.step(at, class);
                    }
                }
            }
        }
    }

    fn waits_no_more(&mut self, at: i64, contact: i64) {
        if let Some(tried) = self.tried.get_mut(&contact) {
            tried.due = None;
            if std::mem::take(&mut tried.waits) {
                let class = tried.class;
                *self.again.entry(class).or_default() -= 1;
                self.step(at, class);
            }
        }
    }

    fn step(&mut self, at: i64, class: usize) {
        let slack = match self.slack.get(&class) {
            Some(known) => *known,
            None => self.measure_slack(class),
        };
        let fresh = self.fresh.get(&class).copied().unwrap_or(0) - self.gone - slack;
        let again = self.again.get(&class).copied().unwrap_or(0);
        let steps = self.steps.entry(class).or_default();
        let count = fresh.max(0) + again;
        match steps.last_mut() {
            Some((last, known)) if *last == at => *known = count,
            _ => steps.push((at, count)),
        }
    }

    fn measure_slack(&mut self, class: usize) -> i64 {
        let windows = &self.history.windows;
        let made = self.history.attempts.iter();
        let made = made.filter(|_| !self.shared.is_empty());
        let elsewhere: HashSet<&str> = made
            .filter(|made| made.campaign != self.name)
            .filter(|made| windows.places(made.binding) == windows.places(class))
            .map(|made| made.number.as_str())
            .collect();
        let slack = i64::try_from(elsewhere.len()).unwrap_or(i64::MAX);
        self.slack.insert(class, slack);
        slack
    }
}

//! The rates of a campaign since the console opened: calls a minute, contacts ended, and what limited the
//! pace.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::domain::Timestamp;

/// The number of minutes kept.
pub(crate) const MINUTES: usize = 30;

/// The span over which shares and rates are taken.
pub(crate) const SPAN: Duration = Duration::from_mins(15);

/// The rates of one campaign.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Sends by minute of the deck's clock, oldest first.
    sent: VecDeque<(i64, u64)>,
    /// Contacts that reached a final state, by minute of the deck's clock, oldest first.
    ended: VecDeque<(i64, u64)>,
    /// What limited the campaign, each from its instant on, oldest first.
    bound: VecDeque<(Timestamp, &'static str)>,
}

impl Rates {
    /// Records a send.
    pub(crate) fn note_sent(&mut self, at: Timestamp) {
        note(&mut self.sent, at);
    }

    /// Records a contact that has reached a final state.
    pub(crate) fn note_ended(&mut self, at: Timestamp) {
        note(&mut self.ended, at);
    }

    /// Records what limits the campaign from now on.
    pub(crate) fn note_bound(&mut self, at: Timestamp, word: &'static str) {
        if self.bound.back().is_none_or(|(_, last)| *last != word) {
            self.bound.push_back((at, word));
        }
        let start = at - SPAN;
        while self.bound.get(1).is_some_and(|(next, _)| *next <= start) {
            self.bound.pop_front();
        }
    }

    /// Returns the sends in each of the last `minutes`, oldest first. The current minute is the last.
    pub(crate) fn by_minute(&self, now: Timestamp, minutes: usize) -> Vec<u64> {
        let last = minute(now);
        let mut counts = vec![0; minutes];
        for (at, count) in &self.sent {
            let back = usize::try_from(last - at).unwrap_or(usize::MAX);
            if back < minutes {
                counts[minutes - 1 - back] = *count;
            }
        }
        counts
    }

    /// Returns the sends a minute over the last 15 minutes. It counts whole minutes only, so that the figure
    /// does not jump.
    pub(crate) fn sent_per_minute(&self, now: Timestamp) -> f64 {
        per_minute(&self.sent, now)
    }

    /// Returns when `left` contacts are done at the rate of the last 15 minutes; `None` if `left` is 0 or if
    /// no contact reached a final state in that time.
    pub(crate) fn end(&self, left: u64, now: Timestamp) -> Option<Timestamp> {
        let pace = per_minute(&self.ended, now);
        if pace <= 0.0 || left == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "an estimate; a list has fewer than 2^52 contacts"
        )]
        let minutes = left as f64 / pace;
        Some(now + Duration::try_from_secs_f64(minutes * 60.0).ok()?)
    }

    /// Returns for how long the limit has been recorded, at most [`SPAN`].
    pub(crate) fn seen(&self, now: Timestamp) -> Duration {
        let first = self.bound.front().map_or(now, |(from, _)| *from);
        now.since(first).min(SPAN)
    }

    /// Returns the share of the last 15 minutes during which this limited the campaign, in percent of the
    /// recorded time; 100 if no time has been recorded.
    pub(crate) fn share(&self, word: &str, now: Timestamp) -> u64 {
        let start = now - SPAN;
        let mut shares: BTreeMap<&str, u64> = BTreeMap::new();
        let ends = self.bound.iter().skip(1).map(|(at, _)| *at).chain([now]);
        for ((from, bound), to) in self.bound.iter().zip(ends) {
            let from = (*from).max(start);
            *shares.entry(bound).or_default() += millis(to.since(from));
        }
        let all: u64 = shares.values().sum();
        let this = shares.get(word).copied().unwrap_or(0);
        (this * 100).checked_div(all).unwrap_or(100)
    }
}

fn note(counts: &mut VecDeque<(i64, u64)>, at: Timestamp) {
    let minute = minute(at);
    match counts.back_mut() {
        Some((last, count)) if *last == minute => *count += 1,
        _ => counts.push_back((minute, 1)),
    }
    if counts.len() > MINUTES {
        counts.pop_front();
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "calls of a quarter of an hour are few"
)]
fn per_minute(counts: &VecDeque<(i64, u64)>, now: Timestamp) -> f64 {
    let minutes = i64::try_from(SPAN.as_secs() / 60).unwrap_or(15);
    let this = minute(now);
    let from = counts
        .front()
        .map_or(this, |(first, _)| (*first).max(this - minutes));
    let seen: u64 = counts
        .iter()
        .filter(|(at, _)| *at >= from && *at < this)
        .map(|(_, count)| count)
        .sum();
    let span = (this - from).max(1);
    seen as f64 / span as f64
}

const fn minute(at: Timestamp) -> i64 {
    at.as_millis() / 60_000
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_796_657_400_000 + second * 1_000)
    }

    #[test]
    fn what_was_seen_for_less_is_said_of_less() {
        let mut rates = Rates::default();
        assert_eq!(rates.seen(at(60)), Duration::ZERO);
        rates.note_bound(at(0), "spacing");
        assert_eq!(rates.seen(at(49)), Duration::from_secs(49));
        assert_eq!(rates.seen(at(3_600)), SPAN);
    }

    #[test]
    fn sends_are_counted_by_minute() {
        let mut rates = Rates::default();
        for second in [0, 10, 59, 60, 130] {
            rates.note_sent(at(second));
        }
        assert_eq!(rates.by_minute(at(150), 4), [0, 3, 1, 1]);
        assert!((rates.sent_per_minute(at(150)) - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_end_follows_from_the_pace() {
        let mut rates = Rates::default();
        assert_eq!(rates.end(10, at(0)), None);
        for second in 0..60 {
            rates.note_ended(at(second * 2));
        }
        assert_eq!(rates.end(60, at(120)), Some(at(240)));
    }

    #[test]
    fn shares_are_of_the_last_quarter_of_an_hour() {
        let mut rates = Rates::default();
        rates.note_bound(at(0), "concurrent cap");
        rates.note_bound(at(300), "spacing");
        assert_eq!(rates.share("concurrent cap", at(600)), 50);
        assert_eq!(rates.share("spacing", at(1_200)), 100);
        assert_eq!(rates.share("concurrent cap", at(1_200)), 0);
    }
}

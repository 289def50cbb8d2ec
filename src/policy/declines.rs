//! Declines in a burst: a network's block, not people who say no.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::domain::{PhoneNumber, Timestamp};

/// The span within which declines make a burst, and how long a decline waits for others before it is
/// taken as a person's word (our own figure: a carrier's fraud block declined 40 calls in 42 s).
pub const WITHIN: Duration = Duration::from_secs(10);

/// Callees whose declines make a burst.
const LEAST: usize = 3;

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When it was heard of.
    pub at: Timestamp,
    /// The callee.
    pub number: PhoneNumber,
    /// The number that was shown.
    pub caller_id: PhoneNumber,
    /// Whether it was declined (603).
    pub declined: bool,
}

/// The last ends of one trunk's calls, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Declines(VecDeque<End>);

impl Declines {
    /// Notes an end, none of which is earlier than the one before.
    pub fn note(&mut self, end: End) {
        let old = |first: &End| first.at + WITHIN + WITHIN < end.at;
        while self.0.front().is_some_and(old) {
            self.0.pop_front();
        }
        self.0.push_back(end);
    }

    /// Whether a decline is one of a burst: within [`WITHIN`], three callees or more declined on the
    /// trunk, or under the same caller ID, and so ended half of its calls or more. People do not
    /// decline together; and a busy trunk has a few who decline in any span.
    pub fn in_burst(&self, decline: &End) -> bool {
        let of_caller_id = |end: &&End| end.caller_id == decline.caller_id;
        self.has_burst(decline, |_| true) || self.has_burst(decline, of_caller_id)
    }

    fn has_burst(&self, decline: &End, belongs: impl Fn(&&End) -> bool) -> bool {
        let ends: Vec<&End> = self.0.iter().filter(belongs).collect();
        let starts = ends.iter().filter(|end| end.declined);
        let mut starts = starts.filter(|end| end.at <= decline.at && decline.at <= end.at + WITHIN);
        starts.any(|start| {
            let within = |end: &&&End| start.at <= end.at && end.at <= start.at + WITHIN;
            let (mut all, mut declined) = (0, 0);
            let mut callees = BTreeSet::new();
            for end in ends.iter().filter(within) {
                all += 1;
                if end.declined {
                    declined += 1;
                    callees.insert(end.number);
                }
            }
            callees.len() >= LEAST && declined * 2 >= all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::monday;

    fn number(n: u64) -> PhoneNumber {
        PhoneNumber::from_digits(12_125_550_100 + n).unwrap()
    }

    /// Ends as `(second, callee, caller ID, declined)`; whether each decline is in a burst.
    fn bursts(ends: &[(u64, u64, u64, bool)]) -> Vec<bool> {
        let mut declines = Declines::default();
        let ends = ends.iter().map(|(second, callee, shown, declined)| End {
            at: monday() + Duration::from_secs(*second),
            number: number(*callee),
            caller_id: number(50 + shown),
            declined: *declined,
        });
        let ends: Vec<End> = ends.collect();
        for end in &ends {
            declines.note(*end);
        }
        let all = ends.iter().filter(|end| end.declined);
        all.map(|end| declines.in_burst(end)).collect()
    }

    #[test]
    fn three_callees_within_seconds_are_a_burst_in_any_order() {
        let three = [(0, 1, 0, true), (5, 2, 1, true), (10, 3, 2, true)];
        assert_eq!(bursts(&three), [true, true, true]);
        let slow = [(0, 1, 0, true), (5, 2, 1, true), (11, 3, 2, true)];
        assert_eq!(bursts(&slow), [false, false, false]);
        let one_callee = [(0, 1, 0, true), (1, 1, 0, true), (2, 1, 0, true)];
        assert_eq!(bursts(&one_callee), [false, false, false]);
        let one_apart = [
            (0, 9, 0, true),
            (8, 1, 0, true),
            (12, 2, 0, true),
            (14, 3, 0, true),
        ];
        assert_eq!(bursts(&one_apart), [false, true, true, true]);
    }

    #[test]
    fn a_few_declines_on_a_busy_trunk_are_people() {
        let mut busy: Vec<_> = (0..4).map(|n| (n, n, 0, false)).collect();
        busy.extend([(4, 11, 0, true), (5, 12, 0, true), (6, 13, 0, true)]);
        busy.sort_unstable();
        // Half of what ended within the same seconds.
        assert_eq!(bursts(&busy), [true, true, true]);
        busy.extend((6..10).map(|n| (n, 20 + n, 0, false)));
        busy.sort_unstable();
        assert_eq!(bursts(&busy), [false, false, false]);
    }

    #[test]
    fn one_caller_id_may_be_blocked_among_others_that_are_not() {
        let mut ends: Vec<_> = (0..9).map(|n| (n, n, n % 3, false)).collect();
        ends.extend([(2, 11, 7, true), (4, 12, 7, true), (6, 13, 7, true)]);
        ends.sort_unstable();
        assert_eq!(bursts(&ends), [true, true, true]);
    }
}

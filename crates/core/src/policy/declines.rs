//! Declines that are a network's block, not people who decline.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::domain::{PhoneNumber, Timestamp};

/// The span within which declines make a burst, and how long a decline waits for others before it counts as a
/// person's (a limit of dialdeck: a carrier's fraud block declined 40 calls in 42 s).
pub const WITHIN: Duration = Duration::from_secs(10);

/// The minimum number of callees whose declines make a burst or a row, and of calls in a row that come
/// through before a block is over.
const LEAST: usize = 3;

/// How long after the last decline a block or a row is remembered (a limit of dialdeck).
const LASTS: Duration = Duration::from_hours(1);

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When the end was reported.
    pub at: Timestamp,
    /// The number that was called.
    pub number: PhoneNumber,
    /// The number that was shown.
    pub caller_id: PhoneNumber,
    /// What the end shows.
    pub way: Way,
}

/// What an end shows about the way to its callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The call was declined.
    Declined,
    /// The call came through: it was answered, or the phone was busy or rang out.
    Open,
    /// The end shows nothing about the way.
    Unseen,
}

/// The last ends of a trunk's calls, oldest first, and the blocks found in them.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::Timestamp;
/// use dialdeck_core::policy::declines::{Declines, End, Way};
///
/// let at: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let caller_id = "+16465550100".parse()?;
/// let mut declines = Declines::default();
/// for number in ["+12125550142", "+12125550143", "+12125550144"] {
///     let end = End { at, number: number.parse()?, caller_id, way: Way::Declined };
///     declines.note(end);
/// }
/// let first = End { at, number: "+12125550142".parse()?, caller_id, way: Way::Declined };
/// assert!(declines.in_burst(&first));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Declines {
    ends: VecDeque<End>,
    trunk: Row,
    caller_ids: BTreeMap<PhoneNumber, Row>,
}

/// The consecutive declines of a trunk, or of one caller ID on it.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Callees who declined since a call last came through, at most [`LEAST`].
    callees: BTreeSet<PhoneNumber>,
    last: Option<Timestamp>,
    /// Calls that came through since the last decline.
    open: usize,
    /// The first and the last decline of a block.
    block: Option<(Timestamp, Timestamp)>,
}

impl Row {
    fn note(&mut self, end: &End, in_burst: bool) {
        match end.way {
            Way::Declined => {
                if self.last.is_some_and(|last| last + LASTS < end.at) {
                    *self = Self::default();
                }
                self.last = Some(end.at);
                self.open = 0;
                if self.callees.len() < LEAST {
                    self.callees.insert(end.number);
                }
                if in_burst || self.block.is_some() || self.callees.len() >= LEAST {
                    let from = self.block.map_or(end.at, |(from, _)| from);
                    self.block = Some((from, end.at));
                }
            }
            Way::Open => {
                self.callees.clear();
                self.open += 1;
                if self.open >= LEAST {
                    self.block = None;
                }
            }
            Way::Unseen => {}
        }
    }

    fn holds(&self, decline: &End) -> bool {
        self.block
            .is_some_and(|(from, last)| (from..=last).contains(&decline.at))
    }
}

impl Declines {
    /// Assumes a block, because the trunk rested for faults when the engine started.
    pub fn suspect(&mut self, now: Timestamp) {
        self.trunk.last = Some(now);
        self.trunk.block = Some((now, now));
    }

    /// Records an end, which must not be earlier than the one before.
    pub fn note(&mut self, end: End) {
        let old = |first: &End| first.at + WITHIN + WITHIN < end.at;
        while self.ends.front().is_some_and(old) {
            self.ends.pop_front();
        }
        self.ends.push_back(end);
        let of_caller_id = |other: &&End| other.caller_id == end.caller_id;
        let in_burst = self.has_burst(&end, |_| true);
        self.trunk.note(&end, in_burst);
        let in_burst = self.has_burst(&end, of_caller_id);
        let row = self.caller_ids.entry(end.caller_id).or_default();
        row.note(&end, in_burst);
    }

    /// Returns whether a decline is a network's block.
    ///
    /// It is one if within [`WITHIN`] three callees or more declined on the trunk, or under one caller ID,
    /// and so ended half of its calls or more: people do not decline together, and a busy trunk has a few who
    /// decline in any span. It is also one if three callees declined in a row, with nothing that came through
    /// between them, however slowly. After that every decline is the block's until three calls in a row have
    /// come through, or no call was declined for an hour.
    pub fn in_burst(&self, decline: &End) -> bool {
        let of_caller_id = |end: &&End| end.caller_id == decline.caller_id;
        let row = self.caller_ids.get(&decline.caller_id);
        self.trunk.holds(decline)
            || row.is_some_and(|row| row.holds(decline))
            || self.has_burst(decline, |_| true)
            || self.has_burst(decline, of_caller_id)
    }

    fn has_burst(&self, decline: &End, belongs: impl Fn(&&End) -> bool) -> bool {
        if decline.way != Way::Declined {
            return false;
        }
        let ends: Vec<&End> = self.ends.iter().filter(belongs).collect();
        let starts = ends.iter().filter(|end| end.way == Way::Declined);
        let mut starts = starts.filter(|end| end.at <= decline.at && decline.at <= end.at + WITHIN);
        starts.any(|start| {
            let within = |end: &&&End| start.at <= end.at && end.at <= start.at + WITHIN;
            let (mut all, mut declined) = (0, 0);
            let mut callees = BTreeSet::new();
            for end in ends.iter().filter(within) {
                all += 1;
                if end.way == Way::Declined {
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

    /// Ends as `(second, callee, caller ID, declined)`; returns whether each decline is in a burst.
    fn bursts(ends: &[(u64, u64, u64, bool)]) -> Vec<bool> {
        let mut declines = Declines::default();
        let ends = ends.iter().map(|(second, callee, shown, declined)| End {
            at: monday() + Duration::from_secs(*second),
            number: number(*callee),
            caller_id: number(50 + shown),
            way: if *declined { Way::Declined } else { Way::Open },
        });
        let ends: Vec<End> = ends.collect();
        for end in &ends {
            declines.note(*end);
        }
        let all = ends.iter().filter(|end| end.way == Way::Declined);
        all.map(|end| declines.in_burst(end)).collect()
    }

    #[test]
    fn three_callees_within_seconds_are_a_burst_in_any_order() {
        let three = [(0, 1, 0, true), (5, 2, 1, true), (10, 3, 2, true)];
        assert_eq!(bursts(&three), [true, true, true]);
        let slow = [
            (0, 1, 0, true),
            (5, 2, 1, true),
            (6, 9, 3, false),
            (11, 3, 2, true),
        ];
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
        // Half of the calls that ended within these seconds.
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

    #[test]
    fn three_callees_in_a_row_are_a_block_however_slowly() {
        let slow = |seconds: [u64; 4]| {
            let ends = [0, 1, 2, 3].map(|n| (seconds[n], n as u64, n as u64, true));
            bursts(&ends)
        };
        assert_eq!(slow([0, 900, 1800, 2700]), [false, false, true, true]);
        assert_eq!(slow([0, 900, 4600, 4700]), [false; 4], "an hour is no row");
        // A call that came through shows that the way is open.
        let between = [
            (0, 1, 0, true),
            (900, 2, 1, true),
            (901, 9, 0, false),
            (1800, 3, 2, true),
        ];
        assert_eq!(bursts(&between), [false; 3]);
    }

    #[test]
    fn after_a_block_a_decline_is_the_blocks_until_calls_come_through() {
        let block = [(0, 1, 0, true), (1, 2, 0, true), (2, 3, 0, true)];
        let later = |others: &[(u64, u64, u64, bool)]| {
            let ends: Vec<_> = block.iter().chain(others).copied().collect();
            *bursts(&ends).last().unwrap()
        };
        assert!(later(&[(70, 4, 0, true)]));
        assert!(later(&[
            (60, 7, 0, false),
            (65, 8, 0, false),
            (70, 4, 0, true)
        ]));
        let open = [(60, 7, 0, false), (61, 8, 0, false), (62, 9, 0, false)];
        assert!(!later(&[&open[..], &[(70, 4, 0, true)]].concat()));
        assert!(!later(&[(3700, 4, 0, true)]), "an hour later it is over");
    }

    #[test]
    fn a_restart_does_not_end_a_block() {
        let mut declines = Declines::default();
        declines.suspect(monday());
        let end = |second, n, way| End {
            at: monday() + Duration::from_secs(second),
            number: number(n),
            caller_id: number(50),
            way,
        };
        let first = end(60, 1, Way::Declined);
        declines.note(first);
        assert!(declines.in_burst(&first));
        for n in 2..5 {
            declines.note(end(60 + n, n, Way::Open));
        }
        let later = end(90, 6, Way::Declined);
        declines.note(later);
        assert!(!declines.in_burst(&later));
    }
}

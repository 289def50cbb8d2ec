//! The caps of law as their sources have them, and a count of calls under them: a second reading beside the
//! program's own table and arithmetic.

use dialdeck::domain::{CallEnd, CallReport, CalleeType, Outcome, Timestamp};

use dialdeck_testkit::world::*;

const HOUR: u64 = 3_600;

/// The regions of the places. Each number is in every campaign.
pub(crate) const PLACES: [(&str, &str); 7] = [
    ("America/New_York", "US-NY"),
    ("America/New_York", "US-FL"),
    ("America/New_York", "US-MA"),
    ("America/New_York", "US-ME"),
    ("America/Los_Angeles", "US-WA"),
    ("Europe/London", "GB"),
    ("Europe/Paris", "FR"),
];

/// How a call ends, as far as a cap is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    RangOut,
    Busy,
    /// The carrier did not try it: no cap counts it.
    Failed,
    Talked,
    Machine,
    Abandoned,
    Declined,
}

impl End {
    pub(crate) const ALL: [Self; 7] = [
        Self::RangOut,
        Self::Busy,
        Self::Failed,
        Self::Talked,
        Self::Machine,
        Self::Abandoned,
        Self::Declined,
    ];

    pub(crate) fn report(self) -> CallReport {
        match self {
            Self::RangOut => ended(CallEnd::RangOut),
            Self::Busy => rejected(486),
            Self::Failed => rejected(503),
            Self::Talked => talked(),
            Self::Machine => CallReport {
                callee_type: Some(CalleeType::Voicemail),
                ..ended(CallEnd::Completed)
            },
            Self::Abandoned => ended(CallEnd::Abandoned),
            Self::Declined => rejected(603),
        }
    }

    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::RangOut => Outcome::NoAnswer,
            Self::Busy => Outcome::Busy,
            Self::Failed => Outcome::NetworkFailure,
            Self::Talked => Outcome::Answered(CalleeType::Human),
            Self::Machine => Outcome::Answered(CalleeType::Voicemail),
            Self::Abandoned => Outcome::Abandoned,
            Self::Declined => Outcome::Declined,
        }
    }
}

/// Which campaigns a cap binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Debt,
    Sales,
    Automated,
    Any,
}

/// The campaigns: two that collect debts, two that sell, one automated that informs.
pub(crate) const CAMPAIGNS: [(&str, Kind); 5] = [
    ("debts", Kind::Debt),
    ("older-debts", Kind::Debt),
    ("offers", Kind::Sales),
    ("more-offers", Kind::Sales),
    ("notices", Kind::Automated),
];

/// A cap as its law defines it.
pub(crate) struct Cap {
    pub(crate) id: &'static str,
    region: &'static str,
    binds: Kind,
    pub(crate) max: usize,
    hours: u64,
    /// If set, the cap binds only after a call with this end.
    after: Option<End>,
    /// Whether calls that did not connect are left out.
    connected_only: bool,
    consent_lifts: bool,
}

const fn cap(id: &'static str, region: &'static str, binds: Kind, max: usize, hours: u64) -> Cap {
    Cap {
        id,
        region,
        binds,
        max,
        hours,
        after: None,
        connected_only: false,
        consent_lifts: false,
    }
}

/// The caps in the order of the program's table.
pub(crate) const CAPS: [Cap; 12] = [
    // Fla. Stat. 501.616(6)(b).
    cap("us-fl", "US-FL", Kind::Sales, 3, 24),
    // 10 M.R.S. 1498.
    cap("us-me-auto", "US-ME", Kind::Automated, 1, 8),
    // 12 CFR 1006.14(b)(2)(i).
    Cap {
        connected_only: true,
        ..cap("us-regf-attempt", "US", Kind::Debt, 7, 7 * 24)
    },
    Cap {
        after: Some(End::Talked),
        ..cap("us-regf-conv", "US", Kind::Debt, 0, 7 * 24)
    },
    // 47 CFR 64.1200(a)(3).
    Cap {
        consent_lifts: true,
        ..cap("us-fcc-exempt", "US", Kind::Automated, 3, 30 * 24)
    },
    // 940 CMR 7.04(1)(f), RCW 19.16.250.
    cap("us-ma-debt", "US-MA", Kind::Debt, 2, 7 * 24),
    cap("us-wa-debt", "US-WA", Kind::Debt, 3, 7 * 24),
    // 6 RCNY 5-77; the numbers are all of area code 212.
    cap("us-nyc-debt", "US-NY", Kind::Debt, 3, 7 * 24),
    // Ofcom, persistent misuse.
    Cap {
        after: Some(End::Abandoned),
        ..cap("gb-abandoned", "GB", Kind::Any, 0, 72)
    },
    Cap {
        after: Some(End::Machine),
        ..cap("gb-amd", "GB", Kind::Any, 0, 24)
    },
    // Code de la consommation D.223-9.
    cap("fr-attempts", "FR", Kind::Sales, 4, 30 * 24),
    Cap {
        after: Some(End::Declined),
        ..cap("fr-refusal", "FR", Kind::Sales, 0, 60 * 24)
    },
];

/// A call that was made: to which place, when it left, and how it ended if it did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) place: usize,
    pub(crate) at: Timestamp,
    pub(crate) end: Option<End>,
}

impl Cap {
    pub(crate) fn binds(&self, place: usize, kind: Kind) -> bool {
        let (_, region) = PLACES[place];
        // A city's cap binds its area codes, wherever the list places the callee.
        let there = self.id == "us-nyc-debt"
            || region == self.region
            || region.starts_with(&format!("{}-", self.region));
        let lifted = self.consent_lifts && consents(place);
        there && !lifted && (self.binds == kind || self.binds == Kind::Any)
    }

    /// Returns whether a call lies within the span before `now`; both ends belong to the span.
    fn reaches(&self, made: &Made, now: Timestamp) -> bool {
        now <= made.at + secs(self.hours * HOUR)
    }

    /// Returns the calls that count at `now`.
    pub(crate) fn counts(&self, calls: &[Made], now: Timestamp) -> usize {
        let counts = |made: &&Made| {
            let unconnected = made.end == Some(End::Busy);
            self.reaches(made, now)
                && made.end != Some(End::Failed)
                && !(self.connected_only && unconnected)
        };
        calls.iter().filter(counts).count()
    }

    pub(crate) fn is_reached(&self, calls: &[Made], now: Timestamp) -> bool {
        match self.after {
            Some(end) => calls
                .iter()
                .any(|made| made.end == Some(end) && self.reaches(made, now)),
            None => self.counts(calls, now) >= self.max,
        }
    }

    /// Returns the first instant from `now` on at which the cap is not reached, if no call is made until
    /// then.
    pub(crate) fn ends(&self, calls: &[Made], now: Timestamp) -> Timestamp {
        let passed = secs(self.hours * HOUR);
        let leaves = calls
            .iter()
            .map(|made| Timestamp::from_millis((made.at + passed).as_millis() + 1));
        let mut instants: Vec<Timestamp> = leaves.filter(|at| *at > now).collect();
        instants.sort();
        let mut free = instants
            .into_iter()
            .filter(|at| !self.is_reached(calls, *at));
        free.next().unwrap()
    }
}

/// Returns whether the contact of a place consents; consent lifts some caps.
pub(crate) const fn consents(place: usize) -> bool {
    !place.is_multiple_of(2)
}

/// Returns whether no law of the place regulates when debts may be collected by telephone. Such a call is
/// refused.
pub(crate) fn lawless(place: usize, kind: Kind) -> bool {
    let (_, region) = PLACES[place];
    kind == Kind::Debt && !region.starts_with("US")
}

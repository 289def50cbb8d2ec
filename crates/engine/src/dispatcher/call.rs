//! One call in flight as the dispatcher sees it: where it stands and when to look at it again.

use std::time::Duration;

use dialdeck_core::domain::attempt::Speech;
use dialdeck_core::domain::campaign::VoicemailAction;
use dialdeck_core::domain::outcome::{Classification, TrunkFinding};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CalleeType, CampaignId, Capabilities, Outcome, PhoneNumber,
    Timestamp, TrunkName, TrunkSettings,
};
use dialdeck_core::policy::amd::{AmdStatus, Detector, Thresholds};
use dialdeck_providers::Inquiry;

use super::declines::Pending;

/// How long after its ringing timeout or maximum length a call may still be silent before we ask.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// How long after a lost answer the provider is first asked.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How often a provider is asked about an attempt of unknown fate.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How long a provider is asked about an attempt of unknown fate at least, though it should be over
/// long since: the deck or its machine may have been away for longer than any call lasts.
const ASKED_FOR: Duration = Duration::from_mins(2);

/// How long after its claim a call may be begun by a provider that does not queue.
pub(super) const PERMIT: Duration = Duration::from_secs(30);

/// A call in flight.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent of each other: no two of them make a state"
)]
pub(super) struct Call {
    pub(super) campaign: CampaignId,
    pub(super) number: PhoneNumber,
    /// What identifies it at its provider.
    pub(super) inquiry: Inquiry,
    pub(super) trunk: TrunkName,
    pub(super) state: AttemptState,
    /// When to look at it again.
    pub(super) wake: Option<Wake>,
    /// Where it stands in the dispatcher's index of wakes.
    pub(super) indexed: Option<Timestamp>,
    /// Past this instant an unknown fate is given up on, and a call that is up is ended.
    pub(super) life_ends: Timestamp,
    /// From this instant on, that the provider does not show it means that it was never placed.
    shown_by: Timestamp,
    pub(super) callee: Option<CalleeType>,
    pub(super) voicemail: VoicemailAction,
    pub(super) hang_up_sent: bool,
    /// The carrier has shown that the call exists.
    pub(super) placed: bool,
    /// It rang.
    pub(super) rang: bool,
    /// The trunk's breaker has counted that nothing shows whether its route answered, or must not count it.
    pub(super) told_silent: bool,
    /// Its end is being written, or waits to be.
    pub(super) settling: bool,
    /// It was declined, and waits for others.
    pub(super) declined: Option<Pending>,
    /// It had to leave sooner than any other, as its window or its campaign ends.
    pub(super) cut_short: bool,
    listening: Option<(Detector, Timestamp)>,
}

/// What to do when a call is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Ask the detector for its verdict.
    Listen(Timestamp),
    /// It should have ended: hang up, then ask.
    Overdue(Timestamp),
    /// Ask the provider.
    Look(Timestamp),
    /// It was declined: say by whom.
    Conclude(Timestamp),
}

impl Wake {
    pub(super) const fn at(self) -> Timestamp {
        match self {
            Self::Listen(at) | Self::Overdue(at) | Self::Look(at) | Self::Conclude(at) => at,
        }
    }
}

impl Call {
    /// A call that was sent at `sent`, or may have been until then. Word that it rang or was picked up
    /// later than that makes its life longer.
    pub(super) fn new(
        attempt: &Attempt,
        trunk: &TrunkSettings,
        voicemail: VoicemailAction,
        sent: Timestamp,
    ) -> Self {
        let start = attempt.ringing_at.map_or(sent, |at| sent.max(at));
        let silence = trunk.queue_wait + trunk.capabilities.news_lag + GRACE;
        let ring_ends = start + trunk.ring_timeout + silence;
        let answered = attempt.answered_at;
        let up = answered.map_or(ring_ends, |at| {
            ring_ends.max(at + trunk.capabilities.news_lag)
        });
        Self {
            campaign: attempt.campaign,
            number: attempt.number,
            inquiry: Inquiry {
                attempt: attempt.id,
                to: attempt.number,
                from: attempt.caller_id,
                reserved_at: attempt.reserved_at,
            },
            trunk: attempt.trunk.clone(),
            state: attempt.state,
            wake: Some(Wake::Overdue(ring_ends)),
            indexed: None,
            life_ends: up + trunk.max_call + GRACE,
            shown_by: attempt.reserved_at + trunk.capabilities.shows_within,
            callee: attempt.callee_type,
            voicemail,
            hang_up_sent: false,
            placed: attempt.ringing_at.or(attempt.answered_at).is_some(),
            rang: attempt.ringing_at.or(attempt.answered_at).is_some(),
            told_silent: false,
            settling: false,
            declined: None,
            cut_short: false,
            listening: None,
        }
    }

    /// Creates a call on a trunk that the deck file no longer has. Its longest life is unknown; a day is
    /// assumed.
    pub(super) fn of_no_trunk(
        attempt: &Attempt,
        voicemail: VoicemailAction,
        sent: Timestamp,
    ) -> Self {
        let trunk = TrunkSettings {
            name: attempt.trunk.clone(),
            max_concurrent: 0,
            calls_per_minute: 0,
            ring_timeout: Duration::ZERO,
            max_call: Duration::from_hours(24),
            queue_wait: Duration::ZERO,
            capabilities: Capabilities::default(),
        };
        Self::new(attempt, &trunk, voicemail, sent)
    }

    /// Answered `at`, which we hear of `now`. Starts to listen for who it is, where anything is to be
    /// heard: what is said comes as late as the news of the answer did.
    pub(super) fn answered(&mut self, at: Timestamp, now: Timestamp, trunk: &TrunkSettings) {
        let silence = trunk.capabilities.news_lag + GRACE;
        self.life_ends = self.life_ends.max(at + trunk.max_call + silence);
        if trunk.capabilities.tells_speech {
            self.listening = Some((Detector::new(Thresholds::default()), now));
            self.wait_for_verdict();
        } else {
            self.wait_for_end();
        }
    }

    /// Feeds a sound.
    pub(super) fn heard(&mut self, speech: Speech) {
        if let Some((detector, _)) = self.listening.as_mut() {
            detector.on(speech);
            self.wait_for_verdict();
        }
    }

    fn wait_for_verdict(&mut self) {
        if let Some((detector, answered)) = self.listening.as_ref() {
            self.wake = Some(Wake::Listen(*answered + detector.decides_at()));
        }
    }

    /// The detector's verdict at `now`, once.
    pub(super) fn verdict(&mut self, now: Timestamp) -> Option<CalleeType> {
        let (detector, answered) = self.listening.as_ref()?;
        match detector.verdict(now.since(*answered)) {
            AmdStatus::Processing => None,
            AmdStatus::Decided(callee) => {
                self.listening = None;
                Some(callee)
            }
        }
    }

    /// Whether its end shows how its trunk fares. What we took back ourselves, what was asked about
    /// after a restart or a lost answer, and what had less than its time to leave shows nothing.
    pub(super) fn shows_the_trunk(&self, read: &Classification) -> bool {
        if !matches!(read.trunk, TrunkFinding::Fine | TrunkFinding::Dead) {
            return true;
        }
        match read.outcome {
            Outcome::Cancelled => !self.hang_up_sent && self.state != AttemptState::Unknown,
            Outcome::Expired => !self.cut_short,
            Outcome::Unknown
            | Outcome::Answered(_)
            | Outcome::Busy
            | Outcome::NoAnswer
            | Outcome::Declined
            | Outcome::InvalidNumber
            | Outcome::NetworkFailure
            | Outcome::ProviderError
            | Outcome::Throttled
            | Outcome::Abandoned => true,
        }
    }

    /// The provider is asked from `at` on, for as long as it may need to tell.
    pub(super) fn ask_from(&mut self, at: Timestamp) {
        self.wake = Some(Wake::Look(at));
        let told_by = self.shown_by.max(at) + ASKED_FOR;
        self.life_ends = self.life_ends.max(told_by);
    }

    /// Listening is over: from here on it only has to end in time.
    pub(super) fn wait_for_end(&mut self) {
        self.wake = Some(Wake::Overdue(self.life_ends - GRACE));
    }
}

/// Calls by attempt, in order.
pub(super) type Calls = std::collections::BTreeMap<AttemptId, Call>;

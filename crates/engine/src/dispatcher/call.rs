//! One call in flight as the dispatcher sees it: its state, and when to check it next.

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

use dialdeck_core::policy::declines::End;
use dialdeck_store::PendingEnd;

/// How long a call may be silent after its ringing timeout or maximum length before its provider is asked.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// How long after a lost answer the provider is asked for the first time.
pub(super) const FIRST_INQUIRY: Duration = Duration::from_secs(5);

/// How often a provider is asked about an attempt of unknown fate.
pub(super) const INQUIRE_EVERY: Duration = Duration::from_secs(30);

/// How long a provider is asked about an attempt of unknown fate, at least, even if the call should have
/// ended long ago. The deck or its machine may have been away for longer than any call lasts.
const ASKED_FOR: Duration = Duration::from_mins(2);

/// How long after its claim a call may be placed by a provider that does not queue.
pub(super) const PERMIT: Duration = Duration::from_secs(30);

/// A decline that waits to be settled.
#[derive(Debug)]
pub(super) struct Declined {
    pub(super) end: End,
    pub(super) kept: PendingEnd,
}

/// A call in flight, from its claim until its end is settled.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent of each other: no two of them make a state"
)]
pub(super) struct Call {
    pub(super) campaign: CampaignId,
    pub(super) number: PhoneNumber,
    /// What identifies the call at its provider.
    pub(super) inquiry: Inquiry,
    pub(super) trunk: TrunkName,
    pub(super) state: AttemptState,
    /// When to check the call next; `None` if nothing is due.
    pub(super) wake: Option<Wake>,
    /// The call's key in the dispatcher's index of wakes.
    pub(super) indexed: Option<Timestamp>,
    /// After this instant, a call that is up is ended, and an unknown fate is settled as unresolved.
    pub(super) life_ends: Timestamp,
    /// After this instant, a call that the provider does not show was never placed.
    shown_by: Timestamp,
    pub(super) callee: Option<CalleeType>,
    pub(super) voicemail: VoicemailAction,
    pub(super) hang_up_sent: bool,
    /// Whether the carrier has shown that the call exists.
    pub(super) placed: bool,
    /// Whether the callee's phone rang.
    pub(super) rang: bool,
    /// Whether the trunk's breaker has counted this call as silent, or must not count it.
    pub(super) counted_silent: bool,
    /// Whether the call's end is being written or waits to be written.
    pub(super) settling: bool,
    /// The reported decline, while it waits for the ends of other calls.
    pub(super) declined: Option<Declined>,
    /// Whether the call had less time than usual to leave, because its window or its campaign ends.
    pub(super) cut_short: bool,
    listening: Option<(Detector, Timestamp)>,
}

/// What to do when a call is due to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Ask the detector for its verdict.
    Listen(Timestamp),
    /// The call should have ended: hang up, then ask the provider.
    Overdue(Timestamp),
    /// Ask the provider for the call's fate.
    Inquire(Timestamp),
    /// The call was declined: decide whether a person or a network declined it.
    Conclude(Timestamp),
}

impl Wake {
    pub(super) const fn at(self) -> Timestamp {
        match self {
            Self::Listen(at) | Self::Overdue(at) | Self::Inquire(at) | Self::Conclude(at) => at,
        }
    }

    /// Returns the same for another instant.
    fn map(self, to: impl Fn(Timestamp) -> Timestamp) -> Self {
        match self {
            Self::Listen(at) => Self::Listen(to(at)),
            Self::Overdue(at) => Self::Overdue(to(at)),
            Self::Inquire(at) => Self::Inquire(to(at)),
            Self::Conclude(at) => Self::Conclude(to(at)),
        }
    }
}

impl Call {
    /// Creates a call that was sent at `sent` or earlier. Evidence that it rang or was answered later than
    /// that makes its longest life longer.
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
            counted_silent: false,
            settling: false,
            declined: None,
            cut_short: false,
            listening: None,
        }
    }

    /// Creates a call on a trunk that the deck file no longer has. Its longest life is unknown; a day is
    /// assumed.
    pub(super) fn without_trunk(
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

    /// Records that the call was answered at `at`, as reported at `now`. Starts to detect the callee type
    /// if the provider reports speech. Reports of speech arrive as late as the report of the answer, so the
    /// detector counts from `now`.
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

    /// Passes a speech event to the detector.
    pub(super) fn on_speech(&mut self, speech: Speech) {
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

    /// Returns the detector's verdict at `now`, once; `None` while it has none.
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

    /// Returns whether the call's end shows the state of its trunk. Calls that the engine hung up, calls
    /// whose fate was asked for, and calls that had less than the usual time to leave show nothing.
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

    /// Moves every instant of the call by this many milliseconds, because the clock was set by as much.
    pub(super) fn shift(&mut self, set_by: i64) {
        let to = |at: Timestamp| Timestamp::from_millis(at.as_millis().saturating_add(set_by));
        self.wake = self.wake.map(|wake| wake.map(to));
        self.life_ends = to(self.life_ends);
        self.shown_by = to(self.shown_by);
        if let Some((_, since)) = &mut self.listening {
            *since = to(*since);
        }
    }

    /// Asks the provider from `at` on, for as long as the provider may need to show the call.
    pub(super) fn ask_from(&mut self, at: Timestamp) {
        self.wake = Some(Wake::Inquire(at));
        let told_by = self.shown_by.max(at) + ASKED_FOR;
        self.life_ends = self.life_ends.max(told_by);
    }

    /// Stops the detection: from now on the call only has to end in time.
    pub(super) fn wait_for_end(&mut self) {
        self.wake = Some(Wake::Overdue(self.life_ends - GRACE));
    }
}

/// Calls in flight by attempt, in order of their ids.
pub(super) type Calls = std::collections::BTreeMap<AttemptId, Call>;

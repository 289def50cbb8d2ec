//! Place, observe, hang up: what the engine asks of a carrier, as one trait.
//!
//! A provider is an actor with an inbox and an outbox. [`Provider::request`] hands a request over
//! and returns at once; whatever comes of it arrives later from [`Provider::poll`]. So a slow or
//! lost answer holds nothing up, and a simulated carrier can live in virtual time.

pub mod bubblyphone;
pub mod inbound;
pub mod livekit;
pub mod plum;
pub mod remote;
pub mod simulator;

use std::future::Future;
use std::time::Duration;

use dialdeck_core::domain::{
    AttemptId, Briefing, CallEvent, CallReport, Capabilities, PhoneNumber, Timestamp, TrunkName,
};

/// What the engine may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Place a call. Sent once per attempt; the provider must not send it twice by itself.
    Place(Box<DialRequest>),
    /// Hang up: CANCEL while it rings, BYE after the answer. Unknown calls are ignored.
    HangUp(AttemptId),
    /// Say what became of an attempt.
    LookUp(Inquiry),
    /// Say which numbers the account owns. Only asked of those that can ([`Capabilities`]).
    ListNumbers,
}

/// A call to place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialRequest {
    /// The attempt; also the request's id.
    pub attempt: AttemptId,
    /// The route.
    pub trunk: TrunkName,
    /// The campaign's name.
    pub campaign: String,
    /// The callee.
    pub to: PhoneNumber,
    /// The number to show.
    pub from: PhoneNumber,
    /// How long it may ring.
    pub ring_timeout: Duration,
    /// How long it may last once answered.
    pub max_call: Duration,
    /// The call must not be begun before: the minute's cap has room from then on. Later than its
    /// planning only for a provider that prepares calls ([`Capabilities::lead`]).
    pub not_before: Timestamp,
    /// From this instant on the call must not be begun any more, whoever holds the request: the
    /// callee's window closes, the contact or the campaign is over, or the permit runs out.
    pub expires_at: Timestamp,
    /// Whether a person has to be bridged.
    pub human_agent: bool,
    /// Whether card data will be spoken.
    pub pci: bool,
    /// What else is known about the callee.
    pub briefing: Briefing,
}

/// What identifies an attempt's call at its provider, also after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The attempt.
    pub attempt: AttemptId,
    /// The callee.
    pub to: PhoneNumber,
    /// The number shown.
    pub from: PhoneNumber,
    /// When it was planned; the request left then or up to a few seconds later.
    pub reserved_at: Timestamp,
}

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEvent {
    /// Something happened to a call.
    Call(CallEvent),
    /// The answer to [`Request::LookUp`].
    LookedUp(AttemptId, LookUp),
    /// The numbers the account owns, as of now.
    Numbers(Owned),
    /// Why it did not say which numbers the account owns.
    Unlisted(Unlisted),
    /// An attempt's call may still be up at the carrier, which did not confirm its end: it goes on
    /// trying, and so does a later run that is asked to hang it up.
    Unclosed(AttemptId),
    /// The carrier has confirmed the end of a call that was [`Self::Unclosed`].
    Closed(AttemptId),
    /// Something an operator should know, such as a balance that runs low: a stable word and a text.
    Warning(&'static str, String),
}

/// What a provider says about the numbers that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owned {
    /// These and no others.
    These(Vec<PhoneNumber>),
    /// It names none, or names them in a form that cannot be compared: the deck file's word holds.
    Any,
}

/// Why a provider did not say which numbers may be shown; a text for people each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlisted {
    /// The carrier does not know the trunk.
    #[error("{0}")]
    TrunkUnknown(String),
    /// The carrier refuses our credentials.
    #[error("{0}")]
    CredentialsRefused(String),
    /// Anything else, which another question may bring.
    #[error("{0}")]
    Failed(String),
}

/// What a provider knows about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// It is still up, ringing or answered; its end will be reported.
    InProgress,
    /// It ended like this at this instant.
    Ended(CallReport, Timestamp),
    /// The request certainly never arrived: nothing rang.
    NeverPlaced,
    /// The provider cannot tell.
    CannotTell,
}

/// A carrier. Implementations do not retry a [`Request::Place`] on their own.
pub trait Provider: Send {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Hands a request over at `now` and returns at once.
    fn request(&mut self, request: Request, now: Timestamp);

    /// Everything that has happened up to `now`, in order. A [`dialdeck_core::domain::CallEventKind::Sent`]
    /// for a placed call is among the first events after its request, unless it was never sent.
    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent>;

    /// When `poll` will next have something, if that is known beforehand.
    fn next_event_at(&self) -> Option<Timestamp>;

    /// Completes when `poll` has something that `next_event_at` did not foretell.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;
}

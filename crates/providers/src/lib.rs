//! The interface between the engine and the carriers: one trait to place, observe and hang up calls.
//!
//! A provider is an actor with an inbox and an outbox. [`Provider::request`] submits a request and returns
//! immediately; its results arrive later from [`Provider::poll`]. So a slow or lost answer blocks nothing,
//! and a simulated carrier can run in virtual time.
//!
//! # Examples
//!
//! The simulated carrier with a callee that is always busy:
//!
//! ```
//! use std::time::Duration;
//!
//! use dialdeck_core::domain::{Briefing, CallEventKind, Timestamp, TrunkName};
//! use dialdeck_providers::simulator::{Callee, Profile, Script, Simulator};
//! use dialdeck_providers::{DialRequest, Provider, ProviderEvent, Request};
//!
//! let to = "+12125550142".parse()?;
//! let profile = Profile::default().with_callee(to, Script::always(Callee::rejects(486)));
//! let mut carrier = Simulator::new(profile, 7, None);
//!
//! let now: Timestamp = "2026-12-07T15:00:00Z".parse()?;
//! let request = DialRequest {
//!     attempt: "7f3a9c21-1".parse()?,
//!     trunk: TrunkName("main".to_owned()),
//!     campaign: "spring".to_owned(),
//!     to,
//!     from: "+16465550100".parse()?,
//!     ring_timeout: Duration::from_secs(30),
//!     max_call: Duration::from_mins(30),
//!     not_before: now,
//!     expires_at: now + Duration::from_secs(10),
//!     human_agent: false,
//!     pci: false,
//!     briefing: Briefing::default(),
//! };
//! carrier.request(Request::Place(Box::new(request)), now);
//!
//! let mut kinds = carrier.poll(now).into_iter().filter_map(|event| match event {
//!     ProviderEvent::Call(event) => Some(event.kind),
//!     _ => None,
//! });
//! assert_eq!(kinds.next(), Some(CallEventKind::Sent));
//! let Some(CallEventKind::Ended(report)) = kinds.next() else {
//!     panic!("a busy callee ends the call");
//! };
//! assert_eq!(report.sip_code, Some(486));
//! assert_eq!(carrier.next_event_at(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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

/// A request of the engine to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Places a call. Sent once per attempt; the provider must not repeat it on its own.
    Place(Box<DialRequest>),
    /// Hangs up an attempt's call: CANCEL while it rings, BYE after the answer. It is not an error if the
    /// provider does not know the call.
    HangUp(AttemptId),
    /// Asks for the state of an attempt; answered by [`ProviderEvent::LookedUp`].
    LookUp(Inquiry),
    /// Asks which numbers the account owns. Sent only to providers that can list them ([`Capabilities`]).
    ListNumbers,
}

/// A call to place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialRequest {
    /// The attempt; its id is also the request's id.
    pub attempt: AttemptId,
    /// The trunk that carries the call.
    pub trunk: TrunkName,
    /// The name of the campaign.
    pub campaign: String,
    /// The number of the callee.
    pub to: PhoneNumber,
    /// The caller ID to show.
    pub from: PhoneNumber,
    /// The longest time that the call may ring.
    pub ring_timeout: Duration,
    /// The longest time that the call may last after the answer.
    pub max_call: Duration,
    /// The call must not begin before this instant, because only then the cap per minute has room for it. It
    /// is later than the planning instant only for a provider that prepares calls ([`Capabilities::lead`]).
    pub not_before: Timestamp,
    /// The call must not begin at or after this instant, wherever the request waits: the callee's calling
    /// window closes, the contact or the campaign expires, or the permit runs out.
    pub expires_at: Timestamp,
    /// Whether a human agent has to be bridged.
    pub human_agent: bool,
    /// Whether card data will be spoken on the call (PCI).
    pub pci: bool,
    /// What is known about the callee apart from the number.
    pub briefing: Briefing,
}

/// What identifies an attempt's call at its provider, including after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The attempt to look up.
    pub attempt: AttemptId,
    /// The number of the callee.
    pub to: PhoneNumber,
    /// The caller ID that was shown.
    pub from: PhoneNumber,
    /// When the attempt was planned, UTC. The request left then or up to a few seconds later.
    pub reserved_at: Timestamp,
}

/// An event that a provider reports to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderEvent {
    /// A change of a call.
    Call(CallEvent),
    /// The answer to [`Request::LookUp`].
    LookedUp(AttemptId, LookUp),
    /// The numbers that the account owns now; the answer to [`Request::ListNumbers`].
    Numbers(Owned),
    /// The reason that [`Request::ListNumbers`] failed.
    Unlisted(Unlisted),
    /// An attempt's call may still be up, because the carrier did not confirm its end. The provider keeps
    /// trying, and so does a later run that is asked to hang it up.
    Unclosed(AttemptId),
    /// The carrier has confirmed the end of a call that was [`Self::Unclosed`].
    Closed(AttemptId),
    /// A warning for the operator, such as a low balance: a stable code and a text.
    Warning(&'static str, String),
}

/// The numbers that an account may show as caller ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owned {
    /// These numbers and no others.
    These(Vec<PhoneNumber>),
    /// The carrier lists no numbers, or lists them in a form that cannot be compared. The numbers in the deck
    /// file apply.
    Any,
}

/// Why a provider could not list the account's numbers. Each reason holds a text for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlisted {
    /// The carrier does not know the trunk.
    #[error("{0}")]
    TrunkUnknown(String),
    /// The carrier refuses the account's credentials.
    #[error("{0}")]
    CredentialsRefused(String),
    /// Any other failure; a later request may succeed.
    #[error("{0}")]
    Failed(String),
}

/// What a provider knows about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// The call is up, ringing or answered. Its end will be reported.
    InProgress,
    /// The call ended with this report at this instant.
    Ended(CallReport, Timestamp),
    /// The request certainly never arrived, so nothing rang.
    NeverPlaced,
    /// The provider does not know.
    CannotTell,
}

/// A carrier. Implementations do not repeat a [`Request::Place`] on their own.
pub trait Provider: Send {
    /// Returns what the provider can do.
    fn capabilities(&self) -> Capabilities;

    /// Submits a request at `now` and returns immediately.
    fn request(&mut self, request: Request, now: Timestamp);

    /// Returns every event up to `now`, in order. A [`dialdeck_core::domain::CallEventKind::Sent`] for a
    /// placed call is among the first events after its request, unless the call was never sent.
    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent>;

    /// Returns when `poll` will next have an event, or `None` if that is not known.
    fn next_event_at(&self) -> Option<Timestamp>;

    /// Completes when `poll` has an event that `next_event_at` did not announce.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;
}

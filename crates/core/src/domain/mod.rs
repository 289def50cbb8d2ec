//! The nouns of outbound calling and their legal moves.
//!
//! Pure: no I/O, no clock, no randomness, no async. Time is an argument of type [`Timestamp`].

pub mod attempt;
pub mod campaign;
pub mod contact;
pub mod deck;
pub mod digest;
pub mod event;
pub mod ids;
pub mod import;
pub mod outcome;
pub mod parse;
pub mod phone;
pub mod recovery;
pub mod role;
pub mod suppression;
pub mod text;
pub mod time;
pub mod trunk;

pub use attempt::{Attempt, AttemptState, CallEvent, CallEventKind};
pub use campaign::{Campaign, CampaignSettings, CampaignState};
pub use contact::{
    Briefing, Consent, ConsentKind, Contact, ContactState, Hints, WaitReason, WindowClass,
};
pub use deck::DeckSettings;
pub use ids::{AttemptId, CampaignId, ClassId, ContactId, DeckId, Incarnations, TrunkName};
pub use import::{ImportFigures, ImportPlan, ImportTarget, NewContact, UnfinishedImport};
pub use outcome::{CallEnd, CallReport, CalleeType, Fault, Outcome};
pub use parse::ParseError;
pub use phone::PhoneNumber;
pub use recovery::{Lost, NewIncarnation, Recovery, Turn};
pub use role::{Authority, Right, Role};
pub use suppression::{Area, ListKind, Suppression, SuppressionList};
pub use time::{ClockHeld, MinuteOfDay, Timestamp, Weekdays, clock_behind};
pub use trunk::{Attestation, CallerId, CallerIdState, Capabilities, Ownership, TrunkSettings};

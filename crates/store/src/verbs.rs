//! The store's verbs, by who may call them, each with the right that it needs.

mod acts;
mod engine;
mod reads;

pub(crate) use acts::ActVerbs;
pub use acts::Acts;
pub(crate) use engine::EngineVerbs;
pub use engine::{Engine, EngineStore, Epoch};
pub(crate) use reads::ReadVerbs;
pub use reads::Reads;

use super::rights::Restricted;

/// Everything that a store does, without a check of rights.
pub(crate) trait Verbs: Restricted + ReadVerbs + ActVerbs + EngineVerbs + Send {}

impl<S: Restricted + ReadVerbs + ActVerbs + EngineVerbs + Send> Verbs for S {}

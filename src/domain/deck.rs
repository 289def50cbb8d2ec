//! A deck: the routes and numbers of one running instance.

use serde::{Deserialize, Serialize};

use super::trunk::{CallerId, TrunkSettings};

/// A deck's trunks, caller IDs and own cap, written at every start from `dialdeck.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckSettings {
    /// Calls in flight at most over all trunks.
    pub max_concurrent: u32,
    /// The routes.
    pub trunks: Vec<TrunkSettings>,
    /// The numbers that may be shown.
    pub caller_ids: Vec<CallerId>,
    /// Regions under an emergency ban (`US-LA`), set by the operator.
    pub emergency_bans: Vec<String>,
    /// Whether a loaded registry binds every campaign; default: those that list it, and those for
    /// which the law asks for it.
    #[serde(default)]
    pub every_registry_binds: bool,
}

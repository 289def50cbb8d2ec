//! The carriers behind a network: which module speaks to which, with which account.

use super::{CliError, Env};
use crate::clock::Clock;
use crate::config::DeckConfig;
use crate::domain::{DeckId, TrunkName};
use crate::provider::remote::Vendor;

/// What is done with a vendor once it is made, whichever it is.
pub(super) trait Visit {
    /// What comes of it.
    type Out;

    /// Does it.
    fn visit<V: Vendor>(self, vendor: V) -> Self::Out;
}

/// A trunk whose carrier is behind a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The trunk.
    pub(super) trunk: &'a TrunkName,
    /// The deck file.
    pub(super) config: &'a DeckConfig,
    /// The deck.
    pub(super) deck: DeckId,
    /// The deck's clock.
    pub(super) clock: &'a Clock,
}

impl Wanted<'_> {
    pub(super) fn make<T: Visit>(&self, _env: &Env, _visit: T) -> Result<T::Out, CliError> {
        Err(CliError::failed(format!("trunk {}", self.trunk)))
    }
}

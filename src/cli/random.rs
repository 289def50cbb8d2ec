//! Random identities.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use crate::domain::DeckId;

/// Returns the identity of a new deck.
pub(super) fn identity() -> DeckId {
    DeckId(bits().into())
}

/// Returns 32 random bits, from the operating system's randomness by way of a hasher's keys.
pub(super) fn bits() -> u32 {
    let bits = RandomState::new().build_hasher().finish();
    u32::try_from(bits >> 32).unwrap_or_default()
}

//! What a deck exchanges with other systems while its engine runs: messages from carriers and agents, and
//! results for its owner's systems.
//!
//! Both go through the engine's own store thread ([`Handle::ask`](crate::engine::shell::Handle::ask)), so
//! that they share its commits and need no connection to the store.

pub mod courier;
pub mod listener;
mod metrics;
pub mod socket;

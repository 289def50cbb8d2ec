//! A deck's dealings with the outside while its engine runs: what carriers and agents tell it, and
//! the results it tells its owner's systems.
//!
//! Both go through the engine's own store thread ([`Handle::ask`](crate::engine::shell::Handle::ask)),
//! so that they share its commits and nothing is read anew for them.

pub mod courier;
pub mod listener;
pub mod metrics;
pub mod socket;

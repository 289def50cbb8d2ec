//! What every store must do, over each implementation, and both against each other.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops with a panic"
)]

mod contract;
mod listing;
mod model;
mod processes;
mod roles;
mod world;

//! The console's desk over real deck files: what it shows, what its acts do, when they are acknowledged.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops with a panic"
)]

mod acts;
mod alerts;
mod bench;
mod lists;
mod live_calls;
mod reading;
mod reasons;

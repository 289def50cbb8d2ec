//! Doubles of the carriers' servers: real sockets, their protocols, and their faults.
//!
//! A double runs on its own thread by the deck's clock, so that a day of calls takes seconds. What
//! its callees do stands in a [`script::Script`], what goes wrong in [`faults::Faults`], what it did
//! in a [`ledger::Ledger`].

pub(crate) mod bubblyphone;
pub(crate) mod faults;
pub(crate) mod ledger;
pub(crate) mod livekit;
pub(crate) mod plum;
pub(crate) mod script;
pub(crate) mod server;

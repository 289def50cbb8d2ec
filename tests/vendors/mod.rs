//! Doubles of the carriers' servers: their protocols and their faults.
//!
//! A double stands in a [`lab::Lab`], and runs by its clock. What its callees do stands in a
//! [`script::Script`], what goes wrong in [`faults::Faults`], what it did in a [`ledger::Ledger`].

pub(crate) mod bubblyphone;
pub(crate) mod faults;
pub(crate) mod lab;
pub(crate) mod ledger;
pub(crate) mod livekit;
pub(crate) mod plum;
pub(crate) mod script;
pub(crate) mod server;

//! Doubles of the carriers' servers: their protocols and their faults.
//!
//! A double stands in a [`lab::Lab`], and runs by its clock. What its callees do stands in a
//! [`script::Script`], what goes wrong in [`faults::Faults`], what it did in a [`ledger::Ledger`].

pub mod bubblyphone;
pub mod faults;
pub mod lab;
pub mod ledger;
pub mod livekit;
pub mod plum;
pub mod script;
pub mod server;

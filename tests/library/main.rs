//! The library through its public interface: stores against their contract and each other, engines in
//! virtual time, lists and settings by the thousand.

mod broken_settings;
mod desk;
mod late_word;
mod layering;
mod list_property;
mod preconditions;
mod provider_contract;
mod scenarios;
mod store_contract;
mod store_writer;
mod virtual_time;
mod why_property;

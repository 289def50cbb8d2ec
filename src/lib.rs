//! dialdeck
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod intake;
pub mod policy;
pub mod provider;
pub mod rules;
pub mod store;

//! What several test programs of dialdeck share.
//!
//! It is not a default member of the workspace: a release build would take over the features of its
//! dependencies. Each crate asks for the parts it needs, so that the tests of the core stay light.
#![cfg_attr(
    any(feature = "program", feature = "store", feature = "vendors"),
    expect(
        clippy::unwrap_used,
        clippy::missing_panics_doc,
        clippy::new_without_default,
        missing_docs,
        reason = "tests stop at the first surprise, and read its code"
    )
)]

#[cfg(feature = "program")]
pub mod deck;
#[cfg(feature = "program")]
pub mod pty;
#[cfg(feature = "vendors")]
pub mod rig;
#[cfg(feature = "program")]
pub mod schema;
pub mod text;
#[cfg(feature = "vendors")]
pub mod vendors;
#[cfg(feature = "store")]
pub mod world;

/// Returns the path of the program under test, which cargo names to the integration tests of its package.
///
/// # Panics
/// In any other test.
#[cfg(feature = "program")]
pub fn program() -> std::ffi::OsString {
    std::env::var_os("CARGO_BIN_EXE_dialdeck").unwrap()
}

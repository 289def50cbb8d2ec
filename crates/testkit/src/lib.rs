//! What several test programs of dialdeck share.
//!
//! It is not a default member of the workspace: a release build would take over the features of its
//! dependencies.

pub mod text;

//! Contact lists and do-not-call lists to values or rejects, row by row.
//!
//! A file is first checked as a whole: it opens, is text, its quotes close, its columns are known.
//! Only then are rows handed out, so that a broken file changes nothing. A bad row never stops a
//! contact list: it becomes a [`Reject`] with its line, its column and a way out.

mod columns;
pub mod contacts;
pub mod dnc;
mod fault;
pub mod rejects;
mod row;
mod shape;
mod text;

#[cfg(test)]
mod tests;

pub use contacts::{ContactFile, ContactReader, Row};
pub use dnc::{DncFile, DncReader, DncRow};
pub use fault::{FileError, Reject};
pub use rejects::RejectsFile;
pub use text::Origin;

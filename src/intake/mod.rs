//! Contact lists and do-not-call lists to values or rejects, row by row.
//!
//! A file is first checked as a whole: it opens, is text, its quotes close, its columns are known.
//! Only then are rows handed out, so that a broken file changes nothing. A bad row never stops a
//! contact list: it becomes a [`Reject`] with its line, its column and a way out.

mod asked;
mod cell;
pub mod columns;
mod comment;
pub mod contacts;
pub mod dates;
pub mod dnc;
mod fault;
mod header;
mod listed;
mod located;
mod names;
mod places;
mod reading;
mod registry;
pub mod rejects;
mod row;
mod shape;
mod table;
mod text;
mod wishes;

#[cfg(test)]
mod tests;

pub use columns::{ColumnMap, ColumnUse, Field, Taken};
pub use contacts::{ContactFile, ContactReader, NotToBeCalled, Row};
pub use dates::DateOrder;
pub use dnc::{DncFile, DncReader, DncRow};
pub use fault::{FileError, Reject};
pub use reading::Reading;
pub use rejects::RejectsFile;
pub use text::{Origin, STANDARD_INPUT};

/// Whether two capital letters are a country's.
pub fn is_country(code: &str) -> bool {
    names::country(code).is_some_and(|country| country.code == code)
}

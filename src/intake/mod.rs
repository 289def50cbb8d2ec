//! Reads contact lists and do-not-call lists into values or rejects, row by row.
//!
//! A file is first checked as a whole: it opens, is text, its quotes close, its columns are known. Only then
//! are rows returned, so that a broken file changes nothing. A bad row never stops a contact list: it becomes
//! a [`Reject`] with its line, its column and a hint.

mod answer;
mod cell;
pub mod columns;
mod comment;
pub mod contacts;
pub mod dates;
pub mod dnc;
mod file_error;
mod header;
mod heading;
mod letters;
mod listed;
mod located;
mod names;
mod opt_out_text;
mod place_fault;
mod places;
mod range;
mod range_columns;
mod reading;
mod registry;
mod reject;
pub mod rejects;
mod row;
mod row_error;
mod shape;
mod table;
mod text;
mod topic;
mod undecided;
mod vocabulary;
mod wishes;

#[cfg(test)]
mod tests;

pub use columns::{ColumnMap, ColumnUse, Field, Taken};
pub use contacts::{ContactFile, ContactReader, NotToBeCalled, Row};
pub use dates::DateOrder;
pub use dnc::{DncFile, DncReader, DncRow};
pub use file_error::{FileError, FileFault, OpenColumn};
pub use reading::Reading;
pub use reject::Reject;
pub use rejects::RejectsFile;
pub use text::{Origin, STANDARD_INPUT};

/// Returns whether the text is a country's code of ISO 3166-1: two capital letters.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::is_country;
///
/// assert!(is_country("GB"));
/// assert!(!is_country("gb"));
/// assert!(!is_country("UK"));
/// ```
pub fn is_country(code: &str) -> bool {
    names::country(code).is_some_and(|country| country.code == code)
}

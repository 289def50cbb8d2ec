//! The reasons why a list is refused as a whole.

use std::fmt;
use std::io;

use super::columns::Field;

/// The error of a list that cannot be used as a whole. No row of the list was taken.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::{ContactFile, FileFault, Origin};
///
/// let empty = Origin::Bytes("list.csv".to_owned(), [].into());
/// let error = ContactFile::check(empty).map(|file| file.rows()).unwrap_err();
/// assert!(matches!(error.fault, FileFault::Empty));
/// assert_eq!(error.to_string(), "list.csv: is empty; name a file with rows in it");
/// ```
#[derive(Debug, thiserror::Error)]
pub struct FileError {
    /// The file's name as the user wrote it.
    pub file: String,
    /// The line, from 1; 0 if no single line is at fault.
    pub line: u64,
    /// The column's name as written in the header; empty if no column is at fault.
    pub column: String,
    /// What is wrong.
    pub fault: FileFault,
}

impl FileError {
    /// Returns what is wrong, with file, line and column, without the hint.
    pub fn without_hint(&self) -> String {
        let line = match self.line {
            0 => String::new(),
            line => format!(":{line}"),
        };
        let column = match self.column.as_str() {
            "" => String::new(),
            column => format!(": {column}"),
        };
        format!("{}{line}{column}: {}", self.file, self.fault)
    }

    /// Returns the hint: how to correct the file.
    pub fn hint(&self) -> String {
        self.fault.hint(&self.column)
    }
}

impl fmt::Display for FileError {
    /// Writes `contacts.csv:1: phone: stands twice in the header; …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.without_hint(), self.hint())
    }
}

/// A column whose meaning the user has to state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenColumn {
    /// The column's name as written in the header.
    pub column: String,
    /// The most frequent values, each with the number of its rows.
    pub values: Vec<(String, u64)>,
    /// Rows with other values.
    pub other_rows: u64,
}

/// What is wrong with a list as a whole. `Display` writes the reason, [`FileError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The file does not exist or may not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// The reading of rows failed.
    #[error("cannot be read further: {0}")]
    RowUnreadable(#[source] csv::Error),
    /// The file has no bytes.
    #[error("is empty")]
    Empty,
    /// The file holds bytes that no text has.
    #[error("is not text")]
    NotText,
    /// The file has no rows below its header.
    #[error("has a header and no rows")]
    HeaderOnly,
    /// A row is longer than is read.
    #[error("a row that begins here is longer than 1 MiB")]
    LongRow,
    /// A quotation mark does not close.
    #[error("a quotation mark is opened here and never closed")]
    OpenQuote,
    /// The header has too many columns.
    #[error("has {count} columns")]
    TooManyColumns {
        /// The number of columns.
        count: usize,
        /// The most that are read.
        most: usize,
    },
    /// Two columns have the same name.
    #[error("stands twice in the header")]
    RepeatedColumn,
    /// Two `--map` name the column.
    #[error("is mapped twice")]
    MappedTwice,
    /// A `--map` names a column that is not there.
    #[error("is mapped, and is no column of the file")]
    NoSuchColumn {
        /// The columns of the file.
        names: Vec<String>,
        /// The nearest of them.
        near: Option<String>,
    },
    /// Two columns are taken for one field, of which only one may be there.
    #[error("means the same as column `{first}`")]
    SameField {
        /// The other column.
        first: String,
    },
    /// No column holds the number to call.
    #[error("there is no number column; the first line holds: {}", names.join(", "))]
    NoNumberColumn {
        /// The first columns of the file.
        names: Vec<String>,
    },
    /// No column holds the number to call, and one has nearly the name for it.
    #[error("there is no number column; `{name}` looks like `{meant}`")]
    MisspelledNumberColumn {
        /// The column's name.
        name: String,
        /// The name that may be meant.
        meant: &'static str,
    },
    /// A column may say who is not to be called.
    #[error(
        "may say who is not to be called, and cannot be read with certainty: {}",
        shown(columns)
    )]
    OpenConsent {
        /// The open columns, the column at fault first.
        columns: Vec<OpenColumn>,
    },
    /// A column may state another country than the one in which numbers are read.
    #[error(
        "may be the country of the numbers, which are read as numbers of {assumed}: {}",
        shown(columns)
    )]
    OpenCountry {
        /// The open columns, the column at fault first.
        columns: Vec<OpenColumn>,
        /// The country in which numbers without a country code are read.
        assumed: String,
    },
    /// The name of a contact list may say that it is one of people who are not to be called.
    #[error("its name may say that it is a list of people who are not to be called")]
    NamedAsDoNotCall {
        /// The name of the file.
        name: String,
    },
    /// A title or a comment in a contact list may say that the numbers below are not to be called.
    #[error("`{text}` may say that the numbers below it are not to be called")]
    HeadedAsDoNotCall {
        /// The title or the comment.
        text: String,
    },
    /// A `--map` names a column, and the list has no header.
    #[error("--map names a column, and the list has no header")]
    NoHeader,
    /// No column of a do-not-call list holds numbers.
    #[error("no column holds numbers; the header is: {}", names.join(", "))]
    NoColumnOfNumbers {
        /// The columns of the list.
        names: Vec<String>,
    },
    /// A column may say how many numbers a row of a do-not-call list stands for.
    #[error("may say that a row stands for more numbers than its own")]
    PerhapsCount,
    /// A do-not-call list holds no number.
    #[error("holds no numbers")]
    NoNumbers,
    /// Most rows of a do-not-call list cannot be read, so that it is a file of another kind.
    #[error("{reason}")]
    MostlyUnreadable {
        /// The reason of the first reject.
        reason: String,
        /// The hint of the first reject.
        hint: String,
    },
    /// A registry's file holds lines of a full list and lines of changes.
    #[error(
        "adds or deletes a number, and line {full_line} is one of a full list: a file is either"
    )]
    FullListAndChanges {
        /// The first line of a full list.
        full_line: u64,
    },
    /// A comment may say that a registry's file is no full list.
    #[error("`{comment}` may say that this is not the full list of an area")]
    PerhapsPartial {
        /// The comment.
        comment: String,
    },
    /// The name of a registry's file may say that it is no full list.
    #[error("its name says `{word}`: it may hold changes, not a full list")]
    NamedAsChanges {
        /// The word that says so.
        word: String,
    },
    /// Two comments of a registry's file state its date.
    #[error("states another date than the comment before it")]
    TwoDates,
    /// A line has none of the documented forms.
    #[error("`{text}` is no line of a registry's list")]
    NotARegistryLine {
        /// The line.
        text: String,
    },
    /// A cell has none of the documented forms.
    #[error("`{text}` does not belong in a registry's list")]
    NotARegistryCell {
        /// The cell.
        text: String,
    },
    /// A column of a registry's table is not known.
    #[error("may say that its numbers were added or deleted")]
    UnknownRegistryColumn,
    /// A registry's table has a second column of numbers.
    #[error("is a second column of numbers: which of them are on the list is not known")]
    SecondRegistryColumn,
}

/// What a registry's file has to be.
const REGISTRY: &str = "import the registry's own file: its numbers as 212,5550142 or one a line, or its \
    changes as 212,5550142,2026-12-01,A; nothing of this file was taken";

impl FileFault {
    /// Returns how to correct the file. `column` is the column at fault.
    fn hint(&self, column: &str) -> String {
        let fixed = match self {
            Self::Unreadable(_) => "name a file that exists and may be read",
            Self::RowUnreadable(_) => "import the file again once it can be read to its end",
            Self::Empty => "name a file with rows in it",
            Self::NotText => "save it as CSV in UTF-8; a spreadsheet file has to be exported first",
            Self::HeaderOnly => "add a row below the header",
            Self::LongRow => {
                "close a quotation mark that was opened there, or name a file that is a list"
            }
            Self::OpenQuote => {
                "close the quotation mark, or double it where it is part of the text"
            }
            Self::RepeatedColumn => "rename or remove one of the two columns",
            Self::MappedTwice => "leave one of the two --map out",
            Self::NoNumberColumn { .. } => {
                "name the column `number` or `phone` in a header line, or say which it is: \
                 --map \"COLUMN=number\""
            }
            Self::NoHeader => "leave --map out, or put a header above the numbers",
            Self::NoColumnOfNumbers { .. } => "say which does: --map \"COLUMN=number\"",
            Self::NoNumbers => "name a file with one number a line",
            Self::FullListAndChanges { .. }
            | Self::NotARegistryLine { .. }
            | Self::NotARegistryCell { .. } => REGISTRY,
            Self::PerhapsPartial { .. } => {
                "remove the line if it is a full list; changes are taken as 212,5550142,2026-12-01,A"
            }
            Self::TwoDates => "leave the comment with the date of the data, and remove the other",
            Self::NamedAsChanges { .. } => {
                "rename the file if it is the full list of its areas; changes are taken as \
                 212,5550142,2026-12-01,A"
            }
            Self::HeadedAsDoNotCall { .. } => {
                "take such numbers with `dialdeck dnc import`, from a file of their own; remove the line if it \
                 says something else"
            }
            Self::TooManyColumns { .. }
            | Self::NoSuchColumn { .. }
            | Self::SameField { .. }
            | Self::MisspelledNumberColumn { .. }
            | Self::NamedAsDoNotCall { .. }
            | Self::OpenConsent { .. }
            | Self::OpenCountry { .. }
            | Self::MostlyUnreadable { .. }
            | Self::PerhapsCount
            | Self::UnknownRegistryColumn
            | Self::SecondRegistryColumn => return self.hint_with_names(column),
        };
        fixed.to_owned()
    }

    /// Returns the hints that name columns or limits. Empty for the others.
    fn hint_with_names(&self, column: &str) -> String {
        match self {
            Self::TooManyColumns { most, .. } => {
                format!("export the columns that are needed; at most {most} are read")
            }
            Self::NoSuchColumn { names, near: None } if names.is_empty() => {
                "name a column of the header".to_owned()
            }
            Self::NoSuchColumn { names, near } => {
                let near = near.as_deref().unwrap_or_default();
                format!(
                    "did you mean `{near}`? The columns are: {}",
                    names.join(", ")
                )
            }
            Self::SameField { .. } => {
                format!("map the one that is not meant: --map \"{column}=variable\"")
            }
            Self::MisspelledNumberColumn { name, .. } => {
                format!("rename it, or say --map \"{name}={}\"", Field::Number)
            }
            Self::OpenConsent { columns } => open_consent(column) + &others(columns),
            Self::OpenCountry { columns, .. } => open_country(column) + &others(columns),
            Self::MostlyUnreadable { hint, .. } => hint.clone(),
            Self::NamedAsDoNotCall { name } => format!(
                "take it with `dialdeck dnc import {name}`; rename the file if its rows are contacts to call"
            ),
            Self::PerhapsCount => format!(
                "if it says something else: --map \"{column}=ignore\"; else write each range as \
                 212-555-0100 - 212-555-0199"
            ),
            Self::UnknownRegistryColumn => format!(
                "if it says nothing of that: --map \"{column}=ignore\"; a list of changes has a \
                 column `change` with A or D"
            ),
            Self::SecondRegistryColumn => {
                format!("say --map \"{column}=ignore\" or --map \"{column}=number\"")
            }
            Self::Unreadable(_)
            | Self::RowUnreadable(_)
            | Self::Empty
            | Self::NotText
            | Self::HeaderOnly
            | Self::LongRow
            | Self::OpenQuote
            | Self::RepeatedColumn
            | Self::MappedTwice
            | Self::NoNumberColumn { .. }
            | Self::NoHeader
            | Self::NoColumnOfNumbers { .. }
            | Self::NoNumbers
            | Self::HeadedAsDoNotCall { .. }
            | Self::FullListAndChanges { .. }
            | Self::PerhapsPartial { .. }
            | Self::NamedAsChanges { .. }
            | Self::TwoDates
            | Self::NotARegistryLine { .. }
            | Self::NotARegistryCell { .. } => String::new(),
        }
    }
}

fn open_consent(column: &str) -> String {
    format!(
        "say what it is: --map \"{column}=do_not_call\" if a true value means do not call, \
         --map \"{column}=calls_allowed\" if it means that calls are allowed, \
         else --map \"{column}=variable\" or --map \"{column}=ignore\""
    )
}

fn open_country(column: &str) -> String {
    format!(
        "say what it is: --map \"{column}=country\" if it is the person's country, \
         --map \"{column}=region\" if it is a state, \
         else --map \"{column}=variable\" or --map \"{column}=ignore\""
    )
}

/// Returns the values of the first column with their rows.
fn shown(columns: &[OpenColumn]) -> String {
    let Some(first) = columns.first() else {
        return String::new();
    };
    let values = first.values.iter().map(|(value, rows)| {
        let unit = if *rows == 1 { "row" } else { "rows" };
        format!("`{value}` in {rows} {unit}")
    });
    let others = (first.other_rows > 0).then(|| format!("other values in {}", first.other_rows));
    let all: Vec<String> = values.chain(others).collect();
    all.join(", ")
}

/// Returns a remark that names the further open columns; empty if there are none.
fn others(columns: &[OpenColumn]) -> String {
    let further = columns.iter().skip(1);
    let names: Vec<String> = further.map(|open| format!("`{}`", open.column)).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("; the same is open for {}", names.join(", "))
}

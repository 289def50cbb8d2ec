//! The arguments of `dialdeck contacts` and `dialdeck dnc`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::CountryArgs;
use crate::domain::{ListKind, ParseError, Timestamp};
use crate::intake::{ColumnMap, DateOrder};

/// How the columns of a contact list are read.
#[derive(Clone, Debug, Default, Args)]
pub struct ColumnArgs {
    /// Say what a column is: a field such as number, name or country, or variable, or ignore
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub maps: Vec<ColumnMap>,
    /// The order of day, month and year in dates such as 5/4/2026: mdy, dmy or ymd
    #[arg(long, value_name = "ORDER")]
    pub date_format: Option<DateOrder>,
}

/// The subcommands of `dialdeck contacts`.
#[derive(Clone, Debug, Subcommand)]
pub enum ContactsCommand {
    /// Import a contact list (CSV); every row is taken, a duplicate or rejected with its reason
    Import(ContactsImportArgs),
}

/// The arguments of `dialdeck contacts import`.
#[derive(Clone, Debug, Args)]
pub struct ContactsImportArgs {
    /// The campaign's name
    pub campaign: String,
    /// The list (CSV with a header); - reads standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Judge every row and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where rejected rows go [default: FILE.rejects.csv, only if there are any]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
    /// How columns are read.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The subcommands of `dialdeck dnc`.
#[derive(Clone, Debug, Subcommand)]
pub enum DncCommand {
    /// Put numbers on a list: acknowledged once no further call to them can leave
    Add(DncAddArgs),
    /// Import a list of numbers from a file, one a line or a CSV with a number column
    Import(DncImportArgs),
    /// Show which lists numbers are on
    Check(DncCheckArgs),
    /// Take a number off an own list by a second record with a reason
    Reverse(DncReverseArgs),
    /// Show the loaded lists, or the numbers of one
    List(DncListArgs),
    /// Print a list's numbers as CSV
    Export(DncExportArgs),
}

/// The arguments of `dialdeck dnc add`.
#[derive(Clone, Debug, Args)]
pub struct DncAddArgs {
    /// Numbers in any usual spelling; all are judged before any is written
    #[arg(value_name = "NUMBER", required = true)]
    pub numbers: Vec<String>,
    /// Why, for the log: what the person said, a ticket
    #[arg(long, visible_alias = "note", value_name = "TEXT")]
    pub reason: Option<String>,
    /// The list: internal or campaign:NAME
    #[arg(long, default_value = "internal")]
    pub list: ListKind,
    /// Make the deck if there is none
    #[arg(long)]
    pub new: bool,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck dnc import`.
#[derive(Clone, Debug, Args)]
pub struct DncImportArgs {
    /// The file; - reads standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The list: internal, national:us, state:us-tx or campaign:NAME
    #[arg(long, default_value = "internal")]
    pub list: ListKind,
    /// The date the registry's data bear, 2026-12-01 or an instant; needed for a registry unless the
    /// file says it (`# as of 2026-12-01`)
    #[arg(long, value_name = "DATE", value_parser = date_or_instant)]
    pub as_of: Option<Timestamp>,
    /// Judge every line, say what the list would end, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where rejected rows go [default: FILE.rejects.csv, only if there are any]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
    /// Take the rest of the list although some of its rows cannot be read
    #[arg(long)]
    pub accept_rejects: bool,
    /// Say what a column is: number or ignore
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub maps: Vec<ColumnMap>,
    /// Make the deck if there is none
    #[arg(long)]
    pub new: bool,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck dnc check`.
#[derive(Clone, Debug, Args)]
pub struct DncCheckArgs {
    /// Numbers in any usual spelling
    #[arg(value_name = "NUMBER", required = true)]
    pub numbers: Vec<String>,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck dnc reverse`.
#[derive(Clone, Debug, Args)]
pub struct DncReverseArgs {
    /// The number in any usual spelling
    pub number: String,
    /// Why, for the log
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
    /// Let the contacts that the entry ended be called again; the consent that an opt-out revoked holds
    /// again
    #[arg(long)]
    pub restore_contacts: bool,
    /// The list: internal or campaign:NAME
    #[arg(long, default_value = "internal")]
    pub list: ListKind,
    /// How numbers without a country code are read.
    #[command(flatten)]
    pub country: CountryArgs,
}

/// The arguments of `dialdeck dnc list`.
#[derive(Clone, Debug, Args)]
pub struct DncListArgs {
    /// A list whose numbers to show; none: the lists themselves
    pub list: Option<ListKind>,
}

/// The arguments of `dialdeck dnc export`.
#[derive(Clone, Debug, Args)]
pub struct DncExportArgs {
    /// The list
    #[arg(long, default_value = "internal")]
    pub list: ListKind,
}

/// Parses a date as its midnight in UTC, or an instant.
fn date_or_instant(text: &str) -> Result<Timestamp, String> {
    format!("{text}T00:00:00Z")
        .parse()
        .or_else(|_| text.parse())
        .map_err(|_: ParseError| format!("`{text}` is not a date; write it as 2026-12-01"))
}

/// Returns an instant of the years 1970 to 2100: beyond them there are no rules, and no calls.
pub(in crate::cli) fn instant(text: &str) -> Result<Timestamp, String> {
    // Seconds from 1970 to the end of 2100.
    const END: i64 = 4_133_980_800;
    let read: Timestamp = text.parse()?;
    // A `Timestamp` has no instant before 1970.
    match text.trim().parse::<jiff::Timestamp>() {
        Ok(at) if at.as_second() < 0 || at.as_nanosecond() < 0 || at.as_second() >= END => {
            Err(format!("`{text}` is not an instant from 1970 to 2100"))
        }
        Ok(_) | Err(_) => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_of_the_years_that_calls_are_of() {
        for (text, known) in [
            ("1969-12-31T23:59:59Z", false),
            ("1970-01-01T00:00:00Z", true),
            ("2100-12-31T23:59:59Z", true),
            ("2101-01-01T00:00:00Z", false),
            ("0001-01-01T00:00:00Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            assert_eq!(instant(text).is_ok(), known, "{text}");
        }
    }

    #[test]
    fn dates_are_midnight_utc() {
        let at = date_or_instant("2026-12-01").unwrap();
        assert_eq!(at.to_string(), "2026-12-01T00:00:00.000Z");
        assert_eq!(date_or_instant("2026-12-01T00:00:00Z").unwrap(), at);
        assert!(date_or_instant("yesterday").is_err());
    }
}

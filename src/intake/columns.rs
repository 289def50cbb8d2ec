//! A list's header: which column is which.

use csv::StringRecord;

use super::fault::FileError;
use super::text::Origin;

/// Columns that are understood, under every name they go by. All others are kept as variables.
const KNOWN: [(Column, &[&str]); 10] = [
    (
        Column::Number,
        &[
            "number",
            "phone",
            "phone_number",
            "phonenumber",
            "phone_no",
            "telephone",
            "telephone_number",
            "tel",
            "mobile",
            "mobile_number",
            "mobile_phone",
            "cell",
            "cell_phone",
            "msisdn",
        ],
    ),
    (Column::Name, &["name", "full_name", "contact_name"]),
    (Column::TimeZone, &["time_zone", "timezone", "tz"]),
    (Column::Region, &["region"]),
    (
        Column::PostalCode,
        &[
            "postal_code",
            "postalcode",
            "postcode",
            "zip",
            "zip_code",
            "zipcode",
        ],
    ),
    (Column::Consent, &["consent", "consent_kind"]),
    (Column::ConsentSource, &["consent_source"]),
    (Column::ConsentAt, &["consent_at", "consent_date"]),
    (Column::Priority, &["priority"]),
    (Column::ExpiresAt, &["expires_at", "expires"]),
];

/// The column that a file of rejects adds; ignored when such a file is imported again.
pub(super) const REJECT_REASON: &str = "reject_reason";

/// Names of fewer letters are too near to other words.
const SHORTEST_GUESS: usize = 4;
/// Names of at least so many letters may be two slips from what was meant, shorter ones one.
const LONG_NAME: usize = 9;

/// A column that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Name,
    TimeZone,
    Region,
    PostalCode,
    Consent,
    ConsentSource,
    ConsentAt,
    Priority,
    ExpiresAt,
}

/// A header that was understood.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// The names as written.
    pub(super) names: Vec<String>,
    /// Position by [`Column`].
    known: [Option<usize>; KNOWN.len()],
    /// Further columns, each with its name as JSON text.
    pub(super) variables: Vec<(usize, String)>,
}

impl Columns {
    /// Where a column stands.
    pub(super) const fn position(&self, column: Column) -> Option<usize> {
        self.known[column as usize]
    }

    /// The name a column goes by in this file, or its own.
    pub(super) fn name(&self, column: Column) -> &str {
        match self.position(column) {
            Some(position) => &self.names[position],
            None => KNOWN[column as usize].1[0],
        }
    }

    /// Columns kept as variables whose name looks like a slip for one that is not there, each with
    /// the name that may have been meant.
    pub(super) fn misspelled(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.variables.iter().filter_map(|(position, _)| {
            let name = self.names[*position].as_str();
            let meant = nearest(&plain(name))?;
            let missing = self.position(meant.0).is_none();
            missing.then_some((name, meant.1))
        })
    }
}

/// Whether a text is one of the names of the number column.
pub(super) fn is_number_column(name: &str) -> bool {
    known(&plain(name)) == Some(Column::Number)
}

/// Reads a header; the row at `line`.
pub(super) fn read(
    origin: &Origin,
    header: &StringRecord,
    line: u64,
) -> Result<Columns, FileError> {
    let mut columns = Columns {
        names: header.iter().map(|name| name.trim().to_owned()).collect(),
        known: [None; KNOWN.len()],
        variables: Vec::new(),
    };
    let mut seen: Vec<String> = Vec::new();
    for (position, name) in columns.names.iter().enumerate() {
        let plain = plain(name);
        if plain.is_empty() {
            continue;
        }
        if seen.contains(&plain) {
            let hint = "rename or remove one of the two columns";
            return Err(origin.refuse(line, name, "stands twice in the header", hint));
        }
        if let Some(column) = known(&plain) {
            if let Some(first) = columns.known[column as usize] {
                let message = format!("means the same as column `{}`", columns.names[first]);
                let hint = "rename the one that is not meant, so that it is kept as a variable";
                return Err(origin.refuse(line, name, message, hint));
            }
            columns.known[column as usize] = Some(position);
        } else if plain != REJECT_REASON {
            let quoted = serde_json::Value::from(name.as_str()).to_string();
            columns.variables.push((position, quoted));
        }
        seen.push(plain);
    }
    if columns.position(Column::Number).is_none() {
        let shown: Vec<&str> = columns.names.iter().map(String::as_str).take(8).collect();
        let message = format!(
            "there is no number column; the first line holds: {}",
            shown.join(", ")
        );
        let hint = "name the column `number` or `phone` in a header line";
        return Err(origin.refuse(line, "number", message, hint));
    }
    Ok(columns)
}

fn known(plain: &str) -> Option<Column> {
    KNOWN
        .iter()
        .find(|(_, names)| names.contains(&plain))
        .map(|(column, _)| *column)
}

/// The known name a slip or two away: a letter wrong, missing, too many, or two swapped.
fn nearest(plain: &str) -> Option<(Column, &'static str)> {
    let letters = plain.chars().count();
    if letters < SHORTEST_GUESS {
        return None;
    }
    let slips = if letters < LONG_NAME { 1 } else { 2 };
    KNOWN
        .iter()
        .flat_map(|(column, names)| names.iter().map(|name| (*column, *name)))
        .map(|meant| (strsim::osa_distance(plain, meant.1), meant))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, meant)| meant)
}

/// Lower case, words joined by `_`.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_order_of_their_kind() {
        for (position, (column, _)) in KNOWN.iter().enumerate() {
            assert_eq!(*column as usize, position);
        }
    }

    #[test]
    fn a_slip_in_a_name_is_told_unless_the_column_is_there() {
        let misspelled = |header: &[&str]| -> Vec<(String, &str)> {
            let origin = Origin::Bytes("list.csv".to_owned(), Vec::new().into());
            let columns = read(&origin, &StringRecord::from(header.to_vec()), 1).unwrap();
            let slips = columns.misspelled();
            slips
                .map(|(name, meant)| (name.to_owned(), meant))
                .collect()
        };
        let cases = [
            ("consnet", Some("consent")),
            ("Consentsource", Some("consent_source")),
            ("time zome", Some("time_zone")),
            ("post code", Some("postcode")),
            ("priorty", Some("priority")),
            ("expire_at", Some("expires_at")),
            ("time-zone", None),
            ("reason", None),
            ("note", None),
            ("zap", None),
        ];
        for (written, meant) in cases {
            let told: Vec<_> = meant
                .map(|meant| (written.to_owned(), meant))
                .into_iter()
                .collect();
            assert_eq!(misspelled(&["phone", written]), told);
        }
        assert!(misspelled(&["phone", "phone2", "name", "names"]).is_empty());
    }
}

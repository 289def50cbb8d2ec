//! Postal codes of the United States and Canada: which state or province they lie in.

use super::tables::{self, TableError};

const COLUMNS: [&str; 4] = ["country", "from", "to", "subdivisions"];

#[derive(Clone, Debug)]
struct Range {
    country: String,
    from: String,
    to: String,
    regions: Vec<String>,
}

/// `postal-regions.csv`: three-digit ZIP prefixes and first letters of Canadian codes.
#[derive(Clone, Debug)]
pub(super) struct PostalTable {
    ranges: Vec<Range>,
}

impl PostalTable {
    /// Reads the table.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, TableError> {
        let mut ranges = Vec::new();
        for row in tables::read(file, text, &COLUMNS)? {
            let country = row.text("country");
            let width = match country {
                "US" => 3,
                "CA" => 1,
                _ => return Err(row.error("country", "must be US or CA")),
            };
            let (from, to) = (row.text("from"), row.text("to"));
            if from.len() != width || to.len() != width || from > to {
                return Err(row.error("to", "is no range with `from`"));
            }
            let parts = row.list("subdivisions");
            if parts.is_empty() {
                return Err(row.error("subdivisions", "is empty"));
            }
            ranges.push(Range {
                country: country.to_owned(),
                from: from.to_owned(),
                to: to.to_owned(),
                regions: parts
                    .iter()
                    .map(|part| format!("{country}-{part}"))
                    .collect(),
            });
        }
        Ok(Self { ranges })
    }

    /// The regions of a postal code of a +1 contact; empty when it is not one, or has no place.
    /// Five digits or ZIP+4 are American (four: a leading zero was lost), `A1A…` is Canadian.
    pub(super) fn regions(&self, code: &str) -> &[String] {
        let code = code.trim().to_ascii_uppercase();
        let bytes = code.as_bytes();
        let digits = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (country, key) = match bytes {
            [letter, digit, other, ..]
                if letter.is_ascii_alphabetic()
                    && digit.is_ascii_digit()
                    && other.is_ascii_alphabetic() =>
            {
                ("CA", code[..1].to_owned())
            }
            _ if digits == 5 || digits == 9 => ("US", code[..3].to_owned()),
            _ if digits == 4 && bytes.len() == 4 => ("US", format!("0{}", &code[..2])),
            _ => return &[],
        };
        let mut ranges = self.ranges.iter();
        let found = ranges.find(|range| {
            range.country == country
                && (range.from.as_str()..=range.to.as_str()).contains(&key.as_str())
        });
        found.map_or(&[], |range| range.regions.as_slice())
    }

    /// Every region the table names.
    #[cfg(test)]
    pub(super) fn all_regions(&self) -> impl Iterator<Item = &String> {
        self.ranges.iter().flat_map(|range| &range.regions)
    }
}

#[cfg(test)]
mod tests {
    use super::PostalTable;

    #[test]
    fn codes_are_read_in_their_usual_spellings() {
        let text = include_str!("../../data/postal-regions.csv");
        let table = PostalTable::read("postal-regions.csv", text).unwrap();
        let of = |code: &str| table.regions(code).join(";");
        assert_eq!(of("10001"), "US-NY");
        assert_eq!(of("33101-1234"), "US-FL");
        assert_eq!(of("2138"), "US-MA");
        assert_eq!(of(" k1a 0b1"), "CA-ON");
        assert_eq!(of("V5K0A1"), "CA-BC");
        assert_eq!(of("09001"), "");
        assert_eq!(of("SW1A 1AA"), "");
        assert_eq!(of("é1é"), "");
    }
}

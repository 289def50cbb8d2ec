//! Postal codes of the United States and Canada: which state or province they lie in, and in which of
//! its zones.

use super::tables::{self, TableError};
use super::zonedb::ZoneTable;

const COLUMNS: [&str; 5] = ["country", "from", "to", "subdivisions", "zones"];

/// Where the codes of a range lie.
#[derive(Clone, Debug)]
pub(super) struct Range {
    country: String,
    from: String,
    to: String,
    /// States or provinces, any of which it may be.
    pub(super) regions: Vec<String>,
    /// Zones within them; empty: all that they have.
    pub(super) zones: Vec<String>,
}

/// `postal-regions.csv`: three-digit ZIP prefixes, single ZIP codes that lie in another state than those
/// around them, and first letters of Canadian codes.
#[derive(Clone, Debug)]
pub(super) struct PostalTable {
    ranges: Vec<Range>,
}

impl PostalTable {
    /// Reads the table; every zone must be known.
    pub(super) fn read(file: &str, text: &str, zones: &ZoneTable) -> Result<Self, TableError> {
        let mut ranges = Vec::new();
        for row in tables::read(file, text, &COLUMNS)? {
            let country = row.text("country");
            let widths: &[usize] = match country {
                "US" => &[3, 5],
                "CA" => &[1],
                _ => return Err(row.error("country", "must be US or CA")),
            };
            let (from, to) = (row.text("from"), row.text("to"));
            if !widths.contains(&from.len()) || to.len() != from.len() || from > to {
                return Err(row.error("to", "is no range with `from`"));
            }
            let parts = row.list("subdivisions");
            if parts.is_empty() {
                return Err(row.error("subdivisions", "is empty"));
            }
            let names = row.list("zones");
            if let Some(name) = names.iter().find(|name| zones.find(name).is_none()) {
                return Err(row.error("zones", format!("no such zone `{name}`")));
            }
            ranges.push(Range {
                country: country.to_owned(),
                from: from.to_owned(),
                to: to.to_owned(),
                regions: parts
                    .iter()
                    .map(|part| format!("{country}-{part}"))
                    .collect(),
                zones: names,
            });
        }
        // A single code comes before the range around it.
        ranges.sort_by_key(|range| std::cmp::Reverse(range.from.len()));
        Ok(Self { ranges })
    }

    /// Where a code lies; `None` when it is not one, or has no place, as military codes have none.
    /// Five digits or ZIP+4 are American (four: a leading zero was lost), `A1A…` is Canadian.
    pub(super) fn find(&self, code: &str) -> Option<&Range> {
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
            _ if digits == 5 || digits == 9 => ("US", code[..5].to_owned()),
            _ if digits == 4 && bytes.len() == 4 => ("US", format!("0{code}")),
            _ => return None,
        };
        self.ranges.iter().find(|range| {
            let key = key.get(..range.from.len());
            range.country == country
                && key.is_some_and(|key| (range.from.as_str()..=range.to.as_str()).contains(&key))
        })
    }

    /// Every row.
    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Range] {
        &self.ranges
    }
}

#[cfg(test)]
impl Range {
    /// The row as it stands in the table.
    pub(super) fn bounds(&self) -> (&str, &str) {
        (&self.from, &self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::PostalTable;
    use crate::rules::Rules;

    fn of<'t>(table: &'t PostalTable, code: &str) -> (String, &'t [String]) {
        match table.find(code) {
            Some(range) => (range.regions.join(";"), &range.zones),
            None => (String::new(), &[]),
        }
    }

    #[test]
    fn codes_are_read_in_their_usual_spellings() {
        let table = &Rules::embedded().postal;
        let of = |code: &str| of(table, code).0;
        assert_eq!(of("10001"), "US-NY");
        assert_eq!(of("33101-1234"), "US-FL");
        assert_eq!(of("2138"), "US-MA");
        assert_eq!(of(" k1a 0b1"), "CA-ON");
        assert_eq!(of("V5K0A1"), "CA-BC");
        assert_eq!(of("09001"), "");
        assert_eq!(of("SW1A 1AA"), "");
        assert_eq!(of("é1é"), "");
        assert_eq!(of("96799"), "US-AS");
        assert_eq!(of("96801"), "US-HI");
        assert_eq!(of("36602"), "US-AL;US-AL-MOB");
        assert_eq!(of("35203"), "US-AL");
    }

    /// Towns whose zone is known, in every state that spans two.
    #[test]
    fn codes_tell_the_zone_within_a_state() {
        let table = &Rules::embedded().postal;
        for (code, zones) in [
            ("32501", "America/Chicago"),                    // Pensacola
            ("32301", "America/New_York"),                   // Tallahassee
            ("32456", "America/Chicago;America/New_York"),   // Port St. Joe: Gulf County is split
            ("33101", "America/New_York"),                   // Miami
            ("79901", "America/Denver"),                     // El Paso
            ("88510", "America/Denver"),                     // El Paso
            ("79838", "America/Chicago;America/Denver"),     // Fabens; Marfa shares 798
            ("75201", "America/Chicago"),                    // Dallas
            ("37902", "America/New_York"),                   // Knoxville
            ("37201", "America/Chicago"),                    // Nashville
            ("38555", "America/Chicago"),                    // Crossville
            ("42001", "America/Chicago"),                    // Paducah
            ("40202", "America/New_York"),                   // Louisville
            ("46402", "America/Chicago"),                    // Gary
            ("46204", "America/New_York"),                   // Indianapolis
            ("47708", "America/Chicago"),                    // Evansville
            ("49801", "America/Chicago;America/New_York"),   // Iron Mountain, Dickinson County
            ("48226", "America/New_York"),                   // Detroit
            ("97914", "America/Denver;America/Los_Angeles"), // Ontario, Malheur County
            ("97201", "America/Los_Angeles"),                // Portland
            ("69361", "America/Denver"),                     // Scottsbluff
            ("68102", "America/Chicago"),                    // Omaha
            ("67735", "America/Chicago;America/Denver"),     // Goodland
            ("67202", "America/Chicago"),                    // Wichita
            ("57701", "America/Denver"),                     // Rapid City
            ("57104", "America/Chicago"),                    // Sioux Falls
            ("58601", "America/Chicago;America/Denver"),     // Dickinson
            ("58102", "America/Chicago"),                    // Fargo
            ("83702", "America/Boise"),                      // Boise
            ("83814", "America/Los_Angeles"),                // Coeur d'Alene
            ("89883", "America/Denver;America/Los_Angeles"), // West Wendover
            ("89101", "America/Los_Angeles"),                // Las Vegas
            ("86515", "America/Denver;America/Phoenix"),     // Window Rock
            ("85001", "America/Phoenix"),                    // Phoenix
            ("99546", "America/Adak;America/Anchorage"),     // Adak
            ("99701", "America/Anchorage"),                  // Fairbanks
            ("M5V 2T6", "America/Toronto"),                  // Toronto
        ] {
            assert_eq!(of(table, code).1.join(";"), zones, "{code}");
        }
    }
}

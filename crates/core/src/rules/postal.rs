//! Postal codes of the countries that have more than one zone: the state or province that they lie in, and in
//! which of its zones.

use super::tables::{self, TableError};
use super::zonedb::ZoneTable;

const COLUMNS: [&str; 5] = ["country", "from", "to", "subdivisions", "zones"];

/// The place of the codes of a range.
#[derive(Clone, Debug)]
pub(super) struct Range {
    country: String,
    from: String,
    to: String,
    /// States or provinces, any of which it may be.
    pub(super) regions: Vec<String>,
    /// Zones within them; empty if the codes may lie in all zones of the regions.
    pub(super) zones: Vec<String>,
}

/// `postal-regions.csv`: three-digit ZIP prefixes, single ZIP codes that lie in another state than the codes
/// around them, first letters of Canadian codes, Australian codes and Spanish provinces.
#[derive(Clone, Debug)]
pub(super) struct PostalTable {
    ranges: Vec<Range>,
}

impl PostalTable {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// Errors if a zone is not known, a range is not one, or a row names no subdivision.
    pub(super) fn read(file: &str, text: &str, zones: &ZoneTable) -> Result<Self, TableError> {
        let mut ranges = Vec::new();
        for row in tables::read(file, text, &COLUMNS)? {
            let country = row.text("country");
            let widths: &[usize] = match country {
                "US" => &[3, 5],
                "CA" => &[1],
                "AU" => &[4],
                "ES" => &[2],
                _ => return Err(row.error("country", "must be US, CA, AU or ES")),
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

    /// Returns the range of a code. `None` if it is not a code, or has no place, as military codes.
    ///
    /// Five digits or ZIP+4 are American (four digits: a leading zero was lost), `A1A…` is Canadian, and `AU
    /// 6000` and `ES 35001` name their country.
    pub(super) fn find(&self, code: &str) -> Option<&Range> {
        let code = code.trim().to_ascii_uppercase();
        if let Some((country, key)) = code.split_once(' ')
            && matches!((country, key.len()), ("AU", 4) | ("ES", 5))
        {
            return self.range(country, key);
        }
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
        self.range(country, &key)
    }

    fn range(&self, country: &str, key: &str) -> Option<&Range> {
        self.ranges.iter().find(|range| {
            let key = key.get(..range.from.len());
            range.country == country
                && key.is_some_and(|key| (range.from.as_str()..=range.to.as_str()).contains(&key))
        })
    }

    /// Returns every state, province and part of one that some code lies in.
    pub(super) fn regions(&self) -> impl Iterator<Item = &String> {
        self.ranges.iter().flat_map(|range| &range.regions)
    }

    /// Returns every row of the table.
    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Range] {
        &self.ranges
    }
}

#[cfg(test)]
impl Range {
    /// Returns the first and the last code of the range, as the table has them.
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
        assert_eq!(of("AU 6000"), "AU-WA");
        assert_eq!(of("AU 0800"), "AU-NT");
        assert_eq!(of("AU 2899"), "");
        assert_eq!(of("ES 35001"), "ES-GC");
        assert_eq!(of("ES 53001"), "");
        // The five boroughs (6 RCNY 5-77 binds there).
        for code in [
            "10001", "10301", "10451", "11201", "11354", "11432", "11691",
        ] {
            assert_eq!(of(code), "US-NY;US-NY-NYC", "{code}");
        }
        assert_eq!(of("12207"), "US-NY");
        // Guam and the Northern Marianas; Micronesia, Palau and the Marshall Islands are independent states.
        assert_eq!(of("96910"), "US-GU");
        assert_eq!(of("96950"), "US-MP");
        for code in ["96939", "96940", "96941", "96944", "96960", "96970"] {
            assert_eq!(of(code), "", "{code}");
        }
    }

    /// Towns whose zone is known, in every state that spans two.
    #[test]
    fn codes_tell_the_zone_within_a_state() {
        let table = &Rules::embedded().postal;
        for (code, zones) in [
            ("32501", "America/Chicago"),                          // Pensacola
            ("32301", "America/New_York"),                         // Tallahassee
            ("32456", "America/Chicago;America/New_York"), // Port St. Joe: Gulf County is split
            ("33101", "America/New_York"),                 // Miami
            ("79901", "America/Denver"),                   // El Paso
            ("88510", "America/Denver"),                   // El Paso
            ("79838", "America/Chicago;America/Denver"),   // Fabens; Marfa shares 798
            ("75201", "America/Chicago"),                  // Dallas
            ("37902", "America/New_York"),                 // Knoxville
            ("37201", "America/Chicago"),                  // Nashville
            ("38555", "America/Chicago"),                  // Crossville
            ("42001", "America/Chicago"),                  // Paducah
            ("40202", "America/New_York"),                 // Louisville
            ("46402", "America/Chicago"),                  // Gary
            ("46204", "America/New_York"),                 // Indianapolis
            ("47708", "America/Chicago"),                  // Evansville
            ("49801", "America/Chicago;America/New_York"), // Iron Mountain, Dickinson County
            ("48226", "America/New_York"),                 // Detroit
            ("97914", "America/Denver;America/Los_Angeles"), // Ontario, Malheur County
            ("97201", "America/Los_Angeles"),              // Portland
            ("69361", "America/Denver"),                   // Scottsbluff
            ("68102", "America/Chicago"),                  // Omaha
            ("67735", "America/Chicago;America/Denver"),   // Goodland
            ("67202", "America/Chicago"),                  // Wichita
            ("57701", "America/Denver"),                   // Rapid City
            ("57104", "America/Chicago"),                  // Sioux Falls
            ("58601", "America/Chicago;America/Denver"),   // Dickinson
            ("58102", "America/Chicago"),                  // Fargo
            ("83702", "America/Boise"),                    // Boise
            ("83814", "America/Los_Angeles"),              // Coeur d'Alene
            ("89883", "America/Denver;America/Los_Angeles"), // West Wendover
            ("89101", "America/Los_Angeles"),              // Las Vegas
            ("86515", "America/Denver;America/Phoenix"),   // Window Rock
            ("85001", "America/Phoenix"),                  // Phoenix
            ("99546", "America/Adak;America/Anchorage"),   // Adak
            ("99701", "America/Anchorage"),                // Fairbanks
            ("M5V 2T6", "America/Toronto"),                // Toronto
            ("AU 6000", "Australia/Perth"),                // Perth
            ("AU 0800", "Australia/Darwin"),               // Darwin
            ("AU 4000", "Australia/Brisbane"),             // Brisbane
            ("AU 5000", "Australia/Adelaide"),             // Adelaide
            ("AU 7000", "Australia/Hobart"),               // Hobart
            ("AU 2880", "Australia/Broken_Hill;Australia/Sydney"), // Broken Hill
            ("ES 28001", "Europe/Madrid"),                 // Madrid
            ("ES 38001", "Atlantic/Canary"),               // Santa Cruz de Tenerife
            ("ES 35600", "Atlantic/Canary"),               // Puerto del Rosario
            ("ES 52001", "Africa/Ceuta"),                  // Melilla
        ] {
            assert_eq!(of(table, code).1.join(";"), zones, "{code}");
        }
    }
}

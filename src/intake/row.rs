//! One row of a contacts file: a contact, or what keeps it from being one.

use std::collections::HashMap;
use std::sync::Arc;

use csv::StringRecord;

use super::columns::{Column, Columns};
use super::fault::{Reject, in_two};
use crate::domain::campaign::Evidence;
use crate::domain::{Consent, ConsentKind, Hints, NewContact, PhoneNumber, Timestamp, WindowClass};
use crate::rules::{LocateError, NumberError, Rules};

/// Distinct places remembered at most; a national list has some thousands (area code by postal code).
const CACHE_MAX: usize = 100_000;

/// Turns rows into contacts.
pub(super) struct Judge<'r> {
    rules: &'r Rules,
    columns: Columns,
    default_country: Option<String>,
    evidence: Evidence,
    /// Window classes of North American numbers, which depend on area code and hints alone.
    located: HashMap<u16, HashMap<Box<str>, Located>>,
    /// Places remembered in it.
    places: usize,
    /// The stated places of the row under way, joined.
    stated: String,
    /// The last date that was read: lists repeat them.
    date: Option<(String, Timestamp)>,
}

/// The window class of a number, shared by all numbers it binds.
type Located = Result<Arc<WindowClass>, LocateError>;

/// A fault before it has its line and its row.
struct Fault {
    column: Column,
    reason: String,
    hint: String,
}

impl Fault {
    fn new(column: Column, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            column,
            reason: reason.into(),
            hint: hint.into(),
        }
    }

    fn told(column: Column, why: &str) -> Self {
        let (reason, hint) = in_two(why);
        Self {
            column,
            reason,
            hint,
        }
    }
}

impl<'r> Judge<'r> {
    pub(super) fn new(
        rules: &'r Rules,
        columns: Columns,
        default_country: Option<&str>,
        evidence: Evidence,
    ) -> Self {
        Self {
            rules,
            columns,
            default_country: default_country.map(str::to_owned),
            evidence,
            located: HashMap::new(),
            places: 0,
            stated: String::new(),
            date: None,
        }
    }

    pub(super) fn row(
        &mut self,
        line: u64,
        record: &StringRecord,
    ) -> Result<NewContact, Box<Reject>> {
        if record.len() != self.columns.names.len() {
            return Err(Box::new(Reject {
                line,
                column: String::new(),
                value: String::new(),
                reason: format!(
                    "has {} fields where the header has {}",
                    record.len(),
                    self.columns.names.len()
                ),
                hint: "put text that holds the delimiter in quotation marks".to_owned(),
                fields: fields(record),
            }));
        }
        self.contact(line, record).map_err(|fault| {
            Box::new(Reject {
                line,
                column: self.columns.name(fault.column).to_owned(),
                value: self.field(record, fault.column).to_owned(),
                reason: fault.reason,
                hint: fault.hint,
                fields: fields(record),
            })
        })
    }

    fn contact(&mut self, line: u64, record: &StringRecord) -> Result<NewContact, Fault> {
        let number = self.number(record)?;
        let class = self.class(record, number)?;
        Ok(NewContact {
            line,
            number,
            name: on_one_line(self.field(record, Column::Name)),
            class,
            priority: self.priority(record)?,
            consent: self.consent(record)?,
            expires_at: self.instant(record, Column::ExpiresAt)?,
            variables: self.variables(record),
        })
    }

    fn number(&self, record: &StringRecord) -> Result<PhoneNumber, Fault> {
        let text = self.field(record, Column::Number);
        self.rules
            .read_number(text, self.default_country.as_deref())
            .map(|read| read.number)
            .map_err(|error| {
                let hint = match error {
                    NumberError::Empty => "write the number, or remove the row",
                    NumberError::Letters => {
                        "needs confirmation: write its digits, a keypad letter may be a slip"
                    }
                    NumberError::Extension => "write the number without its extension",
                    NumberError::NotPossible => "write it in full, as +12125550142",
                    NumberError::NoCountry => "write it with its country code, as +12125550142",
                    NumberError::Several => "leave one of them; a contact has one number",
                    NumberError::Scientific => "export the column as text, and all digits stand",
                };
                let (reason, _) = in_two(&error.to_string());
                Fault::new(Column::Number, reason, hint)
            })
    }

    /// The inner error is the word for a number that can be read but never dialed.
    fn class(
        &mut self,
        record: &StringRecord,
        number: PhoneNumber,
    ) -> Result<Result<Arc<WindowClass>, String>, Fault> {
        let stated = [Column::TimeZone, Column::Region, Column::PostalCode]
            .map(|column| self.field(record, column));
        let located = match number.npa() {
            Some(npa) => match self.rules.fitness(number, Timestamp::MAX) {
                Ok(_) => self.by_area_code(npa, number, stated),
                Err(unfit) => Err(LocateError::Unfit(unfit)),
            },
            None => self.locate(number, stated),
        };
        match located {
            Ok(class) => Ok(Ok(class)),
            Err(LocateError::Unfit(unfit)) => Ok(Err(unfit.as_str().to_owned())),
            Err(error @ LocateError::UnknownZone(_)) => {
                Err(Fault::told(Column::TimeZone, &error.to_string()))
            }
            Err(error @ LocateError::UnknownRegion(_)) => {
                Err(Fault::told(Column::Region, &error.to_string()))
            }
        }
    }

    fn by_area_code(&mut self, npa: u16, number: PhoneNumber, stated: [&str; 3]) -> Located {
        self.stated.clear();
        if stated.iter().any(|text| !text.is_empty()) {
            for text in stated {
                self.stated.push_str(text);
                self.stated.push('\n');
            }
        }
        let known = self.located.get(&npa);
        if let Some(known) = known.and_then(|places| places.get(self.stated.as_str())) {
            return known.clone();
        }
        let located = self.locate(number, stated);
        if self.places < CACHE_MAX {
            self.places += 1;
            let place = self.stated.as_str().into();
            let places = self.located.entry(npa).or_default();
            places.insert(place, located.clone());
        }
        located
    }

    fn locate(&self, number: PhoneNumber, stated: [&str; 3]) -> Located {
        let [time_zone, region, postal_code] = stated.map(|text| {
            Some(text)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        });
        let hints = Hints {
            time_zone,
            region,
            postal_code,
        };
        self.rules
            .locate(number, &hints, self.evidence)
            .map(Arc::new)
    }

    fn priority(&self, record: &StringRecord) -> Result<i32, Fault> {
        let text = self.field(record, Column::Priority);
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().map_err(|_| {
            let reason = format!("`{text}` is not a priority");
            Fault::new(
                Column::Priority,
                reason,
                "use a whole number; higher is called first",
            )
        })
    }

    /// Consent without proof is none, and a list that claims it is wrong: such a row is not taken.
    fn consent(&mut self, record: &StringRecord) -> Result<Option<Consent>, Fault> {
        let text = self.field(record, Column::Consent);
        if text.is_empty() {
            return Ok(None);
        }
        let kind = consent_kind(text).map_err(|why| Fault::told(Column::Consent, &why))?;
        if kind == ConsentKind::None {
            return Ok(None);
        }
        let source = self.field(record, Column::ConsentSource);
        if source.is_empty() {
            let hint = "say where the proof is: a page, a document or a recording";
            let reason = format!("consent `{kind}` has no source");
            return Err(Fault::new(Column::ConsentSource, reason, hint));
        }
        let Some(at) = self.instant(record, Column::ConsentAt)? else {
            let hint = "say when it was given, as 2026-03-01 or 2026-03-01T15:30:00Z";
            let reason = format!("consent `{kind}` has no date");
            return Err(Fault::new(Column::ConsentAt, reason, hint));
        };
        Ok(Some(Consent {
            kind,
            source: on_one_line(source),
            at,
        }))
    }

    /// An instant, or a date: its first moment in UTC.
    fn instant(
        &mut self,
        record: &StringRecord,
        column: Column,
    ) -> Result<Option<Timestamp>, Fault> {
        let text = self.field(record, column);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some((known, at)) = &self.date
            && known == text
        {
            return Ok(Some(*at));
        }
        let read: Result<Timestamp, String> = if text.len() == 10 {
            format!("{text}T00:00:00Z").parse()
        } else {
            text.parse()
        };
        let at = read.map_err(|_| {
            let reason = format!("`{text}` is not a date");
            let hint = "write it as 2026-03-01 or 2026-03-01T15:30:00Z";
            Fault::new(column, reason, hint)
        })?;
        self.date = Some((text.to_owned(), at));
        Ok(Some(at))
    }

    fn variables(&self, record: &StringRecord) -> String {
        let mut json = String::new();
        for (position, name) in &self.columns.variables {
            let value = record.get(*position).unwrap_or_default().trim();
            if value.is_empty() {
                continue;
            }
            json.push(if json.is_empty() { '{' } else { ',' });
            json.push_str(name);
            json.push(':');
            json.push_str(&serde_json::Value::from(value).to_string());
        }
        if !json.is_empty() {
            json.push('}');
        }
        json
    }

    fn field<'f>(&self, record: &'f StringRecord, column: Column) -> &'f str {
        self.columns
            .position(column)
            .and_then(|position| record.get(position))
            .unwrap_or_default()
            .trim()
    }
}

fn fields(record: &StringRecord) -> Vec<String> {
    record.iter().map(str::to_owned).collect()
}

/// A kind of consent in any usual spelling: `Express Written` is `express_written`.
fn consent_kind(text: &str) -> Result<ConsentKind, String> {
    let exact = ConsentKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text);
    match exact {
        Some(kind) => Ok(kind),
        None => text.to_ascii_lowercase().replace([' ', '-'], "_").parse(),
    }
}

/// Names are shown on a terminal: no line breaks, no escape sequences.
fn on_one_line(text: &str) -> String {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ")
    } else {
        text.to_owned()
    }
}

//! Reads one row of a contacts file into a contact, or into the reason why it is not one.

mod cells;
mod comments;

use std::sync::Arc;

use csv::StringRecord;

use super::cell::{SWALLOWED, consent_kind, has_number, on_one_line, swallowed, with_area};
use super::columns::{Columns, Field};
use super::dates;
use super::fault::{Fault, Reject, in_two, reject};
use super::header;
use super::located::{Places, Question, Stated};
use super::names::Country;
use super::places;
use super::reading::Reading;
use super::wishes;
use crate::domain::text::without_apostrophe;
use crate::domain::{Consent, ConsentKind, NewContact, PhoneNumber, Timestamp, WindowClass};
use crate::rules::{NumberError, Rules};

/// Turns rows into contacts and rejects.
pub(super) struct Judge<'r> {
    rules: &'r Rules,
    columns: Columns,
    reading: Reading,
    places: Places,
    /// Whether the column of the region is about states, so that two letters are never a country's.
    is_state: bool,
    /// The last date that was read, as text and value, because lists repeat their dates.
    date: Option<(String, dates::Read)>,
    /// By column, rows that were not rejected and have a value there.
    used: Vec<u64>,
    /// Rows that were not rejected and say when or where consent was given, but not its kind.
    consent_unused: u64,
}

/// The reason why a row is rejected: a field's fault, or an unclear value at this position.
enum Wrong {
    Field(Fault),
    Wish(usize),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Field(fault)
    }
}

/// The result of a row, and which of its numbers are not to be called.
pub(super) struct Judged {
    pub(super) row: Result<NewContact, Box<Reject>>,
    /// The numbers of a row that says that they are not to be called, and the name of the column that says
    /// so.
    pub(super) not_to_be_called: Option<(Vec<PhoneNumber>, String)>,
}

impl<'r> Judge<'r> {
    pub(super) fn new(rules: &'r Rules, columns: Columns, reading: Reading) -> Self {
        Self {
            rules,
            used: vec![0; columns.names.len()],
            is_state: columns
                .position(Field::Region)
                .is_some_and(|position| header::plain(&columns.names[position]) != "region"),
            columns,
            reading,
            places: Places::default(),
            date: None,
            consent_unused: 0,
        }
    }

    /// Returns, by column, the rows that were not rejected and have a value there.
    pub(super) fn used(&self) -> &[u64] {
        &self.used
    }

    /// Returns the number of rows that were not rejected and say when or where consent was given, but not its
    /// kind.
    pub(super) const fn consent_unused(&self) -> u64 {
        self.consent_unused
    }

    pub(super) fn row(&mut self, line: u64, record: &StringRecord) -> Judged {
        if let Some(reject) = self.misquoted(line, record) {
            return Judged {
                row: Err(Box::new(reject)),
                not_to_be_called: None,
            };
        }
        let country = self.country(record);
        self.judged(line, record, country)
    }

    /// Returns a reject if the cells of the row are in the wrong columns.
    fn misquoted(&self, line: u64, record: &StringRecord) -> Option<Reject> {
        let columns = self.columns.names.len();
        if let Some(at) = swallowed(record, columns) {
            let place = (self.columns.names[at].as_str(), "");
            return Some(reject(line, record, place, in_two(SWALLOWED)));
        }
        let mut extra = record.iter().skip(columns);
        if extra.any(|field| !field.trim().is_empty()) {
            let reason = format!(
                "has {} fields where the header has {}",
                record.len(),
                columns
            );
            let hint = "put text that holds the delimiter in quotation marks";
            return Some(reject(line, record, ("", ""), (reason, hint.to_owned())));
        }
        None
    }

    fn judged(
        &mut self,
        line: u64,
        record: &StringRecord,
        country: Result<Stated, Fault>,
    ) -> Judged {
        let number = country
            .clone()
            .and_then(|country| self.number(record, country));
        let wish = self.wish(record);
        let not_to_be_called = match &wish {
            Ok(Some(position)) => {
                let numbers = self.numbers(record, &country, &number);
                Some((numbers, self.columns.names[*position].clone()))
            }
            Ok(None) | Err(_) => None,
        };
        let judged = match (country, number, wish) {
            (Ok(country), Ok(number), Ok(_)) => self
                .contact(line, record, (number, country))
                .map_err(Wrong::Field),
            (Err(fault), _, _) | (_, Err(fault), _) => Err(Wrong::Field(fault)),
            (_, _, Err(position)) => Err(Wrong::Wish(position)),
        };
        let row = judged.map_err(|wrong| Box::new(self.reject(line, record, wrong)));
        if row.is_ok() {
            self.note_used(record);
            let said = |field: Field| !self.field(record, field).is_empty();
            let proof = said(Field::ConsentAt) || said(Field::ConsentSource);
            self.consent_unused += u64::from(proof && !said(Field::Consent));
        }
        Judged {
            row,
            not_to_be_called,
        }
    }

    fn reject(&self, line: u64, record: &StringRecord, wrong: Wrong) -> Reject {
        match wrong {
            Wrong::Field(fault) => {
                let place = self.place(record, fault.field);
                reject(line, record, place, (fault.reason, fault.hint))
            }
            Wrong::Wish(position) => {
                let value = record.get(position).unwrap_or_default().trim();
                let name = self.columns.names[position].as_str();
                if self.columns.free.contains(&position) {
                    // A contact without these is none, or has no consent.
                    let needed = [Field::Number, Field::ConsentSource];
                    let needed = needed.map(|field| self.columns.position(field) == Some(position));
                    let column = Some(name).filter(|_| !needed.contains(&true));
                    let why = wishes::rejection(value, column);
                    return reject(line, record, (name, value), why);
                }
                let reason = if value.is_empty() {
                    "does not say whether the person may be called".to_owned()
                } else {
                    format!("`{value}` is neither true nor false")
                };
                let hint = format!(
                    "write yes or no, or say --map \"{name}=variable\" if it is about something else"
                );
                reject(line, record, (name, value), (reason, hint))
            }
        }
    }

    fn note_used(&mut self, record: &StringRecord) {
        for (used, field) in self.used.iter_mut().zip(record.iter()) {
            *used += u64::from(!field.trim().is_empty());
        }
    }

    /// Returns the column by which the row says that the person is not to be called. Errors with the column
    /// whose value cannot be read with certainty.
    fn wish(&self, record: &StringRecord) -> Result<Option<usize>, usize> {
        let mut asked = None;
        let mut unclear = None;
        for (position, wish) in &self.columns.wishes {
            let text = record.get(*position).unwrap_or_default();
            // A missing cell means as little as an empty one.
            match wishes::asks_not_to_be_called(*wish, text) {
                Ok(true) => asked = Some(*position),
                Ok(false) => {}
                Err(()) => unclear = Some(*position),
            }
        }
        match (asked, unclear) {
            (Some(position), _) => Ok(Some(position)),
            (None, Some(position)) => Err(position),
            (None, None) => {
                let mut free = self.columns.free.iter().copied();
                let said = |at: &usize| {
                    let text = record.get(*at).unwrap_or_default();
                    wishes::may_ask(text)
                };
                free.find(said).map_or(Ok(None), Err)
            }
        }
    }

    /// Returns every number of the row that can be read.
    fn numbers(
        &self,
        record: &StringRecord,
        country: &Result<Stated, Fault>,
        number: &Result<PhoneNumber, Fault>,
    ) -> Vec<PhoneNumber> {
        let country = match country {
            Ok(stated) => stated.reading(self.reading.country.as_deref()),
            Err(_) => self.reading.country.as_deref(),
        };
        let cells = self.columns.further_numbers.iter().copied();
        let cells = cells.chain(self.columns.position(Field::Number));
        let read = cells.filter_map(|position| {
            let text = record.get(position).unwrap_or_default();
            self.rules.read_listed(text, country).ok()
        });
        let mut numbers: Vec<PhoneNumber> = read.flatten().chain(number.clone().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn contact(
        &mut self,
        line: u64,
        record: &StringRecord,
        (number, country): (PhoneNumber, Stated),
    ) -> Result<NewContact, Fault> {
        let class = self.class(record, number, country)?;
        Ok(NewContact {
            line,
            number,
            name: self.whole_name(record),
            class,
            priority: self.priority(record)?,
            consent: self.consent(record)?,
            expires_at: self.expiry(record)?,
            variables: self.variables(record),
        })
    }

    /// Returns the earlier of the contact's expiry and the end of its consent.
    fn expiry(&mut self, record: &StringRecord) -> Result<Option<Timestamp>, Fault> {
        let of_consent = self.instant(record, Field::ConsentExpiresAt)?;
        let ends = self.instant(record, Field::ExpiresAt)?.into_iter();
        Ok(ends.chain(of_consent).map(|read| read.at).min())
    }

    fn whole_name(&self, record: &StringRecord) -> String {
        let name = self.field(record, Field::Name);
        if !name.is_empty() {
            return on_one_line(name);
        }
        let parts = [Field::FirstName, Field::LastName].map(|part| self.field(record, part));
        on_one_line(parts.join(" ").trim())
    }

    /// Returns the countries that the row states.
    fn country(&self, record: &StringRecord) -> Result<Stated, Fault> {
        let read = |field: Field| -> Result<Option<Country>, Fault> {
            let text = self.field(record, field);
            if text.is_empty() {
                return Ok(None);
            }
            let read = places::country(text).map(Some);
            read.map_err(|(reason, hint)| Fault::new(field, reason, hint))
        };
        let (of_address, of_number) = (read(Field::Country)?, read(Field::CountryCode)?);
        let by_code = self
            .field(record, Field::CountryCode)
            .bytes()
            .any(|byte| byte.is_ascii_digit());
        if let (Some(address), Some(number)) = (of_address, of_number)
            && address.calling != number.calling
        {
            let reason = format!(
                "says {}, and `{}` says {}",
                number.name,
                self.place(record, Field::Country).0,
                address.name
            );
            return Err(Fault::new(
                Field::CountryCode,
                reason,
                "correct one of the two",
            ));
        }
        Ok(Stated {
            address: of_address.or(of_number.filter(|_| !by_code)),
            number: of_number.or(of_address),
            by_code,
        })
    }

    fn number(&self, record: &StringRecord, country: Stated) -> Result<PhoneNumber, Fault> {
        let text = self.field(record, Field::Number);
        let joined;
        let text = match self.field(record, Field::AreaCode) {
            "" => text,
            area => {
                joined =
                    with_area(area, text).map_err(|why| Fault::from_text(Field::AreaCode, &why))?;
                joined.as_str()
            }
        };
        let assumed = self.reading.country.as_deref();
        let read = self.rules.read_number(text, country.reading(assumed));
        let number = read.map_err(|error| self.unreadable(record, error))?.number;
        if country.by_code
            && let Some(stated) = country.number
            && !number.digits().to_string().starts_with(stated.calling)
        {
            let reason = format!("says +{}, and the number begins otherwise", stated.calling);
            return Err(Fault::new(
                Field::CountryCode,
                reason,
                "correct one of the two",
            ));
        }
        if self.reading.own_numbers.contains(&number) {
            let reason = format!("{number} is one of the deck's own caller IDs");
            return Err(Fault::new(
                Field::Number,
                reason,
                "leave the row out: nobody is reached there",
            ));
        }
        Ok(number)
    }

    fn unreadable(&self, record: &StringRecord, error: NumberError) -> Fault {
        let mut further = self.columns.further_numbers.iter();
        let other = further.find(|position| has_number(record.get(**position).unwrap_or_default()));
        let (reason, _) = in_two(&error.to_string());
        let hint = match (error, other) {
            (NumberError::Empty, Some(other)) => {
                let name = &self.columns.names[*other];
                return Fault::new(
                    Field::Number,
                    format!("the number is empty, and `{name}` holds one"),
                    format!("copy it over, or call those instead: --map \"{name}=number\""),
                );
            }
            (NumberError::Empty, None) => "write the number, or remove the row",
            (NumberError::Letters, _) => {
                "needs confirmation: write its digits, a keypad letter may be a slip"
            }
            (NumberError::Extension, _) => "write the number without its extension",
            (NumberError::NotPossible, _) => "write it in full, as +12125550142",
            (NumberError::NoCountry, _) => "write it with its country code, as +12125550142",
            (NumberError::Several, _) => "leave one of them; a contact has one number",
            (NumberError::Scientific, _) => "export the column as text, and all digits stand",
        };
        Fault::new(Field::Number, reason, hint)
    }

    /// Returns the window class. The inner error is the reason why a number that can be read is never dialed.
    fn class(
        &mut self,
        record: &StringRecord,
        number: PhoneNumber,
        country: Stated,
    ) -> Result<Result<Arc<WindowClass>, String>, Fault> {
        let texts = [
            Field::TimeZone,
            Field::Region,
            Field::PostalCode,
            Field::Country,
            Field::CountryCode,
        ]
        .map(|field| self.field(record, field));
        self.places.of(&Question {
            rules: self.rules,
            number,
            country,
            texts,
            is_state: self.is_state,
            evidence: self.reading.evidence,
            calls: self.reading.calls,
        })
    }

    fn priority(&self, record: &StringRecord) -> Result<i32, Fault> {
        let text = self.field(record, Field::Priority);
        let whole = match text {
            "" => "0",
            text => text.strip_suffix(".0").unwrap_or(text),
        };
        whole.parse().map_err(|_| {
            let reason = format!("`{text}` is not a priority");
            Fault::new(
                Field::Priority,
                reason,
                "use a whole number; higher is called first",
            )
        })
    }

    /// Returns the consent that the row states. Consent without proof is none, and a list that claims it is
    /// wrong: such a row is rejected.
    fn consent(&mut self, record: &StringRecord) -> Result<Option<Consent>, Fault> {
        let text = self.field(record, Field::Consent);
        // A date that cannot be read is a fault even if no consent is stated.
        let at = self.instant(record, Field::ConsentAt)?;
        if let Some(read) = at
            && read.is_future(self.reading.now)
        {
            let reason = format!(
                "`{}` is in the future",
                self.field(record, Field::ConsentAt)
            );
            return Err(Fault::new(
                Field::ConsentAt,
                reason,
                "write the date on which it was given",
            ));
        }
        if text.is_empty() {
            return Ok(None);
        }
        let kind = consent_kind(text).map_err(|why| Fault::from_text(Field::Consent, &why))?;
        if kind == ConsentKind::None {
            return Ok(None);
        }
        let source = self.field(record, Field::ConsentSource);
        if source.is_empty() {
            let hint = "say where the proof is: a page, a document or a recording";
            let reason = format!("consent `{kind}` has no source");
            return Err(Fault::new(Field::ConsentSource, reason, hint));
        }
        let Some(read) = at else {
            let hint = "say when it was given, as 2026-03-01 or 2026-03-01T15:30:00Z";
            let reason = format!("consent `{kind}` has no date");
            return Err(Fault::new(Field::ConsentAt, reason, hint));
        };
        Ok(Some(Consent {
            kind,
            source: on_one_line(source),
            at: read.at,
        }))
    }

    /// Returns an instant, or the first moment in UTC of a date.
    fn instant(
        &mut self,
        record: &StringRecord,
        field: Field,
    ) -> Result<Option<dates::Read>, Fault> {
        let text = self.field(record, field);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some((known, read)) = &self.date
            && known == text
        {
            return Ok(Some(*read));
        }
        let read =
            dates::read(text, self.reading.dates).map_err(|why| Fault::from_text(field, &why))?;
        self.date = Some((text.to_owned(), read));
        Ok(Some(read))
    }

    fn variables(&self, record: &StringRecord) -> String {
        let mut json = String::new();
        for (position, name) in &self.columns.variables {
            let value = without_apostrophe(record.get(*position).unwrap_or_default().trim());
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
}

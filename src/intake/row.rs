//! Reads one row of a contacts file into a contact, or into the reason why it is not one.

mod beside;
mod cells;
mod comments;
mod held;

use std::sync::Arc;

use csv::StringRecord;

use super::cell::{consent_kind, has_number, on_one_line, swallowed, with_area};
use super::columns::{Columns, Field};
use super::contacts::NotToBeCalled;
use super::dates;
use super::header;
use super::located::{Places, Question, Stated, StatedTexts};
use super::names::Country;
use super::places;
use super::reading::Reading;
use super::reject::{Cell, Reject, reject};
use super::row_error::{Fault, RowFault};
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

/// The result of a row, and which of its numbers are not to be called, or perhaps not.
pub(super) struct Judged {
    pub(super) row: Result<NewContact, Box<Reject>>,
    /// The numbers of a row that says, or may say, that they are not to be called.
    pub(super) not_to_be_called: Option<NotToBeCalled>,
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
                not_to_be_called: self.held_across(line, record),
            };
        }
        let country = self.country(record);
        self.judged(line, record, country)
    }

    /// Returns a reject if the cells of the row are in the wrong columns.
    fn misquoted(&self, line: u64, record: &StringRecord) -> Option<Reject> {
        let columns = self.columns.names.len();
        if let Some(at) = swallowed(record, columns) {
            let cell = Cell {
                column: self.columns.names[at].as_str(),
                value: "",
            };
            return Some(reject(line, record, cell, &RowFault::Swallowed));
        }
        let mut extra = record.iter().skip(columns);
        if extra.any(|field| !field.trim().is_empty()) {
            let fault = RowFault::TooManyFields {
                fields: record.len(),
                columns,
            };
            return Some(reject(line, record, Cell::default(), &fault));
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
        let by_number = (&country, &number);
        let not_to_be_called = match &wish {
            Ok(Some(position)) => Some(self.held(line, record, by_number, (*position, false))),
            Ok(None) => match self.refused_consent(record) {
                Some(position) => Some(self.held(line, record, by_number, (position, true))),
                None => number
                    .as_ref()
                    .err()
                    .filter(|_| record.len() < self.columns.names.len())
                    .and_then(|_| self.held_across(line, record)),
            },
            Err(position) => {
                let says = held::says_something(record, *position);
                says.then(|| self.held(line, record, by_number, (*position, true)))
            }
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
                let cell = self.place(record, fault.field);
                reject(line, record, cell, &fault.why)
            }
            Wrong::Wish(position) => {
                let value = record.get(position).unwrap_or_default().trim();
                let name = self.columns.names[position].as_str();
                let cell = Cell {
                    column: name,
                    value,
                };
                if self.columns.free.contains(&position) {
                    // A contact without these is none, or has no consent.
                    let needed = [Field::Number, Field::ConsentSource];
                    let needed = needed.map(|field| self.columns.position(field) == Some(position));
                    let fault = RowFault::MayAsk {
                        value: value.chars().take(40).collect(),
                        column: Some(name.to_owned()).filter(|_| !needed.contains(&true)),
                    };
                    return reject(line, record, cell, &fault);
                }
                let column = name.to_owned();
                let fault = match value {
                    "" => RowFault::NoAnswer { column },
                    value => RowFault::NeitherTrueNorFalse {
                        value: value.to_owned(),
                        column,
                    },
                };
                reject(line, record, cell, &fault)
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
                let asks = |at: &usize| wishes::asks_by_itself(record.get(*at).unwrap_or_default());
                let mut watched = self.columns.watched.iter().copied();
                if let Some(position) = watched.find(asks) {
                    return Ok(Some(position));
                }
                let mut free = self.columns.free.iter().copied();
                let said = |at: &usize| {
                    let text = record.get(*at).unwrap_or_default();
                    self.columns.may_ask(*at, text)
                };
                free.find(said).map_or(Ok(None), Err)
            }
        }
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
            read.map_err(|fault| Fault::new(field, fault))
        };
        let (of_address, of_number) = (read(Field::Country)?, read(Field::CountryCode)?);
        let by_code = self
            .field(record, Field::CountryCode)
            .bytes()
            .any(|byte| byte.is_ascii_digit());
        if let (Some(address), Some(number)) = (of_address, of_number)
            && address.calling != number.calling
        {
            let fault = RowFault::TwoCountries {
                of_number: number.name,
                column: self.place(record, Field::Country).column.to_owned(),
                of_address: address.name,
            };
            return Err(Fault::new(Field::CountryCode, fault));
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
                let read = with_area(area, text);
                joined = read.map_err(|fault| Fault::new(Field::AreaCode, fault))?;
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
            let fault = RowFault::OtherCallingCode {
                calling: stated.calling,
            };
            return Err(Fault::new(Field::CountryCode, fault));
        }
        self.beside(record)?;
        if self.reading.own_numbers.contains(&number) {
            return Err(Fault::new(Field::Number, RowFault::OwnNumber(number)));
        }
        Ok(number)
    }

    fn unreadable(&self, record: &StringRecord, error: NumberError) -> Fault {
        let mut further = self.columns.further_numbers.iter();
        let other = further.find(|position| has_number(record.get(**position).unwrap_or_default()));
        let fault = match (error, other) {
            (NumberError::Empty, Some(other)) => RowFault::NumberElsewhere {
                column: self.columns.names[*other].clone(),
            },
            (error, _) => RowFault::Number(error),
        };
        Fault::new(Field::Number, fault)
    }

    /// Returns the window class. The inner error is the reason why a number that can be read is never dialed.
    fn class(
        &mut self,
        record: &StringRecord,
        number: PhoneNumber,
        country: Stated,
    ) -> Result<Result<Arc<WindowClass>, String>, Fault> {
        let texts = StatedTexts {
            zone: self.field(record, Field::TimeZone),
            region: self.field(record, Field::Region),
            postal_code: self.field(record, Field::PostalCode),
            country: self.field(record, Field::Country),
            country_code: self.field(record, Field::CountryCode),
        };
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
        whole
            .parse()
            .map_err(|_| Fault::new(Field::Priority, RowFault::Priority(text.to_owned())))
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
            let text = self.field(record, Field::ConsentAt).to_owned();
            return Err(Fault::new(
                Field::ConsentAt,
                RowFault::ConsentInFuture(text),
            ));
        }
        if text.is_empty() {
            return Ok(None);
        }
        let kind = consent_kind(text).ok_or_else(|| {
            let text = text.to_ascii_lowercase().replace([' ', '-'], "_");
            Fault::new(Field::Consent, RowFault::ConsentKind(text))
        })?;
        if kind == ConsentKind::None {
            return Ok(None);
        }
        let source = self.field(record, Field::ConsentSource);
        if source.is_empty() {
            let fault = RowFault::ConsentWithoutSource(kind);
            return Err(Fault::new(Field::ConsentSource, fault));
        }
        let Some(read) = at else {
            let fault = RowFault::ConsentWithoutDate(kind);
            return Err(Fault::new(Field::ConsentAt, fault));
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
        let read = match dates::read(text, self.reading.dates) {
            Ok(read) => read,
            Err(_) if wishes::is_nothing(text) => return Ok(None),
            Err(fault) => return Err(Fault::new(field, fault)),
        };
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

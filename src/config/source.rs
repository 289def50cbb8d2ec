//! A file being read: its text, and every fault and place found in it so far.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, ConfigErrors, Positions};

/// Line and column by key, for faults that appear only when two files are compared.
pub(super) type Places = BTreeMap<String, (usize, usize)>;

/// Faults of one file that are kept; further ones are only counted.
const KEPT: usize = 200;

/// A file being read, with the faults found so far.
pub(super) struct Source<'s> {
    file: &'s str,
    pub(super) text: &'s str,
    positions: Positions<'s>,
    errors: RefCell<Vec<ConfigError>>,
    /// Faults beyond those that are kept.
    more: Cell<usize>,
    warnings: RefCell<Vec<ConfigError>>,
    pub(super) places: RefCell<Places>,
}

/// What reading a file found in addition to its values.
pub(super) struct Findings {
    pub(super) warnings: Vec<ConfigError>,
    pub(super) places: Places,
}

impl<'s> Source<'s> {
    pub(super) fn new(file: &'s str, text: &'s str) -> Self {
        Self {
            file,
            text,
            positions: Positions::of(text),
            errors: RefCell::default(),
            more: Cell::default(),
            warnings: RefCell::default(),
            places: RefCell::default(),
        }
    }

    /// Returns the tables of the file.
    ///
    /// # Errors
    /// Errors if the text is not TOML.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'s>>, ConfigErrors> {
        let (table, faults) = DeTable::parse_recoverable(self.text);
        if faults.is_empty() {
            return Ok(table);
        }
        for fault in faults {
            let message = fault.message().replace('\n', ", ");
            self.error(
                fault.span(),
                "",
                message,
                "see https://toml.io for how TOML is written",
            );
        }
        Err(ConfigErrors(self.sorted_errors()))
    }

    /// Adds a fault with its place.
    pub(super) fn error(
        &self,
        span: Option<Range<usize>>,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.is_full() {
            self.more.set(self.more.get() + 1);
            return;
        }
        let error = self.finding(span, key, message.into(), hint.into());
        self.errors.borrow_mut().push(error);
    }

    /// Returns whether further faults are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.errors.borrow().len() >= KEPT
    }

    /// Returns line and column of a byte offset, both from 1.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        self.positions.at(offset)
    }

    /// Adds advice with its place.
    pub(super) fn warn(
        &self,
        span: Option<Range<usize>>,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let warning = self.finding(span, key, message.into(), hint.into());
        self.warnings.borrow_mut().push(warning);
    }

    /// Returns the value and the findings.
    ///
    /// # Errors
    /// Errors if a fault was found anywhere, or if there is no value.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<(T, Findings), ConfigErrors> {
        let errors = self.sorted_errors();
        match value {
            Some(value) if errors.is_empty() => Ok((
                value,
                Findings {
                    warnings: self.warnings.into_inner(),
                    places: self.places.into_inner(),
                },
            )),
            _ => Err(ConfigErrors(errors)),
        }
    }

    fn sorted_errors(&self) -> Vec<ConfigError> {
        let mut errors = self.errors.borrow().clone();
        errors.sort_by_key(|error| (error.line, error.column));
        if self.more.get() > 0 {
            let message = format!("has {} faults more", self.more.get());
            let hint = "correct those above first".to_owned();
            errors.push(self.finding(None, "", message, hint));
        }
        errors
    }

    fn finding(
        &self,
        span: Option<Range<usize>>,
        key: &str,
        message: String,
        hint: String,
    ) -> ConfigError {
        let (line, column) = self.position(span.map_or(0, |span| span.start));
        ConfigError {
            file: self.file.to_owned(),
            line,
            column,
            key: key.to_owned(),
            message,
            hint,
        }
    }
}

/// A value with its key and place.
pub(super) struct Item<'t, 's> {
    pub(super) value: &'t DeValue<'s>,
    pub(super) span: Range<usize>,
    pub(super) key: String,
}

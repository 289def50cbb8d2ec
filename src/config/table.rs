//! A reader of one TOML table that collects every fault instead of stopping at the first.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::{Item, Source};
use super::value::suggestion;

/// One table of the file. An absent table is read as an empty one.
pub(super) struct Table<'t, 's> {
    pub(super) source: &'t Source<'s>,
    pub(super) keys: Option<&'t DeTable<'s>>,
    span: Range<usize>,
    path: String,
    known: Vec<&'static str>,
}

impl<'t, 's> Table<'t, 's> {
    pub(super) fn root(source: &'t Source<'s>, table: &'t Spanned<DeTable<'s>>) -> Self {
        Self {
            source,
            keys: Some(table.get_ref()),
            span: 0..0,
            path: String::new(),
            known: Vec::new(),
        }
    }

    /// Returns the table's own place, where missing keys are reported.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns the dotted name of a key of this table.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Returns the value of a key; `None` if it is absent. Reading a key makes it known.
    pub(super) fn item(&mut self, key: &'static str) -> Option<Item<'t, 's>> {
        self.known.push(key);
        let (written, value) = self.keys?.get_key_value(key)?;
        let name = self.name(key);
        let place = self.source.position(written.span().start);
        self.source.places.borrow_mut().insert(name.clone(), place);
        Some(Item {
            value: value.get_ref(),
            span: value.span(),
            key: name,
        })
    }

    /// Returns whether the key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.is_some_and(|keys| keys.contains_key(key))
    }

    /// Makes a key known without reading it.
    pub(super) fn know(&mut self, key: &'static str) {
        self.known.push(key);
    }

    /// Returns a table below this one; an empty one if it is absent.
    pub(super) fn sub(&mut self, key: &'static str) -> Self {
        let item = self.item(key);
        let (keys, span) = match &item {
            Some(item) => (self.expect_table(item), item.span.clone()),
            None => (None, self.span.clone()),
        };
        Self {
            source: self.source,
            keys,
            span,
            path: self.name(key),
            known: Vec::new(),
        }
    }

    /// Returns an array of tables, `[[key]]`; empty if it is absent.
    pub(super) fn subs(&mut self, key: &'static str) -> Vec<Self> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = item.value else {
            self.wrong_type(&item, &format!("tables, each headed [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, value) in array.iter().enumerate() {
            let item = Item {
                value: value.get_ref(),
                span: value.span(),
                key: format!("{}[{}]", item.key, index + 1),
            };
            if let Some(table) = self.expect_table(&item) {
                tables.push(Self {
                    source: self.source,
                    keys: Some(table),
                    span: item.span,
                    path: item.key,
                    known: Vec::new(),
                });
            }
        }
        tables
    }

    /// Returns a value as a table; reports a fault if it is of another type.
    pub(super) fn nested(&self, item: &Item<'t, 's>) -> Option<Self> {
        let table = self.expect_table(item)?;
        Some(Self {
            source: self.source,
            keys: Some(table),
            span: item.span.clone(),
            path: item.key.clone(),
            known: Vec::new(),
        })
    }

    /// Returns the values of an array; empty if it is absent.
    pub(super) fn items(&mut self, key: &'static str) -> Vec<Item<'t, 's>> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = item.value else {
            self.wrong_type(&item, "a list in square brackets");
            return Vec::new();
        };
        array
            .iter()
            .enumerate()
            .map(|(index, value)| Item {
                value: value.get_ref(),
                span: value.span(),
                key: format!("{}[{}]", item.key, index + 1),
            })
            .collect()
    }

    /// Returns the keys that have not been read so far, for tables whose keys are names. The table counts
    /// as empty after that.
    pub(super) fn other_keys(&mut self) -> Vec<(String, Item<'t, 's>)> {
        let Some(table) = self.keys else {
            return Vec::new();
        };
        let known = &self.known;
        let others = table
            .iter()
            .filter(|(key, _)| !known.contains(&key.get_ref().as_ref()))
            .map(|(key, value)| {
                let item = Item {
                    value: value.get_ref(),
                    span: key.span(),
                    key: self.name(key.get_ref()),
                };
                (key.get_ref().to_string(), item)
            })
            .collect();
        self.keys = None;
        others
    }

    /// Reports every key of the table that was never read as unknown.
    pub(super) fn finish(mut self) {
        let known = std::mem::take(&mut self.known);
        let Some(table) = self.keys else {
            return;
        };
        for key in table.keys() {
            let word = key.get_ref().as_ref();
            if !known.contains(&word) {
                let near = if self.source.is_full() {
                    String::new()
                } else {
                    suggestion(word, &known)
                };
                self.source.error(
                    Some(key.span()),
                    &self.name(word),
                    "is not a key of this table",
                    near,
                );
            }
        }
    }

    /// Reports a key that must be written.
    pub(super) fn missing(&self, key: &str, hint: impl Into<String>) {
        self.source
            .error(Some(self.span()), &self.name(key), "is missing", hint);
    }

    fn expect_table(&self, item: &Item<'t, 's>) -> Option<&'t DeTable<'s>> {
        if let DeValue::Table(table) = item.value {
            return Some(table);
        }
        self.wrong_type(item, "a table");
        None
    }

    pub(super) fn wrong_type(&self, item: &Item<'_, '_>, wanted: &str) {
        self.source.error(
            Some(item.span.clone()),
            &item.key,
            format!("is {}", kind_of(item.value)),
            format!("write {wanted}"),
        );
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

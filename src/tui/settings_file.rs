//! Theme and key files as flat lists of entries. Each entry has its place for errors and warnings.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::config::{ConfigError, ConfigErrors, position, read_own_text};

/// One `key = value` of a file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    file: String,
    /// The key with its table: `palette.red`.
    pub(super) key: String,
    /// The value as it was parsed.
    pub(super) value: Value,
    line: usize,
    column: usize,
}

/// The value of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, or a whole number as it is written.
    Text(String),
    /// An array whose items are all texts.
    List(Vec<String>),
    /// A value of any other type.
    Other,
}

impl Entry {
    /// Returns an error about this entry.
    pub(super) fn fault(&self, message: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        ConfigError {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            key: self.key.clone(),
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Returns the place of the entry: `keys.toml:3`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Returns the entries of a file on disk, in the order of their places.
///
/// # Errors
/// Errors if the file cannot be read, is not UTF-8 or is not TOML.
pub(super) fn load(path: &Path) -> Result<Vec<Entry>, ConfigErrors> {
    read(&path.display().to_string(), &read_own_text(path)?)
}

/// Returns the entries of a text. `file` is the name that errors refer to.
///
/// # Errors
/// Errors if the text is not TOML.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Entry>, ConfigErrors> {
    let table = DeTable::parse(text).map_err(|fault| {
        let (line, column) = position(text, fault.span().map_or(0, |span| span.start));
        ConfigErrors(vec![ConfigError {
            file: file.to_owned(),
            line,
            column,
            key: String::new(),
            message: fault.message().replace('\n', ", "),
            hint: "see https://toml.io for how TOML is written".to_owned(),
        }])
    })?;
    let mut entries = Vec::new();
    flatten(file, text, "", table.get_ref(), &mut entries);
    entries.sort_by_key(|entry| (entry.line, entry.column));
    Ok(entries)
}

fn flatten(file: &str, text: &str, prefix: &str, table: &DeTable<'_>, into: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        if let DeValue::Table(inner) = value.get_ref() {
            flatten(file, text, &key, inner, into);
            continue;
        }
        let (line, column) = position(text, name.span().start);
        into.push(Entry {
            file: file.to_owned(),
            key,
            value: convert(value.get_ref()),
            line,
            column,
        });
    }
}

fn convert(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Text(number.to_string()),
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => None,
            })
            .collect::<Option<_>>()
            .map_or(Value::Other, Value::List),
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            Value::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_with_their_places() {
        let entries = read("x.toml", "a = 7\n[t]\nb = [\"x\", \"y\"]\nc = true\n").unwrap();
        let seen: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.line)).collect();
        assert_eq!(seen, [("a", 1), ("t.b", 3), ("t.c", 4)]);
        assert_eq!(entries[0].value, Value::Text("7".into()));
        assert_eq!(entries[1].value, Value::List(vec!["x".into(), "y".into()]));
        assert_eq!(entries[2].value, Value::Other);
        assert_eq!(
            entries[2].fault("m", "h").to_string(),
            "x.toml:4:1: t.c: m; h"
        );
    }

    #[test]
    fn a_broken_file_names_its_line() {
        let error = read("x.toml", "a = 1\nb = = 2\n").unwrap_err().to_string();
        assert!(error.starts_with("x.toml:2:"), "{error}");
    }
}

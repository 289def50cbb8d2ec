//! Typed values of a table: text, words, numbers, spans of time, instants, each within its range.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::table::Table;
use super::value::{alternatives, instant, parse_duration, show_duration, time_of_day};
use crate::domain::{MinuteOfDay, ParseError, Timestamp};

impl<'t> Table<'t, '_> {
    /// Returns text, trimmed; reports a fault if it is blank.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'t str> {
        let item = self.item(key)?;
        let DeValue::String(text) = item.value else {
            self.wrong_type(&item, "text in quotes");
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            self.source.error(
                Some(item.span),
                &item.key,
                "is empty",
                "write something or leave it out",
            );
            return None;
        }
        Some(text)
    }

    /// Returns text; reports a fault if the key is absent.
    pub(super) fn required_text(&mut self, key: &'static str, hint: &str) -> Option<&'t str> {
        if !self.has(key) {
            self.know(key);
            self.missing(key, hint);
            return None;
        }
        self.text(key)
    }

    /// Returns the value of one of several words; reports a fault for any other word.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.word_or_old(key, words, &[])
    }

    /// Returns the value of one of several words, or of a word of older files; reports a fault for any other
    /// word, and then does not name the old ones.
    pub(super) fn word_or_old<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        old: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        let mut all = words.iter().chain(old);
        let found = all.find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.reject(
                key,
                format!("`{text}` is not known"),
                format!("use {}", alternatives(&known)),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// Returns the value of one of several words; reports a fault if the key is absent.
    pub(super) fn required_word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        if !self.has(key) {
            self.know(key);
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.missing(key, format!("use {}", alternatives(&known)));
            return None;
        }
        self.word(key, words)
    }

    /// Returns a whole number; reports a fault if it is outside the range.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let item = self.item(key)?;
        let hint = format!("use {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = item.value else {
            self.wrong_type(
                &item,
                &format!("a whole number, {} to {}", range.start(), range.end()),
            );
            return None;
        };
        let text = integer.as_str().replace('_', "");
        let Some(value) = i64::from_str_radix(&text, integer.radix())
            .ok()
            .and_then(|value| u32::try_from(value).ok())
        else {
            let size = if text.starts_with('-') {
                "small"
            } else {
                "large"
            };
            let message = format!("{text} is too {size}");
            self.source.error(Some(item.span), &item.key, message, hint);
            return None;
        };
        if range.contains(&value) {
            return Some(value);
        }
        let size = if value < *range.start() {
            "small"
        } else {
            "large"
        };
        self.source.error(
            Some(item.span),
            &item.key,
            format!("{value} is too {size}"),
            hint,
        );
        None
    }

    /// Returns a Boolean, written `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let item = self.item(key)?;
        if let DeValue::Boolean(value) = item.value {
            return Some(*value);
        }
        self.wrong_type(&item, "true or false");
        None
    }

    /// Returns a span of time; reports a fault if it is outside the range.
    pub(super) fn span_of_time(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let item = self.item(key)?;
        let DeValue::String(text) = item.value else {
            self.wrong_type(&item, "a span of time such as \"30m\"");
            return None;
        };
        let span = match parse_duration(text) {
            Ok(span) => span,
            Err(why) => {
                self.reject_unparsed(key, why);
                return None;
            }
        };
        if range.contains(&span) {
            return Some(span);
        }
        let size = if span < *range.start() {
            "short"
        } else {
            "long"
        };
        self.source.error(
            Some(item.span),
            &item.key,
            format!("{text} is too {size}"),
            format!(
                "use {} to {}",
                show_duration(*range.start()),
                show_duration(*range.end())
            ),
        );
        None
    }

    /// Returns an instant, from a TOML date-time with its offset or from text in quotes.
    pub(super) fn instant(&mut self, key: &'static str) -> Option<Timestamp> {
        let item = self.item(key)?;
        let read = if let DeValue::String(text) = item.value {
            text.parse()
        } else if let DeValue::Datetime(value) = item.value {
            instant(value)
        } else {
            self.wrong_type(&item, "an instant such as 2026-12-07T15:30:00Z");
            return None;
        };
        read.map_err(|why| self.reject_unparsed(key, why)).ok()
    }

    /// Returns a time of day, from `"09:00"` or a bare `09:00`.
    pub(super) fn time_of_day(&mut self, key: &'static str) -> Option<MinuteOfDay> {
        let item = self.item(key)?;
        let read = if let DeValue::String(text) = item.value {
            text.parse()
        } else if let DeValue::Datetime(value) = item.value {
            time_of_day(value)
        } else {
            self.wrong_type(&item, "a time of day such as \"09:00\"");
            return None;
        };
        read.map_err(|why| self.reject_unparsed(key, why)).ok()
    }

    /// Reports a fault at the value of a key that is written.
    pub(super) fn reject(&self, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        let span = self.value_span(key);
        self.source
            .error(Some(span), &self.name(key), message, hint);
    }

    /// Reports a value that cannot be parsed.
    pub(super) fn reject_unparsed(&self, key: &str, why: ParseError) {
        self.reject(key, why.reason, why.hint);
    }

    /// Returns the place of a key's value; the table's place if the key is absent.
    pub(super) fn value_span(&self, key: &str) -> Range<usize> {
        self.keys
            .and_then(|table| table.get(key))
            .map_or_else(|| self.span(), Spanned::span)
    }
}

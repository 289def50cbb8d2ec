//! Faults in a settings file: where, which key, what is wrong, what to write instead.

use std::fmt;
use std::path::Path;

/// One fault of a settings file, or one piece of advice if it is among the warnings.
///
/// # Examples
/// ```
/// use dialdeck::config::ConfigError;
///
/// let fault = ConfigError {
///     file: "spring.toml".to_owned(),
///     line: 14,
///     column: 3,
///     key: "pacing.weight".to_owned(),
///     message: "0 is too small".to_owned(),
///     hint: "use 1 to 1000".to_owned(),
/// };
/// assert_eq!(
///     fault.to_string(),
///     "spring.toml:14:3: pacing.weight: 0 is too small; use 1 to 1000"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, under the name it was given.
    pub file: String,
    /// Line, from 1; 0 if the fault concerns the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 if the line is 0.
    pub column: usize,
    /// The key with its tables: `pacing.calls_per_minute`; empty if no key is concerned.
    pub key: String,
    /// What is wrong, without the place.
    pub message: String,
    /// What to write or do instead; may be empty.
    pub hint: String,
}

impl fmt::Display for ConfigError {
    /// Writes one line: `reminders.toml:14:3: pacing.calls_per_minute: 0 is too small; use 1 to 600`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// Every fault of a file, in the order of their places; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// Returns one fault that concerns a file as a whole.
    pub(super) fn single(path: &Path, message: String, hint: &str) -> Self {
        Self(vec![ConfigError {
            file: path.display().to_string(),
            line: 0,
            column: 0,
            key: String::new(),
            message,
            hint: hint.to_owned(),
        }])
    }
}

impl fmt::Display for ConfigErrors {
    /// Writes one line for each fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// Finds lines and columns in a text. Each look-up takes constant time for long texts and long lines.
pub(super) struct Positions<'t> {
    text: &'t str,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
    /// Characters before each block of [`BLOCK`] bytes.
    chars: Vec<usize>,
}

/// Bytes between two stored counts of characters.
const BLOCK: usize = 1024;

impl<'t> Positions<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut before = 0;
        let chars = text.as_bytes().chunks(BLOCK).map(|block| {
            let count = before;
            before += starts(block);
            count
        });
        Self {
            text,
            chars: chars.collect(),
            lines: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// Returns line and column of a byte offset, both from 1.
    pub(super) fn at(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        (line, self.before(offset) - self.before(start) + 1)
    }

    /// Returns the number of characters that begin before a byte offset.
    fn before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let counted = self.chars.get(block).copied();
        match counted {
            Some(count) => count + starts(&self.text.as_bytes()[block * BLOCK..offset]),
            None => self.text.chars().count(),
        }
    }
}

/// Returns the number of characters that begin in these bytes of UTF-8.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Returns line and column of a byte offset, both from 1, for one look-up in a text.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    Positions::of(text).at(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "a = 1\n\nété = \"Zoë\"\n".repeat(300) + &"é".repeat(3_000) + "\nend";
        let positions = Positions::of(&text);
        let (mut line, mut column) = (1, 1);
        for (offset, char) in text.char_indices() {
            assert_eq!(positions.at(offset), (line, column), "{offset}");
            (line, column) = if char == '\n' {
                (line + 1, 1)
            } else {
                (line, column + 1)
            };
        }
        assert_eq!(positions.at(text.len()), (line, column));
        assert_eq!(Positions::of("").at(0), (1, 1));
    }
}

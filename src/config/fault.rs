//! Faults in a settings file: where, which key, what is wrong, what to write instead.

use std::fmt;
use std::path::Path;

/// One fault, or one piece of advice when it stands among warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0 when the fault is with the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 with line 0.
    pub column: usize,
    /// The key with its tables: `pacing.calls_per_minute`; empty when no key is concerned.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write or do instead.
    pub hint: String,
}

impl fmt::Display for ConfigError {
    /// `reminders.toml:14:3: pacing.calls_per_minute: 0 is too small; use 1 to 600`.
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
    /// A fault with a file as a whole.
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
    /// One line a fault.
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

/// Places in a text, each found in the same short time however long the text and its lines are.
pub(super) struct Positions<'t> {
    text: &'t str,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
    /// Characters before every block of [`BLOCK`] bytes.
    chars: Vec<usize>,
}

/// Bytes between two counts of characters.
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

    /// Line and column, both from 1, of a byte offset.
    pub(super) fn at(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        (line, self.before(offset) - self.before(start) + 1)
    }

    /// Characters that begin before a byte offset.
    fn before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let counted = self.chars.get(block).copied();
        match counted {
            Some(count) => count + starts(&self.text.as_bytes()[block * BLOCK..offset]),
            None => self.text.chars().count(),
        }
    }
}

/// Characters that begin in these bytes of UTF-8.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Line and column, both from 1, of a byte offset in a text that is asked about once.
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

//! The writer for standard output, which removes characters that could disturb a terminal.

use std::io::{self, Write};

use crate::domain::text::{clean, escape_json};

/// The kind of output, which decides how it is cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Text for people: characters that could disturb a terminal are dropped.
    Text,
    /// JSON documents, one per line: such characters are escaped.
    Json,
    /// Bytes that must not change: an exported log, whose digests are over its bytes.
    Bytes,
}

/// A writer that cleans its output line by line.
pub(super) struct CleanWriter<W: Write> {
    to: W,
    form: Form,
    /// The bytes of the unfinished line.
    line: Vec<u8>,
}

impl<W: Write> CleanWriter<W> {
    /// Creates a writer of this form.
    pub(super) const fn new(to: W, form: Form) -> Self {
        Self {
            to,
            form,
            line: Vec::new(),
        }
    }

    fn write_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let (line, end) = match line.strip_suffix(b"\n") {
            Some(line) => (line, "\n"),
            None => (&line[..], ""),
        };
        let text = String::from_utf8_lossy(line);
        let cleaned = match self.form {
            Form::Text => clean(&text),
            Form::Json | Form::Bytes => escape_json(&text),
        };
        self.to.write_all(cleaned.as_bytes())?;
        self.to.write_all(end.as_bytes())
    }
}

impl<W: Write> Write for CleanWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.form == Form::Bytes {
            return self.to.write(bytes);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.write_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.write_line()?;
        }
        self.to.flush()
    }
}

impl<W: Write> Drop for CleanWriter<W> {
    fn drop(&mut self) {
        self.flush().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, parts: &[&str]) -> String {
        let mut bytes = Vec::new();
        let mut writer = CleanWriter::new(&mut bytes, form);
        for part in parts {
            writer.write_all(part.as_bytes()).unwrap();
        }
        drop(writer);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_loses_what_disturbs() {
        let parts = ["a\u{1b}[3", "1mb\tc\n", "d\u{202e}e\n", "f\u{200b}g"];
        assert_eq!(written(Form::Text, &parts), "a[31mb c\nde\nfg");
    }

    #[test]
    fn a_character_in_two_writes_stays_whole() {
        let mut bytes = Vec::new();
        let mut writer = CleanWriter::new(&mut bytes, Form::Text);
        writer.write_all(&"é".as_bytes()[..1]).unwrap();
        writer.write_all(&"é".as_bytes()[1..]).unwrap();
        drop(writer);
        assert_eq!(bytes, "é".as_bytes());
    }

    #[test]
    fn json_is_escaped_and_bytes_stay() {
        let document = "{\"name\":\"a\u{202e}b\u{85}\"}\n";
        assert_eq!(
            written(Form::Json, &[document]),
            "{\"name\":\"a\\u202eb\\u0085\"}\n"
        );
        assert_eq!(written(Form::Bytes, &[document]), document);
    }
}

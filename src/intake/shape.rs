//! The shape of a CSV text: its delimiter, whether its quotes close, how many rows it has.

use std::io::Read;

use super::fault::FileError;
use super::text::Text;

/// What the first pass over a CSV text found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) delimiter: u8,
    /// Whether lines that begin with `#` are none of the rows.
    pub(super) comments: bool,
    /// Rows below the header.
    pub(super) rows: u64,
}

/// Delimiters in order of preference.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Longest first row that is looked at for its delimiter.
const HEADER_MAX: usize = 1 << 20;

/// Reads the text once. `comments`: lines that begin with `#` are none of the file's rows.
pub(super) fn measure(text: &Text, comments: bool) -> Result<Shape, FileError> {
    let delimiter = delimiter(&header_line(text, comments)?);
    let mut reader = text.open()?;
    let mut walk = Walk::new(delimiter, comments);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader
            .read(&mut buffer)
            .map_err(|error| text.origin.unreadable(&error))?;
        if read == 0 {
            break;
        }
        walk.add(&buffer[..read]);
        if let Some(line) = walk.undecodable.filter(|_| text.marked) {
            let hint = "save the file as UTF-8 and import it again";
            return Err(text
                .origin
                .refuse(line, "", "has characters that cannot be read", hint));
        }
    }
    if let Some(line) = walk.end() {
        let hint = "close the quotation mark, or double it where it is part of the text";
        let message = "a quotation mark is opened here and never closed";
        return Err(text.origin.refuse(line, "", message, hint));
    }
    Ok(Shape {
        delimiter,
        comments,
        rows: walk.records.saturating_sub(1),
    })
}

/// The first line with something on it.
fn header_line(text: &Text, comments: bool) -> Result<Vec<u8>, FileError> {
    let mut head = Vec::new();
    text.open()?
        .take(HEADER_MAX as u64)
        .read_to_end(&mut head)
        .map_err(|error| text.origin.unreadable(&error))?;
    Ok(head
        .split(|byte| *byte == b'\n' || *byte == b'\r')
        .find(|line| {
            line.first()
                .is_some_and(|first| !(comments && *first == b'#'))
        })
        .unwrap_or_default()
        .to_vec())
}

/// The delimiter that occurs most often outside quotes.
fn delimiter(header: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in header {
        if *byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some(which) = DELIMITERS.iter().position(|known| known == byte) {
            counts[which] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let which = counts.iter().position(|count| *count == most).unwrap_or(0);
    DELIMITERS[which]
}

/// U+FFFD in UTF-8, which the decoder writes for what it cannot read.
const UNDECODABLE: [u8; 3] = [0xef, 0xbf, 0xbd];

/// RFC 4180 as far as quotes and rows go, over any number of chunks.
struct Walk {
    delimiter: u8,
    comments: bool,
    line: u64,
    records: u64,
    /// The line of the last opening quote.
    opened_at: u64,
    place: Place,
    /// The first line with [`UNDECODABLE`].
    undecodable: Option<u64>,
    tail: [u8; 2],
    /// The bytes that may change anything within a field.
    tells: [bool; 256],
}

/// Where in a row the walk stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    RowStart,
    FieldStart,
    InField,
    InQuotes,
    /// A quote within quotes: closes them unless another follows.
    QuoteInQuotes,
    InComment,
}

impl Walk {
    fn new(delimiter: u8, comments: bool) -> Self {
        let mut tells = [false; 256];
        for byte in [delimiter, b'"', b'\n', b'\r', UNDECODABLE[2]] {
            tells[usize::from(byte)] = true;
        }
        Self {
            delimiter,
            comments,
            line: 1,
            records: 0,
            opened_at: 0,
            place: Place::RowStart,
            undecodable: None,
            tail: [0; 2],
            tells,
        }
    }

    fn add(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while let Some((byte, after)) = rest.split_first() {
            self.step(*byte);
            rest = after;
            if matches!(self.place, Place::InField | Place::InQuotes) {
                rest = self.pass(rest);
            }
        }
    }

    /// Passes over the bytes of a field that change nothing; what comes after them.
    fn pass<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let stop = bytes.iter().position(|byte| self.tells[usize::from(*byte)]);
        let (passed, rest) = bytes.split_at(stop.unwrap_or(bytes.len()));
        self.tail = match *passed {
            [] => self.tail,
            [last] => [self.tail[1], last],
            [.., before, last] => [before, last],
        };
        rest
    }

    fn step(&mut self, byte: u8) {
        let [first, second] = self.tail;
        if [first, second, byte] == UNDECODABLE && self.undecodable.is_none() {
            self.undecodable = Some(self.line);
        }
        self.tail = [second, byte];
        self.place = match (self.place, byte) {
            (Place::InQuotes, b'"') => Place::QuoteInQuotes,
            (Place::InQuotes, _) | (Place::QuoteInQuotes, b'"') => Place::InQuotes,
            // As the csv crate has it, only a line feed ends a comment.
            (Place::InComment, byte) if byte != b'\n' => Place::InComment,
            (place, b'\n' | b'\r') => {
                if !matches!(place, Place::RowStart | Place::InComment) {
                    self.records += 1;
                }
                Place::RowStart
            }
            (Place::RowStart, b'#') if self.comments => Place::InComment,
            (Place::RowStart | Place::FieldStart, b'"') => {
                self.opened_at = self.line;
                Place::InQuotes
            }
            (_, byte) if byte == self.delimiter => Place::FieldStart,
            _ => Place::InField,
        };
        self.line += u64::from(byte == b'\n');
    }

    /// The line of a quote that is still open at the end.
    fn end(&mut self) -> Option<u64> {
        if !matches!(self.place, Place::RowStart | Place::InComment) {
            self.records += 1;
        }
        (self.place == Place::InQuotes).then_some(self.opened_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::text::Origin;

    fn shape(text: &str) -> Result<Shape, FileError> {
        let origin = Origin::Bytes("list.csv".to_owned(), text.as_bytes().into());
        measure(&Text::examine(origin).unwrap(), false)
    }

    #[test]
    fn rows_are_counted_as_the_reader_reads_them() {
        let shape = shape("a;b\r\n1;\"x\ny\"\r\n\r\n2;\"say \"\"so\"\"\"\r\n3;last").unwrap();
        assert_eq!((shape.delimiter, shape.rows), (b';', 3));
    }

    #[test]
    fn bytes_passed_over_change_nothing() {
        let text = "a,b\n\"x\"\"y,\nz\",w\"v\u{fffd}\nlong field,\"q\u{fffd}\"\r\n\n1,";
        let walked = |size: usize| {
            let mut walk = Walk::new(b',', false);
            for chunk in text.as_bytes().chunks(size) {
                walk.add(chunk);
            }
            let open = walk.end();
            (walk.records, walk.line, walk.undecodable, open)
        };
        // Chunks of one byte are walked step by step.
        for size in 2..text.len() {
            assert_eq!(walked(size), walked(1), "chunks of {size}");
        }
        assert_eq!(walked(1), (4, 6, Some(3), None));
    }

    #[test]
    fn an_open_quote_names_the_line_that_opened_it() {
        let fault = shape("a,b\n1,2\n3,\"four\n5,6\n").unwrap_err();
        assert_eq!(fault.line, 3);
    }
}

//! The shape of a CSV text: its delimiter, whether its quotes close, how many rows it has.

use std::io::Read;

use super::file_error::{FileError, FileFault};
use super::text::Text;

/// The results of the first pass over a CSV text.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) delimiter: u8,
    /// Rows, including the header.
    pub(super) records: u64,
    /// The first lines with a character that could not be read, and how many such characters there are.
    pub(super) undecodable: (Vec<u64>, u64),
    /// Whether a row below the first has fewer digits than a number, or any row begins with `#`.
    pub(super) has_titles: bool,
}

impl Shape {
    /// Returns a warning about characters that could not be read; `None` if there are none.
    pub(super) fn replaced(&self) -> Option<String> {
        let (lines, count) = &self.undecodable;
        let named: Vec<String> = lines.iter().map(u64::to_string).collect();
        let (what, which) = match count {
            0 => return None,
            1 => ("a character that could not be read is", "line"),
            _ => ("characters that could not be read are", "lines"),
        };
        let more = if lines.len() == NAMED {
            " and further"
        } else {
            ""
        };
        Some(format!(
            "{which} {}{more}: {what} replaced by \u{fffd}",
            named.join(", ")
        ))
    }
}

/// Delimiters in order of preference.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The most bytes that are read to find the delimiter.
const HEADER_MAX: usize = 1 << 20;

/// The longest row, in bytes. A longer one has a quotation mark that is closed much later, or is no list.
const ROW_MAX: u64 = 1 << 20;

/// The fewest digits of a row with a number.
const NUMBER_DIGITS: usize = 7;

/// The most lines that a warning names one by one.
const NAMED: usize = 20;

/// Reads the text once, and its beginning twice if no line `sep=` names the delimiter.
pub(super) fn measure(text: &Text) -> Result<Shape, FileError> {
    let delimiter = match text.delimiter {
        Some(named) => named,
        None => delimiter(&header_line(text)?),
    };
    let mut reader = text.open()?;
    let mut walk = Walk::new(delimiter);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = reader
            .read(&mut buffer)
            .map_err(|error| text.origin.unreadable(error))?;
        if read == 0 {
            break;
        }
        walk.add(&buffer[..read]);
        if walk.row_bytes > ROW_MAX {
            let fault = FileFault::LongRow;
            return Err(text.origin.refuse(walk.row_line, "", fault));
        }
    }
    if let Some(line) = walk.end() {
        return Err(text.origin.refuse(line, "", FileFault::OpenQuote));
    }
    Ok(Shape {
        delimiter,
        records: walk.records,
        undecodable: walk.undecodable,
        has_titles: walk.has_titles,
    })
}

/// Returns the first line that is neither empty nor a comment.
fn header_line(text: &Text) -> Result<Vec<u8>, FileError> {
    let mut head = Vec::new();
    text.open()?
        .take(HEADER_MAX as u64)
        .read_to_end(&mut head)
        .map_err(|error| text.origin.unreadable(error))?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let lines = lines.by_ref().filter(|line| !line.is_empty());
    let mut lines = lines.skip_while(|line| line.first() == Some(&b'#'));
    let found = lines.next().map(<[u8]>::to_vec);
    Ok(found.unwrap_or(head))
}

/// Returns the delimiter that occurs most often outside quotes.
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

/// U+FFFD in UTF-8, which the decoder writes for bytes that it cannot read.
const UNDECODABLE: [u8; 3] = [0xef, 0xbf, 0xbd];

/// A state machine for the quotes and rows of RFC 4180, over any number of chunks.
struct Walk {
    delimiter: u8,
    line: u64,
    records: u64,
    /// The line on which the current row begins, and its bytes so far.
    row_line: u64,
    row_bytes: u64,
    /// The line of the last opening quote.
    opened_at: u64,
    place: Place,
    /// The first lines with [`UNDECODABLE`], and how often it occurs.
    undecodable: (Vec<u64>, u64),
    tail: [u8; 2],
    /// Digits of the current row, up to [`NUMBER_DIGITS`] or a few more.
    row_digits: usize,
    has_titles: bool,
    /// The bytes that may change the state within a field.
    tells: [bool; 256],
}

/// Where in a row the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    RowStart,
    FieldStart,
    InField,
    InQuotes,
    /// After a quote within quotes. It closes the quotes unless another quote follows.
    QuoteInQuotes,
}

impl Walk {
    fn new(delimiter: u8) -> Self {
        let mut tells = [false; 256];
        for byte in [delimiter, b'"', b'\n', b'\r', UNDECODABLE[2]] {
            tells[usize::from(byte)] = true;
        }
        Self {
            delimiter,
            line: 1,
            records: 0,
            row_line: 1,
            row_bytes: 0,
            opened_at: 0,
            place: Place::RowStart,
            undecodable: (Vec::new(), 0),
            tail: [0; 2],
            row_digits: 0,
            has_titles: false,
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

    /// Skips the bytes of a field that change nothing. Returns the rest.
    fn pass<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let stop = bytes.iter().position(|byte| self.tells[usize::from(*byte)]);
        let (passed, rest) = bytes.split_at(stop.unwrap_or(bytes.len()));
        self.row_bytes += passed.len() as u64;
        if self.row_digits < NUMBER_DIGITS {
            self.row_digits += passed.iter().filter(|byte| byte.is_ascii_digit()).count();
        }
        self.tail = match *passed {
            [] => self.tail,
            [last] => [self.tail[1], last],
            [.., before, last] => [before, last],
        };
        rest
    }

    fn step(&mut self, byte: u8) {
        let [first, second] = self.tail;
        if [first, second, byte] == UNDECODABLE {
            self.note_undecodable();
        }
        self.tail = [second, byte];
        if self.place == Place::RowStart {
            (self.row_line, self.row_bytes, self.row_digits) = (self.line, 0, 0);
            self.has_titles |= byte == b'#';
        }
        self.row_bytes += 1;
        self.row_digits += usize::from(byte.is_ascii_digit());
        self.place = match (self.place, byte) {
            (Place::InQuotes, b'"') => Place::QuoteInQuotes,
            (Place::InQuotes, _) | (Place::QuoteInQuotes, b'"') => Place::InQuotes,
            (place, b'\n' | b'\r') => {
                if place != Place::RowStart {
                    self.end_row();
                }
                Place::RowStart
            }
            (Place::RowStart | Place::FieldStart, b'"') => {
                self.opened_at = self.line;
                Place::InQuotes
            }
            (_, byte) if byte == self.delimiter => Place::FieldStart,
            _ => Place::InField,
        };
        self.line += u64::from(byte == b'\n');
    }

    fn end_row(&mut self) {
        self.has_titles |= self.records > 0 && self.row_digits < NUMBER_DIGITS;
        self.records += 1;
    }

    fn note_undecodable(&mut self) {
        let (lines, count) = &mut self.undecodable;
        *count += 1;
        if lines.last() != Some(&self.line) && lines.len() < NAMED {
            lines.push(self.line);
        }
    }

    /// Counts the last row. Returns the line of a quote that is still open at the end.
    fn end(&mut self) -> Option<u64> {
        if self.place != Place::RowStart {
            self.end_row();
        }
        (self.place == Place::InQuotes).then_some(self.opened_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::text::Origin;

    fn shape(text: &[u8]) -> Result<Shape, FileError> {
        let origin = Origin::Bytes("list.csv".to_owned(), text.into());
        measure(&Text::examine(origin).unwrap())
    }

    #[test]
    fn rows_are_counted_as_the_reader_reads_them() {
        let shape = shape(b"a;b\r\n1;\"x\ny\"\r\n\r\n2;\"say \"\"so\"\"\"\r\n3;last").unwrap();
        assert_eq!((shape.delimiter, shape.records), (b';', 4));
    }

    #[test]
    fn bytes_passed_over_change_nothing() {
        let text = "a,b\n\"x\"\"y,\nz\",w\"v\u{fffd}\nlong field,\"q\u{fffd}\"\r\n\n1,";
        let walked = |size: usize| {
            let mut walk = Walk::new(b',');
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
        assert_eq!(walked(1), (4, 6, (vec![3, 4], 2), None));
    }

    #[test]
    fn an_open_quote_names_the_line_that_opened_it() {
        let fault = shape(b"a,b\n1,2\n3,\"four\n5,6\n").unwrap_err();
        assert_eq!(fault.line, 3);
    }

    #[test]
    fn a_row_without_an_end_is_refused() {
        let mut text = b"a,b\n1,2\n3,\"".to_vec();
        text.extend(vec![b'x'; 2 << 20]);
        let fault = shape(&text).unwrap_err();
        let long = matches!(fault.fault, FileFault::LongRow);
        assert_eq!((fault.line, long), (3, true));
    }

    #[test]
    fn a_line_names_the_separator() {
        for text in [
            &b"sep=;\r\na,x;b\n1;2\n"[..],
            b"\xef\xbb\xbfsep=;\na,x;b\n1;2\n",
            b"\"sep=;\"\na,x;b\n1;2\n",
        ] {
            let shape = shape(text).unwrap();
            assert_eq!((shape.delimiter, shape.records), (b';', 2));
        }
    }

    #[test]
    fn one_broken_byte_is_one_character() {
        let mixed = shape(b"n,a\n1,Jos\xc3\xa9\n2,Mar\xeda\n3,N\xc3\xba\xc3\xb1ez\n").unwrap();
        assert_eq!(mixed.undecodable, (vec![3], 1));
        let latin = shape(b"n,a\n1,Jos\xe9\n").unwrap();
        assert_eq!(latin.undecodable, (vec![], 0));
    }
}

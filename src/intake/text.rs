//! Bytes to text: the origin of a list, its encoding, and its SHA-256.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use tempfile::TempPath;

use super::file_error::{FileError, FileFault};
use crate::domain::digest::{Sha256, hex};

const CHUNK: usize = 1 << 16;

/// The most bytes that are read from a pipe.
const PIPE_MAX: u64 = 4 << 30;

/// The origin of a list.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use dialdeck::intake::Origin;
///
/// let folder = Origin::at(Path::new("/"))?;
/// assert_eq!(folder.name(), "/");
///
/// let sample = Origin::Bytes("sample.csv".to_owned(), b"phone\n"[..].into());
/// assert_eq!(sample.file_name(), "sample.csv");
///
/// assert!(Origin::at(Path::new("no such folder/list.csv")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file, by its path.
    File(PathBuf),
    /// Bytes in memory under a name: the embedded sample lists.
    Bytes(String, Arc<[u8]>),
    /// Standard input or a pipe, which can be read only once: a temporary copy of it, under a name. The copy
    /// is deleted with the last origin that refers to it.
    Piped(String, Arc<TempPath>),
}

/// The length of the longest byte-order mark, in bytes.
const BOM_MAX: u64 = 3;

/// Returns whether a text with this beginning is UTF-16, which has NUL bytes.
fn is_wide(head: &[u8]) -> bool {
    Encoding::for_bom(head).is_some_and(|(encoding, _)| [UTF_16LE, UTF_16BE].contains(&encoding))
}

/// Reads once, and again after an interruption by a signal.
fn read_some(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// The name of standard input on the command line.
pub const STANDARD_INPUT: &str = "-";

impl Origin {
    /// Returns the file at a path, or standard input for `-`. Input that is not a regular file is copied to
    /// its end before this returns.
    ///
    /// # Errors
    ///
    /// Errors if the file does not exist or cannot be read, or if a pipe does not end after 4 GiB.
    pub fn at(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        if name == STANDARD_INPUT {
            return Self::copied("standard input", &mut io::stdin().lock());
        }
        let mut file = File::open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_file() || kind.is_dir() {
            return Ok(Self::File(path.to_owned()));
        }
        Self::copied(&name, &mut file)
    }

    fn copied(name: &str, from: &mut dyn Read) -> io::Result<Self> {
        let mut copy = tempfile::NamedTempFile::new()?;
        // A read may end anywhere, also within the byte-order mark.
        let mut buffer = Vec::with_capacity(CHUNK);
        (&mut *from).take(BOM_MAX).read_to_end(&mut buffer)?;
        let wide = is_wide(&buffer);
        let mut length = 0;
        while !buffer.is_empty() {
            copy.write_all(&buffer)?;
            length += buffer.len() as u64;
            // Only UTF-16, with a byte-order mark, holds NUL bytes. Other bytes with a NUL are not text: the
            // copy stops here, and the reader reports it.
            if !wide && buffer.contains(&0) {
                break;
            }
            if length > PIPE_MAX {
                let gib = PIPE_MAX >> 30;
                return Err(io::Error::other(format!("does not end after {gib} GiB")));
            }
            buffer.resize(CHUNK, 0);
            let read = read_some(from, &mut buffer)?;
            buffer.truncate(read);
        }
        Ok(Self::Piped(
            name.to_owned(),
            Arc::new(copy.into_temp_path()),
        ))
    }

    /// Returns the name under which faults are reported: the whole path of a file.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(name, _) | Self::Piped(name, _) => name.clone(),
        }
    }

    /// Returns the name without its folder.
    pub fn file_name(&self) -> String {
        match self {
            Self::File(path) => path
                .file_name()
                .map_or_else(|| self.name(), |name| name.to_string_lossy().into_owned()),
            Self::Bytes(name, _) | Self::Piped(name, _) => name.clone(),
        }
    }

    /// Returns the error of a fault in a line, 0 for the whole file, and in a column, empty for no column.
    pub(super) fn refuse(&self, line: u64, column: &str, fault: FileFault) -> FileError {
        FileError {
            file: self.name(),
            line,
            column: column.to_owned(),
            fault,
        }
    }

    pub(super) fn unreadable(&self, error: io::Error) -> FileError {
        self.refuse(0, "", FileFault::Unreadable(error))
    }

    /// Passes all bytes to `take`, in order.
    fn chunks(&self, mut take: impl FnMut(&[u8])) -> Result<(), FileError> {
        let failed = |error| self.unreadable(error);
        let mut reader = self.open().map_err(failed)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = read_some(&mut *reader, &mut buffer).map_err(failed)?;
            if read == 0 {
                return Ok(());
            }
            take(&buffer[..read]);
        }
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Bytes(_, bytes) => Box::new(io::Cursor::new(Arc::clone(bytes))),
            Self::Piped(_, copy) => Box::new(File::open(&**copy)?),
        })
    }
}

/// A list known to be text, with its encoding.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) origin: Origin,
    encoding: &'static Encoding,
    /// Whether the bytes are UTF-8 and need no decoding.
    passes: bool,
    /// The first line that is not UTF-8, if the text is read as Windows-1252 for it.
    assumed_at: Option<u64>,
    /// The delimiter that a first line `sep=;` names.
    pub(super) delimiter: Option<u8>,
    /// Bytes of that line.
    skipped: u64,
}

impl Text {
    /// Reads the whole file once and finds its encoding: that of the byte-order mark, or UTF-8 if at least
    /// as many characters outside ASCII are valid as are not, or Windows-1252.
    pub(super) fn examine(origin: Origin) -> Result<Self, FileError> {
        let mut scan = Scan::default();
        origin.chunks(|chunk| scan.add(chunk))?;
        let marked = Encoding::for_bom(&scan.head).map(|(encoding, _)| encoding);
        let wide = is_wide(&scan.head);
        if scan.length == 0 {
            return Err(origin.refuse(0, "", FileFault::Empty));
        }
        if let Some(line) = scan.nul_line.filter(|_| !wide) {
            return Err(origin.refuse(line, "", FileFault::NotText));
        }
        let broken = scan.broken();
        let guessed = if scan.characters >= broken {
            UTF_8
        } else {
            WINDOWS_1252
        };
        let mut text = Self {
            origin,
            encoding: marked.unwrap_or(guessed),
            passes: marked.is_none() && broken == 0,
            assumed_at: (marked.is_none() && guessed == WINDOWS_1252)
                .then(|| scan.fault_line.unwrap_or(scan.line + 1)),
            delimiter: None,
            skipped: 0,
        };
        text.find_separator()?;
        Ok(text)
    }

    /// Reads a first line `sep=;`, which spreadsheets write and read.
    fn find_separator(&mut self) -> Result<(), FileError> {
        let mut head = Vec::new();
        let read = self.open()?.take(16).read_to_end(&mut head);
        read.map_err(|error| self.origin.unreadable(error))?;
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let bare = line
            .strip_prefix(b"\"")
            .map_or(line, |line| line.strip_suffix(b"\"").unwrap_or(line));
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = bare
            && delimiter.is_ascii()
            && !delimiter.is_ascii_alphanumeric()
        {
            self.delimiter = Some(*delimiter);
            self.skipped = line.len() as u64;
        }
        Ok(())
    }

    /// Returns a warning about an encoding that is assumed; `None` if it is certain.
    pub(super) fn assumed(&self) -> Option<String> {
        let line = self.assumed_at?;
        Some(format!(
            "line {line}: holds a byte that is not UTF-8, so that the whole list is read as Windows-1252; if its \
             letters look wrong, save it as UTF-8"
        ))
    }

    /// Reads the whole file once. Returns the SHA-256 of its bytes, in lower-case hex.
    pub(super) fn digest(&self) -> Result<String, FileError> {
        let mut hasher = Sha256::default();
        self.origin.chunks(|chunk| hasher.update(chunk))?;
        Ok(hex(&hasher.finish()))
    }

    /// Returns the text as UTF-8 from its beginning, without a byte-order mark, its lines ending in LF. A
    /// line `sep=;` at its head is empty. What cannot be read is U+FFFD.
    pub(super) fn open(&self) -> Result<impl Read + Send + use<>, FileError> {
        let failed = |error: io::Error| self.origin.unreadable(error);
        let reader = self.origin.open().map_err(failed)?;
        let inner = DecodeReaderBytesBuilder::new()
            .encoding(Some(self.encoding))
            .utf8_passthru(self.passes)
            .strip_bom(true)
            .bom_override(true)
            .build(reader);
        let mut text = LineFeeds {
            inner,
            after_return: false,
        };
        let skipped = io::copy(&mut text.by_ref().take(self.skipped), &mut io::sink());
        skipped.map_err(failed)?;
        Ok(text)
    }
}

/// Turns CRLF and CR line ends into LF, so that lines are counted alike for every program that wrote the
/// file.
struct LineFeeds<R> {
    inner: R,
    after_return: bool,
}

impl<R: Read> Read for LineFeeds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            if read == 0 || (!self.after_return && !buffer[..read].contains(&b'\r')) {
                return Ok(read);
            }
            let mut kept = 0;
            for at in 0..read {
                let byte = buffer[at];
                let doubled = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !doubled {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// The results of one pass over the bytes.
#[derive(Default)]
struct Scan {
    head: Vec<u8>,
    length: u64,
    line: u64,
    nul_line: Option<u64>,
    /// Characters of more than one byte that are valid UTF-8.
    characters: u64,
    /// Places that are not valid UTF-8.
    faults: u64,
    /// The line of the first of them.
    fault_line: Option<u64>,
    /// Bytes of a character that the last chunk cut.
    carry: Vec<u8>,
}

impl Scan {
    fn add(&mut self, chunk: &[u8]) {
        if self.head.len() < 3 {
            self.head.extend(chunk.iter().take(3 - self.head.len()));
        }
        self.length += chunk.len() as u64;
        // A check for any NUL is much faster than a search for its position.
        if self.nul_line.is_none()
            && chunk.contains(&0)
            && let Some(at) = chunk.iter().position(|byte| *byte == 0)
        {
            self.nul_line = Some(self.line + newlines(&chunk[..at]) + 1);
        }
        if self.carry.is_empty() {
            self.check(chunk);
        } else {
            let mut joined = std::mem::take(&mut self.carry);
            joined.extend(chunk);
            self.check(&joined);
        }
        self.line += newlines(chunk);
    }

    /// Counts the characters of bytes that begin on the current line.
    fn check(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            return;
        }
        let mut rest = bytes;
        loop {
            let Err(error) = str::from_utf8(rest) else {
                self.characters += leads(rest);
                return;
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            self.characters += leads(valid);
            let Some(length) = error.error_len() else {
                self.carry.extend(after);
                return;
            };
            self.faults += 1;
            if self.fault_line.is_none() {
                let before = &bytes[..bytes.len() - after.len()];
                self.fault_line = Some(self.line + newlines(before) + 1);
            }
            rest = &after[length..];
        }
    }

    /// Returns the number of places that are not valid UTF-8, including a character that the end cuts.
    fn broken(&self) -> u64 {
        self.faults + u64::from(!self.carry.is_empty())
    }
}

/// Returns the number of characters of more than one byte in valid UTF-8.
fn leads(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte >= 0xc0)).sum()
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that gives one byte at a time, with a signal before each.
    struct Drip<'b> {
        rest: &'b [u8],
        interrupted: bool,
    }

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let Some((byte, rest)) = self.rest.split_first() else {
                return Ok(0);
            };
            (buffer[0], self.rest) = (*byte, rest);
            Ok(1)
        }
    }

    fn copied(bytes: &[u8]) -> Vec<u8> {
        let mut drip = Drip {
            rest: bytes,
            interrupted: false,
        };
        let origin = Origin::copied("pipe", &mut drip).unwrap();
        let mut copy = Vec::new();
        origin.chunks(|chunk| copy.extend(chunk)).unwrap();
        copy
    }

    #[test]
    fn a_pipe_is_read_whole_however_it_comes() {
        let utf16: Vec<u8> = "\u{feff}number\n2125550142\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let plain = "\u{feff}number\n2125550142\n".as_bytes();
        for bytes in [utf16.as_slice(), plain, b"n", b"\xff\xfe", b""] {
            assert_eq!(copied(bytes), bytes);
        }
    }

    #[test]
    fn a_pipe_that_is_not_text_is_left_at_its_first_nul() {
        for head in ["number\n", "\u{feff}number\n"] {
            let bytes = format!("{head}\0more");
            assert_eq!(copied(bytes.as_bytes()), format!("{head}\0").as_bytes());
        }
    }
}

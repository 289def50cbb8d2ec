//! Bytes to text: where a list comes from, in which encoding, and its SHA-256.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::fault::FileError;
use crate::domain::digest::{Sha256, hex};

const CHUNK: usize = 1 << 16;

/// Where a list comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Bytes in memory under a name: the embedded sample lists.
    Bytes(String, Arc<[u8]>),
}

impl Origin {
    /// The name faults are reported under.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(name, _) => name.clone(),
        }
    }

    /// The name without its folder.
    pub fn file_name(&self) -> String {
        match self {
            Self::File(path) => path
                .file_name()
                .map_or_else(|| self.name(), |name| name.to_string_lossy().into_owned()),
            Self::Bytes(name, _) => name.clone(),
        }
    }

    pub(super) fn refuse(
        &self,
        line: u64,
        column: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> FileError {
        FileError {
            file: self.name(),
            line,
            column: column.to_owned(),
            message: message.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> FileError {
        let hint = "name a file that exists and may be read";
        self.refuse(0, "", format!("cannot be read: {error}"), hint)
    }

    /// Hands over all bytes in their order.
    fn chunks(&self, mut take: impl FnMut(&[u8])) -> Result<(), FileError> {
        let failed = |error| self.unreadable(&error);
        let mut reader = self.open().map_err(failed)?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = reader.read(&mut buffer).map_err(failed)?;
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
        })
    }
}

/// A list known to be text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) origin: Origin,
    encoding: &'static Encoding,
    /// Whether a byte-order mark named the encoding, so that what does not fit it is a fault.
    pub(super) marked: bool,
}

impl Text {
    /// Reads the whole file once: its encoding by byte-order mark, else UTF-8 where it is valid, else
    /// Windows-1252.
    pub(super) fn examine(origin: Origin) -> Result<Self, FileError> {
        let mut scan = Scan::default();
        origin.chunks(|chunk| scan.add(chunk))?;
        let marked = Encoding::for_bom(&scan.head).map(|(encoding, _)| encoding);
        let wide = [Some(UTF_16LE), Some(UTF_16BE)].contains(&marked);
        if scan.length == 0 {
            return Err(origin.refuse(0, "", "is empty", "name a file with rows in it"));
        }
        if let Some(line) = scan.nul_line.filter(|_| !wide) {
            let hint = "save it as CSV in UTF-8; a spreadsheet file has to be exported first";
            return Err(origin.refuse(line, "", "is not text", hint));
        }
        let guessed = if scan.valid() { UTF_8 } else { WINDOWS_1252 };
        Ok(Self {
            origin,
            encoding: marked.unwrap_or(guessed),
            marked: marked.is_some(),
        })
    }

    /// Reads the whole file once: the SHA-256 of its bytes, in lower-case hex.
    pub(super) fn digest(&self) -> Result<String, FileError> {
        let mut hasher = Sha256::default();
        self.origin.chunks(|chunk| hasher.update(chunk))?;
        Ok(hex(&hasher.finish()))
    }

    /// The text as UTF-8 from its beginning, without a byte-order mark, its lines ending in LF.
    pub(super) fn open(&self) -> Result<impl Read + Send + use<>, FileError> {
        let reader = self
            .origin
            .open()
            .map_err(|error| self.origin.unreadable(&error))?;
        let passes = self.encoding == UTF_8 && !self.marked;
        let inner = DecodeReaderBytesBuilder::new()
            .encoding(Some(self.encoding))
            .utf8_passthru(passes)
            .strip_bom(true)
            .bom_override(true)
            .build(reader);
        Ok(LineFeeds {
            inner,
            after_return: false,
        })
    }
}

/// Makes CRLF and CR line ends LF, so that lines are counted alike whatever wrote the file.
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

/// What one pass over the bytes tells.
#[derive(Default)]
struct Scan {
    head: Vec<u8>,
    length: u64,
    line: u64,
    nul_line: Option<u64>,
    broken: bool,
    /// Bytes of a character that the last chunk cut.
    carry: Vec<u8>,
}

impl Scan {
    fn add(&mut self, chunk: &[u8]) {
        if self.head.len() < 3 {
            self.head.extend(chunk.iter().take(3 - self.head.len()));
        }
        self.length += chunk.len() as u64;
        // Looking for a byte at all is much faster than looking for its place.
        if self.nul_line.is_none()
            && chunk.contains(&0)
            && let Some(at) = chunk.iter().position(|byte| *byte == 0)
        {
            self.nul_line = Some(self.line + newlines(&chunk[..at]) + 1);
        }
        self.line += newlines(chunk);
        if !self.broken {
            self.check(chunk);
        }
    }

    fn check(&mut self, chunk: &[u8]) {
        let mut chunk = chunk;
        while !self.carry.is_empty() && !chunk.is_empty() {
            self.carry.push(chunk[0]);
            chunk = &chunk[1..];
            match str::from_utf8(&self.carry) {
                Ok(_) => self.carry.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    self.broken = true;
                    return;
                }
            }
        }
        if let Err(error) = str::from_utf8(chunk) {
            if error.error_len().is_some() {
                self.broken = true;
            } else {
                self.carry.extend(&chunk[error.valid_up_to()..]);
            }
        }
    }

    fn valid(&self) -> bool {
        !self.broken && self.carry.is_empty()
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

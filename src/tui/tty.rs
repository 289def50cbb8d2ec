//! A way to a terminal that never waits for it: one that stops reading holds nobody up.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write, stderr};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::ttyname;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::Stopwatch;
use crate::domain::text::clean_lines;

/// How long the last words wait for a terminal that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most that is kept for a terminal that does not read; what is said beyond it is lost.
const KEPT_BYTES: usize = 1024 * 1024;

/// A terminal, and what it has not read yet. Clones share both.
#[derive(Clone, Debug)]
pub struct Tty {
    file: Arc<File>,
    rest: Arc<Mutex<Vec<u8>>>,
}

impl Tty {
    /// The terminal that this descriptor leads to, opened anew: not to wait is a property of an open
    /// file, and the one that was handed to this program belongs to the shell as well.
    ///
    /// # Errors
    /// When it leads to no terminal, or that cannot be opened.
    pub fn behind(given: impl AsFd + IsTerminal) -> io::Result<Self> {
        if !given.is_terminal() {
            return Err(io::Error::other("no terminal"));
        }
        let how = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // The name may belong to the user who logged in first; a process may always open its own.
        let file = ttyname(given, Vec::new())
            .and_then(|name| open(name, how, Mode::empty()))
            .or_else(|_| open("/dev/tty", how, Mode::empty()))?;
        Ok(Self {
            file: Arc::new(file.into()),
            rest: Arc::default(),
        })
    }

    /// Hands over what has been written, as far as the terminal takes it now.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn push(&self) -> io::Result<()> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        while !rest.is_empty() {
            match (&*self.file).write(&rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => drop(rest.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the terminal has still to read what was written.
    pub fn is_behind(&self) -> bool {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        !rest.is_empty()
    }

    /// Returns once the terminal takes more. To be called within a runtime.
    ///
    /// # Errors
    /// When the terminal has gone.
    #[expect(
        deprecated,
        reason = "its fault is with types that lie about their descriptor; a file does not"
    )]
    pub async fn ready(&self) -> io::Result<()> {
        // Registered only while it is waited for: else every frame that is read would wake this up.
        let file = AsyncFd::with_interest(Arc::clone(&self.file), Interest::WRITABLE)?;
        file.writable().await.map(|_| ())
    }

    /// Hands over the last of what was written; gives up when the terminal does not read for long.
    pub fn finish(&self) {
        let started = Stopwatch::start();
        while self.push().is_ok() && self.is_behind() {
            let left = PATIENCE.saturating_sub(started.elapsed());
            let Ok(left) = Timespec::try_from(left) else {
                break;
            };
            let mut wanted = [PollFd::new(&*self.file, PollFlags::OUT)];
            if !matches!(poll(&mut wanted, Some(&left)), Ok(1..)) {
                break;
            }
        }
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.clear();
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if rest.len() + bytes.len() <= KEPT_BYTES {
            rest.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

/// Writes cleaned text to standard error. Does not wait long for a terminal that does not read.
pub fn say(text: &str) {
    let text = clean_lines(text);
    match Tty::behind(stderr()) {
        Ok(mut tty) => {
            tty.write_all(text.as_bytes()).ok();
            tty.finish();
        }
        // When standard error itself has gone, nothing can be said.
        Err(_) => {
            stderr().write_all(text.as_bytes()).ok();
        }
    }
}

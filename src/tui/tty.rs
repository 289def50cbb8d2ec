//! Writes to a terminal without waiting for it: one that stops reading blocks nothing.

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

/// How long the last output waits for a terminal that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most bytes kept for a terminal that does not read. Output beyond it is dropped.
const KEPT_BYTES: usize = 1024 * 1024;

/// A terminal and the output it has not read yet. Clones share both.
#[derive(Clone, Debug)]
pub(crate) struct Tty {
    file: Arc<File>,
    rest: Arc<Mutex<Vec<u8>>>,
}

impl Tty {
    /// Opens the terminal behind this descriptor again, in non-blocking mode. Non-blocking mode belongs to
    /// the open file, and the file that this program was given is shared with the shell.
    ///
    /// # Errors
    /// Errors if the descriptor is not a terminal, or if the terminal cannot be opened.
    pub(crate) fn behind(given: impl AsFd + IsTerminal) -> io::Result<Self> {
        if !given.is_terminal() {
            return Err(io::Error::other("not a terminal"));
        }
        let how = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // The device may belong to the user who logged in first. A process may always open its own terminal.
        let file = ttyname(given, Vec::new())
            .and_then(|name| open(name, how, Mode::empty()))
            .or_else(|_| open("/dev/tty", how, Mode::empty()))?;
        Ok(Self {
            file: Arc::new(file.into()),
            rest: Arc::default(),
        })
    }

    /// Sends the pending output, as much as the terminal takes now.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    pub(crate) fn push(&self) -> io::Result<()> {
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

    /// Returns whether the terminal has not read all output yet.
    pub(crate) fn is_behind(&self) -> bool {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        !rest.is_empty()
    }

    /// Waits until the terminal takes more. Call it within a runtime.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    #[expect(
        deprecated,
        reason = "its fault is with types that lie about their descriptor; a file does not"
    )]
    pub(crate) async fn ready(&self) -> io::Result<()> {
        // Registered only for this wait, because otherwise every frame that the terminal reads would wake the
        // thread.
        let file = AsyncFd::with_interest(Arc::clone(&self.file), Interest::WRITABLE)?;
        file.writable().await.map(|_| ())
    }

    /// Sends the pending output. Drops the rest if the terminal does not read it within a second.
    pub(crate) fn finish(&self) {
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

/// Writes cleaned text to standard error. The wait for a terminal that does not read is short.
pub(crate) fn say(text: &str) {
    let text = clean_lines(text);
    match Tty::behind(stderr()) {
        Ok(mut tty) => {
            tty.write_all(text.as_bytes()).ok();
            tty.finish();
        }
        // An error of standard error itself cannot be reported.
        Err(_) => {
            stderr().write_all(text.as_bytes()).ok();
        }
    }
}

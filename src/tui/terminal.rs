//! The terminal: set up, drawn on, and restored. This module alone writes to it.

use std::io::{self, IsTerminal as _, Write, stdin, stdout};
use std::sync::{Mutex, PoisonError};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::execute;
use crossterm::queue;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

use super::tty::Tty;

/// The most bytes sent to a clipboard. Terminals cut OSC 52 off at about 74 kB of base64.
pub(crate) const CLIPBOARD_BYTES: usize = 50_000;

/// The terminal while this program uses it.
static IN_USE: Mutex<Option<Tty>> = Mutex::new(None);

/// The message of a panic in another thread, kept while the screen is up.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// The screen. The terminal is restored when it is dropped.
pub(crate) struct Screen {
    tty: Tty,
    terminal: Terminal<CrosstermBackend<Frame>>,
}

/// A writer that buffers a frame. The frame is sent to the terminal as a whole.
struct Frame(Tty);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Sets the terminal up: raw mode, alternate screen, bracketed paste, focus events.
    ///
    /// # Errors
    /// Errors if standard input or output is not a terminal, or if the terminal cannot be set up.
    pub(crate) fn enter() -> io::Result<Self> {
        if !stdin().is_terminal() {
            return Err(io::Error::other("standard input is not a terminal"));
        }
        let tty = Tty::behind(stdout())?;
        take(&tty)?;
        match Terminal::new(CrosstermBackend::new(Frame(tty.clone()))) {
            Ok(terminal) => Ok(Self { tty, terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Returns columns and rows.
    ///
    /// # Errors
    /// Errors if the terminal does not report its size.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame. Only cells that differ from the last frame are written, in one synchronized update. Do
    /// not call it while the terminal is behind, so that the next frame it gets is the newest.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    pub(crate) fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| paint(frame.buffer_mut()))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.tty.push()
    }

    /// Returns whether the terminal has not read the last frame yet.
    pub(crate) fn is_behind(&self) -> bool {
        self.tty.is_behind()
    }

    /// Waits until the terminal reads again, and sends more of the last frame.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    pub(crate) async fn read_on(&self) -> io::Result<()> {
        self.tty.ready().await?;
        self.tty.push()
    }

    /// Forgets the content of the screen, so that the next frame draws every cell.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal for the cursor's position, and the answer would arrive
        // among the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Sends text to the terminal's clipboard (OSC 52), at most [`CLIPBOARD_BYTES`]. The terminal does not
    /// report whether it was accepted.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let end = text.floor_char_boundary(CLIPBOARD_BYTES);
        execute!(self.tty, CopyToClipboard::to_clipboard_from(&text[..end]))
    }

    /// Sets the terminal up again after [`restore`].
    ///
    /// # Errors
    /// Errors if the terminal cannot be set up.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        take(&self.tty)?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take(tty: &Tty) -> io::Result<()> {
    enable_raw_mode()?;
    *IN_USE.lock().unwrap_or_else(PoisonError::into_inner) = Some(tty.clone());
    execute!(
        tty.clone(),
        EnterAlternateScreen,
        // On a terminal without an alternate screen, old text would show through.
        Clear(ClearType::All),
        EnableBracketedPaste,
        EnableFocusChange
    )
}

/// Restores the terminal once. A step that fails does not prevent the others. The wait for a terminal that
/// does not read is short.
pub(super) fn restore() {
    let tty = IN_USE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut tty) = tty else {
        return;
    };
    queue!(
        tty,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    )
    .ok();
    tty.finish();
    disable_raw_mode().ok();
}

fn is_in_use() -> bool {
    let tty = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    tty.is_some()
}

/// Installs a panic hook. A panic of the screen's own thread restores the terminal before it is reported. The
/// message of a panic in any other thread is kept for [`take_panic`] while the screen is up.
pub(crate) fn install_panic_hook() {
    let before = std::panic::take_hook();
    let screen = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == screen || !is_in_use() {
            restore();
            before(info);
        } else if let Ok(mut kept) = PANICKED.lock() {
            *kept = Some(info.to_string());
        }
    }));
}

/// Returns the last panic of another thread since the previous call; `None` if there was none.
pub(crate) fn take_panic() -> Option<String> {
    PANICKED.lock().ok()?.take()
}

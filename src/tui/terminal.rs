//! The terminal itself: entered, drawn on, left as it was. The only place that writes to it.

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

/// The most that is sent to a clipboard: terminals cut OSC 52 off at about 74 kB of base64.
pub const CLIPBOARD_BYTES: usize = 50_000;

/// The terminal, while it is ours.
static OURS: Mutex<Option<Tty>> = Mutex::new(None);

/// What a panic elsewhere said, kept while the screen is up.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// The screen, ours until it is dropped.
pub struct Screen {
    tty: Tty,
    terminal: Terminal<CrosstermBackend<Frame>>,
}

/// Gathers a frame, which is handed over whole.
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
    /// Takes the terminal: raw mode, another screen, bracketed paste, word of the focus.
    ///
    /// # Errors
    /// When standard input or output is no terminal, or it does not answer.
    pub fn enter() -> io::Result<Self> {
        if !stdin().is_terminal() {
            return Err(io::Error::other("standard input is no terminal"));
        }
        let tty = Tty::behind(stdout())?;
        take(&tty)?;
        match Terminal::new(CrosstermBackend::new(Frame(tty.clone()))) {
            Ok(terminal) => Ok(Self { tty, terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal does not say.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame; only cells that differ from the last one are written, all of them at once. Not to
    /// be called while the terminal is behind: what it will show next is then the newest there is.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| paint(frame.buffer_mut()))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.tty.push()
    }

    /// Whether the terminal has not read the last frame yet.
    pub fn is_behind(&self) -> bool {
        self.tty.is_behind()
    }

    /// Returns once the terminal reads on, with more of the last frame handed over.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub async fn read_on(&self) -> io::Result<()> {
        self.tty.ready().await?;
        self.tty.push()
    }

    /// Forgets what is on the screen, so that the next frame draws every cell.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn clear(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: that asks the terminal where the cursor is, and its answer would come
        // among the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Sends text to the terminal's clipboard (OSC 52); there is no word back.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let end = text.floor_char_boundary(CLIPBOARD_BYTES);
        execute!(self.tty, CopyToClipboard::to_clipboard_from(&text[..end]))
    }

    /// Gives the terminal back for a while.
    pub fn pause(&mut self) {
        give_back();
    }

    /// Takes the terminal again after a pause.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn resume(&mut self) -> io::Result<()> {
        take(&self.tty)?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(tty: &Tty) -> io::Result<()> {
    enable_raw_mode()?;
    *OURS.lock().unwrap_or_else(PoisonError::into_inner) = Some(tty.clone());
    execute!(
        tty.clone(),
        EnterAlternateScreen,
        // Where there is no other screen, what stands on the only one must not show through.
        Clear(ClearType::All),
        EnableBracketedPaste,
        EnableFocusChange
    )
}

/// Leaves the terminal as it was, once; what fails on the way does not keep the rest from happening. One
/// that does not read is not waited for long.
fn give_back() {
    let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut tty) = ours else {
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

fn is_ours() -> bool {
    let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    ours.is_some()
}

/// Panics of the screen's own thread give the terminal back before they are told; panics of any
/// other thread leave the screen alone and are kept for [`take_panic`].
pub fn install_panic_hook() {
    let before = std::panic::take_hook();
    let screen = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == screen || !is_ours() {
            give_back();
            before(info);
        } else if let Ok(mut kept) = PANICKED.lock() {
            *kept = Some(info.to_string());
        }
    }));
}

/// What a thread other than the screen's has panicked with since the last question.
pub fn take_panic() -> Option<String> {
    PANICKED.lock().ok()?.take()
}

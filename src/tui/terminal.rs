//! The terminal itself: entered, drawn on, left as it was. The only place that writes to it.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::execute;
use crossterm::queue;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

/// Bytes of one frame that are gathered before they are written.
const FRAME_BYTES: usize = 128 * 1024;

/// The most that is sent to a clipboard: terminals cut OSC 52 off at about 74 kB of base64.
pub const CLIPBOARD_BYTES: usize = 50_000;

/// Whether the terminal is ours at the moment.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// What a panic elsewhere said, kept while the screen is up.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

/// The screen, ours until it is dropped.
pub struct Screen {
    /// Never dropped: ratatui's own clean-up writes to standard error and panics when that has gone
    /// with the terminal. What has to be undone is undone by [`give_back`].
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Screen {
    /// Takes the terminal: raw mode, another screen, bracketed paste, word of the focus.
    ///
    /// # Errors
    /// When standard input or output is no terminal, or it does not answer.
    pub fn enter() -> io::Result<Self> {
        if !stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(io::Error::other(
                "standard input and output are no terminal",
            ));
        }
        take()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, stdout()));
        match Terminal::new(backend) {
            Ok(terminal) => Ok(Self {
                terminal: ManuallyDrop::new(terminal),
            }),
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

    /// Draws a frame; only cells that differ from the last one are written, all of them at once.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self
            .terminal
            .draw(|frame| paint(frame.buffer_mut()))
            .map(|_| ());
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()?;
        drawn
    }

    /// Forgets what is on the screen, so that the next frame draws every cell.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn clear(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: that asks the terminal where the cursor is, and its answer would come
        // among the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Sends text to the terminal's clipboard (OSC 52); there is no word back.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let end = text.floor_char_boundary(CLIPBOARD_BYTES);
        execute!(
            self.terminal.backend_mut(),
            CopyToClipboard::to_clipboard_from(&text[..end])
        )
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
        take()?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::Release);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )
}

/// Leaves the terminal as it was, once; what fails on the way does not keep the rest from happening.
fn give_back() {
    if !ENTERED.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut out = stdout();
    execute!(
        out,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    )
    .ok();
    disable_raw_mode().ok();
}

/// Panics of the screen's own thread give the terminal back before they are told; panics of any
/// other thread leave the screen alone and are kept for [`take_panic`].
pub fn install_panic_hook() {
    let before = std::panic::take_hook();
    let screen = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == screen || !ENTERED.load(Ordering::Acquire) {
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

//! The program on a real pseudo-terminal. A terminal emulator reads its screen.

use std::fs::File;
use std::io::{Read as _, Write};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use dialdeck_clock::Stopwatch;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{LocalModes, tcgetattr};

/// How long the screen may take to show what a test waits for. It is far longer than needed, so that only a
/// screen that never shows it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the terminal has received.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    over: bool,
    /// Whether the reader is asked to stop.
    deaf: bool,
    /// Whether the reader has stopped.
    unread: bool,
}

impl Seen {
    /// Returns whether no frame is half drawn. A terminal never shows a half-drawn frame, so a test must not
    /// search one.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.raw.windows(mark.len()).rposition(|part| part == mark);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }
}

/// A program on a terminal.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Starts the built program with these arguments on a terminal of this size.
    pub fn start(args: &[&str], size: (u16, u16)) -> Self {
        Self::run(crate::program(), args, &[], size)
    }

    /// Starts a program with these arguments and variables on a terminal of this size.
    pub fn run(
        program: impl AsRef<std::ffi::OsStr>,
        args: &[&str],
        vars: &[(&str, &str)],
        (columns, rows): (u16, u16),
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("TZ", "America/New_York");
        command.env("LANG", "C.UTF-8");
        for (name, value) in vars {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(
                    rows.try_into().unwrap(),
                    columns.try_into().unwrap(),
                    0,
                ),
                raw: Vec::new(),
                over: false,
                deaf: false,
                unread: false,
            }),
            Condvar::new(),
        ));
        let sink = Arc::clone(&seen);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            loop {
                let count = output.read(&mut bytes).unwrap_or(0);
                let mut seen = sink.0.lock().unwrap();
                seen.parser.process(&bytes[..count]);
                seen.raw.extend_from_slice(&bytes[..count]);
                seen.over = count == 0;
                sink.1.notify_all();
                if count == 0 {
                    return;
                }
                seen.unread = seen.deaf;
                let mut seen = sink.1.wait_while(seen, |seen| seen.deaf).unwrap();
                seen.unread = false;
            }
        });
        Self {
            master: pair.master,
            child,
            keys,
            seen,
            reader: Some(reader),
        }
    }

    /// Presses keys, as the bytes a terminal sends.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes text in bracketed paste mode.
    pub fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the screen shows all of these texts, and returns the screen's text.
    pub fn wait_for(&self, what: &[&str]) -> String {
        self.wait(&format!("{what:?}"), |screen| {
            what.iter().all(|part| screen.contains(part))
        })
    }

    /// Waits until the screen's text meets the condition, and returns it.
    pub fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.wait_until(what, |screen| wanted(&screen.contents()))
    }

    /// Waits until a cell of the screen has the colour `there` and none has the colour `gone`.
    pub fn wait_for_colour(&self, there: vt100::Color, gone: vt100::Color) {
        self.wait_until("change of colours", |screen| {
            let (rows, columns) = screen.size();
            let has = |colour| {
                (0..rows.get())
                    .flat_map(|row| (0..columns.get()).map(move |column| (row, column)))
                    .filter_map(|(row, column)| screen.cell(row, column))
                    .any(|cell| cell.fgcolor() == colour)
            };
            has(there) && !has(gone)
        });
    }

    /// Waits until the screen meets the condition, and returns its text.
    fn wait_until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> String {
        let (lock, news) = &*self.seen;
        let mut seen = lock.lock().unwrap();
        let started = Stopwatch::start();
        loop {
            let screen = seen.parser.screen();
            if seen.is_whole() && wanted(screen) {
                return screen.contents();
            }
            let text = screen.contents();
            assert!(!seen.over, "the program ended before {what}:\n{text}");
            assert!(started.elapsed() < PATIENCE, "no {what} on:\n{text}");
            (seen, _) = news.wait_timeout(seen, PATIENCE).unwrap();
        }
    }

    /// Stops reading the terminal, and fills it until it accepts nothing more.
    pub fn stop_reading(&self) {
        let (lock, news) = &*self.seen;
        lock.lock().unwrap().deaf = true;
        let how = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let name = self.master.tty_name().unwrap();
        let mut terminal = File::from(open(name, how, Mode::empty()).unwrap());
        // A terminal does not show a NUL. If it is not accepted, the program is writing, which also wakes the
        // reader.
        terminal.write_all(&[0]).ok();
        let seen = lock.lock().unwrap();
        drop(news.wait_while(seen, |seen| !seen.unread).unwrap());
        let takes_more = |terminal: &File| {
            let mut wanted = [PollFd::new(terminal, PollFlags::OUT)];
            poll(&mut wanted, Some(&Timespec::default())).unwrap() > 0
        };
        while takes_more(&terminal) {
            terminal.write_all(&[0; 512]).ok();
        }
    }

    /// Reads the terminal again.
    pub fn read_on(&self) {
        self.seen.0.lock().unwrap().deaf = false;
        self.seen.1.notify_all();
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen
            .0
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Returns the program's process id.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until the program ends on a terminal that is not read, and returns its exit code.
    pub fn end_unread(self) -> u32 {
        let mut child = self.child;
        let mut killer = child.clone_killer();
        let (sender, ended) = mpsc::channel();
        let waiting = std::thread::spawn(move || sender.send(child.wait().unwrap()).unwrap());
        let status = ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            killer.kill().unwrap();
            panic!("the program waits for its terminal")
        });
        waiting.join().unwrap();
        assert!(is_cooked(&*self.master), "the terminal is left raw");
        let seen = self.seen.0.lock().unwrap();
        assert!(seen.unread, "the terminal was read");
        status.exit_code()
    }

    /// Waits until the program ends. Returns its exit code and the text on the terminal's primary screen.
    pub fn end(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        assert!(is_cooked(&*self.master), "the terminal is left raw");
        drop(self.keys);
        drop(self.master);
        self.reader.take().unwrap().join().unwrap();
        let seen = self.seen.0.lock().unwrap();
        let raw = String::from_utf8_lossy(&seen.raw).into_owned();
        for (on, off) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1004h", "\x1b[?1004l"),
        ] {
            let (on, off) = (raw.rfind(on), raw.rfind(off));
            assert!(on.is_none() || off > on, "a mode is left on");
        }
        assert!(!seen.parser.screen().alternate_screen());
        (status.exit_code(), seen.parser.screen().contents())
    }
}

/// Returns whether the terminal has the modes of a shell: echo and lines.
fn is_cooked(master: &dyn MasterPty) -> bool {
    let path = format!("/proc/self/fd/{}", master.as_raw_fd().unwrap());
    let modes = tcgetattr(File::open(path).unwrap()).unwrap().local_modes;
    modes.contains(LocalModes::ECHO | LocalModes::ICANON)
}

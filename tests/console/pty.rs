//! The program on a real pseudo-terminal, its screen read by a terminal emulator.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use dialdeck::clock::Stopwatch;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long the screen may take to show what is waited for; far beyond what it needs, so that only
/// a screen that never shows it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the terminal has been sent.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    over: bool,
}

/// A program on a terminal.
pub(crate) struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Starts the built program with these arguments on a terminal of this size.
    pub(crate) fn start(args: &[&str], (columns, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dialdeck"));
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("TZ", "America/New_York");
        command.env("LANG", "C.UTF-8");
        command.env("USER", "maria");
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
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes text, bracketed.
    pub(crate) fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the screen shows all of this, and gives the screen.
    pub(crate) fn wait_for(&self, what: &[&str]) -> String {
        self.wait(&format!("{what:?}"), |screen| {
            what.iter().all(|part| screen.contains(part))
        })
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let (lock, news) = &*self.seen;
        let mut seen = lock.lock().unwrap();
        let started = Stopwatch::start();
        loop {
            let screen = seen.parser.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            assert!(!seen.over, "the program ended before {what}:\n{screen}");
            assert!(started.elapsed() < PATIENCE, "no {what} on:\n{screen}");
            (seen, _) = news.wait_timeout(seen, PATIENCE).unwrap();
        }
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
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

    /// The program's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Whether the terminal is as a shell wants it: echo and lines.
    pub(crate) fn is_cooked(&self) -> bool {
        use rustix::termios::LocalModes;
        let fd = self.master.as_raw_fd().unwrap();
        let modes = termios(fd);
        modes.contains(LocalModes::ECHO) && modes.contains(LocalModes::ICANON)
    }

    /// Waits for the program's end: its exit code, and what it left on the terminal's own screen.
    pub(crate) fn end(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        assert!(self.is_cooked(), "the terminal is left raw");
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

fn termios(fd: std::os::fd::RawFd) -> rustix::termios::LocalModes {
    let path = format!("/proc/self/fd/{fd}");
    let file = std::fs::File::open(Path::new(&path)).unwrap();
    rustix::termios::tcgetattr(&file).unwrap().local_modes
}

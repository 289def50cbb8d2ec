//! A deck driven through the real program, for the end-to-end tests.

pub(crate) mod engine;
pub(crate) mod partition;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Monday 2026-12-07 08:30 in New York: the first zones are open or open half an hour later.
pub(crate) const START: &str = "2026-12-07T13:30:00Z";

/// A deck in a separate folder.
pub(crate) struct Deck {
    folder: TempDir,
}

impl Deck {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("deck")
    }

    /// Returns the path of a file beside the deck, for files that a test passes to the program.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn carrier_log(&self) -> PathBuf {
        self.beside("carrier.jsonl")
    }

    /// Writes a file beside the deck.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.beside(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
        command.args(args).arg("--deck").arg(self.path());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs the program and expects success. Returns standard output.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{args:?}\n{out}\n{err}");
        out
    }

    /// Returns the demo as a command: from event to event, until nothing is left.
    pub(crate) fn demo(&self, seed: u32) -> Command {
        let seed = seed.to_string();
        let mut command = self.command(&[
            "demo",
            "--headless",
            "--until-done",
            "--speed",
            "max",
            "--seed",
            &seed,
            "--start-at",
            START,
        ]);
        command.arg("--carrier-log").arg(self.carrier_log());
        command
    }

    /// Starts a program in the background and discards its output.
    pub(crate) fn spawn(mut command: Command) -> Child {
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub(crate) fn event_log(&self) -> String {
        self.ok(&["log", "export", "--jsonl"])
    }

    pub(crate) fn carrier(&self) -> String {
        read(&self.carrier_log())
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.ok(&["status", "--json"])).unwrap()
    }
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! A deck driven through the real program, for the end-to-end tests.

pub mod engine;
pub mod partition;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::schema;

/// Monday 2026-12-07 08:30 in New York: the first zones are open or open half an hour later.
pub const START: &str = "2026-12-07T13:30:00Z";

/// A deck in a separate folder.
pub struct Deck {
    folder: TempDir,
}

impl Deck {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("deck")
    }

    /// Returns the path of a file beside the deck, for files that a test passes to the program.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn carrier_log(&self) -> PathBuf {
        self.beside("carrier.jsonl")
    }

    /// Writes a file beside the deck.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.beside(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(crate::program());
        command.args(args).arg("--deck").arg(self.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program. What it prints with `--json` has to be as its schema says.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        schema::hold(args, &text(&output.stdout), &text(&output.stderr));
        output
    }

    /// Runs the program and expects success. Returns standard output.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{args:?}\n{out}\n{err}");
        out
    }

    /// Returns the demo as a command: from event to event, until nothing is left.
    pub fn demo(&self, seed: u32) -> Command {
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
    pub fn spawn(mut command: Command) -> Child {
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub fn event_log(&self) -> String {
        self.ok(&["log", "export", "--jsonl"])
    }

    pub fn carrier(&self) -> String {
        read(&self.carrier_log())
    }

    pub fn status(&self) -> Value {
        serde_json::from_str(&self.ok(&["status", "--json"])).unwrap()
    }
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

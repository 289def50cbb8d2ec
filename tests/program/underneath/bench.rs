//! A deck that a test may do anything to, with one campaign on the simulated carrier.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::Value;
use tempfile::TempDir;

use crate::underneath::carrier::Carrier;
use dialdeck_testkit::deck::engine::Engine;
use dialdeck_testkit::deck::{read, text};

/// Monday 10:30 in New York: every contact may be called.
const START: &str = "2026-12-07T15:30:00Z";

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
contacts = "contacts.csv"

[pacing]
calls_per_minute = 60
max_concurrent = 20

[consent]
required = "none"

[caller_id]
pool = "local"
"#;

/// Calls that an engine has made before anything is done to its deck.
const CALLS: usize = 5;

/// A folder with a deck in it, `deck`, and the carrier's log beside it.
pub(crate) struct Bench {
    folder: TempDir,
}

/// What a program printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Returns the line of standard error with the error, and the one with the hint.
    pub(crate) fn error(&self) -> (&str, &str) {
        let after = |start| self.err.lines().find_map(|line| line.strip_prefix(start));
        let (error, hint) = (after("error: "), after("hint: "));
        (error.unwrap_or_default(), hint.unwrap_or_default())
    }
}

impl Bench {
    /// Creates a deck with 90 contacts, on which no engine has run.
    pub(crate) fn new() -> Self {
        Self::with(30)
    }

    /// Creates a deck with three times this many contacts, at most 100 each, on which no engine has run.
    pub(crate) fn with(lines: u32) -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut contacts = "number\n".to_owned();
        for number in numbers(lines) {
            writeln!(contacts, "{number}").unwrap();
        }
        std::fs::write(bench.beside("contacts.csv"), contacts).unwrap();
        std::fs::write(bench.beside("recall.toml"), CAMPAIGN).unwrap();
        let file = bench.beside("recall.toml");
        bench.ok(&["campaign", "add", file.to_str().unwrap()]);
        bench.ok(&["campaign", "start", "recall"]);
        bench
    }

    /// Creates a deck whose engine has made some calls and ended.
    pub(crate) fn dialed() -> Self {
        let bench = Self::new();
        let mut engine = bench.engine();
        engine.signal("TERM");
        let (status, _) = engine.wait();
        assert_eq!(status.code(), Some(0));
        bench
    }

    /// Returns the deck's folder.
    pub(crate) fn deck(&self) -> PathBuf {
        self.beside("deck")
    }

    /// Returns the path of a file in the deck's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.deck().join(name)
    }

    /// Returns the path of a file beside the deck's folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Moves the deck's folder to `name`, beside it.
    pub(crate) fn move_deck(&self, name: &str) {
        std::fs::rename(self.deck(), self.beside(name)).unwrap();
    }

    /// Exchanges the deck's folder and `name` beside it atomically: a reader finds one or the other.
    pub(crate) fn exchange(&self, name: &str) {
        let (deck, other) = (self.deck(), self.beside(name));
        let exchange = RenameFlags::EXCHANGE;
        renameat_with(CWD, deck, CWD, other, exchange).unwrap();
    }

    /// Copies a folder of files.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        std::fs::create_dir(self.beside(to)).unwrap();
        for file in std::fs::read_dir(self.beside(from)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), self.beside(to).join(file.file_name())).unwrap();
        }
    }

    /// Returns a command on the deck in this folder.
    pub(crate) fn command_on(&self, deck: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
        command
            .args(args)
            .arg("--deck")
            .arg(deck)
            .env("DIALDECK_STATE_DIR", self.beside("state"))
            .env_remove("DIALDECK_HOST")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command on the deck in this folder.
    pub(crate) fn on(&self, deck: &str, args: &[&str]) -> Said {
        said(self.command_on(&self.beside(deck), args))
    }

    /// Runs a command on the deck.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.on("deck", args)
    }

    /// Runs a command on the deck, asserts success, and returns standard output.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        said.out
    }

    /// Runs the engine on the deck in this folder, from event to event until nothing is left to do.
    ///
    /// Before, the deck ran 30 times as fast as the clock: on a busy machine agents came late, and the brake
    /// for abandoned calls holds the campaign. Then it is released.
    pub(crate) fn dial(&self, deck: &str, args: &[&str]) -> Said {
        let run = |args: &[&str]| {
            let mut command = self.run_command(deck, "max");
            command.arg("--until-done").args(args);
            said(command)
        };
        let said = run(args);
        if said.code != 3 || !said.out.contains("live answers abandoned") {
            return said;
        }
        let release = [
            "campaign",
            "release",
            "recall",
            "--reason",
            "agents came late",
        ];
        let released = self.on(deck, &release);
        assert_eq!(released.code, 0, "{released:?}");
        run(&[])
    }

    /// Starts an engine on the deck, 30 times as fast as the clock, and returns it after some calls.
    pub(crate) fn engine(&self) -> Engine {
        self.engine_on("deck", &[])
    }

    /// Like [`Bench::engine`], on the deck in this folder.
    pub(crate) fn engine_on(&self, deck: &str, args: &[&str]) -> Engine {
        let mut command = self.run_command(deck, "30");
        command.args(args);
        let mut engine = Engine::start(command);
        engine.count("attempt_sent", CALLS);
        engine
    }

    /// Starts an engine that goes from event to event, and returns it after this many calls or at the list's
    /// end.
    pub(crate) fn engine_after(&self, calls: usize) -> Engine {
        let mut command = self.run_command("deck", "max");
        command.arg("--until-done");
        let mut engine = Engine::start(command);
        engine.count_or_end("attempt_sent", calls);
        engine
    }

    /// Returns the command that runs an engine on the deck in this folder at this speed.
    pub(crate) fn run_command(&self, deck: &str, speed: &str) -> Command {
        let run = ["run", "--speed", speed, "--start-at", START];
        let mut command = self.command_on(&self.beside(deck), &run);
        command
            .arg("--carrier-log")
            .arg(self.beside("carrier.jsonl"));
        command
    }

    /// Returns what the carrier has logged so far.
    pub(crate) fn carrier(&self) -> Carrier {
        Carrier::read(&read(&self.beside("carrier.jsonl")))
    }

    /// Returns the number of invites so far.
    pub(crate) fn invites(&self) -> usize {
        self.carrier().invites.len()
    }

    /// Returns the numbers of the list that were not called yet.
    pub(crate) fn not_called(&self) -> Vec<String> {
        let carrier = self.carrier();
        let called = carrier.numbers_from(0);
        let list = read(&self.beside("contacts.csv"));
        let mut numbers: Vec<String> = list.lines().skip(1).map(str::to_owned).collect();
        numbers.retain(|number| !called.contains(number.as_str()));
        numbers
    }
}

/// Waits for an engine that ends by itself. Returns its exit code and its error message.
pub(crate) fn end_of(mut engine: Engine) -> (Option<i32>, String) {
    let (status, _) = engine.wait();
    let mut message = String::new();
    for line in engine.errors() {
        // Warnings and alerts have their own lines.
        if let Ok(value) = serde_json::from_str::<Value>(&line)
            && let Some(error) = value["errors"][0]["message"].as_str()
        {
            error.clone_into(&mut message);
        }
    }
    (status.code(), message)
}

/// How the bench's numbers in New York begin. None is a caller ID of the default deck file, which is never called.
pub(crate) const NEW_YORK: &str = "+1917";

/// One of them.
pub(crate) const IN_NEW_YORK: &str = "+19175550129";

/// Returns this many numbers each in New York, Miami and Atlanta.
fn numbers(lines: u32) -> Vec<String> {
    let areas = [&NEW_YORK[2..], "786", "404"].into_iter();
    areas
        .flat_map(|area| (100..100 + lines).map(move |line| format!("+1{area}5550{line}")))
        .collect()
}

pub(crate) fn said(mut command: Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

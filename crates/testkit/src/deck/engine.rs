//! An engine in another process, followed by the log entries that it prints.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

/// A running engine. Dropping it kills the process.
pub struct Engine {
    child: Child,
    entries: Receiver<Value>,
    errors: Lines<BufReader<ChildStderr>>,
}

impl Engine {
    /// Starts `run` or `demo`, with `--json`.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, entries) = channel();
        // The output is read without delay, so that an engine never waits for a test. The thread ends with
        // the engine.
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            entries,
            errors,
        }
    }

    /// Waits for the next entry that matches.
    #[track_caller]
    pub fn until(&mut self, like: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.entries.recv() {
                Ok(entry) if like(&entry) => return entry,
                Ok(_) => {}
                Err(gone) => panic!("the engine ended ({gone}): {:?}", self.child.wait()),
            }
        }
    }

    /// Waits for the next entry of this kind about this number.
    #[track_caller]
    pub fn until_kind(&mut self, kind: &str, number: &str) -> Value {
        self.until(|entry| entry["kind"] == kind && entry["number"] == number)
    }

    /// Waits for this many further entries of a kind.
    #[track_caller]
    pub fn count(&mut self, kind: &str, times: usize) {
        for _ in 0..times {
            self.until(|entry| entry["kind"] == kind);
        }
    }

    /// Waits for this many further entries of a kind, or for the engine's end.
    pub fn count_or_end(&mut self, kind: &str, times: usize) {
        let like = |entry: &Value| entry["kind"] == kind;
        self.entries.iter().filter(like).take(times).for_each(drop);
    }

    /// Returns the next line on standard error.
    pub fn error_line(&mut self) -> String {
        self.errors.next().unwrap().unwrap()
    }

    /// Returns the remaining lines on standard error.
    pub fn errors(&mut self) -> Vec<String> {
        self.errors.by_ref().map_while(Result::ok).collect()
    }

    /// Returns whether the engine is still running.
    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal by name: `TERM`, `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "no signal {name}");
    }

    /// Waits for the engine's end. Returns its status and the entries that were not read yet.
    pub fn wait(&mut self) -> (ExitStatus, Vec<Value>) {
        let rest = self.entries.iter().collect();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

//! A folder for one test, and the output of the program in it.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use dialdeck_testkit::schema;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a campaign file, its contacts, and a deck that does not exist yet.
pub(crate) struct Scratch(TempDir);

/// The result of one run of the program.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` not in: {}", self.out);
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` not in: {}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Returns the name of the user who runs the tests, to whom roles are given.
pub(crate) fn user() -> String {
    let said = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

pub(crate) const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
contacts = "contacts.csv"

[pacing]
calls_per_minute = 20
max_concurrent = 5
weight = 1

[consent]
required = "none"

[caller_id]
pool = "local"
"#;

pub(crate) const CONTACTS: &str = "\
number,name,time_zone,region
212-555-0142,Ana Ruiz,,
(312) 555-0177,Ben Osei,,
+1 212 555 0142,Ana again,,
not a number,Nobody,,
+44 20 7946 0123,Carol,,
";

impl Scratch {
    pub(crate) fn new() -> Self {
        let scratch = Self(TempDir::new().unwrap());
        fs::write(scratch.path("recall.toml"), CAMPAIGN).unwrap();
        fs::write(scratch.path("contacts.csv"), CONTACTS).unwrap();
        scratch
    }

    /// Creates the deck with the campaign `recall` and its contacts.
    pub(crate) fn with_campaign() -> Self {
        let scratch = Self::new();
        let file = scratch.text("recall.toml");
        scratch.run(&["campaign", "add", &file]).exits(0);
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.feed(args, "")
    }

    pub(crate) fn feed(&self, args: &[&str], input: &str) -> Said {
        let output = Command::cargo_bin("dialdeck")
            .unwrap()
            .env_remove("DIALDECK_DECK")
            .arg("--deck")
            .arg(self.path("deck"))
            .args(args)
            .write_stdin(input)
            .output()
            .unwrap();
        let said = Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        schema::hold(args, &said.out, &said.err);
        said
    }
}

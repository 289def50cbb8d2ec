//! The built program against the doubles, by the machine's own clock: doctor, one test call, a
//! campaign; and no secret in anything it says or keeps.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use dialdeck::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;

use crate::tls;
use dialdeck_testkit::vendors::bubblyphone::{self, BubblyPhoneDouble};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::ledger::Ledger;
use dialdeck_testkit::vendors::livekit::{self, LiveKitDouble};
use dialdeck_testkit::vendors::plum::{self, PlumDouble};
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Who};

/// Fictional numbers around the world: at any hour some of them may be called.
const AROUND: [&str; 5] = [
    "+12125550142",
    "+442079460142",
    "+16715550142",
    "+18085550142",
    "+61491570156",
];

/// A deck in a folder of its own, with the credentials its program is given.
struct Site {
    folder: TempDir,
    credentials: Vec<(&'static str, String)>,
    /// The file of authorities that it trusts besides the public ones.
    authorities: Option<PathBuf>,
    port: u16,
}

impl Site {
    fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            credentials: Vec::new(),
            authorities: None,
            port: socket.local_addr().unwrap().port(),
        }
    }

    fn write_deck(&self, kind: &str) {
        let text = format!(
            "log_level = \"trace\"\n[listener]\naddress = \"127.0.0.1:{0}\"\n\
             public_url = \"http://127.0.0.1:{0}\"\n[[trunk]]\nname = \"trunk\"\n{kind}\
             [[pool]]\nname = \"main\"\ntrunk = \"trunk\"\nnumbers = [\"+16465550100\"]\n",
            self.port
        );
        fs::write(self.folder.path().join("dialdeck.toml"), text).unwrap();
    }

    /// The address a double is given for its webhooks.
    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/trunk/{path}", self.port)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
        command.arg("--deck").arg(self.folder.path()).args(args);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
        command.env_remove("SSL_CERT_FILE");
        if let Some(file) = &self.authorities {
            command.env("SSL_CERT_FILE", file);
        }
        for (name, value) in &self.credentials {
            command.env(name, value);
        }
        command.output().unwrap()
    }

    fn says(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        let mut text = String::from_utf8(output.stdout).unwrap();
        text.push_str(&String::from_utf8(output.stderr).unwrap());
        for (name, secret) in &self.credentials {
            assert!(!text.contains(secret.as_str()), "{name} in: {text}");
        }
        (output.status.code().unwrap(), text)
    }

    /// A number that may be called at this hour, by the law of where it is.
    fn callable(&self) -> &'static str {
        let mut args = vec!["window", "--json", "--class", "automated"];
        args.extend(AROUND);
        let output = self.run(&args);
        let text = String::from_utf8(output.stdout).unwrap();
        let open = text.lines().position(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["verdict"] == "allow"
        });
        AROUND[open.unwrap_or_else(|| panic!("nobody may be called now: {text}"))]
    }

    /// No file of the deck holds a credential, no diagnostics a number in full.
    fn assert_discreet(&self, number: &str) {
        for file in files(self.folder.path()) {
            let bytes = fs::read(&file).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for (name, secret) in &self.credentials {
                assert!(
                    !text.contains(secret.as_str()),
                    "{name} in {}",
                    file.display()
                );
            }
            if file.extension().is_some_and(|extension| extension == "log") {
                let digits = number.trim_start_matches('+');
                assert!(!text.contains(digits), "a number in {}", file.display());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Everybody picks up after a second and talks for two.
fn script() -> Script {
    let part = Part {
        ring: Duration::from_secs(1),
        fate: Fate::Answered(Who::Human, Duration::from_secs(2)),
    };
    AROUND.iter().fold(Script::new(1), |script, number| {
        script.with(number, std::slice::from_ref(&part))
    })
}

/// Doctor, a test call and the numbers, through whatever the deck file names.
fn exercise(site: &Site, ledger: &Ledger, lists_numbers: bool) {
    let number = site.callable();
    let (code, said) = site.says(&["call", number, "--trunk", "nowhere"]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = site.says(&["call", number, "--trunk", "trunk"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("attempt_sent") && said.contains("call_answered"),
        "{said}"
    );
    assert_eq!(ledger.invites_to(number), 1);
    let (code, said) = site.says(&["doctor"]);
    // Plum's PIN would travel in clear over plain HTTP, which is all that its pages and its double know.
    let in_clear = said.contains("the credentials travel in clear");
    assert_eq!(code, 0, "{said}");
    assert_eq!(in_clear, !lists_numbers, "{said}");
    assert!(said.contains("leads to 127.0.0.1"), "{said}");
    let (code, said) = site.says(&["numbers", "--json"]);
    assert_eq!(code, 0, "{said}");
    let numbers: Value = serde_json::from_str(&said).unwrap();
    let shown = &numbers["caller_ids"][0];
    assert_eq!(shown["last_day"]["calls"], 1, "{said}");
    assert_eq!(shown["ownership"]["owned"] == true, lists_numbers, "{said}");
    let (code, said) = site.says(&["log", "verify"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = site.says(&["run", "--speed", "30"]);
    assert_eq!(code, 3, "a simulated clock rings no real phone: {said}");
    assert_eq!(ledger.invites_to(number), 1, "nothing else rang");
    site.assert_discreet(number);
}

#[test]
fn the_program_calls_through_livekit() {
    let mut site = Site::new();
    let settings = livekit::Settings {
        webhook: Some(site.address("webhook")),
        ..livekit::Settings::default()
    };
    site.credentials = vec![
        ("LIVEKIT_API_KEY", settings.key.clone()),
        ("LIVEKIT_API_SECRET", settings.secret.clone()),
    ];
    let (trunk, agent) = (settings.trunk.clone(), settings.agent.clone());
    let double = LiveKitDouble::start(livekit::Options {
        port: 0,
        lab: Lab::sockets(Clock::System),
        script: script(),
        faults: Faults::new(1),
        settings,
    });
    site.write_deck(&format!(
        "kind = \"livekit\"\nurl = \"{}\"\nsip_trunk = \"{trunk}\"\nagent = \"{agent}\"\n",
        double.url()
    ));
    exercise(&site, double.ledger(), true);
}

#[test]
fn the_program_calls_through_bubblyphone() {
    let mut site = Site::new();
    site.credentials = vec![("BUBBLYPHONE_API_KEY", bubblyphone::KEY.to_owned())];
    let numbers = ["+16465550100".to_owned()];
    let options = bubblyphone::Options::new(&Lab::sockets(Clock::System), script(), &numbers);
    let double = BubblyPhoneDouble::start(options);
    site.write_deck(&format!(
        "kind = \"bubblyphone\"\nurl = \"{}\"\n",
        double.url()
    ));
    exercise(&site, double.ledger(), true);
}

#[test]
fn the_program_calls_through_plum() {
    let mut site = Site::new();
    site.credentials = vec![
        ("PLUM_LOGIN", plum::LOGIN.to_owned()),
        ("PLUM_PIN", plum::PIN.to_owned()),
    ];
    let double = PlumDouble::start(plum::Options {
        script: script(),
        ..plum::Options::new(&Lab::sockets(Clock::System))
    });
    double.settings().result_delay = Duration::from_secs(1);
    site.write_deck(&format!(
        "kind = \"plum\"\napi = \"dev\"\nurl = \"{}\"\nqueue_wait = \"2m\"\n",
        double.url()
    ));
    exercise(&site, double.ledger(), false);
}

#[test]
fn a_missing_credential_is_named_and_nothing_is_made() {
    let site = Site::new();
    site.write_deck(
        "kind = \"livekit\"\nurl = \"https://x.example\"\nsip_trunk = \"ST_x\"\nagent = \"a\"\n",
    );
    let number = site.callable();
    let (code, said) = site.says(&["call", number, "--trunk", "trunk"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("LIVEKIT_API_KEY is not set"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_program_trusts_the_authorities_it_is_told_of() {
    const UNKNOWN: &str = "certificate";
    const UNREADABLE: &str = "SSL_CERT_FILE names";
    let mut site = Site::new();
    let named = site.folder.path().join("authority.pem");
    let port = tls::serve(&named).await;
    site.credentials = vec![("BUBBLYPHONE_API_KEY", bubblyphone::KEY.to_owned())];
    site.write_deck(&format!(
        "kind = \"bubblyphone\"\nurl = \"https://localhost:{port}\"\n"
    ));
    let gone = site.folder.path().join("gone.pem");
    for (authorities, trouble) in [
        (None, Some(UNKNOWN)),
        (Some(gone), Some(UNREADABLE)),
        // What it answers is no word of the vendor's, but it is heard.
        (Some(named), None),
    ] {
        site.authorities = authorities;
        let (code, said) = site.says(&["doctor"]);
        assert_eq!(code, 1, "{said}");
        for word in [UNKNOWN, UNREADABLE] {
            assert_eq!(said.contains(word), trouble == Some(word), "{said}");
        }
    }
}

//! Tests of actions that hold calls back, with every file of the deck broken in every way.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::scratch::{Said, Scratch, user};

/// A file of the deck and how it is broken.
struct Broken {
    /// The file that the warning has to name.
    file: &'static str,
    /// Breaks the file in the deck's folder.
    how: fn(&Path),
    /// Whether the deck file itself cannot be read, so that no user's role is known.
    roles_unknown: bool,
}

const DEFAULTS: &str = include_str!("../../../src/config/defaults.toml");

fn deck_file(folder: &Path, text: impl AsRef<[u8]>) {
    fs::write(folder.join("dialdeck.toml"), text).unwrap();
}

/// A deck file that names a rule file.
fn with_rules() -> String {
    DEFAULTS.replace("rules = []", "rules = [\"own.csv\"]")
}

fn rule_file(folder: &Path, text: impl AsRef<[u8]>) {
    deck_file(folder, with_rules());
    fs::write(folder.join("own.csv"), text).unwrap();
}

const BROKEN: [Broken; 13] = [
    Broken {
        file: "dialdeck.toml:1",
        how: |folder| deck_file(folder, "= = =\n"),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml:1",
        how: |folder| deck_file(folder, "max_concurent = 3\nwhat = 1\n"),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml:1",
        how: |folder| deck_file(folder, "[roles]\nsomeone = \"king\"\n"),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml:1",
        how: |folder| deck_file(folder, b"# \xff\xfe\n"),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml",
        how: |folder| deck_file(folder, "#".repeat(9 * 1024 * 1024)),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml",
        how: |folder| fs::create_dir(folder.join("dialdeck.toml")).unwrap(),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml",
        how: |folder| symlink("nowhere.toml", folder.join("dialdeck.toml")).unwrap(),
        roles_unknown: true,
    },
    Broken {
        file: "dialdeck.toml",
        how: |folder| {
            let pipe = folder.join("dialdeck.toml");
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        },
        roles_unknown: true,
    },
    Broken {
        file: "own.csv",
        how: |folder| deck_file(folder, with_rules()),
        roles_unknown: false,
    },
    Broken {
        file: "own.csv",
        how: |folder| rule_file(folder, "no columns of a rule file\n1,2\n"),
        roles_unknown: false,
    },
    Broken {
        file: "own.csv",
        how: |folder| rule_file(folder, b"\xff\xfe\n"),
        roles_unknown: false,
    },
    Broken {
        file: "own.csv",
        how: |folder| {
            rule_file(folder, "");
            fs::remove_file(folder.join("own.csv")).unwrap();
            fs::create_dir(folder.join("own.csv")).unwrap();
        },
        roles_unknown: false,
    },
    // Files that only a carrier or a console needs are not read.
    Broken {
        file: "",
        how: |folder| {
            fs::write(folder.join("keys.toml"), "= =").unwrap();
            fs::create_dir_all(folder.join("themes/dark.toml")).unwrap();
            let trunk = "[[trunk]]\nname = \"livekit\"\nkind = \"livekit\"\n\
                         url = \"wss://my-project.livekit.cloud\"\nsip_trunk = \"ST_1\"\n\
                         agent = \"reminder\"\napi_key_env = \"NOT_SET\"\napi_secret_file = \"absent\"\n";
            deck_file(folder, format!("{DEFAULTS}\n{trunk}"));
        },
        roles_unknown: false,
    },
];

/// Creates a deck with a running campaign and this file broken.
fn broken(case: &Broken) -> Scratch {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    (case.how)(&scratch.path("deck"));
    scratch
}

/// Returns whether standard error names this file, and its line if there is one, as text or as JSON.
fn names_place(said: &Said, place: &str) -> bool {
    if said.err.contains(place) {
        return true;
    }
    let (file, line) = place.split_once(':').unwrap_or((place, ""));
    let lines = said.err.lines();
    let objects = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    objects
        .flat_map(|object| object["warnings"].as_array().cloned().unwrap_or_default())
        .any(|warning| {
            let place = &warning["place"];
            let named = place["file"].as_str().is_some_and(|at| at.ends_with(file));
            named && (line.is_empty() || place["line"].as_u64() == line.parse().ok())
        })
}

#[test]
fn what_holds_back_works_whatever_file_is_broken() {
    for case in &BROKEN {
        let scratch = broken(case);
        for act in [
            &["campaign", "set", "recall", "--pace", "5"][..],
            &["campaign", "pause", "recall"],
            &["dnc", "add", "(212) 555-0142"],
            &["hang-up", "--all", "--reason", "alarm"],
            &["campaign", "pause", "--all"],
            &["--role", "operator", "campaign", "pause", "--all"],
            &["--json", "campaign", "stop", "recall"],
        ] {
            let said = scratch.run(act).exits(0);
            assert!(names_place(&said, case.file), "{act:?}: {}", said.err);
            let warned = said.err.contains("warning");
            assert_eq!(warned, !case.file.is_empty(), "{act:?}: {}", said.err);
        }
        scratch
            .run(&["dnc", "check", "+12125550142"])
            .exits(0)
            .says("internal");
        let log = scratch.run(&["log", "export"]).exits(0).out;
        for kind in ["campaign_paused", "campaign_stopped", "suppression_added"] {
            assert!(log.contains(kind), "{}: {log}", case.file);
        }
    }
}

#[test]
fn what_lets_calls_leave_fails_while_roles_are_not_known() {
    for case in BROKEN.iter().filter(|case| case.roles_unknown) {
        let scratch = broken(case);
        scratch
            .run(&["campaign", "set", "recall", "--pace", "5"])
            .exits(0);
        scratch
            .run(&["campaign", "set", "recall", "--pace", "10"])
            .exits(3)
            .complains("as support you may not change campaigns");
        scratch.run(&["campaign", "pause", "recall"]).exits(0);
        for act in [
            &["campaign", "resume", "recall"][..],
            &["campaign", "add", &scratch.text("recall.toml")],
            &[
                "contacts",
                "import",
                "recall",
                &scratch.text("contacts.csv"),
            ],
            &["run", "--speed", "max"],
            &["dnc", "reverse", "+12125550142", "--reason", "asked"],
            &["trunk", "reset", "simulator"],
            &["--role", "supervisor", "campaign", "resume", "recall"],
        ] {
            let said = scratch.run(act);
            assert!(matches!(said.code, 1 | 3), "{act:?}: {}", said.err);
        }
    }
}

#[test]
fn another_deck_file_only_takes_rights_away() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    let roles =
        |role: &str| DEFAULTS.replace("[roles]\n", &format!("[roles]\n{} = \"{role}\"\n", user()));
    let other = scratch.path("other.toml");
    let named = scratch.text("other.toml");
    let pause = ["--config", &named, "campaign", "pause", "recall"];
    // The deck's own file makes her a viewer: no other file, sound or broken, gives her more rights.
    deck_file(&scratch.path("deck"), roles("viewer"));
    for text in [DEFAULTS.to_owned(), roles("supervisor"), "= = =".to_owned()] {
        fs::write(&other, text).unwrap();
        scratch
            .run(&pause)
            .exits(3)
            .complains("as viewer you may not change campaigns");
    }
    deck_file(&scratch.path("deck"), roles("support"));
    fs::write(&other, "= = =").unwrap();
    scratch
        .run(&pause)
        .exits(3)
        .complains("as support you may not change campaigns");
    // Another file may remove rights that the deck's own file gives.
    deck_file(&scratch.path("deck"), roles("supervisor"));
    fs::write(&other, roles("viewer")).unwrap();
    scratch
        .run(&pause)
        .exits(3)
        .complains("as viewer you may not change campaigns");
    fs::write(&other, "= = =").unwrap();
    scratch.run(&pause).exits(0).complains("other.toml:1");
}

#[test]
fn an_opt_out_makes_no_deck_by_a_slip_in_the_path() {
    let scratch = Scratch::new();
    let add = ["dnc", "add", "+12125550142"];
    scratch
        .run(&add)
        .exits(4)
        .complains("there is no deck at")
        .complains("--new");
    assert!(!scratch.path("deck").exists());
    // A number that cannot be read creates no deck either.
    scratch.run(&["dnc", "add", "--new", "none"]).exits(2);
    assert!(!scratch.path("deck").exists());
    scratch.run(&["dnc", "add", "--new", add[2]]).exits(0);
    scratch.run(&add).exits(0).says("1 already on the list");
    // A list of such numbers creates none either. A dry run needs no deck.
    let other = Scratch::new();
    fs::write(other.path("stop.txt"), "+12125550142\n").unwrap();
    let list = other.text("stop.txt");
    let import = ["dnc", "import", &list];
    for more in [&[][..], &["--accept-rejects"], &["--dry-run"]] {
        let said = other.run(&[&import[..], more].concat());
        if more == ["--dry-run"] {
            said.exits(0);
        } else {
            said.exits(4)
                .complains("there is no deck at")
                .complains("--new");
        }
        assert!(!other.path("deck").exists(), "{more:?}");
    }
    other.run(&["dnc", "import", &list, "--new"]).exits(0);
    let check = ["dnc", "check", "+12125550142"];
    other.run(&check).exits(0).says("internal");
}

#[test]
fn no_other_command_makes_a_deck() {
    let import = ["contacts", "import", "recall", "contacts.csv"];
    let reverse = ["dnc", "reverse", "+12125550142", "--reason", "asked"];
    for act in [
        &["campaign", "pause", "--all"][..],
        &["campaign", "pause", "recall"],
        &["campaign", "resume", "recall"],
        &["campaign", "stop", "recall"],
        &["campaign", "start", "recall"],
        &["campaign", "list"],
        &["campaign", "show", "recall"],
        &["campaign", "release", "recall", "--reason", "looked at"],
        &["campaign", "set", "recall", "--pace", "5"],
        &["hang-up", "--all", "--reason", "alarm"],
        &["call", "+12125550142", "--trunk", "simulator"],
        &["trunk", "reset", "simulator"],
        &import,
        &reverse,
        &["dnc", "list"],
        &["dnc", "export"],
        &["dnc", "check", "+12125550142"],
        &["numbers"],
        &["unknown"],
        &["results", "list"],
        &["log"],
        &["run"],
        &["status"],
    ] {
        let nowhere = Scratch::new();
        nowhere.run(act).exits(4).complains("there is no deck at");
        assert!(!nowhere.path("deck").exists(), "{act:?}");
    }
    let rest = [
        (&["why", "+12125550142"][..], 0),
        (&["window", "+12125550142"], 0),
        (&["check", "recall.toml"], 2),
        (&["doctor"], 0),
        (&["config", "print"], 0),
    ];
    for (act, code) in rest {
        let nowhere = Scratch::new();
        nowhere.run(act).exits(code);
        assert!(!nowhere.path("deck").exists(), "{act:?}");
    }
    // `call` creates a deck only next to an existing deck file.
    let beside = Scratch::new();
    let call = ["call", "+12125550142", "--trunk", "no-such-trunk"];
    beside.run(&call).exits(4).complains("there is no deck at");
    fs::create_dir(beside.path("deck")).unwrap();
    deck_file(&beside.path("deck"), DEFAULTS);
    assert_ne!(beside.run(&call).code, 4);
}

/// Puts something at the path that is not a file, or that may not be read.
type InPlace = fn(&Path);

const NOT_A_FILE: [InPlace; 5] = [
    |path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    },
    |path| fs::create_dir(path).unwrap(),
    |path| symlink("/dev/zero", path).unwrap(),
    |path| symlink("/dev/tty", path).unwrap(),
    |path| symlink(path, path).unwrap(),
];

#[test]
fn what_holds_back_holds_where_the_engines_lock_cannot_be_looked_at() {
    for (case, put) in NOT_A_FILE.iter().enumerate() {
        let scratch = Scratch::with_campaign();
        scratch.run(&["campaign", "start", "recall"]).exits(0);
        fs::remove_file(scratch.path("deck/engine.lock")).ok();
        put(&scratch.path("deck/engine.lock"));
        for act in [
            &["campaign", "set", "recall", "--pace", "5"][..],
            &["campaign", "pause", "recall"],
            &["dnc", "add", "(212) 555-0142"],
            &["hang-up", "--all", "--reason", "alarm"],
            &["campaign", "stop", "recall"],
        ] {
            let said = scratch.run(act).exits(0);
            let warned = said.err.contains("whether an engine runs cannot be seen");
            assert_eq!(warned, act[1] != "set", "{case} {act:?}: {}", said.err);
        }
        scratch
            .run(&["status"])
            .exits(0)
            .says("engine unknown")
            .says("whether an engine runs cannot be seen");
        scratch.run(&["doctor"]).exits(1).says("cannot be seen");
        // Commands that need the lock report this too.
        scratch
            .run(&["run", "--speed", "max", "--until-done"])
            .exits(4)
            .complains("engine.lock");
    }
}

#[test]
fn diagnostics_and_keys_in_whose_place_there_is_no_file_keep_nothing_waiting() {
    for put in &NOT_A_FILE {
        let scratch = Scratch::with_campaign();
        fs::remove_file(scratch.path("deck/dialdeck.log")).ok();
        put(&scratch.path("deck/dialdeck.log"));
        put(&scratch.path("deck/listener.key"));
        put(&scratch.path("deck/carrier.jsonl"));
        scratch.run(&["status"]).exits(0);
        scratch.run(&["campaign", "start", "recall"]).exits(0);
        scratch.run(&["doctor"]);
        let said = scratch
            .run(&["run", "--speed", "max", "--until-done"])
            .exits(1)
            .complains("carrier.jsonl");
        assert!(!said.err.contains("the engine runs"), "{}", said.err);
        scratch.run(&["campaign", "pause", "recall"]).exits(0);
    }
}

#[test]
fn status_works_with_broken_files() {
    for case in &BROKEN {
        let scratch = broken(case);
        for look in [
            &["status"][..],
            &["--json", "status"],
            &["campaign", "list"],
            &["campaign", "show", "recall"],
            &["why", "(212) 555-0142"],
            &["why", "(212) 555-0142", "--campaign", "recall"],
            &["dnc", "check", "(212) 555-0142"],
            &["log"],
        ] {
            let said = scratch.run(look).exits(0);
            assert!(names_place(&said, case.file), "{look:?}: {}", said.err);
            let warned = said.err.contains("warning");
            assert_eq!(warned, !case.file.is_empty(), "{look:?}: {}", said.err);
        }
        if case.roles_unknown {
            // The error names the file that removes the right.
            scratch
                .run(&["campaign", "set", "recall", "--pace", "5"])
                .exits(0);
            scratch
                .run(&["campaign", "set", "recall", "--pace", "20"])
                .exits(3)
                .complains(
                    "hint: every user has the role support while the deck file cannot be read",
                );
        }
    }
}

#[test]
fn a_deck_file_that_goes_is_a_broken_one() {
    let scratch = Scratch::with_campaign();
    let british = DEFAULTS.replace("default_country = \"US\"", "default_country = \"GB\"");
    assert_ne!(british, DEFAULTS);
    deck_file(&scratch.path("deck"), british);
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    fs::rename(scratch.path("deck/dialdeck.toml"), scratch.path("away")).unwrap();
    let gone = "the deck's file is gone";
    scratch
        .run(&["campaign", "pause", "recall"])
        .exits(0)
        .complains(gone);
    scratch
        .run(&["dnc", "add", "020 7946 0123"])
        .exits(0)
        .says("+442079460123")
        .complains(gone);
    for act in [
        &["campaign", "resume", "recall"][..],
        &["run", "--speed", "max"],
        &["config", "print"],
    ] {
        scratch.run(act).exits(1).complains(gone);
    }
    scratch
        .run(&["trunk", "reset", "simulator"])
        .exits(3)
        .complains(gone);
    scratch.run(&["doctor"]).exits(1).says(gone);
    fs::rename(scratch.path("away"), scratch.path("deck/dialdeck.toml")).unwrap();
    scratch.run(&["campaign", "resume", "recall"]).exits(0);
    // A deck that never had a file runs on the defaults.
    let without = Scratch::with_campaign();
    without.run(&["campaign", "start", "recall"]).exits(0);
}

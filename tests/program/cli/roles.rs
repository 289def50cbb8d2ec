//! Tests of the rights of each role, and of actions that need a reason.

use std::fs;

use crate::cli::scratch::{Scratch, user};

#[test]
fn a_role_bounds_what_its_holder_may_do() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    scratch
        .run(&["--role", "support", "campaign", "pause", "recall"])
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "support", "dnc", "add", "212-555-0142"])
        .exits(0);
    scratch
        .run(&["--role", "support", "hang-up", "--all", "--reason", "alarm"])
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "viewer", "campaign", "pause", "recall"])
        .exits(3)
        .complains("as viewer you may not change campaigns");
    scratch
        .run(&["--role", "viewer", "dnc", "add", "312-555-0177"])
        .exits(3)
        .complains("as viewer you may not mark opt-outs");
    scratch
        .run(&["--role", "operator", "campaign", "pause", "recall"])
        .exits(0);
    let reverse = [
        "--role",
        "operator",
        "dnc",
        "reverse",
        "212-555-0142",
        "--reason",
        "asked",
    ];
    scratch
        .run(&reverse)
        .exits(3)
        .complains("as operator you may not change lists");
    scratch.run(&["--role", "viewer", "status"]).exits(0);
}

#[test]
fn nobody_raises_her_own_role() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    let roles = include_str!("../../../src/config/defaults.toml")
        .replace("[roles]\n", &format!("[roles]\n{} = \"support\"\n", user()));
    fs::write(scratch.path("deck").join("dialdeck.toml"), roles).unwrap();
    let pause = ["campaign", "pause", "recall"];
    scratch
        .run(&pause)
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "supervisor", "campaign", "pause", "recall"])
        .exits(3)
        .complains(&format!(
            "the deck file gives {} the role support, not supervisor",
            user()
        ));
    scratch
        .run(&["--role", "viewer", "dnc", "add", "212-555-0142"])
        .exits(3)
        .complains("as viewer you may not mark opt-outs");
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
}

#[test]
fn hanging_up_needs_a_reason_and_is_in_the_log() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["hang-up", "--all"])
        .exits(2)
        .complains("--reason");
    scratch
        .run(&["hang-up", "--reason", "alarm"])
        .exits(2)
        .complains("--all");
    scratch
        .run(&["hang-up", "--all", "--reason", "alarm"])
        .exits(0)
        .says("no call was up");
    let asked = format!("{} asked for every call to be hung up: alarm", user());
    scratch.run(&["log", "export"]).exits(0).says(&asked);
    // No call is up, so that nothing is left to do.
    let status = scratch.run(&["--json", "status"]).exits(0).json();
    assert_eq!(status["alerts"], serde_json::json!([]));
}

#[test]
fn read_only_refuses_what_would_write() {
    let scratch = Scratch::with_campaign();
    for args in [
        &["--read-only", "dnc", "add", "212-555-0142"][..],
        &["--read-only", "campaign", "start", "recall"],
        &["--read-only", "campaign", "stop", "recall"],
    ] {
        scratch.run(args).exits(3).complains("--read-only");
    }
    scratch
        .run(&["--read-only", "status"])
        .exits(0)
        .says("draft");
}

#[test]
fn the_environment_sets_no_user() {
    let scratch = Scratch::with_campaign();
    let roles = |lines: &str| {
        let text = include_str!("../../../src/config/defaults.toml")
            .replace("[roles]\n", &format!("[roles]\n{lines}"));
        fs::write(scratch.path("deck").join("dialdeck.toml"), text).unwrap();
    };
    // Users who are not named have the default role.
    for (default, code) in [("viewer", 3), ("support", 0), ("operator", 0)] {
        roles(&format!("default = \"{default}\"\nboss = \"supervisor\"\n"));
        scratch.run(&["dnc", "add", "212-555-0142"]).exits(code);
        scratch
            .run(&["dnc", "reverse", "212-555-0142", "--reason", "asked"])
            .exits(3)
            .complains("you may not change lists");
    }
    // `$USER` does not change the role.
    roles("default = \"viewer\"\nboss = \"supervisor\"\n");
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .args(["campaign", "start", "recall", "--deck"])
        .arg(scratch.path("deck"))
        .envs([("USER", "boss"), ("LOGNAME", "boss"), ("SUDO_USER", "boss")])
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(3));
    // A named user has the role that is named.
    roles(&format!(
        "default = \"viewer\"\n{} = \"operator\"\n",
        user()
    ));
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    roles("boss = \"supervisor\"\n");
    scratch
        .run(&["config", "print"])
        .exits(0)
        .says("users who are not named are supervisors");
}

#[test]
fn a_backup_takes_the_lists_along_and_lies_outside_the_deck() {
    let scratch = Scratch::with_campaign();
    let (one, two) = (scratch.text("one"), scratch.text("two"));
    scratch
        .run(&["--role", "viewer", "backup", &one])
        .exits(3)
        .complains("as viewer you may not back the deck up");
    scratch.run(&["--role", "support", "backup", &two]).exits(0);
    for inside in ["deck", "deck/backup", "deck/a/b"] {
        let inside = scratch.text(inside);
        scratch
            .run(&["backup", &inside])
            .exits(2)
            .complains("lies in the deck's own folder");
    }
}

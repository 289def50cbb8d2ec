//! What was typed that cannot be, and limits of the system.

use std::process::Command;

use super::scratch::{CAMPAIGN, Scratch};

#[test]
fn a_campaign_file_is_a_file_and_never_waited_for() {
    let scratch = Scratch::new();
    let pipe = scratch.text("pipe.toml");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for args in [
        &["check", &pipe][..],
        &["campaign", "add", &pipe],
        &["window", "--csv", &pipe],
    ] {
        scratch.run(args).complains("it is not a file");
    }
    let text = CAMPAIGN.replace("contacts = \"contacts.csv\"\n", "");
    scratch
        .feed(&["check", "-"], &text)
        .exits(0)
        .says("campaign recall");
}

#[test]
fn instants_beyond_any_call_are_refused() {
    let scratch = Scratch::new();
    for at in [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
    ] {
        scratch
            .run(&["window", "+12125550142", "--at", at])
            .exits(2)
            .complains("is not an instant from 1970 to 2100");
    }
}

#[test]
fn what_was_typed_begins_no_line_of_its_own() {
    let scratch = Scratch::with_campaign();
    // In the deck's own folder, where no backup is made.
    let backup = scratch.text("deck/a\nerror: all is lost");
    for args in [
        &["campaign", "pause", "a\nerror: all is lost"][..],
        &["check", "a\nerror: all is lost"],
        &["dnc", "import", "a\nerror: all is lost"],
        &["window", "+12125550142", "--at", "a\nerror: all is lost"],
        &["a\nerror: all is lost"],
        &["log", "--last=a\nerror: all is lost"],
        &["backup", &backup],
    ] {
        let said = scratch.run(args);
        let lines = said.err.lines().chain(said.out.lines());
        let bad = lines.filter(|line| line.starts_with("error: all"));
        assert_eq!(bad.count(), 0, "{args:?}: {} {}", said.err, said.out);
    }
}

#[test]
fn limits_of_the_system_are_errors() {
    let scratch = Scratch::with_campaign();
    for (limit, says) in [
        ("ulimit -n 24", "may have 24 files open at once"),
        // A handful of blocks: the store cannot grow.
        ("ulimit -f 8", "error: "),
    ] {
        let script =
            format!("{limit}; exec \"$0\" --deck \"$1\" run --speed max --until-done recall");
        let said = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(env!("CARGO_BIN_EXE_dialdeck"))
            .arg(scratch.path("deck"))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(
            matches!(said.status.code(), Some(1 | 4)),
            "{limit}: {:?} {told}",
            said.status
        );
        assert!(told.contains(says) && !told.contains("panicked"), "{told}");
    }
}

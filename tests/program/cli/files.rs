//! Tests of files that commands write, and of inputs that are not regular files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::scratch::{CAMPAIGN, Scratch};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_deck_is_its_users_alone_also_one_that_was_not() {
    let scratch = Scratch::with_campaign();
    scratch.run(&[
        "contacts",
        "import",
        "recall",
        &scratch.text("contacts.csv"),
    ]);
    let all = |what: &str| {
        assert_eq!(mode(&scratch.path("deck")), 0o700, "{what}");
        for entry in fs::read_dir(scratch.path("deck")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{what}: {}", path.display());
        }
    };
    all("new");
    let rejects = scratch.path("contacts.csv.rejects.csv");
    assert_eq!(mode(&rejects), 0o600);
    fs::set_permissions(scratch.path("deck"), fs::Permissions::from_mode(0o755)).unwrap();
    let store = scratch.path("deck").join("deck.sqlite");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    scratch.run(&["status"]).exits(0);
    all("opened");
}

#[test]
fn rejects_go_to_a_new_file_outside_the_deck() {
    let scratch = Scratch::with_campaign();
    let list = scratch.text("contacts.csv");
    let before = fs::read(&list).unwrap();
    let first = fs::read(scratch.path("contacts.csv.rejects.csv")).unwrap();
    // An existing file is kept, even if it is the list itself or a link.
    let kept = scratch.text("kept.csv");
    fs::write(&kept, "mine").unwrap();
    let link = scratch.text("link.csv");
    symlink(scratch.path("target.csv"), &link).unwrap();
    let inside = scratch.path("deck").join("r.csv");
    for (rejects, why) in [
        (list.as_str(), "it is kept"),
        (&kept, "it is kept"),
        (&link, "it is kept"),
        (inside.to_str().unwrap(), "lies in the deck's folder"),
    ] {
        for command in [
            &["contacts", "import", "recall", &list][..],
            &["dnc", "import", &list, "--accept-rejects"],
        ] {
            let args = [command, &["--rejects", rejects]].concat();
            scratch
                .run(&args)
                .exits(2)
                .complains(why)
                .complains("hint: ");
        }
    }
    assert_eq!(fs::read(&list).unwrap(), before);
    assert_eq!(fs::read(&kept).unwrap(), b"mine");
    assert!(!scratch.path("target.csv").exists() && !inside.exists());
    // The refused commands took no row.
    scratch
        .run(&["dnc", "check", "+12125550142"])
        .exits(0)
        .says("no list");
    // Without a name the next free name is used.
    scratch.run(&["contacts", "import", "recall", &list]);
    assert!(scratch.path("contacts.csv.rejects.2.csv").exists());
    assert_eq!(
        fs::read(scratch.path("contacts.csv.rejects.csv")).unwrap(),
        first
    );
}

#[test]
fn what_never_ends_is_refused() {
    let scratch = Scratch::with_campaign();
    for args in [
        &["contacts", "import", "recall", "/dev/zero"][..],
        &["dnc", "import", "/dev/zero"],
        &["check", "/dev/zero"],
        &["campaign", "add", "/dev/zero"],
        &["config", "print", "--config", "/dev/zero"],
        &["window", "--csv", "/dev/zero"],
    ] {
        let said = scratch.run(args);
        assert!(
            matches!(said.code, 1 | 2),
            "{args:?}: {} {}",
            said.code,
            said.err
        );
        assert!(said.err.contains("/dev/zero"), "{args:?}: {}", said.err);
    }
}

#[test]
fn a_file_of_settings_is_no_larger_than_a_mebibyte() {
    let scratch = Scratch::new();
    let file = scratch.text("large.toml");
    fs::write(&file, format!("{CAMPAIGN}\n# {}\n", "x".repeat(1 << 20))).unwrap();
    scratch
        .run(&["check", &file])
        .exits(1)
        .complains("is larger than 1 MiB");
}

#[test]
fn many_faults_are_counted_and_the_first_are_named() {
    let scratch = Scratch::new();
    let file = scratch.text("faults.toml");
    let keys: Vec<String> = (0..100_000).map(|n| format!("k{n}=1")).collect();
    fs::write(&file, keys.join("\n")).unwrap();
    let said = scratch.run(&["check", &file]).exits(1);
    assert!(said.err.contains("faults.toml:1:1: k0"), "{}", said.err);
    assert!(said.err.lines().count() < 300, "{}", said.err.len());
    assert!(said.err.contains("faults more"), "{}", said.err);
}

#[test]
fn a_list_has_no_more_columns_than_a_thousand() {
    let scratch = Scratch::with_campaign();
    let header: Vec<String> = (0..100_000).map(|n| format!("c{n}")).collect();
    let list = scratch.text("wide.csv");
    fs::write(&list, format!("number,{}\n2125550142\n", header.join(","))).unwrap();
    for args in [
        &["contacts", "import", "recall", &list][..],
        &["dnc", "import", &list],
    ] {
        scratch.run(args).exits(1).complains("has 100001 columns");
    }
}

#[test]
fn names_are_neither_options_nor_folders() {
    let scratch = Scratch::new();
    for name in ["-v", "--all", ".", ".."] {
        let text = CAMPAIGN.replace("\"recall\"", &format!("\"{name}\""));
        fs::write(scratch.path("odd.toml"), text).unwrap();
        let said = scratch.run(&["check", &scratch.text("odd.toml")]);
        said.exits(1).complains("cannot be a name");
        let deck = format!("[[trunk]]\nname = \"{name}\"\nkind = \"simulator\"\n");
        fs::write(scratch.path("deck.toml"), deck).unwrap();
        let said = scratch.run(&["config", "print", "--config", &scratch.text("deck.toml")]);
        said.exits(1).complains("cannot be part of an address");
    }
}

#[test]
fn results_go_over_https_without_credentials() {
    let scratch = Scratch::new();
    let check = |url: &str| {
        let text = format!("{CAMPAIGN}\n[results]\nurl = \"{url}\"\n");
        fs::write(scratch.path("results.toml"), text).unwrap();
        scratch.run(&["check", &scratch.text("results.toml")])
    };
    for url in [
        "http://results.example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://localhost.example.com/",
        "ftp://example.com/x",
        "//example.com",
        "https://",
        "results.example.com",
    ] {
        check(url).exits(1).complains("results.url");
    }
    for url in [
        "https://user:secret@example.com/x",
        "https://token@example.com/",
    ] {
        check(url).exits(1).complains("credentials");
    }
    for url in [
        "https://example.com/x",
        "http://127.0.0.1:9000/x",
        "http://localhost:9000/x",
        "http://[::1]:9000/x",
    ] {
        assert!(!check(url).err.contains("results.url"), "{url}");
    }
}

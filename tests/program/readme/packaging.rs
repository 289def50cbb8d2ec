//! The Debian package: built from its metadata with the program under test, where `dpkg-deb` is installed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::readme::{read, root};

fn metadata() -> toml::Table {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
    manifest["package"]["metadata"]["deb"]
        .as_table()
        .unwrap()
        .clone()
}

/// Returns source, target and mode of each file of the package.
fn assets() -> Vec<[String; 3]> {
    let assets = metadata()["assets"].as_array().unwrap().clone();
    let parts = |asset: toml::Value| {
        let parts = asset.as_array().unwrap().clone();
        [0, 1, 2].map(|nth| parts[nth].as_str().unwrap().to_owned())
    };
    assets.into_iter().map(parts).collect()
}

#[test]
fn what_the_package_takes_from_the_tree_is_there() {
    let assets = assets();
    assert!(assets.len() > 5);
    for [source, ..] in assets {
        let is_built = source.starts_with("target/");
        assert!(is_built || root().join(&source).exists(), "{source}");
    }
    let scripts = root().join(metadata()["maintainer-scripts"].as_str().unwrap());
    for script in ["postinst", "prerm"] {
        let mode = fs::metadata(scripts.join(script))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script} can be executed");
    }
}

/// Runs a program; `None` where it is not installed, which is said.
fn tool(name: &str, args: &[&str]) -> Option<Output> {
    let output = Command::new(name).args(args).output();
    if output.is_err() {
        // Not captured by the test, so that it is seen.
        let said = format!("NOT CHECKED: {name} is not installed\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    output.ok()
}

fn program(args: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}");
    output.stdout
}

/// Puts the package's files under a folder. What a release builds is built with the program under test.
fn lay_out(at: &Path) {
    let made = at.join("made");
    let man = made.join("man");
    fs::create_dir_all(&man).unwrap();
    program(&["man", "--dir", man.to_str().unwrap()]);
    for shell in ["bash", "zsh", "fish"] {
        fs::write(
            made.join(format!("dialdeck.{shell}")),
            program(&["completions", shell]),
        )
        .unwrap();
    }
    for [source, target, mode] in assets() {
        let from = match source.strip_prefix("target/") {
            Some("release/dialdeck") => env!("CARGO_BIN_EXE_dialdeck").into(),
            Some(built) => made.join(built.strip_prefix("package-files/").unwrap()),
            None => root().join(&source),
        };
        let files = if source.ends_with("/*") {
            let files = fs::read_dir(from.parent().unwrap()).unwrap();
            files.map(|file| file.unwrap().path()).collect()
        } else {
            vec![from]
        };
        assert!(!files.is_empty(), "{source}");
        for file in files {
            let mut to = at.join("package").join(&target);
            if target.ends_with('/') {
                to.push(file.file_name().unwrap());
            }
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&file, &to).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
            let bits = u32::from_str_radix(&mode, 8).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(bits)).unwrap();
        }
    }
    let control = at.join("package/DEBIAN");
    fs::create_dir_all(&control).unwrap();
    let deb = metadata();
    let manifest = format!(
        "Package: dialdeck\nVersion: {}\nArchitecture: all\nMaintainer: {} <none@example.com>\n\
         Section: {}\nDepends: systemd\nDescription: a console for calling campaigns\n",
        env!("CARGO_PKG_VERSION"),
        deb["maintainer"].as_str().unwrap(),
        deb["section"].as_str().unwrap(),
    );
    fs::write(control.join("control"), manifest).unwrap();
    let scripts = root().join(deb["maintainer-scripts"].as_str().unwrap());
    for script in fs::read_dir(scripts).unwrap() {
        let script = script.unwrap();
        fs::copy(script.path(), control.join(script.file_name())).unwrap();
    }
}

#[test]
fn the_package_is_built_and_holds_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let (from, to) = (
        folder.path().join("package"),
        folder.path().join("dialdeck.deb"),
    );
    let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
    let Some(built) = tool(
        "dpkg-deb",
        &["-Znone", "--root-owner-group", "--build", from, to],
    ) else {
        return;
    };
    assert!(built.status.success(), "{built:?}");
    let listed = tool("dpkg-deb", &["--contents", to]).unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for (mode, file) in [
        ("-rwxr-xr-x root/root", "./usr/bin/dialdeck"),
        ("-rw-r--r-- root/root", "./usr/share/man/man1/dialdeck.1"),
        (
            "-rw-r--r-- root/root",
            "./usr/share/man/man1/dialdeck-dnc-add.1",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/bash-completion/completions/dialdeck",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/zsh/vendor-completions/_dialdeck",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/fish/vendor_completions.d/dialdeck.fish",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/lib/systemd/system/dialdeck.service",
        ),
        ("-rw-r--r-- root/root", "./usr/lib/sysusers.d/dialdeck.conf"),
    ] {
        let line = listed.lines().find(|line| line.ends_with(file));
        let line = line.unwrap_or_else(|| panic!("{file} is missing:\n{listed}"));
        assert!(line.starts_with(mode), "{line}");
    }
    let out = folder.path().join("out");
    let unpacked = tool("dpkg-deb", &["-x", to, out.to_str().unwrap()]).unwrap();
    assert!(unpacked.status.success(), "{unpacked:?}");
    let said = Command::new(out.join("usr/bin/dialdeck"))
        .arg("--version")
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    let sysusers = out.join("usr/lib/sysusers.d/dialdeck.conf");
    if let Some(users) = tool(
        "systemd-sysusers",
        &["--dry-run", sysusers.to_str().unwrap()],
    ) {
        assert!(users.status.success(), "{users:?}");
    }
    for script in ["postinst", "prerm"] {
        let script = format!("{from}/DEBIAN/{script}");
        let read = Command::new("sh").args(["-n", &script]).output().unwrap();
        assert!(read.status.success(), "{read:?}");
    }
}

#[test]
fn the_unit_is_valid() {
    let unit = read(&root().join("packaging/dialdeck.service"));
    // `service.rs` holds the program to both.
    assert!(unit.contains("\nType=notify\n") && unit.contains("\nWatchdogSec="));
    let program = env!("CARGO_BIN_EXE_dialdeck");
    let start = format!("ExecStart={program} ");
    let here = unit.replace("ExecStart=/usr/bin/dialdeck ", &start);
    assert_ne!(here, unit);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dialdeck.service");
    let verify = |text: &str| {
        fs::write(&file, text).unwrap();
        tool(
            "systemd-analyze",
            &["verify", "--man=no", file.to_str().unwrap()],
        )
    };
    let Some(output) = verify(&here) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("dialdeck.service:"), "{said}");
    // A slip is noticed.
    let slip = verify(&here.replace("WatchdogSec=", "WatchdogSecs=")).unwrap();
    let said = String::from_utf8_lossy(&slip.stderr);
    assert!(said.contains("WatchdogSecs"), "{said}");
}

/// `cargo install --path .` reads the same configuration as any build in a checkout.
#[test]
fn sqlite_has_the_options_of_the_checkout() {
    let config: toml::Table = read(&root().join(".cargo/config.toml")).parse().unwrap();
    let flags = config["env"]["LIBSQLITE3_FLAGS"].as_str().unwrap();
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    let mut options = sqlite.prepare("PRAGMA compile_options").unwrap();
    let options = options
        .query_map((), |row| row.get::<_, String>(0))
        .unwrap();
    let options: Vec<String> = options.map(Result::unwrap).collect();
    let (mut set, mut unset) = (0, 0);
    for flag in flags.split_whitespace() {
        if let Some(name) = flag.strip_prefix("-DSQLITE_") {
            set += 1;
            assert!(
                options.iter().any(|option| option == name),
                "{name} in {options:?}"
            );
        } else {
            let name = flag.strip_prefix("-USQLITE_").unwrap();
            unset += 1;
            assert!(
                !options.iter().any(|option| option.starts_with(name)),
                "{name}"
            );
        }
    }
    assert!(set > 5 && unset > 5, "{set} {unset}");
}

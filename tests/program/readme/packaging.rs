//! The Debian package names files that exist, and its unit is one that systemd takes.

use std::process::Command;

use crate::readme::{read, root};

#[test]
fn what_the_package_takes_from_the_tree_is_there() {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"].as_array().unwrap();
    assert!(assets.len() > 5);
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        let is_built = source.starts_with("target/");
        assert!(is_built || root().join(source).exists(), "{source}");
    }
    let scripts = root().join(deb["maintainer-scripts"].as_str().unwrap());
    assert!(scripts.join("postinst").exists());
}

#[test]
fn the_unit_is_valid() {
    let unit = read(&root().join("packaging/dialdeck.service"));
    // systemd waits for a notification that the program does not send.
    assert!(unit.contains("\nType=exec\n"));
    let program = env!("CARGO_BIN_EXE_dialdeck");
    let here = unit.replace(
        "ExecStart=/usr/bin/dialdeck ",
        &format!("ExecStart={program} "),
    );
    assert_ne!(here, unit);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dialdeck.service");
    std::fs::write(&file, here).unwrap();
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&file)
        .output();
    // Where systemd is not installed there is nothing to ask.
    let Ok(output) = verify else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("dialdeck.service:"), "{said}");
}

//! The published JSON Schemas are those that follow from the reference pages.

use std::collections::BTreeMap;
use std::fs;

use dialdeck_testkit::schema::folder;

use crate::readme::{page, read, subcommands};

/// Rewrites the schemas in place of comparing them.
const WRITE: &str = "DIALDECK_WRITE_DOCS";

/// Compares the files of a folder with what they are to be, or writes them.
pub(crate) fn hold(below: &str, wanted: &BTreeMap<String, String>) {
    let folder = folder().join(below);
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in wanted {
            fs::write(folder.join(format!("{name}.json")), text).unwrap();
        }
    }
    let files = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let there: BTreeMap<String, String> = files
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                read(&path),
            )
        })
        .collect();
    let differ: Vec<&String> = wanted
        .keys()
        .chain(there.keys())
        .filter(|name| wanted.get(*name) != there.get(*name))
        .collect();
    assert!(
        differ.is_empty(),
        "{differ:?} in {} are not what the reference pages say; `{WRITE}=1 cargo test --test program schemas` \
         writes them again",
        folder.display()
    );
}

#[test]
fn the_schemas_of_outputs_follow_from_their_page() {
    hold("json", &page::outputs());
    assert_eq!(page::unused(), Vec::<String>::new());
}

/// Commands without a document of their own: what they print with `--json` is none, or lines of the log.
const WITHOUT: [&str; 8] = [
    "",
    "call",
    "completions",
    "demo",
    "log",
    "log export",
    "man",
    "run",
];

#[test]
fn every_command_has_its_output_described() {
    let described = page::outputs();
    for (command, _) in subcommands() {
        let has = described.contains_key(&command.replace(' ', "-"));
        assert_ne!(has, WITHOUT.contains(&command.as_str()), "{command}");
    }
    let commands: Vec<String> = subcommands().into_iter().map(|(name, _)| name).collect();
    for name in described
        .keys()
        .filter(|name| !["errors", "warnings"].contains(&name.as_str()))
    {
        let known = commands
            .iter()
            .any(|command| command.replace(' ', "-") == *name);
        assert!(known, "{name}");
    }
}

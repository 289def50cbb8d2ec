//! `docs/promises.md` explains every promise that the tree cites, and names tests and files that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::readme::{read, root};

/// Every source file and document of the tree, with its text.
fn tree() -> BTreeMap<PathBuf, String> {
    fn visit(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !path.is_symlink() && name != "target" && !name.starts_with('.') {
                visit(&path, files);
            }
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_file() && matches!(extension, Some("rs" | "md")) {
                files.insert(path.clone(), read(&path));
            }
        }
    }
    let mut files = BTreeMap::new();
    visit(root(), &mut files);
    files
}

/// The words of a text: letters, digits and what `also` allows inside.
fn words<'t>(text: &'t str, also: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(move |letter: char| !letter.is_alphanumeric() && !also.contains(letter))
}

/// A code of a promise, such as `D1` or `L1`: a capital and a number without a leading zero.
fn is_code(word: &str) -> bool {
    let Some(number) = word.strip_prefix(['D', 'L']) else {
        return false;
    };
    let limit = if word.starts_with('L') { 1 } else { 2 };
    (1..=limit).contains(&number.len())
        && !number.starts_with('0')
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn promises() -> String {
    read(&root().join("docs/promises.md"))
}

fn explained() -> BTreeSet<String> {
    promises()
        .lines()
        .filter_map(|line| line.strip_prefix("### ")?.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_promise_that_is_cited_is_explained() {
    let explained = explained();
    assert!(explained.iter().all(|code| is_code(code)), "{explained:?}");
    let mut unknown = BTreeSet::new();
    for (file, text) in tree() {
        let cited = words(&text, "_").filter(|word| is_code(word));
        for code in cited.filter(|code| !explained.contains(*code)) {
            unknown.insert(format!("{}: {code}", file.display()));
        }
    }
    assert!(unknown.is_empty(), "not in docs/promises.md: {unknown:#?}");
}

#[test]
fn a_promise_says_all_of_its_parts_or_that_it_is_not_built() {
    for part in promises().split("\n### ").skip(1) {
        let part = part.split("\n## ").next().unwrap();
        let name = part.lines().next().unwrap();
        if part.contains("**Not built**") {
            continue;
        }
        for label in ["- Source: ", "- Kept by: ", "- Tests: ", "- Auditor: "] {
            assert!(part.contains(label), "{name} lacks `{label}`");
        }
    }
}

#[test]
fn the_tests_and_files_that_are_named_exist() {
    let tree = tree();
    let promises = promises();
    for code in promises.split('`').skip(1).step_by(2) {
        if let Some((file, test)) = code.rsplit_once("::") {
            let stem = file.rsplit('/').next().unwrap().trim_end_matches(".rs");
            let function = format!("fn {test}(");
            let there = tree.iter().any(|(path, text)| {
                let path = path.with_extension("");
                path.iter().any(|part| part == stem) && text.contains(&function)
            });
            assert!(there, "no test `{code}`");
        } else if let Some(below) = code.strip_prefix("policy/").or(code.strip_prefix("rules/")) {
            let part = code.split('/').next().unwrap();
            let file = root().join("crates/core/src").join(part).join(below);
            assert!(file.exists(), "no file `{code}`");
        }
    }
    let scenarios = promises.split("the scenario").skip(1).flat_map(|rest| {
        let sentence = rest.split(['.', '\n']).next().unwrap();
        sentence.split('`').skip(1).step_by(2).map(str::to_owned)
    });
    let scenarios: Vec<String> = scenarios.collect();
    assert!(!scenarios.is_empty());
    for name in scenarios {
        let file = root().join("tests/scenarios").join(format!("{name}.toml"));
        assert!(file.exists(), "no scenario `{name}`");
    }
}

#[test]
fn no_file_cites_a_document_that_is_not_here() {
    let tree = tree();
    let names: BTreeSet<&str> = tree
        .keys()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    let mut strange = BTreeSet::new();
    for (file, text) in &tree {
        let documents = words(text, "_-.").filter(|word| {
            let parts = word.rsplit_once('.');
            parts.is_some_and(|(name, kind)| kind == "md" && !name.is_empty())
        });
        for word in documents {
            // A name that a test makes up.
            if word == "readme.md" {
                continue;
            }
            if !names.contains(word) {
                strange.insert(format!("{}: {word}", file.display()));
            }
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
}

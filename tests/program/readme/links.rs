//! Links and paths of the documents lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::readme::{read, root};

/// Returns the targets of a file's links, as written.
fn links(markdown: &str) -> Vec<String> {
    let targets = markdown.split("](").skip(1);
    targets
        .map(|rest| rest.split(')').next().unwrap().to_owned())
        .collect()
}

/// Returns the headings as anchors: `## A real campaign` as `a-real-campaign`.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| title.replace(' ', "-"))
        .map(|title| {
            title.replace(
                |letter: char| !letter.is_alphanumeric() && letter != '-',
                "",
            )
        })
        .collect()
}

#[test]
fn links_and_paths_lead_somewhere() {
    let mut documents: Vec<PathBuf> = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "sample-data/README.md",
    ]
    .map(|name| root().join(name))
    .to_vec();
    for folder in ["docs", "docs/reference"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        documents.extend(files.filter(|path| path.is_file()));
    }
    for document in documents {
        let markdown = read(&document);
        assert!(!markdown.is_empty(), "{}", document.display());
        for link in links(&markdown).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = match path {
                "" => document.clone(),
                _ => document.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{}: {link}", document.display());
            let there = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
            assert!(there, "{}: no heading for {link}", document.display());
        }
        for code in markdown.split('`').skip(1).step_by(2) {
            let parts = [
                "src/",
                "crates/",
                "tests/",
                "data/",
                "docs/",
                "sample-data/",
                "benches/",
                "themes/",
            ];
            let one_word = !code.contains(|letter: char| " *{<\n".contains(letter));
            if one_word && parts.iter().any(|part| code.starts_with(part)) {
                assert!(
                    root().join(code).exists(),
                    "{}: `{code}`",
                    document.display()
                );
            }
        }
    }
}

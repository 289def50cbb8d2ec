//! Who may import whom, as a table. The table is the architecture document that cannot go stale.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

/// A part of `src`, and the words that must not stand in its code.
const TABLE: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "crate::rules",
            "crate::policy",
            "crate::config",
            "crate::intake",
            "crate::store",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "crate::clock",
            "tokio",
            "rusqlite",
            "std::fs",
            "std::net",
            "std::env",
            "::now(",
            "async fn",
        ],
    ),
    (
        "rules",
        &[
            "crate::policy",
            "crate::config",
            "crate::intake",
            "crate::store",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "crate::clock",
            "tokio",
            "rusqlite",
            "std::fs",
            "std::net",
            "std::env",
            "::now(",
            "async fn",
            "rand",
        ],
    ),
    (
        "policy",
        &[
            "crate::config",
            "crate::intake",
            "crate::store",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "crate::clock",
            "tokio",
            "rusqlite",
            "std::fs",
            "std::net",
            "std::env",
            "::now(",
            "async fn",
            "rand_",
        ],
    ),
    (
        "config",
        &[
            "crate::policy",
            "crate::intake",
            "crate::store",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "crate::clock",
            "tokio",
            "rusqlite",
        ],
    ),
    (
        "intake",
        &[
            "crate::policy",
            "crate::config",
            "crate::store",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "crate::clock",
            "tokio",
            "rusqlite",
        ],
    ),
    (
        "store",
        &[
            "crate::config",
            "crate::intake",
            "crate::provider",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "::now(",
        ],
    ),
    ("store/memory", &["rusqlite"]),
    (
        "provider",
        &[
            "crate::config",
            "crate::intake",
            "crate::store",
            "crate::policy",
            "crate::engine",
            "crate::tui",
            "crate::cli",
            "rusqlite",
            "::now(",
        ],
    ),
    (
        "engine",
        &[
            "crate::config",
            "crate::intake",
            "crate::tui",
            "crate::cli",
            "rusqlite",
            "store::sqlite",
            "store::memory",
            "provider::simulator",
            "provider::livekit",
            "provider::bubblyphone",
            "provider::plum",
            "crate::outside",
            "std::fs",
            "::now(",
        ],
    ),
    (
        "outside",
        &[
            "crate::config",
            "crate::intake",
            "crate::tui",
            "crate::cli",
            "crate::policy",
            "rusqlite",
            "store::sqlite",
            "store::memory",
            "provider::simulator",
            "provider::livekit",
            "provider::bubblyphone",
            "provider::plum",
            "std::fs",
            "::now(",
        ],
    ),
    (
        "tui",
        &[
            "crate::policy",
            "crate::store",
            "crate::provider",
            "crate::cli",
            "crate::intake",
            "rusqlite",
            "::now(",
        ],
    ),
    ("tui/colour", &["std::env"]),
    ("tui/glyph", &["std::env"]),
    (
        "engine/dispatcher",
        &["tokio", "async ", "crate::clock", "std::fs", "rand"],
    ),
    (
        "clock.rs",
        &[
            "crate::engine",
            "crate::store",
            "crate::cli",
            "crate::policy",
        ],
    ),
];

#[test]
fn nothing_imports_upwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (part, forbidden) in TABLE {
        let files = sources(&src.join(part), &src);
        assert!(
            !files.is_empty(),
            "the table names `{part}`, which does not exist"
        );
        for file in files {
            let code = without_comments_and_tests(&std::fs::read_to_string(&file).unwrap());
            for (number, line) in code.lines().enumerate() {
                for word in *forbidden {
                    if line.contains(word) {
                        let shown = file.strip_prefix(&src).unwrap().display();
                        found.push(format!(
                            "{shown}:{}: `{word}` in `{}`",
                            number + 1,
                            line.trim()
                        ));
                    }
                }
            }
        }
    }
    assert!(
        found.is_empty(),
        "forbidden in their place:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_the_clock_reads_the_time() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in sources(&src, &src) {
        if file.ends_with("clock.rs") {
            continue;
        }
        let code = without_comments_and_tests(&std::fs::read_to_string(&file).unwrap());
        for word in [
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "thread::sleep",
        ] {
            assert!(
                !code.contains(word),
                "{} reads the time: {word}",
                file.display()
            );
        }
    }
}

#[test]
fn the_table_catches_what_it_forbids() {
    let code = without_comments_and_tests(
        "use crate::store; // crate::engine\n#[cfg(test)]\nmod tests { tokio }",
    );
    assert!(code.contains("crate::store"));
    assert!(!code.contains("crate::engine") && !code.contains("tokio"));
}

fn sources(at: &Path, src: &Path) -> Vec<PathBuf> {
    if at.is_file() {
        return vec![at.to_owned()];
    }
    let single = at.with_extension("rs");
    let mut files = if single.is_file() && at != src {
        vec![single]
    } else {
        Vec::new()
    };
    let Ok(entries) = std::fs::read_dir(at) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path, src));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Cuts line comments and everything from the file's test module on.
fn without_comments_and_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

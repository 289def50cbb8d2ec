//! What a part of the tree may not use, where the compiler does not check it: the crates' manifests contain
//! who may depend on whom, this table contains the rest.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A folder or file, and the paths that its code may not use. `async` means anything asynchronous.
const TABLE: &[(&str, &[&str])] = &[
    (
        "crates/core/src",
        &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "async",
        ],
    ),
    ("crates/core/src/domain", &["crate::rules", "crate::policy"]),
    ("crates/core/src/rules", &["crate::policy"]),
    ("crates/store/src/memory", &["rusqlite"]),
    (
        "crates/engine/src",
        &[
            "std::fs",
            "dialdeck_store::sqlite",
            "dialdeck_store::memory",
            "dialdeck_providers::simulator",
            "dialdeck_providers::livekit",
            "dialdeck_providers::bubblyphone",
            "dialdeck_providers::plum",
        ],
    ),
    (
        "crates/engine/src/dispatcher",
        &["tokio", "dialdeck_clock", "async"],
    ),
    (
        "src/config",
        &[
            "dialdeck_store",
            "dialdeck_providers",
            "dialdeck_engine",
            "dialdeck_clock",
            "crate::policy",
            "crate::intake",
            "crate::http",
            "crate::tui",
            "crate::cli",
            "tokio",
        ],
    ),
    (
        "src/intake",
        &[
            "dialdeck_store",
            "dialdeck_providers",
            "dialdeck_engine",
            "dialdeck_clock",
            "crate::policy",
            "crate::config",
            "crate::http",
            "crate::tui",
            "crate::cli",
            "tokio",
        ],
    ),
    (
        "src/http",
        &[
            "std::fs",
            "crate::config",
            "crate::intake",
            "crate::policy",
            "crate::tui",
            "crate::cli",
            "dialdeck_store::sqlite",
            "dialdeck_store::memory",
            "dialdeck_providers::simulator",
            "dialdeck_providers::livekit",
            "dialdeck_providers::bubblyphone",
            "dialdeck_providers::plum",
        ],
    ),
    (
        "src/tui",
        &[
            "dialdeck_store",
            "dialdeck_providers",
            "crate::policy",
            "crate::intake",
            "crate::http",
            "crate::cli",
        ],
    ),
    ("src/tui/colour", &["std::env"]),
    ("src/tui/glyph", &["std::env"]),
];

/// The names under which the root package re-exports the crates.
const FACADE: &[(&str, &str)] = &[
    ("crate::clock", "dialdeck_clock"),
    ("crate::store", "dialdeck_store"),
    ("crate::provider", "dialdeck_providers"),
    ("crate::engine", "dialdeck_engine"),
];

#[test]
fn no_part_uses_what_it_may_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (part, forbidden) in TABLE {
        let files = sources(&root.join(part));
        assert!(
            !files.is_empty(),
            "the table names `{part}`, which does not exist"
        );
        for file in files {
            let shown = file.strip_prefix(root).unwrap().display().to_string();
            let used = used(&std::fs::read_to_string(&file).unwrap());
            for path in used.iter().filter(|path| is_forbidden(path, forbidden)) {
                found.push(format!("{shown}: {path}"));
            }
        }
    }
    assert!(
        found.is_empty(),
        "not allowed in their place:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_audit_depends_on_no_crate_of_ours() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/audit/Cargo.toml");
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(names) = manifest.get(table).and_then(toml::Value::as_table) else {
            continue;
        };
        let own: Vec<_> = names
            .keys()
            .filter(|name| name.contains("dialdeck"))
            .collect();
        assert!(own.is_empty(), "{own:?}");
    }
}

#[test]
fn every_dependency_is_used_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut packages: Vec<PathBuf> = std::fs::read_dir(root.join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    packages.push(root.to_owned());
    packages.sort();
    let mut found = Vec::new();
    for package in packages {
        let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap();
        let shown = package.strip_prefix(root).unwrap().display().to_string();
        let unused = unused(&manifest, &package).into_iter();
        found.extend(unused.map(|name| format!("{shown}: {name}")));
    }
    assert!(
        found.is_empty(),
        "in a manifest, but not used by that code:\n{}",
        found.join("\n")
    );
}

/// Returns the dependencies of a manifest that the code of its package does not name.
fn unused(manifest: &str, package: &Path) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let program = crates_used(&sources(&package.join("src")), Code::Program);
    let mut tests = crates_used(&all_sources(&package.join("src")), Code::Tests);
    for folder in ["tests", "benches", "examples"] {
        let files = all_sources(&package.join(folder));
        tests.extend(crates_used(&files, Code::Tests));
    }
    let mut found = Vec::new();
    for (table, used) in [("dependencies", &program), ("dev-dependencies", &tests)] {
        let Some(names) = manifest.get(table).and_then(toml::Value::as_table) else {
            continue;
        };
        let names = names
            .keys()
            .filter(|name| !used.contains(&name.replace('-', "_")));
        found.extend(names.map(|name| format!("[{table}] {name}")));
    }
    found
}

#[test]
fn a_dependency_that_is_not_used_is_seen() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/files");
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap();
    assert_eq!(unused(&manifest, &package), Vec::<String>::new());
    let planted = "[dependencies]\nanyhow = \"1\"\n[dev-dependencies]\ncriterion = \"0\"\n";
    let found = ["[dependencies] anyhow", "[dev-dependencies] criterion"];
    assert_eq!(unused(planted, &package), found);
}

#[derive(Clone, Copy, PartialEq)]
enum Code {
    Program,
    Tests,
}

/// The first names of the paths that these files use: crates, among others. A name alone is not a path,
/// except in a `use`.
fn crates_used(files: &[PathBuf], code: Code) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for file in files {
        let parsed = syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut used = Used {
            with_tests: code == Code::Tests,
            ..Used::default()
        };
        used.visit_file(&parsed);
        let firsts = used.paths.iter().filter_map(|path| path.split_once("::"));
        let firsts = firsts.map(|(first, _)| first.to_owned());
        seen.extend(firsts.filter(|first| !used.own_names.contains(first)));
        seen.extend(used.roots);
    }
    seen
}

#[test]
fn every_way_to_use_a_path_is_seen() {
    let code = "
        use std::{fs::File, io};
        use crate::{store::{sqlite, Page}, clock as time};
        fn a() { tokio::spawn(b); assert!(std::env::var(\"A\").is_ok()); }
        fn b(_: &rusqlite::Row<'_>) -> impl Fn() { || async {}; }
        #[cfg(test)]
        mod tests { use std::net::TcpStream; }
    ";
    let used = used(code);
    for word in [
        "std::fs",
        "dialdeck_store::sqlite",
        "dialdeck_clock",
        "tokio",
        "std::env",
        "rusqlite",
        "async",
    ] {
        assert!(
            used.iter().any(|path| is_forbidden(path, &[word])),
            "{word} in {used:?}"
        );
    }
    for word in ["std::net", "std::f", "crate::policy"] {
        assert!(
            !used.iter().any(|path| is_forbidden(path, &[word])),
            "{word} in {used:?}"
        );
    }
}

/// Returns whether a path is one of these or below one.
fn is_forbidden(path: &str, forbidden: &[&str]) -> bool {
    forbidden.iter().any(|word| {
        path.strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// Returns every path that the code of a file uses outside its tests, and `async` if it is asynchronous.
fn used(text: &str) -> Vec<String> {
    let mut seen = Used::default();
    seen.visit_file(&syn::parse_file(text).unwrap());
    for path in &mut seen.paths {
        for (name, own) in FACADE {
            if is_forbidden(path, &[name]) {
                path.replace_range(..name.len(), own);
            }
        }
    }
    seen.paths.sort();
    seen.paths.dedup();
    seen.paths
}

#[derive(Default)]
struct Used {
    /// Code under `cfg(test)`, too.
    with_tests: bool,
    paths: Vec<String>,
    /// The first names of `use` items.
    roots: BTreeSet<String>,
    /// The names that `use` and `mod` items give to something below a crate: `use ring::hmac`.
    own_names: BTreeSet<String>,
}

impl Used {
    fn tree(&mut self, before: &str, tree: &syn::UseTree) {
        let joined = |name: &syn::Ident| match before {
            "" => name.to_string(),
            _ => format!("{before}::{name}"),
        };
        match tree {
            syn::UseTree::Path(path) => self.tree(&joined(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.paths.push(joined(&name.ident)),
            syn::UseTree::Rename(name) => self.paths.push(joined(&name.ident)),
            syn::UseTree::Glob(_) => self.paths.push(before.to_owned()),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(before, tree);
                }
            }
        }
    }
}

impl Used {
    /// Takes the paths from the text of tokens.
    fn take_from(&mut self, tokens: &str) {
        let text = tokens.replace(" :: ", "::");
        let paths = text.split(|char: char| !(char.is_alphanumeric() || matches!(char, '_' | ':')));
        self.paths.extend(
            paths
                .filter(|path| path.contains("::"))
                .map(|path| path.trim_start_matches(':').to_owned()),
        );
    }
}

impl<'ast> Visit<'ast> for Used {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = if let syn::Item::Mod(item) = item {
            &item.attrs[..]
        } else if let syn::Item::Fn(item) = item {
            &item.attrs[..]
        } else if let syn::Item::Use(item) = item {
            &item.attrs[..]
        } else if let syn::Item::Impl(item) = item {
            &item.attrs[..]
        } else {
            &[][..]
        };
        if self.with_tests || !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.own_names.insert(item.ident.to_string());
        visit::visit_item_mod(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before = self.paths.len();
        self.tree("", &item.tree);
        let firsts = self.paths[before..]
            .iter()
            .filter_map(|path| path.split("::").next());
        self.roots.extend(firsts.map(str::to_owned));
        let below = self.paths[before..].iter().filter_map(|path| {
            let path = path.strip_suffix("::self").unwrap_or(path);
            path.rsplit_once("::")
        });
        self.own_names
            .extend(below.map(|(_, last)| last.to_owned()));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        self.paths.push(names.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.asyncness.is_some() {
            self.paths.push("async".to_owned());
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, expr: &'ast syn::ExprAsync) {
        self.paths.push("async".to_owned());
        visit::visit_expr_async(self, expr);
    }

    /// Takes paths in a macro call from its text, because its tokens are not parsed.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.take_from(&call.tokens.to_string());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.take_from(&list.tokens.to_string());
        visit::visit_meta_list(self, list);
    }
}
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|name| name == "test")
    })
}

/// Returns the source files of a folder, or of a file named without its extension. Test files are left out:
/// they are declared under `cfg(test)`.
fn sources(at: &Path) -> Vec<PathBuf> {
    let mut files = all_sources(at);
    files.retain(|file| {
        let below = file.strip_prefix(at).unwrap_or(file).with_extension("");
        !below
            .iter()
            .filter_map(|part| part.to_str())
            .any(|part| part == "tests" || part == "fixture" || part.ends_with("_tests"))
    });
    files
}

/// The source files of a folder with those of tests, or of a file named without its ending.
fn all_sources(at: &Path) -> Vec<PathBuf> {
    let single = at.with_extension("rs");
    let mut files: Vec<_> = single.is_file().then_some(single).into_iter().collect();
    let Ok(entries) = std::fs::read_dir(at) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files.dedup();
    files
}

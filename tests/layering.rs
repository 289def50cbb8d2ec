//! What a part of the tree may not use, where the compiler does not check it: the crates' manifests contain
//! who may depend on whom, this table contains the rest.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

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
            "crate::outside",
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
            "crate::outside",
            "crate::tui",
            "crate::cli",
            "tokio",
        ],
    ),
    (
        "src/outside",
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
            "crate::outside",
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
    for path in &mut seen.0 {
        for (name, own) in FACADE {
            if is_forbidden(path, &[name]) {
                path.replace_range(..name.len(), own);
            }
        }
    }
    seen.0.sort();
    seen.0.dedup();
    seen.0
}

#[derive(Default)]
struct Used(Vec<String>);

impl Used {
    fn tree(&mut self, before: &str, tree: &syn::UseTree) {
        let joined = |name: &syn::Ident| match before {
            "" => name.to_string(),
            _ => format!("{before}::{name}"),
        };
        match tree {
            syn::UseTree::Path(path) => self.tree(&joined(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.0.push(joined(&name.ident)),
            syn::UseTree::Rename(name) => self.0.push(joined(&name.ident)),
            syn::UseTree::Glob(_) => self.0.push(before.to_owned()),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(before, tree);
                }
            }
        }
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
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        self.0.push(names.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.asyncness.is_some() {
            self.0.push("async".to_owned());
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, expr: &'ast syn::ExprAsync) {
        self.0.push("async".to_owned());
        visit::visit_expr_async(self, expr);
    }

    /// Takes paths in a macro call from its text, because its tokens are not parsed.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string().replace(" :: ", "::");
        let paths = text.split(|char: char| !(char.is_alphanumeric() || matches!(char, '_' | ':')));
        self.0.extend(
            paths
                .filter(|path| path.contains("::"))
                .map(|path| path.trim_start_matches(':').to_owned()),
        );
        visit::visit_macro(self, call);
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
    let single = at.with_extension("rs");
    let mut files: Vec<_> = single.is_file().then_some(single).into_iter().collect();
    let Ok(entries) = std::fs::read_dir(at) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if ["tests", "fixture"].contains(&stem) {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files.dedup();
    files
}

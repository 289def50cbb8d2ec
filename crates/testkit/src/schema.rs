//! The published JSON Schemas, to which everything is held that the program prints with `--json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// Commands without a document: their lines are entries of the event log, or no JSON at all. `call` prints those
/// or what `why` does.
const OTHERS: [&str; 7] = [
    "call",
    "completions",
    "demo",
    "log",
    "log-export",
    "man",
    "run",
];

/// The folder of the schemas.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas")
}

/// One schema.
pub struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Compiles a schema. Panics if it is none.
    pub fn new(schema: Value) -> Self {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        let place = "https://dialdeck.invalid/schema.json";
        compiler.add_resource(place, schema).unwrap();
        let index = compiler.compile(place, &mut schemas);
        let index = index.unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// Returns whether the schema allows a document.
    pub fn allows(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }

    /// Judges a document. Errors with what is wrong with it.
    ///
    /// # Errors
    /// Errors if the schema does not allow the document.
    pub fn judge(&self, document: &Value) -> Result<(), String> {
        let judged = self.schemas.validate(document, self.index);
        judged.map_err(|error| format!("{error:#}\n{document}"))
    }
}

static OUTPUTS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| {
    let files = std::fs::read_dir(folder().join("json")).unwrap();
    let schemas = files.map(|file| {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        (name, Schema::new(text.parse().unwrap()))
    });
    schemas.collect()
});

/// Returns the command of these arguments, as its schema is named.
fn command(args: &[&str]) -> String {
    let words: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let known = |name: &String| OUTPUTS.contains_key(name) || OTHERS.contains(&name.as_str());
    (0..words.len())
        .flat_map(|at| {
            let two = words
                .get(at + 1)
                .map(|next| format!("{}-{next}", words[at]));
            two.into_iter().chain([words[at].to_owned()])
        })
        .find(known)
        .unwrap_or_else(|| "status".to_owned())
}

/// Holds what a run with `--json` printed to the schemas; does nothing for a run without it. Entries of the
/// event log pass.
#[track_caller]
pub fn hold(args: &[&str], out: &str, err: &str) {
    if !args.contains(&"--json") {
        return;
    }
    for line in err.lines() {
        let Ok(said) = line.parse::<Value>() else {
            continue;
        };
        let schema = ["errors", "warnings"]
            .into_iter()
            .find(|name| said.get(name).is_some());
        if let Some(schema) = schema {
            hold_to(schema, &said, args);
        }
    }
    let command = command(args);
    if OTHERS.contains(&command.as_str()) {
        return;
    }
    for line in out.lines() {
        let said = line.parse();
        hold_to(
            &command,
            &said.unwrap_or_else(|error| panic!("{args:?}: {error}\n{line}")),
            args,
        );
    }
}

#[track_caller]
fn hold_to(schema: &str, said: &Value, args: &[&str]) {
    let judged = OUTPUTS[schema].judge(said);
    if let Err(why) = judged {
        panic!("{args:?} is not as docs/reference/schemas/json/{schema}.json says: {why}");
    }
}

//! Reference pages as JSON Schemas: the page is what a person writes, the schema follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::readme::{read, root};

/// A section of a page.
pub(crate) struct Section {
    pub(crate) heading: String,
    /// The text before the table.
    pub(crate) text: String,
    /// The cells of each row.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Returns the sections of a page of the reference.
pub(crate) fn sections(page: &str) -> Vec<Section> {
    let text = read(&root().join("docs/reference").join(page));
    let parts = text.split("\n## ").skip(1);
    parts
        .map(|part| {
            let (heading, body) = part.split_once('\n').unwrap();
            let rows = body.lines().filter(|line| line.starts_with("| `"));
            let cells = |line: &str| {
                let line = line.strip_prefix('|').unwrap().strip_suffix('|').unwrap();
                line.split(" |")
                    .map(|cell| cell.trim().to_owned())
                    .collect()
            };
            let text = body.lines().take_while(|line| !line.starts_with('|'));
            Section {
                heading: heading.to_owned(),
                text: text.collect::<Vec<_>>().join(" ").trim().to_owned(),
                rows: rows.map(cells).collect(),
            }
        })
        .collect()
}

/// Returns an object whose members are in the order of their names, whatever the map of `serde_json` is.
pub(crate) fn object(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let sorted: BTreeMap<String, Value> = members.into_iter().collect();
    Value::Object(sorted.into_iter().collect())
}

/// Returns the words in backquotes.
pub(crate) fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Sorts the members of every object, for schemas are compared as text.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => object(
            members
                .into_iter()
                .map(|(name, value)| (name, sorted(value))),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// The names of objects that a schema refers to.
type Used = BTreeSet<String>;

/// Returns the schema of a type as `json.md` writes it.
fn typed(cell: &str, used: &mut Used) -> Value {
    let cell = cell.strip_suffix(", optional").unwrap_or(cell);
    if let Some(some) = cell.strip_suffix(" or null") {
        return json!({"anyOf": [typed(some, used), {"type": "null"}]});
    }
    if let Some(item) = cell.strip_prefix("list of ") {
        return json!({"type": "array", "items": typed(item, used)});
    }
    if let Some(item) = cell.strip_prefix("pair of ") {
        return json!({"type": "array", "items": typed(item, used), "minItems": 2, "maxItems": 2});
    }
    if let Some(item) = cell.strip_prefix("map of ") {
        return json!({"type": "object", "additionalProperties": typed(item, used)});
    }
    if let Some(link) = cell.strip_prefix('[') {
        let (name, target) = link.split_once("](#").unwrap();
        let anchor = name.to_lowercase().replace(' ', "-");
        assert_eq!(target.trim_end_matches(')'), anchor, "{cell}");
        used.insert(name.to_owned());
        return json!({"$ref": format!("#/$defs/{}", anchor)});
    }
    if cell.starts_with('`') {
        return json!({"enum": quoted(cell)});
    }
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match cell {
        "text" => json!({"type": "string"}),
        "number" => json!({"type": "integer"}),
        "flag" => json!({"type": "boolean"}),
        "log entry" => json!({"type": "object"}),
        "instant" => {
            pattern(r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$")
        }
        "phone number" => pattern(r"^\+[1-9][0-9]{1,14}$"),
        "attempt id" => pattern("^[0-9a-f]{8}([0-9a-f]{8})?-[0-9]+$"),
        other => panic!("`{other}` is not a type"),
    }
}

/// Returns the schema of the object that a section describes.
fn described(section: &Section, all: &[Section], used: &mut Used) -> Value {
    if section.rows.is_empty() {
        assert!(section.text.starts_with("One of `"), "{}", section.heading);
        return json!({"enum": quoted(&section.text)});
    }
    let mut properties = Vec::new();
    let mut required = BTreeSet::new();
    let mut from = vec![section];
    if let Some((_, rest)) = section.text.split_once("The members of [") {
        let name = rest.split(']').next().unwrap();
        let mut base = all.iter().filter(|other| other.heading == name);
        from.push(base.next().unwrap_or_else(|| panic!("no section {name}")));
        let inner = &from[1].text;
        if let Some((_, rest)) = inner.split_once("The members of [") {
            let name = rest.split(']').next().unwrap();
            from.push(all.iter().find(|other| other.heading == name).unwrap());
        }
    }
    for row in from.into_iter().flat_map(|section| &section.rows) {
        let [name, kind, what] = &row[..] else {
            panic!("{}: {row:?}", section.heading);
        };
        let name = name.trim_matches('`').to_owned();
        let mut schema = typed(kind, used);
        if !what.is_empty() && schema.get("$ref").is_none() {
            schema["description"] = json!(what);
        }
        if !kind.ends_with(", optional") {
            required.insert(name.clone());
        }
        properties.push((name, schema));
    }
    json!({
        "type": "object",
        "properties": object(properties),
        "required": required,
        "additionalProperties": false,
    })
}

/// Returns the commands of a heading: `campaign start|stop` are two, `error` is what standard error has.
fn commands(heading: &str) -> Vec<String> {
    if ["Errors", "Warnings"].contains(&heading) {
        return vec![heading.to_lowercase()];
    }
    let Some(code) = heading.strip_prefix('`') else {
        return Vec::new();
    };
    let code = code.split('`').next().unwrap();
    let (before, last) = code.rsplit_once(' ').unwrap_or(("", code));
    last.split('|')
        .map(|last| format!("{before} {last}").trim().to_owned())
        .collect()
}

/// Returns the schemas of the outputs by command, each as text.
pub(crate) fn outputs() -> BTreeMap<String, String> {
    let all = sections("json.md");
    let mut roots: BTreeMap<String, Vec<&Section>> = BTreeMap::new();
    for section in &all {
        for command in commands(&section.heading) {
            roots.entry(command).or_default().push(section);
        }
    }
    let schema = |(command, sections): (String, Vec<&Section>)| {
        let mut used = Used::new();
        let mut forms: Vec<Value> = sections
            .into_iter()
            .map(|section| described(section, &all, &mut used))
            .collect();
        let mut schema = match forms.len() {
            1 => forms.remove(0),
            _ => json!({"anyOf": forms}),
        };
        let mut done = BTreeMap::new();
        while let Some(name) = used.iter().find(|name| !done.contains_key(*name)).cloned() {
            let section = all.iter().find(|section| section.heading == name);
            let section = section.unwrap_or_else(|| panic!("no section {name}"));
            let inner = described(section, &all, &mut used);
            done.insert(name, inner);
        }
        if !done.is_empty() {
            let anchor = |name: String| name.to_lowercase().replace(' ', "-");
            schema["$defs"] = object(done.into_iter().map(|(name, inner)| (anchor(name), inner)));
        }
        let file = command.replace(' ', "-");
        let title = match command.as_str() {
            "errors" | "warnings" => format!("dialdeck: {command} on standard error"),
            _ => format!("dialdeck {command} --json"),
        };
        let text = headed(schema, &title, &format!("json-{file}"));
        (file, text)
    };
    roots.into_iter().map(schema).collect()
}

/// Returns a schema as the text of its file.
pub(crate) fn headed(mut schema: Value, title: &str, id: &str) -> String {
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(format!("urn:dialdeck:{id}:1"));
    schema["title"] = json!(title);
    serde_json::to_string_pretty(&sorted(schema)).unwrap() + "\n"
}

/// Returns the headings that no command leads to.
pub(crate) fn unused() -> Vec<String> {
    let all = sections("json.md");
    let mut used = Used::new();
    for section in &all {
        described(section, &all, &mut used);
        if let Some((_, rest)) = section.text.split_once("The members of [") {
            used.insert(rest.split(']').next().unwrap().to_owned());
        }
    }
    let known = |heading: &str| !commands(heading).is_empty() || used.contains(heading);
    let headings = all.into_iter().map(|section| section.heading);
    headings.filter(|heading| !known(heading)).collect()
}

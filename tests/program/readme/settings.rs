//! The JSON Schemas of the settings files: they follow from the reference pages, and judge as the program does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use dialdeck_testkit::schema::Schema;
use serde_json::{Value, json};
use toml::Table;

use crate::readme::page::{Section, headed, object, quoted, sections};
use crate::readme::reference::{changed, ends, read_as, rows};
use crate::readme::{read, root, schemas};

const CAMPAIGN: &str = "campaign-file.md";
const DECK: &str = "deck-file.md";

/// Returns the schema of a key from its type and its limits.
fn key(kind: &str, limits: &str) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let list = |items: &Value| json!({"type": "array", "items": items});
    let number = json!({"type": "string", "pattern": r"^\+"});
    match kind {
        "text" | "file" => text,
        "flag" => json!({"type": "boolean"}),
        "word" => json!({"enum": quoted(limits)}),
        "duration" => json!({"type": "string", "pattern": "^([0-9]+[dhms])+$"}),
        "instant" => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"}),
        "time of day" => json!({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9](:00)?$"}),
        "days" => json!({"anyOf": [text, list(&text)]}),
        "list of texts" | "list of files" => list(&text),
        "list of numbers" => list(&number),
        "number with its plus" => number,
        "number" => {
            let (least, most) = limits.split_once(" to ").unwrap();
            let read = |text: &str| text.parse::<i64>().unwrap();
            json!({"type": "integer", "minimum": read(least), "maximum": read(most)})
        }
        other => panic!("`{other}` is not a type of settings"),
    }
}

/// Returns the schema of a table with the keys of these sections.
fn table(parts: &[&Section]) -> Value {
    let mut properties = Vec::new();
    let mut required = BTreeSet::new();
    let mut not_both = Vec::new();
    for row in parts.iter().flat_map(|section| &section.rows) {
        let [name, kind, default, limits, what] = &row[..] else {
            panic!("{row:?}");
        };
        let name = name.trim_matches('`').to_owned();
        let mut schema = key(kind, limits);
        schema["description"] = json!(what);
        // Words and numbers alone: the default of another key, or of a pool, is no value.
        let value = default.trim_matches('`');
        if default.starts_with('`') && !value.contains("OUTCOME") {
            schema["default"] = value.parse().unwrap_or_else(|_| json!(value));
        }
        if default == "required" && !what.contains("needed with") {
            required.insert(name.clone());
        }
        if limits.starts_with("not beside") {
            not_both.push(json!({"not": {"required": [quoted(limits)[0], name]}}));
        }
        properties.push((name, schema));
    }
    let mut schema = json!({
        "type": "object",
        "properties": object(properties),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !not_both.is_empty() {
        schema["allOf"] = json!(not_both);
    }
    schema
}

fn list_of(item: &Value) -> Value {
    json!({"type": "array", "items": item})
}

fn named<'s>(all: &'s [Section], heading: &str) -> &'s Section {
    let mut found = all.iter().filter(|section| section.heading == heading);
    found
        .next()
        .unwrap_or_else(|| panic!("no section {heading}"))
}

fn campaign() -> Value {
    let all = sections(CAMPAIGN);
    let mut schema = table(&[named(&all, "Top of the file")]);
    for section in all
        .iter()
        .filter(|section| section.heading.starts_with('`'))
    {
        let mut inner = table(&[section]);
        let name = section.heading.trim_matches(['`', '[', ']']).to_owned();
        match name.as_str() {
            "attempts.OUTCOME" => {
                // Without an action a call is retried.
                inner["anyOf"] = json!([
                    {"required": ["after"]},
                    {"required": ["action"], "properties": {"action": {"enum": ["stop", "do_not_call"]}}},
                ]);
                let outcomes = quoted(&section.text).into_iter();
                for outcome in outcomes.filter(|word| word != "OUTCOME" && word != "retry") {
                    schema["properties"]["attempts"]["properties"][outcome] = inner.clone();
                }
                continue;
            }
            "rule_override" => {
                inner["oneOf"] = json!([{"required": ["rule"]}, {"required": ["place", "what"]}]);
                inner = list_of(&inner);
            }
            "caller_id" => {
                inner["anyOf"] = json!([{"required": ["pool"]}, {"required": ["numbers"]}]);
                schema["required"].as_array_mut().unwrap().push(json!(name));
            }
            _ => {}
        }
        schema["properties"][name] = inner;
    }
    schema
}

fn deck() -> Value {
    let all = sections(DECK);
    let trunk = named(&all, "`[[trunk]]`");
    let mut kinds = Vec::new();
    let mut schema = table(&[named(&all, "Top of the file")]);
    for section in all
        .iter()
        .filter(|section| section.heading.starts_with('`'))
    {
        let code = quoted(&section.heading);
        let name = code[0].trim_matches(['[', ']']).to_owned();
        let inner = match (name.as_str(), &code[1..]) {
            ("trunk", []) => continue,
            ("trunk", [kind, rest @ ..]) => {
                let mut inner = table(&[trunk, section]);
                inner["properties"]["kind"] = json!({"const": kind});
                if let [api] = rest {
                    let api = api.trim_start_matches("api = ").trim_matches('"');
                    inner["properties"]["api"] = json!({"const": api});
                    let required = inner["required"].as_array_mut().unwrap();
                    if !required.contains(&json!("api")) {
                        required.push(json!("api"));
                    }
                }
                kinds.push(inner);
                continue;
            }
            ("pool", _) => {
                let mut inner = table(&[section]);
                let number = table(&[named(&all, "A number of a `[[pool]]`")]);
                let numbers = &mut inner["properties"]["numbers"]["items"];
                *numbers = json!({"anyOf": [numbers.clone(), number]});
                list_of(&inner)
            }
            ("roles", _) => {
                let mut inner = table(&[section]);
                let role = inner["properties"]["default"]["enum"].clone();
                inner["additionalProperties"] = json!({"enum": role});
                inner
            }
            _ => table(&[section]),
        };
        schema["properties"][name] = inner;
    }
    schema["properties"]["trunk"] =
        json!({"type": "array", "minItems": 1, "items": {"oneOf": kinds}});
    schema["required"] = json!(["trunk"]);
    schema
}

/// Returns name and sentence of each row of a table that a page has from the program.
fn listed(page: &str, marker: &str, name: usize) -> Vec<(String, String)> {
    let text = read(&root().join("docs/reference").join(page));
    let (_, rest) = text.split_once(&format!("<!-- {marker} -->\n")).unwrap();
    let (table, _) = rest.split_once(&format!("<!-- /{marker} -->")).unwrap();
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<&str> = row
            .split(" |")
            .map(|cell| cell.trim_matches(['|', ' ']))
            .collect();
        (
            cells[name].trim_matches('`').to_owned(),
            cells[2].to_owned(),
        )
    });
    rows.collect()
}

/// Returns the keys of the reference as a file of them.
fn shipped_keys() -> String {
    let text = read(&root().join("docs/reference/keys.md"));
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let entry = |row: &str| {
        let cells: Vec<&str> = row.split(" | ").collect();
        format!(
            "{} = {}\n",
            cells[1].trim_matches('`'),
            json!(quoted(cells[0]))
        )
    };
    let file: String = rows.map(entry).collect();
    assert!(file.contains("pause = [\"p\"]"), "{file}");
    file
}

fn keys() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let act = |(name, what): (String, String)| {
        let key = json!({
            "anyOf": [text, {"type": "array", "items": text}],
            "description": what,
        });
        (name, key)
    };
    json!({
        "type": "object",
        "properties": object(listed("keys.md", "keys", 1).into_iter().map(act)),
        "additionalProperties": false,
    })
}

fn theme() -> Value {
    // A whole number is a colour of the terminal's table.
    let style = |what: &str| json!({"type": ["string", "integer"], "description": what});
    let roles = listed("themes.md", "roles", 0).into_iter();
    let mut all: Vec<(String, Value)> = roles.map(|(name, what)| (name, style(&what))).collect();
    let base = json!({"type": "string", "description": "The theme that this one rests on."});
    all.push(("inherits".to_owned(), base));
    let palette =
        json!({"type": "object", "additionalProperties": {"type": ["string", "integer"]}});
    all.push(("palette".to_owned(), palette));
    json!({"type": "object", "properties": object(all), "additionalProperties": false})
}

fn all() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("campaign", campaign()),
        ("deck", deck()),
        ("keys", keys()),
        ("theme", theme()),
    ])
}

#[test]
fn the_schemas_of_settings_follow_from_their_pages() {
    let text = |(name, schema): (&str, Value)| {
        let text = headed(schema, &format!("dialdeck: a {name} file"), name);
        (name.to_owned(), text)
    };
    schemas::hold("", &all().into_iter().map(text).collect());
}

/// Returns a file as JSON, with dates and times as texts.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => object(
            table
                .into_iter()
                .map(|(name, value)| (name, as_json(value))),
        ),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Datetime(at) => json!(at.to_string()),
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => json!(flag),
    }
}

#[track_caller]
fn judge(schema: &Schema, text: &str) -> Result<(), String> {
    schema.judge(&as_json(text.parse::<Table>().unwrap().into()))
}

/// Asserts that program and schema judge a file alike.
#[track_caller]
fn alike(page: &str, schema: &Schema, file: &Table, what: &str) {
    let program = read_as(page, file);
    let schema = schema.judge(&as_json(file.clone().into()));
    assert_eq!(
        program.is_ok(),
        schema.is_ok(),
        "{what}\nthe program: {program:?}\nthe schema: {schema:?}\n{file}"
    );
}

#[test]
fn schema_and_program_judge_settings_alike() {
    for (page, name) in [(CAMPAIGN, "campaign"), (DECK, "deck")] {
        let schema = Schema::new(all().remove(name).unwrap());
        for row in rows(page) {
            let place = format!("{} {}", row.section, row.key);
            let with = |key: &str, value: toml::Value| {
                let file = changed(page, &row.section, |table| {
                    table.insert(key.to_owned(), value);
                });
                alike(page, &schema, &file, &place);
            };
            with("no_such_key", true.into());
            with(&row.key, 1.5.into());
            if row.kind == "number" {
                let (inside, outside) = ends(&row).unwrap();
                for value in inside.into_iter().chain(outside) {
                    with(&row.key, value);
                }
            }
            if row.kind == "word" {
                with(&row.key, "no such word".into());
            }
            if row.default == "required" {
                let file = changed(page, &row.section, |table| drop(table.remove(&row.key)));
                alike(page, &schema, &file, &place);
            }
        }
    }
}

#[test]
fn the_files_that_are_shipped_are_as_their_schemas_say() {
    let schemas = all();
    let schema = |name: &str| Schema::new(schemas[name].clone());
    let (campaigns, decks) = (schema("campaign"), schema("deck"));
    let (keys, themes) = (schema("keys"), schema("theme"));
    judge(&decks, dialdeck::config::DEFAULTS).unwrap();
    judge(&keys, &shipped_keys()).unwrap();
    let mut tried = 0;
    for entry in fs::read_dir(root().join("themes")).unwrap() {
        tried += 1;
        judge(&themes, &read(&entry.unwrap().path())).unwrap();
    }
    for entry in fs::read_dir(root().join("sample-data")).unwrap() {
        let path = entry.unwrap().path();
        let text = read(&path);
        if path.extension().is_some_and(|kind| kind == "toml") {
            tried += 1;
            let is_deck = text.contains("[[trunk]]");
            judge(if is_deck { &decks } else { &campaigns }, &text)
                .unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        }
    }
    assert!(tried > 10, "{tried}");
    assert!(judge(&keys, "paws = \"p\"").is_err());
    assert!(judge(&keys, "pause = true").is_err());
    assert!(judge(&themes, "texts = \"red\"").is_err());
    assert!(judge(&themes, "text = [\"red\"]").is_err());
}

//! `docs/reference/event-log.md` lists every kind of entry with the members that the program writes and reads.

use std::collections::BTreeSet;

use dialdeck::domain::event::{
    Alert, AlertRaised, ChainCheck, Entry, EventData, EventKind, ImportResult,
};
use dialdeck::domain::{ImportPlan, PhoneNumber, Timestamp};
use serde::de::{Deserialize, Deserializer, Error as _, Visitor, value};
use serde_json::{Map, Value};

use crate::readme::{blocks, read, root};

/// A member of a kind, as the page has it.
struct Member {
    name: String,
    is: String,
    there: String,
}

/// A kind, as the page has it.
struct Section {
    kind: EventKind,
    text: String,
    members: Vec<Member>,
    examples: Vec<String>,
}

fn page() -> String {
    read(&root().join("docs/reference/event-log.md"))
}

fn cells(line: &str) -> Vec<&str> {
    line.split(" |")
        .map(|cell| cell.trim_matches(['|', ' ']))
        .collect()
}

fn sections() -> Vec<Section> {
    let page = page();
    let parts = page.split("\n## ").skip(1);
    let kinds = parts.filter(|part| part.starts_with('`'));
    kinds
        .map(|part| {
            let (name, text) = part.split_once('\n').unwrap();
            let rows = text.lines().filter(|line| line.starts_with("| `"));
            Section {
                kind: name.trim_matches('`').parse().unwrap(),
                text: text.trim_start().to_owned(),
                members: rows
                    .map(|row| {
                        let cells = cells(row);
                        assert!(!cells[3].is_empty(), "{row}");
                        Member {
                            name: cells[0].trim_matches('`').to_owned(),
                            is: cells[1].to_owned(),
                            there: cells[2].to_owned(),
                        }
                    })
                    .collect(),
                examples: blocks(text).into_iter().map(|(_, code)| code).collect(),
            }
        })
        .collect()
}

/// Takes down the names of the members that a type reads.
struct Names<'n>(&'n mut BTreeSet<String>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("only the names are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend(fields.iter().map(|name| (*name).to_owned()));
        Err(value::Error::custom("only the names are asked for"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The members that the program reads of a kind. `None` if it reads one of several sets.
fn read_of(kind: EventKind) -> Option<BTreeSet<String>> {
    if kind == EventKind::CampaignChanged {
        return None;
    }
    let mut names = BTreeSet::new();
    let further: &[&str] = if kind == EventKind::ImportStarted {
        ImportPlan::deserialize(Names(&mut names)).unwrap_err();
        &["list"]
    } else if kind == EventKind::ContactsImported {
        ImportResult::deserialize(Names(&mut names)).unwrap_err();
        &["content"]
    } else if kind == EventKind::RegistryLoaded {
        ImportResult::deserialize(Names(&mut names)).unwrap_err();
        &["list", "as_of", "areas"]
    } else {
        drop(EventData::read(kind, Names(&mut names)).unwrap_err());
        &[]
    };
    names.extend(further.iter().copied().map(str::to_owned));
    Some(names)
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "text" | "word" => value.is_string(),
        "instant" => value
            .as_str()
            .is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        "phone number" => value
            .as_str()
            .is_some_and(|text| text.parse::<PhoneNumber>().is_ok()),
        "number" | "number, ms" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "list of text" => value.as_array().unwrap().iter().all(Value::is_string),
        "list of objects" => value.as_array().unwrap().iter().all(Value::is_object),
        other => panic!("`{other}` is no type of the page"),
    }
}

/// Returns the data of an example, written again.
fn written(kind: EventKind, data: &Map<String, Value>) -> Result<String, String> {
    let data = EventData::read(kind, Value::Object(data.clone()));
    data.map(|data| serde_json::to_string(&data).unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn every_kind_is_documented_with_its_members() {
    let sections = sections();
    let kinds: Vec<EventKind> = sections.iter().map(|section| section.kind).collect();
    assert_eq!(kinds, EventKind::ALL);
    for section in &sections {
        let kind = section.kind;
        assert!(section.text.starts_with(kind.description()), "{kind}");
        let named: BTreeSet<String> = section.members.iter().map(|m| m.name.clone()).collect();
        if let Some(read) = read_of(kind) {
            assert_eq!(named, read, "{kind}");
        }
        let mut shown = BTreeSet::new();
        for example in &section.examples {
            let data: Map<String, Value> = serde_json::from_str(example).unwrap();
            shown.extend(data.keys().cloned());
        }
        assert_eq!(named, shown, "{kind}: its examples have every member");
    }
}

#[test]
fn examples_are_what_the_program_writes() {
    for section in sections() {
        for example in &section.examples {
            let data = serde_json::from_str(example).unwrap();
            assert_eq!(written(section.kind, &data).unwrap(), example.trim());
        }
    }
}

#[test]
fn members_have_the_type_and_the_presence_of_the_page() {
    for section in sections() {
        let kind = section.kind;
        for example in &section.examples {
            let data: Map<String, Value> = serde_json::from_str(example).unwrap();
            for member in &section.members {
                let Some(value) = data.get(&member.name) else {
                    continue;
                };
                let place = format!("{kind}: {}", member.name);
                assert!(value.is_null() || is_of(&member.is, value), "{place}");
                let mut without = data.clone();
                without.remove(&member.name);
                let read = written(kind, &without);
                let mut null = data.clone();
                null.insert(member.name.clone(), Value::Null);
                match member.there.as_str() {
                    "always" => assert!(read.is_err(), "{place} can be left out"),
                    "or null" => {
                        let written = written(kind, &null).unwrap();
                        assert!(
                            written.contains(&format!("\"{}\":null", member.name)),
                            "{place}"
                        );
                    }
                    "optional" => {
                        let key = format!("\"{}\":", member.name);
                        assert!(!read.unwrap().contains(&key), "{place}");
                    }
                    "older entries lack it" => drop(read.unwrap()),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn every_alert_is_documented_with_its_members() {
    let page = page();
    let (_, alerts) = page.split_once("\n## Alerts\n").unwrap();
    let rows: Vec<Vec<&str>> = alerts
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with("| `alert`"))
        .map(cells)
        .collect();
    assert!(rows.len() > 20);
    for row in rows {
        let code = row[0].trim_matches('`');
        let further = |data: &str| {
            let text = format!(r#"{{"alert":"{code}"{data},"text":"why"}}"#);
            serde_json::from_str::<AlertRaised>(&text).unwrap()
        };
        let all = r#","reasons":["x"],"trunk":"t","reason":"r","caller_id":"+12125550190","until":"2026-12-07T15:30:00.000Z""#;
        let alert = further(all);
        assert!(
            !matches!(alert.alert, Alert::Provider { .. }),
            "{code} is no alert of the program's"
        );
        let written = serde_json::to_value(&alert).unwrap();
        let members = written.as_object().unwrap().keys().map(String::as_str);
        let members: BTreeSet<&str> = members
            .filter(|name| !["alert", "text"].contains(name))
            .collect();
        let named = row[1].split(", ").map(|name| name.trim_matches('`'));
        let named: BTreeSet<&str> = named.filter(|name| *name != "none").collect();
        assert_eq!(members, named, "{code}");
    }
}

#[test]
fn the_line_at_the_top_is_a_line() {
    let page = page();
    let (_, line) = blocks(&page).remove(0);
    let line = line.trim();
    let entry = Entry::read(line).unwrap();
    assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    // Its digest is right: only its place is not.
    let before = dialdeck::domain::event::Anchor {
        seq: entry.seq - 1,
        hash: entry.prev,
    };
    ChainCheck::behind(&before).push(line).unwrap();
}

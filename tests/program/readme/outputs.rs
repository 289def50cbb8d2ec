//! Outputs of the program are as the published schemas say: every command of the reference is run, and a member that is
//! planted or missing is noticed.

use std::collections::{BTreeMap, BTreeSet};

use dialdeck_testkit::deck::{Deck, text};
use dialdeck_testkit::schema::Schema;
use serde_json::{Value, json};

use crate::readme::page::{outputs, sections};

const CAMPAIGN: &str = "name = \"recall\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
    call_class = \"live\"\nagent = \"human\"\ntrunk = \"simulator\"\ncontacts = \"people.csv\"\n\
    evidence = \"address\"\nevidence_reason = \"the address is confirmed\"\n\
    [attempts.busy]\nafter = \"1h\"\n[consent]\nrequired = \"none\"\n[caller_id]\npool = \"local\"\n\
    [[rule_override]]\nrule = \"us-fl\"\nreason = \"counsel\"\n";

/// A document that a command printed: its lines, by the command's schema.
type Said = Vec<(&'static str, Value)>;

/// Runs commands on one deck. `@name` is a file beside it.
fn run(deck: &Deck, said: &mut Said, lines: &[(&'static str, &str)]) {
    for (schema, line) in lines {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(name) => deck.beside(name).to_str().unwrap().to_owned(),
            None => word.to_owned(),
        };
        let args: Vec<String> = line
            .split(' ')
            .map(word)
            .chain(["--json".to_owned()])
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = deck.run(&args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let from = if *schema == "errors" { &err } else { &out };
        let last = from
            .lines()
            .last()
            .unwrap_or_else(|| panic!("{line} printed nothing: {err}"));
        said.push((schema, last.parse().unwrap()));
    }
}

/// Returns what the commands print that need no call.
fn without_calls() -> Said {
    let deck = Deck::new();
    deck.write("recall.toml", CAMPAIGN);
    deck.write("broken.toml", "name = 1\nseller = 2\n");
    deck.write(
        "people.csv",
        "number,name,consent,consent_source,consent_at\n212-555-0142,Ana,express,form,2026-05-04\n\
         212-555-0142,Ana,,,\nnone,Ben,,,\n",
    );
    deck.write("more.csv", "number\n312-555-0177\n");
    deck.write("list.txt", "212,5550142\n");
    deck.write("broken.txt", "2125550142\nblue\n");
    let mut said = Said::new();
    run(
        &deck,
        &mut said,
        &[
            ("errors", "status"),
            ("check", "check @recall.toml"),
            ("campaign-add", "campaign add @recall.toml"),
            ("campaign-list", "campaign list"),
            ("campaign-show", "campaign show recall"),
            ("contacts-import", "contacts import recall @more.csv"),
            ("campaign-start", "campaign start recall"),
            ("why", "why 212-555-0142"),
            ("why", "why 917-555-0142"),
            ("campaign-pause", "campaign pause recall"),
            ("campaign-resume", "campaign resume recall"),
            ("campaign-set", "campaign set recall --pace 3"),
            ("trunk-reset", "trunk reset simulator"),
            ("hang-up", "hang-up --all --reason drill"),
            ("dnc-add", "dnc add 212-555-0142 --reason asked"),
            ("dnc-check", "dnc check 212-555-0142 312-555-0177"),
            ("dnc-list", "dnc list"),
            ("dnc-list", "dnc list internal"),
            ("dnc-export", "dnc export"),
            ("dnc-reverse", "dnc reverse 212-555-0142 --reason mistyped"),
            ("dnc-import", "dnc import @broken.txt"),
            ("dnc-import", "dnc import @list.txt --dry-run"),
            (
                "dnc-import",
                "dnc import @list.txt --list national:us --as-of 2026-11-01",
            ),
            ("status", "status"),
            ("status", "status --mask"),
            ("window", "window 212-555-0142"),
            ("window", "window none"),
            ("window", "window --csv @more.csv"),
            ("numbers", "numbers"),
            ("unknown", "unknown"),
            ("results-list", "results list"),
            ("results-resend", "results resend"),
            ("doctor", "doctor"),
            ("clock", "clock"),
            ("clock-accept", "clock accept --reason drill"),
            ("config-print", "config print"),
            ("log-verify", "log verify"),
            ("log-anchor", "log anchor"),
            ("backup", "backup @saved"),
            ("campaign-stop", "campaign stop recall"),
            ("restore", "restore --from @saved"),
            ("restore", "restore --lists-complete drill"),
            ("errors", "why none"),
            ("errors", "check @broken.toml"),
        ],
    );
    said
}

/// Returns what is printed of calls, and of what a short test does not bring about.
fn with_calls() -> Said {
    let deck = Deck::new();
    let file = deck.write("recall.toml", CAMPAIGN);
    deck.write("people.csv", "number\n212-555-0142\n312-555-0177\n");
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);
    deck.ok(&["run", "recall", "--speed", "max", "--until-done"]);
    let mut said = Said::new();
    let lines = [
        ("status", "status"),
        ("numbers", "numbers"),
        ("why", "why 212-555-0142"),
        ("why", "why 312-555-0177"),
    ];
    run(&deck, &mut said, &lines);
    let made = |(_, document): &(_, Value)| document.pointer("/contacts/0/attempts/0").is_some();
    assert!(said.iter().any(made), "{said:?}");
    let released = json!({"name": "recall", "released": {"abandoned": 4, "answered_live": 90}});
    said.push(("campaign-release", released));
    said.push(("unknown-reached", json!({"contacts": 1, "reached": true})));
    said.push(("unknown-again", json!({"contacts": 1, "reached": false})));
    let place = json!({"file": "keys.toml", "line": 1});
    let notice = json!({"message": "is not a key", "hint": null, "place": place});
    said.push(("warnings", json!({"warnings": [notice]})));
    said
}

/// The names of members that may be missing, and of those whose own members have any name.
struct Loose {
    optional: Vec<String>,
    open: Vec<String>,
}

fn loose() -> Loose {
    let all = sections("json.md");
    let rows = || all.iter().flat_map(|section| &section.rows);
    let names = |like: fn(&str) -> bool| {
        rows()
            .filter(|row| like(&row[1]))
            .map(|row| row[0].trim_matches('`').to_owned())
            .collect()
    };
    Loose {
        optional: names(|kind| kind.ends_with(", optional")),
        open: names(|kind| kind.starts_with("map of ") || kind.contains("log entry")),
    }
}

/// Returns the places of the objects in a document, with whether their members are named by the schema.
fn objects(value: &Value, place: &str, open: bool, loose: &Loose, found: &mut Vec<(String, bool)>) {
    if let Some(members) = value.as_object() {
        found.push((place.to_owned(), open));
        for (name, inner) in members {
            let opens = loose.open.contains(name) || (open && place.contains("/alerts/"));
            let name = name.replace('~', "~0").replace('/', "~1");
            objects(inner, &format!("{place}/{name}"), opens, loose, found);
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        objects(inner, &format!("{place}/{index}"), open, loose, found);
    }
}

#[test]
fn every_output_is_described_and_a_change_of_it_is_noticed() {
    let schemas: BTreeMap<String, Schema> = outputs()
        .into_iter()
        .map(|(name, text)| (name, Schema::new(text.parse().unwrap())))
        .collect();
    let loose = loose();
    let said: Said = without_calls().into_iter().chain(with_calls()).collect();
    let untried: Vec<&String> = schemas
        .keys()
        .filter(|name| said.iter().all(|(tried, _)| tried != name))
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
    let (mut planted, mut missing) = (0, 0);
    for (name, document) in &said {
        let schema = &schemas[*name];
        schema
            .judge(document)
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        let mut places = Vec::new();
        objects(document, "", false, &loose, &mut places);
        // One of several alike is enough.
        let mut seen = BTreeSet::new();
        let is_name = |part: &&str| part.parse::<usize>().is_err();
        places.retain(|(place, _)| {
            let names = place.split('/').filter(is_name);
            seen.insert(names.collect::<Vec<_>>().join("/"))
        });
        for (place, _) in places.iter().filter(|(_, open)| !open) {
            let mut changed = document.clone();
            let members = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
            members.insert("planted".to_owned(), json!(1));
            assert!(
                !schema.allows(&changed),
                "{name}{place}: a planted member passes"
            );
            planted += 1;
            let names = document.pointer(place).unwrap().as_object().unwrap().keys();
            for member in names.filter(|member| !loose.optional.contains(member)) {
                let mut changed = document.clone();
                let members = changed.pointer_mut(place).unwrap().as_object_mut().unwrap();
                members.remove(member);
                assert!(
                    !schema.allows(&changed),
                    "{name}{place}: {member} can be missing"
                );
                missing += 1;
            }
        }
    }
    assert!(planted > 80 && missing > 250, "{planted} {missing}");
}

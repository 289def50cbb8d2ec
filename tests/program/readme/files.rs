//! The reference pages of themes, rule files and lists are as the program reads these files.

use std::collections::BTreeSet;

use dialdeck::intake::columns::ColumnMap;
use dialdeck::rules::Rules;
use dialdeck::tui::Theme;
use dialdeck_testkit::deck::Deck;

use crate::readme::page::{quoted, sections};
use crate::readme::{block_of, blocks, read, root};

fn page(name: &str) -> String {
    read(&root().join("docs/reference").join(name))
}

/// Returns the table under a heading as lists of cells.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let mut all = sections(page).into_iter();
    let found = all.find(|section| section.heading == heading);
    found
        .unwrap_or_else(|| panic!("{page} has no heading {heading}"))
        .rows
}

#[test]
fn themes_are_as_the_page_says() {
    let text = page("themes.md");
    let (_, rest) = text.split_once("<!-- roles -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- /roles -->").unwrap();
    let rows = Theme::markdown();
    assert_eq!(shown, rows, "put this between the markers:\n{rows}");

    let deck = Deck::new();
    std::fs::create_dir_all(deck.path().join("themes")).unwrap();
    // What is wrong with a theme, which the console would open without.
    let faults = |theme: &str| {
        std::fs::write(deck.path().join("themes/own.toml"), theme).unwrap();
        let output = deck.run(&["doctor", "--theme", "own", "--json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = said["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["check"] == "console").count()
    };
    assert_eq!(faults(&block_of(&text, "toml theme")), 0);
    // Each word of the tables is taken, and no other.
    let styles = text.split("\n## Styles\n").nth(1).unwrap();
    let styles = styles.split("\n## ").next().unwrap();
    let rows = styles
        .lines()
        .filter(|line| line.starts_with("| colour") || line.starts_with("| modifier"));
    let words: Vec<String> = rows
        .flat_map(quoted)
        .filter(|word| word != "#rrggbb")
        .collect();
    assert!(words.len() > 15, "{words:?}");
    let style = |text: &str| faults(&format!("text = \"{text}\"\n"));
    for word in words
        .iter()
        .map(String::as_str)
        .chain(["0", "255", "#a0b1c2"])
    {
        assert_eq!(style(word), 0, "{word}");
    }
    for word in ["256", "blink", "#a0b1", "reddish"] {
        assert_eq!(style(word), 1, "{word}");
    }
}

/// A row of an own rule file that is in order, by column.
const ROW: &[(&str, &str)] = &[
    ("id", "own-fl"),
    ("country", "US"),
    ("subdivision", "FL"),
    ("call_class", "any"),
    ("days", "Mon-Sun"),
    ("open", "10:00"),
    ("close", "17:00"),
    ("closed", "no"),
    ("holiday_rule", "none"),
    ("zone_basis", "callee"),
    ("effective_from", ""),
    ("effective_to", ""),
    ("force", "law"),
    ("citation", "counsel"),
    ("source", "memo of 2026-11-02"),
    ("exemptions_and_notes", ""),
    ("confidence", "high"),
    ("basis", "text-read"),
];

fn with(changes: &[(&str, &str)]) -> String {
    let names: Vec<&str> = ROW.iter().map(|(name, _)| *name).collect();
    let value = |(name, value): &(&str, &str)| {
        let other = changes.iter().find(|(other, _)| other == name);
        other.map_or(*value, |(_, value)| value).to_owned()
    };
    let values: Vec<String> = ROW.iter().map(value).collect();
    format!("{}\n{}\n", names.join(","), values.join(","))
}

fn taken(text: &str) -> Result<(), String> {
    let rules = Rules::embedded().with_extra(text, "own.csv");
    rules.map(drop).map_err(|error| error.to_string())
}

#[test]
fn rule_files_are_as_the_page_says() {
    let rows = table("rules-files.md", "Columns");
    let documented: Vec<String> = rows
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let law = read(&root().join("crates/core/data/calling-windows.csv"));
    let columns = law.lines().find(|line| !line.starts_with('#')).unwrap();
    assert_eq!(documented.join(","), columns);
    let example = block_of(&page("rules-files.md"), "csv");
    taken(&example).unwrap();
    taken(&with(&[])).unwrap();
    for row in &rows {
        let name = row[0].trim_matches('`');
        // The words of a column that has a choice of them.
        if row[1] == "word" {
            for word in quoted(&row[3]) {
                let hours: &[(&str, &str)] = if word == "yes" {
                    &[("open", ""), ("close", "")]
                } else {
                    &[]
                };
                let text = with(&[&[(name, word.as_str())], hours].concat());
                taken(&text).unwrap_or_else(|why| panic!("{name} = {word}: {why}"));
            }
            assert!(taken(&with(&[(name, "no such word")])).is_err(), "{name}");
        }
        if row[2] == "required" {
            assert!(taken(&with(&[(name, "")])).is_err(), "{name} can be empty");
        } else {
            assert_eq!(row[2], "empty", "{name}");
            taken(&with(&[(name, "")])).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
    for (name, value) in [
        ("days", "Mon-Funday"),
        ("open", "8"),
        ("close", "09:00"),
        ("country", "us"),
        ("effective_from", "soon"),
        ("zone_basis", "fixed:Mars/Olympus"),
    ] {
        assert!(taken(&with(&[(name, value)])).is_err(), "{name} = {value}");
    }
}

#[test]
fn fields_of_contacts_are_as_the_page_says() {
    let documented: BTreeSet<String> = table("contacts.md", "Fields")
        .iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let error = "X=no_such_field_at_all".parse::<ColumnMap>().unwrap_err();
    let error = error.to_string();
    let (_, names) = error.split_once("The fields are ").unwrap();
    let known: BTreeSet<String> = names
        .split(", ")
        .filter(|name| !["variable", "ignore"].contains(name))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, known, "left: the page; right: the program");
}

/// The campaign that lists are imported into.
const CAMPAIGN: &str = "name = \"recall\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
    call_class = \"live\"\nagent = \"human\"\ntrunk = \"simulator\"\n[consent]\nrequired = \"none\"\n\
    [caller_id]\npool = \"local\"\n";

/// Returns a list of one row with this value of a field.
fn one_row(field: &str, header: &str, value: &str) -> String {
    match field {
        "number" => format!("number,x\n\"{value}\",\n"),
        "area_code" => format!("number,area_code\n555-0142,{value}\n"),
        "consent" | "consent_source" | "consent_at" | "consent_expires_at" => {
            let columns = [
                ("consent", "express"),
                ("consent_source", "form 7"),
                ("consent_at", "2026-05-04"),
                ("consent_expires_at", "2030-12-31"),
            ];
            let cell = |(column, usual)| if column == field { value } else { usual };
            let cells = columns.map(cell).join(",");
            let names = columns.map(|(column, _)| column).join(",");
            format!("number,{names}\n212-555-0142,{cells}\n")
        }
        "country_code" => format!("number,country_code\n2079460123,\"{value}\"\n"),
        _ => format!("number,{header}\n212-555-0142,\"{value}\"\n"),
    }
}

#[test]
fn examples_of_contacts_are_taken_and_counterexamples_rejected() {
    let deck = Deck::new();
    let file = deck.write("recall.toml", CAMPAIGN);
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);
    let import = |list: &str| {
        let list = deck.write("list.csv", list);
        let list = list.to_str().unwrap();
        let args = ["contacts", "import", "recall", list, "--dry-run", "--json"];
        let output = deck.run(&args);
        serde_json::from_slice::<serde_json::Value>(&output.stdout)
    };
    let example = block_of(&page("contacts.md"), "csv");
    let said = import(&example).unwrap();
    assert_eq!(said["rejected"], 0, "{said}");
    assert_eq!(said["taken"], example.lines().count() - 1, "{said}");
    let mut tried = 0;
    for row in table("contacts.md", "Fields") {
        let name = row[0].trim_matches('`');
        // The usual name of its column, if that is another.
        let header = quoted(&row[1]).pop().unwrap_or_else(|| name.to_owned());
        let line = |value: &str| one_row(name, &header, value);
        for value in quoted(&row[3]) {
            tried += 1;
            let said = import(&line(&value)).unwrap_or_else(|why| panic!("{name}: {value}: {why}"));
            assert_eq!(said["rejected"], 0, "{name} = {value}: {said}");
            let column = said["columns"]
                .as_array()
                .unwrap()
                .iter()
                .find(|column| column["column"] == header);
            assert_eq!(column.unwrap()["field"], name, "{said}");
        }
        for value in quoted(&row[4]) {
            tried += 1;
            let said = import(&line(&value)).unwrap_or_else(|why| panic!("{name}: {value}: {why}"));
            assert_eq!(said["rejected"], 1, "{name} = {value}: {said}");
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn forms_of_do_not_call_lists_are_as_the_page_says() {
    let text = page("do-not-call.md");
    let deck = Deck::new();
    let file = deck.write("recall.toml", CAMPAIGN);
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);
    let import = |name: &str, list: &str| {
        let date = "2026-11-20";
        let file = deck.write(name, list);
        let file = file.to_str().unwrap().to_owned();
        deck.run(&[
            "dnc",
            "import",
            &file,
            "--list",
            "national:us",
            "--as-of",
            date,
            "--dry-run",
            "--json",
        ])
    };
    let forms: Vec<(String, String)> = blocks(&text).into_iter().collect();
    assert!(forms.len() >= 4, "{}", forms.len());
    for (kind, form) in forms {
        let output = import("list.csv", &form);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match kind.as_str() {
            "text" | "csv" => assert_eq!(output.status.code(), Some(0), "{form}\n{said}"),
            "text rejected" => assert_ne!(output.status.code(), Some(0), "{form}\n{said}"),
            other => panic!("{other}"),
        }
    }
}

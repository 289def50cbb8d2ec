//! Any list, with any columns: every column and every row is accounted for, recounted here from the text
//! alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dialdeck::cli::import::{self, Plan, Taken};
use dialdeck::cli::progress::Showing;
use dialdeck::config::read_campaign;
use dialdeck::domain::{Campaign, DeckId, NewContact, PhoneNumber, Timestamp};
use dialdeck::intake::{ColumnUse, ContactFile, Origin, Reading, Row};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::{Acts as _, By, Reads};
use proptest::prelude::*;

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"

[pacing]
calls_per_minute = 20
max_concurrent = 5
weight = 1

[consent]
required = "none"

[caller_id]
pool = "local"
"#;

/// Column names as lists have them: right, wrong and odd.
const NAMES: [&str; 40] = [
    "Phone",
    "Mobile Phone",
    "number",
    "Phone 1 - Value",
    "Home Phone",
    "First Name",
    "Last Name",
    "Full Name",
    "State",
    "Mailing State/Province",
    "region",
    "ZIP",
    "Postal Code",
    "Country",
    "Country Code",
    "Time Zone",
    "consent",
    "consent_source",
    "consent_at",
    "priority",
    "expires_at",
    "Do Not Call",
    "Opt Out",
    "Unsubscribed",
    "Opt Out Date",
    "Opt In",
    "Email Opt Out",
    "Phone Type",
    "Fax",
    "Email",
    "Company",
    "Notes",
    "Stat",
    "Zipcod",
    "plan",
    "Città",
    "\"quoted\"",
    "a;b",
    "",
    "reject_reason",
];

/// Cells that are valid in some columns, and some that are valid in none.
const CELLS: [&str; 36] = [
    "",
    "",
    "",
    "true",
    "false",
    "yes",
    "no",
    "1",
    "0",
    "x",
    "maybe",
    "2026-05-04",
    "2026-05-04 13:22",
    "5/4/2026",
    "2036-01-01",
    "1899-12-30",
    "FL",
    "Florida",
    "US-NY",
    "ON",
    "33101",
    "2138.0",
    "M5V 2T6",
    "US",
    "United States",
    "44",
    "Eastern",
    "America/Chicago",
    "EST",
    "express",
    "form 7",
    "Ana",
    "José, the elder",
    "say \"hi\"",
    "5",
    "212-555-0199",
];

/// Numbers as they are written, all in one exchange.
fn number() -> impl Strategy<Value = String> {
    let area = prop::sample::select(vec![212, 305, 312, 602, 213, 416]);
    (area, 100..200u32, 0..5u8).prop_map(|(area, line, how)| match how {
        0 => format!("{area}5550{line}"),
        1 => format!("({area}) 555-0{line}"),
        2 => format!("+1 {area} 555 0{line}"),
        3 => format!("{area}5550{line}.0"),
        _ => format!("'{area}-555-0{line}"),
    })
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(&CELLS[..]).prop_map(str::to_owned),
        2 => number(),
        // Without the apostrophe that an import takes off before a formula.
        1 => "[ -&(-~]{0,12}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => "[A-Za-z _/-]{0,14}",
    ]
}

/// A header and its rows. Some rows end early, as spreadsheets write them.
fn list() -> impl Strategy<Value = (Vec<String>, Vec<Vec<String>>)> {
    (1..8usize).prop_flat_map(|width| {
        let header = prop::collection::vec(name(), width).prop_map(|mut header| {
            header.insert(0, "Phone Number".to_owned());
            header
        });
        let row =
            (number(), prop::collection::vec(cell(), 0..=width)).prop_map(|(number, mut cells)| {
                cells.insert(0, number);
                cells
            });
        (header, prop::collection::vec(row, 1..12))
    })
}

fn written(header: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows.iter().map(Vec::as_slice)) {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

fn now() -> Timestamp {
    "2026-12-08T15:00:00Z".parse().unwrap()
}

/// Imports with the function that the command line uses. Returns the figures and the deck.
fn imported(file: &ContactFile) -> (Taken, MemoryStore) {
    let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now());
    let by = By {
        actor: "maria".to_owned(),
        at: now(),
    };
    let settings = read_campaign("recall.toml", CAMPAIGN).unwrap().settings;
    store.add_campaign(&settings, &by).unwrap();
    let campaign: Campaign = store.campaign("recall").unwrap();
    let plan = Plan {
        country: "US".to_owned(),
        dates: None,
        rejects: None,
        dry_run: false,
        progress: Showing::Nowhere,
        deck: None,
        keep_ids: true,
        rules: Arc::clone(Rules::embedded()),
    };
    let taken = import::contacts(&mut store, &campaign, file, &plan, &by).unwrap();
    (taken, store)
}

/// Reads the file row by row. Returns contacts by their line, and the lines of rejects.
fn read(file: &ContactFile) -> (BTreeMap<u64, NewContact>, BTreeSet<u64>) {
    let reading = Reading {
        country: Some("US".to_owned()),
        evidence: read_campaign("recall.toml", CAMPAIGN)
            .unwrap()
            .settings
            .evidence,
        calls: dialdeck::domain::campaign::CallKind::LIVE,
        dates: None,
        own_numbers: Vec::new(),
        now: now(),
    };
    let (mut contacts, mut rejects) = (BTreeMap::new(), BTreeSet::new());
    for row in file.read(Rules::embedded(), &reading).unwrap() {
        match row.unwrap() {
            Row::Contact(contact) => {
                contacts.insert(contact.line, *contact);
            }
            Row::Reject(reject) => {
                assert!(!reject.reason.is_empty(), "{reject}");
                rejects.insert(reject.line);
            }
        }
    }
    (contacts, rejects)
}

/// Returns the cell of a row in a column.
fn at(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", |cell| cell.trim())
}

fn kept(contact: &NewContact) -> BTreeMap<String, String> {
    if contact.variables.is_empty() {
        return BTreeMap::new();
    }
    serde_json::from_str(&contact.variables).unwrap()
}

/// Returns how a column was used: the field's name, `variable` or `ignored`.
fn taken_for(column: &ColumnUse) -> String {
    let value = serde_json::to_value(column).unwrap();
    let field = value["field"].as_str();
    field.or(value["taken_for"].as_str()).unwrap().to_owned()
}

/// Checks that every column has one of the three uses, counts the rows with a value in it, and keeps the
/// values of variables unchanged.
fn columns_are_accounted_for(
    header: &[String],
    rows: &[Vec<String>],
    taken: &Taken,
    contacts: &BTreeMap<u64, NewContact>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(taken.columns.len(), header.len());
    let lines = (2u64..).zip(rows);
    let accepted: Vec<(&NewContact, &Vec<String>)> = lines
        .filter_map(|(line, row)| Some((contacts.get(&line)?, row)))
        .collect();
    let mut expected: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); accepted.len()];
    for (place, (column, name)) in taken.columns.iter().zip(header).enumerate() {
        let name = name.trim();
        prop_assert!(
            column.column == name || (name.is_empty() && column.column.starts_with("column_"))
        );
        let used = accepted
            .iter()
            .filter(|(_, row)| !at(row, place).is_empty())
            .count();
        prop_assert_eq!(column.rows, used as u64, "{}", name);
        let what = taken_for(column);
        match what.as_str() {
            "ignored" => prop_assert_eq!(name, "reject_reason"),
            "variable" | "first_name" | "last_name" => {
                for ((_, row), expected) in accepted.iter().zip(&mut expected) {
                    let cell = at(row, place);
                    if !cell.is_empty() {
                        expected.insert(column.column.clone(), cell.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    for ((contact, _), expected) in accepted.iter().zip(expected) {
        prop_assert_eq!(kept(contact), expected);
    }
    Ok(())
}

/// Returns the number in the first column of a row.
fn first_number(row: &[String]) -> PhoneNumber {
    let bare = row[0].trim_end_matches(".0");
    let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
    let national = &digits[digits.len() - 10..];
    format!("+1{national}").parse().unwrap()
}

/// Checks that the number of a row marked as not to be called is on the list, whether the row was accepted
/// or not.
fn wishes_hold(
    rows: &[Vec<String>],
    taken: &Taken,
    store: &mut MemoryStore,
) -> Result<(), TestCaseError> {
    let column = |field: &str| {
        taken
            .columns
            .iter()
            .position(|column| taken_for(column) == field)
    };
    if taken
        .columns
        .iter()
        .position(|column| taken_for(column) == "number")
        != Some(0)
    {
        return Ok(());
    }
    for row in rows {
        let says = |field, words: &[&str]| {
            column(field).is_some_and(|place| words.contains(&at(row, place)))
        };
        let stated = ["country", "country_code", "area_code"].map(column);
        let plain = stated
            .iter()
            .flatten()
            .all(|place| at(row, *place).is_empty());
        if plain
            && (says("do_not_call", &["true", "yes", "1", "x"])
                || says("calls_allowed", &["false", "no", "0"]))
        {
            let listed = store.suppressions_of(first_number(row)).unwrap();
            prop_assert!(!listed.is_empty(), "{:?}", row);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_column_of_every_row_is_accounted_for((header, rows) in list()) {
        let text = written(&header, &rows);
        let origin = Origin::Bytes("list.csv".to_owned(), text.into());
        let file = match ContactFile::check(origin) {
            Ok(file) => file,
            Err(fault) => {
                // Refused as a whole, with the column and what to do.
                prop_assert!(!fault.column.is_empty() && !fault.hint().is_empty(), "{}", fault);
                return Ok(());
            }
        };
        let (taken, mut store) = imported(&file);
        let (contacts, rejects) = read(&file);
        let figures = &taken.figures;
        prop_assert_eq!(figures.rows + taken.comments, rows.len() as u64);
        prop_assert_eq!(figures.taken + figures.duplicates + figures.rejected, figures.rows);
        prop_assert_eq!(figures.rejected, rejects.len() as u64);
        prop_assert_eq!(figures.rejected, taken.first_rejects.len() as u64);
        prop_assert_eq!(contacts.len() as u64, figures.taken + figures.duplicates);
        prop_assert_eq!(taken.ids.len() as u64, figures.taken);
        columns_are_accounted_for(&header, &rows, &taken, &contacts)?;
        wishes_hold(&rows, &taken, &mut store)?;
    }
}

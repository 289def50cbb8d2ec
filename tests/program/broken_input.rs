//! Broken lists: each is refused as a whole or row by row, with its place, its column and what to do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::too_many_lines, reason = "tables of cases")]

use std::collections::BTreeSet;

use dialdeck::domain::campaign::{CallKind, Evidence};
use dialdeck::intake::{ContactFile, DncFile, DncRow, FileError, Origin, Reading, Reject, Row};
use dialdeck::rules::Rules;
use proptest::prelude::*;

fn bytes(name: &str, bytes: &[u8]) -> Origin {
    Origin::Bytes(name.to_owned(), bytes.into())
}

fn reading(evidence: Evidence) -> Reading {
    Reading {
        country: Some("US".to_owned()),
        evidence,
        calls: CallKind::LIVE,
        dates: None,
        own_numbers: Vec::new(),
        now: "2026-12-07T15:30:00Z".parse().unwrap(),
    }
}

fn refused(fault: &FileError, line: u64, column: &str, message: &str, hint: &str) {
    assert_eq!(
        (fault.line, fault.column.as_str()),
        (line, column),
        "{fault}"
    );
    assert!(fault.fault.to_string().contains(message), "{fault}");
    assert!(fault.hint().contains(hint), "{fault}");
    assert!(!fault.hint().is_empty(), "{fault}");
}

#[test]
fn contact_files() {
    let cases: [(&[u8], u64, &str, &str, &str); 10] = [
        (b"", 0, "", "is empty", "with rows"),
        (
            b"number,name\n",
            1,
            "",
            "has a header and no rows",
            "below the header",
        ),
        (
            b"name,city\nAna,Rome\n",
            1,
            "number",
            "there is no number column; the first line holds: name, city",
            "`number` or `phone`",
        ),
        (
            b"+12125550100\n+12125550101\n",
            1,
            "number",
            "there is no number column",
            "header line",
        ),
        (
            b"phone,consent,consent kind\n1,2,3\n",
            1,
            "consent kind",
            "means the same as column `consent`",
            "--map \"consent kind=variable\"",
        ),
        (
            b"phnoe,name\n1,2\n",
            1,
            "number",
            "`phnoe` looks like `phone`",
            "--map \"phnoe=number\"",
        ),
        (
            b"number,City,city\n1,a,b\n",
            1,
            "city",
            "stands twice",
            "rename or remove",
        ),
        (
            b"number,name\n+12125550100,\"Ana\n+12125550101,Ben\n",
            2,
            "",
            "never closed",
            "double it",
        ),
        (
            b"number,name\n1,a\n2,\0\n",
            3,
            "",
            "is not text",
            "save it as CSV",
        ),
        (
            b"number,Do Not Cal\n1,true\n",
            1,
            "Do Not Cal",
            "may say who is not to be called",
            "--map \"Do Not Cal=do_not_call\"",
        ),
    ];
    for (text, line, column, message, hint) in cases {
        let fault = ContactFile::check(bytes("in.csv", text)).unwrap_err();
        refused(&fault, line, column, message, hint);
    }
    let folder = tempfile::tempdir().unwrap();
    let fault = ContactFile::check(Origin::File(folder.path().join("none.csv"))).unwrap_err();
    refused(&fault, 0, "", "cannot be read", "name a file that exists");
}

fn rejects(text: &str) -> Vec<Reject> {
    let file = ContactFile::check(bytes("in.csv", text.as_bytes())).unwrap();
    file.read(Rules::embedded(), &reading(Evidence::All))
        .unwrap()
        .filter_map(|row| match row.unwrap() {
            Row::Contact(_) => None,
            Row::Reject(reject) => Some(*reject),
        })
        .collect()
}

#[test]
fn contact_rows() {
    const HEADER: &str =
        "phone,time_zone,region,consent,consent_source,consent_at,priority,expires_at\n";
    let cases = [
        (",,,,,,,", "phone", "", "is empty", "remove the row"),
        (
            "212-555-DIAL,,,,,,,",
            "phone",
            "212-555-DIAL",
            "letters",
            "needs confirmation",
        ),
        (
            "212-555-0100 x7,,,,,,,",
            "phone",
            "212-555-0100 x7",
            "extension",
            "without its extension",
        ),
        (
            "555-0100,,,,,,,",
            "phone",
            "555-0100",
            "not a possible",
            "+12125550142",
        ),
        ("see notes,,,,,,,", "phone", "see notes", "", "digits"),
        (
            "+12125550100,Mars/Base,,,,,,",
            "time_zone",
            "Mars/Base",
            "is not a time zone",
            "America/New_York",
        ),
        (
            "+12125550100,,US-ZZ,,,,,",
            "region",
            "US-ZZ",
            "is not a region",
            "US-FL",
        ),
        (
            "+12125550100,,,verbal,notes,2026-01-01,,",
            "consent",
            "verbal",
            "is not a kind of consent",
            "express_written",
        ),
        (
            "+12125550100,,,express,,2026-01-01,,",
            "consent_source",
            "",
            "consent `express` has no source",
            "where the proof is",
        ),
        (
            "+12125550100,,,express,web form 1,,,",
            "consent_at",
            "",
            "has no date",
            "2026-03-01",
        ),
        (
            "+12125550100,,,express,web form 1,01/02/2026,,",
            "consent_at",
            "01/02/2026",
            "more than one way",
            "--date-format",
        ),
        (
            "+12125550100,,,,,,urgent,",
            "priority",
            "urgent",
            "is not a priority",
            "whole number",
        ),
        (
            "+12125550100,,,,,,,tomorrow",
            "expires_at",
            "tomorrow",
            "is not a date",
            "2026-03-01",
        ),
        (
            "+12125550100,,,,,,,,surplus",
            "",
            "",
            "has 9 fields where the header has 8",
            "quotation marks",
        ),
    ];
    for (row, column, value, reason, hint) in cases {
        let found = rejects(&format!("{HEADER}+13125550100,,,,,,,\n{row}\n"));
        let [reject] = &found[..] else {
            panic!("{row}: {found:?}");
        };
        assert_eq!(reject.line, 3, "{reject}");
        assert_eq!(
            (reject.column.as_str(), reject.value.as_str()),
            (column, value),
            "{reject}"
        );
        assert!(reject.reason.contains(reason), "{reject}");
        assert!(reject.hint.contains(hint), "{reject}");
        assert_eq!(reject.fields.join(","), row);
    }
}

#[test]
fn do_not_call_lists() {
    let cases: [(&[u8], u64, &str, &str, &str); 9] = [
        (b"", 0, "", "is empty", "with rows"),
        (
            b"# nothing yet\n\n",
            0,
            "",
            "holds no numbers",
            "one number a line",
        ),
        (
            b"+12125550100\nhello\nthere\n",
            2,
            "",
            "`hello`",
            "one number a line",
        ),
        (
            b"# ours\n212,555010\n",
            2,
            "",
            "`212,555010` is not an area code",
            "212,5550142",
        ),
        (
            b"212,5550100\n112,5550100\n112,5550100\n",
            2,
            "",
            "is not an area code",
            "212,5550142",
        ),
        (
            b"212,5550100,2026-12-01,A\n212,5550101,2026-12-01,X\n212,5550101,2026-12-01,X\n",
            2,
            "",
            "`X` is neither A (added) nor D",
            "change files",
        ),
        (
            b"212,5550100,yesterday,A\n",
            1,
            "",
            "`yesterday` is not a date",
            "2026-12-01",
        ),
        (
            b"212,5550100,2026-12-01\n",
            1,
            "",
            "is not a line of a do-not-call list",
            "one number a line",
        ),
        (
            b"Name,Account Id\nAna,2125550100\n",
            1,
            "",
            "no column holds numbers",
            "--map",
        ),
    ];
    for (text, line, column, message, hint) in cases {
        let fault =
            DncFile::check(bytes("dnc.txt", text), Rules::embedded(), Some("US")).unwrap_err();
        refused(&fault, line, column, message, hint);
    }
}

#[test]
fn rows_of_a_do_not_call_csv() {
    let text = b"name;phone\nAna;+12125550100\nBen;n/a\n";
    let file = DncFile::check(bytes("dnc.csv", text), Rules::embedded(), Some("US")).unwrap();
    let rows: Vec<DncRow> = file
        .read(Rules::embedded())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(file.rows(), 2);
    assert!(matches!(rows[0], DncRow::Number { line: 2, .. }));
    let DncRow::Reject(reject) = &rows[1] else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (reject.line, reject.column.as_str(), reject.value.as_str()),
        (3, "phone", "n/a")
    );
    assert!(!reject.hint.is_empty());
}

/// Reads any input. It only has to end without a panic.
fn read_everything(text: &[u8]) {
    if let Ok(file) = ContactFile::check(bytes("in.csv", text)) {
        let mut rows = file
            .read(Rules::embedded(), &reading(Evidence::All))
            .unwrap();
        let read = rows.by_ref().map(Result::unwrap).count() as u64;
        assert_eq!(read + rows.comments(), file.rows());
    }
    if let Ok(file) = DncFile::check(bytes("in.txt", text), Rules::embedded(), Some("GB")) {
        let rows = file.read(Rules::embedded()).unwrap();
        let lines: BTreeSet<u64> = rows.map(Result::unwrap).map(|row| line(&row)).collect();
        assert_eq!(lines.len() as u64, file.rows());
    }
}

fn line(row: &DncRow) -> u64 {
    match row {
        DncRow::Number { line, .. }
        | DncRow::Addition { line, .. }
        | DncRow::Removal { line, .. } => *line,
        DncRow::Reject(reject) => reject.line,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_bring_a_reader_down(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&text);
        let mut listed = b"number,name\n".to_vec();
        listed.extend(&text);
        read_everything(&listed);
    }

    #[test]
    fn no_csv_brings_a_reader_down(rows in "[0-9a+,;\"#\r\n\t é-]{0,120}") {
        read_everything(format!("phone;name\n{rows}").as_bytes());
        read_everything(format!("phone,name,consent,consent_at\n{rows}").as_bytes());
        read_everything(rows.as_bytes());
    }
}

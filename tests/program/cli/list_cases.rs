//! Tests of lists from spreadsheets and CRM programs: every column and every row is accounted for.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::scratch::{Said, Scratch};

/// Returns the path of a file of `tests/cases/lists`.
pub(crate) fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lists");
    folder.join(name).to_str().unwrap().to_owned()
}

/// Creates a deck with a campaign that has no contacts yet.
pub(crate) fn empty() -> Scratch {
    let scratch = Scratch::new();
    let file = scratch.text("recall.toml");
    scratch
        .run(&["campaign", "add", &file, "--no-contacts"])
        .exits(0);
    scratch
}

fn import(scratch: &Scratch, file: &str, more: &[&str]) -> Said {
    let rejects = scratch.text("rejects.csv");
    fs::remove_file(&rejects).ok();
    let mut args = vec!["contacts", "import", "recall", file, "--rejects", &rejects];
    args.extend(more);
    scratch.run(&args)
}

/// Returns the figures of an import: rows, taken, rejected.
fn figures(said: &Value) -> [u64; 3] {
    ["rows", "taken", "rejected"].map(|key| said[key].as_u64().unwrap())
}

/// Returns the table as `column: what it was taken for, rows`.
pub(crate) fn table(said: &Value) -> Vec<String> {
    let columns = said["columns"].as_array().unwrap().iter();
    columns
        .map(|column| {
            let field = column["field"]
                .as_str()
                .or(column["taken_for"].as_str())
                .unwrap();
            format!(
                "{}: {field}, {}",
                column["column"].as_str().unwrap(),
                column["rows"]
            )
        })
        .collect()
}

/// Returns the reason of every rejected row.
fn reasons(said: &Value) -> Vec<&str> {
    let rejects = said["first_rejects"].as_array().unwrap().iter();
    rejects.map(|reject| reject.as_str().unwrap()).collect()
}

fn why(scratch: &Scratch, number: &str) -> Value {
    scratch.run(&["why", number, "--json"]).json()
}

fn is_known(scratch: &Scratch, number: &str) -> bool {
    !why(scratch, number)["contacts"]
        .as_array()
        .is_none_or(Vec::is_empty)
}

#[test]
fn numbers_as_spreadsheets_leave_them() {
    let scratch = empty();
    let said = import(&scratch, &case("spreadsheet-numbers.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [6, 3, 3]);
    let reasons = reasons(&said);
    assert!(
        reasons[0].starts_with("line 3: number: ") && reasons[0].contains("not a possible"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].starts_with("line 6: ") && reasons[1].contains("two numbers"),
        "{reasons:?}"
    );
    assert!(
        reasons[2].starts_with("line 7: ") && reasons[2].contains("scientific"),
        "{reasons:?}"
    );
    for number in ["+12125550142", "+13125550143", "+13055550144"] {
        assert!(is_known(&scratch, number), "{number}");
    }
    assert!(!is_known(&scratch, "+12125550140"));
}

#[test]
fn an_export_of_a_crm_program_is_understood() {
    let scratch = empty();
    let said = import(&scratch, &case("crm-export.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [3, 3, 0]);
    assert_eq!(
        table(&said),
        [
            "First Name: first_name, 3",
            "Last Name: last_name, 3",
            "Phone: number, 3",
            "Mailing State/Province: region, 3",
            "Mailing Zip/Postal Code: postal_code, 3",
            "Mailing Country: country, 3",
            "Do Not Call: do_not_call, 3",
        ]
    );
    assert_eq!(said["not_to_be_called"], 1);
    scratch
        .run(&["dnc", "check", "+12135550143"])
        .exits(0)
        .says("internal")
        .says("Do Not Call");
    scratch
        .run(&["dnc", "check", "+12135550142"])
        .exits(0)
        .says("on no list");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["suppressed"], 1);
    let ana = why(&scratch, "+12135550142").to_string();
    assert!(ana.contains("US-AL") && ana.contains("US-CA"), "{ana}");
    assert!(why(&scratch, "+14165550144").to_string().contains("CA-ON"));
    import(&scratch, &case("crm-export.csv"), &[])
        .exits(0)
        .says("1 row marked in the list as not to be called")
        .says("Mailing State/Province");
}

#[test]
fn postal_codes_are_read_or_the_row_is_rejected() {
    let scratch = empty();
    let said = import(&scratch, &case("postal-codes.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [6, 6, 0]);
    for number in [
        "+16175550142",
        "+16175550143",
        "+16175550144",
        "+16175550145",
    ] {
        assert!(
            why(&scratch, number).to_string().contains("US-MA"),
            "{number}"
        );
    }
    for (number, zones) in [
        ("+13055550146", ["America/New_York", "America/Chicago"]),
        ("+19155550147", ["America/Denver", "America/Denver"]),
    ] {
        let bound = why(&scratch, number).to_string();
        assert!(zones.iter().all(|zone| bound.contains(zone)), "{bound}");
    }
    let list = scratch.text("codes.csv");
    fs::write(&list, "number,zip\n6175550146,unknown\n6175550147,2138O\n").unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(1).json();
    assert_eq!(figures(&said), [2, 0, 2]);
    assert!(
        reasons(&said)
            .iter()
            .all(|reason| reason.contains("is not a postal code"))
    );
}

#[test]
fn a_country_decides_the_number_or_rejects_the_row() {
    let scratch = empty();
    let said = import(&scratch, &case("country-code.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [3, 3, 0]);
    assert_eq!(said["undialable"], 1);
    for number in ["+12125550142", "+442079460143", "+4721234567"] {
        assert!(is_known(&scratch, number), "{number}");
    }
    for number in ["+12079460143", "+12123456700"] {
        assert!(!is_known(&scratch, number), "{number}");
    }
    let list = scratch.text("countries.csv");
    let rows = "Phone,Country\n2125550151,Freedonia\n+442079460152,United Kingdom\n020 7946 0153,UK\n\
        +12125550154,Norway\n";
    fs::write(&list, rows).unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(0).json();
    assert_eq!(figures(&said), [4, 2, 2]);
    assert!(reasons(&said)[0].contains("`Freedonia` is not a country"));
    assert!(reasons(&said)[1].contains("`Norway` is not the country of the number"));
    let list = scratch.text("both.csv");
    fs::write(&list, "Phone,Country Code\n+12125550155,44\n").unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(1).json();
    assert!(reasons(&said)[0].contains("says +44, and the number begins otherwise"));
}

#[test]
fn consent_has_a_plausible_date() {
    let scratch = empty();
    let said = import(&scratch, &case("consent-dates.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [4, 1, 3]);
    let reasons = reasons(&said);
    assert!(
        reasons[0].starts_with("line 2: consent_at: ") && reasons[0].contains("no plausible date")
    );
    assert!(reasons[1].starts_with("line 4: ") && reasons[1].contains("--date-format"));
    assert!(reasons[2].starts_with("line 5: ") && reasons[2].contains("in the future"));
    let formatted = import(
        &scratch,
        &case("consent-dates.csv"),
        &["--date-format", "mdy", "--json"],
    );
    assert_eq!(figures(&formatted.exits(0).json()), [4, 1, 2]);
    assert!(is_known(&scratch, "+12125550144"));
    let list = scratch.text("expiry.csv");
    fs::write(
        &list,
        "number,expires\n2125550146,soon\n2125550147,45678\n2125550148,2036-01-01\n",
    )
    .unwrap();
    assert_eq!(
        figures(&import(&scratch, &list, &["--json"]).exits(0).json()),
        [3, 1, 2]
    );
}

#[test]
fn zones_name_a_place_or_what_to_write() {
    let scratch = empty();
    let said = import(&scratch, &case("time-zones.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [5, 3, 2]);
    let reasons = reasons(&said);
    assert!(
        reasons[0].starts_with("line 2: time_zone: ") && reasons[0].contains("America/New_York"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].starts_with("line 3: time_zone: ") && reasons[1].contains("names no place"),
        "{reasons:?}"
    );
    assert!(
        why(&scratch, "+13055550145")
            .to_string()
            .contains("America/New_York")
    );
    assert!(
        why(&scratch, "+16025550146")
            .to_string()
            .contains("America/Phoenix")
    );
    let chi = why(&scratch, "+12135550144").to_string();
    for place in [
        "America/Chicago",
        "America/Los_Angeles",
        "US-CA",
        "US-IL",
        "US-AL",
    ] {
        assert!(chi.contains(place), "{place}: {chi}");
    }
}

#[test]
fn cells_that_a_spreadsheet_leaves_out_are_empty() {
    let scratch = empty();
    // Without a date the consent of the first row is none. Only that row is rejected, not the short ones.
    let said = import(&scratch, &case("trailing-cells.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(said["rows"], 3);
    for number in ["+12125550143", "+12125550144"] {
        assert!(is_known(&scratch, number), "{number}");
    }
}

#[test]
fn one_broken_byte_is_one_character() {
    let scratch = empty();
    import(&scratch, &case("one-broken-byte.csv"), &[])
        .exits(0)
        .says("warning: line 3: a character that could not be read is replaced");
    for number in ["+12125550142", "+12125550143", "+12125550144"] {
        assert!(is_known(&scratch, number), "{number}");
    }
}

#[test]
fn a_first_line_names_the_separator() {
    let scratch = empty();
    let said = import(&scratch, &case("sep-line.csv"), &["--json"])
        .exits(0)
        .json();
    assert_eq!(figures(&said), [1, 1, 0]);
    assert_eq!(table(&said), ["number: number, 1", "name: name, 1"]);
}

#[test]
fn standard_input_is_a_list_too() {
    let scratch = empty();
    let list = "number,name\n2125550142,Ana\n212555,Ben\n";
    let rejects = scratch.text("rejects.csv");
    fs::remove_file(&rejects).ok();
    let args = ["contacts", "import", "recall", "-", "--rejects", &rejects];
    scratch
        .feed(&args, list)
        .exits(0)
        .says("standard input: 2 rows: 1 taken, 0 duplicates, 1 rejected");
    scratch
        .feed(&["dnc", "import", "-"], "2125550142\n")
        .exits(0)
        .says("1 taken");
}

#[test]
fn a_column_is_what_the_user_says() {
    let scratch = empty();
    let list = scratch.text("crm.csv");
    fs::write(&list, "Phone,Mobile,Region,Kontakt\n,2125550142,West,Ana\n").unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(1).json();
    assert!(
        reasons(&said)[0].contains("--map \"Mobile=number\""),
        "{said}"
    );
    let maps = [
        "--map",
        "mobile=number",
        "--map",
        "Region=variable",
        "--map",
        "Kontakt=name",
    ];
    let said = import(&scratch, &list, &[&maps[..], &["--json"]].concat())
        .exits(0)
        .json();
    assert_eq!(
        table(&said),
        [
            "Phone: variable, 0",
            "Mobile: number, 1",
            "Region: variable, 1",
            "Kontakt: name, 1"
        ]
    );
    assert_eq!(said["columns"][1]["mapped"], true);
    import(&scratch, &list, &["--map", "Mobil=number"])
        .exits(1)
        .complains("did you mean `Mobile`?");
    import(&scratch, &list, &["--map", "Mobile=nubmer"])
        .exits(2)
        .complains("did you mean `number`?");
}

#[test]
fn a_flag_that_says_neither_rejects_the_row() {
    let scratch = empty();
    let list = scratch.text("flags.csv");
    let rows = "Phone,Mobile,Opt Out,Zip\n2125550142,,no,\n2125550143,,maybe,\n2125550144,+13125550145,YES,bad\n";
    fs::write(&list, rows).unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(0).json();
    assert_eq!(figures(&said), [3, 1, 2]);
    assert!(reasons(&said)[0].contains("`maybe` is neither true nor false"));
    // The row is rejected for its postal code, and its numbers are still not to be called.
    for number in ["+12125550144", "+13125550145"] {
        scratch
            .run(&["dnc", "check", number])
            .exits(0)
            .says("internal");
    }
    let again = "Phone,Unsubscribed\n2125550142,true\n";
    fs::write(&list, again).unwrap();
    import(&scratch, &list, &[]).exits(0).says("1 duplicate");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["suppressed"], 1, "{status}");
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let scratch = empty();
    let said = import(&scratch, &case("crm-export.csv"), &["--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (figures(&said), &said["not_to_be_called"]),
        ([3, 3, 0], &Value::from(1))
    );
    scratch
        .run(&["dnc", "check", "+12135550143"])
        .exits(0)
        .says("on no list");
    assert!(!is_known(&scratch, "+12135550142"));
}

#[test]
fn comments_are_counted() {
    let scratch = empty();
    let list = scratch.text("commented.csv");
    let rows = "# exported today\nId,Phone\n#1,2125550142\n# end of the first page\n2,2125550143\n";
    fs::write(&list, rows).unwrap();
    let said = import(&scratch, &list, &["--json"]).exits(0).json();
    assert_eq!(figures(&said), [2, 2, 0]);
    assert_eq!(said["comments"], 2);
    let said = scratch
        .run(&["dnc", "import", &list, "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&said["import"]["taken"], &said["comments"]),
        (&Value::from(2), &Value::from(2))
    );
}

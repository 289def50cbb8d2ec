//! Tests of whole lists: encodings, line ends, spellings, and the round trip of rejects.

use super::*;
use crate::domain::campaign::{CallKind, Evidence};
use crate::domain::{ConsentKind, NewContact};
use crate::rules::Rules;

fn origin(bytes: &[u8]) -> Origin {
    Origin::Bytes("list.csv".to_owned(), bytes.into())
}

fn reading(country: Option<&str>) -> Reading {
    Reading {
        country: country.map(str::to_owned),
        evidence: Evidence::All,
        calls: CallKind::LIVE,
        dates: None,
        own_numbers: Vec::new(),
        now: "2026-12-07T15:30:00Z".parse().unwrap(),
    }
}

fn rows(bytes: &[u8]) -> (ContactFile, Vec<NewContact>, Vec<Reject>) {
    let file = ContactFile::check(origin(bytes)).unwrap();
    let (mut contacts, mut rejects) = (Vec::new(), Vec::new());
    for row in file.read(Rules::embedded(), &reading(Some("US"))).unwrap() {
        match row.unwrap() {
            Row::Contact(contact) => contacts.push(*contact),
            Row::Reject(reject) => rejects.push(*reject),
        }
    }
    (file, contacts, rejects)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn every_encoding_reads_alike() {
    let text = "Phone;Name;Città\r\n(212) 555-0100;Zoë;Forlì\r\n+44 20 7946 0001;Åsa;\r\n";
    let latin: Vec<u8> = text
        .chars()
        .map(|char| u8::try_from(u32::from(char)).unwrap())
        .collect();
    let marked = format!("\u{feff}{text}");
    let (_, plain, _) = rows(text.as_bytes());
    for bytes in [
        latin,
        marked.into_bytes(),
        utf16(text, false),
        utf16(text, true),
    ] {
        assert_eq!(rows(&bytes).1, plain);
    }
    assert_eq!(plain[0].number.to_string(), "+12125550100");
    assert_eq!((plain[0].line, plain[0].name.as_str()), (2, "Zoë"));
    assert_eq!(plain[0].variables, "{\"Città\":\"Forlì\"}");
    assert_eq!(
        (
            plain[1].number.to_string().as_str(),
            plain[1].variables.as_str()
        ),
        ("+442079460001", "")
    );
}

#[test]
fn a_whole_row_is_understood() {
    let (file, contacts, _) = rows(
        b"number,name,time_zone,region,consent,consent_source,consent_at,priority,expires_at,note,note 2\n\
          212-555-0100,\"Ruiz, Ana\",America/Chicago,,Express Written,form 1,2026-03-01,5,2026-12-09T12:00:00-05:00,\"say \"\"hi\"\"\n  twice\",x\n",
    );
    let contact = &contacts[0];
    assert_eq!(contact.name, "Ruiz, Ana");
    let class = contact.class.as_ref().unwrap();
    assert_eq!(class.zones, ["America/Chicago", "America/New_York"]);
    assert!(class.regions.contains(&"US-NY".to_owned()));
    let consent = contact.consent.as_ref().unwrap();
    assert_eq!(
        (consent.kind, consent.source.as_str()),
        (ConsentKind::ExpressWritten, "form 1")
    );
    assert_eq!(consent.at.to_string(), "2026-03-01T00:00:00.000Z");
    assert_eq!(contact.priority, 5);
    assert_eq!(
        contact.expires_at.unwrap().to_string(),
        "2026-12-09T17:00:00.000Z"
    );
    assert_eq!(
        contact.variables,
        "{\"note\":\"say \\\"hi\\\"\\n  twice\",\"note 2\":\"x\"}"
    );
    assert_eq!((file.rows(), file.delimiter()), (1, b','));
    assert_eq!(file.figures().file, "list.csv");
    assert_eq!(file.digest().unwrap().len(), 64);
}

#[test]
fn an_undialable_number_is_taken_with_its_reason() {
    let (_, contacts, rejects) = rows(b"tel\n+18005550100\n+12115550100\n+18765550100\n");
    let why: Vec<&str> = contacts
        .iter()
        .map(|contact| contact.class.as_ref().unwrap_err().as_str())
        .collect();
    assert_eq!(why.len(), 3, "{rejects:?}");
    assert_eq!((why[0], why[2]), ("non_geographic", "no_rules"));
}

#[test]
fn the_default_country_is_not_for_numbers_with_a_plus() {
    let file =
        ContactFile::check(origin(b"tel\n020 7946 0001\n+442079460002\n+2079460003\n")).unwrap();
    let read: Vec<Row> = file
        .read(Rules::embedded(), &reading(Some("GB")))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let taken: Vec<String> = read
        .iter()
        .filter_map(|row| match row {
            Row::Contact(contact) => Some(contact.number.to_string()),
            Row::Reject(_) => None,
        })
        .collect();
    assert_eq!(taken[..2], ["+442079460001", "+442079460002"]);
    assert!(!taken.contains(&"+442079460003".to_owned()));
    let none = file.read(Rules::embedded(), &reading(None)).unwrap();
    let Row::Reject(reject) = none.map(Result::unwrap).next().unwrap() else {
        panic!("a number without a country");
    };
    assert!(reject.hint.contains("country code"), "{reject}");
}

#[test]
fn rejects_can_be_mended_and_imported_again() {
    let source = b"tel;name\nn/a;\"Ana; R\"\n+12125550100;Ben\n555-0101;Cy\n";
    let (file, contacts, rejects) = rows(source);
    assert_eq!((contacts.len(), rejects.len()), (1, 2));
    let mut out = RejectsFile::new(Vec::new(), file.header(), file.delimiter()).unwrap();
    for reject in &rejects {
        out.write(reject).unwrap();
    }
    let written = String::from_utf8(out.finish().unwrap()).unwrap();
    assert!(written.starts_with("tel;name;reject_reason\n"), "{written}");
    let mended = written.replace("n/a;", "+12125550102;");
    let (file, contacts, rejects) = rows(mended.as_bytes());
    assert_eq!(
        (contacts[0].name.as_str(), contacts[0].variables.as_str()),
        ("Ana; R", "")
    );
    assert_eq!(rejects.len(), 1);
    let mut again = RejectsFile::new(Vec::new(), file.header(), file.delimiter()).unwrap();
    again.write(&rejects[0]).unwrap();
    let written = String::from_utf8(again.finish().unwrap()).unwrap();
    assert_eq!(written.matches("reject_reason").count(), 1);
    assert!(
        written.lines().nth(1).unwrap().starts_with("555-0101;Cy;"),
        "{written}"
    );
}

#[test]
fn names_cannot_steer_a_terminal() {
    let (_, contacts, _) = rows(b"tel,name\n+12125550100,a\x1b[2Jb\n");
    assert_eq!(contacts[0].name, "a [2Jb");
}

#[test]
fn lines_are_those_of_the_file() {
    let (_, contacts, _) = rows(b"tel,name\n\n+12125550100,\"a\nb\"\n\n\n+12125550101,c\n");
    let lines: Vec<u64> = contacts.iter().map(|contact| contact.line).collect();
    assert_eq!(lines, [3, 7]);
}

#[test]
fn a_do_not_call_list_has_many_forms() {
    let text = b"# asked in person\n(212) 555-0100  # Ana\n\n+442079460001\r\n212,5550101\n\
        305,5550102,2026-12-01,A\n305,5550103,12/02/2026,D\n";
    let file = DncFile::check(origin(text), Rules::embedded(), Some("US")).unwrap();
    assert_eq!(file.rows(), 5);
    let found: Vec<String> = file
        .read(Rules::embedded())
        .unwrap()
        .map(|row| match row.unwrap() {
            DncRow::Number { line, number } => format!("{line} {number}"),
            DncRow::Addition { line, number } => format!("{line} +{number}"),
            DncRow::Removal { line, number } => format!("{line} -{number}"),
            DncRow::Reject(reject) => panic!("{reject}"),
        })
        .collect();
    assert_eq!(
        found,
        [
            "2 +12125550100",
            "4 +442079460001",
            "5 +12125550101",
            "6 ++13055550102",
            "7 -+13055550103"
        ]
    );
}

#[test]
fn one_broken_byte_leaves_the_other_names_as_they_are() {
    let (file, contacts, _) = rows(include_bytes!(
        "../../tests/cases/lists/one-broken-byte.csv"
    ));
    let names: Vec<&str> = contacts
        .iter()
        .map(|contact| contact.name.as_str())
        .collect();
    assert_eq!(names, ["José", "Mar\u{fffd}a", "Núñez"]);
    assert_eq!(file.warnings().len(), 1);
    assert!(
        file.warnings()[0].starts_with("line 3: "),
        "{:?}",
        file.warnings()
    );
}

/// Returns the numbers of a do-not-call list, and its rejects as text.
fn listed(text: &str) -> (Vec<String>, Vec<String>) {
    let file = DncFile::check(origin(text.as_bytes()), Rules::embedded(), Some("US")).unwrap();
    let (mut numbers, mut rejects) = (Vec::new(), Vec::new());
    for row in file.read(Rules::embedded()).unwrap() {
        match row.unwrap() {
            DncRow::Number { number, .. }
            | DncRow::Addition { number, .. }
            | DncRow::Removal { number, .. } => {
                numbers.push(number.to_string());
            }
            DncRow::Reject(reject) => rejects.push(reject.to_string()),
        }
    }
    (numbers, rejects)
}

#[test]
fn a_do_not_call_list_is_read_in_the_country_that_it_states() {
    for text in [
        "Country Code,Phone\n44,2079460143\n1,2125550142\n",
        "Phone,Country\n2079460143,GB\n2125550142,United States\n",
        "Phone;Mobile;Phone Country\n2079460143;;UK\n;2125550142;USA\n",
    ] {
        let (numbers, rejects) = listed(text);
        assert_eq!(numbers, ["+442079460143", "+12125550142"], "{text}");
        assert!(rejects.is_empty(), "{rejects:?}");
    }
    let (numbers, rejects) = listed("Phone,Country\n2079460143,Freedonia\n2125550142,US\n");
    assert_eq!(numbers, ["+12125550142"]);
    assert!(rejects[0].contains("Freedonia"), "{rejects:?}");
}

#[test]
fn what_hides_numbers_of_a_do_not_call_list_is_a_reject() {
    for text in [
        "2125550142\n########\n2135550143\n",
        "Phone,Name\n2125550142,A\n########,B\n2135550143,C\n",
        "2125550142\n212-555-0150 thru 313-555-0159\n2135550143\n",
        "Name,Phone\n\"Al,3125550144\nBo\",2135550143\nCy,2125550142\nDi,4155550145\n",
    ] {
        assert_eq!(listed(text).1.len(), 1, "{text}");
    }
    for text in [
        "\"212\",\"5550142\"\n\"213\",\"5550143\"\n",
        "212;5550142\n213;5550143\n",
    ] {
        let (numbers, rejects) = listed(text);
        assert_eq!(numbers, ["+12125550142", "+12135550143"], "{rejects:?}");
    }
}

#[test]
fn what_a_row_says_by_the_way_is_not_lost() {
    let reason = |text: &str| {
        let (_, contacts, rejects) = rows(text.as_bytes());
        assert_eq!(contacts.len() + rejects.len(), 1, "{text}");
        rejects.first().map(ToString::to_string)
    };
    for (text, said) in [
        ("Phone,Status\n2125550142,DNC\n", "may say"),
        (
            "Phone,Notes\n2125550142,please don't call again\n",
            "may say",
        ),
        ("Phone,Name\n2125550142,DO NOT CALL - Ana\n", "may say"),
        (
            "Phone,Zip\n2125550142,09012\n",
            "not a postal code with a place",
        ),
        ("Phone,Zip\n2125550142,Z1A 0B1\n", "not a postal code"),
        (
            "Name,Phone\n\"Al,2125550142\nBo\",2135550143\n",
            "quotation mark",
        ),
    ] {
        let told = reason(text).unwrap_or_default();
        assert!(told.contains(said), "{text}: {told}");
    }
    for text in [
        "Phone,Email Opt Out\n2125550142,Opted out\n",
        "Phone,Company\n2125550142,Delaware Parks & Resorts\n",
        "Customer Number,Phone\n3125550144,2125550142\n",
    ] {
        assert_eq!(reason(text), None, "{text}");
    }
    let regions = |text: &str| {
        rows(text.as_bytes()).1[0]
            .class
            .clone()
            .unwrap()
            .regions
            .clone()
    };
    for (text, column, value) in [
        (
            "Phone,State,Other State\n2125550142,,Mars\n",
            "Other State",
            "Mars",
        ),
        ("Phone,Zip,Other Zip\n2125550142,,5\n", "Other Zip", "5"),
        ("Phone,Zip,Other Zip\n2125550142,4,5\n", "Zip", "4"),
    ] {
        let (_, _, rejects) = rows(text.as_bytes());
        let found = (rejects[0].column.as_str(), rejects[0].value.as_str());
        assert_eq!(found, (column, value), "{text}");
    }
    for text in [
        "Phone,State,Province\n2125550142,,ON\n",
        "Phone,Mailing State,Other State\n2125550142,,ON\n",
    ] {
        assert!(regions(text).contains(&"CA-ON".to_owned()), "{text}");
    }
}

#[test]
fn a_source_of_consent_may_say_that_it_was_withdrawn() {
    let head = "number,consent,consent_source,consent_at\n";
    let row = |source: &str| format!("{head}2125550142,express,{source},2026-02-01\n");
    let (_, contacts, rejects) = rows(row("consent withdrawn by phone").as_bytes());
    assert_eq!((contacts.len(), rejects.len()), (0, 1));
    assert_eq!(rejects[0].column, "consent_source");
    // Without the column the consent would have no source.
    assert!(
        rejects[0].hint.ends_with("and correct the cell"),
        "{rejects:?}"
    );
    let (_, contacts, rejects) = rows(row("web form 3").as_bytes());
    assert_eq!((contacts.len(), rejects.len()), (1, 0));
    let (_, _, rejects) = rows(b"number,Status\n2125550142,DNC\n");
    assert!(
        rejects[0].hint.ends_with("--map \"Status=variable\""),
        "{rejects:?}"
    );
}

#[test]
fn a_semicolon_in_a_cell_does_not_cut_the_reason() {
    let (_, _, rejects) = rows(b"number,area_code\n5550142,a; b\n");
    assert_eq!(rejects[0].reason, "`a; b` is not an area code");
    assert_eq!(rejects[0].hint, "write its three digits");
}

#[test]
fn consent_ends_when_the_list_says_so() {
    let head = "number,consent,consent_source,consent_at,Consent Valid Until,expires_at\n";
    let row = |rest: &str| format!("{head}2125550142,express_written,form 3,2026-02-01,{rest}\n");
    for (rest, expected) in [
        ("2026-11-01,", Some("2026-11-01T00:00:00.000Z")),
        ("2026-11-01,2026-12-24", Some("2026-11-01T00:00:00.000Z")),
        ("2026-12-24,2026-11-01", Some("2026-11-01T00:00:00.000Z")),
        (",", None),
    ] {
        let (_, contacts, rejects) = rows(row(rest).as_bytes());
        assert!(rejects.is_empty(), "{rejects:?}");
        let ends = contacts[0].expires_at.map(|at| at.to_string());
        assert_eq!(ends.as_deref(), expected, "{rest}");
    }
    for rest in ["12/01/2026,", "soon,", "12 months,"] {
        let (_, contacts, rejects) = rows(row(rest).as_bytes());
        assert!(contacts.is_empty(), "{rest}");
        assert_eq!(rejects[0].column, "Consent Valid Until", "{rest}");
    }
}

/// What an import made of a list with one column beside the number, and one value in it.
#[derive(Debug, PartialEq)]
enum Made {
    Suppresses,
    Asks,
    Variable,
    Taken,
}

fn made_of(column: &str, value: &str) -> Made {
    let mut list = csv::Writer::from_writer(Vec::new());
    list.write_record(["Phone", column]).unwrap();
    list.write_record(["+12125550142", value]).unwrap();
    list.write_record(["+12125550143", ""]).unwrap();
    let list = list.into_inner().unwrap();
    let file = match ContactFile::check_mapped(origin(&list), &[], Some("US")) {
        Ok(file) => file,
        Err(error) => {
            let option = format!("--map \"{column}=");
            let text = error.to_string();
            assert!(error.hint().contains(&option), "{text}");
            assert!(text.contains(&format!("`{value}` in 1 row")), "{text}");
            return Made::Asks;
        }
    };
    let mut reader = file.read(Rules::embedded(), &reading(Some("US"))).unwrap();
    let first = reader.next().unwrap().unwrap();
    if let Row::Reject(reject) = first {
        assert_eq!(reject.column, column, "{reject}");
        return Made::Asks;
    }
    if !reader.not_to_be_called().is_empty() {
        return Made::Suppresses;
    }
    let used = file.columns(&[]);
    match used[1].taken_for {
        Taken::Variable => Made::Variable,
        Taken::Field | Taken::Ignored => Made::Taken,
    }
}

/// Columns of exports of Salesforce, `HubSpot`, Dynamics 365, Zoho, Pipedrive, `SugarCRM`, Mailchimp and of
/// European programs.
#[test]
fn columns_about_calls_suppress_or_ask() {
    let table = include_str!("../../tests/cases/lists/crm-columns.csv");
    let mut rows = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(table.as_bytes());
    let (mut count, mut wrong) = (0, Vec::new());
    for row in rows.records() {
        let row = row.unwrap();
        let made = made_of(&row[1], &row[2]);
        let said = format!("{made:?}").to_lowercase();
        if said != row[3] {
            wrong.push(format!(
                "{} = {}: {said}, not {}",
                &row[1], &row[2], &row[3]
            ));
        }
        count += 1;
    }
    assert!(count >= 80);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_open_columns_are_named_with_their_values() {
    let list = b"Phone,GDPR,Market,Plan\n+12125550142,No,GB,no\n+12125550143,No,US,no\n+12125550144,Yes,,yes\n";
    let open = |maps: &[&str]| {
        let maps: Vec<ColumnMap> = maps.iter().map(|map| map.parse().unwrap()).collect();
        let file = ContactFile::check_mapped(origin(list), &maps, Some("US"));
        file.map(|file| file.rows())
            .map_err(|error| error.to_string())
    };
    let text = open(&[]).unwrap_err();
    assert!(text.contains("`No` in 2 rows, `Yes` in 1 row"), "{text}");
    assert!(text.contains("open for `Market`"), "{text}");
    assert!(!text.contains("Plan"), "{text}");
    let text = open(&["GDPR=calls_allowed"]).unwrap_err();
    assert!(
        text.contains("list.csv:1: Market: may be the country"),
        "{text}"
    );
    assert_eq!(open(&["GDPR=variable", "Market=country"]), Ok(3));
    assert_eq!(open(&["GDPR=ignore", "Market=ignore"]), Ok(3));
}

//! Tests of data that must not be lost.

use std::fs;

use serde_json::Value;

use crate::cli::list_cases::{empty, table};
use crate::cli::scratch::{Said, Scratch};

fn stop(scratch: &Scratch, text: &str, more: &[&str]) -> Said {
    let list = scratch.text("stop.csv");
    fs::write(&list, text).unwrap();
    scratch.run(&[&["dnc", "import", &list][..], more].concat())
}

fn listed(scratch: &Scratch, number: &str) -> bool {
    let said = scratch.run(&["dnc", "check", number]).exits(0);
    !said.out.contains("on no list")
}

#[test]
fn a_number_behind_a_mark_is_on_the_list() {
    for line in [
        "#2125550142",
        "# 2125550142",
        "##2125550142",
        "#\t(212) 555-0142",
        "# +1 212 555 0142 Ana, asked on 2026-11-02",
        "#2125550142,Ana",
        "#12,Ana,2125550142",
        "Ana #2125550142",
        "+13125550177 #2125550142",
        "//2125550142",
        "// 212-555-0142",
        ";2125550142",
        "; 2125550142",
        ";Ana;2125550142",
        "-- 212-555-0142",
    ] {
        let scratch = empty();
        let said = stop(&scratch, &format!("{line}\n+13125550178\n"), &[]);
        assert_eq!(said.code, 0, "{line}: {}{}", said.out, said.err);
        assert!(listed(&scratch, "+12125550142"), "{line}: {}", said.out);
        assert!(listed(&scratch, "+13125550178"), "{line}");
    }
}

#[test]
fn what_may_be_a_number_behind_a_mark_is_rejected_by_name() {
    for line in [
        "# Ana 2125550142",
        "# call 212-555-0142 tomorrow",
        "#5550142",
        "#212,5550142",
        "+13125550177 # and 2125550142 too",
        "// Ana 2125550142",
        "// 5550142",
        "; Ana 2125550142",
    ] {
        let scratch = empty();
        let said = stop(
            &scratch,
            &format!("+13125550178\n+13125550179\n{line}\n"),
            &[],
        );
        let said = said.exits(1).says("line 3: ");
        let said = said.complains("nothing was changed");
        assert!(said.out.contains("555"), "{line}: {}", said.out);
        assert!(!listed(&scratch, "+13125550178"), "{line}");
    }
    // Words, dates and counts are comments, and are counted.
    let text = "# as of 2026-11-01\n# exported 2026-11-01T12:34:56Z, 2981378 rows\n+13125550178 # form 7\n";
    let said = stop(&empty(), text, &["--json"]).exits(0).json();
    assert_eq!(
        (&said["comments"], &said["import"]["taken"]),
        (&Value::from(2), &Value::from(1))
    );
}

#[test]
fn a_table_hides_no_number_behind_a_mark() {
    let scratch = empty();
    // In the column of numbers, above the header, and where another column is first.
    let text = "Phone,Name\n#2125550142,Ana\n3125550178,Ben\n";
    stop(&scratch, text, &[]).exits(0).says("2 taken");
    assert!(listed(&scratch, "+12125550142"));
    for text in [
        "#2125550143\nPhone,Name\n3125550178,Ben\n3125550179,Cas\n",
        "Name,Phone\n#2125550143,\nBen,3125550178\nCas,3125550179\n",
        "Name,Phone\nBen,3125550178\n# see 2125550143,\nCas,3125550179\n",
    ] {
        let said = stop(&scratch, text, &[]).exits(1).says("2125550143");
        said.complains("1 of 3 rows cannot be read; nothing was changed");
        assert!(!listed(&scratch, "+13125550179"), "{text}");
    }
    let text = "# of 2026-12-01\nName,Phone\n# page 2\nBen,3125550178\n";
    let said = stop(&scratch, text, &["--json"]).exits(0).json();
    assert_eq!(said["comments"], 2);
}

#[test]
fn a_contact_list_hides_no_row_behind_a_mark() {
    let scratch = empty();
    let list = scratch.text("marked.csv");
    let rows = "#3055550142,Zoe,,\nName,Phone,Mobile,Do Not Call\n# page 2,,,\n#12,,2125550142,yes\n#2125550143,,,\n#Ana,3125550178,,\n";
    fs::write(&list, rows).unwrap();
    let rejects = scratch.text("rejects.csv");
    let args = [
        "contacts",
        "import",
        "recall",
        &list,
        "--rejects",
        &rejects,
        "--json",
    ];
    let said = scratch.run(&args).exits(0).json();
    let figures = ["rows", "taken", "rejected", "comments"].map(|key| said[key].as_u64().unwrap());
    assert_eq!(figures, [4, 1, 3, 1], "{said}");
    assert!(listed(&scratch, "+12125550142"), "the wish is not lost");
    let reasons = said["first_rejects"].to_string();
    assert!(
        reasons.contains("line 1: `#3055550142` begins with #"),
        "{reasons}"
    );
}

/// Columns about circumstances in which a person, or the number's present owner, must not be called.
const CIRCUMSTANCES: [&str; 23] = [
    "Deceased",
    "Deceased?",
    "Is Deceased",
    "Deceased Flag",
    "Wrong Number",
    "Wrong Party",
    "wrong_phone",
    "Bad Phone Number",
    "Disconnected Number",
    "Attorney represented",
    "AttorneyRepresented__c",
    "Represented by Counsel",
    "Cease and desist",
    "Cease & Desist",
    "Cease Communications",
    "C&D",
    "Bankruptcy",
    "Bankrupt",
    "Chapter 13",
    "Litigator",
    "Known Litigator",
    "TCPA Litigation",
    "Lawsuit",
];

/// Returns what an import of these rows reports.
fn imported(scratch: &Scratch, rows: &str) -> Value {
    let list = scratch.text("crm.csv");
    fs::write(&list, rows).unwrap();
    let rejects = scratch.text("rejects.csv");
    let import = ["contacts", "import", "recall", &list];
    let how = ["--rejects", &rejects, "--json"];
    scratch.run(&[&import[..], &how].concat()).exits(0).json()
}

#[test]
fn circumstance_columns_suppress() {
    for name in CIRCUMSTANCES {
        let scratch = empty();
        let rows = "2125550142,Yes\n2125550143,No\n2125550144,\n2125550145,see file\n";
        let said = imported(&scratch, &format!("Phone,{name}\n{rows}"));
        assert_eq!(table(&said)[1], format!("{name}: do_not_call, 2"), "{said}");
        let counts = ["taken", "not_to_be_called"].map(|key| said[key].as_u64().unwrap());
        assert_eq!(counts, [3, 2], "{said}");
        let reason = said["first_rejects"][0].as_str().unwrap();
        assert!(
            reason.contains("--map") && reason.contains("see file"),
            "{reason}"
        );
        scratch
            .run(&["dnc", "check", "+12125550142"])
            .exits(0)
            .says("internal")
            .says(&format!("crm.csv line 2: {name}"));
        assert!(!listed(&scratch, "+12125550143"), "{name}");
    }
}

#[test]
fn a_date_counts_and_what_may_count_is_rejected_and_held() {
    for (name, value, rejected) in [
        ("Date of Death", "2026-05-04", 0),
        ("Deceased Date", "2026-05-04", 0),
        ("Bankruptcy Filed On", "2026-05-04", 0),
        ("Attorney Name", "Jane Roe", 1),
        ("Status", "Deceased", 1),
        ("Status", "Wrong number", 1),
        ("Disposition", "Cease and desist", 1),
    ] {
        let scratch = empty();
        let said = imported(
            &scratch,
            &format!("Phone,{name}\n2125550142,{value}\n2125550143,\n"),
        );
        assert!(listed(&scratch, "+12125550142"), "{name}: {said}");
        assert_eq!(said["rejected"], rejected, "{name}: {said}");
    }
    let scratch = empty();
    let list = scratch.text("crm.csv");
    fs::write(&list, "Phone,Disputed\n2125550142,yes\n").unwrap();
    scratch
        .run(&["contacts", "import", "recall", &list])
        .exits(1)
        .complains("--map \"Disputed=do_not_call\"");
}

#[test]
fn consent_without_its_kind_is_named_as_not_used() {
    let scratch = empty();
    let list = scratch.text("crm.csv");
    let rejects = scratch.text("rejects.csv");
    let args = ["contacts", "import", "recall", &list, "--rejects", &rejects];
    let unused =
        "with a date or source of consent and no kind: not used as consent; add a column `consent`";
    let rows = "Phone,Consent Date,consent_source\n2125550142,2026-05-04,form 7\n2125550143,,form 8\n2125550144,,\n";
    fs::write(&list, rows).unwrap();
    let dry = [&args[..], &["--dry-run", "--json"]].concat();
    assert_eq!(scratch.run(&dry).exits(0).json()["consent_unused"], 2);
    let said = scratch.run(&args).exits(0);
    let said = said
        .says(&format!("2 rows {unused}"))
        .says("express_written");
    drop(said);
    // If the row states a kind, or nothing about consent, there is no warning.
    let rows = "Phone,Consent,Consent Date,consent_source\n2125550145,express,2026-05-04,form 7\n2125550146,none,2026-05-04,\n2125550147,,,\n2125550148,,2026-05-04,\n";
    fs::write(&list, rows).unwrap();
    scratch.run(&args).exits(0).says(&format!("1 row {unused}"));
}

#[test]
fn a_missing_file_is_answered_with_the_closest_name() {
    let scratch = empty();
    fs::write(scratch.path("stop-list.txt"), "+12125550142\n").unwrap();
    for (args, near) in [
        (
            ["contacts", "import", "recall", "contact.csv"],
            "contacts.csv?",
        ),
        (
            ["dnc", "import", "--list=internal", "stoplist.txt"],
            "stop-list.txt?",
        ),
        (
            ["campaign", "add", "--no-contacts", "recal.toml"],
            "recall.toml?",
        ),
        (
            ["campaign", "add", "--no-contacts", "none/recall.toml"],
            "there is no folder",
        ),
    ] {
        let path = scratch.text(args[3]);
        let said = scratch.run(&[args[0], args[1], args[2], &path]).exits(2);
        said.complains(near);
    }
    scratch
        .run(&["check", &scratch.text("recal.toml")])
        .exits(2)
        .complains("recall.toml?");
    // The list that a campaign file names gets this warning too.
    let text = fs::read_to_string(scratch.path("recall.toml")).unwrap();
    let text = text
        .replace("contacts.csv", "contatcs.csv")
        .replace("\"recall\"", "\"other\"");
    fs::write(scratch.path("other.toml"), text).unwrap();
    for verb in [&["check"][..], &["campaign", "add"]] {
        let file = scratch.text("other.toml");
        let said = scratch.run(&[verb, &[file.as_str()]].concat()).exits(2);
        said.complains("contacts.csv?");
    }
}

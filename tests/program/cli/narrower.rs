//! Tests of imports that repeat a contact and state less than is on record, and of cells beside the number.

use std::fs;

use crate::cli::list_cases::empty;
use crate::cli::scratch::{Said, Scratch};

const HEAD: &str = "number,name,consent,consent_source,consent_at";
const CONSENT: &str = "express,form 7,2026-05-04";

fn import(scratch: &Scratch, rows: &str, more: &[&str]) -> Said {
    let list = scratch.text("list.csv");
    fs::write(&list, rows).unwrap();
    let rejects = scratch.text("rejects.csv");
    fs::remove_file(&rejects).ok();
    let args = ["contacts", "import", "recall", &list, "--rejects", &rejects];
    scratch.run(&[&args[..], more].concat())
}

fn state(scratch: &Scratch, number: &str) -> String {
    let said = scratch.run(&["why", number, "--json"]).json();
    said["contacts"][0]["state"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_repeated_row_that_states_less_is_not_ignored() {
    let first = format!("{HEAD}\n2125550142,Ana,{CONSENT}\n");
    for (again, state_after, warning) in [
        (
            "number,consent\n2125550142,none\n",
            "suppressed",
            "there is no consent",
        ),
        (
            "number,expires_at\n2125550142,2026-01-01\n",
            "suppressed",
            "no calls from 2026-01-01",
        ),
        (
            "number,Consent Expiration\n2125550142,2026-01-01\n",
            "suppressed",
            "earlier than on record",
        ),
        (
            "number,expires_at\n2125550142,2099-01-01\n",
            "ready",
            "this is not taken",
        ),
    ] {
        let scratch = empty();
        import(&scratch, &first, &[]).exits(0);
        import(&scratch, again, &["--dry-run"])
            .exits(0)
            .says(warning);
        assert_eq!(state(&scratch, "+12125550142"), "ready", "{again}");
        import(&scratch, again, &[])
            .exits(0)
            .says("warning: line 2: ")
            .says(warning);
        assert_eq!(state(&scratch, "+12125550142"), state_after, "{again}");
        if state_after == "suppressed" {
            let said = scratch.run(&["dnc", "check", "+12125550142"]).exits(0);
            said.says("campaign:recall");
        }
    }
    // The same again, a later end, and an empty cell state no less.
    for again in [
        first.as_str(),
        "number,consent\n2125550142,\n",
        "number,consent,consent_source,consent_at\n2125550142,express_written,form 9,2026-06-01\n",
    ] {
        let scratch = empty();
        import(&scratch, &first, &[]).exits(0);
        let said = import(&scratch, again, &[]).exits(0);
        assert!(!said.out.contains("warning"), "{again}: {}", said.out);
        assert_eq!(state(&scratch, "+12125550142"), "ready", "{again}");
    }
}

#[test]
fn a_number_without_a_telephone_or_with_an_extension_is_rejected() {
    for (rows, column) in [
        ("Phone,Phone Type\n2125550142,Fax\n", "Phone Type"),
        ("Phone,Line Type\n2125550142,Pager\n", "Line Type"),
        (
            "Name,Phone 1 - Label,Phone 1 - Value\nAna,Work Fax,2125550142\n",
            "Phone 1 - Label",
        ),
        ("Phone,Ext,Name\n2125550142,123,Ana\n", "Ext"),
    ] {
        let scratch = empty();
        let said = import(&scratch, rows, &[]).exits(1);
        said.says(column).says("0 taken");
        let map = format!("{column}=variable");
        import(&scratch, rows, &["--map", &map])
            .exits(0)
            .says("1 taken");
    }
    let scratch = empty();
    let rows =
        "Phone,Phone Type,Ext,Phone 2 - Label\n2125550142,Mobile,,Home Fax\n2125550143,Home,0,\n";
    import(&scratch, rows, &[]).exits(0).says("2 taken");
}

#[test]
fn what_a_database_writes_for_no_date_is_none() {
    let scratch = empty();
    let rows = "number,Opt Out Date,expires_at\n2125550142,0000-00-00,NULL\n2125550143,NULL,\\N\n2125550144,\\N,0000-00-00 00:00:00\n";
    let said = import(&scratch, rows, &["--json"]).exits(0).json();
    assert_eq!(
        (said["taken"].as_u64(), said["not_to_be_called"].as_u64()),
        (Some(3), Some(0)),
        "{said}"
    );
}

#[test]
fn an_encoding_that_is_assumed_is_named() {
    let scratch = empty();
    let list = scratch.text("latin.csv");
    fs::write(&list, b"number,name\n2125550142,Ana\n3125550177,Jos\xe9\n").unwrap();
    let args = ["contacts", "import", "recall", &list];
    let said = scratch.run(&args).exits(0);
    said.says("line 3: holds a byte that is not UTF-8");
}

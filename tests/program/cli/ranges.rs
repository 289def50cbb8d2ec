//! Tests of ranges of numbers in do-not-call lists: all of a range's numbers are on the list, or the file is
//! refused.

use std::fs;

use crate::cli::list_cases::empty;
use crate::cli::scratch::{Said, Scratch};

fn stop(scratch: &Scratch, text: &str, more: &[&str]) -> Said {
    let list = scratch.text("stop.csv");
    fs::write(&list, text).unwrap();
    let rejects = scratch.text("rejects.csv");
    fs::remove_file(&rejects).ok();
    let args = ["dnc", "import", &list, "--rejects", &rejects];
    scratch.run(&[&args[..], more].concat())
}

#[test]
fn every_number_of_a_range_is_on_the_list() {
    for text in [
        "212-555-0100 - 212-555-0199\n",
        "2125550100..2125550199\n3125550177\n",
        "212-555-0100-0199\n",
        "212-555-01XX\n",
        "Ana,2125550100 - 2125550199\n",
        "Number Range\n2125550100 - 2125550199\n",
        "Name,Lines\nAcme,2125550100 thru 2125550199\n",
        "From,To\n2125550100,2125550199\n",
        "Start Number,End Number\n2125550100,2125550199\n",
        "Phone,To\n2125550100,0199\n",
        "Phone\n\"2125550100 through\n2125550199\"\n",
        "# 2125550100 - 2125550199\n3125550177\n",
    ] {
        let scratch = empty();
        let said = stop(&scratch, text, &[]);
        assert_eq!(said.code, 0, "{text}: {}{}", said.out, said.err);
        for number in ["+12125550100", "+12125550150", "+12125550199"] {
            let said = scratch.run(&["dnc", "check", number]).exits(0);
            assert!(said.out.contains("internal"), "{text}: {number}");
        }
        let said = scratch.run(&["dnc", "check", "+12125550200"]).exits(0);
        assert!(said.out.contains("on no list"), "{text}");
    }
}

#[test]
fn a_range_that_is_not_certain_changes_nothing() {
    for (text, line, hint) in [
        (
            "3125550177\n2125550142 - 3125550177\n",
            "line 2: ",
            "212-555-0100 - 212-555-0199",
        ),
        (
            "3125550177\n4155550123\n212*\n",
            "line 3: ",
            "shorter ranges",
        ),
        (
            "Phone\n3125550177\n2125550110 (all numbers of this exchange)\n",
            "line 3: ",
            "one a line",
        ),
        (
            "From,To\n3125550170,3125550177\n3125550180,4155550123\n",
            "line 3: From: ",
            "--map",
        ),
        (
            "From,To\n3125550170,3125550177\n,4155550123\n",
            "line 3: To: ",
            "one a line",
        ),
    ] {
        let scratch = empty();
        let said = stop(&scratch, text, &[]).exits(1);
        let said = said.says(line).says(hint);
        said.complains("nothing was changed");
        let said = scratch.run(&["dnc", "check", "+13125550177"]).exits(0);
        assert!(said.out.contains("on no list"), "{text}");
    }
    let scratch = empty();
    let count = "Phone,Count\n2125550110,90\n";
    let said = stop(&scratch, count, &[]).exits(1);
    said.complains("--map \"Count=ignore\"");
    stop(&scratch, count, &["--map", "Count=ignore"])
        .exits(0)
        .says("1 taken");
    // Two columns of single numbers, as the user says.
    let apart = "From,To\n2125550110,3125550177\n";
    let maps = ["--map", "From=number", "--map", "To=number"];
    stop(&scratch, apart, &maps)
        .exits(0)
        .says("1 taken, 1 on the list already");
}

/// A registry's list has no ranges.
#[test]
fn a_registrys_list_has_none() {
    let scratch = empty();
    for text in ["2125550100-0199\n", "Phone\n2125550100 - 2125550199\n"] {
        let how = ["--list", "national:us", "--as-of", "2026-11-20"];
        stop(&scratch, text, &how).exits(1);
    }
}

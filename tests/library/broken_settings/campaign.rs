//! Keys and tables of a campaign file, and what in it does not fit its deck.

use dialdeck::config::{ConfigErrors, DeckConfig, read_campaign};

use crate::broken_settings::{Expected, only, replaced, with};

#[test]
fn campaign_keys() {
    let cases: [(String, Expected); 13] = [
        (
            replaced("name = \"reminders\"\n", ""),
            (1, 1, "name", "is missing", "unique within the deck"),
        ),
        (
            replaced("reminders", "spring sale!"),
            (
                1,
                8,
                "name",
                "`spring sale!` cannot be a name",
                "letters, digits",
            ),
        ),
        (
            replaced("\"Harbor\"", "\"  \""),
            (2, 10, "seller", "is empty", "write something"),
        ),
        (
            replaced("\"Harbor\"", "7"),
            (2, 10, "seller", "is a whole number", "text in quotes"),
        ),
        (
            replaced("\"reminder\"", "\"robocall\""),
            (
                3,
                11,
                "purpose",
                "`robocall` is not known",
                "sales, reminder, survey, debt or information",
            ),
        ),
        (
            replaced("\"live\"", "\"debt\""),
            (
                4,
                14,
                "call_class",
                "does not fit the purpose",
                "12 CFR 1006",
            ),
        ),
        (
            replaced("agent = \"human\"\n", ""),
            (1, 1, "agent", "is missing", "human or automated"),
        ),
        (
            replaced("agent =", "pci = \"yes\"\nagent ="),
            (5, 7, "pci", "is text", "true or false"),
        ),
        (
            replaced("agent =", "agnet = 1\nagent ="),
            (5, 1, "agnet", "is not a key", "did you mean `agent`?"),
        ),
        (replaced("seller = ", "seller "), (2, 8, "", "", "toml.io")),
        (
            replaced("seller = ", "name = "),
            (2, 1, "", "duplicate key", "toml.io"),
        ),
        (
            replaced("pool = \"local\"\n", ""),
            (7, 1, "caller_id.pool", "is missing", "or list `numbers`"),
        ),
        (
            with("numbers = [\"212-555-0100\"]\npoool = 1\n")
                .replace("pool = \"local\"\n", "")
                .replace("poool = 1\n", ""),
            (
                8,
                12,
                "caller_id.numbers[1]",
                "`212-555-0100` is not an E.164 number",
                "with its plus",
            ),
        ),
    ];
    for (text, expected) in cases {
        only(read_campaign("in.toml", &text).map(|_| ()), &text, expected);
    }
}

#[test]
fn campaign_tables() {
    let cases: [(&str, Expected); 20] = [
        (
            "[pacing]\ncalls_per_minute = 0",
            (
                10,
                20,
                "pacing.calls_per_minute",
                "0 is too small",
                "use 1 to 6000",
            ),
        ),
        (
            "[pacing]\ncalls_per_minute = -3",
            (
                10,
                20,
                "pacing.calls_per_minute",
                "-3 is too small",
                "use 1 to 6000",
            ),
        ),
        (
            "[pacing]\nmax_concurrent = 10001",
            (
                10,
                18,
                "pacing.max_concurrent",
                "10001 is too large",
                "use 1 to 10000",
            ),
        ),
        (
            "[pacing]\nweight = 1.5",
            (10, 10, "pacing.weight", "is a fraction", "a whole number"),
        ),
        (
            "[pacing]\ncalls_per_minut = 5",
            (
                10,
                1,
                "pacing.calls_per_minut",
                "is not a key",
                "did you mean `calls_per_minute`?",
            ),
        ),
        (
            "[attempts]\nmax = 21",
            (10, 7, "attempts.max", "21 is too large", "use 1 to 20"),
        ),
        (
            "[attempts]\nmin_gap = 30",
            (
                10,
                11,
                "attempts.min_gap",
                "is a whole number",
                "such as \"30m\"",
            ),
        ),
        (
            "[attempts]\nmin_gap = \"half an hour\"",
            (10, 11, "attempts.min_gap", "is not a span of time", "30m"),
        ),
        (
            "[attempts]\nbusi = { after = \"1h\" }",
            (
                10,
                1,
                "attempts.busi",
                "nor an outcome",
                "did you mean `busy`?",
            ),
        ),
        (
            "[attempts]\nbusy = {}",
            (10, 1, "attempts.busy.after", "is missing", "after = \"2h\""),
        ),
        (
            "[attempts.unknown]\nafter = \"1h\"",
            (
                9,
                11,
                "attempts.unknown.action",
                "never redialed on a guess",
                "leave this outcome out",
            ),
        ),
        (
            "[schedule]\nopen = \"20:00\"\nclose = \"09:00\"",
            (
                11,
                9,
                "schedule.close",
                "the window 20:00 to 09:00 is empty",
                "later than `open`",
            ),
        ),
        (
            "[schedule]\nopen = \"9am\"",
            (
                10,
                8,
                "schedule.open",
                "`9am` is not a time of day",
                "write it as 09:00",
            ),
        ),
        (
            "[schedule]\ndays = \"Mon-Fry\"",
            (10, 8, "schedule.days", "`Fry` is not a weekday", "Mon, Tue"),
        ),
        (
            "[schedule]\nstart = 2026-12-07T15:30:00",
            (
                10,
                9,
                "schedule.start",
                "offset from UTC",
                "2026-12-07T15:30:00Z",
            ),
        ),
        (
            "[schedule]\nstart = 2026-12-07T15:30:00Z\nexpires = 2026-12-07T15:30:00Z",
            (
                11,
                11,
                "schedule.expires",
                "is not after the start",
                "later than `start`",
            ),
        ),
        (
            "[consent]\nrequired = \"verbal\"",
            (
                10,
                12,
                "consent.required",
                "`verbal` is not known",
                "express_written",
            ),
        ),
        (
            "[abandonment]\nlimit = 4",
            (10, 9, "abandonment.limit", "4 is too large", "use 0 to 3"),
        ),
        (
            "[results]\nurl = \"ftp://example.test/in\"",
            (
                10,
                7,
                "results.url",
                "is neither https nor on this machine",
                "https://",
            ),
        ),
        (
            "[[rule_override]]\nrule = \"us-fl\"\nreason = \"\"",
            (
                11,
                10,
                "rule_override[1].reason",
                "is empty",
                "write something",
            ),
        ),
    ];
    for (more, expected) in cases {
        let text = with(more);
        only(read_campaign("in.toml", &text).map(|_| ()), &text, expected);
    }
}

#[test]
fn lists_of_a_campaign() {
    for (list, message, hint) in [
        ("nationl:us", "is not a list", "national:us"),
        (
            "national:usa",
            "there is no registry `national:usa`",
            "use national:us",
        ),
        (
            "national:uk",
            "there is no registry `national:uk`",
            "use national:gb",
        ),
        (
            "national:xx",
            "there is no registry `national:xx`",
            "national:us",
        ),
        (
            "state:tx",
            "there is no registry `state:tx`",
            "use state:us-tx",
        ),
        (
            "state:us-zz",
            "there is no registry `state:us-zz`",
            "state:us-co",
        ),
        (
            "campaign:other",
            "another campaign's list",
            "`campaign:reminders`",
        ),
    ] {
        let text = with(&format!(
            "[suppression]\nlists = [\"internal\", \"{list}\"]"
        ));
        let found = read_campaign("in.toml", &text).map(|_| ());
        only(
            found,
            &text,
            (10, 22, "suppression.lists[2]", message, hint),
        );
    }
}

#[test]
fn a_campaign_that_does_not_fit_its_deck() {
    let cases: [(String, Expected); 5] = [
        (
            replaced("\"simulator\"", "\"simulatr\""),
            (
                6,
                1,
                "trunk",
                "there is no trunk `simulatr`",
                "did you mean `simulator`?",
            ),
        ),
        (
            replaced("\"local\"", "\"locl\""),
            (
                8,
                1,
                "caller_id.pool",
                "there is no pool `locl`",
                "did you mean `local`?",
            ),
        ),
        (
            replaced(
                "pool = \"local\"",
                "numbers = [\"+12125550100\", \"+12125550177\"]",
            ),
            (
                8,
                1,
                "caller_id.numbers[2]",
                "+12125550177 may not be shown",
                "add it to a pool",
            ),
        ),
        (
            replaced("agent =", "pci = true\nagent ="),
            (5, 1, "pci", "does not offer PCI", "pci = true on the trunk"),
        ),
        (
            with("[pacing]\ncalls_per_minute = 100"),
            (10, 1, "pacing.calls_per_minute", "", ""),
        ),
    ];
    let deck = DeckConfig::embedded();
    for (text, expected) in cases {
        let campaign = read_campaign("in.toml", &text).unwrap();
        match campaign.check_against(&deck) {
            Err(faults) => match &faults.0[..] {
                // An unknown trunk owns no number either.
                [first, second] if first.key == "trunk" => {
                    assert_eq!(second.key, "caller_id.pool");
                    only(Err(ConfigErrors(vec![first.clone()])), &text, expected);
                }
                _ => only(Err(faults), &text, expected),
            },
            Ok(advice) => only(Err(ConfigErrors(advice)), &text, expected),
        }
    }
}

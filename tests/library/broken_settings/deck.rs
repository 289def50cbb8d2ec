//! Keys and tables of a deck file.

use dialdeck::config::read_deck;

use crate::broken_settings::{Expected, only};

const TRUNK: &str = "[[trunk]]\nname = \"t\"\nkind = \"simulator\"\n";

#[test]
fn deck_files() {
    let cases: [(&str, Expected); 17] = [
        (
            "max_concurrent = 5",
            (1, 1, "trunk", "is missing", "[[trunk]]"),
        ),
        (
            "[[trunk]]\nname = \"t\"\nkind = \"sip\"",
            (
                3,
                8,
                "trunk[1].kind",
                "`sip` is not a kind of trunk",
                "known are simulator",
            ),
        ),
        (
            "[[trunk]]\nname = \"t\"\nkind = \"simulater\"",
            (
                3,
                8,
                "trunk[1].kind",
                "is not a kind",
                "did you mean `simulator`?",
            ),
        ),
        (
            "[[trunk]]\nkind = \"simulator\"",
            (1, 1, "trunk[1].name", "is missing", "name"),
        ),
        (
            "[[trunk]]\nname = \"t\"\nkind = \"simulator\"\nring_timeout = \"14s\"",
            (
                4,
                16,
                "trunk[1].ring_timeout",
                "14s is too short",
                "use 15s to 2m",
            ),
        ),
        (
            "T[[trunk]]\nname = \"t\"\nkind = \"simulator\"",
            (
                5,
                8,
                "trunk[2].name",
                "a trunk `t` is already defined above",
                "its own name",
            ),
        ),
        (
            "T[[pool]]\nname = \"p\"\ntrunk = \"tt\"\nnumbers = [\"+12125550100\"]",
            (
                6,
                9,
                "pool[1].trunk",
                "there is no trunk `tt`",
                "did you mean `t`?",
            ),
        ),
        (
            "T[[pool]]\nname = \"p\"\ntrunk = \"t\"\nnumbers = [\"+12125550100\", \"+12125550100\"]",
            (
                7,
                28,
                "pool[1].numbers[2]",
                "is already listed above",
                "once, in one pool",
            ),
        ),
        (
            "T[[pool]]\nname = \"p\"\ntrunk = \"t\"\nnumbers = [\"12125550100\"]",
            (
                7,
                12,
                "pool[1].numbers[1]",
                "is not an E.164 number",
                "with its plus",
            ),
        ),
        (
            "T[[pool]]\nname = \"p\"\ntrunk = \"t\"\nnumbers = [\"+1212555\"]",
            (
                7,
                12,
                "pool[1].numbers[1]",
                "`+1212555` can be no caller ID: this is not a possible telephone number",
                "in full",
            ),
        ),
        (
            // 211 to 911 are service codes, no area codes.
            "T[[pool]]\nname = \"p\"\ntrunk = \"t\"\nnumbers = [{ number = \"+19115550100\" }]",
            (
                7,
                23,
                "pool[1].numbers[1].number",
                "+19115550100 can be no caller ID: it is an emergency or service code",
                "in full",
            ),
        ),
        (
            // Ofcom has 01 and 02 numbers of 9 or 10 digits after the zero.
            "T[[pool]]\nname = \"p\"\ntrunk = \"t\"\nnumbers = [\"+4420794601\"]",
            (
                7,
                12,
                "pool[1].numbers[1]",
                "can be no caller ID: ",
                "in full",
            ),
        ),
        (
            "log_level = \"loud\"\nT",
            (
                1,
                13,
                "log_level",
                "`loud` is not known",
                "error, warn, info, debug or trace",
            ),
        ),
        (
            "emergency_bans = [\"Louisiana\"]\nT",
            (
                1,
                19,
                "emergency_bans[1]",
                "`Louisiana` is not a place with rules",
                "US-LA",
            ),
        ),
        (
            "emergency_bans = [\"GB\", \"US-ZZ\"]\nT",
            (
                1,
                25,
                "emergency_bans[2]",
                "`US-ZZ` is not a place with rules",
                "US-LA",
            ),
        ),
        (
            "emergency_bans = [\"LA\"]\nT",
            (
                1,
                19,
                "emergency_bans[1]",
                "`LA` is not a place with rules",
                "did you mean US-LA?",
            ),
        ),
        (
            "T[roles]\nmaria = \"boss\"",
            (
                5,
                1,
                "roles.maria",
                "`boss` is not a role",
                "supervisor, operator, support or viewer",
            ),
        ),
    ];
    for (text, expected) in cases {
        let text = text.replace('T', TRUNK);
        only(read_deck("in.toml", &text).map(|_| ()), &text, expected);
    }
}

//! Broken campaign and deck files: each is refused with its place, its key, and what to do.

#![expect(clippy::too_many_lines, reason = "tables of cases")]

mod campaign;
mod deck;

use dialdeck::config::{ConfigErrors, load_campaign, load_deck, read_campaign, read_deck};
use proptest::prelude::*;

/// A file of eight lines without faults.
const CAMPAIGN: &str = r#"name = "reminders"
seller = "Harbor"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
[caller_id]
pool = "local"
"#;

/// Line, column, key, and parts of what is wrong and what to do.
type Expected = (usize, usize, &'static str, &'static str, &'static str);

fn only(found: Result<(), ConfigErrors>, text: &str, expected: Expected) {
    let faults = found.expect_err(text).0;
    let fault = &faults[0];
    assert_eq!(faults.len(), 1, "{text}: {faults:?}");
    let (line, column, key, message, hint) = expected;
    assert_eq!((fault.line, fault.column), (line, column), "{fault}");
    assert_eq!(fault.key, key, "{fault}");
    assert!(fault.message.contains(message), "{fault}");
    assert!(fault.hint.contains(hint), "{fault}");
    assert!(!fault.hint.is_empty(), "{fault}");
    assert!(
        fault
            .to_string()
            .starts_with(&format!("in.toml:{line}:{column}: "))
    );
}

fn replaced(from: &str, to: &str) -> String {
    assert!(CAMPAIGN.contains(from), "{from}");
    CAMPAIGN.replace(from, to)
}

fn with(more: &str) -> String {
    format!("{CAMPAIGN}{more}")
}

#[test]
fn settings_files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    let fault = load_campaign(&missing).unwrap_err().to_string();
    assert!(fault.contains("none.toml: cannot be read"), "{fault}");
    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"name = \"x\"\nseller = \"Caf\xe9\"\n").unwrap();
    for fault in [
        load_campaign(&latin).unwrap_err(),
        load_deck(&latin).unwrap_err(),
    ] {
        let fault = &fault.0[0];
        assert_eq!((fault.line, fault.column), (2, 14));
        assert_eq!(fault.hint, "save the file as UTF-8");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_brings_the_settings_down(
        cut in 0..CAMPAIGN.len(),
        noise in "[a-z0-9=\\[\\]{}\"'.:, \n-]{0,40}|\\PC{0,20}",
    ) {
        let text = format!("{}{noise}{}", &CAMPAIGN[..cut], &CAMPAIGN[cut..]);
        for found in [read_campaign("in.toml", &text).map(|_| ()), read_deck("in.toml", &text).map(|_| ())] {
            if let Err(faults) = found {
                prop_assert!(!faults.0.is_empty());
                prop_assert!(faults.0.iter().all(|fault| fault.line > 0 && fault.column > 0));
            }
        }
    }
}

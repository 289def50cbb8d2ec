//! The table of the SIP codes and what the words of carriers change.

use super::*;

fn report(code: u16, reason: &str) -> CallReport {
    CallReport {
        end: CallEnd::Rejected,
        sip_code: Some(code),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        ..CallReport::default()
    }
}

#[test]
fn every_code_of_the_table_has_its_outcome() {
    use Outcome::{
        Busy, Declined, InvalidNumber, NetworkFailure, NoAnswer, ProviderError, Throttled,
    };
    let table: &[(u16, &str, Outcome, bool)] = &[
        (301, "", InvalidNumber, true),
        (302, "", ProviderError, false),
        (400, "", ProviderError, false),
        (401, "", ProviderError, false),
        (402, "", ProviderError, false),
        (403, "", ProviderError, false),
        (403, "Channel limit exceeded", Throttled, false),
        (404, "", InvalidNumber, true),
        (407, "", ProviderError, false),
        (408, "", NoAnswer, true),
        (410, "", InvalidNumber, true),
        (429, "", Throttled, false),
        (440, "", ProviderError, false),
        (480, "", NoAnswer, true),
        (481, "", NetworkFailure, false),
        (484, "", InvalidNumber, true),
        (486, "", Busy, true),
        (487, "", NoAnswer, true),
        (488, "", ProviderError, false),
        (491, "", NetworkFailure, false),
        (500, "", NetworkFailure, false),
        (500, "CPS limit exceeded", Throttled, false),
        (503, "", NetworkFailure, false),
        (504, "", NetworkFailure, false),
        (600, "", Busy, true),
        (603, "", Declined, true),
        (603, "Call blocked by network", ProviderError, true),
        (604, "", InvalidNumber, true),
        (606, "", ProviderError, false),
        (607, "", Declined, true),
        (608, "", ProviderError, true),
    ];
    for (code, reason, outcome, counts) in table {
        let read = classify(&report(*code, reason));
        assert_eq!(
            (read.outcome, read.counts),
            (*outcome, *counts),
            "{code} {reason}"
        );
    }
}

#[test]
fn a_block_never_marks_the_callee() {
    for (code, reason) in [(608, ""), (603, "X-Twilio-Error 32203")] {
        let read = classify(&report(code, reason));
        assert!(read.caller_id_blocked);
        assert_eq!(read.callee, CalleeFinding::None);
    }
}

#[test]
fn a_503_with_retry_after_is_a_limit() {
    let mut limited = report(503, "");
    limited.retry_after = Some(Duration::from_secs(7));
    let read = classify(&limited);
    assert_eq!(read.trunk, TrunkFinding::Throttled(Duration::from_secs(7)));
}

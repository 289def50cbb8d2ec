//! Tests of the table of SIP codes and of the texts of carriers that change its rows.

use super::*;

fn report(code: u16, reason: &str) -> CallReport {
    CallReport {
        end: CallEnd::Rejected,
        sip_code: Some(code),
        // A 603 is a person's decline only if the phone rang.
        rang: Some(code == 603),
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
        assert_eq!(read.caller_id, CallerIdFinding::Blocked);
        assert!(is_block(read.cause));
        assert_eq!(read.callee, CalleeFinding::None);
    }
}

#[test]
fn a_603_is_a_persons_word_only_where_the_phone_rang_and_alone() {
    let declined = report(603, "Decline");
    assert_eq!(classify(&declined).callee, CalleeFinding::Declined);
    for (rang, in_burst) in [
        (Some(false), false),
        (Some(false), true),
        (None, true),
        (Some(true), true),
    ] {
        let read = classify(&CallReport {
            rang,
            in_burst,
            ..declined.clone()
        });
        assert_eq!(read.callee, CalleeFinding::None, "{rang:?}");
        assert_eq!(read.caller_id, CallerIdFinding::Blocked, "{rang:?}");
        assert_eq!(read.trunk, TrunkFinding::Faulty, "{rang:?}");
        assert!(read.counts && is_block(read.cause), "{read:?}");
    }
    // The source of the decline is not known: neither the callee nor the network is marked.
    let unproven = classify(&CallReport {
        rang: None,
        ..declined
    });
    assert_eq!(unproven.outcome, Outcome::Declined);
    assert_eq!(unproven.callee, CalleeFinding::None);
    assert_eq!(unproven.caller_id, CallerIdFinding::Fine);
    // In a burst no other decline counts as a person's either.
    for code in [601, 602, 605, 607, 610] {
        let burst = classify(&CallReport {
            in_burst: true,
            ..report(code, "")
        });
        assert_eq!(burst.cause, "declined_in_burst", "{code}");
        assert_eq!(burst.callee, CalleeFinding::None, "{code}");
    }
    for code in [486, 480, 600, 604, 606, 608] {
        let burst = CallReport {
            in_burst: true,
            ..report(code, "")
        };
        assert_eq!(classify(&burst), classify(&report(code, "")), "{code}");
    }
    for code in [486, 480, 607] {
        let unrung = CallReport {
            rang: Some(false),
            ..report(code, "")
        };
        assert_eq!(classify(&unrung), classify(&report(code, "")), "{code}");
    }
}

#[test]
fn a_503_with_retry_after_is_a_limit() {
    let mut limited = report(503, "");
    limited.retry_after = Some(Duration::from_secs(7));
    let read = classify(&limited);
    assert_eq!(read.trunk, TrunkFinding::Throttled(Duration::from_secs(7)));
}

#[test]
fn an_end_without_an_answer_of_the_network_is_the_trunks() {
    let read = classify(&CallReport {
        end: CallEnd::NobodyRang,
        ..CallReport::default()
    });
    assert_eq!(
        (read.outcome, read.counts),
        (Outcome::NetworkFailure, false)
    );
    assert_eq!((read.fault, read.trunk), (Fault::Trunk, TrunkFinding::Dead));
    let read = classify(&CallReport {
        end: CallEnd::CredentialsRefused,
        ..CallReport::default()
    });
    assert_eq!((read.outcome, read.counts), (Outcome::ProviderError, false));
    assert_eq!(read.trunk, TrunkFinding::Refused);
}

#[test]
fn what_rang_counts_whoever_is_to_blame_for_its_end() {
    let rang = |end, sip_code| {
        let report = CallReport {
            end,
            sip_code,
            rang: Some(true),
            ..CallReport::default()
        };
        classify(&report).counts
    };
    for end in [
        CallEnd::Lapsed,
        CallEnd::NeverSent,
        CallEnd::ProviderFailed,
        CallEnd::Misconfigured,
        CallEnd::AccountRefused,
        CallEnd::CallerIdRefused,
        CallEnd::CredentialsRefused,
        CallEnd::NobodyRang,
        CallEnd::NoAgent,
        CallEnd::Throttled,
    ] {
        assert!(rang(end, None), "{end:?}");
    }
    // The row of the code gives the outcome. The ringing shows that it was one more call to the callee.
    for code in 300..700 {
        assert!(rang(CallEnd::Rejected, Some(code)), "{code}");
        let silent = CallReport {
            sip_code: Some(code),
            ..CallReport::default()
        };
        let with = CallReport {
            rang: Some(true),
            ..silent.clone()
        };
        if code != 603 {
            assert_eq!(classify(&silent).outcome, classify(&with).outcome, "{code}");
        }
    }
    // If it is not known whether it rang, it may have.
    for code in 300..700 {
        let read = classify(&CallReport {
            sip_code: Some(code),
            ..CallReport::default()
        });
        assert!(read.counts, "{code}");
    }
    // A limit named in a text is a limit, even if the phone rang.
    let limit = CallReport {
        sip_code: Some(403),
        reason: Some("channel limit exceeded".to_owned()),
        rang: Some(true),
        ..CallReport::default()
    };
    let read = classify(&limit);
    assert_eq!((read.outcome, read.counts), (Outcome::Throttled, true));
    // An attempt whose agent left before ringing does not count.
    let lost = |rang| {
        let report = CallReport {
            end: CallEnd::AgentLost,
            rang,
            ..CallReport::default()
        };
        classify(&report).counts
    };
    assert!(lost(Some(true)) && lost(None) && !lost(Some(false)));
}

#[test]
fn an_agent_that_is_not_there_is_nobody_elses_doing() {
    let ended = |end| {
        let report = CallReport {
            end,
            ..CallReport::default()
        };
        classify(&report)
    };
    let missing = ended(CallEnd::NoAgent);
    assert_eq!(
        (missing.outcome, missing.counts),
        (Outcome::ProviderError, false)
    );
    assert_eq!(missing.trunk, TrunkFinding::AgentMissing);
    assert!(is_unsent(missing.cause) && is_without_agent(missing.cause));
    for (end, outcome) in [
        (CallEnd::AgentLost, Outcome::Cancelled),
        (CallEnd::LeftAlone, Outcome::Abandoned),
    ] {
        let lost = ended(end);
        // The phone rang, so the attempt counts.
        assert_eq!(
            (lost.outcome, lost.counts, lost.fault),
            (outcome, true, Fault::Us)
        );
        assert_eq!(lost.trunk, TrunkFinding::AgentLost);
        assert_eq!(lost.callee, CalleeFinding::None);
        assert!(is_without_agent(lost.cause) && !is_unsent(lost.cause));
    }
}

#[test]
fn an_end_that_does_not_show_whether_it_rang_counts_and_is_silence_of_the_route() {
    let read = |end, rang| {
        let report = CallReport {
            end,
            rang,
            ..CallReport::default()
        };
        classify(&report)
    };
    for (end, outcome) in [
        (CallEnd::RingUnseen, Outcome::NetworkFailure),
        (CallEnd::Failed, Outcome::NetworkFailure),
        (CallEnd::Unresolved, Outcome::Unknown),
    ] {
        for rang in [None, Some(false)] {
            let read = read(end, rang);
            assert_eq!((read.outcome, read.counts), (outcome, true), "{end:?}");
            assert_eq!(read.trunk, TrunkFinding::Silent, "{end:?}");
            assert_eq!(read.callee, CalleeFinding::None, "{end:?}");
            assert_ne!(read.fault, Fault::Callee, "{end:?}");
        }
        // A pause that the trunk asked for is kept.
        if end == CallEnd::Failed {
            let pause = Duration::from_secs(7);
            let read = classify(&CallReport {
                end,
                retry_after: Some(pause),
                ..CallReport::default()
            });
            assert_eq!(
                (read.trunk, read.counts),
                (TrunkFinding::Throttled(pause), true)
            );
        }
        // A route over which a phone rang works.
        let rang = read(end, Some(true));
        assert_eq!((rang.counts, rang.trunk), (true, TrunkFinding::Fine));
    }
    let rang = read(CallEnd::RingUnseen, Some(true));
    assert_eq!(rang, read(CallEnd::RangOut, Some(true)));
    assert_eq!(rang.outcome, Outcome::NoAnswer);
}

#[test]
fn a_decline_that_could_not_wait_for_others_is_nobodys_word() {
    let cut_short = |rang, reason: &str, in_burst| {
        let report = CallReport {
            rang,
            in_burst,
            cut_short: true,
            ..report(603, reason)
        };
        classify(&report)
    };
    let read = cut_short(Some(true), "Decline", false);
    assert_eq!(
        (read.outcome, read.cause),
        (Outcome::Declined, "declined_unproven")
    );
    assert_eq!((read.callee, read.counts), (CalleeFinding::None, true));
    // Other evidence still applies.
    let causes = [
        (Some(true), "Network Blocked", false, "network_block"),
        (Some(true), "Decline", true, "declined_in_burst"),
        (Some(false), "Decline", false, "declined_unrung"),
    ];
    for (rang, reason, in_burst, cause) in causes {
        assert_eq!(cut_short(rang, reason, in_burst).cause, cause);
    }
    // No other code that declines for the callee is better proven, and no other code waits.
    for code in 300..700 {
        let waited = report(code, "");
        let cut_short = CallReport {
            cut_short: true,
            ..waited.clone()
        };
        let read = classify(&cut_short);
        if is_decline(code) {
            assert_eq!(read.cause, "declined_unproven", "{code}");
            assert_eq!((read.callee, read.counts), (CalleeFinding::None, true));
        } else {
            assert_eq!(read, classify(&waited), "{code}");
        }
    }
}

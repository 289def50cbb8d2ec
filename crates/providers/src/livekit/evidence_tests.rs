use serde_json::json;

use super::*;
use dialdeck_core::domain::outcome::{Fault, TrunkFinding};
use dialdeck_core::domain::{AttemptId, DeckId};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

fn said(news: News) -> Inbound {
    Inbound {
        event: "e".to_owned(),
        attempt: AttemptId {
            deck: DeckId(1),
            serial: 1,
        },
        at: at(5),
        news,
    }
}

fn joined(stay: &str) -> News {
    News::Joined(stay.to_owned())
}

/// Returns the report that the callee left with this end, having rung or not.
fn left(end: CallEnd, rang: Option<bool>) -> News {
    News::Ended(CallReport {
        end,
        rang,
        ..CallReport::default()
    })
}

fn callee(status: &str) -> Participant {
    seen_as("PA_1", status)
}

fn seen_as(stay: &str, status: &str) -> Participant {
    Participant::read(&json!({
        "identity": "callee-1",
        "sid": stay,
        "state": "ACTIVE",
        "kind": "SIP",
        "attributes": {"sip.callStatus": status},
    }))
}

/// Returns the evidence after these reports, in order.
fn consequence(all: &[News]) -> Evidence {
    let mut evidence = Evidence::default();
    for news in all {
        evidence.take(&said(news.clone()));
    }
    evidence
}

fn end_of(evidence: &Evidence, over: Over) -> CallEnd {
    evidence.judge(&Said::Over(over), false).end
}

const DIALING: Option<bool> = Some(false);
const RINGING: Option<bool> = Some(true);

#[test]
fn an_end_without_an_answer_is_read_by_what_rang() {
    use CallEnd::{Completed, CredentialsRefused, Failed, NobodyRang, RangOut, RingUnseen};
    let silent = consequence(&[joined("PA_1"), left(RangOut, DIALING)]);
    let rang = consequence(&[joined("PA_1"), left(RangOut, RINGING)]);
    let answered = consequence(&[News::GreetingEnded, left(RangOut, DIALING)]);
    let unheard = Evidence::default();
    let table = [
        (Over::Cancelled, NobodyRang, RingUnseen, RangOut),
        // `NoReply` shows on its own that nothing answered the INVITE.
        (Over::NoReply, NobodyRang, NobodyRang, RangOut),
        // The connection may have been that of a later request.
        (Over::NoConnection, NobodyRang, Failed, Failed),
        (
            Over::Credentials,
            CredentialsRefused,
            CredentialsRefused,
            Failed,
        ),
        (Over::Stopped, NobodyRang, Failed, Failed),
        (Over::Failed, NobodyRang, Failed, Failed),
    ];
    for (over, when_silent, when_unheard, when_rang) in table {
        assert_eq!(end_of(&silent, over), when_silent, "{over:?}");
        assert_eq!(end_of(&unheard, over), when_unheard, "{over:?}");
        assert_eq!(end_of(&rang, over), when_rang, "{over:?}");
        // An answer is final, regardless of the last status.
        assert_eq!(end_of(&answered, over), Completed, "{over:?}");
    }
    for evidence in [&silent, &rang, &unheard, &answered] {
        let ours = evidence.judge(&Said::Over(Over::Cancelled), true).end;
        assert_eq!(ours, CallEnd::CancelledByUs);
    }
}

#[test]
fn earlier_word_that_it_rang_holds_against_a_later_dialing() {
    let mut looked = Evidence::default();
    looked.see(&callee("ringing"), false);
    looked.see(&callee("dialing"), true);
    looked.take(&said(left(CallEnd::RangOut, DIALING)));
    assert_eq!(looked.rang(), RINGING);
    assert_eq!(end_of(&looked, Over::Cancelled), CallEnd::RangOut);
    // A second session begins at `dialing`, so that status no longer proves anything.
    let restarted = consequence(&[
        joined("PA_1"),
        joined("PA_2"),
        left(CallEnd::RangOut, DIALING),
    ]);
    assert_eq!(restarted.rang(), None);
    let mut restarted = consequence(&[joined("PA_1")]);
    restarted.see(&seen_as("PA_2", "dialing"), true);
    assert_eq!(restarted.rang(), None);
    // A repeated webhook is one session.
    let twice = consequence(&[
        joined("PA_1"),
        joined("PA_1"),
        left(CallEnd::RangOut, DIALING),
    ]);
    assert_eq!(twice.rang(), DIALING);
}

#[test]
fn a_look_proves_silence_only_just_before_the_end() {
    let mut early = Evidence::default();
    early.see(&callee("dialing"), false);
    assert_eq!(early.rang(), None);
    early.see(&callee("dialing"), true);
    assert_eq!(early.rang(), DIALING);
    let mut odd = Evidence::default();
    odd.see(&callee(""), true);
    assert_eq!(odd.rang(), None);
}

#[test]
fn a_final_answer_keeps_its_row_and_says_whether_it_rang() {
    let refused = |sip_code| CallReport {
        end: CallEnd::Rejected,
        sip_code: Some(sip_code),
        ..CallReport::default()
    };
    for (news, rang) in [
        (left(CallEnd::Unresolved, DIALING), DIALING),
        (left(CallEnd::Unresolved, RINGING), RINGING),
        (News::Changed, None),
    ] {
        for code in [486, 503, 603] {
            let report =
                consequence(std::slice::from_ref(&news)).judge(&Said::Final(refused(code)), false);
            assert_eq!(
                (report.end, report.rang),
                (CallEnd::Rejected, rang),
                "{code}"
            );
        }
    }
    let ours = Evidence::default().judge(&Said::Final(refused(487)), true);
    assert_eq!(ours.end, CallEnd::CancelledByUs);
}

#[test]
fn what_was_refused_before_dialing_is_in_doubt_once_it_rang() {
    let refused = Said::NotDialed(CallReport {
        end: CallEnd::Throttled,
        ..CallReport::default()
    });
    let quiet = consequence(&[left(CallEnd::Unresolved, DIALING)]);
    assert_eq!(quiet.judge(&refused, false).end, CallEnd::Throttled);
    let rang = consequence(&[left(CallEnd::Unresolved, RINGING)]);
    let report = rang.judge(&refused, false);
    assert_eq!(report.end, CallEnd::Unresolved);
    assert!(classify(&report).counts);
}

#[test]
fn a_callee_who_was_never_in_the_room_was_not_dialed() {
    let by_the_room = |evidence: &Evidence| {
        let report = evidence.by_the_room(&Bridging::default(), false, None);
        (report.end, classify(&report).counts)
    };
    let mut seen = Evidence::default();
    seen.see(&callee("dialing"), false);
    let unresolved = (CallEnd::Unresolved, true);
    let not_dialed = (CallEnd::ProviderFailed, false);
    // The server reported last that the room is gone.
    assert_eq!(by_the_room(&consequence(&[News::RoomGone])), not_dialed);
    // A poll proves nothing, because the phone may have rung between two polls.
    assert_eq!(by_the_room(&Evidence::default()), (CallEnd::Failed, true));
    assert_eq!(
        by_the_room(&consequence(&[News::Changed])),
        (CallEnd::Failed, true)
    );
    assert_eq!(by_the_room(&seen), unresolved);
    assert_eq!(
        by_the_room(&consequence(&[joined("PA_1"), News::RoomGone])),
        unresolved
    );
    let left_silent = consequence(&[left(CallEnd::Unresolved, DIALING)]);
    assert_eq!(by_the_room(&left_silent), unresolved);
    let rang_out = consequence(&[left(CallEnd::RangOut, RINGING)]);
    assert_eq!(by_the_room(&rang_out), (CallEnd::RangOut, true));
    assert_eq!(
        by_the_room(&consequence(&[News::Bridged])),
        (CallEnd::Completed, true)
    );
    let ours = seen.by_the_room(&Bridging::default(), true, None);
    assert_eq!(ours.end, CallEnd::CancelledByUs);
}

#[test]
fn a_refusal_stands_only_where_nothing_rang() {
    let refusal = CallReport {
        end: CallEnd::Throttled,
        ..CallReport::default()
    };
    let by_the_room = |evidence: &Evidence| {
        let report = evidence.by_the_room(&Bridging::default(), false, Some(&refusal));
        (report.end, classify(&report).counts)
    };
    let stands = (CallEnd::Throttled, false);
    assert_eq!(by_the_room(&consequence(&[News::RoomGone])), stands);
    let silent = consequence(&[joined("PA_1"), left(CallEnd::Unresolved, DIALING)]);
    assert_eq!(by_the_room(&silent), stands);
    let mut seen = Evidence::default();
    seen.see(&callee("dialing"), false);
    // Short ringing may have been missed by polls, and a webhook may be lost.
    let doubtful = [
        Evidence::default(),
        consequence(&[News::Changed]),
        consequence(&[joined("PA_1"), News::RoomGone]),
        consequence(&[left(CallEnd::Unresolved, None), News::RoomGone]),
        seen,
    ];
    for evidence in doubtful {
        let (_, counts) = by_the_room(&evidence);
        assert!(counts, "{evidence:?}");
    }
    let report = Evidence::default().by_the_room(&Bridging::default(), false, Some(&refusal));
    let read = classify(&report);
    assert_eq!((report.end, read.fault), (CallEnd::Failed, Fault::Network));
    // The trunk rests as the refusal asks.
    assert_eq!(read.trunk, TrunkFinding::Throttled(DEFAULT_RETRY_AFTER));
    let rang = consequence(&[left(CallEnd::RangOut, RINGING)]);
    assert_eq!(by_the_room(&rang), (CallEnd::RangOut, true));
    assert_eq!(
        by_the_room(&consequence(&[News::Bridged])),
        (CallEnd::Completed, true)
    );
}

#[test]
fn a_poll_without_an_answer_proves_nothing_of_the_end() {
    let mut looked = Evidence::default();
    looked.see(&callee("dialing"), true);
    looked.miss();
    assert_eq!(looked.rang(), None);
    looked.see(&callee("dialing"), true);
    assert_eq!(looked.rang(), DIALING);
}

#[test]
fn late_word_opens_or_corrects_whatever_end_does_not_know_it() {
    use CallEnd::{
        AccountRefused, Busy, Completed, Failed, Misconfigured, NoAgent, NobodyRang,
        ProviderFailed, RangOut, Rejected, Throttled, Unresolved,
    };
    use Word::{Answered, Placed};
    let reported = |end| CallReport {
        end,
        sip_code: (end == Rejected).then_some(503),
        rang: (end == Rejected).then_some(false),
        ..CallReport::default()
    };
    let corrected = |end, news: &[News]| {
        consequence(news).correction(&reported(end), &Bridging::default(), at(9))
    };
    let open = |word| Some(Correction::Open(word));
    let ended = |correction: Option<Correction>| match correction {
        Some(Correction::Ended(report, _)) => {
            assert!(classify(&report).counts, "{report:?}");
            Some(report.end)
        }
        other @ (Some(Correction::Open(_)) | None) => panic!("{other:?}"),
    };
    // The callee entered the room, so it was dialed.
    for end in [ProviderFailed, Throttled, AccountRefused, NoAgent] {
        assert_eq!(corrected(end, &[joined("PA_1")]), open(Placed), "{end:?}");
    }
    // With these ends the callee was in the room and nothing rang.
    for end in [NobodyRang, Misconfigured] {
        assert_eq!(corrected(end, &[joined("PA_1")]), None, "{end:?}");
    }
    for end in [ProviderFailed, NobodyRang, Throttled, Misconfigured] {
        assert_eq!(corrected(end, &[News::Changed]), None);
        assert_eq!(
            ended(corrected(end, &[left(RangOut, RINGING)])),
            Some(RangOut)
        );
        assert_eq!(
            ended(corrected(end, &[left(Unresolved, RINGING)])),
            Some(Unresolved)
        );
        assert_eq!(corrected(end, &[News::GreetingEnded]), open(Answered));
        assert_eq!(corrected(end, &[News::OptOut]), open(Answered));
        let over = [News::GreetingEnded, left(Unresolved, RINGING)];
        assert_eq!(ended(corrected(end, &over)), Some(Completed));
        // An agent may be uncertain or send a result without an answer.
        assert_eq!(
            corrected(end, &[News::CalleeDetected(CalleeType::Human)]),
            None
        );
        assert_eq!(corrected(end, &[News::Result("nobody".to_owned())]), None);
    }
    assert_eq!(corrected(NobodyRang, &[left(Unresolved, DIALING)]), None);
    // An end that counts already is corrected only by an answer.
    for end in [RangOut, Failed, Busy, Unresolved] {
        assert_eq!(corrected(end, &[News::GreetingEnded]), open(Answered));
        assert_eq!(corrected(end, &[left(Unresolved, RINGING)]), None);
    }
    assert_eq!(corrected(Completed, &[News::GreetingEnded]), None);
    // After the network's final answer no other end follows; only the ringing may become known.
    let rang = consequence(&[News::Changed]);
    assert_eq!(
        rang.correction(&reported(Rejected), &Bridging::default(), at(9)),
        None
    );
    let mut rang = Evidence::default();
    rang.see(&callee("ringing"), false);
    let again = rang.correction(&reported(Rejected), &Bridging::default(), at(9));
    assert_eq!(ended(again), Some(Rejected));
}

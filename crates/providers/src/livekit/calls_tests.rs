//! Tests of what is known about calls.

use super::*;
use dialdeck_core::domain::DeckId;

fn attempt(serial: i64) -> AttemptId {
    AttemptId {
        deck: DeckId(1),
        serial,
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

fn said(news: News, millis: i64) -> Inbound {
    Inbound {
        event: "e".to_owned(),
        attempt: attempt(1),
        at: at(millis),
        news,
    }
}

fn ended(end: CallEnd) -> News {
    News::Ended(CallReport {
        end,
        ..CallReport::default()
    })
}

#[test]
fn a_call_hung_up_before_it_began_never_begins() {
    let call = Call::default();
    assert_eq!(call.hang_up(), Stage::Open);
    assert_eq!(call.follow(), Beginning::HungUp);
    let call = Call::default();
    assert_eq!(call.follow(), Beginning::First);
    assert_eq!(call.follow(), Beginning::Again);
    assert_eq!(call.hang_up(), Stage::Followed);
    call.finish(CallReport::default());
    assert_eq!(call.follow(), Beginning::Again);
}

#[test]
fn the_end_of_a_followed_call_is_its_followers_to_tell() {
    let call = Call::default();
    assert_eq!(call.follow(), Beginning::First);
    let unresolved = said(ended(CallEnd::Unresolved), 5);
    assert_eq!(call.take(&unresolved, at(9)), Consequence::Nothing);
    call.finish(CallReport::default());
    assert_eq!(call.take(&unresolved, at(9)), Consequence::Nothing);
}

#[test]
fn a_lost_call_ends_once_by_what_is_said() {
    let call = Call::default();
    assert_eq!(call.follow(), Beginning::First);
    assert_eq!(call.let_go(at(1)), None);
    let detected = said(News::CalleeDetected(CalleeType::Human), 3);
    assert_eq!(
        call.take(&detected, at(3)),
        Consequence::Detected(CalleeType::Human)
    );
    let greeted = said(News::GreetingEnded, 4);
    assert_eq!(call.take(&greeted, at(4)), Consequence::Answered(at(4)));
    // The disconnect reason is not enough; the greeting is.
    let Consequence::Ended(report, when) = call.take(&said(ended(CallEnd::Unresolved), 5), at(9))
    else {
        panic!("an end");
    };
    assert_eq!(report.end, CallEnd::Completed);
    assert_eq!(report.callee_type, Some(CalleeType::Human));
    assert_eq!(when, at(5));
    let again = call.take(&said(ended(CallEnd::RangOut), 6), at(9));
    assert_eq!(again, Consequence::Nothing);
}

#[test]
fn what_was_said_before_the_answer_was_lost_is_the_end() {
    let call = Call::default();
    assert_eq!(call.follow(), Beginning::First);
    call.take(&said(ended(CallEnd::RangOut), 5), at(5));
    let (report, when) = call.let_go(at(9)).unwrap();
    assert_eq!((report.end, when), (CallEnd::RangOut, at(5)));
}

/// Returns a call that is followed and cancelled because its agent is gone.
fn deserted(before: &[News]) -> Call {
    let call = Call::default();
    assert_eq!(call.follow(), Beginning::First);
    for news in before {
        call.take(&said(news.clone(), 1), at(1));
    }
    call.desert();
    call
}

#[test]
fn a_callee_who_picked_up_as_the_agent_left_was_abandoned() {
    let end = |before: &[News]| {
        let report = deserted(before).conclude(Known::deserted_end);
        (report.end, report.rang)
    };
    assert_eq!(end(&[]), (CallEnd::AgentLost, None));
    let left_alone = (CallEnd::LeftAlone, Some(true));
    assert_eq!(end(&[News::Answered]), left_alone);
    let machine = [News::Answered, News::CalleeDetected(CalleeType::Voicemail)];
    assert_eq!(end(&machine), (CallEnd::Completed, Some(true)));
    // The result does not change if the answer becomes known after the end was reported.
    for before in [&[][..], &[ended(CallEnd::Completed)]] {
        let call = deserted(before);
        call.finish(CallReport {
            end: CallEnd::AgentLost,
            ..CallReport::default()
        });
        call.take(&said(ended(CallEnd::Completed), 5), at(5));
        let corrected = call.known().reported().cloned();
        assert_eq!(corrected.map(|report| report.end), Some(CallEnd::LeftAlone));
    }
}

#[test]
fn an_uncertain_agent_proves_no_answer() {
    let call = Call::default();
    for news in [
        News::CalleeDetected(CalleeType::Unknown),
        News::CalleeDetected(CalleeType::Human),
        News::Result("nobody".to_owned()),
    ] {
        call.take(&said(news, 1), at(1));
    }
    assert!(!call.known().evidence.answered);
    call.take(&said(News::CalleeDetected(CalleeType::Fax), 1), at(1));
    assert!(call.known().evidence.answered);
}

#[test]
fn the_oldest_are_forgotten_but_never_those_that_are_followed() {
    let calls = Calls::default();
    assert_eq!(calls.of(attempt(1)).follow(), Beginning::First);
    for serial in 2..i64::try_from(REMEMBERED).unwrap() + 100 {
        calls.of(attempt(serial)).note_answer();
    }
    assert_eq!(calls.of(attempt(1)).known().stage, Stage::Followed);
    assert!(!calls.of(attempt(2)).known().evidence.answered);
    let newest = i64::try_from(REMEMBERED).unwrap() + 99;
    assert!(calls.of(attempt(newest)).known().evidence.answered);
}

#[test]
fn calls_that_are_followed_push_no_other_out_and_open_ones_stay_longest() {
    let calls = Calls::default();
    let last = i64::try_from(REMEMBERED).unwrap() + 100;
    calls.of(attempt(1)).note_answer();
    for serial in 2..last {
        assert_eq!(calls.of(attempt(serial)).follow(), Beginning::First);
    }
    assert!(calls.of(attempt(1)).known().evidence.answered);
    // What is over goes before what is still open.
    for serial in 2..last {
        calls.of(attempt(serial)).finish(CallReport::default());
    }
    calls.of(attempt(last));
    assert!(calls.of(attempt(1)).known().evidence.answered);
    assert_eq!(calls.of(attempt(2)).known().stage, Stage::Open);
}

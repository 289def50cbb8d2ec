//! What a carrier says of a call whose engine has restarted, or whose attempt has ended: it belongs to
//! the call while that is up, and corrects the record once it is over. Every case runs on both stores.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod held;
mod world;

use std::time::Duration;

use dialdeck::domain::{
    AttemptId, AttemptState, CallEnd, CallEvent, CallEventKind, CallReport, CalleeType,
    ContactState, Outcome,
};
use dialdeck::engine::desk::Act;
use dialdeck::provider::{LookUp, Request};

use world::{Deck, ended, number, on_both, only, placed, start};

/// Three calls that were answered, each by a person.
fn three_up(deck: &mut dyn Deck) -> Vec<AttemptId> {
    deck.wait(Duration::from_secs(10));
    let open: Vec<AttemptId> = deck.open().iter().map(|attempt| attempt.id).collect();
    assert_eq!(open.len(), 3, "at the cap");
    for attempt in &open {
        for kind in [
            CallEventKind::Sent,
            CallEventKind::Ringing,
            CallEventKind::Answered,
            CallEventKind::CalleeDetected(CalleeType::Human),
        ] {
            deck.says(*attempt, kind);
        }
    }
    open
}

/// What the inbox has of a call: an agent's reports, a fetch of the first document.
fn inbox(attempt: AttemptId) -> Vec<CallEvent> {
    let kinds = [
        CallEventKind::Answered,
        CallEventKind::CalleeDetected(CalleeType::Human),
    ];
    let event = |kind| CallEvent {
        attempt,
        at: start() + Duration::from_secs(9),
        kind,
    };
    kinds.into_iter().map(event).collect()
}

#[test]
fn calls_that_are_up_are_taken_over_by_the_next_engine_whatever_was_said_of_them() {
    on_both(8, |deck| {
        let up = three_up(deck);
        deck.restart(up.iter().flat_map(|attempt| inbox(*attempt)).collect());
        let still_up = |deck: &mut dyn Deck| {
            let open = deck.open();
            let ids: Vec<AttemptId> = open.iter().map(|attempt| attempt.id).collect();
            assert_eq!(ids, up, "each holds its slot, and nothing else is begun");
            deck.check();
        };
        still_up(deck);
        // Said once more while the carrier shows them.
        for attempt in &up {
            deck.says(*attempt, CallEventKind::Answered);
            deck.found(*attempt, LookUp::InProgress);
        }
        deck.wait(Duration::from_mins(1));
        still_up(deck);
        let looks = |asked: &&Request| matches!(asked, Request::LookUp(_));
        let looked = deck.asked().iter().filter(looks).count();
        assert!(looked >= 2 * up.len(), "{looked}: asked again and again");
        assert!(deck.act(&Act::HangUpAll));
        for attempt in &up {
            assert!(deck.asked().contains(&Request::HangUp(*attempt)));
        }
        // An end, and nothing else, ends them.
        for attempt in &up {
            deck.says(*attempt, ended(CallEnd::Completed));
        }
        for last in 0..3 {
            let attempt = deck.attempts(last).remove(0);
            assert_eq!(attempt.outcome, Some(Outcome::Answered(CalleeType::Human)));
            assert_eq!(deck.contact(last), (ContactState::Done, 1));
        }
        deck.check();
    });
}

#[test]
fn what_is_known_to_be_placed_is_never_never_placed() {
    for word in [
        CallEventKind::Placed,
        CallEventKind::Ringing,
        CallEventKind::Answered,
    ] {
        on_both(1, |deck| {
            let attempt = only(deck);
            deck.says(attempt, CallEventKind::Sent);
            deck.says(attempt, CallEventKind::AnswerLost);
            deck.says(attempt, word.clone());
            for _ in 0..20 {
                deck.wait(Duration::from_secs(30));
                deck.found(attempt, LookUp::NeverPlaced);
            }
            let attempt = deck.attempts(0).remove(0);
            assert!(attempt.state == AttemptState::Unknown || attempt.counts);
            assert_eq!(placed(deck, number(0)), 1, "{word:?}");
            deck.check();
        });
    }
}

/// Ends that say that there was no call, or that nothing rang.
const DENYING: [CallEnd; 8] = [
    CallEnd::Throttled,
    CallEnd::Misconfigured,
    CallEnd::AccountRefused,
    CallEnd::ProviderFailed,
    CallEnd::CallerIdRefused,
    CallEnd::NeverSent,
    CallEnd::TrunkUnknown,
    CallEnd::NobodyRang,
];

#[test]
fn word_of_a_call_opens_an_end_that_denied_it_and_holds_its_number() {
    for end in DENYING {
        for word in [CallEventKind::Ringing, CallEventKind::Answered] {
            on_both(1, |deck| {
                let attempt = only(deck);
                deck.says(attempt, CallEventKind::Sent);
                deck.says(attempt, ended(end));
                assert_eq!(deck.contact(0).1, 0, "{end:?} does not count");
                deck.wait(Duration::from_secs(2));
                deck.says(attempt, word.clone());
                assert_eq!(only(deck), attempt, "{end:?}");
                assert_eq!(deck.contact(0).0, ContactState::InFlight);
                deck.check();
                // A second word, and one that repeats the first end's request, change nothing.
                deck.says(attempt, CallEventKind::Ringing);
                deck.says(attempt, CallEventKind::Sent);
                for _ in 0..4 {
                    deck.found(attempt, LookUp::InProgress);
                    deck.wait(Duration::from_mins(2));
                }
                assert_eq!(placed(deck, number(0)), 1, "{end:?}: dialed once");
                assert_eq!(deck.contact(0).0, ContactState::InFlight);
                deck.says(attempt, ended(CallEnd::Completed));
                let told = deck.attempts(0).remove(0);
                assert!(told.outcome.is_some_and(Outcome::is_reached), "{told:?}");
                assert_eq!(deck.contact(0), (ContactState::Done, 1));
                assert_eq!(deck.open(), []);
                deck.check();
            });
        }
    }
}

#[test]
fn an_answer_opens_an_end_that_counted_too() {
    for end in [CallEnd::Failed, CallEnd::RangOut, CallEnd::Busy] {
        on_both(1, |deck| {
            let attempt = only(deck);
            deck.says(attempt, CallEventKind::Sent);
            deck.says(attempt, ended(end));
            assert_eq!(deck.contact(0).1, 1);
            deck.says(attempt, CallEventKind::Ringing);
            assert_eq!(deck.open(), [], "it was known that it may have rung");
            deck.says(attempt, CallEventKind::Answered);
            assert_eq!(only(deck), attempt);
            assert_eq!(deck.contact(0).0, ContactState::InFlight);
            deck.found(attempt, LookUp::InProgress);
            deck.wait(Duration::from_mins(1));
            assert_eq!(placed(deck, number(0)), 1, "{end:?}");
            let report = CallReport {
                end: CallEnd::Completed,
                callee_type: Some(CalleeType::Human),
                ..CallReport::default()
            };
            deck.found(attempt, LookUp::Ended(report, start()));
            assert_eq!(deck.contact(0), (ContactState::Done, 1));
            deck.check();
        });
    }
}

/// What was said of it proves that it is up, however long ago it was sent.
#[test]
fn a_call_that_is_opened_again_keeps_its_slot_for_as_long_as_a_call_may_last() {
    let unanswered = |deck: &mut dyn Deck, attempt, spans: usize| {
        for _ in 0..spans {
            deck.wait(Duration::from_secs(30));
            deck.found(attempt, LookUp::CannotTell);
        }
    };
    for word in [CallEventKind::Answered, CallEventKind::Placed] {
        on_both(1, |deck| {
            let attempt = only(deck);
            deck.says(attempt, CallEventKind::Sent);
            if word == CallEventKind::Answered {
                deck.says(attempt, CallEventKind::AnswerLost);
                unanswered(deck, attempt, 70);
                let ended = deck.attempts(0).remove(0);
                assert_eq!(ended.outcome, Some(Outcome::Unknown), "given up");
            } else {
                deck.wait(Duration::from_secs(30));
                deck.says(attempt, ended(CallEnd::ProviderFailed));
            }
            deck.says(attempt, word.clone());
            assert_eq!(only(deck), attempt);
            // Its carrier cannot tell; no call lasts longer than half an hour.
            unanswered(deck, attempt, 50);
            assert_eq!(only(deck), attempt, "{word:?}");
            // The same holds for the next engine.
            if word == CallEventKind::Answered {
                deck.restart(Vec::new());
                unanswered(deck, attempt, 8);
                assert_eq!(only(deck), attempt, "{word:?}");
            }
            unanswered(deck, attempt, 20);
            assert_eq!(deck.open(), []);
            let ended = deck.attempts(0).remove(0);
            assert_eq!(ended.outcome, Some(Outcome::Unknown));
            assert_eq!(
                placed(deck, number(0)),
                usize::from(word == CallEventKind::Placed)
            );
            deck.check();
        });
    }
}

#[test]
fn what_is_said_late_of_a_call_that_was_read_right_changes_nothing() {
    let words = [
        CallEventKind::Placed,
        CallEventKind::Ringing,
        CallEventKind::Answered,
    ];
    on_both(1, |deck| {
        let attempt = only(deck);
        for kind in [CallEventKind::Sent, CallEventKind::Answered] {
            deck.says(attempt, kind);
        }
        deck.says(attempt, ended(CallEnd::Completed));
        let before = deck.attempts(0);
        for word in words.clone() {
            deck.says(attempt, word);
        }
        assert_eq!(deck.attempts(0), before);
    });
    // The final answer stays the outcome; a phone that rang counts.
    on_both(1, |deck| {
        let attempt = only(deck);
        deck.says(attempt, CallEventKind::Sent);
        let refused = CallReport {
            sip_code: Some(503),
            rang: Some(false),
            ..CallReport::default()
        };
        deck.says(attempt, CallEventKind::Ended(refused));
        deck.says(attempt, CallEventKind::Placed);
        assert_eq!(deck.contact(0).1, 0);
        deck.says(attempt, CallEventKind::Ringing);
        deck.says(attempt, CallEventKind::Ringing);
        let read = deck.attempts(0).remove(0);
        assert_eq!(read.outcome, Some(Outcome::NetworkFailure));
        assert!(read.counts);
        assert_eq!((deck.contact(0).1, deck.open()), (1, Vec::new()));
        deck.check();
    });
}

#[test]
fn a_second_call_to_the_number_keeps_the_first_from_being_opened_beside_it() {
    on_both(1, |deck| {
        let first = only(deck);
        deck.says(first, CallEventKind::Sent);
        deck.says(first, ended(CallEnd::ProviderFailed));
        deck.wait(Duration::from_mins(6));
        let second = only(deck);
        assert_ne!(first, second, "dialed again");
        deck.says(second, CallEventKind::Sent);
        deck.says(first, CallEventKind::Answered);
        assert_eq!(only(deck), second);
        let read = deck.attempts(0).remove(0);
        assert!(read.counts && read.outcome.is_some_and(Outcome::is_reached));
        assert_eq!(deck.contact(0), (ContactState::InFlight, 1));
        deck.check();
        deck.wait(Duration::from_mins(1));
        assert_eq!(placed(deck, number(0)), 2);
        deck.says(second, ended(CallEnd::Completed));
        assert_eq!(deck.contact(0), (ContactState::Done, 2));
        deck.check();
    });
}

//! What keeps every call from leaving: a clock that jumped or is behind, and the wish to end.

use std::time::Duration;

use dialdeck::domain::{CallEnd, CallEventKind, CampaignState, ContactState, Outcome};
use dialdeck::engine::desk::Act;
use dialdeck::engine::{Command, CommandId, Event, messages};
use dialdeck::policy::{HoldKind, HoldReason, Until};
use dialdeck::provider::Request;

use crate::late_word::world::{Deck, ended, number, on_both, placed, start, trunk};

const DAY: Duration = Duration::from_hours(24);

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap()
}

/// Calls placed so far.
fn all_placed(deck: &dyn Deck) -> usize {
    (0..8).map(|last| placed(deck, number(last))).sum()
}

#[test]
fn a_clock_that_jumps_ahead_ends_no_contact_and_no_campaign() {
    on_both(8, |deck| {
        deck.wait(Duration::from_secs(10));
        let up = deck.open();
        assert_eq!(up.len(), 3, "at the cap");
        for attempt in &up {
            deck.says(attempt.id, CallEventKind::Sent);
            deck.says(attempt.id, CallEventKind::Answered);
        }
        let before = start() + Duration::from_mins(1);
        // Past the end of the campaign.
        let jump = DAY * 30;
        deck.event(Event::ClockJumped(seconds(jump)));
        deck.set_clock(before + jump);
        deck.wait(Duration::from_secs(5));
        for attempt in &up {
            deck.says(attempt.id, ended(CallEnd::Completed));
        }
        deck.wait(Duration::from_secs(5));
        assert_eq!(all_placed(deck), 3, "nothing is dialed");
        let wake = deck.next_wake();
        assert_eq!(wake, None, "nothing happens by time alone");
        for last in 3..8 {
            assert_eq!(deck.contact(last), (ContactState::Ready, 0));
        }
        let campaign = deck.snapshot().campaigns.remove(0).campaign;
        assert_eq!(campaign.state, CampaignState::Running);
        // The clock is set right and accepted: the campaign goes on.
        deck.set_clock(before + Duration::from_mins(1));
        deck.accept_clock();
        deck.wait(Duration::from_secs(10));
        assert_eq!(all_placed(deck), 6);
        deck.check();
    });
}

#[test]
fn a_jump_takes_back_what_has_not_left() {
    on_both(8, |deck| {
        deck.wait(Duration::from_secs(10));
        let planned = deck.open();
        assert_eq!(planned.len(), 3);
        deck.says(planned[0].id, CallEventKind::Sent);
        deck.event(Event::ClockJumped(3600));
        for (at, attempt) in planned.iter().enumerate() {
            let taken_back = deck.asked().contains(&Request::HangUp(attempt.id));
            assert_eq!(taken_back, at > 0, "{at}");
        }
    });
}

#[test]
fn a_claim_that_is_answered_too_late_places_no_call() {
    let holds: [fn(&mut dyn Deck); 3] = [
        |deck| deck.event(Event::Drain),
        |deck| deck.event(Event::ClockJumped(3600)),
        |deck| deck.log(start() + DAY),
    ];
    for (nth, hold) in holds.into_iter().enumerate() {
        on_both(8, |deck| {
            deck.wait(Duration::from_secs(10));
            for attempt in deck.open() {
                deck.says(attempt.id, CallEventKind::Sent);
            }
            let up = deck.open();
            deck.hold_claims();
            deck.says(up[0].id, ended(CallEnd::Busy));
            deck.wait(Duration::from_secs(2));
            hold(deck);
            let before = deck.asked().len();
            assert_eq!(deck.release_claims(), 1, "{nth}");
            assert_eq!(deck.asked().len(), before, "{nth}: {:?}", deck.asked());
            assert_eq!(deck.open().len(), 2, "{nth}: its slot is free");
            let taken_back = deck.attempts(3).remove(0);
            assert_eq!(taken_back.outcome, Some(Outcome::Cancelled));
            assert_eq!(deck.contact(3).1, 0, "{nth}: it does not count");
            deck.check();
        });
    }
}

#[test]
fn a_clock_that_is_behind_keeps_the_engine_asleep() {
    on_both(8, |deck| {
        deck.log(start() + DAY * 3);
        for hours in 1..60 {
            let now = start() + Duration::from_hours(hours);
            deck.set_clock(now);
            let wake = deck.next_wake();
            assert!(wake.is_some_and(|at| now < at), "{wake:?} at {now}");
        }
    });
}

/// It ends by itself, but that may take years.
#[test]
fn a_clock_that_is_behind_has_a_way_out() {
    on_both(1, |deck| {
        let campaign = deck.snapshot().campaigns.remove(0).campaign;
        let way_out = |kind| {
            let until = Until::At(start() + DAY);
            messages::remedy(&HoldReason { kind, until }, &campaign.settings)
        };
        let says = way_out(HoldKind::ClockBehind).unwrap_or_default();
        assert!(says.contains("dialdeck clock accept"), "{says}");
        assert_eq!(way_out(HoldKind::CampaignPaused), None);
    });
}

#[test]
fn a_lost_answer_is_made_up_for_when_the_phone_rings() {
    on_both(8, |deck| {
        let mut rang = 0;
        while rang < 8 {
            deck.wait(Duration::from_secs(10));
            for attempt in deck.open() {
                deck.says(attempt.id, CallEventKind::Sent);
                deck.says(attempt.id, CallEventKind::AnswerLost);
                deck.says(attempt.id, CallEventKind::Ringing);
                deck.says(attempt.id, ended(CallEnd::RangOut));
                rang += 1;
            }
            let now = deck
                .open()
                .first()
                .map_or(start(), |attempt| attempt.reserved_at);
            let kept = deck.snapshot().trunk_rests.remove(&trunk());
            assert_eq!(kept.and_then(|kept| kept.rest(now)), None, "{rang}");
        }
    });
}

#[test]
fn a_request_that_was_refused_reads_no_snapshot() {
    on_both(8, |deck| {
        let before = deck.snapshots();
        for _ in 0..5 {
            let refused = Command::Quarantine {
                trunk: "simulator".to_owned(),
                reason: "forged",
            };
            deck.event(Event::Command(CommandId(1), refused));
        }
        assert_eq!(deck.snapshots(), before);
        assert!(!deck.act(&Act::PauseAll), "a call is about to leave");
        assert!(deck.snapshots() > before);
    });
}

#[test]
fn an_attempt_of_a_trunk_that_the_deck_file_lost_ends_with_an_alert() {
    on_both(1, |deck| {
        let attempt = deck.open().remove(0);
        deck.says(attempt.id, CallEventKind::Sent);
        deck.drop_trunks();
        deck.restart(Vec::new());
        for hours in 0..26 {
            deck.set_clock(start() + Duration::from_hours(hours));
        }
        assert_eq!(deck.open(), []);
        let alerts = deck.snapshot().alerts;
        let unknown = |line: &str| line.contains("fate_unknown");
        assert!(
            alerts.iter().any(|alert| unknown(&alert.line)),
            "{alerts:?}"
        );
    });
}

//! Calls whose answer was lost, and calls of an earlier run: found, or certainly not there.

use std::time::Duration;

use dialdeck::domain::CallEnd;
use dialdeck::provider::{LookUp, ProviderEvent, Request};

use super::{
    BUSY, Bench, FAX, MACHINE, PERSON, READ_FAULTS, SILENT, ask, bench, faulty, fresh, options,
    outcome, secs, warnings,
};
use dialdeck_testkit::rig::{self, attempt, number};
use dialdeck_testkit::vendors::bubblyphone::{BubblyPhoneDouble, Settings};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;

#[test]
fn a_call_whose_answer_is_lost_is_found_and_never_placed_again() {
    for fault in [
        "post_times_out",
        "post_cut",
        "error_after",
        "html_after",
        "code_after",
        "busy_after",
        "missing_after",
        "conflict_after",
        "early_after",
        "moved_after",
        "shown_after",
        "broken_json",
        "no_id",
    ] {
        let mut bench = faulty(fault);
        let inquiry = bench.lose(1, number(MACHINE));
        let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
            panic!("{fault}: it was placed");
        };
        assert_eq!(outcome(&report), "voicemail", "{fault}");
        assert_eq!(bench.dialed(number(MACHINE)), (1, 1), "{fault}");
        // Its webhooks show the call; its end is asked for.
        let reported = rig::names(&bench.rig.reported, 1);
        assert_eq!(reported[..2], ["sent", "lost"], "{fault}");
        assert!(!reported.contains(&"ended"), "{fault}: {reported:?}");
    }
}

#[test]
fn no_listing_proves_that_a_call_was_never_placed() {
    for fault in ["post_cut_before", "html_before", "error_before"] {
        let mut bench = faulty(fault);
        let mut inquiry = bench.lose(1, number(PERSON));
        for _ in 0..3 {
            assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell, "{fault}");
        }
        // The same request, lost six minutes ago, asked about by a deck that was started since.
        inquiry.reserved_at = inquiry.reserved_at - secs(360);
        let mut later = fresh(&bench.double, &bench.rig.lab);
        for _ in 0..4 {
            assert_eq!(ask(&mut later, &inquiry), LookUp::CannotTell, "{fault}");
        }
        assert_eq!(bench.dialed(number(PERSON)), (1, 0), "{fault}");
    }
}

#[test]
fn a_call_that_was_refused_and_placed_all_the_same_is_told_by_its_webhooks() {
    for fault in ["limited_after", "failed_after"] {
        let mut bench = faulty(fault);
        let inquiry = bench.rig.inquiry(1, number(MACHINE));
        bench.rig.place(bench.rig.dial(1, number(MACHINE)));
        bench.rig.wait("answer", |reported| {
            rig::names(reported, 1).contains(&"answered")
        });
        let events = rig::events(&bench.rig.reported, 1);
        let shows = events.iter().filter(|event| event.kind.shows_a_call());
        assert!(shows.count() >= 2, "{fault}: {events:?}");
        let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
            panic!("{fault}: it was placed");
        };
        assert_eq!(outcome(&report), "voicemail", "{fault}");
        assert_eq!(bench.dialed(number(MACHINE)), (1, 1), "{fault}");
    }
}

#[test]
fn a_listing_that_fails_tells_nothing() {
    for fault in READ_FAULTS {
        let mut bench = faulty(fault);
        let mut inquiry = bench.rig.inquiry(1, number(PERSON));
        inquiry.reserved_at = inquiry.reserved_at - secs(360);
        for _ in 0..3 {
            assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell, "{fault}");
        }
    }
}

/// A call that is followed keeps its slot past its life only where the vendor shows that it is up.
#[test]
fn a_followed_call_that_is_not_shown_is_not_up_for_sure() {
    for fault in READ_FAULTS {
        let mut bench = bench(|_| {});
        bench.rig.place(bench.rig.dial(1, number(PERSON)));
        bench.rig.wait_for_ringing(1);
        // From here on the follower is shown nothing, the end included.
        bench.double.settings().faults = Faults::new(1).with(fault, 1000);
        let inquiry = bench.rig.inquiry(1, number(PERSON));
        for _ in 0..2 {
            let found = ask(&mut bench.rig, &inquiry);
            assert_eq!(found, LookUp::CannotTell, "{fault}");
        }
        assert_eq!(bench.dialed(number(PERSON)), (1, 1), "{fault}");
    }
}

/// While the vendor shows a status that is not known: before the answer, and before the end.
#[test]
fn a_followed_call_with_an_unknown_status_is_not_up_for_sure() {
    for (fault, wanted) in [("none", 0), ("odd_word", 2)] {
        let mut bench = faulty(fault);
        let inquiry = bench.rig.inquiry(1, number(PERSON));
        bench.rig.place(bench.rig.dial(1, number(PERSON)));
        bench.rig.wait_for_ringing(1);
        let (mut doubts, mut before) = (0, LookUp::InProgress);
        loop {
            let found = ask(&mut bench.rig, &inquiry);
            if matches!(found, LookUp::Ended(..)) {
                break;
            }
            doubts += usize::from(found == LookUp::CannotTell && before == LookUp::InProgress);
            before = found;
        }
        assert_eq!(doubts, wanted, "{fault}");
        assert_eq!(bench.rig.end_of(1).end, CallEnd::Completed, "{fault}");
    }
}

#[test]
fn a_page_of_a_listing_that_fails_is_asked_for_again() {
    let mut bench = bench(|settings| {
        settings.page_size = 1;
        settings.listed_after = Duration::ZERO;
        settings.faults = Faults::new(1).with("post_cut", 1000).with("get_error", 200);
    });
    let called = [PERSON, MACHINE, BUSY, SILENT, FAX];
    let lost = (1..)
        .zip(called)
        .map(|(serial, callee)| bench.lose(serial, number(callee)));
    let inquiries: Vec<_> = lost.collect();
    assert_ne!(ask(&mut bench.rig, &inquiries[0]), LookUp::CannotTell);
    let pages = bench.double.counts().listings;
    assert!(pages > called.len(), "{pages}: none of them failed");
}

#[test]
fn a_lost_call_is_searched_for_among_the_calls_of_its_number() {
    let mut bench = faulty("post_cut");
    bench.double.settings().listed_after = Duration::ZERO;
    bench.rig.ask(Request::ListNumbers);
    let listed = |reported: &[ProviderEvent]| {
        let numbers = |event: &_| matches!(event, ProviderEvent::Numbers(_));
        reported.iter().any(numbers)
    };
    bench.rig.wait("numbers", listed);
    let inquiry = bench.lose(1, number(MACHINE));
    assert!(matches!(bench.resolve(&inquiry), LookUp::Ended(..)));
    assert_eq!(bench.double.counts().listings, 0);
}

#[test]
fn one_listing_answers_all_who_asked_before_it() {
    let mut bench = faulty("post_cut_before");
    let called = [PERSON, MACHINE, BUSY, SILENT, FAX];
    let lost = (1..)
        .zip(called)
        .map(|(serial, callee)| bench.lose(serial, number(callee)));
    let inquiries: Vec<_> = lost.collect();
    for inquiry in &inquiries {
        bench.rig.ask(Request::LookUp(inquiry.clone()));
    }
    bench.rig.wait("look-ups", |reported| {
        rig::looked_up(reported).len() == called.len()
    });
    assert!((1..=3).contains(&bench.double.counts().listings));
}

#[test]
fn a_look_up_beside_another_waits_for_nothing_and_tells_nothing() {
    let mut bench = faulty("post_cut_before");
    let mut inquiry = bench.lose(1, number(PERSON));
    inquiry.reserved_at = inquiry.reserved_at - secs(360);
    for _ in 0..8 {
        bench.rig.ask(Request::LookUp(inquiry.clone()));
    }
    bench
        .rig
        .wait("look-ups", |reported| rig::looked_up(reported).len() == 8);
    let placed = |found: &LookUp| matches!(found, LookUp::Ended(..) | LookUp::InProgress);
    assert!(!rig::looked_up(&bench.rig.reported).iter().any(placed));
}

#[test]
fn two_calls_that_could_be_it_are_left_to_a_person() {
    let mut bench = faulty("post_cut");
    bench.double.settings().listed_after = Duration::ZERO;
    let inquiry = bench.lose(1, number(SILENT));
    bench.lose(2, number(SILENT));
    for _ in 0..3 {
        assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell);
    }
    assert_eq!(warnings(&bench.rig), ["call_ambiguous"], "reported once");
}

#[test]
fn a_call_that_is_followed_is_up_until_its_end_is_told() {
    let mut bench = bench(|_| {});
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.rig.wait("answer", |reported| {
        rig::names(reported, 1).contains(&"answered")
    });
    assert_eq!(bench.rig.look_up(1, number(PERSON)), LookUp::InProgress);
    assert_eq!(outcome(&bench.rig.end_of(1)), "human");
    assert_eq!(
        rig::names(&bench.rig.reported, 1),
        ["sent", "answered", "ended"]
    );
}

#[test]
fn a_call_of_an_earlier_run_is_found_and_can_be_hung_up() {
    let mut bench = bench(|_| {});
    let inquiry = bench.rig.inquiry(1, number(PERSON));
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.rig.wait("answer", |reported| {
        rig::names(reported, 1).contains(&"answered")
    });
    let mut later = fresh(&bench.double, &bench.rig.lab);
    while ask(&mut later, &inquiry) != LookUp::InProgress {}
    later.ask(Request::HangUp(attempt(1)));
    bench.rig = later;
    let LookUp::Ended(report, at) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert_eq!(outcome(&report), "human");
    assert!(at >= inquiry.reserved_at && at <= bench.rig.lab.now());
    assert_eq!(bench.dialed(number(PERSON)), (1, 1));
    let hang_ups = bench.double.counts().hang_ups;
    assert_eq!(hang_ups.get(&number(PERSON).to_string()), Some(&1));
}

#[test]
fn a_call_before_midnight_is_found_after_it() {
    let start = "2026-12-07T23:59:50Z".parse().unwrap();
    let lab = Lab::paused(start);
    let change = |settings: &mut Settings| {
        settings.faults = Faults::new(1).with("post_cut", 1000);
        settings.page_size = 1;
    };
    let double = BubblyPhoneDouble::start(options(&lab, change));
    let rig = fresh(&double, &lab);
    let mut bench = Bench { rig, double };
    let lost: Vec<_> = [MACHINE, BUSY, FAX]
        .map(|last| bench.lose(i64::from(last), number(last)))
        .to_vec();
    for (inquiry, wanted) in lost.iter().zip(["voicemail", "busy", "answered"]) {
        let LookUp::Ended(report, _) = bench.resolve(inquiry) else {
            panic!("it was placed");
        };
        assert_eq!(outcome(&report), wanted);
    }
}

#[test]
fn a_hang_up_of_a_lost_call_is_carried_out_once_it_is_found() {
    let mut bench = faulty("post_cut");
    let inquiry = bench.lose(1, number(SILENT));
    bench.rig.ask(Request::HangUp(attempt(1)));
    let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert_eq!(report.end, CallEnd::CancelledByUs);
    assert_eq!(bench.dialed(number(SILENT)), (1, 1));
}

//! Answers that do not say whether anything was dialed, and ends that the server does not confirm.

use dialdeck::domain::outcome::classify;

use super::*;

#[test]
fn a_callee_who_was_never_in_the_room_was_not_dialed_where_the_server_says_so() {
    for webhooks in [true, false] {
        let setup = Setup::with_fault("internal_before");
        let mut bench = Setup { webhooks, ..setup }.start();
        let report = bench.rig.outcome(1, number(PERSON));
        // Looks alone prove nothing: a phone may have rung between two of them.
        assert_eq!(classify(&report).counts, !webhooks, "{report:?}");
        assert_eq!(
            report.end == CallEnd::ProviderFailed,
            webhooks,
            "{report:?}"
        );
        assert_eq!(names(&bench.rig.told, 1), ["sent", "ended"], "at once");
        assert_eq!((bench.invites(1), bench.double.rooms().len()), (0, 0));
    }
}

#[test]
fn one_who_is_in_the_room_is_never_taken_for_not_dialed() {
    for webhooks in [true, false] {
        let setup = Setup {
            webhooks,
            script: answering(3, 3600),
            ..Setup::with_fault("unknown_after")
        };
        let mut bench = setup.start();
        bench.rig.place(bench.rig.dial(1, number(PERSON)));
        bench.wait_for(1, "lost");
        let found = bench.look_up_after(1, Duration::from_secs(5));
        assert_eq!(found, LookUp::InProgress);
        bench.rig.ask(Ask::HangUp(attempt(1)));
        // A webhook tells its end, or else the next look does.
        let report = loop {
            let told = rig::ends(&bench.rig.told, 1);
            if let Some(report) = told.first() {
                break report.clone();
            }
            if let LookUp::Ended(report, _) = bench.look_up_after(1, Duration::from_mins(4)) {
                break report;
            }
        };
        assert!(classify(&report).counts, "{report:?}");
        assert_eq!(bench.invites(1), 1);
    }
}

#[test]
fn nothing_is_concluded_while_the_room_cannot_be_deleted() {
    let mut bench = Setup::with_fault("internal_before").start();
    bench.double.settings().deletes_fail = true;
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.wait_for(1, "lost");
    let found = bench.look_up_after(1, Duration::from_secs(5));
    assert_eq!(found, LookUp::CannotTell);
    bench.double.settings().deletes_fail = false;
    let found = bench.look_up_after(1, Duration::from_secs(35));
    let LookUp::Ended(report, _) = found else {
        panic!("{found:?}");
    };
    assert_eq!(report.end, CallEnd::ProviderFailed);
}

#[test]
fn a_room_is_deleted_until_the_server_confirms_it() {
    let mut bench = Setup::default().start();
    bench.double.settings().deletes_fail = true;
    bench.rig.outcome(1, number(BUSY));
    let unclosed = ProviderEvent::Unclosed(attempt(1));
    assert!(bench.rig.told.contains(&unclosed), "told before the end");
    bench.rig.wait("a word for an operator", |told| {
        let mut all = told.iter();
        all.any(|event| matches!(event, ProviderEvent::Warning("room_not_closed", _)))
    });
    let closed = ProviderEvent::Closed(attempt(1));
    assert!(!bench.rig.told.contains(&closed));
    bench.double.settings().deletes_fail = false;
    bench
        .rig
        .wait("the confirmation", |told| told.contains(&closed));
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_later_run_that_is_asked_to_hang_up_goes_on() {
    let mut bench = Setup::default().start();
    bench.double.settings().deletes_fail = true;
    bench.rig.outcome(1, number(BUSY));
    let lab = bench.rig.lab.clone();
    bench.rig = rig_for(&bench.double, &lab, true);
    assert_eq!(bench.double.rooms().len(), 1);
    bench.rig.ask(Ask::HangUp(attempt(1)));
    let unclosed = ProviderEvent::Unclosed(attempt(1));
    bench
        .rig
        .wait("that it may be up", |told| told.contains(&unclosed));
    bench.double.settings().deletes_fail = false;
    let closed = ProviderEvent::Closed(attempt(1));
    bench
        .rig
        .wait("the confirmation", |told| told.contains(&closed));
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

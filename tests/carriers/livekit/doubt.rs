//! Answers that do not say whether anything was dialed, and ends that the server does not confirm.

use dialdeck::domain::outcome::{Fault, classify};

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
        assert_eq!(names(&bench.rig.reported, 1), ["sent", "ended"], "at once");
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
            let reported = rig::ends(&bench.rig.reported, 1);
            if let Some(report) = reported.first() {
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
    assert!(
        bench.rig.reported.contains(&unclosed),
        "reported before the end"
    );
    bench.rig.wait("a word for an operator", |reported| {
        let mut all = reported.iter();
        all.any(|event| matches!(event, ProviderEvent::Warning("room_not_closed", _)))
    });
    let closed = ProviderEvent::Closed(attempt(1));
    assert!(!bench.rig.reported.contains(&closed));
    bench.double.settings().deletes_fail = false;
    bench
        .rig
        .wait("the confirmation", |reported| reported.contains(&closed));
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
        .wait("that it may be up", |reported| reported.contains(&unclosed));
    bench.double.settings().deletes_fail = false;
    let closed = ProviderEvent::Closed(attempt(1));
    bench
        .rig
        .wait("the confirmation", |reported| reported.contains(&closed));
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

/// Every code of the Twirp specification that is an error, and two sentences of the server's own.
const REFUSALS: [(&str, &str); 20] = [
    ("canceled", "sip request timed out"),
    ("canceled", "service shutting down"),
    ("unknown", "i/o timeout"),
    ("invalid_argument", "something happened"),
    ("malformed", "something happened"),
    ("deadline_exceeded", "request timed out"),
    ("not_found", "something happened"),
    ("bad_route", "something happened"),
    ("already_exists", "something happened"),
    ("permission_denied", "something happened"),
    ("unauthenticated", "something happened"),
    ("resource_exhausted", "too many requests"),
    ("failed_precondition", "media failed"),
    // A later request of the call may need a connection of its own.
    (
        "failed_precondition",
        "transport<TCP> dial err=connection refused",
    ),
    ("aborted", "something happened"),
    ("out_of_range", "something happened"),
    ("unimplemented", "something happened"),
    ("internal", "update room failed"),
    ("unavailable", "write udp: network is unreachable"),
    ("dataloss", "something happened"),
];

/// Statuses whose rows of the table do not count of themselves.
const STATUSES: [(u16, &str); 8] = [
    (403, "Forbidden"),
    (403, "Channel limit exceeded"),
    (481, "Call Does Not Exist"),
    (488, "Not Acceptable Here"),
    (500, "Server Internal Error"),
    (503, "Service Unavailable"),
    (503, "CPS limit exceeded"),
    (606, "Not Acceptable"),
];

/// Which webhooks arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hooks {
    All,
    /// That the callee left is lost.
    LeftLost,
    None,
}

/// The end of a call that rings for less than half a second, or not at all, and is refused before the first
/// poll.
fn refused(
    refusal: Option<(&'static str, &'static str)>,
    (status, phrase): (u16, &'static str),
    (hooks, rings): (Hooks, bool),
) -> CallReport {
    let part = Part {
        ring: Duration::from_millis(800),
        fate: Fate::Refused(status, phrase),
    };
    let now = rig::lab().now();
    let mut script = Script::new(7).with(&number(PERSON).to_string(), &[part]);
    if !rings {
        script = script.during(now, now + Duration::from_hours(6), Spell::Block);
    }
    let mut setup = Setup {
        script,
        webhooks: hooks != Hooks::None,
        ..Setup::default()
    };
    setup.settings.refusal = refusal;
    if hooks == Hooks::LeftLost {
        setup.settings.lost_hooks.push("participant_left");
    }
    let mut bench = setup.start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    let ended = |reported: &[ProviderEvent]| names(reported, 1).iter().any(|name| *name != "sent");
    bench.rig.wait("an end", ended);
    assert_eq!(bench.invites(1), 1);
    match rig::ends(&bench.rig.reported, 1).first() {
        Some(report) => report.clone(),
        None => panic!("its fate is known: {refusal:?} {status} {hooks:?}"),
    }
}

#[test]
fn a_short_ring_that_no_poll_saw_counts_whatever_the_answer_is() {
    for hooks in [Hooks::All, Hooks::LeftLost, Hooks::None] {
        let refusals = REFUSALS.map(|refusal| (Some(refusal), (503, "")));
        let statuses = STATUSES.map(|status| (None, status));
        for (refusal, status) in refusals.into_iter().chain(statuses) {
            let report = refused(refusal, status, (hooks, true));
            let read = classify(&report);
            assert!(read.counts, "{refusal:?} {status:?} {hooks:?} {report:?}");
            // Where nobody knows whether it rang, it is not the callee's doing.
            let is_known = hooks == Hooks::All;
            assert!(is_known || read.fault != Fault::Callee, "{report:?}");
        }
    }
}

#[test]
fn a_refusal_stands_where_the_leaving_callee_shows_that_nothing_rang() {
    let table = [
        ("resource_exhausted", CallEnd::Throttled),
        ("not_found", CallEnd::TrunkUnknown),
        ("invalid_argument", CallEnd::Misconfigured),
        ("permission_denied", CallEnd::AccountRefused),
        ("failed_precondition", CallEnd::NobodyRang),
        ("canceled", CallEnd::NobodyRang),
    ];
    for (code, end) in table {
        let report = refused(Some((code, "something")), (603, ""), (Hooks::All, false));
        assert_eq!(report.end, end, "{code}");
        assert!(!classify(&report).counts, "{code}");
        // Without that webhook it is in doubt.
        for hooks in [Hooks::LeftLost, Hooks::None] {
            let report = refused(Some((code, "something")), (603, ""), (hooks, false));
            assert!(classify(&report).counts, "{code} {hooks:?} {report:?}");
        }
    }
}

/// The server counts its limit from the INVITE, which leaves after the callee has joined.
#[test]
fn a_phone_that_rings_at_the_last_moment_is_seen_without_webhooks() {
    let part = Part {
        // The callee joins 3 s late, and rings for the second half: from 6 s to 9 s.
        ring: Duration::from_secs(6),
        fate: Fate::Refused(503, "Service Unavailable"),
    };
    let mut bench = Setup {
        script: Script::new(7).with(&number(PERSON).to_string(), &[part]),
        faults: Faults::new(1).with("slow_join", 1000),
        ..Setup::default()
    }
    .without_webhooks()
    .start();
    let mut dial = bench.rig.dial(1, number(PERSON));
    dial.ring_timeout = Duration::from_secs(6);
    bench.rig.place(dial);
    let report = bench.rig.end_of(1);
    assert_eq!(report.rang, Some(true), "{report:?}");
}

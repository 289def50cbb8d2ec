//! What goes wrong on the way to a phone, and what must never follow from it.

use dialdeck::provider::Unlisted;

use super::*;

/// Places a call under one fault, which has to lose its answer.
fn lost_by(fault: &'static str) -> Bench {
    let mut bench = Setup {
        script: answering(2, 5),
        ..Setup::with_fault(fault)
    }
    .without_webhooks()
    .start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.wait_for(1, "lost");
    assert_eq!(names(&bench.rig.reported, 1), ["sent", "lost"], "{fault}");
    bench
}

#[test]
fn an_answer_lost_after_the_invite_is_no_end_and_no_second_call() {
    for fault in ["cut", "gateway_after", "deadline", "silence", "broken_json"] {
        let bench = lost_by(fault);
        assert_eq!(bench.invites(1), 1, "{fault}");
    }
}

#[test]
fn a_gateways_error_page_is_in_doubt_even_when_nothing_was_dialed() {
    let mut bench = lost_by("gateway_before");
    assert_eq!(bench.invites(1), 0);
    // Nobody is there, but the request may yet be on its way.
    assert_eq!(bench.rig.look_up(1, number(PERSON)), LookUp::CannotTell);
    assert_eq!(bench.double.rooms().len(), 1, "its room waits for it");
    let found = bench.look_up_after(1, Duration::from_mins(4));
    assert!(
        matches!(&found, LookUp::Ended(report, _) if report.end == CallEnd::Unresolved),
        "{found:?}"
    );
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_lost_call_is_followed_by_look_ups() {
    let mut bench = lost_by("cut");
    let mut seen = Vec::new();
    loop {
        let found = bench.look_up_after(1, Duration::from_secs(30));
        match &found {
            LookUp::InProgress => {}
            // Between its leaving and the next look nobody saw it answered: still no guess.
            LookUp::CannotTell => break,
            LookUp::Ended(report, _) => {
                // The agent's reports and the looks prove that it was answered.
                assert_eq!(report.end, CallEnd::Completed);
                break;
            }
            LookUp::NeverPlaced => panic!("it was"),
        }
        seen.push(found);
    }
    assert!(!seen.is_empty(), "it was seen in progress");
    assert_eq!(bench.invites(1), 1);
}

#[test]
fn a_lost_call_ends_by_its_webhook() {
    let mut bench = Setup {
        script: answering(2, 5),
        ..Setup::with_fault("cut")
    }
    .start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Completed);
    assert_eq!(bench.invites(1), 1);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_lost_refusal_is_not_explained_by_its_reason() {
    let mut bench = Setup::with_fault("cut").start();
    // `USER_REJECTED` is busy, declined and invalid alike.
    assert_eq!(bench.rig.outcome(1, number(BUSY)).end, CallEnd::Unresolved);
    // `USER_UNAVAILABLE` is nobody there.
    assert_eq!(bench.rig.outcome(2, number(SILENT)).end, CallEnd::RangOut);
}

#[test]
fn a_restart_finds_its_calls_again() {
    let mut bench = Setup {
        script: answering(2, 3600),
        ..Setup::default()
    }
    .without_webhooks()
    .start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.wait_for(1, "answered");
    let lab = bench.rig.lab.clone();
    bench.rig = rig_for(&bench.double, &lab, false);
    assert_eq!(bench.rig.look_up(1, number(PERSON)), LookUp::InProgress);
    bench.rig.ask(Ask::HangUp(attempt(1)));
    let mut found = LookUp::InProgress;
    while found == LookUp::InProgress {
        found = bench.look_up_after(1, Duration::from_mins(4));
    }
    assert!(
        matches!(&found, LookUp::Ended(report, _) if report.end == CallEnd::Completed),
        "it was seen answered: {found:?}"
    );
    assert_eq!(bench.invites(1), 1);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
    // Of a call that nobody has ever seen nothing is known.
    let found = bench.look_up_after(77, Duration::ZERO);
    assert_eq!(found, LookUp::CannotTell);
}

#[test]
fn without_its_agent_nothing_is_dialed() {
    let mut bench = Setup::with_fault("agent_missing").start();
    assert_eq!(bench.rig.outcome(1, number(PERSON)).end, CallEnd::NoAgent);
    assert_eq!(names(&bench.rig.reported, 1), ["ended"]);
    assert_eq!(bench.double.asked("SIP/CreateSIPParticipant").len(), 0);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn what_is_refused_before_the_invite_says_so() {
    let table: [(&str, CallEnd); 2] = [
        ("unavailable", CallEnd::ProviderFailed),
        ("limit", CallEnd::Throttled),
    ];
    for (fault, end) in table {
        let mut bench = Setup::with_fault(fault).start();
        assert_eq!(bench.rig.outcome(1, number(PERSON)).end, end);
        assert_eq!(names(&bench.rig.reported, 1), ["sent", "ended"]);
        assert_eq!((bench.invites(1), bench.double.rooms().len()), (0, 0));
    }
}

#[test]
fn a_limit_is_told_with_its_pause() {
    for pause in [None, Some(17)] {
        let mut setup = Setup::with_fault("limit");
        setup.settings.retry_after = pause;
        let report = setup.start().rig.outcome(1, number(PERSON));
        assert_eq!(report.end, CallEnd::Throttled);
        let reported = report.retry_after.map(|span| span.as_secs());
        assert_eq!(reported, pause.map(u64::from));
    }
}

#[test]
fn a_project_at_its_limit_dials_nothing() {
    let mut setup = Setup::default();
    setup.settings.per_minute = 0;
    setup.settings.retry_after = Some(5);
    let mut bench = setup.start();
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::Throttled);
    assert_eq!(report.retry_after, Some(Duration::from_secs(5)));
    assert_eq!(names(&bench.rig.reported, 1), ["ended"]);
}

#[test]
fn a_wrong_configuration_is_the_trunks_fault() {
    let end_with = |change: fn(&mut Settings)| {
        let mut bench = Setup::default().start();
        change(&mut bench.double.settings());
        let end = bench.rig.outcome(1, number(PERSON)).end;
        assert_eq!(bench.double.ledger().entries().len(), 0);
        end
    };
    let refused = end_with(|settings| settings.secret = "changed".to_owned());
    assert_eq!(refused, CallEnd::AccountRefused);
    let unknown = end_with(|settings| settings.trunk = "ST_other".to_owned());
    assert_eq!(unknown, CallEnd::TrunkUnknown);
    let nobody = end_with(|settings| settings.agent = "somebody-else".to_owned());
    assert_eq!(nobody, CallEnd::NoAgent);
}

#[test]
fn nothing_listens_and_nothing_is_sent() {
    let lab = rig::lab();
    let url = rig::NOBODY.to_owned();
    let front = Front::open(&lab);
    let vendor = LiveKit::new(account(url), None, lab.http());
    let mut rig = front.start(vendor);
    assert_eq!(rig.outcome(1, number(PERSON)).end, CallEnd::ProviderFailed);
    assert_eq!(names(&rig.reported, 1), ["ended"]);
}

#[test]
fn what_is_hung_up_before_it_left_never_leaves() {
    let mut bench = Setup::with_fault("agent_missing").start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.rig.ask(Ask::HangUp(attempt(1)));
    assert_eq!(bench.rig.end_of(1).end, CallEnd::NeverSent);
    bench.rig.ask(Ask::HangUp(attempt(2)));
    bench.rig.place(bench.rig.dial(2, number(PERSON)));
    assert_eq!(bench.rig.end_of(2).end, CallEnd::NeverSent);
    assert_eq!(bench.double.asked("SIP/CreateSIPParticipant").len(), 0);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_hang_up_outruns_its_call_and_still_ends_it() {
    // The callee cannot be removed from a room that is yet to be joined.
    let mut bench = Setup::with_fault("slow_join").start();
    bench.rig.place(bench.rig.dial(1, number(SILENT)));
    bench.wait_for(1, "sent");
    bench.rig.ask(Ask::HangUp(attempt(1)));
    assert_eq!(bench.rig.end_of(1).end, CallEnd::CancelledByUs);
    assert!(bench.double.asked("RoomService/RemoveParticipant").len() > 1);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_server_that_falls_silent_after_the_answer_holds_no_slot_for_ever() {
    let mut bench = Setup {
        script: answering(2, 3600),
        ..Setup::default()
    }
    .start();
    let mut dial = bench.rig.dial(1, number(PERSON));
    dial.max_call = Duration::from_mins(1);
    bench.rig.place(dial);
    bench.wait_for(1, "answered");
    drop(bench.double);
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Completed);
}

#[test]
fn what_is_too_late_lapses() {
    let mut bench = Setup::with_fault("agent_missing").start();
    let mut late = bench.rig.dial(1, number(PERSON));
    late.expires_at = bench.rig.lab.now();
    bench.rig.place(late);
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Lapsed);
    assert_eq!(bench.double.asked("RoomService/CreateRoom").len(), 0);
    // Its time is over while it waits for the agent.
    let mut waiting = bench.rig.dial(2, number(PERSON));
    waiting.expires_at = bench.rig.lab.now() + Duration::from_secs(4);
    bench.rig.place(waiting);
    assert_eq!(bench.rig.end_of(2).end, CallEnd::Lapsed);
    assert_eq!(bench.double.asked("SIP/CreateSIPParticipant").len(), 0);
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn a_question_for_numbers_tells_an_unknown_trunk_and_refused_credentials() {
    let why = |change: fn(&mut Settings)| {
        let mut bench = Setup::default().start();
        change(&mut bench.double.settings());
        bench.rig.ask(Ask::ListNumbers);
        let found = |reported: &[ProviderEvent]| {
            reported.iter().find_map(|event| match event {
                ProviderEvent::Unlisted(why) => Some(why.clone()),
                ProviderEvent::Call(_)
                | ProviderEvent::LookedUp(..)
                | ProviderEvent::Numbers(_)
                | ProviderEvent::Unclosed(_)
                | ProviderEvent::Closed(_)
                | ProviderEvent::Warning(..) => None,
            })
        };
        bench
            .rig
            .wait("an answer", |reported| found(reported).is_some());
        found(&bench.rig.reported).unwrap()
    };
    let unknown = why(|settings| settings.trunk = "ST_other".to_owned());
    assert!(matches!(unknown, Unlisted::TrunkUnknown(_)), "{unknown:?}");
    let refused = why(|settings| settings.secret = "changed".to_owned());
    assert!(
        matches!(refused, Unlisted::CredentialsRefused(_)),
        "{refused:?}"
    );
}

//! Agents that come late, do not come, go away or say nothing.

use super::*;
use dialdeck_testkit::rig::events;
use dialdeck_testkit::vendors::ledger::Step;

fn steps(double: &LiveKitDouble) -> Vec<Step> {
    let entries = double.ledger().entries();
    entries.into_iter().map(|entry| entry.step).collect()
}

/// The agents' leaving is in the recordings of a real server: reported while the phone rings on.
#[test]
fn an_agent_that_leaves_while_it_rings_takes_the_call_along() {
    let setup = || Setup::with_fault("agent_leaves_ringing");
    for setup in [setup(), setup().without_webhooks()] {
        let mut bench = setup.start();
        let report = bench.rig.outcome(1, number(SILENT));
        assert_eq!(report.end, CallEnd::AgentLost);
        let read = dialdeck::domain::outcome::classify(&report);
        assert_eq!((read.outcome.as_str(), read.counts), ("cancelled", true));
        assert_eq!(names(&bench.rig.reported, 1), ["sent", "ended"]);
        assert_eq!(
            steps(&bench.double),
            [Step::Invite, Step::Ringing, Step::Cancel]
        );
        assert_eq!(bench.double.rooms(), Vec::<String>::new());
    }
}

#[test]
fn an_agent_that_leaves_after_the_answer_leaves_nobody_in_silence() {
    let setup = || Setup::with_fault("agent_leaves_talking");
    for setup in [setup(), setup().without_webhooks()] {
        let mut bench = setup.start();
        let report = bench.rig.outcome(1, number(PERSON));
        assert_eq!(report.end, CallEnd::LeftAlone);
        let read = dialdeck::domain::outcome::classify(&report);
        assert_eq!(
            (read.outcome.as_str(), read.cause),
            ("abandoned", "agent_lost")
        );
        assert_eq!(names(&bench.rig.reported, 1), ["sent", "answered", "ended"]);
        assert_eq!(bench.double.silences().len(), 1);
        assert_eq!(bench.double.rooms(), Vec::<String>::new());
    }
}

#[test]
fn an_agent_that_leaves_when_it_is_done_ends_a_call_as_calls_end() {
    let mut bench = Setup::with_fault("agent_leaves_after").start();
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::Completed);
    assert_eq!(report.callee_type, Some(CalleeType::Human));
    assert_eq!(bench.double.deserted().len(), 1);
    // A machine that nobody talks to any more is left alone by nobody.
    let report = bench.rig.outcome(2, number(MACHINE));
    assert_eq!(report.end, CallEnd::Completed);
    assert_eq!(report.callee_type, Some(CalleeType::Voicemail));
}

#[test]
fn a_dispatch_that_no_worker_took_is_made_again_once() {
    let mut bench = Setup::with_fault("dispatch_lost").start();
    assert_eq!(bench.rig.outcome(1, number(PERSON)).end, CallEnd::Completed);
    let asked = bench.double.asked("AgentDispatchService/CreateDispatch");
    let [again] = asked.as_slice() else {
        panic!("made again once: {asked:?}");
    };
    let first = &bench.double.asked("RoomService/CreateRoom")[0];
    assert_eq!(again["metadata"], first["agents"][0]["metadata"]);
    assert_eq!(again["agent_name"], first["agents"][0]["agent_name"]);
    let deleted = bench.double.asked("AgentDispatchService/DeleteDispatch");
    assert_eq!(deleted.len(), 1, "no two agents may come");

    let mut bench = Setup::with_fault("agent_missing").start();
    assert_eq!(bench.rig.outcome(1, number(PERSON)).end, CallEnd::NoAgent);
    let asked = bench.double.asked("AgentDispatchService/CreateDispatch");
    assert_eq!(asked.len(), 1, "once");
    assert_eq!(steps(&bench.double), []);

    let mut bench = Setup::default().start();
    assert_eq!(bench.rig.outcome(1, number(PERSON)).end, CallEnd::Completed);
    let asked = bench.double.asked("AgentDispatchService/CreateDispatch");
    assert_eq!(asked.len(), 0, "a worker has taken it");
}

#[test]
fn an_agent_that_says_nothing_is_named_once_and_its_call_left_alone() {
    let mut bench = Setup::with_fault("agent_silent").start();
    for serial in 1..4 {
        let report = bench.rig.outcome(serial, number(PERSON));
        assert_eq!(report.end, CallEnd::Completed);
    }
    let warnings = |reported: &[ProviderEvent]| -> Vec<String> {
        let texts = reported.iter().filter_map(|event| match event {
            ProviderEvent::Warning("agent_silent", text) => Some(text.clone()),
            ProviderEvent::Warning(..)
            | ProviderEvent::Call(_)
            | ProviderEvent::LookedUp(..)
            | ProviderEvent::Numbers(_)
            | ProviderEvent::Unclosed(_)
            | ProviderEvent::Closed(_)
            | ProviderEvent::Unlisted(_) => None,
        });
        texts.collect()
    };
    let reported = warnings(&bench.rig.reported);
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(
        reported[0].contains("agent dialdeck (agent-AJ_"),
        "{reported:?}"
    );
    assert_eq!(
        steps(&bench.double)
            .iter()
            .filter(|step| **step == Step::Cancel)
            .count(),
        0
    );
    let mut bench = Setup::default().start();
    bench.rig.outcome(1, number(PERSON));
    assert_eq!(warnings(&bench.rig.reported), Vec::<String>::new());
}

#[test]
fn a_call_planned_ahead_leaves_at_its_place_in_the_minute() {
    let mut bench = Setup::default().start();
    let mut request = bench.rig.dial(1, number(BUSY));
    request.not_before = bench.rig.lab.now() + Duration::from_secs(25);
    let from = request.not_before;
    bench.rig.place(request);
    assert_eq!(bench.rig.end_of(1).sip_code, Some(486));
    let sent = events(&bench.rig.reported, 1).remove(0);
    assert!(sent.at >= from, "{} is before {from}", sent.at);
    assert!(bench.double.ledger().entries()[0].at >= from);
    // Taken back while it waits: nothing rings.
    let mut request = bench.rig.dial(2, number(PERSON));
    request.not_before = bench.rig.lab.now() + Duration::from_mins(5);
    bench.rig.place(request);
    bench.rig.ask(Ask::HangUp(attempt(2)));
    assert_eq!(bench.rig.end_of(2).end, CallEnd::NeverSent);
    assert_eq!(bench.double.invites(&attempt(2).to_string()), 0);
}

/// A callee who picks up after three seconds and has hung up before a look that is made seldom.
fn short_talk() -> Script {
    answering(3, 8)
}

#[test]
fn an_agent_whose_leaving_no_webhook_tells_is_missed_by_looks() {
    let lost = |fault, script| {
        let faults = Faults::new(1).with(fault, 1000);
        Setup {
            faults: faults.with("agent_hook_lost", 1000),
            script,
            ..Setup::default()
        }
    };
    let mut bench = lost("agent_leaves_ringing", people()).start();
    assert_eq!(bench.rig.outcome(1, number(SILENT)).end, CallEnd::AgentLost);
    assert_eq!(
        steps(&bench.double),
        [Step::Invite, Step::Ringing, Step::Cancel]
    );
    for serial in 2..6 {
        let mut bench = lost("agent_leaves_talking", short_talk()).start();
        let report = bench.rig.outcome(serial, number(PERSON));
        assert_eq!(report.end, CallEnd::LeftAlone, "{serial}");
    }
}

#[test]
fn nobody_is_left_in_silence_for_a_server_that_does_not_answer() {
    for stuck in [
        "RoomService/RemoveParticipant",
        "RoomService/DeleteRoom",
        "RoomService/ListParticipants",
    ] {
        for (fault, callee, end) in [
            ("agent_leaves_ringing", SILENT, CallEnd::AgentLost),
            ("agent_leaves_talking", PERSON, CallEnd::LeftAlone),
        ] {
            let setup = Setup {
                script: if callee == SILENT {
                    people()
                } else {
                    answering(3, 3600)
                },
                settings: Settings {
                    hook_takes: (20, 50),
                    ..Settings::default()
                },
                ..Setup::with_fault(fault)
            };
            let mut bench = setup.start();
            bench.rig.place(bench.rig.dial(1, number(callee)));
            bench.wait_for(1, "sent");
            bench.double.settings().stuck = vec![stuck];
            assert_eq!(bench.rig.end_of(1).end, end, "{stuck} {fault}");
            for alone in bench.double.alone().into_values() {
                // It would take the server's own half a minute.
                assert!(alone < Duration::from_secs(10), "{stuck}: {alone:?}");
            }
        }
    }
}

#[test]
fn a_callee_of_an_earlier_run_is_not_left_in_silence() {
    for webhooks in [true, false] {
        let setup = Setup {
            script: answering(3, 3600),
            webhooks,
            ..Setup::default()
        };
        let mut bench = setup.start();
        bench.rig.place(bench.rig.dial(1, number(PERSON)));
        bench.wait_for(1, "answered");
        // The engine is gone, and another asks for its calls.
        bench.rig = rig_for(&bench.double, &bench.rig.lab, webhooks);
        let found = bench.rig.look_up(1, number(PERSON));
        assert_eq!(found, LookUp::InProgress);
        bench.double.take_agent(&format!("dd-{}", attempt(1)));
        // No answer to a look-up, but the watch over its room, ends it.
        let carrier = bench.double.ledger().clone();
        bench.rig.until("the end at the double", || {
            carrier.entries().last().map(|entry| entry.step) == Some(Step::End)
        });
        let found = bench.look_up_after(1, Duration::from_mins(4));
        let LookUp::Ended(report, _) = found else {
            panic!("{found:?}");
        };
        assert_eq!(report.end, CallEnd::LeftAlone);
    }
}

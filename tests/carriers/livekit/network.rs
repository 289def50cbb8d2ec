//! Each verb of LiveKit's lost on the way: what is concluded of the call.

use dialdeck::domain::outcome::classify;

use super::*;
use dialdeck_testkit::vendors::lab::{Failing, Failure};

const VERBS: [&str; 6] = [
    "/CreateRoom",
    "/ListParticipants",
    "/GetParticipant",
    "/CreateSIPParticipant",
    "/RemoveParticipant",
    "/DeleteRoom",
];

/// Places a call while every request of this verb fails, and hangs it up if it is answered; then the network
/// works again. Returns how the call ended.
fn ended_under(verb: &'static str, failure: Failure, webhooks: bool) -> (CallReport, Bench) {
    let mut bench = Setup {
        script: answering(3, 20),
        webhooks,
        ..Setup::default()
    }
    .start();
    bench.rig.lab.fail(&[Failing {
        request: verb,
        failure,
        of_thousand: 1000,
    }]);
    let mut dial = bench.rig.dial(1, number(PERSON));
    dial.expires_at = bench.rig.lab.now() + Duration::from_mins(2);
    bench.rig.place(dial);
    let first = |reported: &[ProviderEvent]| {
        let names = names(reported, 1);
        names
            .iter()
            .any(|name| matches!(*name, "answered" | "ended" | "lost"))
    };
    bench.rig.wait("news", first);
    bench.rig.ask(Ask::HangUp(attempt(1)));
    for _ in 0..5 {
        assert_ne!(bench.look_up_after(1, Duration::ZERO), LookUp::NeverPlaced);
    }
    bench.rig.lab.fail(&[]);
    loop {
        if let Some(report) = rig::ends(&bench.rig.reported, 1).first() {
            return (report.clone(), bench);
        }
        if let LookUp::Ended(report, _) = bench.look_up_after(1, Duration::from_mins(4)) {
            return (report, bench);
        }
    }
}

#[test]
fn a_verb_that_is_lost_neither_rings_twice_nor_hides_a_call() {
    for verb in VERBS {
        for failure in [
            Failure::ResetAfter,
            Failure::SilentAfter,
            Failure::SilentBefore,
        ] {
            for webhooks in [true, false] {
                let (report, bench) = ended_under(verb, failure, webhooks);
                let invites = bench.invites(1);
                assert!(invites <= 1, "{verb} {failure:?}");
                // A call that was dialed counts, whatever was lost.
                let counts = classify(&report).counts;
                assert!(counts || invites == 0, "{verb} {failure:?} {report:?}");
                let reported = rig::ends(&bench.rig.reported, 1);
                assert!(reported.len() <= 1, "{verb} {failure:?} {reported:?}");
            }
        }
    }
}

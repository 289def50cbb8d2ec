//! Campaigns whose requests get lost on the way, in virtual time, and vendors that forget or list carelessly:
//! one INVITE for each attempt, and no number twice in flight.

use std::time::Duration;

use super::deck::{Ended, Size, Stage};
use super::sockets::assert_safe;
use super::{PLUM, livekit, on_bubblyphone, on_bubblyphone_that, on_plum, on_plum_with};
use dialdeck_testkit::vendors::bubblyphone::Listing;
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::{Failing, Failure};
use dialdeck_testkit::vendors::plum::Options;
use dialdeck_testkit::vendors::script::Script;

/// Every verb of every vendor, failing in each way.
const FAILURES: [&[Failing]; 3] = [
    &verbs(Failure::ResetAfter),
    &verbs(Failure::SilentAfter),
    &verbs(Failure::SilentBefore),
];

const fn verbs(failure: Failure) -> [Failing; 14] {
    const fn failing(request: &'static str, failure: Failure, of_thousand: u64) -> Failing {
        Failing {
            request,
            failure,
            of_thousand,
        }
    }
    [
        failing("/CreateRoom", failure, 100),
        failing("/ListParticipants", failure, 150),
        failing("/GetParticipant", failure, 150),
        failing("/CreateSIPParticipant", failure, 150),
        failing("/RemoveParticipant", failure, 300),
        failing("/DeleteRoom", failure, 200),
        failing("/ListDispatch", failure, 150),
        failing("/CreateDispatch", failure, 150),
        failing("/hangup", failure, 300),
        // The request that makes a phone ring, and the listing.
        failing("/calls$", failure, 150),
        failing("/calls/", failure, 150),
        failing("/phone-numbers", failure, 150),
        failing("/queuecall.php", failure, 300),
        failing("/queuecalls.php", failure, 300),
    ]
}

const fn lossy(failing: &'static [Failing]) -> Size {
    Size {
        sockets: None,
        attempts: 150,
        at_once: 60,
        failing,
    }
}

const WHOLE: Size = lossy(&[]);

/// Nothing unsafe happened, although answers were lost; and most calls came to an end that is known.
fn assert_safe_and_lossy(ended: &Ended) {
    assert_safe(ended);
    assert!(ended.failed >= 2, "{} requests were lost", ended.failed);
    let calls = ended.calls();
    let known = calls.iter().filter(|call| call.outcome != "unknown");
    assert!(known.count() * 2 > calls.len(), "{calls:?}");
}

#[test]
fn livekit_on_a_network_that_loses_any_request() {
    for failing in FAILURES {
        let faults = Faults::new(7).with("hook_dropped", 100);
        let script = |_| Script::new(23);
        let (ended, ..) = livekit(lossy(failing), faults, script, |settings| {
            settings.hook_takes = (20, 200);
        });
        assert_safe_and_lossy(&ended);
    }
}

#[test]
fn bubblyphone_on_a_network_that_loses_any_request() {
    for failing in FAILURES {
        let stage = Stage::new("kind = \"bubblyphone\"\n", lossy(failing));
        let faults = Faults::new(5).with("hook_lost", 100);
        let ended = on_bubblyphone(stage, Script::new(29), faults);
        assert_safe_and_lossy(&ended);
    }
}

#[test]
fn plum_on_a_network_that_loses_any_request() {
    for failing in FAILURES {
        let stage = Stage::new(PLUM, lossy(failing));
        let faults = Faults::new(9).with("result_twice", 100);
        let (ended, double) = on_plum(stage, Script::new(31), faults);
        assert_safe_and_lossy(&ended);
        assert_eq!(double.seen().overruns, 0);
    }
}

#[test]
fn plum_that_restarts_in_mid_campaign_and_forgets_its_queue() {
    let stage = Stage::new(PLUM, WHOLE);
    let start = stage.lab.now();
    let options = Options {
        script: Script::new(37),
        restarts: [20, 75]
            .map(|after| start + Duration::from_secs(after))
            .to_vec(),
        ..Options::new(&stage.lab)
    };
    let (ended, double) = on_plum_with(stage, options);
    assert_safe(&ended);
    assert_eq!(double.seen().overruns, 0);
    let calls = ended.calls();
    let forgotten = calls
        .iter()
        .filter(|call| call.outcome == "unknown")
        .count();
    assert!(forgotten >= 2, "{calls:?}");
    assert!(ended.alerts("results_missing") >= 1, "they are named");
}

#[test]
fn bubblyphone_that_lists_its_calls_carelessly() {
    for listing in [Listing::Unordered, Listing::Twice, Listing::Stale] {
        let stage = Stage::new("kind = \"bubblyphone\"\n", WHOLE);
        let ended = on_bubblyphone_that(stage, Script::new(41), |settings| {
            settings.listing = listing;
            settings.page_size = 7;
            settings.faults = Faults::new(5)
                .with("post_cut", 150)
                .with("error_after", 50)
                .with("post_cut_before", 50)
                .with("hook_lost", 300);
        });
        assert_safe(&ended);
        // Of a call that was placed the listing, or a webhook, shows what became of it.
        let placed = |call: &&super::deck::Call| call.invites == 1;
        let calls = ended.calls();
        let placed: Vec<_> = calls.iter().filter(placed).collect();
        let unknown = placed.iter().filter(|call| call.outcome == "unknown");
        assert!(unknown.count() * 20 <= placed.len(), "{listing:?}");
    }
}

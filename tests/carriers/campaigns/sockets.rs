//! A small campaign through each double over real sockets, with real threads and the deck's own listener.
//! What becomes of each call depends on the machine; what must never happen does not.

use super::deck::{Ended, Size, Stage};
use super::{PLUM, livekit, on_bubblyphone, on_plum};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::script::Script;

const SMALL: Size = Size {
    sockets: Some(10),
    attempts: 60,
    at_once: 40,
    failing: &[],
};

/// Every attempt has ended, and none rang a phone twice or beside another.
pub(super) fn assert_safe(ended: &Ended) {
    ended.assert_clean();
    let attempts = ended.attempts();
    assert!(attempts >= ended.size.attempts, "{attempts}");
    assert_eq!(ended.open_attempts(), 0);
    assert_eq!(ended.twice_up(), Vec::<String>::new());
    let calls = ended.calls();
    let rang = calls.iter().filter(|call| call.invites > 0).count();
    assert!(rang > 0, "{calls:?}");
    for call in calls {
        assert!(call.invites <= 1, "{call:?}");
    }
}

#[test]
fn through_livekit_over_sockets() {
    let faults = Faults::new(7)
        .with("cut", 50)
        .with("unavailable", 50)
        .with("gateway_after", 50)
        .with("hook_twice", 100)
        .with("hook_dropped", 100);
    let (ended, ..) = livekit(SMALL, faults, |_| Script::new(11), |_| {});
    assert_safe(&ended);
}

#[test]
fn through_bubblyphone_over_sockets() {
    let stage = Stage::new("kind = \"bubblyphone\"\n", SMALL);
    let faults = Faults::new(5)
        .with("post_cut", 50)
        .with("error_before", 50)
        .with("get_cut", 50)
        .with("hook_lost", 100);
    assert_safe(&on_bubblyphone(stage, Script::new(17), faults));
}

#[test]
fn through_plum_over_sockets() {
    let stage = Stage::new(PLUM, SMALL);
    let faults = Faults::new(9)
        .with("cut_after", 50)
        .with("500_before", 50)
        .with("result_twice", 100);
    let (ended, double) = on_plum(stage, Script::new(13), faults);
    assert_eq!(double.seen().overruns, 0);
    assert_safe(&ended);
}

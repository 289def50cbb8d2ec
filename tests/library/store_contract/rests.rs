//! The kept state of a trunk's breaker: it outlives its engine, and other processes read it.

use dialdeck::domain::outcome::TrunkFinding;
use dialdeck::domain::{TrunkName, TrunkSettings};
use dialdeck::policy::breaker::{Breaker, Kept};
use dialdeck::store::{EngineStore, Reads as _};

use dialdeck_testkit::world::*;

contract!(
    what_is_kept_of_a_breaker_is_in_the_next_snapshot,
    a_reset_forgets_what_is_kept,
    what_is_kept_is_not_logged,
);

fn trunk() -> TrunkName {
    let TrunkSettings { name, .. } = deck().trunks.remove(0);
    name
}

/// Returns a breaker that a limit of two minutes rests.
fn throttled() -> Breaker {
    let mut breaker = Breaker::default();
    breaker.on_result(
        TrunkFinding::Throttled(secs(120)),
        (number(0), morning()),
        morning(),
    );
    breaker
}

/// Returns a breaker that waits for an operator.
fn refused() -> Breaker {
    let mut breaker = Breaker::default();
    breaker.on_result(TrunkFinding::Refused, (number(0), morning()), morning());
    breaker
}

fn what_is_kept_of_a_breaker_is_in_the_next_snapshot(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 1);
    assert_eq!(store.snapshot(now).unwrap().rest_of(&trunk(), now), None);
    for breaker in [throttled(), refused(), throttled()] {
        store.keep_rest(&trunk(), breaker.kept()).unwrap();
        let snapshot = store.snapshot(now).unwrap();
        assert_eq!(snapshot.trunk_rests[&trunk()], breaker.kept());
        for later in [0, 119, 120, 100_000].map(|later| now + secs(later)) {
            assert_eq!(snapshot.rest_of(&trunk(), later), breaker.rest(later));
        }
        let other = TrunkName("other".to_owned());
        assert_eq!(snapshot.rest_of(&other, now), None);
    }
    store.keep_rest(&trunk(), Kept::default()).unwrap();
    assert!(store.snapshot(now).unwrap().trunk_rests.is_empty());
}

fn a_reset_forgets_what_is_kept(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 1);
    store.keep_rest(&trunk(), refused().kept()).unwrap();
    let nobody = TrunkName("nobody".to_owned());
    assert!(!store.reset_trunk(&nobody, &by(now)).unwrap());
    assert!(
        store
            .snapshot(now)
            .unwrap()
            .rest_of(&trunk(), now)
            .is_some()
    );
    assert!(store.reset_trunk(&trunk(), &by(now)).unwrap());
    assert!(store.snapshot(now).unwrap().trunk_rests.is_empty());
}

fn what_is_kept_is_not_logged(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 1);
    let head = store.snapshot(now).unwrap().head;
    store.keep_rest(&trunk(), throttled().kept()).unwrap();
    assert_eq!(store.snapshot(now).unwrap().head, head);
}

/// One program is killed, another opens its deck.
#[test]
fn a_rest_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let now = morning();
    {
        let mut store = sqlite_engine(&folder);
        running(&mut store, 1);
        store.keep_rest(&trunk(), throttled().kept()).unwrap();
    }
    let rest = sqlite(&folder)
        .snapshot(now)
        .unwrap()
        .rest_of(&trunk(), now);
    assert_eq!(rest, throttled().rest(now));
    assert_eq!(rest.unwrap().until, Some(now + secs(120)));
}

//! What `why` says of a call that is up.

use dialdeck::domain::CallEventKind;
use dialdeck::engine::desk::why::{When, report};
use dialdeck::rules::Rules;

use dialdeck_testkit::world::*;

#[test]
fn the_answer_about_a_call_that_is_up_begins_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    let now = morning() + secs(60);
    let answer = |engine: &mut _, when| {
        let rules = Rules::embedded();
        let report = report(engine, rules, number(0), None, when).unwrap();
        report.contacts[0].answer.clone()
    };
    assert!(!answer(&mut engine, When::Now(now)).contains("a call to it"));
    let attempt = dial(&mut engine, contacts[0], morning());
    for (event, begins) in [
        (None, "a call to it is being placed: it was planned at "),
        (
            Some(CallEventKind::Sent),
            "a call to it is up: it was sent at ",
        ),
        (
            Some(CallEventKind::Ringing),
            "a call to it is up: the phone rang first at ",
        ),
        (
            Some(CallEventKind::Answered),
            "a call to it is up: it was answered at ",
        ),
    ] {
        if let Some(event) = event {
            tell(&mut engine, attempt.id, event, morning() + secs(5));
        }
        let text = answer(&mut engine, When::Now(now));
        assert!(text.starts_with(begins), "{text}");
        assert!(text.contains(" Another call: not now: "), "{text}");
    }
    let other = answer(&mut engine, When::At(now));
    assert!(other.starts_with("not now: "), "{other}");
    settle(&mut engine, attempt.id, &talked(), now);
    assert!(!answer(&mut engine, When::Now(now)).contains("a call to it"));
}

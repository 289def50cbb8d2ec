//! Alerts that end with their state.

use dialdeck::domain::CallEnd;
use dialdeck::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck::store::Acts as _;

use crate::desk::bench::desk;
use dialdeck_testkit::world::*;

#[test]
fn an_alert_about_a_hang_up_ends_with_the_calls() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    let open = || desk(&folder).view().unwrap().board.alerts.len();
    engine.hang_up_all("fire", &by(morning())).unwrap();
    assert_eq!(open(), 0, "no call was up");
    let attempt = dial(&mut engine, contacts[0], morning());
    assert_eq!(open(), 1);
    settle(&mut engine, attempt.id, &talked(), morning() + secs(9));
    assert_eq!(open(), 0);
}

#[test]
fn an_alert_about_abandoned_calls_ends_when_the_share_has_fallen() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 40);
    let name = "spring-reminders";
    for of in [Some(name), None] {
        // An older log does not have the campaign as a field.
        let alert = EventData::AlertRaised(AlertRaised::abandonment_above_law(name, 1, 1, 3));
        let alert = NewEvent::new(morning(), "engine", alert);
        let alert = match of {
            Some(name) => alert.campaign(name),
            None => alert,
        };
        engine.append(&alert).unwrap();
    }
    let open = || desk(&folder).view().unwrap().board.alerts.len();
    let mut now = morning();
    let mut end = |end: &_, place: usize| {
        now = now + secs(10);
        let attempt = dial(&mut engine, contacts[place], now);
        settle(&mut engine, attempt.id, end, now + secs(5));
    };
    assert_eq!(open(), 0, "no call was abandoned");
    end(&ended(CallEnd::Abandoned), 0);
    assert_eq!(open(), 2);
    for place in 1..33 {
        end(&talked(), place);
    }
    assert_eq!(open(), 2, "1 of 33");
    end(&talked(), 33);
    assert_eq!(open(), 0, "1 of 34");
}

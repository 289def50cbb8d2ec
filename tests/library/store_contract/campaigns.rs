//! Campaigns: their states, their pacing and their brake.

use dialdeck::domain::campaign::Pacing;
use dialdeck::domain::{CallEnd, CallEventKind, CampaignState, ContactId, Timestamp};
use dialdeck::policy::Refusal;
use dialdeck::store::{Claimed, EngineStore, ImportFigures, StoreError};

use dialdeck_testkit::world::*;

contract!(
    a_released_brake_holds_again_on_new_evidence_only,
    campaigns_move_only_as_they_may,
    the_pace_never_passes_the_files_ceiling,
    a_done_campaign_runs_again_after_an_import,
);

fn a_released_brake_holds_again_on_new_evidence_only(store: &mut impl EngineStore) {
    let (id, contacts) = running(store, 3);
    let now = morning();
    lose(store, contacts[0], now);
    lose(store, contacts[1], now + secs(60));
    assert_eq!(abandoned(store, now + secs(90)), (2, 2));
    let head = store.snapshot(now).unwrap().head;
    let before = store.release_brake(id, "two more agents", &by(now + secs(90)));
    let before = before.unwrap();
    assert_eq!((before.answered, before.abandoned), (2, 2));
    assert_eq!(abandoned(store, now + secs(90)), (0, 0));
    assert_eq!(by_law(store, now + secs(90)), (2, 2));
    let entry = store.tail(head, 1).unwrap().remove(0).line;
    let data =
        r#""data":{"brake":"released","reason":"two more agents","answered_live":2,"abandoned":2}"#;
    assert!(
        entry.contains(data) && entry.contains(r#""actor":"maria""#),
        "{entry}"
    );
    lose(store, contacts[2], now + secs(120));
    assert_eq!(abandoned(store, now + secs(150)), (1, 1));
    assert_eq!(by_law(store, now + secs(150)), (3, 3));
}

/// A call that a person answers and that is abandoned.
fn lose(store: &mut impl EngineStore, contact: ContactId, now: Timestamp) {
    let attempt = dial(store, contact, now).id;
    assert!(tell(store, attempt, CallEventKind::Answered, now));
    settle(store, attempt, &ended(CallEnd::Abandoned), now).unwrap();
}

fn abandoned(store: &mut impl EngineStore, now: Timestamp) -> (u64, u64) {
    let counts = store.snapshot(now).unwrap().campaigns.remove(0).abandonment;
    (counts.brake.answered, counts.brake.abandoned)
}

fn by_law(store: &mut impl EngineStore, now: Timestamp) -> (u64, u64) {
    let counts = store.snapshot(now).unwrap().campaigns.remove(0).abandonment;
    (counts.law.answered, counts.law.abandoned)
}

fn campaigns_move_only_as_they_may(store: &mut impl EngineStore) {
    let now = morning();
    let by = by(now);
    let (id, contacts) = running(store, 1);
    let head = store.snapshot(now).unwrap().head;
    let running = CampaignState::Running;
    store.move_campaign(id, running, "", &by).unwrap();
    assert!(kinds(store, head).is_empty());
    let paused = store.move_campaign(id, CampaignState::Paused, "lunch", &by);
    assert_eq!(paused.unwrap().pause_note.as_deref(), Some("lunch"));
    assert!(matches!(
        claim(store, contacts[0], now),
        Claimed::Held { due: None, .. }
    ));
    let resumed = store.move_campaign(id, running, "", &by).unwrap();
    assert_eq!(
        (resumed.pause_note, resumed.running_since),
        (None, Some(now))
    );
    store
        .move_campaign(id, CampaignState::Stopped, "", &by)
        .unwrap();
    let refused = store.move_campaign(id, running, "", &by);
    assert!(matches!(refused, Err(StoreError::IllegalMove { .. })));
    assert_eq!(
        kinds(store, head),
        ["campaign_paused", "campaign_resumed", "campaign_stopped"]
    );
    assert_eq!(
        claim(store, contacts[0], now),
        Claimed::Refused(Refusal::CampaignStopped)
    );
    let twice = store.add_campaign(&settings("spring-reminders"), &by);
    assert!(matches!(twice, Err(StoreError::CampaignExists(_))));
    let missing = store.campaign("none");
    assert!(matches!(missing, Err(StoreError::NoCampaign(_))));
}

fn the_pace_never_passes_the_files_ceiling(store: &mut impl EngineStore) {
    let now = morning();
    let (id, _) = running(store, 0);
    let slow = Pacing {
        calls_per_minute: 5,
        max_concurrent: 2,
        weight: 1,
    };
    let changed = store.set_pacing(id, slow, &by(now)).unwrap();
    assert_eq!(
        (changed.settings.pacing, changed.ceiling.max_concurrent),
        (slow, 5)
    );
    for pacing in [
        Pacing {
            calls_per_minute: 601,
            ..slow
        },
        Pacing {
            max_concurrent: 6,
            ..slow
        },
        Pacing {
            max_concurrent: 0,
            ..slow
        },
    ] {
        let refused = store.set_pacing(id, pacing, &by(now));
        assert!(matches!(refused, Err(StoreError::AboveCeiling(_))));
    }
    assert_eq!(store.campaigns().unwrap()[0].settings.pacing, slow);
}

fn a_done_campaign_runs_again_after_an_import(store: &mut impl EngineStore) {
    let now = morning();
    let (id, _) = running(store, 0);
    store
        .move_campaign(id, CampaignState::Done, "", &by(now))
        .unwrap();
    let head = store.snapshot(now).unwrap().head;
    let mut figures = ImportFigures {
        taken: 1,
        ..ImportFigures::default()
    };
    figures
        .consents
        .insert(dialdeck::domain::ConsentKind::Express, 1);
    store.finish_import(id, &figures, &by(now)).unwrap();
    assert_eq!(
        kinds(store, head),
        ["contacts_imported", "consent_recorded", "campaign_started"]
    );
    let state = store.campaigns().unwrap()[0].state;
    assert_eq!(state, CampaignState::Running);
}

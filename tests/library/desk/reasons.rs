//! Why no call leaves, as the desk shows it: always the claim's own hold.

use std::collections::BTreeSet;
use std::time::Duration;

use dialdeck::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck::domain::outcome::TrunkFinding;
use dialdeck::domain::{
    Area, CallEnd, CampaignId, CampaignSettings, CampaignState, ContactId, ListKind, WindowClass,
};
use dialdeck::engine::board::{Board, CampaignBoard};
use dialdeck::engine::desk::{Centre, Desk, ListQuery, NextClaim, Phase, Standing, ZoneStanding};
use dialdeck::engine::messages::remedies;
use dialdeck::policy::breaker::Breaker;
use dialdeck::policy::{Hold, HoldKind, HoldReason, Scope, Until};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{
    Acts as _, Claimed, Engine, EngineStore as _, ImportFigures, NewContact, Reads as _, RowFate,
};

use crate::desk::bench::{around, desk};
use dialdeck_testkit::world::*;

/// Adds a running campaign with these settings, over numbers in New York.
fn start(
    store: &mut Engine<SqliteStore>,
    settings: &CampaignSettings,
    contacts: u64,
) -> CampaignId {
    let rows: Vec<NewContact> = (0..contacts)
        .map(|place| row(place + 2, number(place)))
        .collect();
    start_with(store, settings, &rows).0
}

fn start_with(
    store: &mut Engine<SqliteStore>,
    settings: &CampaignSettings,
    rows: &[NewContact],
) -> (CampaignId, Vec<ContactId>) {
    let now = morning();
    let id = store.add_campaign(settings, &by(now)).unwrap();
    let fates = store.import_contacts(id, rows, now).unwrap();
    let taken = fates.into_iter().map(|fate| match fate {
        RowFate::Taken(contact) => contact,
        RowFate::Duplicate { .. } => panic!("numbers are different"),
    });
    let taken = taken.collect();
    let to = CampaignState::Running;
    store.move_campaign(id, to, "", &by(now)).unwrap();
    (id, taken)
}

/// Returns the reasons that hold the next claim of a campaign.
fn reasons(board: &CampaignBoard) -> Vec<HoldKind> {
    match &board.next {
        NextClaim::Hold(hold) => {
            let reasons = hold.reasons.iter();
            reasons.map(|reason| reason.kind.clone()).collect()
        }
        other @ (NextClaim::NothingLeft | NextClaim::Dial | NextClaim::Refuse(_)) => {
            panic!("not held: {other:?}")
        }
    }
}

/// Returns the standings of the rows in a campaign's list.
fn standings(desk: &mut Desk<SqliteStore>, id: CampaignId) -> Vec<NextClaim> {
    let page = desk
        .page(&around(&ListQuery::all(id), Centre::Start, 0, 20))
        .unwrap();
    let standing = page.rows.into_iter().map(|row| match row.standing {
        Standing::ToCall(next) => next,
        other @ (Standing::Dialing(_)
        | Standing::Ringing(_)
        | Standing::Talking(_)
        | Standing::Lost(_)
        | Standing::Ended(..)) => panic!("not to be called: {other:?}"),
    });
    standing.collect()
}

fn national() -> ListKind {
    "national:us".parse().unwrap()
}

#[test]
fn a_registry_that_was_never_loaded_holds_campaign_and_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    engine.configure(&deck()).unwrap();
    let mut needs_list = settings("spring-sale");
    needs_list.required_lists = vec![national()];
    let id = start(&mut engine, &needs_list, 3);
    let area = Area::of(number(0));
    let missing = HoldKind::RegistryMissing(national(), area);
    let mut desk = desk(&folder);
    let view = desk.view().unwrap();
    let board = &view.board.campaigns[0];
    assert_eq!(board.phase, Phase::Held);
    assert_eq!(reasons(board), std::slice::from_ref(&missing));
    assert_eq!(
        board.remedies,
        ["`dialdeck dnc import FILE --list national:us --as-of DATE` with that area"]
    );
    for next in standings(&mut desk, id) {
        assert_eq!(next.principal().unwrap().kind, missing);
    }
    // A paused campaign shows what would hold it once it ran.
    let to = CampaignState::Paused;
    engine.move_campaign(id, to, "", &by(morning())).unwrap();
    let board = desk.view().unwrap().board.campaigns.remove(0);
    assert_eq!(board.phase, Phase::Paused);
    let once_running = board.next.once_running();
    assert!(once_running.needs_operator());
    assert_eq!(once_running.principal().unwrap().kind, missing);
    let to = CampaignState::Running;
    engine.move_campaign(id, to, "", &by(morning())).unwrap();
    // Loaded, the registry holds no contact any more; too old, it does again.
    let figures = ImportFigures::default();
    let old = morning() - secs(40 * 86_400);
    let (list, writer) = (national(), by(morning()));
    let areas = BTreeSet::from([area]);
    engine
        .finish_list(&list, old, &areas, &figures, &writer)
        .unwrap();
    let board = desk.view().unwrap().board.campaigns.remove(0);
    assert_eq!(
        reasons(&board),
        [HoldKind::RegistryStale(national(), area, old)]
    );
    engine
        .finish_list(&list, morning(), &areas, &figures, &writer)
        .unwrap();
    let board = desk.view().unwrap().board.campaigns.remove(0);
    assert_eq!((board.phase, board.next), (Phase::Running, NextClaim::Dial));
}

#[test]
fn an_emergency_ban_holds_the_zone_and_its_rows_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let mut banned = deck();
    banned.emergency_bans = vec!["US-NY".to_owned()];
    engine.configure(&banned).unwrap();
    let mut in_chicago = row(2, number(20));
    in_chicago.class = Ok(WindowClass {
        zones: vec!["America/Chicago".to_owned()],
        regions: vec!["US-IL".to_owned()],
        zone_source: "stated".to_owned(),
    }
    .into());
    let rows = [in_chicago, row(3, number(0)), row(4, number(1))];
    let (id, contacts) = start_with(&mut engine, &settings("spring"), &rows);
    let ban = HoldKind::EmergencyBan("US-NY".to_owned());
    let mut desk = desk(&folder);
    let view = desk.view().unwrap();
    let board = &view.board.campaigns[0];
    assert_eq!(
        (board.phase, &board.next),
        (Phase::Running, &NextClaim::Dial)
    );
    assert_eq!((board.ready, board.waiting.window), (1, 2));
    let zones = &view.campaigns[0].zones;
    let of = |label: &str| zones.iter().find(|zone| zone.label == label).unwrap();
    assert_eq!(of("New York").standing, ZoneStanding::Held(ban.clone()));
    assert_eq!(of("New York").held, Some((2, ban.clone())));
    assert!(matches!(of("Chicago").standing, ZoneStanding::Open(_)));
    let mut held = standings(&mut desk, id);
    held.retain(|next| *next != NextClaim::Dial);
    assert_eq!(held.len(), 2);
    for next in held {
        assert_eq!(next.principal().unwrap().kind, ban);
    }
    // With no other contact left to call, a person has to act.
    let attempt = dial(&mut engine, contacts[0], morning());
    settle(&mut engine, attempt.id, &talked(), morning());
    let board = desk.view().unwrap().board.campaigns.remove(0);
    assert_eq!(board.phase, Phase::Held);
    assert_eq!(reasons(&board)[0], ban);
}

#[test]
fn the_abandonment_brake_is_held_and_its_alert_lasts_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 8);
    let mut now = morning();
    for contact in &contacts[..3] {
        now = now + secs(5);
        let attempt = dial(&mut engine, *contact, now);
        settle(&mut engine, attempt.id, &ended(CallEnd::Abandoned), now);
    }
    assert!(matches!(
        claim(&mut engine, contacts[3], now + secs(5)),
        Claimed::Held { .. }
    ));
    let codes = vec!["abandonment_brake".to_owned()];
    let alert = AlertRaised::campaign_waits("spring-reminders", codes, "why");
    let alert = NewEvent::new(now, "engine", EventData::AlertRaised(alert));
    engine.append(&alert.campaign("spring-reminders")).unwrap();
    let mut desk = desk(&folder);
    let mut view = desk.view().unwrap();
    assert_eq!(
        view.board.campaigns[0].remedies,
        ["agents there? `dialdeck campaign release spring-reminders --reason TEXT`"]
    );
    assert_eq!(view.board.alerts.len(), 1);
    let board = view.board.campaigns.remove(0);
    assert_eq!(board.phase, Phase::Held);
    assert_eq!(reasons(&board)[0], HoldKind::AbandonmentBrake(3, 3));
    assert_eq!(board.held_since, Some(now));
    // Paused by an operator or released, it raises no alert any more.
    let writer = by(now);
    let to = CampaignState::Paused;
    engine.move_campaign(id, to, "", &writer).unwrap();
    assert_eq!(desk.view().unwrap().board.alerts.len(), 0);
    let to = CampaignState::Running;
    engine.move_campaign(id, to, "", &writer).unwrap();
    assert_eq!(desk.view().unwrap().board.alerts.len(), 1);
    engine
        .release_brake(id, "agents are back", &writer)
        .unwrap();
    let view = desk.view().unwrap();
    assert_eq!(view.board.campaigns[0].phase, Phase::Running);
    assert_eq!(view.board.alerts.len(), 0);
}

#[test]
fn who_waits_for_a_retry_does_not_wait_for_a_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    engine.configure(&deck()).unwrap();
    let mut in_los_angeles = row(2, number(20));
    in_los_angeles.class = Ok(los_angeles().into());
    let rows = [in_los_angeles, row(3, number(0)), row(4, number(1))];
    let (_, contacts) = start_with(&mut engine, &settings("spring"), &rows);
    let mut now = morning();
    for contact in &contacts[1..] {
        now = now + secs(5);
        let attempt = dial(&mut engine, *contact, now);
        settle(&mut engine, attempt.id, &rejected(480), now);
    }
    let view = desk(&folder).view().unwrap();
    let board = &view.board.campaigns[0];
    assert_eq!(board.phase, Phase::Waiting);
    assert!(!board.waiting_for_window, "New York is open");
    assert_eq!((board.waiting.retry, board.waiting.window), (2, 1));
    let opens = view.campaigns[0].next_opening.unwrap();
    let due = view.campaigns[0].next_due.unwrap();
    let first = opens.min(due);
    assert_eq!(board.next.principal().unwrap().until, Until::At(first));
}

#[test]
fn each_row_says_what_its_own_claim_gets() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 3);
    // Another campaign calls the first number: the minimum gap binds this campaign, too.
    let (_, others) = campaign(&mut engine, "recall", 1);
    let attempt = dial(&mut engine, others[0], morning());
    settle(&mut engine, attempt.id, &rejected(486), morning());
    let mut desk = desk(&folder);
    desk.view().unwrap();
    let page = desk
        .page(&around(&ListQuery::all(id), Centre::Start, 0, 20))
        .unwrap();
    let shown = |contact: ContactId| {
        let row = page.rows.iter().find(|row| row.contact == contact);
        match &row.unwrap().standing {
            Standing::ToCall(next) => next.clone(),
            other @ (Standing::Dialing(_)
            | Standing::Ringing(_)
            | Standing::Talking(_)
            | Standing::Lost(_)
            | Standing::Ended(..)) => panic!("not to be called: {other:?}"),
        }
    };
    assert_eq!(shown(contacts[1]), NextClaim::Dial);
    let now = desk.view().unwrap().board.now;
    let Claimed::Held { hold, .. } = claim(&mut engine, contacts[0], now) else {
        panic!("the gap binds");
    };
    assert_eq!(shown(contacts[0]), NextClaim::Hold(hold));
}

#[test]
fn status_says_the_same_as_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    engine.configure(&deck()).unwrap();
    let mut needs_list = settings("spring-sale");
    needs_list.required_lists = vec![national()];
    start(&mut engine, &needs_list, 2);
    let shown = desk(&folder).view().unwrap().board.campaigns.remove(0);
    let snapshot = engine.snapshot(morning()).unwrap();
    let board = Board::fold(&mut engine, &snapshot, Rules::embedded(), morning()).unwrap();
    assert_eq!(board.campaigns[0], shown);
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(json["phase"], "held");
    assert_eq!(json["next"]["decision"], "hold");
    assert_eq!(json["next"]["until"], "operator");
    let reason = &json["next"]["reasons"][0];
    assert_eq!(reason["code"], "registry_missing:national:us");
    assert_eq!(reason["text"], "national:us, area code 212 not loaded");
}

#[test]
fn a_trunk_that_the_carrier_does_not_know_holds_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    engine.configure(&deck()).unwrap();
    let mut in_los_angeles = row(2, number(20));
    in_los_angeles.class = Ok(los_angeles().into());
    let rows = [
        in_los_angeles,
        row(3, number(0)),
        row(4, number(1)),
        row(5, number(2)),
        row(6, number(3)),
    ];
    let (id, contacts) = start_with(&mut engine, &settings("spring"), &rows);
    // One waits for a retry; one waits because of another campaign's call to its number.
    let mut now = morning();
    let attempt = dial(&mut engine, contacts[1], now);
    settle(&mut engine, attempt.id, &rejected(486), now);
    now = now + secs(5);
    let (_, others) = start_with(&mut engine, &settings("recall"), &[row(2, number(1))]);
    let attempt = dial(&mut engine, others[0], now);
    settle(&mut engine, attempt.id, &rejected(486), now);
    now = now + secs(5);
    assert!(matches!(
        claim(&mut engine, contacts[2], now),
        Claimed::Held { due: Some(_), .. }
    ));
    let trunk = deck().trunks.remove(0).name;
    let mut breaker = Breaker::default();
    breaker.on_result(TrunkFinding::Unknown, (number(2), now), now);
    engine.keep_rest(&trunk, breaker.kept()).unwrap();

    let unknown = HoldKind::TrunkRests("unknown_to_the_carrier");
    let mut desk = desk(&folder);
    let view = desk.view().unwrap();
    assert_eq!(view.board.campaigns.len(), 2);
    let board = &view.board.campaigns[0];
    assert_eq!(board.phase, Phase::Held);
    assert_eq!(board.next.principal().unwrap().kind, unknown);
    assert_eq!(
        board.next.principal().unwrap().kind.to_string(),
        "the trunk rests: unknown to the carrier"
    );
    let remedy = &board.remedies[0];
    assert!(remedy.contains("dialdeck trunk reset carrier"), "{remedy}");
    let waiting = standings(&mut desk, id);
    assert_eq!(waiting.len(), 5);
    for next in waiting {
        assert!(next.needs_operator(), "{next:?}");
        assert_eq!(next.principal().unwrap().kind, unknown);
    }
    let json = serde_json::to_value(board).unwrap();
    let reasons = json["next"]["reasons"].as_array().unwrap();
    let of_trunk =
        |reason: &&serde_json::Value| reason["code"] == "trunk_rests:unknown_to_the_carrier";
    assert_eq!(reasons.iter().filter(of_trunk).count(), 1, "{json:#}");
    // An operator has released the trunk.
    engine.reset_trunk(&trunk, &by(now)).unwrap();
    let board = desk.view().unwrap().board.campaigns.remove(0);
    assert_eq!(board.next, NextClaim::Dial);
}

#[test]
fn slots_that_calls_of_unknown_fate_keep_are_what_a_campaign_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    engine.configure(&deck()).unwrap();
    let rows: Vec<NewContact> = (0..8).map(|place| row(place + 2, number(place))).collect();
    let (_, contacts) = start_with(&mut engine, &settings("spring"), &rows);
    let calls: Vec<_> = contacts[..5]
        .iter()
        .zip(0..)
        .map(|(contact, place)| {
            dial(
                &mut engine,
                *contact,
                morning() + Duration::from_millis(200 * place),
            )
        })
        .collect();
    let mut desk = desk(&folder);
    let mut board = || desk.view().unwrap().board.campaigns.remove(0);
    // A cap that is full of calls that end is the pace of a campaign at work.
    assert_eq!(board().phase, Phase::Running);
    assert!(board().remedies.is_empty());
    for call in &calls {
        let at = morning() + secs(1);
        assert!(engine.mark_unknown(call.id, "overdue", at).unwrap());
    }
    let board = board();
    assert_eq!(board.phase, Phase::Waiting);
    let kind = &board.next.principal().unwrap().kind;
    assert_eq!(*kind, HoldKind::CampaignConcurrent(5, 5));
    assert!(
        board.remedies[0].starts_with("5 of 5 calls that are up are of unknown fate"),
        "{:?}",
        board.remedies
    );
}

#[test]
fn the_first_remedy_is_that_of_the_reason_that_is_named() {
    let list: ListKind = "national:us".parse().unwrap();
    let reason = |kind, until| HoldReason { kind, until };
    let reasons = vec![
        reason(HoldKind::ClockBehind, Until::At(morning())),
        reason(HoldKind::ListMissing(list), Until::Operator),
    ];
    let hold = Hold {
        reasons,
        until: Until::Operator,
        scope: Scope::Campaign,
    };
    let todo = remedies(&hold, &settings("spring-reminders"));
    assert!(todo[0].contains("--list national:us"), "{todo:?}");
    assert!(todo[1].contains("clock"), "{todo:?}");
}

//! What a person does at the desk.

use dialdeck::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck::domain::{CallEventKind, CampaignState, ContactState, Role};
use dialdeck::engine::desk::{Act, ActId, EngineOwner, Message, Request};
use dialdeck::store::{Acts as _, EngineStore as _, Reads as _};

use crate::desk::bench::Bench;
use dialdeck_testkit::world::*;

#[test]
fn a_pause_is_acknowledged_once_no_planned_call_can_leave() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (campaign, contacts) = running(&mut engine, 2);
    let attempt = dial(&mut engine, contacts[0], morning());
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Operator);
    bench.ask(Request::Act(ActId(7), Act::Pause(campaign)));
    assert!(bench.acknowledged_meanwhile().is_empty());
    let state = engine.campaign("spring-reminders").unwrap().state;
    assert_eq!(state, CampaignState::Paused);
    tell(&mut engine, attempt.id, CallEventKind::Sent, morning());
    let (id, result) = bench.acted();
    assert_eq!(id, ActId(7));
    assert_eq!(
        result.unwrap().text,
        "spring-reminders paused: no call leaves"
    );
    bench.leave();
}

#[test]
fn an_opt_out_touches_every_campaign() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, first) = running(&mut engine, 3);
    campaign(&mut engine, "recall", 3);
    let call = dial(&mut engine, first[1], morning());
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Support);
    let numbers = vec![number(0), number(1)];
    let note = Some("asked to be left alone".to_owned());
    bench.ask(Request::Act(ActId(3), Act::OptOut { numbers, note }));
    assert!(bench.acknowledged_meanwhile().is_empty());
    tell(&mut engine, call.id, CallEventKind::Sent, morning());
    let acted = bench.acted().1.unwrap();
    assert_eq!((acted.finished, acted.live), (3, 1));
    for contact in engine.contacts_with(number(0)).unwrap() {
        assert_eq!(contact.state, ContactState::Suppressed);
    }
    for contact in engine.contacts_with(number(2)).unwrap() {
        assert_eq!(contact.state, ContactState::Ready);
    }
    bench.leave();
}

#[test]
fn hanging_up_waits_for_the_engine_wherever_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    let attempt = dial(&mut engine, contacts[0], morning());
    tell(&mut engine, attempt.id, CallEventKind::Sent, morning());
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Operator);
    bench.ask(Request::Act(ActId(5), Act::HangUpAll));
    assert!(bench.acknowledged_meanwhile().is_empty());
    let wishes = engine.hang_ups().unwrap();
    assert!(wishes.is_open());
    engine.hung_up(wishes.requested).unwrap();
    let acted = bench.acted().1.unwrap();
    assert_eq!(acted.live, 1);
    bench.leave();
}

#[test]
fn hanging_up_without_an_engine_is_kept_for_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    dial(&mut engine, contacts[0], morning());
    let mut bench = Bench::open(&folder, EngineOwner::Nobody, Role::Operator);
    assert!(bench.act(Act::HangUpAll).is_ok());
    assert!(engine.hang_ups().unwrap().is_open());
    bench.leave();
}

#[test]
fn a_contact_is_called_again_and_an_alert_seen_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 2);
    let attempt = dial(&mut engine, contacts[0], morning());
    let now = morning() + secs(30);
    settle(&mut engine, attempt.id, &rejected(486), now);
    let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
    engine.append(&NewEvent::new(now, "engine", alert)).unwrap();
    let seq = engine.snapshot(now).unwrap().alerts[0].seq;
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Operator);
    let acted = bench.act(Act::Requeue(vec![contacts[0]])).unwrap();
    assert_eq!(
        acted.text,
        "1 contact is called again as soon as every gate allows"
    );
    let contact = engine.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.state, ContactState::Ready);
    assert_eq!(bench.act(Act::Acknowledge(seq)).unwrap().text, "seen to");
    assert!(engine.snapshot(now).unwrap().alerts.is_empty());
    let again = bench.act(Act::Acknowledge(seq)).unwrap();
    assert_eq!(again.text, "no alert that is still open");
    loop {
        if let Message::View(view) = bench.next()
            && view.board.alerts.is_empty()
        {
            break;
        }
    }
    bench.leave();
}

#[test]
fn what_a_role_may_not_do_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (campaign, contacts) = running(&mut engine, 2);
    let commands = [
        Act::Pause(campaign),
        Act::PauseAll,
        Act::Stop(campaign),
        Act::SetPacing(campaign, settings("spring-reminders").pacing),
        Act::Requeue(contacts),
        Act::Acknowledge(1),
        Act::HangUpAll,
    ];
    let opt_out = Act::OptOut {
        numbers: vec![number(1)],
        note: None,
    };
    for role in [Role::Viewer, Role::Support] {
        let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, role);
        for act in &commands {
            let refused = bench.act(act.clone()).unwrap_err().to_string();
            assert_eq!(refused, format!("as {role} you may not change campaigns"));
        }
        let opted_out = bench.act(opt_out.clone());
        if role == Role::Support {
            assert_eq!(opted_out.unwrap().finished, 1);
        } else {
            let refused = "as viewer you may not mark opt-outs";
            assert_eq!(opted_out.unwrap_err().to_string(), refused);
        }
        bench.leave();
    }
    let state = engine.campaign("spring-reminders").unwrap().state;
    assert_eq!(state, CampaignState::Running);
}

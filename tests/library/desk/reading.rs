//! What a desk shows of its deck.

use dialdeck::domain::event::{AlertRaised, EventData, EventKind, NewEvent};
use dialdeck::domain::{CallEventKind, ContactState, Role, WaitReason};
use dialdeck::engine::desk::{Centre, EngineOwner, ListQuery, Message, NextClaim, Request};
use dialdeck::policy::HoldKind;
use dialdeck::store::{Acts as _, EngineStore as _, Reads as _};

use crate::desk::bench::{Bench, around, desk};
use dialdeck_testkit::world::*;

#[test]
fn a_view_equals_a_recount() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 8);
    let mut now = morning();
    for (contact, end) in contacts
        .iter()
        .zip([talked(), rejected(486), rejected(404)])
    {
        now = now + secs(5);
        let attempt = dial(&mut engine, *contact, now);
        settle(&mut engine, attempt.id, &end, now);
    }
    let up = dial(&mut engine, contacts[3], now + secs(5));
    tell(&mut engine, up.id, CallEventKind::Ringing, now + secs(6));
    engine
        .suppress(&[opted_out(number(4), now + secs(7))])
        .unwrap();
    let view = desk(&folder).view().unwrap();
    let rows = engine.recount().unwrap().remove(&id).unwrap();
    let count = |wanted: &[ContactState]| {
        let of = rows.contacts.iter();
        of.filter(|((_, state), _)| wanted.contains(state))
            .map(|(_, n)| *n)
            .sum::<u64>()
    };
    let board = &view.board.campaigns[0];
    assert_eq!(board.total, count(&ContactState::ALL));
    assert_eq!(board.done, count(&[ContactState::Done]));
    assert_eq!(board.in_flight, count(&[ContactState::InFlight]));
    assert_eq!(
        board.ready + board.waiting.window,
        count(&[ContactState::Ready])
    );
    let retry = ContactState::Waiting(WaitReason::Retry);
    assert_eq!(board.waiting.retry, count(&[retry]));
    assert_eq!(board.invalid, count(&[ContactState::Invalid]));
    assert_eq!(board.suppressed, count(&[ContactState::Suppressed]));
    assert_eq!((board.attempts, rows.attempts), (4, 4));
    assert_eq!(board.outcomes, rows.outcomes);
    assert_eq!(view.board.calls.len() as u64, rows.in_flight);
    assert_eq!(view.campaigns[0].id, id);
    assert_eq!(view.engine, EngineOwner::Elsewhere);
    let to_call: u64 = view.campaigns[0]
        .zones
        .iter()
        .map(|zone| zone.to_call)
        .sum();
    let open = [ContactState::Ready, ContactState::InFlight, retry];
    assert_eq!(to_call, count(&open));
}

#[test]
fn caller_ids_not_proven_ours_bind_and_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let mut settings = deck();
    settings.trunks[0].capabilities.lists_numbers = true;
    engine.configure(&settings).unwrap();
    campaign(&mut engine, "spring", 3);
    let view = desk(&folder).view().unwrap();
    let unproven = |next: &NextClaim| match next {
        NextClaim::Hold(hold) => {
            let mut reasons = hold.reasons.iter();
            reasons.any(|reason| reason.kind == HoldKind::CallerIdsUnproven)
        }
        NextClaim::NothingLeft | NextClaim::Dial | NextClaim::Refuse(_) => false,
    };
    assert!(unproven(&view.board.campaigns[0].next));
    assert!(view.board.caller_ids.iter().all(|id| !id.proven));
    let trunk = settings.trunks[0].name.clone();
    engine
        .note_numbers(&trunk, &[caller_id(1)], &by(morning()))
        .unwrap();
    let view = desk(&folder).view().unwrap();
    assert!(!unproven(&view.board.campaigns[0].next));
    for id in &view.campaigns[0].caller_ids {
        assert_eq!(id.proven, id.number == caller_id(1));
    }
}

#[test]
fn a_page_lies_around_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let (id, contacts) = running(&mut sqlite(&folder), 20);
    let mut desk = desk(&folder);
    desk.view().unwrap();
    let all = ListQuery::all(id);
    let whole = desk.page(&around(&all, Centre::Start, 0, 40)).unwrap();
    let ids: Vec<_> = whole.rows.iter().map(|row| row.contact).collect();
    assert_eq!(ids, contacts);
    assert!(!whole.before && !whole.after);
    let key = whole.rows[9].key;
    let page = desk.page(&around(&all, Centre::At(key), 3, 4)).unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.contact).collect();
    assert_eq!(ids, contacts[6..14]);
    assert!(page.before && page.after);
    let page = desk
        .page(&around(&all, Centre::At(whole.rows[1].key), 3, 4))
        .unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.contact).collect();
    assert_eq!(ids, contacts[..6]);
    assert!(!page.before && page.after);
    let page = desk.page(&around(&all, Centre::End, 3, 4)).unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.contact).collect();
    assert_eq!(ids, contacts[13..]);
    assert!(page.before && !page.after);
}

#[test]
fn a_block_of_numbers_is_judged_before_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    running(&mut engine, 2);
    campaign(&mut engine, "recall", 1);
    engine.suppress(&[opted_out(number(1), morning())]).unwrap();
    let head = engine.snapshot(morning()).unwrap().head;
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Support);
    let block = "212-555-0100\n (212) 555-0101;call me\t+44 20 7946 0123,12125550100\n\n";
    bench.ask(Request::Judge(block.to_owned()));
    let judged = loop {
        if let Message::Judged(_, judged) = bench.next() {
            break judged;
        }
    };
    let typed: Vec<&str> = judged.iter().map(|one| one.typed.as_str()).collect();
    let once = [
        "212-555-0100",
        "(212) 555-0101",
        "call me",
        "+44 20 7946 0123",
    ];
    assert_eq!(typed, once);
    let first = judged[0].read.as_ref().unwrap();
    assert_eq!((first.number, first.country.as_str()), (number(0), "US"));
    assert!(first.country_guessed);
    assert_eq!(judged[0].contacts.len(), 2);
    assert!(judged[0].listed.is_none());
    assert_eq!(judged[1].contacts[0].state, ContactState::Suppressed);
    assert!(judged[1].listed.is_some());
    assert!(judged[2].read.is_err());
    assert!(judged[3].read.is_ok() && judged[3].contacts.is_empty());
    assert_eq!(engine.snapshot(morning()).unwrap().head, head);
    bench.leave();
}

#[test]
fn the_story_begins_a_quarter_of_an_hour_ago_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (_, contacts) = running(&mut engine, 1);
    let alert = |after: u64| {
        let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
        NewEvent::new(morning() + secs(after), "engine", alert)
    };
    engine.append(&alert(60)).unwrap();
    engine.append(&alert(901)).unwrap();
    let mut bench = Bench::open(&folder, EngineOwner::Elsewhere, Role::Viewer);
    let mut story = || loop {
        if let Message::Log(lines, skipped) = bench.next() {
            let kinds = lines.into_iter().map(|line| line.kind);
            return (kinds.collect::<Vec<_>>(), skipped);
        }
    };
    assert_eq!(story(), (vec![Some(EventKind::AlertRaised); 2], 0));
    dial(&mut engine, contacts[0], morning() + secs(902));
    assert_eq!(story(), (vec![Some(EventKind::AttemptReserved)], 0));
    bench.leave();
}

#[test]
fn the_thread_ends_when_nobody_asks_any_more() {
    let folder = tempfile::tempdir().unwrap();
    running(&mut sqlite(&folder), 1);
    Bench::open(&folder, EngineOwner::Nobody, Role::Viewer).leave();
}

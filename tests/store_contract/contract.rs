//! The contract, scene by scene, over every store.

use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::campaign::Pacing;
use dialdeck::domain::event::{EventKind, NewEvent};
use dialdeck::domain::{
    AttemptId, AttemptState, CallEventKind, CalleeType, CallerId, CallerIdState, CampaignState,
    ContactId, ContactState, ListKind, Outcome, PhoneNumber, Timestamp, WaitReason,
};
use dialdeck::policy::retry::Next;
use dialdeck::policy::{Context, HoldKind, Refusal, Until};
use dialdeck::store::{Claimed, ImportFigures, NewContact, RowFate, Store, StoreError};

use crate::world::*;

contract!(
    a_call_goes_from_ready_to_done,
    events_that_are_late_or_repeated_change_nothing,
    an_attempt_ends_once,
    a_released_brake_holds_again_on_new_evidence_only,
    a_reset_trunk_is_in_the_next_picture,
    a_busy_callee_is_called_again_later,
    an_opt_out_finishes_what_is_ready_and_names_what_is_live,
    an_opt_out_during_a_call_ends_its_contact,
    a_campaigns_own_list_binds_it_alone,
    a_registry_is_not_logged_by_number,
    only_own_lists_can_be_reversed,
    a_call_certainly_not_sent_gives_everything_back,
    an_attempt_of_unknown_fate_keeps_its_slot,
    a_blocked_caller_id_rests,
    a_second_block_neither_extends_a_rest_nor_is_told,
    an_unwanted_call_puts_the_number_on_the_internal_list,
    one_number_is_never_called_twice_at_once,
    duplicates_name_the_line_they_repeat,
    numbers_that_cannot_be_dialed_are_invalid_at_once,
    the_queue_goes_by_priority_then_age,
    what_is_over_expires,
    campaigns_move_only_as_they_may,
    the_pace_never_passes_the_files_ceiling,
    a_done_campaign_runs_again_after_an_import,
    a_failed_verb_leaves_the_group_unharmed,
    a_group_sees_what_it_has_done,
    a_contact_waits_for_its_own_reasons_alone,
    alerts_are_in_the_picture,
    an_alert_that_somebody_has_seen_to_leaves_the_picture,
    a_waiting_contact_is_called_again_at_once_but_for_its_gates,
    a_contact_of_unknown_fate_is_called_again_only_when_asked_for,
    what_has_reached_its_end_is_not_called_again,
    a_wish_to_hang_up_lasts_until_it_is_taken,
    examining_changes_nothing,
);

fn a_call_goes_from_ready_to_done(store: &mut impl Store) {
    let now = morning();
    let (campaign, contacts) = running(store, 2);
    let head = store.snapshot(now).unwrap().head;
    let attempt = dial(store, contacts[0], now);
    assert_eq!((attempt.n, attempt.state), (1, AttemptState::Reserved));
    assert_eq!(store.unsent().unwrap(), vec![attempt.clone()]);
    for kind in [
        CallEventKind::Sent,
        CallEventKind::Ringing,
        CallEventKind::Answered,
        CallEventKind::CalleeDetected(CalleeType::Human),
    ] {
        assert!(tell(store, attempt.id, kind, now + secs(1)));
    }
    assert!(store.unsent().unwrap().is_empty());
    assert_eq!(store.open_attempts().unwrap().len(), 1);
    check_counters(store, now);
    let settled = settle(
        store,
        attempt.id,
        &ended(CallEnd::Completed),
        now + secs(60),
    )
    .unwrap();
    assert_eq!(settled.read.outcome, Outcome::Answered(CalleeType::Human));
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Done)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!((contact.state, contact.attempts), (ContactState::Done, 1));
    assert_eq!(contact.reason.as_deref(), Some("human"));
    let counts = store.snapshot(now + secs(60)).unwrap().campaigns.remove(0);
    assert_eq!(counts.campaign.id, campaign);
    assert_eq!(counts.abandonment.answered_live, 1);
    assert_eq!(counts.attempts, 1);
    assert_eq!(
        kinds(store, head),
        [
            "attempt_reserved",
            "attempt_sent",
            "call_ringing",
            "call_answered",
            "callee_detected",
            "call_ended",
            "contact_finished"
        ]
    );
    assert_eq!(store.attempts_of(contacts[0]).unwrap().len(), 1);
    let log = store.tail(head, 1).unwrap();
    let reserved = r#""zones":["America/New_York"],"zone_source":"number","regions":["US-NY"]"#;
    assert!(log[0].line.contains(reserved), "{}", log[0].line);
    check_counters(store, now + secs(60));
}

fn events_that_are_late_or_repeated_change_nothing(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(tell(store, id, CallEventKind::Ringing, now + secs(2)));
    let head = store.snapshot(now).unwrap().head;
    assert!(!tell(store, id, CallEventKind::Sent, now + secs(3)));
    assert!(!tell(store, id, CallEventKind::Ringing, now + secs(3)));
    let callee = CallEventKind::CalleeDetected(CalleeType::Fax);
    assert!(!tell(store, id, callee, now + secs(3)));
    assert_eq!(store.snapshot(now).unwrap().head, head);
    let attempt = store.open_attempts().unwrap().remove(0);
    assert_eq!(attempt.sent_at, Some(now + secs(2)));
}

fn a_released_brake_holds_again_on_new_evidence_only(store: &mut impl Store) {
    let (id, contacts) = running(store, 3);
    let now = morning();
    lose(store, contacts[0], now);
    lose(store, contacts[1], now + secs(60));
    assert_eq!(abandoned(store, now + secs(90)), (2, 2));
    let head = store.snapshot(now).unwrap().head;
    let before = store.release_brake(id, "two more agents", &by(now + secs(90)));
    let before = before.unwrap();
    assert_eq!((before.answered_live, before.abandoned), (2, 2));
    assert_eq!(abandoned(store, now + secs(90)), (0, 0));
    let entry = store.tail(head, 1).unwrap().remove(0).line;
    let data =
        r#""data":{"brake":"released","reason":"two more agents","answered_live":2,"abandoned":2}"#;
    assert!(
        entry.contains(data) && entry.contains(r#""actor":"maria""#),
        "{entry}"
    );
    lose(store, contacts[2], now + secs(120));
    assert_eq!(abandoned(store, now + secs(150)), (1, 1));
}

/// A person answers and finds no agent.
fn lose(store: &mut impl Store, contact: ContactId, now: Timestamp) {
    let attempt = dial(store, contact, now).id;
    assert!(tell(store, attempt, CallEventKind::Answered, now));
    settle(store, attempt, &ended(CallEnd::Abandoned), now).unwrap();
}

fn abandoned(store: &mut impl Store, now: Timestamp) -> (u64, u64) {
    let counts = store.snapshot(now).unwrap().campaigns.remove(0).abandonment;
    (counts.answered_live, counts.abandoned)
}

fn a_reset_trunk_is_in_the_next_picture(store: &mut impl Store) {
    let now = morning();
    running(store, 1);
    assert_eq!(store.snapshot(now).unwrap().trunk_resets.len(), 0);
    let trunk = deck().trunks.remove(0).name;
    for times in 1..=2 {
        assert!(store.reset_trunk(&trunk, &by(now)).unwrap());
        let resets = store.snapshot(now).unwrap().trunk_resets;
        assert_eq!(resets.get(&trunk), Some(&times));
    }
    let head = store.snapshot(now).unwrap().head;
    let nobody = dialdeck::domain::TrunkName("nobody".to_owned());
    assert!(!store.reset_trunk(&nobody, &by(now)).unwrap());
    assert_eq!(store.snapshot(now).unwrap().head, head);
}

fn an_attempt_ends_once(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(settle(store, id, &rejected(486), now).is_some());
    let head = store.snapshot(now).unwrap().head;
    assert!(settle(store, id, &talked(), now).is_none());
    assert!(!tell(store, id, CallEventKind::Answered, now));
    assert!(!store.mark_unknown(id, "late", now).unwrap());
    assert_eq!(store.snapshot(now).unwrap().head, head);
}

fn a_busy_callee_is_called_again_later(store: &mut impl Store) {
    let now = morning();
    let (campaign, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    tell(store, id, CallEventKind::Sent, now);
    let settled = settle(store, id, &rejected(486), now + secs(5)).unwrap();
    let Some(Next::Retry(due)) = settled.next else {
        panic!("no retry: {settled:?}");
    };
    assert!(due > now);
    let counts = store.snapshot(now).unwrap().campaigns.remove(0);
    assert_eq!(counts.next_due, Some(due));
    let before_due = Timestamp::from_millis(due.as_millis() - 1);
    assert!(store.promote_due(before_due, 10).unwrap().is_empty());
    assert_eq!(claim(store, contacts[0], before_due), Claimed::Stale);
    let promoted = store.promote_due(due, 10).unwrap();
    assert_eq!(promoted[0].contact, contacts[0]);
    let class = promoted[0].class;
    let queue = store.refill(campaign, class, None, 10).unwrap();
    assert_eq!(queue, promoted);
    let second = dial(store, contacts[0], due + secs(3600));
    assert_eq!(second.n, 2);
    check_counters(store, due);
}

fn an_opt_out_finishes_what_is_ready_and_names_what_is_live(store: &mut impl Store) {
    let now = morning();
    let (first, _) = running(store, 3);
    let (second, contacts) = campaign(store, "recall", 3);
    let live = dial(store, contacts[0], now);
    let head = store.snapshot(now).unwrap().head;
    let done = store.suppress(&[opted_out(number(0), now)]).unwrap();
    assert_eq!((done.added, done.already), (1, 0));
    assert_eq!(done.live, [live.id]);
    assert_eq!(done.finished.len(), 1);
    assert_eq!(done.finished[0].0, first);
    assert_eq!(
        kinds(store, head),
        ["suppression_added", "consent_revoked", "contact_finished"]
    );
    let again = store.suppress(&[opted_out(number(0), now)]).unwrap();
    assert_eq!((again.added, again.already), (0, 1));
    let other = store.suppress(&[opted_out(number(1), now)]).unwrap();
    assert_eq!(other.finished.len(), 2);
    assert_eq!(claim(store, contacts[1], now + secs(5)), Claimed::Stale);
    assert_eq!(store.lists().unwrap()[0].count, 2);
    let counts = store.snapshot(now).unwrap().campaigns;
    let refused = counts.iter().find(|one| one.campaign.id == second).unwrap();
    assert_eq!(refused.refusals["suppressed:internal"], 1);
    check_counters(store, now);
}

fn an_opt_out_during_a_call_ends_its_contact(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let settled = settle(store, id, &rejected(486), now + secs(9)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.reason.as_deref(), Some("suppressed:internal"));
}

fn a_campaigns_own_list_binds_it_alone(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let (second, _) = campaign(store, "recall", 1);
    let list = ListKind::Campaign("recall".to_owned());
    let done = store.suppress(&[on_list(number(0), list, now)]).unwrap();
    assert_eq!(done.finished.len(), 1);
    assert_eq!(done.finished[0].0, second);
    let mut seen = None;
    store
        .examine(contacts[0], &Context::default(), now, &mut |facts| {
            seen = Some(facts.suppressions.len());
        })
        .unwrap();
    assert_eq!(seen, Some(0));
}

fn a_registry_is_not_logged_by_number(store: &mut impl Store) {
    let now = morning();
    running(store, 2);
    let head = store.snapshot(now).unwrap().head;
    let list = ListKind::National("us".to_owned());
    let numbers = [number(0), number(7), number(0)];
    let done = store
        .import_suppressions(&list, &numbers, &by(now))
        .unwrap();
    assert_eq!((done.added, done.already), (2, 1));
    assert_eq!(done.finished.len(), 1);
    let loading = store.lists().unwrap();
    let undated = loading.iter().find(|known| known.kind == list).unwrap();
    assert_eq!((undated.as_of, undated.count), (Timestamp::MIN, 2));
    let figures = ImportFigures::default();
    store.finish_list(&list, now, &figures, &by(now)).unwrap();
    assert_eq!(kinds(store, head), ["contact_finished", "registry_loaded"]);
    let page = store.list_page(&list, Some(number(0)), 10).unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].number, number(7));
    let refused = store.reverse_suppression(number(7), &list, "no", &by(now));
    assert!(matches!(refused, Err(StoreError::NotReversible(_))));
}

fn only_own_lists_can_be_reversed(store: &mut impl Store) {
    let now = morning();
    running(store, 1);
    let list = ListKind::Internal;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let by = by(now);
    assert!(
        store
            .reverse_suppression(number(0), &list, "asked", &by)
            .unwrap()
    );
    assert!(
        !store
            .reverse_suppression(number(0), &list, "asked", &by)
            .unwrap()
    );
    assert_eq!(kinds(store, head), ["suppression_reversed"]);
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.state, ContactState::Suppressed);
    let mut revoked = None;
    store
        .examine(contact.id, &Context::default(), now, &mut |facts| {
            revoked = facts.consent_revoked_at;
        })
        .unwrap();
    assert_eq!(revoked, Some(now));
}

fn a_call_certainly_not_sent_gives_everything_back(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    let load = store.snapshot(now).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
    let settled = settle(store, id, &ended(CallEnd::NeverSent), now).unwrap();
    assert!(!settled.read.counts);
    let picture = store.snapshot(now).unwrap();
    let load = picture.campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (0, 0));
    assert_eq!(picture.caller_ids[0].sent_last_hour, 0);
    assert_eq!(store.contacts_with(number(0)).unwrap()[0].attempts, 0);
}

fn an_attempt_of_unknown_fate_keeps_its_slot(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(store.mark_unknown(id, "restart", now + secs(1)).unwrap());
    assert!(!store.mark_unknown(id, "restart", now + secs(1)).unwrap());
    assert!(store.unsent().unwrap().is_empty());
    let load = store.snapshot(now + secs(2)).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
    let head = store.snapshot(now).unwrap().head;
    let settled = settle(store, id, &ended(CallEnd::Unresolved), now + secs(3600)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Unknown)));
    assert_eq!(
        kinds(store, head),
        ["attempt_reconciled", "call_ended", "contact_finished"]
    );
    let load = store.snapshot(now + secs(3600)).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (0, 0));
    check_counters(store, now + secs(3600));
}

fn a_blocked_caller_id_rests(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 2);
    let attempt = dial(store, contacts[0], now);
    let settled = settle(store, attempt.id, &rejected(608), now).unwrap();
    assert_eq!(settled.rested, Some(attempt.caller_id));
    let ends = now + dialdeck::policy::caller_id::REST;
    let blocked = shown_as(store, attempt.caller_id);
    assert_eq!(blocked.state, CallerIdState::Active);
    assert_eq!(blocked.rests(now), Some(ends));
    assert_eq!(blocked.rests(ends), None);
    let text = store.tail(0, 1000).unwrap();
    assert!(text.iter().any(|event| {
        event
            .line
            .contains(&format!("rests until {}", ends.to_the_second()))
    }));
    store.configure(&deck()).unwrap();
    assert_eq!(shown_as(store, attempt.caller_id), blocked);
    let next = dial(store, contacts[1], now + secs(5));
    assert_ne!(next.caller_id, attempt.caller_id);
    let active = CallerIdState::Active;
    store
        .set_caller_id_state(attempt.caller_id, active, &by(now))
        .unwrap();
    assert_eq!(shown_as(store, attempt.caller_id).rests_until, None);
}

fn a_second_block_neither_extends_a_rest_nor_is_told(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 4);
    // Both calls are up when the first is blocked.
    let first = dial(store, contacts[0], now);
    assert!(tell(store, first.id, CallEventKind::Sent, now));
    let mut second = None;
    for (contact, after) in contacts[1..].iter().zip([10, 20, 30]) {
        let at = now + secs(after);
        let attempt = dial(store, *contact, at);
        assert!(tell(store, attempt.id, CallEventKind::Sent, at));
        if attempt.caller_id == first.caller_id {
            second = Some(attempt);
        }
    }
    let second = second.unwrap();
    let now = now + secs(40);
    settle(store, first.id, &rejected(608), now).unwrap();
    let rests = shown_as(store, first.caller_id).rests_until;
    let head = store.snapshot(now).unwrap().head;
    let again = settle(store, second.id, &rejected(608), now + secs(60)).unwrap();
    assert_eq!(again.rested, None);
    assert_eq!(shown_as(store, first.caller_id).rests_until, rests);
    assert!(!kinds(store, head).contains(&"alert_raised".to_owned()));
}

fn shown_as(store: &mut impl Store, number: PhoneNumber) -> CallerId {
    let ids = store.settings().unwrap().unwrap().caller_ids;
    ids.into_iter().find(|id| id.number == number).unwrap()
}

fn an_unwanted_call_puts_the_number_on_the_internal_list(store: &mut impl Store) {
    let now = morning();
    let (first, contacts) = running(store, 1);
    let (second, _) = campaign(store, "recall", 1);
    let id = dial(store, contacts[0], now).id;
    settle(store, id, &rejected(607), now).unwrap();
    assert_eq!(store.suppressions_of(number(0)).unwrap().len(), 1);
    for contact in store.contacts_with(number(0)).unwrap() {
        assert_eq!(contact.state, ContactState::Suppressed);
        assert!([first, second].contains(&contact.campaign));
    }
    check_counters(store, now);
}

fn one_number_is_never_called_twice_at_once(store: &mut impl Store) {
    let now = morning();
    let (_, one) = running(store, 1);
    let (_, other) = campaign(store, "recall", 1);
    dial(store, one[0], now);
    let Claimed::Held { due, .. } = claim(store, other[0], now + secs(5)) else {
        panic!("claimed twice");
    };
    assert!(due.is_some());
    let state = store.contacts_with(number(0)).unwrap()[1].state;
    assert_eq!(state, ContactState::Waiting(WaitReason::Cap));
    check_counters(store, now);
}

fn duplicates_name_the_line_they_repeat(store: &mut impl Store) {
    let now = morning();
    let (campaign, _) = running(store, 3);
    let rows = [row(40, number(1)), row(41, number(9)), row(42, number(9))];
    let fates = store.import_contacts(campaign, &rows, now).unwrap();
    assert_eq!(fates[0], RowFate::Duplicate { of_line: 3 });
    assert!(matches!(fates[1], RowFate::Taken(_)));
    assert_eq!(fates[2], RowFate::Duplicate { of_line: 41 });
    check_counters(store, now);
}

fn numbers_that_cannot_be_dialed_are_invalid_at_once(store: &mut impl Store) {
    let now = morning();
    let (campaign, _) = running(store, 0);
    let unfit = NewContact {
        class: Err("premium".to_owned()),
        ..row(2, number(0))
    };
    store.import_contacts(campaign, &[unfit], now).unwrap();
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!((contact.state, contact.class.0), (ContactState::Invalid, 0));
    assert_eq!(contact.reason.as_deref(), Some("unfit:premium"));
    assert_eq!(claim(store, contact.id, now), Claimed::Stale);
    let counts = store.snapshot(now).unwrap().campaigns.remove(0);
    assert_eq!(counts.refusals["unfit:premium"], 1);
    check_counters(store, now);
}

fn the_queue_goes_by_priority_then_age(store: &mut impl Store) {
    let now = morning();
    let (campaign, _) = running(store, 0);
    let rows: Vec<NewContact> = [3, -1, 3, 0, 7, 0]
        .into_iter()
        .zip(0..)
        .map(|(priority, place)| NewContact {
            priority,
            ..row(place + 2, number(place))
        })
        .collect();
    store.import_contacts(campaign, &rows, now).unwrap();
    let class = store.contacts_with(number(0)).unwrap()[0].class;
    let all = store.refill(campaign, class, None, 100).unwrap();
    let order: Vec<i32> = all.iter().map(|one| one.priority).collect();
    assert_eq!(order, [7, 3, 3, 0, 0, -1]);
    let mut paged = Vec::new();
    while let Some(one) = store
        .refill(campaign, class, paged.last().copied(), 1)
        .unwrap()
        .pop()
    {
        paged.push(one);
    }
    assert_eq!(paged, all);
}

fn what_is_over_expires(store: &mut impl Store) {
    let now = morning();
    let (campaign, contacts) = running(store, 2);
    let short = NewContact {
        expires_at: Some(now + secs(60)),
        ..row(9, number(9))
    };
    store.import_contacts(campaign, &[short], now).unwrap();
    assert_eq!(store.expire_due(now, 10).unwrap(), 0);
    assert_eq!(store.expire_due(now + secs(60), 10).unwrap(), 1);
    let expired = store.contacts_with(number(9)).unwrap().remove(0);
    assert_eq!(expired.state, ContactState::Expired);
    assert_eq!(expired.reason.as_deref(), Some("contact_expired"));
    let stop = CampaignState::Stopped;
    store.move_campaign(campaign, stop, "", &by(now)).unwrap();
    assert_eq!(store.expire_due(now, 1).unwrap(), 1);
    assert_eq!(store.expire_due(now, 10).unwrap(), 1);
    assert_eq!(store.expire_due(now, 10).unwrap(), 0);
    assert_eq!(claim(store, contacts[0], now), Claimed::Stale);
    check_counters(store, now);
}

fn campaigns_move_only_as_they_may(store: &mut impl Store) {
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

fn the_pace_never_passes_the_files_ceiling(store: &mut impl Store) {
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

fn a_done_campaign_runs_again_after_an_import(store: &mut impl Store) {
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

fn a_failed_verb_leaves_the_group_unharmed(store: &mut impl Store) {
    let now = morning();
    let (id, contacts) = running(store, 2);
    store.begin().unwrap();
    let first = dial(store, contacts[0], now);
    tell(store, first.id, CallEventKind::Sent, now);
    let refused = store.move_campaign(id, CampaignState::Draft, "", &by(now));
    assert!(matches!(refused, Err(StoreError::IllegalMove { .. })));
    let second = dial(store, contacts[1], now + secs(5));
    assert_eq!(second.id.serial, 2);
    store.commit().unwrap();
    assert_eq!(store.open_attempts().unwrap().len(), 2);
    let load = store.snapshot(now + secs(5)).unwrap().campaigns[0].load;
    assert_eq!(load.in_flight, 2);
    check_counters(store, now + secs(5));
}

fn a_group_sees_what_it_has_done(store: &mut impl Store) {
    let now = morning();
    let (_, one) = running(store, 2);
    let (_, other) = campaign(store, "recall", 1);
    store.begin().unwrap();
    let first = dial(store, one[0], now);
    tell(store, first.id, CallEventKind::Sent, now);
    let open = store.open_attempts().unwrap();
    assert_eq!(open[0].state, AttemptState::Sent);
    tell(store, first.id, CallEventKind::Ringing, now + secs(1));
    settle(store, first.id, &rejected(486), now + secs(5)).unwrap();
    // The same number: what holds it is the attempt's age, no longer a call in flight.
    let Claimed::Held { hold, .. } = claim(store, other[0], now + secs(6)) else {
        panic!("dialed again at once");
    };
    assert!(
        hold.reasons
            .iter()
            .all(|reason| reason.until != Until::CallEnds)
    );
    let second = dial(store, one[1], now + secs(9));
    store
        .suppress(&[opted_out(number(1), now + secs(9))])
        .unwrap();
    let settled = settle(store, second.id, &rejected(486), now + secs(12)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
    store.commit().unwrap();
    let of_first = store.attempts_of(one[0]).unwrap().remove(0);
    assert_eq!(of_first.sent_at, Some(now));
    assert_eq!(of_first.ringing_at, Some(now + secs(1)));
    assert_eq!(of_first.outcome, Some(Outcome::Busy));
    assert!(store.open_attempts().unwrap().is_empty());
    check_counters(store, now + secs(12));
}

fn a_contact_waits_for_its_own_reasons_alone(store: &mut impl Store) {
    let now = morning();
    let (_, one) = running(store, 1);
    let (second, other) = campaign(store, "recall", 1);
    dial(store, one[0], now);
    let to = CampaignState::Paused;
    store.move_campaign(second, to, "", &by(now)).unwrap();
    let Claimed::Held { hold, due } = claim(store, other[0], now + secs(5)) else {
        panic!("claimed while paused");
    };
    assert_eq!(hold.until, Until::Operator);
    assert_eq!(due, hold.set_aside_until(now + secs(5)));
    let waiting = store.contacts_with(number(0)).unwrap().remove(1);
    assert_eq!(Some(waiting.due), due);
}

fn alerts_are_in_the_picture(store: &mut impl Store) {
    let now = morning();
    for place in 0..25 {
        let at = now + secs(place);
        let alert = NewEvent::new(at, EventKind::AlertRaised, "engine");
        store.append(&alert).unwrap();
    }
    let early = NewEvent::new(now, EventKind::DeckOpened, "engine");
    store.append(&early).unwrap();
    let picture = store.snapshot(now).unwrap();
    assert_eq!(picture.alerts.len(), 20);
    assert_eq!((picture.alerts[0].seq, picture.head), (25, 26));
    assert_eq!(picture.last_event_at, Some(now + secs(24)));
    assert_eq!(store.tail(24, 1).unwrap()[0].seq, 25);
}

fn an_alert_that_somebody_has_seen_to_leaves_the_picture(store: &mut impl Store) {
    let now = morning();
    for kind in [
        EventKind::AlertRaised,
        EventKind::DeckOpened,
        EventKind::AlertRaised,
    ] {
        store.append(&NewEvent::new(now, kind, "engine")).unwrap();
    }
    assert!(store.acknowledge(1, &by(now)).unwrap());
    assert!(!store.acknowledge(1, &by(now)).unwrap());
    assert!(!store.acknowledge(2, &by(now)).unwrap());
    assert!(!store.acknowledge(9, &by(now)).unwrap());
    let picture = store.snapshot(now).unwrap();
    let seqs: Vec<i64> = picture.alerts.iter().map(|alert| alert.seq).collect();
    assert_eq!((seqs, picture.head), (vec![3], 3));
}

fn a_waiting_contact_is_called_again_at_once_but_for_its_gates(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 2);
    let attempt = dial(store, contacts[0], now);
    tell(store, attempt.id, CallEventKind::Sent, now);
    settle(store, attempt.id, &rejected(486), now + secs(5));
    let head = store.snapshot(now).unwrap().head;
    let asked = now + secs(10);
    // A second time, and one that is ready, change nothing.
    let all = [contacts[0], contacts[0], contacts[1]];
    assert_eq!(store.requeue(&all, &by(asked)).unwrap(), 1);
    assert_eq!(store.requeue(&all, &by(asked)).unwrap(), 0);
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    let found = (contact.state, contact.due, contact.attempts);
    assert_eq!(found, (ContactState::Ready, asked, 1));
    assert_eq!(kinds(store, head), ["retry_planned"]);
    let log = store.tail(head, 1).unwrap();
    assert!(
        log[0].line.contains(r#""actor":"maria""#),
        "{}",
        log[0].line
    );
    let data = r#""data":{"outcome":"requeued","due":"2026-12-08T15:00:10.000Z"}"#;
    assert!(log[0].line.contains(data), "{}", log[0].line);
    check_counters(store, asked);
    let Claimed::Held { hold, due } = claim(store, contacts[0], asked) else {
        panic!("the gap between attempts was passed over");
    };
    let gap = |kind: &HoldKind| matches!(kind, HoldKind::MinGap(_));
    assert!(hold.reasons.iter().any(|why| gap(&why.kind)), "{hold:?}");
    assert_eq!(due, Some(now + secs(1800)));
    assert_eq!(store.promote_due(now + secs(1800), 9).unwrap().len(), 1);
    assert_eq!(dial(store, contacts[0], now + secs(1800)).n, 2);
}

fn a_contact_of_unknown_fate_is_called_again_only_when_asked_for(store: &mut impl Store) {
    let now = morning();
    let (campaign, contacts) = running(store, 1);
    let attempt = dial(store, contacts[0], now);
    tell(store, attempt.id, CallEventKind::Sent, now);
    assert!(store.mark_unknown(attempt.id, "lost", now).unwrap());
    assert!(store.requeue(&contacts, &by(now)).is_err());
    settle(
        store,
        attempt.id,
        &ended(CallEnd::Unresolved),
        now + secs(60),
    );
    let later = now + secs(86_400);
    assert!(store.promote_due(later, 9).unwrap().is_empty());
    assert_eq!(claim(store, contacts[0], later), Claimed::Stale);
    let counts = store.snapshot(later).unwrap().campaigns.remove(0);
    assert_eq!(counts.refusals.values().sum::<u64>(), 1);
    let to = CampaignState::Done;
    store.move_campaign(campaign, to, "", &by(later)).unwrap();
    let head = store.snapshot(later).unwrap().head;
    assert_eq!(store.requeue(&contacts, &by(later)).unwrap(), 1);
    assert_eq!(kinds(store, head), ["retry_planned", "campaign_started"]);
    let counts = store.snapshot(later).unwrap().campaigns.remove(0);
    assert!(counts.refusals.is_empty(), "{:?}", counts.refusals);
    check_counters(store, later);
    assert_eq!(dial(store, contacts[0], later).n, 2);
}

fn what_has_reached_its_end_is_not_called_again(store: &mut impl Store) {
    let mut now = morning();
    let (campaign, contacts) = running(store, 5);
    for (contact, end) in [(0, talked()), (1, rejected(410)), (4, rejected(486))] {
        let attempt = sent(store, contacts[contact], now);
        now = now + secs(40);
        settle(store, attempt, &end, now);
    }
    sent(store, contacts[2], now);
    store.suppress(&[opted_out(number(3), now)]).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let words = ["reached", "cannot be dialed", "being called", "suppressed"];
    for (contact, word) in contacts[..4].iter().zip(words) {
        // With one that may be, neither is.
        let error = store
            .requeue(&[contacts[4], *contact], &by(now))
            .unwrap_err();
        assert!(matches!(error, StoreError::NotRequeueable(_)), "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(
        store
            .requeue(&[contacts[4], ContactId(99)], &by(now))
            .is_err()
    );
    let waiting = store.contacts_with(number(4)).unwrap().remove(0);
    assert_eq!(waiting.state, ContactState::Waiting(WaitReason::Retry));
    assert!(kinds(store, head).is_empty());
    let to = CampaignState::Stopped;
    store.move_campaign(campaign, to, "", &by(now)).unwrap();
    let error = store.requeue(&contacts[4..], &by(now)).unwrap_err();
    assert!(error.to_string().contains("stopped for good"), "{error}");
}

fn sent(store: &mut impl Store, contact: ContactId, now: Timestamp) -> AttemptId {
    let attempt = dial(store, contact, now).id;
    assert!(tell(store, attempt, CallEventKind::Sent, now));
    attempt
}

fn a_wish_to_hang_up_lasts_until_it_is_taken(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    dial(store, contacts[0], now);
    let head = store.snapshot(now).unwrap().head;
    assert!(!store.hang_ups().unwrap().is_open());
    assert_eq!(store.hang_up_all("fire alarm", &by(now)).unwrap(), 1);
    assert_eq!(store.hang_up_all("fire alarm", &by(now)).unwrap(), 2);
    let wishes = store.snapshot(now).unwrap().hang_ups;
    assert_eq!((wishes.asked, wishes.taken), (2, 0));
    store.hung_up(1).unwrap();
    assert!(store.hang_ups().unwrap().is_open());
    store.hung_up(2).unwrap();
    store.hung_up(1).unwrap();
    assert!(!store.hang_ups().unwrap().is_open());
    assert_eq!(kinds(store, head), ["alert_raised", "alert_raised"]);
    let alert = store.snapshot(now).unwrap().alerts.remove(0);
    assert!(alert.line.contains("fire alarm"), "{}", alert.line);
    assert_eq!(store.open_attempts().unwrap().len(), 1);
}

fn examining_changes_nothing(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let head = store.snapshot(now).unwrap().head;
    let mut zones = Vec::new();
    store
        .examine(contacts[0], &Context::default(), now, &mut |facts| {
            zones.clone_from(&facts.class.zones);
            assert_eq!(facts.caller_ids.len(), 3);
            assert_eq!(facts.load.deck.max_concurrent, 8);
        })
        .unwrap();
    assert_eq!(zones, ["America/New_York"]);
    assert_eq!(store.snapshot(now).unwrap().head, head);
    dial(store, contacts[0], now);
}

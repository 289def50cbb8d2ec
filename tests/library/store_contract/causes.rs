//! An attempt's cause and its agent's report, which say more than its outcome, over both stores.

use dialdeck::domain::suppression::SuppressionSource;
use dialdeck::domain::{
    AttemptId, CampaignSettings, CampaignState, ContactState, ListKind, Outcome, Timestamp,
    TrunkName,
};
use dialdeck::engine::desk::why::{When, report};
use dialdeck::policy::retry::Next;
use dialdeck::provider::inbound::{Inbound, News};
use dialdeck::rules::Rules;
use dialdeck::store::exchange::{Delivery, Message};
use dialdeck::store::{EngineStore, Reads, Settled, StoreError};
use serde_json::Value;

use dialdeck_testkit::world::*;

contract!(
    an_agents_word_goes_out_with_the_end_of_the_call_it_is_about,
    a_301_is_a_changed_number_for_a_person_to_look_up,
    a_403_is_forgiven_once_and_the_second_ends_the_contact,
    a_403_is_remembered_over_other_ends_and_inside_a_group,
    a_403_of_another_campaign_or_number_does_not_count,
    a_607_stays_on_the_list_and_a_603_can_be_taken_back,
    a_607_stays_also_where_an_opt_out_came_first,
);

/// Makes the contact ready at its planned retry, and returns that time.
fn again(store: &mut impl EngineStore, settled: &Settled) -> Timestamp {
    let Some(Next::Retry(due)) = settled.next else {
        panic!("no retry: {settled:?}");
    };
    store.promote_due(due, 10).unwrap();
    due
}

/// Returns the data of the log's entries of a kind.
fn told(store: &mut impl EngineStore, kind: &str) -> Vec<Value> {
    let entries = store.tail(0, usize::MAX).unwrap();
    let entries = entries
        .iter()
        .map(|sealed| serde_json::from_str::<Value>(&sealed.line).unwrap());
    let of_kind = entries.filter(|entry| entry["kind"] == kind);
    of_kind.map(|entry| entry["data"].clone()).collect()
}

fn a_403_is_forgiven_once_and_the_second_ends_the_contact(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 1);
    let first = call(store, ids[0], &rejected(403), morning());
    assert!(!first.read.counts);
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.attempts, 0);
    let now = again(store, &first);
    let second = call(store, ids[0], &rejected(403), now);
    assert!(second.read.counts);
    assert_eq!(second.next, Some(Next::Finish(ContactState::Invalid)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.state, ContactState::Invalid);
    assert_eq!(contact.reason.as_deref(), Some("unfit:forbidden"));
    assert_eq!(contact.attempts, 1);
    assert_eq!(contact.last_outcome, Some(Outcome::ProviderError));
    let made = store.attempts_of(ids[0]).unwrap();
    let made: Vec<_> = made
        .iter()
        .map(|attempt| (attempt.cause.as_deref(), attempt.counts))
        .collect();
    assert_eq!(
        made,
        [(Some("forbidden"), false), (Some("forbidden"), true)]
    );
    let ended = told(store, "call_ended");
    let ended: Vec<_> = ended
        .iter()
        .map(|data| (data["cause"].as_str(), data["counts"].as_bool()))
        .collect();
    let forbidden = Some("forbidden");
    assert_eq!(ended, [(forbidden, Some(false)), (forbidden, Some(true))]);
    assert_eq!(
        told(store, "contact_finished")[0]["reason"],
        "unfit:forbidden"
    );
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
    let counted = store.snapshot(now).unwrap().campaigns.remove(0);
    assert_eq!(counted.refusals.get("unfit:forbidden"), Some(&1));
    check_counters(store, now);
}

fn a_403_is_remembered_over_other_ends_and_inside_a_group(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let first = call(store, ids[0], &rejected(403), morning());
    let busy = again(store, &first);
    let busy = call(store, ids[0], &rejected(486), busy);
    let last = again(store, &busy);
    let last = call(store, ids[0], &rejected(403), last);
    assert_eq!(last.next, Some(Next::Finish(ContactState::Invalid)));
    let now = morning() + secs(4 * 3600);
    store.begin().unwrap();
    let first = call(store, ids[1], &rejected(403), now);
    let now = again(store, &first);
    let second = call(store, ids[1], &rejected(403), now);
    store.commit().unwrap();
    assert_eq!(second.next, Some(Next::Finish(ContactState::Invalid)));
}

fn a_403_of_another_campaign_or_number_does_not_count(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let (_, others) = campaign(store, "recall", 1);
    let now = morning();
    call(store, ids[0], &rejected(403), now);
    let of_number = call(store, ids[1], &rejected(403), now + secs(5));
    assert!(!of_number.read.counts);
    let later = now + secs(2 * 3600);
    let of_campaign = call(store, others[0], &rejected(403), later);
    assert!(!of_campaign.read.counts);
    again(store, &of_campaign);
}

fn a_607_stays_on_the_list_and_a_603_can_be_taken_back(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let (now, list) = (morning(), ListKind::Internal);
    call(store, ids[0], &rejected(607), now);
    call(store, ids[1], &rejected(603), now + secs(5));
    let by = by(now + secs(60));
    let before = store.snapshot(by.at).unwrap().head;
    let refused = store.reverse_suppression(number(0), &list, plainly("they asked"), &by);
    let Err(StoreError::NotReversible(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("607") && why.contains("RFC 8197"), "{why}");
    assert_eq!(store.suppressions_of(number(0)).unwrap().len(), 1);
    assert!(kinds(store, before).is_empty());
    let reversed = store.reverse_suppression(number(1), &list, plainly("they asked"), &by);
    assert!(reversed.unwrap().is_some());
    assert!(store.suppressions_of(number(1)).unwrap().is_empty());
}

fn a_607_stays_also_where_an_opt_out_came_first(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 1);
    let (now, list) = (morning(), ListKind::Internal);
    let attempt = dial(store, ids[0], now);
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let settled = settle(store, attempt.id, &rejected(607), now + secs(5)).unwrap();
    let unwanted = SuppressionSource::Unwanted;
    assert_eq!(settled.next, Some(Next::DoNotCall(unwanted)));
    let listed = store.suppressions_of(number(0)).unwrap();
    assert_eq!((listed.len(), listed[0].source), (1, unwanted));
    assert_eq!(listed[0].at, now, "it stands there since the opt-out");
    let counted = store.lists().unwrap();
    let internal = counted.iter().find(|known| known.kind == list).unwrap();
    assert_eq!(internal.count, 1);
    assert_eq!(told(store, "suppression_added").len(), 2);
    let by = by(now + secs(60));
    assert!(
        store
            .reverse_suppression(number(0), &list, plainly("no"), &by)
            .is_err()
    );
    // An opt-out marked later changes nothing about it.
    store.suppress(&[opted_out(number(0), by.at)]).unwrap();
    assert_eq!(store.suppressions_of(number(0)).unwrap(), listed);
}

fn a_301_is_a_changed_number_for_a_person_to_look_up(store: &mut impl EngineStore) {
    let (campaign, ids) = running(store, 2);
    let now = morning();
    for (place, code, cause, reason) in [
        (0, 301, "number_changed", "unfit:number_changed"),
        (1, 410, "gone", "unfit:invalid_number"),
    ] {
        let contact = ids[usize::try_from(place).unwrap()];
        let settled = call(store, contact, &rejected(code), now + secs(5 * place));
        assert_eq!(settled.next, Some(Next::Finish(ContactState::Invalid)));
        let made = store.attempts_of(contact).unwrap();
        assert_eq!(made[0].cause.as_deref(), Some(cause));
        let kept = store.contacts_with(number(place)).unwrap().remove(0);
        assert_eq!(kept.reason.as_deref(), Some(reason));
    }
    let later = now + secs(60);
    let why = report(
        store,
        Rules::embedded(),
        number(0),
        Some(campaign),
        When::Now(later),
    )
    .unwrap();
    let said = &why.contacts[0].answer;
    assert!(
        said.contains("On record: unfit:number_changed. The callee has another number"),
        "{said}"
    );
}

/// Stores what an agent reports about a call, as the listener does.
fn say(store: &mut impl EngineStore, attempt: AttemptId, event: &str, news: News, at: Timestamp) {
    let inbound = Inbound {
        event: event.to_owned(),
        attempt,
        at,
        news,
    };
    let message = Message {
        trunk: TrunkName("carrier".to_owned()),
        event: event.to_owned(),
        attempt,
        body: serde_json::to_string(&inbound).unwrap(),
    };
    store.receive(&message, at).unwrap();
}

fn an_agents_word_goes_out_with_the_end_of_the_call_it_is_about(store: &mut impl EngineStore) {
    store.configure(&deck()).unwrap();
    let told = CampaignSettings {
        results_url: Some("https://example.com/results".to_owned()),
        ..settings("told")
    };
    let now = morning();
    let id = store.add_campaign(&told, &by(now)).unwrap();
    let rows: Vec<_> = (0..3).map(|place| row(place + 2, number(place))).collect();
    store.import_contacts(id, &rows, now).unwrap();
    let running = CampaignState::Running;
    store.move_campaign(id, running, "", &by(now)).unwrap();
    let of = |store: &mut _, place| Reads::contacts_with(store, number(place)).unwrap()[0].id;
    let result = |word: &str| News::Result(word.to_owned());

    // The last result counts. Other messages are no results.
    let first = of(store, 0);
    let attempt = dial(store, first, now).id;
    say(store, attempt, "a", News::Answered, now + secs(1));
    say(store, attempt, "b", result("undecided"), now + secs(2));
    say(store, attempt, "c", result("confirmed"), now + secs(3));
    say(store, attempt, "d", News::Bridged, now + secs(4));
    settle(store, attempt, &talked(), now + secs(5)).unwrap();
    let said = store.agent_results(first).unwrap();
    assert_eq!(said, [(attempt, "confirmed".to_owned())].into());

    // A result of an earlier call is none of the last one.
    let second = of(store, 1);
    let earlier = dial(store, second, now + secs(10)).id;
    say(store, earlier, "e", result("call back"), now + secs(11));
    let ended = settle(store, earlier, &rejected(486), now + secs(12)).unwrap();
    let due = again(store, &ended);
    call(store, second, &rejected(410), due);
    assert_eq!(store.agent_results(second).unwrap().len(), 1);

    // A result that arrives after the delivery is kept, and causes no second delivery.
    let third = of(store, 2);
    let late = dial(store, third, due + secs(5)).id;
    settle(store, late, &talked(), due + secs(6)).unwrap();
    let turn = store.turn_results(&[], due + secs(7), 9).unwrap();
    let words: Vec<_> = turn
        .due
        .iter()
        .map(|result| (result.contact, result.agent_result.as_deref()))
        .collect();
    assert_eq!(
        words,
        [(first, Some("confirmed")), (second, None), (third, None)]
    );
    let taken: Vec<_> = turn
        .due
        .iter()
        .map(|result| (result.seq, Delivery::Delivered))
        .collect();
    store.turn_results(&taken, due + secs(8), 9).unwrap();
    say(store, late, "f", result("hung up"), due + secs(9));
    let turn = store.turn_results(&[], due + secs(10), 9).unwrap();
    assert!(turn.due.is_empty(), "{turn:?}");
    let said = store.agent_results(third).unwrap();
    assert_eq!(said, [(late, "hung up".to_owned())].into());
}

//! A deck that went back in time continues under another tag, over both stores.

use std::collections::BTreeSet;
use std::time::Duration;

use dialdeck::domain::{
    AttemptId, DeckId, ListKind, Lost, NewIncarnation, Recovery, Timestamp, TrunkName, Turn,
};
use dialdeck::policy::{HoldKind, Until};
use dialdeck::store::exchange::{Message, Receipt};
use dialdeck::store::{Acts, Claimed, EngineStore, ImportFigures, Reads as _};

use dialdeck_testkit::world::*;

contract!(
    ids_bear_the_tag_of_their_time,
    a_serial_is_never_given_out_twice,
    nobody_is_called_while_attempts_may_be_missing,
    a_loss_without_attempts_starts_no_gap,
    opt_outs_are_missing_until_the_list_is_imported,
    a_person_may_say_that_no_opt_out_is_missing,
    a_copy_has_an_identity_of_its_own,
    each_run_has_a_tag_of_its_own,
    what_is_done_is_logged,
);

const TAG: DeckId = DeckId(0x0bad_cafe);

fn new(from_serial: i64, lost: Option<Lost>) -> NewIncarnation {
    NewIncarnation {
        tag: TAG,
        from_serial,
        how: Turn::Restored,
        identity: None,
        lost,
    }
}

/// Returns a loss whose last run ended at `last_run`.
const fn lost(attempts: u64, entries: u64, last_run: Timestamp) -> Lost {
    Lost {
        attempts: Some(attempts),
        entries: Some(entries),
        last_run,
    }
}

/// Returns the deck's own lists. A campaign's list counts even if it has no number yet, because its first may
/// be the missing one.
fn own_lists() -> BTreeSet<ListKind> {
    let campaign = ListKind::Campaign("spring-reminders".to_owned());
    [ListKind::Internal, campaign].into()
}

fn begin(store: &mut impl EngineStore, new: &NewIncarnation) -> i64 {
    store.begin_incarnation(new, &by(morning())).unwrap()
}

/// Returns why a claim of the contact is held, with the end of the hold. `None` if it is dialed.
fn held(
    store: &mut impl EngineStore,
    contact: dialdeck::domain::ContactId,
    now: Timestamp,
) -> Option<(Vec<HoldKind>, Until)> {
    match claim(store, contact, now) {
        Claimed::Dial(..) => None,
        Claimed::Held { hold, .. } => {
            let kinds = hold.reasons.into_iter().map(|reason| reason.kind);
            Some((kinds.collect(), hold.until))
        }
        other @ (Claimed::Refused(_) | Claimed::Stale) => panic!("{other:?}"),
    }
}

fn ids_bear_the_tag_of_their_time(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 2);
    let before = dial(store, contacts[0], morning());
    assert_eq!(before.id.to_string(), "7f3a9c21-1");
    assert_eq!(begin(store, &new(1001, None)), 1001);
    let after = dial(store, contacts[1], morning() + secs(1));
    assert_eq!(after.id.to_string(), "0badcafe-1001");
    assert!(before.id < after.id);
    let open: Vec<AttemptId> = store
        .open_attempts()
        .unwrap()
        .iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(open, [before.id, after.id]);
    let said = |attempt| Message {
        trunk: TrunkName("carrier".to_owned()),
        event: "a".to_owned(),
        attempt,
        body: "\"answered\"".to_owned(),
    };
    for known in [&before, &after] {
        let told = Message {
            event: known.id.to_string(),
            ..said(known.id)
        };
        let new = Receipt::New(Box::new(known.clone()));
        assert_eq!(store.receive(&told, morning()).unwrap(), new);
    }
    let lost_part = AttemptId {
        serial: 1001,
        ..before.id
    };
    let receipt = store.receive(&said(lost_part), morning()).unwrap();
    assert_eq!(receipt, Receipt::OtherDeck);
    let mut messages = store.messages().unwrap();
    messages.sort_by_key(|message| message.attempt);
    let of: Vec<AttemptId> = messages.iter().map(|message| message.attempt).collect();
    assert_eq!(of, [before.id, after.id]);
    assert!(settle(store, lost_part, &talked(), morning()).is_none());
    assert!(settle(store, before.id, &talked(), morning()).is_some());
}

fn a_serial_is_never_given_out_twice(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 3);
    dial(store, contacts[0], morning());
    dial(store, contacts[1], morning() + secs(1));
    assert_eq!(begin(store, &new(1, None)), 3, "beyond what the deck knows");
    assert_eq!(
        begin(store, &new(1, None)),
        4,
        "of one that made no attempt"
    );
    assert_eq!(dial(store, contacts[2], morning() + secs(2)).id.serial, 4);
    let tags = store.incarnations().unwrap();
    assert_eq!(tags.id(2).deck, DECK);
    assert_eq!((tags.count(), tags.current()), (2, TAG));
}

fn nobody_is_called_while_attempts_may_be_missing(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 2);
    let last_run = morning() - secs(600);
    begin(store, &new(1, Some(lost(5, 0, last_run))));
    // A call may ring for 30 s and last 1800 s, which is longer than the gap of half an hour.
    let until = last_run + secs(30 + 1800 + 60);
    let expected = (vec![HoldKind::AttemptsMissing], Until::At(until));
    assert_eq!(held(store, contacts[0], morning()), Some(expected.clone()));
    let just_before = until - Duration::from_millis(1);
    assert_eq!(held(store, contacts[1], just_before), Some(expected));
    assert_eq!(held(store, contacts[0], until), None);
    let mut patient = settings("patient");
    patient.attempts.min_gap = secs(7200);
    campaign_of(store, &patient, 0);
    begin(store, &new(1, Some(lost(1, 0, morning()))));
    let until = Until::At(morning() + secs(7200));
    let expected = Some((vec![HoldKind::AttemptsMissing], until));
    assert_eq!(held(store, contacts[1], morning() + secs(7199)), expected);
}

fn a_loss_without_attempts_starts_no_gap(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 1);
    begin(store, &new(1, Some(lost(0, 0, morning()))));
    assert_eq!(held(store, contacts[0], morning()), None);
}

fn opt_outs_are_missing_until_the_list_is_imported(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 1);
    let own = ListKind::Campaign("spring-reminders".to_owned());
    begin(store, &new(1, Some(lost(0, 7, morning()))));
    let later = morning() + secs(3600);
    let missing = |lists: &[ListKind]| {
        let kinds = lists.iter().cloned().map(HoldKind::OptOutsMissing);
        Some((kinds.collect::<Vec<_>>(), Until::Operator))
    };
    let both = [ListKind::Internal, own.clone()];
    assert_eq!(held(store, contacts[0], later), missing(&both));
    let import = |store: &mut _, list: &ListKind, as_of| {
        let figures = ImportFigures::default();
        Acts::finish_list(store, list, as_of, &BTreeSet::new(), &figures, &by(later)).unwrap();
    };
    import(store, &ListKind::Internal, morning() - secs(1));
    assert_eq!(
        held(store, contacts[0], later),
        missing(&both),
        "a list of before"
    );
    import(store, &ListKind::Internal, morning());
    assert_eq!(
        held(store, contacts[0], later),
        missing(std::slice::from_ref(&own))
    );
    import(store, &own, later);
    assert_eq!(held(store, contacts[0], later), None);
}

fn a_person_may_say_that_no_opt_out_is_missing(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 1);
    let nothing = store.confirm_lists("a test", &by(morning())).unwrap();
    assert_eq!(nothing, BTreeSet::new());
    begin(store, &new(1, Some(lost(0, 7, morning()))));
    let head = store.snapshot(morning()).unwrap().head;
    let lists = store
        .confirm_lists("nobody was called", &by(morning()))
        .unwrap();
    assert_eq!(lists, own_lists());
    assert_eq!(kinds(store, head), ["lists_confirmed"]);
    assert_eq!(held(store, contacts[0], morning()), None);
}

fn a_copy_has_an_identity_of_its_own(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 2);
    let before = dial(store, contacts[0], morning());
    let copied = NewIncarnation {
        how: Turn::Copied,
        identity: Some(TAG),
        ..new(1, None)
    };
    begin(store, &copied);
    assert_eq!(store.deck_id(), TAG);
    assert_eq!(store.open_attempts().unwrap()[0].id, before.id);
    assert_eq!(dial(store, contacts[1], morning() + secs(1)).id.deck, TAG);
}

fn each_run_has_a_tag_of_its_own(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 4);
    let before = dial(store, contacts[0], morning());
    assert_eq!(before.id.to_string(), "7f3a9c21-1");
    let head = store.snapshot(morning()).unwrap().head;
    // The first of these runs makes no attempt.
    store.tag_run(0x0000_0bee).unwrap();
    assert_eq!(
        store.tag_run(0x0000_beef).unwrap().to_string(),
        "7f3a9c210000beef"
    );
    assert_eq!(kinds(store, head), Vec::<String>::new());
    let first = dial(store, contacts[1], morning() + secs(1));
    assert_eq!(first.id.to_string(), "7f3a9c210000beef-2");
    // A run of a deck that lost something.
    assert_eq!(begin(store, &new(100, None)), 100);
    store.tag_run(0x0000_cafe).unwrap();
    let second = dial(store, contacts[2], morning() + secs(2));
    assert_eq!(second.id.to_string(), "7f3a9c210000cafe-100");
    let open = store.open_attempts().unwrap();
    let open: Vec<AttemptId> = open.iter().map(|one| one.id).collect();
    assert_eq!(open, [before.id, first.id, second.id]);
    let tags = store.incarnations().unwrap();
    assert_eq!((tags.count(), tags.incarnation()), (1, TAG));
    assert_eq!(tags.current(), second.id.deck);
    assert!(settle(store, first.id, &talked(), morning() + secs(3)).is_some());
}

fn what_is_done_is_logged(store: &mut impl EngineStore) {
    running(store, 1);
    let head = store.snapshot(morning()).unwrap().head;
    begin(store, &new(1001, Some(lost(12, 80, morning()))));
    let sealed = store.tail(head, 1).unwrap().remove(0);
    let entry: serde_json::Value = serde_json::from_str(&sealed.line).unwrap();
    assert_eq!(entry["kind"], "incarnation_started");
    let expected = serde_json::json!({
        "how": "restored",
        "tag": "0badcafe",
        "from_serial": 1001,
        "attempts_missing": 12,
        "entries_missing": 80,
        "last_run": "2026-12-08T15:00:00.000Z",
        "until": "2026-12-08T15:31:30.000Z",
        "lists": ["internal", "campaign:spring-reminders"],
    });
    assert_eq!(entry["data"], expected);
    let known = store.recovery().unwrap().unwrap();
    let expected = Recovery {
        last_run: morning(),
        until: morning() + secs(1890),
        lists: own_lists(),
    };
    assert_eq!(known, expected);
}

/// What is known of a loss outlives the program, as the tags do.
#[test]
fn an_incarnation_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = sqlite_engine(&folder);
    let (_, contacts) = running(&mut store, 2);
    let before = dial(&mut store, contacts[0], morning());
    let mut looker = sqlite(&folder);
    assert_eq!(looker.open_attempts().unwrap()[0].id, before.id);
    begin(&mut store, &new(500, Some(lost(5, 9, morning()))));
    store.tag_run(7).unwrap();
    drop(store);
    let expected = looker.recovery().unwrap().unwrap();
    assert_eq!(
        expected.until,
        morning() + secs(1890),
        "seen by another process, too"
    );
    let tags = looker.incarnations().unwrap();
    assert_eq!((tags.incarnation(), tags.current()), (TAG, DECK.run(7)));
    let mut store = sqlite_engine(&folder);
    assert_eq!(store.recovery().unwrap(), Some(expected));
    store.confirm_lists("a test", &by(morning())).unwrap();
    let later = morning() + secs(1890);
    assert_eq!(
        dial(&mut store, contacts[1], later).id.to_string(),
        "7f3a9c2100000007-500"
    );
    assert_eq!(store.open_attempts().unwrap()[0].id, before.id);
}

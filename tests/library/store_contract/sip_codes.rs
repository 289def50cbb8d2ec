//! Every final SIP status: its outcome, its fault, whether it counts, and what follows for callee, caller ID
//! and trunk, from the report to the stored row.

use std::time::Duration;

use dialdeck::domain::campaign::{AttemptRules, OutcomeAction, OutcomeRule};
use dialdeck::domain::outcome::{CallerIdFinding, DEFAULT_RETRY_AFTER, TrunkFinding, classify};
use dialdeck::domain::suppression::SuppressionSource;
use dialdeck::domain::{
    CallEnd, CallReport, CallerIdState, CampaignId, CampaignSettings, CampaignState, ContactId,
    ContactState, Fault, ListKind, Outcome, Timestamp,
};
use dialdeck::policy::breaker::Breaker;
use dialdeck::policy::retry::Next;
use dialdeck::policy::{Context, HoldKind, TrunkRest};
use dialdeck::store::{Claimed, EngineStore, RowFate, Settled};

use dialdeck_testkit::world::*;

contract!(
    every_status_comes_to_its_outcome_and_what_follows,
    a_404_is_confirmed_once_a_day_later_and_then_believed,
    a_decline_follows_the_campaigns_word_and_can_be_taken_back,
    a_networks_block_is_no_decline_whatever_the_campaign_says,
    an_unwanted_call_is_never_made_again_whatever_the_campaign_says,
    a_blocked_callee_is_called_with_another_caller_id,
    a_403_pauses_the_trunk_on_three_numbers_and_not_on_one_twice,
    a_refused_account_pauses_the_trunk_at_once,
    a_503_rests_the_trunk_as_long_as_it_asks_and_without_a_word_counts_against_it,
    a_call_taken_back_while_it_rang_is_cancelled_and_not_unanswered,
);

/// What happens to the contact next.
#[derive(Clone, Copy, Debug)]
enum Then {
    Again(Duration),
    End(ContactState),
    Listed(SuppressionSource),
}

/// What statuses of one kind lead to.
#[derive(Clone, Copy, Debug)]
struct Sense {
    outcome: Outcome,
    fault: Fault,
    counts: bool,
    then: Then,
    trunk: TrunkFinding,
    blocks: bool,
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

const BAD: Sense = Sense {
    outcome: Outcome::InvalidNumber,
    fault: Fault::List,
    counts: true,
    then: Then::End(ContactState::Invalid),
    trunk: TrunkFinding::Fine,
    blocks: false,
};

const MAYBE_BAD: Sense = Sense {
    then: Then::Again(minutes(24 * 60)),
    ..BAD
};

const UNREACHED: Sense = Sense {
    outcome: Outcome::NoAnswer,
    fault: Fault::Callee,
    then: Then::Again(minutes(180)),
    ..BAD
};

const BUSY: Sense = Sense {
    outcome: Outcome::Busy,
    then: Then::Again(minutes(15)),
    ..UNREACHED
};

const BUSY_EVERYWHERE: Sense = Sense {
    then: Then::Again(minutes(60)),
    ..BUSY
};

const DECLINED: Sense = Sense {
    outcome: Outcome::Declined,
    then: Then::Listed(SuppressionSource::Declined),
    ..UNREACHED
};

const UNWANTED: Sense = Sense {
    then: Then::Listed(SuppressionSource::Unwanted),
    ..DECLINED
};

/// Like a decline, without the list: it is not known that a person declined.
const REFUSED_GLOBALLY: Sense = Sense {
    then: Then::End(ContactState::Exhausted),
    ..DECLINED
};

const MISCONFIGURED: Sense = Sense {
    outcome: Outcome::ProviderError,
    fault: Fault::Trunk,
    counts: false,
    then: Then::Again(minutes(5)),
    trunk: TrunkFinding::Misconfigured,
    blocks: false,
};

const REFUSED: Sense = Sense {
    trunk: TrunkFinding::Refused,
    ..MISCONFIGURED
};

const BLOCKED: Sense = Sense {
    fault: Fault::CallerId,
    counts: true,
    trunk: TrunkFinding::Fine,
    blocks: true,
    ..MISCONFIGURED
};

const FAULTY: Sense = Sense {
    outcome: Outcome::NetworkFailure,
    fault: Fault::Network,
    trunk: TrunkFinding::Faulty,
    ..MISCONFIGURED
};

const fn limited(pause: Duration) -> Sense {
    Sense {
        outcome: Outcome::Throttled,
        trunk: TrunkFinding::Throttled(pause),
        then: Then::Again(pause),
        ..MISCONFIGURED
    }
}

/// Returns statuses with the carrier's words and `Retry-After` in seconds, and what they lead to.
fn table() -> Vec<(&'static [u16], &'static str, u64, Sense)> {
    const LIMIT: Sense = limited(DEFAULT_RETRY_AFTER);
    vec![
        (&[301, 410, 484, 485, 604], "", 0, BAD),
        (&[404], "", 0, MAYBE_BAD),
        (&[408, 480, 487], "", 0, UNREACHED),
        (&[486], "", 0, BUSY),
        (&[600], "", 0, BUSY_EVERYWHERE),
        (&[603], "", 0, DECLINED),
        (&[603], "Decline", 0, DECLINED),
        (&[603], "Call blocked by network", 0, BLOCKED),
        (&[603], "X-Twilio-Error: 32203", 0, BLOCKED),
        (&[607], "Unwanted", 0, UNWANTED),
        (&[608], "Rejected", 0, BLOCKED),
        (&[300, 302, 305, 380], "", 0, MISCONFIGURED),
        (
            &[400, 405, 406, 413, 415, 420, 488, 606],
            "",
            0,
            MISCONFIGURED,
        ),
        (&[403], "Forbidden", 0, MISCONFIGURED),
        (&[403], "Channel limit exceeded", 0, LIMIT),
        (&[401, 402, 407, 440], "", 0, REFUSED),
        (&[481, 482, 483, 491], "", 0, FAULTY),
        (&[500, 501, 502, 504, 505, 513, 580], "", 0, FAULTY),
        (&[500], "CPS limit exceeded", 0, LIMIT),
        (&[503], "", 0, FAULTY),
        (&[503], "", 90, limited(secs(90))),
        (&[503], "Concurrent call limit exceeded", 0, LIMIT),
        (&[605], "", 0, REFUSED_GLOBALLY),
    ]
}

fn said(code: u16, words: &str, retry_after: u64) -> CallReport {
    CallReport {
        reason: (!words.is_empty()).then(|| words.to_owned()),
        retry_after: (retry_after > 0).then(|| secs(retry_after)),
        ..rejected(code)
    }
}

/// Adds a running campaign whose retries wait only for their own reasons.
fn campaign_of(
    store: &mut impl EngineStore,
    name: &str,
    contacts: u64,
    own: &[(Outcome, OutcomeAction)],
) -> (CampaignId, Vec<ContactId>) {
    store.configure(&deck()).unwrap();
    let rule = |action| OutcomeRule {
        action,
        after: minutes(20),
        max: 9,
    };
    let rules = own
        .iter()
        .map(|(outcome, action)| (*outcome, rule(*action)));
    let settings = CampaignSettings {
        attempts: AttemptRules {
            max: 9,
            min_gap: Duration::ZERO,
            per_outcome: rules.collect(),
        },
        ..settings(name)
    };
    let by = by(morning());
    let id = store.add_campaign(&settings, &by).unwrap();
    let rows: Vec<_> = (0..contacts).map(|one| row(one + 2, number(one))).collect();
    let fates = store.import_contacts(id, &rows, morning()).unwrap();
    let taken = fates.into_iter().map(|fate| match fate {
        RowFate::Taken(contact) => contact,
        RowFate::Duplicate { of_line, .. } => panic!("duplicate of line {of_line}"),
    });
    let taken = taken.collect();
    store
        .move_campaign(id, CampaignState::Running, "", &by)
        .unwrap();
    (id, taken)
}

/// Makes one call and returns its settled end. A caller ID that rests because of it is made active again.
fn classified(
    store: &mut impl EngineStore,
    contact: ContactId,
    report: &CallReport,
    now: Timestamp,
) -> Settled {
    let settled = call(store, contact, report, now);
    let read = classify(report);
    assert!(settled.read == read || settled.read == read.repeated());
    if let Some(rested) = settled.rested {
        let attempts = store.attempts_of(contact).unwrap();
        assert_eq!(rested, attempts.last().unwrap().caller_id);
        store
            .set_caller_id_state(rested, CallerIdState::Active, &by(now))
            .unwrap();
    }
    settled
}

fn due(settled: &Settled) -> Timestamp {
    match &settled.next {
        Some(Next::Retry(due)) => *due,
        other => panic!("no retry: {other:?}"),
    }
}

fn every_status_comes_to_its_outcome_and_what_follows(store: &mut impl EngineStore) {
    let rows = table()
        .into_iter()
        .flat_map(|(codes, words, after, sense)| {
            codes.iter().map(move |code| (*code, words, after, sense))
        });
    let rows: Vec<_> = rows.collect();
    let count = u64::try_from(rows.len()).unwrap();
    let (_, contacts) = campaign_of(store, "spring-reminders", count, &[]);
    for (place, (code, words, after, sense)) in (0u64..).zip(rows) {
        let what = format!("{code} {words}");
        let now = morning() + secs(20 * place);
        let contact = contacts[usize::try_from(place).unwrap()];
        let settled = classified(store, contact, &said(code, words, after), now);
        let read = &settled.read;
        assert_eq!(
            (read.outcome, read.fault, read.counts, read.trunk),
            (sense.outcome, sense.fault, sense.counts, sense.trunk),
            "{what}"
        );
        let blocked = read.caller_id == CallerIdFinding::Blocked;
        assert_eq!(blocked, sense.blocks, "{what}");
        let kept = store.contacts_with(number(place)).unwrap().remove(0);
        assert_eq!(kept.attempts, u32::from(sense.counts), "{what}");
        assert_eq!(kept.last_outcome, Some(sense.outcome), "{what}");
        let listed = store.suppressions_of(number(place)).unwrap();
        let listed: Vec<_> = listed.iter().map(|one| (&one.list, one.source)).collect();
        match sense.then {
            Then::Again(wait) => {
                assert_eq!(settled.next, Some(Next::Retry(now + wait)), "{what}");
                assert_eq!((kept.due, listed.len()), (now + wait, 0), "{what}");
            }
            Then::End(state) => {
                assert_eq!(settled.next, Some(Next::Finish(state)), "{what}");
                assert_eq!((kept.state, listed.len()), (state, 0), "{what}");
            }
            Then::Listed(source) => {
                assert_eq!(settled.next, Some(Next::DoNotCall(source)), "{what}");
                assert_eq!(kept.state, ContactState::Suppressed, "{what}");
                assert_eq!(listed, [(&ListKind::Internal, source)], "{what}");
            }
        }
    }
    check_counters(store, morning());
}

fn a_404_is_confirmed_once_a_day_later_and_then_believed(store: &mut impl EngineStore) {
    // Even a campaign that would retry soon does not do so earlier.
    let soon = [(Outcome::InvalidNumber, OutcomeAction::Retry)];
    let (_, contacts) = campaign_of(store, "spring-reminders", 1, &soon);
    let first = classified(store, contacts[0], &rejected(404), morning());
    let again = due(&first);
    assert!(again >= morning() + Duration::from_hours(24));
    assert_eq!(store.promote_due(again, 10).unwrap().len(), 1);
    let second = classified(store, contacts[0], &rejected(404), again);
    assert_eq!(second.next, Some(Next::Finish(ContactState::Invalid)));
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
}

fn a_decline_follows_the_campaigns_word_and_can_be_taken_back(store: &mut impl EngineStore) {
    let stop = [(Outcome::Declined, OutcomeAction::Stop)];
    let (_, stopping) = campaign_of(store, "stops", 1, &stop);
    let settled = classified(store, stopping[0], &rejected(603), morning());
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Exhausted)));
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
    let (_, listing) = campaign_of(store, "lists", 1, &[]);
    let now = morning() + minutes(60);
    let settled = classified(store, listing[0], &rejected(603), now);
    let source = SuppressionSource::Declined;
    assert_eq!(settled.next, Some(Next::DoNotCall(source)));
    let (_, later) = campaign_of(store, "later", 1, &[]);
    let refused = claim(store, later[0], now + minutes(60));
    assert!(matches!(refused, Claimed::Refused(_)), "{refused:?}");
    let by = by(now);
    let reversed =
        store.reverse_suppression(number(0), &ListKind::Internal, plainly("said so"), &by);
    assert!(reversed.unwrap().is_some());
    let (_, back) = campaign_of(store, "back", 1, &[]);
    dial(store, back[0], now + minutes(60));
}

fn a_networks_block_is_no_decline_whatever_the_campaign_says(store: &mut impl EngineStore) {
    let list = [(Outcome::Declined, OutcomeAction::DoNotCall)];
    let (_, contacts) = campaign_of(store, "spring-reminders", 4, &list);
    let words = [
        "Blocked",
        "error 32203",
        "Fraud suspected",
        "Network decline",
    ];
    for (place, words) in (0u64..).zip(words) {
        let contact = contacts[usize::try_from(place).unwrap()];
        let now = morning() + secs(20 * place);
        let settled = classified(store, contact, &said(603, words, 0), now);
        assert_eq!(due(&settled), now + minutes(5), "{words}");
        assert!(store.suppressions_of(number(place)).unwrap().is_empty());
    }
}

fn an_unwanted_call_is_never_made_again_whatever_the_campaign_says(store: &mut impl EngineStore) {
    let actions = [
        OutcomeAction::Stop,
        OutcomeAction::Retry,
        OutcomeAction::DoNotCall,
    ];
    for (place, action) in (0u64..).zip(actions) {
        let own = [(Outcome::Declined, action)];
        let (_, contacts) = campaign_of(store, &format!("own-{place}"), 3, &own);
        let now = morning() + minutes(60 * place);
        let contact = contacts[usize::try_from(place).unwrap()];
        let settled = classified(store, contact, &rejected(607), now);
        let source = SuppressionSource::Unwanted;
        assert_eq!(settled.next, Some(Next::DoNotCall(source)), "{action:?}");
        let (_, others) = campaign_of(store, &format!("later-{place}"), 3, &[]);
        let contact = others[usize::try_from(place).unwrap()];
        let years = now + Duration::from_hours(24 * 7 * 52 * 5);
        let refused = claim(store, contact, years);
        assert!(matches!(refused, Claimed::Refused(_)), "{refused:?}");
    }
}

fn a_blocked_callee_is_called_with_another_caller_id(store: &mut impl EngineStore) {
    let (_, contacts) = campaign_of(store, "spring-reminders", 1, &[]);
    let blocked = dial(store, contacts[0], morning());
    let settled = settle(store, blocked.id, &rejected(608), morning()).unwrap();
    assert_eq!(settled.rested, None);
    let again = due(&settled);
    store.promote_due(again, 10).unwrap();
    let next = dial(store, contacts[0], again);
    assert_ne!(next.caller_id, blocked.caller_id);
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
}

/// Claims a contact while the breaker is in this state.
fn claim_by(
    store: &mut impl EngineStore,
    contact: ContactId,
    breaker: &Breaker,
    now: Timestamp,
) -> Claimed {
    let context = Context {
        trunk_rests: breaker.rest(now),
        ..Context::default()
    };
    store.claim(contact, &context, now).unwrap()
}

fn assert_held(claimed: &Claimed) {
    let Claimed::Held { hold, due: None } = claimed else {
        panic!("not held: {claimed:?}");
    };
    let kinds: Vec<_> = hold.reasons.iter().map(|reason| &reason.kind).collect();
    assert!(
        kinds
            .iter()
            .any(|kind| matches!(kind, HoldKind::TrunkRests(_))),
        "{kinds:?}"
    );
}

fn a_403_pauses_the_trunk_on_three_numbers_and_not_on_one_twice(store: &mut impl EngineStore) {
    let (_, contacts) = campaign_of(store, "spring-reminders", 4, &[]);
    let mut breaker = Breaker::default();
    let mut now = morning();
    // It may be only this one number that is forbidden: it is given up, and others are called.
    let first = classified(store, contacts[0], &rejected(403), now);
    breaker.on_result(first.read.trunk, (number(0), now), now);
    assert_eq!(breaker.rest(now), None);
    now = due(&first);
    store.promote_due(now, 10).unwrap();
    let second = classified(store, contacts[0], &rejected(403), now);
    breaker.on_result(second.read.trunk, (number(0), now), now);
    assert_eq!(second.next, Some(Next::Finish(ContactState::Invalid)));
    assert_eq!(store.contacts_with(number(0)).unwrap()[0].attempts, 1);
    for place in [1, 2] {
        assert_eq!(breaker.rest(now), None);
        now = now + secs(5);
        let contact = contacts[usize::try_from(place).unwrap()];
        let settled = classified(store, contact, &rejected(403), now);
        breaker.on_result(settled.read.trunk, (number(place), now), now);
    }
    let (until, cause) = (None, "refused");
    assert_eq!(breaker.rest(now), Some(TrunkRest { until, cause }));
    assert_held(&claim_by(store, contacts[3], &breaker, now));
}

fn a_refused_account_pauses_the_trunk_at_once(store: &mut impl EngineStore) {
    let (_, contacts) = campaign_of(store, "spring-reminders", 5, &[]);
    let codes = [401, 402, 407, 440];
    for (place, code) in (0u64..).zip(codes) {
        let mut breaker = Breaker::default();
        let now = morning() + secs(20 * place);
        let contact = contacts[usize::try_from(place).unwrap()];
        let settled = classified(store, contact, &rejected(code), now);
        breaker.on_result(settled.read.trunk, (number(place), now), now);
        assert_held(&claim_by(store, contacts[4], &breaker, now));
        assert_eq!(breaker.rest(now).unwrap().until, None, "{code}");
    }
}

fn a_503_rests_the_trunk_as_long_as_it_asks_and_without_a_word_counts_against_it(
    store: &mut impl EngineStore,
) {
    let (_, contacts) = campaign_of(store, "spring-reminders", 7, &[]);
    let now = morning();
    let mut breaker = Breaker::default();
    let settled = classified(store, contacts[0], &said(503, "", 90), now);
    breaker.on_result(settled.read.trunk, (number(0), now), now);
    assert_held(&claim_by(store, contacts[1], &breaker, now + secs(89)));
    assert_eq!(breaker.rest(now + secs(90)), None);
    let mut now = now + secs(90);
    for place in 1..6 {
        assert_eq!(breaker.rest(now), None);
        now = now + secs(5);
        let contact = contacts[usize::try_from(place).unwrap()];
        let settled = classified(store, contact, &rejected(503), now);
        breaker.on_result(settled.read.trunk, (number(place), now), now);
    }
    assert_held(&claim_by(store, contacts[6], &breaker, now));
    assert_eq!(breaker.rest(now + secs(60)), None);
}

fn a_call_taken_back_while_it_rang_is_cancelled_and_not_unanswered(store: &mut impl EngineStore) {
    let (_, contacts) = campaign_of(store, "spring-reminders", 2, &[]);
    // A 487 also answers our own CANCEL. The report says who cancelled.
    let ours = CallReport {
        sip_code: Some(487),
        ..ended(CallEnd::CancelledByUs)
    };
    let taken_back = classified(store, contacts[0], &ours, morning());
    assert_eq!(taken_back.read.outcome, Outcome::Cancelled);
    let theirs = classified(store, contacts[1], &rejected(487), morning() + secs(20));
    assert_eq!(theirs.read.outcome, Outcome::NoAnswer);
    assert!(
        taken_back.read.counts && theirs.read.counts,
        "both may have rung"
    );
}

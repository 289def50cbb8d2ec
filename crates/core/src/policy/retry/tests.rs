//! Tests of every outcome with what follows it, and of retries that can be dialed when they are due.

use proptest::prelude::*;

use super::*;
use crate::domain::outcome::classify;
use crate::domain::suppression::{ListKind, Suppression};
use crate::domain::{CallEnd, CallReport, MinuteOfDay};
use crate::policy::Decision;
use crate::policy::fixture::{World, at, class, monday, past};

fn completed(callee: CalleeType) -> Classification {
    classify(&CallReport {
        end: CallEnd::Completed,
        callee_type: Some(callee),
        ..CallReport::default()
    })
}

fn ended(end: CallEnd) -> Classification {
    classify(&CallReport {
        end,
        ..CallReport::default()
    })
}

fn sip(code: u16) -> Classification {
    classify(&CallReport {
        sip_code: Some(code),
        rang: Some(code == 603),
        ..CallReport::default()
    })
}

/// Returns the world after a call that began a minute ago and ended with this classification.
fn after_call(mut world: World, read: &Classification) -> World {
    let sent = monday() - minutes(1);
    world
        .history
        .insert(0, past(sent, read.outcome, read.counts));
    world.contact.attempts += u32::from(read.counts);
    world
}

fn next(world: World, read: &Classification) -> Next {
    plan(&after_call(world, read).facts(), read, monday())
}

/// Returns a world without a gap, so that only the rule counts.
fn bare() -> World {
    let mut world = World::open();
    world.campaign.settings.attempts.min_gap = Duration::ZERO;
    world
}

fn retry_in(after: Duration) -> Next {
    Next::Retry(monday() + after)
}

#[test]
fn every_outcome_has_its_default() {
    use ContactState::{Done, Exhausted, Invalid, Unknown};
    let tomorrow = Next::Retry(monday() + hours(24));
    let throttled = Classification {
        trunk: TrunkFinding::Throttled(Duration::from_secs(45)),
        ..sip(429)
    };
    // It is not known whether the phone rang.
    let doubtful = |code, reason: &str| {
        classify(&CallReport {
            sip_code: Some(code),
            reason: Some(reason.to_owned()),
            ..CallReport::default()
        })
    };
    for (read, expected) in [
        (doubtful(500, ""), retry_in(hours(3))),
        (doubtful(403, ""), retry_in(hours(3))),
        (doubtful(503, "CPS limit exceeded"), retry_in(hours(3))),
        (doubtful(608, ""), retry_in(minutes(5))),
        (ended(CallEnd::Failed), retry_in(hours(3))),
        (completed(CalleeType::Human), Next::Finish(Done)),
        (completed(CalleeType::Unknown), Next::Finish(Done)),
        (completed(CalleeType::Voicemail), retry_in(hours(4))),
        (completed(CalleeType::Fax), Next::Finish(Invalid)),
        (sip(486), retry_in(minutes(15))),
        (sip(600), retry_in(hours(1))),
        (sip(480), retry_in(hours(3))),
        (ended(CallEnd::RangOut), retry_in(hours(3))),
        (ended(CallEnd::Abandoned), tomorrow.clone()),
        (sip(404), tomorrow),
        (sip(410), Next::Finish(Invalid)),
        (sip(301), Next::Finish(Invalid)),
        (sip(403), retry_in(minutes(5))),
        (sip(403).repeated(), Next::Finish(Invalid)),
        (sip(603), Next::DoNotCall(SuppressionSource::Declined)),
        (sip(607), Next::DoNotCall(SuppressionSource::Unwanted)),
        (sip(601), Next::Finish(Exhausted)),
        (sip(608), retry_in(minutes(5))),
        (sip(500), retry_in(minutes(5))),
        (sip(401), retry_in(minutes(5))),
        (throttled, retry_in(Duration::from_secs(45))),
        (ended(CallEnd::NeverSent), retry_in(minutes(5))),
        (ended(CallEnd::CancelledByUs), retry_in(minutes(5))),
        (ended(CallEnd::Lapsed), retry_in(minutes(5))),
        (ended(CallEnd::Unresolved), Next::Finish(Unknown)),
    ] {
        assert_eq!(next(bare(), &read), expected, "{read:?}");
    }
}

#[test]
fn a_message_left_reaches_the_contact() {
    let mut world = bare();
    world.campaign.settings.voicemail = VoicemailAction::LeaveMessage;
    let read = completed(CalleeType::Voicemail);
    assert_eq!(next(world, &read), Next::Finish(ContactState::Done));
}

#[test]
fn busy_waits_longer_each_time() {
    let mut world = bare();
    world.campaign.settings.attempts.max = 9;
    for wait in [15, 30, 60, 60] {
        let after = after_call(world.clone(), &sip(486));
        assert_eq!(
            plan(&after.facts(), &sip(486), monday()),
            retry_in(minutes(wait))
        );
        world = after;
    }
}

#[test]
fn a_second_404_is_believed() {
    let mut world = bare();
    let yesterday = monday() - hours(25);
    world.history = vec![past(yesterday, Outcome::InvalidNumber, true)];
    world.contact.attempts = 1;
    assert_eq!(next(world, &sip(404)), Next::Finish(ContactState::Invalid));
}

#[test]
fn the_campaigns_own_rules_come_first() {
    let rule = |action, after, max| OutcomeRule { action, after, max };
    let with = |outcome, rule| {
        let mut world = bare();
        let rules = &mut world.campaign.settings.attempts.per_outcome;
        rules.insert(outcome, rule);
        world
    };
    let retry = rule(OutcomeAction::Retry, minutes(42), 2);
    let world = with(Outcome::Busy, retry);
    assert_eq!(next(world.clone(), &sip(486)), retry_in(minutes(42)));
    let again = after_call(world, &sip(486));
    assert_eq!(
        next(again, &sip(486)),
        Next::Finish(ContactState::Exhausted)
    );
    let stop = rule(OutcomeAction::Stop, Duration::ZERO, 9);
    assert_eq!(
        next(with(Outcome::Declined, stop), &sip(603)),
        Next::Finish(ContactState::Exhausted)
    );
    let barred = rule(OutcomeAction::DoNotCall, Duration::ZERO, 9);
    assert_eq!(
        next(with(Outcome::Declined, barred), &sip(601)),
        Next::Finish(ContactState::Exhausted),
        "only a person's decline puts a number on the list"
    );
    assert_eq!(
        next(with(Outcome::Declined, stop), &sip(607)),
        Next::DoNotCall(SuppressionSource::Unwanted)
    );
}

#[test]
fn used_up_attempts_end_it() {
    let mut world = bare();
    world.contact.attempts = 2;
    assert_eq!(
        next(world, &sip(486)),
        Next::Finish(ContactState::Exhausted)
    );
}

#[test]
fn what_does_not_count_never_uses_a_contact_up_and_is_spaced() {
    for read in [
        sip(500),
        sip(401),
        ended(CallEnd::NeverSent),
        ended(CallEnd::Lapsed),
    ] {
        let mut world = bare();
        world.campaign.settings.attempts.max = 1;
        for wait in [5, 10, 20, 40, 80, 160, 160, 160, 160, 160] {
            let after = after_call(world.clone(), &read);
            let planned = plan(&after.facts(), &read, monday());
            assert_eq!(planned, retry_in(minutes(wait)), "{read:?}");
            world = after;
        }
    }
}

#[test]
fn no_rule_and_no_carrier_makes_a_loop_of_what_does_not_count() {
    let rule = OutcomeRule {
        action: OutcomeAction::Retry,
        after: Duration::from_secs(1),
        max: 1,
    };
    let at_once = Classification {
        trunk: TrunkFinding::Throttled(Duration::ZERO),
        ..sip(429)
    };
    for read in [sip(500), sip(401), at_once, ended(CallEnd::NeverSent)] {
        let mut world = bare();
        let rules = &mut world.campaign.settings.attempts.per_outcome;
        for outcome in [
            Outcome::NetworkFailure,
            Outcome::ProviderError,
            Outcome::Cancelled,
        ] {
            rules.insert(outcome, rule);
        }
        for seconds in [30, 60, 120, 240, 480, 960, 960] {
            let after = after_call(world, &read);
            let planned = plan(&after.facts(), &read, monday());
            assert_eq!(planned, retry_in(Duration::from_secs(seconds)), "{read:?}");
            world = after;
        }
    }
}

#[test]
fn retries_keep_gap_and_window_and_end_with_their_owners() {
    let mut world = World::open();
    assert_eq!(next(world.clone(), &sip(486)), retry_in(minutes(29)));
    // 12 h later is 22:29 local, so the retry is due on Tuesday at 08:00.
    world.campaign.settings.attempts.min_gap = hours(12);
    let morning = at("2026-12-08T13:00:00Z");
    assert_eq!(next(world.clone(), &sip(486)), Next::Retry(morning));
    let expired = Next::Finish(ContactState::Expired);
    let mut short = world.clone();
    short.contact.expires_at = Some(morning);
    assert_eq!(next(short, &sip(486)), expired);
    let mut short = world.clone();
    short.campaign.settings.schedule.expires = Some(morning);
    assert_eq!(next(short, &sip(486)), expired);
    world.campaign.state = CampaignState::Stopped;
    assert_eq!(next(world, &sip(486)), expired);
}

#[test]
fn an_abandoned_person_in_britain_has_three_days_of_peace() {
    let mut world = bare();
    world.class = class(&["Europe/London"], &["GB"]);
    let Next::Retry(due) = next(world, &ended(CallEnd::Abandoned)) else {
        panic!("no retry");
    };
    assert!(due >= monday() + ABANDONED_GB - minutes(1), "{due}");
}

#[test]
fn a_number_suppressed_meanwhile_is_finished() {
    let mut world = bare();
    world.suppressions.push(Suppression {
        number: world.contact.number,
        list: ListKind::Internal,
        source: SuppressionSource::OptOut,
        at: monday(),
        actor: "maria".to_owned(),
        note: None,
    });
    assert_eq!(
        next(world, &sip(486)),
        Next::Finish(ContactState::Suppressed)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_retry_is_dialable_when_it_is_due(
        place in 0usize..5,
        outcome in 0usize..6,
        open in 0u16..1000,
        start in 0u64..(30 * 1440),
        earlier in proptest::collection::vec(1u64..5000, 0..6),
    ) {
        let (zone, region) = [
            ("America/New_York", "US-FL"),
            ("America/New_York", "US-RI"),
            ("Pacific/Honolulu", "US-HI"),
            ("Europe/Paris", "FR"),
            ("Europe/London", "GB"),
        ][place];
        let read = [486, 480, 404, 500, 608, 429].map(sip)[outcome].clone();
        let now = monday() + minutes(start);
        let mut world = World::open();
        world.class = class(&[zone], &[region]);
        world.sells();
        world.campaign.settings.attempts.max = 50;
        world.campaign.settings.schedule.open = MinuteOfDay::new(open).unwrap();
        let mut ago: Vec<u64> = earlier;
        ago.sort_unstable();
        world.history = ago
            .into_iter()
            .map(|ago| past(now - minutes(ago), Outcome::NoAnswer, true))
            .collect();
        world.history.insert(0, past(now - minutes(1), read.outcome, read.counts));
        match plan(&world.facts(), &read, now) {
            Next::Retry(due) => {
                prop_assert!(due > now);
                world.contact.due = due;
                let decision = world.decide(due);
                prop_assert!(matches!(decision, Decision::Dial(_)), "{:?}", decision);
            }
            Next::Finish(state) => prop_assert_eq!(state, ContactState::Expired),
            Next::DoNotCall(source) => prop_assert!(false, "{:?}", source),
        }
    }
}

//! Tests of the gates together: order, completeness, and what holds for any facts.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{World, at, caller_id, class, minutes, monday, past};
use super::{
    Decision, HoldKind, Refusal, Scope, TrunkRest, Until, Verdict, WindowReason, decide, explain,
    next_possible,
};
use crate::domain::suppression::SuppressionSource;
use crate::domain::{
    Area, CampaignState, ClockHeld, ContactState, ListKind, Outcome, Suppression, SuppressionList,
    Timestamp,
};

type Change = fn(&mut World);

fn suppressed(world: &mut World) {
    world.suppressions.push(Suppression {
        number: world.contact.number,
        list: ListKind::Internal,
        source: SuppressionSource::OptOut,
        at: at("2026-03-02T09:00:00Z"),
        actor: "maria".to_owned(),
        note: None,
    });
}

/// Each change breaks one permanent gate.
const PERMANENT: [Change; 7] = [
    |world| world.campaign.state = CampaignState::Stopped,
    |world| world.campaign.settings.schedule.expires = Some(monday()),
    |world| world.contact.state = ContactState::Done,
    |world| world.contact.number = super::fixture::number("+18005550142"),
    suppressed,
    |world| world.contact.consent = None,
    |world| world.contact.attempts = 3,
];

/// Each change breaks one temporary gate.
const TEMPORARY: [Change; 23] = [
    |world| world.context.unhealthy = Some("the store fails".to_owned()),
    |world| world.context.clock_behind = Some(monday() + minutes(5)),
    |world| {
        world.context.clock_held = Some(ClockHeld {
            at: monday(),
            seconds: -61,
        });
    },
    |world| world.campaign.state = CampaignState::Paused,
    |world| world.campaign.settings.schedule.start = Some(monday() + minutes(5)),
    |world| {
        world.campaign.settings.required_lists = vec![ListKind::National("us".to_owned())];
    },
    |world| world.in_flight = true,
    |world| {
        let sent = monday() - minutes(10);
        world.history.insert(0, past(sent, Outcome::Busy, true));
    },
    |world| world.contact.due = monday() + minutes(7),
    |world| world.emergency_bans = vec!["US-NY".to_owned()],
    |world| world.class.zones.push("Pacific/Honolulu".to_owned()),
    |world| world.trunk = None,
    |world| {
        world.context.trunk_rests = Some(TrunkRest {
            until: Some(monday() + minutes(1)),
            cause: "breaker_open",
        });
    },
    |world| {
        world.abandonment.brake.answered = 200;
        world.abandonment.brake.abandoned = 7;
    },
    |world| world.caller_ids.clear(),
    |world| world.load.deck.in_flight = 10,
    |world| world.load.trunk.in_flight = 10,
    |world| world.load.campaign.in_flight = 10,
    |world| world.load.trunk.sent_last_minute = 10,
    |world| world.load.campaign.sent_last_minute = 10,
    |world| world.load.campaign.last_planned = Some(monday() - Duration::from_secs(1)),
    |world| world.class.zones.clear(),
    |world| {
        for id in &mut world.caller_ids {
            id.sent_last_hour = 30;
            id.hour_frees_at = Some(monday() + minutes(3));
        }
    },
];

#[test]
fn an_orderly_contact_is_dialed_with_everything_the_log_must_prove() {
    let world = World::open();
    let Decision::Dial(order) = world.decide(monday()) else {
        panic!("not dialed: {:?}", world.decide(monday()));
    };
    assert_eq!(order.n, 1);
    assert_eq!(order.caller_id, world.caller_ids[0].caller_id.number);
    assert_eq!(
        order.local_times,
        [("America/New_York".to_owned(), "Mon 10:30:00".to_owned())]
    );
    assert_eq!(order.regions, ["US-NY"]);
    assert_eq!(order.consent, world.contact.consent);
}

#[test]
fn each_temporary_gate_alone_holds() {
    for (place, change) in TEMPORARY.iter().enumerate() {
        let mut world = World::open();
        change(&mut world);
        assert_eq!(world.hold(monday()).reasons.len(), 1, "change {place}");
    }
}

#[test]
fn each_permanent_gate_alone_refuses_and_later_gates_are_not_reached() {
    for (place, change) in PERMANENT.iter().enumerate() {
        let mut world = World::open();
        change(&mut world);
        let (decision, checks) = explain(&world.facts(), monday());
        assert!(matches!(decision, Decision::Refuse(_)), "change {place}");
        let refused = checks
            .iter()
            .position(|check| check.verdict == Verdict::Refuse)
            .unwrap();
        assert!(
            checks[..refused].iter().all(|c| c.verdict == Verdict::Pass)
                && checks[refused + 1..]
                    .iter()
                    .all(|c| c.verdict == Verdict::NotReached)
        );
    }
}

#[test]
fn the_scope_is_the_narrowest_and_the_end_the_latest() {
    let mut world = World::open();
    world.campaign.state = CampaignState::Paused;
    world.contact.due = monday() + minutes(7);
    let hold = world.hold(monday());
    assert_eq!((hold.scope, hold.until), (Scope::Contact, Until::Operator));
    assert_eq!(hold.set_aside_until(monday()), Some(monday() + minutes(7)));
    let mut world = World::open();
    world.load.deck.in_flight = 10;
    let hold = world.hold(monday());
    assert_eq!((hold.scope, hold.until), (Scope::Deck, Until::CallEnds));
    assert_eq!(hold.set_aside_until(monday()), None);
}

#[test]
fn a_registry_that_is_stale_or_missing_in_the_numbers_area_holds_the_contact() {
    let list = ListKind::National("us".to_owned());
    let area = Area::from_code(212);
    let mut world = World::open();
    world.campaign.settings.required_lists = vec![ListKind::Internal, list.clone()];
    let missing = [HoldKind::RegistryMissing(list.clone(), area)];
    assert_eq!(world.kinds(monday()), missing);
    let day = Duration::from_hours(24);
    let loaded = |code, as_of| SuppressionList {
        kind: list.clone(),
        as_of,
        count: 7,
        areas: [(Area::from_code(code), as_of)].into(),
    };
    world.lists = vec![loaded(646, monday())];
    assert_eq!(world.kinds(monday()), missing);
    let old = monday() - 31 * day - Duration::from_millis(1);
    for (as_of, held) in [
        (monday() - 31 * day, None),
        (old, Some(HoldKind::RegistryStale(list.clone(), area, old))),
    ] {
        world.lists = vec![loaded(212, as_of)];
        assert_eq!(world.kinds(monday()), Vec::from_iter(held));
    }
    let hold = world.hold(monday());
    assert_eq!(hold.scope, Scope::Contact);
    assert_eq!(hold.set_aside_until(monday()), Some(Timestamp::MAX));
}

#[test]
fn the_next_possible_instant_is_the_latest_end_inside_a_window() {
    let mut world = World::open();
    assert_eq!(next_possible(&world.facts(), monday()), Some(monday()));
    // Due at 22:00 local: the next window opens on Tuesday at 08:00.
    world.contact.due = at("2026-12-08T03:00:00Z");
    assert_eq!(
        next_possible(&world.facts(), monday()),
        Some(at("2026-12-08T13:00:00Z"))
    );
    world.load.campaign.in_flight = 10;
    assert_eq!(
        next_possible(&world.facts(), monday()),
        Some(at("2026-12-08T13:00:00Z")),
        "calls in flight now are over by then"
    );
    world.contact.due = Timestamp::MIN;
    assert_eq!(next_possible(&world.facts(), monday()), None);
    world.campaign.state = CampaignState::Paused;
    assert_eq!(next_possible(&world.facts(), monday()), None);
}

#[test]
fn the_next_possible_instant_is_never_past_an_end() {
    let mut world = World::open();
    world.contact.due = at("2026-12-08T03:00:00Z");
    world.contact.expires_at = Some(at("2026-12-08T13:00:00Z"));
    assert_eq!(next_possible(&world.facts(), monday()), None);
}

#[test]
fn words_are_for_people() {
    let mut world = World::open();
    suppressed(&mut world);
    assert_eq!(
        world.refusal(monday()).unwrap().to_string(),
        "on list internal since 2 Mar 2026"
    );
    let mut world = World::open();
    world.class = class(&["Pacific/Honolulu"], &["US-HI"]);
    assert_eq!(
        world.hold(monday()).to_string(),
        "window opens 08:00 in Pacific/Honolulu"
    );
    world.campaign.state = CampaignState::Paused;
    world.load.deck.in_flight = 10;
    assert_eq!(
        world.hold(monday()).to_string(),
        "campaign paused, until an operator acts; window opens 08:00 in Pacific/Honolulu; \
         deck full 10/10, until a call ends"
    );
    // Sunday is closed in Alabama: the day is named.
    let mut world = World::open();
    world.class = class(&["America/Chicago"], &["US-AL"]);
    assert_eq!(
        world.hold(at("2026-12-06T18:00:00Z")).to_string(),
        "window opens Mon 08:00 in America/Chicago"
    );
}

fn broken(changes: &[Change], picked: &[bool]) -> World {
    let mut world = World::open();
    world.caller_ids.push(caller_id("+13125550177", "US-IL"));
    for (change, _) in changes.iter().zip(picked).filter(|(_, on)| **on) {
        change(&mut world);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn decide_says_what_explain_says(
        permanent in proptest::collection::vec(proptest::bool::weighted(0.1), PERMANENT.len()),
        temporary in proptest::collection::vec(any::<bool>(), TEMPORARY.len()),
        minute in 0u64..20_000,
    ) {
        let mut world = broken(&PERMANENT, &permanent);
        for (change, _) in TEMPORARY.iter().zip(&temporary).filter(|(_, on)| **on) {
            change(&mut world);
        }
        let now = monday() + minutes(minute);
        let (explained, checks) = explain(&world.facts(), now);
        prop_assert_eq!(&decide(&world.facts(), now), &explained);
        let failing = checks.iter().filter(|check| check.verdict == Verdict::Hold).count();
        match explained {
            Decision::Dial(_) => prop_assert!(checks.iter().all(|c| c.verdict == Verdict::Pass)),
            Decision::Hold(hold) => {
                prop_assert!(failing > 0 && failing <= hold.reasons.len());
                let latest = hold.reasons.iter().map(|reason| reason.until).max();
                prop_assert_eq!(Some(hold.until), latest);
            }
            Decision::Refuse(_) => prop_assert_eq!(failing, 0),
        }
    }

    #[test]
    fn a_hold_names_every_failing_gate(
        picked in proptest::collection::vec(any::<bool>(), TEMPORARY.len()),
    ) {
        let world = broken(&TEMPORARY, &picked);
        let all = world.kinds(monday());
        for (place, _) in picked.iter().enumerate().filter(|(_, on)| **on) {
            let mut alone = vec![false; TEMPORARY.len()];
            alone[place] = true;
            for kind in broken(&TEMPORARY, &alone).kinds(monday()) {
                let same = |other: &HoldKind| {
                    std::mem::discriminant(other) == std::mem::discriminant(&kind)
                };
                // One gate can show only one of two faults of one thing: no zone hides a shut one, no trunk a
                // full one, no caller ID a full one.
                let hidden = matches!(kind, HoldKind::Window(..)) && all.contains(&HoldKind::NoZone)
                    || matches!(kind, HoldKind::TrunkConcurrent(..))
                        && all.contains(&HoldKind::TrunkMissing)
                    || kind == HoldKind::CallerIdsFull && all.contains(&HoldKind::NoCallerId);
                prop_assert!(hidden || all.iter().any(same), "{:?} not in {:?}", kind, all);
            }
        }
    }

    #[test]
    fn a_refusal_never_depends_on_temporary_facts(
        permanent in proptest::collection::vec(proptest::bool::weighted(0.3), PERMANENT.len()),
        temporary in proptest::collection::vec(any::<bool>(), TEMPORARY.len()),
    ) {
        let calm = broken(&PERMANENT, &permanent);
        let mut stormy = calm.clone();
        for (change, _) in TEMPORARY.iter().zip(&temporary).filter(|(_, on)| **on) {
            let state = stormy.campaign.state;
            change(&mut stormy);
            if state == CampaignState::Stopped {
                stormy.campaign.state = state;
            }
        }
        prop_assert_eq!(calm.refusal(monday()), stormy.refusal(monday()));
    }

    #[test]
    fn the_next_possible_instant_is_dialable_and_none_is_before_it(
        due in 0u64..6000,
        zone in 0usize..4,
    ) {
        let zones = ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Europe/London"];
        let regions = ["US-RI", "US-CA", "US-HI", "GB"];
        let mut world = World::open();
        world.class = class(&[zones[zone]], &[regions[zone]]);
        world.contact.due = monday() + minutes(due);
        let found = next_possible(&world.facts(), monday()).unwrap();
        prop_assert!(matches!(world.decide(found), Decision::Dial(_)));
        prop_assert!(found == monday()
            || !matches!(world.decide(found - Duration::from_millis(1)), Decision::Dial(_)));
        let mut probe = monday();
        while probe < found {
            prop_assert!(!matches!(world.decide(probe), Decision::Dial(_)), "open at {}", probe);
            probe = probe + minutes(15);
        }
    }
}

#[test]
fn a_shut_zone_is_named_with_its_local_time() {
    let mut world = World::open();
    world.class = class(&["America/New_York", "Pacific/Honolulu"], &["US-NY"]);
    assert_eq!(
        world.kinds(monday()),
        [HoldKind::Window(
            WindowReason::BeforeOpen,
            "Pacific/Honolulu Mon 05:30:00".to_owned()
        )]
    );
}

#[test]
fn what_is_final_says_so() {
    let mut world = World::open();
    world.contact.state = ContactState::Unknown;
    assert_eq!(
        world.refusal(monday()),
        Some(Refusal::Finished(ContactState::Unknown))
    );
}

//! Tests of the gates of the pace, and of the pace that they produce.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::{AttemptId, DeckId};
use crate::policy::Decision;
use crate::policy::fixture::{World, minutes, monday};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn id(serial: i64) -> AttemptId {
    AttemptId {
        deck: DeckId(1),
        serial,
    }
}

#[test]
fn a_full_minute_waits_for_its_own_end() {
    let mut world = World::open();
    world.load.trunk.sent_last_minute = 10;
    world.load.trunk.minute_frees_at = Some(monday() + ms(2100));
    let hold = world.hold(monday());
    assert_eq!(hold.reasons[0].kind, HoldKind::TrunkPerMinute(10, 10));
    assert_eq!(hold.until, Until::At(monday() + ms(2100)));
    assert_eq!(world.kinds(monday() + ms(2100)), []);
}

#[test]
fn the_ramp_rises_in_a_straight_line_from_a_fifth() {
    let mut world = World::open();
    world.context.ramp_from = Some(monday());
    for (seconds, percent) in [
        (0, 20),
        (30, 40),
        (60, 60),
        (119, 99),
        (120, 100),
        (900, 100),
    ] {
        let now = monday() + Duration::from_secs(seconds);
        assert_eq!(pace_percent(&world.facts(), now), percent, "{seconds}");
    }
    world.campaign.settings.schedule.ramp = Duration::ZERO;
    assert_eq!(pace_percent(&world.facts(), monday()), 100);
}

#[test]
fn the_end_of_spacing_is_the_first_instant_that_passes() {
    let paces = [(10, true), (10, false), (1, true), (600, true), (7, false)];
    let cases = paces
        .into_iter()
        .flat_map(|pace| [(pace, None), (pace, Some(3))]);
    for ((per_minute, ramp), slow) in cases {
        let mut world = World::open();
        world.context.slow_until = slow.map(|seconds| monday() + ms(seconds * 1000));
        world.context.ramp_from = ramp.then(|| monday() - minutes(1));
        world.load.campaign.calls_per_minute = per_minute;
        world.load.campaign.last_planned = Some(monday());
        let facts = world.facts();
        let end = spaced_until(&facts, monday()).unwrap();
        assert_eq!(spaced_until(&facts, end), None);
        assert!(spaced_until(&facts, end - ms(1)).is_some());
    }
}

#[test]
fn a_ramp_never_waits_longer_than_half_a_minute() {
    let mut world = World::open();
    world.context.ramp_from = Some(monday());
    world.load.campaign.calls_per_minute = 4;
    assert_eq!(spacing_at(&world.facts(), monday()), ms(30_000));
    world.load.campaign.calls_per_minute = 1;
    assert_eq!(spacing_at(&world.facts(), monday()), ms(59_975));
}

/// Sends as soon as the policy allows, each reaching the carrier a little late.
fn sends_in(world: &mut World, per_minute: u32, lateness: u64, span: Duration) -> u32 {
    let mut ledger = Ledger::default();
    let mut now = monday();
    let mut sent = 0;
    let trunk_cap = world.load.trunk.calls_per_minute;
    let trunk = world.campaign.settings.trunk.clone();
    while now < monday() + span {
        let load = ledger.campaign(world.campaign.id, 10, per_minute, now);
        world.load.campaign = load;
        world.load.trunk = ledger.trunk(&trunk, 10, trunk_cap, now);
        match world.decide(now) {
            Decision::Dial(order) => {
                sent += 1;
                let attempt = id(i64::from(sent));
                ledger.reserve(Entry {
                    attempt,
                    campaign: world.campaign.id,
                    trunk: order.trunk,
                    caller_id: order.caller_id,
                    planned_at: now,
                });
                now = now + ms(lateness);
                ledger.ended(attempt, now);
            }
            Decision::Hold(hold) => match hold.until {
                Until::At(end) => now = end,
                Until::CallEnds | Until::Operator => panic!("{hold}"),
            },
            Decision::Refuse(refusal) => panic!("{refusal}"),
        }
    }
    sent
}

#[test]
fn after_a_limit_half_of_what_binds_is_used_and_then_all_of_it() {
    // The campaign's pace and the trunk's cap (0: none); the lower of them binds.
    for (pace, cap) in [(10, 100), (60, 60), (60, 0), (90, 30), (30, 90), (4, 4)] {
        let binds = if cap == 0 { pace } else { pace.min(cap) };
        let sent = |slow: Duration, span: Duration| {
            let mut world = World::open();
            world.load.trunk.calls_per_minute = cap;
            world.context.slow_until = Some(monday() + slow);
            sends_in(&mut world, pace, 7, span)
        };
        let slowed = sent(minutes(10), minutes(10));
        assert!(
            slowed * 100 >= binds * 5 * 90 && slowed <= binds * 5 + 1,
            "{slowed} at half of {binds}"
        );
        let after = sent(minutes(1), minutes(11)) - sent(minutes(1), minutes(1));
        assert!(after * 100 >= binds * 10 * 90, "{after} at {binds}");
    }
}

#[test]
fn the_slowed_trunk_holds_all_its_campaigns() {
    let mut world = World::open();
    world.context.slow_until = Some(monday() + ms(30_000));
    world.load.trunk.last_planned = Some(monday() - ms(2_000));
    let hold = world.hold(monday());
    assert_eq!(hold.reasons[0].kind, HoldKind::TrunkSlowed);
    assert_eq!(hold.until, Until::At(monday() + ms(10_000)));
    world.context.slow_until = Some(monday() + ms(3_000));
    assert_eq!(world.hold(monday()).until, Until::At(monday() + ms(3_000)));
    assert_eq!(world.kinds(monday() + ms(3_000)), []);
}

#[test]
fn the_whole_cap_is_used_and_no_more() {
    for per_minute in [1, 3, 10, 60, 90] {
        for lateness in [0, 7, 20] {
            let mut world = World::open();
            world.load.trunk.calls_per_minute = 0;
            let sent = sends_in(&mut world, per_minute, lateness, minutes(20));
            let cap = per_minute * 20;
            assert!(
                sent * 100 >= cap * 97 && sent <= cap + per_minute,
                "{sent} of {cap}, {lateness} ms late"
            );
        }
    }
}

#[test]
fn within_the_lead_a_call_is_planned_ahead_and_leaves_when_there_is_room() {
    let mut world = World::open();
    world.trunk.as_mut().unwrap().capabilities.lead = ms(4000);
    world.load.trunk.sent_last_minute = 10;
    world.load.trunk.minute_frees_at = Some(monday() + ms(6000));
    assert_eq!(world.hold(monday()).until, Until::At(monday() + ms(2000)));
    world.load.campaign.sent_last_minute = 10;
    world.load.campaign.minute_frees_at = Some(monday() + ms(5000));
    let Decision::Dial(order) = world.decide(monday() + ms(2000)) else {
        panic!("planned ahead");
    };
    assert_eq!(order.not_before, monday() + ms(6250));
    world.load = World::open().load;
    let Decision::Dial(order) = world.decide(monday()) else {
        panic!("there is room");
    };
    assert_eq!(order.not_before, monday());
}

/// Two campaigns on a trunk whose provider prepares each call before it leaves.
#[derive(Clone, Debug)]
struct Trunk {
    per_minute: u32,
    campaigns: [u32; 2],
    at_once: u32,
    /// How long a call may be prepared; one that is not ready by then is given back.
    wait: Duration,
    lead: Duration,
    /// How long a call lasts.
    talk: Duration,
}

/// What happens to an attempt next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Ends,
    Leaves,
    GivenBack,
}

impl Trunk {
    /// Returns the sends of each campaign if every call is reserved as soon as the policy allows. `prepared`
    /// returns how long an attempt takes to be ready; `None` if it never is.
    fn sends(
        &self,
        span: Duration,
        mut prepared: impl FnMut(i64) -> Option<Duration>,
    ) -> [Vec<Timestamp>; 2] {
        let mut world = World::open();
        world.trunk.as_mut().unwrap().capabilities.lead = self.lead;
        let mut ledger = Ledger::default();
        let mut turns: BTreeSet<(Timestamp, Turn, i64, usize)> = BTreeSet::new();
        let mut sends = [Vec::new(), Vec::new()];
        let (mut now, mut serial) = (monday(), 0);
        while now < monday() + span {
            while let Some(turn) = turns.first().copied().filter(|(at, ..)| *at <= now) {
                turns.remove(&turn);
                match turn.1 {
                    Turn::Ends => ledger.ended(id(turn.2), now),
                    Turn::GivenBack => ledger.never_sent(id(turn.2)),
                    Turn::Leaves => {
                        ledger.sent(id(turn.2), now);
                        sends[turn.3].push(now);
                        turns.insert((now + self.talk, Turn::Ends, turn.2, turn.3));
                    }
                }
            }
            let mut next = turns.first().map(|(at, ..)| *at);
            for (place, per_minute) in self.campaigns.into_iter().enumerate() {
                world.campaign.id = crate::domain::CampaignId(i64::try_from(place).unwrap());
                let trunk = world.campaign.settings.trunk.clone();
                world.load.trunk = ledger.trunk(&trunk, self.at_once, self.per_minute, now);
                world.load.campaign =
                    ledger.campaign(world.campaign.id, self.at_once, per_minute, now);
                let order = match world.decide(now) {
                    Decision::Dial(order) => order,
                    Decision::Hold(hold) => {
                        if let Until::At(end) = hold.until {
                            next = next.map_or(Some(end), |next| Some(next.min(end)));
                        }
                        continue;
                    }
                    Decision::Refuse(refusal) => panic!("{refusal}"),
                };
                serial += 1;
                ledger.reserve(Entry {
                    attempt: id(serial),
                    campaign: world.campaign.id,
                    trunk: order.trunk,
                    caller_id: order.caller_id,
                    planned_at: now,
                });
                let ready = prepared(serial).filter(|after| *after <= self.wait);
                turns.insert(match ready {
                    Some(after) => {
                        let at = order.not_before.max(now + after);
                        (at, Turn::Leaves, serial, place)
                    }
                    None => (now + self.wait, Turn::GivenBack, serial, place),
                });
                next = Some(now);
            }
            now = next.unwrap().max(now + ms(1));
        }
        sends
    }
}

/// Returns the most sends that any closed minute holds.
fn fullest(mut sends: Vec<Timestamp>) -> usize {
    sends.sort_unstable();
    let (mut first, mut most) = (0, 0);
    for (place, at) in sends.iter().enumerate() {
        while sends[first] + MINUTE < *at {
            first += 1;
        }
        most = most.max(place + 1 - first);
    }
    most
}

#[test]
fn a_slow_agent_and_one_in_fifteen_that_never_comes_leave_the_pace_as_it_is() {
    for (per_minute, slow) in [(600, 4000), (600, 9000), (60, 4000), (90, 330)] {
        let trunk = Trunk {
            per_minute,
            campaigns: [per_minute, per_minute],
            at_once: 400,
            wait: ms(10_000),
            lead: ms(10_000),
            talk: ms(20_000),
        };
        let sends = trunk.sends(minutes(11), |serial| (serial % 15 != 0).then(|| ms(slow)));
        let sends = sends.concat();
        let since = |at: &Timestamp| *at >= monday() + minutes(1);
        let sent = sends.iter().copied().filter(since).count();
        let cap = usize::try_from(per_minute).unwrap();
        assert!(
            sent * 100 >= cap * 10 * 95,
            "{sent} of {} at {slow}",
            cap * 10
        );
        assert!(fullest(sends) <= cap, "{cap} at {slow}");
    }
}

#[test]
fn one_agent_that_never_comes_holds_up_nobody() {
    let trunk = Trunk {
        per_minute: 600,
        campaigns: [600, 1],
        at_once: 40,
        wait: ms(10_000),
        lead: ms(10_000),
        talk: ms(1000),
    };
    let [first, _] = trunk.sends(ms(10_000), |serial| (serial != 1).then(|| ms(300)));
    // Every 75 ms at the quickest; one slot of forty is taken.
    assert!(first.len() > 120, "{}", first.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_minute_ever_holds_more_sends_than_its_cap(
        (per_minute, one, other) in (1u32..80, 1u32..80, 1u32..80),
        (at_once, talk) in (1u32..60, 0u64..30_000),
        (lead, wait) in (0u64..12_000, 1u64..20_000),
        // Many take equally long, so that several leave at one instant.
        steps in prop_oneof![Just(1u64), Just(500), Just(4000)],
        delays in proptest::collection::vec(proptest::option::weighted(0.9, 0u64..20_000), 1..40),
    ) {
        let trunk = Trunk {
            per_minute,
            campaigns: [one, other],
            at_once,
            wait: ms(wait),
            lead: ms(lead),
            talk: ms(talk),
        };
        let sends = trunk.sends(minutes(4), |serial| {
            let place = usize::try_from(serial).unwrap() % delays.len();
            delays[place].map(|delay| ms(delay / steps * steps))
        });
        let cap = |cap: u32| usize::try_from(cap).unwrap();
        prop_assert!(fullest(sends[0].clone()) <= cap(one));
        prop_assert!(fullest(sends[1].clone()) <= cap(other));
        prop_assert!(fullest(sends.concat()) <= cap(per_minute));
    }
}

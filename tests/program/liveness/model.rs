//! Random campaigns in a [`World`]: for any sizes, retries, priorities, imports and pauses, each contact is
//! called as soon as its gates allow, in call order, and reaches its end.

use std::collections::VecDeque;
use std::time::Duration;

use dialdeck::config::{DeckConfig, read_campaign};
use dialdeck::domain::{Campaign, CampaignState, Timestamp, WindowClass};
use proptest::prelude::*;

use crate::liveness::world::{Fate, World, campaign_id, class_id};

/// More turns than any run needs.
const MAX_TURNS: usize = 200_000;

/// One window class of one campaign.
#[derive(Clone, Debug)]
struct Size {
    campaign: usize,
    class: usize,
    contacts: usize,
}

/// What another process does.
#[derive(Clone, Debug)]
enum Act {
    Import(Size, i32),
    Requeue(usize),
    Pause(usize),
    Resume,
    /// It writes something that does not matter here.
    Write,
    /// The engine's process starts again.
    Restart,
}

#[derive(Clone, Debug)]
struct Plan {
    sizes: Vec<Size>,
    /// Calls a minute and calls in flight at most, by campaign.
    paces: Vec<(u32, u32)>,
    slots: u32,
    /// The number of different priorities.
    priorities: i32,
    /// How many of a hundred contacts are called again, and how often at most.
    retried: (u64, usize),
    /// The longest wait before another call, in seconds.
    longest: u64,
    /// How many of a hundred contacts may not be called at first, and as many that are refused.
    held: u64,
    refused: u64,
    /// Acts, each with the seconds after the one before it.
    acts: Vec<(u64, Act)>,
    /// Jobs that are carried out before the dispatcher gets their answers.
    group: usize,
    seed: u64,
}

fn start() -> Timestamp {
    "2026-12-07T13:30:00Z".parse().unwrap()
}

/// Pseudo-random numbers, which depend only on the seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

fn contacts() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 1usize..70,
        3 => 240usize..330,
        2 => 330usize..1_200,
        1 => 1_200usize..3_000,
    ]
}

fn size(campaigns: usize, contacts: impl Strategy<Value = usize>) -> impl Strategy<Value = Size> {
    (0..campaigns, 0..4usize, contacts).prop_map(|(campaign, class, contacts)| Size {
        campaign,
        class,
        contacts,
    })
}

fn act(campaigns: usize) -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (size(campaigns, 1usize..400), -1..4i32).prop_map(|(size, high)| Act::Import(size, high)),
        2 => (1usize..40).prop_map(Act::Requeue),
        2 => (0..campaigns).prop_map(Act::Pause),
        2 => Just(Act::Resume),
        1 => Just(Act::Write),
        1 => Just(Act::Restart),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    (1usize..4).prop_flat_map(|campaigns| {
        let sizes = prop::collection::vec(size(campaigns, contacts()), 1..4);
        let paces = prop::collection::vec((4u32..600, 1u32..12), campaigns);
        let gates = (1u32..14, 1i32..4, 0u64..60, 1usize..4, 1u64..40_000);
        let acts = prop::collection::vec((1u64..4_000, act(campaigns)), 0..9);
        let holds = (0u64..20, 0u64..10, 1usize..9, any::<u64>());
        (sizes, paces, gates, acts, holds).prop_map(|(sizes, paces, gates, acts, holds)| Plan {
            sizes,
            paces,
            slots: gates.0,
            priorities: gates.1,
            retried: (gates.2, gates.3),
            longest: gates.4,
            held: holds.0,
            refused: holds.1,
            acts,
            group: holds.2,
            seed: holds.3,
        })
    })
}

fn classes() -> Vec<WindowClass> {
    let class = |zone: &str, region: &str| WindowClass {
        zones: vec![zone.to_owned()],
        regions: vec![region.to_owned()],
        zone_source: "number".to_owned(),
    };
    vec![
        class("America/New_York", "US-NY"),
        class("America/New_York", "US-FL"),
        class("America/Chicago", "US-IL"),
        class("America/Los_Angeles", "US-CA"),
    ]
}

fn campaign(nth: usize, (per_minute, at_once): (u32, u32)) -> Campaign {
    let text = format!(
        r#"
name = "c{nth}"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "automated"
trunk = "simulator"
[schedule]
open = "09:00"
close = "20:00"
ramp = "0s"
[pacing]
calls_per_minute = {per_minute}
max_concurrent = {at_once}
[consent]
required = "none"
[caller_id]
pool = "local"
"#
    );
    let settings = read_campaign("model", &text).unwrap().settings;
    Campaign {
        id: campaign_id(nth),
        state: CampaignState::Running,
        ceiling: settings.pacing,
        settings,
        running_since: Some(start()),
        pause_note: None,
    }
}

fn world(plan: &Plan) -> World {
    let trunk = DeckConfig::embedded().settings.trunks.remove(0);
    let paces = plan.paces.iter().copied().enumerate();
    let campaigns = paces.map(|(nth, pace)| campaign(nth, pace)).collect();
    World::new(start(), trunk, campaigns, classes(), plan.slots, plan.group)
}

fn fate(plan: &Plan, now: Timestamp, dice: &mut Dice) -> Fate {
    let mut retries = VecDeque::new();
    if dice.below(100) < plan.retried.0 {
        let times = 1 + dice.below(plan.retried.1 as u64);
        retries.extend((0..times).map(|_| Duration::from_secs(1 + dice.below(plan.longest))));
    }
    let held = dice.below(100) < plan.held;
    Fate {
        retries,
        gap: held.then(|| now + Duration::from_secs(1 + dice.below(plan.longest))),
        refused: dice.below(100) < plan.refused,
    }
}

fn import(world: &mut World, plan: &Plan, size: &Size, high: i32, dice: &mut Dice) {
    for _ in 0..size.contacts {
        let priority =
            high + i32::try_from(dice.below(plan.priorities.unsigned_abs().into())).unwrap();
        let fate = fate(plan, world.now, dice);
        world.import(
            campaign_id(size.campaign),
            class_id(size.class),
            priority,
            fate,
        );
    }
}

fn carry_out(world: &mut World, plan: &Plan, act: &Act, dice: &mut Dice) {
    match act {
        Act::Import(size, high) => import(world, plan, size, *high, dice),
        Act::Requeue(most) => world.requeue(*most),
        Act::Pause(nth) => world.turn(campaign_id(*nth), CampaignState::Paused),
        Act::Resume => world.resume_all(),
        Act::Write => {}
        Act::Restart => world.restart(),
    }
    world.look();
}

/// Runs the plan to its end. Returns how many calls were dialed.
fn run(plan: &Plan) -> usize {
    let mut dice = Dice(plan.seed);
    let mut world = world(plan);
    for size in &plan.sizes {
        import(&mut world, plan, size, 0, &mut dice);
    }
    world.look();
    let mut acts = VecDeque::new();
    let mut at = start();
    for (after, act) in &plan.acts {
        at = at + Duration::from_secs(*after);
        acts.push_back((at, act.clone()));
    }
    // At the end every contact may be called.
    acts.push_back((at, Act::Resume));
    for _ in 0..MAX_TURNS {
        world.settle();
        let act = acts.front().map(|(at, _)| *at);
        let Some(next) = [world.next(), act].into_iter().flatten().min() else {
            assert_eq!(world.left(), 0, "at {}: they are left for ever", world.now);
            assert!(world.all_done(), "at {}: a campaign is not done", world.now);
            return world.dialed;
        };
        world.advance(next);
        while let Some((_, act)) = acts.pop_front_if(|(at, _)| *at <= world.now) {
            carry_out(&mut world, plan, &act, &mut dice);
        }
    }
    panic!("no end after {MAX_TURNS} turns, at {}", world.now);
}

/// Returns the plan under which the rest of a class was never called: more contacts than one refill reads,
/// and a retry that is due while most of them are unread.
fn early_retry(contacts: usize) -> Plan {
    Plan {
        sizes: vec![Size {
            campaign: 0,
            class: 0,
            contacts,
        }],
        paces: vec![(60, 10)],
        slots: 10,
        priorities: 1,
        retried: (5, 1),
        longest: 120,
        held: 0,
        refused: 0,
        acts: Vec::new(),
        group: 4,
        seed: 1,
    }
}

#[test]
fn every_size_of_a_class_is_called_to_its_end() {
    for contacts in [1, 63, 64, 65, 255, 256, 257, 319, 320, 321, 1_100] {
        assert!(run(&early_retry(contacts)) >= contacts, "{contacts}");
    }
}

/// Two campaigns on one trunk: the second has no calls left and waits for a slot that the first one's calls
/// hold.
#[test]
fn a_slot_that_another_campaign_frees_is_taken() {
    let both = [0, 1].map(|campaign| Size {
        campaign,
        class: campaign,
        contacts: 60,
    });
    for slots in 1..4 {
        let plan = Plan {
            sizes: both.to_vec(),
            paces: vec![(600, 4), (30, 4)],
            slots,
            ..early_retry(1)
        };
        assert!(run(&plan) >= 120);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn everybody_who_may_be_called_is_called_in_order(plan in plan()) {
        run(&plan);
    }
}

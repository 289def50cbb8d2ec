//! Picks per second through the dispatcher's hopper and all gates, at three sizes of a real deck, with
//! every window open and with nine in ten shut.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::cast_precision_loss, reason = "figures are for reading")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dialdeck::clock::Stopwatch;
use dialdeck::domain::{
    Campaign, ClassId, Contact, SuppressionList, Timestamp, TrunkSettings, WindowClass,
};
use dialdeck::engine::dispatcher::Dispatcher;
use dialdeck::engine::{Effect, Event, Job, jobs};
use dialdeck::policy::{
    Abandonment, CallerIdUse, Context, Decision, Facts, Loads, PastAttempt, decide,
};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, Candidate, Claimed, Reads as _};

const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Picks that are measured; a small deck is picked through several times.
const PICKS: u64 = 200_000;
/// Of these, picks with facts read from the file.
const READ: u64 = 40_000;

/// Nanoseconds a pick: gates over facts in memory, gates over facts read from the file.
#[derive(Clone, Copy)]
struct Cost {
    gates: f64,
    read: f64,
}

fn main() {
    println!("pick: hopper (refills from SQLite included), then every gate");
    println!("  contacts  windows      facts in memory    facts read for each pick");
    let mut costs = Vec::new();
    for contacts in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, _) = deck::filled(folder.path(), contacts);
        let open = measure(&mut store, deck::all_open());
        let shut = measure(&mut store, deck::mostly_shut());
        print(contacts, "all open", open);
        print(contacts, "90 % shut", shut);
        costs.push((open, shut));
    }
    let (small, large) = (costs[0], costs[costs.len() - 1]);
    println!("  ratios (in memory, read), wanted:");
    let ratio = |name: &str, upper: Cost, lower: Cost, wanted: f64| {
        let (gates, read) = (upper.gates / lower.gates, upper.read / lower.read);
        println!("    {name:<38} {gates:.2}  {read:.2}   at most {wanted}");
    };
    ratio("1 M to 10 k contacts, all open", large.0, small.0, 2.0);
    ratio("1 M to 10 k contacts, 90 % shut", large.1, small.1, 2.0);
    ratio("90 % shut to all open, at 1 M", large.1, large.0, 1.5);
}

fn print(contacts: u64, windows: &str, cost: Cost) {
    println!(
        "  {contacts:>8}  {windows:<9} {:>11.0} picks/s {:>15.0} picks/s",
        1e9 / cost.gates,
        1e9 / cost.read
    );
}

fn measure(store: &mut SqliteStore, now: Timestamp) -> Cost {
    // Runs once unmeasured, so that SQLite's page cache and the rules' tables are as in a running engine.
    run(store, now, READ / 4, true);
    Cost {
        gates: run(store, now, PICKS, false),
        read: run(store, now, READ, true),
    }
}

/// Picks through the deck, and again from its start when it is through.
fn run(store: &mut SqliteStore, now: Timestamp, picks: u64, read: bool) -> f64 {
    let (mut made, mut spent) = (0, Duration::ZERO);
    let mut gates = Gates::new(read);
    store.begin().unwrap();
    while made < picks {
        let mut dispatcher = Dispatcher::new(Rules::embedded());
        let snapshot = jobs::engine_snapshot(store, now).unwrap();
        let effects = dispatcher.on(Event::Snapshot(Box::new(snapshot)), now);
        let pass = pass(
            store,
            &mut dispatcher,
            effects,
            (now, picks - made),
            &mut gates,
        );
        assert!(pass.0 > 0, "nothing can be picked");
        made += pass.0;
        spent += pass.1;
    }
    store.commit().unwrap();
    spent.as_secs_f64() * 1e9 / made as f64
}

/// Makes at most `most` picks. Returns how many, and how long they took.
fn pass(
    store: &mut SqliteStore,
    dispatcher: &mut Dispatcher,
    effects: Vec<Effect>,
    (now, most): (Timestamp, u64),
    gates: &mut Gates,
) -> (u64, Duration) {
    let mut queue = VecDeque::from(effects);
    let mut made = 0;
    let watch = Stopwatch::start();
    while let Some(effect) = queue.pop_front() {
        let event = match effect {
            Effect::Store(Job::Refill(campaign, class, after, limit)) => {
                let candidates = store.refill(campaign, class, after, limit).unwrap();
                Event::Refilled {
                    campaign,
                    class,
                    complete: candidates.len() < limit,
                    candidates,
                }
            }
            Effect::Store(Job::Claim(candidate, context)) => {
                made += u64::from(gates.pass(store, &candidate, &context, now));
                if made == most {
                    break;
                }
                let result = Claimed::Stale;
                Event::Claimed { candidate, result }
            }
            Effect::Store(_) | Effect::Provider(..) | Effect::Acknowledge(..) => continue,
        };
        queue.extend(dispatcher.on(event, now));
    }
    (made, watch.elapsed())
}

/// Every gate, over facts that are read each time or remembered.
struct Gates {
    read: bool,
    known: BTreeMap<ClassId, Known>,
}

/// The facts about one contact of a class, copied from the store.
struct Known {
    contact: Contact,
    campaign: Campaign,
    class: WindowClass,
    trunk: Option<TrunkSettings>,
    lists: Vec<SuppressionList>,
    history: Vec<PastAttempt>,
    load: Loads,
    caller_ids: Vec<CallerIdUse>,
    abandonment: Abandonment,
}

impl Gates {
    fn new(read: bool) -> Self {
        Self {
            read,
            known: BTreeMap::new(),
        }
    }

    /// Returns whether the contact may be dialed.
    fn pass(
        &mut self,
        store: &mut SqliteStore,
        candidate: &Candidate,
        context: &Context,
        now: Timestamp,
    ) -> bool {
        let mut dials = false;
        let mut look = |facts: &Facts<'_>| {
            dials = matches!(decide(facts, now), Decision::Dial(_));
        };
        if self.read {
            store
                .examine(candidate.contact, context, now, &mut look)
                .unwrap();
            return dials;
        }
        let known = self
            .known
            .entry(candidate.class)
            .or_insert_with(|| Known::read(store, candidate, context, now));
        known.contact.id = candidate.contact;
        look(&known.facts(context));
        dials
    }
}

impl Known {
    fn read(
        store: &mut SqliteStore,
        candidate: &Candidate,
        context: &Context,
        now: Timestamp,
    ) -> Self {
        let mut known = None;
        let mut look = |facts: &Facts<'_>| {
            known = Some(Self {
                contact: facts.contact.clone(),
                campaign: facts.campaign.clone(),
                class: facts.class.clone(),
                trunk: facts.trunk.cloned(),
                lists: facts.lists.to_vec(),
                history: facts.history.to_vec(),
                load: facts.load,
                caller_ids: facts.caller_ids.to_vec(),
                abandonment: facts.abandonment,
            });
        };
        store
            .examine(candidate.contact, context, now, &mut look)
            .unwrap();
        known.unwrap()
    }

    fn facts<'a>(&'a self, context: &'a Context) -> Facts<'a> {
        Facts {
            rules: Rules::embedded(),
            campaign: &self.campaign,
            contact: &self.contact,
            class: &self.class,
            trunk: self.trunk.as_ref(),
            suppressions: &[],
            lists: &self.lists,
            every_registry_binds: false,
            emergency_bans: &[],
            consent_revoked_at: None,
            history: &self.history,
            number_in_flight: false,
            load: self.load,
            caller_ids: &self.caller_ids,
            deck_numbers: &[],
            abandonment: self.abandonment,
            recovery: None,
            context,
        }
    }
}

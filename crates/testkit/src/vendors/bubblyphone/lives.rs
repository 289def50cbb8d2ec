//! A call's life behind the double: dialed, rung, answered or not, ended or hung up.

use std::sync::Arc;
use std::time::Duration;

use dialdeck_core::domain::Timestamp;

use super::super::ledger::Step;
use super::super::script::{Fate, Spell, Who};
use super::{Called, World, span, webhooks};

/// How long the network lets a phone ring.
const NETWORK_RINGS: Duration = Duration::from_mins(1);

/// How long the network tries where nothing answers (Timer B, RFC 3261 17.1.1.2).
const NO_REPLY: Duration = Duration::from_secs(32);

/// Spellings of the word for an answered call.
const ANSWERED: [&str; 5] = [
    "in-progress",
    "in_progress",
    "In Progress",
    "ANSWERED",
    "active",
];

/// Spellings of the word for a call that nobody answered.
const NO_ANSWER: [&str; 4] = ["no-answer", "no_answer", "No Answer", "noanswer"];

/// Spellings of the word for a call that failed.
const FAILED: [&str; 3] = ["failed", "Failed", "error"];

/// Spellings of the word for a call that was hung up before its answer.
const CANCELLED: [&str; 2] = ["canceled", "Cancelled"];

/// Lets a call happen.
pub(super) async fn live(world: Arc<World>, id: String) {
    let call = world.calls.lock().unwrap()[&id].clone();
    let pick = |words: &[&'static str]| words[super::roll(&id, words.len())];
    if stopped(&world, &call, span(&[&id, "queue"], (100, 1_500))).await {
        return end(&world, &call, pick(&CANCELLED));
    }
    let nth = world.ledger.invites_to(&call.to);
    let part = world.script.part(&call.to, nth);
    let spell = world.script.spell(note(&world, &call, Step::Invite));
    say(&world, &call, "initiated");
    if stopped(&world, &call, span(&[&id, "dial"], (200, 1_000))).await {
        note(&world, &call, Step::Cancel);
        return end(&world, &call, pick(&CANCELLED));
    }
    if let Some(spell) = spell {
        let tries = match spell {
            Spell::Dead => NO_REPLY,
            Spell::Block => Duration::ZERO,
        };
        let stopped = stopped(&world, &call, tries).await;
        let words = if stopped { &CANCELLED[..] } else { &FAILED };
        return end(&world, &call, pick(words));
    }
    note(&world, &call, Step::Ringing);
    say(
        &world,
        &call,
        if pick(&["a", "b"]) == "a" {
            "ringing"
        } else {
            "Ringing"
        },
    );
    let rings = match part.fate {
        Fate::RingsOut => NETWORK_RINGS,
        Fate::Answered(..) | Fate::Refused(..) => part.ring,
    };
    if stopped(&world, &call, rings).await {
        note(&world, &call, Step::Cancel);
        return end(&world, &call, pick(&CANCELLED));
    }
    match part.fate {
        Fate::Answered(who, talk) => answered(&world, &call, who, talk, pick(&ANSWERED)).await,
        Fate::RingsOut | Fate::Refused(480 | 408, _) => end(&world, &call, pick(&NO_ANSWER)),
        Fate::Refused(486 | 600, _) => end(&world, &call, "busy"),
        Fate::Refused(..) => end(&world, &call, pick(&FAILED)),
    }
}

async fn answered(world: &Arc<World>, call: &Called, who: Who, talk: Duration, status: &str) {
    let odd = world.hits("odd_word", &call.id);
    if odd {
        say(world, call, "connecting_media");
        stopped(world, call, Duration::from_millis(800)).await;
    }
    note(world, call, Step::Answer);
    let now = world.now();
    change(world, call, |call| {
        call.answered = Some(now);
        call.who = Some(who);
    });
    say(world, call, status);
    stopped(world, call, talk).await;
    if odd {
        say(world, call, "wrapping-up");
        world.sleep(Duration::from_secs(2)).await;
    }
    end(world, call, "completed");
}

/// Waits, and says whether the call was hung up meanwhile.
async fn stopped(world: &Arc<World>, call: &Called, wait: Duration) -> bool {
    tokio::select! {
        biased;
        () = call.stop.notified() => true,
        () = world.sleep(wait) => false,
    }
}

fn end(world: &Arc<World>, call: &Called, status: &str) {
    note(world, call, Step::End);
    let now = world.now();
    change(world, call, |call| call.ended = Some(now));
    say(world, call, status);
}

fn note(world: &Arc<World>, call: &Called, step: Step) -> Timestamp {
    let Called { key, to, from, .. } = call;
    let now = world.now();
    world.ledger.note(now, step, key, to, from);
    now
}

/// Sets a new status of the call and sends it to its webhook, if it has one.
fn say(world: &Arc<World>, call: &Called, status: &str) {
    let now = world.now();
    let nth = change(world, call, |call| {
        call.history.push((now, status.to_owned()));
        call.history.len()
    });
    if let Some(address) = call.webhook.clone() {
        webhooks::send(world, call, &address, status, nth);
    }
}

fn change<T>(world: &Arc<World>, call: &Called, change: impl FnOnce(&mut Called) -> T) -> T {
    let mut calls = world.calls.lock().unwrap();
    change(calls.get_mut(&call.id).unwrap())
}

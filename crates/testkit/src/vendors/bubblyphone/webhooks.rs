//! What the double tells of a call by itself: late, twice, out of order, or not at all; and what
//! strangers send to the same address.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Called, World, span};

/// How long the double waits for an answer.
const LIMIT: Duration = Duration::from_mins(1);

/// Tells the call's `nth` change, in its own time.
pub(super) fn send(world: &Arc<World>, call: &Called, address: &str, status: &str, nth: usize) {
    let key = format!("{}#{nth}", call.id);
    let hits = |fault| world.hits(fault, &key);
    let now = world.now();
    let stale = now - Duration::from_hours(48);
    let body = |at: dialdeck_core::domain::Timestamp| {
        json!({
            "event": "call.updated",
            "event_id": format!("evt-{key}"),
            "timestamp": at.to_string(),
            "call": {"id": call.id, "status": status, "to": call.to, "from": call.from},
        })
        .to_string()
    };
    let soon = span(&[&key, "hook"], (100, 3_000));
    let late = soon + span(&[&key, "late"], (20_000, 120_000));
    let mut sent = Vec::new();
    if !hits("hook_lost") {
        sent.push((if hits("hook_late") { late } else { soon }, body(now)));
    }
    for (fault, after) in [("hook_twice", soon), ("hook_replayed", late)] {
        if hits(fault) {
            sent.push((after, body(now)));
        }
    }
    if hits("hook_stale") {
        sent.push((soon, body(stale).replace("evt-", "old-")));
    }
    if hits("hook_broken") {
        sent.push((soon, "{\"event\": ".to_owned()));
    }
    for (after, body) in sent {
        post(world, after, address.to_owned(), body);
    }
    if hits("hook_forged") {
        let (start, token) = address.split_once("token=").unwrap();
        let turned: String = token.chars().rev().collect();
        post(world, soon, format!("{start}token={turned}"), body(now));
    }
}

fn post(world: &Arc<World>, after: Duration, address: String, body: String) {
    let world = Arc::clone(world);
    tokio::spawn(async move {
        world.sleep(after).await;
        let request = world.http.post(&address);
        let request = request
            .header("content-type", "application/json")
            .body(body);
        // A delivery that fails is not repeated.
        world.http.send(request, LIMIT).await.ok();
    });
}

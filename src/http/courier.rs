//! Delivers results: the end of every contact is sent to its campaign's address, signed, in order per
//! contact, until the receiver accepts it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::domain::digest::hex;
use crate::domain::event::{Entry, EventData};
use crate::domain::{DeckId, Timestamp};
use crate::engine::shell::Handle;
use crate::engine::{Command, Effected};
use crate::provider::remote::http::Http;
use crate::provider::remote::secret::Secret;
use crate::store::exchange::{Delivery, ResultDue, ResultsTurn};

/// Results that are delivered in parallel, at most.
pub(crate) const AT_ONCE: usize = 8;

/// Attempts to deliver a result before it is given up. With the pauses between them they take about two
/// days.
const TRIES: u32 = 20;

/// The pause after the first failure. It doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);

/// How long the receiver may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// How often new results are polled.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The header with the instant and the signature: `t=1790000000,v1=` and 64 hexadecimal digits, HMAC-SHA256
/// of `t`, a full stop and the body. `t` is in seconds.
pub const SIGNATURE: &str = "Dialdeck-Signature";

/// The header with the result's id. A receiver that gets an id again got a repetition.
pub const DELIVERY: &str = "Dialdeck-Delivery";

/// Delivers the results of a deck.
#[derive(Clone, Debug)]
pub struct Courier {
    deck: DeckId,
    http: Http,
    secret: Secret,
    clock: Clock,
}

impl Courier {
    /// Returns a courier that signs with this key.
    pub const fn new(deck: DeckId, http: Http, secret: Secret, clock: Clock) -> Self {
        Self {
            deck,
            http,
            secret,
            clock,
        }
    }

    /// Delivers results for as long as the engine runs. Returns when it has ended.
    pub async fn serve(self, handle: Handle) {
        let mut done = Vec::new();
        loop {
            let turn = Command::TurnResults {
                done: std::mem::take(&mut done),
                limit: AT_ONCE,
            };
            if let Ok(Effected::Results(turn)) = handle.ask(turn, "courier").await {
                done = self.carry(&turn).await;
                if done.is_empty() && !turn.behind {
                    self.rest(turn.next_at).await;
                }
            } else if handle.has_ended() {
                return;
            } else {
                // The engine's queue is full. What was delivered is delivered again, under its id.
                self.rest(None).await;
            }
        }
    }

    /// Delivers the results that are due. Returns how each delivery ended, by sequence number.
    pub async fn carry(&self, turn: &ResultsTurn) -> Vec<(i64, Delivery)> {
        let under_way: Vec<_> = turn
            .due
            .iter()
            .map(|result| {
                let (courier, result) = (self.clone(), result.clone());
                tokio::spawn(async move { (result.seq, courier.deliver(&result).await) })
            })
            .collect();
        let mut done = Vec::with_capacity(under_way.len());
        for delivery in under_way {
            // A delivery that was cut off is due as before.
            done.extend(delivery.await);
        }
        done
    }

    async fn deliver(&self, result: &ResultDue) -> Delivery {
        let Some(body) = payload(self.deck, result) else {
            return Delivery::GivenUp("the log's entry cannot be read".to_owned());
        };
        let id = body["id"].as_str().unwrap_or_default().to_owned();
        let body = body.to_string();
        let at = self.clock.now().as_millis() / 1000;
        let signature = self.secret.sign(format!("{at}.{body}").as_bytes());
        let request = self
            .http
            .post(&result.url)
            .header("Content-Type", "application/json")
            .header(DELIVERY, id)
            .header(SIGNATURE, format!("t={at},v1={}", hex(&signature)))
            .body(body);
        let error = match self.http.send(request, LIMIT).await {
            Ok(answer) if answer.is_success() => return Delivery::Delivered,
            Ok(answer) if answer.status == 410 => {
                return Delivery::GivenUp("HTTP 410: the receiver wants no more".to_owned());
            }
            Ok(answer) => format!("HTTP {}", answer.status),
            Err(error) => error.to_string(),
        };
        if result.tries + 1 >= TRIES {
            return Delivery::GivenUp(error);
        }
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(result.tries.min(16));
        Delivery::Again(error, self.clock.now() + pause.min(LONGEST_PAUSE))
    }

    async fn rest(&self, next_at: Option<Timestamp>) {
        let until = next_at.and_then(|at| self.clock.real_time_until(at));
        tokio::time::sleep(until.unwrap_or(LOOK_EVERY).min(LOOK_EVERY)).await;
    }
}

/// Returns the body for a contact's end; `None` if the log entry cannot be read.
fn payload(deck: DeckId, result: &ResultDue) -> Option<Value> {
    let entry = Entry::read(&result.entry).ok()?;
    let EventData::ContactFinished(end) = entry.data else {
        return None;
    };
    let variables: Value = serde_json::from_str(&result.variables).unwrap_or_else(|_| json!({}));
    let hash = hex(&entry.hash);
    // A deck that went back in time unnoticed has another entry at the same place.
    let digest = hash.get(..8)?;
    Some(json!({
        "id": format!("{deck}-{}-{digest}", result.seq),
        "campaign": result.campaign_name,
        "contact": result.contact,
        "number": result.number,
        "name": result.name,
        "variables": variables,
        "state": end.state,
        "reason": end.reason,
        "outcome": result.last_outcome,
        "agent_result": result.agent_result,
        "attempts": end.attempts,
        "finished_at": entry.at,
        "anchor": format!("{}:{hash}", result.seq),
    }))
}

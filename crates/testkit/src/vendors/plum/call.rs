//! One call's life at Plum: its turn in the queue, its attempts, its result.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialdeck_core::domain::Timestamp;
use serde_json::{Value, json};

use super::super::faults::dice;
use super::super::ledger::Step;
use super::super::script::{Fate, Spell, Who};
use super::Plant;

/// How long Plum lets it ring.
const RINGS: Duration = Duration::from_secs(30);

/// Plum's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    Queued,
    Dialing,
    Connected,
    Completed,
    Failed,
    Cancelled,
    Expired,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Dialing => "dialing",
            Self::Connected => "connected",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// A queued call.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) id: u64,
    /// Under which it stands in the ledger.
    pub(super) key: String,
    pub(super) reference: String,
    pub(super) to: String,
    pub(super) from: String,
    pub(super) start_url: String,
    pub(super) result_url: String,
    pub(super) retries: u32,
    pub(super) wait: Duration,
    /// Unix seconds.
    pub(super) expires: Option<i64>,
    pub(super) is_fuse: bool,
    pub(super) queued_at: Timestamp,
    pub(super) so_far: Mutex<SoFar>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct SoFar {
    status: Status,
    attempts: u32,
    reason: &'static str,
    callee: Option<&'static str>,
    events: Vec<(&'static str, Timestamp)>,
}

impl Call {
    pub(super) fn new(call: Self) -> Self {
        call.so_far.lock().unwrap().events = vec![("queued", call.queued_at)];
        call
    }

    /// Ends it unless its turn has come.
    pub(super) fn drop_out(&self, status: Status) {
        let mut so_far = self.so_far.lock().unwrap();
        if so_far.status == Status::Queued {
            so_far.status = status;
        }
    }

    fn status(&self) -> Status {
        self.so_far.lock().unwrap().status
    }

    fn becomes(&self, status: Status, event: &'static str, at: Timestamp) {
        let mut so_far = self.so_far.lock().unwrap();
        so_far.status = status;
        so_far.events.push((event, at));
        if status == Status::Dialing {
            so_far.attempts += 1;
        }
    }

    /// As Plum documents it: whole numbers as texts, the telephone number in quotes of its own.
    pub(super) fn details(&self) -> Value {
        let so_far = self.so_far.lock().unwrap().clone();
        let seconds = |at: Timestamp| (at.as_millis() / 1000).to_string();
        let happened = |name: &str| {
            let found = so_far.events.iter().rev().find(|(event, _)| *event == name);
            found.map_or("0".to_owned(), |(_, at)| seconds(*at))
        };
        let event =
            |(event, at): &(&str, Timestamp)| json!({"event": event, "timestamp": seconds(*at)});
        let events: Vec<Value> = so_far.events.iter().map(event).collect();
        let mut details = json!({
            "status": so_far.status.word(),
            "attempts": so_far.attempts.to_string(),
            "max_attempts": (self.retries + 1).to_string(),
            "queued_timestamp": seconds(self.queued_at),
            "start_timestamp": happened("connected"),
            "end_timestamp": happened("disconnected"),
            "reattempt_wait": self.wait.as_secs().to_string(),
            "phone_number": format!("'{}'", &self.to[2..]),
            "events": events,
        });
        if !so_far.reason.is_empty() {
            details["reason"] = json!(so_far.reason);
        }
        details
    }
}

/// The word of a failure.
const fn reason(code: u16) -> &'static str {
    match code {
        486 | 600 => "busy",
        408 | 480 => "no answer",
        404 | 484 | 604 => "operator intercept",
        _ => "",
    }
}

impl Plant {
    pub(super) async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }

    /// From the queue to the result, unless a restart comes between.
    pub(super) async fn live(self: Arc<Self>, call: Arc<Call>) {
        let mut runs = self.runs.subscribe();
        tokio::select! {
            () = self.whole_life(&call) => {}
            _ = runs.changed() => {
                if matches!(call.status(), Status::Dialing | Status::Connected) {
                    let now = self.clock.now();
                    self.ledger.note(now, Step::End, &call.key, &call.to, &call.from);
                }
            }
        }
    }

    async fn whole_life(&self, call: &Call) {
        loop {
            let delay = self.settings.lock().unwrap().delay;
            self.sleep(delay).await;
            let line = self.lines.acquire().await.unwrap();
            if call.status() != Status::Queued {
                break;
            }
            let now = self.clock.now();
            let is_late = |at: Timestamp| {
                call.expires
                    .is_some_and(|expires| at.as_millis() >= expires * 1000)
            };
            if is_late(now) {
                call.becomes(Status::Expired, "expired", now);
                break;
            }
            let done = self.dial(call).await;
            drop(line);
            let attempts = call.so_far.lock().unwrap().attempts;
            if done || attempts > call.retries {
                break;
            }
            // "Any phone number with a status other than Completed gets placed back in the queue."
            self.sleep(call.wait).await;
            call.becomes(Status::Queued, "queued", self.clock.now());
        }
        self.report(call).await;
    }

    /// Dials once; whether it was completed.
    async fn dial(&self, call: &Call) -> bool {
        let note = |step| {
            let now = self.clock.now();
            self.ledger.note(now, step, &call.key, &call.to, &call.from);
            now
        };
        let nth = self.ledger.invites_to(&call.to);
        let part = self.script.part(&call.to, nth);
        let invited = note(Step::Invite);
        call.becomes(Status::Dialing, "dialing", invited);
        if let Some(spell) = self.script.spell(invited) {
            let (tries, reason) = match spell {
                Spell::Dead => (RINGS, "no answer"),
                Spell::Block => (Duration::from_millis(300), ""),
            };
            self.sleep(tries).await;
            self.fail(call, reason, note(Step::End));
            return false;
        }
        note(Step::Ringing);
        match part.fate {
            Fate::Answered(who, talk) => {
                self.sleep(part.ring).await;
                call.becomes(Status::Connected, "connected", note(Step::Answer));
                let callee = match who {
                    Who::Human => "voice",
                    Who::Machine => "answeringmachine",
                    Who::Fax => "fax",
                };
                call.so_far.lock().unwrap().callee = Some(callee);
                self.talk(call, callee, talk).await;
                call.becomes(Status::Completed, "disconnected", note(Step::End));
                true
            }
            Fate::Refused(code, _) => {
                self.sleep(part.ring).await;
                self.fail(call, reason(code), note(Step::End));
                false
            }
            Fate::RingsOut => {
                self.sleep(RINGS).await;
                self.fail(call, "no answer", note(Step::End));
                false
            }
        }
    }

    fn fail(&self, call: &Call, why: &'static str, at: Timestamp) {
        call.becomes(Status::Failed, "failed", at);
        let is_plain = self.hits("plain_failed", call);
        call.so_far.lock().unwrap().reason = if is_plain { "" } else { why };
    }

    pub(super) fn hits(&self, fault: &'static str, call: &Call) -> bool {
        let faults = &self.settings.lock().unwrap().faults;
        faults.hits(fault, &call.key)
    }

    /// Posts the result: late, in any order, once, twice or never.
    async fn report(&self, call: &Call) {
        let most = self.settings.lock().unwrap().result_delay;
        let share = dice(7, &[&call.key, "result"]) % 100;
        let share = u32::try_from(share).unwrap();
        self.sleep(most * share / 100).await;
        if self.hits("result_late", call) {
            self.sleep(Duration::from_mins(8)).await;
        }
        if call.result_url.is_empty() || self.hits("result_lost", call) {
            return;
        }
        let times = if self.hits("result_twice", call) {
            2
        } else {
            1
        };
        for _ in 0..times {
            let request = self.http.post(&call.result_url);
            let request = if call.is_fuse {
                request
                    .json(&json!({"call_id": call.id.to_string(), "call_details": call.details()}))
            } else {
                request.form(&self.dev_result(call))
            };
            let answer = self.http.send(request, Duration::from_mins(1)).await;
            let status = answer.map_or(0, |answer| answer.status);
            self.state.lock().unwrap().seen.results.push(status);
            self.sleep(Duration::from_secs(3)).await;
        }
    }

    fn dev_result(&self, call: &Call) -> Vec<(&'static str, String)> {
        let so_far = call.so_far.lock().unwrap().clone();
        let mut result = vec![
            ("phone_number", call.to[1..].to_owned()),
            ("message_reference", call.reference.clone()),
            ("call_id", call.id.to_string()),
            ("status", so_far.status.word().to_owned()),
        ];
        if !so_far.reason.is_empty() {
            result.push(("reason", so_far.reason.to_owned()));
        }
        if self.settings.lock().unwrap().says_attempts {
            result.push(("attempts", so_far.attempts.to_string()));
        }
        result
    }
}

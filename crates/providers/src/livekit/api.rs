//! LiveKit's Twirp methods, each one request with a token of its own.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::{Failure, Refusal};
use super::token::{Grant, Signer};
use super::wire::{Participant, identity_of, room_of, span};
use crate::remote::http::{Answer, Http, NoAnswer};
use crate::{DialRequest, Owned};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{AttemptId, PhoneNumber, Timestamp};

/// How long a request that makes no phone ring may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What the request that makes a phone ring may take beyond the ringing itself: the vendor says
/// 5 to 10 s.
const BEYOND_RINGING: Duration = Duration::from_secs(8);

/// The longest call LiveKit allows.
const LONGEST_CALL: Duration = Duration::from_hours(24);

/// A LiveKit server and our account there.
#[derive(Clone, Debug)]
pub(super) struct Api {
    http: Http,
    base: String,
    signer: Signer,
    clock: Clock,
}

/// A SIP trunk as the server keeps it; its credentials are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trunk {
    /// The numbers that may be shown on it.
    pub(super) owned: Owned,
}

/// A room to be made for one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRoom<'a> {
    pub(super) attempt: AttemptId,
    /// The name under which the agent is registered.
    pub(super) agent: &'a str,
    /// What the agent is told.
    pub(super) metadata: &'a str,
    /// How long the room may stand empty.
    pub(super) empty: Duration,
}

/// An agent that was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dispatch {
    id: String,
    /// A worker took the job, and it has not failed.
    pub(super) has_job: bool,
}

impl Dispatch {
    fn read(value: &Value) -> Self {
        let jobs = value["state"]["jobs"].as_array();
        let failed = |job: &Value| job["state"]["status"] == "JS_FAILED";
        Self {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            has_job: jobs.is_some_and(|jobs| jobs.iter().any(|job| !failed(job))),
        }
    }
}

impl Api {
    /// A client of the server at `url`, `https://…` or `wss://…`.
    pub(super) fn new(url: &str, signer: Signer, http: Http) -> Self {
        let base = match url.trim_end_matches('/').split_once("://") {
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("ws", rest)) => format!("http://{rest}"),
            _ => url.trim_end_matches('/').to_owned(),
        };
        Self {
            clock: http.clock().clone(),
            http,
            base,
            signer,
        }
    }

    /// Makes the attempt's room and sends for the agent.
    pub(super) async fn create_room(&self, room: NewRoom<'_>) -> Result<(), Failure> {
        let body = json!({
            "name": room_of(room.attempt),
            "empty_timeout": room.empty.as_secs(),
            "agents": [{"agent_name": room.agent, "metadata": room.metadata}],
        });
        self.ask("RoomService/CreateRoom", Grant::Rooms, &body)
            .await
            .map(drop)
    }

    /// Removes the attempt's room and everybody in it. One that is not there is removed.
    pub(super) async fn delete_room(&self, attempt: AttemptId) -> Result<(), Failure> {
        let body = json!({"room": room_of(attempt)});
        let answer = self
            .ask("RoomService/DeleteRoom", Grant::Rooms, &body)
            .await;
        if_there(answer).map(drop)
    }

    /// Everybody in the attempt's room.
    pub(super) async fn participants(
        &self,
        attempt: AttemptId,
    ) -> Result<Vec<Participant>, Failure> {
        let room = room_of(attempt);
        let answer = self
            .ask(
                "RoomService/ListParticipants",
                Grant::Room(&room),
                &json!({"room": room}),
            )
            .await;
        let Some(body) = if_there(answer)? else {
            return Ok(Vec::new());
        };
        // A list that is missing does not say that nobody is there.
        let list = body["participants"].as_array().ok_or(Failure::Unreadable)?;
        Ok(list.iter().map(Participant::read).collect())
    }

    /// The agents that were sent for to the attempt's room.
    pub(super) async fn dispatches(&self, attempt: AttemptId) -> Result<Vec<Dispatch>, Failure> {
        let room = room_of(attempt);
        let body = json!({"room": room});
        let method = "AgentDispatchService/ListDispatch";
        let body = self.ask(method, Grant::Room(&room), &body).await?;
        let list = body["agent_dispatches"].as_array();
        let list = list.ok_or(Failure::Unreadable)?;
        Ok(list.iter().map(Dispatch::read).collect())
    }

    /// Sends for the agent once more, in place of these.
    pub(super) async fn dispatch_again(
        &self,
        room: NewRoom<'_>,
        instead_of: &[Dispatch],
    ) -> Result<(), Failure> {
        let name = room_of(room.attempt);
        for dispatch in instead_of {
            let body = json!({"dispatch_id": dispatch.id, "room": name});
            let method = "AgentDispatchService/DeleteDispatch";
            // One without a job gets none any more, deleted or not.
            self.ask(method, Grant::Room(&name), &body).await.ok();
        }
        let body = json!({
            "agent_name": room.agent, "room": name, "metadata": room.metadata,
        });
        let method = "AgentDispatchService/CreateDispatch";
        self.ask(method, Grant::Room(&name), &body).await.map(drop)
    }

    /// The attempt's callee; `None`: not in the room.
    pub(super) async fn callee(&self, attempt: AttemptId) -> Result<Option<Participant>, Failure> {
        let (room, identity) = (room_of(attempt), identity_of(attempt));
        let answer = self
            .ask(
                "RoomService/GetParticipant",
                Grant::Room(&room),
                &json!({"room": room, "identity": identity}),
            )
            .await;
        let Some(body) = if_there(answer)? else {
            return Ok(None);
        };
        let callee = Participant::read(&body);
        if callee.identity == identity {
            Ok(Some(callee))
        } else {
            Err(Failure::Unreadable)
        }
    }

    /// Removes the callee from the room: CANCEL while it rings, BYE after the answer. Whether there
    /// was anybody to remove.
    pub(super) async fn remove_callee(&self, attempt: AttemptId) -> Result<bool, Failure> {
        let room = room_of(attempt);
        let answer = self
            .ask(
                "RoomService/RemoveParticipant",
                Grant::Room(&room),
                &json!({"room": room, "identity": identity_of(attempt)}),
            )
            .await;
        if_there(answer).map(|body| body.is_some())
    }

    /// Places the call, once. The answer comes when somebody picks up, or when it failed.
    pub(super) async fn dial(
        &self,
        request: &DialRequest,
        sip_trunk: &str,
    ) -> Result<Answer, NoAnswer> {
        let limit = request.ring_timeout + BEYOND_RINGING;
        let body = json!({
            "sip_trunk_id": sip_trunk,
            "sip_call_to": request.to.to_string(),
            "sip_number": request.from.to_string(),
            "room_name": room_of(request.attempt),
            "participant_identity": identity_of(request.attempt),
            "participant_name": "callee",
            // Else webhooks and the agent's room would carry the number.
            "hide_phone_number": true,
            "wait_until_answered": true,
            "ringing_timeout": span(request.ring_timeout),
            // Counted from the start of the dialing: the talk is to have all of its time, and we end it.
            "max_call_duration": span((request.ring_timeout + request.max_call).min(LONGEST_CALL)),
        });
        // Without it the server gives up after 80 s, whatever the ringing timeout.
        let deadline = limit.as_millis().to_string();
        let sent = self.request("SIP/CreateSIPParticipant", Grant::Call, &body);
        let sent = sent.header("X-Twirp-Timeout-Ms", deadline);
        self.http.send(sent, limit).await
    }

    /// A trunk by its id; `None`: there is none.
    pub(super) async fn trunk(&self, id: &str) -> Result<Option<Trunk>, Failure> {
        let now = self.clock.now();
        let token = self.signer.mint(Grant::Trunks, now);
        self.trunk_with(id, &token).await
    }

    /// Whether the server takes a token that allows for a clock that is off by up to a day.
    pub(super) async fn takes_a_wide_token(&self, id: &str) -> bool {
        const DAY: Duration = Duration::from_hours(24);
        let now = self.clock.now();
        let token = self.signer.mint_for(Grant::Trunks, now - DAY, now + DAY);
        self.trunk_with(id, &token).await.is_ok()
    }

    async fn trunk_with(&self, id: &str, token: &str) -> Result<Option<Trunk>, Failure> {
        let url = self.url("SIP/ListSIPOutboundTrunk");
        let body = json!({"trunk_ids": [id]});
        let request = self.http.post(&url).bearer_auth(token).json(&body);
        let body = read(self.http.send(request, LIMIT).await)?;
        let items = body["items"].as_array().ok_or(Failure::Unreadable)?;
        // With ids in the request, a missing trunk is a `null` in its place.
        let trunk = items
            .iter()
            .find(|item| item["sip_trunk_id"].as_str() == Some(id));
        Ok(trunk.map(|trunk| Trunk {
            owned: owned(&trunk["numbers"]),
        }))
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ask(&self, method: &str, grant: Grant<'_>, body: &Value) -> Result<Value, Failure> {
        let request = self.request(method, grant, body);
        let read = read(self.http.send(request, LIMIT).await);
        if let Err(failure) = &read {
            tracing::debug!(method, why = failure.shown(), "livekit");
        }
        read
    }

    fn request(&self, method: &str, grant: Grant<'_>, body: &Value) -> reqwest::RequestBuilder {
        let token = self.signer.mint(grant, self.clock.now());
        self.http
            .post(&self.url(method))
            .bearer_auth(token)
            .json(body)
    }

    fn url(&self, method: &str) -> String {
        format!("{}/twirp/livekit.{method}", self.base)
    }
}

/// The numbers of a trunk. One without any, or with `*`, takes every number, and one that is not in
/// E.164 form is brought there by the server, for some providers in ways that we do not know.
fn owned(numbers: &Value) -> Owned {
    let named = numbers.as_array().map(Vec::as_slice).unwrap_or_default();
    let read = |number: &Value| {
        let text = number.as_str()?.trim();
        text.starts_with('+').then(|| text.parse().ok()).flatten()
    };
    let known: Option<Vec<PhoneNumber>> = named.iter().map(read).collect();
    match known {
        Some(numbers) if !numbers.is_empty() => Owned::These(numbers),
        Some(_) | None => Owned::Any,
    }
}

fn read(answer: Result<Answer, NoAnswer>) -> Result<Value, Failure> {
    let answer = answer.map_err(Failure::NoAnswer)?;
    if !answer.is_success() {
        return Err(Failure::Refused(Refusal::read(&answer)));
    }
    answer
        .json()
        .filter(Value::is_object)
        .ok_or(Failure::Unreadable)
}

/// `None` when the server says that it is not there.
fn if_there(answer: Result<Value, Failure>) -> Result<Option<Value>, Failure> {
    match answer {
        Ok(body) => Ok(Some(body)),
        Err(Failure::Refused(refusal)) if refusal.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::secret::Secret;

    #[test]
    fn a_trunk_that_names_its_numbers_in_no_e164_form_takes_any() {
        let both = [12_125_550_110, 13_125_550_111].map(|n| PhoneNumber::from_digits(n).unwrap());
        let table = [
            (
                json!(["+12125550110", "+13125550111"]),
                Owned::These(both.to_vec()),
            ),
            (json!([]), Owned::Any),
            (json!(null), Owned::Any),
            (json!(["*"]), Owned::Any),
            (json!([""]), Owned::Any),
            (json!(["12125550110"]), Owned::Any),
            (json!(["2125550110"]), Owned::Any),
            (json!(["+12125550110", "13125550111"]), Owned::Any),
            (json!(["+12125550110", "*"]), Owned::Any),
            (json!([7]), Owned::Any),
        ];
        for (numbers, wanted) in table {
            assert_eq!(owned(&numbers), wanted, "{numbers}");
        }
    }

    #[test]
    fn web_sockets_addresses_are_those_of_the_api() {
        let table = [
            ("wss://x.livekit.cloud", "https://x.livekit.cloud"),
            ("ws://127.0.0.1:7880", "http://127.0.0.1:7880"),
            ("https://x.example/", "https://x.example"),
        ];
        for (url, base) in table {
            let signer = Signer {
                key: Secret::new("k"),
                secret: Secret::new("s"),
            };
            let api = Api::new(url, signer, Http::new(Clock::System).unwrap());
            assert_eq!(
                api.url("SIP/X"),
                format!("{base}/twirp/livekit.SIP/X"),
                "{url}"
            );
        }
    }
}

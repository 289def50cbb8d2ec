//! LiveKit's Twirp methods. Each request carries a token for it only.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::{Failure, Refusal};
use super::token::{Grant, Signer};
use super::wire::{Participant, identity_of, room_of, span};
use crate::remote::http::{Answer, Http, NoAnswer};
use crate::{DialRequest, Owned};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{AttemptId, PhoneNumber, Timestamp};

/// The time limit of a request that rings no phone.
const LIMIT: Duration = Duration::from_secs(30);

/// How long the request that makes a phone ring may take in addition to the ringing. The vendor recommends 5
/// to 10 s.
const BEYOND_RINGING: Duration = Duration::from_secs(8);

/// The longest call that LiveKit allows.
const LONGEST_CALL: Duration = Duration::from_hours(24);

/// A client for one account on a LiveKit server.
#[derive(Clone, Debug)]
pub(super) struct Api {
    http: Http,
    base: String,
    signer: Signer,
    clock: Clock,
}

/// A SIP trunk as the server stores it. Its credentials are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trunk {
    /// The numbers that may be shown on it.
    pub(super) owned: Owned,
}

/// A room to create for one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRoom<'a> {
    pub(super) attempt: AttemptId,
    /// The name under which the agent is registered.
    pub(super) agent: &'a str,
    /// The metadata for the agent, as JSON.
    pub(super) metadata: &'a str,
    /// How long the room may remain empty.
    pub(super) empty: Duration,
}

/// A dispatch of an agent to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dispatch {
    id: String,
    /// Whether a worker took the job and the job has not failed.
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
    /// Creates a client for the server at `url`, `https://…` or `wss://…`.
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

    /// Creates the attempt's room and dispatches the agent to it.
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

    /// Removes the attempt's room and everyone in it. A room that does not exist counts as removed.
    pub(super) async fn delete_room(&self, attempt: AttemptId) -> Result<(), Failure> {
        let body = json!({"room": room_of(attempt)});
        let answer = self
            .ask("RoomService/DeleteRoom", Grant::Rooms, &body)
            .await;
        if_there(answer).map(drop)
    }

    /// Returns the participants in the attempt's room; empty if there is no room.
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
        // A missing list does not show that the room is empty.
        let list = body["participants"].as_array().ok_or(Failure::Unreadable)?;
        Ok(list.iter().map(Participant::read).collect())
    }

    /// Returns the dispatches of agents to the attempt's room.
    pub(super) async fn dispatches(&self, attempt: AttemptId) -> Result<Vec<Dispatch>, Failure> {
        let room = room_of(attempt);
        let body = json!({"room": room});
        let method = "AgentDispatchService/ListDispatch";
        let body = self.ask(method, Grant::Room(&room), &body).await?;
        let list = body["agent_dispatches"].as_array();
        let list = list.ok_or(Failure::Unreadable)?;
        Ok(list.iter().map(Dispatch::read).collect())
    }

    /// Dispatches the agent once more, in place of these dispatches.
    pub(super) async fn dispatch_again(
        &self,
        room: NewRoom<'_>,
        instead_of: &[Dispatch],
    ) -> Result<(), Failure> {
        let name = room_of(room.attempt);
        for dispatch in instead_of {
            let body = json!({"dispatch_id": dispatch.id, "room": name});
            let method = "AgentDispatchService/DeleteDispatch";
            // A dispatch without a job will not get one, even if it cannot be deleted.
            self.ask(method, Grant::Room(&name), &body).await.ok();
        }
        let body = json!({
            "agent_name": room.agent, "room": name, "metadata": room.metadata,
        });
        let method = "AgentDispatchService/CreateDispatch";
        self.ask(method, Grant::Room(&name), &body).await.map(drop)
    }

    /// Returns the attempt's callee, or `None` if it is not in the room.
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

    /// Removes the callee from the room: CANCEL while it rings, BYE after the answer. Returns whether the
    /// callee was in the room.
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

    /// Places the call, once. The answer arrives when the callee answers or the call fails.
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
            // Without this, webhooks and the agent's room would carry the number.
            "hide_phone_number": true,
            "wait_until_answered": true,
            "ringing_timeout": span(request.ring_timeout),
            // The server counts from the start of dialing. The talk gets its full time, and the deck ends the
            // call.
            "max_call_duration": span((request.ring_timeout + request.max_call).min(LONGEST_CALL)),
        });
        // Without a deadline the server gives up after 80 s, regardless of the ringing timeout.
        let deadline = limit.as_millis().to_string();
        let sent = self.request("SIP/CreateSIPParticipant", Grant::Call, &body);
        let sent = sent.header("X-Twirp-Timeout-Ms", deadline);
        self.http.send(sent, limit).await
    }

    /// Returns the trunk with this id, or `None` if there is none.
    pub(super) async fn trunk(&self, id: &str) -> Result<Option<Trunk>, Failure> {
        let now = self.clock.now();
        let token = self.signer.mint(Grant::Trunks, now);
        self.trunk_with(id, &token).await
    }

    /// Returns whether the server accepts a token that allows clocks to differ by up to a day.
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

    /// Returns the current instant of the deck's clock.
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

/// Returns the numbers of a trunk. A trunk without numbers, or with `*`, accepts every number. A number that
/// is not in E.164 form is converted by the server, for some providers in unknown ways, so the list then
/// counts as [`Owned::Any`].
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

/// Returns the answer, or `None` if the server answers that the object does not exist.
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

//! Stands before the double: keeps each request's token, and speaks protobuf for it to LiveKit's own
//! clients. What those say and are told is translated by LiveKit's own types, so a field that the
//! double spells otherwise than the server is lost here and missed by the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use dialdeck::clock::Clock;
use dialdeck::provider::remote::http::Http;
use livekit_protocol as proto;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::server::Server;

/// The media type of what LiveKit's own clients send.
const PROTOBUF: &str = "application/protobuf";

/// Longer than any request of a test.
const LIMIT: Duration = Duration::from_mins(1);

/// The gateway, until it is dropped.
pub(crate) struct Gateway {
    server: Server,
    tokens: Tokens,
}

/// A request's method and its token.
type Tokens = Arc<Mutex<Vec<(String, String)>>>;

#[derive(Clone)]
struct Behind {
    url: String,
    http: Arc<Http>,
    tokens: Tokens,
}

/// How a method's protobuf becomes JSON, and its JSON answer protobuf.
struct Tongue {
    asked: fn(&[u8]) -> Vec<u8>,
    answered: fn(&[u8]) -> Vec<u8>,
}

impl Gateway {
    /// Opens before the double at `url`.
    pub(crate) fn before(lab: &Lab, url: String) -> Self {
        let tokens = Tokens::default();
        let behind = Behind {
            url,
            http: Arc::new(Http::new(Clock::System).unwrap()),
            tokens: Arc::clone(&tokens),
        };
        let routes = Router::new()
            .route("/twirp/{service}/{method}", post(pass))
            .with_state(behind);
        Self {
            server: lab.serve(0, routes),
            tokens,
        }
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Each request so far: its method and its token.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        self.tokens.lock().unwrap().clone()
    }
}

async fn pass(
    State(behind): State<Behind>,
    Path((service, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let name = format!("{}/{method}", service.trim_start_matches("livekit."));
    let authorization = header("authorization");
    let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
    let kept = (name.clone(), token.to_owned());
    behind.tokens.lock().unwrap().push(kept);
    let tongue = (header("content-type") == PROTOBUF).then(|| tongue(&name));
    let asked = match &tongue {
        Some(tongue) => (tongue.asked)(&body),
        None => body.to_vec(),
    };
    let mut request = behind
        .http
        .post(&format!("{}/twirp/{service}/{method}", behind.url))
        .header("authorization", authorization);
    if let Some(deadline) = headers.get("x-twirp-timeout-ms") {
        request = request.header("x-twirp-timeout-ms", deadline);
    }
    let answer = behind.http.send(request.body(asked), LIMIT).await.unwrap();
    let status = StatusCode::from_u16(answer.status).unwrap();
    match tongue {
        // Errors are JSON in both.
        Some(tongue) if status.is_success() => {
            let answered = (tongue.answered)(&answer.body);
            (status, [("content-type", PROTOBUF.to_owned())], answered).into_response()
        }
        _ => (status, [("content-type", answer.content_type)], answer.body).into_response(),
    }
}

fn tongue(method: &str) -> Tongue {
    match method {
        "RoomService/CreateRoom" => of::<proto::CreateRoomRequest, proto::Room>(),
        "RoomService/DeleteRoom" => of::<proto::DeleteRoomRequest, proto::DeleteRoomResponse>(),
        "RoomService/ListParticipants" => {
            of::<proto::ListParticipantsRequest, proto::ListParticipantsResponse>()
        }
        "RoomService/GetParticipant" => {
            of::<proto::RoomParticipantIdentity, proto::ParticipantInfo>()
        }
        "RoomService/RemoveParticipant" => {
            of::<proto::RoomParticipantIdentity, proto::RemoveParticipantResponse>()
        }
        "SIP/ListSIPOutboundTrunk" => {
            of::<proto::ListSipOutboundTrunkRequest, proto::ListSipOutboundTrunkResponse>()
        }
        "SIP/CreateSIPParticipant" => {
            of::<proto::CreateSipParticipantRequest, proto::SipParticipantInfo>()
        }
        "AgentDispatchService/ListDispatch" => {
            of::<proto::ListAgentDispatchRequest, proto::ListAgentDispatchResponse>()
        }
        "AgentDispatchService/DeleteDispatch" => {
            of::<proto::DeleteAgentDispatchRequest, proto::AgentDispatch>()
        }
        "AgentDispatchService/CreateDispatch" => {
            of::<proto::CreateAgentDispatchRequest, proto::AgentDispatch>()
        }
        other => panic!("no test asks for {other}"),
    }
}

fn of<Asked, Answered>() -> Tongue
where
    Asked: Message + Default + Serialize,
    Answered: Message + DeserializeOwned,
{
    Tongue {
        asked: |protobuf| serde_json::to_vec(&Asked::decode(protobuf).unwrap()).unwrap(),
        answered: |json| {
            let answered: Answered = serde_json::from_slice(json).unwrap();
            answered.encode_to_vec()
        },
    }
}

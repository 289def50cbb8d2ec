//! The listener: webhooks, call results, agents' reports and VoiceXML requests; health and metrics.
//!
//! A message that is accepted is committed before it is answered. A refused one is counted and answered
//! with its status alone, so that an answer discloses nothing more.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::metrics::{self, Counts};
use super::socket::{self, Limits};
use crate::clock::Clock;
use crate::domain::TrunkName;
use crate::engine::shell::Handle;
use crate::engine::{Command, Effected};
use crate::provider::inbound::{Arrived, Inbound, News, Reader, Reading, Refused, Reply};
use crate::provider::remote::Inlet;
use crate::store::exchange::{Message, Receipt};
use crate::store::opt_out_on_call;

/// The longest body that is read, in bytes.
pub const LONGEST_BODY: usize = 256 * 1024;

/// The actor of inbound messages in the log. For an opt-out, the callee is the actor.
const LISTENER: &str = "listener";

/// The entry for one trunk's messages.
pub struct Gate {
    /// Authenticates and reads inbound messages.
    pub reader: Arc<dyn Reader>,
    /// Passes messages to the trunk's provider.
    pub inlet: Inlet,
}

/// The routes of the listener, with the state that they share.
pub struct Front {
    handle: Handle,
    gates: BTreeMap<TrunkName, Gate>,
    clock: Clock,
    limits: Limits,
    counts: Counts,
}

impl Front {
    /// Creates a front that serves these trunks for this engine, with the default limits.
    pub fn new(handle: Handle, gates: BTreeMap<TrunkName, Gate>, clock: Clock) -> Self {
        Self {
            handle,
            gates,
            clock,
            limits: Limits::default(),
            counts: Counts::default(),
        }
    }

    /// Sets the limits on what a connection may use.
    #[must_use]
    pub const fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Serves until the task is dropped.
///
/// # Errors
/// Errors if the socket cannot be served.
pub async fn serve(socket: TcpListener, front: Front) -> io::Result<()> {
    let limits = front.limits;
    socket::serve(socket, routes(front), limits).await
}

/// Returns what is served, without the limits on connections.
pub fn routes(front: Front) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(measures))
        .fallback(arrive)
        .with_state(Arc::new(front))
}

async fn health(State(front): State<Arc<Front>>) -> StatusCode {
    if front.handle.has_ended() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

async fn measures(State(front): State<Arc<Front>>) -> Response {
    let board = metrics::fresh_board(&front.handle).await;
    let text = metrics::text(&board, &front.counts);
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

/// Answers every other path, `/{trunk}/{rest}`, for its trunk.
async fn arrive(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_start_matches('/').to_owned();
    let (trunk, rest) = path.split_once('/').unwrap_or((&path, ""));
    let trunk = TrunkName(trunk.to_owned());
    let Some(gate) = front.gates.get(&trunk) else {
        // The name comes from outside, so it is not kept.
        return front.refuse("?", Refused::NoSuchPath).await;
    };
    // Other methods must not change anything: a scanner that follows an address sends HEAD.
    let spoken = matches!(head.method, Method::GET | Method::POST);
    let Ok(body) = tokio::time::timeout(front.limits.body, read(body)).await else {
        return front.refuse(&trunk.0, Refused::TooSlow).await;
    };
    let Some(body) = body.filter(|_| spoken) else {
        return front.refuse(&trunk.0, Refused::Malformed).await;
    };
    let arrived = arrived(&head, rest, &body, &front.clock);
    match gate.reader.read(&arrived) {
        Reading::Take(inbound, reply) => front.take(trunk, gate, inbound, reply).await,
        Reading::Answer(reply) => {
            front.counts.add(&trunk.0, "answered");
            answer(reply)
        }
        Reading::Refuse(why) => front.refuse(&trunk.0, why).await,
    }
}

fn arrived<'a>(head: &'a Parts, rest: &'a str, body: &'a [u8], clock: &Clock) -> Arrived<'a> {
    let text = |name| {
        let value = head.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    Arrived {
        path: rest,
        is_post: head.method == Method::POST,
        query: head.uri.query().unwrap_or_default(),
        authorization: text(header::AUTHORIZATION),
        content_type: text(header::CONTENT_TYPE),
        body,
        at: clock.now(),
    }
}

async fn read(body: Body) -> Option<Vec<u8>> {
    let bytes = axum::body::to_bytes(body, LONGEST_BODY).await.ok()?;
    Some(bytes.to_vec())
}

fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, reply.content_type)];
    (status, kind, reply.body).into_response()
}

impl Front {
    /// Commits a message, applies an opt-out in it, and passes it to the provider.
    async fn take(
        &self,
        trunk: TrunkName,
        gate: &Gate,
        inbound: Inbound,
        reply: Reply,
    ) -> Response {
        let Ok(body) = serde_json::to_string(&inbound) else {
            return self.refuse(&trunk.0, Refused::Malformed).await;
        };
        let message = Message {
            trunk: trunk.clone(),
            event: inbound.event.clone(),
            attempt: inbound.attempt,
            body,
        };
        let receiving = self.handle.ask(Command::Receive(message), LISTENER);
        let Ok(Effected::Received(receipt)) = receiving.await else {
            // Nothing was kept, so the sender has to repeat it.
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        let (attempt, new, kept) = match receipt {
            Receipt::New(attempt) => (attempt, true, true),
            Receipt::Repeated(attempt) => (attempt, false, true),
            // Ends and opt-outs take effect beyond the limit.
            Receipt::TooMany(attempt) => {
                let holds = matches!(inbound.news, News::OptOut | News::Ended(_) | News::RoomGone);
                (attempt, holds, false)
            }
            Receipt::OtherDeck => return self.refuse(&trunk.0, Refused::OtherDeck).await,
            Receipt::NoSuchAttempt => return self.refuse(&trunk.0, Refused::NoSuchAttempt).await,
        };
        if inbound.news == News::OptOut {
            // A repeated opt-out is applied again, because the first may have been cut off at this point.
            let suppression = opt_out_on_call(&attempt, self.clock.now());
            let callee = suppression.actor.clone();
            let command = Command::Suppress(vec![suppression]);
            if self.handle.ask(command, &callee).await.is_err() {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
        if new {
            gate.inlet.deliver(inbound);
        }
        if !kept {
            return self.refuse(&trunk.0, Refused::TooMany).await;
        }
        let ended = !attempt.state.in_flight();
        self.counts.add(
            &trunk.0,
            match (new, ended) {
                (false, _) => "repeated",
                (true, true) => "late",
                (true, false) => "taken",
            },
        );
        answer(reply)
    }

    async fn refuse(&self, trunk: &str, why: Refused) -> Response {
        self.counts.add(trunk, why.as_str());
        let command = Command::Quarantine {
            trunk: trunk.to_owned(),
            reason: why.as_str(),
        };
        if self.handle.ask(command, LISTENER).await.is_err() {
            tracing::warn!(trunk, reason = why.as_str(), "not counted");
        }
        StatusCode::from_u16(why.status())
            .unwrap_or(StatusCode::BAD_REQUEST)
            .into_response()
    }
}

//! Compares the LiveKit provider with LiveKit's own crate, `livekit-api`.
//!
//! The crate accepts the provider's tokens, and reads its requests and the double's webhooks. The provider
//! accepts what the crate's `AccessToken` signs. The crate's clients use the double, which shows that the double
//! takes and gives the server's shapes; [`gateway`] translates, because the double uses JSON.
//!
//! Not covered: `CreateDispatch` beyond its refusal, because the provider dispatches an agent together with its
//! room; TLS; and the crate's change of regions, which is for LiveKit Cloud alone. No LiveKit server takes part.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod gateway;

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialdeck::clock::{Clock, ScaledClock};
use dialdeck::domain::CallEnd;
use dialdeck::provider::Owned;
use dialdeck::provider::Request as Ask;
use dialdeck::provider::inbound::{Arrived, News, Reading, Refused};
use dialdeck::provider::livekit::{Account, LiveKit};
use dialdeck::provider::remote::http::Http;
use dialdeck::provider::remote::secret::Secret;
use dialdeck::provider::remote::{Line, Vendor as _};
use livekit_api::access_token::{AccessToken, Claims, SIPGrants, TokenVerifier, VideoGrants};
use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use livekit_api::services::sip::{
    CreateSIPParticipantOptions, ListSIPOutboundTrunkFilter, SIPClient,
};
use livekit_api::services::{ServerError, ServiceError, SipCallError};
use livekit_api::webhooks::{WebhookError, WebhookReceiver};
use livekit_protocol as proto;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use dialdeck_testkit::rig::{Front, Rig, attempt, caller_id, number};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::livekit::{LiveKitDouble, Options, Sent, Settings};
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Who};
use gateway::Gateway;

const PERSON: u8 = 1;
const BUSY: u8 = 2;

/// The double with the gateway before it.
struct Bench {
    lab: Lab,
    double: LiveKitDouble,
    gateway: Gateway,
}

impl Bench {
    /// For a check of our tokens by the crate, which goes by the machine's clock. Four minutes slow
    /// at first, ours stays within a token's five minutes and a minute's leeway for half a minute.
    fn checked() -> Self {
        Self::start(Duration::from_mins(4), false)
    }

    /// For the crate's own tokens, good for hours. `newer`: busy is told as newer servers do.
    fn asked(newer: bool) -> Self {
        Self::start(Duration::ZERO, newer)
    }

    fn start(slow: Duration, newer: bool) -> Self {
        let start = Clock::System.now() - slow;
        let lab = Lab::sockets(Clock::Scaled(ScaledClock::start(start, 10)));
        let part = |fate| {
            let ring = Duration::from_secs(1);
            [Part { ring, fate }]
        };
        let person = Fate::Answered(Who::Human, Duration::from_secs(5));
        let script = Script::new(7)
            .with(&number(PERSON).to_string(), &part(person))
            .with(
                &number(BUSY).to_string(),
                &part(Fate::Refused(486, "Busy Here")),
            );
        let double = LiveKitDouble::start(Options {
            port: 0,
            lab: lab.clone(),
            script,
            faults: Faults::new(1)
                .with("newer_codes", if newer { 1000 } else { 0 })
                .with("dispatch_lost", if slow.is_zero() { 0 } else { 1000 }),
            settings: Settings::default(),
        });
        let gateway = Gateway::before(&lab, double.url());
        Self {
            lab,
            double,
            gateway,
        }
    }

    /// Our vendor, which reaches the double through the gateway.
    fn rig(&self) -> Rig {
        let front = Front::open(&self.lab);
        self.double.settings().webhook = Some(format!("{}/webhook", front.reach.url));
        let reach = Some(front.reach.clone());
        let vendor = LiveKit::new(account(self.gateway.url()), reach, self.lab.http());
        front.start(vendor)
    }
}

fn account(url: String) -> Account {
    let settings = Settings::default();
    Account {
        ids: attempt(1).deck.into(),
        url,
        api_key: Secret::new(settings.key),
        api_secret: Secret::new(settings.secret),
        sip_trunk: settings.trunk,
        agent: settings.agent,
        agent_wait: Duration::from_secs(30),
    }
}

fn verifier() -> TokenVerifier {
    let settings = Settings::default();
    TokenVerifier::with_api_key(&settings.key, &settings.secret)
}

/// The crate's clients take the process's cryptography, and without a choice there is none.
fn clients_need_cryptography() {
    // Another test of this process may have chosen it already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// What a method's token must permit, and nothing beyond.
fn grants(method: &str, room: &str) -> (VideoGrants, SIPGrants) {
    let (mut video, mut sip) = (VideoGrants::default(), SIPGrants::default());
    match method {
        "SIP/CreateSIPParticipant" => sip.call = true,
        "SIP/ListSIPOutboundTrunk" => sip.admin = true,
        "RoomService/CreateRoom" | "RoomService/DeleteRoom" => video.room_create = true,
        _ => {
            video.room_admin = true;
            room.clone_into(&mut video.room);
        }
    }
    (video, sip)
}

#[test]
fn every_token_of_ours_is_believed_and_grants_what_its_method_needs_alone() {
    let bench = Bench::checked();
    let mut rig = bench.rig();
    assert_eq!(rig.outcome(1, number(PERSON)).end, CallEnd::Completed);
    // Of a call of an earlier run nothing is known: it is looked for and removed.
    rig.look_up(1, number(PERSON));
    rig.look_up(2, number(BUSY));
    rig.ask(Ask::HangUp(attempt(3)));
    let vendor = LiveKit::new(account(bench.gateway.url()), None, bench.lab.http());
    assert!(matches!(rig.run(vendor.numbers()), Ok(Owned::These(numbers)) if numbers.len() == 2));
    rig.run(vendor.hang_up(Line::unheard(attempt(1), bench.lab.clock())));
    let mut methods = BTreeSet::new();
    for (method, token) in bench.gateway.tokens() {
        let claims = verifier().verify(&token).unwrap();
        let room = claims.video.room.clone();
        let rooms = [1, 2, 3].map(|serial| format!("dd-{}", attempt(serial)));
        assert!(
            room.is_empty() || rooms.contains(&room),
            "{method} for {room}"
        );
        let (video, sip) = grants(&method, &room);
        let wanted = Claims {
            exp: claims.exp,
            nbf: claims.nbf,
            iss: Settings::default().key,
            video,
            sip,
            ..Claims::default()
        };
        assert_eq!(claims, wanted, "{method}");
        assert_eq!(claims.exp - claims.nbf, 300, "{method}");
        methods.insert(method);
    }
    let wanted = [
        "AgentDispatchService/CreateDispatch",
        "AgentDispatchService/DeleteDispatch",
        "AgentDispatchService/ListDispatch",
        "RoomService/CreateRoom",
        "RoomService/DeleteRoom",
        "RoomService/GetParticipant",
        "RoomService/ListParticipants",
        "RoomService/RemoveParticipant",
        "SIP/CreateSIPParticipant",
        "SIP/ListSIPOutboundTrunk",
    ];
    assert_eq!(methods, wanted.map(str::to_owned).into());
}

#[test]
fn every_field_that_we_send_is_one_that_the_server_knows() {
    let bench = Bench::checked();
    let mut rig = bench.rig();
    rig.outcome(1, number(PERSON));
    rig.look_up(2, number(BUSY));
    let vendor = LiveKit::new(account(bench.gateway.url()), None, bench.lab.http());
    rig.run(vendor.numbers()).unwrap();
    rig.run(vendor.hang_up(Line::unheard(attempt(1), bench.lab.clock())));
    let asked = |method| bench.double.asked(method);
    understood::<proto::CreateRoomRequest>(&asked("RoomService/CreateRoom"));
    understood::<proto::DeleteRoomRequest>(&asked("RoomService/DeleteRoom"));
    understood::<proto::ListParticipantsRequest>(&asked("RoomService/ListParticipants"));
    understood::<proto::CreateAgentDispatchRequest>(&asked("AgentDispatchService/CreateDispatch"));
    understood::<proto::DeleteAgentDispatchRequest>(&asked("AgentDispatchService/DeleteDispatch"));
    understood::<proto::ListAgentDispatchRequest>(&asked("AgentDispatchService/ListDispatch"));
    understood::<proto::RoomParticipantIdentity>(&asked("RoomService/GetParticipant"));
    understood::<proto::RoomParticipantIdentity>(&asked("RoomService/RemoveParticipant"));
    understood::<proto::ListSipOutboundTrunkRequest>(&asked("SIP/ListSIPOutboundTrunk"));
    understood::<proto::CreateSipParticipantRequest>(&asked("SIP/CreateSIPParticipant"));
}

/// The server drops what it does not know without a word, so each body must survive its type whole.
fn understood<Asked: Serialize + DeserializeOwned>(bodies: &[Value]) {
    assert!(!bodies.is_empty(), "{}", std::any::type_name::<Asked>());
    for body in bodies {
        let read: Asked = serde_json::from_value(body.clone()).unwrap();
        let kept = serde_json::to_value(&read).unwrap();
        assert_eq!(kept, camel(body));
    }
}

/// The same with every name as protobuf's JSON writes it.
fn camel(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let mut words = name.split('_');
                let first = words.next().unwrap_or_default().to_owned();
                let name = words.fold(first, |name, word| {
                    let (head, tail) = word.split_at(1);
                    name + &head.to_uppercase() + tail
                });
                (name, camel(value))
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(camel).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn the_doubles_webhooks_are_what_the_crate_believes_and_reads() {
    let bench = Bench::checked();
    let mut rig = bench.rig();
    rig.outcome(1, number(PERSON));
    rig.outcome(2, number(BUSY));
    let receiver = WebhookReceiver::new(verifier());
    let sent = bench.double.sent();
    let read = |sent: &Sent| {
        let event = receiver.receive(&sent.body, &sent.authorization);
        event.unwrap()
    };
    let events: Vec<proto::WebhookEvent> = sent.iter().map(read).collect();
    let left = |serial| {
        let identity = format!("callee-{}", attempt(serial));
        let of_callee = |event: &&proto::WebhookEvent| {
            let callee = event.participant.as_ref();
            event.event == "participant_left"
                && callee.is_some_and(|callee| callee.identity == identity)
        };
        let event = events.iter().find(of_callee).unwrap();
        assert_eq!(
            event.room.as_ref().unwrap().name,
            format!("dd-{}", attempt(serial))
        );
        assert!(!event.id.is_empty() && event.created_at > 0);
        let callee = event.participant.clone().unwrap();
        assert_eq!(callee.kind(), proto::participant_info::Kind::Sip);
        assert_eq!(callee.state(), proto::participant_info::State::Disconnected);
        callee.disconnect_reason()
    };
    assert_eq!(left(1), proto::DisconnectReason::ClientInitiated);
    assert_eq!(left(2), proto::DisconnectReason::UserRejected);
    let other = receiver.receive(&format!("{} ", sent[0].body), &sent[0].authorization);
    assert!(matches!(other, Err(WebhookError::InvalidSignature)));
}

/// A webhook as the server sends it: written by its types, signed by its token.
fn signed(secret: &str, body: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(body));
    AccessToken::with_api_key(&Settings::default().key, secret)
        .with_ttl(Duration::from_mins(5))
        .with_sha256(&hash)
        .to_jwt()
        .unwrap()
}

#[test]
fn a_webhook_signed_with_the_crate_is_believed_and_read() {
    let mut callee = proto::ParticipantInfo {
        identity: format!("callee-{}", attempt(1)),
        ..proto::ParticipantInfo::default()
    };
    callee.set_kind(proto::participant_info::Kind::Sip);
    callee.set_state(proto::participant_info::State::Disconnected);
    callee.set_disconnect_reason(proto::DisconnectReason::ClientInitiated);
    let at = Clock::System.now();
    let event = proto::WebhookEvent {
        event: "participant_left".to_owned(),
        room: Some(proto::Room {
            name: format!("dd-{}", attempt(1)),
            ..proto::Room::default()
        }),
        participant: Some(callee),
        id: "EV_by_hand".to_owned(),
        created_at: at.as_millis() / 1000,
        ..proto::WebhookEvent::default()
    };
    let body = serde_json::to_string(&event).unwrap();
    let vendor = LiveKit::new(
        account("http://127.0.0.1:1".to_owned()),
        None,
        Http::new(Clock::System).unwrap(),
    );
    let reader = vendor.reader();
    let read = |authorization: &str, body: &str| {
        reader.read(&Arrived {
            path: "webhook",
            is_post: true,
            query: "",
            authorization,
            content_type: "application/webhook+json",
            body: body.as_bytes(),
            at,
        })
    };
    let token = signed(&Settings::default().secret, &body);
    for authorization in [token.clone(), format!("Bearer {token}")] {
        let Reading::Take(inbound, reply) = read(&authorization, &body) else {
            panic!("not taken: {body}");
        };
        assert_eq!((inbound.attempt, reply.status), (attempt(1), 200));
        let News::Ended(report) = inbound.news else {
            panic!("no end: {:?}", inbound.news);
        };
        assert_eq!(report.end, CallEnd::Completed);
    }
    let forged = Reading::Refuse(Refused::Forged);
    assert_eq!(read(&token, &format!("{body} ")), forged);
    assert_eq!(read(&signed("another secret", &body), &body), forged);
}

#[test]
fn the_crates_clients_get_along_with_the_double() {
    clients_need_cryptography();
    let bench = Bench::asked(false);
    let Settings {
        key, secret, trunk, ..
    } = Settings::default();
    let url = bench.gateway.url();
    let rooms = RoomClient::with_api_key(&url, &key, &secret);
    let sip = SIPClient::with_api_key(&url, &key, &secret);
    runtime().block_on(async {
        let known = sip.list_sip_outbound_trunk(ListSIPOutboundTrunkFilter::All);
        let known = known.await.unwrap();
        assert_eq!(known[0].sip_trunk_id, trunk);
        assert_eq!(known[0].numbers.len(), 2);
        let room = rooms.create_room("dd-x", CreateRoomOptions::default());
        assert_eq!(room.await.unwrap().name, "dd-x");
        let dial = CreateSIPParticipantOptions {
            participant_identity: "callee-x".to_owned(),
            sip_number: Some(caller_id().to_string()),
            wait_until_answered: Some(true),
            ..CreateSIPParticipantOptions::default()
        };
        let to = number(PERSON).to_string();
        let call = sip.create_sip_participant(trunk, to, "dd-x".to_owned(), dial, None);
        let call = call.await.unwrap();
        assert_eq!(call.participant_identity, "callee-x");
        assert_eq!(call.room_name, "dd-x");
        let there = rooms.list_participants("dd-x").await.unwrap();
        assert_eq!(there.len(), 1);
        assert_eq!(there[0].kind(), proto::participant_info::Kind::Sip);
        let callee = rooms.get_participant("dd-x", "callee-x").await.unwrap();
        assert_eq!(callee.attributes["sip.callStatus"], "active");
        rooms.remove_participant("dd-x", "callee-x").await.unwrap();
        rooms.delete_room("dd-x").await.unwrap();
        assert_eq!(code(rooms.delete_room("dd-x").await), "not_found");
        let others = RoomClient::with_api_key(&url, &key, "another secret");
        let denied = others.list_participants("dd-x").await;
        assert!(denied.is_err(), "{denied:?}");
        let agents = AgentDispatchClient::with_api_key(&url, &key, "another secret");
        let request = proto::CreateAgentDispatchRequest::default();
        let denied = agents.create_dispatch(request).await;
        assert!(denied.is_err(), "{denied:?}");
    });
    assert_eq!(bench.double.rooms(), Vec::<String>::new());
}

#[test]
fn the_crate_reads_the_carriers_word_in_both_encodings_of_busy() {
    clients_need_cryptography();
    for (newer, word) in [(false, "resource_exhausted"), (true, "failed_precondition")] {
        let bench = Bench::asked(newer);
        let Settings {
            key, secret, trunk, ..
        } = Settings::default();
        let sip = SIPClient::with_api_key(&bench.gateway.url(), &key, &secret);
        let dial = CreateSIPParticipantOptions {
            participant_identity: "callee-x".to_owned(),
            wait_until_answered: Some(true),
            ..CreateSIPParticipantOptions::default()
        };
        let to = number(BUSY).to_string();
        let call = sip.create_sip_participant(trunk, to, "dd-x".to_owned(), dial, None);
        let refused = runtime().block_on(call).unwrap_err();
        let refused = SipCallError::from_error(&refused).unwrap();
        assert_eq!(refused.code(), word);
        assert_eq!(refused.sip_status_code(), Some(486));
        assert_eq!(refused.sip_status(), Some("Busy Here"));
        assert_eq!(
            bench.double.asked("SIP/CreateSIPParticipant")[0]["ringingTimeout"],
            json!("30s")
        );
    }
}

/// The server's word for a refusal.
fn code<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> String {
    match answer {
        Err(ServiceError::Twirp(ServerError::Twirp(refused))) => refused.code,
        other => panic!("not refused by the server: {other:?}"),
    }
}

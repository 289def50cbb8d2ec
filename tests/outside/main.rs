//! The listener and the courier over real sockets and a real store, beside a running engine.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod deck;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use deck::{TRUNK, Under};
use dialdeck::clock::Clock;
use dialdeck::domain::digest::hex;
use dialdeck::domain::{AttemptId, DeckId, TrunkName};
use dialdeck::http::courier::{Courier, DELIVERY, SIGNATURE};
use dialdeck::http::listener::{Front, LONGEST_BODY, serve};
use dialdeck::http::socket::Limits;
use dialdeck::provider::inbound::{Arrived, Inbound, News, Reader, Reading, Refused, Reply};
use dialdeck::provider::remote::http::{Answer, Http};
use dialdeck::provider::remote::secret::Secret;
use dialdeck::store::exchange::{Delivery, REPORTS_MAX};
use dialdeck::store::{Acts as _, Reads};
use serde_json::Value;
use tokio::net::TcpListener;

/// Reads `attempt event word` from the body. Refuses anything other than that, as the path says.
struct Plain;

impl Reader for Plain {
    fn read(&self, arrived: &Arrived<'_>) -> Reading {
        let refused = Refused::ALL
            .into_iter()
            .find(|why| why.as_str() == arrived.path);
        if let Some(why) = refused {
            return Reading::Refuse(why);
        }
        if !arrived.is_post {
            return Reading::Answer(Reply {
                status: 200,
                content_type: "application/voicexml+xml",
                body: "<vxml/>".to_owned(),
            });
        }
        let text = String::from_utf8(arrived.body.to_vec()).unwrap();
        let words: Vec<&str> = text.split(' ').collect();
        let inbound = Inbound {
            event: words[1].to_owned(),
            attempt: words[0].parse().unwrap(),
            at: arrived.at,
            news: match words[2] {
                "opt_out" => News::OptOut,
                _ => News::Answered,
            },
        };
        Reading::Take(inbound, Reply::ok())
    }
}

/// A listener in front of a running engine.
struct Site {
    under: Under,
    url: String,
    http: Http,
}

impl Site {
    fn open() -> Self {
        Self::limited(Limits::default())
    }

    fn limited(limits: Limits) -> Self {
        let under = Under::start();
        let (gate, delivered) = under.gate(Arc::new(Plain));
        let gates = BTreeMap::from([(TrunkName(TRUNK.to_owned()), gate)]);
        let front = Front::new(under.handle.clone(), gates, under.clock.clone());
        let front = front.limited(limits);
        let socket = under.run(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        under.runtime.spawn(serve(socket, front));
        under.keep(delivered);
        let http = Http::new(Clock::System).unwrap();
        Self { under, url, http }
    }

    fn get(&self, path: &str) -> Answer {
        let request = self.http.get(&format!("{}{path}", self.url));
        let sending = self.http.send(request, Duration::from_secs(30));
        self.under.run(sending).unwrap()
    }

    fn post(&self, path: &str, body: String) -> Answer {
        let request = self.http.post(&format!("{}{path}", self.url)).body(body);
        let sending = self.http.send(request, Duration::from_secs(30));
        self.under.run(sending).unwrap()
    }

    fn say(&self, attempt: AttemptId, event: &str, word: &str) -> Answer {
        self.post(
            &format!("/{TRUNK}/say"),
            format!("{attempt} {event} {word}"),
        )
    }
}

#[test]
fn what_is_taken_is_kept_before_it_is_answered_and_handed_on_once() {
    let site = Site::open();
    let attempt = site.under.attempt;
    assert_eq!(site.say(attempt, "a", "answered").status, 200);
    let kept = site.under.other().messages().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].event.as_str(), kept[0].attempt), ("a", attempt));
    for _ in 0..3 {
        assert_eq!(site.say(attempt, "a", "answered").status, 200);
    }
    assert_eq!(site.say(attempt, "b", "answered").status, 200);
    assert_eq!(site.under.delivered(2), ["a", "b"]);
    let page = String::from_utf8(site.get("/metrics").body).unwrap();
    let repeated =
        format!("dialdeck_inbound_requests_total{{trunk=\"{TRUNK}\",became=\"repeated\"}} 3");
    assert!(page.contains(&repeated), "{page}");
    assert!(page.contains("dialdeck_contacts{campaign=\"spring\",state=\"in_flight\"} 1"));
}

#[test]
fn an_opt_out_on_the_call_holds_once_it_is_answered() {
    let site = Site::open();
    let attempt = site.under.attempt;
    assert_eq!(site.say(attempt, "stop", "opt_out").status, 200);
    let listed = site.under.other().suppressions_of(deck::callee()).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].actor, "callee");
    assert_eq!(
        site.say(attempt, "stop", "opt_out").status,
        200,
        "said again"
    );
}

#[test]
fn what_is_refused_is_counted_and_told_nothing() {
    let site = Site::open();
    for why in Refused::ALL {
        let answer = site.post(&format!("/{TRUNK}/{}", why.as_str()), "x".to_owned());
        assert_eq!(
            (answer.status, answer.body.len()),
            (why.status(), 0),
            "{why:?}"
        );
    }
    assert_eq!(site.post("/nobody/say", String::new()).status, 404);
    assert_eq!(site.get("/").status, 404);
    let long = "x".repeat(LONGEST_BODY + 1);
    assert_eq!(site.post(&format!("/{TRUNK}/say"), long).status, 400);
    let attempt = site.under.attempt;
    let unknown = AttemptId {
        serial: 77,
        ..attempt
    };
    let foreign = AttemptId {
        deck: DeckId(!attempt.deck.0),
        ..attempt
    };
    assert_eq!(site.say(unknown, "a", "answered").status, 200);
    assert_eq!(site.say(foreign, "a", "answered").status, 200);
    let counted = site.under.other().quarantined().unwrap();
    let counted: BTreeMap<(String, String), u64> = counted
        .into_iter()
        .map(|one| ((one.trunk, one.reason), one.count))
        .collect();
    let of = |trunk: &str, reason: &str| counted[&(trunk.to_owned(), reason.to_owned())];
    assert_eq!(of("?", "no_such_path"), 2);
    assert_eq!(of(TRUNK, "malformed"), 2);
    assert_eq!(of(TRUNK, "no_such_attempt"), 2);
    assert_eq!(of(TRUNK, "other_deck"), 2);
    assert_eq!(of(TRUNK, "forged"), 1);
    assert_eq!(site.under.other().messages().unwrap(), []);
}

#[test]
fn a_probe_is_answered_with_its_document() {
    let site = Site::open();
    let answer = site.get(&format!("/{TRUNK}/start"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.content_type, "application/voicexml+xml");
    assert_eq!(site.get("/healthz").status, 200);
}

#[test]
fn an_engine_that_has_ended_takes_nothing() {
    let mut site = Site::open();
    site.under.end();
    assert_eq!(site.get("/healthz").status, 503);
    assert_eq!(site.say(site.under.attempt, "a", "answered").status, 503);
}

#[test]
fn clients_that_say_nothing_keep_nobody_out() {
    let limits = Limits {
        // No time limit applies here: only that a silent connection gives up its place.
        header: Duration::from_hours(1),
        life: Duration::from_hours(1),
        ..Limits::default()
    };
    let site = Site::limited(limits);
    let address = site.url.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..3 * limits.connections {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may have closed the connection already.
        stream.write_all(b"POST /x HTTP/1.1\r\nhost: x\r\n").ok();
        silent.push(stream);
    }
    assert_eq!(site.get("/healthz").status, 200);
    assert_eq!(site.say(site.under.attempt, "a", "answered").status, 200);
}

#[test]
fn a_request_that_does_not_come_whole_in_time_ends() {
    let limits = Limits {
        header: Duration::from_millis(200),
        body: Duration::from_millis(200),
        ..Limits::default()
    };
    let site = Site::limited(limits);
    let address = site.url.strip_prefix("http://").unwrap();
    let said = |sent: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        // Ends when the server closes the connection.
        stream.read_to_string(&mut answer).ok();
        answer
    };
    assert_eq!(said(""), "");
    let head = said("GET /healthz HTTP/1.1\r\nhost: ");
    assert!(!head.starts_with("HTTP/1.1 200"), "{head}");
    let late = format!("POST /{TRUNK}/say HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf");
    let body = said(&late);
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
}

#[test]
fn reports_about_one_attempt_are_bounded_and_an_opt_out_still_holds() {
    let site = Site::open();
    let attempt = site.under.attempt;
    for n in 0..REPORTS_MAX {
        assert_eq!(site.say(attempt, &format!("e{n}"), "answered").status, 200);
    }
    assert_eq!(site.say(attempt, "more", "answered").status, 429);
    assert_eq!(site.say(attempt, "e0", "answered").status, 200, "known");
    assert_eq!(site.say(attempt, "stop", "opt_out").status, 429);
    let kept = site.under.other().messages().unwrap();
    assert_eq!(kept.len() as u64, REPORTS_MAX);
    let listed = site.under.other().suppressions_of(deck::callee()).unwrap();
    assert_eq!(listed.len(), 1);
}

/// A receiver of results that answers with the given statuses, one at a time; then always 200.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<u16>>>,
    taken: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    /// Returns a receiver that listens, and its address.
    fn open(under: &Under) -> (Self, String) {
        let receiver = Self::default();
        let routes = Router::new()
            .route("/results", post(take))
            .with_state(receiver.clone());
        let socket = under.run(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/results", socket.local_addr().unwrap());
        under
            .runtime
            .spawn(async move { axum::serve(socket, routes).await });
        (receiver, url)
    }
}

async fn take(State(receiver): State<Receiver>, head: HeaderMap, body: Bytes) -> StatusCode {
    receiver.taken.lock().unwrap().push((head, body));
    let next = receiver.answers.lock().unwrap().pop();
    StatusCode::from_u16(next.unwrap_or(200)).unwrap()
}

#[test]
fn results_are_signed_tried_again_and_given_up() {
    let mut under = Under::idle();
    let (receiver, url) = Receiver::open(&under);
    under.finish_contacts(&url, 3);
    let secret = Secret::new("whsec");
    let http = Http::new(Clock::System).unwrap();
    let deck = under.deck;
    let courier = Courier::new(deck, http, secret.clone(), under.clock.clone());
    *receiver.answers.lock().unwrap() = vec![410, 503];
    let now = under.clock.now();
    let turn = under.store().turn_results(&[], now, 8).unwrap();
    assert_eq!(turn.due.len(), 3);
    let mut done = under.run(courier.carry(&turn));
    done.sort_by_key(|(seq, _)| *seq);
    let kinds: BTreeSet<&str> = done
        .iter()
        .map(|(_, delivery)| match delivery {
            Delivery::Delivered => "delivered",
            Delivery::Again(error, at) => {
                assert_eq!(error, "HTTP 503");
                assert!(*at > under.clock.now());
                "again"
            }
            Delivery::GivenUp(_) => "given up",
        })
        .collect();
    assert_eq!(kinds, BTreeSet::from(["again", "delivered", "given up"]));
    for (head, body) in receiver.taken.lock().unwrap().iter() {
        let text = head[SIGNATURE].to_str().unwrap();
        let (at, signature) = text.split_once(",v1=").unwrap();
        let signed = format!(
            "{}.{}",
            at.strip_prefix("t=").unwrap(),
            std::str::from_utf8(body).unwrap()
        );
        assert_eq!(hex(&secret.sign(signed.as_bytes())), signature);
        let result: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(result["id"], head[DELIVERY].to_str().unwrap());
        let (seq, hash) = result["anchor"].as_str().unwrap().split_once(':').unwrap();
        let ending = format!("-{seq}-{}", &hash[..8]);
        assert!(result["id"].as_str().unwrap().ends_with(&ending));
        assert_eq!(
            (&result["campaign"], &result["state"]),
            (&"spring".into(), &"suppressed".into())
        );
        assert_eq!(result["variables"]["city"], "Troy");
        assert_eq!(result.get("agent_result"), Some(&Value::Null));
    }
}

#[test]
fn an_agents_word_is_part_of_the_result() {
    let mut under = Under::idle();
    let (receiver, url) = Receiver::open(&under);
    under.finish_a_call(&url, "confirmed");
    let (deck, clock) = (under.deck, under.clock.clone());
    let http = Http::new(Clock::System).unwrap();
    let courier = Courier::new(deck, http, Secret::new("whsec"), clock.clone());
    let turn = under.store().turn_results(&[], clock.now(), 8).unwrap();
    under.run(courier.carry(&turn));
    let taken = receiver.taken.lock().unwrap();
    let result: Value = serde_json::from_slice(&taken[0].1).unwrap();
    assert_eq!(result["outcome"], "human");
    assert_eq!(result["agent_result"], "confirmed");
}

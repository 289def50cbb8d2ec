//! The double's API: what it answers to whom, and how it fails to.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use dialdeck_core::domain::{PhoneNumber, Timestamp};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::faults::dice;
use super::super::script::Who;
use super::{Called, KEY, Listing, Shape, World, lives, span};

/// How long the double keeps a client waiting that is never answered.
const FOR_EVER: Duration = Duration::from_hours(24);

/// Answers to a call that was placed all the same, by fault: what a handler prints that breaks after
/// its telephony call, a gateway, or nobody.
const ODD_ANSWERS: [(&str, u16, &str); 9] = [
    ("code_after", 500, r#"{"error":{"code":"internal_error"}}"#),
    (
        "busy_after",
        503,
        r#"{"error":{"code":"rate_limited","message":"Too many."}}"#,
    ),
    (
        "missing_after",
        404,
        r#"{"message":"No query results for model [Call]."}"#,
    ),
    ("limited_after", 429, r#"{"message":"Too Many Attempts."}"#),
    (
        "failed_after",
        403,
        r#"{"error":{"code":"call_failed","message":"It could not be completed."}}"#,
    ),
    ("conflict_after", 409, r#"{"error":{"code":"duplicate"}}"#),
    (
        "early_after",
        425,
        r#"{"error":{"field":"from","message":"not yours"}}"#,
    ),
    ("moved_after", 307, ""),
    (
        "shown_after",
        422,
        r#"{"message":"Invalid.","call":{"status":"ringing"}}"#,
    ),
];

/// Answers a request.
pub(super) async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let nth = {
        let mut counts = world.counts.lock().unwrap();
        counts.all += 1;
        counts.all.to_string()
    };
    world.sleep(span(&[&nth, "answer"], (50, 300))).await;
    let bearer = format!("Bearer {KEY}");
    let given = head.headers.get("authorization");
    if given.is_none_or(|given| given.as_bytes() != bearer.as_bytes()) {
        world.counts.lock().unwrap().refused += 1;
        return reply(401, &json!({"message": "Unauthenticated."}));
    }
    let url = Url::parse(&format!("http://double{}", head.uri)).unwrap();
    let path = url.path().strip_prefix("/api/v1/").unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match (head.method.as_str(), parts.as_slice()) {
        ("POST", ["calls"]) => place(&world, &body).await,
        ("POST", ["calls", id, "hangup"]) => hang_up(&world, id, &nth),
        ("GET", ["calls"]) if !url.as_str().contains("phone_number_id") => {
            world.counts.lock().unwrap().listings += 1;
            get(&world, &url, &parts, &nth)
        }
        ("GET", _) => get(&world, &url, &parts, &nth),
        _ => reply(404, &json!({"message": "Not found."})),
    }
}

fn get(world: &Arc<World>, url: &Url, parts: &[&str], nth: &str) -> Response {
    let fault = read_fault(world, &format!("{}#{nth}", parts.join("/")));
    fault.unwrap_or_else(|| read(world, url, parts))
}

fn read(world: &Arc<World>, url: &Url, parts: &[&str]) -> Response {
    match parts {
        ["auth", "me"] => {
            let (cents, roll) = (world.settings().balance, world.counts.lock().unwrap().all);
            let money = format!("{}.{:02}", cents / 100, cents % 100);
            let me =
                json!({"name": "A", "email": "a@example.com", "company": "B", "balance": money});
            let wrapped = roll.is_multiple_of(2);
            reply(200, &if wrapped { json!({ "data": me }) } else { me })
        }
        ["phone-numbers"] => numbers(world, url),
        ["calls"] => listing(world, url),
        ["calls", id] => {
            world.counts.lock().unwrap().reads += 1;
            let calls = world.calls.lock().unwrap();
            match calls.get(*id) {
                Some(call) => {
                    let lag = span(&[id, "lag"], world.settings().lag);
                    let now = world.now();
                    reply(200, &wrapped(world, shown(call, now - lag, now)))
                }
                None => reply(404, &json!({"message": "No such call."})),
            }
        }
        ["calls", id, "transcript"] if world.hits("transcript_error", id) => {
            reply(503, &json!({"message": "Transcripts are being made."}))
        }
        ["calls", id, "transcript"] => transcript(world, id),
        _ => reply(404, &json!({"message": "Not found."})),
    }
}

/// A read that fails, if it does.
fn read_fault(world: &Arc<World>, key: &str) -> Option<Response> {
    let hits = |fault| world.hits(fault, key);
    if hits("get_error") {
        Some(reply(500, &json!({"message": "Server Error"})))
    } else if hits("get_html") {
        Some(page(502))
    } else if hits("get_broken") {
        Some(raw(200, "{\"data\": {\"id\": "))
    } else if hits("get_limited") {
        Some(limited(world))
    } else if hits("get_cut") {
        Some(cut())
    } else if hits("get_missing") {
        Some(reply(404, &json!({"message": "No such call."})))
    } else {
        None
    }
}

async fn place(world: &Arc<World>, body: &Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return reply(400, &json!({"message": "The body is no JSON."}));
    };
    let field = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let (to, from) = (field("to"), field("from"));
    let nth = {
        let mut counts = world.counts.lock().unwrap();
        let posts = counts.posts.entry(to.clone()).or_default();
        *posts += 1;
        *posts
    };
    let key = format!("{to}#{nth}");
    let hits = |fault| world.hits(fault, &key);
    if hits("post_cut_before") {
        return cut();
    }
    if hits("html_before") {
        return page(502);
    }
    if hits("error_before") {
        let error = json!({"code": "carrier_unavailable", "message": "No route at present."});
        return reply(503, &json!({ "error": error }));
    }
    if hits("limited") {
        return limited(world);
    }
    if let Some(refusal) = refusal(world, &asked, &to, &from) {
        return refusal;
    }
    let id = create(world, &to, &from, asked["webhook_url"].as_str());
    if hits("post_times_out") {
        world.sleep(FOR_EVER).await;
    }
    if hits("post_cut") {
        return cut();
    }
    if hits("error_after") {
        return reply(500, &json!({"message": "Server Error"}));
    }
    if hits("html_after") {
        return page(504);
    }
    let odd = ODD_ANSWERS.iter().find(|(fault, ..)| hits(fault));
    if let Some((_, status, body)) = odd {
        return raw(*status, body);
    }
    if hits("broken_json") {
        return raw(201, "{\"data\": {\"status\": \"queued\", \"id\": \"");
    }
    if hits("no_id") {
        return reply(202, &json!({"success": true}));
    }
    let call = world.calls.lock().unwrap()[&id].clone();
    reply(201, &wrapped(world, shown(&call, world.now(), world.now())))
}

/// Why a call is refused, if it is.
fn refusal(world: &Arc<World>, asked: &Value, to: &str, from: &str) -> Option<Response> {
    let settings = world.settings();
    if let Some((status, body)) = settings.refusals.get(to) {
        return Some(if body.starts_with('<') {
            page(*status)
        } else {
            raw(*status, body)
        });
    }
    if !matches!(asked["mode"].as_str(), Some("streaming" | "webhook")) {
        let errors = json!({"mode": ["The selected mode is invalid."]});
        return Some(reply(
            422,
            &json!({"message": "Invalid.", "errors": errors}),
        ));
    }
    if to.parse::<PhoneNumber>().is_err() {
        let errors = json!({"to": ["The to field must be a valid phone number."]});
        return Some(reply(
            422,
            &json!({"message": "Invalid.", "errors": errors}),
        ));
    }
    if !world.numbers.iter().any(|number| number == from) {
        let error = json!({"code": "number_not_owned",
            "message": format!("The from number {from} does not belong to your account.")});
        return Some(reply(403, &json!({ "error": error })));
    }
    let full = settings.hourly > 0
        && world.hourly.lock().unwrap().count(from, world.now()) >= settings.hourly;
    if full {
        return Some(match settings.retry_after {
            Some(_) => limited(world),
            None => reply(
                403,
                &json!({"error": "Each number may place 30 outbound calls per hour."}),
            ),
        });
    }
    if settings.balance < settings.price {
        let text = json!({"message": "Insufficient balance. Please top up."});
        return Some(reply(settings.no_money, &text));
    }
    None
}

fn create(world: &Arc<World>, to: &str, from: &str, webhook: Option<&str>) -> String {
    let now = world.now();
    {
        let mut settings = world.settings.lock().unwrap();
        settings.balance -= settings.price;
    }
    world.hourly.lock().unwrap().note(from, now);
    let mut calls = world.calls.lock().unwrap();
    let serial = 1000 + calls.len();
    // Some ids are numbers, some are texts.
    let id = if serial.is_multiple_of(2) {
        serial.to_string()
    } else {
        format!("call_{serial}")
    };
    let attempt = webhook.and_then(|address| {
        let url = Url::parse(address).ok()?;
        let mut parts = url.query_pairs();
        Some(parts.find(|(name, _)| name == "attempt")?.1.into_owned())
    });
    let call = Called {
        key: attempt.unwrap_or_else(|| id.clone()),
        id: id.clone(),
        to: to.to_owned(),
        from: from.to_owned(),
        webhook: webhook.map(str::to_owned),
        created: now,
        history: vec![(now, "queued".to_owned())],
        answered: None,
        ended: None,
        who: None,
        hung_up: false,
        stop: Arc::new(Notify::new()),
    };
    calls.insert(id.clone(), call);
    tokio::spawn(lives::live(Arc::clone(world), id.clone()));
    id
}

fn hang_up(world: &Arc<World>, id: &str, nth: &str) -> Response {
    let finished = world.settings().hang_up_finished;
    let mut calls = world.calls.lock().unwrap();
    let Some(call) = calls.get_mut(id) else {
        return reply(404, &json!({"message": "No such call."}));
    };
    let mut counts = world.counts.lock().unwrap();
    *counts.hang_ups.entry(call.to.clone()).or_default() += 1;
    if world.hits("hang_up_error", &format!("{id}#{nth}")) {
        return reply(500, &json!({"message": "Server Error"}));
    }
    if call.ended.is_some() {
        return reply(finished, &json!({"message": "The call is over."}));
    }
    call.hung_up = true;
    call.stop.notify_one();
    reply(200, &json!({"success": true}))
}

/// A call as it was at `then`, seen at `now`.
fn shown(call: &Called, then: Timestamp, now: Timestamp) -> Value {
    let seen = call.history.iter().rfind(|(at, _)| *at <= then);
    let status = seen.map_or("queued", |(_, word)| word);
    let answered = call.answered.filter(|at| *at <= then);
    let ended = call.ended.filter(|at| *at <= then);
    let length = match (answered, ended) {
        (Some(answered), Some(ended)) => ended.since(answered).as_secs(),
        (Some(answered), None) => now.since(answered).as_secs(),
        _ => 0,
    };
    let written = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let id = match call.id.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) => json!(call.id),
    };
    // A call that was picked up lasted for a second at least.
    let length = length.max(u64::from(answered.is_some()));
    json!({
        "id": id,
        "status": status,
        "direction": "outbound",
        "from": call.from,
        "to": call.to,
        "duration": length,
        "cost": "0.02",
        "created_at": call.created.to_string(),
        "answered_at": written(answered),
        "ended_at": written(ended),
    })
}

fn wrapped(world: &Arc<World>, call: Value) -> Value {
    match world.settings().shape {
        Shape::Bare => call,
        Shape::Data => json!({ "data": call }),
        Shape::Call => json!({ "success": true, "call": call }),
    }
}

fn transcript(world: &Arc<World>, id: &str) -> Response {
    let calls = world.calls.lock().unwrap();
    let over = calls.get(id).filter(|call| call.ended.is_some());
    let Some(call) = over else {
        return reply(404, &json!({"message": "No transcript yet."}));
    };
    let theirs = match call.who {
        Some(Who::Human) => "Hello, who is this?",
        Some(Who::Machine) => "You have reached my phone. Please leave a message after the tone.",
        Some(Who::Fax) | None => "",
    };
    let mut lines = vec![
        json!({"role": "user", "text": theirs}),
        json!({"role": "assistant", "text": "Hello! Shall I leave a message, or stop calling?"}),
    ];
    let settings = world.settings();
    let whole = call
        .ended
        .is_some_and(|at| world.now() >= at + settings.opt_out_after);
    if whole && settings.opt_out.contains(&call.to) {
        let said = ["No.", "No, thanks.", "Well:", "please don’t call me again!"];
        lines.extend(said.map(|text| json!({"role": "user", "text": text})));
    }
    reply(
        200,
        &json!({"data": {"transcript": lines, "summary": "a call"}}),
    )
}

/// One page of everything created on these days. Its links forget the question.
fn listing(world: &Arc<World>, url: &Url) -> Response {
    let part = |name: &str| {
        let mut parts = url.query_pairs();
        parts
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    let (Some(first), Some(last)) = (part("date_from"), part("date_to")) else {
        return reply(422, &json!({"message": "Give date_from and date_to."}));
    };
    let number = match part("phone_number_id") {
        None => None,
        Some(id) => match world.numbers.iter().find(|number| number_id(number) == id) {
            None => return reply(404, &json!({"message": "No such number."})),
            number => number,
        },
    };
    let now = world.now();
    let listed_after = world.settings().listed_after;
    let calls = world.calls.lock().unwrap();
    let mut listed: Vec<&Called> = calls.values().collect();
    listed.retain(|call| number.is_none_or(|number| call.from == *number));
    let midnight = |day: &str| format!("{day}T00:00:00Z").parse::<Timestamp>().unwrap();
    let days = midnight(&first)..midnight(&last) + Duration::from_hours(24);
    listed.retain(|call| days.contains(&call.created) && now >= call.created + listed_after);
    listed.sort_by_key(|call| std::cmp::Reverse(call.created));
    let order = world.settings().listing;
    match order {
        Listing::Newest | Listing::Stale => {}
        Listing::Unordered => listed.sort_by_key(|call| dice(3, &[&call.id])),
        Listing::Twice => listed.extend(listed.clone()),
    }
    let lag = world.settings().lag;
    let entry = |call: &&Called| {
        let at = now - span(&[&call.id, "lag"], lag);
        let first = call.created + Duration::from_secs(1);
        let at = if order == Listing::Stale {
            at.min(first)
        } else {
            at
        };
        shown(call, at, now)
    };
    paged(world, url, &listed, entry)
}

/// The id of one of the account's numbers.
fn number_id(number: &str) -> String {
    format!("pn_{}", &number[number.len() - 4..])
}

fn numbers(world: &Arc<World>, url: &Url) -> Response {
    let number = |number: &String| json!({"id": number_id(number), "phone_number": number, "status": "active"});
    let mut entries: Vec<Value> = world.numbers.iter().map(number).collect();
    entries.push(json!({"phone_number": "+16465550199", "status": "released"}));
    if world.settings().shape == Shape::Bare {
        return reply(200, &json!(entries));
    }
    paged(world, url, &entries, Value::clone)
}

fn paged<T>(
    world: &Arc<World>,
    url: &Url,
    entries: &[T],
    written: impl Fn(&T) -> Value,
) -> Response {
    let mut parts = url.query_pairs();
    let page = parts.find(|(name, _)| name == "page");
    let page: usize = page.map_or(1, |(_, value)| value.parse().unwrap());
    let size = world.settings().page_size;
    let on_page: Vec<Value> = entries
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(written)
        .collect();
    let more = page * size < entries.len();
    let next = more.then(|| format!("http://elsewhere.invalid{}?page={}", url.path(), page + 1));
    reply(
        200,
        &match dice(1, &[&entries.len().to_string()]) % 2 {
            0 => json!({"data": on_page, "links": {"next": next}}),
            _ => json!({"data": on_page, "next_page_url": next, "total": entries.len()}),
        },
    )
}

fn reply(status: u16, body: &Value) -> Response {
    raw(status, &body.to_string())
}

fn raw(status: u16, body: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let head = [("content-type", "application/json")];
    (status, head, body.to_owned()).into_response()
}

fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let head = [("content-type", "text/html; charset=utf-8")];
    (
        status,
        head,
        "<html><body>Bad Gateway, 1 call per hour limit</body></html>",
    )
        .into_response()
}

fn limited(world: &Arc<World>) -> Response {
    let mut response = reply(429, &json!({"message": "Too Many Attempts."}));
    if let Some(seconds) = world.settings().retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

/// Ends the connection in the middle of its answer.
fn cut() -> Response {
    let broken = tokio_stream::once(Err::<Bytes, _>(std::io::Error::other("cut")));
    Response::new(Body::from_stream(broken))
}

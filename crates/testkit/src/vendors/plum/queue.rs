//! The queue requests: who may, what is wrong with them, and how their answers go astray.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::json;

use super::call::{Call, Status};
use super::wire::{self, Asked, Fields, cut, json as as_json, number, page, xml};
use super::{APPLICATION, DEPLOYMENT, DEVELOPER_KEY, EMAIL, LOGIN, PIN, Plant};

/// What Plum dials again by default.
const RETRIES: u32 = 3;

/// How long after a loop of the single queue everything is refused.
const OVERRUN: Duration = Duration::from_secs(10);

/// Why a request is refused, and with which HTTP status by Fuse.
type Refusal = (u16, String);

/// A queue request, read.
struct Order {
    service: &'static str,
    fields: Fields,
    is_fuse: bool,
    /// What tells it apart: the reference it gave.
    key: String,
    numbers: Vec<(String, String)>,
}

impl Plant {
    pub(super) async fn answer(self: &Arc<Self>, asked: &Asked) -> Response {
        let path = asked.path.as_str();
        let app = format!("/api/apps/{APPLICATION}/{DEPLOYMENT}");
        let service = match (asked.method.as_str(), path) {
            ("POST", "/webservice/queuecall.php") => "queuecall",
            ("POST", "/webservice/queuecalls.php") => "queuecalls",
            ("POST", path) if path == format!("{app}/queue") => "queue",
            ("POST", path) if path == format!("{app}/bulk_queue") => "bulk_queue",
            ("DELETE", path) if path == format!("{app}/cancel") && self.knows(asked) => {
                self.cancel();
                return axum::http::StatusCode::ACCEPTED.into_response();
            }
            ("GET", path) if path.starts_with("/api/outbound/") => return self.details(asked),
            ("GET", "/") => return "Plum".into_response(),
            _ => return page(404),
        };
        let fields = asked.fields();
        let order = match self.read(service, asked, fields.clone()) {
            Ok(order) => order,
            Err(refusal) => return refused(service, &fields, &refusal),
        };
        self.queue(order).await
    }

    fn knows(&self, asked: &Asked) -> bool {
        let pair = format!("{EMAIL}:{DEVELOPER_KEY}");
        let wanted = base64::engine::general_purpose::STANDARD.encode(pair);
        let known = asked.authorization == format!("Basic {wanted}");
        if !known {
            self.state.lock().unwrap().seen.strangers += 1;
        }
        known
    }

    fn read(
        &self,
        service: &'static str,
        asked: &Asked,
        mut fields: Fields,
    ) -> Result<Order, Refusal> {
        let is_fuse = matches!(service, "queue" | "bulk_queue");
        if is_fuse && !self.knows(asked) {
            return Err((401, "authentication headers invalid".to_owned()));
        }
        if !is_fuse {
            let own = |name: &str, value: &str| fields.get(name).is_some_and(|own| own == value);
            if !own("login", LOGIN) || !own("pin", PIN) {
                self.state.lock().unwrap().seen.strangers += 1;
                return Err((200, "invalid login or pin".to_owned()));
            }
            if !fields.contains_key("start_url") {
                return Err((200, "start_url is missing".to_owned()));
            }
        }
        for name in ["start_url", "result_url", "message_reference"] {
            if !is_fuse && fields.get(name).is_some_and(|value| value.len() > 255) {
                return Err((400, format!("{name} is too long")));
            }
        }
        let list = match service {
            "queuecalls" => fields.remove("phone_number_list"),
            "bulk_queue" => {
                let csv = fields.remove("csv").unwrap_or_default();
                csv.strip_prefix("destination\n").map(str::to_owned)
            }
            _ => fields.get("phone_number").cloned(),
        };
        let numbers = list.unwrap_or_default();
        let numbers: Option<Vec<_>> = numbers.lines().map(number).collect();
        let numbers = numbers.filter(|numbers| !numbers.is_empty());
        let numbers = numbers.ok_or((400, "phone_number is malformed".to_owned()))?;
        let result_url = fields.get("result_url").cloned().unwrap_or_default();
        let reference = fields.get("message_reference").cloned();
        let of_query = |url: &str| {
            let query = wire::form(url.split_once('?').map_or("", |(_, query)| query));
            let named = query.get("attempt").or(query.get("batch"));
            named.cloned().unwrap_or_default()
        };
        Ok(Order {
            service,
            is_fuse,
            key: reference.unwrap_or_else(|| of_query(&result_url)),
            fields,
            numbers,
        })
    }

    async fn queue(self: &Arc<Self>, order: Order) -> Response {
        let faults = self.settings.lock().unwrap().faults.clone();
        let hits = |fault: &'static str| faults.hits(fault, &order.key);
        if hits("500_before") {
            return page(500);
        }
        if hits("html_502") {
            return page(502);
        }
        if hits("cut_before") {
            return cut();
        }
        if let Err(refusal) = self.accept(&order).await {
            return refused(order.service, &order.fields, &refusal);
        }
        let ids = self.enqueue(&order);
        if hits("refused_after") {
            let why = "the account may not do that".to_owned();
            return refused(order.service, &order.fields, &(403, why));
        }
        if hits("500_after") {
            return page(500);
        }
        if hits("html_200") {
            return page(200);
        }
        if hits("cut_after") {
            return cut();
        }
        if hits("hang_after") {
            let long = self.clock.real_time(Duration::from_mins(10));
            tokio::time::sleep(long).await;
        }
        if hits("broken") {
            let body = format!("<{} status=\"queued\" call_id=", order.service);
            return ([("content-type", "text/xml")], body).into_response();
        }
        queued(&order, &ids)
    }

    /// Everything that is looked at before a call is queued.
    async fn accept(&self, order: &Order) -> Result<(), Refusal> {
        let now = self.clock.now();
        let most = self.settings.lock().unwrap().singles_per_second;
        let overrun = {
            let mut state = self.state.lock().unwrap();
            let state = &mut *state;
            if order.numbers.len() == 1 && !order.service.contains("calls") {
                state.singles.retain(|at| now.since(*at).as_millis() < 1000);
                state.singles.push(now);
            }
            if state.singles.len() > most {
                state.overrun_until = Some(now + OVERRUN);
                state.seen.overruns += 1;
                for call in state.calls.values() {
                    call.drop_out(Status::Failed);
                }
            }
            state.overrun_until.is_some_and(|until| now < until)
        };
        if overrun {
            let why = "Denial of Service suspected: use the multiple calls API";
            return Err((403, why.to_owned()));
        }
        for name in ["start_url", "result_url"] {
            let Some(url) = order.fields.get(name) else {
                continue;
            };
            let probe = self.http.get(url);
            let answer = self.http.send(probe, Duration::from_mins(1)).await;
            if !answer.is_ok_and(|answer| answer.status == 200) {
                return Err((400, format!("{name} {url} did not return 200")));
            }
        }
        if order.service == "queuecalls" {
            let campaign = order.fields.get("campaign_name").cloned();
            let campaign = campaign.ok_or((200, "campaign_name is missing".to_owned()))?;
            let mut state = self.state.lock().unwrap();
            if state.campaigns.contains(&campaign) {
                return Err((200, "campaign_name is taken".to_owned()));
            }
            state.campaigns.push(campaign);
        }
        let needs_wait = order.fields.contains_key("max_attempts");
        if order.is_fuse && needs_wait && !order.fields.contains_key("reattempt_wait") {
            return Err((400, "max_attempts needs reattempt_wait".to_owned()));
        }
        Ok(())
    }

    fn enqueue(self: &Arc<Self>, order: &Order) -> Vec<u64> {
        let answer = |name: &str| order.fields.get(name)?.parse::<i64>().ok();
        let retries = if order.is_fuse {
            answer("max_attempts").map(|attempts| attempts - 1)
        } else {
            answer("max_retries").or(answer("max_retry"))
        };
        let retries = retries.map_or(RETRIES, |retries| u32::try_from(retries).unwrap());
        let wait = answer("retry_interval").or(answer("reattempt_wait"));
        let wait = Duration::from_secs(u64::try_from(wait.unwrap_or(60)).unwrap());
        let expires = answer("expiration_timestamp").or(answer("end_timestamp"));
        let expires = expires.filter(|seconds| *seconds > 0);
        let mut ids = Vec::new();
        for (to, from) in &order.numbers {
            let id = {
                let mut settings = self.settings.lock().unwrap();
                settings.next_call_id += 1;
                settings.next_call_id - 1
            };
            let is_single = order.numbers.len() == 1;
            let key = if is_single {
                order.key.clone()
            } else {
                format!("{} {to}", order.key)
            };
            let url = |name: &str| order.fields.get(name).cloned().unwrap_or_default();
            let call = Arc::new(Call::new(Call {
                id,
                key,
                reference: order.key.clone(),
                to: to.clone(),
                from: from.clone(),
                start_url: url("start_url"),
                result_url: url("result_url"),
                retries,
                wait,
                expires,
                is_fuse: order.is_fuse,
                queued_at: self.clock.now(),
                ..Call::default()
            }));
            self.state
                .lock()
                .unwrap()
                .calls
                .insert(id, Arc::clone(&call));
            tokio::spawn(Arc::clone(self).live(call));
            ids.push(id);
        }
        let mut state = self.state.lock().unwrap();
        let request = (order.service.to_owned(), order.fields.clone());
        state.seen.requests.push(request);
        ids
    }

    pub(super) fn cancel(&self) {
        for call in self.state.lock().unwrap().calls.values() {
            call.drop_out(Status::Cancelled);
        }
    }

    fn details(&self, asked: &Asked) -> Response {
        if !self.knows(asked) {
            return as_json(401, &json!({"error": "authentication headers invalid"}));
        }
        let id = asked.path.rsplit('/').next().unwrap_or_default();
        let calls = &self.state.lock().unwrap().calls;
        match id.parse().ok().and_then(|id: u64| calls.get(&id)) {
            Some(call) => as_json(200, &json!({"call_details": call.details()})),
            None => as_json(404, &json!({"error": "call not found"})),
        }
    }
}

fn queued(order: &Order, ids: &[u64]) -> Response {
    if order.is_fuse {
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        return match (order.service, ids.as_slice()) {
            ("queue", [id]) => as_json(200, &json!({"call_id": id})),
            _ => as_json(
                200,
                &json!({"status": "queued", "calls": ids.len().to_string()}),
            ),
        };
    }
    let more = match (order.service, ids) {
        ("queuecall", [id]) => format!("call_id=\"{id}\""),
        _ => format!("calls=\"{}\"", ids.len()),
    };
    xml(order.service, "queued", &more, &order.fields)
}

fn refused(service: &str, fields: &BTreeMap<String, String>, refusal: &Refusal) -> Response {
    let (status, why) = refusal;
    if service.starts_with("queuecall") {
        let why = format!("error=\"{}\"", why.replace('&', "&amp;"));
        return xml(service, "failed", &why, fields);
    }
    as_json(*status, &json!({"error": why}))
}

//! What the answer to `POST /calls` means: a call, a refusal that certainly dialed nothing, or
//! nothing that could be relied on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::{Shown, shown};
use super::json;
use crate::domain::attempt::CallEnd;
use crate::provider::remote::http::Answer;

/// The most of a body that is read as text when it is no JSON, in bytes.
const LONGEST_RAW: usize = 500;

/// What became of a request to place a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Placed {
    /// It is a call with an id.
    Call(String, Box<Shown>),
    /// Nothing was dialed: why, and the vendor's text.
    Refused(CallEnd, String),
    /// Nobody can tell.
    Unclear,
}

/// Reads the answer to `POST /calls`. The vendor documents no error body: the rules are
/// providers.md §2.3, inferred.
pub(super) fn placed(answer: &Answer) -> Placed {
    let body = answer.json();
    if answer.is_success() {
        let call = body.as_ref().and_then(shown);
        return match call.and_then(|call| Some((call.id.clone()?, call))) {
            Some((id, call)) => Placed::Call(id, Box::new(call)),
            None => Placed::Unclear,
        };
    }
    let error = body.as_ref().map_or_else(
        || Said::raw(&answer.body, &answer.content_type),
        Said::of_json,
    );
    match refusal(answer.status, &error) {
        Some(end) => Placed::Refused(end, error.text),
        None => Placed::Unclear,
    }
}

/// Why nothing was dialed; `None` when that is not certain.
fn refusal(status: u16, said: &Said) -> Option<CallEnd> {
    match status {
        401 | 402 => Some(CallEnd::AccountRefused),
        429 => Some(CallEnd::Throttled),
        // Somebody on the way gave up waiting, or the call is there already.
        408 | 409 | 425 | 499 => None,
        400..=499 if said.of_money() => Some(CallEnd::AccountRefused),
        400..=499 if said.of_a_limit() => Some(CallEnd::Throttled),
        400 | 403 | 404 | 422 if said.names("from", &FROM_TEXTS) => Some(CallEnd::CallerIdRefused),
        400 | 422 if said.names("to", &TO_TEXTS) && !said.of_permission() => {
            Some(CallEnd::BadNumber)
        }
        // A moved address did not reach what places calls. A 302 or 303 may follow a deed.
        301 | 307 | 308 | 400..=499 => Some(CallEnd::Misconfigured),
        // Only the API itself knows that it has not made the call, and then it says why by a code. A
        // bare "Server Error" comes from a handler that broke at any point, also after the INVITE.
        500..=599 if said.code.is_some() => Some(CallEnd::ProviderFailed),
        _ => None,
    }
}

/// Whether a refusal is about money.
pub(super) fn of_money(status: u16, text: &str) -> bool {
    let said = Said {
        text: text.to_owned(),
        ..Said::default()
    };
    status == 402 || said.of_money()
}

/// How texts name the number to be shown.
const FROM_TEXTS: [&str; 5] = [
    "caller id",
    "not owned",
    "do not own",
    "don't own",
    "not belong",
];

/// How texts name the callee's number.
const TO_TEXTS: [&str; 2] = ["destination number", "recipient number"];

/// What an error body says.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    /// A machine-readable code, when the body is an error object of the API.
    code: Option<String>,
    /// Every text in it.
    text: String,
    /// What it says about single fields of the request.
    fields: BTreeMap<String, String>,
}

impl Said {
    /// Reads `message`, `error` (a text, or an object with `code`, `message`, `field`) and `errors`
    /// (by field, or a list).
    fn of_json(body: &Value) -> Self {
        let mut said = Self::default();
        let empty = Value::Null;
        let error = body.get("error").unwrap_or(&empty);
        for part in [body, error] {
            let texts = ["message", "detail", "title", "error_description"];
            for text in texts.iter().filter_map(|key| part.get(key)?.as_str()) {
                said.add(text);
            }
            said.note_field(part);
        }
        said.add(error.as_str().unwrap_or_default());
        let codes = [(error, "code"), (body, "code"), (body, "error_code")];
        said.code = codes
            .iter()
            .find_map(|(part, key)| part.get(key)?.as_str())
            .filter(|code| !code.is_empty())
            .map(str::to_owned);
        match body.get("errors").or_else(|| error.get("errors")) {
            Some(Value::Object(fields)) => {
                for (field, texts) in fields {
                    said.note(field, &joined(texts));
                }
            }
            Some(Value::Array(errors)) => {
                for error in errors {
                    said.add(&joined(error));
                    said.note_field(error);
                }
            }
            _ => {}
        }
        said
    }

    /// What a server that is not the API wrote; a page for people says nothing.
    fn raw(body: &[u8], content_type: &str) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST_RAW)]);
        let is_page = content_type.contains("html") || text.trim_start().starts_with('<');
        Self {
            text: if is_page {
                String::new()
            } else {
                text.into_owned()
            },
            ..Self::default()
        }
    }

    fn add(&mut self, text: &str) {
        if !text.is_empty() && !self.text.contains(text) {
            if !self.text.is_empty() {
                self.text.push_str("; ");
            }
            self.text.push_str(text);
        }
    }

    fn note(&mut self, field: &str, text: &str) {
        self.fields.insert(field.to_lowercase(), text.to_owned());
        self.add(text);
    }

    fn note_field(&mut self, part: &Value) {
        if let Some(field) = json::text(part, &["field", "param", "parameter"]) {
            self.note(&field, &joined(part));
        }
    }

    /// The words of its code and its texts, in lower case.
    fn words(&self) -> Vec<String> {
        let code = self.code.as_deref().unwrap_or_default();
        format!("{code} ; {}", self.text)
            .to_lowercase()
            .split(|sign: char| !sign.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    }

    fn has_word(&self, known: &[&str]) -> bool {
        self.words().iter().any(|word| known.contains(&&**word))
    }

    /// Out of credit.
    fn of_money(&self) -> bool {
        self.has_word(&["balance", "credit", "credits", "funds"])
    }

    /// Too many calls. A limit on another field, such as the length of a prompt, is none of ours.
    fn of_a_limit(&self) -> bool {
        let calls = |field: &String| matches!(field.as_str(), "from" | "to");
        (self.fields.is_empty() || self.fields.keys().any(calls))
            && (self.has_word(&["rate", "limit", "limits", "limited", "throttled"])
                || self.text.to_lowercase().contains("per hour"))
    }

    /// The account may not call there, which says nothing about the number.
    fn of_permission(&self) -> bool {
        self.has_word(&[
            "country",
            "countries",
            "region",
            "permission",
            "permitted",
            "allowed",
            "enabled",
            "supported",
            "unsupported",
            "blocked",
            "restricted",
            "verified",
        ])
    }

    /// Whether it is about this field of the request.
    fn names(&self, field: &str, texts: &[&str]) -> bool {
        if !self.fields.is_empty() {
            let number = format!("{field}_number");
            return self.fields.contains_key(field) || self.fields.contains_key(&number);
        }
        let text = self.text.to_lowercase();
        let quoted = ['\'', '"', '`']
            .iter()
            .any(|quote| text.contains(&format!("{quote}{field}{quote}")));
        let words = self.words();
        let beside = words.windows(2).any(|pair| {
            let (first, second) = (pair[0].as_str(), pair[1].as_str());
            let after = matches!(second, "field" | "number" | "parameter");
            first == field && after || first == "selected" && second == field
        });
        quoted || beside || texts.iter().any(|known| text.contains(known))
    }
}

/// Every text in a value.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(joined).collect::<Vec<_>>().join("; "),
        Value::Object(_) => json::text(value, &["message", "detail"]).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;

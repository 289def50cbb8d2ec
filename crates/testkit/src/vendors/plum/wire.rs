//! Requests as they come, and answers as Plum writes them.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use reqwest::Url;

/// A request.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

pub(super) type Fields = BTreeMap<String, String>;

impl Asked {
    /// A form's or a multipart body's fields.
    pub(super) fn fields(&self) -> Fields {
        match self.content_type.split_once("boundary=") {
            Some((_, boundary)) => multipart(&self.body, boundary.trim_matches('"')),
            None => form(&String::from_utf8_lossy(&self.body)),
        }
    }
}

pub(super) fn form(text: &str) -> Fields {
    let mut url = Url::parse("http://form/").unwrap();
    url.set_query(Some(text));
    let pairs = url.query_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn multipart(body: &[u8], boundary: &str) -> Fields {
    let text = String::from_utf8_lossy(body);
    let boundary = format!("--{boundary}");
    let parts = text.split(&boundary);
    let fields = parts.filter_map(|part| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once(" name=\"")?;
        let (name, _) = name.split_once('"')?;
        let value = value.strip_suffix("\r\n").unwrap_or(value);
        Some((name.to_owned(), value.to_owned()))
    });
    fields.collect()
}

/// Who is called and which number is shown: both as E.164.
pub(super) fn number(spelling: &str) -> Option<(String, String)> {
    let spelling = spelling.trim().trim_start_matches("tel:");
    let (to, ani) = spelling.split_once(";ani=").unwrap_or((spelling, ""));
    let e164 = |text: &str| {
        let digits = text.trim_start_matches('+');
        let known = digits.len() >= 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let country = if digits.len() == 10 { "1" } else { "" };
        known.then(|| format!("+{country}{digits}"))
    };
    // "Include the leading 1."
    let complete = to.trim_start_matches('+').len() >= 11;
    Some((e164(to).filter(|_| complete)?, e164(ani)?))
}

/// DEV's answer, which gives back what it was sent, the PIN too.
pub(super) fn xml(service: &str, status: &str, more: &str, asked: &Fields) -> Response {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;")
    };
    let echo = asked.iter().fold(String::new(), |echo, (name, value)| {
        echo + &format!("  <{name}>{}</{name}>\n", escaped(value))
    });
    let body = format!(
        "<?xml version=\"1.0\"?>\n<{service} status=\"{status}\" {more}>\n{echo}</{service}>\n"
    );
    ([("content-type", "text/xml")], body).into_response()
}

pub(super) fn json(status: u16, body: &serde_json::Value) -> Response {
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let body = body.to_string();
    (status, [("content-type", "application/json")], body).into_response()
}

/// A proxy's page.
pub(super) fn page(status: u16) -> Response {
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let body = "<html><head><title>Error</title></head><body status=\"failed\"><h1>Error</h1></body></html>";
    (status, [("content-type", "text/html")], body).into_response()
}

/// An answer that breaks off.
pub(super) fn cut() -> Response {
    let broken = std::io::Error::other("cut");
    let stream = tokio_stream::once(Err::<Bytes, _>(broken));
    Response::new(Body::from_stream(stream))
}

//! An answer of any shape as pairs of names and texts: attributes of XML, JSON, forms.
//!
//! Plum does not document the shape of failures and results. Its samples show numbers as texts and telephone
//! numbers in extra quotes. So everything is flattened and searched by name.

use reqwest::Url;
use serde_json::Value;

/// The most pairs that are read from one body.
const MOST: usize = 2_000;

/// Names and texts in their original order; names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a query string or the body of a form.
    pub(super) fn of_form(text: &str) -> Self {
        let mut fields = Self::default();
        let Ok(mut url) = Url::parse("http://form/") else {
            return fields;
        };
        url.set_query(Some(text));
        for (name, value) in url.query_pairs() {
            fields.push(inner_name(&name), &value);
        }
        fields
    }

    /// Reads a body as JSON, XML or multipart by its first characters, otherwise as a form. Returns `None` if
    /// the body is empty or broken.
    pub(super) fn of_body(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match text.as_bytes().first()? {
            b'{' | b'[' => {
                let mut fields = Self::default();
                fields.flatten("", &serde_json::from_str(text).ok()?);
                Some(fields)
            }
            b'<' => Self::of_xml(text),
            b'-' if text.starts_with("--") => Some(Self::of_multipart(text)),
            _ => Some(Self::of_form(text)),
        }
    }

    /// Reads a multipart body, which PHP sends by default when an array is posted.
    fn of_multipart(text: &str) -> Self {
        let mut fields = Self::default();
        let boundary = text.lines().next().unwrap_or_default().trim_end();
        for part in text.split(boundary) {
            let part = part.trim_start().replace("\r\n", "\n");
            if let Some((head, value)) = part.split_once("\n\n")
                && let Some((_, name)) = head.split_once("name=\"")
            {
                let name = name.split('"').next().unwrap_or_default();
                fields.push(inner_name(name), value);
            }
        }
        fields
    }

    /// Reads every attribute and every element's text, each under its name. Returns `None` if the XML is
    /// broken.
    fn of_xml(text: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(text).ok()?;
        let mut fields = Self::default();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            for attribute in node.attributes() {
                fields.push(attribute.name(), attribute.value());
            }
            if let Some(text) = node.text() {
                fields.push(node.tag_name().name(), text);
            }
        }
        Some(fields)
    }

    fn flatten(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(flag) => self.push(name, &flag.to_string()),
            Value::Number(number) => self.push(name, &number.to_string()),
            Value::String(text) => self.push(name, text),
            Value::Array(values) => {
                for value in values {
                    self.flatten(name, value);
                }
            }
            Value::Object(values) => {
                for (inner, value) in values {
                    self.flatten(inner, value);
                }
            }
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        let quotes: &[char] = &['\'', '"', ' ', '\n', '\r', '\t'];
        let value = value.trim_matches(quotes);
        if !value.is_empty() && self.0.len() < MOST {
            self.0.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    /// Returns the first text under one of these names; earlier names have priority.
    pub(super) fn get(&self, names: &[&str]) -> Option<&str> {
        let of_name = |wanted: &&str| self.0.iter().find(|(name, _)| name == wanted);
        let (_, value) = names.iter().find_map(of_name)?;
        Some(value)
    }

    /// Returns every text under one of these names, ordered by name.
    pub(super) fn all(&self, names: &[&str]) -> Vec<&str> {
        let mut found = Vec::new();
        for wanted in names {
            let of_name = self.0.iter().filter(|(name, _)| name == wanted);
            found.extend(of_name.map(|(_, value)| value.as_str()));
        }
        found
    }

    /// Returns the first text under one of these names as a number, or `None` if it is not one.
    pub(super) fn number(&self, names: &[&str]) -> Option<u64> {
        self.get(names)?.parse().ok()
    }

    /// Returns the first text whose name contains one of these words.
    pub(super) fn named_like(&self, words: &[&str]) -> Option<&str> {
        let like = |(name, _): &&(String, String)| words.iter().any(|word| name.contains(word));
        self.0.iter().find(like).map(|(_, value)| value.as_str())
    }

    /// Returns the events in their original order, each with its Unix seconds if it has a timestamp.
    pub(super) fn events(&self) -> Vec<(String, Option<u64>)> {
        let events = self.0.iter().enumerate();
        let events = events.filter(|(_, (name, _))| name == "event");
        let dated = events.map(|(index, (_, event))| {
            let next = self.0.get(index + 1);
            let at = next.filter(|(name, _)| name == "timestamp");
            (
                event.to_ascii_lowercase(),
                at.and_then(|(_, at)| at.parse().ok()),
            )
        });
        dated.collect()
    }
}

/// Returns the innermost name of a PHP field name, such as `event` for `call_details[events][0][event]`.
fn inner_name(name: &str) -> &str {
    let of_index = |part: &&str| part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = name.split('[').map(|part| part.trim_end_matches(']'));
    parts.rfind(|part| !of_index(part)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_by_name() {
        let table = [
            r#"<queuecall status="queued" call_id="85"><phone_number>x</phone_number></queuecall>"#,
            "\u{feff}<?xml version=\"1.0\"?>\n<r><call call_id='85'/><status>queued</status></r>",
            r#"{"call_id":85,"call_details":{"status":"queued"}}"#,
            r#"[{"CALL_ID":"85"},{"status":"'queued'"}]"#,
            "call_id=85&status=queued",
            "--b\r\nContent-Disposition: form-data; name=\"call_id\"\r\n\r\n85\r\n--b\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\nqueued\r\n--b--\r\n",
            "call_details%5Bcall_id%5D=85&call_details[status]=%27queued%27",
        ];
        for body in table {
            let fields = Fields::of_body(body.as_bytes()).expect(body);
            assert_eq!(fields.get(&["status"]), Some("queued"), "{body}");
            assert_eq!(fields.number(&["call_id"]), Some(85), "{body}");
        }
    }

    #[test]
    fn what_is_broken_is_none() {
        for body in [
            "",
            "   ",
            "{\"status\":",
            "<queuecall status=\"queued\"",
            "<!DOCTYPE html><html><body><br></body></html>",
        ] {
            assert_eq!(Fields::of_body(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn events_keep_their_order_and_time() {
        let body = r#"{"events":[{"event":"Queued","timestamp":"10"},{"event":"dialing"}]}"#;
        let fields = Fields::of_body(body.as_bytes()).expect("JSON");
        let events = fields.events();
        assert_eq!(
            events,
            [
                ("queued".to_owned(), Some(10)),
                ("dialing".to_owned(), None)
            ]
        );
        let body = "events[0][event]=queued&events[0][timestamp]=10&events[1][event]=dialing";
        assert_eq!(Fields::of_form(body).events(), events);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for body in [
            &b"\xff\xfe"[..],
            b"%",
            b"%zz=%",
            b"a[=1&]=2&[]=3&=4",
            b"&&&",
        ] {
            Fields::of_body(body);
        }
    }
}

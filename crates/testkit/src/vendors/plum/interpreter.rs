//! As much of a VoiceXML interpreter as shows whether a document works.

use std::time::Duration;

use roxmltree::{Document, Node};

use super::Plant;
use super::call::Call;

/// When Plum's detector has decided.
const DETECTS: Duration = Duration::from_secs(4);

/// What a document wants done.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// How long it listens before it goes on.
    waits: Duration,
    /// Where it submits to, how, and the variables that go along.
    submits: Option<(String, String, Vec<String>)>,
}

impl Plant {
    /// Runs the call's documents until one side hangs up: the callee after `talk`, or a document.
    pub(super) async fn talk(&self, call: &Call, callee: &str, talk: Duration) {
        if call.is_fuse {
            return self.sleep(talk).await;
        }
        let answered = self.clock.now();
        let posted = [
            ("phone_number", call.to[1..].to_owned()),
            ("message_reference", call.reference.clone()),
            ("call_parameters", String::new()),
            ("call_id", call.id.to_string()),
        ];
        let left = || talk.saturating_sub(self.clock.now().since(answered));
        if self.hits("start_lost", call) {
            return self.sleep(talk).await;
        }
        if self.hits("start_twice", call) {
            self.fetch(&call.start_url, &posted).await;
        }
        let Some(first) = self.fetch(&call.start_url, &posted).await else {
            return;
        };
        let hangs_up = left() < first.waits;
        self.sleep(first.waits.min(left())).await;
        if hangs_up {
            return;
        }
        let heard = self.clock.now().since(answered) >= DETECTS;
        let decides = self.settings.lock().unwrap().decides;
        let word = if heard && decides {
            callee
        } else {
            "processing"
        };
        let Some((next, method, names)) = first.submits else {
            return;
        };
        assert_eq!(
            (method.as_str(), names.as_slice()),
            ("post", &["callee_type".to_owned()][..])
        );
        self.state
            .lock()
            .unwrap()
            .seen
            .callees
            .push(word.to_owned());
        let second = self.fetch(&next, &[("callee_type", word.to_owned())]).await;
        if let Some((next, ..)) = second.and_then(|page| page.submits) {
            self.state.lock().unwrap().seen.went_on.push(next);
            self.sleep(left()).await;
        }
    }

    async fn fetch(&self, url: &str, posted: &[(&str, String)]) -> Option<Page> {
        let request = self.http.post(url).form(posted);
        let answer = self.http.send(request, Duration::from_mins(1)).await.ok()?;
        let text = String::from_utf8_lossy(&answer.body);
        (answer.status == 200).then(|| read(&text))
    }
}

/// Reads a document; what is wrong in it is our fault, so it stops the test.
fn read(text: &str) -> Page {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert!(
        root.has_tag_name(("http://www.w3.org/2001/vxml", "vxml")),
        "{text}"
    );
    let all = |name: &'static str| {
        let is_named = move |node: &Node<'_, '_>| node.tag_name().name() == name;
        root.descendants().filter(is_named)
    };
    for target in all("goto").filter_map(|node| node.attribute("next")) {
        let id = target.strip_prefix('#').unwrap();
        assert!(
            all("form").any(|form| form.attribute("id") == Some(id)),
            "{target}"
        );
    }
    // A prompt only plays, and a detector only gets its time, while a field awaits input.
    let fields = all("field").flat_map(|field| field.descendants());
    let timeouts = fields.filter_map(|node| node.attribute("timeout"));
    let waits = timeouts.map(|text| text.trim_end_matches('s').parse::<u64>().unwrap());
    let submit = all("submit").next();
    let attribute = |name| {
        submit
            .and_then(|node| node.attribute(name))
            .unwrap_or_default()
    };
    let names = attribute("namelist").split_whitespace().map(str::to_owned);
    Page {
        waits: Duration::from_secs(waits.sum()),
        submits: submit.map(|_| {
            (
                attribute("next").to_owned(),
                attribute("method").to_owned(),
                names.collect(),
            )
        }),
    }
}

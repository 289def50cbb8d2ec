//! The callee type and an opt-out, read from the transcript. The vendor reports neither in any other way.

use serde_json::Value;

use super::json;
use dialdeck_core::domain::{CallReport, CalleeType};
use dialdeck_core::rules::Rules;

/// How many of the callee's first utterances are read, because a greeting comes first.
const UTTERANCES: usize = 3;

/// Phrases of machines' greetings that people do not say, in lower case. The vendor's guide on voicemail
/// names the transcript as a sign and leaves the phrases to the developer; this list is dialdeck's.
const PHRASES: [&str; 20] = [
    "leave a message",
    "leave me a message",
    "leave your message",
    "leave us a message",
    "leave your name",
    "record your message",
    "after the tone",
    "after the beep",
    "at the tone",
    "at the beep",
    "voicemail",
    "voice mail",
    "voice messaging system",
    "mailbox",
    "can't come to the phone",
    "cannot come to the phone",
    "unable to take your call",
    "can't take your call",
    "cannot take your call",
    "person you are trying to reach",
];

/// The side that a speaker's label names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    Callee,
    Ours,
    Unknown,
}

/// One utterance with its speaker.
type Utterance = (Speaker, String);

/// What a transcript shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recognized {
    /// The type of the callee.
    pub(super) callee: CalleeType,
    /// Whether the callee asked not to be called again.
    pub(super) opted_out: bool,
}

impl Recognized {
    /// Adds the callee type and an opt-out to the report of a call's end.
    pub(super) fn add_to(self, report: &mut CallReport) {
        report.callee_type = Some(self.callee);
        report.opted_out |= self.opted_out;
    }
}

/// Returns what a transcript shows. Utterances of the agent never count, because it may itself mention
/// messages, tones and lists. Utterances of an unknown speaker count for an opt-out, so that none is missed.
pub(super) fn recognize(transcript: &Value) -> Recognized {
    let said = utterances(transcript);
    // A sentence may span several utterances.
    let mut turns = said.chunk_by(|(one, _), (next, _)| one == next);
    let opted_out = turns.any(|turn| {
        let text: Vec<&str> = turn.iter().map(|(_, text)| text.as_str()).collect();
        let theirs = turn.iter().all(|(speaker, _)| *speaker != Speaker::Ours);
        theirs && Rules::embedded().asks_not_to_be_called(&text.join(" "))
    });
    Recognized {
        callee: callee(&said),
        opted_out,
    }
}

/// Returns voicemail if one of the callee's first three utterances holds a machine's phrase, human if the
/// callee spoke without one, otherwise unknown.
fn callee(said: &[Utterance]) -> CalleeType {
    let theirs: Vec<&str> = said
        .iter()
        .filter(|(speaker, text)| *speaker == Speaker::Callee && !text.trim().is_empty())
        .map(|(_, text)| text.as_str())
        .collect();
    let unknown = said
        .iter()
        .filter(|(speaker, _)| *speaker == Speaker::Unknown)
        .map(|(_, text)| text.as_str());
    let machine = |text: &str| {
        let text = text.to_lowercase().replace('’', "'");
        PHRASES.iter().any(|phrase| text.contains(phrase))
    };
    if theirs.iter().take(UTTERANCES).any(|text| machine(text)) {
        return CalleeType::Voicemail;
    }
    if theirs.is_empty() || unknown.take(UTTERANCES).any(machine) {
        CalleeType::Unknown
    } else {
        CalleeType::Human
    }
}

/// Returns all utterances in order. The transcript may be a text with a label before each line, or a list of
/// objects with a role and a text.
fn utterances(value: &Value) -> Vec<Utterance> {
    let keys = [
        "transcript",
        "transcription",
        "messages",
        "segments",
        "entries",
        "text",
    ];
    let inner = json::unwrapped(value, &["data", "call", "transcript"]);
    let found = keys.iter().find_map(|key| {
        let found = inner.get(key)?;
        (found.is_array() || found.is_string()).then_some(found)
    });
    match found.unwrap_or(inner) {
        Value::String(text) => lines(text.lines()),
        Value::Array(entries) => match entries.iter().map(Value::as_str).collect() {
            Some(texts) => lines(Vec::into_iter(texts)),
            None => entries.iter().map(entry).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn entry(entry: &Value) -> Utterance {
    let role = json::text(entry, &["role", "speaker", "participant", "from"]);
    let text = json::text(entry, &["text", "content", "message", "transcript"]);
    let speaker = role.map_or(Speaker::Unknown, |role| speaker(&role));
    (speaker, text.unwrap_or_default())
}

/// Returns the utterances of labelled lines. A line without a label continues the last speaker's utterance.
fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Utterance> {
    let mut last = Speaker::Unknown;
    lines
        .map(|line| {
            let labelled = line
                .split_once(':')
                .map(|(label, text)| (speaker(label), text));
            match labelled {
                Some((speaker, text)) if speaker != Speaker::Unknown => {
                    last = speaker;
                    (speaker, text.trim().to_owned())
                }
                _ => (last, line.trim().to_owned()),
            }
        })
        .collect()
}

fn speaker(label: &str) -> Speaker {
    match label.trim().to_lowercase().as_str() {
        "user" | "callee" | "caller" | "customer" | "human" | "remote" | "contact" => {
            Speaker::Callee
        }
        "assistant" | "agent" | "ai" | "bot" | "model" | "system" | "tool" => Speaker::Ours,
        _ => Speaker::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_words_tell_who_picked_up() {
        use CalleeType::{Human, Unknown, Voicemail};
        let list = |lines: &[(&str, &str)]| {
            let line = |(role, text): &(&str, &str)| json!({"role": role, "text": text});
            json!({"data": {"transcript": lines.iter().map(line).collect::<Vec<_>>()}})
        };
        let table = [
            (list(&[("user", "Hello?"), ("assistant", "Hi!")]), Human),
            (
                list(&[("user", "Please leave a message after the tone.")]),
                Voicemail,
            ),
            (
                list(&[("user", "Hi, I can’t come to the phone.")]),
                Voicemail,
            ),
            (
                list(&[
                    ("assistant", "Shall I leave a message?"),
                    ("user", "No, go on"),
                ]),
                Human,
            ),
            (list(&[("assistant", "Hello? Leave a message?")]), Unknown),
            (
                list(&[
                    ("user", "a"),
                    ("user", "b"),
                    ("user", "c"),
                    ("user", "my voicemail"),
                ]),
                Human,
            ),
            (list(&[("user", " ")]), Unknown),
            (list(&[]), Unknown),
            (
                json!({"transcript": "Agent: Hello!\nUser: Who is this?"}),
                Human,
            ),
            (
                json!("User: You have reached the mailbox of\nAgent: Hi"),
                Voicemail,
            ),
            (json!({"text": "please leave a message"}), Unknown),
            (json!({"summary": "a talk"}), Unknown),
            (json!(["Customer: yes?"]), Human),
            (
                json!({"call": {"transcript": {"messages": [
                {"speaker": "Customer", "content": "yes?"}]}}}),
                Human,
            ),
            (json!(null), Unknown),
            (json!({"transcript": 7}), Unknown),
        ];
        for (transcript, wanted) in table {
            let recognize = recognize(&transcript);
            assert_eq!(
                (recognize.callee, recognize.opted_out),
                (wanted, false),
                "{transcript}"
            );
        }
    }

    #[test]
    fn an_opt_out_is_the_callees_however_late_and_never_ours() {
        let asks = "Look, don't call me again.";
        let list = |lines: &[(&str, &str)]| {
            let line = |(role, text): &(&str, &str)| json!({"role": role, "text": text});
            Value::Array(lines.iter().map(line).collect())
        };
        let parts = [("user", "So take me off"), ("user", "your list, please")];
        let late = [("user", "a"), ("user", "b"), ("user", "c"), ("user", asks)];
        for (transcript, opted_out) in [
            (list(&late), true),
            (list(&parts), true),
            (list(&[parts[0], ("assistant", "Yes?"), parts[1]]), false),
            (list(&[("assistant", asks)]), false),
            (json!(asks), true),
            (
                json!({"transcript": format!("Agent: {asks}\nUser: No, go on.")}),
                false,
            ),
            (
                json!({"transcript": format!("Agent: Hello!\nUser: {asks}")}),
                true,
            ),
            (json!("User: take me off\nyour list"), true),
            (
                json!([
                    "Agent: you may say",
                    "stop calling at any time",
                    "User: No."
                ]),
                false,
            ),
        ] {
            assert_eq!(recognize(&transcript).opted_out, opted_out, "{transcript}");
        }
    }
}

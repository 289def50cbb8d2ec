//! The VoiceXML 2.0 documents that Plum's interpreter runs on an answered call.
//!
//! Neither the DEV nor the Fuse API can hang up a call, so the deck cannot carry out a campaign's voicemail
//! rule once the call is up. The user's document has to branch on the `callee_type` that it receives.

use dialdeck_core::domain::{AttemptId, CalleeType};

/// The media type of VoiceXML (RFC 4267).
pub(super) const VOICEXML: &str = "application/voicexml+xml";

/// How long Plum's detector listens: "the first 4 seconds of the call" (Plum's best practices for outbound
/// calling).
const LISTENS: &str = "4s";

/// Returns a document that listens to the callee while the detector decides and then reports to `callee_url`.
///
/// Prompts play only while the interpreter waits for input (VoiceXML 2.0 §4.1.8). So the document has a
/// field, which need not be filled.
pub(super) fn listening(callee_url: &str) -> String {
    let url = escaped(callee_url);
    document(&format!(
        r##"<form id="listen"><field name="key" type="digits?length=1"><prompt timeout="{LISTENS}" bargein="false"><break time="100ms"/></prompt><noinput><goto next="#report"/></noinput><nomatch><goto next="#report"/></nomatch><filled><goto next="#report"/></filled></field></form><form id="report"><block><var name="callee_type" expr="session.connection.callee_type"/><submit next="{url}" namelist="callee_type" method="post"/></block></form>"##
    ))
}

/// Returns a document that continues at `next`, with the callee type and the opt-out address, or hangs up if
/// `next` is `None`. A fax machine is always hung up on.
pub(super) fn branching(
    attempt: AttemptId,
    callee: CalleeType,
    next: Option<&str>,
    opt_out_url: &str,
) -> String {
    let next = next.filter(|_| callee != CalleeType::Fax);
    let Some(next) = next.map(escaped) else {
        return hanging_up();
    };
    let (callee, opt_out_url) = (callee.as_str(), escaped(opt_out_url));
    document(&format!(
        r#"<form><block><var name="callee_type" expr="'{callee}'"/><var name="message_reference" expr="'{attempt}'"/><var name="opt_out_url" expr="'{opt_out_url}'"/><submit next="{next}" namelist="callee_type message_reference opt_out_url" method="get"/></block></form>"#
    ))
}

/// Returns a document that hangs up. An opt-out by voice or key press has to end the call immediately (47 CFR
/// 64.1200(b)(3)).
pub(super) fn hanging_up() -> String {
    document("<form><block><disconnect/></block></form>")
}

fn document(forms: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><vxml version="2.0" xmlns="http://www.w3.org/2001/vxml">{forms}</vxml>"#
    )
}

/// Returns a text escaped for an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    fn attempt() -> AttemptId {
        let deck = DeckId(7);
        AttemptId { deck, serial: 1 }
    }

    fn submit(document: &str) -> Option<(String, String)> {
        let document = roxmltree::Document::parse(document).expect("XML");
        let submit = document
            .descendants()
            .find(|node| node.has_tag_name(("http://www.w3.org/2001/vxml", "submit")))?;
        let attribute = |name| submit.attribute(name).unwrap_or_default().to_owned();
        Some((attribute("next"), attribute("namelist")))
    }

    #[test]
    fn the_first_document_reports_the_callee() {
        let url = "https://x/plum/callee?attempt=1&token=\"<a>\"";
        let (next, names) = submit(&listening(url)).expect("a submit");
        assert_eq!((next.as_str(), names.as_str()), (url, "callee_type"));
    }

    #[test]
    fn the_second_goes_on_or_hangs_up() {
        let on = "https://x/app.vxml?a=1&b=2";
        let out = "https://y/opt-out?attempt=00000007-1&token=7";
        for callee in CalleeType::ALL {
            let document = branching(attempt(), callee, Some(on), out);
            let wanted = (callee != CalleeType::Fax).then(|| {
                let names = "callee_type message_reference opt_out_url";
                (on.to_owned(), names.to_owned())
            });
            assert_eq!(submit(&document), wanted, "{callee:?}");
            let ends = branching(attempt(), callee, None, out);
            assert!(submit(&ends).is_none() && ends.contains("<disconnect/>"));
        }
    }
}

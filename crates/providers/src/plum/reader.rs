//! Reads Plum's inbound requests: probes, the answered call, the callee type, an opt-out, the end.

use super::addresses::{Addresses, Place, Subject};
use super::answer::call_id;
use super::document::{VOICEXML, branching, hanging_up, listening};
use super::fields::Fields;
use super::redact::Redactor;
use super::result::{Standing, callee_type, standing, status_word};
use crate::inbound::{Arrived, Inbound, News, Reader, Reading, Refused, Reply};
use dialdeck_core::domain::AttemptId;

/// The placeholder in an event's id if Plum gave no call id.
const NO_CALL_ID: &str = "-";

/// Proves and reads Plum's inbound requests.
#[derive(Debug)]
pub(super) struct PlumReader {
    pub(super) addresses: Addresses,
    pub(super) redactor: Redactor,
    /// The document with which the call continues once the callee type is known.
    pub(super) next: Option<String>,
}

/// Returns the call id that an event's id holds, or `None` if Plum gave none.
pub(super) fn call_id_of(event: &str) -> Option<&str> {
    let (id, _) = event.split_once(':')?;
    (id != NO_CALL_ID).then_some(id)
}

impl Reader for PlumReader {
    fn read(&self, arrived: &Arrived<'_>) -> Reading {
        let Some(place) = Place::of_path(arrived.path) else {
            return Reading::Refuse(Refused::NoSuchPath);
        };
        let query = Fields::of_form(arrived.query);
        // Plum's pages state both that its parameters are posted and that they are GET variables. A probe has
        // no parameters.
        let is_probe = !arrived.is_post && query.get(&["call_id", "phone_number"]).is_none();
        if is_probe {
            return match place {
                Place::Start | Place::Result => Reading::Answer(Reply::ok()),
                Place::Callee | Place::OptOut => Reading::Refuse(Refused::NoSuchPath),
            };
        }
        let Some(subject) = self.addresses.proven(place, &query) else {
            return Reading::Refuse(Refused::Forged);
        };
        let body = match arrived.body {
            [] => Some(query.clone()),
            // The address says everything; what the user's document sends in addition is ignored.
            _ if place == Place::OptOut => Some(query.clone()),
            body => Fields::of_body(body),
        };
        let Some(fields) = body else {
            return Reading::Refuse(Refused::Malformed);
        };
        let number = fields.get(&["phone_number", "destination"]);
        let Some(attempt) = self.attempt(&subject, number.unwrap_or_default()) else {
            return Reading::Refuse(Refused::NoSuchAttempt);
        };
        let id = fields.get(&["call_id"]).or(query.get(&["call_id"]));
        let id = id.map(call_id).filter(|id| !id.is_empty());
        let said = Said {
            attempt,
            call_id: id.unwrap_or_else(|| NO_CALL_ID.to_owned()),
            fields,
        };
        match place {
            Place::Start => self.started(&said, arrived),
            Place::Callee => self.detected(&said, arrived),
            Place::OptOut => {
                let inbound = said.inbound("opt_out", arrived, News::OptOut);
                Reading::Take(inbound, voicexml(hanging_up()))
            }
            Place::Result => self.ended(&said, arrived),
        }
    }
}

/// A proven request about one attempt.
struct Said {
    attempt: AttemptId,
    call_id: String,
    fields: Fields,
}

impl Said {
    fn inbound(&self, what: &str, arrived: &Arrived<'_>, news: News) -> Inbound {
        Inbound {
            event: format!("{}:{}:{what}", self.call_id, self.attempt),
            attempt: self.attempt,
            at: arrived.at,
            news,
        }
    }
}

impl PlumReader {
    fn attempt(&self, subject: &Subject, number: &str) -> Option<AttemptId> {
        match subject {
            Subject::One(attempt) => Some(*attempt),
            Subject::Batch(batch) => batch.attempt_for(number, self.addresses.key()),
        }
    }

    fn started(&self, said: &Said, arrived: &Arrived<'_>) -> Reading {
        let inbound = said.inbound("answered", arrived, News::Answered);
        let (attempt, call_id) = (said.attempt, &said.call_id);
        let url = self.addresses.on_call(Place::Callee, attempt, call_id);
        Reading::Take(inbound, voicexml(listening(&url)))
    }

    fn detected(&self, said: &Said, arrived: &Arrived<'_>) -> Reading {
        let callee = said.fields.get(&["callee_type"]).unwrap_or_default();
        let callee = callee_type(callee);
        let inbound = said.inbound("callee", arrived, News::CalleeDetected(callee));
        let (attempt, call_id) = (said.attempt, &said.call_id);
        let opt_out = self.addresses.on_call(Place::OptOut, attempt, call_id);
        let document = branching(attempt, callee, self.next.as_deref(), &opt_out);
        Reading::Take(inbound, voicexml(document))
    }

    fn ended(&self, said: &Said, arrived: &Arrived<'_>) -> Reading {
        let word = status_word(&said.fields);
        match standing(&said.fields, &self.redactor) {
            None => Reading::Refuse(Refused::Malformed),
            Some(Standing::Open) => Reading::Answer(Reply::ok()),
            Some(Standing::Connected) => {
                let inbound = said.inbound(&word, arrived, News::Answered);
                Reading::Take(inbound, Reply::ok())
            }
            Some(Standing::Over(over)) => {
                let at = over.ended_at.unwrap_or(arrived.at).min(arrived.at);
                let inbound = said.inbound(&word, arrived, News::Ended(over.report));
                Reading::Take(Inbound { at, ..inbound }, Reply::ok())
            }
        }
    }
}

fn voicexml(body: String) -> Reply {
    Reply {
        status: 200,
        content_type: VOICEXML,
        body,
    }
}

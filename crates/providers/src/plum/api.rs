//! Plum's requests: addresses, fields and encodings.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};

use super::account::{Account, Platform};
use crate::DialRequest;
use crate::remote::http::{Answer, Http, NoAnswer};
use dialdeck_core::domain::{PhoneNumber, Timestamp};

/// How long Plum may take to answer. Plum probes two addresses of the deck before it answers (inferred).
const ANSWERS_WITHIN: Duration = Duration::from_mins(1);

/// DEV's bulk queue: the fields for the campaign's name and for the file of numbers. Plum does not document
/// their names, so they have to be verified with a live account.
const DEV_BULK: (&str, &str) = ("campaign_name", "phone_number_list");

/// Fuse's bulk queue: the field of the file, and its column of numbers.
const FUSE_BULK: (&str, &str) = ("csv", "destination");

/// The wait between Plum's own attempts, in seconds. There is only one attempt, but Fuse requires the field
/// with `max_attempts`; this is the shortest value that it accepts.
const REATTEMPT_WAIT: &str = "60";

/// The fields of a queue request apart from its numbers.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The `message_reference`, and the campaign's name of a bulk request.
    pub(super) reference: String,
    /// The address of the VoiceXML; used by DEV only.
    pub(super) start_url: String,
    /// The address to which the end is reported.
    pub(super) result_url: String,
    /// From this instant on Plum must not dial.
    pub(super) expires_at: Timestamp,
    /// Whether card data will be spoken on the call (PCI).
    pub(super) pci: bool,
}

/// Returns the instant in Unix seconds, rounded down.
pub(super) const fn whole_seconds(at: Timestamp) -> i64 {
    at.as_millis() / 1000
}

/// A client for the server of one account.
#[derive(Clone, Debug)]
pub(super) struct Api {
    account: Account,
    http: Http,
}

impl Api {
    pub(super) const fn new(account: Account, http: Http) -> Self {
        Self { account, http }
    }

    /// Queues one call.
    pub(super) async fn queue(
        &self,
        order: &Order,
        call: &DialRequest,
    ) -> Result<Answer, NoAnswer> {
        let number = spelled(call.to, call.from);
        let mut fields = self.fields(order);
        fields.push(("phone_number", number));
        let request = match &self.account.platform {
            Platform::Dev { .. } => self.post("/webservice/queuecall.php").form(&fields),
            Platform::Fuse { .. } => self.post(&self.app("queue")).multipart(form(fields)),
        };
        self.send(request).await
    }

    /// Queues several calls with one request.
    pub(super) async fn queue_all(
        &self,
        order: &Order,
        calls: &[&DialRequest],
    ) -> Result<Answer, NoAnswer> {
        let numbers = calls.iter().map(|call| spelled(call.to, call.from));
        let numbers = numbers.collect::<Vec<_>>().join("\n");
        let mut fields = self.fields(order);
        let (path, file, csv) = match &self.account.platform {
            Platform::Dev { .. } => {
                let (campaign, file) = DEV_BULK;
                fields.push((campaign, order.reference.clone()));
                ("/webservice/queuecalls.php".to_owned(), file, numbers)
            }
            Platform::Fuse { .. } => {
                let (file, column) = FUSE_BULK;
                (self.app("bulk_queue"), file, format!("{column}\n{numbers}"))
            }
        };
        let csv = Part::bytes(csv.into_bytes()).file_name("numbers.csv");
        let request = self.post(&path).multipart(form(fields).part(file, csv));
        self.send(request).await
    }

    /// Asks Fuse for the details of a call.
    pub(super) async fn details(&self, call_id: &str) -> Result<Answer, NoAnswer> {
        let url = format!("{}/outbound/{call_id}", self.account.url);
        self.send(self.http.get(&url)).await
    }

    /// Requests the server's front page, to check that the server is reachable.
    pub(super) async fn front(&self) -> Result<Answer, NoAnswer> {
        let url = format!("{}/", self.account.url);
        self.http.send(self.http.get(&url), ANSWERS_WITHIN).await
    }

    fn fields(&self, order: &Order) -> Vec<(&'static str, String)> {
        let expires = whole_seconds(order.expires_at).to_string();
        let pci = u8::from(order.pci).to_string();
        let result_url = order.result_url.clone();
        match &self.account.platform {
            Platform::Dev { login, pin, .. } => vec![
                ("login", login.expose().to_owned()),
                ("pin", pin.expose().to_owned()),
                ("start_url", order.start_url.clone()),
                ("result_url", result_url),
                ("message_reference", order.reference.clone()),
                // Plum's pages use both spellings. Zero retries, because a retry by Plum would dial without a
                // claim.
                ("max_retries", "0".to_owned()),
                ("max_retry", "0".to_owned()),
                ("scheduled_timestamp", "0".to_owned()),
                ("expiration_timestamp", expires),
                ("is_pci", pci),
            ],
            Platform::Fuse { .. } => vec![
                ("result_url", result_url),
                ("max_attempts", "1".to_owned()),
                ("reattempt_wait", REATTEMPT_WAIT.to_owned()),
                ("end_timestamp", expires),
                ("is_pci", pci),
            ],
        }
    }

    fn app(&self, what: &str) -> String {
        match &self.account.platform {
            Platform::Dev { .. } => String::new(),
            Platform::Fuse {
                application,
                deployment,
                ..
            } => format!("/apps/{application}/{deployment}/{what}"),
        }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(&format!("{}{path}", self.account.url))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        let request = match &self.account.platform {
            Platform::Dev { .. } => request,
            Platform::Fuse { email, key, .. } => request
                .basic_auth(email.expose(), Some(key.expose()))
                .header("accept", "application/json"),
        };
        self.http.send(request, ANSWERS_WITHIN).await
    }
}

/// Returns a callee and the caller ID in the form of Plum's pages: `tel:+16175550101;ani=8005550100`, the
/// callee with its leading 1 and the caller ID without it.
fn spelled(to: PhoneNumber, from: PhoneNumber) -> String {
    let shown = if from.npa().is_some() {
        from.digits() - 10_000_000_000
    } else {
        from.digits()
    };
    format!("tel:{to};ani={shown}")
}

fn form(fields: Vec<(&'static str, String)>) -> Form {
    let add = |form: Form, (name, value)| form.text(name, value);
    fields.into_iter().fold(Form::new(), add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_plum_wants_them() {
        let number = |text: &str| text.parse::<PhoneNumber>().expect("a number");
        let spelling = spelled(number("+16175550101"), number("+18005550100"));
        assert_eq!(spelling, "tel:+16175550101;ani=8005550100");
        let spelling = spelled(number("+441632960101"), number("+441632960100"));
        assert_eq!(spelling, "tel:+441632960101;ani=441632960100");
    }

    #[test]
    fn an_expiry_is_never_later_than_asked() {
        let at: Timestamp = "2026-12-07T15:30:00.999Z".parse().expect("an instant");
        assert_eq!(whole_seconds(at) * 1000, at.as_millis() - 999);
    }
}

//! Requests to the vendor's API: single requests and listings page by page.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::{RequestBuilder, Url};
use serde_json::{Map, Value};

use super::call::{Shown, shown};
use crate::remote::SetupError;
use crate::remote::http::{Answer, Http, NoAnswer};
use crate::remote::secret::Secret;
use crate::remote::text::plain;
use dialdeck_clock::Clock;
use dialdeck_core::domain::Timestamp;

/// How long the vendor may take to accept a call. Longer than it should need, because a call whose answer was
/// not awaited has to be searched for.
const PLACE_LIMIT: Duration = Duration::from_mins(1);

/// How long any other answer may take.
const READ_LIMIT: Duration = Duration::from_secs(30);

/// The most pages of one listing.
const MOST_PAGES: usize = 1000;

/// How often a page of a listing is requested at most. One missing page would make the whole listing useless.
const TRIES: u32 = 3;

/// The pause before a page is requested again.
const AGAIN: Duration = Duration::from_secs(1);

/// The vendor's API with the key of one account.
#[derive(Debug)]
pub(super) struct Api {
    http: Http,
    base: Url,
    key: Secret,
    clock: Clock,
}

/// Why a request has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// Status 401: the key is refused.
    #[error("the API key is refused; check it at the vendor's console")]
    KeyRefused,
    /// Status 429, with the time to wait if the vendor gives one.
    #[error("the API asks us to slow down")]
    Slow(Option<Duration>),
    /// Any other status, or a body that is not JSON.
    #[error("the API answers {0} with nothing that can be used")]
    Unreadable(u16),
    /// The API did not answer.
    #[error("the API does not answer: {0}")]
    Silent(String),
    /// A listing has more pages than could be read.
    #[error("a listing of the API is not complete")]
    Incomplete,
}

impl Api {
    pub(super) fn new(url: &str, key: Secret, http: Http) -> Result<Self, SetupError> {
        let base = Url::parse(url).map_err(|source| SetupError::Address { source })?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(SetupError::Scheme);
        }
        Ok(Self {
            clock: http.clock().clone(),
            http,
            base,
            key,
        })
    }

    /// Returns the current instant of the deck's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Requests a call. This is the one request that makes a phone ring; it is sent once.
    pub(super) async fn place(&self, body: &Map<String, Value>) -> Result<Answer, NoAnswer> {
        let request = self.http.post(self.url(&["calls"]).as_str()).json(body);
        self.send(request, PLACE_LIMIT).await
    }

    /// Returns the current state of the call with this id.
    pub(super) async fn call(&self, id: &str) -> Result<Shown, Trouble> {
        let value = self.read(&["calls", id], &[]).await?;
        let call = shown(&value).ok_or(Trouble::Unreadable(200))?;
        // An answer about another call, or without a call, says nothing about this one.
        let same = call.id.as_deref().is_none_or(|shown| shown == id);
        same.then_some(call).ok_or(Trouble::Unreadable(200))
    }

    /// Hangs up a call. A call that has ended already (409) counts as hung up. A call that is not found is an
    /// error, because it may appear later.
    pub(super) async fn hang_up(&self, id: &str) -> Result<(), Trouble> {
        let request = self
            .http
            .post(self.url(&["calls", id, "hangup"]).as_str())
            .body("");
        let answer = self.send(request, READ_LIMIT).await;
        let answer = answer.map_err(|error| Trouble::Silent(error.to_string()))?;
        match answer.status {
            200..=299 | 409 => Ok(()),
            _ => Err(trouble(&answer)),
        }
    }

    /// Returns the JSON of one answer.
    pub(super) async fn read(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Trouble> {
        let request = self.http.get(self.url(path).as_str());
        let request = if query.is_empty() {
            request
        } else {
            request.query(query)
        };
        let answer = self.send(request, READ_LIMIT).await;
        let answer = answer.map_err(|error| Trouble::Silent(error.to_string()))?;
        match answer.json() {
            Some(value) if answer.is_success() => Ok(value),
            Some(_) | None => Err(trouble(&answer)),
        }
    }

    /// Returns every entry of a listing over all its pages. `keys` are the names of the list of entries in
    /// addition to `data`.
    ///
    /// Errors if any page cannot be read, so a partial listing is never returned.
    pub(super) async fn list(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        keys: &[&str],
    ) -> Result<Vec<Value>, Trouble> {
        let mut entries = Vec::new();
        let mut asked = BTreeSet::new();
        let mut further: Vec<(String, String)> = Vec::new();
        for _ in 0..MOST_PAGES {
            if !asked.insert(further.clone()) {
                return Err(Trouble::Incomplete);
            }
            let further_parts = further.iter().map(|(key, value)| (&**key, value.clone()));
            let whole: Vec<_> = query.iter().cloned().chain(further_parts).collect();
            let page = self.page(path, &whole).await?;
            let (found, next) = page_of(&page, keys).ok_or(Trouble::Unreadable(200))?;
            entries.extend(found);
            match next {
                Next::None { total } if total.is_none_or(|total| total <= entries.len()) => {
                    return Ok(entries);
                }
                Next::None { .. } => return Err(Trouble::Incomplete),
                Next::Query(parts) => {
                    // Some servers omit the query in the address of the next page.
                    let ours = |key: &String| query.iter().any(|(known, _)| known == key);
                    further = parts.into_iter().filter(|(key, _)| !ours(key)).collect();
                }
            }
        }
        Err(Trouble::Incomplete)
    }

    /// Returns a page of a listing. Requests it again if the vendor or the network failed.
    async fn page(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Trouble> {
        for _ in 1..TRIES {
            match self.read(path, query).await {
                Err(Trouble::Silent(_) | Trouble::Unreadable(200 | 500..)) => {
                    tokio::time::sleep(self.clock.real_time(AGAIN)).await;
                }
                page => return page,
            }
        }
        self.read(path, query).await
    }

    /// Returns a text of the vendor without the API key, numbers or tokens.
    pub(super) fn clean(&self, text: &str) -> String {
        let key = self.key.expose();
        if key.is_empty() {
            return plain(text);
        }
        plain(&text.replace(key, "…"))
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Answer, NoAnswer> {
        let request = request
            .bearer_auth(self.key.expose())
            .header("accept", "application/json");
        self.http.send(request, limit).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

fn trouble(answer: &Answer) -> Trouble {
    match answer.status {
        401 => Trouble::KeyRefused,
        429 => Trouble::Slow(answer.retry_after),
        status => Trouble::Unreadable(status),
    }
}

/// Where a listing continues.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// This was the last page. Holds the total number of entries, if the page gives it.
    None { total: Option<usize> },
    /// The query of the next page. Only the query of the address is used, because the key must not be sent to
    /// an address that an answer names.
    Query(Vec<(String, String)>),
}

/// Returns the entries of a page and where the listing continues. The entries are the page itself, or under
/// `data`, or under one of `keys`. Returns `None` if there is no list.
fn page_of(page: &Value, keys: &[&str]) -> Option<(Vec<Value>, Next)> {
    if let Value::Array(entries) = page {
        return Some((entries.clone(), Next::None { total: None }));
    }
    let under = |value: &Value| {
        let mut names = keys.iter().chain(&["data", "items", "results"]);
        names.find_map(|key| Some(value.get(key)?.as_array()?.clone()))
    };
    let data = page.get("data").filter(|data| data.is_object());
    let entries = under(page).or_else(|| under(data?))?;
    let parts = [Some(page), page.get("meta"), page.get("pagination"), data];
    let parts: Vec<&Value> = parts.into_iter().flatten().collect();
    Some((entries, next_of(&parts)))
}

fn next_of(parts: &[&Value]) -> Next {
    let number = |key: &str| parts.iter().find_map(|part| part.get(key)?.as_u64());
    let address = parts.iter().find_map(|part| {
        let linked = part.get("links").and_then(|links| links.get("next"));
        let named = part.get("next_page_url").or_else(|| part.get("next"));
        [linked, named]
            .into_iter()
            .flatten()
            .find_map(Value::as_str)
    });
    if let Some((_, query)) = address.and_then(|address| address.split_once('?')) {
        let query = query.split('#').next().unwrap_or_default();
        // The host does not matter, because the address is parsed and never requested.
        if let Ok(url) = Url::parse(&format!("http://next/?{query}")) {
            return Next::Query(url.query_pairs().into_owned().collect());
        }
    }
    match (number("current_page"), number("last_page")) {
        (Some(current), Some(last)) if current < last => {
            Next::Query(vec![("page".to_owned(), (current + 1).to_string())])
        }
        _ => {
            let unread = parts
                .iter()
                .any(|part| part.get("has_more") == Some(&Value::Bool(true)));
            let total = number("total").and_then(|total| usize::try_from(total).ok());
            // If the address cannot be parsed or is missing, the listing is incomplete.
            let open = unread || address.is_some();
            Next::None {
                total: if open { Some(usize::MAX) } else { total },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_read_in_every_shape() {
        let end = Next::None { total: None };
        let two = Next::Query(vec![("page".to_owned(), "2".to_owned())]);
        let table = [
            (json!([1, 2]), end.clone()),
            (json!({"data": [1, 2]}), end.clone()),
            (json!({"calls": [1, 2]}), end.clone()),
            (json!({"data": {"calls": [1, 2]}}), end.clone()),
            (
                json!({"data": [1, 2], "links": {"next": null}}),
                end.clone(),
            ),
            (
                json!({"data": [1, 2], "links": {"next": "http://x/calls?page=2"}}),
                two.clone(),
            ),
            (
                json!({"data": [1, 2], "next_page_url": "/calls?page=2#top"}),
                two.clone(),
            ),
            (
                json!({"data": {"data": [1, 2], "next_page_url": "/?page=2"}}),
                two.clone(),
            ),
            (
                json!({"data": [1, 2], "meta": {"current_page": 1, "last_page": 2}}),
                two.clone(),
            ),
            (
                json!({"data": [1, 2], "meta": {"current_page": 2, "last_page": 2}}),
                end.clone(),
            ),
            (
                json!({"data": [1, 2], "total": 2}),
                Next::None { total: Some(2) },
            ),
            (
                json!({"data": [1, 2], "has_more": true}),
                Next::None {
                    total: Some(usize::MAX),
                },
            ),
            (
                json!({"data": [1, 2], "next": "page two"}),
                Next::None {
                    total: Some(usize::MAX),
                },
            ),
        ];
        for (page, wanted) in table {
            let (entries, next) = page_of(&page, &["calls"]).unwrap();
            assert_eq!((entries.len(), next), (2, wanted), "{page}");
        }
        for none in [
            json!(null),
            json!({}),
            json!({"data": {"id": 1}}),
            json!("x"),
        ] {
            assert_eq!(page_of(&none, &["calls"]), None, "{none}");
        }
    }

    #[test]
    fn an_id_stays_one_part_of_the_path() {
        let key = Secret::new("k");
        let http = Http::new(Clock::System).unwrap();
        let api = Api::new("https://x.example/api/v1/", key, http.clone()).unwrap();
        for (id, wanted) in [
            ("c1", "https://x.example/api/v1/calls/c1/hangup"),
            (
                "a/b?c#d",
                "https://x.example/api/v1/calls/a%2Fb%3Fc%23d/hangup",
            ),
        ] {
            assert_eq!(api.url(&["calls", id, "hangup"]).as_str(), wanted);
        }
        for bad in ["wss://x.example", "mailto:x", "x.example", ""] {
            assert!(
                Api::new(bad, Secret::new("k"), http.clone()).is_err(),
                "{bad}"
            );
        }
        assert_eq!(api.clean("abckdef +12125550142"), "abc…def …");
    }
}

//! BubblyPhone Agents: calls by `POST /calls`, followed by polling.
//!
//! Sources: agents.bubblyphone.com/docs and the tool pages of the vendor's MCP server
//! (glama.ai/mcp/servers/JobXDubai/mcp-server). The vendor does not document error bodies, statuses and
//! webhooks. What is assumed about each is in one file:
//!
//! | module | owns |
//! |---|---|
//! | `api` | requests, listings page by page |
//! | `call` | a call as shown, statuses |
//! | `refusal` | the meaning of the answer to `POST /calls` |
//! | `follow` | a call from its first answer to its end |
//! | `pause` | the pauses between polls |
//! | `calls` | attempts, the vendor's ids, requested hang-ups |
//! | `listing` | the call of a lost answer |
//! | `transcript_poll` | when a transcript is read |
//! | `transcript` | callee type and opt-out |
//! | `account` | balance and numbers |
//! | `reader` | webhooks |

mod account;
mod api;
mod call;
mod calls;
mod follow;
mod json;
mod listing;
mod pause;
mod reader;
mod refusal;
mod transcript;
mod transcript_poll;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value};

use self::account::Entry;
use self::api::{Api, Trouble};
use self::call::{Seen, Shown, Status, Why};
use self::calls::{Begun, Call, Calls, locked};
use self::follow::Follow;
use self::listing::{Found, Listings};
use self::reader::Webhooks;
use self::refusal::Placed;
use self::transcript::Recognized;
use self::transcript_poll::UNREAD;
use super::inbound::{Inbound, News, Reader};
use super::remote::http::{Http, NoAnswer};
use super::remote::secret::{Reach, Secret};
use super::remote::{Examined, Line, SetupError, Vendor};
use super::{DialRequest, Inquiry, LookUp, Owned, Unlisted};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{CallEnd, CallReport, Capabilities, Incarnations, PhoneNumber};

/// How often a transcript may be unreadable before a call that is looked up ends without it.
const UNHEARD: u32 = 3;

/// The most unknown statuses that are remembered as logged.
const MOST_WORDS: usize = 64;

/// An account at BubblyPhone and the options of its calls.
#[derive(Clone, Debug)]
pub struct Account {
    /// The address of the API, such as `https://agents.bubblyphone.com/api/v1`.
    pub url: String,
    /// The API key, `bp_live_sk_…`.
    pub api_key: Secret,
    /// What speaks on a call: `streaming`, the vendor's agent, or `webhook`, an application of the user whose
    /// address is set for the caller ID in the vendor's console.
    pub mode: String,
    /// Fields sent unchanged with every call, such as `model` or `voice`.
    pub options: Vec<(String, String)>,
    /// The operator is warned if the balance is below this many whole units of currency.
    pub low_balance: u32,
    /// The deck that makes the attempts. Webhooks about another deck's attempts are refused.
    pub ids: Incarnations,
}

/// A client for one account.
#[derive(Debug)]
pub struct BubblyPhone {
    account: Account,
    reach: Option<Reach>,
    clock: Clock,
    api: Api,
    calls: Calls,
    listings: Listings,
    /// Warnings not yet reported to the operator.
    warnings: Mutex<Vec<(&'static str, String)>>,
    /// Unknown statuses that were logged.
    words: Mutex<BTreeSet<String>>,
}

impl BubblyPhone {
    /// Creates a client for an account. `reach` is where its webhooks arrive; with `None` the client only
    /// polls.
    ///
    /// # Errors
    ///
    /// Errors if the address is not a URL with `http` or `https`.
    pub fn new(account: Account, reach: Option<Reach>, http: Http) -> Result<Self, SetupError> {
        let clock = http.clock().clone();
        let api = Api::new(&account.url, account.api_key.clone(), http)?;
        Ok(Self {
            account,
            reach,
            clock,
            api,
            calls: Calls::default(),
            listings: Listings::default(),
            warnings: Mutex::default(),
            words: Mutex::default(),
        })
    }

    /// Returns the body of `POST /calls`. It asks for the transcript, because only the transcript shows the
    /// callee type.
    fn body(&self, request: &DialRequest) -> Map<String, Value> {
        let mut body = Map::new();
        for (key, value) in &self.account.options {
            body.insert(key.clone(), Value::from(value.as_str()));
        }
        body.insert("from".to_owned(), request.from.to_string().into());
        body.insert("to".to_owned(), request.to.to_string().into());
        body.insert("mode".to_owned(), self.account.mode.clone().into());
        body.insert("transcription_enabled".to_owned(), true.into());
        // In `webhook` mode the receiver of the events also answers with what to say, so the events have to
        // go to the user's application.
        if let Some(reach) = &self.reach
            && self.account.mode == "streaming"
        {
            let address = reader::address(reach, request.attempt);
            body.insert("webhook_url".to_owned(), address.into());
        }
        body
    }

    /// Ends a call that certainly was not dialed.
    fn refused(
        &self,
        line: &Line,
        end: CallEnd,
        (status, text): (u16, &str),
        retry_after: Option<Duration>,
    ) {
        if end == CallEnd::AccountRefused && refusal::of_money(status, text) {
            let text = "the account has no credit left; top it up at the vendor's console";
            line.warn("balance_empty", text.to_owned());
        }
        let text = self.api.clean(text);
        let report = CallReport {
            end,
            reason: (!text.is_empty()).then_some(text),
            retry_after: retry_after.filter(|_| end == CallEnd::Throttled),
            ..CallReport::default()
        };
        line.ended(report, line.now());
    }

    /// Hangs up if that is requested and the call's id is known. A failed hang-up is sent again later.
    async fn carry_out_hang_up(&self, call: &Call) {
        let Some(id) = call.take_hang_up(self.clock.now()) else {
            return;
        };
        if let Err(trouble) = self.api.hang_up(&id).await {
            tracing::warn!(%trouble, "a call could not be hung up yet");
            call.return_hang_up();
        }
    }

    /// Returns what the call's transcript shows, or `None` if there is none yet.
    async fn recognized(&self, id: &str) -> Result<Option<Recognized>, Trouble> {
        match self.api.read(&["calls", id, "transcript"], &[]).await {
            Ok(value) => Ok(Some(transcript::recognize(&value))),
            Err(Trouble::Unreadable(404)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Logs an unknown status, once per status.
    fn note_word(&self, status: &Status) {
        let Status::Unknown(word) = status else {
            return;
        };
        let mut words = locked(&self.words);
        if words.len() < MOST_WORDS && words.insert(word.clone()) {
            tracing::warn!(%word, "a status of unknown meaning; the call counts as still up");
        }
    }

    fn warn(&self, word: &'static str, text: String) {
        locked(&self.warnings).push((word, text));
    }

    /// Returns the state of a call that no task follows.
    async fn standing(&self, call: &Call, inquiry: &Inquiry, id: &str, shown: &Shown) -> LookUp {
        self.note_word(&shown.status);
        let (earliest, now) = (inquiry.reserved_at, self.clock.now());
        let Some((mut report, at)) =
            shown.end(Seen::default(), call.hang_up_reason(), earliest, now)
        else {
            self.carry_out_hang_up(call).await;
            return if shown.is_up_for_sure() {
                LookUp::InProgress
            } else {
                LookUp::CannotTell
            };
        };
        if report.end == CallEnd::Completed {
            match self.recognized(id).await {
                Ok(Some(recognized)) => recognized.add_to(&mut report),
                Ok(None) | Err(_) if call.unheard() < UNHEARD => return LookUp::CannotTell,
                Ok(None) => {}
                Err(trouble) => {
                    self.warn(UNREAD, transcript_poll::unread(inquiry.attempt, &trouble));
                }
            }
        }
        self.calls.forget(inquiry.attempt);
        LookUp::Ended(report, at)
    }

    /// Searches for the call of an attempt whose id is not known.
    async fn search(&self, call: &Call, inquiry: &Inquiry) -> LookUp {
        let attempt = inquiry.attempt;
        let is_anothers = |id: &str| self.calls.is_anothers(id, attempt);
        match self.listings.search(&self.api, inquiry, is_anothers).await {
            Err(trouble) => {
                tracing::warn!(%attempt, %trouble, "the calls of the day are not known");
                LookUp::CannotTell
            }
            Ok(Found::One(id, shown)) => {
                tracing::info!(%attempt, "the call of a lost answer is found");
                call.know(&id);
                self.standing(call, inquiry, &id, &shown).await
            }
            Ok(Found::Ambiguous) => {
                if call.tell_ambiguous() {
                    let text = format!(
                        "attempt {attempt}: its answer was lost, and which of the account's calls \
                         it was is not known; compare the vendor's call list"
                    );
                    self.warn("call_ambiguous", text);
                }
                LookUp::CannotTell
            }
            // The vendor documents no listing, so none proves that a call was never placed: it may be limited
            // to one page, hold only ended calls, or lag by minutes.
            Ok(Found::Nothing) => LookUp::CannotTell,
        }
    }

    /// Returns the numbers that the account owns and may show.
    async fn owned(&self) -> Result<Vec<PhoneNumber>, Unlisted> {
        let keys = ["phone_numbers", "numbers"];
        let listed = self.api.list(&["phone-numbers"], &[], &keys).await;
        let listed = listed.map_err(|trouble| match trouble {
            Trouble::KeyRefused => Unlisted::CredentialsRefused(trouble.to_string()),
            Trouble::Slow(_)
            | Trouble::Unreadable(_)
            | Trouble::Silent(_)
            | Trouble::Incomplete => Unlisted::Failed(trouble.to_string()),
        })?;
        let entries: Vec<Entry> = listed.iter().map(account::entry).collect();
        let unread = entries.iter().filter(|entry| **entry == Entry::Unreadable);
        let unread = unread.count();
        if unread > 0 && unread == entries.len() {
            let text = "none of the account's numbers can be read".to_owned();
            return Err(Unlisted::Failed(text));
        }
        if unread > 0 {
            tracing::warn!(unread, "some of the account's numbers cannot be read");
        }
        let ours = entries.into_iter().filter_map(|entry| match entry {
            Entry::Ours(number, id) => {
                if let Some(id) = id {
                    self.listings.know(number, id);
                }
                Some(number)
            }
            Entry::NotOurs | Entry::Unreadable => None,
        });
        Ok(ours.collect())
    }

    /// Returns the balance, with a warning if it is low.
    async fn balance(&self) -> Result<Balance, Trouble> {
        let me = self.api.read(&["auth", "me"], &[]).await?;
        let Some(left) = account::balance(&me) else {
            return Ok(Balance::Unknown);
        };
        let limit = self.account.low_balance;
        Ok(if left <= 0.0 {
            Balance::Low("balance_empty", "the account has no credit left".to_owned())
        } else if left < f64::from(limit) {
            let text = format!("the balance is {left:.2}, below {limit}");
            Balance::Low("balance_low", text)
        } else {
            Balance::Enough(format!("{left:.2}"))
        })
    }
}

/// The balance of the account.
enum Balance {
    Unknown,
    Enough(String),
    /// A stable code and a text for the operator.
    Low(&'static str, String),
}

impl Vendor for BubblyPhone {
    fn capabilities(&self) -> Capabilities {
        Capabilities::bubblyphone()
    }

    async fn place(&self, request: DialRequest, line: Line) {
        let attempt = request.attempt;
        let call = self.calls.of(attempt);
        let not_begun = |end| {
            self.calls.forget(attempt);
            let report = CallReport {
                end,
                ..CallReport::default()
            };
            line.ended(report, line.now());
        };
        let _following = match call.begin() {
            Begun::Now(following) => following,
            Begun::Cancelled => return not_begun(CallEnd::NeverSent),
            Begun::Before => {
                tracing::error!(%attempt, "asked to be placed twice; not done");
                return;
            }
        };
        if line.now() >= request.expires_at {
            return not_begun(CallEnd::Lapsed);
        }
        let body = self.body(&request);
        let sent_at = line.now();
        line.sent();
        let answer = match self.api.place(&body).await {
            Ok(answer) => answer,
            Err(NoAnswer::NotSent(why)) => {
                self.calls.forget(attempt);
                return self.refused(&line, CallEnd::ProviderFailed, (0, &why), None);
            }
            Err(NoAnswer::Lost(why)) => {
                tracing::warn!(%attempt, %why, "the answer to a call was lost");
                return line.lost();
            }
        };
        match refusal::placed(&answer) {
            Placed::Call(id, shown) => {
                call.know(&id);
                let follow = Follow {
                    vendor: self,
                    call: &call,
                    request: &request,
                    line: &line,
                    id: &id,
                    sent_at,
                };
                if follow.to_its_end(*shown).await {
                    self.calls.forget(attempt);
                }
            }
            Placed::Refused(..) if call.is_shown() => {
                tracing::warn!(%attempt, "a refused call was placed anyway");
                line.lost();
            }
            Placed::Refused(end, text) => {
                self.calls.forget(attempt);
                self.refused(&line, end, (answer.status, &text), answer.retry_after);
            }
            Placed::Unclear => {
                let status = answer.status;
                tracing::warn!(%attempt, status, "an answer to a call that tells nothing");
                line.lost();
            }
        }
    }

    async fn hang_up(&self, line: Line) {
        let attempt = line.attempt();
        let call = self.calls.of(attempt);
        call.request_hang_up(Why::Asked);
        self.carry_out_hang_up(&call).await;
        call.nudge();
    }

    async fn look_up(&self, inquiry: Inquiry, _line: Line) -> LookUp {
        let call = self.calls.of(inquiry.attempt);
        let Some(_looking) = call.look() else {
            return LookUp::CannotTell;
        };
        match call.id() {
            Some(id) => match self.api.call(&id).await {
                // The task that follows the call reports the end.
                Ok(shown) if call.is_followed() => {
                    call.nudge();
                    if shown.is_up_for_sure() {
                        LookUp::InProgress
                    } else {
                        LookUp::CannotTell
                    }
                }
                Ok(shown) => self.standing(&call, &inquiry, &id, &shown).await,
                // A task that follows it proves nothing: the slot has to be released after the call's longest
                // life.
                Err(_) => LookUp::CannotTell,
            },
            // The request has not been answered yet.
            None if call.is_followed() => LookUp::CannotTell,
            None => self.search(&call, &inquiry).await,
        }
    }

    async fn deliver(&self, inbound: Inbound, line: Line) {
        let call = self.calls.find(inbound.attempt);
        // For a followed call the API is authoritative. For any other call the webhook proves that there is
        // one. The engine repeats the look-up of an unfollowed call until its end is known.
        let followed = call.as_ref().is_some_and(|call| call.is_followed());
        match inbound.news {
            News::Placed if !followed => line.placed(),
            News::Ringing if !followed => line.ringing(),
            News::Answered if !followed => line.answered(inbound.at),
            News::Placed | News::Ringing | News::Answered => {
                if let Some(call) = &call {
                    call.show();
                }
            }
            News::Changed
            | News::Joined(_)
            | News::RoomGone
            | News::CalleeDetected(_)
            | News::GreetingEnded
            | News::Bridged
            | News::OptOut
            | News::AgentLeft(_)
            | News::Result(_)
            | News::Ended(_) => {}
        }
        if let Some(call) = call {
            call.nudge();
        }
    }

    async fn numbers(&self) -> Result<Owned, Unlisted> {
        match self.balance().await {
            Ok(Balance::Low(word, text)) => self.warn(word, text),
            Ok(Balance::Enough(_) | Balance::Unknown) => {}
            Err(trouble) => tracing::warn!(%trouble, "the balance is not known"),
        }
        self.owned().await.map(Owned::These)
    }

    async fn examine(&self) -> Vec<Examined> {
        let (credentials, balance) = match self.balance().await {
            Ok(Balance::Enough(left)) => (Ok(()), Ok(left)),
            Ok(Balance::Low(_, text)) => (Ok(()), Err(format!("{text}; top it up"))),
            Ok(Balance::Unknown) => (Ok(()), Err("the API does not say".to_owned())),
            Err(trouble) => (Err(trouble.to_string()), Err("not known".to_owned())),
        };
        let numbers = match self.owned().await {
            Ok(numbers) if numbers.is_empty() => Err("the account owns none; buy one".to_owned()),
            Ok(numbers) => Ok(format!("{} owned", numbers.len())),
            Err(why) => Err(why.to_string()),
        };
        let credentials = credentials.map(|()| "the API key is accepted".to_owned());
        let examined = [
            ("credentials", credentials),
            ("balance", balance),
            ("numbers", numbers),
        ];
        examined
            .map(|(what, found)| Examined { what, found })
            .to_vec()
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(Webhooks {
            ids: self.account.ids.clone(),
            reach: self.reach.clone(),
        })
    }

    fn warnings(&self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut *locked(&self.warnings))
    }
}

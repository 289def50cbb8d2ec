//! LiveKit SIP, self-hosted and Cloud. The room and the agent come first, then one request that is answered
//! when the callee answers.
//!
//! Sources: docs.livekit.io/telephony, and the code of livekit/protocol, livekit/livekit and livekit/sip.
//! Room and identity are derived from the attempt, so that a call is found again after a restart. Neither
//! contains a number.

mod agents;
mod api;
mod attend;
mod bridging;
mod calls;
mod evidence;
mod examine;
mod failure;
mod guard;
mod place;
mod reader;
mod report;
mod room;
mod token;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use self::agents::Word;
use self::api::Api;
use self::calls::{Beginning, Calls, Consequence, Stage};
use self::place::Following;
use self::reader::LiveKitReader;
use self::room::Settled;
use self::token::Signer;
use super::inbound::{Inbound, News, Reader};
use super::remote::http::Http;
use super::remote::secret::{Reach, Secret};
use super::remote::{Examined, Line, Vendor};
use super::{DialRequest, Inquiry, LookUp, Owned, Unlisted};
use dialdeck_core::domain::{CallEnd, CallReport, Capabilities, Incarnations};

/// How long after its planning a request may still be on its way to the server. Until then a callee who is
/// not in the room may still be called, and a webhook may still report how the call ended. The server's own
/// deadline is 80 s; the rest is for intermediaries (inferred).
const ON_ITS_WAY: Duration = Duration::from_mins(3);

/// A LiveKit project with its SIP trunk and the agent that talks.
#[derive(Clone, Debug)]
pub struct Account {
    /// The deck that makes the calls. Webhooks about another deck's calls are refused.
    pub ids: Incarnations,
    /// The address of the server, `https://…` or `wss://…`.
    pub url: String,
    /// The API key of the project.
    pub api_key: Secret,
    /// The secret of the API key. It signs the deck's tokens and the server's webhooks.
    pub api_secret: Secret,
    /// The id of the outbound trunk, `ST_…`.
    pub sip_trunk: String,
    /// The name under which the agent is registered.
    pub agent: String,
    /// How long the agent may take to join the room. After that, nothing is dialed.
    pub agent_wait: Duration,
}

/// A client for one LiveKit account.
#[derive(Debug)]
pub struct LiveKit {
    account: Account,
    api: Api,
    reach: Option<Reach>,
    calls: Calls,
    /// Whether a webhook has arrived in this run.
    hears: AtomicBool,
    /// How many calls have their rooms polled.
    followed: Arc<AtomicU32>,
    /// Whether the operator was warned that agents report nothing, and none has reported since.
    silent: AtomicBool,
}

impl LiveKit {
    /// Creates a client for an account. `reach` is where webhooks and agents find the deck. With `None`, ends
    /// are polled for and the agent cannot report.
    pub fn new(account: Account, reach: Option<Reach>, http: Http) -> Self {
        let signer = Signer {
            key: account.api_key.clone(),
            secret: account.api_secret.clone(),
        };
        Self {
            api: Api::new(&account.url, signer, http),
            account,
            reach,
            calls: Calls::default(),
            hears: AtomicBool::new(false),
            followed: Arc::default(),
            silent: AtomicBool::new(false),
        }
    }

    fn hears_webhooks(&self) -> bool {
        self.hears.load(Ordering::Relaxed)
    }
}

impl Vendor for LiveKit {
    fn capabilities(&self) -> Capabilities {
        Capabilities::livekit(self.account.agent_wait)
    }

    async fn place(&self, request: DialRequest, line: Line) {
        let call = self.calls.of(request.attempt);
        match call.follow() {
            Beginning::First => {}
            // The first task reports the call.
            Beginning::Again => return,
            Beginning::HungUp => {
                let report = CallReport {
                    end: CallEnd::NeverSent,
                    ..CallReport::default()
                };
                return line.ended(call.finish(report), line.now());
            }
        }
        let following = Following {
            livekit: self,
            call: &call,
            request: &request,
            line: &line,
        };
        self.followed.fetch_add(1, Ordering::Relaxed);
        following.run().await;
        self.followed.fetch_sub(1, Ordering::Relaxed);
    }

    /// Also ends a call of an earlier run, whose room and identity are known, and a call whose end was
    /// reported.
    async fn hang_up(&self, line: Line) {
        let call = self.calls.of(line.attempt());
        if call.hang_up() == Stage::Followed {
            return;
        }
        self.cut(&call, &line).await;
    }

    async fn look_up(&self, inquiry: Inquiry, line: Line) -> LookUp {
        let attempt = inquiry.attempt;
        let call = self.calls.of(attempt);
        let known = call.known();
        if known.stage == Stage::Followed {
            return LookUp::InProgress;
        }
        if let Some(report) = known.reported() {
            return LookUp::Ended(report.clone(), self.api.now());
        }
        if let Some((report, at)) = known.reported_end(self.api.now()) {
            self.close(&call, &line).await;
            return LookUp::Ended(call.finish(report), at);
        }
        if call.asks_room() {
            return match self.settle_by_room(&call, &line).await {
                Settled::Ended(report) => LookUp::Ended(report, self.api.now()),
                Settled::Up => {
                    self.guard(&call, &line);
                    LookUp::InProgress
                }
                Settled::CannotTell => LookUp::CannotTell,
            };
        }
        match self.api.callee(attempt).await {
            Ok(Some(callee)) if !callee.has_left() => {
                call.see(&callee, false);
                self.guard(&call, &line);
                return LookUp::InProgress;
            }
            Ok(_) => {}
            Err(_) => return LookUp::CannotTell,
        }
        let now = self.api.now();
        let known = call.known();
        let end = if known.evidence.answered {
            known.completed()
        } else if now < inquiry.reserved_at + ON_ITS_WAY {
            return LookUp::CannotTell;
        } else {
            // The call is over, and no source reported how. Absence does not prove that nothing rang.
            CallReport {
                end: CallEnd::Unresolved,
                rang: known.evidence.rang(),
                ..CallReport::default()
            }
        };
        let end = known.of_agents(end);
        self.close(&call, &line).await;
        LookUp::Ended(call.finish(end), now)
    }

    async fn deliver(&self, inbound: Inbound, line: Line) {
        if calls::word_of(&inbound.news) > Word::None {
            self.silent.store(false, Ordering::Relaxed);
        } else {
            // Only webhooks report ends; agents do not.
            self.hears.store(true, Ordering::Relaxed);
        }
        let call = self.calls.of(inbound.attempt);
        match call.take(&inbound, line.now()) {
            Consequence::Nothing => {
                if matches!(inbound.news, News::AgentLeft(_)) && call.known().stage == Stage::Open {
                    self.guard(&call, &line);
                }
            }
            Consequence::Detected(callee) => line.detected(callee),
            Consequence::Answered(at) => line.answered(at),
            Consequence::Ended(report, at) => {
                self.close(&call, &line).await;
                line.ended(report, at);
            }
            // The correction is reported first, so that the number is not dialed again; then the call is
            // ended.
            Consequence::Corrected(report, at) => {
                line.ended(report, at);
                self.cut(&call, &line).await;
            }
            Consequence::Open(word) => {
                match word {
                    evidence::Word::Placed => line.placed(),
                    evidence::Word::Ringing => line.ringing(),
                    evidence::Word::Answered => line.answered(inbound.at),
                }
                self.cut(&call, &line).await;
            }
        }
    }

    async fn numbers(&self) -> Result<Owned, Unlisted> {
        self.owned_numbers().await
    }

    async fn examine(&self) -> Vec<Examined> {
        self.examined().await
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(LiveKitReader {
            ids: self.account.ids.clone(),
            signer: Signer {
                key: self.account.api_key.clone(),
                secret: self.account.api_secret.clone(),
            },
            reach: self.reach.clone(),
        })
    }
}

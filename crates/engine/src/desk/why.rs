//! Why a number is or is not being dialed: the answer, then every gate in order.

use std::fmt;

use serde::{Serialize, Serializer};

use super::rows::{self, AttemptRow};
use crate::{messages, next_claim};
use dialdeck_core::domain::campaign::{CallKind, Evidence};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CampaignId, CampaignSettings, Contact, ContactId,
    ContactState, Hints, Outcome, PhoneNumber, Suppression, Timestamp,
};
use dialdeck_core::policy::{self, Check, Decision};
use dialdeck_core::rules::{Legal, LocateError, Rules};
use dialdeck_store::{Reads, StoreError};

/// Why a number is or is not being dialed, in every campaign that contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyReport {
    /// The number that was asked about.
    pub number: PhoneNumber,
    /// The instant at which the answers are true.
    pub now: Timestamp,
    /// One answer for each contact with this number.
    pub contacts: Vec<Answer>,
    /// What the law and the lists alone allow; `None` if a campaign has the number.
    pub no_contact: Option<ByLaw>,
    /// The suppressions that list the number.
    pub lists: Vec<Suppression>,
}

/// The answer for one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The campaign's name, as in its file.
    pub campaign: String,
    /// The id of the contact.
    pub contact: ContactId,
    /// The state that the store holds.
    pub state: ContactState,
    /// What a claim would get.
    pub decision: Decision,
    /// The answer as one or two sentences.
    pub answer: String,
    /// The next instant at which a call is possible; `None` if none is known.
    pub next_possible: Option<Timestamp>,
    /// Every gate in the order of evaluation, with the value that it read.
    pub gates: Vec<Check>,
    /// The calls made to the contact, oldest first.
    pub attempts: Vec<PastCall>,
}

impl Answer {
    /// Returns the codes of the gates that hold or refuse the call; none for a call that may be placed.
    pub fn reasons(&self) -> Vec<String> {
        match &self.decision {
            Decision::Dial(_) => Vec::new(),
            Decision::Hold(hold) => {
                let reasons = hold.reasons.iter();
                reasons
                    .map(|reason| messages::hold_code(&reason.kind))
                    .collect()
            }
            Decision::Refuse(refusal) => vec![refusal.code()],
        }
    }
}

impl Serialize for Answer {
    /// Writes JSON: `decision` is `dial`, `hold` or `refuse`, `reasons` has the codes of the gates that
    /// hold or refuse the call, and each of the `gates` has its `gate`, its `verdict` and what it `saw`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            gate: &'static str,
            verdict: &'static str,
            saw: &'a str,
        }
        #[derive(Serialize)]
        struct Body<'a> {
            campaign: &'a str,
            contact: ContactId,
            state: &'static str,
            decision: &'static str,
            answer: &'a str,
            reasons: Vec<String>,
            next_possible: Option<Timestamp>,
            gates: Vec<Row<'a>>,
            attempts: &'a [PastCall],
        }
        let gates = self.gates.iter().map(|check| Row {
            gate: check.gate,
            verdict: messages::verdict(check.verdict),
            saw: &check.saw,
        });
        Body {
            campaign: &self.campaign,
            contact: self.contact,
            state: self.state.as_str(),
            decision: messages::decision(&self.decision),
            answer: &self.answer,
            reasons: self.reasons(),
            next_possible: self.next_possible,
            gates: gates.collect(),
            attempts: &self.attempts,
        }
        .serialize(serializer)
    }
}

/// A call that was made to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastCall {
    /// The id of the attempt.
    pub attempt: AttemptId,
    /// When it was sent; when it was reserved if it was never sent.
    pub at: Timestamp,
    /// How the call ended; `None` while it is up.
    pub outcome: Option<Outcome>,
    /// The cause as in `call_ended`; `None` while the call is up or if it was not kept.
    pub cause: Option<String>,
    /// Whether it uses up one of the contact's attempts.
    pub counts: bool,
    /// The result that the agent reported, if any.
    pub agent_result: Option<String>,
}

/// Writes a line for people: `call 7f3a9c21-12 of 2026-12-07T15:31:02Z: human (completed), counted; the
/// agent says: confirmed`.
impl fmt::Display for PastCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "call {} of {}: ",
            self.attempt,
            messages::instant(self.at)
        )?;
        match (self.outcome, &self.cause) {
            (None, _) => f.write_str("up")?,
            (Some(outcome), None) => write!(f, "{outcome}")?,
            (Some(outcome), Some(cause)) => write!(f, "{outcome} ({cause})")?,
        }
        f.write_str(if self.counts {
            ", counted"
        } else {
            ", not counted"
        })?;
        match &self.agent_result {
            None => Ok(()),
            Some(said) => write!(f, "; the agent says: {said}"),
        }
    }
}

/// What the law's hours and the lists allow for a number that no campaign has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByLaw {
    /// The answer as a few sentences.
    pub answer: String,
    /// Whether the law's hours alone allow a live call now.
    pub open: bool,
}

/// The instant that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The present, by the deck's clock.
    Now(Timestamp),
    /// Another instant, which the deck's clock does not have to show.
    At(Timestamp),
}

/// Evaluates every gate for a number, in every campaign or only in one. Returns the answers.
///
/// # Errors
/// Errors if the store cannot be read.
///
/// # Examples
/// A number that no campaign has is judged by the law's hours and the lists:
///
/// ```
/// use dialdeck_core::domain::{DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_engine::desk::why::{When, report};
/// use dialdeck_store::memory::MemoryStore;
///
/// let night: Timestamp = "2026-12-07T03:00:00Z".parse()?;
/// let rules = Rules::embedded();
/// let mut store = MemoryStore::new(DeckId(1), rules, night);
///
/// let report = report(&mut store, rules, "+12125550123".parse()?, None, When::At(night))?;
/// assert!(report.contacts.is_empty());
/// assert!(report.no_contact.is_some_and(|law| !law.open));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn report<S: Reads>(
    store: &mut S,
    rules: &Rules,
    number: PhoneNumber,
    only: Option<CampaignId>,
    when: When,
) -> Result<WhyReport, StoreError> {
    let (When::Now(now) | When::At(now)) = when;
    let snapshot = store.snapshot(now)?;
    let mut contacts = Vec::new();
    for contact in store.contacts_with(number)? {
        if only.is_some_and(|only| only != contact.campaign) {
            continue;
        }
        let rows = rows::attempts(store, contact.id)?;
        let mut calls = rows.iter().map(|row| &row.attempt);
        let live = calls.rfind(|attempt| attempt.state.in_flight());
        let live = live.filter(|_| matches!(when, When::Now(_)));
        let live = live.map(live_call);
        let made: Vec<PastCall> = rows.into_iter().map(past_call).collect();
        let mut counts = snapshot.campaigns.iter();
        let Some(counts) = counts.find(|counts| counts.campaign.id == contact.campaign) else {
            continue;
        };
        let mut context = next_claim::context(&snapshot, &counts.campaign, now);
        if let When::At(_) = when {
            // The clock does not have to show an instant that is only asked about.
            context.clock_behind = None;
            context.clock_held = None;
        }
        store.examine(contact.id, &context, now, &mut |facts| {
            let mut answer = answer(&contact, facts, &made, now);
            if let Some(live) = &live {
                answer.answer = format!("{live} Another call: {}", answer.answer);
            }
            contacts.push(answer);
        })?;
    }
    let lists = store.suppressions_of(number)?;
    let no_contact = contacts
        .is_empty()
        .then(|| by_law(rules, number, &lists, now));
    Ok(WhyReport {
        number,
        now,
        contacts,
        no_contact,
        lists,
    })
}

fn past_call(row: AttemptRow) -> PastCall {
    PastCall {
        attempt: row.attempt.id,
        at: row.attempt.sent_at.unwrap_or(row.attempt.reserved_at),
        outcome: row.attempt.outcome,
        cause: row.attempt.cause,
        counts: row.attempt.counts,
        agent_result: row.agent_result,
    }
}

/// Returns how far a call in flight has come, as a sentence.
fn live_call(call: &Attempt) -> String {
    let sent = call.sent_at.unwrap_or(call.reserved_at);
    let (what, at) = match call.state {
        AttemptState::Reserved => ("a call to it is being placed: it was planned", sent),
        AttemptState::Sent => ("a call to it is up: it was sent", sent),
        AttemptState::Ringing => (
            "a call to it is up: the phone rang first",
            call.ringing_at.unwrap_or(sent),
        ),
        AttemptState::Connected => (
            "a call to it is up: it was answered",
            call.answered_at.unwrap_or(sent),
        ),
        AttemptState::Unknown | AttemptState::Ended => (
            "a call to it may be up, its fate is unknown: it was sent",
            sent,
        ),
    };
    let at = messages::instant(at);
    format!("{what} at {at}, showing {}.", call.caller_id)
}

fn answer(
    contact: &Contact,
    facts: &policy::Facts<'_>,
    made: &[PastCall],
    now: Timestamp,
) -> Answer {
    let (decision, checks) = policy::explain(facts, now);
    let next = policy::next_possible(facts, now);
    Answer {
        campaign: facts.campaign.name().to_owned(),
        contact: contact.id,
        state: contact.state,
        answer: messages::answer(&decision, next)
            + &remedies(&decision, &facts.campaign.settings)
            + &finished_because(contact),
        decision,
        next_possible: next,
        gates: checks,
        attempts: made.to_vec(),
    }
}

/// Returns what ends the reasons of a hold that an operator can end; empty if there are none.
fn remedies(decision: &Decision, campaign: &CampaignSettings) -> String {
    let Decision::Hold(hold) = decision else {
        return String::new();
    };
    let todo = messages::remedies(hold, campaign);
    if todo.is_empty() {
        return String::new();
    }
    format!(" To do: {}.", todo.join("; "))
}

/// Returns why a contact has reached its end, if the store has a reason; empty otherwise.
fn finished_because(contact: &Contact) -> String {
    match &contact.reason {
        Some(reason) if contact.state.is_final() => {
            let review =
                messages::review(reason).map_or_else(String::new, |todo| format!(" {todo}"));
            format!(" On record: {reason}.{review}")
        }
        Some(_) | None => String::new(),
    }
}

fn by_law(rules: &Rules, number: PhoneNumber, lists: &[Suppression], now: Timestamp) -> ByLaw {
    let located = rules.locate(number, &Hints::default(), Evidence::All);
    let (open, hours) = match located {
        Err(LocateError::Unfit(why)) => (
            false,
            format!("it could not be dialed: {}", messages::unfit(why)),
        ),
        Err(why) => (false, format!("it could not be dialed: {why}")),
        Ok(class) => match rules.legal(&class, CallKind::LIVE, &[], now) {
            Legal::Open => (true, "the law's hours for a live call are open".to_owned()),
            Legal::Shut(reason, zone) => {
                let next = rules.next_legal(&class, CallKind::LIVE, &[], now);
                let next = next.map_or_else(String::new, |at| {
                    format!("; a live call is legal from {at}")
                });
                (false, format!("{}: {zone}{next}", messages::window(reason)))
            }
            Legal::NoZone => (false, "its time zone is not known".to_owned()),
            Legal::Disagree(zone) => (false, format!("the two zone databases differ on {zone}")),
        },
    };
    let listed = if lists.is_empty() {
        "It is on no list."
    } else {
        "It is on a list and would not be dialed."
    };
    ByLaw {
        answer: format!(
            "It is not being dialed: no campaign holds it. If one did: {hours}. {listed}"
        ),
        open,
    }
}

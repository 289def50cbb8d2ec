//! Why a number is or is not being dialed: the answer, then every gate in order.

use std::fmt;

use serde::Serialize;

use super::rows;
use crate::{next_claim, words};
use dialdeck_core::domain::campaign::{CallKind, Evidence};
use dialdeck_core::domain::{
    AttemptId, CampaignId, Contact, ContactId, Hints, Outcome, PhoneNumber, Suppression, Timestamp,
};
use dialdeck_core::policy::{self, Decision, Verdict};
use dialdeck_core::rules::{Legal, LocateError, Rules};
use dialdeck_store::{Store, StoreError};

/// Everything there is to say about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyReport {
    /// The number.
    pub number: PhoneNumber,
    /// The instant it is true of.
    pub now: Timestamp,
    /// An answer for each contact with this number.
    pub contacts: Vec<Answer>,
    /// What the law alone says, when no campaign holds it.
    pub no_contact: Option<ByLaw>,
    /// The lists it stands on.
    pub lists: Vec<Suppression>,
}

/// The answer for one contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The campaign's name.
    pub campaign: String,
    /// The contact.
    pub contact: ContactId,
    /// Its state, by name.
    pub state: &'static str,
    /// `dial`, `hold` or `refuse`.
    pub decision: &'static str,
    /// The answer in words.
    pub answer: String,
    /// Codes of what stands against it.
    pub reasons: Vec<String>,
    /// The next instant at which a call is possible.
    pub next_possible: Option<Timestamp>,
    /// Every gate in order.
    pub gates: Vec<Gate>,
    /// The calls made for it, oldest first.
    pub attempts: Vec<Made>,
}

/// A call that was made for a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Its id.
    pub attempt: AttemptId,
    /// When it was sent, or planned where it never was.
    pub at: Timestamp,
    /// How it ended; `None` while it is up.
    pub outcome: Option<Outcome>,
    /// Why so, the word in `call_ended`; `None` while it is up or where it was not kept.
    pub cause: Option<String>,
    /// Whether it uses up one of the contact's attempts.
    pub counts: bool,
    /// The agent's own word on how it went.
    pub agent_result: Option<String>,
}

/// A line for people: `call 7f3a9c21-12 of 2026-12-07T15:31:02Z: human (completed), counted; the agent
/// says: confirmed`.
impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} of {}: ", self.attempt, words::instant(self.at))?;
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

/// One gate with the value it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Its name.
    pub gate: &'static str,
    /// `pass`, `hold`, `refuse` or `not reached`.
    pub verdict: &'static str,
    /// The value it saw.
    pub saw: String,
}

/// What the law's hours and the lists say of a number that no campaign holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByLaw {
    /// The answer in words.
    pub answer: String,
    /// Whether the law's hours alone allow a live call now.
    pub open: bool,
}

/// The instant that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The present, by the deck's clock.
    Now(Timestamp),
    /// Another one, which the clock does not have to show.
    At(Timestamp),
}

/// Asks every gate about a number, in every campaign or in one.
///
/// # Errors
/// When the store cannot be read.
pub fn report<S: Store>(
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
        let made = made(store, contact.id)?;
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
            contacts.push(answer(&contact, facts, &made, now));
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

fn made<S: Store>(store: &mut S, contact: ContactId) -> Result<Vec<Made>, StoreError> {
    let rows = rows::attempts(store, contact)?.into_iter();
    Ok(rows
        .map(|row| Made {
            attempt: row.attempt.id,
            at: row.attempt.sent_at.unwrap_or(row.attempt.reserved_at),
            outcome: row.attempt.outcome,
            cause: row.attempt.cause,
            counts: row.attempt.counts,
            agent_result: row.agent_result,
        })
        .collect())
}

fn answer(contact: &Contact, facts: &policy::Facts<'_>, made: &[Made], now: Timestamp) -> Answer {
    let (decision, checks) = policy::explain(facts, now);
    let next = policy::next_possible(facts, now);
    let (word, reasons) = match &decision {
        Decision::Dial(_) => ("dial", Vec::new()),
        Decision::Hold(hold) => (
            "hold",
            hold.reasons
                .iter()
                .map(|reason| words::hold_code(&reason.kind))
                .collect(),
        ),
        Decision::Refuse(refusal) => ("refuse", vec![refusal.code()]),
    };
    Answer {
        campaign: facts.campaign.name().to_owned(),
        contact: contact.id,
        state: contact.state.as_str(),
        decision: word,
        answer: words::answer(&decision, next) + &finished_because(contact),
        reasons,
        next_possible: next,
        gates: checks
            .into_iter()
            .map(|check| Gate {
                gate: check.gate,
                verdict: verdict(check.verdict),
                saw: check.saw,
            })
            .collect(),
        attempts: made.to_vec(),
    }
}

/// Why a contact has reached its end, as far as its state alone does not say it.
fn finished_because(contact: &Contact) -> String {
    match &contact.reason {
        Some(reason) if contact.state.is_final() => {
            let review = words::review(reason).map_or_else(String::new, |todo| format!(" {todo}"));
            format!(" On record: {reason}.{review}")
        }
        Some(_) | None => String::new(),
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Hold => "hold",
        Verdict::Refuse => "refuse",
        Verdict::NotReached => "not reached",
    }
}

fn by_law(rules: &Rules, number: PhoneNumber, lists: &[Suppression], now: Timestamp) -> ByLaw {
    let located = rules.locate(number, &Hints::default(), Evidence::All);
    let (open, hours) = match located {
        Err(LocateError::Unfit(why)) => (
            false,
            format!("it could not be dialed: {}", words::unfit(why)),
        ),
        Err(why) => (false, format!("it could not be dialed: {why}")),
        Ok(class) => match rules.legal(&class, CallKind::LIVE, &[], now) {
            Legal::Open => (true, "the law's hours for a live call are open".to_owned()),
            Legal::Shut(reason, zone) => {
                let next = rules.next_legal(&class, CallKind::LIVE, &[], now);
                let next = next.map_or_else(String::new, |at| {
                    format!("; a live call is legal from {at}")
                });
                (false, format!("{}: {zone}{next}", words::window(reason)))
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

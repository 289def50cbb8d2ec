//! Why a number is or is not being dialed: the answer, then every gate in order.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::args::WhyArgs;
use super::output::{self, Report, instant};
use super::typed::{Echo, describe, read_numbers};
use super::{CliError, Deck, Env, ExitCode, rules, words};
use crate::clock::Clock;
use crate::domain::campaign::{CallClass, Evidence};
use crate::domain::{Contact, ContactId, Hints, Suppression, Timestamp};
use crate::policy::{self, Context, Decision, Verdict};
use crate::rules::Legal;
use crate::store::Store as _;
use crate::store::sqlite::SqliteStore;

/// `dialdeck why`.
pub fn execute(args: &WhyArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let typed = [args.number.clone()];
    let echo = read_numbers(env, &typed, &args.country)?
        .pop()
        .ok_or_else(|| CliError::usage("no number"))?;
    let mut deck = if args.campaign.is_some() || Deck::exists(env) {
        Some(Deck::open(env)?)
    } else {
        None
    };
    let now = match (args.at, &mut deck) {
        (Some(at), _) => at,
        (None, Some(deck)) => deck.now()?,
        (None, None) => Clock::System.now(),
    };
    let (answers, lists) = match &mut deck {
        Some(deck) => (
            answers(&mut deck.store, &echo, args.campaign.as_deref(), now)?,
            deck.store.suppressions_of(echo.number)?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let stranger = if answers.is_empty() {
        Some(by_law(&echo, &lists, now))
    } else {
        None
    };
    if env.json {
        output::json(
            out,
            &json!({
                "number": echo.number,
                "country": echo.country,
                "zones": echo.zones,
                "now": now,
                "contacts": answers,
                "no_contact": stranger,
                "lists": lists.iter().map(|entry| json!({
                    "list": entry.list,
                    "since": entry.at,
                    "source": entry.source,
                })).collect::<Vec<_>>(),
            }),
        )?;
        return Ok(ExitCode::Done);
    }
    writeln!(out, "{} at {}", describe(&echo), instant(now))?;
    for answer in &answers {
        say(answer, out)?;
    }
    if let Some(stranger) = &stranger {
        writeln!(out)?;
        writeln!(out, "{}", stranger.answer)?;
    }
    for entry in &lists {
        writeln!(out, "on {}", words::suppression(entry))?;
    }
    Ok(ExitCode::Done)
}

/// The answer for one contact.
#[derive(Debug, Serialize)]
struct Answer {
    campaign: String,
    contact: ContactId,
    state: &'static str,
    /// `dial`, `hold` or `refuse`.
    decision: &'static str,
    /// The answer in words.
    #[serde(rename = "answer")]
    words: String,
    /// Codes of what stands against it.
    reasons: Vec<String>,
    next_possible: Option<Timestamp>,
    gates: Vec<Gate>,
}

#[derive(Debug, Serialize)]
struct Gate {
    #[serde(rename = "gate")]
    name: &'static str,
    verdict: &'static str,
    saw: String,
}

/// The answer for a number that no campaign holds.
#[derive(Debug, Serialize)]
struct ByLaw {
    answer: String,
    /// Whether the law's hours alone allow a live call now.
    open: bool,
}

fn answers(
    store: &mut SqliteStore,
    echo: &Echo,
    campaign: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Answer>, CliError> {
    let only = campaign
        .map(|name| store.campaign(name).map(|campaign| campaign.id))
        .transpose()?;
    let context = Context {
        emergency_bans: store
            .settings()?
            .map(|settings| settings.emergency_bans)
            .unwrap_or_default(),
        ..Context::default()
    };
    let mut answers = Vec::new();
    for contact in store.contacts_with(echo.number)? {
        if only.is_some_and(|only| only != contact.campaign) {
            continue;
        }
        store.examine(contact.id, &context, now, &mut |facts| {
            answers.push(answer(&contact, facts, now));
        })?;
    }
    Ok(answers)
}

fn answer(contact: &Contact, facts: &policy::Facts<'_>, now: Timestamp) -> Answer {
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
        words: words::answer(&decision, next) + &finished_because(contact),
        reasons,
        next_possible: next,
        gates: checks
            .into_iter()
            .map(|check| Gate {
                name: check.gate,
                verdict: verdict(check.verdict),
                saw: check.saw,
            })
            .collect(),
    }
}

/// Why a contact has reached its end, as far as its state alone does not say it.
fn finished_because(contact: &Contact) -> String {
    match &contact.reason {
        Some(reason) if contact.state.is_final() => format!(" On record: {reason}."),
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

fn say(answer: &Answer, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(out)?;
    writeln!(
        out,
        "campaign {}, contact {} ({})",
        answer.campaign, answer.contact, answer.state
    )?;
    writeln!(out, "ANSWER: {}", answer.words)?;
    let mut report = Report::new(&["gate", "verdict", "saw"]);
    for gate in &answer.gates {
        report.row([gate.name, gate.verdict, &gate.saw]);
    }
    report.write(out, "no gate was asked")
}

/// What the law's hours and the lists say of a number that no campaign holds.
fn by_law(echo: &Echo, lists: &[Suppression], now: Timestamp) -> ByLaw {
    let rules = rules::in_force();
    let located = rules.locate(echo.number, &Hints::default(), Evidence::Stated);
    let (open, hours) = match located {
        Err(why) => (false, format!("it cannot be dialed: {why}")),
        Ok(class) => match rules.legal(&class, CallClass::Live, &[], now) {
            Legal::Open => (true, "the law's hours for a live call are open".to_owned()),
            Legal::Shut(reason, zone) => {
                let next = rules.next_legal(&class, CallClass::Live, &[], now);
                let next = next.map_or_else(String::new, |at| {
                    format!("; a live call is legal from {}", instant(at))
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
            "ANSWER: It is not being dialed: no campaign holds it. Were one to, {hours}. {listed}"
        ),
        open,
    }
}

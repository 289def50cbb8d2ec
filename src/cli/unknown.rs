//! Contacts of unknown fate, which only a person can settle.

use std::io::Write;

use serde_json::{Value, json};

use super::args::{UnknownCommand, VerdictArgs};
use super::number_input::read_numbers;
use super::output::{self, Report, instant};
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::{Attempt, Contact, ContactId, ContactState};
use crate::store::{Acts as _, ContactQuery, Direction, ListOrder, Reads as _};

/// Contacts read at a time.
const PAGE: usize = 500;

/// The most rows that are read for one page: no limit.
const BUDGET: u64 = u64::MAX;

/// Runs `dialdeck unknown …` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be read, or no such contact has the number.
pub(crate) fn execute(
    command: Option<&UnknownCommand>,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        None => list(env, out),
        Some(UnknownCommand::Reached(args)) => judge(args, true, env, out),
        Some(UnknownCommand::Again(args)) => judge(args, false, env, out),
    }
}

/// A contact with its campaign's name and its last attempt.
struct Case {
    campaign: String,
    contact: Contact,
    last: Option<Attempt>,
}

fn cases(deck: &mut Deck) -> Result<Vec<Case>, CliError> {
    let mut cases = Vec::new();
    for campaign in deck.store.campaigns()? {
        let query = ContactQuery {
            states: Some([ContactState::Unknown].into()),
            ..ContactQuery::all(campaign.id, ListOrder::List)
        };
        let mut from = None;
        loop {
            let (start, way) = (from.take(), Direction::Forward);
            let page = deck.store.page(&query, start.as_ref(), way, PAGE, BUDGET)?;
            for contact in page.rows {
                cases.push(Case {
                    campaign: campaign.name().to_owned(),
                    last: deck.store.attempts_of(contact.id)?.pop(),
                    contact,
                });
            }
            if page.end {
                break;
            }
            from = page.resume;
        }
    }
    Ok(cases)
}

fn list(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let cases = cases(&mut deck)?;
    if env.json {
        let rows: Vec<Value> = cases.iter().map(document).collect();
        output::json(out, &json!({ "unknown": rows }))?;
        return Ok(ExitCode::Done);
    }
    let mut report = Report::new(&["campaign", "number", "name", "attempt", "planned", "trunk"]);
    for case in cases {
        let last = case.last.as_ref();
        report.row([
            case.campaign.clone(),
            case.contact.number.to_string(),
            case.contact.name.clone(),
            last.map_or_else(|| "-".to_owned(), |last| last.id.to_string()),
            last.map_or_else(|| "-".to_owned(), |last| instant(last.reserved_at)),
            last.map_or_else(|| "-".to_owned(), |last| last.trunk.to_string()),
        ]);
    }
    report.write(out, "no contact is of unknown fate")?;
    Ok(ExitCode::Done)
}

fn document(case: &Case) -> Value {
    let last = case.last.as_ref();
    json!({
        "campaign": case.campaign,
        "contact": case.contact.id,
        "number": case.contact.number,
        "name": case.contact.name,
        "attempt": last.map(|last| last.id),
        "planned_at": last.map(|last| last.reserved_at),
        "trunk": last.map(|last| &last.trunk),
    })
}

/// Records the user's verdict on a number's contacts of unknown fate.
fn judge(
    args: &VerdictArgs,
    reached: bool,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let typed = [args.number.clone()];
    let echo = read_numbers(env, &typed, &args.country)?;
    let mut deck = Deck::open_to_write(env)?;
    let mut contacts = Vec::new();
    for echo in &echo {
        contacts.extend(deck.store.contacts_with(echo.number)?);
    }
    contacts.retain(|contact| contact.state == ContactState::Unknown);
    if let Some(name) = &args.campaign {
        let campaign = deck.store.campaign(name)?.id;
        contacts.retain(|contact| contact.campaign == campaign);
    }
    if contacts.is_empty() {
        return Err(
            CliError::failed("there is no contact of unknown fate with this number")
                .hint("`dialdeck unknown` shows those there are"),
        );
    }
    let ids: Vec<ContactId> = contacts.iter().map(|contact| contact.id).collect();
    let by = deck.by()?;
    let judged = if reached {
        deck.store.note_reached(&ids, &by)?
    } else {
        deck.store.requeue(&ids, &by)?
    };
    if env.json {
        output::json(out, &json!({ "contacts": judged, "reached": reached }))?;
    } else {
        let what = if reached {
            "done"
        } else {
            "called again as soon as every gate allows"
        };
        writeln!(out, "{}: {what}", output::count(judged, "contact"))?;
    }
    Ok(ExitCode::Done)
}

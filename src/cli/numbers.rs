//! The caller IDs: whether the provider says that they are owned, their figures, and when they are free.

use std::io::Write;

use serde_json::json;

use super::output::{self, Report, instant};
use super::{CliError, Deck, Env, ExitCode, status};
use crate::domain::{CallerId, PhoneNumber, Timestamp};
use crate::policy::caller_id::OWNERSHIP_LIFE;
use crate::store::Reads as _;
use crate::store::exchange::CallerIdFigures;

/// Runs `dialdeck numbers` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be read.
pub(crate) fn execute(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let now = deck.now()?;
    let board = status::board(&mut deck)?;
    let snapshot = deck.store.snapshot(now)?;
    let ids = snapshot.caller_ids.into_iter().map(|used| used.caller_id);
    let ids: Vec<CallerId> = ids.collect();
    let numbers: Vec<PhoneNumber> = ids.iter().map(|id| id.number).collect();
    let figures = deck.store.caller_id_figures(&numbers, now)?;
    let asked = |id: &CallerId| {
        let mut trunks = snapshot.trunks.iter();
        trunks.any(|(trunk, _)| trunk.name == id.trunk && trunk.capabilities.lists_numbers)
    };
    let mut documents = Vec::new();
    let mut report = Report::new(&[
        "caller id",
        "pool",
        "trunk",
        "attestation",
        "owned",
        "state",
        "last hour",
        "last day",
        "answered",
        "short",
        "blocked",
        "free at",
    ]);
    for ((id, figures), shown) in ids.iter().zip(figures).zip(&board.caller_ids) {
        let mut document = serde_json::to_value(shown).map_err(CliError::failed)?;
        let state = document["state"].as_str().unwrap_or_default().to_owned();
        document["attestation"] = json!(id.attestation);
        document["branded"] = json!(id.branded);
        document["ownership"] = json!(id.ownership);
        document["last_day"] = json!({
            "calls": figures.last_day,
            "answered": figures.answered,
            "short": figures.short,
            "blocked": figures.blocked,
        });
        report.row([
            id.number.to_string(),
            id.pool.clone(),
            id.trunk.to_string(),
            id.attestation.map_or("-".to_owned(), |a| format!("{a:?}")),
            owned(id, asked(id), now).to_owned(),
            state,
            format!("{}/{}", shown.per_hour[0], shown.per_hour[1]),
            figures.last_day.to_string(),
            share(figures.answered, figures.last_day),
            share(figures.short, figures.answered),
            blocked(figures),
            shown.frees_at.map_or_else(|| "-".to_owned(), instant),
        ]);
        documents.push(document);
    }
    if env.json {
        output::json(out, &json!({ "caller_ids": documents }))?;
    } else {
        report.write(
            out,
            "no caller ID: `dialdeck config print` shows the deck's pools",
        )?;
    }
    Ok(ExitCode::Done)
}

/// Returns whether the caller ID is owned, as the provider says. Where the provider is not asked, the deck
/// file decides.
fn owned(id: &CallerId, asked: bool, now: Timestamp) -> &'static str {
    match id.ownership {
        None if asked => "not known",
        None => "by the file",
        Some(said) if now.since(said.at) > OWNERSHIP_LIFE => "not for a day",
        Some(said) if said.owned => "yes",
        Some(_) => "NO",
    }
}

fn share(part: u64, whole: u64) -> String {
    match (part * 100).checked_div(whole) {
        Some(percent) => format!("{percent}%"),
        None => "-".to_owned(),
    }
}

fn blocked(figures: CallerIdFigures) -> String {
    match figures.blocked {
        0 => "-".to_owned(),
        n => format!("{n}!"),
    }
}

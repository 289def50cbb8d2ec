//! The deck's present numbers: campaigns, zones, caller IDs, alerts.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::deck::Owner;
use super::output::{self, Report, instant};
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::{CampaignState, UnfinishedImport};
use crate::engine::board::{Board, CallerIdBoard, CampaignBoard, Phase, TrunkBoard};
use crate::engine::next_claim::NextClaim;
use crate::policy::Refusal;
use crate::store::Reads as _;
use crate::tui::format;

/// The message where no engine owns the deck.
const NO_ENGINE: &str = "no engine runs: nothing is dialed until `dialdeck run` starts one";

/// Runs `dialdeck status` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be read, or the output cannot be written.
pub(crate) fn status(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let board = board(&mut deck)?;
    let owner = deck.owner();
    let engine = match &owner {
        Owner::Engine => "running",
        Owner::Nobody => "none",
        Owner::Unseen(_) => "unknown",
    };
    if env.json {
        let mut document = document(&board, engine)?;
        document["unfinished_imports"] = unfinished(&mut deck)?
            .into_iter()
            .map(|(entry, import)| json!({"entry": entry, "import": import}))
            .collect();
        output::json(out, &document)?;
        return Ok(ExitCode::Done);
    }
    writeln!(
        out,
        "deck {}   engine {engine}   {}",
        output::named(&env.deck),
        instant(board.now)
    )?;
    match &owner {
        Owner::Engine => {}
        Owner::Nobody => writeln!(out, "{NO_ENGINE}")?,
        Owner::Unseen(why) => writeln!(out, "{why}")?,
    }
    writeln!(out)?;
    campaigns(&board.campaigns, out)?;
    zones(&board, out)?;
    trunks(&board.trunks, out)?;
    if !board.caller_ids.is_empty() {
        writeln!(out)?;
        caller_ids(&board.caller_ids, out)?;
    }
    for import in output::unfinished(&unfinished(&mut deck)?) {
        writeln!(out, "{import}")?;
    }
    for alert in &board.alerts {
        writeln!(out, "alert {} {}", alert.at, alert.data.text)?;
    }
    Ok(ExitCode::Done)
}

/// Returns the deck's board at its present instant.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(crate) fn board(deck: &mut Deck) -> Result<Board, CliError> {
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    Ok(Board::fold(&mut deck.store, &snapshot, &deck.rules, now)?)
}

/// Returns the imports that have started and not ended, by the sequence number of their first entry.
fn unfinished(deck: &mut Deck) -> Result<BTreeMap<i64, UnfinishedImport>, CliError> {
    let now = deck.now()?;
    Ok(deck.store.snapshot(now)?.unfinished_imports)
}

/// Returns the status document: the board with the deck's own state in front.
fn document(board: &Board, engine: &str) -> Result<Value, CliError> {
    let mut document = serde_json::to_value(board).map_err(CliError::failed)?;
    document["deck"] = json!({"engine": engine, "now": board.now});
    Ok(document)
}

/// Writes one row for each campaign.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub(crate) fn campaigns(campaigns: &[CampaignBoard], out: &mut dyn Write) -> Result<(), CliError> {
    let mut report = Report::new(&[
        "campaign",
        "state",
        "total",
        "done",
        "in flight",
        "ready",
        "window",
        "retry",
        "cap",
        "suppressed",
        "exhausted",
        "expired",
        "invalid",
        "unknown",
        "attempts",
        "abandoned",
    ]);
    for campaign in campaigns {
        let counts = [
            campaign.total,
            campaign.done,
            campaign.in_flight,
            campaign.ready,
            campaign.waiting.window,
            campaign.waiting.retry,
            campaign.waiting.cap,
            campaign.suppressed,
            campaign.exhausted,
            campaign.expired,
            campaign.invalid,
            campaign.unknown,
            campaign.attempts,
        ];
        let cells = [campaign.name.clone(), campaign.phase.as_str().to_owned()];
        let counts = counts.map(|n| n.to_string());
        report.row(cells.into_iter().chain(counts).chain([abandoned(campaign)]));
    }
    report.write(
        out,
        "no campaign yet: `dialdeck campaign add FILE` adds one",
    )?;
    for campaign in campaigns {
        if let Some(why) = why(campaign) {
            writeln!(out, "{} {why}", campaign.name)?;
        }
    }
    Ok(())
}

/// Returns why no call of a running campaign leaves; `None` if calls leave as its pace allows, or if it does
/// not run.
fn why(campaign: &CampaignBoard) -> Option<String> {
    let hold = match &campaign.next {
        NextClaim::Hold(hold) => hold,
        NextClaim::Refuse(over @ Refusal::CampaignExpired(_))
            if campaign.state == CampaignState::Running =>
        {
            return Some(format!("makes no more calls: {over}"));
        }
        NextClaim::Refuse(_) | NextClaim::Dial | NextClaim::NothingLeft => return None,
    };
    match campaign.phase {
        Phase::Held => {
            let since = campaign
                .held_since
                .map_or_else(String::new, |at| format!(" since {}", instant(at)));
            Some(format!("is held{since}: {hold}") + &todo(campaign))
        }
        Phase::Waiting => Some(format!("waits: {hold}") + &todo(campaign)),
        Phase::Draft | Phase::Running | Phase::Paused | Phase::Done | Phase::Stopped => None,
    }
}

/// Returns what to do about a hold, each part after a semicolon.
fn todo(campaign: &CampaignBoard) -> String {
    let each = campaign.remedies.iter().map(|todo| format!("; {todo}"));
    each.collect()
}

/// Returns the abandoned calls among live answers as the law counts them, and those since the brake's release
/// if they differ: `4/20 20.0%`.
fn abandoned(campaign: &CampaignBoard) -> String {
    let rate = |[abandoned, answered]: [u64; 2]| {
        let percent = format::percent_fine(abandoned, answered);
        format!("{abandoned}/{answered} {percent}")
    };
    let law = rate(campaign.abandoned);
    if campaign.abandoned_since_release == campaign.abandoned {
        return law;
    }
    format!(
        "{law}; {} since release",
        rate(campaign.abandoned_since_release)
    )
}

fn zones(board: &Board, out: &mut dyn Write) -> Result<(), CliError> {
    if board.zones.is_empty() {
        return Ok(());
    }
    let mut report = Report::new(&["campaign", "zones", "to call", "open", "changes at"]);
    for zone in &board.zones {
        let zones = if zone.zones.is_empty() {
            "not known".to_owned()
        } else {
            zone.zones.join(" / ")
        };
        report.row([
            zone.campaign.clone(),
            zones,
            zone.to_call.to_string(),
            zone.open.to_string(),
            zone.changes_at.map_or_else(|| "-".to_owned(), instant),
        ]);
    }
    writeln!(out)?;
    report.write(out, "")
}

/// Writes one row for each trunk that had calls without an agent.
fn trunks(trunks: &[TrunkBoard], out: &mut dyn Write) -> Result<(), CliError> {
    let missed = |trunk: &&TrunkBoard| trunk.without_agent[0] > 0;
    if !trunks.iter().any(|trunk| missed(&trunk)) {
        return Ok(());
    }
    let mut report = Report::new(&["trunk", "in flight", "last minute", "without an agent"]);
    for trunk in trunks.iter().filter(missed) {
        let [without, all] = trunk.without_agent;
        let of = |[now, cap]: [u32; 2]| format!("{now}/{cap}");
        report.row([
            trunk.name.to_string(),
            of(trunk.caps.concurrent),
            of(trunk.caps.per_minute),
            // A tenth of a percent, so that one call in a thousand is visible.
            format!(
                "{without} of {all} ({}.{} %)",
                without * 100 / all,
                without * 1000 / all % 10
            ),
        ]);
    }
    writeln!(out)?;
    report.write(out, "")
}

fn caller_ids(ids: &[CallerIdBoard], out: &mut dyn Write) -> Result<(), CliError> {
    let mut report = Report::new(&[
        "caller id",
        "pool",
        "trunk",
        "state",
        "last hour",
        "free at",
    ]);
    for id in ids {
        let state = serde_json::to_value(id.state).map_err(CliError::failed)?;
        report.row([
            id.number.to_string(),
            id.pool.clone(),
            id.trunk.to_string(),
            if id.proven {
                state.as_str().unwrap_or_default().to_owned()
            } else {
                "not proven ours".to_owned()
            },
            format!("{}/{}", id.per_hour[0], id.per_hour[1]),
            id.frees_at.map_or_else(|| "-".to_owned(), instant),
        ]);
    }
    report.write(
        out,
        "no caller ID: `dialdeck config print` shows the deck's pools",
    )
}

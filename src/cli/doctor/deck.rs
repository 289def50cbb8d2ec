//! Checks the deck's store: whether it is whole and where it was, its clock, counters, calls and lists.

use super::{Finding, Level, finding, lists};
use crate::cli::deck::Owner;
use crate::cli::output::{self, count, instant};
use crate::cli::{CliError, Deck, Env, advice, integrity, mark_state, messages, older_copy, place};
use crate::clock::{Clock, DeckClock};
use crate::config::DeckConfig;
use crate::domain::event::Alert;
use crate::domain::{AttemptState, CallerIdState, Timestamp, clock_behind};
use crate::engine::board::Board;
use crate::store::sqlite::mark::Standing;
use crate::store::{Reads as _, Snapshot};

/// Adds the results that could not be delivered, and the messages of carriers that were refused.
pub(super) fn exchange_findings(
    deck: &mut Deck,
    findings: &mut Vec<Finding>,
) -> Result<(), CliError> {
    let given_up = deck.store.results_given_up()?.len() as u64;
    if given_up > 0 {
        let text = format!(
            "{} could not be delivered; `dialdeck results list` says why",
            count(given_up, "result")
        );
        findings.push(finding("results", Level::Warn, text));
    }
    for refused in deck.store.quarantined()? {
        let text = format!(
            "trunk {}: {} from outside not taken ({}), the last at {}",
            refused.trunk,
            count(refused.count, "request"),
            refused.reason,
            instant(refused.last_at)
        );
        findings.push(finding("inbound", Level::Warn, text));
    }
    Ok(())
}

/// Returns the emergency bans: those that the running engine holds, and those of the deck file where they
/// differ, which hold from the next start.
pub(super) fn bans(deck: &Deck, snapshot: &Snapshot, file: Option<&DeckConfig>) -> Option<Finding> {
    let held = &snapshot.emergency_bans;
    let written = file.map_or(held, |config| &config.settings.emergency_bans);
    let named = |bans: &[String]| match bans {
        [] => "none".to_owned(),
        bans => bans.join(", "),
    };
    let text = match deck.owner() {
        Owner::Engine | Owner::Unseen(_) if held != written => format!(
            "emergency ban: the deck file has changed: {} there; the running engine holds {}, until it is started again",
            named(written),
            named(held)
        ),
        Owner::Engine | Owner::Unseen(_) | Owner::Nobody if written.is_empty() => return None,
        Owner::Engine | Owner::Unseen(_) => {
            format!(
                "emergency ban in force: {}; contacts there wait",
                named(held)
            )
        }
        Owner::Nobody => format!(
            "emergency ban in force from the next start: {}; contacts there wait",
            named(written)
        ),
    };
    Some(finding("bans", Level::Warn, text))
}

/// Adds whether the store is as the last run left it, and faults of the deck's mark.
fn mark(deck: &Deck, findings: &mut Vec<Finding>) {
    let marked = deck.marked();
    let faults = marked.faults.iter();
    findings.extend(faults.map(|fault| finding("mark", Level::Warn, fault.to_string())));
    findings.push(match mark_state::error(&marked.standing) {
        Some(error) => finding("mark", Level::Fail, error.with_hint()),
        None => finding(
            "mark",
            Level::Ok,
            "the store is as the last run left it".to_owned(),
        ),
    });
}

/// Adds the findings about the deck's store. If the store cannot be read to its end, the rest is left out.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn findings(
    deck: &mut Deck,
    env: &Env,
    findings: &mut Vec<Finding>,
) -> Result<(), CliError> {
    mark(deck, findings);
    findings.extend(older_copy(deck, env)?);
    match wholeness(deck) {
        Ok(found) => findings.push(found),
        Err(error) => {
            let text = format!("{error}; {}", integrity::WAY_OUT);
            findings.push(finding("whole", Level::Fail, text));
            return Ok(());
        }
    }
    let clock = deck.clock()?;
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    findings.push(contents(deck, &snapshot));
    findings.push(engine(deck));
    findings.extend(deck_file_alerts(deck, &snapshot, now)?);
    findings.push(clock_finding(clock, &snapshot));
    findings.push(partition(deck, now)?);
    findings.extend(lists::findings(&snapshot, &deck.rules, now));
    for (trunk, _) in &snapshot.trunks {
        if let Some(rest) = snapshot.rest_of(&trunk.name, now) {
            let found = messages::rest(&trunk.name, &rest);
            findings.push(finding("trunk", Level::Warn, found));
        }
    }
    for advice in advice::fewer_places(deck)? {
        findings.push(finding("contacts", Level::Warn, advice));
    }
    for import in output::unfinished(&snapshot.unfinished_imports) {
        findings.push(finding("import", Level::Warn, import));
    }
    findings.push(caller_ids(&snapshot, now));
    findings.extend(unknown_calls(&snapshot));
    Ok(())
}

/// Returns the finding about actions that were recorded in an older copy of the deck's store. No engine
/// starts on the newer store, which lacks them.
fn older_copy(deck: &Deck, env: &Env) -> Result<Option<Finding>, CliError> {
    let Some(note) = older_copy::note(env, deck.store.deck_id())? else {
        return Ok(None);
    };
    let text = if matches!(deck.marked().standing, Standing::Older(_)) {
        note.in_this_store()
    } else {
        note.missing().with_hint()
    };
    Ok(Some(finding("copies", Level::Fail, text)))
}

fn contents(deck: &Deck, snapshot: &Snapshot) -> Finding {
    let text = format!(
        "deck {}, {}, {}",
        deck.store.deck_id(),
        count(snapshot.campaigns.len() as u64, "campaign"),
        count(u64::try_from(snapshot.head).unwrap_or(0), "event")
    );
    finding("store", Level::Ok, text)
}

fn engine(deck: &Deck) -> Finding {
    match deck.owner() {
        Owner::Engine => finding("engine", Level::Ok, "an engine owns the deck".to_owned()),
        Owner::Nobody => {
            let text = "none runs; `dialdeck run` starts it";
            finding("engine", Level::Ok, text.to_owned())
        }
        Owner::Unseen(why) => finding("engine", Level::Fail, why),
    }
}

fn unknown_calls(snapshot: &Snapshot) -> Option<Finding> {
    let calls = snapshot.in_flight.iter();
    let unknown = calls
        .filter(|attempt| attempt.state == AttemptState::Unknown)
        .count() as u64;
    (unknown > 0).then(|| {
        let text = format!(
            "{} of unknown fate; each keeps its slot until it is reconciled",
            count(unknown, "call")
        );
        finding("calls", Level::Warn, text)
    })
}

/// Returns whether the deck is where its last engine ran. At another place an engine starts only after the
/// user has said why the deck is there.
pub(super) fn place_finding(deck: &mut Deck, env: &Env) -> Result<Finding, CliError> {
    let found = place::differences(deck, env)?;
    Ok(if found.is_empty() {
        finding("place", Level::Ok, "as its last engine found it".to_owned())
    } else {
        let next = if deck.must_be_current().is_ok() {
            "the next one starts with `run --moved` or after `run --copy`"
        } else {
            "none starts before the store is as the last run left it"
        };
        let text = format!(
            "not where its last engine ran: {}; {next}",
            found.join("; ")
        );
        finding("place", Level::Fail, text)
    })
}

/// Returns whether the file, the log and the tables agree.
fn wholeness(deck: &mut Deck) -> Result<Finding, CliError> {
    let found = deck.store.cross_check()?;
    Ok(if found.is_empty() {
        let good = "its file is sound, and its tables are what the log adds up to";
        finding("whole", Level::Ok, good.to_owned())
    } else {
        let found = integrity::brief(&found);
        let found = format!("nothing is dialed: {found}; {}", integrity::WAY_OUT);
        finding("whole", Level::Fail, found)
    })
}

/// Returns the engine's alerts about a deck file that changed while it ran.
fn deck_file_alerts(
    deck: &mut Deck,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<Vec<Finding>, CliError> {
    let board = Board::fold(&mut deck.store, snapshot, &deck.rules, now)?;
    let alerts = board.alerts.into_iter().map(|alert| alert.data);
    let about = alerts.filter(|data| data.alert == Alert::DeckFileChanged);
    let said = about.map(|data| finding("deck file", Level::Warn, data.text));
    Ok(said.collect())
}

/// Returns the finding about the clock. A clock behind the log means that the machine's time was set back:
/// nothing may be sent (D19).
fn clock_finding(clock: DeckClock, snapshot: &Snapshot) -> Finding {
    let machine = Clock::System.now();
    match (clock, clock_behind(snapshot.last_event_at, machine)) {
        (DeckClock::System, Some(last)) => finding(
            "clock",
            Level::Fail,
            format!(
                "the machine's clock says {}, the last event is of {}, and nothing is dialed until then: \
                 set the clock right; a deck that ran on a simulated clock goes on with --speed; \
                 if the machine's clock is right: `dialdeck clock accept`",
                instant(machine),
                instant(last)
            ),
        ),
        (DeckClock::System, None) => finding("clock", Level::Ok, instant(machine)),
        (DeckClock::Scaled(scaled), _) => finding(
            "clock",
            Level::Ok,
            format!("simulated, {} times real time", scaled.factor),
        ),
        (DeckClock::Virtual, _) => finding(
            "clock",
            Level::Ok,
            "simulated, from event to event".to_owned(),
        ),
    }
}

/// Returns whether every gauge equals a recount from the rows (D16).
fn partition(deck: &mut Deck, now: Timestamp) -> Result<Finding, CliError> {
    let (snapshot, recount) = deck.store.snapshot_and_recount(now)?;
    let board = Board::fold(&mut deck.store, &snapshot, &deck.rules, now)?;
    let mut wrong = Vec::new();
    for (counts, shown) in snapshot.campaigns.iter().zip(&board.campaigns) {
        let rows = recount
            .get(&counts.campaign.id)
            .cloned()
            .unwrap_or_default();
        let total: u64 = rows.contacts.values().sum();
        let same = counts
            .contacts
            .iter()
            .filter(|(_, count)| **count > 0)
            .eq(rows.contacts.iter().filter(|(_, count)| **count > 0));
        if !same || total != shown.total {
            wrong.push(shown.name.clone());
        }
    }
    Ok(if wrong.is_empty() {
        finding(
            "counters",
            Level::Ok,
            "every number equals its recount".to_owned(),
        )
    } else {
        finding(
            "counters",
            Level::Fail,
            format!("not equal to a recount: {}", wrong.join(", ")),
        )
    })
}

fn caller_ids(snapshot: &Snapshot, now: Timestamp) -> Finding {
    let active = snapshot
        .caller_ids
        .iter()
        .map(|usage| &usage.caller_id)
        .filter(|id| id.state == CallerIdState::Active && id.rests(now).is_none())
        .filter(|id| snapshot.is_proven(id, now))
        .count();
    let level = if active == 0 { Level::Warn } else { Level::Ok };
    finding(
        "caller ids",
        level,
        format!("{active} of {} may be shown", snapshot.caller_ids.len()),
    )
}

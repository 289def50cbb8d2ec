//! Checks everything that a deck depends on, without placing a call: what is good, what is not, and what to
//! do.

mod lists;
mod outside;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::deck::Owner;
use super::output::{self, Report, count, instant};
use super::rules::System;
use super::{
    CliError, Deck, Env, ExitCode, advice, console, deck, loss, messages, place, rules, standing,
    whole,
};
use crate::clock::{Clock, DeckClock};
use crate::config::{DeckConfig, has_deck_file};
use crate::domain::{CallerIdState, CampaignState, DeckId, Timestamp, clock_behind};
use crate::engine::board::Board;
use crate::engine::deck_file;
use crate::store::{Outside as _, Recover as _, Snapshot, Store as _};

const DAY: Duration = Duration::from_hours(24);

/// The deck's id where there is no deck. Checking a carrier places no call that would carry it.
const NO_DECK: DeckId = DeckId(0);

/// The days ahead over which zones in dispute are searched, once per day.
const DISPUTES_AHEAD: u32 = 366;

/// How long before the end of the known holidays a warning is given.
const HOLIDAYS_AHEAD: Duration = Duration::from_hours(366 * 24);

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// The finding of one check.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    found: String,
}

/// Runs `dialdeck doctor`. Returns exit code 1 if a check fails.
///
/// # Errors
///
/// Errors if the store cannot be read, or the output cannot be written.
pub fn execute(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut findings = Vec::new();
    law(env, &mut findings);
    zone_data(
        deck::present(env).unwrap_or_else(|_| Clock::System.now()),
        &mut findings,
    );
    deck_file(env, &mut findings);
    let looks = console::broken(env).into_iter();
    findings.extend(looks.map(|error| finding("console", Level::Warn, error.brief())));
    let mut deck = if Deck::exists(env) {
        Deck::open_quietly(env)
            .map_err(|error| findings.push(finding("store", Level::Fail, error.message)))
            .ok()
    } else {
        let level = match loss::of(env) {
            Some(_) => Level::Fail,
            None => Level::Warn,
        };
        findings.push(finding("store", level, Deck::missing(env).message));
        None
    };
    if let Some(deck) = &mut deck {
        deck_findings(deck, &mut findings)?;
        findings.push(place_finding(deck, env)?);
    }
    // A broken deck file has been reported already.
    if let Ok(config) = env.deck_config() {
        config_findings(deck.as_mut(), &config, env, &mut findings)?;
    }
    if let Some(deck) = &mut deck {
        exchange_findings(deck, &mut findings)?;
    }
    let good = findings.iter().all(|found| found.level != Level::Fail);
    if env.json {
        output::json(out, &json!({"ok": good, "checks": findings}))?;
    } else {
        let mut report = Report::new(&["check", "", "found"]);
        for found in &findings {
            let level = match found.level {
                Level::Ok => "ok",
                Level::Warn => "warn",
                Level::Fail => "FAIL",
            };
            report.row([found.check, level, &found.found]);
        }
        report.write(out, "")?;
    }
    Ok(if good {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// Adds the warnings of the deck file, and the findings of its carriers and its listener.
fn config_findings(
    deck: Option<&mut Deck>,
    config: &DeckConfig,
    env: &Env,
    findings: &mut Vec<Finding>,
) -> Result<(), CliError> {
    for warning in &config.warnings {
        findings.push(finding("deck file", Level::Warn, warning.to_string()));
    }
    let Some(deck) = deck else {
        findings.extend(outside::findings(
            config,
            &NO_DECK.into(),
            (false, false),
            env,
        )?);
        return Ok(());
    };
    let campaigns = deck.store.campaigns()?;
    let now = deck.now()?;
    let classes = deck.store.snapshot(now)?.classes;
    for campaign in campaigns
        .iter()
        .filter(|one| !matches!(one.state, CampaignState::Stopped | CampaignState::Done))
    {
        for wrong in config.at_odds_with(&campaign.settings) {
            findings.push(finding("campaign", Level::Warn, wrong));
        }
        for advice in advice::of(rules::in_force(), &campaign.settings, classes.values()) {
            findings.push(finding("law", Level::Warn, advice));
        }
    }
    let mut campaigns = campaigns.iter();
    let wants_results = campaigns.any(|campaign| campaign.settings.results_url.is_some());
    let state = (deck.owner() != Owner::Nobody, wants_results);
    let ids = deck.store.incarnations()?;
    findings.extend(outside::findings(config, &ids, state, env)?);
    Ok(())
}

/// Adds the results that could not be delivered, and the messages of carriers that were refused.
fn exchange_findings(deck: &mut Deck, findings: &mut Vec<Finding>) -> Result<(), CliError> {
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

fn finding(check: &'static str, level: Level, found: String) -> Finding {
    Finding {
        check,
        level,
        found,
    }
}

fn law(env: &Env, findings: &mut Vec<Finding>) {
    findings.push(match rules::lay_over(env) {
        Ok(()) => {
            let digest = format!("digest {}", rules::in_force().digest());
            finding("rules", Level::Ok, digest)
        }
        Err(fault) => finding("rules", Level::Fail, fault.message),
    });
}

/// Adds the zone database in use, and the zones whose contacts are held because two databases disagree.
fn zone_data(now: Timestamp, findings: &mut Vec<Finding>) {
    let choice = rules::choice();
    let level = match choice.system {
        System::Unusable(..) => Level::Warn,
        System::None | System::Decides(_) | System::NotNewer(..) => Level::Ok,
    };
    findings.push(finding("zone data", level, choice.words()));
    if let Some(fault) = rules::in_force().zone_data_fault() {
        findings.push(finding(
            "zone data",
            Level::Fail,
            format!("nothing is dialed: {fault}"),
        ));
    }
    let mut disputed: BTreeMap<&str, u32> = BTreeMap::new();
    for day in 0..DISPUTES_AHEAD {
        for zone in rules::in_force().zones_in_dispute(now + DAY * day) {
            disputed.entry(zone).or_insert(day);
        }
    }
    findings.extend(holidays(now));
    if !disputed.is_empty() {
        let zones: Vec<String> = disputed
            .into_iter()
            .map(|(zone, day)| match day {
                0 => format!("{zone} now"),
                _ => format!("{zone} from {}", instant(now + DAY * day)),
            })
            .collect();
        findings.push(finding(
            "zone data",
            Level::Ok,
            format!(
                "the two disagree on {}; their contacts are held while it matters",
                zones.join(", ")
            ),
        ));
    }
}

/// Returns the end of the known holidays. It is a warning in the last year before that day.
fn holidays(now: Timestamp) -> Option<Finding> {
    let (last, calendars) = rules::in_force().holiday_tables_end()?;
    let end: Timestamp = format!("{last}T00:00:00Z").parse().ok()?;
    let (level, todo) = if now + HOLIDAYS_AHEAD > end {
        let todo =
            "; from the next day on nothing is dialed there: bring dialdeck up to date before";
        (Level::Warn, todo)
    } else {
        (Level::Ok, "")
    };
    let calendars = calendars.join(", ");
    let found = format!("known to {last} for {calendars}{todo}");
    Some(finding("holidays", level, found))
}

fn deck_file(env: &Env, findings: &mut Vec<Finding>) {
    findings.push(match env.deck_config() {
        Ok(config) if has_deck_file(&env.config) => finding(
            "deck file",
            Level::Ok,
            format!(
                "{}: {}, {}",
                env.config.display(),
                count(config.settings.trunks.len() as u64, "trunk"),
                count(config.settings.caller_ids.len() as u64, "caller ID")
            ),
        ),
        Ok(_) => finding(
            "deck file",
            Level::Ok,
            format!(
                "none at {}: the embedded defaults hold (simulated carrier)",
                env.config.display()
            ),
        ),
        Err(error) => finding("deck file", Level::Fail, error.message),
    });
}

/// Adds whether the store is as the last run left it, and faults of the deck's mark.
fn mark(deck: &Deck, findings: &mut Vec<Finding>) {
    let marked = deck.marked();
    let faults = marked.faults.iter();
    findings.extend(faults.map(|fault| finding("mark", Level::Warn, fault.clone())));
    findings.push(match standing::error(&marked.standing) {
        Some(error) => {
            let hint = error.hint.unwrap_or_default();
            finding("mark", Level::Fail, format!("{}; {hint}", error.message))
        }
        None => finding(
            "mark",
            Level::Ok,
            "the store is as the last run left it".to_owned(),
        ),
    });
}

fn deck_findings(deck: &mut Deck, findings: &mut Vec<Finding>) -> Result<(), CliError> {
    mark(deck, findings);
    match wholeness(deck) {
        Ok(found) => findings.push(found),
        // A store that cannot be read to its end gives no further findings.
        Err(error) => {
            let text = format!("{}; {}", error.message, whole::WAY_OUT);
            findings.push(finding("whole", Level::Fail, text));
            return Ok(());
        }
    }
    let clock = deck.clock()?;
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    findings.push(finding(
        "store",
        Level::Ok,
        format!(
            "deck {}, {}, {}",
            deck.store.deck_id(),
            count(snapshot.campaigns.len() as u64, "campaign"),
            count(u64::try_from(snapshot.head).unwrap_or(0), "event")
        ),
    ));
    findings.push(match deck.owner() {
        Owner::Engine => finding("engine", Level::Ok, "an engine owns the deck".to_owned()),
        Owner::Nobody => {
            let text = "none runs; `dialdeck run` starts it";
            finding("engine", Level::Ok, text.to_owned())
        }
        Owner::Unseen(why) => finding("engine", Level::Fail, why),
    });
    if !snapshot.emergency_bans.is_empty() {
        let text = format!(
            "emergency ban in force: {}; contacts there wait",
            snapshot.emergency_bans.join(", ")
        );
        findings.push(finding("bans", Level::Warn, text));
    }
    findings.extend(said_of_file(deck, &snapshot, now)?);
    findings.push(clock_finding(clock, &snapshot));
    findings.push(partition(deck, now)?);
    findings.extend(lists::findings(&snapshot, now));
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
    let unknown = snapshot
        .in_flight
        .iter()
        .filter(|attempt| attempt.state == crate::domain::AttemptState::Unknown)
        .count() as u64;
    if unknown > 0 {
        findings.push(finding(
            "calls",
            Level::Warn,
            format!(
                "{} of unknown fate; each keeps its slot until it is reconciled",
                count(unknown, "call")
            ),
        ));
    }
    Ok(())
}

/// Returns whether the deck is where its last engine ran. At another place an engine starts only after the
/// user has said why the deck is there.
fn place_finding(deck: &mut Deck, env: &Env) -> Result<Finding, CliError> {
    let found = place::differences(deck, env)?;
    Ok(if found.is_empty() {
        finding("place", Level::Ok, "as its last engine found it".to_owned())
    } else {
        let text = format!(
            "not where its last engine ran: {}; the next one starts with `run --moved` or after `run --copy`",
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
        let found = whole::brief(&found);
        let found = format!("nothing is dialed: {found}; {}", whole::WAY_OUT);
        finding("whole", Level::Fail, found)
    })
}

/// Returns the engine's alerts about a deck file that changed while it ran.
fn said_of_file(
    deck: &mut Deck,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<Vec<Finding>, CliError> {
    let board = Board::fold(&mut deck.store, snapshot, rules::in_force(), now)?;
    let alerts = board.alerts.iter().map(|alert| &alert["data"]);
    let about = alerts.filter(|data| data["alert"] == deck_file::CHANGED);
    let texts = about.filter_map(|data| data["text"].as_str());
    let said = texts.map(|text| finding("deck file", Level::Warn, text.to_owned()));
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
    let board = Board::fold(&mut deck.store, &snapshot, rules::in_force(), now)?;
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

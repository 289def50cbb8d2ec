//! Checks everything that a deck depends on, without placing a call: what is good, what is not, and what to
//! do.

mod build;
mod deck;
mod lists;
mod network;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::deck::{Owner, present};
use super::output::{self, Report, count, instant};
use super::rules::System;
use super::{CliError, Deck, Env, ExitCode, advice, carriers, console, lost_store, rules};
use crate::clock::Clock;
use crate::config::{DeckConfig, has_deck_file};
use crate::domain::{CampaignState, DeckId, Timestamp};
use crate::rules::Rules;
use crate::store::Reads as _;

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
pub(crate) fn execute(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut findings = Vec::new();
    let mut env = env.clone();
    law(&mut env, &mut findings);
    let env = &env;
    let now = present(env).unwrap_or_else(|_| Clock::System.now());
    zone_data(env, now, &mut findings);
    findings.push(build::sqlite());
    deck_file(env, &mut findings);
    let looks = console::broken(env).into_iter();
    findings.extend(looks.flat_map(|error| each(&error, "console", Level::Warn)));
    let mut deck = if Deck::exists(env) {
        Deck::open_quietly(env)
            .map_err(|error| findings.push(finding("store", Level::Fail, error.to_string())))
            .ok()
    } else {
        let level = match lost_store::of(env) {
            Some(_) => Level::Fail,
            None => Level::Warn,
        };
        findings.push(finding("store", level, Deck::missing(env).to_string()));
        None
    };
    if let Some(deck) = &mut deck {
        deck::findings(deck, env, &mut findings)?;
        findings.push(deck::place_finding(deck, env)?);
    }
    match env.deck_config() {
        Ok(config) => config_findings(deck.as_mut(), &config, env, &mut findings)?,
        // A broken deck file has been reported already.
        Err(_) => {
            if let Some(deck) = &mut deck {
                let now = deck.now()?;
                let snapshot = deck.store.snapshot(now)?;
                findings.extend(deck::bans(deck, &snapshot, None));
            }
        }
    }
    if let Some(deck) = &mut deck {
        deck::exchange_findings(deck, &mut findings)?;
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
    for fault in carriers::missing_profiles(config) {
        findings.push(finding("trunk", Level::Fail, fault));
    }
    let Some(deck) = deck else {
        findings.extend(network::findings(
            config,
            &NO_DECK.into(),
            (false, false),
            env,
        )?);
        return Ok(());
    };
    let campaigns = deck.store.campaigns()?;
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    findings.extend(deck::bans(deck, &snapshot, Some(config)));
    let classes = snapshot.classes;
    for campaign in campaigns
        .iter()
        .filter(|one| !matches!(one.state, CampaignState::Stopped | CampaignState::Done))
    {
        for wrong in config.mismatches_with(&campaign.settings) {
            findings.push(finding("campaign", Level::Warn, wrong));
        }
        for advice in advice::of(&env.rules, &campaign.settings, classes.values()) {
            findings.push(finding("law", Level::Warn, advice));
        }
    }
    let mut campaigns = campaigns.iter();
    let wants_results = campaigns.any(|campaign| campaign.settings.results_url.is_some());
    let state = (deck.owner() != Owner::Nobody, wants_results);
    let ids = deck.store.incarnations()?;
    findings.extend(network::findings(config, &ids, state, env)?);
    Ok(())
}

fn finding(check: &'static str, level: Level, found: String) -> Finding {
    Finding {
        check,
        level,
        found,
    }
}

/// Returns a finding for each fault of an error.
fn each(error: &CliError, check: &'static str, level: Level) -> Vec<Finding> {
    let faults = error.each().into_iter();
    faults.map(|found| finding(check, level, found)).collect()
}

fn law(env: &mut Env, findings: &mut Vec<Finding>) {
    match rules::of_deck(env) {
        Ok(rules) => {
            let digest = format!("digest {}", rules.digest());
            env.rules = rules;
            findings.push(finding("rules", Level::Ok, digest));
        }
        Err(error) => findings.extend(each(&error, "rules", Level::Fail)),
    }
}

/// Adds the zone database in use, and the zones whose contacts are held because two databases disagree.
fn zone_data(env: &Env, now: Timestamp, findings: &mut Vec<Finding>) {
    let choice = &env.zone_data;
    let level = match choice.system {
        System::Unusable(..) => Level::Warn,
        System::None | System::Decides(_) | System::NotNewer(..) => Level::Ok,
    };
    findings.push(finding("zone data", level, choice.words()));
    if let Some(fault) = env.rules.zone_data_fault() {
        findings.push(finding(
            "zone data",
            Level::Fail,
            format!("nothing is dialed: {fault}"),
        ));
    }
    let mut disputed: BTreeMap<&str, u32> = BTreeMap::new();
    for day in 0..DISPUTES_AHEAD {
        for zone in env.rules.zones_in_dispute(now + DAY * day) {
            disputed.entry(zone).or_insert(day);
        }
    }
    findings.extend(holidays(&env.rules, now));
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
fn holidays(rules: &Rules, now: Timestamp) -> Option<Finding> {
    let (last, calendars) = rules.holiday_tables_end()?;
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
        Err(error) => {
            findings.extend(each(&error, "deck file", Level::Fail));
            return;
        }
    });
}

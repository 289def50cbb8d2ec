//! `dialdeck why`: the answer, then every gate in order.

use std::io::Write;

use serde_json::json;

use super::args::WhyArgs;
use super::number_input::{Echo, describe, read_numbers};
use super::output::{self, Report, instant};
use super::{CliError, Deck, Env, ExitCode, deck, messages};
use crate::clock::Clock;
use crate::engine::desk::why::{self, Answer, When, WhyReport};
use crate::store::Reads as _;

/// Runs `dialdeck why` and returns its exit code.
///
/// # Errors
///
/// Errors if the number cannot be read, or the deck or the campaign cannot be used.
pub(crate) fn execute(
    args: &WhyArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let typed = [args.number.clone()];
    let echo = read_numbers(env, &typed, &args.country)?
        .pop()
        .ok_or_else(|| CliError::usage("no number"))?;
    let rules = &env.rules;
    let report = if args.campaign.is_some() || Deck::exists(env) {
        let mut deck = Deck::open(env)?;
        let when = match args.at {
            Some(at) => When::At(at),
            None => When::Now(deck.now()?),
        };
        let campaign = args.campaign.as_deref();
        let only = campaign
            .map(|name| deck.store.campaign(name).map(|campaign| campaign.id))
            .transpose()?;
        why::report(&mut deck.store, rules, echo.number, only, when)?
    } else {
        let now = args.at.unwrap_or_else(|| Clock::System.now());
        why::report(
            &mut deck::scratch(rules, now)?,
            rules,
            echo.number,
            None,
            When::At(now),
        )?
    };
    show(&report, &echo, env, out)?;
    Ok(ExitCode::Done)
}

/// Writes the answer and every gate.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub(super) fn show(
    report: &WhyReport,
    echo: &Echo,
    env: &Env,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if env.json {
        output::json(
            out,
            &json!({
                "number": echo.number,
                "country": echo.country,
                "zones": echo.zones,
                "now": report.now,
                "contacts": report.contacts,
                "no_contact": report.no_contact,
                "lists": report.lists.iter().map(|entry| json!({
                    "list": entry.list,
                    "since": entry.at,
                    "source": entry.source,
                })).collect::<Vec<_>>(),
            }),
        )?;
        return Ok(());
    }
    writeln!(out, "{} at {}", describe(echo), instant(report.now))?;
    for answer in &report.contacts {
        say(answer, out)?;
    }
    if let Some(stranger) = &report.no_contact {
        writeln!(out)?;
        writeln!(out, "ANSWER: {}", stranger.answer)?;
    }
    for entry in &report.lists {
        writeln!(out, "on {}", messages::suppression(entry))?;
    }
    Ok(())
}

fn say(answer: &Answer, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(out)?;
    writeln!(
        out,
        "campaign {}, contact {} ({})",
        answer.campaign,
        answer.contact,
        answer.state.as_str()
    )?;
    writeln!(out, "ANSWER: {}", answer.answer)?;
    let mut report = Report::new(&["gate", "verdict", "saw"]);
    for gate in &answer.gates {
        report.row([gate.gate, messages::verdict(gate.verdict), &gate.saw]);
    }
    report.write(out, "no gate was asked")?;
    for made in &answer.attempts {
        writeln!(out, "{made}")?;
    }
    Ok(())
}

//! `dialdeck why`: the answer, then every gate in order.

use std::io::Write;

use serde_json::json;

use super::args::WhyArgs;
use super::deck::Owner;
use super::number_input::{Echo, describe, read_numbers};
use super::output::{self, Report, instant};
use super::{CliError, Deck, Env, ExitCode, deck, engine, messages, rules};
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
    let mut refusal = None;
    let report = if args.campaign.is_some() || Deck::exists(env) {
        let mut deck = Deck::open(env)?;
        let when = match args.at {
            Some(at) => When::At(at),
            None => When::Now(deck.now()?),
        };
        refusal = refused(&mut deck, env);
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
    show((refusal.as_ref(), &report), &echo, env, out)?;
    Ok(ExitCode::Done)
}

/// Returns why no engine would dial anything on the deck, as `dialdeck run` says it; `None` if one may, or one
/// does.
fn refused(deck: &mut Deck, env: &Env) -> Option<CliError> {
    match deck.owner() {
        Owner::Engine => None,
        Owner::Nobody | Owner::Unseen(_) => {
            let own_rules = rules::of_deck(env);
            let config = own_rules.and_then(|_| env.deck_config());
            let judged = config.and_then(|config| engine::may_dial(deck, env, &config, None));
            judged.err()
        }
    }
}

/// Writes why the deck dials nothing, if it does not; then the answer and every gate.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub(super) fn show(
    (refusal, report): (Option<&CliError>, &WhyReport),
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
                "deck_refuses": refusal.map(CliError::with_hint),
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
    let mut apart = "";
    if let Some(refusal) = refusal {
        writeln!(out)?;
        writeln!(
            out,
            "ANSWER: this deck dials nothing: {}",
            refusal.with_hint()
        )?;
        apart = "apart from that: ";
    }
    for answer in &report.contacts {
        say(answer, apart, out)?;
    }
    if let Some(stranger) = &report.no_contact {
        writeln!(out)?;
        writeln!(out, "ANSWER: {apart}{}", stranger.answer)?;
    }
    for entry in &report.lists {
        writeln!(out, "on {}", messages::suppression(entry))?;
    }
    Ok(())
}

fn say(answer: &Answer, apart: &str, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(out)?;
    writeln!(
        out,
        "campaign {}, contact {} ({})",
        answer.campaign,
        answer.contact,
        answer.state.as_str()
    )?;
    writeln!(out, "ANSWER: {apart}{}", answer.answer)?;
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

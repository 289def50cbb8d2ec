//! `dialdeck run`: the engine without a screen.

use std::io::Write;

use super::args::RunArgs;
use super::carriers::Simulated;
use super::engine::{self, Run};
use super::error::Fault;
use super::place::Answer;
use super::reporter::Shown;
use super::{CliError, Deck, Env, ExitCode, law, place};
use crate::config::DeckConfig;
use crate::domain::{Campaign, CampaignId, CampaignState};
use crate::store::{Acts as _, By, Reads as _};
use crate::tui::tty;

/// Starts the named campaigns that are still in draft, and runs the engine until its end. Returns the exit
/// code.
///
/// # Errors
///
/// Errors if the deck is not usable or another engine owns it, or if a named campaign does not exist or may
/// not run.
pub(crate) fn execute(
    args: &RunArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    if args.speed.is_none() && args.start_at.is_some() {
        return Err(CliError::usage("--start-at needs a simulated clock")
            .hint("add --speed N or --speed max"));
    }
    if !Deck::exists(env) {
        return Err(Deck::missing(env));
    }
    if args.copy {
        place::copy(env)?;
        return Ok(ExitCode::Done);
    }
    let config = env.deck_config()?;
    // Before the engine moves the deck's clock and log. The engine checks again once it owns the deck.
    let mut deck = Deck::open_quietly(env)?;
    let drafts = judge(&mut deck, &args.campaigns)?;
    let all = deck.store.campaigns()?.into_iter();
    let begin: Vec<Campaign> = all.filter(|one| drafts.contains(&one.id)).collect();
    for line in law::before_start(&mut deck, &begin)? {
        note(&CliError::failed(line), env);
    }
    warn(&mut deck, &config, &drafts, env)?;
    drop(deck);
    let run = Run {
        config,
        file: Some(env.config.clone()),
        speed: args.speed,
        start_at: args.start_at,
        simulated: Simulated {
            seed: args.seed,
            carrier_log: args.carrier_log.clone(),
        },
        until_done: args.until_done,
        answer: args.moved.then_some(Answer::Moved),
        shown: Shown::Progress,
    };
    let begin = |deck: &mut Deck, by: &By| {
        start(deck, &args.campaigns, by)?;
        if !env.json {
            say_begun(deck)?;
        }
        Ok(())
    };
    engine::execute(&run, env, begin, out)
}

/// Prints what the engine will do, and how to end it.
fn say_begun(deck: &mut Deck) -> Result<(), CliError> {
    let mut campaigns = deck.store.campaigns()?;
    campaigns.retain(|campaign| campaign.state == CampaignState::Running);
    let names: Vec<&str> = campaigns.iter().map(Campaign::name).collect();
    let what = if names.is_empty() {
        ", but no campaign: `dialdeck campaign start NAME` starts one".to_owned()
    } else {
        format!(": {}", names.join(", "))
    };
    tty::say(&format!(
        "the engine runs{what} (Ctrl-C: no new calls, those up are waited for)\n"
    ));
    Ok(())
}

fn start(deck: &mut Deck, names: &[String], by: &By) -> Result<(), CliError> {
    for id in judge(deck, names)? {
        deck.store
            .move_campaign(id, CampaignState::Running, "run", by)?;
    }
    Ok(())
}

/// Prints warnings about the deck file, and about campaigns that it keeps from being dialed.
fn warn(
    deck: &mut Deck,
    config: &DeckConfig,
    drafts: &[CampaignId],
    env: &Env,
) -> Result<(), CliError> {
    let campaigns = deck.store.campaigns()?;
    let dialed = campaigns
        .iter()
        .filter(|one| one.state == CampaignState::Running || drafts.contains(&one.id));
    let odds = dialed.flat_map(|campaign| config.mismatches_with(&campaign.settings));
    let general = config.warnings.iter().cloned().map(Fault::from);
    let general = general.map(CliError::from);
    for warning in general.chain(odds.map(CliError::failed)) {
        tty::say(&warning.render_warning(env.json));
    }
    Ok(())
}

/// Says something before the engine starts: a line of text, or a notice for programs.
fn note(said: &CliError, env: &Env) {
    tty::say(&if env.json {
        said.render_warning(true)
    } else {
        format!("{}\n", said.brief())
    });
}

/// Returns the named campaigns that are in draft. Errors if one does not exist or may not run.
fn judge(deck: &mut Deck, names: &[String]) -> Result<Vec<CampaignId>, CliError> {
    let mut drafts = Vec::new();
    for name in names {
        let campaign = deck.store.campaign(name)?;
        match campaign.state {
            CampaignState::Draft => drafts.push(campaign.id),
            CampaignState::Running | CampaignState::Done => {}
            CampaignState::Paused | CampaignState::Stopped => {
                return Err(CliError::refused(format!("campaign `{name}` is {}", campaign.state))
                    .hint("`dialdeck campaign resume` resumes a paused one; a stopped one never runs again"));
            }
        }
    }
    Ok(drafts)
}

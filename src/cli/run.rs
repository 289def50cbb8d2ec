//! `dialdeck run`: the engine without a screen.

use std::io::Write;

use super::args::RunArgs;
use super::carriers::Simulated;
use super::engine::{self, Run};
use super::reporter::Shown;
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::{CampaignId, CampaignState};
use crate::store::{By, Store as _};

/// Starts the named campaigns that are still in draft, and runs the engine until its end.
///
/// # Errors
/// When the deck is not usable or owned by another engine, or a named campaign does not exist or
/// may not run.
pub fn execute(args: &RunArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    if args.speed.is_none() && args.start_at.is_some() {
        return Err(CliError::usage("--start-at needs a simulated clock")
            .hint("add --speed N or --speed max"));
    }
    if !Deck::exists(env) {
        return Err(Deck::missing(env));
    }
    // Before the engine puts the deck's clock and log forward; it looks again once it owns the deck.
    judge(&mut Deck::open(env)?, &args.campaigns)?;
    let run = Run {
        config: env.deck_config()?,
        speed: args.speed,
        start_at: args.start_at,
        simulated: Simulated {
            seed: args.seed,
            carrier_log: args.carrier_log.clone(),
        },
        until_done: args.until_done,
        shown: Shown::Progress,
    };
    engine::execute(&run, env, |deck, by| start(deck, &args.campaigns, by), out)
}

fn start(deck: &mut Deck, names: &[String], by: &By) -> Result<(), CliError> {
    for id in judge(deck, names)? {
        deck.store
            .move_campaign(id, CampaignState::Running, "run", by)?;
    }
    Ok(())
}

/// The named campaigns that are in draft; an error when one does not exist or may not run.
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

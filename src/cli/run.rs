//! `dialdeck run`: the engine without a screen.

use std::io::Write;

use super::args::RunArgs;
use super::engine::{self, Run};
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::CampaignState;
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
    let run = Run {
        config: env.deck_config()?,
        speed: args.speed,
        start_at: args.start_at,
        seed: args.seed,
        carrier_log: args.carrier_log.clone(),
        until_done: args.until_done,
    };
    engine::execute(&run, env, |deck, by| start(deck, &args.campaigns, by), out)
}

fn start(deck: &mut Deck, names: &[String], by: &By) -> Result<(), CliError> {
    for name in names {
        let campaign = deck.store.campaign(name)?;
        match campaign.state {
            CampaignState::Draft => {
                deck.store
                    .move_campaign(campaign.id, CampaignState::Running, "run", by)?;
            }
            CampaignState::Running | CampaignState::Done => {}
            CampaignState::Paused | CampaignState::Stopped => {
                return Err(CliError::refused(format!("campaign `{name}` is {}", campaign.state))
                    .hint("`dialdeck campaign resume` resumes a paused one; a stopped one never runs again"));
            }
        }
    }
    Ok(())
}

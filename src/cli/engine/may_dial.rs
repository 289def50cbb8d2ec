//! What keeps a whole deck from being dialed.

use crate::cli::place::{Answer, Moved};
use crate::cli::{CliError, Deck, Env, older_copy, place};
use crate::config::{DeckConfig, ProviderSettings};
use crate::store::Reads as _;

/// Checks that the deck itself may dial: sound zone data, the deck in its place, as the last run left it and
/// whole, and credentials of its own. Returns what the user said about its place. `dialdeck why` shows the
/// same error.
///
/// # Errors
///
/// Errors if nothing may be dialed on this deck.
pub(in crate::cli) fn may_dial(
    deck: &mut Deck,
    env: &Env,
    config: &DeckConfig,
    answer: Option<Answer>,
) -> Result<Option<Moved>, CliError> {
    if let Some(fault) = env.rules.zone_data_fault() {
        return Err(CliError::deck(format!("nothing is dialed: {fault}"))
            .hint("install a newer release of dialdeck"));
    }
    let moved = place::judge(deck, env, answer)?;
    older_copy::check(env, deck.store.deck_id())?;
    deck.check_whole()?;
    may_use_credentials(config, deck)?;
    Ok(moved)
}

/// Errors if the deck may not use the credentials of a trunk that rings real phones.
fn may_use_credentials(config: &DeckConfig, deck: &mut Deck) -> Result<(), CliError> {
    for (trunk, provider) in &config.providers {
        if !matches!(provider, ProviderSettings::Simulator(_)) {
            let named = config.credentials_for.as_deref();
            place::may_use_credentials(deck, named, &trunk.0)?;
        }
    }
    Ok(())
}

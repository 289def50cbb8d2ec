//! Makes a copied deck independent of the deck that lives on.

use std::fmt::Write as _;
use std::fs;

use super::{CREDENTIALS, Place, elsewhere, may_be_a_copy, note, other_engine};
use crate::cli::pause_all::pause_all;
use crate::cli::{CliError, Deck, Env, engine, mark_state, older_copy, output, random, restore};
use crate::domain::{Lost, NewIncarnation, Recovery, Turn};
use crate::store::sqlite::incarnation::ENGINE_PLACE;
use crate::store::sqlite::lock::EngineLock;
use crate::store::sqlite::mark::Standing;
use crate::store::{Acts as _, By, Reads as _};
use crate::tui::tty;

/// Makes a copied deck independent: with a new identity, without calls that are up, with its campaigns
/// paused, and without the credentials of the original. What the copy lacks of the original's last run holds
/// its calls as after a restore.
///
/// # Errors
///
/// Errors if the deck is where its last engine ran, its store is not as the last run left it and it is not
/// known to be elsewhere, an engine runs, or the store cannot be written.
pub(in crate::cli) fn copy(env: &Env) -> Result<(), CliError> {
    env.may_write()?;
    let mut deck = Deck::open_quietly(env)?;
    let lock = engine::own(env)?;
    let elsewhere = elsewhere(&mut deck, env)?;
    let lost = lacks(&mut deck, env, elsewhere.as_ref().map(|(known, _)| known))?;
    if elsewhere.is_none() && deck.store.meta(ENGINE_PLACE)?.is_some() {
        return Err(
            CliError::refused("the deck is where its last engine ran: it is not a copy")
                .hint("leave --copy out"),
        );
    }
    let other = match &elsewhere {
        Some((known, _)) => other_engine(known, &deck, env)?,
        None => None,
    };
    let now = deck.by()?;
    let by = By {
        // What the copy lacks happened before now, even if the clock went back as well.
        at: lost.map_or(now.at, |lost| lost.last_run.max(now.at)),
        ..now
    };
    let identity = random::identity();
    let from = deck.store.deck_id();
    deck.store.begin()?;
    let paused = leave_to_the_other(&mut deck, &lock, &by)?;
    let own = NewIncarnation {
        tag: identity,
        from_serial: 0,
        how: Turn::Copied,
        identity: Some(identity),
        lost,
    };
    deck.store.begin_incarnation(&own, &by)?;
    deck.store.set_meta(CREDENTIALS, &identity.to_string())?;
    note(&mut deck, env)?;
    set_key_aside(env)?;
    deck.store.commit()?;
    let recovery = deck.store.recovery()?.filter(|_| lost.is_some());
    let made = format!("the copy of deck {from} is the deck {identity} now");
    let other = other.map_or_else(String::new, |other| format!("{other}: it goes on\n"));
    let text = format!(
        "{}{other}for trunks of real carriers give it accounts of its own, and write credentials_for = \"{identity}\" into {}\n",
        outcome(&made, paused, lost.as_ref(), recovery.as_ref()),
        output::named(&env.own_deck_file())
    );
    if env.json {
        for line in text.lines() {
            tty::say(&CliError::failed(line).render_warning(true));
        }
    } else {
        tty::say(&text);
    }
    Ok(())
}

/// Returns the lines about a copy: its identity, what was paused, and what it lacks.
fn outcome(made: &str, paused: u64, lost: Option<&Lost>, recovery: Option<&Recovery>) -> String {
    let paused = match paused {
        0 => String::new(),
        count => format!(
            "; {} paused: `dialdeck campaign resume NAME` for what the copy is to dial",
            output::count(count, "campaign")
        ),
    };
    let mut text = format!("{made}{paused}\n");
    if let Some(lost) = lost {
        let missing = mark_state::missing(lost);
        writeln!(text, "compared with the deck's last run, {missing}").ok();
    }
    for line in recovery.map(restore::holds).unwrap_or_default() {
        writeln!(text, "{line}").ok();
    }
    text
}

/// Returns what a copy whose last engine ran at `known` lacks of the last run; `None` if it lacks nothing.
///
/// # Errors
///
/// Errors if the store is not as the last run left it, unless it is known to be in another folder or on
/// another machine, and what it lacks is known or may be everything. Errors if only an older copy has some
/// opt-outs.
fn lacks(deck: &mut Deck, env: &Env, known: Option<&Place>) -> Result<Option<Lost>, CliError> {
    let may_be_a_copy = match known {
        Some(known) => may_be_a_copy(deck, known, env)?,
        None => false,
    };
    match deck.marked().standing.clone() {
        Standing::Current => {
            older_copy::check(env, deck.store.deck_id())?;
            Ok(None)
        }
        Standing::Older(lost) if may_be_a_copy => Ok(Some(lost)),
        Standing::Unmarked if may_be_a_copy => Ok(Some(restore::unknown(deck.now()?))),
        Standing::Older(_) | Standing::Unmarked | Standing::Foreign(_) | Standing::Held(_) => {
            deck.must_be_current()?;
            Ok(None)
        }
    }
}

/// Ends the calls that are up, because they are the original's, and pauses the campaigns until the user
/// decides. Returns how many were paused.
fn leave_to_the_other(deck: &mut Deck, lock: &EngineLock, by: &By) -> Result<u64, CliError> {
    deck.store.leave_calls_to_original(lock, by)?;
    Ok(pause_all(&mut deck.store, "copied deck", by)?.len() as u64)
}

/// Renames the key, because the addresses and tokens given out by the original remain its own.
fn set_key_aside(env: &Env) -> Result<(), CliError> {
    let key = env.deck.join("listener.key");
    if key.exists() {
        let aside = env.deck.join("listener.key.of-the-copied-deck");
        fs::rename(&key, aside).map_err(|error| CliError::file(&key, &error))?;
    }
    Ok(())
}

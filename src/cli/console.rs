//! The console: on this deck with the engine inside, or attached to a deck whose engine runs elsewhere.

use std::io::{IsTerminal as _, Write, stdin, stdout};
use std::path::Path;
use std::sync::mpsc;

use jiff::tz::TimeZone;

use super::engine::{self, Run, Running};
use super::import::{self, Plan};
use super::{CliError, Deck, Env, ExitCode, rules};
use crate::clock::DeckClock;
use crate::domain::Right;
use crate::engine::Command;
use crate::engine::desk::service::{self, TOLD_QUEUE};
use crate::engine::desk::{self, EngineSeat, Imported, Importer, Surroundings};
use crate::engine::shell::Handle;
use crate::store::sqlite::{SqliteStore, lock};
use crate::store::{By, Store as _, StoreError};
use crate::tui::Console;
use crate::tui::keymap::KeyMap;
use crate::tui::looks::{LookChoice, Looks};
use crate::tui::model::{Ending, Permits, Viewer};

/// `dialdeck` alone: the engine inside if nobody owns the deck, else attached.
///
/// # Errors
/// When there is no terminal, or the deck is not usable.
pub fn execute(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let owned = lock::is_held(&env.deck).map_err(CliError::deck)?;
    if owned || env.read_only {
        return attached(env);
    }
    let run = Run {
        config: env.deck_config()?,
        speed: None,
        start_at: None,
        seed: None,
        carrier_log: None,
        until_done: false,
    };
    inside(&run, env, |_, _| Ok(()), out)
}

/// A console with the engine inside.
///
/// # Errors
/// When there is no terminal, or the deck is not usable or owned by another engine.
pub(super) fn inside(
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    terminal()?;
    let running = engine::start(run, env, prepare)?;
    let ending = open(env, Some(&running))?;
    let handle = running.handle.clone();
    match ending {
        Ending::Leave => {}
        Ending::HangUp => {
            hang_up(&handle, &env.actor)?;
            drain(handle, env.actor.clone());
        }
        Ending::Drain => drain(handle, env.actor.clone()),
    }
    running.see_out(env, out)
}

fn hang_up(handle: &Handle, actor: &str) -> Result<(), CliError> {
    let done = handle.ask_blocking(Command::HangUpAll, actor);
    done.map(|_| ()).map_err(CliError::failed)
}

/// Tells the engine to end; the acknowledgement comes with its end.
fn drain(handle: Handle, actor: String) {
    std::thread::spawn(move || handle.ask_blocking(Command::Drain, &actor));
}

/// A console on a deck whose engine, if any, runs elsewhere.
fn attached(env: &Env) -> Result<ExitCode, CliError> {
    terminal()?;
    if !Deck::exists(env) {
        return Err(Deck::missing(env));
    }
    open(env, None)?;
    Ok(ExitCode::Done)
}

fn terminal() -> Result<(), CliError> {
    if stdout().is_terminal() && stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::usage("the console needs a terminal").hint(
        "`dialdeck run` or `demo --headless` works without one; `dialdeck status` shows the figures",
    ))
}

/// Runs the console until it ends.
fn open(env: &Env, engine: Option<&Running>) -> Result<Ending, CliError> {
    let role = env.role()?;
    let Deck { store, .. } = Deck::open(env)?;
    let viewer = Viewer {
        actor: env.actor.clone(),
        role: role.as_str(),
        may: Permits {
            campaigns: !env.read_only && role.may(Right::Campaigns),
            opt_out: !env.read_only && role.may(Right::OptOut),
            import: !env.read_only && role.may(Right::Lists),
        },
        zone: TimeZone::system(),
    };
    let handle = engine.map(|running| running.handle.clone());
    let settings = desk::Settings {
        store,
        rules: rules::in_force(),
        surroundings: Box::new(Here {
            env: env.clone(),
            handle: handle.clone(),
        }),
        engine: handle,
        actor: env.actor.clone(),
        viewer: viewer.zone.clone(),
        country: env.deck_config()?.default_country,
    };
    let (asks, inbox) = mpsc::channel();
    let (tell, told) = tokio::sync::mpsc::channel(TOLD_QUEUE);
    let keys = match env.own_file("keys.toml") {
        Some(path) => KeyMap::load(&path)?,
        None => KeyMap::embedded(),
    };
    let looks = looks(env)?;
    let desk = service::spawn(settings, inbox, tell)?;
    let ending = Console {
        viewer,
        keys,
        looks,
        asks,
        told,
        masked: env.look.mask,
    }
    .run()
    .map_err(|error| CliError::failed(format!("the terminal: {error}")))?;
    // The desk ends with its channel; an act it has begun is finished first.
    desk.join().ok();
    Ok(ending)
}

fn looks(env: &Env) -> Result<Looks, CliError> {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let color = env.look.color.as_deref().unwrap_or("auto");
    let choice = LookChoice {
        theme: env.look.theme.clone(),
        folder: env.own_file("themes"),
        color: color.parse().map_err(CliError::usage)?,
        ascii: env.look.ascii,
        no_color: var("NO_COLOR"),
        colorterm: var("COLORTERM"),
        term: var("TERM"),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].map(var),
    };
    let (looks, warnings) = Looks::new(choice).map_err(CliError::usage)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(looks)
}

/// What the desk asks of this process and its files.
struct Here {
    env: Env,
    handle: Option<Handle>,
}

impl Surroundings<SqliteStore> for Here {
    fn engine(&mut self) -> EngineSeat {
        match &self.handle {
            Some(handle) if handle.has_ended() => EngineSeat::Nobody,
            Some(_) => EngineSeat::Inside,
            // A lock that cannot be looked at is not known to be held: fail closed.
            None if lock::is_held(&self.env.deck).unwrap_or(false) => EngineSeat::Elsewhere,
            None => EngineSeat::Nobody,
        }
    }

    fn clock(&mut self, store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        let Some(text) = store.meta(DeckClock::META_KEY)? else {
            return Ok(DeckClock::System);
        };
        serde_json::from_str(&text)
            .map_err(|error| StoreError::Unusable(format!("its clock is broken: {error}")))
    }

    fn importer(&self) -> Importer {
        let env = self.env.clone();
        Box::new(move |campaign, path, progress| {
            take(&env, campaign, &path, progress).map_err(|error| error.message)
        })
    }
}

/// Imports a list as `dialdeck contacts import` does.
fn take(
    env: &Env,
    campaign: &str,
    list: &Path,
    _progress: &mut dyn FnMut(u64),
) -> Result<Imported, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let campaign = deck.store.campaign(campaign)?;
    let file = import::open(list)?;
    let plan = Plan {
        country: env.deck_config()?.default_country,
        rejects: Some(import::rejects_beside(list)),
        dry_run: false,
        quiet: true,
        deck: Some(env.deck.clone()),
        keep_ids: false,
    };
    let by = deck.by()?;
    let taken = import::contacts(&mut deck.store, &campaign, &file, &plan, &by)?;
    Ok(Imported {
        figures: taken.figures,
        rejects: taken.rejects_file,
    })
}

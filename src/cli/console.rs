//! The console: on this deck with the engine inside, or attached to a deck whose engine runs elsewhere.

use std::io::{IsTerminal as _, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use jiff::tz::TimeZone;

use super::carriers::Simulated;
use super::clean::{CleanWriter, Form};
use super::engine::{self, HangUp, Run, Running};
use super::error::ErrorKind;
use super::import::{self, Plan};
use super::needs::StoreOnly;
use super::place::Answer;
use super::progress::Showing;
use super::reporter::Shown;
use super::{CliError, Deck, Env, ExitCode, deck, limits, needs, place, rejects, tty};
use crate::clock::DeckClock;
use crate::domain::event::AlertRaised;
use crate::domain::{Authority, Right};
use crate::engine::desk::protocol::MESSAGE_QUEUE;
use crate::engine::desk::{self, service};
use crate::engine::desk::{
    EngineOwner, ImportError, ImportSummary, Importer, Listener, Surroundings,
};
use crate::engine::shell::{DRAIN_LIMIT, Handle};
use crate::store::sqlite::{SqliteStore, lock};
use crate::store::{Acts as _, By, Reads as _, StoreError, Unusable};
use crate::tui::tty::Tty;
use crate::tui::{Appearance, AppearanceChoice, Console, Ending, KeyMap, Permits, Reach, Viewer};

/// Runs `dialdeck` without a subcommand: with the engine inside if no process owns the deck, otherwise
/// attached. If a file that an engine needs is broken, the console still opens and says so, because the user
/// may have to hold back an engine elsewhere.
///
/// # Errors
///
/// Errors if there is no terminal, or the deck is not usable.
pub(crate) fn execute(env: &Env) -> Result<ExitCode, CliError> {
    let mut front = Front::prepare_anyhow(env)?;
    let mut env = env.clone();
    let faults = needs::broken(&mut env);
    let env = &env;
    // A lock that cannot be read counts as held.
    let owned = lock::is_held(&env.deck).unwrap_or_else(|error| {
        front.faults.push(deck::lock_unseen(&env.deck, &error));
        true
    });
    let attach = owned || env.read_only || !env.authority()?.may(Right::Campaigns);
    if attach || !faults.is_empty() {
        front.may_start = faults.is_empty();
        front
            .faults
            .splice(0..0, faults.iter().map(CliError::brief));
        return attached(front, env);
    }
    let mut answer = place::ask(env)?;
    if answer == Some(Answer::Copy) {
        place::copy(env)?;
        answer = None;
    }
    match engine_inside(env, answer) {
        Ok(running) => with_engine(front, running, env),
        Err(error) => {
            front.faults.insert(0, error.brief());
            attached(front, env)
        }
    }
}

fn engine_inside(env: &Env, answer: Option<Answer>) -> Result<Running, CliError> {
    let run = Run {
        config: env.deck_config()?,
        file: Some(env.config.clone()),
        speed: None,
        start_at: None,
        simulated: Simulated::default(),
        until_done: false,
        answer,
        shown: Shown::Progress,
    };
    engine::start(&run, env, |_, _| Ok(()))
}

/// Runs a console with the engine inside.
///
/// # Errors
///
/// Errors if the deck is not usable or another engine owns it.
pub(super) fn inside(
    front: Front,
    run: &Run,
    env: &Env,
    prepare: impl FnOnce(&mut Deck, &By) -> Result<(), CliError>,
) -> Result<ExitCode, CliError> {
    with_engine(front, engine::start(run, env, prepare)?, env)
}

fn with_engine(front: Front, running: Running, env: &Env) -> Result<ExitCode, CliError> {
    let handle = running.handle.clone();
    // The end of the run is reported on the terminal too, and must not wait for it.
    let mut out = Tty::behind(stdout()).map_err(CliError::failed)?;
    let closing = match open(front, env, Some(&running))? {
        Ending::Leave => None,
        Ending::HangUp => match hang_up(&handle, env) {
            Ok(()) => Some(None),
            Err(error) => {
                // The calls end as after a request to end.
                tty::say(&error.render_warning(env.json));
                Some(Some(DRAIN_LIMIT))
            }
        },
        Ending::Finish => Some(None),
        Ending::Drain => Some(Some(DRAIN_LIMIT)),
    };
    let lost_terminal = match closing {
        None => HangUp::Ignored,
        Some(limit) => {
            // The engine may be waiting for its store; the code below shows that.
            std::thread::spawn(move || handle.drain_blocking(limit));
            HangUp::Ends
        }
    };
    let ended = running.see_out(
        env,
        lost_terminal,
        &mut CleanWriter::new(&mut out, Form::Text),
    );
    out.finish();
    ended
}

/// Records that every call is to be hung up, as `dialdeck hang-up` does.
///
/// # Errors
///
/// Errors if the deck cannot be written, or the role may not.
fn hang_up(handle: &Handle, env: &Env) -> Result<(), CliError> {
    let mut deck = StoreOnly::new(env).open()?;
    let by = deck.by()?;
    deck.store.hang_up_all("at the end of the console", &by)?;
    handle.nudge();
    Ok(())
}

/// Runs a console on a deck whose engine, if any, runs elsewhere.
fn attached(front: Front, env: &Env) -> Result<ExitCode, CliError> {
    open(front, env, None)?;
    Ok(ExitCode::Done)
}

/// What a console needs before it reads the deck.
pub(super) struct Front {
    keys: KeyMap,
    appearance: Appearance,
    /// Faults of files that the console runs without.
    faults: Vec<String>,
    /// Whether campaigns may be started and raised. False while a file is broken that
    /// `dialdeck campaign start` needs.
    may_start: bool,
}

impl Front {
    /// Checks the terminal, and reads the user's keys and the theme.
    ///
    /// # Errors
    ///
    /// Errors if there is no terminal, or keys or theme are broken.
    pub(super) fn prepare(env: &Env) -> Result<Self, CliError> {
        terminal()?;
        Ok(Self {
            keys: keys(env)?,
            appearance: appearance(env, env.own_file("themes"))?,
            faults: Vec::new(),
            may_start: true,
        })
    }

    /// Prepares as [`Front::prepare`] does, with the embedded keys and the standard theme if the user's are
    /// broken. A user who has to stop everything must not have to correct a file first.
    ///
    /// # Errors
    ///
    /// Errors if there is no terminal.
    fn prepare_anyhow(env: &Env) -> Result<Self, CliError> {
        terminal()?;
        let mut faults = Vec::new();
        let keys = keys(env).unwrap_or_else(|error| {
            faults.push(format!("{}; the standard keys hold", error.brief()));
            KeyMap::embedded()
        });
        let appearance = match appearance(env, env.own_file("themes")) {
            Ok(appearance) => appearance,
            Err(error) => {
                faults.push(format!("{}; the standard theme holds", error.brief()));
                let mut plain = env.clone();
                (plain.look.theme, plain.look.color) = (None, None);
                // The user's own file may be the one of the standard theme.
                appearance(&plain, None)?
            }
        };
        Ok(Self {
            keys,
            appearance,
            faults,
            may_start: true,
        })
    }
}

/// Returns the faults of the user's own keys and theme. The console opens with them.
pub(super) fn broken(env: &Env) -> Vec<CliError> {
    let theme = appearance(env, env.own_file("themes")).err();
    keys(env).err().into_iter().chain(theme).collect()
}

fn keys(env: &Env) -> Result<KeyMap, CliError> {
    match env.own_file("keys.toml") {
        Some(path) => Ok(KeyMap::load(&path)?),
        None => Ok(KeyMap::embedded()),
    }
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
fn open(front: Front, env: &Env, engine: Option<&Running>) -> Result<Ending, CliError> {
    limits::enough_files()?;
    let authority = env.authority()?;
    let (store, country) = opened(env)?;
    let viewer = Viewer {
        actor: env.actor.clone(),
        role: if env.read_only {
            "read-only"
        } else {
            authority.role.as_str()
        },
        may: Permits {
            campaigns: reach(env, authority, front.may_start),
            opt_out: !env.read_only && authority.may(Right::OptOut),
            import: !env.read_only && authority.may(Right::Lists),
        },
        zone: TimeZone::system(),
    };
    let handle = engine.map(|running| running.handle.clone());
    let settings = desk::Settings {
        store,
        rules: Arc::clone(&env.rules),
        surroundings: Box::new(Here {
            env: env.clone(),
            handle: handle.clone(),
        }),
        engine: handle,
        actor: env.actor.clone(),
        viewer: viewer.zone.clone(),
        country,
    };
    let (requests, inbox) = mpsc::channel();
    let (tell, messages) = tokio::sync::mpsc::channel(MESSAGE_QUEUE);
    let desk = service::spawn(settings, inbox, tell)?;
    let ending = Console {
        viewer,
        keys: front.keys,
        appearance: front.appearance,
        requests,
        messages,
        masked: env.look.mask,
        deck: deck_name(env),
        broken: (!front.faults.is_empty()).then(|| front.faults.join("; ")),
    }
    .run()
    .map_err(|error| CliError::failed(format!("the terminal: {error}")))?;
    // The desk ends with its channel. An action that it has begun is finished first.
    desk.join().ok();
    Ok(ending)
}

/// Returns the deck's store, and the country of numbers written without one. The country is empty if it is
/// not known, so that such numbers are not read.
fn opened(env: &Env) -> Result<(SqliteStore, String), CliError> {
    let mut deck = Deck::open(env)?;
    let country = match env.deck_config() {
        Ok(config) => config.default_country,
        Err(_) => deck.last_country()?.unwrap_or_default(),
    };
    Ok((deck.store, country))
}

fn reach(env: &Env, authority: Authority, may_start: bool) -> Reach {
    if env.read_only {
        Reach::Nothing
    } else if may_start && authority.may(Right::Campaigns) {
        Reach::Everything
    } else if authority.may(Right::HoldBack) {
        Reach::HoldBack
    } else {
        Reach::Nothing
    }
}

/// Returns the deck's name on the screen: the name of its folder.
fn deck_name(env: &Env) -> String {
    if !env.deck_named && env.deck.starts_with(std::env::temp_dir()) {
        return "demo".to_owned();
    }
    let name = env.deck.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Returns the theme and the glyphs. `folder` holds the user's own themes.
fn appearance(env: &Env, folder: Option<PathBuf>) -> Result<Appearance, CliError> {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let color = env.look.color.as_deref().unwrap_or("auto");
    let choice = AppearanceChoice {
        theme: env.look.theme.clone(),
        folder,
        color: color.parse().map_err(CliError::usage)?,
        ascii: env.look.ascii,
        no_color: var("NO_COLOR"),
        colorterm: var("COLORTERM"),
        term: var("TERM"),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].map(var),
    };
    let (appearance, warnings) = Appearance::new(choice)
        .map_err(|errors| CliError::from(errors).of_kind(ErrorKind::Usage))?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(appearance)
}

/// What the desk needs from this process and its files.
struct Here {
    env: Env,
    handle: Option<Handle>,
}

impl Surroundings<SqliteStore> for Here {
    fn engine(&mut self) -> EngineOwner {
        match &self.handle {
            Some(handle) if handle.has_ended() => EngineOwner::Nobody,
            Some(_) => EngineOwner::Inside,
            // A lock that cannot be read counts as held: calls may leave.
            None if lock::is_held(&self.env.deck).unwrap_or(true) => EngineOwner::Elsewhere,
            None => EngineOwner::Nobody,
        }
    }

    fn busy(&mut self) -> Option<AlertRaised> {
        self.handle.as_ref()?.busy()
    }

    fn clock(&mut self, store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        let Some(text) = store.meta(DeckClock::META_KEY)? else {
            return Ok(DeckClock::System);
        };
        serde_json::from_str(&text).map_err(|error| Unusable::Clock(error).into())
    }

    fn importer(&self) -> Importer {
        let env = self.env.clone();
        Box::new(move |campaign, path, progress| {
            take(&env, campaign, &path, progress)
                .map_err(|error| mapped_by_command(error, campaign))
        })
    }
}

/// Returns an import's fault and what to do. The dialog has no field for `--map`, so the command is named.
fn mapped_by_command(error: CliError, campaign: &str) -> ImportError {
    let message = error.to_string();
    let is_of_column = error.place.is_some_and(|place| place.key.is_some());
    let hint = error.hint.map(|hint| {
        if is_of_column {
            format!("{hint}. Map it by command: dialdeck contacts import {campaign} FILE --map …")
        } else {
            hint
        }
    });
    ImportError { message, hint }
}

/// Imports a list as `dialdeck contacts import` does.
fn take(
    env: &Env,
    campaign: &str,
    list: &Path,
    progress: Listener,
) -> Result<ImportSummary, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let campaign = deck.store.campaign(campaign)?;
    let country = env.deck_config()?.default_country;
    let file = import::open(list, &[], &country)?;
    let plan = Plan {
        country,
        dates: None,
        rejects: Some(rejects::place(None, list, &env.deck)?),
        dry_run: false,
        progress: Showing::Told(progress),
        deck: Some(env.deck.clone()),
        keep_ids: false,
        rules: Arc::clone(&env.rules),
    };
    let by = deck.by()?;
    let taken = import::contacts(&mut deck.store, &campaign, &file, &plan, &by)?;
    Ok(ImportSummary {
        columns: import::in_words(&taken, campaign.name()),
        figures: taken.figures,
        undialable: taken.undialable,
        without_consent: taken.without_consent,
        not_to_be_called: taken.not_to_be_called,
        rejects: taken.rejects_file,
    })
}

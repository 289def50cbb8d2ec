//! The environment of every subcommand: the deck's folder, the form of the answer, the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use nix::unistd::{Uid, User};

use super::args::{CountryArgs, GlobalArgs};
use super::error::Place;
use super::rules::Choice;
use super::{CliError, Deck};
use crate::config::{DeckConfig, has_deck_file, load_deck};
use crate::domain::{Authority, Role};
use crate::rules::Rules;

/// The deck file in the deck's folder.
const DECK_FILE: &str = "dialdeck.toml";

/// The environment of a subcommand, from the global options and the user's environment.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
pub struct Env {
    /// The deck's folder, from `--deck` or the user's data folder.
    pub deck: PathBuf,
    /// Whether `--deck` named the folder. If not, the demo deletes its deck at the end.
    pub deck_named: bool,
    /// The deck file, `DECK/dialdeck.toml` unless `--config` names another.
    pub config: PathBuf,
    /// Whether `--config` named the deck file, so that it has to exist.
    pub config_named: bool,
    /// Whether to write one JSON document or JSON lines to standard output instead of tables.
    pub json: bool,
    /// Whether nothing may be written to the deck.
    pub read_only: bool,
    /// The operating system's user, for the log and for roles.
    pub actor: String,
    /// The machine's name from `DIALDECK_HOST`. If `None`, the machine's own files give it.
    pub host: Option<String>,
    /// The role that limits the user's rights. If `None`, the rights are those of the deck file.
    pub role: Option<Role>,
    /// The folder of the second copy of the deck's mark. `None` if the system names no such folder.
    pub state: Option<PathBuf>,
    /// The theme, the colours and the glyphs of the console.
    pub look: LookArgs,
    /// The zone database that decides, chosen once.
    pub zone_data: Arc<Choice>,
    /// The rules in force: the law alone, until `needs::prepare` adds the deck's
    /// own rule files.
    pub rules: Arc<Rules>,
}

/// The options of the command line for the console.
#[derive(Clone, Debug)]
pub struct LookArgs {
    /// The name of the theme; the default theme if `None`.
    pub theme: Option<String>,
    /// The colours: `auto`, `never`, `16`, `256` or `true`.
    pub color: Option<String>,
    /// Whether to draw with ASCII characters alone.
    pub ascii: bool,
    /// Whether to show numbers without their last digits.
    pub mask: bool,
}

impl Env {
    /// Creates the environment from the global options and the user's environment.
    ///
    /// # Errors
    ///
    /// Errors if no folder is named and the user has no home folder.
    pub fn new(global: &GlobalArgs) -> Result<Self, CliError> {
        let deck = match &global.deck {
            Some(deck) => deck.clone(),
            None => default_deck()?,
        };
        let state = state_folder(&deck);
        let zone_data = Arc::new(Choice::of_system());
        Ok(Self {
            rules: Arc::clone(&zone_data.rules),
            zone_data,
            config: global
                .config
                .clone()
                .unwrap_or_else(|| deck.join(DECK_FILE)),
            deck_named: global.deck.is_some(),
            config_named: global.config.is_some(),
            deck,
            json: global.json,
            read_only: global.read_only,
            actor: actor(),
            host: std::env::var("DIALDECK_HOST")
                .ok()
                .filter(|name| !name.trim().is_empty()),
            role: global.role,
            state,
            look: LookArgs {
                theme: global.theme.clone(),
                color: global.color.clone(),
                ascii: global.ascii,
                mask: global.mask,
            },
        })
    }

    /// Changes to the deck in this folder, with its own deck file unless `--config` names another.
    pub fn in_folder(&mut self, folder: &Path) {
        folder.clone_into(&mut self.deck);
        self.state = state_folder(folder);
        self.deck_named = true;
        if !self.config_named {
            self.config = self.own_deck_file();
        }
    }

    /// Checks that the deck may be written to.
    ///
    /// # Errors
    ///
    /// Errors with `--read-only`.
    pub fn may_write(&self) -> Result<(), CliError> {
        if self.read_only {
            return Err(
                CliError::refused("--read-only: this would write to the deck")
                    .hint("leave --read-only out to do it"),
            );
        }
        Ok(())
    }

    /// Returns the user's rights: those of the role that the deck's own file gives, or a supervisor's if it
    /// gives none. Another file named by `--config`, and `--role`, can only remove rights. While the deck
    /// file cannot be read, every user has the role support and may hold campaigns back.
    ///
    /// # Errors
    ///
    /// Errors if `--role` asks for more than a deck file that can be read gives.
    pub fn authority(&self) -> Result<Authority, CliError> {
        let mut given = self.given_by(self.own_config());
        if self.config != self.own_deck_file() {
            given = given.and(self.given_by(self.deck_config()));
        }
        match self.role {
            // A user who pauses with the usual command need not know that the file is broken.
            Some(asked) if asked > given.role && given.holds_back => Ok(given),
            Some(asked) if asked > given.role => Err(CliError::refused(format!(
                "the deck file gives {} the role {}, not {asked}",
                self.actor, given.role
            ))
            .hint("a supervisor changes [roles] in dialdeck.toml")),
            Some(asked) if asked < given.role => Ok(asked.into()),
            Some(_) | None => Ok(given),
        }
    }

    /// Returns the path of the deck file in the deck's folder, even if `--config` names another.
    pub fn own_deck_file(&self) -> PathBuf {
        self.deck.join(DECK_FILE)
    }

    fn given_by<E>(&self, file: Result<DeckConfig, E>) -> Authority {
        match file {
            Ok(config) => config.roles.of(&self.actor).into(),
            Err(_) => Authority::UNREADABLE,
        }
    }

    /// Returns the path of a file or folder in the deck's folder, if it exists. A link without a target
    /// exists.
    pub fn own_file(&self, name: &str) -> Option<PathBuf> {
        let path = self.deck.join(name);
        path.symlink_metadata().is_ok().then_some(path)
    }

    /// Returns the deck file's settings, or the embedded defaults if there is no file.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be read, has faults, or is named by `--config` and does not exist.
    pub fn deck_config(&self) -> Result<DeckConfig, CliError> {
        if self.config_named && !has_deck_file(&self.config) {
            return Err(CliError::usage("there is no such deck file")
                .at(Place::file(self.config.display()))
                .hint("name one that exists with --config, or leave it out"));
        }
        if self.config == self.own_deck_file() {
            self.own_config()
        } else {
            Ok(load_deck(&self.config)?)
        }
    }

    /// Returns the settings of the deck file in the deck's folder, or the embedded defaults if there never
    /// was one.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be read or no longer exists, because removing it must not make every user a
    /// supervisor by accident.
    pub fn own_config(&self) -> Result<DeckConfig, CliError> {
        let own = self.own_deck_file();
        if !has_deck_file(&own) && Deck::had_file(self) {
            let what = if fs::symlink_metadata(&own).is_ok() {
                "empty"
            } else {
                "gone"
            };
            return Err(CliError::failed(format!("the deck's file is {what}"))
                .at(Place::file(own.display()))
                .hint("put it back, or write another there: `dialdeck --deck NEW config print` prints the embedded one"));
        }
        Ok(load_deck(&own)?)
    }

    /// Returns the country of numbers written without one: the one given, or the deck file's.
    ///
    /// # Errors
    ///
    /// Errors if no country is given and the deck file cannot be read.
    pub fn country(&self, args: &CountryArgs) -> Result<String, CliError> {
        match &args.country {
            Some(country) => Ok(country.clone()),
            None => Ok(self.deck_config()?.default_country),
        }
    }

    /// Returns the country as [`Env::country`] does. While the deck file cannot be read, returns the country
    /// from when it last could.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be read and never could.
    pub fn country_known(&self, args: &CountryArgs) -> Result<String, CliError> {
        match self.country(args) {
            Err(error) if Deck::exists(self) => known_country(error, &mut Deck::open(self)?),
            country => country,
        }
    }
}

/// Returns the country that a deck file gave when it could last be read.
///
/// # Errors
///
/// Errors with `error` and a hint if it never could.
pub(crate) fn known_country(error: CliError, deck: &mut Deck) -> Result<String, CliError> {
    deck.last_country()?.ok_or_else(|| {
        error.hint("write the numbers with + and their country code, or say --country US")
    })
}

/// Returns `$XDG_DATA_HOME/dialdeck`, by default `~/.local/share/dialdeck`.
fn default_deck() -> Result<PathBuf, CliError> {
    Xdg::new()
        .map(|dirs| dirs.data_dir().join("dialdeck"))
        .map_err(|_| {
            CliError::deck("there is no home folder to keep the deck in")
                .hint("name the deck's folder with --deck DIR")
        })
}

/// Returns `$DIALDECK_STATE_DIR`, or `$XDG_STATE_HOME/dialdeck`, by default `~/.local/state/dialdeck`.
/// Returns `None` for a deck in the system's folder for temporary files, unless the first is set.
fn state_folder(deck: &Path) -> Option<PathBuf> {
    match std::env::var_os("DIALDECK_STATE_DIR") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        Some(_) | None if deck.starts_with(std::env::temp_dir()) => None,
        Some(_) | None => Some(Xdg::new().ok()?.state_dir()?.join("dialdeck")),
    }
}

/// Returns the name of the operating system's user who runs this process; `uid-N` if the system knows none.
/// Environment variables are not read, because any user can set them.
fn actor() -> String {
    let user = Uid::current();
    match User::from_uid(user) {
        Ok(Some(known)) => known.name,
        Ok(None) | Err(_) => format!("uid-{user}"),
    }
}

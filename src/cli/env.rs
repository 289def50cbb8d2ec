//! What every subcommand is given: the deck's place, how to answer, who acts.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use nix::unistd::{Uid, User};

use super::args::{CountryArgs, GlobalArgs};
use super::{CliError, Deck};
use crate::config::{DeckConfig, load_deck};
use crate::domain::{Authority, Role};

/// The deck file in the deck's folder.
const DECK_FILE: &str = "dialdeck.toml";

/// What every subcommand is given.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
pub struct Env {
    /// The deck's folder.
    pub deck: PathBuf,
    /// Whether `--deck` named it; the demo throws its deck away unless it did.
    pub deck_named: bool,
    /// The deck file, `DECK/dialdeck.toml` unless `--config` names another.
    pub config: PathBuf,
    /// Whether `--config` named it, so that it has to exist.
    pub config_named: bool,
    /// One JSON document or JSON lines on standard output instead of tables.
    pub json: bool,
    /// Whether nothing may be written to the deck.
    pub read_only: bool,
    /// Who acts, for the log and for roles: the operating system's user.
    pub actor: String,
    /// What the machine is called, where `DIALDECK_HOST` says so; else the machine is asked.
    pub host: Option<String>,
    /// With which rights at most; `None`: those the deck file gives.
    pub role: Option<Role>,
    /// Where the second copy of the deck's mark is; `None`: nowhere, the system names no folder for it.
    pub state: Option<PathBuf>,
    /// How the console looks.
    pub look: LookArgs,
}

/// How the console is to look, as far as the command line says.
#[derive(Clone, Debug)]
pub struct LookArgs {
    /// The theme's name.
    pub theme: Option<String>,
    /// The colours: `auto`, `never`, `16`, `256` or `true`.
    pub color: Option<String>,
    /// ASCII alone.
    pub ascii: bool,
    /// Numbers without their last digits.
    pub mask: bool,
}

impl Env {
    /// From the global options and the user's environment.
    pub fn new(global: &GlobalArgs) -> Result<Self, CliError> {
        let deck = match &global.deck {
            Some(deck) => deck.clone(),
            None => default_deck()?,
        };
        let state = state_folder(&deck);
        Ok(Self {
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

    /// Takes the deck in this folder instead, with its own deck file unless another is named.
    pub fn in_folder(&mut self, folder: &Path) {
        folder.clone_into(&mut self.deck);
        self.state = state_folder(folder);
        self.deck_named = true;
        if !self.config_named {
            self.config = self.own_deck_file();
        }
    }

    /// Stops a subcommand that would write when nothing may be written.
    pub fn may_write(&self) -> Result<(), CliError> {
        if self.read_only {
            return Err(
                CliError::refused("--read-only: this would write to the deck")
                    .hint("leave --read-only out to do it"),
            );
        }
        Ok(())
    }

    /// What the user may: what the role allows that the deck's own file gives, else a supervisor's.
    /// Another file named by `--config` and `--role` only ever take away. While the deck file cannot
    /// be read every user has the role support and may hold campaigns back.
    ///
    /// # Errors
    /// When `--role` asks for more than a deck file that can be read gives.
    pub fn authority(&self) -> Result<Authority, CliError> {
        let mut given = self.given_by(self.own_config());
        if self.config != self.own_deck_file() {
            given = given.and(self.given_by(self.deck_config()));
        }
        match self.role {
            // Nobody has to know that the file is broken to pause by the command of every day.
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

    /// The deck file in the deck's folder, whether or not `--config` names another.
    pub fn own_deck_file(&self) -> PathBuf {
        self.deck.join(DECK_FILE)
    }

    fn given_by<E>(&self, file: Result<DeckConfig, E>) -> Authority {
        match file {
            Ok(config) => config.roles.of(&self.actor).into(),
            Err(_) => Authority::UNREADABLE,
        }
    }

    /// A file or folder of the user's own in the deck's folder, if something is there; a link to nowhere
    /// is something.
    pub fn own_file(&self, name: &str) -> Option<PathBuf> {
        let path = self.deck.join(name);
        path.symlink_metadata().is_ok().then_some(path)
    }

    /// The deck file, or the embedded defaults when there is none.
    pub fn deck_config(&self) -> Result<DeckConfig, CliError> {
        if self.config_named && !self.config.exists() {
            return Err(CliError::usage(format!(
                "there is no deck file {}",
                self.config.display()
            ))
            .hint("name one that exists with --config, or leave it out"));
        }
        if self.config == self.own_deck_file() {
            self.own_config()
        } else {
            Ok(load_deck(&self.config)?)
        }
    }

    /// The deck file in the deck's folder, or the embedded defaults when there never was one.
    ///
    /// # Errors
    /// Errors if it cannot be read or is gone: its removal may not have been meant to make every user a
    /// supervisor from then on.
    pub fn own_config(&self) -> Result<DeckConfig, CliError> {
        let own = self.own_deck_file();
        if fs::symlink_metadata(&own).is_err() && Deck::had_file(self) {
            return Err(CliError::failed(format!("{}: the deck's file is gone", own.display()))
                .hint("put it back, or write another there: `dialdeck --deck NEW config print` prints the embedded one"));
        }
        Ok(load_deck(&own)?)
    }

    /// The country of numbers written without one: as asked for, else the deck file's.
    pub fn country(&self, args: &CountryArgs) -> Result<String, CliError> {
        match &args.country {
            Some(country) => Ok(country.clone()),
            None => Ok(self.deck_config()?.default_country),
        }
    }

    /// As [`Env::country`]; while the deck file cannot be read, the one it said when it last could.
    ///
    /// # Errors
    /// When the file cannot be read and never could.
    pub fn country_known(&self, args: &CountryArgs) -> Result<String, CliError> {
        match self.country(args) {
            Err(error) if Deck::exists(self) => known_country(error, &mut Deck::open(self)?),
            country => country,
        }
    }
}

/// The country that a deck file gave when it could last be read.
///
/// # Errors
/// When it never could: `error`, with what to do.
pub fn known_country(error: CliError, deck: &mut Deck) -> Result<String, CliError> {
    deck.last_country()?.ok_or_else(|| {
        error.hint("write the numbers with + and their country code, or say --country US")
    })
}

/// `$XDG_DATA_HOME/dialdeck`, by default `~/.local/share/dialdeck`.
fn default_deck() -> Result<PathBuf, CliError> {
    Xdg::new()
        .map(|dirs| dirs.data_dir().join("dialdeck"))
        .map_err(|_| {
            CliError::deck("there is no home folder to keep the deck in")
                .hint("name the deck's folder with --deck DIR")
        })
}

/// `$DIALDECK_STATE_DIR`, else `$XDG_STATE_HOME/dialdeck`, by default `~/.local/state/dialdeck`, where a
/// deck in the system's folder for temporary files leaves nothing.
fn state_folder(deck: &Path) -> Option<PathBuf> {
    match std::env::var_os("DIALDECK_STATE_DIR") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        Some(_) | None if deck.starts_with(std::env::temp_dir()) => None,
        Some(_) | None => Some(Xdg::new().ok()?.state_dir()?.join("dialdeck")),
    }
}

/// The name of the operating system's user who runs this process; `uid-N` where the system knows none.
/// The environment has no say: anybody can set it.
fn actor() -> String {
    let user = Uid::current();
    match User::from_uid(user) {
        Ok(Some(known)) => known.name,
        Ok(None) | Err(_) => format!("uid-{user}"),
    }
}

//! What each command needs in addition to the store, and what an action that needs only the store can reach.
//!
//! A command fails if a file that it needs is broken. An action that holds calls back needs no file: it
//! reports the broken file and continues, and has no access to the files at all ([`StoreOnly`]).

use super::args::{CampaignCommand, Command, CountryArgs, DncCommand};
use super::env::known_country;
use super::error::ErrorKind;
use super::{CliError, Deck, Env, lost_store, rules};
use crate::config::has_deck_file;
use crate::rules::Rules;
use crate::tui::tty;

/// What a command may need in addition to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The deck file, free of faults.
    Settings,
    /// The deck's own rule files, which add to the law.
    Rules,
    /// The carriers, with their credentials. The engine reads them when it starts.
    Carriers,
}

/// Returns what a command needs; `None` if it reads the deck's files by itself, or reads none.
pub(crate) fn of(command: &Command) -> Option<&'static [Need]> {
    use Need::{Carriers, Rules, Settings};
    match command {
        Command::HangUp(_)
        | Command::Campaign(
            CampaignCommand::Pause(_)
            | CampaignCommand::Stop(_)
            | CampaignCommand::Set(_)
            // The engine may be dialing: what it does must be visible even if a file has broken since.
            | CampaignCommand::List
            | CampaignCommand::Show(_),
        )
        // An opt-out holds even if the rules are broken. The other subcommands read only numbers.
        | Command::Dnc(
            DncCommand::Add(_)
            | DncCommand::Import(_)
            | DncCommand::Check(_)
            | DncCommand::Reverse(_)
            | DncCommand::List(_)
            | DncCommand::Export(_),
        )
        | Command::Trunk(_)
        | Command::Log(_)
        | Command::Numbers
        | Command::Unknown(_)
        | Command::Clock(_)
        | Command::Results(_)
        | Command::Why(_)
        | Command::Status => Some(&[]),
        Command::Campaign(
            CampaignCommand::Add(_)
            | CampaignCommand::Start(_)
            | CampaignCommand::Resume(_)
            | CampaignCommand::Release(_),
        )
        | Command::Contacts(_)
        | Command::Window(_)
        | Command::Check(_) => Some(&[Settings, Rules]),
        Command::Run(_) | Command::Call(_) => Some(&[Settings, Rules, Carriers]),
        Command::Demo(_)
        | Command::Doctor
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Config(_) => None,
    }
}

/// What a command does where there is no deck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDeck {
    /// It creates a deck, because that is its purpose.
    Makes,
    /// It creates a deck if `--new` is given, because the path may be a slip.
    MakesIfTold(bool),
    /// It creates a deck if there is a deck file.
    MakesBesideFile,
    /// It works without a deck, and creates none.
    WorksWithout,
    /// It fails with an error.
    Fails,
}

/// Returns what a command does where there is no deck. This is the only rule on which commands create one.
pub(crate) const fn without_deck(command: &Command) -> NoDeck {
    match command {
        Command::Demo(_) | Command::Campaign(CampaignCommand::Add(_)) => NoDeck::Makes,
        Command::Dnc(DncCommand::Add(args)) => NoDeck::MakesIfTold(args.new),
        Command::Dnc(DncCommand::Import(args)) => {
            if args.dry_run {
                NoDeck::WorksWithout
            } else {
                NoDeck::MakesIfTold(args.new)
            }
        }
        Command::Call(_) => NoDeck::MakesBesideFile,
        // `log verify FILE` reads a file. The others check by themselves what exists.
        Command::Log(_)
        | Command::Why(_)
        | Command::Window(_)
        | Command::Check(_)
        | Command::Doctor
        | Command::Restore(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Config(_) => NoDeck::WorksWithout,
        Command::Run(_)
        | Command::Backup(_)
        | Command::HangUp(_)
        | Command::Trunk(_)
        | Command::Numbers
        | Command::Unknown(_)
        | Command::Clock(_)
        | Command::Results(_)
        | Command::Status
        | Command::Contacts(_)
        | Command::Campaign(
            CampaignCommand::List
            | CampaignCommand::Show(_)
            | CampaignCommand::Start(_)
            | CampaignCommand::Resume(_)
            | CampaignCommand::Release(_)
            | CampaignCommand::Pause(_)
            | CampaignCommand::Stop(_)
            | CampaignCommand::Set(_),
        )
        | Command::Dnc(
            DncCommand::Check(_)
            | DncCommand::Reverse(_)
            | DncCommand::List(_)
            | DncCommand::Export(_),
        ) => NoDeck::Fails,
    }
}

/// Errors if there is no deck and the command needs one, or would create one because of a slip in the path.
fn there_is_a_deck(command: &Command, env: &Env) -> Result<(), CliError> {
    if Deck::exists(env) {
        return Ok(());
    }
    match without_deck(command) {
        NoDeck::Makes | NoDeck::MakesIfTold(true) | NoDeck::WorksWithout => Ok(()),
        NoDeck::MakesIfTold(false) => {
            // The rest of a lost deck is never taken for a new one.
            Err(lost_store::of(env).unwrap_or_else(|| {
                Deck::missing(env).hint("--deck DIR names another; --new makes this one")
            }))
        }
        NoDeck::MakesBesideFile if has_deck_file(&env.own_deck_file()) => Ok(()),
        NoDeck::MakesBesideFile | NoDeck::Fails => Err(Deck::missing(env)),
    }
}

/// Puts in force what the command needs, and warns about files that are broken and not needed.
///
/// # Errors
///
/// Errors if a file that it needs is broken, or if there is no deck and it creates none.
pub(crate) fn prepare(command: &Command, env: &mut Env) -> Result<(), CliError> {
    there_is_a_deck(command, env)?;
    let Some(needs) = of(command) else {
        return Ok(());
    };
    if needs.contains(&Need::Settings) {
        env.deck_config()?;
    }
    if needs.contains(&Need::Rules) {
        env.rules = rules::of_deck(env)?;
        return Ok(());
    }
    let faults = broken(env);
    for fault in &faults {
        tty::say(&fault.render_warning(env.json));
    }
    if !faults.is_empty() && judges(command) && rules::of_deck(env).is_err() {
        let left_out = CliError::failed(
            "what follows is judged by the law alone, without rule files of the deck's own",
        );
        tty::say(&left_out.render_warning(env.json));
    }
    Ok(())
}

/// Returns whether the output of the command depends on the law.
const fn judges(command: &Command) -> bool {
    matches!(
        command,
        Command::Campaign(CampaignCommand::List | CampaignCommand::Show(_))
            | Command::Why(_)
            | Command::Status
    )
}

/// Returns the error of a command for which the user lacks the right. If roles are not known because a file
/// is broken, the error names that file.
pub(crate) fn explained(error: CliError, env: &Env) -> CliError {
    if error.kind != ErrorKind::NotPermitted {
        return error;
    }
    let mut files = [env.own_config(), env.deck_config()].into_iter();
    match files.find_map(Result::err) {
        Some(fault) => error.hint(format!(
            "every user has the role support while the deck file cannot be read: {}",
            fault.brief()
        )),
        None => error,
    }
}

/// Returns the faults of the deck's files, including those of rules that are not in force because of them.
/// Puts the rule files in force if there is none.
pub(crate) fn broken(env: &mut Env) -> Vec<CliError> {
    let mut faults = Vec::new();
    if env.config != env.own_deck_file() {
        faults.extend(env.own_config().err());
    }
    match rules::of_deck(env) {
        Ok(rules) => env.rules = rules,
        Err(error) => faults.push(error),
    }
    faults
}

/// The access of an action that needs only the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreOnly<'a>(&'a Env);

impl<'a> StoreOnly<'a> {
    /// Returns access to the store of this deck, and not to its files.
    pub(crate) const fn new(env: &'a Env) -> Self {
        Self(env)
    }

    /// Returns the rules in force.
    pub(crate) fn rules(self) -> &'a Rules {
        &self.0.rules
    }

    /// Returns whether the answer is JSON.
    pub(crate) const fn json(self) -> bool {
        self.0.json
    }

    /// Opens the deck in order to write to it.
    ///
    /// # Errors
    ///
    /// Errors if there is none, its store is not usable, or with `--read-only`.
    pub(crate) fn open(self) -> Result<Deck, CliError> {
        Deck::open_to_hold_back(self.0)
    }

    /// Opens the deck in order to write to it, and creates it if there is none. Whether the command may do so
    /// was decided before ([`without_deck`]).
    ///
    /// # Errors
    ///
    /// Errors if [`StoreOnly::open`] does for a deck that exists, or if the deck cannot be created.
    pub(crate) fn open_or_create(self) -> Result<Deck, CliError> {
        Deck::open_or_create_to_hold_back(self.0)
    }

    /// Returns whether there is a deck to open.
    pub(crate) fn exists(self) -> bool {
        Deck::exists(self.0)
    }

    /// Returns the country of numbers written without one: the one given, or the deck file's, or, if the file
    /// cannot be read, the country from when it last could.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be read and never could.
    pub(crate) fn country(
        self,
        asked: &CountryArgs,
        deck: Option<&mut Deck>,
    ) -> Result<String, CliError> {
        match (self.0.country(asked), deck) {
            (Err(error), Some(deck)) => known_country(error, deck),
            (country, _) => country,
        }
    }
}

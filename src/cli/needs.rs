//! What each command needs besides the store, and what an act is given that needs nothing else.
//!
//! A command fails where a file is broken that it needs. An act that holds back needs none of them: it
//! says which file is broken and goes on, and is given no way to the files at all ([`StoreOnly`]).

use super::args::{CampaignCommand, Command, CountryArgs, DncCommand};
use super::env::known_country;
use super::error::RIGHTS;
use super::{CliError, Deck, Env, loss, rules};
use crate::tui::tty;

/// What a command may need besides the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The deck file.
    Settings,
    /// The deck's own rule files, laid over the law.
    Rules,
    /// The carriers, with their credentials; the engine sees to them as it starts.
    Carriers,
}

/// What a command needs; `None`: it looks at the deck's files by itself, or at none.
pub fn of(command: &Command) -> Option<&'static [Need]> {
    use Need::{Carriers, Rules, Settings};
    match command {
        Command::HangUp(_)
        | Command::Campaign(
            CampaignCommand::Pause(_)
            | CampaignCommand::Stop(_)
            | CampaignCommand::Set(_)
            // The engine may be dialing: what it does is seen whatever has broken since.
            | CampaignCommand::List
            | CampaignCommand::Show(_),
        )
        // An opt-out holds whatever is wrong with the rules; the other verbs read numbers alone.
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
pub enum NoDeck {
    /// It makes one: that is what it is for.
    Makes,
    /// It makes one if it has `--new`: the path may be a slip.
    MakesIfTold(bool),
    /// It makes one beside a deck file.
    MakesBesideFile,
    /// It works without one, and makes none.
    WorksWithout,
    /// It fails.
    Fails,
}

/// What a command does where there is no deck: the only rule of which commands make one.
pub const fn without_deck(command: &Command) -> NoDeck {
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
        // `log verify FILE` reads a file, and the others look at what there is by themselves.
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

/// Stops a command that would make a deck by a slip in the path, or that needs one.
fn there_is_a_deck(command: &Command, env: &Env) -> Result<(), CliError> {
    if Deck::exists(env) {
        return Ok(());
    }
    match without_deck(command) {
        NoDeck::Makes | NoDeck::MakesIfTold(true) | NoDeck::WorksWithout => Ok(()),
        NoDeck::MakesIfTold(false) => {
            // What is left of a deck is never taken for a new one.
            Err(loss::of(env).unwrap_or_else(|| {
                Deck::missing(env).hint("--deck DIR names another; --new makes this one")
            }))
        }
        NoDeck::MakesBesideFile if env.own_deck_file().exists() => Ok(()),
        NoDeck::MakesBesideFile | NoDeck::Fails => Err(Deck::missing(env)),
    }
}

/// Brings into force what the command needs, and warns of what is broken and not needed.
///
/// # Errors
/// When a file that it needs is broken, or where there is no deck and it makes none.
pub fn prepare(command: &Command, env: &Env) -> Result<(), CliError> {
    there_is_a_deck(command, env)?;
    let Some(needs) = of(command) else {
        return Ok(());
    };
    if needs.contains(&Need::Settings) {
        env.deck_config()?;
    }
    if needs.contains(&Need::Rules) {
        return rules::lay_over(env);
    }
    let faults = broken(env);
    for fault in &faults {
        tty::say(&fault.render_warning(env.json));
    }
    if !faults.is_empty() && judges(command) && rules::lay_over(env).is_err() {
        let left_out = CliError::failed(
            "what follows is judged by the law alone, without rule files of the deck's own",
        );
        tty::say(&left_out.render_warning(env.json));
    }
    Ok(())
}

/// Whether what the command shows rests on the law.
const fn judges(command: &Command) -> bool {
    matches!(
        command,
        Command::Campaign(CampaignCommand::List | CampaignCommand::Show(_))
            | Command::Why(_)
            | Command::Status
    )
}

/// The error of a command whose user has not the right to it; while roles are not known for a broken file,
/// it names the file.
pub fn explained(error: CliError, env: &Env) -> CliError {
    if error.hint.as_deref() != Some(RIGHTS) {
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

/// The faults of the deck's files, those of the rules that are in force otherwise among them. Lays the
/// rule files over the law if there is none.
pub fn broken(env: &Env) -> Vec<CliError> {
    let mut faults = Vec::new();
    if env.config != env.own_deck_file() {
        faults.extend(env.own_config().err());
    }
    match env.deck_config() {
        Ok(_) => faults.extend(rules::lay_over(env).err()),
        Err(error) => faults.push(error),
    }
    faults
}

/// What an act is given that needs nothing but the store.
#[derive(Clone, Copy, Debug)]
pub struct StoreOnly<'a>(&'a Env);

impl<'a> StoreOnly<'a> {
    /// The store of this deck, and no way to its files.
    pub const fn new(env: &'a Env) -> Self {
        Self(env)
    }

    /// Whether the answer is to be JSON.
    pub const fn json(self) -> bool {
        self.0.json
    }

    /// Opens the deck to write to it.
    ///
    /// # Errors
    /// When there is none, its store is not usable, and with `--read-only`.
    pub fn open(self) -> Result<Deck, CliError> {
        Deck::open_to_hold_back(self.0)
    }

    /// Opens the deck to write to it, and makes it where there is none: whether the command may do so
    /// was decided before ([`without_deck`]).
    ///
    /// # Errors
    /// As [`StoreOnly::open`], and when it cannot be made.
    pub fn open_or_create(self) -> Result<Deck, CliError> {
        Deck::open_or_create_to_hold_back(self.0)
    }

    /// Whether there is a deck to open.
    pub fn exists(self) -> bool {
        Deck::exists(self.0)
    }

    /// The country of numbers written without one: as asked for, else the deck file's, else, where it
    /// cannot be read, the one it said when it last could.
    ///
    /// # Errors
    /// When the file cannot be read and never could.
    pub fn country(self, asked: &CountryArgs, deck: Option<&mut Deck>) -> Result<String, CliError> {
        match (self.0.country(asked), deck) {
            (Err(error), Some(deck)) => known_country(error, deck),
            (country, _) => country,
        }
    }
}

//! What each command needs besides the store, and what an act is given that needs nothing else.
//!
//! A command fails where a file is broken that it needs. An act that holds back needs none of them: it
//! says which file is broken and goes on, and is given no way to the files at all ([`StoreOnly`]).

use super::args::{CampaignCommand, Command, CountryArgs, DncCommand};
use super::{CliError, Deck, Env, loss, rules};
use crate::config::load_deck;
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
            CampaignCommand::Pause(_) | CampaignCommand::Stop(_) | CampaignCommand::Set(_),
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
        | Command::Results(_) => Some(&[]),
        Command::Campaign(
            CampaignCommand::Add(_)
            | CampaignCommand::List
            | CampaignCommand::Show(_)
            | CampaignCommand::Start(_)
            | CampaignCommand::Resume(_)
            | CampaignCommand::Release(_),
        )
        | Command::Contacts(_)
        | Command::Why(_)
        | Command::Window(_)
        | Command::Check(_)
        | Command::Status => Some(&[Settings, Rules]),
        Command::Run(_) | Command::Call(_) => Some(&[Settings, Rules, Carriers]),
        Command::Demo(_)
        | Command::Doctor
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Config(_) => None,
    }
}

/// Brings into force what the command needs, and warns of what is broken and not needed.
///
/// # Errors
/// When a file that it needs is broken.
pub fn prepare(command: &Command, env: &Env) -> Result<(), CliError> {
    let Some(needs) = of(command) else {
        return Ok(());
    };
    if needs.contains(&Need::Settings) {
        env.deck_config()?;
    }
    if needs.contains(&Need::Rules) {
        return rules::lay_over(env);
    }
    for fault in broken(env) {
        tty::say(&fault.render_warning(env.json));
    }
    Ok(())
}

/// Says that a deck was made where there was none: the path may have been a slip.
pub fn warn_of_new_deck(env: &Env) {
    let made = format!(
        "there was no deck at {}: a new one is made",
        env.deck.display()
    );
    let warning =
        CliError::deck(made).hint("--deck DIR names another; --new says that it is meant");
    tty::say(&warning.render_warning(env.json));
}

/// The faults of the deck's files, those of the rules that are in force otherwise among them. Lays the
/// rule files over the law if there is none.
pub fn broken(env: &Env) -> Vec<CliError> {
    let mut faults = Vec::new();
    let own = env.own_deck_file();
    if env.config != own
        && let Err(errors) = load_deck(&own)
    {
        faults.push(CliError::from(errors));
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
        Deck::open_to_write(self.0)
    }

    /// Opens the deck to write to it; `new`: makes one where there is none.
    ///
    /// # Errors
    /// As [`StoreOnly::open`], and when it cannot be made.
    pub fn open_or_new(self, new: bool) -> Result<Deck, CliError> {
        if Deck::exists(self.0) {
            self.open()
        } else if new {
            Deck::open_or_create(self.0)
        } else {
            Err(self.missing())
        }
    }

    /// The error of an act that makes a deck only if it is told to.
    pub fn missing(self) -> CliError {
        loss::of(self.0).unwrap_or_else(|| {
            Deck::missing(self.0).hint("--deck DIR names another; --new makes this one")
        })
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
        let country = self.0.country(asked);
        match (country, deck) {
            (Err(error), Some(deck)) => deck.last_country()?.ok_or_else(|| {
                error.hint("write the numbers with + and their country code, or say --country US")
            }),
            (country, _) => country,
        }
    }
}

//! The place of a deck's engines. At another place a deck has been moved, or it is a copy, whose original may
//! dial its contacts too: only the user knows which.

mod copy;

use std::io::{BufRead as _, ErrorKind, stdin};
use std::path::Path;
use std::{fmt, fs};

use serde::{Deserialize, Serialize};

use super::deck::{STORE_FILE, lock_unseen};
use super::{CliError, Deck, Env, lost_store};
use crate::domain::digest::{hex, sha256};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::incarnation::ENGINE_PLACE;
use crate::store::sqlite::lock;
use crate::store::sqlite::mark::Standing;
use crate::store::sqlite::place::FileId;
use crate::store::{Reads as _, StoreError};
use crate::tui::tty;

pub(super) use copy::copy;

/// The store's key for the identity that the deck file of a copy has to name.
const CREDENTIALS: &str = "credentials_for";

/// The file that identifies a machine permanently, and the files that hold its name.
const MACHINE_ID: &str = "/etc/machine-id";
const HOST_NAMES: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// The user's answer about a deck that is at another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The deck was moved, and there is no other.
    Moved,
    /// The deck is a copy, and the original still exists.
    Copy,
}

/// The place of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The id of the machine.
    host: String,
    /// The name of the machine.
    host_name: String,
    /// The deck's folder, without links.
    folder: String,
    /// The inode of the store's file. Its device is left out, because some systems number devices differently
    /// at every start.
    inode: u64,
}

impl Place {
    fn here(env: &Env) -> Result<Self, CliError> {
        let here = Self::in_folder(env)?;
        let store = Path::new(&here.folder).join(STORE_FILE);
        let file = FileId::at(&store).map_err(|error| CliError::file(&store, &error))?;
        let inode = file.inode;
        Ok(Self { inode, ..here })
    }

    /// Returns this machine and the deck's folder, without the store's file.
    fn in_folder(env: &Env) -> Result<Self, CliError> {
        let folder =
            fs::canonicalize(&env.deck).map_err(|error| CliError::file(&env.deck, &error))?;
        let (host, host_name) = host(env);
        Ok(Self {
            host,
            host_name,
            folder: folder.display().to_string(),
            inode: 0,
        })
    }

    /// Stores that the deck's last engine ran here.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be written.
    pub(super) fn store(&self, store: &mut SqliteStore) -> Result<(), CliError> {
        let text = serde_json::to_string(self).map_err(CliError::failed)?;
        if store.meta(ENGINE_PLACE)?.as_deref() != Some(&text) {
            store.set_meta(ENGINE_PLACE, &text)?;
        }
        Ok(())
    }

    /// Returns whether this is another folder or another machine.
    fn is_elsewhere(&self, other: &Self) -> bool {
        self.host != other.host || self.folder != other.folder
    }

    /// Returns what differs at this place, one text each.
    fn differences(&self, here: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.host != here.host && self.host_name == here.host_name {
            found.push(format!("its host is another one named {}", here.host_name));
        } else if self.host != here.host {
            found.push(format!(
                "its host was {}, now it is {}",
                self.host_name, here.host_name
            ));
        }
        if self.folder != here.folder {
            found.push(format!(
                "its folder was {}, now it is {}",
                self.folder, here.folder
            ));
        }
        if self.inode != here.inode {
            found.push(format!("its {STORE_FILE} is another file"));
        }
        found
    }
}

impl fmt::Display for Place {
    /// Writes `/srv/deck on hall`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.folder, self.host_name)
    }
}

/// A deck that the user says was moved, for the log.
#[derive(Clone, Debug)]
pub(super) struct Moved(Vec<String>);

impl Moved {
    /// Returns the differences, for the entry of an engine's start.
    pub(super) fn differences(&self) -> Vec<String> {
        self.0.clone()
    }
}

/// Decides whether an engine may start on the deck here. Returns `Some` if the user says that the deck was
/// moved.
///
/// Whether the store is as the last run left it is looked at first: where the deck is explains no store that
/// is older.
///
/// # Errors
///
/// Errors if the store is not as the last run left it, or if the deck is at another place than its last engine
/// and `--moved` is not given.
pub(super) fn judge(
    deck: &mut Deck,
    env: &Env,
    answer: Option<Answer>,
) -> Result<Option<Moved>, CliError> {
    let Some((known, found)) = elsewhere(deck, env)? else {
        deck.must_be_current()?;
        return Ok(None);
    };
    let other = other_engine(&known, deck, env)?;
    match (answer, other) {
        (Some(Answer::Moved), None) => {
            deck.must_be_current()?;
            deck.store.keep_mark_apart(false);
            lost_store::forget(env, Path::new(&known.folder));
            lost_store::remember(env, deck.store.deck_id());
            Ok(Some(Moved(found)))
        }
        (Some(Answer::Moved), Some(other)) => Err(not_moved(&other)),
        (Some(Answer::Copy) | None, other) => {
            let may_be_a_copy = may_be_a_copy(deck, &known, env)?;
            Err(undecided(deck, &found, other.as_ref(), may_be_a_copy))
        }
    }
}

/// Returns the place of the deck's last engine and what differs here; `None` if it is this place, or no
/// engine has run.
fn elsewhere(deck: &mut Deck, env: &Env) -> Result<Option<(Place, Vec<String>)>, CliError> {
    let Some(known) = known_place(&mut deck.store)? else {
        return Ok(None);
    };
    let found = known.differences(&Place::here(env)?);
    Ok((!found.is_empty()).then_some((known, found)))
}

/// An engine that may run on the same deck at the place of its last engine.
enum OtherEngine {
    /// It runs in this folder.
    Runs(String),
    /// Whether one runs cannot be seen, for this reason.
    Unseen(String),
}

impl fmt::Display for OtherEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs(folder) => {
                write!(f, "an engine runs on this deck at its old place {folder}")
            }
            Self::Unseen(why) => f.write_str(why),
        }
    }
}

/// Returns the engine that runs, or may run, at the deck's old place; `None` if none does there, the old
/// place now has another deck, or it is this folder or on another machine, whose files are not seen from here.
fn other_engine(known: &Place, deck: &Deck, env: &Env) -> Result<Option<OtherEngine>, CliError> {
    let here = Place::in_folder(env)?;
    if known.host != here.host || known.folder == here.folder {
        return Ok(None);
    }
    let folder = Path::new(&known.folder);
    match lock::is_held(folder) {
        Ok(false) => Ok(None),
        Ok(true) => {
            let there = SqliteStore::deck_id_at(&folder.join(STORE_FILE));
            let own = deck.store.deck_id().to_string();
            // A store that cannot be read may be this deck's.
            let is_another = there.is_ok_and(|id| id.is_some_and(|id| id != own));
            Ok((!is_another).then(|| OtherEngine::Runs(known.folder.clone())))
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(None),
        Err(error) => Ok(Some(OtherEngine::Unseen(lock_unseen(folder, &error)))),
    }
}

/// The hint for a deck that another engine dials at the old place.
const MAKE_A_COPY: &str =
    "end that engine first; if this is a copy, and the other deck lives on: `dialdeck run --copy`";

fn not_moved(other: &OtherEngine) -> CliError {
    CliError::deck(format!("the deck was not moved: {other}")).hint(MAKE_A_COPY)
}

/// Returns whether this deck, whose last engine ran at `known`, may be a copy of a deck that lives on: it is
/// in another folder or on another machine, and what it may lack is known or is everything.
///
/// # Errors
///
/// Errors if the deck's folder cannot be read.
fn may_be_a_copy(deck: &Deck, known: &Place, env: &Env) -> Result<bool, CliError> {
    Ok(match deck.marked().standing {
        Standing::Current | Standing::Older(_) | Standing::Unmarked => {
            known.is_elsewhere(&Place::in_folder(env)?)
        }
        Standing::Foreign(_) | Standing::Held(_) => false,
    })
}

/// The hint for a store that is not as the last run left it, in another folder or on another machine.
const OLDER_ELSEWHERE: &str = "if it is a copy, and the other deck lives on: `dialdeck run --copy`, which asks for the opt-outs \
    that may be missing; if it was moved: `dialdeck restore --from BACKUP` with a newer one, or `dialdeck restore \
    --accept-rollback`, then `dialdeck run --moved`";

/// Returns the error of a deck about whose place the user has to decide. A store that is not as the last run
/// left it, in the folder where that was, is no copy to decide about.
fn undecided(
    deck: &Deck,
    found: &[String],
    other: Option<&OtherEngine>,
    may_be_a_copy: bool,
) -> CliError {
    let stale = deck.must_be_current().err();
    let found = found.join("; ");
    let place = format!("the deck is not where its last engine ran: {found}");
    let place = match other {
        Some(other) => format!("{place}; {other}"),
        None => place,
    };
    match (stale, other) {
        (Some(stale), _) if !may_be_a_copy => stale,
        (Some(stale), None) => {
            CliError::deck(format!("{}; {place}", stale.message)).hint(OLDER_ELSEWHERE)
        }
        (Some(stale), Some(_)) => {
            CliError::deck(format!("{}; {place}", stale.message)).hint(MAKE_A_COPY)
        }
        (None, Some(_)) => CliError::deck(place).hint(MAKE_A_COPY),
        (None, None) => CliError::deck(place).hint(
            "if it was moved, and nothing dials at the old place: `dialdeck run --moved`; if it is a copy, and the other deck lives on: `dialdeck run --copy`",
        ),
    }
}

/// Stores that the deck's engine runs here.
///
/// # Errors
///
/// Errors if the store cannot be written.
pub(super) fn note(deck: &mut Deck, env: &Env) -> Result<(), CliError> {
    Place::here(env)?.store(&mut deck.store)
}

/// Returns what differs from the place of the deck's last engine; empty if no engine has run.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn differences(deck: &mut Deck, env: &Env) -> Result<Vec<String>, CliError> {
    Ok(elsewhere(deck, env)?.map_or_else(Vec::new, |(_, found)| found))
}

/// Returns where the last engine of the deck in this store ran, if that is another folder or machine.
///
/// # Errors
/// Errors if the store or the deck's folder cannot be read.
pub(super) fn elsewhere_known(
    store: &mut SqliteStore,
    env: &Env,
) -> Result<Option<Place>, CliError> {
    let Some(known) = known_place(store)? else {
        return Ok(None);
    };
    let is_elsewhere = Place::in_folder(env).is_ok_and(|here| known.is_elsewhere(&here));
    Ok(is_elsewhere.then_some(known))
}

/// Returns where the deck's last engine ran, if that is another folder on this machine, for a deck whose store
/// cannot be waited for.
pub(super) fn moved_from(env: &Env) -> Option<String> {
    let text = SqliteStore::meta_at(&env.deck.join(STORE_FILE), ENGINE_PLACE);
    let known: Place = serde_json::from_str(&text.ok()??).ok()?;
    let here = Place::in_folder(env).ok()?;
    (known.host == here.host && known.folder != here.folder).then_some(known.folder)
}

/// Returns where the last engine of the deck in this store ran; `None` if none has run.
fn known_place(store: &mut SqliteStore) -> Result<Option<Place>, CliError> {
    let Some(text) = store.meta(ENGINE_PLACE)? else {
        return Ok(None);
    };
    Ok(Some(serde_json::from_str(&text).map_err(StoreError::from)?))
}

/// Asks on a terminal whether a deck at another place was moved or copied. Returns `None` if the deck is in
/// its place, or the user does not know.
///
/// # Errors
///
/// Errors if the store or the terminal cannot be read.
pub(super) fn ask(env: &Env) -> Result<Option<Answer>, CliError> {
    let mut deck = Deck::open_quietly(env)?;
    let Some((known, found)) = elsewhere(&mut deck, env)? else {
        return Ok(None);
    };
    let other = other_engine(&known, &deck, env)?;
    let may_be_a_copy = may_be_a_copy(&deck, &known, env)?;
    let is_current = deck.must_be_current().is_ok();
    if !is_current && !may_be_a_copy {
        // No answer about the place starts an engine on it.
        return Ok(None);
    }
    let moved = if is_current {
        "  m  it was moved, and nothing dials at the old place\n"
    } else {
        ""
    };
    tty::say(&format!(
        "{}.\n{moved}  c  it is a copy, and the other deck lives on\n  anything else: only look, without an engine\n> ",
        undecided(&deck, &found, other.as_ref(), may_be_a_copy)
    ));
    drop(deck);
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(match line.trim() {
        "m" | "M" => Some(Answer::Moved),
        "c" | "C" => Some(Answer::Copy),
        _ => None,
    })
}

/// Checks that the deck may use its credentials.
///
/// # Errors
///
/// Errors if the deck is a copy whose deck file does not say that its credentials are the copy's own, or if
/// the store cannot be read.
pub(super) fn may_use_credentials(
    deck: &mut Deck,
    named: Option<&str>,
    trunk: &str,
) -> Result<(), CliError> {
    let Some(identity) = deck.store.meta(CREDENTIALS)? else {
        return Ok(());
    };
    if named == Some(&identity) {
        return Ok(());
    }
    Err(CliError::deck(format!(
        "trunk {trunk}: the deck is a copy, and its deck file does not say whose the credentials are"
    ))
    .hint(format!(
        "give the copy an account of its own, and write credentials_for = \"{identity}\" into the deck file"
    )))
}

/// Returns the id of the machine, and its name. `DIALDECK_HOST` sets both, because those of containers do not
/// last.
fn host(env: &Env) -> (String, String) {
    if let Some(name) = &env.host {
        return (format!("name:{name}"), name.clone());
    }
    let read = |path: &str| {
        let text = fs::read_to_string(Path::new(path)).unwrap_or_default();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let name = HOST_NAMES.into_iter().find_map(read);
    let name = name.unwrap_or_else(|| "without a name".to_owned());
    match read(MACHINE_ID) {
        // The machine's id is confidential (machine-id(5)): only a digest is kept.
        Some(id) => {
            let digest = sha256(format!("dialdeck {id}").as_bytes());
            (format!("id:{}", hex(&digest[..8])), name)
        }
        None => (format!("name:{name}"), name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: &str, folder: &str, inode: u64) -> Place {
        Place {
            host: format!("id:{host}"),
            host_name: host.trim_end_matches('2').to_owned(),
            folder: folder.to_owned(),
            inode,
        }
    }

    #[test]
    fn differences_say_what_was_and_what_is() {
        let known = place("desk", "/a/deck", 7);
        let text = |here: &Place| known.differences(here).join("; ");
        assert_eq!(text(&known), "");
        assert_eq!(
            text(&place("desk", "/b/deck", 7)),
            "its folder was /a/deck, now it is /b/deck"
        );
        assert_eq!(
            text(&place("hall", "/b/deck", 8)),
            "its host was desk, now it is hall; its folder was /a/deck, now it is /b/deck; \
             its deck.sqlite is another file"
        );
        assert_eq!(
            text(&place("desk2", "/a/deck", 7)),
            "its host is another one named desk"
        );
    }
}

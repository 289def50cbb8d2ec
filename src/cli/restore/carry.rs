//! Opt-outs of the store that a restore replaces: the restored one would lack those given after the backup.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::deck::{self, STORE_FILE};
use crate::cli::output::count;
use crate::cli::{CliError, Deck, Env};
use crate::domain::{ListKind, Suppression};
use crate::store::sqlite::SqliteStore;
use crate::store::{Acts as _, By, Reads as _, StoreError};

/// Numbers read from the replaced store at a time.
const PAGE: usize = 5_000;

/// What was put on the lists of the restored store.
#[derive(Debug, Default, Serialize)]
pub(super) struct Carried {
    /// The numbers put on each list.
    pub(super) numbers: BTreeMap<String, u64>,
    /// Why not every opt-out of the replaced store was read; `None` if all were.
    pub(super) unread: Option<String>,
}

impl Carried {
    /// Returns what to tell the user, one line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let numbers = self.numbers.iter();
        let carried = numbers.map(|(list, numbers)| {
            let numbers = count(*numbers, "number");
            format!("{numbers} put on {list}, from the store that was there.")
        });
        let unread = self.unread.iter().map(|why| {
            format!(
                "Not all opt-outs of the store that was there can be read: {why}. Look for them elsewhere before you \
                 say that none is missing."
            )
        });
        carried.chain(unread).collect()
    }
}

/// Puts the numbers on the own lists of the replaced store on those of the restored one. Registries are left
/// out: they come from their own files, and their dates say what they lack. `held` is the replaced store, if
/// it could be opened to write to it.
///
/// # Errors
///
/// Errors if the restored store cannot be written. What cannot be read of the replaced store is reported in
/// the result.
pub(super) fn carry(
    held: Option<&mut SqliteStore>,
    store: &mut SqliteStore,
    env: &Env,
) -> Result<Carried, CliError> {
    if let Some(held) = held {
        return from(held, store, env);
    }
    if !Deck::exists(env) {
        return Ok(Carried::default());
    }
    match SqliteStore::open_read_only(&env.deck.join(STORE_FILE), &env.rules) {
        Ok(mut replaced) => from(&mut replaced, store, env),
        Err(error) => Ok(Carried {
            unread: Some(error.to_string()),
            ..Carried::default()
        }),
    }
}

fn from(
    replaced: &mut SqliteStore,
    store: &mut SqliteStore,
    env: &Env,
) -> Result<Carried, CliError> {
    let mut carried = Carried::default();
    if replaced.deck_id() != store.deck_id() {
        return Ok(carried);
    }
    let lists = match replaced.lists() {
        Ok(lists) => lists,
        Err(error) => {
            carried.unread = Some(error.to_string());
            return Ok(carried);
        }
    };
    let by = By {
        actor: env.actor.clone(),
        at: deck::present_of(store)?,
    };
    for list in lists {
        if list.kind.is_registry() {
            continue;
        }
        if let Err(error) = pages(replaced, &list.kind, |page| {
            let missing = missing(store, page, &by)?;
            let added = store.suppress(&missing)?.added;
            if added > 0 {
                *carried.numbers.entry(list.kind.to_string()).or_default() += added;
            }
            Ok(())
        })? {
            carried.unread = Some(error.to_string());
        }
    }
    Ok(carried)
}

/// Gives the list's entries to `take`, page by page. Returns the error after which the replaced store cannot
/// be read.
fn pages(
    replaced: &mut SqliteStore,
    list: &ListKind,
    mut take: impl FnMut(&[Suppression]) -> Result<(), CliError>,
) -> Result<Result<(), StoreError>, CliError> {
    let mut after = None;
    loop {
        let page = match replaced.list_page(list, after, PAGE) {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        let Some(end) = page.last() else {
            return Ok(Ok(()));
        };
        after = Some(end.number);
        take(&page)?;
    }
}

/// Returns the entries that the restored store lacks, as put on its lists now.
fn missing(
    store: &mut SqliteStore,
    page: &[Suppression],
    by: &By,
) -> Result<Vec<Suppression>, CliError> {
    let mut missing = Vec::new();
    for entry in page {
        let known = store.suppressions_of(entry.number)?;
        let has_it = known.iter().any(|other| {
            other.list == entry.list
                && (other.source == entry.source || !entry.source.is_permanent())
        });
        if !has_it {
            let note = entry.note.as_ref();
            let note = note.map_or_else(String::new, |note| format!(": {note}"));
            missing.push(Suppression {
                at: by.at,
                actor: by.actor.clone(),
                note: Some(format!(
                    "from the replaced store, recorded at {} by {}{note}",
                    entry.at, entry.actor
                )),
                ..entry.clone()
            });
        }
    }
    Ok(missing)
}

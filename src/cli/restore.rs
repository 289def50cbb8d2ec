//! `dialdeck restore`: puts a backup in the place of the store, or continues from a store that went back in
//! time. In both cases the deck continues in a new incarnation, so that no attempt id is used twice, and every
//! campaign that runs is paused, because pauses and stops of the lost part are not known.

mod carry;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use self::carry::Carried;

use super::args::RestoreArgs;
use super::deck::{self, STORE_FILE};
use super::error::Place as ErrorPlace;
use super::mark_state::missing;
use super::pause_all::pause_all;
use super::place::{self, Place};
use super::progress::{Progress, Showing};
use super::{
    CliError, Deck, Env, ExitCode, backup as manifest, engine, integrity, older_copy, other_deck,
    output, random,
};
use crate::domain::{Lost, NewIncarnation, Recovery, Right, Timestamp, Turn};
use crate::store::sqlite::mark::Standing;
use crate::store::sqlite::{SqliteStore, backup, seal};
use crate::store::{Acts as _, By, Reads as _, StoreError};

/// Where a backup is prepared before it takes the store's place.
const PREPARED: &str = "deck.sqlite.restoring";

/// Runs `dialdeck restore` and returns its exit code.
pub(super) fn execute(
    args: &RestoreArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let env = &of_folder(args, env);
    env.may_write()?;
    let who = env.authority()?;
    if !who.may(Right::Lists) {
        let message = format!("as {} you may not restore a deck", who.role);
        return Err(CliError::not_permitted(message)
            .hint("a supervisor does it; [roles] in dialdeck.toml gives rights"));
    }
    if args.from.is_none() && !Deck::exists(env) {
        return Err(
            Deck::missing(env).hint("`dialdeck restore --from BACKUP` puts a backup in its place")
        );
    }
    if let Some(reason) = &args.lists_complete {
        return confirm(reason, env, out);
    }
    if args.from.is_some() {
        fs::create_dir_all(&env.deck).map_err(|error| CliError::file(&env.deck, &error))?;
    }
    let _lock = engine::own(env)?;
    match &args.from {
        Some(from) => put_in_place(from, env, out),
        None => accept(env, out),
    }
}

/// Returns the environment of the deck to restore, which the argument names, or the global options.
fn of_folder(args: &RestoreArgs, env: &Env) -> Env {
    let mut env = env.clone();
    if let Some(folder) = &args.folder {
        env.in_folder(folder);
    }
    env
}

fn confirm(reason: &str, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let by = deck.by()?;
    let lists = deck.store.confirm_lists(reason, &by)?;
    if env.json {
        output::json(out, &json!({ "confirmed": lists }))?;
    } else if lists.is_empty() {
        writeln!(out, "No opt-out was thought to be missing.")?;
    } else {
        let names: Vec<String> = lists.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "It is in the log: no opt-out is missing from {}.",
            names.join(", ")
        )?;
    }
    Ok(ExitCode::Done)
}

/// Continues from the store that is in place.
fn accept(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_hold_back(env)?;
    let now = deck.now()?;
    let marked = deck.marked().clone();
    let lost = match &marked.standing {
        Standing::Older(lost) => *lost,
        // The user says so, and nothing shows how much was lost.
        Standing::Current | Standing::Unmarked | Standing::Foreign(_) => unknown(now),
        Standing::Held(copy) => return Err(super::mark_state::held(copy)),
    };
    let actor = env.actor.clone();
    let turn = Turning {
        how: Turn::RollbackAccepted,
        lost: Some(lost),
        from: marked.used_up + 1,
    };
    let elsewhere = place::elsewhere_known(&mut deck.store, env)?;
    break_seal(env)?;
    deck.store.begin()?;
    let turned = turn.make(&mut deck.store, &actor, now)?;
    if let Some(place) = &elsewhere {
        // The user has accepted what is missing, and has not said whether the other deck lives on.
        place.store(&mut deck.store)?;
    }
    deck.store.commit()?;
    // Nothing runs any more that was paused in another copy, and opt-outs are asked for.
    older_copy::forget(env, deck.store.deck_id())?;
    let done = Restored {
        turn: &turn,
        turned: &turned,
        aside: None,
        carried: &Carried::default(),
        elsewhere: elsewhere.as_ref(),
    };
    done.report(env, out)
}

/// Puts a backup in the store's place. The old store is kept next to it.
fn put_in_place(from: &Path, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let source = source(from)?;
    let prepared = env.deck.join(PREPARED);
    remove(&prepared)?;
    let done = replace(&source, &prepared, env, out);
    if done.is_err() {
        remove(&prepared)?;
    }
    done
}

fn replace(
    source: &Path,
    prepared: &Path,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    manifest::check_content(source)?;
    let mut progress = Progress::new("restore", 0, Showing::unless(env.json));
    let copied = backup::copy_backup(source, prepared, &mut |done, total| {
        progress.step(done, total);
    });
    copied.map_err(|error| is_no_backup(source, error.into()))?;
    drop(progress);
    let store = deck::open_at(prepared, &env.rules);
    let mut store = store.map_err(|error| is_no_backup(source, error))?;
    store.restrict(env.authority()?);
    store.check()?;
    let found = store.cross_check()?;
    if !found.is_empty() {
        return Err(integrity::backup_is_not(source, &found));
    }
    // From here on no action is acknowledged that only the replaced store would hold.
    let mut held = hold(env)?;
    other_deck::in_store(env, store.deck_id())?;
    let elsewhere = place::elsewhere_known(&mut store, env)?;
    let marked = store.keep_mark(&env.deck, env.state.as_deref())?;
    let now = deck::present_of(&mut store)?;
    let lost = match &marked.standing {
        Standing::Current if marked.known => None,
        Standing::Older(lost) => Some(*lost),
        Standing::Current | Standing::Unmarked => Some(unknown(now)),
        Standing::Foreign(other) => return Err(other_deck::marked(other, store.deck_id())),
        Standing::Held(copy) => return Err(super::mark_state::held(copy)),
    };
    other_deck::noted(env, store.deck_id())?;
    let turn = Turning {
        how: Turn::Restored,
        lost,
        from: marked.used_up.max(last_serial(env)) + 1,
    };
    store.keep_mark_apart(elsewhere.is_some());
    store.begin()?;
    let turned = turn.make(&mut store, &env.actor, now)?;
    let carried = carry::carry(held.as_mut(), &mut store, env)?;
    if let Some(place) = &elsewhere {
        // When an engine starts, the user says whether this deck replaces the other.
        place.store(&mut store)?;
    }
    store.commit()?;
    store.into_one_file()?;
    let aside = exchange(prepared, env)?;
    drop(held);
    let done = Restored {
        turn: &turn,
        turned: &turned,
        aside: aside.as_deref(),
        carried: &carried,
        elsewhere: elsewhere.as_ref(),
    };
    done.report(env, out)
}

/// Keeps other processes from writing to the store that is replaced, until the returned handle is dropped.
/// Returns `None` if there is no store that could be written to.
///
/// # Errors
/// Errors if another process is writing to it and does not end within 5 seconds.
fn hold(env: &Env) -> Result<Option<SqliteStore>, CliError> {
    if !Deck::exists(env) {
        return Ok(None);
    }
    // A store that cannot be opened is not written to either.
    let Ok(mut store) = deck::open_at(&env.deck.join(STORE_FILE), &env.rules) else {
        return Ok(None);
    };
    match store.begin() {
        Ok(()) => Ok(Some(store)),
        Err(StoreError::Busy(why)) => Err(StoreError::Busy(why).into()),
        Err(_) => Ok(None),
    }
}

/// Returns the store of a backup: in a folder, or the file itself.
fn source(from: &Path) -> Result<PathBuf, CliError> {
    let source = if from.is_dir() {
        from.join(STORE_FILE)
    } else {
        from.to_owned()
    };
    if source.is_file() {
        return Ok(source);
    }
    Err(CliError::usage("there is no backup")
        .at(ErrorPlace::file(from.display()))
        .hint(NAME_A_BACKUP))
}

/// The hint for a file that is no backup.
const NAME_A_BACKUP: &str =
    "name the folder that `dialdeck backup` made, or a whole copy of deck.sqlite";

/// Returns the error of a file that cannot be opened as a backup.
fn is_no_backup(source: &Path, mut error: CliError) -> CliError {
    error.message = format!("it is no backup that can be restored: {error}");
    error
        .at(ErrorPlace::file(source.display()))
        .hint(NAME_A_BACKUP)
}

/// Returns a loss of unknown size.
pub(super) const fn unknown(last_run: Timestamp) -> Lost {
    Lost {
        attempts: None,
        entries: None,
        last_run,
    }
}

/// Returns the last serial of the store that is replaced, as far as it can still be read.
fn last_serial(env: &Env) -> i64 {
    let path = env.deck.join(STORE_FILE);
    let store = SqliteStore::open_read_only(&path, &env.rules);
    let reached = store.and_then(|mut store| store.reached());
    reached.map_or(0, |reached| reached.serial)
}

/// A change to a new incarnation.
struct Turning {
    how: Turn,
    lost: Option<Lost>,
    from: i64,
}

impl Turning {
    /// Begins the new incarnation in the open group, and pauses what runs. Returns what holds the deck back
    /// from now on.
    fn make(
        &self,
        store: &mut SqliteStore,
        actor: &str,
        now: Timestamp,
    ) -> Result<Turned, CliError> {
        let new = NewIncarnation {
            tag: random::identity(),
            from_serial: self.from,
            how: self.how,
            identity: None,
            lost: self.lost,
        };
        let by = By {
            actor: actor.to_owned(),
            // What was lost happened before now, even if the clock went back as well.
            at: self.lost.map_or(now, |lost| lost.last_run.max(now)),
        };
        store.begin_incarnation(&new, &by)?;
        let paused = pause_all(store, self.why_paused(), &by)?;
        let recovery = store.recovery()?;
        Ok(Turned { recovery, paused })
    }

    /// Returns the reason in the log for which the campaigns are paused.
    const fn why_paused(&self) -> &'static str {
        match self.how {
            Turn::Restored | Turn::Copied => {
                "a backup was restored: pauses and stops given after it are not known"
            }
            Turn::RollbackAccepted => {
                "a rollback was accepted: pauses and stops of the lost part are not known"
            }
        }
    }
}

/// What holds a deck back that has begun another incarnation.
struct Turned {
    recovery: Option<Recovery>,
    /// The campaigns that were running.
    paused: Vec<String>,
}

/// Puts the prepared store in place. Returns the new path of the old store, if there was one.
fn exchange(prepared: &Path, env: &Env) -> Result<Option<PathBuf>, CliError> {
    let store = env.deck.join(STORE_FILE);
    let aside = free_name(&store);
    let mut moved = false;
    for part in PARTS {
        let from = with_suffix(&store, part);
        if from.exists() {
            let to = with_suffix(&aside, part);
            fs::rename(&from, &to).map_err(|error| CliError::file(&from, &error))?;
            moved = true;
        }
    }
    fs::rename(prepared, &store).map_err(|error| CliError::file(prepared, &error))?;
    break_seal(env)?;
    let synced = File::open(&env.deck).and_then(|folder| folder.sync_all());
    synced.map_err(|error| CliError::file(&env.deck, &error))?;
    Ok(moved.then_some(aside))
}

/// Removes the seal, because the user has decided about the store: the state that the last process left no
/// longer applies.
fn break_seal(env: &Env) -> Result<(), CliError> {
    seal::forget(&env.deck).map_err(|error| CliError::file(&env.deck.join(seal::SEAL_FILE), &error))
}

/// The suffixes of a store's files: its file, its write-ahead log and that log's index.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Returns `deck.sqlite.replaced-1`, or the next name that is free.
fn free_name(store: &Path) -> PathBuf {
    let names = (1u32..).map(|n| with_suffix(store, &format!(".replaced-{n}")));
    let taken = |name: &PathBuf| PARTS.iter().any(|part| with_suffix(name, part).exists());
    let mut free = names.skip_while(taken);
    free.next()
        .unwrap_or_else(|| with_suffix(store, ".replaced"))
}

/// Removes what an earlier restore prepared before it was interrupted.
fn remove(prepared: &Path) -> Result<(), CliError> {
    for part in PARTS {
        let path = with_suffix(prepared, part);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(CliError::file(&path, &error)),
        }
    }
    Ok(())
}

/// What a restore did, for its report.
struct Restored<'a> {
    turn: &'a Turning,
    turned: &'a Turned,
    /// Where the store that was replaced is now.
    aside: Option<&'a Path>,
    /// What was taken over from that store.
    carried: &'a Carried,
    /// Where the deck's last engine ran, if that is another folder or machine.
    elsewhere: Option<&'a Place>,
}

impl Restored<'_> {
    fn report(&self, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
        let lost = self.turn.lost;
        if env.json {
            let document = json!({
                "how": self.turn.how.as_str(),
                "attempts_missing": lost.and_then(|lost| lost.attempts),
                "entries_missing": lost.and_then(|lost| lost.entries),
                "lost": lost.is_some(),
                "recovery": self.turned.recovery,
                "paused": self.turned.paused,
                "lower_paces_known": false,
                "replaced": self.aside,
                "opt_outs_carried": self.carried.numbers,
                "opt_outs_unread": self.carried.unread,
                "last_engine_at": self.elsewhere.map(ToString::to_string),
            });
            output::json(out, &document)?;
            return Ok(ExitCode::Done);
        }
        let missing = lost.map_or_else(|| "nothing is missing".to_owned(), |lost| missing(&lost));
        writeln!(out, "The deck continues with new attempt ids; {missing}.")?;
        if let Some(aside) = self.aside {
            let aside = output::named(aside);
            writeln!(out, "The store that was there is now {aside}.")?;
        }
        for line in self.carried.lines() {
            writeln!(out, "{line}")?;
        }
        report_paused(&self.turned.paused, out)?;
        let recovery = self.turned.recovery.as_ref();
        for line in recovery.map(holds).unwrap_or_default() {
            writeln!(out, "{line}")?;
        }
        if let Some(place) = self.elsewhere {
            writeln!(
                out,
                "The deck's last engine ran at {place}. The next engine here starts with `dialdeck run --moved` \
                 if this deck takes that one's place and nothing dials there, or after `dialdeck run --copy` if \
                 that one lives on.",
            )?;
        }
        Ok(ExitCode::Done)
    }
}

/// Writes which campaigns were paused, and what else of the lost part the user has to give again.
fn report_paused(paused: &[String], out: &mut dyn Write) -> Result<(), CliError> {
    if !paused.is_empty() {
        let names = paused.join(", ");
        writeln!(
            out,
            "Paused, because a pause or a stop may be missing: {names}. `dialdeck campaign resume NAME` for each \
             that is to dial; `dialdeck campaign stop NAME` again for one that was stopped.",
        )?;
    }
    writeln!(
        out,
        "A pace that was lowered since is not known: `dialdeck campaign show NAME` has the one that counts, \
         `dialdeck campaign set NAME --pace N` lowers it again."
    )?;
    Ok(())
}

/// Returns what holds the deck back because calls or opt-outs may be missing, one line each.
pub(super) fn holds(recovery: &Recovery) -> Vec<String> {
    let mut lines = Vec::new();
    if recovery.until > recovery.last_run {
        let until = output::instant(recovery.until);
        lines.push(format!(
            "No call is made before {until}: calls of the last run may be missing."
        ));
    }
    lines.extend(recovery.lists.iter().map(|list| {
        format!(
            "Opt-outs may be missing from list {list}: `dialdeck dnc import FILE --list {list} --as-of DATE` \
             with a list of after {}, or, if none is missing, `dialdeck restore --lists-complete REASON`.",
            output::instant(recovery.last_run)
        )
    }));
    lines
}

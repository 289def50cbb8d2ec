//! `dialdeck backup`: a consistent copy of the deck's store while its engine runs, and its own lists as files
//! that `dnc import` reads.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Read as _, Write};
use std::path::{self, Path};

use serde_json::json;
use tempfile::TempDir;

use super::args::BackupArgs;
use super::deck::STORE_FILE;
use super::dnc_lists::write_csv;
use super::error::Place;
use super::output::{self, count, instant};
use super::progress::{Progress, Showing};
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::digest::{Sha256, hex};
use crate::domain::{ListKind, Right};
use crate::store::Reads as _;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::mark::Reached;

/// The file that states the instant of a backup.
const MANIFEST: &str = "backup.json";

/// Runs `dialdeck backup DIR` and returns its exit code.
pub(super) fn execute(
    args: &BackupArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    may_back_up(&args.folder, env)?;
    let mut deck = Deck::open(env)?;
    let making = new_folder(&args.folder)?;
    let folder = making.path();
    let copy = folder.join(STORE_FILE);
    let mut progress = Progress::new("backup", 0, Showing::unless(env.json));
    deck.store.back_up(&copy, &mut |done, total| {
        progress.step(done, total);
    })?;
    drop(progress);
    let mut copied = SqliteStore::open_read_only(&copy, &env.rules)?;
    copied.check()?;
    let reached = copied.reached()?;
    let lists = write_lists(&mut copied, folder, &reached)?;
    let numbers: u64 = lists.iter().map(|(_, numbers)| numbers).sum();
    drop(copied);
    let document = json!({
        "deck": deck.store.deck_id().to_string(),
        "version": env!("CARGO_PKG_VERSION"),
        "entries": reached.seq,
        "head": reached.hash_text(),
        "as_of": reached.at,
        "attempts": reached.serial,
        "sha256": digest_of(&copy)?,
        "lists": lists.iter().map(|(file, numbers)| json!({"file": file, "numbers": numbers})).collect::<Vec<_>>(),
    });
    finish(making, &args.folder, &document)?;
    if env.json {
        let mut document = document;
        document["folder"] = json!(args.folder);
        output::json(out, &document)?;
    } else {
        writeln!(
            out,
            "{}: the deck as of {}, {} of the log, and {} on its own lists",
            output::named(&args.folder),
            instant(reached.at),
            entries(reached.seq),
            count(numbers, "number")
        )?;
    }
    Ok(ExitCode::Done)
}

/// Errors if the user may not take the deck's lists away, or if the backup would lie in the deck's folder,
/// where it would be lost with the deck.
fn may_back_up(to: &Path, env: &Env) -> Result<(), CliError> {
    let who = env.authority()?;
    if !who.may(Right::OptOut) {
        let message = format!("as {} you may not back the deck up", who.role);
        return Err(CliError::not_permitted(message));
    }
    let deck = fs::canonicalize(&env.deck).map_err(|error| CliError::file(&env.deck, &error))?;
    let to = path::absolute(to).map_err(|error| CliError::file(to, &error))?;
    // A folder that does not exist yet lies where its nearest existing folder does.
    let there = to
        .ancestors()
        .find_map(|folder| fs::canonicalize(folder).ok());
    if there.is_some_and(|folder| folder.starts_with(&deck)) {
        return Err(CliError::usage("lies in the deck's own folder")
            .at(Place::file(to.display()))
            .hint("name a folder beside it, or on another disk"));
    }
    Ok(())
}

/// Returns `1 entry`, `2 entries`.
pub(super) fn entries(n: i64) -> String {
    match n {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    }
}

/// Creates the folder in which the backup is made. The folder gets its name when the backup is complete, so
/// that one that was interrupted is never taken for a backup.
fn new_folder(wanted: &Path) -> Result<TempDir, CliError> {
    let there = match fs::read_dir(wanted) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => wanted.symlink_metadata().is_ok(),
    };
    if there {
        return Err(CliError::usage("is there already")
            .at(Place::file(wanted.display()))
            .hint("name a new folder: a backup overwrites nothing"));
    }
    let parent = parent(wanted);
    fs::create_dir_all(parent).map_err(|error| CliError::file(parent, &error))?;
    tempfile::Builder::new()
        .prefix(".dialdeck-backup-")
        .tempdir_in(parent)
        .map_err(|error| CliError::file(parent, &error))
}

fn parent(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Writes the copy's own lists, each with its date, so that a later list can be recognised. Returns the name
/// and the count of each.
fn write_lists(
    store: &mut SqliteStore,
    folder: &Path,
    reached: &Reached,
) -> Result<Vec<(String, u64)>, CliError> {
    let mut written = Vec::new();
    for list in store.lists()? {
        if list.kind.is_registry() {
            continue;
        }
        let name = file_name(&list.kind);
        let path = folder.join(&name);
        let file = File::create_new(&path).map_err(|error| CliError::file(&path, &error))?;
        let mut file = BufWriter::new(file);
        writeln!(file, "# {} as of {}", list.kind, reached.at)?;
        write_csv(store, &list.kind, &mut file)?;
        let file = file
            .into_inner()
            .map_err(|error| CliError::file(&path, error.error()))?;
        file.sync_all()
            .map_err(|error| CliError::file(&path, &error))?;
        written.push((name, list.count));
    }
    Ok(written)
}

/// Returns the name of a list's file: `dnc-internal.csv`, `dnc-campaign-spring.csv`.
fn file_name(list: &ListKind) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let name: String = list
        .to_string()
        .chars()
        .map(|sign| if plain(sign) { sign } else { '-' })
        .collect();
    format!("dnc-{name}.csv")
}

/// Checks that the store of a backup is what was backed up. A backup without a manifest, or whose manifest
/// has no digest, is accepted.
///
/// # Errors
///
/// Errors if the store's digest differs from the manifest's, or if either file cannot be read.
pub(super) fn check_content(store: &Path) -> Result<(), CliError> {
    let path = store.with_file_name(MANIFEST);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(CliError::file(&path, &error)),
    };
    let manifest: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let Some(manifest) = manifest else {
        return Err(CliError::deck("it is damaged")
            .at(Place::file(path.display()))
            .hint("restore another backup"));
    };
    let wanted = manifest["sha256"].as_str();
    if wanted.is_none_or(|wanted| digest_of(store).is_ok_and(|found| found == wanted)) {
        return Ok(());
    }
    Err(CliError::deck(format!(
        "it is not what was backed up: its SHA-256 is another than {MANIFEST} has"
    ))
    .at(Place::file(store.display()))
    .hint("restore another backup; nothing was changed"))
}

/// Returns the SHA-256 of a file's content, in lower-case hex.
fn digest_of(path: &Path) -> Result<String, CliError> {
    let read = || {
        let mut digest = Sha256::default();
        let mut file = File::open(path)?;
        let mut part = vec![0; 1 << 18];
        loop {
            match file.read(&mut part)? {
                0 => return Ok(hex(&digest.finish())),
                read => digest.update(&part[..read]),
            }
        }
    };
    read().map_err(|error| CliError::file(path, &error))
}

fn finish(making: TempDir, wanted: &Path, document: &serde_json::Value) -> Result<(), CliError> {
    let folder = making.path();
    let path = folder.join(MANIFEST);
    fs::write(&path, format!("{document}\n")).map_err(|error| CliError::file(&path, &error))?;
    for synced in [&path, &folder.join(STORE_FILE), &folder.to_path_buf()] {
        sync(synced)?;
    }
    // An empty folder of that name may exist. Any other file there is an error.
    fs::rename(folder, wanted).map_err(|error| CliError::file(wanted, &error))?;
    // The folder has its name now: nothing is left to remove.
    drop(making.keep());
    sync(parent(wanted))
}

fn sync(path: &Path) -> Result<(), CliError> {
    let done = File::open(path).and_then(|file| file.sync_all());
    done.map_err(|error| CliError::file(path, &error))
}

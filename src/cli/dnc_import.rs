//! `dialdeck dnc import`: a do-not-call list from a file. Only ever adds.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::DncImportArgs;
use super::output::{self, count, instant};
use super::progress::{Progress, Showing};
use super::rejects::{self, Rejects};
use super::{CliError, Deck, Env, ExitCode, rules};
use crate::domain::{ImportFigures, ListKind, PhoneNumber};
use crate::intake::{DncFile, DncRow, Origin};
use crate::store::{By, Store as _};

/// Numbers that share one durable commit.
const BATCH: usize = 5_000;

/// What became of the rows.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) figures: ImportFigures,
    removals: u64,
    finished: u64,
    live: Vec<String>,
    first_rejects: Vec<String>,
    rejects_file: Option<PathBuf>,
}

/// `dialdeck dnc import`.
pub fn execute(args: &DncImportArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    env.may_write()?;
    let country = env.country(&args.country)?;
    File::open(&args.file).map_err(|error| CliError::file(&args.file, &error))?;
    let origin = Origin::File(args.file.clone());
    let file = DncFile::check(origin, rules::in_force(), Some(&country))?;
    let mut deck = Deck::open_or_create(env)?;
    let bound = match &args.list {
        ListKind::Campaign(name) => Some(deck.store.campaign(name)?.id),
        ListKind::Internal | ListKind::National(_) | ListKind::State(_) => None,
    };
    let by = deck.by()?;
    let as_of = args.as_of.unwrap_or(by.at);
    if as_of > by.at {
        return Err(CliError::usage(format!(
            "--as-of {} is in the future; it is {} on this deck",
            instant(as_of),
            instant(by.at)
        ))
        .hint("give the date the registry's data bear"));
    }
    let beside = rejects::beside(&args.file);
    let rejected = args.rejects.as_deref().unwrap_or(&beside);
    let taken = take(
        &mut deck,
        &file,
        &args.list,
        &by,
        (Some(rejected), env.json),
    )?;
    deck.store
        .finish_list(&args.list, as_of, &taken.figures, &by)?;
    // Any number of the list may be among the reserved ones, so all of them have to leave or end.
    deck.wait_until_none_can_leave("the list is in force", &|attempt| {
        bound.is_none_or(|campaign| campaign == attempt.campaign)
    })?;
    let figures = &taken.figures;
    if env.json {
        output::json(
            out,
            &json!({
                "list": args.list,
                "as_of": as_of,
                "import": figures,
                "removals_skipped": taken.removals,
                "contacts_suppressed": taken.finished,
                "live_calls": taken.live,
                "rejects": taken.first_rejects,
                "rejects_file": taken.rejects_file,
            }),
        )?;
        return Ok(ExitCode::Done);
    }
    say(&taken, out)?;
    writeln!(
        out,
        "{} is of {} and in force; {} suppressed by it",
        args.list,
        instant(as_of),
        count(taken.finished, "contact")
    )?;
    Ok(ExitCode::Done)
}

/// What became of the rows.
fn say(taken: &Taken, out: &mut dyn Write) -> Result<(), CliError> {
    let figures = &taken.figures;
    writeln!(
        out,
        "{}: {}: {} taken, {} on the list already, {} rejected",
        figures.file,
        count(figures.rows, "row"),
        figures.taken,
        figures.duplicates,
        figures.rejected
    )?;
    if taken.removals > 0 {
        writeln!(
            out,
            "{} skipped: an import only ever adds",
            count(taken.removals, "removal")
        )?;
    }
    for reject in &taken.first_rejects {
        writeln!(out, "{reject}")?;
    }
    if let Some(path) = &taken.rejects_file {
        writeln!(
            out,
            "all rejects, to be mended and imported again: {}",
            path.display()
        )?;
    }
    Ok(())
}

/// Takes every number of `file` onto `list`; the list's date is the caller's to set. `rejects`: where
/// rows go that cannot be read.
pub(super) fn take(
    deck: &mut Deck,
    file: &DncFile,
    list: &ListKind,
    by: &By,
    (rejects, quiet): (Option<&Path>, bool),
) -> Result<Taken, CliError> {
    let mut taken = Taken {
        figures: file.figures(),
        ..Taken::default()
    };
    let mut progress = Progress::new("numbers", file.rows(), Showing::unless(quiet));
    let mut batch = Vec::with_capacity(BATCH);
    let header = file.header();
    let mut rejects = Rejects::new(rejects, &header, file.delimiter());
    for row in file.read(rules::in_force())? {
        match row? {
            DncRow::Number { number, .. } => batch.push(number),
            DncRow::Removal { .. } => taken.removals += 1,
            DncRow::Reject(reject) => {
                taken.figures.rejected += 1;
                rejects.add(&reject)?;
            }
        }
        taken.figures.rows += 1;
        if batch.len() == BATCH {
            add(deck, list, &mut batch, by, &mut taken)?;
            progress.set(taken.figures.rows);
        }
    }
    add(deck, list, &mut batch, by, &mut taken)?;
    (taken.first_rejects, taken.rejects_file) = rejects.finish()?;
    Ok(taken)
}

fn add(
    deck: &mut Deck,
    list: &ListKind,
    batch: &mut Vec<PhoneNumber>,
    by: &By,
    taken: &mut Taken,
) -> Result<(), CliError> {
    let done = deck.store.import_suppressions(list, batch, by)?;
    taken.figures.taken += done.added;
    taken.figures.duplicates += done.already;
    taken.finished += done.finished.len() as u64;
    taken.live.extend(done.live.iter().map(ToString::to_string));
    batch.clear();
    Ok(())
}

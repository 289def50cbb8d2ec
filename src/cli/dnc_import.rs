//! `dialdeck dnc import`: a do-not-call list from a file. An import only ever adds.
//!
//! The whole file is read before anything is written: its contents, then the contacts that it would end. A
//! file without numbers changes nothing, nor does one with lines that cannot be read, unless the user
//! accepted that.

mod survey;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

pub(super) use self::survey::areas;
use self::survey::{Endangered, Survey};
use super::args::DncImportArgs;
use super::error::Place;
use super::import::{self, table};
use super::output::{self, count, instant};
use super::progress::{Progress, Showing};
use super::rejects::{self, Rejects};
use super::{CliError, Deck, Env, ExitCode};
use crate::domain::{
    Area, CampaignId, ImportFigures, ImportPlan, ImportTarget, ListKind, PhoneNumber, Timestamp,
};
use crate::intake::{DncFile, DncRow};
use crate::store::{Acts as _, By, Reads as _};

/// Numbers that share one durable commit.
const BATCH: usize = 5_000;

/// The results of taking the rows.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) figures: ImportFigures,
    /// The areas of a registry that the file covers.
    pub(super) areas: BTreeSet<Area>,
    /// Areas whose loaded data are newer. They keep their date.
    newer: BTreeSet<Area>,
    /// Whether the data are older than the law allows on the day of a call.
    too_old: bool,
    /// The earliest date of a list that would make good what is missing from this one. The file is older.
    too_early: Option<Timestamp>,
    removals: u64,
    finished: u64,
    live: Vec<String>,
    first_rejects: Vec<String>,
    rejects_file: Option<PathBuf>,
}

/// Runs `dialdeck dnc import` and returns its exit code.
///
/// # Errors
///
/// Errors if the file or the deck cannot be used, or if no number can be taken.
pub(crate) fn execute(
    args: &DncImportArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    if !args.dry_run {
        env.may_write()?;
    }
    if let Some((message, hint)) = env.rules.unknown_list(&args.list) {
        return Err(CliError::usage(message).hint(hint));
    }
    let country = env.country(&args.country)?;
    import::say_waits(&args.file);
    let origin = import::origin(&args.file)?;
    let check = if args.list.is_registry() {
        DncFile::check_registry
    } else {
        DncFile::check_mapped
    };
    let file = check(origin, &env.rules, Some(&country), &args.maps)?;
    let rejected = rejects::place(args.rejects.as_deref(), &args.file, &env.deck)?;
    if file.rejected() > 0 && !args.accept_rejects {
        return refuse(&file, &rejected, env, out);
    }
    let survey = Survey::of(&file, &env.rules)?;
    let dated = survey::date(args, &file, &survey)?;
    survey.is_something(args)?;
    if args.dry_run && !Deck::exists(env) {
        survey::say(args, &survey, &Endangered::default(), env.json, out)?;
        return Ok(code(&file));
    }
    let mut deck = if args.dry_run {
        Deck::open(env)?
    } else {
        Deck::open_or_create_to_hold_back(env)?
    };
    let bound = match &args.list {
        ListKind::Campaign(name) => Some(deck.store.campaign(name)?.id),
        ListKind::Internal | ListKind::National(_) | ListKind::State(_) => None,
    };
    if dated.is_none() {
        undated(&mut deck, &args.list)?;
    }
    let by = deck.by()?;
    let as_of = not_ahead(dated.unwrap_or(by.at), &by)?;
    let endangered = survey::endangered(&mut deck, &file, &args.list, by.at)?;
    if args.dry_run {
        survey::say(args, &survey, &endangered, env.json, out)?;
        return Ok(code(&file));
    }
    if !env.json {
        survey::say_ends(&args.list, &endangered, out)?;
        out.flush()?;
    }
    let how = (Some(rejected.as_path()), env.json);
    let mut taken = take(&mut deck, &file, &args.list, &by, how)?;
    taken.newer = newer(&mut deck, &args.list, &taken.areas, as_of)?;
    taken.too_old =
        args.list.is_registry() && by.at.since(as_of) > env.rules.registry_max_age(&args.list);
    finish(&mut deck, args, (as_of, bound), &taken, &by)?;
    taken.too_early = needed(&mut deck, &args.list)?;
    if env.json {
        let document = document(args, as_of, &taken, &endangered, &file);
        output::json(out, &document)?;
    } else {
        report(args, as_of, &taken, &file, out)?;
    }
    Ok(code(&file))
}

/// Returns the earliest date of a list that makes good what may be missing from this one; `None` if nothing may
/// be missing.
fn needed(deck: &mut Deck, list: &ListKind) -> Result<Option<Timestamp>, CliError> {
    let recovery = deck.store.recovery()?;
    Ok(recovery
        .filter(|known| known.lists.contains(list))
        .map(|known| known.last_run))
}

/// Errors if the list is to replace what a deck lost, because such a list has to state its date.
fn undated(deck: &mut Deck, list: &ListKind) -> Result<(), CliError> {
    let Some(last_run) = needed(deck, list)? else {
        return Ok(());
    };
    Err(CliError::usage(format!(
        "opt-outs may be missing from list {list}, and this one does not say of when it is"
    ))
    .hint(format!(
        "give its date or instant with --as-of; what is missing is made good by a list of {last_run} or later",
    )))
}

fn not_ahead(as_of: Timestamp, by: &By) -> Result<Timestamp, CliError> {
    if as_of <= by.at {
        return Ok(as_of);
    }
    Err(CliError::usage(format!(
        "the list is of {}, which is in the future; it is {} on this deck",
        instant(as_of),
        instant(by.at)
    ))
    .hint("give the date the registry's data bear with --as-of DATE"))
}

/// Dates the list and waits until no call that it forbids can leave.
fn finish(
    deck: &mut Deck,
    args: &DncImportArgs,
    (as_of, bound): (Timestamp, Option<CampaignId>),
    taken: &Taken,
    by: &By,
) -> Result<(), CliError> {
    let areas = &taken.areas;
    deck.store
        .finish_list(&args.list, as_of, areas, &taken.figures, by)?;
    // Any reserved number may be on the list, so all of them have to leave or end.
    deck.wait_until_none_can_leave("the list is in force", &|attempt| {
        bound.is_none_or(|campaign| campaign == attempt.campaign)
    })
}

/// Returns the areas that keep a newer date than that of the file.
fn newer(
    deck: &mut Deck,
    list: &ListKind,
    areas: &BTreeSet<Area>,
    as_of: Timestamp,
) -> Result<BTreeSet<Area>, CliError> {
    let lists = deck.store.lists()?;
    let known = lists.into_iter().find(|known| known.kind == *list);
    let dates = known.map(|known| known.areas).unwrap_or_default();
    let dates = dates
        .into_iter()
        .filter(|(area, date)| areas.contains(area) && *date > as_of);
    Ok(dates.map(|(area, _)| area).collect())
}

fn document(
    args: &DncImportArgs,
    as_of: Timestamp,
    taken: &Taken,
    endangered: &Endangered,
    file: &DncFile,
) -> serde_json::Value {
    json!({
        "list": args.list,
        "as_of": as_of,
        "areas": taken.areas,
        "areas_with_newer_data": taken.newer,
        "too_old": taken.too_old,
        "needed_as_of": taken.too_early,
        "import": taken.figures,
        "removals_skipped": taken.removals,
        "would_end": endangered.by_campaign,
        "contacts_suppressed": taken.finished,
        "live_calls": taken.live,
        "rejects": taken.first_rejects,
        "rejects_file": taken.rejects_file,
        "comments": file.comments(),
        "columns": file.columns(),
        "warnings": file.warnings(),
    })
}

fn report(
    args: &DncImportArgs,
    as_of: Timestamp,
    taken: &Taken,
    file: &DncFile,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    say(taken, out)?;
    say_file(file, out)?;
    let ended = count(taken.finished, "contact");
    if !args.list.is_registry() {
        writeln!(out, "{} is in force; {ended} suppressed by it", args.list)?;
        if let Some(needed) = taken.too_early {
            writeln!(
                out,
                "opt-outs may still be missing from {0}, and no call is made: this list is of {as_of}, and one of \
                 {needed} or later makes them good (`dialdeck dnc import FILE --list {0} --as-of DATE`)",
                args.list
            )?;
        }
    } else if taken.areas.is_empty() {
        writeln!(
            out,
            "{} has the additions and is no fresher by them: only a full list of an area is; {ended} \
             suppressed by it",
            args.list
        )?;
    } else {
        let mut dated = taken.areas.clone();
        dated.retain(|area| !taken.newer.contains(area));
        if !taken.newer.is_empty() {
            writeln!(
                out,
                "{} keeps its newer date in {}: the file is of {}",
                args.list,
                areas(&taken.newer),
                instant(as_of)
            )?;
        }
        let force = if taken.too_old {
            "too old for calls that need it: none leaves there until a newer list is imported"
        } else {
            "in force"
        };
        if dated.is_empty() {
            writeln!(out, "{ended} suppressed by it")?;
        } else {
            writeln!(
                out,
                "{} is of {} in {} and {force}; {ended} suppressed by it",
                args.list,
                instant(as_of),
                areas(&dated)
            )?;
        }
    }
    Ok(())
}

/// Returns the exit code. It is not 0 if a row was rejected, because that row may be the number of a person
/// who asked not to be called.
const fn code(file: &DncFile) -> ExitCode {
    if file.rejected() > 0 {
        ExitCode::Failed
    } else {
        ExitCode::Done
    }
}

/// Lists the rows that cannot be read, and changes nothing.
fn refuse(file: &DncFile, to: &Path, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let header = file.header();
    let mut rejects = Rejects::new(Some(to), &header, file.delimiter());
    for row in file.read(&env.rules)? {
        if let DncRow::Reject(reject) = row? {
            rejects.add(&reject)?;
        }
    }
    let (first, rejects_file) = rejects.finish()?;
    if env.json {
        output::json(
            out,
            &json!({
                "rejects": first,
                "rejects_file": rejects_file,
                "comments": file.comments(),
                "columns": file.columns(),
                "warnings": file.warnings(),
            }),
        )?;
    } else {
        for reject in &first {
            writeln!(out, "{reject}")?;
        }
        if let Some(path) = &rejects_file {
            writeln!(
                out,
                "rejected rows, each with its reason: {}",
                output::named(path)
            )?;
        }
        say_file(file, out)?;
    }
    let message = format!(
        "{} of {} cannot be read; nothing was changed",
        file.rejected(),
        count(file.rows(), "row")
    );
    let place = Place::file(&file.figures().file);
    Err(CliError::failed(message).at(place).hint(
        "correct them and import the list again, or take the rest of it with --accept-rejects",
    ))
}

/// Writes warnings and the number of comments.
fn say_file(file: &DncFile, out: &mut dyn Write) -> Result<(), CliError> {
    for warning in file.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    if file.comments() > 0 {
        let rows = count(file.comments(), "row");
        writeln!(
            out,
            "{rows} beginning with # and without a number: taken for comments"
        )?;
    }
    table::write(&file.columns(), out)
}

/// Writes the results of taking the rows.
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
            "rejected rows, each with its reason: {}",
            output::named(path)
        )?;
    }
    Ok(())
}

/// Adds every number of `file` to `list`. The caller sets the list's date. `rejects` is the file for rows
/// that cannot be read.
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
    let plan = ImportPlan {
        file: taken.figures.file.clone(),
        sha256: taken.figures.sha256.clone(),
        rows: file.rows(),
    };
    let into = ImportTarget::List(list.clone());
    taken.figures.started = Some(deck.store.start_import(&into, &plan, by)?);
    let mut progress = Progress::new("numbers", file.rows(), Showing::unless(quiet));
    let mut batch = Vec::with_capacity(BATCH);
    let header = file.header();
    let mut rejects = Rejects::new(rejects, &header, file.delimiter());
    let mut read = 0;
    let rules = Arc::clone(&deck.rules);
    for row in file.read(&rules)? {
        match row? {
            DncRow::Number { number, .. } => {
                if list.is_registry() {
                    taken.areas.insert(Area::of(number));
                }
                batch.push(number);
            }
            DncRow::Addition { number, .. } => batch.push(number),
            DncRow::Removal { .. } => taken.removals += 1,
            DncRow::Reject(reject) => rejects.add(&reject)?,
        }
        read += 1;
        if batch.len() >= BATCH {
            add(deck, list, &mut batch, by, &mut taken)?;
            progress.set(read);
        }
    }
    taken.figures.rows = file.rows();
    taken.figures.rejected = file.rejected();
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

//! Shows and exports whole do-not-call lists.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;

use super::args::{DncExportArgs, DncListArgs};
use super::dnc::entry_json;
use super::output::{self, Report, count, instant};
use super::{CliError, Deck, Env, ExitCode, messages};
use crate::domain::text::inert_cell;
use crate::domain::{ListKind, Suppression, Timestamp};
use crate::store::Reads as _;
use crate::store::sqlite::SqliteStore;

/// Numbers read from the store at a time.
const PAGE: usize = 5_000;

/// Runs `dialdeck dnc list` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck or the list cannot be read.
pub(crate) fn list(
    args: &DncListArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    if let Some(list) = &args.list {
        return numbers(&mut deck, list, env.json, out);
    }
    let lists = deck.store.lists()?;
    if env.json {
        let lists: Vec<_> = lists
            .iter()
            .map(|list| {
                let areas: BTreeMap<String, Timestamp> = list
                    .areas
                    .iter()
                    .map(|(area, as_of)| (area.code_text(), *as_of))
                    .collect();
                json!({
                    "list": list.kind,
                    "numbers": list.count,
                    "as_of": list.as_of,
                    "areas": areas,
                })
            })
            .collect();
        output::json(out, &json!({ "lists": lists }))?;
        return Ok(ExitCode::Done);
    }
    let mut report = Report::new(&["list", "numbers", "areas", "as of"]);
    for list in &lists {
        report.row([
            list.kind.to_string(),
            list.count.to_string(),
            if list.kind.is_registry() {
                list.areas.len().to_string()
            } else {
                "-".to_owned()
            },
            instant(list.as_of),
        ]);
    }
    report.write(out, "no list is loaded")?;
    Ok(ExitCode::Done)
}

fn numbers(
    deck: &mut Deck,
    list: &ListKind,
    json: bool,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut total = 0u64;
    each_entry(&mut deck.store, list, &mut |entry| {
        total += 1;
        if json {
            let mut value = entry_json(entry);
            value["number"] = json!(entry.number);
            output::json(out, &value)
        } else {
            writeln!(out, "{} {}", entry.number, messages::suppression(entry))?;
            Ok(())
        }
    })?;
    if !json {
        writeln!(out, "{} on {list}", count(total, "number"))?;
    }
    Ok(ExitCode::Done)
}

/// Runs `dialdeck dnc export` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck or the list cannot be read.
pub(crate) fn export(
    args: &DncExportArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    if env.json {
        return numbers(&mut deck, &args.list, true, out);
    }
    write_csv(&mut deck.store, &args.list, out)?;
    Ok(ExitCode::Done)
}

/// Writes the numbers of a list as CSV that `dnc import` reads.
pub(super) fn write_csv(
    store: &mut SqliteStore,
    list: &ListKind,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let mut csv = csv::Writer::from_writer(out);
    let written = csv.write_record(["number", "list", "source", "since", "actor", "note"]);
    written.map_err(broken_csv)?;
    each_entry(store, list, &mut |entry| {
        csv.write_record([
            entry.number.to_string(),
            entry.list.to_string(),
            entry.source.as_str().to_owned(),
            entry.at.to_string(),
            inert_cell(&entry.actor).into_owned(),
            inert_cell(entry.note.as_deref().unwrap_or_default()).into_owned(),
        ])
        .map_err(broken_csv)
    })?;
    csv.flush()?;
    Ok(())
}

fn broken_csv(error: csv::Error) -> CliError {
    if error.is_io_error() {
        std::io::Error::from(error).into()
    } else {
        CliError::failed(format!("writing the output: {error}"))
    }
}

/// Passes every entry of a list to `see`, in order, page by page.
fn each_entry(
    store: &mut SqliteStore,
    list: &ListKind,
    see: &mut dyn FnMut(&Suppression) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut after = None;
    loop {
        let page = store.list_page(list, after, PAGE)?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        after = Some(end.number);
        page.iter().try_for_each(&mut *see)?;
    }
}

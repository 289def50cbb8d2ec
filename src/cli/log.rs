//! The event log: shown, followed, exported, verified.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write, stdin};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::args::{LogArgs, LogCommand, LogExportArgs, LogVerifyArgs};
use super::error::Place;
use super::output::{self, count, instant};
use super::{CliError, Deck, Env, ExitCode, integrity};
use crate::clock::pause;
use crate::domain::event::{Anchor, ChainCheck, Entry, EventKind, GENESIS};
use crate::store::Reads as _;
use crate::store::sqlite::SqliteStore;
use dialdeck_files as regular;

/// Entries read from the store at a time.
const PAGE: usize = 5_000;

/// The time between two reads of the store while following.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Runs `dialdeck log …` and returns its exit code.
///
/// # Errors
///
/// Errors if the log cannot be read, or if it does not verify.
pub(crate) fn execute(
    args: &LogArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match &args.command {
        None => show(args, env, out),
        Some(LogCommand::Export(args)) => export(*args, env, out),
        Some(LogCommand::Verify(args)) => verify(args, env, out),
        Some(LogCommand::Anchor) => print_anchor(env, out),
    }
}

fn show(args: &LogArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let now = deck.now()?;
    let head = deck.store.snapshot(now)?.head;
    let mut after = (head - i64::from(args.last)).max(0);
    loop {
        let entries = deck.store.tail(after, PAGE)?;
        for entry in &entries {
            after = entry.seq;
            if env.json {
                writeln!(out, "{}", entry.line)?;
            } else {
                writeln!(out, "{}", line(&entry.line))?;
            }
        }
        if entries.len() == PAGE {
            continue;
        }
        if !args.follow {
            return Ok(ExitCode::Done);
        }
        out.flush()?;
        pause(LOOK_AGAIN);
    }
}

/// Returns the text of an alert; `None` if the entry is no alert.
pub(super) fn alert(sealed: &str) -> Option<String> {
    // Few entries are alerts, and a run writes thousands of others.
    if Entry::kind_of(sealed) != Some(EventKind::AlertRaised.as_str()) {
        return None;
    }
    match Entry::read(sealed) {
        Ok(entry) => entry.alert().map(|alert| alert.text.clone()),
        Err(error) => Some(format!("{error}: {sealed}")),
    }
}

/// Returns an entry as one line for people, without the members that are empty. An entry that this program
/// cannot read stays as it is, with the reason behind it.
pub(super) fn line(sealed: &str) -> String {
    let entry = match Entry::read(sealed) {
        Ok(entry) => entry,
        Err(error) => return format!("{sealed}  ({error})"),
    };
    let mut parts = vec![format!(
        "{:>6}  {}  {:<20} {:<8}",
        entry.seq,
        instant(entry.at),
        entry.kind(),
        entry.actor
    )];
    parts.extend(entry.campaign);
    parts.extend(entry.attempt.map(|id| id.to_string()));
    parts.extend(entry.number.map(|number| number.to_string()));
    let members = serde_json::to_value(&entry.data).unwrap_or_default();
    for (key, value) in members.as_object().into_iter().flatten() {
        if let Some(word) = value.as_str() {
            parts.push(format!("{key}={word}"));
        } else if !value.is_null() {
            parts.push(format!("{key}={value}"));
        }
    }
    parts.join(" ").trim_end().to_owned()
}

fn export(args: LogExportArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let mut after = args.after;
    loop {
        let entries = deck.store.tail(after, PAGE)?;
        for entry in &entries {
            after = entry.seq;
            writeln!(out, "{}", entry.line)?;
        }
        if entries.len() < PAGE {
            return Ok(ExitCode::Done);
        }
    }
}

fn verify(args: &LogVerifyArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let anchors = &args.anchor;
    let chain = match &args.file {
        None => {
            let mut deck = Deck::open(env)?;
            let chain = verify_deck(&mut deck, anchors)?;
            let found = deck.store.cross_check()?;
            if !found.is_empty() {
                return Err(integrity::not_whole(&found));
            }
            chain
        }
        Some(file) if file == Path::new("-") => verify_lines(stdin().lock(), file, anchors)?,
        Some(file) => {
            let lines = regular::open(file, OpenOptions::new().read(true))
                .map_err(|error| CliError::file(file, &error))?;
            verify_lines(BufReader::new(lines), file, anchors)?
        }
    };
    if env.json {
        output::json(
            out,
            &json!({"ok": true, "entries": chain.entries(), "head": chain.head()}),
        )?;
    } else {
        let entries = u64::try_from(chain.entries()).unwrap_or(0);
        writeln!(
            out,
            "The chain holds: {}, head {}",
            match entries {
                1 => "1 entry".to_owned(),
                _ => count(entries, "entrie"),
            },
            chain.head()
        )?;
    }
    Ok(ExitCode::Done)
}

/// Returns the end of the deck's log: sequence number 0 and the first hash if it is empty.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn anchor(store: &mut SqliteStore) -> Result<Anchor, CliError> {
    let last = store.log_before(i64::MAX, 1)?.pop();
    Ok(last.map_or(
        Anchor {
            seq: 0,
            hash: GENESIS,
        },
        |entry| Anchor {
            seq: entry.seq,
            hash: entry.hash,
        },
    ))
}

fn print_anchor(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let anchor = anchor(&mut Deck::open(env)?.store)?;
    if env.json {
        output::json(out, &json!({ "anchor": anchor }))?;
    } else {
        writeln!(out, "{anchor}")?;
    }
    Ok(ExitCode::Done)
}

fn verify_deck(deck: &mut Deck, anchors: &[Anchor]) -> Result<ChainCheck, CliError> {
    const PLACE: &str = "the deck's log";
    let mut chain = ChainCheck::default();
    loop {
        let entries = deck.store.tail(chain.entries(), PAGE)?;
        for entry in &entries {
            push(&mut chain, &entry.line, anchors)
                .map_err(|why| broken(Place::file(PLACE), &why))?;
        }
        if entries.len() < PAGE {
            return reaches(chain, anchors).map_err(|why| cut(Place::file(PLACE), &why));
        }
    }
}

fn verify_lines(
    lines: impl BufRead,
    file: &Path,
    anchors: &[Anchor],
) -> Result<ChainCheck, CliError> {
    let mut chain = ChainCheck::default();
    for (index, text) in lines.lines().enumerate() {
        let place = || Place::line(file.display(), index as u64 + 1);
        let text = text.map_err(|error| broken(place(), &error.to_string()))?;
        push(&mut chain, &text, anchors).map_err(|why| broken(place(), &why))?;
    }
    reaches(chain, anchors).map_err(|why| cut(Place::file(file.display()), &why))
}

/// Adds the next line to the check. Errors if an anchor of its number has another hash.
fn push(chain: &mut ChainCheck, line: &str, anchors: &[Anchor]) -> Result<(), String> {
    chain.push(line)?;
    anchors.iter().try_for_each(|anchor| chain.holds(anchor))
}

/// Returns the check of a whole log. Errors if the log does not reach every anchor.
fn reaches(chain: ChainCheck, anchors: &[Anchor]) -> Result<ChainCheck, String> {
    anchors
        .iter()
        .try_for_each(|anchor| chain.reaches(anchor))?;
    Ok(chain)
}

fn cut(place: Place, why: &str) -> CliError {
    CliError::failed(why)
        .at(place)
        .hint("entries are missing that were there: restore a newer copy, or find out who cut it")
}

fn broken(place: Place, why: &str) -> CliError {
    CliError::failed(format!("the chain is broken: {why}"))
        .at(place)
        .hint("everything before that entry is as it was written; keep the file as evidence")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::event::{CampaignMoved, DeckClosed, DeckEnding, EventData, NewEvent, seal};

    #[test]
    fn an_entry_is_shown_without_what_is_not_there() {
        let note = "lunch".to_owned();
        let paused = EventData::CampaignPaused(CampaignMoved { note });
        let event = NewEvent::new(Timestamp::from_millis(0), "maria", paused).campaign("recall");
        let text = line(&seal(&event, 1, &GENESIS, None).line);
        assert_eq!(
            text,
            "     1  1970-01-01T00:00:00Z  campaign_paused      maria    recall note=lunch"
        );
    }

    #[test]
    fn an_entry_of_a_later_program_is_shown_as_it_is() {
        let later = r#"{"seq":1,"at":"2026-12-07T15:30:00.000Z","kind":"seat_joined","actor":"a"}"#;
        let text = line(later);
        assert!(text.starts_with(later), "{text}");
        assert!(text.contains("`seat_joined` is not a kind"), "{text}");
    }

    #[test]
    fn a_changed_line_is_named() {
        let ending = DeckEnding::AtRest;
        let closed = EventData::DeckClosed(DeckClosed { ending });
        let event = NewEvent::new(Timestamp::from_millis(0), "a", closed);
        let sealed = seal(&event, 1, &GENESIS, None);
        let changed = sealed.line.replace(r#""actor":"a""#, r#""actor":"b""#);
        let good = verify_lines(sealed.line.as_bytes(), Path::new("x"), &[]).unwrap();
        assert_eq!(good.entries(), 1);
        let error = verify_lines(changed.as_bytes(), Path::new("x"), &[]).unwrap_err();
        assert!(error.to_string().starts_with("x:1: "), "{error}");
    }
}

//! Checks the counts that are kept beside the rows against a recount of the rows.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::super::Work;
use super::super::sql::col;
use crate::StoreError;
use crate::crosscheck::{Differences, Mismatch};
use crate::moves;
use dialdeck_core::domain::Outcome;
use dialdeck_core::domain::outcome::is_without_agent;

/// Counts by their key as text.
type Figures = BTreeMap<String, i64>;

const COUNTERS: &str =
    "SELECT campaign || ', class ' || class || ', state ' || state, n FROM counters
     WHERE n <> 0";
const CONTACTS: &str =
    "SELECT campaign || ', class ' || coalesce(class, 0) || ', state ' || state, count(*)
     FROM contacts GROUP BY 1";
const TALLIES: &str = "SELECT campaign || ', ' || what, n FROM tallies WHERE n <> 0";
const REFUSALS: &str = "SELECT campaign || ', refusal:' || reason, count(*) FROM contacts
     WHERE state BETWEEN 5 AND 9 AND reason IS NOT NULL GROUP BY 1";
const ATTEMPTS: &str = "SELECT campaign, outcome, cause, ended_at, count(*) AS n FROM attempts
     GROUP BY 1, 2, 3, ended_at / 86400000";
const LIVE: &str = "SELECT campaign || ', day ' || day AS key, live, abandoned FROM live_answers";
/// Contacts, numbers, and numbers that lead to the contact that has them.
const NUMBERS: &str = "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM numbers),
     (SELECT count(*) FROM numbers JOIN contacts ON contacts.id = contact
      AND contacts.number = numbers.number AND contacts.campaign = numbers.campaign)";

/// Compares every kept count with the rows.
pub(super) fn hold(work: &Work<'_>, found: &mut Differences) -> Result<(), StoreError> {
    let conn = work.conn;
    differ(
        "contacts of campaign",
        &figures(conn, COUNTERS)?,
        &figures(conn, CONTACTS)?,
        found,
    );
    let mut tallies = figures(conn, REFUSALS)?;
    let mut live = Figures::new();
    let mut abandoned = Figures::new();
    tally_attempts(conn, &mut tallies, (&mut live, &mut abandoned))?;
    differ(
        "tally of campaign",
        &figures(conn, TALLIES)?,
        &tallies,
        found,
    );
    let (mut live_kept, mut abandoned_kept) = (Figures::new(), Figures::new());
    let mut statement = conn.prepare(LIVE)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let key: String = col(row, "key")?;
        live_kept.insert(key.clone(), col(row, "live")?);
        abandoned_kept.insert(key, col(row, "abandoned")?);
    }
    // A call that was reopened, or whose end was corrected later, stays counted here.
    at_least("live answers of campaign", &live_kept, &live, found);
    at_least(
        "abandoned calls of campaign",
        &abandoned_kept,
        &abandoned,
        found,
    );
    let numbers: [i64; 3] = conn.query_row(NUMBERS, (), |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?])
    })?;
    if numbers != [numbers[0]; 3] {
        found.note(Mismatch::Numbers);
    }
    Ok(())
}

/// Counts attempts as settlements do.
fn tally_attempts(
    conn: &Connection,
    tallies: &mut Figures,
    (live, abandoned): (&mut Figures, &mut Figures),
) -> Result<(), StoreError> {
    let mut statement = conn.prepare(ATTEMPTS)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (campaign, n): (i64, i64) = (col(row, "campaign")?, col(row, "n")?);
        let mut count = |what: &str| {
            *tallies.entry(format!("{campaign}, {what}")).or_default() += n;
        };
        count("attempts");
        let Some(outcome) = col::<Option<Outcome>>(row, "outcome")? else {
            continue;
        };
        count(&format!("outcome:{}", outcome.as_str()));
        let cause: Option<String> = col(row, "cause")?;
        if cause.is_some_and(|cause| is_without_agent(&cause)) {
            count("without_agent");
        }
        if let Some(calls) = moves::live_calls(outcome) {
            let day = col::<Option<i64>>(row, "ended_at")?.unwrap_or(0) / 86_400_000;
            let key = format!("{campaign}, day {day}");
            *live.entry(key.clone()).or_default() += n * calls.answered.cast_signed();
            *abandoned.entry(key).or_default() += n * calls.abandoned.cast_signed();
        }
    }
    Ok(())
}

fn figures(conn: &Connection, sql: &str) -> Result<Figures, StoreError> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn differ(what: &str, kept: &Figures, counted: &Figures, found: &mut Differences) {
    let keys = kept
        .keys()
        .chain(counted.keys().filter(|key| !kept.contains_key(*key)));
    for key in keys {
        let figure = |of: &Figures| of.get(key).copied().unwrap_or(0);
        let (kept, counted) = (figure(kept), figure(counted));
        if kept != counted {
            let what = format!("{what} {key}");
            found.note(Mismatch::Count {
                what,
                kept,
                counted,
            });
        }
    }
}

/// Like [`differ`], but more may be kept than is counted.
fn at_least(what: &str, kept: &Figures, counted: &Figures, found: &mut Differences) {
    for (key, counted) in counted {
        let kept = kept.get(key).copied().unwrap_or(0);
        if kept < *counted {
            found.note(Mismatch::Count {
                what: format!("{what} {key}"),
                kept,
                counted: *counted,
            });
        }
    }
}

//! The inbox, the results to deliver, and the figures of caller IDs.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row};

use super::sql::{col, put};
use super::{Work, attempts, campaigns, meta};
use crate::exchange::{
    CallerIdFigures, DAY, Delivery, Message, Quarantined, REPORTS_MAX, Receipt, ResultDue,
    ResultsTurn, SHORT_CALL,
};
use crate::{StoreError, exchange, moves};
use dialdeck_core::domain::{Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Timestamp};
use dialdeck_core::policy::pacing::HOUR;

/// The key of the last log entry that was searched for results.
const CURSOR: &str = "results_cursor";

/// Entries of the log read in one turn, so that no turn is long.
const LOOK: i64 = 5_000;

pub(super) const DUE: &str = "SELECT seq FROM results r WHERE state = 0 AND next_at <= ?1
     AND NOT EXISTS (SELECT 1 FROM results earlier WHERE earlier.contact = r.contact
        AND earlier.seq < r.seq AND earlier.state = 0)
     ORDER BY next_at, seq LIMIT ?2";

/// When the next result is due. Of each contact only the earliest counts, because later ones wait for it.
pub(super) const DUE_NEXT: &str = "SELECT next_at FROM results r WHERE state = 0
     AND NOT EXISTS (SELECT 1 FROM results earlier WHERE earlier.contact = r.contact
        AND earlier.seq < r.seq AND earlier.state = 0)
     ORDER BY next_at, seq LIMIT 1";

const RESULT: &str = "SELECT r.seq, r.campaign, r.contact, r.tries, r.error, c.number, c.name,
     c.variables, c.last_outcome, e.line, e.at
     FROM results r JOIN contacts c ON c.id = r.contact JOIN events e ON e.seq = r.seq
     WHERE r.seq = ?1";

/// The last call made for a contact up to an instant.
pub(super) const LAST_CALL: &str = "SELECT serial FROM attempts
     WHERE number = ?1 AND contact = ?2 AND reserved_at <= ?3
     ORDER BY reserved_at DESC, serial DESC LIMIT 1";

pub(super) const SAID_OF: &str =
    "SELECT body FROM inbox WHERE attempt = ?1 ORDER BY arrived_at DESC, trunk DESC, event DESC";

pub(super) const BLOCKED_CALLEES: &str = "SELECT count(DISTINCT a.number) FROM caller_id_blocks b
     JOIN attempts a ON a.serial = b.attempt WHERE b.caller_id = ?1 AND b.at > ?2";

const FIGURES: &str = "SELECT count(*) FILTER (WHERE counts_from > ?2) AS last_hour,
     count(*) AS last_day, count(*) FILTER (WHERE answered_at IS NOT NULL) AS answered,
     count(*) FILTER (WHERE ended_at - answered_at <= ?4) AS short
     FROM attempts WHERE caller_id = ?1 AND counts_from > ?3";

/// Counts a request that was rejected.
pub(super) fn quarantine(
    work: &Work<'_>,
    trunk: &str,
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.conn
        .prepare_cached(
            "INSERT INTO quarantine (trunk, reason, n, last_at) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT DO UPDATE SET n = n + 1, last_at = max(last_at, excluded.last_at)",
        )?
        .execute((trunk, reason, put(at)))?;
    Ok(())
}

/// Returns the rejected requests.
pub(super) fn quarantined(work: &Work<'_>) -> Result<Vec<Quarantined>, StoreError> {
    let mut statement = work.conn.prepare_cached(
        "SELECT trunk, reason, n, last_at FROM quarantine ORDER BY trunk, reason",
    )?;
    let rows = statement.query_map((), |row| {
        Ok(Quarantined {
            trunk: col(row, "trunk")?,
            reason: col(row, "reason")?,
            count: col(row, "n")?,
            last_at: col(row, "last_at")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes how deliveries went, searches the log for further ends, and returns the results that are due.
pub(super) fn turn(
    work: &mut Work<'_>,
    done: &[(i64, Delivery)],
    now: Timestamp,
    limit: usize,
) -> Result<ResultsTurn, StoreError> {
    for (seq, delivery) in done {
        note_delivery(work, *seq, delivery)?;
    }
    let behind = gather(work, now)?;
    let turn = due(work, now, limit)?;
    Ok(ResultsTurn { behind, ..turn })
}

/// Returns the results that were given up, oldest first.
pub(super) fn given_up(work: &mut Work<'_>) -> Result<Vec<ResultDue>, StoreError> {
    let mut statement = work
        .conn
        .prepare_cached("SELECT seq FROM results WHERE state = 2 ORDER BY seq")?;
    let seqs = statement.query_map((), |row| row.get(0))?;
    let seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
    results(work, &seqs)
}

/// Makes results that were given up due immediately, all of them or one. Returns how many.
pub(super) fn resend(work: &Work<'_>, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError> {
    let mut statement = work.conn.prepare_cached(
        "UPDATE results SET state = 0, tries = 0, next_at = ?1
         WHERE state = 2 AND (?2 IS NULL OR seq = ?2)",
    )?;
    Ok(statement.execute((put(now), seq))? as u64)
}

/// Stores a message about an attempt, once. Returns what was done with it.
pub(super) fn receive(
    work: &mut Work<'_>,
    message: &Message,
    at: Timestamp,
) -> Result<Receipt, StoreError> {
    if !work.mem.ids.own(message.attempt) {
        return Ok(Receipt::OtherDeck);
    }
    let Some(attempt) = attempts::by_id(work, message.attempt)? else {
        return Ok(Receipt::NoSuchAttempt);
    };
    if attempt.trunk != message.trunk {
        return Ok(Receipt::NoSuchAttempt);
    }
    let known = work
        .conn
        .prepare_cached("SELECT 1 FROM inbox WHERE trunk = ?1 AND event = ?2")?
        .exists((put(&message.trunk), &message.event))?;
    if known {
        return Ok(Receipt::Repeated(Box::new(attempt)));
    }
    let about: i64 = work
        .conn
        .prepare_cached("SELECT count(*) FROM inbox WHERE attempt = ?1")?
        .query_row((message.attempt.serial,), |row| row.get(0))?;
    if about.cast_unsigned() >= REPORTS_MAX {
        return Ok(Receipt::TooMany(Box::new(attempt)));
    }
    work.conn
        .prepare_cached(
            "INSERT INTO inbox (trunk, event, attempt, arrived_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            put(&message.trunk),
            &message.event,
            message.attempt.serial,
            put(at),
            &message.body,
        ))?;
    Ok(Receipt::New(Box::new(attempt)))
}

/// Returns the messages about attempts that have not ended, oldest first.
pub(super) fn messages(work: &Work<'_>) -> Result<Vec<Message>, StoreError> {
    let mut statement = work.conn.prepare_cached(
        "SELECT i.trunk, i.event, i.attempt, i.body FROM attempts a JOIN inbox i
         ON i.attempt = a.serial WHERE a.state <> 5 ORDER BY i.arrived_at, i.event",
    )?;
    let ids = &work.mem.ids;
    let rows = statement.query_map((), |row| {
        Ok(Message {
            trunk: col(row, "trunk")?,
            event: col(row, "event")?,
            attempt: ids.id(col(row, "attempt")?),
            body: col(row, "body")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns what agents reported about each call made for a contact.
pub(super) fn agent_results(
    work: &Work<'_>,
    contact: ContactId,
) -> Result<BTreeMap<AttemptId, String>, StoreError> {
    let mut results = BTreeMap::new();
    for attempt in attempts::of_contact(work, contact)? {
        if let Some(said) = agent_result(work, attempt.id.serial)? {
            results.insert(attempt.id, said);
        }
    }
    Ok(results)
}

/// Returns the agent's last report on a call.
fn agent_result(work: &Work<'_>, serial: i64) -> Result<Option<String>, StoreError> {
    let mut statement = work.conn.prepare_cached(SAID_OF)?;
    let mut rows = statement.query((serial,))?;
    while let Some(row) = rows.next()? {
        if let Some(said) = exchange::agent_result(&row.get::<_, String>(0)?) {
            return Ok(Some(said));
        }
    }
    Ok(None)
}

fn note_delivery(work: &Work<'_>, seq: i64, delivery: &Delivery) -> Result<(), StoreError> {
    let (state, next_at, error) = match delivery {
        Delivery::Delivered => (1, 0, None),
        Delivery::Again(error, at) => (0, at.as_millis(), Some(error)),
        Delivery::GivenUp(error) => (2, 0, Some(error)),
    };
    work.conn
        .prepare_cached(
            "UPDATE results SET state = ?2, next_at = ?3, error = ?4, tries = tries + 1
             WHERE seq = ?1 AND state = 0",
        )?
        .execute((seq, state, next_at, error))?;
    Ok(())
}

/// Searches the log from where the last turn stopped. Returns whether there may be more of it.
fn gather(work: &mut Work<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let known = meta::value(work.conn, CURSOR)?;
    let from: i64 = known.and_then(|text| text.parse().ok()).unwrap_or(0);
    let wanted: Vec<(String, CampaignId)> = campaigns::all(work)?
        .iter()
        .filter(|campaign| campaign.settings.results_url.is_some())
        .map(|campaign| (campaign.name().to_owned(), campaign.id))
        .collect();
    let mut statement = work
        .conn
        .prepare_cached("SELECT seq, line FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let rows = statement.query_map((from, LOOK), |row| {
        Ok((col(row, "seq")?, col(row, "line")?))
    })?;
    let entries: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    let Some((last, _)) = entries.last() else {
        return Ok(false);
    };
    for (seq, line) in &entries {
        if let Some((campaign, contact)) = moves::end_of_contact(line, &wanted) {
            work.conn
                .prepare_cached(
                    "INSERT INTO results (seq, campaign, contact, state, tries, next_at)
                     VALUES (?1, ?2, ?3, 0, 0, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute((seq, put(campaign), put(contact), put(now)))?;
        }
    }
    meta::set(work.conn, CURSOR, &last.to_string())?;
    Ok(i64::try_from(entries.len()).unwrap_or(i64::MAX) >= LOOK)
}

fn due(work: &mut Work<'_>, now: Timestamp, limit: usize) -> Result<ResultsTurn, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = work.conn.prepare_cached(DUE)?;
    let seqs = statement.query_map((put(now), limit), |row| row.get(0))?;
    let seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
    let due = results(work, &seqs)?;
    let next_at = work
        .conn
        .prepare_cached(DUE_NEXT)?
        .query_row((), |row| col(row, "next_at"))
        .optional()?;
    Ok(ResultsTurn {
        next_at,
        due,
        behind: false,
    })
}

fn results(work: &mut Work<'_>, seqs: &[i64]) -> Result<Vec<ResultDue>, StoreError> {
    let mut found = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let mut statement = work.conn.prepare_cached(RESULT)?;
        let Some((mut result, at)) = statement.query_row((seq,), result).optional()? else {
            continue;
        };
        let serial: Option<i64> = work
            .conn
            .prepare_cached(LAST_CALL)?
            .query_row((put(result.number), put(result.contact), at), |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(serial) = serial {
            result.agent_result = agent_result(work, serial)?;
        }
        let campaign = campaigns::by_id(work, result.campaign)?;
        campaign.name().clone_into(&mut result.campaign_name);
        result.url = campaign.settings.results_url.clone().unwrap_or_default();
        found.push(result);
    }
    Ok(found)
}

/// Returns a result without what campaign and agent add, and when the contact ended.
fn result(row: &Row<'_>) -> rusqlite::Result<(ResultDue, i64)> {
    let result = ResultDue {
        seq: col(row, "seq")?,
        campaign: col(row, "campaign")?,
        campaign_name: String::new(),
        url: String::new(),
        contact: col(row, "contact")?,
        tries: col(row, "tries")?,
        error: col(row, "error")?,
        number: col(row, "number")?,
        name: col(row, "name")?,
        variables: col(row, "variables")?,
        last_outcome: col(row, "last_outcome")?,
        agent_result: None,
        entry: col(row, "line")?,
    };
    Ok((result, col(row, "at")?))
}

/// Records that a network blocked a call because of the number it showed, or that the account does not own
/// that number.
pub(super) fn note_block(
    work: &Work<'_>,
    attempt: &Attempt,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.conn
        .prepare_cached(
            "INSERT INTO caller_id_blocks (attempt, caller_id, at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute((attempt.id.serial, put(attempt.caller_id), put(at)))?;
    Ok(())
}

/// Returns how many different callees had calls blocked that showed the number within the last hour.
pub(super) fn blocked_callees(
    work: &Work<'_>,
    caller_id: PhoneNumber,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let params = (put(caller_id), put(now - HOUR));
    let mut statement = work.conn.prepare_cached(BLOCKED_CALLEES)?;
    let callees: i64 = statement.query_row(params, |row| row.get(0))?;
    Ok(callees.cast_unsigned())
}

/// Returns how a caller ID performed up to `now`.
pub(super) fn figures(
    work: &Work<'_>,
    id: PhoneNumber,
    now: Timestamp,
) -> Result<CallerIdFigures, StoreError> {
    let (hour, day) = (put(now - HOUR), put(now - DAY));
    let short = i64::try_from(SHORT_CALL.as_millis()).unwrap_or(i64::MAX);
    let mut statement = work.conn.prepare_cached(FIGURES)?;
    let mut figures = statement.query_row((put(id), hour, day, short), |row| {
        Ok(CallerIdFigures {
            last_hour: col(row, "last_hour")?,
            last_day: col(row, "last_day")?,
            answered: col(row, "answered")?,
            short: col(row, "short")?,
            blocked: 0,
        })
    })?;
    let mut statement = work
        .conn
        .prepare_cached("SELECT count(*) FROM caller_id_blocks WHERE caller_id = ?1 AND at > ?2")?;
    let blocked: i64 = statement.query_row((put(id), day), |row| row.get(0))?;
    figures.blocked = blocked.cast_unsigned();
    Ok(figures)
}

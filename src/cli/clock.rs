//! The machine's clock, and the user's confirmation that it is right.

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use super::args::{ClockAcceptArgs, ClockCommand};
use super::output::{self, count, instant};
use super::{CliError, Deck, Env, ExitCode};
use crate::clock::{Clock, DeckClock};
use crate::domain::{Timestamp, clock_behind};
use crate::rules::Rules;
use crate::store::{Acts as _, By, ClockAccepted, Reads as _};

/// The instant of the last release, 2026-11-01T00:00:00Z. A clock before it is wrong.
const RELEASED: Timestamp = Timestamp::from_millis(1_793_491_200_000);

/// Runs `dialdeck clock …` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be read or written, or the clock cannot be accepted.
pub(crate) fn execute(
    command: Option<&ClockCommand>,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        None => show(env, out),
        Some(ClockCommand::Accept(args)) => accept(args, env, out),
    }
}

fn show(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let now = Clock::System.now();
    let simulated = deck.clock()? != DeckClock::System;
    let snapshot = deck.store.snapshot(now)?;
    let last = snapshot.last_event_at;
    let ahead = clock_behind(last, now).map(|last| last.since(now));
    let held = snapshot.clock_held;
    if env.json {
        let document = json!({
            "now": now,
            "last_entry": last,
            "log_ahead_s": ahead.map(|ahead| ahead.as_secs()),
            "held": held,
            "simulated": simulated,
        });
        output::json(out, &document)?;
        return Ok(ExitCode::Done);
    }
    writeln!(out, "machine's clock   {}", instant(now))?;
    let last = last.map_or_else(|| "none".to_owned(), instant);
    let how_far = ahead.map_or_else(String::new, |ahead| format!(", {} ahead", span(ahead)));
    writeln!(out, "last log entry    {last}{how_far}")?;
    if simulated {
        writeln!(out, "the deck ran on a simulated clock last")?;
    }
    match held {
        Some(held) => writeln!(
            out,
            "HELD: the machine's clock jumped {held}, as was noticed at {}",
            instant(held.at)
        )?,
        None if ahead.is_some() => {
            writeln!(out, "HELD on the machine's clock: it is behind the log")?;
        }
        None => writeln!(out, "not held")?,
    }
    if held.is_some() || ahead.is_some() {
        writeln!(
            out,
            "if the machine's clock is right: dialdeck clock accept"
        )?;
    }
    Ok(ExitCode::Done)
}

fn accept(args: &ClockAcceptArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let now = Clock::System.now();
    must_be_possible(now, &env.rules)?;
    let simulated = deck.clock()? != DeckClock::System;
    if simulated && deck.engine_runs()? {
        return Err(CliError::refused(
            "an engine runs on a simulated clock: the machine's is not the deck's",
        )
        .hint("end the engine first"));
    }
    let by = By {
        at: now,
        ..deck.by()?
    };
    deck.store.begin()?;
    let accepted = deck.store.accept_clock(args.reason.as_deref(), &by)?;
    if accepted.is_some() && simulated {
        let system = serde_json::to_string(&DeckClock::System).map_err(CliError::failed)?;
        deck.store.set_meta(DeckClock::META_KEY, &system)?;
    }
    deck.store.commit()?;
    say(accepted.as_ref(), now, env, out)?;
    Ok(ExitCode::Done)
}

/// Errors if the machine's clock cannot be right.
fn must_be_possible(now: Timestamp, rules: &Rules) -> Result<(), CliError> {
    let newest = zone_data_from(rules)
        .max(Some(RELEASED))
        .unwrap_or(RELEASED);
    if now >= newest {
        return Ok(());
    }
    Err(CliError::refused(format!(
        "the machine's clock says {}, before this program and its time zones were made: it is wrong",
        instant(now)
    ))
    .hint("set the machine's clock right"))
}

/// Returns the beginning of the year of the newest zone data.
fn zone_data_from(rules: &Rules) -> Option<Timestamp> {
    let (first, second) = rules.zone_data_versions();
    let year = |version: &str| {
        let year = version.get(..4)?;
        format!("{year}-01-01T00:00:00Z").parse().ok()
    };
    year(first).max(year(second))
}

fn say(
    accepted: Option<&ClockAccepted>,
    now: Timestamp,
    env: &Env,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if env.json {
        let document = json!({
            "now": now,
            "accepted": accepted.is_some(),
            "log_until": accepted.and_then(|what| what.log_until),
            "held": accepted.and_then(|what| what.held),
            "sends": accepted.map_or(0, |what| what.sends),
            "numbers": accepted.map_or(0, |what| what.numbers),
        });
        return output::json(out, &document);
    }
    let Some(what) = accepted else {
        writeln!(
            out,
            "nothing to accept: the machine's clock is not behind the log, and nothing is held"
        )?;
        return Ok(());
    };
    writeln!(out, "accepted: it is {}", instant(now))?;
    if let Some(held) = what.held {
        writeln!(out, "the clock had jumped {held}")?;
    }
    if let Some(last) = what.log_until {
        writeln!(out, "the log's last entry is of {}", instant(last))?;
    }
    if what.sends > 0 {
        writeln!(
            out,
            "{} with later times count as sent now, so they weigh on the caps per minute and hour for an hour at most",
            count(what.sends, "send")
        )?;
    }
    if what.numbers > 0 {
        writeln!(
            out,
            "{} with later attempts wait until the gap after these is over; contacts that are due later stay due then",
            count(what.numbers, "number")
        )?;
    }
    Ok(())
}

/// Returns a length of time in its largest whole unit.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 7_200 => format!("{} min", seconds / 60),
        seconds if seconds < 172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_before_the_program_is_not_accepted() {
        assert_eq!(RELEASED.to_string(), "2026-11-01T00:00:00.000Z");
        assert!(must_be_possible(RELEASED, Rules::embedded()).is_ok());
        for wrong in ["1970-01-01T00:00:00Z", "2026-10-31T23:59:59Z"] {
            let error = must_be_possible(wrong.parse().unwrap(), Rules::embedded()).unwrap_err();
            assert!(error.message.contains("it is wrong"), "{}", error.message);
        }
    }
}

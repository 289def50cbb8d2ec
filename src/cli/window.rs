//! `dialdeck window`: whether numbers may be called by law, and when next.

mod rows;

use std::io::Write;

use serde_json::json;

use super::CliError;
use super::args::WindowArgs;

use crate::domain::campaign::{CallKind, Purpose};
use crate::domain::{Hints, Timestamp, WindowClass};
use crate::policy::window::banned_status;
use crate::rules::{Legal, LocateError, Rules, Unfit, WindowReason};

/// The country of numbers typed without a country code.
const DEFAULT_COUNTRY: &str = "US";

/// The reason for a region that the deck file bans.
const EMERGENCY_BAN: &str = "emergency_ban";

/// The values for what a row of a file does not state.
struct Defaults<'a> {
    args: &'a WindowArgs,
    now: Timestamp,
    json: bool,
}

/// One question: a number, what is stated about it, the kind of call and the instant.
struct Question<'a> {
    number: &'a str,
    region: Option<&'a str>,
    zone: Option<&'a str>,
    call: CallKind,
    at: Timestamp,
}

/// The answer to one question.
struct Answer {
    /// The number in E.164 form; `None` if the text is no number.
    number: Option<String>,
    /// Whether the calling window is open in every zone.
    allowed: bool,
    /// Whether the deck file bans a region of the number.
    is_banned: bool,
    /// `ok`, or the reason why no call is allowed.
    reason: String,
    /// More about the reason, if there is more.
    detail: Option<&'static str>,
    /// The window class; `None` if the number has no place.
    class: Option<WindowClass>,
    /// The local time in each zone.
    local_times: Vec<(String, String)>,
    /// The first legal instant at or after the one asked for; `None` if none is known or the region is
    /// banned.
    next: Option<Timestamp>,
}

/// The rules and bans that decide.
#[derive(Clone, Copy)]
pub(crate) struct Law<'a> {
    /// The rules in force.
    pub rules: &'a Rules,
    /// Regions under an emergency ban of the deck file.
    pub bans: &'a [String],
}

/// Judges the numbers or the file and prints the answers. `now` is used if `--at` is not given.
///
/// # Errors
///
/// Errors if a stated zone or region is not known, or the file cannot be read.
pub(crate) fn run(
    law: Law<'_>,
    args: &WindowArgs,
    now: Timestamp,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match &args.csv {
        Some(file) => rows::run(law, &Defaults { args, now, json }, file, out),
        None => run_numbers(law, args, now, json, out),
    }
}

fn run_numbers(
    law: Law<'_>,
    args: &WindowArgs,
    now: Timestamp,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    for text in &args.numbers {
        let question = Question {
            number: text,
            region: args.region.as_deref(),
            zone: args.zone.as_deref(),
            call: with_purpose(args.class, args.purpose),
            at: args.at.unwrap_or(now),
        };
        let answer = judge(law, &question).map_err(|why| {
            let argument = if matches!(why, LocateError::UnknownRegion(_)) {
                "--region <REGION>"
            } else {
                "--zone <ZONE>"
            };
            CliError::wrong_argument(argument, &why.to_string())
        })?;
        if json {
            writeln!(out, "{}", as_json(text, &question, &answer))?;
        } else {
            print(out, text, &answer)?;
        }
    }
    Ok(())
}

/// Returns the answer. Errors if a stated zone or region is not known.
fn judge(law: Law<'_>, question: &Question<'_>) -> Result<Answer, LocateError> {
    let rules = law.rules;
    let number = match rules.read_number(question.number, Some(DEFAULT_COUNTRY)) {
        Ok(read) => read.number,
        Err(error) => return Ok(Answer::denied(error.as_str())),
    };
    let mut answer = Answer::denied("");
    answer.number = Some(number.to_string());
    let hints = Hints {
        time_zone: question.zone.map(ToOwned::to_owned),
        region: question.region.map(ToOwned::to_owned),
        postal_code: None,
    };
    if let Err(unfit) = rules.fitness(number, question.at) {
        unfit.as_str().clone_into(&mut answer.reason);
        return Ok(answer);
    }
    let class = match rules.locate_stated(number, &hints) {
        Ok(class) => class,
        Err(LocateError::Unfit(unfit)) => {
            unfit.as_str().clone_into(&mut answer.reason);
            return Ok(answer);
        }
        Err(error) => return Err(error),
    };
    if rules.without_rules(&class.regions, question.call).is_some() {
        Unfit::NoRules.as_str().clone_into(&mut answer.reason);
        return Ok(answer);
    }
    let legal = rules.legal(&class, question.call, &[], question.at);
    let banned = banned_status(&class, law.bans).is_some();
    answer.allowed = legal == Legal::Open && !banned;
    answer.is_banned = banned;
    answer.detail = match legal {
        Legal::Shut(WindowReason::HolidayTableEnds, _) => Some("holiday table ends"),
        Legal::Open | Legal::Shut(..) | Legal::NoZone | Legal::Disagree(_) => None,
    };
    answer.reason = match legal {
        _ if banned => EMERGENCY_BAN.to_owned(),
        Legal::Open => "ok".to_owned(),
        Legal::Shut(reason, _) => reason.to_string(),
        Legal::NoZone => "no_zone".to_owned(),
        Legal::Disagree(_) => "zone_data_disagree".to_owned(),
    };
    for zone in &class.zones {
        if let Some(local) = rules.local_time(zone, question.at) {
            answer.local_times.push((zone.clone(), local.to_string()));
        }
    }
    // A ban ends when an operator lifts it.
    if !banned {
        answer.next = rules.next_legal(&class, question.call, &[], question.at);
    }
    answer.class = Some(class);
    Ok(answer)
}

impl Answer {
    fn denied(reason: &str) -> Self {
        Self {
            number: None,
            allowed: false,
            is_banned: false,
            reason: reason.to_owned(),
            detail: None,
            class: None,
            local_times: Vec::new(),
            next: None,
        }
    }

    fn verdict(&self) -> &'static str {
        if self.allowed { "allow" } else { "deny" }
    }

    /// Returns states, provinces and countries.
    fn regions(&self) -> Vec<&str> {
        self.places(|dashes| dashes < 2)
    }

    /// Returns places within a state whose rules differ from the state's.
    fn localities(&self) -> Vec<&str> {
        self.places(|dashes| dashes >= 2)
    }

    fn places(&self, wanted: impl Fn(usize) -> bool) -> Vec<&str> {
        let regions = self.class.iter().flat_map(|class| &class.regions);
        let regions = regions.map(String::as_str);
        regions
            .filter(|region| wanted(region.matches('-').count()))
            .collect()
    }

    fn zones(&self) -> &[String] {
        self.class.as_ref().map_or(&[], |class| &class.zones)
    }

    /// Returns the next legal instant as RFC 3339 in UTC, without decimals on a whole second.
    fn next_text(&self) -> Option<String> {
        self.next.map(|next| next.to_jiff().to_string())
    }
}

fn as_json(text: &str, question: &Question<'_>, answer: &Answer) -> serde_json::Value {
    let times = answer.local_times.iter().cloned();
    let times: serde_json::Map<_, _> = times.map(|(zone, time)| (zone, time.into())).collect();
    json!({
        "input": text,
        "number": answer.number,
        "at": question.at.to_jiff().to_string(),
        "call_class": question.call.class.as_str(),
        "purpose": question.call.purpose.as_str(),
        "verdict": answer.verdict(),
        "reason": answer.reason,
        "detail": answer.detail,
        "regions": answer.regions(),
        "localities": answer.localities(),
        "candidate_zones": answer.zones(),
        "zone_source": answer.class.as_ref().map(|class| &class.zone_source),
        "local_times": times,
        "next_allowed_utc": answer.next_text(),
    })
}

fn print(out: &mut dyn Write, text: &str, answer: &Answer) -> std::io::Result<()> {
    let number = answer.number.as_deref().unwrap_or(text);
    write!(out, "{number}  {}: {}", answer.verdict(), answer.reason)?;
    match answer.detail {
        Some(detail) => writeln!(out, " ({detail})")?,
        None => writeln!(out)?,
    }
    if let Some(class) = &answer.class {
        writeln!(out, "  rules of  {}", class.regions.join(", "))?;
        for (zone, time) in &answer.local_times {
            writeln!(out, "  zone      {zone} {time} ({})", class.zone_source)?;
        }
        let never = if answer.is_banned {
            "when an operator lifts the ban"
        } else {
            "never within 370 days"
        };
        let next = answer.next_text();
        let next = next.unwrap_or_else(|| never.to_owned());
        writeln!(out, "  next      {next}")?;
    }
    Ok(())
}

fn with_purpose(call: CallKind, purpose: Option<Purpose>) -> CallKind {
    CallKind::new(call.class, purpose.unwrap_or(call.purpose))
}

#[cfg(test)]
mod tests;

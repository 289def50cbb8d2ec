//! `dialdeck window`: may these numbers be called by law, and when next.

mod rows;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde_json::json;

use super::{CliError, ExitCode};
use crate::domain::campaign::{CallClass, CallKind, Evidence, Purpose};
use crate::domain::{Hints, Timestamp, WindowClass};
use crate::rules::{Legal, LocateError, Rules, Unfit};

/// The country of numbers typed without a country code.
const DEFAULT_COUNTRY: &str = "US";

/// `dialdeck window`.
#[derive(Clone, Debug, Args)]
pub struct WindowArgs {
    /// Numbers in any usual spelling
    #[arg(value_name = "NUMBER", required_unless_present = "csv")]
    pub numbers: Vec<String>,
    /// The instant to judge, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Timestamp>,
    /// Whose voice speaks: live or automated; `debt` is a live call that collects a debt
    #[arg(long, value_name = "CLASS", default_value = "live", value_parser = call_kind)]
    pub class: CallKind,
    /// What the call is for: sales, reminder, survey, debt or information
    ///
    /// Some hours bind only calls that sell or that collect debts.
    #[arg(long, value_name = "PURPOSE")]
    pub purpose: Option<Purpose>,
    /// Where the callee is, in place of what the number suggests: US-FL
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The callee's time zone, in place of what the number suggests
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Judge the rows of a CSV file
    ///
    /// Its columns: `id, number, region_override, zone_override, call_class, purpose, instant_utc`;
    /// others are ignored, and only `number` must be there.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "numbers")]
    pub csv: Option<PathBuf>,
}

/// What a row of a file does not state.
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

/// Its answer.
struct Answer {
    /// In E.164; `None` when the text is no number.
    number: Option<String>,
    /// Whether every zone is open.
    allowed: bool,
    /// `ok`, or why not.
    reason: String,
    /// What binds; empty when the number has no place.
    class: Option<WindowClass>,
    /// Each zone's local time.
    local_times: Vec<(String, String)>,
    /// The first legal instant from then on.
    next: Option<Timestamp>,
}

/// Judges and prints; `now` stands in for a missing `--at`.
pub fn run(
    rules: &Rules,
    args: &WindowArgs,
    now: Timestamp,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match &args.csv {
        Some(file) => rows::run(rules, &Defaults { args, now, json }, file, out),
        None => run_numbers(rules, args, now, json, out),
    }
}

fn run_numbers(
    rules: &Rules,
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
        let answer = judge(rules, &question).map_err(|error| usage(&error.to_string()))?;
        if json {
            writeln!(out, "{}", as_json(text, &question, &answer))?;
        } else {
            print(out, text, &answer)?;
        }
    }
    Ok(())
}

/// The answer; an error when a stated zone or region is not known.
fn judge(rules: &Rules, question: &Question<'_>) -> Result<Answer, LocateError> {
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
    let class = match rules.locate(number, &hints, Evidence::Stated) {
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
    answer.allowed = legal == Legal::Open;
    answer.reason = match legal {
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
    answer.next = rules.next_legal(&class, question.call, &[], question.at);
    answer.class = Some(class);
    Ok(answer)
}

impl Answer {
    fn denied(reason: &str) -> Self {
        Self {
            number: None,
            allowed: false,
            reason: reason.to_owned(),
            class: None,
            local_times: Vec::new(),
            next: None,
        }
    }

    fn verdict(&self) -> &'static str {
        if self.allowed { "allow" } else { "deny" }
    }

    fn regions(&self) -> &[String] {
        self.class.as_ref().map_or(&[], |class| &class.regions)
    }

    fn zones(&self) -> &[String] {
        self.class.as_ref().map_or(&[], |class| &class.zones)
    }

    /// RFC 3339 in UTC, without decimals on a whole second.
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
        "regions": answer.regions(),
        "candidate_zones": answer.zones(),
        "zone_source": answer.class.as_ref().map(|class| &class.zone_source),
        "local_times": times,
        "next_allowed_utc": answer.next_text(),
    })
}

fn print(out: &mut dyn Write, text: &str, answer: &Answer) -> std::io::Result<()> {
    let number = answer.number.as_deref().unwrap_or(text);
    writeln!(out, "{number}  {}: {}", answer.verdict(), answer.reason)?;
    if let Some(class) = &answer.class {
        writeln!(out, "  rules of  {}", class.regions.join(", "))?;
        for (zone, time) in &answer.local_times {
            writeln!(out, "  zone      {zone} {time} ({})", class.zone_source)?;
        }
        let next = answer.next_text();
        let next = next.unwrap_or_else(|| "never within 370 days".to_owned());
        writeln!(out, "  next      {next}")?;
    }
    Ok(())
}

/// `live` or `automated`, or `debt` for a person who collects one.
fn call_kind(text: &str) -> Result<CallKind, String> {
    [
        (CallClass::Live.as_str(), CallKind::LIVE),
        (CallClass::Automated.as_str(), CallKind::AUTOMATED),
        (Purpose::Debt.as_str(), CallKind::DEBT),
    ]
    .into_iter()
    .find_map(|(word, kind)| (word == text).then_some(kind))
    .ok_or_else(|| format!("`{text}` is not a call class; use live, automated or debt"))
}

fn with_purpose(call: CallKind, purpose: Option<Purpose>) -> CallKind {
    CallKind::new(call.class, purpose.unwrap_or(call.purpose))
}

fn usage(message: &str) -> CliError {
    CliError {
        code: ExitCode::Usage,
        message: message.to_owned(),
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> WindowArgs {
        WindowArgs {
            numbers: Vec::new(),
            at: None,
            class: CallKind::LIVE,
            purpose: None,
            region: None,
            zone: None,
            csv: None,
        }
    }

    fn run_with(args: &WindowArgs, json: bool) -> Result<String, CliError> {
        let mut out = Vec::new();
        let now = "2026-12-07T15:30:00Z".parse().unwrap();
        run(Rules::embedded(), args, now, json, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_vectors_come_out_exactly() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/window-vectors.csv");
        let asked = WindowArgs {
            csv: Some(path.into()),
            ..args()
        };
        let printed = run_with(&asked, false).unwrap();
        let mut expected =
            String::from("id,verdict,reason,region,candidate_zones,next_allowed_utc\n");
        let mut vectors = csv::Reader::from_path(path).unwrap();
        for vector in vectors.records() {
            let vector = vector.unwrap();
            let columns = [0, 6, 7, 8, 9, 11].map(|index| &vector[index]);
            expected.push_str(&columns.join(","));
            expected.push('\n');
        }
        assert_eq!(printed, expected);
        assert_eq!(printed.lines().count(), 21);
    }

    #[test]
    fn a_file_is_answered_row_by_row_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let ask = |rows: &str, json: bool| {
            std::fs::write(&path, rows).unwrap();
            let csv = Some(path.clone());
            run_with(&WindowArgs { csv, ..args() }, json)
        };
        let rows = "number,zone_override\n+12125550142,\n911,\n+12125550142,Mars/Base\n";
        assert_eq!(
            ask(rows, false).unwrap(),
            "id,verdict,reason,region,candidate_zones,next_allowed_utc\n\
             1,allow,ok,US-NY,America/New_York,2026-12-07T15:30:00Z\n\
             2,deny,not_possible,,,\n3,deny,unknown_zone,,,\n"
        );
        let lines = ask(rows, true).unwrap();
        let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&last["id"], &last["reason"]),
            (&json!("3"), &json!("unknown_zone"))
        );
        let error = ask("number,call_class\n+12125550142,fax\n", false).unwrap_err();
        assert_eq!(error.code, ExitCode::Usage);
        assert!(
            error.message.contains("rows.csv:2: `fax`"),
            "{}",
            error.message
        );
        let error = ask("phone\n+12125550142\n", false).unwrap_err();
        assert!(
            error.message.contains("`number` is missing"),
            "{}",
            error.message
        );
    }

    #[test]
    fn numbers_are_answered_one_by_one() {
        let asked = WindowArgs {
            numbers: vec!["(212) 555-0142".to_owned(), "1-800-FLOWERS".to_owned()],
            ..args()
        };
        assert_eq!(
            run_with(&asked, false).unwrap(),
            "+12125550142  allow: ok\n  rules of  US-NY\n  \
             zone      America/New_York Mon 10:30:00 (number)\n  \
             next      2026-12-07T15:30:00Z\n1-800-FLOWERS  deny: letters\n"
        );
        let lines = run_with(&asked, true).unwrap();
        let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(first["local_times"]["America/New_York"], "Mon 10:30:00");
    }

    #[test]
    fn an_unknown_zone_is_a_wrong_argument() {
        let asked = WindowArgs {
            numbers: vec!["+12125550142".to_owned()],
            zone: Some("America/Gotham".to_owned()),
            ..args()
        };
        let error = run_with(&asked, false).unwrap_err();
        assert_eq!(error.code, ExitCode::Usage);
        assert!(
            error.message.contains("America/Gotham"),
            "{}",
            error.message
        );
    }
}

//! Results that could not be delivered: listed, and sent again.

use std::io::Write;

use serde_json::{Value, json};

use super::args::{ResendArgs, ResultsCommand};
use super::output::{self, Report};
use super::{CliError, Deck, Env, ExitCode};
use crate::store::{Acts as _, Reads as _};

/// Runs `dialdeck results …` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck cannot be read, or if no result that is named was given up.
pub(crate) fn execute(
    command: &ResultsCommand,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        ResultsCommand::List => list(env, out),
        ResultsCommand::Resend(args) => resend(args, env, out),
    }
}

fn list(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let given_up = deck.store.results_given_up()?;
    if env.json {
        let rows: Vec<Value> = given_up
            .iter()
            .map(|result| {
                json!({
                    "result": result.seq,
                    "campaign": result.campaign_name,
                    "number": result.number,
                    "url": result.url,
                    "tries": result.tries,
                    "error": result.error,
                })
            })
            .collect();
        output::json(out, &json!({ "results": rows }))?;
        return Ok(ExitCode::Done);
    }
    let mut report = Report::new(&["result", "campaign", "number", "tries", "error", "to"]);
    for result in given_up {
        report.row([
            result.seq.to_string(),
            result.campaign_name,
            result.number.to_string(),
            result.tries.to_string(),
            result.error.unwrap_or_default(),
            result.url,
        ]);
    }
    report.write(out, "no result was given up")?;
    Ok(ExitCode::Done)
}

fn resend(args: &ResendArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let now = deck.now()?;
    let again = deck.store.resend_results(args.result, now)?;
    if let (0, Some(result)) = (again, args.result) {
        return Err(
            CliError::failed(format!("result {result} was not given up"))
                .hint("`dialdeck results list` shows those that were"),
        );
    }
    if env.json {
        output::json(out, &json!({ "resent": again }))?;
    } else {
        let results = output::count(again, "result");
        writeln!(out, "{results} to be sent once more by the engine")?;
    }
    Ok(ExitCode::Done)
}

//! Do-not-call lists, number by number: add, check, reverse, show, export.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::args::{
    DncAddArgs, DncCheckArgs, DncCommand, DncExportArgs, DncListArgs, DncReverseArgs,
};
use super::output::{self, Report, count, instant};
use super::{CliError, Deck, Env, ExitCode, dnc_import, words};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::domain::campaign::Evidence;
use crate::domain::suppression::SuppressionSource;
use crate::domain::{AttemptId, CampaignId, ContactId, Hints, ListKind, PhoneNumber, Suppression};
use crate::rules::{ReadNumber, Rules};
use crate::store::Store as _;

/// Numbers read from the store at once when a list is shown or exported.
const PAGE: usize = 5_000;

/// `dialdeck dnc …`.
pub fn execute(command: &DncCommand, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    match command {
        DncCommand::Add(args) => add(args, env, out),
        DncCommand::Import(args) => dnc_import::execute(args, env, out),
        DncCommand::Check(args) => check(args, env, out),
        DncCommand::Reverse(args) => reverse(args, env, out),
        DncCommand::List(args) => list(args, env, out),
        DncCommand::Export(args) => export(args, env, out),
    }
}

/// A number as read, echoed so that a wrong reading is seen.
#[derive(Clone, Debug, Serialize)]
pub struct Echo {
    /// E.164.
    pub number: PhoneNumber,
    /// As it was typed.
    pub typed: String,
    /// ISO country.
    pub country: String,
    /// Whether the country was taken from `--country`.
    pub country_guessed: bool,
    /// Candidate zones; empty when none is known.
    pub zones: Vec<String>,
    /// Why it cannot be dialed anyway, if so.
    pub unfit: Option<&'static str>,
}

/// Reads numbers typed by a person: all of them, or none.
///
/// # Errors
/// Names every malformed one, with what is wrong with it.
pub fn read_numbers(
    rules: &Rules,
    typed: &[String],
    country: &str,
    at: Timestamp,
) -> Result<Vec<Echo>, CliError> {
    let mut numbers: Vec<Echo> = Vec::new();
    let mut bad = Vec::new();
    let mut hint = "";
    for text in typed {
        match rules.read_number(text, Some(country)) {
            Ok(read) if numbers.iter().any(|echo| echo.number == read.number) => {}
            Ok(read) => numbers.push(echo(rules, text, read, at)),
            Err(error) => {
                let (what, todo) = words::number_error(error);
                bad.push(format!("`{text}` cannot be read: {what}"));
                hint = todo;
            }
        }
    }
    if bad.is_empty() {
        Ok(numbers)
    } else {
        Err(CliError::usage(bad.join("; ")).hint(hint))
    }
}

fn echo(rules: &Rules, typed: &str, read: ReadNumber, at: Timestamp) -> Echo {
    let number = read.number;
    let located = rules.locate(number, &Hints::default(), Evidence::Stated);
    let unfit = rules.fitness(number, at).err().map(words::unfit);
    Echo {
        number,
        typed: typed.to_owned(),
        country: words::country(rules, number),
        country_guessed: read.country_guessed,
        unfit,
        zones: located.map(|class| class.zones).unwrap_or_default(),
    }
}

/// A contact that an opt-out touches.
#[derive(Clone, Debug, Serialize)]
struct Touched {
    campaign: String,
    contact: ContactId,
    before: &'static str,
    after: &'static str,
}

fn add(args: &DncAddArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    reversible(&args.list)?;
    let rules = Rules::embedded();
    let numbers = read_numbers(
        rules,
        &args.numbers,
        &env.country(args.country.as_ref())?,
        Clock::System.now(),
    )?;
    let mut deck = Deck::open_or_create(env)?;
    if let ListKind::Campaign(name) = &args.list {
        deck.store.campaign(name)?;
    }
    let names = campaign_names(&mut deck)?;
    let before = contacts(&mut deck, &numbers)?;
    let by = deck.by()?;
    let entries: Vec<Suppression> = numbers
        .iter()
        .map(|echo| Suppression {
            number: echo.number,
            list: args.list.clone(),
            source: SuppressionSource::OptOut,
            at: by.at,
            actor: by.actor.clone(),
            note: args.reason.clone(),
        })
        .collect();
    let done = deck.store.suppress(&entries)?;
    let bound = bound_campaign(&mut deck, &args.list)?;
    deck.wait_until_none_can_leave("the numbers are on the list", &|attempt| {
        numbers.iter().any(|echo| echo.number == attempt.number)
            && bound.is_none_or(|campaign| campaign == attempt.campaign)
    })?;
    let after = contacts(&mut deck, &numbers)?;
    let touched = touched(&before, &after, &names);
    if env.json {
        output::json(
            out,
            &json!({
                "list": args.list,
                "at": by.at,
                "added": done.added,
                "already": done.already,
                "numbers": numbers,
                "contacts": touched,
                "live_calls": done.live,
                "acknowledged": true,
            }),
        )?;
    } else {
        say_added(&numbers, &args.list, &touched, &done.live, out)?;
        writeln!(
            out,
            "{} added, {} already on the list. From now on no call to {} leaves.",
            done.added,
            done.already,
            if numbers.len() == 1 { "it" } else { "them" }
        )?;
    }
    Ok(ExitCode::Done)
}

/// The campaign a list binds alone; `None`: all.
fn bound_campaign(deck: &mut Deck, list: &ListKind) -> Result<Option<CampaignId>, CliError> {
    Ok(match list {
        ListKind::Campaign(name) => Some(deck.store.campaign(name)?.id),
        ListKind::Internal | ListKind::National(_) | ListKind::State(_) => None,
    })
}

fn reversible(list: &ListKind) -> Result<(), CliError> {
    if list.is_reversible() {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "{list} is a registry: its numbers come from its own file"
    ))
    .hint("import it with `dialdeck dnc import FILE --list …`, or use --list internal"))
}

fn campaign_names(deck: &mut Deck) -> Result<BTreeMap<CampaignId, String>, CliError> {
    let campaigns = deck.store.campaigns()?;
    Ok(campaigns
        .into_iter()
        .map(|campaign| (campaign.id, campaign.settings.name))
        .collect())
}

type Standing = BTreeMap<ContactId, (CampaignId, &'static str)>;

fn contacts(deck: &mut Deck, numbers: &[Echo]) -> Result<Standing, CliError> {
    let mut found = Standing::new();
    for echo in numbers {
        for contact in deck.store.contacts_with(echo.number)? {
            found.insert(contact.id, (contact.campaign, contact.state.as_str()));
        }
    }
    Ok(found)
}

fn touched(
    before: &Standing,
    after: &Standing,
    names: &BTreeMap<CampaignId, String>,
) -> Vec<Touched> {
    before
        .iter()
        .map(|(contact, (campaign, state))| Touched {
            campaign: names.get(campaign).cloned().unwrap_or_default(),
            contact: *contact,
            before: state,
            after: after.get(contact).map_or(state, |(_, state)| state),
        })
        .collect()
}

fn say_added(
    numbers: &[Echo],
    list: &ListKind,
    touched: &[Touched],
    live: &[AttemptId],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    for echo in numbers {
        writeln!(out, "{} on {list}", describe(echo))?;
    }
    for contact in touched {
        writeln!(
            out,
            "campaign {}: contact {} was {}, is {}",
            contact.campaign, contact.contact, contact.before, contact.after
        )?;
    }
    for attempt in live {
        writeln!(out, "call {attempt} is up; the engine hangs it up")?;
    }
    Ok(())
}

/// `+12125550142 (US, America/New_York)`.
pub fn describe(echo: &Echo) -> String {
    let zones = if echo.zones.is_empty() {
        "zone not known".to_owned()
    } else {
        echo.zones.join(" / ")
    };
    let guessed = if echo.country_guessed {
        " taken as such"
    } else {
        ""
    };
    let unfit = echo
        .unfit
        .map_or_else(String::new, |why| format!("; not dialable: {why}"));
    format!(
        "{} ({}{guessed}, {zones}{unfit})",
        echo.number, echo.country
    )
}

fn check(args: &DncCheckArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let numbers = read_numbers(
        Rules::embedded(),
        &args.numbers,
        &env.country(args.country.as_ref())?,
        Clock::System.now(),
    )?;
    let mut deck = Deck::open(env)?;
    let mut answers = Vec::new();
    for echo in &numbers {
        let entries = deck.store.suppressions_of(echo.number)?;
        if env.json {
            answers.push(json!({
                "number": echo.number,
                "country": echo.country,
                "zones": echo.zones,
                "listed": !entries.is_empty(),
                "lists": entries.iter().map(entry_json).collect::<Vec<_>>(),
            }));
            continue;
        }
        if entries.is_empty() {
            writeln!(out, "{}: on no list", describe(echo))?;
        }
        for entry in &entries {
            writeln!(out, "{}: {}", describe(echo), words::suppression(entry))?;
        }
    }
    if env.json {
        output::json(out, &json!({ "numbers": answers }))?;
    }
    Ok(ExitCode::Done)
}

fn entry_json(entry: &Suppression) -> serde_json::Value {
    json!({
        "list": entry.list,
        "source": entry.source,
        "since": entry.at,
        "actor": entry.actor,
        "note": entry.note,
    })
}

fn reverse(args: &DncReverseArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let typed = [args.number.clone()];
    let numbers = read_numbers(
        Rules::embedded(),
        &typed,
        &env.country(args.country.as_ref())?,
        Clock::System.now(),
    )?;
    let mut deck = Deck::open_to_write(env)?;
    let by = deck.by()?;
    for echo in &numbers {
        let reversed =
            deck.store
                .reverse_suppression(echo.number, &args.list, &args.reason, &by)?;
        if !reversed {
            return Err(
                CliError::failed(format!("{} is not on {}", echo.number, args.list))
                    .hint("`dialdeck dnc check NUMBER` says where it stands"),
            );
        }
        if env.json {
            output::json(
                out,
                &json!({"number": echo.number, "list": args.list, "reversed": true, "at": by.at}),
            )?;
        } else {
            writeln!(out, "{} is off {}.", describe(echo), args.list)?;
            writeln!(
                out,
                "Contacts it had ended stay ended, and revoked consent stays revoked."
            )?;
        }
    }
    Ok(ExitCode::Done)
}

fn list(args: &DncListArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    if let Some(list) = &args.list {
        return numbers(&mut deck, list, env.json, out);
    }
    let lists = deck.store.lists()?;
    if env.json {
        let lists: Vec<_> = lists
            .iter()
            .map(|list| json!({"list": list.kind, "numbers": list.count, "as_of": list.as_of}))
            .collect();
        output::json(out, &json!({ "lists": lists }))?;
        return Ok(ExitCode::Done);
    }
    let mut report = Report::new(&["list", "numbers", "as of"]);
    for list in &lists {
        report.row([
            list.kind.to_string(),
            list.count.to_string(),
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
    each_entry(deck, list, &mut |entry| {
        total += 1;
        if json {
            let mut value = entry_json(entry);
            value["number"] = json!(entry.number);
            output::json(out, &value)
        } else {
            writeln!(out, "{} {}", entry.number, words::suppression(entry))?;
            Ok(())
        }
    })?;
    if !json {
        writeln!(out, "{} on {list}", count(total, "number"))?;
    }
    Ok(ExitCode::Done)
}

fn export(args: &DncExportArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    if env.json {
        return numbers(&mut deck, &args.list, true, out);
    }
    let mut csv = csv::Writer::from_writer(out);
    let written = csv.write_record(["number", "list", "source", "since", "actor", "note"]);
    written.map_err(broken_csv)?;
    each_entry(&mut deck, &args.list, &mut |entry| {
        csv.write_record([
            entry.number.to_string(),
            entry.list.to_string(),
            entry.source.as_str().to_owned(),
            entry.at.to_string(),
            entry.actor.clone(),
            entry.note.clone().unwrap_or_default(),
        ])
        .map_err(broken_csv)
    })?;
    csv.flush()?;
    Ok(ExitCode::Done)
}

fn broken_csv(error: csv::Error) -> CliError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => CliError::failed(format!("writing the output: {other:?}")),
    }
}

/// Every entry of a list in order, page by page.
fn each_entry(
    deck: &mut Deck,
    list: &ListKind,
    see: &mut dyn FnMut(&Suppression) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut after = None;
    loop {
        let page = deck.store.list_page(list, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.number);
        page.iter().try_for_each(&mut *see)?;
    }
}

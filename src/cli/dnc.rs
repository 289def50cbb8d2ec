//! Do-not-call lists, number by number: add, check, reverse.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::args::{DncAddArgs, DncCheckArgs, DncCommand, DncReverseArgs};
use super::deck::Owner;
use super::needs::StoreOnly;
use super::number_input::{Echo, describe, read_in, read_numbers};
use super::output;
use super::{CliError, Deck, Env, ExitCode, dnc_import, dnc_lists, messages, tty};
use crate::domain::suppression::SuppressionSource;
use crate::domain::{AttemptId, CampaignId, ContactId, ListKind, Suppression};
use crate::store::{Acts as _, By, Reads as _, Restored, Reversal};

/// Runs `dialdeck dnc …` and returns its exit code.
///
/// # Errors
///
/// Errors if a number cannot be read, or the deck or a list cannot be used.
pub(crate) fn execute(
    command: &DncCommand,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        DncCommand::Add(args) => add(args, StoreOnly::new(env), out),
        DncCommand::Import(args) => dnc_import::execute(args, env, out),
        DncCommand::Check(args) => check(args, env, out),
        DncCommand::Reverse(args) => reverse(args, env, out),
        DncCommand::List(args) => dnc_lists::list(args, env, out),
        DncCommand::Export(args) => dnc_lists::export(args, env, out),
    }
}

/// A contact whose number is put on a list, with its state before and after.
#[derive(Clone, Debug, Serialize)]
struct Touched {
    campaign: String,
    contact: ContactId,
    before: &'static str,
    after: &'static str,
}

fn add(args: &DncAddArgs, env: StoreOnly<'_>, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    reversible(&args.list)?;
    // A number that cannot be read creates no deck.
    let mut known = if env.exists() {
        Some(env.open()?)
    } else {
        None
    };
    let numbers = read_in(
        env.rules(),
        &args.numbers,
        env.country(&args.country, known.as_mut()),
    )?;
    warn_of_undialable(&numbers, env.json());
    let mut deck = match known {
        Some(deck) => deck,
        None => env.open_or_create()?,
    };
    if let ListKind::Campaign(name) = &args.list {
        deck.store.campaign(name)?;
    }
    let names = campaign_names(&mut deck)?;
    let before = contacts(&mut deck, &numbers)?;
    let by = deck.by()?;
    let done = deck.store.suppress(&opt_outs(args, &numbers, &by))?;
    let bound = bound_campaign(&mut deck, &args.list)?;
    deck.wait_until_none_can_leave("the numbers are on the list", &|attempt| {
        numbers.iter().any(|echo| echo.number == attempt.number)
            && bound.is_none_or(|campaign| campaign == attempt.campaign)
    })?;
    let after = contacts(&mut deck, &numbers)?;
    let touched = touched(&before, &after, &names);
    if env.json() {
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
        say_added(&numbers, &args.list, &touched, out)?;
        say_live(&done.live, &deck.owner(), out)?;
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

/// Warns of numbers that no call can go to: with a mistyped digit, the number that was meant is on no list.
fn warn_of_undialable(numbers: &[Echo], json: bool) {
    for echo in numbers {
        if let Some(why) = echo.unfit {
            let warning = CliError::usage(format!("{} can never match a call: {why}", echo.number));
            let warning = warning.hint("check its digits, and add the number that was meant");
            tty::say(&warning.render_warning(json));
        }
    }
}

/// Returns the entries that put the numbers on the list.
fn opt_outs(args: &DncAddArgs, numbers: &[Echo], by: &By) -> Vec<Suppression> {
    let entry = |echo: &Echo| Suppression {
        number: echo.number,
        list: args.list.clone(),
        source: SuppressionSource::OptOut,
        at: by.at,
        actor: by.actor.clone(),
        note: args.reason.clone(),
    };
    numbers.iter().map(entry).collect()
}

/// Writes which calls to the numbers are up, and what ends them.
fn say_live(live: &[AttemptId], owner: &Owner, out: &mut dyn Write) -> Result<(), CliError> {
    let hangs_up = match owner {
        Owner::Engine => "the engine hangs it up",
        Owner::Nobody => "no engine runs; the next one that starts asks what became of it",
        Owner::Unseen(_) => "an engine hangs it up if one runs, else the next one to start",
    };
    for attempt in live {
        writeln!(out, "call {attempt} is up; {hangs_up}")?;
    }
    Ok(())
}

/// Returns the only campaign that a list binds; `None` if it binds all.
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
    out: &mut dyn Write,
) -> Result<(), CliError> {
    for echo in numbers {
        writeln!(out, "{} on {list}", describe(echo))?;
    }
    for contact in touched {
        let (campaign, id) = (&contact.campaign, contact.contact);
        if contact.before == contact.after {
            writeln!(
                out,
                "campaign {campaign}: contact {id} stays {}",
                contact.after
            )?;
        } else {
            let (before, after) = (contact.before, contact.after);
            writeln!(
                out,
                "campaign {campaign}: contact {id} is {after} now, was {before}"
            )?;
        }
    }
    Ok(())
}

fn check(args: &DncCheckArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let numbers = read_numbers(env, &args.numbers, &args.country)?;
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
            writeln!(out, "{}: {}", describe(echo), messages::suppression(entry))?;
        }
    }
    if env.json {
        output::json(out, &json!({ "numbers": answers }))?;
    }
    Ok(ExitCode::Done)
}

/// Returns an entry of a list as JSON.
pub(crate) fn entry_json(entry: &Suppression) -> serde_json::Value {
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
    let numbers = read_numbers(env, &typed, &args.country)?;
    let mut deck = Deck::open_to_write(env)?;
    let by = deck.by()?;
    let names = campaign_names(&mut deck)?;
    for echo in &numbers {
        let how = Reversal {
            reason: &args.reason,
            restore: args.restore_contacts,
        };
        let reversed = deck
            .store
            .reverse_suppression(echo.number, &args.list, how, &by)?;
        let Some(back) = reversed else {
            return Err(
                CliError::failed(format!("{} is not on {}", echo.number, args.list))
                    .hint("`dialdeck dnc check NUMBER` says where it stands"),
            );
        };
        if env.json {
            let contacts = back.contacts.iter().map(|(_, contact)| contact);
            output::json(
                out,
                &json!({
                    "number": echo.number,
                    "list": args.list,
                    "reversed": true,
                    "at": by.at,
                    "contacts_restored": contacts.collect::<Vec<_>>(),
                    "contacts_kept": back.kept,
                    "consent_restored": back.consent,
                }),
            )?;
        } else {
            writeln!(out, "{} is off {}.", describe(echo), args.list)?;
            say_restored(args.restore_contacts, &back, &names, out)?;
        }
    }
    Ok(ExitCode::Done)
}

fn say_restored(
    wished: bool,
    back: &Restored,
    names: &BTreeMap<CampaignId, String>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if !wished {
        writeln!(
            out,
            "Contacts it had ended stay ended, and revoked consent stays revoked. To bring the contacts \
             back: the same command with --restore-contacts."
        )?;
        return Ok(());
    }
    for (campaign, contact) in &back.contacts {
        let name = names.get(campaign).map_or("", String::as_str);
        writeln!(
            out,
            "campaign {name}: contact {contact} may be called again"
        )?;
    }
    if back.contacts.is_empty() {
        writeln!(out, "No contact comes back by it.")?;
    }
    if back.kept > 0 {
        let kept = output::count(back.kept, "contact");
        writeln!(
            out,
            "{kept} stay ended: the number is on another list that binds them"
        )?;
    }
    if back.consent {
        writeln!(out, "The consent that the opt-out had revoked holds again.")?;
    }
    Ok(())
}

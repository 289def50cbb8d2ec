//! `dialdeck check`: checks a campaign file, then forecasts what it would do with its contacts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::args::CheckArgs;
use super::campaign_file::{self, ListOptions, Sound};
use super::import::{self, Plan, Taken};
use super::output::{self, instant};
use super::progress::{Progress, Showing};
use super::{CliError, Deck, Env, ExitCode, advice, deck, messages};
use crate::domain::{
    Campaign, CampaignState, ClassId, ContactId, ListKind, Suppression, Timestamp,
};
use crate::policy::{Context, Decision, Facts, Refusal, decide, next_possible};
use crate::store::sqlite::SqliteStore;
use crate::store::{Acts as _, By, Reads as _};

/// Contacts between two steps of the progress bar.
const STEP: u64 = 1_000;

/// What a campaign would do with its contacts if it ran on an idle deck.
#[derive(Debug, Default, Serialize)]
struct Forecast {
    /// Contacts that may be dialed now.
    dialable: u64,
    /// Contacts that may not be dialed now.
    held: u64,
    /// Held contacts by reason. A contact may have several reasons.
    held_by_reason: BTreeMap<String, u64>,
    /// Contacts that may never be dialed.
    refused: u64,
    /// Refused contacts by reason.
    refused_by_reason: BTreeMap<String, u64>,
    /// When the first held contact may be dialed.
    next_possible: Option<Timestamp>,
}

/// Runs `dialdeck check` and returns its exit code.
///
/// # Errors
///
/// Errors if the campaign file, its list or the deck cannot be used.
pub(crate) fn execute(
    args: &CheckArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let list = ListOptions {
        maps: &args.columns.maps,
        country: &args.country,
    };
    let mut sound = campaign_file::load(env, &args.file, Some(&list))?;
    if let Some(errors) = sound.below_the_law.take() {
        return Err(errors.into());
    }
    let mut real = if Deck::exists(env) {
        Some(Deck::open(env)?)
    } else {
        None
    };
    let at = match args.at {
        Some(at) => at,
        None => deck::present(env)?,
    };
    campaign_file::not_over(&sound.campaign.settings, at)?;
    if let Some(real) = &mut real {
        let trunk = &sound.campaign.settings.trunk;
        let rest = real.store.snapshot(at)?.rest_of(trunk, at);
        sound
            .warnings
            .extend(rest.map(|rest| messages::rest(trunk, &rest)));
        sound.warnings.extend(advice::fewer_places(real)?);
    }
    let (outlook, advice) = if sound.contacts.is_some() {
        let (outlook, advice) = try_out(args, env, &sound, real.as_mut(), at)?;
        (Some(outlook), advice)
    } else {
        let settings = &sound.campaign.settings;
        let advice = advice::of(&env.rules, settings, std::iter::empty());
        (None, advice)
    };
    sound.warnings.extend(advice);
    report(args, &sound, outlook, at, env.json, out)
}

/// Writes the warnings, what the law requires, and the forecast.
fn report(
    args: &CheckArgs,
    sound: &Sound,
    outlook: Option<(Taken, Forecast)>,
    at: Timestamp,
    json: bool,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let name = &sound.campaign.settings.name;
    if json {
        let (taken, forecast) = outlook.unzip();
        output::json(
            out,
            &json!({
                "ok": true,
                "file": args.file,
                "campaign": name,
                "at": at,
                "warnings": sound.warnings,
                "law": sound.law,
                "contacts": taken,
                "forecast": forecast,
            }),
        )?;
        return Ok(ExitCode::Done);
    }
    for warning in &sound.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    for line in &sound.law {
        writeln!(out, "law: {line}")?;
    }
    let file = output::named(&args.file);
    writeln!(out, "{file} is sound: campaign {name}")?;
    match &outlook {
        None => writeln!(
            out,
            "It names no contacts file, so what it would do is not tried: `dialdeck status` and `why` show a campaign \
             that is in the deck."
        )?,
        Some((taken, forecast)) => {
            import::say(taken, true, out)?;
            say(forecast, at, out)?;
        }
    }
    Ok(ExitCode::Done)
}

/// Runs the campaign's contacts through the gates on a deck in memory.
fn try_out(
    args: &CheckArgs,
    env: &Env,
    sound: &Sound,
    mut real: Option<&mut Deck>,
    at: Timestamp,
) -> Result<((Taken, Forecast), Vec<String>), CliError> {
    let mut store = deck::scratch(&env.rules, at)?;
    let by = By {
        actor: env.actor.clone(),
        at,
    };
    store.configure(&sound.deck.settings)?;
    let id = store.add_campaign(&sound.campaign.settings, &by)?;
    let campaign = store.move_campaign(id, CampaignState::Running, "", &by)?;
    if let Some(real) = &mut real {
        lists(&mut store, real, &by)?;
    }
    let Some((_, file)) = &sound.contacts else {
        return Ok(((Taken::default(), Forecast::default()), Vec::new()));
    };
    let plan = Plan {
        country: env.country(&args.country)?,
        dates: args.columns.date_format,
        rejects: None,
        dry_run: false,
        progress: Showing::unless(env.json),
        deck: None,
        keep_ids: true,
        rules: Arc::clone(&env.rules),
    };
    let taken = import::contacts(&mut store, &campaign, file, &plan, &by)?;
    let mut outlook = Outlook {
        campaign,
        at,
        forecast: Forecast::default(),
        next: BTreeMap::new(),
    };
    let mut progress = Progress::new(
        "contacts",
        taken.ids.len() as u64,
        Showing::unless(env.json),
    );
    for (done, contact) in (1..).zip(&taken.ids) {
        outlook.look(&mut store, real.as_deref_mut(), *contact)?;
        if done % STEP == 0 {
            progress.set(done);
        }
    }
    outlook.forecast.next_possible = outlook.next.values().flatten().min().copied();
    let classes = store.snapshot(at)?.classes;
    let settings = &sound.campaign.settings;
    let advice = advice::of(&env.rules, settings, classes.values());
    Ok(((taken, outlook.forecast), advice))
}

/// Copies the lists that are loaded on the deck, with their dates but without their numbers. The numbers are
/// looked up one by one.
fn lists(store: &mut SqliteStore, real: &mut Deck, by: &By) -> Result<(), CliError> {
    for list in real.store.lists()? {
        store.import_suppressions(&list.kind, &[], by)?;
        store.finish_list(
            &list.kind,
            list.as_of,
            &BTreeSet::new(),
            &crate::domain::ImportFigures::default(),
            by,
        )?;
        for (area, as_of) in &list.areas {
            let figures = crate::domain::ImportFigures::default();
            store.finish_list(&list.kind, *as_of, &BTreeSet::from([*area]), &figures, by)?;
        }
    }
    Ok(())
}

/// A forecast that is being counted.
struct Outlook {
    campaign: Campaign,
    at: Timestamp,
    forecast: Forecast,
    /// The next possible instant by window class: all contacts of a class open together.
    next: BTreeMap<ClassId, Option<Timestamp>>,
}

impl Outlook {
    fn look(
        &mut self,
        store: &mut SqliteStore,
        real: Option<&mut Deck>,
        contact: ContactId,
    ) -> Result<(), CliError> {
        let mut seen = None;
        let (at, next) = (self.at, &mut self.next);
        store.examine(contact, &Context::default(), at, &mut |facts| {
            let decision = decide(facts, at);
            if matches!(decision, Decision::Hold(_)) {
                next.entry(facts.contact.class)
                    .or_insert_with(|| next_possible(facts, at));
            }
            seen = Some((facts.contact.number, code_of(facts, &decision), decision));
        })?;
        let Some((number, code, decision)) = seen else {
            return Ok(());
        };
        let listed = match real {
            Some(real) => real.store.suppressions_of(number)?,
            None => Vec::new(),
        };
        self.count(&listed, code, &decision);
        Ok(())
    }

    fn count(&mut self, listed: &[Suppression], code: String, decision: &Decision) {
        let forecast = &mut self.forecast;
        let name = self.campaign.name();
        let bound = listed.iter().find(|entry| binds(&entry.list, name));
        match (decision, bound) {
            (Decision::Refuse(_), _) => {
                forecast.refused += 1;
                *forecast.refused_by_reason.entry(code).or_default() += 1;
            }
            (_, Some(entry)) => {
                forecast.refused += 1;
                let code = Refusal::Suppressed(entry.list.clone(), entry.at).code();
                *forecast.refused_by_reason.entry(code).or_default() += 1;
            }
            (Decision::Hold(hold), None) => {
                forecast.held += 1;
                for reason in &hold.reasons {
                    let code = messages::hold_code(&reason.kind);
                    *forecast.held_by_reason.entry(code).or_default() += 1;
                }
            }
            (Decision::Dial(_), None) => forecast.dialable += 1,
        }
    }
}

fn binds(list: &ListKind, campaign: &str) -> bool {
    match list {
        ListKind::Campaign(name) => name == campaign,
        ListKind::Internal | ListKind::National(_) | ListKind::State(_) => true,
    }
}

/// Returns a refusal's code. For a contact that was finished when it was imported, returns the reason.
fn code_of(facts: &Facts<'_>, decision: &Decision) -> String {
    match decision {
        Decision::Refuse(Refusal::Finished(state)) => facts
            .contact
            .reason
            .clone()
            .unwrap_or_else(|| state.to_string()),
        Decision::Refuse(why) => why.code(),
        Decision::Dial(_) | Decision::Hold(_) => String::new(),
    }
}

fn say(forecast: &Forecast, at: Timestamp, out: &mut dyn Write) -> Result<(), CliError> {
    writeln!(out, "If it ran at {}:", instant(at))?;
    writeln!(out, "{:>8} may be dialed now", forecast.dialable)?;
    let next = forecast.next_possible.map_or_else(String::new, |at| {
        format!(", the first may be dialed at {}", instant(at))
    });
    writeln!(out, "{:>8} held{next}", forecast.held)?;
    for (reason, n) in &forecast.held_by_reason {
        writeln!(out, "{n:>16} {reason}")?;
    }
    writeln!(out, "{:>8} refused", forecast.refused)?;
    for (reason, n) in &forecast.refused_by_reason {
        writeln!(out, "{n:>16} {reason}")?;
    }
    Ok(())
}

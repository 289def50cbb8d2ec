//! `dialdeck call`: one test call through every gate, shown while it runs.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::args::CallArgs;
use super::carriers::Simulated;
use super::engine::{self, Run};
use super::number_input::{describe, read_numbers};
use super::reporter::Shown;
use super::{CliError, Deck, Env, ExitCode, deck, why};
use crate::config::DeckConfig;
use crate::domain::campaign::{
    Agent, AttemptRules, CallClass, CallerIdRules, CallerIdStrategy, Evidence, Pacing, Purpose,
    RuleOverride, Schedule, VoicemailAction, Waived,
};
use crate::domain::{
    CampaignId, CampaignSettings, CampaignState, ConsentKind, Hints, ImportFigures, ImportPlan,
    ImportTarget, NewContact, Outcome, PhoneNumber, Timestamp, TrunkName,
};
use crate::engine::{desk, law};
use crate::rules::{CONSENT, Rules};
use crate::store::{Acts as _, By, Reads as _};

/// How long the call may wait for a slot. After that its campaign ends.
const PATIENCE: Duration = Duration::from_mins(2);

/// The name of the file in the log of a test call, which has none.
const TEST_CALL: &str = "test call";

/// Gates that open once the call's own campaign is started and its engine runs.
const OPEN_LATER: [&str; 2] = ["campaign_draft", "caller_ids_unproven"];

/// Adds a campaign of one contact, checks its gates, and runs an engine for it alone. Returns the exit code.
///
/// # Errors
///
/// Errors if the trunk or a caller ID is missing, a gate does not allow the call, or another campaign would
/// be dialed too.
pub(crate) fn execute(
    args: &CallArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    env.may_write()?;
    let typed = [args.number.clone()];
    let echo = read_numbers(env, &typed, &args.country)?
        .pop()
        .ok_or_else(|| CliError::usage("no number"))?;
    let config = env.deck_config()?;
    let now = deck::present(env)?;
    let settings = settings(&args.trunk, &config, (echo.number, now), &env.rules)?;
    let mut deck = Deck::open_or_create(env)?;
    alone(&mut deck)?;
    deck.store.configure(&config.settings)?;
    let by = deck.by()?;
    let settings = CampaignSettings {
        name: free_name(&mut deck, &settings.name)?,
        ..settings
    };
    let campaign = add(&mut deck, &settings, echo.number, &by)?;
    if !env.json {
        writeln!(out, "{} through {}", describe(&echo), args.trunk)?;
    }
    if let Some(report) = stands_against(&mut deck, echo.number, campaign, by.at)? {
        let stopped = CampaignState::Stopped;
        deck.store
            .move_campaign(campaign, stopped, "refused", &by)?;
        why::show((None, &report), &echo, env, out)?;
        return Err(CliError::refused("not called: see the gates above"));
    }
    drop(deck);
    let run = Run {
        config,
        file: Some(env.config.clone()),
        speed: None,
        start_at: None,
        simulated: Simulated::default(),
        until_done: true,
        answer: None,
        shown: Shown::Entries,
    };
    let start = |deck: &mut Deck, by: &By| {
        let running = CampaignState::Running;
        deck.store
            .move_campaign(campaign, running, "test call", by)?;
        Ok(())
    };
    engine::execute(&run, env, start, out)?;
    let mut deck = Deck::open(env)?;
    let contacts = deck.store.contacts_with(echo.number)?;
    let mut contacts = contacts.into_iter();
    let contact = contacts.find(|contact| contact.campaign == campaign);
    let outcome = contact.and_then(|contact| contact.last_outcome);
    match outcome {
        Some(Outcome::Answered(_)) => Ok(ExitCode::Done),
        Some(other) => Err(CliError::failed(format!(
            "the call was not answered: {other}"
        ))),
        None => Err(CliError::failed("the call was not placed")
            .hint("`dialdeck log` says what happened; `dialdeck doctor` looks at the trunk")),
    }
}

/// Returns a name that no campaign has, because two calls may be asked for within a second.
fn free_name(deck: &mut Deck, wanted: &str) -> Result<String, CliError> {
    let campaigns = deck.store.campaigns()?;
    let taken = |name: &str| campaigns.iter().any(|other| other.name() == name);
    let mut name = wanted.to_owned();
    let mut number = 1;
    while taken(&name) {
        number += 1;
        name = format!("{wanted}-{number}");
    }
    Ok(name)
}

/// Errors if an engine or another campaign is running, because that campaign would be dialed too.
fn alone(deck: &mut Deck) -> Result<(), CliError> {
    if deck.engine_runs()? {
        return Err(CliError::deck("an engine runs on this deck")
            .hint("end it first, or name another deck with --deck"));
    }
    let running = |state| state == CampaignState::Running;
    let campaigns = deck.store.campaigns()?;
    let mut others = campaigns.iter().filter(|other| running(other.state));
    match others.next() {
        None => Ok(()),
        Some(other) => Err(CliError::refused(format!(
            "campaign {} is running and would be dialed too",
            other.name()
        ))
        .hint("pause it first (`dialdeck campaign pause NAME`), or name another deck with --deck")),
    }
}

/// Returns a separate campaign for one call. It ends after two minutes.
fn settings(
    trunk: &str,
    config: &DeckConfig,
    (number, now): (PhoneNumber, Timestamp),
    rules: &Rules,
) -> Result<CampaignSettings, CliError> {
    let trunk = TrunkName(trunk.to_owned());
    if !config
        .settings
        .trunks
        .iter()
        .any(|known| known.name == trunk)
    {
        return Err(
            CliError::usage(format!("there is no trunk `{trunk}` in the deck file"))
                .hint("`dialdeck config print` shows the trunks"),
        );
    }
    let own = config.settings.caller_ids.iter();
    let numbers: Vec<PhoneNumber> = own
        .filter(|id| id.trunk == trunk)
        .map(|id| id.number)
        .collect();
    if numbers.is_empty() {
        return Err(
            CliError::usage(format!("trunk `{trunk}` has no number to show"))
                .hint("add a [[pool]] for it to the deck file"),
        );
    }
    Ok(CampaignSettings {
        name: format!("test-call-{}", now.as_millis() / 1000),
        seller: "test call".to_owned(),
        purpose: Purpose::Information,
        call_class: CallClass::Automated,
        agent: Agent::Automated,
        trunk,
        pci: false,
        evidence: Evidence::All,
        evidence_reason: None,
        schedule: Schedule {
            expires: Some(now + PATIENCE),
            ramp: Duration::ZERO,
            ..Schedule::default()
        },
        pacing: Pacing {
            max_concurrent: 1,
            ..Pacing::default()
        },
        attempts: AttemptRules {
            max: 1,
            ..AttemptRules::default()
        },
        voicemail: VoicemailAction::HangUp,
        consent: ConsentKind::None,
        caller_id: CallerIdRules {
            pool: None,
            numbers,
            strategy: CallerIdStrategy::Local,
            hourly_cap: 30,
        },
        required_lists: Vec::new(),
        abandonment_limit_percent: 3,
        results_url: None,
        rule_overrides: consents(number, rules),
    })
}

/// Returns overrides of the rules on consent. No consent is on record for a test call: the user who places it
/// states by this that the consent is theirs to give.
fn consents(number: PhoneNumber, rules: &Rules) -> Vec<RuleOverride> {
    let regions = rules.regions_of(number);
    let countries = regions.iter().map(|region| law::country_of(region));
    let places: BTreeSet<&str> = regions
        .iter()
        .map(String::as_str)
        .chain(countries)
        .collect();
    let asked = places
        .into_iter()
        .filter(|place| rules.asks(place, CONSENT));
    asked
        .map(|place| RuleOverride {
            rule: String::new(),
            precondition: Some(Waived {
                place: place.to_owned(),
                what: CONSENT.to_owned(),
            }),
            reason: "a test call: the person who places it has the callee's consent".to_owned(),
        })
        .collect()
}

fn add(
    deck: &mut Deck,
    settings: &CampaignSettings,
    number: PhoneNumber,
    by: &By,
) -> Result<CampaignId, CliError> {
    let class = deck
        .rules
        .locate(number, &Hints::default(), settings.evidence)
        .map(Arc::new)
        .map_err(|why| why.to_string());
    let contact = NewContact {
        line: 1,
        number,
        name: String::new(),
        class,
        priority: 0,
        consent: None,
        expires_at: None,
        variables: String::new(),
    };
    let campaign = deck.store.add_campaign(settings, by)?;
    let plan = ImportPlan {
        file: TEST_CALL.to_owned(),
        sha256: String::new(),
        rows: 1,
    };
    let into = ImportTarget::Campaign(settings.name.clone());
    let started = deck.store.start_import(&into, &plan, by)?;
    let mut figures = ImportFigures {
        file: plan.file,
        started: Some(started),
        rows: 1,
        taken: 1,
        ..ImportFigures::default()
    };
    if let Ok(class) = &contact.class {
        figures.classes.insert(Arc::clone(class), 1);
    }
    deck.store.import_contacts(campaign, &[contact], by.at)?;
    deck.store.finish_import(campaign, &figures, by)?;
    Ok(campaign)
}

/// Returns the report of a gate that keeps the call from being placed, apart from the gates that its start
/// opens.
fn stands_against(
    deck: &mut Deck,
    number: PhoneNumber,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Option<desk::why::WhyReport>, CliError> {
    let only = Some(campaign);
    let when = desk::why::When::Now(now);
    let report = desk::why::report(&mut deck.store, &deck.rules, number, only, when)?;
    let against = |answer: &desk::why::Answer| {
        let mut reasons = answer.reasons().into_iter();
        reasons.any(|code| !OPEN_LATER.contains(&code.as_str()))
    };
    Ok(report.contacts.iter().any(against).then_some(report))
}

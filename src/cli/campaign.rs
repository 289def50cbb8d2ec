//! Adds, lists, shows, moves and paces campaigns.

use std::io::Write;

use serde_json::json;

use super::args::{
    CampaignAddArgs, CampaignCommand, CampaignMoveArgs, CampaignNameArgs, CampaignPauseArgs,
    CampaignReleaseArgs, CampaignSetArgs,
};
use super::campaign_file::ListOptions;
use super::deck::Owner;
use super::needs::StoreOnly;
use super::output;
use super::{
    CliError, Deck, Env, ExitCode, campaign_file, deck, first_call, import, law, rejects, status,
};
use crate::domain::campaign::Pacing;
use crate::domain::{Campaign, CampaignState};
use crate::policy::abandonment;
use crate::store::{Acts as _, Reads as _};

/// Runs `dialdeck campaign …` and returns its exit code.
///
/// # Errors
///
/// Errors if the deck or a file cannot be read, a named campaign does not exist, or the move is not allowed.
pub(crate) fn execute(
    command: &CampaignCommand,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    match command {
        CampaignCommand::Add(args) => add(args, env, out),
        CampaignCommand::List => list(env, out),
        CampaignCommand::Show(args) => show(args, env, out),
        CampaignCommand::Start(args) | CampaignCommand::Resume(args) => {
            let start = matches!(command, CampaignCommand::Start(_));
            run(args, start, env, out)
        }
        CampaignCommand::Pause(args) => pause(args, StoreOnly::new(env), out),
        CampaignCommand::Stop(args) => stop(args, StoreOnly::new(env), out),
        CampaignCommand::Set(args) => set(args, StoreOnly::new(env), out),
        CampaignCommand::Release(args) => release(args, env, out),
    }
}

fn add(args: &CampaignAddArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    env.may_write()?;
    let list = ListOptions {
        maps: &args.columns.maps,
        country: &args.country,
    };
    let list = (!args.no_contacts).then_some(&list);
    let mut sound = campaign_file::load(env, &args.file, list)?;
    campaign_file::not_over(&sound.campaign.settings, deck::present(env)?)?;
    // The gate still holds every contact to the law, so the campaign may be added.
    let below = sound.below_the_law.take().into_iter();
    let below = below.flat_map(|errors| errors.0);
    sound.warnings.extend(below.map(|error| error.to_string()));
    let rejects = match &sound.contacts {
        Some((list, _)) => Some(rejects::place(None, list, &env.deck)?),
        None => None,
    };
    let mut deck = Deck::open_or_create(env)?;
    deck.configure(&sound.deck.settings)?;
    let by = deck.by()?;
    let settings = &sound.campaign.settings;
    deck.store.add_campaign(settings, &by)?;
    let campaign = deck.store.campaign(&settings.name)?;
    let taken = match (&sound.contacts, rejects) {
        (Some((_, file)), Some(rejects)) => {
            let plan = import::plan(env, &args.country, &args.columns, rejects)?;
            let by = deck.by()?;
            let taken = import::contacts(&mut deck.store, &campaign, file, &plan, &by)?;
            Some(taken)
        }
        (None, _) | (_, None) => None,
    };
    let code = match &taken {
        Some(taken) if taken.not_held > 0 => ExitCode::Failed,
        Some(_) | None => ExitCode::Done,
    };
    if env.json {
        output::json(
            out,
            &json!({
                "name": campaign.name(),
                "state": campaign.state,
                "import": taken,
                "warnings": sound.warnings,
                "law": sound.law,
            }),
        )?;
        return Ok(code);
    }
    for warning in &sound.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    for line in &sound.law {
        writeln!(out, "law: {line}")?;
    }
    writeln!(out, "{} is added, in {}", campaign.name(), campaign.state)?;
    match &taken {
        Some(taken) => import::say(taken, false, out)?,
        None => writeln!(
            out,
            "next: dialdeck contacts import {} FILE.csv",
            campaign.name()
        )?,
    }
    writeln!(out, "next: dialdeck campaign start {}", campaign.name())?;
    Ok(code)
}

fn list(env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let board = status::board(&mut deck)?;
    if env.json {
        output::json(out, &json!({ "campaigns": board.campaigns }))?;
    } else {
        status::campaigns(&board.campaigns, out)?;
    }
    Ok(ExitCode::Done)
}

fn show(args: &CampaignNameArgs, env: &Env, out: &mut dyn Write) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open(env)?;
    let campaign = deck.store.campaign(&args.name)?;
    let board = status::board(&mut deck)?;
    let counts = board
        .campaigns
        .iter()
        .find(|counts| counts.name == args.name);
    if env.json {
        output::json(
            out,
            &json!({
                "settings": campaign.settings,
                "ceiling": campaign.ceiling,
                "running_since": campaign.running_since,
                "board": counts,
            }),
        )?;
        return Ok(ExitCode::Done);
    }
    for (what, value) in facts(&campaign) {
        writeln!(out, "{what:<16}{value}")?;
    }
    writeln!(out)?;
    status::campaigns(counts.map_or(&[], std::slice::from_ref), out)?;
    Ok(ExitCode::Done)
}

fn facts(campaign: &Campaign) -> Vec<(&'static str, String)> {
    let settings = &campaign.settings;
    let schedule = &settings.schedule;
    let pacing = settings.pacing;
    let mut facts = vec![
        ("campaign", settings.name.clone()),
        ("state", campaign.state.to_string()),
        ("seller", settings.seller.clone()),
        ("purpose", settings.purpose.as_str().to_owned()),
        ("call class", settings.call_kind().class.as_str().to_owned()),
        ("trunk", settings.trunk.to_string()),
        (
            "hours",
            format!(
                "{} {}-{} callee's time, never beyond the law",
                schedule.days, schedule.open, schedule.close
            ),
        ),
        (
            "pace",
            format!(
                "{} a minute, {} at once, weight {} (ceiling {} and {})",
                pacing.calls_per_minute,
                pacing.max_concurrent,
                pacing.weight,
                campaign.ceiling.calls_per_minute,
                campaign.ceiling.max_concurrent
            ),
        ),
        (
            "attempts",
            format!(
                "{} at most, {} min apart",
                settings.attempts.max,
                settings.attempts.min_gap.as_secs() / 60
            ),
        ),
        ("consent", settings.consent.to_string()),
    ];
    if let Some(note) = &campaign.pause_note {
        facts.push(("paused because", note.clone()));
    }
    facts
}

fn run(
    args: &CampaignMoveArgs,
    start: bool,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let campaigns = named(&mut deck, &args.names)?;
    for campaign in &campaigns {
        let other = match (start, campaign.state) {
            (true, CampaignState::Paused) => Some("it is paused: `dialdeck campaign resume` it"),
            (false, CampaignState::Draft) => {
                Some("it was never started: `dialdeck campaign start` it")
            }
            _ => None,
        };
        if let Some(hint) = other {
            return Err(CliError::refused(format!(
                "campaign `{}` is {}",
                campaign.name(),
                campaign.state
            ))
            .hint(hint));
        }
    }
    let now = deck.now()?;
    for campaign in &campaigns {
        campaign_file::not_over(&campaign.settings, now)?;
    }
    let law = law::before_start(&mut deck, &campaigns)?;
    let mut warnings = if start {
        first_call::advice(&mut deck, &campaigns)?
    } else {
        Vec::new()
    };
    // A broken deck file is reported by the commands that need it. A start or a resume does not.
    if let Ok(config) = env.deck_config() {
        let odds = |campaign: &Campaign| config.mismatches_with(&campaign.settings);
        warnings.extend(campaigns.iter().flat_map(odds));
    }
    let done = campaigns
        .iter()
        .filter(|campaign| campaign.state == CampaignState::Done);
    warnings.extend(done.map(|campaign| {
        format!(
            "every contact of {} has reached its end: it dials whom `dialdeck contacts import` adds",
            campaign.name()
        )
    }));
    let moved = moved(&mut deck, &campaigns, CampaignState::Running, &args.note)?;
    if !env.json {
        for line in &law {
            writeln!(out, "{line}")?;
        }
    }
    say_moved(&moved, &warnings, env.json, out)?;
    if !env.json && deck.owner() == Owner::Nobody {
        writeln!(
            out,
            "No engine runs on this deck: `dialdeck run` starts it."
        )?;
    }
    Ok(ExitCode::Done)
}

fn pause(
    args: &CampaignPauseArgs,
    env: StoreOnly<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = env.open()?;
    let campaigns = if args.all {
        let mut all = deck.store.campaigns()?;
        all.retain(|campaign| campaign.state == CampaignState::Running);
        all
    } else {
        named(&mut deck, &args.names)?
    };
    halt(
        &mut deck,
        &campaigns,
        CampaignState::Paused,
        &args.note,
        env,
        out,
    )
}

fn stop(
    args: &CampaignMoveArgs,
    env: StoreOnly<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = env.open()?;
    let campaigns = named(&mut deck, &args.names)?;
    halt(
        &mut deck,
        &campaigns,
        CampaignState::Stopped,
        &args.note,
        env,
        out,
    )
}

/// Moves campaigns to a state in which they do not dial, and waits until none of their calls can leave.
fn halt(
    deck: &mut Deck,
    campaigns: &[Campaign],
    to: CampaignState,
    note: &str,
    env: StoreOnly<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let moved = moved(deck, campaigns, to, note)?;
    deck.wait_until_none_can_leave(&format!("it is recorded as {to}"), &|attempt| {
        moved.iter().any(|campaign| campaign.id == attempt.campaign)
    })?;
    say_moved(&moved, &[], env.json(), out)?;
    Ok(ExitCode::Done)
}

/// Returns all of these campaigns. Errors if one does not exist; the error names it.
fn named(deck: &mut Deck, names: &[String]) -> Result<Vec<Campaign>, CliError> {
    let campaigns: Result<Vec<Campaign>, _> =
        names.iter().map(|name| deck.store.campaign(name)).collect();
    Ok(campaigns?)
}

fn moved(
    deck: &mut Deck,
    campaigns: &[Campaign],
    to: CampaignState,
    note: &str,
) -> Result<Vec<Campaign>, CliError> {
    let by = deck.by()?;
    let moved: Result<Vec<Campaign>, _> = campaigns
        .iter()
        .map(|campaign| deck.store.move_campaign(campaign.id, to, note, &by))
        .collect();
    Ok(moved?)
}

fn say_moved(
    campaigns: &[Campaign],
    warnings: &[String],
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if json {
        let campaigns: Vec<_> = campaigns
            .iter()
            .map(|campaign| json!({"name": campaign.name(), "state": campaign.state}))
            .collect();
        let document = json!({ "campaigns": campaigns, "warnings": warnings });
        return output::json(out, &document);
    }
    for warning in warnings {
        writeln!(out, "warning: {warning}")?;
    }
    for campaign in campaigns {
        writeln!(out, "{} is {}", campaign.name(), campaign.state)?;
    }
    if campaigns.is_empty() {
        writeln!(out, "no campaign is running")?;
    }
    Ok(())
}

fn release(
    args: &CampaignReleaseArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = Deck::open_to_write(env)?;
    let campaign = deck.store.campaign(&args.name)?;
    let by = deck.by()?;
    let snapshot = deck.store.snapshot(by.at)?;
    let mut counts = snapshot.campaigns.iter();
    let counts = counts.find(|counts| counts.campaign.id == campaign.id);
    if !counts.is_some_and(|counts| abandonment::holds(&campaign.settings, counts.abandonment)) {
        return Err(CliError::refused(format!(
            "campaign `{}` is not held by its abandonment brake",
            campaign.name()
        ))
        .hint("`dialdeck why NUMBER` says what a contact waits for"));
    }
    let released = deck.store.release_brake(campaign.id, &args.reason, &by)?;
    if env.json {
        let (abandoned, answered) = (released.abandoned, released.answered);
        let before = json!({"abandoned": abandoned, "answered_live": answered});
        output::json(out, &json!({"name": campaign.name(), "released": before}))?;
    } else {
        writeln!(
            out,
            "{} may dial again after {} of {} live answers abandoned; the brake counts from zero, the \
             law's figure stays",
            campaign.name(),
            released.abandoned,
            released.answered
        )?;
    }
    Ok(ExitCode::Done)
}

fn set(
    args: &CampaignSetArgs,
    env: StoreOnly<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    let mut deck = env.open()?;
    let campaign = deck.store.campaign(&args.name)?;
    let old = campaign.settings.pacing;
    let pacing = Pacing {
        calls_per_minute: args.pace.unwrap_or(old.calls_per_minute),
        max_concurrent: args.concurrent.unwrap_or(old.max_concurrent),
        weight: args.weight.unwrap_or(old.weight),
    };
    let by = deck.by()?;
    let changed = deck.store.set_pacing(campaign.id, pacing, &by)?;
    let new = changed.settings.pacing;
    if env.json() {
        output::json(out, &json!({"name": changed.name(), "pacing": new}))?;
    } else {
        writeln!(
            out,
            "{}: {} a minute (was {}), {} at once (was {}), weight {} (was {})",
            changed.name(),
            new.calls_per_minute,
            old.calls_per_minute,
            new.max_concurrent,
            old.max_concurrent,
            new.weight,
            old.weight
        )?;
    }
    Ok(ExitCode::Done)
}

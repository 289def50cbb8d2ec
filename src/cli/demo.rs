//! `dialdeck demo`: the embedded sample campaigns on a simulated carrier and clock, on a deck that is deleted
//! at the end.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::args::{DemoArgs, Speed};
use super::carriers::Simulated;
use super::console::Front;
use super::deck::STORE_FILE;
use super::engine::{self, Run};
use super::import::{self, Plan};
use super::progress::Showing;
use super::reporter::Shown;
use super::{CliError, Deck, Env, ExitCode, console, dnc_import, lost_store};
use crate::clock::Clock;
use crate::config::{read_campaign, read_deck};
use crate::domain::{Campaign, CampaignState, DeckId, ListKind, Timestamp};
use crate::intake::{ContactFile, DncFile, Origin};
use crate::store::sqlite::SqliteStore;
use crate::store::{Acts as _, By, Reads as _, StoreError};

/// Where the simulated clock starts: Monday 2026-12-07 15:30 UTC, morning in the United States, afternoon in
/// Britain.
const START: i64 = 1_796_657_400_000;

/// Simulated seconds per real second, by default.
const FACTOR: u32 = 30;

/// The seed of the simulated carrier, by default.
const SEED: u64 = 1;

/// The age of the sample of the national registry when the demo starts.
const REGISTRY_AGE: Duration = Duration::from_hours(72);

/// The country of numbers in the sample lists that are written without one.
const COUNTRY: &str = "US";

macro_rules! sample {
    ($name:literal) => {
        ($name, include_str!(concat!("../../sample-data/", $name)))
    };
}

/// The name and the text of a file.
type Sample = (&'static str, &'static str);

const DECK: Sample = sample!("dialdeck.toml");

const OPTED_OUT: Sample = sample!("do-not-call.txt");

const REGISTRY: Sample = sample!("national-registry.txt");

/// Campaign files with their contacts.
const CAMPAIGNS: [(Sample, Sample); 4] = [
    (
        sample!("appointment-reminders.toml"),
        sample!("appointment-reminders.csv"),
    ),
    (sample!("past-due.toml"), sample!("past-due.csv")),
    (
        sample!("satisfaction-survey.toml"),
        sample!("satisfaction-survey.csv"),
    ),
    (sample!("spring-sale.toml"), sample!("spring-sale.csv")),
];

/// Runs the sample campaigns and returns the exit code. Without `--deck` the deck is deleted at the end; with
/// it, a run that was interrupted continues.
///
/// # Errors
///
/// Errors if the deck is not usable, another engine owns it, or it holds campaigns that are not the samples.
pub(crate) fn execute(
    args: &DemoArgs,
    env: &Env,
    out: &mut dyn Write,
) -> Result<ExitCode, CliError> {
    env.may_write()?;
    let front = if args.headless {
        None
    } else {
        Some(Front::prepare(env)?)
    };
    let throw_away;
    let mut env = env.clone();
    if !env.deck_named {
        throw_away = tempfile::Builder::new()
            .prefix("dialdeck-demo-")
            .tempdir()
            .map_err(|error| CliError::deck(format!("no place for a throw-away deck: {error}")))?;
        throw_away.path().clone_into(&mut env.deck);
    }
    let seed = args.seed.unwrap_or(SEED);
    create(&env, seed)?;
    let run = Run {
        config: read_deck(DECK.0, DECK.1)?,
        file: None,
        speed: Some(args.speed.unwrap_or(Speed::Factor(FACTOR))),
        start_at: Some(args.start_at.unwrap_or(Timestamp::from_millis(START))),
        simulated: Simulated {
            seed: Some(seed),
            carrier_log: args.carrier_log.clone(),
        },
        until_done: args.until_done,
        answer: None,
        shown: Shown::Progress,
    };
    match front {
        Some(front) => console::inside(front, &run, &env, set_up),
        None => engine::execute(&run, &env, set_up, out),
    }
}

/// Creates the deck with an identity that follows from the seed, so that attempt ids and the carrier's random
/// choices are equal in every run. Errors if the deck has campaigns that are not the demo's: the demo would
/// move its clock, add its lists and start them.
fn create(env: &Env, seed: u64) -> Result<(), CliError> {
    if let Some(lost) = lost_store::of(env) {
        return Err(lost);
    }
    std::fs::create_dir_all(&env.deck).map_err(|error| CliError::file(&env.deck, &error))?;
    let identity = DeckId(seed % u64::from(u32::MAX));
    let path = env.deck.join(STORE_FILE);
    let now = Clock::System.now();
    let mut store = SqliteStore::create_or_open(&path, identity, &env.rules, now)?;
    // Another demo may have this seed's identity too.
    store.mark_in_folder_alone()?;
    let known = store.campaigns()?;
    match known.iter().find(|campaign| !is_sample(campaign)) {
        None => Ok(()),
        Some(own) => Err(CliError::refused(format!(
            "the deck {} has the campaign `{}`, which is not the demo's",
            env.deck.display(),
            own.name()
        ))
        .hint("name a new folder with --deck DIR")),
    }
}

fn is_sample(campaign: &Campaign) -> bool {
    let file = format!("{}.toml", campaign.name());
    CAMPAIGNS.iter().any(|((name, _), _)| *name == file)
}

/// Loads lists and campaigns and starts them, unless an earlier run on this deck has done so.
fn set_up(deck: &mut Deck, by: &By) -> Result<(), CliError> {
    let known = deck.store.campaigns()?;
    let set_up = |campaign: &Campaign| campaign.state != CampaignState::Draft;
    if known.len() == CAMPAIGNS.len() && known.iter().all(set_up) {
        return Ok(());
    }
    let by = By {
        actor: "demo".to_owned(),
        at: by.at,
    };
    load_list(deck, OPTED_OUT, &ListKind::Internal, by.at, &by)?;
    let national = ListKind::National("us".to_owned());
    load_list(deck, REGISTRY, &national, by.at - REGISTRY_AGE, &by)?;
    for (file, contacts) in CAMPAIGNS {
        add(deck, file, contacts, &by)?;
    }
    for campaign in deck.store.campaigns()? {
        deck.store
            .move_campaign(campaign.id, CampaignState::Running, "demo", &by)?;
    }
    Ok(())
}

fn load_list(
    deck: &mut Deck,
    sample: Sample,
    list: &ListKind,
    as_of: Timestamp,
    by: &By,
) -> Result<(), CliError> {
    let file = DncFile::check(origin(sample), &deck.rules, Some(COUNTRY))?;
    let taken = dnc_import::take(deck, &file, list, by, (None, true))?;
    let areas = &taken.areas;
    Ok(deck
        .store
        .finish_list(list, as_of, areas, &taken.figures, by)?)
}

fn add(deck: &mut Deck, file: Sample, contacts: Sample, by: &By) -> Result<(), CliError> {
    let settings = read_campaign(file.0, file.1)?.settings;
    match deck.store.add_campaign(&settings, by) {
        Ok(_) | Err(StoreError::CampaignExists(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let campaign = deck.store.campaign(&settings.name)?;
    let list = ContactFile::check(origin(contacts))?;
    let plan = Plan {
        country: COUNTRY.to_owned(),
        dates: None,
        rejects: None,
        dry_run: false,
        progress: Showing::Nowhere,
        deck: None,
        keep_ids: false,
        rules: Arc::clone(&deck.rules),
    };
    import::contacts(&mut deck.store, &campaign, &list, &plan, by)?;
    Ok(())
}

fn origin((name, text): Sample) -> Origin {
    Origin::Bytes(name.to_owned(), Arc::from(text.as_bytes()))
}

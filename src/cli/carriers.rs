//! The carrier of each trunk, made from the deck file and the credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::vendors::{self, Visit};
use super::{CliError, Env};
use crate::clock::Clock;
use crate::config::{DeckConfig, ProviderSettings, SimulatorSettings, read_own_text};
use crate::domain::{Capabilities, Incarnations, Timestamp, TrunkName};
use crate::http::listener::Gate;
use crate::provider::remote::{Remote, Vendor};
use crate::provider::simulator::{CarrierLog, Profile, Simulator};
use crate::provider::{Provider, ProviderEvent, Request};

/// The carrier of a trunk.
pub(super) enum Carrier {
    /// The built-in simulator.
    Simulated(Box<Simulator>),
    /// A carrier behind a network.
    Remote(Remote),
}

impl Provider for Carrier {
    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Simulated(carrier) => carrier.capabilities(),
            Self::Remote(carrier) => carrier.capabilities(),
        }
    }

    fn request(&mut self, request: Request, now: Timestamp) {
        match self {
            Self::Simulated(carrier) => carrier.request(request, now),
            Self::Remote(carrier) => carrier.request(request, now),
        }
    }

    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent> {
        match self {
            Self::Simulated(carrier) => carrier.poll(now),
            Self::Remote(carrier) => carrier.poll(now),
        }
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        match self {
            Self::Simulated(carrier) => carrier.next_event_at(),
            Self::Remote(carrier) => carrier.next_event_at(),
        }
    }

    async fn ready(&mut self) {
        match self {
            Self::Simulated(carrier) => carrier.ready().await,
            Self::Remote(carrier) => carrier.ready().await,
        }
    }
}

/// The command line's settings for simulated carriers.
#[derive(Clone, Debug, Default)]
pub(super) struct Simulated {
    /// The seed of their random choices. If `None`, that of the deck file.
    pub(super) seed: Option<u64>,
    /// The file of their log. If `None`, that of the deck file, or one in the deck's folder.
    pub(super) carrier_log: Option<PathBuf>,
}

/// The carriers of a deck.
#[derive(Default)]
pub(super) struct Carriers {
    /// The carrier of each trunk.
    pub(super) providers: BTreeMap<TrunkName, Carrier>,
    /// The gates for incoming messages, of the trunks that have one.
    pub(super) gates: BTreeMap<TrunkName, Gate>,
}

/// Returns every trunk's carrier. Those behind a network run on `runtime`.
///
/// # Errors
///
/// Errors if a profile, a log or a credential cannot be read.
pub(super) fn make(
    config: &DeckConfig,
    simulated: &Simulated,
    ids: &Incarnations,
    env: &Env,
    (clock, runtime): (&Clock, &Handle),
) -> Result<Carriers, CliError> {
    let mut carriers = Carriers::default();
    for (trunk, provider) in &config.providers {
        let carrier = if let ProviderSettings::Simulator(settings) = provider {
            let carrier = simulator(trunk, settings, simulated, env)?;
            Carrier::Simulated(Box::new(carrier))
        } else {
            let starting = Starting { clock, runtime };
            let vendor = vendors::Wanted {
                trunk,
                config,
                ids,
                clock,
            };
            let (remote, gate) = vendor.make(env, starting)?;
            carriers.gates.insert(trunk.clone(), gate);
            Carrier::Remote(remote)
        };
        carriers.providers.insert(trunk.clone(), carrier);
    }
    Ok(carriers)
}

/// A visitor that starts a vendor.
struct Starting<'a> {
    clock: &'a Clock,
    runtime: &'a Handle,
}

impl Visit for Starting<'_> {
    type Out = (Remote, Gate);

    fn visit<V: Vendor>(self, vendor: V) -> (Remote, Gate) {
        let vendor = Arc::new(vendor);
        let (remote, inlet) = Remote::start(&vendor, self.clock, self.runtime);
        let reader = vendor.reader();
        (remote, Gate { reader, inlet })
    }
}

fn simulator(
    trunk: &TrunkName,
    settings: &SimulatorSettings,
    said: &Simulated,
    env: &Env,
) -> Result<Simulator, CliError> {
    let profile = profile(&settings.profile)?;
    let path = said
        .carrier_log
        .clone()
        .or_else(|| settings.carrier_log.clone())
        .unwrap_or_else(|| env.deck.join("carrier.jsonl"));
    let log = CarrierLog::open(&path, trunk).map_err(|error| CliError::file(&path, &error))?;
    Ok(Simulator::new(
        profile,
        said.seed.unwrap_or(settings.seed),
        Some(log),
    ))
}

/// Returns a text for each simulated trunk whose profile cannot be read: no engine starts with it.
pub(super) fn missing_profiles(config: &DeckConfig) -> Vec<String> {
    let simulated = config.providers.iter().filter_map(|(trunk, provider)| {
        let ProviderSettings::Simulator(settings) = provider else {
            return None;
        };
        let error = profile(&settings.profile).err()?;
        Some(format!("{trunk}: no engine starts: {}", error.with_hint()))
    });
    simulated.collect()
}

/// Returns a built-in profile by its name, or one read from a file.
fn profile(name: &str) -> Result<Profile, CliError> {
    if Profile::names().contains(&name) {
        return Profile::named(name).map_err(CliError::usage);
    }
    let path = Path::new(name);
    let text = read_own_text(path).map_err(|error| {
        CliError::from(error).hint(format!(
            "built-in profiles are {}",
            Profile::names().join(", ")
        ))
    })?;
    Profile::parse(&text).map_err(|error| CliError::usage(format!("{name}: {error}")))
}

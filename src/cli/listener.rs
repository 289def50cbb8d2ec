//! Starts a deck's listener and its delivery of results with its engine, and ends them after it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::runtime::{Handle as Runtime, Runtime as OwnRuntime};

use super::{CliError, Deck, Env, credentials};
use crate::clock::{Clock, Stopwatch};
use crate::config::DeckConfig;
use crate::domain::{Campaign, DeckId, Role, TrunkName};
use crate::engine::shell::DRAIN_LIMIT;
use crate::engine::shell::Handle;
use crate::http::courier::{AT_ONCE, Courier};
use crate::http::listener::{self, Front, Gate};
use crate::provider::inbound::Inbound;
use crate::provider::remote::http::Http;
use crate::store::{Acts as _, Reads as _};

/// How long the end of a run waits for results that cannot be delivered immediately.
const LAST_TRIES: Duration = DRAIN_LIMIT;

/// A deck's listener and delivery of results, ready to start.
pub(super) struct Exchange {
    socket: Option<std::net::TcpListener>,
    gates: BTreeMap<TrunkName, Gate>,
    courier: Option<Courier>,
}

impl Exchange {
    /// Opens the listener's address, reads the key for results, and passes each trunk the stored messages
    /// about calls that have not ended.
    ///
    /// # Errors
    ///
    /// Errors if the address is in use or the store cannot be read.
    pub(super) fn prepare(
        config: &DeckConfig,
        gates: BTreeMap<TrunkName, Gate>,
        deck: &mut Deck,
        clock: &Clock,
        env: &Env,
    ) -> Result<Self, CliError> {
        for message in deck.store.messages()? {
            let inbound: Option<Inbound> = serde_json::from_str(&message.body).ok();
            if let (Some(gate), Some(inbound)) = (gates.get(&message.trunk), inbound) {
                gate.inlet.deliver(inbound);
            }
        }
        let socket = match &config.listener {
            Some(settings) => Some(bind(settings.address)?),
            None => None,
        };
        Ok(Self {
            socket,
            gates,
            courier: courier(config, deck, clock, env)?,
        })
    }

    /// Starts the listener and the delivery, which last as long as the engine. Returns the courier for the
    /// results that are left at the end.
    pub(super) fn begin(
        self,
        handle: &Handle,
        clock: &Clock,
        runtime: &Runtime,
    ) -> Option<Courier> {
        if let Some(socket) = self.socket {
            let front = Front::new(handle.clone(), self.gates, clock.clone());
            runtime.spawn(async move {
                let served = match tokio::net::TcpListener::from_std(socket) {
                    Ok(socket) => listener::serve(socket, front).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = served {
                    tracing::error!(%error, "the listener ended");
                }
            });
        }
        if let (Some(courier), false) = (&self.courier, matches!(clock, Clock::Manual(_))) {
            runtime.spawn(courier.clone().serve(handle.clone()));
        }
        self.courier
    }
}

fn bind(address: std::net::SocketAddr) -> Result<std::net::TcpListener, CliError> {
    let failed = |error: std::io::Error| {
        CliError::failed(format!("the listener cannot listen on {address}: {error}"))
            .hint("name another address under [listener] in the deck file")
    };
    let socket = std::net::TcpListener::bind(address).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    Ok(socket)
}

/// Returns the courier, if there is a key to sign with. A campaign that wants results cannot run without one.
fn courier(
    config: &DeckConfig,
    deck: &mut Deck,
    clock: &Clock,
    env: &Env,
) -> Result<Option<Courier>, CliError> {
    let wants = |campaign: &Campaign| campaign.settings.results_url.is_some();
    let wanted = deck.store.campaigns()?.iter().any(wants);
    let read = credentials::read(&config.results_secret, "the key that signs results", env);
    let secret = match read {
        Ok(secret) => secret,
        Err(_) if !wanted => return Ok(None),
        Err(error) => return Err(error),
    };
    let http = Http::new(clock.clone()).map_err(CliError::failed)?;
    // After a restore the log's sequence numbers are used again. The tag keeps the ids of results distinct.
    let tag: DeckId = deck.store.incarnations()?.incarnation();
    Ok(Some(Courier::new(tag, http, secret, clock.clone())))
}

/// Delivers the results that are left after the engine has ended. A result that cannot be delivered stays due
/// for the next run.
///
/// # Errors
///
/// Errors if the store cannot be written.
pub(super) fn last_results(
    courier: &Courier,
    clock: &Clock,
    runtime: &OwnRuntime,
    env: &Env,
) -> Result<(), CliError> {
    let mut deck = Deck::open_as(env, Role::Supervisor.into())?;
    let started = Stopwatch::start();
    let mut done = Vec::new();
    loop {
        let turn = deck.store.turn_results(&done, clock.now(), AT_ONCE)?;
        let over = turn.due.is_empty() && !turn.behind;
        if over || started.elapsed() > LAST_TRIES {
            return Ok(());
        }
        done = runtime.block_on(courier.carry(&turn));
    }
}

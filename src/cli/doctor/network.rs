//! Checks by network requests, without placing a call: each carrier's own checks, and whether the listener
//! can be reached from the internet.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::runtime::Runtime;

use super::{Finding, Level, finding};
use crate::cli::vendors::{Visit, Wanted};
use crate::cli::{CliError, Env, credentials, limits};
use crate::clock::Clock;
use crate::config::{Credential, DeckConfig, ListenerSettings, ProviderSettings};
use crate::domain::Incarnations;
use crate::provider::remote::http::Http;
use crate::provider::remote::{Examined, Vendor};

/// The longest wait for an answer of the listener's own address.
const LIMIT: Duration = Duration::from_secs(15);

/// Checks every carrier behind a network, and the listener's public address.
///
/// # Errors
///
/// Errors if no async runtime can be created.
pub(super) fn findings(
    config: &DeckConfig,
    ids: &Incarnations,
    (engine, wants_results): (bool, bool),
    env: &Env,
) -> Result<Vec<Finding>, CliError> {
    limits::enough_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let clock = Clock::System;
    let mut findings = Vec::new();
    for (trunk, provider) in &config.providers {
        if matches!(provider, ProviderSettings::Simulator(_)) {
            continue;
        }
        let wanted = Wanted {
            trunk,
            config,
            ids,
            clock: &clock,
        };
        match wanted.make(env, Examining(&runtime)) {
            Ok((examined, cautions)) => {
                let warned = |text| finding("trunk", Level::Warn, format!("{trunk}: {text}"));
                findings.extend(cautions.into_iter().map(warned));
                findings.extend(examined.into_iter().map(|one| {
                    let (level, found) = match one.found {
                        Ok(found) => (Level::Ok, found),
                        Err(wrong) => (Level::Fail, wrong),
                    };
                    finding("trunk", level, format!("{trunk}: {}: {found}", one.what))
                }));
            }
            Err(error) => findings.push(finding("trunk", Level::Fail, error.brief())),
        }
    }
    if let Some(settings) = &config.listener {
        findings.push(listener(settings, engine, &runtime));
    }
    if wants_results {
        findings.push(results(&config.results_secret, env));
    }
    Ok(findings)
}

struct Examining<'a>(&'a Runtime);

impl Visit for Examining<'_> {
    type Out = (Vec<Examined>, Vec<String>);

    fn visit<V: Vendor>(self, vendor: V) -> Self::Out {
        (self.0.block_on(vendor.examine()), vendor.cautions())
    }
}

/// Returns whether the public address leads to this machine: to the engine's listener, or to one that is
/// opened for the check.
fn listener(settings: &ListenerSettings, engine: bool, runtime: &Runtime) -> Finding {
    let asked = runtime.block_on(async {
        if !engine {
            let socket = tokio::net::TcpListener::bind(settings.address)
                .await
                .map_err(|error| format!("cannot listen on {}: {error}", settings.address))?;
            let routes = Router::new().route("/healthz", get(|| async {}));
            tokio::spawn(async move { axum::serve(socket, routes).await });
        }
        let http = Http::new(Clock::System).map_err(|error| error.to_string())?;
        let request = http.get(&format!("{}/healthz", settings.public_url));
        match http.send(request, LIMIT).await {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(format!("answers with HTTP {}", answer.status)),
            Err(error) => Err(error.to_string()),
        }
    });
    let url = &settings.public_url;
    match asked {
        Ok(()) => finding(
            "listener",
            Level::Ok,
            format!("{url} leads to {}", settings.address),
        ),
        Err(why) => finding(
            "listener",
            Level::Fail,
            format!(
                "{url} does not lead to {}: {why}; carriers have to reach it",
                settings.address
            ),
        ),
    }
}

/// Returns whether the key that signs results can be read. Used only if some campaign wants results.
fn results(secret: &Credential, env: &Env) -> Finding {
    match credentials::read(secret, "the key that signs results", env) {
        Ok(_) => finding(
            "results",
            Level::Ok,
            "the key that signs them is there".to_owned(),
        ),
        Err(error) => finding("results", Level::Fail, error.brief()),
    }
}

//! The carriers behind a network: the module and the account of each.

use std::fmt;

use super::{CliError, Env, credentials};
use crate::clock::Clock;
use crate::config::{
    BubblyPhoneSettings, DeckConfig, LiveKitSettings, PlumApi, PlumSettings, ProviderSettings,
};
use crate::domain::{Incarnations, TrunkName};
use crate::provider::bubblyphone::{self, BubblyPhone};
use crate::provider::livekit::{self, LiveKit};
use crate::provider::plum::{self, Plum};
use crate::provider::remote::http::Http;
use crate::provider::remote::secret::Reach;
use crate::provider::remote::{SetupError, Vendor};

/// An operation on a vendor of any kind.
pub(super) trait Visit {
    /// The result of the operation.
    type Out;

    /// Runs the operation on a vendor.
    fn visit<V: Vendor>(self, vendor: V) -> Self::Out;
}

/// A trunk whose carrier is behind a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The name of the trunk.
    pub(super) trunk: &'a TrunkName,
    /// The deck file's settings.
    pub(super) config: &'a DeckConfig,
    /// The incarnations whose tags the deck's attempt ids carry.
    pub(super) ids: &'a Incarnations,
    /// The clock on which the deck runs.
    pub(super) clock: &'a Clock,
}

impl Wanted<'_> {
    /// Creates the trunk's vendor and runs an operation on it. Returns the operation's result.
    ///
    /// # Errors
    ///
    /// Errors if a credential cannot be read, or the vendor refuses its settings.
    pub(super) fn make<T: Visit>(&self, env: &Env, visit: T) -> Result<T::Out, CliError> {
        let failed =
            |why: &dyn fmt::Display| CliError::failed(format!("trunk {}: {why}", self.trunk));
        let wrong = |why: SetupError| failed(&why);
        let reach = self.reach(env)?;
        let http = || Http::new(self.clock.clone()).map_err(wrong);
        match self.config.providers.get(self.trunk) {
            Some(ProviderSettings::LiveKit(settings)) => {
                let account = self.livekit(settings, env)?;
                Ok(visit.visit(LiveKit::new(account, reach, http()?)))
            }
            Some(ProviderSettings::BubblyPhone(settings)) => {
                let account = self.bubblyphone(settings, env)?;
                let vendor = BubblyPhone::new(account, reach, http()?).map_err(wrong)?;
                Ok(visit.visit(vendor))
            }
            Some(ProviderSettings::Plum(settings)) => {
                let account = self.plum(settings, env)?;
                let vendor = Plum::new(account, reach, http()?).map_err(wrong)?;
                Ok(visit.visit(vendor))
            }
            Some(ProviderSettings::Simulator(_)) | None => {
                Err(failed(&"it is not behind a network"))
            }
        }
    }

    /// Returns the public address of the trunk; `None` if the deck file has no listener.
    fn reach(&self, env: &Env) -> Result<Option<Reach>, CliError> {
        let Some(listener) = &self.config.listener else {
            return Ok(None);
        };
        Ok(Some(Reach {
            url: format!("{}/{}", listener.public_url, self.trunk),
            key: credentials::deck_key(env)?,
        }))
    }

    fn livekit(&self, settings: &LiveKitSettings, env: &Env) -> Result<livekit::Account, CliError> {
        Ok(livekit::Account {
            ids: self.ids.clone(),
            url: settings.url.clone(),
            api_key: credentials::read(&settings.api_key, &self.key("the API key"), env)?,
            api_secret: credentials::read(&settings.api_secret, &self.key("the secret"), env)?,
            sip_trunk: settings.sip_trunk.clone(),
            agent: settings.agent.clone(),
            agent_wait: settings.agent_wait,
        })
    }

    fn bubblyphone(
        &self,
        settings: &BubblyPhoneSettings,
        env: &Env,
    ) -> Result<bubblyphone::Account, CliError> {
        Ok(bubblyphone::Account {
            ids: self.ids.clone(),
            url: settings.url.clone(),
            api_key: credentials::read(&settings.api_key, &self.key("the API key"), env)?,
            mode: settings.mode.clone(),
            options: settings.options.clone(),
            low_balance: settings.low_balance,
        })
    }

    fn plum(&self, settings: &PlumSettings, env: &Env) -> Result<plum::Account, CliError> {
        let platform = match &settings.api {
            PlumApi::Dev {
                login,
                pin,
                voicexml_url,
            } => plum::Platform::Dev {
                login: credentials::read(login, &self.key("the login"), env)?,
                pin: credentials::read(pin, &self.key("the PIN"), env)?,
                voicexml_url: voicexml_url.clone(),
            },
            PlumApi::Fuse {
                email,
                key,
                application,
                deployment,
            } => plum::Platform::Fuse {
                email: credentials::read(email, &self.key("the e-mail address"), env)?,
                key: credentials::read(key, &self.key("the developer key"), env)?,
                application: application.clone(),
                deployment: deployment.clone(),
            },
        };
        let trunks = &self.config.settings.trunks;
        let mut own = trunks.iter().filter(|trunk| trunk.name == *self.trunk);
        Ok(plum::Account {
            url: settings.url.clone(),
            platform,
            pci: own.any(|trunk| trunk.capabilities.pci),
            singles_per_second: settings.singles_per_second,
        })
    }

    fn key(&self, what: &str) -> String {
        format!("{what} of trunk {}", self.trunk)
    }
}

//! The provider of a trunk: its kind, and the keys of each kind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::table::Table;
use super::value::{alternatives, suggestion};
use crate::domain::Capabilities;

/// The provider of a trunk, with the settings of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ProviderSettings {
    /// The built-in simulated carrier.
    Simulator(SimulatorSettings),
    /// LiveKit SIP, self-hosted or Cloud.
    LiveKit(LiveKitSettings),
    /// BubblyPhone Agents, the vendor's hosted API.
    BubblyPhone(BubblyPhoneSettings),
    /// Plum Voice, DEV or Fuse.
    Plum(PlumSettings),
}

/// The source of a credential. It is read at every start and never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// The environment variable with this name.
    Env(String),
    /// The first line of this file.
    File(PathBuf),
}

/// How the simulated carrier behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SimulatorSettings {
    /// A built-in profile's name, or the path of a profile file; default `everyday`.
    pub profile: String,
    /// Seed of its random decisions; default 1.
    pub seed: u64,
    /// The file in which it logs its calls; `None` if it keeps no log.
    pub carrier_log: Option<PathBuf>,
}

impl SimulatorSettings {
    /// Resolves the files that it names against the deck file's folder. A profile file has a dot or a slash
    /// in its name; built-in profiles have neither.
    pub(super) fn resolve_in(&mut self, folder: &Path) {
        if self.profile.contains(['.', '/']) {
            self.profile = folder.join(&self.profile).display().to_string();
        }
        if let Some(log) = &mut self.carrier_log {
            *log = folder.join(&*log);
        }
    }
}

/// A LiveKit project and the SIP trunk in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveKitSettings {
    /// The server's address, `https://…` or `wss://…`.
    pub url: String,
    /// The API key; default the environment's `LIVEKIT_API_KEY`.
    pub api_key: Credential,
    /// The API secret; default the environment's `LIVEKIT_API_SECRET`.
    pub api_secret: Credential,
    /// The id of the outbound trunk, `ST_…`.
    pub sip_trunk: String,
    /// The name under which the agent that speaks is registered.
    pub agent: String,
    /// How long the agent may take to join; 1 s to 20 s, default 10 s.
    pub agent_wait: Duration,
}

/// A BubblyPhone account and its call options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BubblyPhoneSettings {
    /// The address of its API; default `https://agents.bubblyphone.com/api/v1`.
    pub url: String,
    /// The API key; default the environment's `BUBBLYPHONE_API_KEY`.
    pub api_key: Credential,
    /// Which agent speaks: `streaming`, the vendor's own, or `webhook`, the owner's; default `streaming`.
    pub mode: String,
    /// Options sent with every call unchanged: `model`, `system_prompt`, `voice`, `language`.
    pub options: Vec<(String, String)>,
    /// The balance in whole units below which an alert is raised; default 5.
    pub low_balance: u32,
}

/// Which of Plum's two platforms the account uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "api", rename_all = "lowercase")]
pub enum PlumApi {
    /// DEV: the listener serves the VoiceXML that runs the call.
    Dev {
        /// The account's login; default the environment's `PLUM_LOGIN`.
        login: Credential,
        /// The account's PIN; default the environment's `PLUM_PIN`.
        pin: Credential,
        /// The owner's VoiceXML, which continues the call after the callee type is known; `None` ends the
        /// call there.
        voicexml_url: Option<String>,
    },
    /// Fuse: an application that is deployed on Plum's platform.
    Fuse {
        /// The account's email address; default the environment's `PLUM_EMAIL`.
        email: Credential,
        /// The account's developer key; default the environment's `PLUM_DEVELOPER_KEY`.
        key: Credential,
        /// The id of the application.
        application: String,
        /// The id of the application's deployment.
        deployment: String,
    },
}

/// A Plum Voice account on one of its platforms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlumSettings {
    /// The address of its API; default `https://outbound.plumvoice.com` (DEV) or
    /// `https://fuse.plumvoice.com/api` (Fuse).
    pub url: String,
    /// The platform, with the account's credentials.
    #[serde(flatten)]
    pub api: PlumApi,
    /// Requests for single calls in any second, at most; default 1. Further calls go through the bulk
    /// queue.
    pub singles_per_second: u32,
}

/// The values of a trunk's `kind`.
const KINDS: [&str; 4] = ["simulator", "livekit", "bubblyphone", "plum"];

/// Reads the provider of a trunk. Returns its settings and its capabilities; `None` if they have faults.
pub(super) fn provider(table: &mut Table<'_, '_>) -> Option<(ProviderSettings, Capabilities)> {
    let kind = table.required_text(
        "kind",
        &format!("name the kind of the trunk: {}", alternatives(&KINDS)),
    );
    let Some(kind) = kind else {
        // Without a kind it is unknown which keys belong here, so only the missing kind is reported.
        table.other_keys();
        return None;
    };
    match kind {
        "simulator" => Some(simulator(table)),
        "livekit" => livekit(table),
        "bubblyphone" => bubblyphone(table),
        "plum" => plum(table),
        other => {
            table.reject(
                "kind",
                format!("`{other}` is not a kind of trunk"),
                suggestion(other, &KINDS),
            );
            table.other_keys();
            None
        }
    }
}

fn simulator(table: &mut Table<'_, '_>) -> (ProviderSettings, Capabilities) {
    let settings = SimulatorSettings {
        profile: table.text("profile").unwrap_or("everyday").to_owned(),
        seed: u64::from(table.number("seed", 0..=u32::MAX).unwrap_or(1)),
        carrier_log: table.text("carrier_log").map(PathBuf::from),
    };
    let capabilities = Capabilities::simulator(table.flag("pci").unwrap_or(false));
    (ProviderSettings::Simulator(settings), capabilities)
}

fn livekit(table: &mut Table<'_, '_>) -> Option<(ProviderSettings, Capabilities)> {
    // Well within the 30 s for which a claim permits its call.
    let wait = Duration::from_secs(1)..=Duration::from_secs(20);
    let agent_wait = table.span_of_time("agent_wait", wait);
    let url = required_url(table, "url", "name the server: url = \"https://…\"");
    let sip_trunk = table.required_text("sip_trunk", "name the outbound trunk: \"ST_…\"");
    let agent = table.required_text("agent", "name the agent that speaks");
    let settings = LiveKitSettings {
        api_key: credential(table, "api_key", "LIVEKIT_API_KEY"),
        api_secret: credential(table, "api_secret", "LIVEKIT_API_SECRET"),
        url: url?,
        sip_trunk: sip_trunk?.to_owned(),
        agent: agent?.to_owned(),
        agent_wait: agent_wait.unwrap_or(Duration::from_secs(10)),
    };
    let capabilities = Capabilities::livekit(settings.agent_wait);
    Some((ProviderSettings::LiveKit(settings), capabilities))
}

fn bubblyphone(table: &mut Table<'_, '_>) -> Option<(ProviderSettings, Capabilities)> {
    let modes = [("streaming", "streaming"), ("webhook", "webhook")];
    let url = url(table, "url", "https://agents.bubblyphone.com/api/v1");
    let options = ["model", "system_prompt", "voice", "language"];
    let settings = BubblyPhoneSettings {
        api_key: credential(table, "api_key", "BUBBLYPHONE_API_KEY"),
        mode: table.word("mode", &modes).unwrap_or("streaming").to_owned(),
        options: options
            .into_iter()
            .filter_map(|key| Some((key.to_owned(), table.text(key)?.to_owned())))
            .collect(),
        low_balance: table.number("low_balance", 0..=100_000).unwrap_or(5),
        url: url?,
    };
    let capabilities = Capabilities::bubblyphone();
    Some((ProviderSettings::BubblyPhone(settings), capabilities))
}

fn plum(table: &mut Table<'_, '_>) -> Option<(ProviderSettings, Capabilities)> {
    let fuse = table.required_word("api", &[("dev", false), ("fuse", true)])?;
    let singles = table.number("singles_per_second", 1..=100);
    let pci = table.flag("pci").unwrap_or(false);
    let (url, api) = if fuse {
        let application = table.required_text("application", "name the application's id");
        let deployment = table.required_text("deployment", "name the deployment's id");
        let api = PlumApi::Fuse {
            email: credential(table, "email", "PLUM_EMAIL"),
            key: credential(table, "developer_key", "PLUM_DEVELOPER_KEY"),
            application: application?.to_owned(),
            deployment: deployment?.to_owned(),
        };
        (url(table, "url", "https://fuse.plumvoice.com/api"), api)
    } else {
        let voicexml = table
            .has("voicexml_url")
            .then(|| required_url(table, "voicexml_url", ""));
        let api = PlumApi::Dev {
            login: credential(table, "login", "PLUM_LOGIN"),
            pin: credential(table, "pin", "PLUM_PIN"),
            voicexml_url: voicexml.flatten(),
        };
        table.know("voicexml_url");
        (url(table, "url", "https://outbound.plumvoice.com"), api)
    };
    let settings = PlumSettings {
        url: url?,
        api,
        singles_per_second: singles.unwrap_or(1),
    };
    let capabilities = Capabilities::plum(fuse, pci);
    Some((ProviderSettings::Plum(settings), capabilities))
}

/// Returns the source of a credential: `key_env` or `key_file`; the environment's `standard` if neither is
/// written.
pub(super) fn credential(
    table: &mut Table<'_, '_>,
    key: &'static str,
    standard: &str,
) -> Credential {
    let (env, file) = CREDENTIALS
        .iter()
        .find(|keys| keys.name == key)
        .map_or(("", ""), |keys| (keys.env, keys.file));
    let from_env = table.text(env).map(str::to_owned);
    let from_file = table.text(file).map(PathBuf::from);
    match (from_env, from_file) {
        (Some(_), Some(_)) => {
            let message = format!("is set together with `{env}`");
            table.reject(file, message, "write one of the two");
            Credential::Env(standard.to_owned())
        }
        (_, Some(path)) => Credential::File(path),
        (name, None) => Credential::Env(name.unwrap_or_else(|| standard.to_owned())),
    }
}

/// A credential, with the two keys that name its source.
struct CredentialKeys {
    name: &'static str,
    env: &'static str,
    file: &'static str,
}

macro_rules! credentials {
    ($($name:literal),*) => {
        [$(CredentialKeys {
            name: $name,
            env: concat!($name, "_env"),
            file: concat!($name, "_file"),
        }),*]
    };
}

const CREDENTIALS: [CredentialKeys; 8] = credentials![
    "api_key",
    "api_secret",
    "login",
    "pin",
    "email",
    "developer_key",
    "secret",
    "key"
];

/// Returns an address; the standard one if the key is absent.
fn url(table: &mut Table<'_, '_>, key: &'static str, standard: &str) -> Option<String> {
    if !table.has(key) {
        table.know(key);
        return Some(standard.to_owned());
    }
    required_url(table, key, "")
}

/// Returns an address that must be written, without a slash at its end; reports a fault otherwise.
pub(super) fn required_url(
    table: &mut Table<'_, '_>,
    key: &'static str,
    hint: &str,
) -> Option<String> {
    let text = table.required_text(key, hint)?;
    let known = ["https://", "http://", "wss://", "ws://"];
    if known.iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', ' ']))
    }) {
        return Some(text.trim_end_matches('/').to_owned());
    }
    table.reject(
        key,
        "is not an address",
        "write https://host, without a name or password in it",
    );
    None
}

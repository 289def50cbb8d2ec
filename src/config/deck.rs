//! The deck file, `dialdeck.toml`: trunks, the numbers they may show, roles; and its defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fault::{ConfigError, ConfigErrors};
use super::keywords::{LOG_LEVELS, LogLevel, REGISTRY_BINDS, ROLES, is_plain_name};
use super::listener::{ListenerSettings, listener, results_secret};
use super::pools::{pools, region};
use super::providers::{Credential, ProviderSettings, provider};
use super::source::Source;
use super::table::Table;
use super::value::alternatives;
use super::{is_empty, read_own_text};
use crate::domain::{Capabilities, DeckSettings, Role, TrunkName, TrunkSettings};
use crate::rules::Rules;

/// The deck file that applies if none exists: one simulated trunk, fictional numbers.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// A deck file in which no fault was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeckConfig {
    /// Trunks, caller IDs and the deck's caps, as the store keeps them.
    pub settings: DeckSettings,
    /// The provider of each trunk.
    pub providers: BTreeMap<TrunkName, ProviderSettings>,
    /// How much the diagnostics log contains; default `info`.
    pub log_level: LogLevel,
    /// The ISO country of numbers written without a country code, upper case. Never applied to a number
    /// that begins with a plus; default `US`.
    pub default_country: String,
    /// The identity of a copied deck, which confirms that the credentials are for it; `None` for a deck
    /// that is not a copy.
    pub credentials_for: Option<String>,
    /// The role of each user.
    pub roles: Roles,
    /// Rule files of the deck's owner, applied over the embedded law in this order; default none.
    /// [`load_deck`] resolves them against the deck file's folder, [`read_deck`] leaves them as written.
    pub rule_files: Vec<PathBuf>,
    /// How carriers and agents reach the deck; `None` if they cannot.
    pub listener: Option<ListenerSettings>,
    /// The source of the key that signs results sent to campaigns' addresses.
    pub results_secret: Credential,
    /// Advice, each piece with its place in the file.
    pub warnings: Vec<ConfigError>,
}

/// The role of each user, by the operating system's user name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// The role of users who are not named; default supervisor.
    pub default: Role,
    /// The role of each user who is named.
    pub named: BTreeMap<String, Role>,
}

impl Roles {
    /// Returns the role of a user: the default role unless the user is named.
    ///
    /// # Examples
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use dialdeck::config::Roles;
    /// use dialdeck::domain::Role;
    ///
    /// let roles = Roles {
    ///     default: Role::Viewer,
    ///     named: BTreeMap::from([("maria".to_owned(), Role::Support)]),
    /// };
    /// assert_eq!(roles.of("maria"), Role::Support);
    /// assert_eq!(roles.of("jo"), Role::Viewer);
    /// ```
    pub fn of(&self, user: &str) -> Role {
        self.named.get(user).copied().unwrap_or(self.default)
    }
}

impl DeckConfig {
    /// Returns the embedded defaults, read from [`DEFAULTS`].
    ///
    /// # Panics
    ///
    /// Never: a test reads the embedded text.
    pub fn embedded() -> Self {
        read_deck("defaults.toml", DEFAULTS).expect("the embedded defaults are tested")
    }
}

/// Reads a deck file. Returns the embedded defaults if no such file exists.
///
/// # Errors
/// Errors if the file cannot be read or has faults. The error lists every fault.
pub fn load_deck(path: &Path) -> Result<DeckConfig, ConfigErrors> {
    // A link whose target is missing is a broken file, not an absent one.
    let looked = std::fs::symlink_metadata(path);
    if looked.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(DeckConfig::embedded());
    }
    let text = read_own_text(path)?;
    if is_empty(&text) {
        return Ok(DeckConfig::embedded());
    }
    let mut config = read_deck(&path.display().to_string(), &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for file in &mut config.rule_files {
        *file = folder.join(&*file);
    }
    for provider in config.providers.values_mut() {
        if let ProviderSettings::Simulator(simulator) = provider {
            simulator.resolve_in(folder);
        }
    }
    Ok(config)
}

/// Reads a deck file from its text. `file` is the name that faults are reported under.
///
/// # Errors
/// Errors if the text has faults. The error lists every fault with its place.
///
/// # Examples
/// ```
/// use dialdeck::config::read_deck;
///
/// let text = "[[trunk]]\nname = \"main\"\nkind = \"simulator\"\n";
/// let deck = read_deck("dialdeck.toml", text)?;
/// assert_eq!(deck.settings.trunks[0].max_concurrent, 20);
/// assert_eq!(deck.default_country, "US");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_deck(file: &str, text: &str) -> Result<DeckConfig, ConfigErrors> {
    let source = Source::new(file, text);
    let parsed = source.parse()?;
    let mut root = Table::root(&source, &parsed);
    let max_concurrent = root.number("max_concurrent", 1..=10_000).unwrap_or(100);
    let log_level = root.word("log_level", &LOG_LEVELS).unwrap_or_default();
    let default_country = default_country(&mut root);
    let credentials_for = root.text("credentials_for").map(str::to_owned);
    let rule_files = rule_files(&mut root);
    let emergency_bans = emergency_bans(&mut root, !rule_files.is_empty());
    let every_registry_binds = every_registry_binds(root.sub("suppression"));
    let roles = roles(root.sub("roles"));
    let listener = listener(&mut root);
    let results_secret = results_secret(&mut root);
    let (trunks, providers) = trunks(&mut root);
    let caller_ids = pools(&mut root, &trunks, &providers);
    root.finish();
    let config = DeckConfig {
        settings: DeckSettings {
            max_concurrent,
            trunks,
            caller_ids,
            emergency_bans,
            every_registry_binds,
        },
        providers,
        log_level,
        default_country,
        credentials_for,
        roles,
        rule_files,
        listener,
        results_secret,
        warnings: Vec::new(),
    };
    let (mut config, findings) = source.finish(Some(config))?;
    config.warnings = findings.warnings;
    Ok(config)
}

fn default_country(root: &mut Table<'_, '_>) -> String {
    let Some(country) = root.text("default_country") else {
        return "US".to_owned();
    };
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        root.reject(
            "default_country",
            format!("`{country}` is not a country"),
            "use two letters (ISO 3166), such as US or GB",
        );
    }
    country.to_ascii_uppercase()
}

fn every_registry_binds(mut table: Table<'_, '_>) -> bool {
    let every = table.word("registry_binds", &REGISTRY_BINDS);
    table.finish();
    every.unwrap_or(false)
}

fn rule_files(root: &mut Table<'_, '_>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for item in root.items("rules") {
        if let Some(name) = item.value.as_str().filter(|name| !name.is_empty()) {
            files.push(PathBuf::from(name));
            continue;
        }
        root.source.error(
            Some(item.span.clone()),
            &item.key,
            "is not the name of a file",
            "write rules = [\"own-rules.csv\"]",
        );
    }
    files
}

/// Returns the places under an emergency ban. An unknown place is a fault, because no number would be in
/// it. With rule files of the owner, which may define more places, only the form is checked here; the
/// places are checked when those files are read.
fn emergency_bans(root: &mut Table<'_, '_>, has_own_rules: bool) -> Vec<String> {
    let mut regions = Vec::new();
    for item in root.items("emergency_bans") {
        let text = item.value.as_str().unwrap_or_default();
        let known = Rules::embedded().known_place(text);
        if known.is_none() && has_own_rules {
            regions.extend(region(root, &item));
        } else if known.is_some() {
            regions.extend(known);
        } else {
            let (message, hint) = Rules::embedded().unknown_place(text);
            root.source
                .error(Some(item.span.clone()), &item.key, message, hint);
        }
    }
    regions.sort();
    regions.dedup();
    regions
}

fn roles(mut table: Table<'_, '_>) -> Roles {
    let mut roles = Roles {
        default: table.word("default", &ROLES).unwrap_or_default(),
        named: BTreeMap::new(),
    };
    let open = !table.has("default");
    for (name, item) in table.other_keys() {
        let text = item.value.as_str().unwrap_or_default();
        if let Some((_, role)) = ROLES.iter().find(|(word, _)| *word == text) {
            roles.named.insert(name, *role);
            continue;
        }
        let known: Vec<&str> = ROLES.iter().map(|(word, _)| *word).collect();
        table.source.error(
            Some(item.span),
            &item.key,
            format!("`{text}` is not a role"),
            format!("use {}", alternatives(&known)),
        );
    }
    if open && !roles.named.is_empty() {
        table.source.warn(
            Some(table.span()),
            "roles",
            "users who are not named are supervisors",
            "write default = \"viewer\", or the role that they have",
        );
    }
    roles
}

type Trunks = (Vec<TrunkSettings>, BTreeMap<TrunkName, ProviderSettings>);

fn trunks(root: &mut Table<'_, '_>) -> Trunks {
    let mut trunks: Vec<TrunkSettings> = Vec::new();
    let mut names = BTreeSet::new();
    let mut providers = BTreeMap::new();
    let tables = root.subs("trunk");
    if tables.is_empty() {
        root.missing(
            "trunk",
            "add a [[trunk]] table; `dialdeck config print` shows one",
        );
    }
    for mut table in tables {
        let name = table.required_text("name", "give the trunk a name");
        let provider = provider(&mut table);
        let can = provider.as_ref().map(|(_, can)| *can).unwrap_or_default();
        if let Some(name) = name.filter(|name| !is_plain_name(name)) {
            let message = format!("`{name}` cannot be part of an address");
            let hint = "use letters, digits, `-`, `_` and `.`, not `-` first, and not `.` or `..`";
            table.reject("name", message, hint);
        }
        let trunk = trunk(&mut table, name.unwrap_or_default(), can);
        if !names.insert(trunk.name.clone()) {
            table.reject(
                "name",
                format!("a trunk `{}` is already defined above", trunk.name),
                "give each trunk its own name",
            );
        }
        table.finish();
        if let Some((provider, _)) = provider {
            providers.insert(trunk.name.clone(), provider);
        }
        trunks.push(trunk);
    }
    (trunks, providers)
}

fn trunk(table: &mut Table<'_, '_>, name: &str, capabilities: Capabilities) -> TrunkSettings {
    // 47 CFR 64.1200(a)(6): no call is disconnected before 15 seconds or four rings.
    let ring = Duration::from_secs(15)..=Duration::from_mins(2);
    let call = Duration::from_mins(1)..=Duration::from_hours(4);
    TrunkSettings {
        name: TrunkName(name.to_owned()),
        max_concurrent: table.number("max_concurrent", 1..=10_000).unwrap_or(20),
        calls_per_minute: table.number("calls_per_minute", 1..=6000).unwrap_or(60),
        ring_timeout: table
            .span_of_time("ring_timeout", ring)
            .unwrap_or(Duration::from_secs(30)),
        max_call: table
            .span_of_time("max_call", call)
            .unwrap_or(Duration::from_mins(30)),
        queue_wait: table
            .span_of_time("queue_wait", Duration::ZERO..=Duration::from_mins(30))
            .unwrap_or(Duration::ZERO),
        capabilities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attestation, CallerIdState};

    #[test]
    fn the_embedded_file_spells_out_the_documented_defaults() {
        let deck = DeckConfig::embedded();
        let least = "[[trunk]]\nname = \"simulator\"\nkind = \"simulator\"\n";
        let bare = read_deck("least.toml", least).unwrap();
        assert_eq!(deck.settings.trunks, bare.settings.trunks);
        assert_eq!(deck.providers, bare.providers);
        assert_eq!(deck.settings.max_concurrent, bare.settings.max_concurrent);
        assert_eq!(deck.log_level, bare.log_level);
        assert_eq!(deck.default_country, bare.default_country);
        assert_eq!(deck.settings.emergency_bans, bare.settings.emergency_bans);
        assert_eq!(deck.roles, bare.roles);
        assert!(deck.warnings.is_empty());
        for caller_id in &deck.settings.caller_ids {
            let line = caller_id.number.digits() % 10_000_000;
            assert!(
                (5_550_100..=5_550_199).contains(&line),
                "{}",
                caller_id.number
            );
            assert_eq!(caller_id.pool, "local");
            assert_eq!(caller_id.hourly_cap, 30);
        }
        assert_eq!(deck.settings.caller_ids.len(), 10);
    }

    #[test]
    fn a_number_may_differ_from_its_pool() {
        let text = "[[trunk]]\nname = \"t\"\nkind = \"simulator\"\nprofile = \"flaky\"\nseed = 7\npci = true\n\
            [[pool]]\nname = \"p\"\ntrunk = \"t\"\nattestation = \"A\"\nhourly_cap = 12\nnumbers = [\n\
            \"+12125550100\",\n{ number = \"+13105550101\", region = \"us-ca\", attestation = \"B\", hourly_cap = 5, state = \"resting\", branded = true },\n]\n";
        let deck = read_deck("d.toml", text).unwrap();
        let [plain, odd] = &deck.settings.caller_ids[..] else {
            panic!("two numbers");
        };
        assert_eq!(
            (plain.attestation, plain.hourly_cap, plain.branded),
            (Some(Attestation::A), 12, false)
        );
        assert_eq!(
            (odd.attestation, odd.hourly_cap, odd.branded),
            (Some(Attestation::B), 5, true)
        );
        assert_eq!(
            (odd.region.as_deref(), odd.state),
            (Some("US-CA"), CallerIdState::Resting)
        );
        assert!(deck.settings.trunks[0].capabilities.pci);
        let provider = &deck.providers[&TrunkName("t".to_owned())];
        let ProviderSettings::Simulator(simulator) = provider else {
            panic!("{provider:?}");
        };
        assert_eq!((simulator.profile.as_str(), simulator.seed), ("flaky", 7));
    }

    #[test]
    fn files_are_taken_from_the_deck_files_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dialdeck.toml");
        let trunk = "[[trunk]]\nname = \"t\"\nkind = \"simulator\"\n";
        let text = format!("rules = [\"own.csv\", \"/etc/firm.csv\"]\n{trunk}");
        std::fs::write(&path, text).unwrap();
        let files = [
            folder.path().join("own.csv"),
            PathBuf::from("/etc/firm.csv"),
        ];
        assert_eq!(load_deck(&path).unwrap().rule_files, files);
        let simulated = |text: &str| {
            std::fs::write(&path, format!("{trunk}{text}")).unwrap();
            match load_deck(&path).unwrap().providers.into_values().next() {
                Some(ProviderSettings::Simulator(simulator)) => simulator,
                other => panic!("{other:?}"),
            }
        };
        let named = simulated("profile = \"quiet.toml\"\ncarrier_log = \"calls.jsonl\"\n");
        let quiet = folder.path().join("quiet.toml");
        assert_eq!(named.profile, quiet.display().to_string());
        assert_eq!(named.carrier_log, Some(folder.path().join("calls.jsonl")));
        assert_eq!(simulated("profile = \"flaky\"\n").profile, "flaky");
        let faults = read_deck("d.toml", &format!("rules = [\"\", 7]\n{trunk}")).unwrap_err();
        assert_eq!(faults.0.len(), 2);
        assert!(
            faults
                .to_string()
                .starts_with("d.toml:1:10: rules[1]: is not"),
            "{faults}"
        );
    }

    #[test]
    fn no_file_means_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let deck = load_deck(&folder.path().join("dialdeck.toml")).unwrap();
        assert_eq!(deck, DeckConfig::embedded());
    }
}

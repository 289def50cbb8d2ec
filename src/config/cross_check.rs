//! Checks a campaign file against the deck file: what it names must be there.

use super::campaign::CampaignFile;
use super::deck::DeckConfig;
use super::fault::{ConfigError, ConfigErrors};
use super::providers::ProviderSettings;
use super::value::suggestion;
use crate::domain::campaign::{Agent, Waived};
use crate::domain::{CallerId, CallerIdState, CampaignSettings, TrunkSettings};

impl DeckConfig {
    /// Returns what keeps a campaign of the deck from running as intended with this deck file, one sentence
    /// each. Empty if nothing does.
    pub fn mismatches_with(&self, campaign: &CampaignSettings) -> Vec<String> {
        let (name, trunk) = (&campaign.name, &campaign.trunk);
        if !self.settings.trunks.iter().any(|one| one.name == *trunk) {
            return vec![format!(
                "{name}: its trunk `{trunk}` is not in the deck file; nothing is dialed for it"
            )];
        }
        let own = self.settings.caller_ids.iter();
        let mut own = own
            .filter(|id| campaign.caller_id.names(id) && id.trunk == *trunk)
            .peekable();
        let mut found = Vec::new();
        if own.peek().is_none() {
            found.push(format!(
                "{name}: the deck file has none of its caller IDs on trunk `{trunk}`; nothing is \
                 dialed for it"
            ));
        } else if own.all(|id| id.state != CallerIdState::Active) {
            found.push(format!(
                "{name}: none of its caller IDs on trunk `{trunk}` is active in the deck file; nothing \
                 is dialed for it"
            ));
        }
        let missing = self.missing_listener(campaign);
        found.extend(missing.map(|wrong| format!("{name}: {wrong}")));
        found
    }

    /// Returns what is wrong if reports of a campaign's human agents cannot arrive; `None` if they can.
    /// LiveKit agents report to the listener that they talk to the callee, so a deck without one never
    /// receives the report.
    fn missing_listener(&self, campaign: &CampaignSettings) -> Option<String> {
        let livekit = matches!(
            self.providers.get(&campaign.trunk),
            Some(ProviderSettings::LiveKit(_))
        );
        let missing = livekit && campaign.agent == Agent::Human && self.listener.is_none();
        missing.then(|| {
            format!(
                "on trunk `{}` human agents report `bridged` to the listener, and the deck file has \
                 none: every call that a person answers counts as abandoned",
                campaign.trunk
            )
        })
    }
}

/// Something that the law requires and the campaign does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Whether it is consent; a list otherwise.
    pub is_consent: bool,
    /// What the law requires, and where.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl CampaignFile {
    /// Checks that the deck has the trunk, the caller IDs and the capabilities that the campaign needs.
    /// Returns advice, such as on a pace above the trunk's.
    ///
    /// # Errors
    /// Errors if the deck lacks something. The error lists every mismatch with its place in the campaign
    /// file.
    ///
    /// # Examples
    /// ```
    /// use dialdeck::config::{DeckConfig, read_campaign};
    ///
    /// let text = r#"
    /// name = "spring"
    /// seller = "Example Dental"
    /// purpose = "reminder"
    /// call_class = "live"
    /// agent = "human"
    /// trunk = "simulator"
    /// caller_id.pool = "local"
    /// "#;
    /// let deck = DeckConfig::embedded();
    /// let advice = read_campaign("spring.toml", text)?.check_against(&deck)?;
    /// assert!(advice.is_empty());
    ///
    /// let other = text.replace("simulator", "sip");
    /// let faults = read_campaign("spring.toml", &other)?.check_against(&deck).unwrap_err();
    /// assert_eq!(faults.0[0].key, "trunk");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_against(&self, deck: &DeckConfig) -> Result<Vec<ConfigError>, ConfigErrors> {
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let names: Vec<&str> = deck
            .settings
            .trunks
            .iter()
            .map(|trunk| trunk.name.0.as_str())
            .collect();
        let trunk = deck
            .settings
            .trunks
            .iter()
            .find(|trunk| trunk.name == self.settings.trunk);
        match trunk {
            Some(trunk) => {
                errors.extend(self.pci_offered(trunk));
                warnings.extend(self.pace_within(trunk));
                warnings.extend(deck.missing_listener(&self.settings).map(|message| {
                    self.finding("agent", message, "add [listener] to the deck file")
                }));
            }
            None => errors.push(self.finding(
                "trunk",
                format!(
                    "there is no trunk `{}` in the deck file",
                    self.settings.trunk
                ),
                suggestion(&self.settings.trunk.0, &names),
            )),
        }
        self.caller_ids_owned(deck, &mut errors);
        if errors.is_empty() {
            Ok(warnings)
        } else {
            errors.sort_by_key(|error| (error.line, error.column));
            Err(ConfigErrors(errors))
        }
    }

    fn pci_offered(&self, trunk: &TrunkSettings) -> Option<ConfigError> {
        let asked = self.settings.pci && !trunk.capabilities.pci;
        asked.then(|| {
            self.finding(
                "pci",
                format!("trunk `{}` does not offer PCI calls", trunk.name),
                "choose a trunk that does, or set pci = true on the trunk if its provider offers it",
            )
        })
    }

    fn pace_within(&self, trunk: &TrunkSettings) -> Vec<ConfigError> {
        let pacing = self.settings.pacing;
        let pairs = [
            (
                "pacing.calls_per_minute",
                pacing.calls_per_minute,
                trunk.calls_per_minute,
            ),
            (
                "pacing.max_concurrent",
                pacing.max_concurrent,
                trunk.max_concurrent,
            ),
        ];
        pairs
            .into_iter()
            .filter(|(key, asked, cap)| asked > cap && self.places.contains_key(*key))
            .map(|(key, asked, cap)| {
                self.finding(
                    key,
                    format!("{asked} is above the cap of trunk `{}`", trunk.name),
                    format!("the trunk's cap of {cap} applies"),
                )
            })
            .collect()
    }

    fn caller_ids_owned(&self, deck: &DeckConfig, errors: &mut Vec<ConfigError>) {
        let usable = |caller_id: &CallerId| {
            caller_id.trunk == self.settings.trunk && caller_id.state != CallerIdState::Retired
        };
        let all = &deck.settings.caller_ids;
        if let Some(pool) = &self.settings.caller_id.pool {
            let key = "caller_id.pool";
            let mut names: Vec<&str> = all.iter().map(|known| known.pool.as_str()).collect();
            names.dedup();
            if !names.contains(&pool.as_str()) {
                let message = format!("there is no pool `{pool}` in the deck file");
                errors.push(self.finding(key, message, suggestion(pool, &names)));
            } else if !all.iter().any(|known| known.pool == *pool && usable(known)) {
                errors.push(self.finding(
                    key,
                    format!("no number of pool `{pool}` may be shown on trunk `{}`", self.settings.trunk),
                    "a caller ID is usable only on the trunk that owns it; choose another pool or trunk",
                ));
            }
        }
        for (index, number) in self.settings.caller_id.numbers.iter().enumerate() {
            let hint = match all.iter().find(|known| known.number == *number) {
                Some(known) if usable(known) => continue,
                Some(known) => format!(
                    "it belongs to trunk `{}`, and must not be retired",
                    known.trunk
                ),
                None => "add it to a pool of the deck file".to_owned(),
            };
            let message = format!(
                "{number} may not be shown on trunk `{}`",
                self.settings.trunk
            );
            let mut error = self.finding("caller_id.numbers", message, hint);
            error.key = format!("caller_id.numbers[{}]", index + 1);
            errors.push(error);
        }
    }

    /// Checks the rules and preconditions that the campaign sets aside. `may_set_aside` returns whether a
    /// campaign may set aside the rule with an id; `None` if there is no such rule. `asks` returns whether
    /// a rule of a place asks for a precondition.
    ///
    /// # Errors
    /// Errors if a rule may not be set aside or does not exist. The error lists each with its place in the
    /// campaign file.
    pub fn check_overrides(
        &self,
        may_set_aside: impl Fn(&str) -> Option<bool>,
        asks: impl Fn(&str, &str) -> bool,
    ) -> Result<(), ConfigErrors> {
        let mut errors = Vec::new();
        for (index, wish) in self.settings.rule_overrides.iter().enumerate() {
            if let Some(Waived { place, what }) = &wish.precondition {
                if !asks(place, what) {
                    let key = format!("rule_override[{}].what", index + 1);
                    let message = format!("no rule of {place} asks for `{what}`");
                    let hint = "name a place and what its rule asks for, as `dialdeck check` says them: \
                                place = \"US\", what = \"consent\"";
                    errors.push(self.finding(&key, message, hint));
                }
                continue;
            }
            let why = match may_set_aside(&wish.rule) {
                Some(true) => continue,
                Some(false) => {
                    "is a rule of a country or of an own rule file, which cannot be set aside"
                }
                None => "is not a rule",
            };
            let key = format!("rule_override[{}].rule", index + 1);
            let message = format!("`{}` {why}", wish.rule);
            errors.push(self.finding(&key, message, "name the id of a state's row, such as us-fl"));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ConfigErrors(errors))
        }
    }

    /// Reports what the campaign must require and does not, in the countries that it calls.
    ///
    /// # Errors
    /// Errors if `unmet` is not empty. The error has one fault for each entry.
    pub fn below_the_law(&self, unmet: &[Unmet]) -> Result<(), ConfigErrors> {
        if unmet.is_empty() {
            return Ok(());
        }
        let errors = unmet.iter().map(|one| {
            let key = if one.is_consent {
                "consent.required"
            } else {
                "suppression.lists"
            };
            self.finding(key, one.message.clone(), one.hint.clone())
        });
        Err(ConfigErrors(errors.collect()))
    }

    fn finding(&self, key: &str, message: String, hint: impl Into<String>) -> ConfigError {
        let (line, column) = self.places.get(key).copied().unwrap_or((1, 1));
        ConfigError {
            file: self.file.clone(),
            line,
            column,
            key: key.to_owned(),
            message,
            hint: hint.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{read_campaign, read_deck};

    const CAMPAIGN: &str = "name = \"spring\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
        call_class = \"live\"\nagent = \"AGENT\"\ntrunk = \"main\"\n[caller_id]\npool = \"local\"\n";
    const LIVEKIT: &str = "[[trunk]]\nname = \"main\"\nkind = \"livekit\"\n\
        url = \"https://example.com\"\nsip_trunk = \"ST_1\"\nagent = \"clara\"\n";
    const SIMULATOR: &str = "[[trunk]]\nname = \"main\"\nkind = \"simulator\"\n";
    const POOL: &str =
        "[[pool]]\nname = \"local\"\ntrunk = \"main\"\nnumbers = [\"+12125550100\"]\n";
    const LISTENER: &str = "[listener]\npublic_url = \"https://example.com\"\n";

    #[test]
    fn human_agents_on_livekit_need_a_listener() {
        for (agent, trunk, listener, warned) in [
            ("human", LIVEKIT, "", true),
            ("human", LIVEKIT, LISTENER, false),
            ("automated", LIVEKIT, "", false),
            ("human", SIMULATOR, "", false),
        ] {
            let campaign = CAMPAIGN.replace("AGENT", agent);
            let deck = read_deck("deck.toml", &format!("{listener}{trunk}{POOL}")).unwrap();
            let advice = read_campaign("in.toml", &campaign)
                .unwrap()
                .check_against(&deck)
                .unwrap();
            let keys: Vec<&str> = advice.iter().map(|one| one.key.as_str()).collect();
            let expected: &[&str] = if warned { &["agent"] } else { &[] };
            assert_eq!(keys, expected, "{agent} {trunk} {listener}");
        }
    }
}

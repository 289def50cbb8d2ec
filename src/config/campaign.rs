//! The campaign file: what its owner decided, checked as far as one file can be.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use super::fault::{ConfigError, ConfigErrors};
use super::keywords::{
    ACTIONS, AGENTS, CALL_CLASSES, CONSENTS, EVIDENCE, OLD_CALL_CLASSES, OLD_EVIDENCE, PURPOSES,
    STRATEGIES, VOICEMAIL, is_plain_name,
};
use super::pools::caller_number;
use super::read_text;
use super::schedule::schedule;
use super::source::{Places, Source};
use super::table::Table;
use super::value::suggestion;
use crate::domain::campaign::{
    Agent, AttemptRules, CallClass, CallerIdRules, Evidence, OutcomeAction, OutcomeRule, Pacing,
    Purpose, RuleOverride, Waived,
};
use crate::domain::{CampaignSettings, ConsentKind, ListKind, Outcome, TrunkName};
use crate::rules::Rules;

/// A campaign file in which no fault was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFile {
    /// What the campaign's owner decided.
    pub settings: CampaignSettings,
    /// The contacts file that it names; `None` if contacts are imported by hand. [`load_campaign`] resolves
    /// it against the campaign file's folder, [`read_campaign`] leaves it as written.
    pub contacts: Option<PathBuf>,
    /// Advice, such as on an opening at the top of the hour.
    pub warnings: Vec<ConfigError>,
    pub(super) file: String,
    pub(super) places: Places,
}

/// Reads a campaign file. Returns its settings and advice.
///
/// # Errors
/// Errors if the file cannot be read or has faults. The error lists every fault.
pub fn load_campaign(path: &Path) -> Result<CampaignFile, ConfigErrors> {
    let text = read_text(path)?;
    let mut campaign = read_campaign(&path.display().to_string(), &text)?;
    campaign.contacts = campaign
        .contacts
        .map(|contacts| path.parent().unwrap_or(Path::new("")).join(contacts));
    Ok(campaign)
}

/// Reads a campaign file from its text. `file` is the name that faults are reported under.
///
/// # Errors
/// Errors if the text has faults. The error lists every fault with its place.
///
/// # Examples
/// ```
/// use dialdeck::config::read_campaign;
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
/// let campaign = read_campaign("spring.toml", text)?;
/// assert_eq!(campaign.settings.name, "spring");
/// assert_eq!(campaign.settings.abandonment_limit_percent, 3);
///
/// let faults = read_campaign("spring.toml", &text.replace("human", "robot")).unwrap_err();
/// assert_eq!(
///     faults.to_string(),
///     "spring.toml:6:9: agent: `robot` is not known; use human or automated"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_campaign(file: &str, text: &str) -> Result<CampaignFile, ConfigErrors> {
    let source = Source::new(file, text);
    let parsed = source.parse()?;
    let mut root = Table::root(&source, &parsed);
    let contacts = root.text("contacts").map(PathBuf::from);
    let settings = settings(&mut root);
    root.finish();
    let (settings, findings) = source.finish(settings)?;
    Ok(CampaignFile {
        settings,
        contacts,
        warnings: findings.warnings,
        file: file.to_owned(),
        places: findings.places,
    })
}

fn settings(root: &mut Table<'_, '_>) -> Option<CampaignSettings> {
    let name = campaign_name(root);
    let seller = root.required_text("seller", "say on whose behalf the calls are made");
    let purpose = root.required_word("purpose", &PURPOSES);
    let stated = if root.has("call_class") {
        root.word_or_old("call_class", &CALL_CLASSES, &OLD_CALL_CLASSES)
    } else {
        root.required_word("call_class", &CALL_CLASSES)
    };
    let agent = root.required_word("agent", &AGENTS);
    let call_class = stated.and_then(|stated| class_fits(root, purpose, stated, agent));
    let trunk = root.required_text("trunk", "name a trunk of the deck file");
    let pci = root.flag("pci").unwrap_or(false);
    let (evidence, evidence_reason) = evidence(root);
    let schedule = schedule(root.sub("schedule"));
    let pacing = pacing(root.sub("pacing"));
    let attempts = attempts(root.sub("attempts"));
    let voicemail = one_word(root.sub("voicemail"), "action", &VOICEMAIL).unwrap_or_default();
    let consent =
        one_word(root.sub("consent"), "required", &CONSENTS).unwrap_or(ConsentKind::Express);
    let caller_id = caller_id(root.sub("caller_id"));
    let required_lists = lists(root.sub("suppression"), name);
    let abandonment_limit_percent = abandonment(root.sub("abandonment"));
    let results_url = results(root.sub("results"));
    let rule_overrides = overrides(root);
    Some(CampaignSettings {
        name: name?.to_owned(),
        seller: seller?.to_owned(),
        purpose: purpose?,
        call_class: call_class?,
        agent: agent?,
        trunk: TrunkName(trunk?.to_owned()),
        pci,
        evidence,
        evidence_reason,
        schedule,
        pacing,
        attempts,
        voicemail,
        consent,
        caller_id,
        required_lists,
        abandonment_limit_percent,
        results_url,
        rule_overrides,
    })
}

fn campaign_name<'t>(root: &mut Table<'t, '_>) -> Option<&'t str> {
    let name = root.required_text("name", "give the campaign a name, unique within the deck")?;
    if name.len() <= 64 && is_plain_name(name) {
        return Some(name);
    }
    root.reject(
        "name",
        format!("`{name}` cannot be a name"),
        "use at most 64 letters, digits, `-`, `_` and `.`, not `-` first, and not `.` or `..`",
    );
    None
}

/// Returns the call class that fits the agent. `stated` is `Some(None)` for the old word `debt`: then the
/// purpose has to be debt, which either voice may collect, and the agent decides the class.
fn class_fits(
    root: &Table<'_, '_>,
    purpose: Option<Purpose>,
    stated: Option<CallClass>,
    agent: Option<Agent>,
) -> Option<CallClass> {
    let of_agent = agent.map(|agent| match agent {
        Agent::Human => CallClass::Live,
        Agent::Automated => CallClass::Automated,
    });
    match stated {
        None if purpose? == Purpose::Debt => of_agent,
        None => {
            root.reject(
                "call_class",
                "does not fit the purpose",
                "calls about debts have purpose = \"debt\" (12 CFR 1006); the class is live or automated",
            );
            None
        }
        Some(CallClass::Live) if of_agent == Some(CallClass::Automated) => {
            root.source.warn(
                Some(root.value_span("call_class")),
                "call_class",
                "says that a person speaks, but the agent is automated: the rules for automated calls hold",
                "an artificial voice, AI voices included, is `automated` (FCC 24-17)",
            );
            of_agent
        }
        Some(class) => Some(class),
    }
}

/// Returns which places of a number bind, and why an address may replace the number's places.
fn evidence(root: &mut Table<'_, '_>) -> (Evidence, Option<String>) {
    let asked = root.word_or_old("evidence", &EVIDENCE, &OLD_EVIDENCE);
    let reason = root.text("evidence_reason").map(str::trim);
    let reason = reason.filter(|reason| !reason.is_empty());
    let address = asked == Some(Some(Evidence::Address));
    match (asked, reason) {
        (Some(None), _) => root.reject(
            "evidence",
            "`stated` is no longer supported: it let one hint replace the number's places",
            "leave it out, or write \"address\" with an evidence_reason",
        ),
        (_, None) if address => root.missing(
            "evidence_reason",
            "say why an address may replace the number's places: it goes into the log",
        ),
        (_, Some(_)) if !address => root.reject(
            "evidence_reason",
            "is used without evidence = \"address\"",
            "leave it out",
        ),
        _ => {}
    }
    let evidence = asked.flatten().unwrap_or_default();
    (evidence, reason.map(str::to_owned))
}

fn pacing(mut table: Table<'_, '_>) -> Pacing {
    let default = Pacing::default();
    let pacing = Pacing {
        calls_per_minute: table
            .number("calls_per_minute", 1..=6000)
            .unwrap_or(default.calls_per_minute),
        max_concurrent: table
            .number("max_concurrent", 1..=10_000)
            .unwrap_or(default.max_concurrent),
        weight: table.number("weight", 1..=1000).unwrap_or(default.weight),
    };
    table.finish();
    pacing
}

const MONTH: Duration = Duration::from_hours(30 * 24);

fn attempts(mut table: Table<'_, '_>) -> AttemptRules {
    let default = AttemptRules::default();
    let max = table.number("max", 1..=20).unwrap_or(default.max);
    let min_gap = table.span_of_time("min_gap", Duration::ZERO..=MONTH);
    let mut rules = AttemptRules {
        max,
        min_gap: min_gap.unwrap_or(default.min_gap),
        ..default
    };
    let known: Vec<&str> = ["max", "min_gap"]
        .into_iter()
        .chain(Outcome::ALL.iter().map(|outcome| outcome.as_str()))
        .collect();
    for (key, item) in table.other_keys() {
        let Ok(outcome) = key.parse::<Outcome>() else {
            table.source.error(
                Some(item.span),
                &item.key,
                "is neither a key of this table nor an outcome",
                suggestion(&key, &known),
            );
            continue;
        };
        if let Some(sub) = table.nested(&item)
            && let Some(rule) = outcome_rule(sub, outcome, max)
        {
            rules.per_outcome.insert(outcome, rule);
        }
    }
    rules
}

fn outcome_rule(
    mut table: Table<'_, '_>,
    outcome: Outcome,
    attempts_max: u32,
) -> Option<OutcomeRule> {
    let action = table
        .word("action", &ACTIONS)
        .unwrap_or(OutcomeAction::Retry);
    let after = table.span_of_time("after", Duration::from_secs(1)..=MONTH);
    let max = table.number("max", 1..=20).unwrap_or(attempts_max);
    if action == OutcomeAction::Retry {
        if outcome == Outcome::Unknown {
            table.reject(
                "action",
                "an attempt of unknown fate is never redialed on a guess",
                "leave this outcome out",
            );
        }
        if !table.has("after") {
            table.missing(
                "after",
                "say how long to wait before the next attempt: after = \"2h\"",
            );
        }
    }
    table.finish();
    Some(OutcomeRule {
        action,
        after: match action {
            OutcomeAction::Retry => after?,
            OutcomeAction::Stop | OutcomeAction::DoNotCall => after.unwrap_or_default(),
        },
        max,
    })
}

fn one_word<T: Copy>(
    mut table: Table<'_, '_>,
    key: &'static str,
    words: &[(&str, T)],
) -> Option<T> {
    let word = table.word(key, words);
    table.finish();
    word
}

fn caller_id(mut table: Table<'_, '_>) -> CallerIdRules {
    let pool = table.text("pool");
    let items = table.items("numbers");
    let written = items.len();
    let mut numbers = Vec::with_capacity(written);
    for item in items {
        match caller_number(item.value.as_str().unwrap_or_default()) {
            Ok(number) => numbers.push(number),
            Err(why) => table.source.error(
                Some(item.span),
                &item.key,
                why,
                "write a number of the deck file in full, with its plus",
            ),
        }
    }
    let strategy = table.word("strategy", &STRATEGIES).unwrap_or_default();
    let hourly_cap = table.number("hourly_cap", 1..=1000).unwrap_or(30);
    match (pool, written) {
        (None, 0) => table.missing("pool", "name a pool of the deck file, or list `numbers`"),
        (Some(_), 1..) => table.reject(
            "numbers",
            "are set together with `pool`",
            "name a pool or list numbers, not both",
        ),
        _ => {}
    }
    table.finish();
    CallerIdRules {
        pool: pool.map(str::to_owned),
        numbers,
        strategy,
        hourly_cap,
    }
}

fn lists(mut table: Table<'_, '_>, campaign: Option<&str>) -> Vec<ListKind> {
    let mut lists = Vec::new();
    for item in table.items("lists") {
        let read = item.value.as_str().unwrap_or_default().parse::<ListKind>();
        let (message, hint) = match read {
            Ok(ListKind::Campaign(name)) if Some(name.as_str()) != campaign => (
                format!("`campaign:{name}` is another campaign's list"),
                format!(
                    "a campaign's own list is `campaign:{}`",
                    campaign.unwrap_or("NAME")
                ),
            ),
            Ok(list) => {
                let Some(unknown) = Rules::embedded().unknown_list(&list) else {
                    lists.push(list);
                    continue;
                };
                unknown
            }
            Err(why) => (why.reason, why.hint),
        };
        table
            .source
            .error(Some(item.span), &item.key, message, hint);
    }
    table.finish();
    lists
}

/// Returns the limit in percent. 47 CFR 64.1200(a)(7) allows three percent; a campaign may only set less.
fn abandonment(mut table: Table<'_, '_>) -> u32 {
    let limit = table.number("limit", 0..=3).unwrap_or(3);
    table.finish();
    limit
}

fn results(mut table: Table<'_, '_>) -> Option<String> {
    let url = table.text("url");
    if let Some((message, hint)) = url.and_then(unfit_for_results) {
        table.reject("url", message, hint);
    }
    table.finish();
    url.map(str::to_owned)
}

/// Returns what is wrong with an address for results, and what to write; `None` if nothing is. Results
/// contain numbers and outcomes, so they must not be readable on the way, and the address appears in logs.
fn unfit_for_results(url: &str) -> Option<(String, &'static str)> {
    let Some(parsed) = Url::parse(url).ok().filter(Url::has_host) else {
        return Some((
            format!("`{url}` is not a web address"),
            "begin with https://",
        ));
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Some((
            "contains credentials, which would appear in logs".to_owned(),
            "leave them out: results are signed, see `results.secret` in the deck file",
        ));
    }
    let loopback = match parsed.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match parsed.scheme() {
        "https" => None,
        "http" if loopback => None,
        _ => Some((
            format!("`{url}` is neither https nor on this machine"),
            "begin with https://; http:// is for 127.0.0.1, [::1] and localhost alone",
        )),
    }
}

fn overrides(root: &mut Table<'_, '_>) -> Vec<RuleOverride> {
    let mut overrides = Vec::new();
    for mut table in root.subs("rule_override") {
        let rule = table.text("rule");
        let (place, what) = (table.text("place"), table.text("what"));
        let reason = table.required_text(
            "reason",
            "give the reason of the person who is responsible for it",
        );
        let precondition = match (rule, place, what) {
            (Some(_), None, None) => None,
            (None, Some(place), Some(what)) => Some(Waived {
                place: place.to_ascii_uppercase(),
                what: what.to_ascii_lowercase(),
            }),
            (Some(_), ..) => {
                let hint = "give each its own [[rule_override]] with its own reason";
                table.reject("rule", "is set together with `place` and `what`", hint);
                None
            }
            (None, Some(_), None) => {
                table.missing(
                    "what",
                    "say what is set aside there: consent, or a list such as national:us",
                );
                None
            }
            (None, None, Some(_)) => {
                table.missing(
                    "place",
                    "say where it is set aside: US, or US-CT for a state",
                );
                None
            }
            (None, None, None) => {
                table.missing(
                    "rule",
                    "name the row of the calling hours that is set aside, such as us-fl; or a place \
                     and what: place = \"US\", what = \"consent\"",
                );
                None
            }
        };
        table.finish();
        if let Some(reason) = reason {
            overrides.push(RuleOverride {
                rule: rule.unwrap_or_default().to_owned(),
                precondition,
                reason: reason.to_owned(),
            });
        }
    }
    overrides
}

#[cfg(test)]
mod tests;

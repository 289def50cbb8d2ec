//! The deck's caller ID pools: which numbers may be shown, and on which trunk.

use std::collections::{BTreeMap, BTreeSet};

use super::keywords::{ATTESTATIONS, STATES};
use super::providers::ProviderSettings;
use super::source::Item;
use super::table::Table;
use super::value::suggestion;
use crate::domain::{
    Attestation, CallerId, CallerIdState, PhoneNumber, Timestamp, TrunkName, TrunkSettings,
};
use crate::rules::Rules;

/// Calls an hour that BubblyPhone accepts for each number. It refuses further calls.
const BUBBLYPHONE_HOURLY: u32 = 30;

/// Trunk names that are compared with a mistyped one, at most.
const SUGGESTED: usize = 50;

/// The properties of a pool's numbers. An entry for one number can override them.
struct Pool<'p> {
    name: &'p str,
    trunk: TrunkName,
    attestation: Option<Attestation>,
    branded: bool,
    hourly_cap: u32,
    /// The vendor's own cap for each number, if one is known.
    vendors_cap: Option<u32>,
}

/// Reads every `[[pool]]`. Returns the caller IDs of all pools, in order.
pub(super) fn pools(
    root: &mut Table<'_, '_>,
    trunks: &[TrunkSettings],
    providers: &BTreeMap<TrunkName, ProviderSettings>,
) -> Vec<CallerId> {
    let names: BTreeSet<&str> = trunks.iter().map(|trunk| trunk.name.0.as_str()).collect();
    let mut caller_ids = Vec::new();
    let mut seen: BTreeSet<PhoneNumber> = BTreeSet::new();
    for mut table in root.subs("pool") {
        let name = table.required_text("name", "give the pool a name");
        let trunk = table.required_text("trunk", "name the trunk that owns these numbers");
        if let Some(trunk) = trunk.filter(|trunk| !names.contains(trunk)) {
            let message = format!("there is no trunk `{trunk}` in this file");
            let known: Vec<&str> = names.iter().copied().take(SUGGESTED).collect();
            table.reject("trunk", message, suggestion(trunk, &known));
        }
        let trunk = TrunkName(trunk.unwrap_or_default().to_owned());
        let bubblyphone = matches!(
            providers.get(&trunk),
            Some(ProviderSettings::BubblyPhone(_))
        );
        let vendors_cap = bubblyphone.then_some(BUBBLYPHONE_HOURLY);
        let pool = Pool {
            name: name.unwrap_or_default(),
            trunk,
            attestation: table.word("attestation", &ATTESTATIONS),
            branded: table.flag("branded").unwrap_or(false),
            hourly_cap: hourly_cap(&mut table, vendors_cap).unwrap_or(30),
            vendors_cap,
        };
        let items = table.items("numbers");
        if items.is_empty() {
            table.missing("numbers", "list the numbers, with their plus");
        }
        for item in items {
            let Some(caller_id) = caller_id(&table, &item, &pool) else {
                continue;
            };
            if !seen.insert(caller_id.number) {
                table.source.error(
                    Some(item.span),
                    &item.key,
                    format!("{} is already listed above", caller_id.number),
                    "list each number once, in one pool",
                );
            }
            caller_ids.push(caller_id);
        }
        table.finish();
    }
    caller_ids
}

/// The hint for a caller ID.
const IN_FULL: &str = "write it in full, with its plus";

/// Returns a number that a caller ID may be.
///
/// # Errors
///
/// Errors if the text is not a number in E.164 form, or if no one can have the number: calls that show it are
/// blocked, and cannot be returned.
pub(super) fn caller_number(text: &str) -> Result<PhoneNumber, String> {
    let number: PhoneNumber = text.parse()?;
    let rules = Rules::embedded();
    if let Err(why) = rules.read_number(text, None) {
        return Err(format!("`{text}` can be no caller ID: {}", why.reason()));
    }
    match rules.fitness(number, Timestamp::MAX) {
        Err(why) if why.is_impossible() => {
            Err(format!("{number} can be no caller ID: {}", why.reason()))
        }
        Ok(_) | Err(_) => Ok(number),
    }
}

/// Returns the number of an entry; reports a fault if it can be no caller ID.
fn owned(table: &Table<'_, '_>, item: &Item<'_, '_>, text: &str) -> Option<PhoneNumber> {
    caller_number(text)
        .map_err(|why| {
            table
                .source
                .error(Some(item.span.clone()), &item.key, why, IN_FULL);
        })
        .ok()
}

/// Returns the cap if it is written. Adds advice if it is above the vendor's own cap.
fn hourly_cap(table: &mut Table<'_, '_>, vendors: Option<u32>) -> Option<u32> {
    let written = table.number("hourly_cap", 1..=1000)?;
    if let Some(vendors) = vendors.filter(|vendors| written > *vendors)
        && let Some(item) = table.item("hourly_cap")
    {
        table.source.warn(
            Some(item.span),
            &item.key,
            format!("{written} is above the hourly limit of BubblyPhone for one number"),
            format!("it refuses more than {vendors}"),
        );
    }
    Some(written)
}

/// Returns the caller ID of an entry: a number, or a table of a number and its own properties.
fn caller_id(table: &Table<'_, '_>, item: &Item<'_, '_>, pool: &Pool<'_>) -> Option<CallerId> {
    let mut caller_id = CallerId {
        number: PhoneNumber::from_digits(1_000_000)?,
        pool: pool.name.to_owned(),
        trunk: pool.trunk.clone(),
        region: None,
        attestation: pool.attestation,
        branded: pool.branded,
        hourly_cap: pool.hourly_cap,
        state: CallerIdState::Active,
        rests_until: None,
        ownership: None,
    };
    if let Some(text) = item.value.as_str() {
        caller_id.number = owned(table, item, text)?;
        return Some(caller_id);
    }
    let mut entry = table.nested(item)?;
    let number = entry.item("number");
    let number = number.and_then(|item| {
        let text = item.value.as_str();
        if text.is_none() {
            entry.wrong_type(&item, IN_FULL);
        }
        owned(&entry, &item, text?)
    });
    if !entry.has("number") {
        entry.missing("number", IN_FULL);
    }
    caller_id.region = entry.item("region").and_then(|item| region(&entry, &item));
    if let Some(attestation) = entry.word("attestation", &ATTESTATIONS) {
        caller_id.attestation = Some(attestation);
    }
    if let Some(branded) = entry.flag("branded") {
        caller_id.branded = branded;
    }
    if let Some(cap) = hourly_cap(&mut entry, pool.vendors_cap) {
        caller_id.hourly_cap = cap;
    }
    caller_id.state = entry.word("state", &STATES).unwrap_or_default();
    entry.finish();
    caller_id.number = number?;
    Some(caller_id)
}

/// Returns a region in upper case, `US-LA` or `GB`; reports a fault if the text has another form.
pub(super) fn region(table: &Table<'_, '_>, item: &Item<'_, '_>) -> Option<String> {
    let text = item.value.as_str().unwrap_or_default();
    let (country, part) = text.split_once('-').unwrap_or((text, "X"));
    let fits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if country.len() == 2 && fits(country, 2) && fits(part, 3) {
        return Some(text.to_ascii_uppercase());
    }
    table.source.error(
        Some(item.span.clone()),
        &item.key,
        format!("`{text}` is not a region"),
        "write it as US-LA or GB (ISO 3166-2)",
    );
    None
}

#[cfg(test)]
mod tests {
    use crate::config::read_deck;

    /// Returns lines and messages of the advice on two numbers, one with the pool's cap and one with its
    /// own.
    fn advice(kind: &str, pool: u32, number: u32) -> Vec<(usize, String)> {
        let text = format!(
            "[[trunk]]\nname = \"main\"\nkind = \"{kind}\"\n\
             [[pool]]\nname = \"local\"\ntrunk = \"main\"\nhourly_cap = {pool}\nnumbers = [\n\
             \"+12125550100\",\n{{ number = \"+12125550101\", hourly_cap = {number} }},\n]\n"
        );
        let warnings = read_deck("deck.toml", &text).unwrap().warnings;
        warnings
            .into_iter()
            .map(|one| (one.line, one.message))
            .collect()
    }

    #[test]
    fn a_cap_above_the_vendors_own_is_warned_of() {
        let above = "is above the hourly limit of BubblyPhone for one number";
        assert_eq!(advice("bubblyphone", 30, 30), []);
        assert_eq!(
            advice("bubblyphone", 31, 40),
            [(7, format!("31 {above}")), (10, format!("40 {above}"))]
        );
        assert_eq!(advice("simulator", 31, 40), []);
    }
}

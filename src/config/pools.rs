//! The deck's caller-ID pools: which numbers may be shown, and on which trunk.

use std::collections::BTreeSet;

use super::deck::region;
use super::source::Item;
use super::table::Table;
use super::value::suggestion;
use super::words::{ATTESTATIONS, STATES};
use crate::domain::{Attestation, CallerId, CallerIdState, PhoneNumber, TrunkName, TrunkSettings};

/// What every number of a pool shares unless it says otherwise.
struct Pool<'p> {
    name: &'p str,
    trunk: TrunkName,
    attestation: Option<Attestation>,
    branded: bool,
    hourly_cap: u32,
}

/// Reads every `[[pool]]`.
pub(super) fn pools(root: &mut Table<'_, '_>, trunks: &[TrunkSettings]) -> Vec<CallerId> {
    let names: Vec<&str> = trunks.iter().map(|trunk| trunk.name.0.as_str()).collect();
    let mut caller_ids = Vec::new();
    let mut seen: BTreeSet<PhoneNumber> = BTreeSet::new();
    for mut table in root.subs("pool") {
        let name = table.required_text("name", "give the pool a name");
        let trunk = table.required_text("trunk", "name the trunk that owns these numbers");
        if let Some(trunk) = trunk.filter(|trunk| !names.contains(trunk)) {
            let message = format!("there is no trunk `{trunk}` in this file");
            table.reject("trunk", message, suggestion(trunk, &names));
        }
        let pool = Pool {
            name: name.unwrap_or_default(),
            trunk: TrunkName(trunk.unwrap_or_default().to_owned()),
            attestation: table.word("attestation", &ATTESTATIONS),
            branded: table.flag("branded").unwrap_or(false),
            hourly_cap: table.number("hourly_cap", 1..=1000).unwrap_or(30),
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
                    format!("{} stands above already", caller_id.number),
                    "a number belongs to one pool, once",
                );
            }
            caller_ids.push(caller_id);
        }
        table.finish();
    }
    caller_ids
}

/// A number by itself, or a table of a number and what is different about it.
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
        match text.parse() {
            Ok(number) => caller_id.number = number,
            Err(why) => {
                let hint = "write it in full, with its plus";
                table
                    .source
                    .error(Some(item.span.clone()), &item.key, why, hint);
                return None;
            }
        }
        return Some(caller_id);
    }
    let mut entry = table.nested(item)?;
    let number = entry.parsed("number");
    if !entry.has("number") {
        entry.missing("number", "write it in full, with its plus");
    }
    caller_id.region = entry.item("region").and_then(|item| region(&entry, &item));
    if let Some(attestation) = entry.word("attestation", &ATTESTATIONS) {
        caller_id.attestation = Some(attestation);
    }
    if let Some(branded) = entry.flag("branded") {
        caller_id.branded = branded;
    }
    if let Some(cap) = entry.number("hourly_cap", 1..=1000) {
        caller_id.hourly_cap = cap;
    }
    caller_id.state = entry.word("state", &STATES).unwrap_or_default();
    entry.finish();
    caller_id.number = number?;
    Some(caller_id)
}

//! Checks the do-not-call lists: which ones campaigns need, and how old they are, area by area.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Finding, Level, count, finding};
use crate::cli::dnc_import::areas;
use crate::domain::{Area, CampaignState, ListKind, SuppressionList, Timestamp};
use crate::engine::law;
use crate::policy::preconditions::Standing;
use crate::policy::suppression::REGISTRY_WARNING;
use crate::rules::Rules;
use crate::store::Snapshot;

/// Returns the findings about the loaded lists, and about lists that are needed and not loaded.
pub(super) fn findings(snapshot: &Snapshot, rules: &Rules, now: Timestamp) -> Vec<Finding> {
    let mut findings: Vec<Finding> = snapshot
        .lists
        .iter()
        .map(|list| {
            if list.kind.is_registry() {
                return registry(list, rules, now);
            }
            let numbers = count(list.count, "number");
            let found = format!("{}: {numbers}, {} old", list.kind, age(list.as_of, now));
            finding("list", Level::Ok, found)
        })
        .collect();
    for kind in needed(snapshot, rules) {
        if !snapshot.lists.iter().any(|list| list.kind == kind) {
            let found = format!(
                "{kind} is not loaded; campaigns that need it are held (`dialdeck dnc import FILE \
                 --list {kind} --as-of DATE`)"
            );
            findings.push(finding("list", Level::Warn, found));
        }
    }
    findings
}

/// Returns the registries needed by campaigns that have not ended: those that they list, and those that the
/// law requires where their contacts are.
fn needed(snapshot: &Snapshot, rules: &Rules) -> BTreeSet<ListKind> {
    let mut needed = BTreeSet::new();
    for counts in &snapshot.campaigns {
        let campaign = &counts.campaign;
        if matches!(campaign.state, CampaignState::Done | CampaignState::Stopped) {
            continue;
        }
        let listed = campaign.settings.required_lists.iter();
        needed.extend(listed.filter(|list| list.is_registry()).cloned());
        let countries = law::countries(snapshot, campaign.id);
        for one in law::requirements(rules, &campaign.settings, &countries) {
            if matches!(one.standing, Standing::Unmet(_)) {
                needed.extend(one.row.lists.iter().cloned());
            }
        }
    }
    needed
}

/// Returns how old a registry is in each of its areas.
fn registry(list: &SuppressionList, rules: &Rules, now: Timestamp) -> Finding {
    let most = rules.registry_max_age(&list.kind);
    let of_age = |from: Duration, to: Duration| {
        let areas = list.areas.iter();
        let areas: BTreeSet<Area> = areas
            .filter(|(_, as_of)| (from..to).contains(&now.since(**as_of)))
            .map(|(area, _)| *area)
            .collect();
        areas
    };
    // "At most 31 days": data of exactly that age are still fresh.
    let over = most + Duration::from_millis(1);
    let stale = of_age(over, Duration::MAX);
    let soon = of_age(most.saturating_sub(REGISTRY_WARNING), over);
    let days = most.as_secs() / 86_400;
    let mut parts = vec![if list.areas.is_empty() {
        format!("{}: no area of it is covered by a full list", list.kind)
    } else {
        format!(
            "{}: {}, {}, the oldest {} old",
            list.kind,
            count(list.count, "number"),
            count(list.areas.len() as u64, "area"),
            age(list.as_of, now)
        )
    }];
    if !stale.is_empty() {
        parts.push(format!(
            "{} older than {days} days: campaigns that need it are held there",
            areas(&stale)
        ));
    }
    if !soon.is_empty() {
        parts.push(format!(
            "{} close to {days} days old: load newer data",
            areas(&soon)
        ));
    }
    let well = parts.len() == 1 && !list.areas.is_empty();
    let level = if well { Level::Ok } else { Level::Warn };
    finding("list", level, parts.join("; "))
}

fn age(as_of: Timestamp, now: Timestamp) -> String {
    count(now.since(as_of).as_secs() / 86_400, "day")
}

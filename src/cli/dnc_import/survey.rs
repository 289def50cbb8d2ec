//! What a do-not-call file holds and which contacts it would end, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use serde_json::json;

use super::{BATCH, CliError, Deck};
use crate::cli::args::DncImportArgs;
use crate::cli::output::{self, count, instant};
use crate::domain::{Area, ContactId, ListKind, PhoneNumber, Timestamp};
use crate::intake::{DncFile, DncRow};
use crate::rules::Rules;
use crate::store::Reads as _;

/// The most areas that are named one by one.
const NAMED: usize = 12;

/// The contents of a do-not-call file.
#[derive(Default)]
pub(super) struct Survey {
    /// Lines of a full list.
    listed: u64,
    /// Additions of a change file.
    additions: u64,
    removals: u64,
    rejected: u64,
    areas: BTreeSet<Area>,
}

/// The contacts that a list would end.
#[derive(Default)]
pub(super) struct Endangered {
    /// The number of contacts, by campaign.
    pub(super) by_campaign: BTreeMap<String, u64>,
}

impl Survey {
    /// Reads the file to the end.
    pub(super) fn of(file: &DncFile, rules: &Rules) -> Result<Self, CliError> {
        let mut survey = Self {
            rejected: file.rejected(),
            ..Self::default()
        };
        for row in file.read(rules)? {
            match row? {
                DncRow::Number { number, .. } => {
                    survey.listed += 1;
                    survey.areas.insert(Area::of(number));
                }
                DncRow::Addition { .. } => survey.additions += 1,
                DncRow::Removal { .. } => survey.removals += 1,
                DncRow::Reject(_) => {}
            }
        }
        Ok(survey)
    }

    /// Errors if no number can be taken from the file.
    pub(super) fn is_something(&self, args: &DncImportArgs) -> Result<(), CliError> {
        if self.listed + self.additions > 0 {
            return Ok(());
        }
        let removals = match self.removals {
            0 => String::new(),
            n => format!(" ({}, and an import only ever adds)", count(n, "removal")),
        };
        Err(CliError::failed(format!(
            "nothing can be taken from {}{removals}: {} is as it was",
            args.file.display(),
            args.list
        ))
        .hint("name a file with one number a line, or a CSV with a number column"))
    }
}

/// Returns the date of the data. Returns `None` for an own list that does not state it, and for a change
/// file, which dates nothing.
pub(super) fn date(
    args: &DncImportArgs,
    file: &DncFile,
    survey: &Survey,
) -> Result<Option<Timestamp>, CliError> {
    let found = file.as_of()?;
    match (args.as_of, found) {
        (Some(given), Some(found)) if given != found => Err(CliError::usage(format!(
            "--as-of says {}, the file itself {}",
            instant(given),
            instant(found)
        ))
        .hint("leave --as-of out, or correct the comment in the file")),
        (Some(at), _) | (None, Some(at)) => Ok(Some(at)),
        (None, None) if survey.listed == 0 || !args.list.is_registry() => Ok(None),
        (None, None) => Err(CliError::usage(format!(
            "the date of {} is not known: a registry is fresh by the date its data bear, not by when \
             it is imported",
            args.list
        ))
        .hint("give it with --as-of 2026-12-01, or as `# as of 2026-12-01` at the top of the file")),
    }
}

/// Counts the contacts that the file's numbers on the list would end.
pub(super) fn endangered(
    deck: &mut Deck,
    file: &DncFile,
    list: &ListKind,
    at: Timestamp,
) -> Result<Endangered, CliError> {
    let names: BTreeMap<_, _> = deck
        .store
        .campaigns()?
        .into_iter()
        .map(|campaign| (campaign.id, campaign.settings.name))
        .collect();
    let mut endangered = Endangered::default();
    if names.is_empty() {
        return Ok(endangered);
    }
    let mut seen: BTreeSet<ContactId> = BTreeSet::new();
    let mut batch: Vec<PhoneNumber> = Vec::with_capacity(BATCH);
    let rules = Arc::clone(&deck.rules);
    let mut look = |batch: &mut Vec<PhoneNumber>| -> Result<(), CliError> {
        for (campaign, contact) in deck.store.would_end(list, batch, at)? {
            if seen.insert(contact) {
                let name = names.get(&campaign).cloned().unwrap_or_default();
                *endangered.by_campaign.entry(name).or_default() += 1;
            }
        }
        batch.clear();
        Ok(())
    };
    for row in file.read(&rules)? {
        match row? {
            DncRow::Number { number, .. } | DncRow::Addition { number, .. } => batch.push(number),
            DncRow::Removal { .. } | DncRow::Reject(_) => {}
        }
        if batch.len() >= BATCH {
            look(&mut batch)?;
        }
    }
    look(&mut batch)?;
    Ok(endangered)
}

/// Writes what the list would end.
pub(super) fn say_ends(
    list: &ListKind,
    endangered: &Endangered,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let campaigns = &endangered.by_campaign;
    if campaigns.is_empty() {
        writeln!(out, "{list} ends no contact")?;
        return Ok(());
    }
    let all: u64 = campaigns.values().sum();
    let each: Vec<String> = campaigns
        .iter()
        .map(|(name, n)| format!("{n} of {name}"))
        .collect();
    writeln!(
        out,
        "{list} ends {}: {}",
        count(all, "contact"),
        each.join(", ")
    )?;
    Ok(())
}

/// Writes what an import would do.
pub(super) fn say(
    args: &DncImportArgs,
    survey: &Survey,
    endangered: &Endangered,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if as_json {
        return output::json(
            out,
            &json!({
                "dry_run": true,
                "list": args.list,
                "numbers": survey.listed + survey.additions,
                "removals_skipped": survey.removals,
                "areas": if args.list.is_registry() { json!(survey.areas) } else { json!([]) },
                "would_end": endangered.by_campaign,
                "rejected": survey.rejected,
            }),
        );
    }
    writeln!(
        out,
        "{}: {}, {}, {} that cannot be read",
        output::named(&args.file),
        count(survey.listed + survey.additions, "number"),
        count(survey.removals, "removal"),
        count(survey.rejected, "line")
    )?;
    if args.list.is_registry() {
        writeln!(out, "covers {}", areas(&survey.areas))?;
    }
    say_ends(&args.list, endangered, out)?;
    writeln!(out, "nothing is written: this was a dry run")?;
    Ok(())
}

/// Returns areas as text.
pub(in crate::cli) fn areas(areas: &BTreeSet<Area>) -> String {
    let named: Vec<String> = areas.iter().take(NAMED).map(ToString::to_string).collect();
    match areas.len().saturating_sub(NAMED) {
        _ if areas.is_empty() => "no area".to_owned(),
        0 => named.join(", "),
        more => format!("{} and {more} more areas", named.join(", ")),
    }
}

//! The judge's own reading of what the law requires before a call: the least consent and the registries.

use std::collections::HashMap;

use super::history::Settings;
use super::read::{DAY, Event, instant, text, texts};
use super::replay::Replay;
use super::reserve::{KINDS, ran_out};
use super::tables::Needed;

const REGISTRY_DAYS: i64 = 31;

/// Returns whether a list is a government's registry.
pub(crate) fn is_registry(list: &str) -> bool {
    list.starts_with("national:") || list.starts_with("state:")
}

fn import(event: &Event) -> [String; 3] {
    let list = text(&event.data["list"]);
    [event.campaign.clone(), list, text(&event.data["sha256"])]
}

impl Replay<'_> {
    /// Records a registry that was loaded: its date in each of its areas. A log from before areas had their
    /// own dates has none of them; its date then holds for all areas.
    pub(crate) fn registry_loaded(&mut self, event: &Event) {
        let as_of = instant(&event.data["as_of"]).unwrap_or(0);
        let areas = if event.data["areas"].is_null() {
            vec!["*".to_owned()]
        } else {
            texts(&event.data["areas"])
        };
        let list = text(&event.data["list"]);
        let known = self.registries.entry(list).or_default();
        for area in areas {
            // An older list does not replace what a newer one added.
            let date = known.entry(area).or_insert(as_of);
            *date = as_of.max(*date);
        }
    }

    /// Records an import that starts.
    pub(crate) fn import_started(&mut self, event: &Event) {
        self.imports.push(import(event));
    }

    /// D17: an import that names its start must have started, into that place and from that file.
    pub(crate) fn import_ended(&mut self, event: &Event) {
        if event.data["started"].is_null() {
            return;
        }
        let ended = import(event);
        match self.imports.iter().position(|started| *started == ended) {
            Some(place) => drop(self.imports.remove(place)),
            None => self.breach("D17", event, "an import ends that has not started"),
        }
    }

    /// D2: the number is on no list that binds, and every registry that is needed is loaded and fresh where
    /// the number is.
    pub(crate) fn lists(&mut self, event: &Event, settings: &Settings) {
        let needed = self.registries_needed(event, settings);
        let binds = |list: &str| {
            !is_registry(list)
                || settings.required_lists.iter().any(|own| own == list)
                || needed.contains_key(list)
        };
        let entries = self.history.suppressions.get(&event.number);
        let hit = entries.into_iter().flatten().find(|entry| {
            entry.reversed.is_none() && entry.binds(&event.campaign) && binds(&entry.list)
        });
        let on = hit.map(|entry| format!("on list {}", entry.list));
        let loaded_none = self.registries.is_empty();
        let registered = self.registered.iter().find(|(list, numbers)| {
            (loaded_none || self.registries.contains_key(list))
                && binds(list)
                && numbers.contains(&event.number)
        });
        let registered = registered.map(|(list, _)| format!("on the registry {list}"));
        for text in on.into_iter().chain(registered) {
            self.breach("D2", event, text);
        }
        for (list, days) in needed {
            let area = match event.number.strip_prefix("+1") {
                Some(rest) => rest.get(..3).unwrap_or_default(),
                None => "all",
            };
            let known = self.registries.get(&list);
            let as_of = known
                .and_then(|areas| areas.get(area).or(areas.get("*")))
                .copied();
            if as_of.is_none_or(|as_of| event.at - as_of > days * DAY) {
                let text = format!("{list} is missing in area {area}, or older than {days} days");
                self.breach("D2", event, text);
            }
        }
    }

    /// Returns the registries that could hold the number and that the campaign or the law requires, each with
    /// its maximum age in days.
    fn registries_needed(&self, event: &Event, settings: &Settings) -> HashMap<String, i64> {
        let rows = self.binding(event, settings);
        let (kind, holds) = self.on_record(event);
        let by_law = rows.iter().filter(|row| {
            let waived = (row.place.clone(), row.list.clone());
            let instead = holds && row.instead.contains(&kind);
            !instead && !settings.waived.contains(&waived)
        });
        let by_law: Vec<String> = by_law.map(|row| row.list.clone()).collect();
        let country = self.country(&event.number);
        let own = settings.required_lists.iter().filter(|list| {
            // A state's list may hold numbers of other area codes. These are not judged.
            list.strip_prefix("national:")
                .is_some_and(|one| one.eq_ignore_ascii_case(&country))
        });
        let all = own.cloned().chain(by_law).filter(|list| !list.is_empty());
        let table = &self.history.windows.tables.needed;
        all.map(|list| {
            let mut rows = table.iter().filter(|row| row.list == list);
            let days = rows.next().map_or(REGISTRY_DAYS, |row| row.days);
            (list, days)
        })
        .collect()
    }

    /// Returns the country of a number, as far as the area codes or a registry's row show it.
    fn country(&self, number: &str) -> String {
        let tables = &self.history.windows.tables;
        if let Some(code) = tables.area_code(number) {
            return code.country.clone();
        }
        let digits = number.trim_start_matches('+');
        let mut rows = tables.needed.iter();
        let row = rows.find(|row| !row.list.is_empty() && digits.starts_with(&row.numbers));
        row.map_or_else(String::new, |row| row.place.clone())
    }

    /// Returns the rows of the table that bind the call.
    fn binding(&self, event: &Event, settings: &Settings) -> Vec<Needed> {
        let tables = &self.history.windows.tables;
        let artificial = settings.call_class == "automated" || settings.agent == "automated";
        let digits = event.number.trim_start_matches('+');
        let mut places = texts(&event.data["regions"]);
        if let Some(code) = tables.area_code(&event.number) {
            let own = code.subdivisions.iter();
            places.extend(own.map(|part| format!("{}-{part}", code.country)));
        }
        let within = |place: &str| {
            let mut places = places.iter();
            places.any(|one| one == place || one.split('-').next() == Some(place))
        };
        let country = self.country(&event.number);
        let rows = tables.needed.iter().filter(|row| {
            let there = if row.list.is_empty() {
                within(&row.place)
            } else {
                row.place == country
            };
            there
                && (!row.artificial || artificial)
                && (row.purpose == "any" || row.purpose == settings.purpose)
                && digits.starts_with(&row.numbers)
        });
        rows.cloned().collect()
    }

    /// Returns the kind of consent that the call relied on, and whether it is valid.
    fn on_record(&self, event: &Event) -> (String, bool) {
        let data = &event.data["consent"];
        let kind = text(&data["kind"]);
        let holds = instant(&data["at"]).is_some_and(|at| {
            let revoked = self.revoked.get(&event.number).is_some_and(|r| at <= *r);
            at <= event.at && !revoked && !ran_out(&kind, at, event.at)
        });
        (kind, holds && !text(&data["source"]).is_empty())
    }

    /// Returns the rank of the consent that the law requires before the call.
    pub(crate) fn consent_asked(&self, event: &Event, settings: &Settings) -> usize {
        let rank = |kind: &str| KINDS.iter().position(|known| *known == kind);
        let rows = self.binding(event, settings);
        let asked = rows.iter().filter(|row| {
            let waived = (row.place.clone(), "consent".to_owned());
            !settings.waived.contains(&waived)
        });
        asked
            .filter_map(|row| rank(&row.consent))
            .max()
            .unwrap_or(0)
    }
}

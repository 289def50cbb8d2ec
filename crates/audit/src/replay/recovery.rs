//! Judges what a deck does after it went back in time: D6, D8, D13 and D14.

use std::collections::BTreeSet;

use super::Replay;
use crate::read::{Event, clock, instant, text, texts};

/// The incarnations in the log, and what is not restored yet.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    /// The tag of the attempt ids, and the serial from which they have it.
    tag: Option<(String, i64)>,
    /// Tags of runs that another one followed.
    past: BTreeSet<String>,
    /// Until when calls of a lost run may have been made. 0 if none was lost.
    last_run: i64,
    attempts: bool,
    /// Lists from which opt-outs may be missing. The next one is since when.
    lists: BTreeSet<String>,
    since: i64,
}

impl Replay<'_> {
    /// Judges the tag that `deck_opened` names for the attempt ids of a run. A simulation may keep the tag of
    /// the run before.
    pub(crate) fn run(&mut self, event: &Event) {
        let tag = text(&event.data["tag"]);
        if tag.is_empty() {
            return;
        }
        let from = match self.recovery.tag.take() {
            // Serials of a deck that went back in time begin beyond all that may be lost.
            Some((known, from)) => {
                if known != tag {
                    self.recovery.past.insert(known);
                }
                from
            }
            None => 0,
        };
        if self.recovery.past.contains(&tag) {
            self.breach("D13", event, "a tag that ids bear already");
        }
        self.recovery.tag = Some((tag, from));
    }

    /// Judges `incarnation_started`.
    pub(crate) fn incarnation(&mut self, event: &Event) {
        let tag = text(&event.data["tag"]);
        let from = event.data["from_serial"].as_i64().unwrap_or(0);
        let prefix = format!("{tag}-");
        let ids = self.history.attempts.iter().map(|attempt| &attempt.id);
        let (mut again, mut below) = (false, false);
        for id in ids {
            again |= id.starts_with(&prefix);
            below |= serial(id) >= from;
        }
        if again {
            self.breach("D13", event, "a tag that ids bear already");
        }
        if below {
            self.breach("D13", event, "serials begin below one that is known");
        }
        let known = self.recovery.tag.replace((tag, from));
        self.recovery.past.extend(known.map(|(known, _)| known));
        let Some(last_run) = instant(&event.data["last_run"]) else {
            return;
        };
        self.recovery.last_run = self.recovery.last_run.max(last_run);
        let is_missing = event.data["attempts_missing"] != 0;
        self.recovery.attempts |= is_missing;
        if is_missing {
            self.history.lost.push((event.at, last_run));
        }
        self.recovery.lists.extend(texts(&event.data["lists"]));
        self.recovery.since = event.at;
        if event.data["entries_missing"] != 0 && !self.recovery.lists.contains("internal") {
            self.breach("D8", event, "opt-outs may be missing, and nobody is asked");
        }
        if let Some(until) = instant(&event.data["until"]) {
            self.history.down.push((event.at, until));
        }
    }

    /// Handles a list that was imported again, or that a person confirmed as complete.
    pub(crate) fn made_good(&mut self, event: &Event, lists: &[String]) {
        let before = self.recovery.lists.len();
        self.recovery.lists.retain(|list| !lists.contains(list));
        if self.recovery.lists.len() < before {
            self.history.down.push((self.recovery.since, event.at));
        }
    }

    /// Handles `registry_loaded`. Only a list dated at or after the end of the lost run is complete.
    pub(crate) fn list_imported(&mut self, event: &Event) {
        let complete = instant(&event.data["as_of"]) >= Some(self.recovery.last_run);
        if complete {
            self.made_good(event, &[text(&event.data["list"])]);
        }
    }

    /// Judges a reservation after a loss.
    pub(crate) fn after_loss(&mut self, event: &Event) {
        if let Some((tag, from)) = self.recovery.tag.clone()
            && (tag_of(&event.attempt) != tag || serial(&event.attempt) < from)
        {
            let text = format!("an id that is not of {tag} from {from} on");
            self.breach("D13", event, text);
        }
        let gaps = self.history.campaigns.values();
        let longest = gaps.map(|campaign| campaign.settings.min_gap).max();
        let free = self.recovery.last_run + longest.unwrap_or(0);
        if self.recovery.attempts && event.at < free {
            let text = format!("attempts may be missing, they count until {}", clock(free));
            self.breach("D6", event, text);
        }
        if !self.recovery.lists.is_empty() {
            self.breach("D8", event, "opt-outs may be missing");
        }
    }
}

fn tag_of(attempt: &str) -> &str {
    attempt.rsplit_once('-').map_or("", |(tag, _)| tag)
}

fn serial(attempt: &str) -> i64 {
    let serial = attempt.rsplit('-').next();
    serial.and_then(|text| text.parse().ok()).unwrap_or(0)
}

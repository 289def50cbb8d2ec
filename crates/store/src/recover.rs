//! How a deck continues after it went back in time or was copied.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::{By, DeckSettings, StoreError};
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::{
    Campaign, CampaignState, DeckId, Incarnations, ListKind, Lost, NewIncarnation, Recovery,
    Timestamp,
};

/// How long a call may last beyond its ringing, talking and queueing limits before it is given up.
const MARGIN: Duration = Duration::from_mins(1);

/// The verbs of a deck that continues in another incarnation.
pub trait Recover {
    /// Starts another incarnation and returns its first serial.
    ///
    /// Attempt ids carry its tag from now on, and serials continue beyond every known one. After a loss of
    /// attempts no call is made until the lost ones no longer matter. After a loss of entries no call is made
    /// until the own lists are complete again. Logs `incarnation_started`.
    fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError>;

    /// Records a person's confirmation that no opt-out is missing from the own lists. Returns the lists from
    /// which some might have been missing; if there is none, nothing is logged. Logs `lists_confirmed`.
    fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError>;

    /// Returns what holds the deck's calls because it went back in time.
    fn recovery(&mut self) -> Result<Option<Recovery>, StoreError>;

    /// Returns the tags of the deck's attempt ids.
    fn incarnations(&mut self) -> Result<Incarnations, StoreError>;
}

/// Returns what holds calls after a loss: until when missing calls may be up or within the longest minimum
/// gap, and which of the own lists may lack opt-outs.
pub(super) fn after<'a>(
    lost: &Lost,
    campaigns: impl Iterator<Item = &'a Campaign>,
    settings: Option<&DeckSettings>,
    lists: impl Iterator<Item = ListKind>,
) -> Recovery {
    let campaigns: Vec<&Campaign> = campaigns.collect();
    let gaps = campaigns.iter();
    let gaps = gaps.map(|campaign| campaign.settings.attempts.min_gap);
    let lives = settings.into_iter().flat_map(|deck| {
        let trunks = deck.trunks.iter();
        trunks.map(|trunk| trunk.queue_wait + trunk.ring_timeout + trunk.max_call + MARGIN)
    });
    let wait = if lost.has_attempts() {
        gaps.chain(lives).max().unwrap_or_default()
    } else {
        Duration::ZERO
    };
    // A campaign's own list is created by its first number, which may be the missing one.
    let open = campaigns.iter();
    let open = open.filter(|campaign| campaign.state != CampaignState::Stopped);
    let own = lists
        .chain(open.map(|campaign| ListKind::Campaign(campaign.name().to_owned())))
        .filter(|list| lost.has_entries() && !list.is_registry());
    Recovery {
        last_run: lost.last_run,
        until: lost.last_run + wait,
        lists: own.collect(),
    }
}

/// Returns the entry `incarnation_started`.
pub(super) fn incarnation_started(
    new: &NewIncarnation,
    from_serial: i64,
    recovery: Option<&Recovery>,
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        how: &'static str,
        tag: String,
        from_serial: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempts_missing: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        entries_missing: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_run: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lists: Option<&'a BTreeSet<ListKind>>,
    }
    let data = Data {
        how: new.how.as_str(),
        tag: new.tag.to_string(),
        from_serial,
        identity: new.identity.as_ref().map(DeckId::to_string),
        attempts_missing: new.lost.and_then(|lost| lost.attempts),
        entries_missing: new.lost.and_then(|lost| lost.entries),
        last_run: recovery.map(|known| known.last_run),
        until: recovery.map(|known| known.until),
        lists: recovery.map(|known| &known.lists),
    };
    NewEvent::new(by.at, EventKind::IncarnationStarted, &by.actor).with_data(&data)
}

/// Returns the entry `lists_confirmed`.
pub(super) fn lists_confirmed(lists: &BTreeSet<ListKind>, reason: &str, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        lists: &'a BTreeSet<ListKind>,
        reason: &'a str,
    }
    let data = Data { lists, reason };
    NewEvent::new(by.at, EventKind::ListsConfirmed, &by.actor).with_data(&data)
}

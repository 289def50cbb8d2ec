//! How a deck continues after it went back in time or was copied.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{By, DeckSettings};
use dialdeck_core::domain::event::{EventData, IncarnationStarted, ListsConfirmed, NewEvent};
use dialdeck_core::domain::{Campaign, CampaignState, ListKind, Lost, NewIncarnation, Recovery};

/// How long a call may last beyond its ringing, talking and queueing limits before it is given up.
const MARGIN: Duration = Duration::from_mins(1);

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
    let data = EventData::IncarnationStarted(IncarnationStarted {
        how: new.how,
        tag: new.tag,
        from_serial,
        identity: new.identity,
        attempts_missing: new.lost.and_then(|lost| lost.attempts),
        entries_missing: new.lost.and_then(|lost| lost.entries),
        last_run: recovery.map(|known| known.last_run),
        until: recovery.map(|known| known.until),
        lists: recovery.map(|known| known.lists.clone()),
    });
    NewEvent::new(by.at, &by.actor, data)
}

/// Returns the entry `lists_confirmed`.
pub(super) fn lists_confirmed(lists: &BTreeSet<ListKind>, reason: &str, by: &By) -> NewEvent {
    let data = EventData::ListsConfirmed(ListsConfirmed {
        lists: lists.clone(),
        reason: reason.to_owned(),
    });
    NewEvent::new(by.at, &by.actor, data)
}

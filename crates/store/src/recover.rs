//! How a deck continues after it went back in time or was copied.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rights::verbs;
use super::{By, DeckSettings, StoreError};
use dialdeck_core::domain::event::{EventData, IncarnationStarted, ListsConfirmed, NewEvent};
use dialdeck_core::domain::{
    Campaign, CampaignState, DeckId, Incarnations, ListKind, Lost, NewIncarnation, Recovery, Right,
};

/// How long a call may last beyond its ringing, talking and queueing limits before it is given up.
const MARGIN: Duration = Duration::from_mins(1);

verbs! {
/// The verbs of a deck that continues in another incarnation. They error as those of
/// [`Store`](super::Store) do.
///
/// # Examples
///
/// A deck that was restored from a backup, and lacks two log entries of its last run:
///
/// ```
/// use dialdeck_core::domain::{DeckId, ListKind, Lost, NewIncarnation, Timestamp, Turn};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::By;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::recover::Recover;
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
/// let by = By { actor: "maria".to_owned(), at: now };
/// let lost = Lost { attempts: Some(0), entries: Some(2), last_run: now };
/// let first = store.begin_incarnation(
///     &NewIncarnation {
///         tag: DeckId(2),
///         from_serial: 1000,
///         how: Turn::Restored,
///         identity: None,
///         lost: Some(lost),
///     },
///     &by,
/// )?;
/// assert_eq!(first, 1000);
/// assert_eq!(store.incarnations()?.current(), DeckId(2));
///
/// // An opt-out may be missing, so a person has to confirm the list.
/// let held = store.recovery()?.map(|recovery| recovery.lists);
/// assert_eq!(held, Some([ListKind::Internal].into()));
/// let confirmed = store.confirm_lists("no one opted out today", &by)?;
/// assert_eq!(confirmed, [ListKind::Internal].into());
/// assert!(store.confirm_lists("again", &by)?.is_empty());
///
/// // Each run of the engine has a tag of its own.
/// assert_eq!(store.tag_run(0x5b0c_11aa)?.to_string(), "000000015b0c11aa");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Recover by RecoverVerbs {
    /// Starts another incarnation and returns its first serial.
    ///
    /// Attempt ids carry its tag until the next run of the engine, and serials continue beyond every known one. After a loss of
    /// attempts no call is made until the lost ones no longer matter. After a loss of entries no call is made
    /// until the own lists are complete again. Logs `incarnation_started`.
    [Right::Lists] fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError>;

    /// Gives the attempt ids of an engine's run the deck's identity and `drawn`, 32 random bits, as their tag
    /// from now on. Returns the tag. Not logged: an engine's start names it in `deck_opened`.
    [Right::Campaigns] fn tag_run(&mut self, drawn: u32) -> Result<DeckId, StoreError>;

    /// Records a person's confirmation that no opt-out is missing from the own lists. Returns the lists from
    /// which some might have been missing; if there is none, nothing is logged. Logs `lists_confirmed`.
    [Right::Lists] fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError>;

    /// Returns what holds the deck's calls because it went back in time.
    [any] fn recovery(&mut self) -> Result<Option<Recovery>, StoreError>;

    /// Returns the tags of the deck's attempt ids.
    [any] fn incarnations(&mut self) -> Result<Incarnations, StoreError>;
}
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

//! The verbs by which people and the engine change a deck.

use std::collections::BTreeSet;

use crate::exchange::{Delivery, ResultsTurn};
use crate::rights::{Handle, Restricted, verbs};
use crate::verbs::Reads;
use crate::{
    By, ClockAccepted, DeckSettings, ImportFigures, ImportPlan, ImportTarget, NewContact, Restored,
    Reversal, RowFate, StoreError, Suppressed, moves,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::NewEvent;
use dialdeck_core::domain::{
    Area, Authority, CallerIdState, Campaign, CampaignId, CampaignSettings, CampaignState,
    ContactId, ListKind, NewIncarnation, PhoneNumber, Right, Suppression, Timestamp, TrunkName,
};
use dialdeck_core::policy::LiveCalls;

verbs! {
/// What any process may do to a deck. A claim reads again what they write, inside its own transaction.
///
/// Every verb that writes needs a [`Right`](dialdeck_core::domain::Right). Without it the verb fails with
/// [`StoreError::NotPermitted`] and changes nothing.
///
/// # Errors
/// Every verb errors as those of [`Reads`] do. A verb that writes errors with [`StoreError::Displaced`] if the
/// deck's path leads to other files, except the verbs by which an engine records calls that are up.
///
/// # Examples
///
/// Two verbs that share one durable commit:
///
/// ```
/// use dialdeck_core::domain::{DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::{Acts, By, Reads as _, StoreError};
///
/// fn stop_all(store: &mut impl Acts, by: &By) -> Result<(), StoreError> {
///     store.begin()?;
///     store.hang_up_all("fire alarm", by)?;
///     store.hang_up_all("fire alarm, again", by)?;
///     store.commit()
/// }
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
/// stop_all(&mut store, &By { actor: "maria".to_owned(), at: now })?;
/// assert_eq!(store.hang_ups()?.requested, 2);
/// assert!(store.hang_ups()?.is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Acts: Reads by ActVerbs for Handle {
    plain {
        /// Makes verbs beyond this authority fail from now on. A store that was just opened has a supervisor's
        /// authority.
        ///
        /// # Examples
        ///
        /// ```
        /// use dialdeck_core::domain::{DeckId, Role, Timestamp};
        /// use dialdeck_core::rules::Rules;
        /// use dialdeck_store::memory::MemoryStore;
        /// use dialdeck_store::{Acts as _, By, Reads as _, StoreError};
        ///
        /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
        /// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
        /// store.restrict(Role::Viewer.into());
        ///
        /// let by = By { actor: "maria".to_owned(), at: now };
        /// let refused = store.hang_up_all("fire alarm", &by);
        /// assert!(matches!(refused, Err(StoreError::NotPermitted { .. })));
        /// assert_eq!(store.hang_ups()?.requested, 0);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        fn restrict(&mut self, who: Authority);
    } by {
        fn restrict(&mut self, who: Authority) {
            Restricted::restrict_to(Handle::store_mut(self), who);
        }
    }

    // ---- groups

    /// Starts a group. The verbs until [`Acts::commit`] become durable together.
    [any] fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable. If this errors, no verb of the group took effect.
    [any] fn commit(&mut self) -> Result<(), StoreError>;

    /// Replaces the trunks, the caller IDs and the deck's cap. Caller IDs that rest or are retired keep that
    /// state.
    [Right::Lists] fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError>;

    // ---- campaigns

    /// Adds a campaign in state `draft` and returns its id. Its pacing becomes its ceiling. Logs
    /// `campaign_added`.
    [Right::Lists] fn add_campaign(&mut self, settings: &CampaignSettings, by: &By)
        -> Result<CampaignId, StoreError>;

    /// Moves a campaign to another state and returns it. A move to the state it is in is no error and logs
    /// nothing. `running` from `draft` or `done` logs `campaign_started` (data: `overrides`, `note`), from
    /// `paused` `campaign_resumed`.
    [moves::right_to_move(to)] fn move_campaign(
        &mut self,
        id: CampaignId,
        to: CampaignState,
        note: &str,
        by: &By,
    ) -> Result<Campaign, StoreError>;

    /// Changes the live pacing and returns the campaign. Errors above the ceiling of the campaign's file.
    /// Logs `campaign_changed`.
    [inside] fn set_pacing(&mut self, id: CampaignId, pacing: Pacing, by: &By)
        -> Result<Campaign, StoreError>;

    /// Restarts the counts of a campaign's abandonment brake, so that it holds again only on new evidence.
    /// Returns the counts before. The legal abandonment rate stays. Logs `campaign_changed` with the reason
    /// and these counts.
    [Right::Campaigns] fn release_brake(&mut self, id: CampaignId, reason: &str, by: &By)
        -> Result<LiveCalls, StoreError>;

    /// Lets a trunk that its breaker rests try again: a running engine reads the reset in its next snapshot,
    /// and an engine that starts finds no rest kept. Returns `false` if there is no such trunk. Logs
    /// `alert_raised`.
    [Right::Campaigns] fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError>;

    // ---- contacts

    /// Logs `import_started`, before the first row of an import is added. Returns the entry's sequence
    /// number, which the import's end names. Until then the import is among
    /// [`Snapshot::unfinished_imports`](crate::Snapshot::unfinished_imports).
    [Right::Lists] fn start_import(&mut self, into: &ImportTarget, plan: &ImportPlan, by: &By)
        -> Result<i64, StoreError>;

    /// Adds contacts, all or none, and returns what happened to each row. Not logged by itself: see
    /// [`Acts::start_import`] and [`Acts::finish_import`].
    [Right::Lists] fn import_contacts(&mut self, campaign: CampaignId, rows: &[NewContact], at: Timestamp)
        -> Result<Vec<RowFate>, StoreError>;

    /// Logs `contacts_imported` with these figures, and moves a `done` campaign back to `running`. The import
    /// that it ends is no longer unfinished, nor is an earlier one of an identical file.
    [Right::Lists] fn finish_import(&mut self, campaign: CampaignId, figures: &ImportFigures, by: &By)
        -> Result<(), StoreError>;

    /// Lets contacts be called again as soon as every gate allows. Returns how many contacts changed. All or
    /// none.
    ///
    /// A waiting contact becomes due immediately. A contact of unknown fate may be called once more, because
    /// the person who asks has checked what happened (never on a guess). A ready contact stays as it is. All
    /// others are refused: a contact that was reached or is in flight needs no call, and one that is
    /// exhausted, suppressed, expired or invalid is so by a rule that cannot be overridden. Nothing else
    /// about a contact changes: the claim checks every gate again and counts all earlier attempts.
    ///
    /// A `done` campaign runs again. Logs `retry_planned` with outcome `requeued`.
    [Right::Campaigns] fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError>;

    /// Ends contacts of unknown fate as `done`, because a person has found out that they were reached.
    /// Returns how many, all or none. Errors for a contact whose fate is known. Logs `contact_finished`.
    [Right::Campaigns] fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError>;

    // ---- suppression

    /// Puts numbers on lists. Returns what that changed.
    ///
    /// A number that is already on its list keeps its entry, except that a permanent source replaces another
    /// one. An opt-out is also a revocation of consent. Contacts that are ready or waiting in a bound
    /// campaign end as `suppressed`. Attempts in flight are returned so that they can be hung up. Logs
    /// `suppression_added` per new number or source, `consent_revoked` on opt-outs, `contact_finished`.
    [Right::OptOut] fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError>;

    /// Adds a batch of an imported list and returns what that changed. Never removes a number. Registry
    /// numbers are not logged one by one: see [`Acts::finish_list`].
    [Right::Lists] fn import_suppressions(&mut self, list: &ListKind, numbers: &[PhoneNumber], by: &By)
        -> Result<Suppressed, StoreError>;

    /// Sets the date of a list after its import.
    ///
    /// An own list is dated `as_of`: if that is after a lost run, no opt-out of that run is missing any more.
    /// A registry is dated in `areas`, the areas that a full list covers; without areas its dates stay.
    /// Contacts that waited for the registry in these areas become due immediately. Logs `registry_loaded`,
    /// and ends the import as [`Acts::finish_import`] does.
    [Right::Lists] fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        areas: &BTreeSet<Area>,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Takes a number off a reversible list by a second record with a reason. Returns what was restored,
    /// `None` if the number was not on the list.
    ///
    /// Errors with [`StoreError::NotReversible`] if the entry's source is permanent (SIP 607). Logs
    /// `suppression_reversed`. Contacts that the entry finished stay finished and consent stays revoked,
    /// unless the reversal restores them: then `retry_planned` with outcome `restored` is logged for each
    /// contact, and a `done` campaign runs again.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, ListKind, PhoneNumber, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::memory::MemoryStore;
    /// use dialdeck_store::{Acts as _, By, Reads as _, Reversal, opt_out};
    ///
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
    /// let by = By { actor: "maria".to_owned(), at: now };
    /// let number: PhoneNumber = "+12125550142".parse()?;
    /// store.suppress(&[opt_out(number, None, &by)])?;
    ///
    /// let how = Reversal { reason: "a wrong number was marked", restore: true };
    /// let restored = store.reverse_suppression(number, &ListKind::Internal, how, &by)?;
    /// assert!(restored.is_some_and(|restored| restored.consent));
    /// assert!(store.suppressions_of(number)?.is_empty());
    ///
    /// // It is no longer on the list.
    /// assert!(store.reverse_suppression(number, &ListKind::Internal, how, &by)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    [Right::Lists] fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError>;

    /// Sets a caller ID's state and ends its rest. Logs `alert_raised`.
    [Right::Lists] fn set_caller_id_state(&mut self, number: PhoneNumber, state: CallerIdState, by: &By)
        -> Result<(), StoreError>;

    // ---- calls and alerts

    /// Requests that every call be hung up. Returns the request's number. The request lasts until an engine
    /// has carried it out, a later one if none runs now. Logs `alert_raised`.
    [Right::HoldBack] fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError>;

    /// Acknowledges the alert with this sequence number, which removes it from the snapshot. Returns `false`
    /// if it is no alert or was acknowledged before. The log keeps the alert; it has no event kind for this.
    [Right::Campaigns] fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError>;

    /// Appends an entry.
    [Right::Campaigns] fn append(&mut self, event: &NewEvent) -> Result<(), StoreError>;

    // ---- results to deliver

    /// Notes how deliveries went, gathers the ends logged since the last turn in campaigns with a results
    /// URL, and returns the results due at `now`, at most `limit`. Of each contact only the earliest is due,
    /// so that results arrive in order.
    [Right::Campaigns] fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError>;

    /// Makes results that were given up due immediately, all of them or one. Returns how many.
    [Right::Campaigns] fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError>;

    // ---- a deck that went back in time, was copied, or whose clock is wrong

    /// Starts another incarnation and returns its first serial.
    ///
    /// Attempt ids carry its tag until the next run of the engine, and serials continue beyond every known one. After a loss of
    /// attempts no call is made until the lost ones no longer matter. After a loss of entries no call is made
    /// until the own lists are complete again. Logs `incarnation_started`.
    ///
    /// # Examples
    ///
    /// A deck that was restored from a backup, and lacks two log entries of its last run:
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, ListKind, Lost, NewIncarnation, Timestamp, Turn};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::memory::MemoryStore;
    /// use dialdeck_store::{Acts as _, By, Reads as _};
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
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    [Right::Lists] fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError>;

    /// Records a person's confirmation that no opt-out is missing from the own lists. Returns the lists from
    /// which some might have been missing; if there is none, nothing is logged. Logs `lists_confirmed`.
    [Right::Lists] fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError>;

    /// Accepts, on a person's confirmation, that the machine's clock is right at `by.at`. Returns what was
    /// accepted, `None` if there was nothing to accept; then nothing is logged.
    ///
    /// Dialing is no longer held, the log continues from `by.at` even if its last entry is later, and sends
    /// dated later count from there. Logs `clock_accepted`.
    [Right::Campaigns] fn accept_clock(
        &mut self,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Option<ClockAccepted>, StoreError>;
}
}

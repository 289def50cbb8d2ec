//! The store's verbs, each with the right that it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::exchange::Exchange;
use super::recover::Recover;
use super::rights::{Restricted, verbs};
use super::timing::Timing;
use super::{
    By, Candidate, Claimed, ContactPage, ContactQuery, DeckSettings, Direction, HangUps,
    ImportFigures, ImportPlan, ImportTarget, ListKey, NewContact, PendingEnd, Recount, Restored,
    Reversal, RowFate, Settled, Snapshot, StoreError, Suppressed, moves,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{NewEvent, SealedEvent};
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, Authority, CallEvent, CallReport, CallerIdState, Campaign,
    CampaignId, CampaignSettings, CampaignState, ClassId, Contact, ContactId, DeckId, ListKind,
    PhoneNumber, Right, Suppression, SuppressionList, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, Facts, LiveCalls};

verbs! {
/// A deck's durable state. The crate's documentation says which process may call which verb.
///
/// Every verb that writes needs a [`Right`](dialdeck_core::domain::Right). Without it the verb fails with
/// [`StoreError::NotPermitted`] and changes nothing. Reading needs no right.
///
/// # Errors
/// Every verb that returns a `Result` errors with [`StoreError::Unusable`] if the store cannot be read or
/// written, and with [`StoreError::Busy`] if another process holds the write lock for too long. In an engine
/// it errors with [`StoreError::Superseded`] after another engine has started. A verb that writes errors with
/// [`StoreError::Displaced`] if the deck's path leads to other files, except the verbs by which an engine
/// records calls that are up. Further errors are named at the verbs.
///
/// # Examples
///
/// Two verbs that share one durable commit:
///
/// ```
/// use dialdeck_core::domain::{DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::{By, Store, StoreError};
///
/// fn stop_all(store: &mut impl Store, by: &By) -> Result<(), StoreError> {
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
pub trait Store: Exchange, Recover, Timing by Verbs {
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
        /// use dialdeck_store::{By, Store, StoreError};
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

        /// Returns the deck's identity.
        fn deck_id(&self) -> DeckId;
    } by {
        fn restrict(&mut self, who: Authority) {
            Restricted::restrict_to(self, who);
        }

        fn deck_id(&self) -> DeckId {
            Restricted::identity(self)
        }
    }

    /// Starts a group. The verbs until [`Store::commit`] become durable together.
    [any] fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable. If this errors, no verb of the group took effect.
    [any] fn commit(&mut self) -> Result<(), StoreError>;

    /// Returns whether another process has committed since the last call. Cheap. Errors if the deck's path
    /// leads to other files, where such a commit would go unnoticed.
    [any] fn changed_elsewhere(&mut self) -> Result<bool, StoreError>;

    /// Replaces the trunks, the caller IDs and the deck's cap. Caller IDs that rest or are retired keep that
    /// state.
    [Right::Lists] fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError>;

    /// Returns the settings last configured. `None` on a new deck.
    [any] fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError>;

    // ---- campaigns

    /// Adds a campaign in state `draft` and returns its id. Its pacing becomes its ceiling. Logs
    /// `campaign_added`.
    [Right::Lists] fn add_campaign(&mut self, settings: &CampaignSettings, by: &By)
        -> Result<CampaignId, StoreError>;

    /// Returns the campaign of that name. Errors if there is none.
    [any] fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError>;

    /// Returns all campaigns, by id.
    [any] fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError>;

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
    /// number, which the import's end names. Until then the import is among [`Snapshot::unfinished_imports`].
    [Right::Lists] fn start_import(&mut self, into: &ImportTarget, plan: &ImportPlan, by: &By)
        -> Result<i64, StoreError>;

    /// Adds contacts, all or none, and returns what happened to each row. Not logged by itself: see
    /// [`Store::start_import`] and [`Store::finish_import`].
    [Right::Lists] fn import_contacts(&mut self, campaign: CampaignId, rows: &[NewContact], at: Timestamp)
        -> Result<Vec<RowFate>, StoreError>;

    /// Logs `contacts_imported` with these figures, and moves a `done` campaign back to `running`. The import
    /// that it ends is no longer unfinished, nor is an earlier one of an identical file.
    [Right::Lists] fn finish_import(&mut self, campaign: CampaignId, figures: &ImportFigures, by: &By)
        -> Result<(), StoreError>;

    /// Returns the contacts with this number, over all campaigns.
    [any] fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError>;

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

    /// Returns all attempts of a contact, oldest first.
    [any] fn attempts_of(&mut self, contact: ContactId) -> Result<Vec<Attempt>, StoreError>;

    /// Gathers the facts about a contact as a claim would and passes them to `look`.
    [any] fn examine(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
        look: &mut dyn FnMut(&Facts<'_>),
    ) -> Result<(), StoreError>;

    // ---- suppression

    /// Puts numbers on lists. Returns what that changed.
    ///
    /// A number that is already on its list keeps its entry, except that a permanent source replaces another
    /// one. An opt-out is also a revocation of consent. Contacts that are ready or waiting in a bound
    /// campaign end as `suppressed`. Attempts in flight are returned so that they can be hung up. Logs
    /// `suppression_added` per new number or source, `consent_revoked` on opt-outs, `contact_finished`.
    [Right::OptOut] fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError>;

    /// Adds a batch of an imported list and returns what that changed. Never removes a number. Registry
    /// numbers are not logged one by one: see [`Store::finish_list`].
    [Right::Lists] fn import_suppressions(&mut self, list: &ListKind, numbers: &[PhoneNumber], by: &By)
        -> Result<Suppressed, StoreError>;

    /// Returns the contacts that these numbers on the list would end, number by number.
    [any] fn would_end(&mut self, list: &ListKind, numbers: &[PhoneNumber], at: Timestamp)
        -> Result<Vec<(CampaignId, ContactId)>, StoreError>;

    /// Sets the date of a list after its import.
    ///
    /// An own list is dated `as_of`: if that is after a lost run, no opt-out of that run is missing any more.
    /// A registry is dated in `areas`, the areas that a full list covers; without areas its dates stay.
    /// Contacts that waited for the registry in these areas become due immediately. Logs `registry_loaded`,
    /// and ends the import as [`Store::finish_import`] does.
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
    /// use dialdeck_store::{By, Reversal, Store, opt_out};
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

    /// Returns the entries of this number on all lists.
    [any] fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError>;

    /// Returns the loaded lists.
    [any] fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError>;

    /// Returns the numbers of a list in order, after `after`, at most `limit`.
    [any] fn list_page(&mut self, list: &ListKind, after: Option<PhoneNumber>, limit: usize)
        -> Result<Vec<Suppression>, StoreError>;

    // ---- the engine's verbs

    /// Returns ready contacts of one window class in queue order (priority high to low, due, id), after
    /// `after`, at most `limit`.
    [any] fn refill(&mut self, campaign: CampaignId, class: ClassId, after: Option<Candidate>, limit: usize)
        -> Result<Vec<Candidate>, StoreError>;

    /// Makes waiting contacts that are due ready and returns them, earliest first, at most `limit`.
    [Right::Campaigns] fn promote_due(&mut self, now: Timestamp, limit: usize)
        -> Result<Vec<Candidate>, StoreError>;

    /// Returns when the next waiting contact becomes due. In the past if one is due already.
    [any] fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;

    /// Ends contacts whose own time or whose campaign's time is over. Returns how many, at most `limit`.
    [Right::Campaigns] fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Claims a contact: gathers the facts, decides and acts. Returns the decision.
    ///
    /// On `Dial` the attempt is reserved and `attempt_reserved` logged. On a hold of scope `Contact` the
    /// contact waits. On a refusal it is finished and `contact_finished` logged.
    [Right::Campaigns] fn claim(&mut self, contact: ContactId, context: &Context, now: Timestamp)
        -> Result<Claimed, StoreError>;

    /// Records a call event that does not end the attempt: sent, ringing, answered, callee detected. Returns
    /// `false` if it is late or repeated; then nothing changed and nothing is logged.
    ///
    /// If the attempt has ended, an event that proves a call which its end denies corrects it. An attempt
    /// that ended by the network's final answer counts from then on (`attempt_corrected`). Any other is
    /// reopened (`attempt_reopened`): its fate is unknown, it holds its slots and its number, and it ends
    /// once more. If another call to the number is in flight it is only corrected. The contact of a reopened
    /// attempt is in flight again, unless it has an end or another call.
    [Right::Campaigns] fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError>;

    /// Marks the attempt's fate as unknown. It keeps its slot. Returns `false` if it was unknown already or
    /// has ended. Logs `attempt_unknown`.
    [Right::Campaigns] fn mark_unknown(&mut self, attempt: AttemptId, why: &str, now: Timestamp)
        -> Result<bool, StoreError>;

    /// Ends an attempt, once: classifies the end, plans the retry, moves the contact, counts. Returns `None`
    /// if the attempt had ended before and nothing changed. `at` is when the call ended.
    ///
    /// Logs `call_ended` (`attempt_reconciled` before it if the attempt was unknown), `retry_planned` or
    /// `contact_finished`, and `suppression_added` where it applies. An opt-out in the report holds even if
    /// the attempt had ended before.
    ///
    /// An attempt that had ended is corrected by a report that proves that its phone rang or was picked up:
    /// it counts from then on, with the outcome of that report, and its contact's next step is planned again.
    /// The network's final answer stays the outcome of a phone that only rang. Logs `attempt_corrected`
    /// instead of `call_ended`.
    [Right::Campaigns] fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError>;

    /// Replaces the kept state of a trunk's breaker, so that its rest outlives the engine and other processes
    /// can read it. Not logged: the engine raises the alert that a rest begins.
    [Right::Campaigns] fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError>;

    /// Notes that a call may still be up at the carrier of its trunk, which did not confirm its end. With
    /// `None` the end has been confirmed. The note outlives the attempt and the engine. Not logged.
    [Right::Campaigns] fn note_unclosed(&mut self, attempt: AttemptId, trunk: Option<&TrunkName>)
        -> Result<(), StoreError>;

    /// Keeps how a call ended until [`Store::settle`] ends its attempt, so that a crash in between loses
    /// nothing. Not logged.
    [Right::Campaigns] fn keep_end(&mut self, attempt: AttemptId, end: &PendingEnd) -> Result<(), StoreError>;

    /// Returns the attempts that have not ended.
    [any] fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Returns the attempts that are reserved and not known to be sent. The acknowledgement of an opt-out or
    /// a pause made by another process has to wait for them.
    [any] fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Sets a caller ID's state and ends its rest. Logs `alert_raised`.
    [Right::Lists] fn set_caller_id_state(&mut self, number: PhoneNumber, state: CallerIdState, by: &By)
        -> Result<(), StoreError>;

    /// Records which numbers the account owns, as the trunk's provider reports. A caller ID that is not owned
    /// is not shown. Logs `alert_raised` for each caller ID of the trunk that is newly found missing.
    [Right::Campaigns] fn note_numbers(&mut self, trunk: &TrunkName, owned: &[PhoneNumber], by: &By)
        -> Result<(), StoreError>;

    /// Requests that every call be hung up. Returns the request's number. The request lasts until an engine
    /// has carried it out, a later one if none runs now. Logs `alert_raised`.
    [Right::HoldBack] fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError>;

    /// Notes that the engine has asked the carriers to hang up every call, up to this request.
    [Right::Campaigns] fn hung_up(&mut self, wish: u64) -> Result<(), StoreError>;

    /// Returns the requests to hang up every call: the last one, and the last one carried out.
    [any] fn hang_ups(&mut self) -> Result<HangUps, StoreError>;

    // ---- alerts

    /// Acknowledges the alert with this sequence number, which removes it from the snapshot. Returns `false`
    /// if it is no alert or was acknowledged before. The log keeps the alert; it has no event kind for this.
    [Right::Campaigns] fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError>;

    // ---- reading

    /// Returns one consistent view of the deck.
    [any] fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError>;

    /// Returns a page of the call list: the contacts that match, beyond `from` (excluded) or from the list's
    /// end. Holds at most `limit` contacts and reads at most `budget` rows. Works on a store opened for
    /// reading only.
    [any] fn page(
        &mut self,
        query: &ContactQuery,
        from: Option<&ListKey>,
        direction: Direction,
        limit: usize,
        budget: u64,
    ) -> Result<ContactPage, StoreError>;

    /// Returns the contact and attempt counts, counted from the rows, to check [`Store::snapshot`] against.
    [any] fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError>;

    // ---- the event log

    /// Appends an entry.
    [Right::Campaigns] fn append(&mut self, event: &NewEvent) -> Result<(), StoreError>;

    /// Returns entries after `after`, oldest first, at most `limit`.
    ///
    /// # Examples
    ///
    /// Reads the event log and checks its chain:
    ///
    /// ```
    /// use dialdeck_core::domain::event::ChainCheck;
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::memory::MemoryStore;
    /// use dialdeck_store::{By, Store};
    ///
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
    /// let by = By { actor: "maria".to_owned(), at: now };
    /// store.hang_up_all("fire alarm", &by)?;
    /// store.hang_up_all("fire alarm, again", &by)?;
    ///
    /// let mut chain = ChainCheck::default();
    /// for entry in store.tail(0, 100)? {
    ///     chain.push(&entry.line)?;
    /// }
    /// assert_eq!(chain.entries(), 2);
    ///
    /// // Only what came after the first entry.
    /// assert_eq!(store.tail(1, 100)?[0].seq, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    [any] fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;

    /// Returns entries before `before`, newest first, at most `limit`. `i64::MAX` starts at the end.
    [any] fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;
}
}

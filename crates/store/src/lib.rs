//! What must survive: one trait of domain verbs, an in-memory oracle and SQLite behind it.
//!
//! Every verb is atomic. Between [`Store::begin`] and [`Store::commit`] several verbs share one
//! durable commit; a verb that is refused inside the group leaves no trace and does not harm the
//! others. One that fails because the store does may take the group with it: then its commit fails.
//! Whatever a verb returns may be acted upon only after the commit returned.
//!
//! Only the process that holds the deck's engine lock may call the engine verbs (`claim`, `record`,
//! `settle`, `mark_unknown`, `promote_due`, `expire_due`, `hung_up`, `keep_rest`, `note_unclosed`, `keep_end`). Any process may write suppressions and
//! commands: the claim re-reads both inside its own transaction.

mod answers;
pub mod crosscheck;
mod entries;
mod facts;
mod listing;
pub mod memory;
mod moves;
pub mod outside;
pub mod recover;
pub mod sqlite;
pub mod timing;
pub mod writer;

use std::collections::{BTreeMap, BTreeSet};

use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{NewEvent, SealedEvent};
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, Authority, CallEvent, CallReport, CallerIdState, Campaign,
    CampaignId, CampaignSettings, CampaignState, ClassId, Contact, ContactId, DeckId, ListKind,
    PhoneNumber, Suppression, SuppressionList, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, Facts, LiveCalls};

pub use answers::{
    By, CampaignCounts, Candidate, Claimed, Displaced, HangUps, PendingEnd, Recount, Restored,
    Reversal, RowFate, Settled, Snapshot, StoreError, Suppressed,
};
pub use dialdeck_core::domain::deck::DeckSettings;
pub use dialdeck_core::domain::import::{
    ImportFigures, ImportPlan, ImportTarget, NewContact, UnfinishedImport,
};
pub use listing::{ContactPage, ContactQuery, Direction, ListKey, ListOrder};
pub use outside::Outside;
pub use recover::Recover;
pub use timing::{ClockAccepted, Timing};

/// What must survive. See the module's documentation for who may call what.
///
/// Every verb that writes needs a [`Right`](dialdeck_core::domain::Right); without it the verb fails with
/// [`StoreError::NotPermitted`] before it does anything. Reading needs none.
pub trait Store: Outside + Recover + Timing + Send {
    /// From now on verbs beyond this authority fail. A store that was just opened is a supervisor's.
    fn restrict(&mut self, who: Authority);

    /// Starts a group; verbs until [`Store::commit`] become durable together.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable. After an error none of it happened.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// The deck's identity.
    fn deck_id(&self) -> DeckId;

    /// Whether another process has committed since the last call. Cheap. Errors if the deck's path leads
    /// elsewhere, where it would not be noticed.
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError>;

    /// Replaces trunks, caller IDs and deck cap. Caller IDs that rest or are retired stay so.
    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError>;

    /// The settings last configured; `None` on a new deck.
    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError>;

    // ---- campaigns

    /// Adds a campaign in state `draft`, its pacing being its ceiling. Logs `campaign_added`.
    fn add_campaign(
        &mut self,
        settings: &CampaignSettings,
        by: &By,
    ) -> Result<CampaignId, StoreError>;

    /// The campaign of that name.
    fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError>;

    /// All campaigns by id.
    fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError>;

    /// Moves a campaign; the move it is already in is no error and logs nothing. `running` from
    /// `draft` or `done` logs `campaign_started` (data: `overrides`, `note`), from `paused` `campaign_resumed`.
    fn move_campaign(
        &mut self,
        id: CampaignId,
        to: CampaignState,
        note: &str,
        by: &By,
    ) -> Result<Campaign, StoreError>;

    /// Changes the live pace, never above the file's ceiling. Logs `campaign_changed`.
    fn set_pacing(
        &mut self,
        id: CampaignId,
        pacing: Pacing,
        by: &By,
    ) -> Result<Campaign, StoreError>;

    /// Restarts the counts of a campaign's abandonment brake, so that it holds again only on new
    /// evidence; the counts it had. What the law counts stays. Logs `campaign_changed` with the reason and these counts.
    fn release_brake(
        &mut self,
        id: CampaignId,
        reason: &str,
        by: &By,
    ) -> Result<LiveCalls, StoreError>;

    /// Lets a trunk whose breaker rests it try again: an engine sees it in its next picture, and one
    /// that starts finds nothing kept. `false`: there is no such trunk. Logs `alert_raised`.
    fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError>;

    // ---- contacts

    /// Logs `import_started`, before the first row of an import is added; the entry's place, which the
    /// import's end names. Until then the import is among those of [`Snapshot::unfinished_imports`].
    fn start_import(
        &mut self,
        into: &ImportTarget,
        plan: &ImportPlan,
        by: &By,
    ) -> Result<i64, StoreError>;

    /// Adds contacts, all or none. Not logged by itself, see [`Store::start_import`] and
    /// [`Store::finish_import`].
    fn import_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError>;

    /// Logs `contacts_imported` with these figures, and moves a `done` campaign back to `running`. The
    /// import that it ends is unfinished no longer, nor is an earlier one of the same file.
    fn finish_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Contacts with this number, over all campaigns.
    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError>;

    /// Lets contacts be called again as soon as every gate allows; how many that changes. All or none.
    ///
    /// A contact that waits is due at once. One of unknown fate may be called once more, since the
    /// person who asks has looked (D15: never on a guess). One that is ready already stays as it is.
    /// All others are refused: reached or being called there is nothing to do, and what is used up,
    /// suppressed, over or unfit is so by a rule that nobody overrides. Nothing else about a contact
    /// changes: the claim asks every gate again, with all its attempts in the count (D6).
    ///
    /// A `done` campaign runs again. Logs `retry_planned` with outcome `requeued`.
    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError>;

    /// Somebody has found out that these contacts, of whose last call nobody could tell the fate, were
    /// reached: they end as done. How many; all or none. One whose fate is known is refused. Logs
    /// `contact_finished`.
    fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError>;

    /// All attempts of a contact, oldest first.
    fn attempts_of(&mut self, contact: ContactId) -> Result<Vec<Attempt>, StoreError>;

    /// Gathers the facts about a contact as a claim would and hands them to `look`.
    fn examine(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
        look: &mut dyn FnMut(&Facts<'_>),
    ) -> Result<(), StoreError>;

    // ---- suppression

    /// Puts numbers on lists. A number that is on its list already stays there as it is, but a permanent
    /// source replaces another one. An opt-out is also a revocation of consent. Contacts that are ready or
    /// waiting in a bound campaign end as `suppressed`; calls in flight are named for hanging up.
    /// Logs `suppression_added` per new number or source, `consent_revoked` on opt-outs, `contact_finished`.
    fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError>;

    /// Adds a batch of an imported list. Only ever adds. Not logged by number, see [`Store::finish_list`].
    fn import_suppressions(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError>;

    /// The contacts that these numbers on the list would end, a number at a time.
    fn would_end(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError>;

    /// Sets the date of an own list, from which then no opt-out of a lost run is missing any more if it
    /// is of after that run, or of a registry in the areas that a full list covers; without
    /// areas a registry is no fresher than it was. Contacts that waited for the registry in these areas
    /// are due at once. Logs `registry_loaded`, and ends the import as [`Store::finish_import`] does.
    fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        areas: &BTreeSet<Area>,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Takes a number off a reversible list by a second record with a reason. `None`: was not on it.
    /// An entry whose source is permanent (SIP 607) is refused with [`StoreError::NotReversible`].
    /// Logs `suppression_reversed`. Contacts finished by it stay finished and consent stays revoked,
    /// unless the reversal restores them: `retry_planned` with outcome `restored` for each contact, and
    /// a `done` campaign runs again.
    fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError>;

    /// Every list a number stands on.
    fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError>;

    /// Loaded lists.
    fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError>;

    /// Numbers of a list in order, after `after`, at most `limit`.
    fn list_page(
        &mut self,
        list: &ListKind,
        after: Option<PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError>;

    // ---- the engine's verbs

    /// Ready contacts of one class in queue order (priority high to low, due, id), after `after`.
    fn refill(
        &mut self,
        campaign: CampaignId,
        class: ClassId,
        after: Option<Candidate>,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError>;

    /// Moves waiting contacts that are due to ready; at most `limit`, earliest first.
    fn promote_due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Candidate>, StoreError>;

    /// When the next waiting contact becomes due; in the past when some are due already.
    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;

    /// Ends contacts whose own time or whose campaign's time is over; at most `limit`.
    fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Reads the facts, decides and acts: on `Dial` the attempt is reserved and `attempt_reserved`
    /// logged; on a hold of scope `Contact` the contact waits; on a refusal it is finished and
    /// `contact_finished` logged.
    fn claim(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
    ) -> Result<Claimed, StoreError>;

    /// Notes a call event that does not end the attempt: sent, ringing, answered, callee detected.
    /// `false`: late or repeated, nothing changed and nothing is logged (D18).
    ///
    /// Of an attempt that has ended, word that proves a call which its end denies corrects the record.
    /// An end by the network's final answer counts from then on (`attempt_corrected`); any other is
    /// taken back: the attempt is of unknown fate, holds its slots and its number, and ends once more
    /// (`attempt_reopened`), unless another call to the number is in flight, when it is only corrected. Its
    /// contact is in flight with it, unless it has an end or another call.
    fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError>;

    /// The attempt's fate is unknown; it keeps its slot. Logs `attempt_unknown`.
    fn mark_unknown(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends an attempt, once: classifies, plans the retry, moves the contact, counts. `None`: it had
    /// ended before. `at` is when the call ended. Logs `call_ended` (`attempt_reconciled` before it when the attempt was
    /// unknown), `retry_planned` or `contact_finished`, `suppression_added` where it applies. An opt-out
    /// in the report holds also when the attempt had ended before.
    ///
    /// An attempt that had ended is corrected by a report that proves that its phone rang, or was picked
    /// up: it counts from then on, with the outcome of that report, and what was planned for its contact
    /// is planned again. The network's final answer stays the outcome of a phone that only rang. Logs `attempt_corrected` instead of `call_ended`.
    fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError>;

    /// Replaces what is kept of a trunk's breaker, so that its rest outlives the engine and others
    /// know of it. Not logged: the alert that a rest begins is the engine's.
    fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError>;

    /// Notes that a call may still be up at the carrier of its trunk, which did not confirm its end;
    /// `None`: it has been confirmed. Lasts beyond the attempt's end and the engine's. Not logged.
    fn note_unclosed(
        &mut self,
        attempt: AttemptId,
        trunk: Option<&TrunkName>,
    ) -> Result<(), StoreError>;

    /// Keeps how a call ended until [`Store::settle`] ends its attempt, so that a crash in between
    /// loses nothing. Not logged.
    fn keep_end(&mut self, attempt: AttemptId, end: &PendingEnd) -> Result<(), StoreError>;

    /// Attempts that have not ended.
    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Attempts reserved and not known to be sent: what an acknowledgement of an opt-out or a pause
    /// made by another process has to wait for.
    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Sets a caller ID's state and ends its rest.
    fn set_caller_id_state(
        &mut self,
        number: PhoneNumber,
        state: CallerIdState,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Notes which numbers a trunk's provider says the account owns, for D11. Logs `alert_raised` for
    /// each caller ID of the trunk that turns out not to be among them.
    fn note_numbers(
        &mut self,
        trunk: &TrunkName,
        owned: &[PhoneNumber],
        by: &By,
    ) -> Result<(), StoreError>;

    /// Wishes that every call be hung up; the wish's number. It lasts until an engine has taken it,
    /// a later one if none runs now. Logs `alert_raised`.
    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError>;

    /// Notes that the engine has asked the carriers to hang up every call, up to this wish.
    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError>;

    /// Wishes to hang up every call.
    fn hang_ups(&mut self) -> Result<HangUps, StoreError>;

    // ---- alerts

    /// Notes that somebody has seen to the alert at this place of the log, which therefore leaves
    /// the picture. `false`: it is no alert, or somebody had. The log keeps it; it has no kind for this.
    fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError>;

    // ---- reading

    /// One consistent picture.
    fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError>;

    /// The contacts asked for that lie beyond `from`, itself excluded, or from the list's end; at
    /// most `limit`, for which at most `budget` rows are looked at. Works on a store that is only read.
    fn page(
        &mut self,
        query: &ContactQuery,
        from: Option<&ListKey>,
        direction: Direction,
        limit: usize,
        budget: u64,
    ) -> Result<ContactPage, StoreError>;

    /// The same counts made anew from the rows, for checking [`Store::snapshot`] (D16).
    fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError>;

    // ---- the event log

    /// Appends an entry.
    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError>;

    /// Entries after `after`, oldest first, at most `limit`.
    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;

    /// Entries before `before`, newest first, at most `limit`; `i64::MAX` starts at the end.
    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;
}

/// The callee's own opt-out, asked for on a call.
pub fn opt_out_on_call(attempt: &Attempt, at: Timestamp) -> Suppression {
    let by = By {
        actor: "callee".to_owned(),
        at,
    };
    let note = format!("said so on call {}", attempt.id);
    opt_out(attempt.number, Some(note), &by)
}

/// An opt-out marked by a person.
pub fn opt_out(number: PhoneNumber, note: Option<String>, by: &By) -> Suppression {
    Suppression {
        number,
        list: ListKind::Internal,
        source: SuppressionSource::OptOut,
        at: by.at,
        actor: by.actor.clone(),
        note,
    }
}

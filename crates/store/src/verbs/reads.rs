//! The verbs that change nothing.

use std::collections::BTreeMap;

use crate::exchange::{CallerIdFigures, Message, Quarantined, ResultDue};
use crate::rights::{Handle, Restricted, verbs};
use crate::{
    Candidate, ContactPage, ContactQuery, DeckSettings, Direction, HangUps, ListKey, Recount,
    Snapshot, StoreError,
};
use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::{
    Attempt, AttemptId, Campaign, CampaignId, ClassId, Contact, ContactId, DeckId, Incarnations,
    ListKind, PhoneNumber, Recovery, Suppression, SuppressionList, Timestamp,
};
use dialdeck_core::policy::{Context, Facts};

verbs! {
/// What any process may ask of a deck. No right is needed.
///
/// # Errors
/// Every verb that returns a `Result` errors with [`StoreError::Unusable`] if the store cannot be read or
/// written, and with [`StoreError::Busy`] if another process holds the write lock for too long. In an engine
/// it errors with [`StoreError::Superseded`] after another engine has started. Further errors are named at
/// the verbs.
pub trait Reads: Send by ReadVerbs for Handle {
    plain {
        /// Returns the deck's identity.
        fn deck_id(&self) -> DeckId;
    } by {
        fn deck_id(&self) -> DeckId {
            Restricted::identity(Handle::store(self))
        }
    }

    /// Returns whether another process has committed since the last call. Cheap. Errors if the deck's path
    /// leads to other files, where such a commit would go unnoticed.
    [any] fn changed_elsewhere(&mut self) -> Result<bool, StoreError>;

    // ---- the deck

    /// Returns the settings last configured. `None` on a new deck.
    [any] fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError>;

    // ---- campaigns and contacts

    /// Returns the campaign of that name. Errors if there is none.
    [any] fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError>;

    /// Returns all campaigns, by id.
    [any] fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError>;

    /// Returns the contacts with this number, over all campaigns.
    [any] fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError>;

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

    /// Returns the contacts that these numbers on the list would end, number by number.
    [any] fn would_end(&mut self, list: &ListKind, numbers: &[PhoneNumber], at: Timestamp)
        -> Result<Vec<(CampaignId, ContactId)>, StoreError>;

    // ---- suppression

    /// Returns the entries of this number on all lists.
    [any] fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError>;

    /// Returns the loaded lists.
    [any] fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError>;

    /// Returns the numbers of a list in order, after `after`, at most `limit`.
    [any] fn list_page(&mut self, list: &ListKind, after: Option<PhoneNumber>, limit: usize)
        -> Result<Vec<Suppression>, StoreError>;

    // ---- the queue

    /// Returns ready contacts of one window class in queue order (priority high to low, due, id), after
    /// `after`, at most `limit`.
    [any] fn refill(&mut self, campaign: CampaignId, class: ClassId, after: Option<Candidate>, limit: usize)
        -> Result<Vec<Candidate>, StoreError>;

    /// Returns when the next waiting contact becomes due. In the past if one is due already.
    [any] fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;

    // ---- calls

    /// Returns the attempts that have not ended.
    [any] fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Returns the attempts that are reserved and not known to be sent. The acknowledgement of an opt-out or
    /// a pause made by another process has to wait for them.
    [any] fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Returns the requests to hang up every call: the last one, and the last one carried out.
    [any] fn hang_ups(&mut self) -> Result<HangUps, StoreError>;

    // ---- the whole

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

    /// Returns the contact and attempt counts, counted from the rows, to check [`Reads::snapshot`] against.
    [any] fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError>;

    // ---- the event log

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
    /// use dialdeck_store::{Acts as _, By, Reads as _};
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

    // ---- what is exchanged with the outside

    /// Returns the messages about attempts that have not ended, oldest first.
    [any] fn messages(&mut self) -> Result<Vec<Message>, StoreError>;

    /// Returns what agents reported about each call made for a contact. The last report, if there are more.
    [any] fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError>;

    /// Returns the rejected requests, by trunk and reason.
    [any] fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError>;

    /// Returns the results that were given up, oldest first.
    [any] fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError>;

    /// Returns how each of these caller IDs performed up to `now`, in their order.
    [any] fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError>;

    /// Returns what holds the deck's calls because it went back in time.
    [any] fn recovery(&mut self) -> Result<Option<Recovery>, StoreError>;

    /// Returns the tags of the deck's attempt ids.
    [any] fn incarnations(&mut self) -> Result<Incarnations, StoreError>;
}
}

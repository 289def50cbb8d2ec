//! The state of each attempt: the vendor's id and the requested hang-up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::call::Why;
use dialdeck_core::domain::{AttemptId, Timestamp};

/// The most attempts in memory that no task follows: early or late hang-ups, and calls found by a look-up.
const MOST_UNFOLLOWED: usize = 4096;

/// How long after its hang-up a call that is still up is hung up again. The vendor marks the hang-up as
/// idempotent.
const AGAIN: Duration = Duration::from_secs(15);

/// All attempts that something is known about.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<AttemptId, Arc<Call>>>);

impl Calls {
    /// Returns the state of an attempt; created if there is none.
    pub(super) fn of(&self, attempt: AttemptId) -> Arc<Call> {
        let mut calls = locked(&self.0);
        if let Some(call) = calls.get(&attempt) {
            return Arc::clone(call);
        }
        let unfollowed = |call: &Arc<Call>| !call.is_followed();
        if calls.values().filter(|call| unfollowed(call)).count() >= MOST_UNFOLLOWED {
            let oldest = calls.iter().find(|(_, call)| unfollowed(call));
            if let Some(oldest) = oldest.map(|(attempt, _)| *attempt) {
                calls.remove(&oldest);
            }
        }
        let call = Arc::<Call>::default();
        calls.insert(attempt, Arc::clone(&call));
        call
    }

    /// Returns the state of an attempt, or `None` if there is none.
    pub(super) fn find(&self, attempt: AttemptId) -> Option<Arc<Call>> {
        locked(&self.0).get(&attempt).cloned()
    }

    /// Removes an attempt that has ended.
    pub(super) fn forget(&self, attempt: AttemptId) {
        locked(&self.0).remove(&attempt);
    }

    /// Returns whether this call of the vendor is known to belong to another attempt.
    pub(super) fn is_anothers(&self, id: &str, attempt: AttemptId) -> bool {
        locked(&self.0)
            .iter()
            .any(|(other, call)| *other != attempt && call.id().as_deref() == Some(id))
    }
}

/// The state of one attempt.
#[derive(Debug, Default)]
pub(super) struct Call {
    state: Mutex<State>,
    nudge: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The vendor's id, once known.
    id: Option<String>,
    stage: Stage,
    /// Why it has to be hung up; the first reason is kept.
    hang_up: Option<Why>,
    /// When a task last took the hang-up to send it.
    hang_up_taken: Option<Timestamp>,
    /// Whether a look-up is in progress.
    looked_up: bool,
    /// Whether a webhook showed that there is a call.
    shown: bool,
    /// How often its transcript could not be read.
    unheard: u32,
    /// Whether the operator was warned that it cannot be distinguished from another call.
    told_ambiguous: bool,
}

/// The stage of an attempt in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The request has not left.
    #[default]
    Unbegun,
    /// A task places or follows the call and will report its end.
    Followed,
    /// The request has left, and no task follows the call any more.
    LetGo,
}

impl Call {
    /// Marks the attempt as followed and returns whether its request may leave. A request leaves at most
    /// once, and never after a hang-up.
    pub(super) fn begin(self: &Arc<Self>) -> Begun {
        let mut state = locked(&self.state);
        if state.stage != Stage::Unbegun {
            return Begun::Before;
        }
        if state.hang_up.is_some() {
            return Begun::Cancelled;
        }
        state.stage = Stage::Followed;
        Begun::Now(Following(Arc::clone(self)))
    }

    /// Returns whether a task places or follows the call.
    pub(super) fn is_followed(&self) -> bool {
        locked(&self.state).stage == Stage::Followed
    }

    /// Returns the vendor's id, once known.
    pub(super) fn id(&self) -> Option<String> {
        locked(&self.state).id.clone()
    }

    /// Records the vendor's id.
    pub(super) fn know(&self, id: &str) {
        locked(&self.state).id = Some(id.to_owned());
    }

    /// Requests a hang-up. An earlier reason is kept.
    pub(super) fn request_hang_up(&self, why: Why) {
        locked(&self.state).hang_up.get_or_insert(why);
    }

    /// Returns why the call has to be or was hung up, or `None`.
    pub(super) fn hang_up_reason(&self) -> Option<Why> {
        locked(&self.state).hang_up
    }

    /// Returns the id of the call to hang up now. Returns `None` if no hang-up is requested, if the id is not
    /// known, or if another task took the hang-up recently.
    pub(super) fn take_hang_up(&self, now: Timestamp) -> Option<String> {
        let mut state = locked(&self.state);
        let due = state.hang_up_taken.is_none_or(|taken| now >= taken + AGAIN);
        state.hang_up.filter(|_| due)?;
        let id = state.id.clone()?;
        state.hang_up_taken = Some(now);
        Some(id)
    }

    /// Records that the hang-up failed, so that it is sent again.
    pub(super) fn return_hang_up(&self) {
        locked(&self.state).hang_up_taken = None;
    }

    /// Wakes the task that follows the call.
    pub(super) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Completes after a [`Self::nudge`] since the last completion.
    pub(super) async fn nudged(&self) {
        self.nudge.notified().await;
    }

    /// Starts a look-up. Returns `None` while another look-up is in progress.
    pub(super) fn look(&self) -> Option<Looking<'_>> {
        let mut state = locked(&self.state);
        if std::mem::replace(&mut state.looked_up, true) {
            return None;
        }
        Some(Looking(self))
    }

    /// Records that a webhook showed that there is a call.
    pub(super) fn show(&self) {
        locked(&self.state).shown = true;
    }

    /// Returns whether a webhook has shown that there is a call.
    pub(super) fn is_shown(&self) -> bool {
        locked(&self.state).shown
    }

    /// Records that the transcript could not be read. Returns how often that has happened.
    pub(super) fn unheard(&self) -> u32 {
        let mut state = locked(&self.state);
        state.unheard += 1;
        state.unheard
    }

    /// Returns `true` once: on the first call, to warn the operator that the call cannot be distinguished
    /// from another one.
    pub(super) fn tell_ambiguous(&self) -> bool {
        !std::mem::replace(&mut locked(&self.state).told_ambiguous, true)
    }
}

/// Whether a request may leave.
#[derive(Debug)]
pub(super) enum Begun {
    /// It may leave now. The call counts as followed until this value is dropped.
    Now(Following),
    /// A hang-up was requested, so the call did not begin.
    Cancelled,
    /// The request left before.
    Before,
}

/// Marks a call as followed until it is dropped.
#[derive(Debug)]
pub(super) struct Following(Arc<Call>);

impl Drop for Following {
    fn drop(&mut self) {
        locked(&self.0.state).stage = Stage::LetGo;
    }
}

/// Marks a look-up as in progress until it is dropped.
#[derive(Debug)]
pub(super) struct Looking<'a>(&'a Call);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).looked_up = false;
    }
}

/// Returns the lock of a mutex, also after a panic elsewhere. The data is consistent then, because every
/// change is a single assignment or map operation.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    fn attempt(serial: i64) -> AttemptId {
        AttemptId {
            deck: DeckId(1),
            serial,
        }
    }

    #[test]
    fn a_hang_up_before_the_request_keeps_it_from_leaving() {
        let calls = Calls::default();
        calls.of(attempt(1)).request_hang_up(Why::Asked);
        assert!(matches!(calls.of(attempt(1)).begin(), Begun::Cancelled));
        assert!(matches!(calls.of(attempt(2)).begin(), Begun::Now(_)));
        assert!(matches!(calls.of(attempt(2)).begin(), Begun::Before));
    }

    #[test]
    fn a_hang_up_waits_for_the_id_and_is_not_sent_twice_at_once() {
        let call = Arc::<Call>::default();
        assert!(matches!(call.begin(), Begun::Now(_)));
        call.request_hang_up(Why::Asked);
        let now = Timestamp::from_millis(0);
        assert_eq!(call.take_hang_up(now), None);
        call.know("c1");
        assert_eq!(call.take_hang_up(now).as_deref(), Some("c1"));
        assert_eq!(call.take_hang_up(now), None);
        call.return_hang_up();
        assert_eq!(call.take_hang_up(now).as_deref(), Some("c1"));
        assert_eq!(call.take_hang_up(now + AGAIN).as_deref(), Some("c1"));
        call.request_hang_up(Why::RangOut);
        assert_eq!(
            call.hang_up_reason(),
            Some(Why::Asked),
            "the first request stands"
        );
    }

    #[test]
    fn what_nobody_follows_is_bounded() {
        let calls = Calls::default();
        let following = calls.of(attempt(0)).begin();
        let most = i64::try_from(MOST_UNFOLLOWED).unwrap();
        for serial in 1..=most + 10 {
            calls.of(attempt(serial)).request_hang_up(Why::Asked);
        }
        assert_eq!(locked(&calls.0).len(), MOST_UNFOLLOWED + 1);
        assert!(calls.find(attempt(0)).is_some(), "a followed call stays");
        assert!(calls.find(attempt(1)).is_none());
        drop(following);
        assert!(!calls.of(attempt(0)).is_followed());
    }

    #[test]
    fn a_call_is_looked_up_by_one_at_a_time() {
        let call = Call::default();
        let looking = call.look();
        assert!(looking.is_some() && call.look().is_none());
        drop(looking);
        assert!(call.look().is_some());
    }
}

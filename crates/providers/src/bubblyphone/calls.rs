//! Which of our attempts is which of the vendor's calls, and what is wished of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::call::Why;
use dialdeck_core::domain::{AttemptId, Timestamp};

/// How many attempts are remembered that nobody follows: hang-ups that came early or late, and
/// calls that were found by looking them up.
const MOST_UNFOLLOWED: usize = 4096;

/// A call that is still up so long after its hang-up was taken is hung up again: the vendor calls
/// that harmless.
const AGAIN: Duration = Duration::from_secs(15);

/// Every attempt that something is known of.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<AttemptId, Arc<Call>>>);

impl Calls {
    /// The attempt's place; made when there is none.
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

    /// The attempt's place, if there is one.
    pub(super) fn find(&self, attempt: AttemptId) -> Option<Arc<Call>> {
        locked(&self.0).get(&attempt).cloned()
    }

    /// The attempt is over: nothing has to be known of it any more.
    pub(super) fn forget(&self, attempt: AttemptId) {
        locked(&self.0).remove(&attempt);
    }

    /// Whether the vendor's call is known to be another attempt's.
    pub(super) fn is_anothers(&self, id: &str, attempt: AttemptId) -> bool {
        locked(&self.0)
            .iter()
            .any(|(other, call)| *other != attempt && call.id().as_deref() == Some(id))
    }
}

/// One attempt.
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
    /// What it is to be hung up for; the first wish stands.
    wish: Option<Why>,
    /// When the wish was last taken to be carried out.
    wish_taken: Option<Timestamp>,
    /// It is being looked up.
    looked_up: bool,
    /// A webhook showed that there is a call.
    shown: bool,
    /// Looks at its transcript that were in vain.
    unheard: u32,
    /// An operator was told that it cannot be told from another call.
    told_ambiguous: bool,
}

/// Where an attempt stands in this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Its request has not left.
    #[default]
    Unbegun,
    /// A task places or follows it and will tell its end.
    Followed,
    /// Its request has left, and nobody follows it any more.
    LetGo,
}

impl Call {
    /// Takes the attempt on: its request may leave once, and not when it is to be hung up already.
    pub(super) fn begin(self: &Arc<Self>) -> Begun {
        let mut state = locked(&self.state);
        if state.stage != Stage::Unbegun {
            return Begun::Before;
        }
        if state.wish.is_some() {
            return Begun::Cancelled;
        }
        state.stage = Stage::Followed;
        Begun::Now(Following(Arc::clone(self)))
    }

    /// Whether a task follows it, or places it.
    pub(super) fn is_followed(&self) -> bool {
        locked(&self.state).stage == Stage::Followed
    }

    /// The vendor's id, once known.
    pub(super) fn id(&self) -> Option<String> {
        locked(&self.state).id.clone()
    }

    /// The vendor's id is known now.
    pub(super) fn know(&self, id: &str) {
        locked(&self.state).id = Some(id.to_owned());
    }

    /// It is to be hung up.
    pub(super) fn wish(&self, why: Why) {
        locked(&self.state).wish.get_or_insert(why);
    }

    /// What it is to be, or was, hung up for.
    pub(super) fn wished(&self) -> Option<Why> {
        locked(&self.state).wish
    }

    /// The id to hang up, when that is wished, possible and not just done: for one taker alone.
    pub(super) fn take_wish(&self, now: Timestamp) -> Option<String> {
        let mut state = locked(&self.state);
        let due = state.wish_taken.is_none_or(|taken| now >= taken + AGAIN);
        state.wish.filter(|_| due)?;
        let id = state.id.clone()?;
        state.wish_taken = Some(now);
        Some(id)
    }

    /// The hang-up failed: it is to be asked for again.
    pub(super) fn give_wish_back(&self) {
        locked(&self.state).wish_taken = None;
    }

    /// Something may have changed.
    pub(super) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Completes when something may have changed since it was last asked.
    pub(super) async fn nudged(&self) {
        self.nudge.notified().await;
    }

    /// Begins to look it up; `None` while somebody else does.
    pub(super) fn look(&self) -> Option<Looking<'_>> {
        let mut state = locked(&self.state);
        if std::mem::replace(&mut state.looked_up, true) {
            return None;
        }
        Some(Looking(self))
    }

    /// A webhook showed that there is a call.
    pub(super) fn show(&self) {
        locked(&self.state).shown = true;
    }

    /// Whether a webhook has shown that there is a call.
    pub(super) fn is_shown(&self) -> bool {
        locked(&self.state).shown
    }

    /// Its transcript could not be read; gives how often that was so.
    pub(super) fn unheard(&self) -> u32 {
        let mut state = locked(&self.state);
        state.unheard += 1;
        state.unheard
    }

    /// Whether an operator is yet to be told that it cannot be told from another call.
    pub(super) fn tell_ambiguous(&self) -> bool {
        !std::mem::replace(&mut locked(&self.state).told_ambiguous, true)
    }
}

/// Whether a request may leave.
#[derive(Debug)]
pub(super) enum Begun {
    /// Now; the call is followed until this is dropped.
    Now(Following),
    /// It is to be hung up, and was not begun.
    Cancelled,
    /// It left before.
    Before,
}

/// Somebody follows a call and will tell its end.
#[derive(Debug)]
pub(super) struct Following(Arc<Call>);

impl Drop for Following {
    fn drop(&mut self) {
        locked(&self.0.state).stage = Stage::LetGo;
    }
}

/// A look-up that is under way.
#[derive(Debug)]
pub(super) struct Looking<'a>(&'a Call);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).looked_up = false;
    }
}

/// What a panic elsewhere left behind is still whole: every change is a single one.
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
        calls.of(attempt(1)).wish(Why::Asked);
        assert!(matches!(calls.of(attempt(1)).begin(), Begun::Cancelled));
        assert!(matches!(calls.of(attempt(2)).begin(), Begun::Now(_)));
        assert!(matches!(calls.of(attempt(2)).begin(), Begun::Before));
    }

    #[test]
    fn a_hang_up_waits_for_the_id_and_is_not_sent_twice_at_once() {
        let call = Arc::<Call>::default();
        assert!(matches!(call.begin(), Begun::Now(_)));
        call.wish(Why::Asked);
        let now = Timestamp::from_millis(0);
        assert_eq!(call.take_wish(now), None);
        call.know("c1");
        assert_eq!(call.take_wish(now).as_deref(), Some("c1"));
        assert_eq!(call.take_wish(now), None);
        call.give_wish_back();
        assert_eq!(call.take_wish(now).as_deref(), Some("c1"));
        assert_eq!(call.take_wish(now + AGAIN).as_deref(), Some("c1"));
        call.wish(Why::RangOut);
        assert_eq!(call.wished(), Some(Why::Asked), "the first wish stands");
    }

    #[test]
    fn what_nobody_follows_is_bounded() {
        let calls = Calls::default();
        let following = calls.of(attempt(0)).begin();
        let most = i64::try_from(MOST_UNFOLLOWED).unwrap();
        for serial in 1..=most + 10 {
            calls.of(attempt(serial)).wish(Why::Asked);
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

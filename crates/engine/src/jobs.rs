//! What the dispatcher's [`Job`]s do to a store. They run on the store's own thread.

use std::sync::Arc;

use dialdeck_core::domain::{
    AttemptState, CampaignId, CampaignState, ContactState, PhoneNumber, Timestamp, TrunkName,
};
use dialdeck_core::policy::{Context, suppression, window};
use dialdeck_providers::Owned;
use dialdeck_store::{Acts, By, Candidate, EngineStore, Reads, StoreError};

use super::{Command, CommandError, Effected, EngineSnapshot, Event, Job, deck_file};

/// Contacts promoted or expired in one transaction. The number is small, so that claims never wait long for
/// one.
const SWEEP: usize = 512;

/// The reason in the log for which an engine accepts a clock that an operator has accepted.
const FOLLOWS: &str = "the engine goes on by the clock that was accepted";

/// Returns whether a job may share a later commit, because the dispatcher does not wait for its answer.
pub(crate) fn is_lazy(job: &Job) -> bool {
    match job {
        Job::Record(_)
        | Job::MarkUnknown(..)
        | Job::Log(_)
        | Job::HungUp(_)
        | Job::NoteUnclosed(..)
        | Job::KeepEnd(..)
        | Job::KeepRest(..) => true,
        Job::Refresh
        | Job::Refill(..)
        | Job::Promote
        | Job::Expire
        | Job::Claim(..)
        | Job::Late(_)
        | Job::Settle(..)
        | Job::CheckDone(_)
        | Job::NoteNumbers(..)
        | Job::HoldClock(_)
        | Job::FollowClock
        | Job::Command(..) => false,
    }
}

/// Runs a job. Returns the event for the dispatcher; `None` if there is none. A failure of the store is
/// returned as an event, too.
pub fn perform<S: EngineStore>(store: &mut S, job: Job, by: &By) -> Option<Event> {
    let now = by.at;
    let done = match job {
        Job::Refresh => {
            engine_snapshot(store, now).map(|snapshot| Event::Snapshot(Box::new(snapshot)))
        }
        Job::Refill(campaign, class, after, limit) => store
            .refill(campaign, class, after, limit)
            .map(|candidates| Event::Refilled {
                campaign,
                class,
                complete: candidates.len() < limit,
                candidates,
            }),
        Job::Promote => promote(store, now),
        Job::Expire => store.expire_due(now, SWEEP).map(|ended| Event::Expired {
            more: ended >= SWEEP as u64,
        }),
        Job::Claim(candidate, context) => store
            .claim(candidate.contact, &context, now)
            .map(|result| Event::Claimed { candidate, result }),
        Job::Record(event) => return failed(store.record(&event, now)),
        Job::Late(event) => store.record(&event, now).and_then(|new| {
            // A late event may have reopened its attempt, which is in flight again.
            let read = new.then(|| engine_snapshot(store, now)).transpose()?;
            Ok(read.map_or(Event::Tick, |snapshot| Event::Snapshot(Box::new(snapshot))))
        }),
        Job::MarkUnknown(attempt, why) => return failed(store.mark_unknown(attempt, why, now)),
        Job::Log(event) => return failed(store.append(&event)),
        Job::NoteUnclosed(attempt, trunk) => {
            return failed(store.note_unclosed(attempt, trunk.as_ref()));
        }
        Job::KeepEnd(attempt, end) => return failed(store.keep_end(attempt, &end)),
        Job::HungUp(wish) => return failed(store.hung_up(wish)),
        Job::KeepRest(trunk, kept) => return failed(store.keep_rest(&trunk, kept)),
        Job::Settle(attempt, report, at) => store
            .settle(attempt, &report, at, now)
            .map(|settled| Event::Settled { attempt, settled }),
        Job::NoteNumbers(trunk, owned) => numbers_of(store, &trunk, owned)
            .and_then(|numbers| store.note_numbers(&trunk, &numbers, by))
            .and_then(|()| engine_snapshot(store, now))
            .map(|snapshot| Event::Snapshot(Box::new(snapshot))),
        Job::FollowClock => store
            .accept_clock(Some(FOLLOWS), by)
            .and_then(|_| engine_snapshot(store, now))
            .map(|snapshot| Event::Snapshot(Box::new(snapshot))),
        Job::HoldClock(held) => store.hold_clock(held).map(|_| Event::ClockHeld),
        Job::CheckDone(campaign) => check_done(store, campaign, by),
        Job::Command(id, command) => {
            let result = match carry_out(store, command, by) {
                Err(error @ (StoreError::Unusable(_) | StoreError::Busy(_))) => {
                    return Some(Event::StoreFailed(error));
                }
                other => other.map_err(|error| CommandError::Refused(Arc::new(error))),
            };
            Ok(Event::Commanded { id, result })
        }
    };
    Some(done.unwrap_or_else(failure))
}

fn failure(error: StoreError) -> Event {
    if matches!(error, StoreError::Displaced(_)) {
        Event::Displaced(error)
    } else {
        Event::StoreFailed(error)
    }
}

/// Returns the numbers that a trunk's provider reports as owned; those of the deck file if the provider
/// accepts any number.
fn numbers_of<S: Reads>(
    store: &mut S,
    trunk: &TrunkName,
    owned: Owned,
) -> Result<Vec<PhoneNumber>, StoreError> {
    match owned {
        Owned::These(numbers) => Ok(numbers),
        Owned::Any => {
            let settings = store.settings()?;
            let ids = settings.iter().flat_map(|settings| &settings.caller_ids);
            let of_trunk = ids.filter(|id| id.trunk == *trunk);
            Ok(of_trunk.map(|id| id.number).collect())
        }
    }
}

/// Returns the failure of a job that no command waits for. A displaced deck is not a failure here, because
/// the writer reports it.
fn failed<T>(result: Result<T, StoreError>) -> Option<Event> {
    let error = result.err()?;
    let displaced = matches!(error, StoreError::Displaced(_));
    (!displaced).then(|| failure(error))
}

fn promote<S: EngineStore>(store: &mut S, now: Timestamp) -> Result<Event, StoreError> {
    let candidates: Vec<Candidate> = store.promote_due(now, SWEEP)?;
    let next_due = store.next_due()?;
    Ok(Event::Promoted {
        candidates,
        next_due,
    })
}

/// Reads a snapshot, and the calls in flight to numbers that are suppressed or to places that are banned.
///
/// # Errors
/// Errors if the store cannot be read.
pub fn engine_snapshot<S: Reads>(
    store: &mut S,
    now: Timestamp,
) -> Result<EngineSnapshot, StoreError> {
    let snapshot = store.snapshot(now)?;
    let (mut suppressed, mut banned) = (Vec::new(), Vec::new());
    for attempt in &snapshot.in_flight {
        let planned = attempt.state == AttemptState::Reserved;
        let no_ban = snapshot.emergency_bans.is_empty() || !planned;
        if no_ban && store.suppressions_of(attempt.number)?.is_empty() {
            continue;
        }
        let (mut is_bound, mut is_banned) = (false, false);
        store.examine(attempt.contact, &Context::default(), now, &mut |facts| {
            is_bound = suppression::binding(facts, now).is_some();
            is_banned = window::banned_status(facts.class, facts.emergency_bans).is_some();
        })?;
        if is_bound {
            suppressed.push(attempt.id);
        }
        if is_banned && planned {
            banned.push(attempt.id);
        }
    }
    Ok(EngineSnapshot {
        snapshot,
        suppressed,
        banned,
    })
}

fn check_done<S: Acts>(store: &mut S, campaign: CampaignId, by: &By) -> Result<Event, StoreError> {
    let snapshot = store.snapshot(by.at)?;
    let counts = snapshot
        .campaigns
        .iter()
        .find(|counts| counts.campaign.id == campaign);
    let done = counts.is_some_and(|counts| {
        let open = |state: &ContactState| !state.is_final();
        let any_open = counts
            .contacts
            .iter()
            .any(|((_, state), n)| *n > 0 && open(state));
        counts.campaign.state == CampaignState::Running && !any_open
    });
    if done {
        store.move_campaign(
            campaign,
            CampaignState::Done,
            "every contact has its end",
            by,
        )?;
    }
    Ok(Event::DoneChecked { campaign, done })
}

fn carry_out<S: EngineStore>(
    store: &mut S,
    command: Command,
    by: &By,
) -> Result<Effected, StoreError> {
    match command {
        Command::Suppress(suppressions) => store.suppress(&suppressions).map(Effected::Suppressed),
        Command::Receive(message) => store.receive(&message, by.at).map(Effected::Received),
        Command::Quarantine { trunk, reason } => store
            .quarantine(&trunk, reason, by.at)
            .map(|()| Effected::Counted),
        Command::TurnResults { done, limit } => store
            .turn_results(&done, by.at, limit)
            .map(Effected::Results),
        Command::FollowFile(change) => {
            deck_file::apply(store, &change, by).map(|()| Effected::Configured)
        }
    }
}

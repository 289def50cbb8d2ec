//! The desk on its own thread. It takes questions, and sends answers and views. The store never waits for a
//! terminal, and the terminal never waits for the store.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::acts::{self, ActError, PATIENCE, RecordedAct};
use super::protocol::{ActId, Message, Request, UnreadNumber};
use super::why::{self, When, WhyReport};
use super::{Act, Desk, EngineOwner, Settings, View, event_line, numbers};
use dialdeck_clock::{Clock, DeckClock, Stopwatch};
use dialdeck_core::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck_core::domain::{CampaignId, Timestamp};
use dialdeck_store::{Acts, By, StoreError, Unusable};

/// The shortest time between two views after an act of this console.
const VIEW_EVERY: Duration = Duration::from_millis(100);

/// The shortest time between two views on a clock that runs faster than the machine's; see [`view_every`].
const FASTEST_VIEW: Duration = Duration::from_millis(250);

/// A view may take one part in this many of the time, so that the engine beside it keeps its pace. A change
/// waits no longer than [`TIME_VIEW`] for that reason.
const VIEW_SHARE: u32 = 40;

/// Time between two checks of a deck that has been quiet for [`QUIET_AFTER`].
const QUIET_POLL: Duration = Duration::from_millis(3_500);

/// The shortest time between two views in which only time has passed. The next view is made shortly after a
/// full second of the machine's clock, when the clock on the screen changes too.
const TIME_VIEW: Duration = Duration::from_millis(900);

/// How long after the full second that is, in milliseconds.
const AFTER_SECOND: i64 = 5;

/// How long a deck has to be without a change to count as quiet.
const QUIET_AFTER: Duration = Duration::from_secs(2);

/// Time between two checks while an acknowledgement waits.
const ACKNOWLEDGE_POLL: Duration = Duration::from_millis(20);

/// Log entries sent to the console in one message, at most. If there are more, the older ones are skipped.
const LOG_PAGE: usize = 2_000;

/// How far back the log is shown when a console opens, by the deck's clock.
const LOG_BEFORE: Duration = Duration::from_mins(15);

/// Places of the queue reserved for answers: a view waits while fewer are free.
const RESERVED_FOR_ANSWERS: usize = 16;

/// Starts a desk's thread. It ends when the sender of `asks` or the receiver of `messages` is dropped.
///
/// # Errors
/// Errors if the deck cannot be read or the thread cannot be started.
pub fn spawn<S: Acts + 'static>(
    settings: Settings<S>,
    asks: Receiver<Request>,
    messages: Sender<Message>,
) -> Result<JoinHandle<()>, StoreError> {
    let desk = Desk::open(settings)?;
    let service = Service {
        desk,
        messages,
        pending: VecDeque::new(),
        sent_to: None,
        viewed: None,
        checked: Stopwatch::start(),
        between: FASTEST_VIEW,
        changed: Stopwatch::start(),
        last: Last::default(),
        dirty: true,
        committed: true,
    };
    thread::Builder::new()
        .name("desk".to_owned())
        .spawn(move || service.run(&asks))
        .map_err(|error| Unusable::NoThread(error).into())
}

/// An act that is durable and waits for its acknowledgement.
#[derive(Debug)]
struct Pending {
    id: ActId,
    recorded: RecordedAct,
    since: Stopwatch,
}

struct Service<S> {
    desk: Desk<S>,
    messages: Sender<Message>,
    pending: VecDeque<Pending>,
    /// Sequence number of the last log entry that was sent to the console.
    sent_to: Option<i64>,
    viewed: Option<Stopwatch>,
    /// Since the last check for something new.
    checked: Stopwatch,
    /// The shortest time between two views, from how long the last one took.
    between: Duration,
    changed: Stopwatch,
    last: Last,
    /// Whether this desk has written since the last view.
    dirty: bool,
    /// Whether anything was committed since the last view, here or elsewhere.
    committed: bool,
}

/// What the last view showed that time alone may change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    /// Who owns the engine, and whether its store is busy.
    engine: Option<(EngineOwner, bool)>,
    minute: i64,
    /// Whether calls are up or sends count toward the last minute.
    moving: bool,
}

impl<S: Acts> Service<S> {
    fn run(mut self, asks: &Receiver<Request>) {
        loop {
            if self.is_due() {
                self.send_view();
            }
            match asks.recv_timeout(self.wait_for()) {
                Ok(ask) => self.answer_all(ask, asks),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.acknowledge();
            if self.messages.is_closed() {
                return;
            }
        }
    }

    fn answer_all(&mut self, first: Request, asks: &Receiver<Request>) {
        let mut next = Some(first);
        while let Some(ask) = next {
            if let Err(error) = self.answer(ask) {
                self.send(Message::Failed(error.to_string()));
            }
            next = asks.try_recv().ok();
        }
    }

    fn wait_for(&self) -> Duration {
        if !self.pending.is_empty() {
            return ACKNOWLEDGE_POLL;
        }
        let since = self.checked.elapsed();
        if self.dirty {
            return VIEW_EVERY.saturating_sub(since);
        }
        let wait = if self.changed.elapsed() < QUIET_AFTER {
            self.between
        } else if self.last.moving {
            TIME_VIEW
        } else {
            QUIET_POLL
        };
        let left = wait.saturating_sub(since);
        if wait == TIME_VIEW {
            until_second(left, Clock::System.now())
        } else {
            left
        }
    }

    /// Returns whether there is something new to show.
    fn is_due(&mut self) -> bool {
        if self.messages.capacity() < RESERVED_FOR_ANSWERS {
            self.checked = Stopwatch::start();
            return false;
        }
        // An act of this console is shown without delay.
        let between = if self.dirty { VIEW_EVERY } else { self.between };
        let viewed = self.viewed.as_ref();
        if viewed.is_some_and(|last| last.elapsed() < between) {
            return false;
        }
        self.checked = Stopwatch::start();
        let elsewhere = self.desk.settings.store.changed_elsewhere().unwrap_or(true);
        if elsewhere || self.dirty {
            self.committed = true;
            self.changed = Stopwatch::start();
            return true;
        }
        let viewed = self.viewed.as_ref();
        let second = viewed.is_none_or(|last| last.elapsed() >= TIME_VIEW);
        let around = &mut self.desk.settings.surroundings;
        let engine = (around.engine(), around.busy().is_some());
        second
            && (self.last.moving
                || self.last.engine != Some(engine)
                || self.last.minute != minute(self.desk.present()))
    }

    fn send_view(&mut self) {
        let started = Stopwatch::start();
        self.dirty = false;
        let view = if std::mem::take(&mut self.committed) {
            self.desk.view()
        } else {
            self.desk.view_later()
        };
        match view {
            Ok(view) => {
                self.last = Last {
                    engine: Some((
                        view.engine,
                        self.desk.settings.surroundings.busy().is_some(),
                    )),
                    minute: minute(view.board.now),
                    moving: is_moving(&view),
                };
                let head = view.board.head;
                self.send(Message::View(Box::new(view)));
                if let Err(error) = self.send_log(head) {
                    self.send(Message::Failed(error.to_string()));
                }
            }
            Err(error) => self.send(Message::Failed(error.to_string())),
        }
        let took = started.elapsed() * VIEW_SHARE;
        self.between = took.clamp(view_every(self.desk.clock), TIME_VIEW);
        self.viewed = Some(started);
    }

    /// Sends the entries that the log has gained; at first those of the last quarter of an hour.
    fn send_log(&mut self, head: i64) -> Result<(), StoreError> {
        let Some(sent_to) = self.sent_to else {
            let from = self.desk.now - LOG_BEFORE;
            let mut entries = self.desk.settings.store.log_before(i64::MAX, LOG_PAGE)?;
            entries.retain(|entry| entry.at >= from);
            entries.reverse();
            self.sent_to = Some(entries.last().map_or(head, |entry| entry.seq));
            let lines = entries.iter().map(event_line::event_line).collect();
            self.send(Message::Log(lines, 0));
            return Ok(());
        };
        let behind = usize::try_from(head - sent_to).unwrap_or(0);
        let skipped = behind.saturating_sub(LOG_PAGE) as u64;
        let after = sent_to + skipped.cast_signed();
        let entries = self.desk.settings.store.tail(after, LOG_PAGE)?;
        if let Some(last) = entries.last() {
            self.sent_to = Some(last.seq);
            let lines = entries.iter().map(event_line::event_line).collect();
            self.send(Message::Log(lines, skipped));
        }
        Ok(())
    }

    fn answer(&mut self, ask: Request) -> Result<(), StoreError> {
        match ask {
            Request::Page(wanted) => {
                let page = self.desk.page(&wanted)?;
                self.send(Message::Page(wanted.serial, page));
            }
            Request::Why(typed) => {
                let report = self.why(typed)?;
                self.send(Message::Why(report));
            }
            Request::Attempts(contact) => {
                let attempts = self.desk.attempts(contact)?;
                self.send(Message::Attempts(contact, attempts));
            }
            Request::Judge(block) => {
                let now = self.desk.present();
                let settings = &mut self.desk.settings;
                let judged = numbers::judge(
                    &mut settings.store,
                    &settings.rules,
                    &block,
                    &settings.country,
                    now,
                )?;
                self.send(Message::Judged(block, judged));
            }
            Request::Act(id, act) => self.act(id, &act),
            Request::Import(campaign, path) => self.import(campaign, path)?,
            Request::Broken(what) => self.broken(&what)?,
        }
        Ok(())
    }

    fn why(&mut self, typed: String) -> Result<Result<Box<WhyReport>, UnreadNumber>, StoreError> {
        let now = self.desk.present();
        let settings = &mut self.desk.settings;
        match numbers::read(&settings.rules, &typed, &settings.country, now) {
            Ok(echo) => {
                let store = &mut settings.store;
                let report =
                    why::report(store, &settings.rules, echo.number, None, When::Now(now))?;
                Ok(Ok(Box::new(report)))
            }
            Err(error) => Ok(Err(UnreadNumber { typed, error })),
        }
    }

    fn act(&mut self, id: ActId, act: &Act) {
        self.dirty = true;
        let by = By {
            actor: self.desk.settings.actor.clone(),
            at: self.desk.present(),
        };
        let settings = &mut self.desk.settings;
        match acts::record(&mut settings.store, act, &by) {
            Ok(recorded) => {
                if let Some(engine) = &self.desk.settings.engine {
                    engine.nudge();
                }
                self.pending.push_back(Pending {
                    id,
                    recorded,
                    since: Stopwatch::start(),
                });
            }
            Err(error) => {
                let refused = ActError::Refused(Arc::new(error));
                self.send(Message::ActDone(id, Err(refused)));
            }
        }
    }

    /// Pauses every campaign and raises an alert, because the part that failed may have acted wrongly.
    fn broken(&mut self, what: &str) -> Result<(), StoreError> {
        self.dirty = true;
        let by = By {
            actor: "console".to_owned(),
            at: self.desk.present(),
        };
        let store = &mut self.desk.settings.store;
        acts::record(store, &Act::PauseAll, &by)?;
        let alert = EventData::AlertRaised(AlertRaised::program_failed(what));
        store.append(&NewEvent::new(by.at, &by.actor, alert))
    }

    /// Acknowledges acts against which no call can leave any more.
    fn acknowledge(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        // Without an engine nothing leaves, and nothing is hung up before the next one starts.
        let nobody = self.desk.settings.surroundings.engine() == EngineOwner::Nobody;
        for pending in std::mem::take(&mut self.pending) {
            let holds = if nobody {
                Ok(true)
            } else {
                pending.recorded.holds(&mut self.desk.settings.store)
            };
            let result = match holds {
                Err(error) => Err(ActError::Unconfirmed {
                    summary: pending.recorded.summary.text,
                    error: Arc::new(error),
                }),
                Ok(true) => Ok(pending.recorded.summary),
                Ok(false) if pending.since.elapsed() < PATIENCE => {
                    self.pending.push_back(pending);
                    continue;
                }
                Ok(false) => Err(pending.recorded.overdue()),
            };
            self.send(Message::ActDone(pending.id, result));
        }
    }

    fn import(&mut self, campaign: CampaignId, path: PathBuf) -> Result<(), StoreError> {
        let all = self.desk.settings.store.campaigns()?;
        let Some(campaign) = all.into_iter().find(|one| one.id == campaign) else {
            return Ok(());
        };
        let importer = self.desk.settings.surroundings.importer();
        let messages = self.messages.clone();
        let started = thread::Builder::new()
            .name("import".to_owned())
            .spawn(move || {
                let progress = messages.clone();
                let listener = Arc::new(move |rows| {
                    // A console that is gone needs no progress; the import continues.
                    progress.try_send(Message::ImportProgress(rows)).ok();
                });
                let result = importer(campaign.name(), path, listener);
                messages.blocking_send(Message::ImportDone(result)).ok();
            });
        started
            .map(|_| ())
            .map_err(|error| Unusable::NoThread(error).into())
    }

    fn send(&self, message: Message) {
        // A console that is gone, or that does not read, needs no answer.
        self.messages.try_send(message).ok();
    }
}

const fn minute(at: Timestamp) -> i64 {
    at.as_millis() / 60_000
}

/// Returns the shortest time between two views of what the engine does: about a second of the deck's clock.
/// Calls change no faster than people follow, and one call makes several changes in a row.
fn view_every(clock: DeckClock) -> Duration {
    match clock {
        DeckClock::System => TIME_VIEW,
        DeckClock::Scaled(scaled) => (TIME_VIEW / scaled.factor.max(1)).max(FASTEST_VIEW),
        DeckClock::Virtual => FASTEST_VIEW,
    }
}

/// Returns the time from `now` to the first full second of the machine's clock that is at least `wait`
/// away.
fn until_second(wait: Duration, now: Timestamp) -> Duration {
    let then = (now + wait).as_millis() - AFTER_SECOND;
    let past = then.rem_euclid(1_000).unsigned_abs();
    wait + Duration::from_millis((1_000 - past) % 1_000)
}

/// Returns whether figures on the screen change with time alone.
fn is_moving(view: &View) -> bool {
    let board = &view.board;
    !board.calls.is_empty()
        || board
            .campaigns
            .iter()
            .any(|campaign| campaign.caps.per_minute[0] > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_made_just_after_a_second_and_never_sooner_than_asked() {
        for now in 0..1_000 {
            for wait in [0, 1, 400, 895, 900] {
                let wait = Duration::from_millis(wait);
                let until = until_second(wait, Timestamp::from_millis(now));
                assert!(until >= wait && until < wait + Duration::from_secs(1));
                let then = Timestamp::from_millis(now) + until;
                assert_eq!(then.as_millis() % 1_000, AFTER_SECOND);
            }
        }
    }
}

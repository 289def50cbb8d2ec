//! The desk on a thread of its own: questions in, answers and news out. The store never waits for a
//! terminal, and the terminal never for the store.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::acts::{self, Acted, PATIENCE, Pending};
use super::why::{self, When};
use super::{
    Act, AttemptRow, Desk, Imported, Judged, ListPage, ListQuery, Settings, View, WhyReport,
};
use super::{EngineSeat, EventLine, numbers, story};
use dialdeck_clock::{Clock, DeckClock, Stopwatch};
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::{CampaignId, ContactId, Timestamp};
use dialdeck_store::{By, ListKey, Store, StoreError};

/// Between two views at least, of which the later shows what was done here.
const VIEW_EVERY: Duration = Duration::from_millis(100);

/// Between two views of what the engine does, at least, on a clock that runs faster than the
/// machine's; see [`news_every`].
const FASTEST_NEWS: Duration = Duration::from_millis(250);

/// A look takes at most this part of the time, so that the engine beside it keeps its pace; but
/// [`TIME_VIEW`] is the longest that a change waits.
const LOOK_SHARE: u32 = 40;

/// Between two looks at a deck that has been quiet for [`QUIET_AFTER`].
const QUIET_LOOK: Duration = Duration::from_millis(3_500);

/// Between two views of a deck in which only time has passed, at least: the next one is made as the
/// machine's clock comes to a second, when the screen's clock moves on as well.
const TIME_VIEW: Duration = Duration::from_millis(900);

/// How long after the second that is, in milliseconds.
const AFTER_SECOND: i64 = 5;

/// After this long without a change a deck counts as quiet.
const QUIET_AFTER: Duration = Duration::from_secs(2);

/// Between two looks while an acknowledgement waits.
const WAITING_LOOK: Duration = Duration::from_millis(20);

/// Entries of the log told at a time; when there are more, the older ones are skipped.
const STORY_PAGE: usize = 2_000;

/// How far back the log is told when a console opens, by the deck's clock.
const STORY_BEFORE: Duration = Duration::from_mins(15);

/// Messages that may wait for a console; a terminal that stops reading gets no more news than that.
pub const TOLD_QUEUE: usize = 64;

/// Places of the queue kept for answers: news waits when fewer are free.
const FOR_ANSWERS: usize = 16;

/// What a console asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A page of a list; the serial comes back with it.
    Page(u64, ListQuery, Centre, usize, usize),
    /// Why a number is not being dialed, as typed.
    Why(String),
    /// All attempts of a contact.
    Attempts(ContactId),
    /// What an opt-out of these numbers would touch.
    Judge(String),
    /// Do it, and acknowledge under this id.
    Act(u64, Act),
    /// Import a list into a campaign.
    Import(CampaignId, PathBuf),
    /// Part of the program has failed: pause everything, raise an alert.
    Broken(String),
}

/// Around which place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// Its start.
    Start,
    /// Its end.
    End,
    /// Around this row.
    At(ListKey),
    /// Beyond this place, where a search was cut.
    After(ListKey),
}

/// What a console is told.
#[derive(Clone, Debug)]
pub enum Told {
    /// The deck has changed, or time has passed.
    View(Box<View>),
    /// New entries of the log, oldest first, and how many were skipped.
    Story(Vec<EventLine>, u64),
    /// A page of a list.
    Page(u64, ListPage),
    /// The answer to why.
    Why(Result<Box<WhyReport>, String>),
    /// A contact's attempts.
    Attempts(ContactId, Vec<AttemptRow>),
    /// The numbers of this text, judged.
    Judged(String, Vec<Judged>),
    /// An act holds, or was refused.
    Acted(u64, Result<Acted, String>),
    /// Rows imported so far.
    Importing(u64),
    /// An import has ended.
    Imported(Result<Imported, String>),
    /// The store cannot be read; what is shown is old.
    Failed(String),
}

/// Starts a desk's thread. It ends when the other side of `asks` is dropped.
///
/// # Errors
/// When the deck cannot be read or the thread not be started.
pub fn spawn<S: Store + 'static>(
    settings: Settings<S>,
    asks: Receiver<Ask>,
    tell: Sender<Told>,
) -> Result<JoinHandle<()>, StoreError> {
    let desk = Desk::open(settings)?;
    let service = Service {
        desk,
        tell,
        pending: VecDeque::new(),
        told_to: None,
        looked: None,
        checked: Stopwatch::start(),
        between: FASTEST_NEWS,
        changed: Stopwatch::start(),
        last: Last::default(),
        dirty: true,
        committed: true,
    };
    thread::Builder::new()
        .name("desk".to_owned())
        .spawn(move || service.run(&asks))
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

struct Service<S> {
    desk: Desk<S>,
    tell: Sender<Told>,
    pending: VecDeque<Pending>,
    /// The last entry of the log that was told.
    told_to: Option<i64>,
    looked: Option<Stopwatch>,
    /// When it was last asked whether there is something new.
    checked: Stopwatch,
    /// Between two views, by what the last one took.
    between: Duration,
    changed: Stopwatch,
    last: Last,
    /// This desk itself has written.
    dirty: bool,
    /// Something was committed since the last view, here or elsewhere.
    committed: bool,
}

/// What the last view showed that time alone may change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    engine: Option<EngineSeat>,
    minute: i64,
    /// Figures that fall with time are not zero.
    moving: bool,
}

impl<S: Store> Service<S> {
    fn run(mut self, asks: &Receiver<Ask>) {
        loop {
            if self.is_due() {
                self.look();
            }
            match asks.recv_timeout(self.wait_for()) {
                Ok(ask) => self.answer_all(ask, asks),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.acknowledge();
            if self.tell.is_closed() {
                return;
            }
        }
    }

    fn answer_all(&mut self, first: Ask, asks: &Receiver<Ask>) {
        let mut next = Some(first);
        while let Some(ask) = next {
            if let Err(error) = self.answer(ask) {
                self.say(Told::Failed(error.to_string()));
            }
            next = asks.try_recv().ok();
        }
    }

    fn wait_for(&self) -> Duration {
        if !self.pending.is_empty() {
            return WAITING_LOOK;
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
            QUIET_LOOK
        };
        let left = wait.saturating_sub(since);
        if wait == TIME_VIEW {
            until_second(left, Clock::System.now())
        } else {
            left
        }
    }

    /// Whether there is something new to show.
    fn is_due(&mut self) -> bool {
        if self.tell.capacity() < FOR_ANSWERS {
            self.checked = Stopwatch::start();
            return false;
        }
        // What was done here is seen at once.
        let between = if self.dirty { VIEW_EVERY } else { self.between };
        if self
            .looked
            .as_ref()
            .is_some_and(|last| last.elapsed() < between)
        {
            return false;
        }
        self.checked = Stopwatch::start();
        let elsewhere = self.desk.settings.store.changed_elsewhere().unwrap_or(true);
        if elsewhere || self.dirty {
            self.committed = true;
            self.changed = Stopwatch::start();
            return true;
        }
        let second = self
            .looked
            .as_ref()
            .is_none_or(|last| last.elapsed() >= TIME_VIEW);
        let engine = self.desk.settings.surroundings.engine();
        second
            && (self.last.moving
                || self.last.engine != Some(engine)
                || self.last.minute != minute(self.desk.present()))
    }

    fn look(&mut self) {
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
                    engine: Some(view.engine),
                    minute: minute(view.board.now),
                    moving: is_moving(&view),
                };
                let head = view.board.head;
                self.say(Told::View(Box::new(view)));
                if let Err(error) = self.tell_story(head) {
                    self.say(Told::Failed(error.to_string()));
                }
            }
            Err(error) => self.say(Told::Failed(error.to_string())),
        }
        let took = started.elapsed() * LOOK_SHARE;
        self.between = took.clamp(news_every(self.desk.clock), TIME_VIEW);
        self.looked = Some(started);
    }

    /// Tells what the log has gained; at first what happened in the last quarter of an hour.
    fn tell_story(&mut self, head: i64) -> Result<(), StoreError> {
        let Some(told_to) = self.told_to else {
            let from = self.desk.now - STORY_BEFORE;
            let mut entries = self.desk.settings.store.log_before(i64::MAX, STORY_PAGE)?;
            entries.retain(|entry| entry.at >= from);
            entries.reverse();
            self.told_to = Some(entries.last().map_or(head, |entry| entry.seq));
            let lines = entries.iter().map(story::line).collect();
            self.say(Told::Story(lines, 0));
            return Ok(());
        };
        let behind = usize::try_from(head - told_to).unwrap_or(0);
        let skipped = behind.saturating_sub(STORY_PAGE) as u64;
        let after = told_to + skipped.cast_signed();
        let entries = self.desk.settings.store.tail(after, STORY_PAGE)?;
        if let Some(last) = entries.last() {
            self.told_to = Some(last.seq);
            let lines = entries.iter().map(story::line).collect();
            self.say(Told::Story(lines, skipped));
        }
        Ok(())
    }

    fn answer(&mut self, ask: Ask) -> Result<(), StoreError> {
        match ask {
            Ask::Page(serial, query, centre, before, after) => {
                let page = self.desk.page(&query, centre, before, after)?;
                self.say(Told::Page(serial, page));
            }
            Ask::Why(typed) => {
                let report = self.why(&typed)?;
                self.say(Told::Why(report));
            }
            Ask::Attempts(contact) => {
                let attempts = self.desk.attempts(contact)?;
                self.say(Told::Attempts(contact, attempts));
            }
            Ask::Judge(block) => {
                let now = self.desk.present();
                let settings = &mut self.desk.settings;
                let judged = numbers::judge(
                    &mut settings.store,
                    settings.rules,
                    &block,
                    &settings.country,
                    now,
                )?;
                self.say(Told::Judged(block, judged));
            }
            Ask::Act(id, act) => self.act(id, &act),
            Ask::Import(campaign, path) => self.import(campaign, path)?,
            Ask::Broken(what) => self.broken(&what)?,
        }
        Ok(())
    }

    fn why(&mut self, typed: &str) -> Result<Result<Box<WhyReport>, String>, StoreError> {
        let now = self.desk.present();
        let settings = &mut self.desk.settings;
        match numbers::read(settings.rules, typed, &settings.country, now) {
            Ok(echo) => {
                let store = &mut settings.store;
                let report = why::report(store, settings.rules, echo.number, None, When::Now(now))?;
                Ok(Ok(Box::new(report)))
            }
            Err((what, todo)) => Ok(Err(format!("`{typed}` cannot be read: {what}; {todo}"))),
        }
    }

    fn act(&mut self, id: u64, act: &Act) {
        self.dirty = true;
        let by = By {
            actor: self.desk.settings.actor.clone(),
            at: self.desk.present(),
        };
        let settings = &mut self.desk.settings;
        let written = acts::write(&mut settings.store, act, &by);
        match written {
            Ok((acted, concern)) => {
                if let Some(engine) = &self.desk.settings.engine {
                    engine.nudge();
                }
                self.pending.push_back(Pending {
                    id,
                    acted,
                    concern,
                    since: Stopwatch::start(),
                });
            }
            Err(error) => self.say(Told::Acted(id, Err(error.to_string()))),
        }
    }

    /// Pauses every campaign and leaves an alert: what has failed may not have known what it did.
    fn broken(&mut self, what: &str) -> Result<(), StoreError> {
        self.dirty = true;
        let by = By {
            actor: "console".to_owned(),
            at: self.desk.present(),
        };
        let store = &mut self.desk.settings.store;
        acts::write(store, &Act::PauseAll, &by)?;
        let data = serde_json::json!({"alert": "program_failed", "text": what});
        store.append(&NewEvent::new(by.at, EventKind::AlertRaised, &by.actor).with_data(&data))
    }

    /// Tells of acts against which no call can leave any more.
    fn acknowledge(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        // Without an engine nothing leaves, and nothing hangs up before the next one starts.
        let nobody = self.desk.settings.surroundings.engine() == EngineSeat::Nobody;
        for pending in std::mem::take(&mut self.pending) {
            let open = if nobody {
                Ok(false)
            } else {
                pending.concern.is_open(&mut self.desk.settings.store)
            };
            let told = match open {
                Err(error) => Err(format!("{}, but {error}", pending.acted.text)),
                Ok(false) => Ok(pending.acted),
                Ok(true) if pending.since.elapsed() < PATIENCE => {
                    self.pending.push_back(pending);
                    continue;
                }
                Ok(true) => Err(pending.concern.still_open().to_owned()),
            };
            self.say(Told::Acted(pending.id, told));
        }
    }

    fn import(&mut self, campaign: CampaignId, path: PathBuf) -> Result<(), StoreError> {
        let all = self.desk.settings.store.campaigns()?;
        let Some(campaign) = all.into_iter().find(|one| one.id == campaign) else {
            return Ok(());
        };
        let importer = self.desk.settings.surroundings.importer();
        let tell = self.tell.clone();
        let started = thread::Builder::new()
            .name("import".to_owned())
            .spawn(move || {
                let news = tell.clone();
                let listener = Arc::new(move |rows| {
                    // A console that has gone needs no progress; the import goes on.
                    news.try_send(Told::Importing(rows)).ok();
                });
                let result = importer(campaign.name(), path, listener);
                tell.blocking_send(Told::Imported(result)).ok();
            });
        started
            .map(|_| ())
            .map_err(|error| StoreError::Unusable(error.to_string()))
    }

    fn say(&self, told: Told) {
        // A console that has gone, or asks without listening, needs no answer.
        self.tell.try_send(told).ok();
    }
}

const fn minute(at: Timestamp) -> i64 {
    at.as_millis() / 60_000
}

/// Between two views of what the engine does, at least: a second of the deck's clock or nearly so. Calls
/// change no faster than people follow, and one call is several changes in a row.
fn news_every(clock: DeckClock) -> Duration {
    match clock {
        DeckClock::System => TIME_VIEW,
        DeckClock::Scaled(scaled) => (TIME_VIEW / scaled.factor.max(1)).max(FASTEST_NEWS),
        DeckClock::Virtual => FASTEST_NEWS,
    }
}

/// From `now` until a second of the machine's clock has begun that is at least so far away.
fn until_second(wait: Duration, now: Timestamp) -> Duration {
    let then = (now + wait).as_millis() - AFTER_SECOND;
    let past = then.rem_euclid(1_000).unsigned_abs();
    wait + Duration::from_millis((1_000 - past) % 1_000)
}

/// Whether figures on the screen change with time alone.
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

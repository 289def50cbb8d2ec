//! The console: keys become actions, actions change the state, the state is drawn into cells.
//!
//! The screen has its own thread and never accesses the store. Over channels it receives what has changed and
//! asks for what it lacks. It never waits for the terminal: one that stops reading delays nothing and does
//! not prevent the program from ending.

pub mod action;
pub mod canvas;
pub mod colour;
pub mod dialog;
mod escape;
pub mod filter;
pub mod format;
pub mod glyph;
pub mod keymap;
pub mod keys;
pub mod list;
pub mod looks;
pub mod model;
pub mod rates;
mod settings_file;
pub mod terminal;
pub mod text;
pub mod theme;
mod ticker;
pub mod tty;
pub mod update;
pub mod view;

use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

use crossterm::event::{self, Event, EventStream, KeyEventKind};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_stream::StreamExt as _;

use self::keymap::KeyMap;
use self::looks::Looks;
use self::model::{Ending, Model, Viewer};
use self::terminal::Screen;
use self::ticker::Ticker;
use self::update::{Cmd, Msg, update};
use crate::clock::{DeckClock, Stopwatch};
use crate::domain::Timestamp;
use crate::engine::desk::{Message, Request};

/// How long after an Esc a letter may still belong to its key. That is longer than a terminal takes between
/// two bytes, and shorter than a person takes between two keys.
const BEHIND_ESC: Duration = Duration::from_millis(25);

/// The shortest time between two frames that show new data only.
const DATA_FRAME: Duration = Duration::from_millis(100);

/// If the last view is younger than this, the next one is expected, and the frame of a tick waits for it.
const VIEWS_COME: Duration = Duration::from_millis(1_500);

/// How long such a frame waits for more data: a page of the list follows a view of the deck.
const GATHER: Duration = Duration::from_millis(20);

/// The notice when the desk sends nothing more.
const NO_DESK: &str = "no key reaches the deck any more: q here, then open another console";

/// What a console needs to run.
pub struct Console {
    /// The person at the screen and their permissions.
    pub viewer: Viewer,
    /// The key map.
    pub keys: KeyMap,
    /// The theme and the glyphs.
    pub looks: Looks,
    /// The questions to the desk.
    pub asks: Sender<Request>,
    /// The reports of the desk.
    pub told: Receiver<Message>,
    /// Whether numbers are shown without their last digits.
    pub masked: bool,
    /// The deck's name.
    pub deck: String,
    /// What is wrong with the deck's files, if the deck runs without some of them.
    pub broken: Option<String>,
}

impl Console {
    /// Runs on this thread until the console ends, and returns how.
    ///
    /// # Errors
    /// Errors if there is no terminal, if it does not report its size, or if the runtime cannot be created.
    pub fn run(self) -> io::Result<Ending> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let ticker = Ticker::new();
        terminal::install_panic_hook();
        let screen = Screen::enter()?;
        let ending = runtime.block_on(Loop::new(self, screen, ticker)?.run());
        // A lost terminal ends the console as a signal does.
        Ok(ending.unwrap_or_else(|error| {
            tracing::warn!("the terminal has gone: {error}");
            Ending::Drain
        }))
    }
}

struct Loop {
    model: Model,
    looks: Looks,
    screen: Screen,
    asks: Sender<Request>,
    told: Receiver<Message>,
    /// Whether the desk still runs. It ends before the console only if it has failed.
    desk_is_up: bool,
    opened: Stopwatch,
    ticker: Ticker,
    clock: Option<DeckClock>,
    /// The time since the first change after the last frame; `None` if nothing has changed.
    stale: Option<Stopwatch>,
    last_frame: Option<Stopwatch>,
    /// The time that the last frame showed.
    shown: Timestamp,
    /// The time since the last view arrived.
    viewed: Option<Stopwatch>,
}

impl Loop {
    fn new(console: Console, screen: Screen, ticker: Ticker) -> io::Result<Self> {
        let size = screen.size()?;
        let mut model = Model::new(console.viewer, console.keys, size, Timestamp::MIN);
        model.shared.masked = console.masked;
        model.shared.deck = console.deck;
        model.shared.broken = console.broken;
        Ok(Self {
            model,
            looks: console.looks,
            screen,
            asks: console.asks,
            told: console.told,
            desk_is_up: true,
            opened: Stopwatch::start(),
            ticker,
            clock: None,
            stale: Some(Stopwatch::start()),
            last_frame: None,
            shown: Timestamp::MIN,
            viewed: None,
        })
    }

    async fn run(mut self) -> io::Result<Ending> {
        let mut events = EventStream::new();
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        let mut hup = signal(SignalKind::hangup())?;
        let mut cont = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        loop {
            if let Some(ending) = self.model.ending {
                return Ok(ending);
            }
            tokio::select! {
                biased;
                event = events.next() => match whole(event).await {
                    Some(events) => self.on_events(events)?,
                    None => self.take(Msg::End)?,
                },
                read_on = self.screen.read_on(), if self.screen.is_behind() => read_on?,
                () = sleep(self.until_frame()), if self.may_draw() => self.draw()?,
                told = self.told.recv(), if self.desk_is_up => self.on_told(told)?,
                () = sleep(self.ticker.left()) => self.on_tick()?,
                _ = term.recv() => self.take(Msg::End)?,
                _ = int.recv() => self.take(Msg::End)?,
                _ = hup.recv() => self.take(Msg::End)?,
                _ = cont.recv() => self.wake()?,
            }
        }
    }

    /// Handles the events of one read, and draws one frame for all of them.
    fn on_events(&mut self, events: Vec<Event>) -> io::Result<()> {
        let mut taken = false;
        for event in events {
            let msg = match event {
                Event::Key(key) if key.kind == KeyEventKind::Press => Msg::Key(key),
                Event::Paste(text) => Msg::Paste(text),
                Event::Resize(width, height) => Msg::Resize(width, height),
                Event::FocusGained => Msg::Focus,
                Event::Key(_) | Event::FocusLost | Event::Mouse(_) => continue,
            };
            self.take(msg)?;
            taken = true;
        }
        if taken { self.draw() } else { Ok(()) }
    }

    /// Handles all reports that the desk has sent so far. One frame shows them all.
    fn on_told(&mut self, first: Option<Message>) -> io::Result<()> {
        let mut next = first;
        if next.is_none() {
            self.desk_is_up = false;
            next = Some(Message::Failed(NO_DESK.to_owned()));
        }
        while let Some(told) = next {
            if let Message::View(view) = &told {
                self.clock = Some(view.clock);
                self.viewed = Some(Stopwatch::start());
            }
            self.take(Msg::Told(told))?;
            next = self.told.try_recv().ok();
        }
        self.stale.get_or_insert_with(Stopwatch::start);
        Ok(())
    }

    fn on_tick(&mut self) -> io::Result<()> {
        self.ticker.turn();
        let mut due = self.looks.look_for_changes();
        if let Some(panic) = terminal::take_panic() {
            self.take(Msg::Broken(panic))?;
            due = true;
        }
        let noticed = self.model.shared.notice.is_some();
        if let Some(clock) = self.clock {
            let last = self.model.shared.now;
            self.take(Msg::Tick(clock.now(Some(last))))?;
        }
        due |= noticed && self.model.shared.notice.is_none();
        let second = |at: Timestamp| at.as_millis().div_euclid(1_000);
        if second(self.model.shared.now) == second(self.shown) && !due {
            // A view has already brought this second.
            return Ok(());
        }
        let views_come = |viewed: &Stopwatch| viewed.elapsed() < VIEWS_COME;
        if self.viewed.as_ref().is_some_and(views_come) && !due {
            self.stale.get_or_insert_with(Stopwatch::start);
            return Ok(());
        }
        self.draw()
    }

    fn take(&mut self, msg: Msg) -> io::Result<()> {
        let millis = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        for cmd in update(&mut self.model, msg, millis) {
            match cmd {
                Cmd::Ask(ask) => {
                    // The desk ends only after this side of the channel is dropped.
                    self.asks.send(ask).ok();
                }
                Cmd::Copy(text) => self.screen.copy(&text)?,
                Cmd::Suspend => self.suspend()?,
                Cmd::Redraw => self.screen.clear()?,
                Cmd::NextTheme => self.looks.next(),
            }
        }
        Ok(())
    }

    /// Returns how long to wait with a frame that shows new data only.
    fn until_frame(&self) -> Duration {
        let left = |since: &Option<Stopwatch>, wait: Duration| {
            since
                .as_ref()
                .map_or(Duration::ZERO, |since| wait.saturating_sub(since.elapsed()))
        };
        left(&self.last_frame, DATA_FRAME).max(left(&self.stale, GATHER))
    }

    /// Returns whether a frame is due and the terminal can take it.
    fn may_draw(&self) -> bool {
        self.stale.is_some() && !self.screen.is_behind()
    }

    /// Draws a frame. A terminal that is behind gets the newest frame once it has caught up.
    fn draw(&mut self) -> io::Result<()> {
        self.stale.get_or_insert_with(Stopwatch::start);
        if !self.may_draw() {
            return Ok(());
        }
        self.stale = None;
        self.last_frame = Some(Stopwatch::start());
        self.shown = self.model.shared.now;
        let (model, look) = (&self.model, self.looks.current());
        self.screen.draw(|buffer| view::draw(model, look, buffer))
    }

    /// Restores the terminal and stops the process. Takes the terminal again when the process is continued.
    fn suspend(&mut self) -> io::Result<()> {
        self.screen.pause();
        kill_process(getpid(), Signal::STOP)?;
        self.wake()
    }

    fn wake(&mut self) -> io::Result<()> {
        self.screen.resume()?;
        let (width, height) = self.screen.size()?;
        self.take(Msg::Resize(width, height))?;
        self.draw()
    }
}

/// Returns an event, or an Esc with the keys that arrive directly after it; `None` if the terminal is gone.
async fn whole(event: Option<io::Result<Event>>) -> Option<Vec<Event>> {
    let mut came = vec![event?.ok()?];
    if !escape::may_go_on(&came) {
        return Some(came);
    }
    let gathered = spawn_blocking(move || -> io::Result<_> {
        while escape::may_go_on(&came) && event::poll(BEHIND_ESC)? {
            came.push(event::read()?);
        }
        if !escape::opens_paste(&came) {
            return Ok(escape::mend(&came));
        }
        let (mut text, mut then) = (String::new(), None);
        while then.is_none() && event::poll(BEHIND_ESC)? {
            let event = event::read()?;
            match escape::pasted(&event) {
                Some(letter) => text.push(letter),
                None => then = Some(event),
            }
        }
        let mut whole = escape::mend(&came);
        whole.push(Event::Paste(text));
        whole.extend(then);
        Ok(whole)
    });
    gathered.await.ok()?.ok()
}

//! The console: keys become actions, actions change the state, the state is drawn into cells.
//!
//! The screen has its own thread and never accesses the store. Over channels it receives what has changed and
//! asks for what it lacks. It never waits for the terminal: one that stops reading delays nothing and does
//! not prevent the program from ending.

mod action;
mod appearance;
mod canvas;
mod colour;
mod dialog;
mod escape;
mod filter;
pub(crate) mod format;
mod glyph;
mod keymap;
mod keys;
mod list;
mod model;
mod rates;
mod settings_file;
mod shared;
mod terminal;
mod text;
mod theme;
mod ticker;
pub(crate) mod tty;
mod update;
mod view;

pub use self::appearance::{Appearance, AppearanceChoice};
pub use self::canvas::Look;
pub use self::colour::{ColourChoice, ColourChoiceError, ColourLevel};
pub use self::glyph::Glyphs;
pub use self::keymap::KeyMap;
pub use self::model::Model;
pub use self::shared::{Ending, Permits, Reach, Viewer};
pub use self::theme::Theme;
pub use self::update::{Cmd, Msg, update};
pub use self::view::draw;

use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

use crossterm::event::{self, Event, EventStream, KeyEventKind};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_stream::StreamExt as _;

use self::terminal::Screen;
use self::ticker::Ticker;
use crate::clock::{DeckClock, Stopwatch};
use crate::domain::Timestamp;
use crate::engine::desk::{Message, Request};

/// How long after an Esc a letter may still belong to its key. That is longer than a terminal takes between
/// two bytes, and shorter than a person takes between two keys.
const AFTER_ESC: Duration = Duration::from_millis(25);

/// The shortest time between two frames that show new data only.
const DATA_FRAME: Duration = Duration::from_millis(100);

/// If the last view is younger than this, the next one is expected, and the frame of a tick waits for it.
const VIEW_EXPECTED: Duration = Duration::from_millis(1_500);

/// How long such a frame waits for more data: a page of the list follows a view of the deck.
const GATHER: Duration = Duration::from_millis(20);

/// The notice when the desk sends nothing more.
const NO_DESK: &str = "this console has lost the deck: quit it and open another";

/// What a console needs to run.
pub struct Console {
    /// The person at the screen and their permissions.
    pub viewer: Viewer,
    /// The key map.
    pub keys: KeyMap,
    /// The theme and the glyphs.
    pub appearance: Appearance,
    /// The requests to the desk.
    pub requests: Sender<Request>,
    /// The messages of the desk.
    pub messages: Receiver<Message>,
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
    /// Errors if there is no terminal, if it does not report its size, or if the runtime or the signal handlers
    /// cannot be set up.
    pub fn run(self) -> io::Result<Ending> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let ticker = Ticker::new();
        let signals = {
            let _context = runtime.enter();
            Signals::new(ENDS, CONTINUES)?
        };
        terminal::install_panic_hook();
        let screen = Screen::enter()?;
        let ending = runtime.block_on(Loop::new(self, screen, ticker)?.run(signals));
        // A lost terminal ends the console as a signal does.
        Ok(ending.unwrap_or_else(|error| {
            tracing::warn!("the terminal is gone: {error}");
            Ending::Drain
        }))
    }
}

/// The signals that the console handles.
struct Signals {
    end: [unix::Signal; 3],
    resume: unix::Signal,
}

/// The signals that end the console.
const ENDS: [SignalKind; 3] = [
    SignalKind::terminate(),
    SignalKind::interrupt(),
    SignalKind::hangup(),
];

/// The signal that continues a stopped process.
const CONTINUES: SignalKind = SignalKind::from_raw(Signal::CONT.as_raw());

/// A signal that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Received {
    /// The console has to end.
    End,
    /// The process was continued after it had been stopped.
    Continued,
}

impl Signals {
    /// Starts to handle the signals. Call it within a runtime.
    ///
    /// # Errors
    /// Errors if the handler of a signal cannot be installed. Without it the signal would end the process and
    /// leave the terminal as it is.
    fn new([one, two, three]: [SignalKind; 3], resume: SignalKind) -> io::Result<Self> {
        Ok(Self {
            end: [signal(one)?, signal(two)?, signal(three)?],
            resume: signal(resume)?,
        })
    }

    async fn next(&mut self) -> Received {
        let [one, two, three] = &mut self.end;
        tokio::select! {
            _ = one.recv() => Received::End,
            _ = two.recv() => Received::End,
            _ = three.recv() => Received::End,
            _ = self.resume.recv() => Received::Continued,
        }
    }
}

struct Loop {
    model: Model,
    appearance: Appearance,
    screen: Screen,
    requests: Sender<Request>,
    messages: Receiver<Message>,
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
            appearance: console.appearance,
            screen,
            requests: console.requests,
            messages: console.messages,
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

    /// Runs until the console ends.
    ///
    /// # Errors
    /// Errors if the terminal is gone.
    async fn run(mut self, mut signals: Signals) -> io::Result<Ending> {
        let mut events = EventStream::new();
        loop {
            if let Some(ending) = self.model.ending {
                return Ok(ending);
            }
            tokio::select! {
                biased;
                event = events.next() => match with_followers(event).await {
                    Some(events) => self.on_events(events)?,
                    None => self.take(Msg::End)?,
                },
                read_on = self.screen.read_on(), if self.screen.is_behind() => read_on?,
                () = sleep(self.until_frame()), if self.may_draw() => self.draw()?,
                message = self.messages.recv(), if self.desk_is_up => self.on_message(message)?,
                () = sleep(self.ticker.left()) => self.on_tick()?,
                received = signals.next() => match received {
                    Received::End => self.take(Msg::End)?,
                    Received::Continued => self.wake()?,
                },
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

    /// Handles all messages that the desk has sent so far. One frame shows them all.
    fn on_message(&mut self, first: Option<Message>) -> io::Result<()> {
        let mut next = first;
        if next.is_none() {
            self.desk_is_up = false;
            next = Some(Message::Failed(NO_DESK.to_owned()));
        }
        while let Some(message) = next {
            if let Message::View(view) = &message {
                self.clock = Some(view.clock);
                self.viewed = Some(Stopwatch::start());
            }
            self.take(Msg::Desk(message))?;
            next = self.messages.try_recv().ok();
        }
        self.stale.get_or_insert_with(Stopwatch::start);
        Ok(())
    }

    fn on_tick(&mut self) -> io::Result<()> {
        self.ticker.turn();
        let mut due = self.appearance.reload_if_changed();
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
            // A view has already shown this second.
            return Ok(());
        }
        let is_expected = |viewed: &Stopwatch| viewed.elapsed() < VIEW_EXPECTED;
        if self.viewed.as_ref().is_some_and(is_expected) && !due {
            self.stale.get_or_insert_with(Stopwatch::start);
            return Ok(());
        }
        self.draw()
    }

    fn take(&mut self, msg: Msg) -> io::Result<()> {
        let millis = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        for cmd in update(&mut self.model, msg, millis) {
            match cmd {
                Cmd::Request(request) => {
                    // The desk ends only after this side of the channel is dropped.
                    self.requests.send(request).ok();
                }
                Cmd::Copy(text) => self.screen.copy(&text)?,
                Cmd::Suspend => self.suspend()?,
                Cmd::Redraw => self.screen.clear()?,
                Cmd::NextTheme => self.appearance.next(),
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
        let (model, look) = (&self.model, self.appearance.current());
        self.screen.draw(|buffer| draw(model, look, buffer))
    }

    /// Restores the terminal and stops the process. Takes the terminal again when the process is continued.
    fn suspend(&mut self) -> io::Result<()> {
        terminal::restore();
        if let Err(error) = kill_process(getpid(), Signal::STOP) {
            tracing::warn!("the process cannot be suspended: {error}");
        }
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
async fn with_followers(event: Option<io::Result<Event>>) -> Option<Vec<Event>> {
    let mut events = vec![event?.ok()?];
    if !escape::is_incomplete(&events) {
        return Some(events);
    }
    let gathered = spawn_blocking(move || -> io::Result<_> {
        while escape::is_incomplete(&events) && event::poll(AFTER_ESC)? {
            events.push(event::read()?);
        }
        if !escape::opens_paste(&events) {
            return Ok(escape::join_keys(&events));
        }
        let (mut text, mut then) = (String::new(), None);
        while then.is_none() && event::poll(AFTER_ESC)? {
            let event = event::read()?;
            match escape::pasted(&event) {
                Some(letter) => text.push(letter),
                None => then = Some(event),
            }
        }
        let mut joined = escape::join_keys(&events);
        joined.push(Event::Paste(text));
        joined.extend(then);
        Ok(joined)
    });
    gathered.await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_that_cannot_be_handled_is_an_error() {
        let kill = SignalKind::from_raw(Signal::KILL.as_raw());
        let [terminate, interrupt, _] = ENDS;
        assert!(Signals::new([terminate, interrupt, kill], CONTINUES).is_err());
        assert!(Signals::new(ENDS, kill).is_err());
        assert!(Signals::new(ENDS, CONTINUES).is_ok());
    }
}

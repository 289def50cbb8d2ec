//! The state of the console: the latest view, the current selection and the pending acts. No I/O and no
//! clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::tz::TimeZone;

use super::dialog::Dialog;
use super::keymap::KeyMap;
use super::list::List;
use super::rates::Rates;
use crate::domain::{CampaignId, Timestamp};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{Act, CampaignView, EngineOwner, EventLine, View};

/// The number of log entries kept for the events pane.
pub const EVENTS_KEPT: usize = 1_000;

/// Milliseconds of the machine's own time since the console opened, never the deck's time.
pub type Millis = u64;

/// The person at the screen and their permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Their name, as the event log records it.
    pub actor: String,
    /// The name of their role.
    pub role: &'static str,
    /// What the role permits. The store enforces it as well; with this copy the console refuses a key without
    /// asking the store.
    pub may: Permits,
    /// The time zone in which times are shown.
    pub zone: TimeZone,
}

/// What a role may do at a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permits {
    /// How far the role may pause, run, stop and pace campaigns.
    pub campaigns: Reach,
    /// Whether it may record opt-outs.
    pub opt_out: bool,
    /// Whether it may import lists.
    pub import: bool,
}

/// How far a role may change campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It may change no campaign.
    Nothing,
    /// It may pause, end, slow down and hang up.
    HoldBack,
    /// It may make every change.
    Everything,
}

impl Reach {
    /// Returns whether the role may pause, end and slow down campaigns.
    pub const fn holds_back(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::HoldBack | Self::Everything => true,
        }
    }

    /// Returns whether the role may make every change.
    pub const fn is_full(self) -> bool {
        matches!(self, Self::Everything)
    }
}

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pane {
    /// The pane of the call list.
    #[default]
    List,
    /// The pane of the calling windows.
    Zones,
    /// The pane of the events.
    Events,
}

impl Pane {
    /// Returns the pane that gets the focus next.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::List => Self::Zones,
            Self::Zones => Self::Events,
            Self::Events => Self::List,
        }
    }
}

/// The weight of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// An act has succeeded.
    Good,
    /// Information without a result.
    Plain,
    /// An act has failed or was refused.
    Bad,
}

/// A line at the bottom that disappears after a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The text of the notice.
    pub text: String,
    /// How the notice is drawn.
    pub tone: Tone,
    /// When the notice disappears.
    pub until: Millis,
}

/// An act that waits for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The act as it was sent.
    pub act: Act,
    /// A description for the screen: `pausing past-due`.
    pub text: String,
}

/// How the console ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The console closes. An engine inside plans no new calls and ends after the last call.
    Finish,
    /// Like `Finish`, but the engine waits only briefly for its calls, because the program was asked to end.
    Drain,
    /// Like `Drain`, but the calls that are up are hung up first.
    HangUp,
    /// The console closes. An engine inside continues without a screen.
    Leave,
}

/// The state that every pane and dialog may read.
#[derive(Debug)]
pub struct Shared {
    /// The name of the deck.
    pub deck: String,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The present instant of the deck.
    pub now: Timestamp,
    /// The machine's own time at the last message.
    pub millis: Millis,
    /// The view on the screen; `None` before the first.
    pub view: Option<View>,
    /// A newer view than the frozen one on the screen.
    pub newer: Option<View>,
    /// Whether the view is frozen.
    pub frozen: bool,
    /// Why the store cannot be read; `None` if it can. The view on the screen is then old.
    pub failed: Option<String>,
    /// What is wrong with the deck's files, if the deck runs without some of them.
    pub broken: Option<String>,
    /// The index of the current campaign.
    pub tab: usize,
    /// The pane that has the focus.
    pub pane: Pane,
    /// Whether the focused pane fills the whole body.
    pub expanded: bool,
    /// Whether numbers are shown without their last digits.
    pub masked: bool,
    /// The key map in force.
    pub keys: KeyMap,
    /// The person at the screen.
    pub viewer: Viewer,
    /// The latest entries of the log, oldest first, at most [`EVENTS_KEPT`].
    pub events: VecDeque<EventLine>,
    /// The number of entries that arrived too fast to be shown.
    pub skipped: u64,
    /// The first line of the events pane, counted back from the newest. At 0 the pane follows the log.
    pub events_back: usize,
    /// The first line of the calling windows.
    pub zones_from: usize,
    /// The rates of each campaign since the console opened, by campaign name.
    pub rates: BTreeMap<String, Rates>,
    /// The alerts acknowledged in this console, by their sequence number.
    pub seen_alerts: BTreeSet<i64>,
    /// The acts that wait for their acknowledgement, by id.
    pub acts: BTreeMap<u64, Waiting>,
    /// The line at the bottom, if any.
    pub notice: Option<Notice>,
}

/// The whole state of the console.
pub struct Model {
    /// The state that dialogs and panes may read.
    pub shared: Shared,
    /// The window of the call list.
    pub list: List,
    /// The dialog on top, if any.
    pub dialog: Option<Box<dyn Dialog>>,
    /// The filter line while it is typed.
    pub filtering: Option<tui_input::Input>,
    /// When one key last stopped everything. A second press within 3 s offers to hang up.
    pub stopped_at: Option<Millis>,
    /// When the user last asked to quit on a screen too small for the question.
    pub quit_at: Option<Millis>,
    /// When the terminal got the focus back. Letters are ignored for a moment after that.
    pub focused_at: Option<Millis>,
    /// The id of the next act.
    pub next_act: u64,
    /// How the console ends; `None` while it runs.
    pub ending: Option<Ending>,
}

impl Model {
    /// Creates the state of a console that has not received a view yet.
    pub fn new(viewer: Viewer, keys: KeyMap, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            shared: Shared {
                deck: String::new(),
                size,
                now,
                millis: 0,
                view: None,
                newer: None,
                frozen: false,
                failed: None,
                broken: None,
                tab: 0,
                pane: Pane::List,
                expanded: false,
                masked: false,
                keys,
                viewer,
                events: VecDeque::new(),
                skipped: 0,
                events_back: 0,
                zones_from: 0,
                rates: BTreeMap::new(),
                seen_alerts: BTreeSet::new(),
                acts: BTreeMap::new(),
                notice: None,
            },
            list: List::default(),
            dialog: None,
            filtering: None,
            stopped_at: None,
            quit_at: None,
            focused_at: None,
            next_act: 1,
            ending: None,
        }
    }
}

/// An alert that a person has to acknowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its sequence number in the log.
    pub seq: i64,
    /// When it was raised, as the log writes it.
    pub at: String,
    /// The text of the alert.
    pub text: String,
}

impl Shared {
    /// Returns the current campaign with its counts; `None` if there is none.
    pub fn campaign(&self) -> Option<&CampaignBoard> {
        self.view.as_ref()?.board.campaigns.get(self.tab)
    }

    /// Returns the details of the current campaign; `None` if there is none.
    pub fn campaign_view(&self) -> Option<&CampaignView> {
        self.view.as_ref()?.campaigns.get(self.tab)
    }

    /// Returns the name of a campaign; empty if the view does not contain it.
    pub fn name_of(&self, id: CampaignId) -> &str {
        let Some(view) = &self.view else {
            return "";
        };
        let place = view.campaigns.iter().position(|campaign| campaign.id == id);
        place.map_or("", |place| view.board.campaigns[place].name.as_str())
    }

    /// Returns the number of calls that are up, over all campaigns.
    pub fn calls_up(&self) -> usize {
        self.view.as_ref().map_or(0, |view| view.board.calls.len())
    }

    /// Returns where the engine runs, as far as it is known.
    pub fn engine(&self) -> EngineOwner {
        self.view
            .as_ref()
            .map_or(EngineOwner::Nobody, |view| view.engine)
    }

    /// Returns the alerts that this console has not acknowledged, newest first.
    pub fn alerts(&self) -> Vec<Alert> {
        let Some(view) = &self.view else {
            return Vec::new();
        };
        let alerts = view.board.alerts.iter().map(|value| Alert {
            seq: value["seq"].as_i64().unwrap_or_default(),
            at: value["at"].as_str().unwrap_or_default().to_owned(),
            text: value["data"]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        });
        alerts
            .filter(|alert| !self.seen_alerts.contains(&alert.seq))
            .collect()
    }

    /// Returns the rates of a campaign; `None` if none have been recorded.
    pub fn rates_of(&self, name: &str) -> Option<&Rates> {
        self.rates.get(name)
    }
}

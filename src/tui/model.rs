//! What the console knows: the latest view, what is looked at, what is waited for. No I/O, no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::tz::TimeZone;

use super::dialog::Dialog;
use super::keymap::KeyMap;
use super::list::List;
use super::rates::Rates;
use crate::domain::{CampaignId, Timestamp};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{Act, CampaignView, EngineSeat, EventLine, View};

/// Entries of the log kept for the events pane.
pub const EVENTS_KEPT: usize = 1_000;

/// Milliseconds of the machine's own time since the console opened; never the deck's time.
pub type Millis = u64;

/// Who looks, and what they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Their name, as the log will have it.
    pub actor: String,
    /// Their role, by name.
    pub role: &'static str,
    /// What they may not do is refused by the store as well; this is for saying so at once.
    pub may: Permits,
    /// Their time zone.
    pub zone: TimeZone,
}

/// What a role may do at a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permits {
    /// Pause, run, stop and pace campaigns.
    pub campaigns: Reach,
    /// Mark opt-outs.
    pub opt_out: bool,
    /// Import lists.
    pub import: bool,
}

/// How far a role may change campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Nothing,
    /// Pause, end, slow down, hang up.
    HoldBack,
    /// Everything.
    Everything,
}

impl Reach {
    /// Whether it may hold campaigns back.
    pub const fn holds_back(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::HoldBack | Self::Everything => true,
        }
    }

    /// Whether it may do everything.
    pub const fn is_full(self) -> bool {
        matches!(self, Self::Everything)
    }
}

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pane {
    /// The call list.
    #[default]
    List,
    /// The calling windows.
    Zones,
    /// The events.
    Events,
}

impl Pane {
    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::List => Self::Zones,
            Self::Zones => Self::Events,
            Self::Events => Self::List,
        }
    }
}

/// How loud a line at the bottom is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// For information.
    Plain,
    /// It did not work.
    Bad,
}

/// A line at the bottom that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How loud.
    pub tone: Tone,
    /// When it goes.
    pub until: Millis,
}

/// An act that waits for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The act.
    pub act: Act,
    /// What is being done, for the screen: `pausing past-due`.
    pub text: String,
}

/// How the console ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The console closes; an engine inside plans no new calls and ends when the last call has.
    Finish,
    /// As finish, but calls are waited for only shortly: the program was told to end.
    Drain,
    /// As drain, and calls that are up are hung up first.
    HangUp,
    /// The console closes; an engine inside goes on without a screen.
    Leave,
}

/// What everything on the screen may look at.
#[derive(Debug)]
pub struct Shared {
    /// The name of the deck.
    pub deck: String,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The deck's present instant.
    pub now: Timestamp,
    /// The machine's own time.
    pub millis: Millis,
    /// The latest view; `None` before the first.
    pub view: Option<View>,
    /// A newer view than the frozen one that is shown.
    pub newer: Option<View>,
    /// The view is frozen.
    pub frozen: bool,
    /// Why the store cannot be read, if so: what is shown is old.
    pub failed: Option<String>,
    /// What is broken of the deck's files and had to be done without.
    pub broken: Option<String>,
    /// Which campaign is looked at.
    pub tab: usize,
    /// Which pane has the focus.
    pub pane: Pane,
    /// The focused pane has the whole body.
    pub expanded: bool,
    /// Numbers are shown without their last digits.
    pub masked: bool,
    /// The keys.
    pub keys: KeyMap,
    /// Who looks.
    pub viewer: Viewer,
    /// The latest entries of the log, oldest first.
    pub events: VecDeque<EventLine>,
    /// Entries that came too fast to be shown.
    pub skipped: u64,
    /// The first line of the events pane, counted from the newest; 0 follows.
    pub events_back: usize,
    /// The first line of the zone strip.
    pub zones_from: usize,
    /// What has been seen of the pace, by campaign name.
    pub rates: BTreeMap<String, Rates>,
    /// Alerts that somebody here has seen, by their place in the log.
    pub seen_alerts: BTreeSet<i64>,
    /// Acts that wait for their acknowledgement.
    pub acts: BTreeMap<u64, Waiting>,
    /// A line at the bottom.
    pub notice: Option<Notice>,
}

/// Everything the console knows.
pub struct Model {
    /// What dialogs and panes may look at.
    pub shared: Shared,
    /// The call list.
    pub list: List,
    /// The dialog on top, if any.
    pub dialog: Option<Box<dyn Dialog>>,
    /// The filter line, while it is being typed.
    pub filtering: Option<tui_input::Input>,
    /// When everything was last stopped by one key; again within 3 s offers to hang up.
    pub stopped_at: Option<Millis>,
    /// When quitting was last asked for on a screen too small for the question.
    pub quit_at: Option<Millis>,
    /// When the terminal got the focus back: letters wait a little.
    pub focused_at: Option<Millis>,
    /// The id of the next act.
    pub next_act: u64,
    /// How it ends, once it does.
    pub ending: Option<Ending>,
}

impl Model {
    /// A console that has not seen its deck yet.
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

/// An alert that somebody has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its place in the log.
    pub seq: i64,
    /// When.
    pub at: String,
    /// What it says.
    pub text: String,
}

impl Shared {
    /// The campaign looked at, as the board has it.
    pub fn campaign(&self) -> Option<&CampaignBoard> {
        self.view.as_ref()?.board.campaigns.get(self.tab)
    }

    /// What its counts alone do not say.
    pub fn campaign_view(&self) -> Option<&CampaignView> {
        self.view.as_ref()?.campaigns.get(self.tab)
    }

    /// The name of a campaign.
    pub fn name_of(&self, id: CampaignId) -> &str {
        let Some(view) = &self.view else {
            return "";
        };
        let place = view.campaigns.iter().position(|campaign| campaign.id == id);
        place.map_or("", |place| view.board.campaigns[place].name.as_str())
    }

    /// Calls that are up over all campaigns.
    pub fn calls_up(&self) -> usize {
        self.view.as_ref().map_or(0, |view| view.board.calls.len())
    }

    /// Who owns the engine, as far as it is known.
    pub fn engine(&self) -> EngineSeat {
        self.view
            .as_ref()
            .map_or(EngineSeat::Nobody, |view| view.engine)
    }

    /// Alerts nobody here has seen, newest first.
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

    /// What the campaign's own rate shows.
    pub fn rates_of(&self, name: &str) -> Option<&Rates> {
        self.rates.get(name)
    }
}

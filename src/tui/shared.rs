//! The state that every pane and dialog may read: the latest view, the viewer and their permissions, the
//! pending acts. No I/O and no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::tz::TimeZone;

use super::action::{Action, Need};
use super::keymap::KeyMap;
use super::rates::Rates;
use crate::domain::{CampaignId, Timestamp};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{Act, ActId, CampaignView, EngineOwner, EventLine, View};

/// The number of log entries kept for the events pane.
pub(crate) const EVENTS_KEPT: usize = 1_000;

/// Milliseconds of the machine's own time since the console opened, never the deck's time.
pub(crate) type Millis = u64;

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

impl Permits {
    /// Returns whether the role may perform the action.
    pub(crate) const fn allow(self, action: Action) -> bool {
        match action.need() {
            Need::Nothing => true,
            Need::HoldBack => self.campaigns.holds_back(),
            Need::Campaigns => self.campaigns.is_full(),
            Need::OptOut => self.opt_out,
            Need::Import => self.import,
        }
    }
}

impl Reach {
    /// Returns whether the role may pause, end and slow down campaigns.
    pub(crate) const fn holds_back(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::HoldBack | Self::Everything => true,
        }
    }

    /// Returns whether the role may make every change.
    pub(crate) const fn is_full(self) -> bool {
        matches!(self, Self::Everything)
    }
}

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pane {
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
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::List => Self::Zones,
            Self::Zones => Self::Events,
            Self::Events => Self::List,
        }
    }

    /// Returns the pane that had the focus before.
    #[must_use]
    pub(crate) const fn previous(self) -> Self {
        match self {
            Self::List => Self::Events,
            Self::Zones => Self::List,
            Self::Events => Self::Zones,
        }
    }
}

/// The weight of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// An act has succeeded.
    Good,
    /// Information without a result.
    Plain,
    /// An act has failed or was refused.
    Bad,
}

/// A line at the bottom that disappears after a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The text of the notice.
    pub(crate) text: String,
    /// How the notice is drawn.
    pub(crate) tone: Tone,
    /// When the notice disappears.
    pub(crate) until: Millis,
}

/// An act that waits for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingAct {
    /// The act as it was sent.
    pub(crate) act: Act,
    /// A description for the screen: `pausing past-due`.
    pub(crate) text: String,
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
pub(crate) struct Shared {
    /// The name of the deck.
    pub(crate) deck: String,
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    /// The present instant of the deck.
    pub(crate) now: Timestamp,
    /// The machine's own time at the last message.
    pub(crate) millis: Millis,
    /// The view on the screen; `None` before the first.
    pub(crate) view: Option<View>,
    /// A newer view than the frozen one on the screen.
    pub(crate) newer: Option<View>,
    /// Whether the view is frozen.
    pub(crate) frozen: bool,
    /// Why the store cannot be read; `None` if it can. The view on the screen is then old.
    pub(crate) failed: Option<String>,
    /// What is wrong with the deck's files, if the deck runs without some of them.
    pub(crate) broken: Option<String>,
    /// The index of the current campaign.
    pub(crate) tab: usize,
    /// The pane that has the focus.
    pub(crate) pane: Pane,
    /// Whether the focused pane fills the whole body.
    pub(crate) expanded: bool,
    /// Whether numbers are shown without their last digits.
    pub(crate) masked: bool,
    /// The key map in force.
    pub(crate) keys: KeyMap,
    /// The person at the screen.
    pub(crate) viewer: Viewer,
    /// The latest entries of the log, oldest first, at most [`EVENTS_KEPT`].
    pub(crate) events: VecDeque<EventLine>,
    /// The number of entries that arrived too fast to be shown.
    pub(crate) skipped: u64,
    /// The first line of the events pane, counted back from the newest. At 0 the pane follows the log.
    pub(crate) events_back: usize,
    /// The first line of the calling windows.
    pub(crate) zones_from: usize,
    /// The rates of each campaign since the console opened, by campaign name.
    pub(crate) rates: BTreeMap<String, Rates>,
    /// The alerts acknowledged in this console, by their sequence number.
    pub(crate) seen_alerts: BTreeSet<i64>,
    /// The acts that wait for their acknowledgement, by id.
    pub(crate) acts: BTreeMap<ActId, PendingAct>,
    /// The line at the bottom, if any.
    pub(crate) notice: Option<Notice>,
}

/// An alert that a person has to acknowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    /// Its sequence number in the log.
    pub(crate) seq: i64,
    /// When it was raised.
    pub(crate) at: Timestamp,
    /// The text of the alert.
    pub(crate) text: String,
}

impl Shared {
    /// Creates the state of a console that has not received a view yet.
    pub(crate) fn new(viewer: Viewer, keys: KeyMap, size: (u16, u16), now: Timestamp) -> Self {
        Self {
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
        }
    }

    /// Returns the current campaign with its counts; `None` if there is none.
    pub(crate) fn campaign(&self) -> Option<&CampaignBoard> {
        self.view.as_ref()?.board.campaigns.get(self.tab)
    }

    /// Returns the details of the current campaign; `None` if there is none.
    pub(crate) fn campaign_view(&self) -> Option<&CampaignView> {
        self.view.as_ref()?.campaigns.get(self.tab)
    }

    /// Returns the name of a campaign; empty if the view does not contain it.
    pub(crate) fn name_of(&self, id: CampaignId) -> &str {
        let Some(view) = &self.view else {
            return "";
        };
        let place = view.campaigns.iter().position(|campaign| campaign.id == id);
        place.map_or("", |place| view.board.campaigns[place].name.as_str())
    }

    /// Returns the number of calls that are up, over all campaigns.
    pub(crate) fn calls_up(&self) -> usize {
        self.view.as_ref().map_or(0, |view| view.board.calls.len())
    }

    /// Returns where the engine runs, as far as it is known.
    pub(crate) fn engine(&self) -> EngineOwner {
        self.view
            .as_ref()
            .map_or(EngineOwner::Nobody, |view| view.engine)
    }

    /// Returns the alerts that this console has not acknowledged, newest first.
    pub(crate) fn alerts(&self) -> Vec<Alert> {
        let Some(view) = &self.view else {
            return Vec::new();
        };
        let alerts = view.board.alerts.iter().map(|open| Alert {
            seq: open.seq,
            at: open.at,
            text: open.data.text.clone(),
        });
        alerts
            .filter(|alert| !self.seen_alerts.contains(&alert.seq))
            .collect()
    }

    /// Returns the rates of a campaign; `None` if none have been recorded.
    pub(crate) fn rates_of(&self, name: &str) -> Option<&Rates> {
        self.rates.get(name)
    }
}

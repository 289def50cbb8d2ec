//! What a console may see and do of a deck, whether the engine runs inside it, elsewhere or not at all.
//!
//! A desk reads snapshots and writes to the store, as any process of the deck may; it never asks the
//! engine for anything. So a console inside and one attached from outside are the same: every act
//! holds from its commit, because each claim re-reads what binds it.

pub mod acts;
mod asked;
pub mod numbers;
pub mod rows;
pub mod service;
pub mod story;
pub mod why;
pub mod zones;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use acts::{Act, Acted};
pub use numbers::{Echo, Judged};
pub use rows::{AttemptRow, ContactRow, ListPage, ListQuery, Standing};
pub use service::{Ask, Centre, Told};
pub use story::EventLine;
pub use why::WhyReport;
pub use zones::{ZoneRow, ZoneStanding};

pub use dialdeck_core::policy::window::Stretch;
pub use dialdeck_core::policy::{Hold, HoldKind, HoldReason, Scope, Until, WindowReason};
pub use dialdeck_store::{ListKey, ListOrder};

pub use super::board::Phase;
pub use super::next_claim::NextClaim;

use super::board::{Board, CallerIdBoard};
use super::law;
use super::next_claim;
use super::reading::{self, Reading};
use super::shell::Handle;
use dialdeck_clock::DeckClock;
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::{
    Campaign, CampaignId, CampaignState, Contact, ContactId, ImportFigures, Timestamp,
};
use dialdeck_core::rules::Rules;
use dialdeck_store::{Direction, Snapshot, Store, StoreError};

/// Rows looked at in one search of the list before something else gets its turn.
const ROW_BUDGET: u64 = 50_000;

/// Who owns the deck's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineSeat {
    /// This process.
    Inside,
    /// Another process.
    Elsewhere,
    /// Nobody: nothing is dialed.
    Nobody,
}

/// What a desk is told of its surroundings.
pub trait Surroundings<S>: Send {
    /// Who owns the engine.
    fn engine(&mut self) -> EngineSeat;

    /// The deck's clock.
    ///
    /// # Errors
    /// When it cannot be read.
    fn clock(&mut self, store: &mut S) -> Result<DeckClock, StoreError>;

    /// Something that imports a list of contacts into the campaign of this name.
    fn importer(&self) -> Importer;
}

/// Imports a contact list; told how far it has come, in rows.
pub type Importer = Box<dyn FnOnce(&str, PathBuf, Listener) -> Result<Imported, String> + Send>;

/// Told how many rows are done.
pub type Listener = Arc<dyn Fn(u64) + Send + Sync>;

/// What an import brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows taken, duplicate, rejected.
    pub figures: ImportFigures,
    /// Rows taken whose number can never be dialed.
    pub undialable: u64,
    /// Rows taken without the consent that the campaign requires.
    pub without_consent: u64,
    /// Rows marked in the list as not to be called, whose numbers stand on the internal list now.
    pub not_to_be_called: u64,
    /// What its columns were taken for, in words, and what looks like a slip in them.
    pub columns: Vec<String>,
    /// Where the rejected rows are, if any.
    pub rejects: Option<PathBuf>,
}

/// A deck at one instant, as a console shows it.
#[derive(Clone, Debug)]
pub struct View {
    /// The counts.
    pub board: Board,
    /// What the counts alone do not say, in the order of the board's campaigns.
    pub campaigns: Vec<CampaignView>,
    /// Who owns the engine.
    pub engine: EngineSeat,
    /// The clock it runs on.
    pub clock: DeckClock,
}

/// What a campaign's counts alone do not say.
#[derive(Clone, Debug)]
pub struct CampaignView {
    /// Its id.
    pub id: CampaignId,
    /// Its calling windows.
    pub zones: Vec<ZoneRow>,
    /// When the first waiting contact is due.
    pub next_due: Option<Timestamp>,
    /// When the first shut window opens.
    pub next_opening: Option<Timestamp>,
    /// The caller IDs it may show; the cap is the lower of the number's and the campaign's.
    pub caller_ids: Vec<CallerIdBoard>,
    /// The file's pace, which the live pace never passes.
    pub ceiling: Pacing,
    /// What the law asks for before its calls, one line each; only of one that may be started.
    pub law: Vec<String>,
    /// Abandoned calls allowed, in percent of live answers.
    pub abandonment_limit_percent: u32,
}

/// What the law asks for where the campaign's contacts are, of one that may be started.
fn law_of(rules: &Rules, snapshot: &Snapshot, campaign: &Campaign) -> Vec<String> {
    match campaign.state {
        CampaignState::Draft | CampaignState::Paused => {
            let countries = law::countries(snapshot, campaign.id);
            let asked = law::asked(rules, &campaign.settings, &countries);
            asked.iter().map(law::Asked::line).collect()
        }
        CampaignState::Running | CampaignState::Done | CampaignState::Stopped => Vec::new(),
    }
}

/// Everything a desk needs.
pub struct Settings<S> {
    /// A store of its own; one that only reads refuses every act.
    pub store: S,
    /// The law in force.
    pub rules: &'static Rules,
    /// What the desk does not know by itself.
    pub surroundings: Box<dyn Surroundings<S>>,
    /// The engine, if it runs in this process.
    pub engine: Option<Handle>,
    /// Who acts.
    pub actor: String,
    /// The viewer's time zone.
    pub viewer: TimeZone,
    /// The country of numbers written without one.
    pub country: String,
}

/// A console's desk on a deck.
pub struct Desk<S> {
    settings: Settings<S>,
    strips: zones::Strips,
    clock: DeckClock,
    snapshot: Snapshot,
    now: Timestamp,
    /// Windows read before.
    windows: reading::Known,
    /// What claims get, asked for before.
    asked: asked::Asked,
}

impl<S: Store> Desk<S> {
    /// Reads the deck for the first time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(mut settings: Settings<S>) -> Result<Self, StoreError> {
        let clock = settings.surroundings.clock(&mut settings.store)?;
        let mut desk = Self {
            settings,
            strips: zones::Strips::default(),
            clock,
            snapshot: Snapshot::default(),
            now: Timestamp::MIN,
            windows: reading::Known::new(),
            asked: asked::Asked::default(),
        };
        desk.read()?;
        Ok(desk)
    }

    /// The present instant by the deck's clock.
    pub(super) fn present(&self) -> Timestamp {
        self.clock.now(self.snapshot.last_event_at)
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let settings = &mut self.settings;
        self.clock = settings.surroundings.clock(&mut settings.store)?;
        if self.snapshot.last_event_at.is_none() {
            // A clock that jumps stands at the last event, which is not known before the first look.
            self.snapshot = settings.store.snapshot(Timestamp::MIN)?;
        }
        let now = self.clock.now(self.snapshot.last_event_at);
        self.snapshot = settings.store.snapshot(now)?;
        self.now = self.present();
        Ok(())
    }

    /// The deck now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn view(&mut self) -> Result<View, StoreError> {
        self.asked = asked::Asked::default();
        self.view_later()
    }

    /// The deck now, on which nothing was committed since the last view.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn view_later(&mut self) -> Result<View, StoreError> {
        self.read()?;
        self.asked.turn_to(self.now);
        let (rules, now) = (self.settings.rules, self.now);
        self.strips.turn_to(now, &self.settings.viewer);
        let engine = self.settings.surroundings.engine();
        let snapshot = &self.snapshot;
        let readings = reading::readings(snapshot, rules, now, &mut self.windows);
        let store = &mut self.settings.store;
        let next = match &self.asked.campaigns {
            Some(known) => known.clone(),
            None => next_claim::of_campaigns(store, snapshot, &readings, now)?,
        };
        self.asked.keep_campaigns(&next, &readings);
        let board = Board::of(snapshot, &readings, next, now);
        let campaigns: Vec<CampaignView> = readings
            .iter()
            .map(|reading| {
                let campaign = &reading.counts.campaign;
                let settings = &campaign.settings;
                CampaignView {
                    id: campaign.id,
                    zones: zones::rows(rules, reading, snapshot, &mut self.strips, now),
                    // One that waits for a registry is never due by time alone.
                    next_due: reading.counts.next_due.filter(|at| *at < Timestamp::MAX),
                    next_opening: reading.next_opening(),
                    caller_ids: caller_ids(reading, snapshot, now),
                    ceiling: campaign.ceiling,
                    law: law_of(rules, snapshot, campaign),
                    abandonment_limit_percent: settings.abandonment_limit_percent,
                }
            })
            .collect();
        Ok(View {
            board,
            campaigns,
            engine,
            clock: self.clock,
        })
    }

    /// A page of a campaign's list around a place.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn page(
        &mut self,
        query: &ListQuery,
        centre: Centre,
        before: usize,
        after: usize,
    ) -> Result<ListPage, StoreError> {
        let asked = query.to_store(&self.snapshot.classes);
        let store = &mut self.settings.store;
        let (back, from) = match centre {
            Centre::Start => (None, None),
            Centre::After(key) => (None, Some(key)),
            Centre::End => {
                let limit = before + after;
                (
                    Some(store.page(&asked, None, Direction::Back, limit, ROW_BUDGET)?),
                    None,
                )
            }
            Centre::At(key) => {
                let page = store.page(
                    &asked,
                    Some(&key),
                    Direction::Back,
                    before.max(1),
                    ROW_BUDGET,
                )?;
                let last = page.rows.last().map(|last| query.order.key(last));
                (Some(page), last)
            }
        };
        let mut contacts = Vec::new();
        let mut page = ListPage {
            before: matches!(centre, Centre::After(_)),
            ..ListPage::default()
        };
        if let Some(back) = back {
            page.before = !back.end;
            contacts = back.rows;
        }
        if centre != Centre::End {
            let limit = after + 1;
            let rest = store.page(&asked, from.as_ref(), Direction::Forward, limit, ROW_BUDGET)?;
            page.after = !rest.end;
            page.resume = rest.resume.filter(|_| rest.cut);
            contacts.extend(rest.rows);
        }
        page.rows = self.rows(query, &contacts)?;
        Ok(page)
    }

    fn rows(
        &mut self,
        query: &ListQuery,
        contacts: &[Contact],
    ) -> Result<Vec<ContactRow>, StoreError> {
        let (snapshot, now) = (&self.snapshot, self.now);
        let counts = snapshot.campaigns.iter();
        let Some(campaign) = counts
            .map(|counts| &counts.campaign)
            .find(|campaign| campaign.id == query.campaign)
        else {
            return Ok(Vec::new());
        };
        let maker = rows::RowMaker {
            rules: self.settings.rules,
            campaign,
            context: next_claim::context(snapshot, campaign, now),
            snapshot,
            order: query.order,
            now,
        };
        let (store, asked) = (&mut self.settings.store, &mut self.asked);
        contacts
            .iter()
            .map(|contact| maker.row(store, asked, contact))
            .collect()
    }

    /// All attempts of a contact, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn attempts(&mut self, contact: ContactId) -> Result<Vec<AttemptRow>, StoreError> {
        rows::attempts(&mut self.settings.store, contact)
    }
}

fn caller_ids(reading: &Reading<'_>, snapshot: &Snapshot, now: Timestamp) -> Vec<CallerIdBoard> {
    let cap = reading.counts.campaign.settings.caller_id.hourly_cap;
    reading
        .caller_ids(snapshot)
        .map(|usage| {
            let mut id = CallerIdBoard::of(usage, snapshot, now);
            id.per_hour[1] = id.per_hour[1].min(cap);
            id
        })
        .collect()
}

//! What a console can see of a deck and do to it, whether the engine runs inside it, elsewhere or not at
//! all.
//!
//! A desk reads snapshots and writes to the store, like any process of the deck; it never asks the engine
//! for anything. So a console with the engine inside and one attached to a running deck behave alike: every
//! act holds from its commit, because each claim reads again what binds it.

pub mod acts;
mod claim_cache;
pub mod event_line;
pub mod numbers;
pub mod protocol;
pub mod rows;
pub mod service;
mod size;
pub mod summary;
pub mod why;
pub mod zones;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use acts::{Act, ActError, ActSummary, RecordedAct};
pub use event_line::EventLine;
pub use numbers::{Echo, JudgedNumber, MatchedContact};
pub use protocol::{ActId, Centre, Message, PageRequest, Request, UnreadNumber};
pub use rows::{AttemptRow, ContactRow, ListPage, ListQuery, Size, Standing};
pub use summary::{Binding, CallerIdSummary, OnStart};
pub use why::WhyReport;
pub use zones::{ZoneRow, ZoneStanding};

pub use dialdeck_core::policy::window::Stretch;
pub use dialdeck_core::policy::{
    Check, Decision, Hold, HoldKind, HoldReason, Scope, Until, Verdict, WindowReason,
};
pub use dialdeck_store::{ListKey, ListOrder};

pub use super::board::Phase;
pub use super::next_claim::NextClaim;

use super::alerts::OpenAlert;
use super::board::{Board, CallerIdBoard};
use super::law;
use super::next_claim;
use super::reading::{self, Reading};
use super::shell::Handle;
use dialdeck_clock::DeckClock;
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::{
    Campaign, CampaignId, CampaignState, Contact, ContactId, ImportFigures, Timestamp,
};
use dialdeck_core::rules::Rules;
use dialdeck_store::{Acts, Direction, Snapshot, StoreError};

/// Contacts read in one search of the list, at most, before other questions get their turn.
const ROW_BUDGET: u64 = 50_000;

/// Which process owns the deck's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineOwner {
    /// The engine runs in this process.
    Inside,
    /// The engine runs in another process.
    Elsewhere,
    /// No process runs the engine: nothing is dialed.
    Nobody,
}

/// What a desk needs from its surroundings.
pub trait Surroundings<S>: Send {
    /// Returns which process owns the engine.
    fn engine(&mut self) -> EngineOwner;

    /// Why the engine inside records nothing at present, if another process keeps the store busy: an
    /// alert that the log cannot hold yet.
    fn busy(&mut self) -> Option<AlertRaised> {
        None
    }

    /// Returns the deck's clock.
    ///
    /// # Errors
    /// Errors if the clock cannot be read.
    fn clock(&mut self, store: &mut S) -> Result<DeckClock, StoreError>;

    /// Returns a function that imports a list of contacts into a campaign.
    fn importer(&self) -> Importer;
}

/// Imports the contact list at a path into the campaign of a name, and reports its progress to the
/// listener.
pub type Importer =
    Box<dyn FnOnce(&str, PathBuf, Listener) -> Result<ImportSummary, ImportError> + Send>;

/// Called with the number of rows processed so far.
pub type Listener = Arc<dyn Fn(u64) + Send + Sync>;

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSummary {
    /// Rows accepted, duplicate and rejected.
    pub figures: ImportFigures,
    /// Accepted rows whose number can never be dialed.
    pub undialable: u64,
    /// Accepted rows without the consent that the campaign requires.
    pub without_consent: u64,
    /// Accepted rows that the list marks as not to be called. Their numbers are now on the internal list.
    pub not_to_be_called: u64,
    /// How each column was read, and which of them seem to be mistakes, a line each.
    pub columns: Vec<String>,
    /// The file of rejected rows; `None` if no row was rejected.
    pub rejects: Option<PathBuf>,
}

/// Why a list was not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}")))]
pub struct ImportError {
    /// What is wrong, with its place.
    pub message: String,
    /// What to do; `None` if nothing but the obvious.
    pub hint: Option<String>,
}

/// A deck at one instant, as a console shows it.
#[derive(Clone, Debug)]
pub struct View {
    /// The counts of campaigns, trunks, caller IDs and calls.
    pub board: Board,
    /// What the board does not contain, in the order of the board's campaigns.
    pub campaigns: Vec<CampaignView>,
    /// Which process owns the engine.
    pub engine: EngineOwner,
    /// The clock that the deck runs on.
    pub clock: DeckClock,
}

/// What the board does not contain about a campaign.
#[derive(Clone, Debug)]
pub struct CampaignView {
    /// The id of the campaign.
    pub id: CampaignId,
    /// Its calling windows, one row for each set of zones.
    pub zones: Vec<ZoneRow>,
    /// When the first waiting contact is due; `None` if none is due by time alone.
    pub next_due: Option<Timestamp>,
    /// When the first shut window opens; `None` if none opens by time alone.
    pub next_opening: Option<Timestamp>,
    /// The caller IDs that it may show. Each hourly cap is the lower of the number's and the campaign's.
    pub caller_ids: Vec<CallerIdBoard>,
    /// The use of these caller IDs together.
    pub caller_id_use: CallerIdSummary,
    /// Why its next call does not leave now.
    pub binding: Binding,
    /// What limits the campaign, in one or two words.
    pub limit: &'static str,
    /// The pace in the campaign file, which the live pace never exceeds.
    pub ceiling: Pacing,
    /// What the law requires before its calls, one line each. Empty unless the campaign is a draft or
    /// paused.
    pub law: Vec<String>,
    /// Abandoned calls allowed, in percent of live answers.
    pub abandonment_limit_percent: u32,
}

/// Returns what the law requires in the countries of the campaign's contacts; empty unless the campaign is
/// a draft or paused.
fn law_of(rules: &Rules, snapshot: &Snapshot, campaign: &Campaign) -> Vec<String> {
    match campaign.state {
        CampaignState::Draft | CampaignState::Paused => {
            let countries = law::countries(snapshot, campaign.id);
            let asked = law::requirements(rules, &campaign.settings, &countries);
            asked.iter().map(law::Requirement::line).collect()
        }
        CampaignState::Running | CampaignState::Done | CampaignState::Stopped => Vec::new(),
    }
}

/// The parts that [`Desk::open`] needs.
pub struct Settings<S> {
    /// The desk's own connection to the store. A read-only store refuses every act.
    pub store: S,
    /// The law tables and number tables in force.
    pub rules: Arc<Rules>,
    /// The process around the desk.
    pub surroundings: Box<dyn Surroundings<S>>,
    /// The engine, if it runs in this process.
    pub engine: Option<Handle>,
    /// The person who acts, as logged.
    pub actor: String,
    /// The viewer's time zone, for the strips of the day.
    pub viewer: TimeZone,
    /// ISO country of numbers written without a country code.
    pub country: String,
}

/// A console's access to a deck.
pub struct Desk<S> {
    settings: Settings<S>,
    strips: zones::Strips,
    clock: DeckClock,
    snapshot: Snapshot,
    now: Timestamp,
    /// Windows that were read earlier and still hold.
    windows: reading::WindowCache,
    /// What claims get, cached from earlier views.
    claims: claim_cache::ClaimCache,
    /// The size of the list that was searched last.
    sized: Option<size::Sized>,
}

impl<S: Acts> Desk<S> {
    /// Opens a desk and reads the deck for the first time.
    ///
    /// # Errors
    /// Errors if the store or its clock cannot be read.
    pub fn open(mut settings: Settings<S>) -> Result<Self, StoreError> {
        let clock = settings.surroundings.clock(&mut settings.store)?;
        let mut desk = Self {
            settings,
            strips: zones::Strips::default(),
            clock,
            snapshot: Snapshot::default(),
            now: Timestamp::MIN,
            windows: reading::WindowCache::new(),
            claims: claim_cache::ClaimCache::default(),
            sized: None,
        };
        desk.read()?;
        Ok(desk)
    }

    /// Returns the present instant by the deck's clock.
    pub(super) fn present(&self) -> Timestamp {
        self.clock.now(self.snapshot.last_event_at)
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let settings = &mut self.settings;
        self.clock = settings.surroundings.clock(&mut settings.store)?;
        if self.snapshot.last_event_at.is_none() {
            // A virtual clock shows the instant of the last event, which is known only after a first
            // snapshot.
            self.snapshot = settings.store.snapshot(Timestamp::MIN)?;
        }
        let now = self.clock.now(self.snapshot.last_event_at);
        self.snapshot = settings.store.snapshot(now)?;
        self.now = self.present();
        Ok(())
    }

    /// Returns the deck as it is now.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn view(&mut self) -> Result<View, StoreError> {
        self.claims = claim_cache::ClaimCache::default();
        self.view_later()
    }

    /// Returns the deck as it is now, for callers that know of no commit since the last view. Answers that
    /// still hold are reused.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub(super) fn view_later(&mut self) -> Result<View, StoreError> {
        self.read()?;
        self.claims.turn_to(self.now);
        let (rules, now) = (&self.settings.rules, self.now);
        self.strips.turn_to(now, &self.settings.viewer);
        let engine = self.settings.surroundings.engine();
        let snapshot = &self.snapshot;
        let readings = reading::readings(snapshot, rules, now, &mut self.windows);
        let store = &mut self.settings.store;
        let next = match &self.claims.campaigns {
            Some(known) => known.clone(),
            None => next_claim::of_campaigns(store, snapshot, &readings, now)?,
        };
        self.claims.keep_campaigns(&next, &readings);
        let mut board = Board::of(snapshot, &readings, next, now);
        let busy = self.settings.surroundings.busy();
        let busy = busy.map(|alert| OpenAlert::unwritten(alert, now));
        board.alerts.splice(0..0, busy);
        let campaigns: Vec<CampaignView> = readings
            .iter()
            .zip(&board.campaigns)
            .map(|(reading, shown)| {
                let campaign = &reading.counts.campaign;
                let settings = &campaign.settings;
                let caller_ids = caller_ids(reading, snapshot, now);
                CampaignView {
                    id: campaign.id,
                    zones: zones::rows(rules, reading, snapshot, &mut self.strips, now),
                    // A contact that waits for a registry is never due by time alone.
                    next_due: reading.counts.next_due.filter(|at| *at < Timestamp::MAX),
                    next_opening: reading.next_opening(),
                    caller_id_use: CallerIdSummary::of(&caller_ids),
                    caller_ids,
                    binding: shown.binding(engine),
                    limit: shown.limit(engine),
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

    /// Returns a page of a campaign's list around a place, with about as many rows in front and behind as
    /// asked for. Reads at most 50,000 contacts in each direction.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn page(&mut self, wanted: &PageRequest) -> Result<ListPage, StoreError> {
        let PageRequest {
            serial: _,
            query,
            centre,
            before,
            after,
        } = wanted;
        let (centre, before, after) = (*centre, *before, *after);
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
        page.size = self.size(query, &page)?;
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
            rules: &self.settings.rules,
            campaign,
            context: next_claim::context(snapshot, campaign, now),
            snapshot,
            order: query.order,
            now,
        };
        let (store, claims) = (&mut self.settings.store, &mut self.claims);
        contacts
            .iter()
            .map(|contact| maker.row(store, claims, contact))
            .collect()
    }

    /// Returns all attempts of a contact, oldest first.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
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

//! Updates both copies of a mark with what a store commits.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::file::Copy;
use super::{FILE, Mark, Reached};
use crate::{MarkFault, StoreError, Unusable};
use dialdeck_clock::Stopwatch;
use dialdeck_core::domain::DeckId;

/// Serials that are reserved together, so that the mark is synced once for so many attempts.
const BLOCK: i64 = 1000;

/// How long a process that holds a copy is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the mark is to be raised to as soon as it can be written.
#[derive(Debug)]
struct Behind {
    deck: DeckId,
    reached: Reached,
    why: MarkFault,
}

/// What the copies of a mark say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The copy of this deck that counts.
    pub(super) mark: Option<Mark>,
    /// The mark in the folder, if it is of another deck.
    pub(super) foreign: Option<Mark>,
    /// What is wrong with the copies.
    pub(super) faults: Vec<MarkFault>,
}

/// Updates both copies of a mark.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent states, each false as a rule"
)]
pub(crate) struct Keeper {
    deck: DeckId,
    folder: Copy,
    /// The copy in the user's state folder, if there is one.
    state: Option<Copy>,
    /// Whether the state folder's copy is only read: the deck is not where its last engine ran, and another
    /// with its identity may be there.
    pub(super) apart: bool,
    /// Whether the store is not current. Then the mark stays as it is, and no serial is given out.
    pub(super) frozen: bool,
    /// Whether the store remembers that it has a mark.
    pub(super) noted: bool,
    /// The log's end when the mark was compared to it; `None`: it could not be compared.
    pub(super) found: Option<i64>,
    /// Whether what is committed next is to be synced before it is acknowledged.
    pub(in crate::sqlite) urgent: bool,
    /// Whether a copy that was missing or lower has been raised to the other.
    healed: bool,
    /// Whether the next commit starts a new mark, and up to which serial none may be given out then.
    pub(super) renewed: Option<i64>,
    /// The serials of this run: after the first, up to the second.
    serials: Option<(i64, i64)>,
    /// A commit that the mark could not be raised to.
    behind: Option<Behind>,
    /// What is wrong with the copy in the state folder, since it was last written.
    state_fault: Option<MarkFault>,
}

impl Keeper {
    pub(super) fn new(folder: &Path, state: Option<&Path>, deck: DeckId) -> Self {
        Self {
            deck,
            folder: Copy::at(folder.join(FILE)),
            state: state.map(|state| in_state(state, deck)),
            apart: false,
            frozen: true,
            noted: false,
            found: None,
            urgent: false,
            healed: false,
            renewed: None,
            serials: None,
            behind: None,
            state_fault: None,
        }
    }

    /// The copies that another process holds.
    pub(super) fn held(&self) -> Vec<PathBuf> {
        let copies = [Some(&self.folder), self.state.as_ref()];
        let held = copies.into_iter().flatten().filter(|copy| copy.is_held());
        held.map(|copy| copy.path().to_owned()).collect()
    }

    /// What is wrong with the copy in the state folder, since it was last written.
    pub(super) fn state_fault(&self) -> Option<&MarkFault> {
        self.state_fault.as_ref()
    }

    /// Returns what the copies say. Only a mark of this deck counts, however far another deck's came.
    pub(super) fn read(&self) -> Found {
        let mut found = Found::default();
        let mut missing = Vec::new();
        let waits = Stopwatch::start();
        let copies = [
            Some((&self.folder, true)),
            self.state.as_ref().map(|copy| (copy, false)),
        ];
        for (copy, in_folder) in copies.into_iter().flatten() {
            match copy.read(PATIENCE.saturating_sub(waits.elapsed())) {
                Ok(Some(mark)) if mark.is_of(self.deck) => {
                    if found.mark.as_ref().is_none_or(|known| mark.is_after(known)) {
                        found.mark = Some(mark);
                    }
                }
                Ok(Some(mark)) if in_folder => found.foreign = Some(mark),
                Ok(Some(mark)) => found.faults.push(fault(copy, of_another_deck(&mark))),
                Ok(None) => missing.push(copy),
                Err(error) => found.faults.push(fault(copy, error)),
            }
        }
        if found.mark.is_some() {
            let missing = missing.into_iter();
            let missing = missing.map(|copy| MarkFault::Missing(copy.path().to_owned()));
            found.faults.extend(missing);
        }
        found
    }

    /// Raises the mark to what was committed. If the mark cannot be written the deck continues, and `doctor`
    /// reports it.
    ///
    /// # Errors
    /// Errors if a new mark cannot be written.
    pub(in crate::sqlite) fn note(
        &mut self,
        deck: DeckId,
        reached: &Reached,
    ) -> Result<(), StoreError> {
        if let Some(used_up) = self.renewed.take() {
            let serial = reached.serial.max(used_up);
            return self.renew(deck, &Reached { serial, ..*reached });
        }
        let sync = std::mem::take(&mut self.urgent);
        if self.frozen {
            return Ok(());
        }
        self.raise(sync, deck, *reached);
        Ok(())
    }

    fn raise(&mut self, sync: bool, deck: DeckId, reached: Reached) {
        // What could not be noted before was to be durable then.
        let sync = sync || self.behind.is_some();
        let raised = self.both(sync, Over::Own, |known| raised(known, &reached, deck));
        if let Err(why) = &raised {
            tracing::error!("{why}");
        }
        self.behind = raised.err().map(|why| Behind { deck, reached, why });
    }

    /// Errors, with the reason, if the mark cannot be raised to what was committed, or no serial from `next`
    /// on can be set aside: then no call may be started. Tries again first.
    pub(in crate::sqlite) fn follows(&mut self, next: i64) -> Result<(), MarkFault> {
        if let Some(Behind { deck, reached, .. }) = self.behind {
            self.raise(true, deck, reached);
        }
        if let Some(why) = self.lags() {
            return Err(why.clone());
        }
        if self.frozen {
            // Said by who gives serials out.
            return Ok(());
        }
        self.serial(next).map(drop)
    }

    /// Why the mark is behind what was committed, if it is.
    pub(in crate::sqlite) fn lags(&self) -> Option<&MarkFault> {
        self.behind.as_ref().map(|behind| &behind.why)
    }

    /// Returns the next serial from `next` on that may be given out.
    ///
    /// # Errors
    /// Errors if the store is not current, or the mark has to be raised for the serial and cannot be written.
    pub(in crate::sqlite) fn admit(&mut self, next: i64) -> Result<i64, StoreError> {
        if self.frozen {
            return Err(Unusable::NotAsLeft.into());
        }
        Ok(self.serial(next)?)
    }

    fn serial(&mut self, next: i64) -> Result<i64, MarkFault> {
        let (floor, ceiling) = match self.serials {
            Some(known) => known,
            None => self.begin(next - 1)?,
        };
        let next = next.max(floor + 1);
        if next > ceiling {
            self.set_aside(floor, next + BLOCK - 1)?;
        }
        Ok(next)
    }

    /// Begins to give serials out: beyond the store's last and every one that the mark knows. Returns
    /// what [`Keeper::serials`] then holds.
    pub(super) fn begin(&mut self, last: i64) -> Result<(i64, i64), MarkFault> {
        let floor = self.read().mark.map_or(0, |mark| mark.used_up()).max(last);
        self.set_aside(floor, floor + BLOCK)
    }

    fn set_aside(&mut self, floor: i64, ceiling: i64) -> Result<(i64, i64), MarkFault> {
        self.both(true, Over::Own, |known| {
            Some(Mark {
                ceiling: known.ceiling.max(ceiling),
                floor,
                clean: false,
                ..known.clone()
            })
        })?;
        self.serials = Some((floor, ceiling));
        Ok((floor, ceiling))
    }

    /// Records a clean end, after which serials continue without a gap.
    pub(super) fn end(&mut self, last: i64) -> Result<(), StoreError> {
        if self.frozen {
            return Ok(());
        }
        let ended = self.both(true, Over::Own, |known| {
            Some(Mark {
                ceiling: if known.clean {
                    known.ceiling
                } else {
                    last.max(known.floor)
                },
                clean: true,
                ..known.clone()
            })
        });
        Ok(ended?)
    }

    /// Continues with the mark of a deck that has begun another incarnation.
    pub(in crate::sqlite) fn follow(&mut self, deck: DeckId) {
        if let (Some(state), true) = (&self.state, deck != self.deck) {
            let folder = state.path().parent().map(Path::to_owned);
            self.state = folder.map(|folder| in_state(&folder, deck));
            self.apart = false;
        }
        self.deck = deck;
        self.frozen = false;
        self.healed = false;
        self.serials = None;
    }

    /// Writes a new mark over the old one.
    fn renew(&mut self, deck: DeckId, reached: &Reached) -> Result<(), StoreError> {
        self.follow(deck);
        let renewed = self.both(true, Over::Any, |_| Some(reached.mark(deck)));
        Ok(renewed?)
    }

    /// Changes both copies; one that is missing or lower starts from the other. The folder's has to work;
    /// without the other one the deck goes on.
    fn both(
        &mut self,
        sync: bool,
        over: Over,
        change: impl Fn(&Mark) -> Option<Mark>,
    ) -> Result<(), MarkFault> {
        let waits = Stopwatch::start();
        let best = if self.healed { None } else { self.read().mark };
        self.healed = true;
        let deck = self.deck;
        let blank = Reached::NOTHING.mark(deck);
        let change = |known: Option<&Mark>| {
            let known = known.filter(|known| known.is_of(deck));
            let higher = best
                .as_ref()
                .filter(|best| known.is_none_or(|known| best.is_after(known)));
            let from = higher.or(known);
            change(from.unwrap_or(&blank)).or_else(|| higher.cloned())
        };
        let left = || PATIENCE.saturating_sub(waits.elapsed());
        if let Some(state) = &mut self.state
            && !self.apart
        {
            // Its name is this deck's: a mark of another deck in it is damage.
            let changed = state.change(sync, left(), |known| Ok(change(known)));
            let fault = changed.err().map(|error| fault(state, error));
            if let Some(fault) = &fault {
                tracing::warn!("{fault}");
            }
            self.state_fault = fault;
        }
        let done = self.folder.change(sync, left(), |known| match known {
            Some(known) if over == Over::Own && !known.is_of(deck) => Err(of_another_deck(known)),
            known => Ok(change(known)),
        });
        done.map_err(|error| fault(&self.folder, error))
    }
}

/// Which mark in the folder is overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// This deck's. Another deck's mark means that the folder is no longer this deck's.
    Own,
    /// Any, because a person has decided about the store.
    Any,
}

fn of_another_deck(mark: &Mark) -> io::Error {
    io::Error::other(format!("it is of deck {}", mark.deck))
}

fn in_state(folder: &Path, deck: DeckId) -> Copy {
    Copy::at(folder.join(format!("{deck}.mark")))
}

/// Returns the fault of a copy that could not be used.
fn fault(copy: &Copy, error: io::Error) -> MarkFault {
    let (path, source) = (copy.path().to_owned(), Arc::new(error));
    if copy.is_held() {
        MarkFault::Held { path, source }
    } else {
        MarkFault::NotUsable { path, source }
    }
}

/// Returns the mark after a commit. `None` if it is already as high or higher.
fn raised(known: &Mark, reached: &Reached, deck: DeckId) -> Option<Mark> {
    let next = reached.mark(deck);
    let (before, after) = (known.incarnation, next.incarnation);
    let is_later = before < after || (before == after && known.seq < next.seq);
    is_later.then(|| Mark {
        serial: known.serial.max(next.serial),
        ceiling: known.ceiling.max(next.serial),
        floor: known.floor,
        clean: known.clean,
        ..next
    })
}

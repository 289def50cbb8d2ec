//! Updates both copies of a mark with what a store commits.

use std::io;
use std::path::Path;

use super::file::Copy;
use super::{FILE, Mark, Reached};
use crate::StoreError;
use dialdeck_core::domain::DeckId;

/// Serials that are reserved together, so that the mark is synced once for so many attempts.
const BLOCK: i64 = 1000;

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
    /// The log's end when the mark was compared with it.
    pub(super) found: i64,
    /// Whether the next commit is to be synced before it is acknowledged.
    pub(in crate::sqlite) urgent: bool,
    /// Whether a copy that was missing or lower has been raised to the other.
    healed: bool,
    /// Whether the next commit starts a new mark, and up to which serial none may be given out then.
    pub(super) renewed: Option<i64>,
    /// The serials of this run: after the first, up to the second.
    serials: Option<(i64, i64)>,
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
            found: 0,
            urgent: false,
            healed: false,
            renewed: None,
            serials: None,
        }
    }

    /// Returns the copy that counts, and what is wrong with the copies.
    pub(super) fn read(&self) -> (Option<Mark>, Vec<String>) {
        let mut best: Option<Mark> = None;
        let (mut faults, mut missing) = (Vec::new(), Vec::new());
        for copy in [Some(&self.folder), self.state.as_ref()]
            .into_iter()
            .flatten()
        {
            match copy.read() {
                Ok(Some(mark)) => {
                    if best.as_ref().is_none_or(|known| mark.is_after(known)) {
                        best = Some(mark);
                    }
                }
                Ok(None) => missing.push(copy),
                Err(error) => faults.push(fault(copy, &error)),
            }
        }
        if best.is_some() {
            faults.extend(missing.into_iter().map(|copy| {
                let path = copy.path().display();
                format!("the mark {path} is not there: the next log entry writes it again, unless it cannot be written")
            }));
        }
        (best, faults)
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
        let raise = |known: &Mark| raised(known, reached, deck);
        if let Err(error) = self.both(sync, raise) {
            tracing::error!("{error}");
        }
        Ok(())
    }

    /// Returns the next serial from `next` on that may be given out.
    ///
    /// # Errors
    /// Errors if the store is not current, or the mark has to be raised for the serial and cannot be written.
    pub(in crate::sqlite) fn admit(&mut self, next: i64) -> Result<i64, StoreError> {
        if self.frozen {
            return Err(StoreError::Unusable(
                "it is not as the last run left it".to_owned(),
            ));
        }
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

    /// Begins to give serials out, beyond the store's last one and every one that the mark knows. Returns the
    /// new content of `serials`.
    pub(super) fn begin(&mut self, last: i64) -> Result<(i64, i64), StoreError> {
        let (mark, _) = self.read();
        let floor = mark.map_or(0, |mark| mark.used_up()).max(last);
        self.set_aside(floor, floor + BLOCK)
    }

    fn set_aside(&mut self, floor: i64, ceiling: i64) -> Result<(i64, i64), StoreError> {
        self.both(true, |known| {
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
        self.both(true, |known| {
            Some(Mark {
                ceiling: if known.clean {
                    known.ceiling
                } else {
                    last.max(known.floor)
                },
                clean: true,
                ..known.clone()
            })
        })
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
        self.both(true, |_| Some(reached.mark(deck)))
    }

    /// Changes both copies. One that is missing or lower starts from the other. Writing the folder's copy has
    /// to succeed; if the other one fails the deck continues.
    fn both(
        &mut self,
        sync: bool,
        change: impl Fn(&Mark) -> Option<Mark>,
    ) -> Result<(), StoreError> {
        let best = if self.healed { None } else { self.read().0 };
        self.healed = true;
        let blank = Reached::NOTHING.mark(self.deck);
        let change = |known: Option<&Mark>| {
            let higher = best
                .as_ref()
                .filter(|best| known.is_none_or(|known| best.is_after(known)));
            let from = higher.or(known);
            change(from.unwrap_or(&blank)).or_else(|| higher.cloned())
        };
        if let Some(state) = &mut self.state
            && !self.apart
            && let Err(error) = state.change(sync, change)
        {
            tracing::warn!("{}", fault(state, &error));
        }
        let done = self.folder.change(sync, change);
        done.map_err(|error| StoreError::Unusable(fault(&self.folder, &error)))
    }
}

fn in_state(folder: &Path, deck: DeckId) -> Copy {
    Copy::at(folder.join(format!("{deck}.mark")))
}

fn fault(copy: &Copy, error: &io::Error) -> String {
    format!("the mark {} cannot be used: {error}", copy.path().display())
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

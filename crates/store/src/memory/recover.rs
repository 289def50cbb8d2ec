//! A new incarnation, in memory.

use std::collections::BTreeSet;

use super::MemoryStore;
use crate::recover::{self, RecoverVerbs};
use crate::{By, StoreError};
use dialdeck_core::domain::{DeckId, Incarnations, ListKind, NewIncarnation, Recovery};

impl RecoverVerbs for MemoryStore {
    fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError> {
        let from = new
            .from_serial
            .max(self.next_serial())
            .max(self.ids.first_serial() + 1);
        self.ids.push(from, new.tag);
        self.deck = new.identity.unwrap_or(self.deck);
        let settings = self.effective_settings();
        let lost = new.lost.as_ref().map(|lost| {
            let lists = self.loaded_lists().into_iter().map(|list| list.kind);
            recover::after(lost, self.campaigns.values(), settings.as_ref(), lists)
        });
        if let Some(lost) = lost.clone() {
            self.recovery = Some(match self.recovery.take() {
                Some(known) => known.and(lost),
                None => lost,
            });
        }
        self.note(recover::incarnation_started(new, from, lost.as_ref(), by));
        Ok(from)
    }

    fn tag_run(&mut self, drawn: u32) -> Result<DeckId, StoreError> {
        let tag = self.deck.run(drawn);
        self.ids.push_run(self.next_serial(), tag);
        Ok(tag)
    }

    fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError> {
        let known = self.recovery.as_mut();
        let lists = known.map(|known| std::mem::take(&mut known.lists));
        let lists = lists.unwrap_or_default();
        if !lists.is_empty() {
            self.note(recover::lists_confirmed(&lists, reason, by));
        }
        Ok(lists)
    }

    fn recovery(&mut self) -> Result<Option<Recovery>, StoreError> {
        Ok(self.recovery.clone())
    }

    fn incarnations(&mut self) -> Result<Incarnations, StoreError> {
        Ok(self.ids.clone())
    }
}

//! The starts and ends of imports, in memory.

use std::collections::BTreeSet;

use super::MemoryStore;
use crate::crosscheck::{Content, Imported};
use crate::verbs::{ActVerbs as _, ReadVerbs as _};
use crate::{
    By, ImportFigures, ImportPlan, ImportTarget, NewContact, RowFate, StoreError, entries, moves,
};
use dialdeck_core::domain::digest::sha256;
use dialdeck_core::domain::{
    Area, CampaignId, CampaignState, ListKind, Timestamp, UnfinishedImport,
};

impl MemoryStore {
    /// Adds contacts, and continues the digest of the campaign's contacts. Returns what happened to each row.
    pub(super) fn add_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError> {
        let last = self.contacts.keys().last().map_or(0, |last| last.0);
        let known = self.contents.get(&campaign).copied();
        let mut content = known.unwrap_or(Content::after(last));
        let mut fates = Vec::with_capacity(rows.len());
        for row in rows {
            let fate = self.add_contact(campaign, row, at);
            if let RowFate::Taken(id) = fate {
                let class = row.class.as_ref().ok();
                let body = class.map(|class| serde_json::to_vec(class.as_ref()));
                content.add(&Imported {
                    id: id.0,
                    number: row.number.digits(),
                    name: &row.name,
                    priority: row.priority,
                    class: body.transpose()?.map(|body| sha256(&body)),
                    consent: row.consent.as_ref(),
                    expires_at: row.expires_at,
                    line: row.line,
                    variables: &row.variables,
                });
            }
            fates.push(fate);
        }
        self.contents.insert(campaign, content);
        Ok(fates)
    }

    /// Logs that an import starts, and keeps it as unfinished. Returns the entry's sequence number.
    pub(super) fn note_import(
        &mut self,
        into: &ImportTarget,
        plan: &ImportPlan,
        by: &By,
    ) -> Result<i64, StoreError> {
        if let ImportTarget::Campaign(name) = into {
            self.campaign(name)?;
        }
        self.note(entries::import_started(into, plan, by));
        let seq = self.log.last().map_or(0, |(_, sealed)| sealed.seq);
        let started = UnfinishedImport {
            into: into.clone(),
            plan: plan.clone(),
            at: by.at,
        };
        self.unfinished_imports.insert(seq, started);
        Ok(seq)
    }

    /// Removes an import that has ended from the unfinished ones, with every import that it completes.
    pub(super) fn end_import(&mut self, into: &ImportTarget, figures: &ImportFigures) {
        self.unfinished_imports.retain(|seq, import| {
            figures.started != Some(*seq) && !import.is_completed_by(into, &figures.sha256)
        });
    }

    /// Dates a list, and logs the end of its import.
    pub(super) fn end_list_import(
        &mut self,
        list: &ListKind,
        (as_of, areas): (Timestamp, &BTreeSet<Area>),
        figures: &ImportFigures,
        by: &By,
    ) {
        self.date(list, as_of, areas, by.at);
        if let Some(known) = &mut self.recovery {
            known.imported(list, as_of);
        }
        self.end_import(&ImportTarget::List(list.clone()), figures);
        self.note(entries::registry_loaded(list, (as_of, areas), figures, by));
    }

    /// Logs the end of an import of contacts, and lets a campaign that was done run again.
    pub(super) fn end_contacts_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        let found = self.by_id(campaign)?;
        let into = ImportTarget::Campaign(found.name().to_owned());
        self.end_import(&into, figures);
        let content = self.contents.get(&campaign);
        for event in entries::contacts_imported(&found, figures, content, by) {
            self.note(event);
        }
        if found.state == CampaignState::Done && figures.taken > 0 {
            let to = CampaignState::Running;
            self.move_campaign(campaign, to, moves::CONTACTS_ADDED, by)?;
        }
        Ok(())
    }
}

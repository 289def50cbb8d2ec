//! Pages of the call list, in memory. All contacts are sorted again for every page.

use super::MemoryStore;
use crate::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use dialdeck_core::domain::Contact;

impl MemoryStore {
    pub(super) fn contact_page(
        &self,
        query: &ContactQuery,
        from: Option<&ListKey>,
        direction: Direction,
        mut filling: Filling<'_>,
    ) -> ContactPage {
        let contacts = self.contacts.values();
        let mut list: Vec<(ListKey, &Contact)> = contacts
            .filter(|contact| query.looks_at(contact))
            .map(|contact| (query.order.key(contact), contact))
            .filter(|(key, _)| from.is_none_or(|from| direction.beyond(key, from)))
            .collect();
        list.sort_by_key(|(key, _)| *key);
        if direction == Direction::Back {
            list.reverse();
        }
        for (key, contact) in list {
            if !filling.wants_more() {
                break;
            }
            filling.look(key, Some(contact.clone()));
        }
        filling.done(direction)
    }
}

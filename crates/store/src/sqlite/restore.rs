//! Contacts that a list entry had ended and that may be called again.

use std::collections::BTreeSet;

use super::{Work, campaigns, contacts as rows, log, suppression};
use crate::{By, Restored, Reversal, StoreError, entries, moves};
use dialdeck_core::domain::event::RetryCause;
use dialdeck_core::domain::{CampaignState, ListKind, PhoneNumber};

/// Restores contacts that an entry had ended which was taken off earlier. Returns `None` if there are none.
/// The consent that the entry revoked stays revoked, because it is no longer known whether it was the last to
/// revoke it.
pub(super) fn later(
    work: &mut Work<'_>,
    (number, list): (PhoneNumber, &ListKind),
    how: Reversal<'_>,
    by: &By,
) -> Result<Option<Restored>, StoreError> {
    let mut ended = false;
    for contact in rows::with(work, number)? {
        let campaign = campaigns::by_id(work, contact.campaign)?;
        ended |= moves::restored(&campaign, &contact, list, by.at).is_some();
    }
    if !ended {
        return Ok(None);
    }
    let event = entries::suppression_reversed(number, list, (how.reason, false), by);
    log::append(work, &event)?;
    let mut back = Restored::default();
    contacts(work, (number, list), by, &mut back)?;
    Ok(Some(back))
}

/// Lets the contacts that an entry had ended be called again, unless another list binds them.
pub(super) fn contacts(
    work: &mut Work<'_>,
    (number, list): (PhoneNumber, &ListKind),
    by: &By,
    back: &mut Restored,
) -> Result<(), StoreError> {
    let others = suppression::of_number(work, number)?;
    let mut done = BTreeSet::new();
    for before in rows::with(work, number)? {
        let campaign = campaigns::by_id(work, before.campaign)?;
        let Some(after) = moves::restored(&campaign, &before, list, by.at) else {
            continue;
        };
        let mut bound = false;
        for other in &others {
            bound |= suppression::is_bound(work, &other.list, &after, by.at)?;
        }
        if bound {
            back.kept += 1;
            continue;
        }
        rows::reopen(work, &before, &after)?;
        let event = entries::requeued(&campaign, &after, RetryCause::Restored, by);
        log::append(work, &event)?;
        back.contacts.push((after.campaign, after.id));
        if campaign.state == CampaignState::Done {
            done.insert(campaign.id);
        }
    }
    for campaign in done {
        let to = CampaignState::Running;
        campaigns::move_to(work, campaign, to, moves::RESTORED, by)?;
    }
    Ok(())
}

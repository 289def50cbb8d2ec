//! Rows that repeat a contact and state less than is on record: no consent, or an earlier end of it.
//!
//! A repeated row changes no contact. One that says that the contact may no longer be called excludes the number
//! from the campaign, and one that shortens its time is named.

use super::TOLD;
use super::Taken;
use crate::domain::suppression::SuppressionSource;
use crate::domain::{Campaign, ListKind, NewContact, Suppression, Timestamp};
use crate::store::{By, Reads, StoreError};

/// What a repeated row states less than is on record.
enum Less {
    /// There is no consent.
    Denied,
    /// The contact's time has ended.
    Over(Timestamp),
    /// The contact's time ends earlier than on record.
    Sooner(Timestamp),
}

/// Returns the entry that excludes the number of a repeated row from the campaign; `None` if it may still be
/// called. Adds a warning if the row states less than is on record.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn exclusion(
    store: &mut dyn Reads,
    (campaign, by): (&Campaign, &By),
    (contact, denied): (&NewContact, bool),
    taken: &mut Taken,
) -> Result<Option<Suppression>, StoreError> {
    if !denied && contact.expires_at.is_none() {
        return Ok(None);
    }
    let mut known = store.contacts_with(contact.number)?;
    known.retain(|known| known.campaign == campaign.id && !known.state.is_final());
    let Some(known) = known.first() else {
        return Ok(None);
    };
    let sooner = contact
        .expires_at
        .filter(|ends| known.expires_at.is_none_or(|known| *ends < known));
    let less = match sooner {
        _ if denied && known.consent.is_some() => Less::Denied,
        Some(ends) if ends <= by.at => Less::Over(ends),
        Some(ends) => Less::Sooner(ends),
        None => return Ok(None),
    };
    let said = match &less {
        Less::Denied => "there is no consent, and the campaign has one on record".to_owned(),
        Less::Over(ends) | Less::Sooner(ends) => {
            format!(
                "no calls from {} on, which is earlier than on record",
                ends.to_the_second()
            )
        }
    };
    let list = ListKind::Campaign(campaign.name().to_owned());
    let line = contact.line;
    taken.narrower += 1;
    if taken.narrower <= TOLD as u64 {
        let done = match less {
            Less::Denied | Less::Over(_) => format!("the number goes on list {list}"),
            Less::Sooner(_) => format!(
                "this is not taken; say `dialdeck dnc add NUMBER --list {list}` once it is time"
            ),
        };
        taken.warnings.push(format!("line {line}: {said}: {done}"));
    }
    let file = &taken.figures.file;
    Ok(match less {
        Less::Sooner(_) => None,
        Less::Denied | Less::Over(_) => Some(Suppression {
            number: contact.number,
            list,
            source: SuppressionSource::Import,
            at: by.at,
            actor: by.actor.clone(),
            note: Some(format!("{file} line {line}: {said}")),
        }),
    })
}

//! When a campaign's first call could leave, and a better minute for it than the top of the hour.

use std::time::Duration;

use super::output::instant;
use super::{CliError, Deck};
use crate::domain::{Campaign, ContactState, Timestamp};
use crate::policy::window;
use crate::rules::Rules;
use crate::store::{Reads as _, Snapshot};

/// Returns advice for campaigns that would begin to send in the first minute of an hour.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(crate) fn advice(deck: &mut Deck, campaigns: &[Campaign]) -> Result<Vec<String>, CliError> {
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    let firsts = campaigns.iter().filter_map(|campaign| {
        let first = first_call(&snapshot, campaign, &deck.rules, now)?;
        quarter_past(campaign.name(), first)
    });
    Ok(firsts.collect())
}

/// Returns the first instant at which a ready contact may be called by the law's and the campaign's hours.
fn first_call(
    snapshot: &Snapshot,
    campaign: &Campaign,
    rules: &Rules,
    now: Timestamp,
) -> Option<Timestamp> {
    let settings = &campaign.settings;
    let from = settings.schedule.start.map_or(now, |start| start.max(now));
    let mut trunks = snapshot.trunks.iter();
    let trunk = trunks.find(|(trunk, _)| trunk.name == settings.trunk);
    let ring = trunk.map_or(0, |(trunk, _)| trunk.ring_timeout.as_secs());
    let mut counts = snapshot.campaigns.iter();
    let counts = counts.find(|counts| counts.campaign.id == campaign.id)?;
    let classes = counts
        .contacts
        .iter()
        .filter(|((_, state), count)| *state == ContactState::Ready && **count > 0)
        .filter_map(|((class, _), _)| snapshot.classes.get(class));
    classes
        .filter_map(|class| window::next_open(rules, campaign, class, ring, from))
        .min()
}

/// Returns advice if the first call would leave in the first minute of an hour. Every dialer starts then, and
/// carriers and callees notice.
fn quarter_past(name: &str, first: Timestamp) -> Option<String> {
    if first.as_millis() / 60_000 % 60 != 0 {
        return None;
    }
    let later = first + Duration::from_mins(15);
    Some(format!(
        "{name} begins to send at {}, at the top of the hour, when carriers are crowded; consider {} \
         (`start`, or an `open` at a quarter past, in its file)",
        instant(first),
        instant(later)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_minute_of_an_hour_is_crowded() {
        let advice = |at: &str| quarter_past("recall", at.parse().unwrap());
        let text = advice("2026-12-07T14:00:59.999Z").unwrap();
        assert!(text.contains("2026-12-07T14:15:59Z"), "{text}");
        assert!(
            advice("2026-12-07T14:00:00Z")
                .unwrap()
                .contains("2026-12-07T14:15:00Z")
        );
        assert_eq!(advice("2026-12-07T14:01:00Z"), None);
        assert_eq!(advice("2026-12-07T13:59:59.999Z"), None);
    }
}

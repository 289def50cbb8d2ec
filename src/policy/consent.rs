//! Consent of the kind the campaign requires: on record, with its source, not expired, not revoked (D7).

use super::{Facts, Refusal};
use crate::domain::{Consent, ConsentKind, Timestamp};

/// Refuses when the consent on record is weaker than required, was revoked, or ran out.
///
/// An inquiry holds 3 months and an established business relationship 18 (47 CFR 64.1200(f)(5));
/// express consent holds until it is taken back, by any reasonable means (64.1200(a)(10)). A record
/// without a source, or dated after `now`, proves nothing and counts as none.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    let required = facts.campaign.settings.consent;
    if required == ConsentKind::None {
        return Ok(());
    }
    check(facts, required, now)
}

/// Whether consent of at least this kind holds.
pub(super) fn holds(facts: &Facts<'_>, kind: ConsentKind, now: Timestamp) -> bool {
    check(facts, kind, now).is_ok()
}

fn check(facts: &Facts<'_>, required: ConsentKind, now: Timestamp) -> Result<(), Refusal> {
    let on_record = on_record(facts, now);
    let have = on_record.map_or(ConsentKind::None, |consent| consent.kind);
    let Some(consent) = on_record.filter(|consent| consent.kind >= required) else {
        return Err(Refusal::NoConsent(required, have));
    };
    match facts.consent_revoked_at {
        Some(at) if consent.at <= at => return Err(Refusal::ConsentRevoked(at)),
        _ => {}
    }
    match expiry(consent) {
        Some(end) if now >= end => Err(Refusal::ConsentExpired(consent.kind, end)),
        _ => Ok(()),
    }
}

pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let required = facts.campaign.settings.consent;
    let revoked = facts
        .consent_revoked_at
        .map_or_else(String::new, |at| format!(", revoked {at}"));
    match on_record(facts, now) {
        Some(consent) => format!(
            "{required} required; {} of {} from {}{revoked}",
            consent.kind, consent.at, consent.source
        ),
        None => format!("{required} required; none on record{revoked}"),
    }
}

fn on_record<'a>(facts: &Facts<'a>, now: Timestamp) -> Option<&'a Consent> {
    facts
        .contact
        .consent
        .as_ref()
        .filter(|consent| !consent.source.trim().is_empty() && consent.at <= now)
}

/// The first instant at which it no longer holds, in calendar months of UTC.
fn expiry(consent: &Consent) -> Option<Timestamp> {
    let months = match consent.kind {
        ConsentKind::Inquiry => 3,
        ConsentKind::Ebr => 18,
        ConsentKind::None | ConsentKind::Express | ConsentKind::ExpressWritten => return None,
    };
    let given = consent.at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    let end = given
        .checked_add(jiff::Span::new().months(months))
        .unwrap_or(given);
    Some(Timestamp::from_jiff(end.timestamp()))
}

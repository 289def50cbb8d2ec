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

#[cfg(test)]
mod tests {
    use ConsentKind::{Ebr, Express, ExpressWritten, Inquiry, None};

    use crate::domain::{Consent, ConsentKind};
    use crate::policy::Refusal;
    use crate::policy::fixture::{World, at, monday};

    fn world(required: ConsentKind, have: ConsentKind, given: &str) -> World {
        let mut world = World::open();
        world.campaign.settings.consent = required;
        world.contact.consent = Some(Consent {
            kind: have,
            source: "form 17".to_owned(),
            at: at(given),
        });
        world
    }

    #[test]
    fn a_stronger_kind_does_and_a_weaker_one_does_not() {
        let given = "2026-12-01T00:00:00Z";
        for required in ConsentKind::ALL {
            for have in ConsentKind::ALL {
                let refusal = world(required, have, given).refusal(monday());
                let expected = (have < required).then_some(Refusal::NoConsent(required, have));
                assert_eq!(refusal, expected, "{required} {have}");
            }
        }
    }

    #[test]
    fn inquiries_hold_three_months_and_relationships_eighteen() {
        let now = monday();
        for (kind, given, ends) in [
            (Inquiry, "2026-09-07T15:30:00.001Z", Option::None),
            (
                Inquiry,
                "2026-09-07T15:30:00Z",
                Some("2026-12-07T15:30:00Z"),
            ),
            (
                Inquiry,
                "2026-08-31T00:00:00Z",
                Some("2026-11-30T00:00:00Z"),
            ),
            (Ebr, "2025-06-07T15:30:00.001Z", Option::None),
            (Ebr, "2025-06-07T15:30:00Z", Some("2026-12-07T15:30:00Z")),
            (Express, "2001-01-01T00:00:00Z", Option::None),
            (ExpressWritten, "2001-01-01T00:00:00Z", Option::None),
        ] {
            let refusal = world(Inquiry, kind, given).refusal(now);
            let expected = ends.map(|end| Refusal::ConsentExpired(kind, at(end)));
            assert_eq!(refusal, expected, "{kind} of {given}");
        }
    }

    #[test]
    fn a_record_without_source_or_from_the_future_proves_nothing() {
        let mut world = world(Express, Express, "2026-12-01T00:00:00Z");
        world.contact.consent.as_mut().unwrap().source = "  ".to_owned();
        let none = Some(Refusal::NoConsent(Express, None));
        assert_eq!(world.refusal(monday()), none);
        let world = self::world(Express, Express, "2026-12-08T00:00:00Z");
        assert_eq!(world.refusal(monday()), none);
    }

    #[test]
    fn a_revocation_ends_what_was_given_up_to_then() {
        let given = at("2026-12-01T00:00:00Z");
        let mut world = world(Express, Express, "2026-12-01T00:00:00Z");
        world.revoked = Some(given);
        assert_eq!(
            world.refusal(monday()),
            Some(Refusal::ConsentRevoked(given))
        );
        world.revoked = Some(at("2026-11-30T23:59:59.999Z"));
        assert_eq!(world.refusal(monday()), Option::None);
    }
}

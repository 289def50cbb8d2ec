//! Consent of the kind that the campaign requires: on record, sourced, not expired, not revoked (D7).

use super::subject::Subject;
use super::{Facts, Refusal};
use crate::domain::{Consent, ConsentKind, Timestamp};

/// Refuses if the consent on record is weaker than the campaign or the law requires, was revoked, or has
/// expired.
///
/// An inquiry is valid for 3 months and an established business relationship for 18 (47 CFR 64.1200(f)(5)).
/// Express consent is valid until it is revoked, by any reasonable means (64.1200(a)(10)). A record without a
/// source, or dated after `now`, proves nothing and counts as none. The strictest of all candidate places
/// binds.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    let subject = facts.subject();
    let required = facts.campaign.settings.consent;
    if required > ConsentKind::None {
        check(&subject, required, now)?;
    }
    let Some(row) = subject.consent_asked() else {
        return Ok(());
    };
    check(&subject, row.consent, now).map_err(|why| {
        if let Refusal::NoConsent(least, have) = why {
            let rule = row.id.clone();
            return Refusal::ConsentBelowLaw { rule, least, have };
        }
        why
    })
}

/// Returns whether consent of at least this kind is valid.
pub(super) fn holds(facts: &Facts<'_>, kind: ConsentKind, now: Timestamp) -> bool {
    check(&facts.subject(), kind, now).is_ok()
}

/// Returns whether consent of exactly one of these kinds is valid.
pub(super) fn stands(subject: &Subject<'_>, kinds: &[ConsentKind], now: Timestamp) -> bool {
    let kind = on_record(subject, now).map(|consent| consent.kind);
    kind.is_some_and(|kind| kinds.contains(&kind) && check(subject, kind, now).is_ok())
}

fn check(subject: &Subject<'_>, required: ConsentKind, now: Timestamp) -> Result<(), Refusal> {
    let on_record = on_record(subject, now);
    let have = on_record.map_or(ConsentKind::None, |consent| consent.kind);
    let Some(consent) = on_record.filter(|consent| consent.kind >= required) else {
        return Err(Refusal::NoConsent(required, have));
    };
    match subject.consent_revoked_at {
        Some(at) if consent.at <= at => return Err(Refusal::ConsentRevoked(at)),
        _ => {}
    }
    match expiry(consent) {
        Some(end) if now >= end => Err(Refusal::ConsentExpired(consent.kind, end)),
        _ => Ok(()),
    }
}

/// Returns the consent required and the consent on record, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let required = facts.campaign.settings.consent;
    let law = facts
        .subject()
        .consent_asked()
        .map_or_else(String::new, |row| {
            format!(", {} by law ({}: {})", row.consent, row.id, row.citation)
        });
    let revoked = facts
        .consent_revoked_at
        .map_or_else(String::new, |at| format!(", revoked {at}"));
    match on_record(&facts.subject(), now) {
        Some(consent) => format!(
            "{required} required{law}; {} of {} from {}{revoked}",
            consent.kind, consent.at, consent.source
        ),
        None => format!("{required} required{law}; none on record{revoked}"),
    }
}

/// Returns the consent that a call relies on. `None` if no rule requires any.
pub(super) fn relied_on(facts: &Facts<'_>) -> Option<Consent> {
    let asked = facts.campaign.settings.consent > ConsentKind::None || facts.subject().is_asked();
    facts.contact.consent.clone().filter(|_| asked)
}

fn on_record<'a>(subject: &Subject<'a>, now: Timestamp) -> Option<&'a Consent> {
    subject
        .contact
        .consent
        .as_ref()
        .filter(|consent| !consent.source.trim().is_empty() && consent.at <= now)
}

/// Returns the first instant at which the consent is no longer valid, in calendar months of UTC. `None` if it
/// does not expire.
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

    use crate::domain::campaign::{Agent, Purpose, RuleOverride, Waived};
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

    #[test]
    fn the_law_asks_for_more_than_the_campaign() {
        let given = "2026-12-01T00:00:00Z";
        for (purpose, agent, regions, least, rule) in [
            (
                Purpose::Reminder,
                Agent::Automated,
                &["US-NY"][..],
                Express,
                "us-artificial",
            ),
            (
                Purpose::Debt,
                Agent::Automated,
                &["US-NY"],
                Express,
                "us-artificial",
            ),
            (
                Purpose::Sales,
                Agent::Automated,
                &["US-NY"],
                ExpressWritten,
                "us-artificial-sales",
            ),
            (
                Purpose::Sales,
                Agent::Human,
                &["US-CT", "US-NY"],
                ExpressWritten,
                "us-ct-sales",
            ),
            // Md. Code Com. Law 14-4502(a)(3), 15 O.S. 775C.3: the program selects and dials.
            (
                Purpose::Sales,
                Agent::Human,
                &["US-MD"],
                ExpressWritten,
                "us-md-sales",
            ),
            (
                Purpose::Sales,
                Agent::Human,
                &["US-NY", "US-OK"],
                ExpressWritten,
                "us-ok-sales",
            ),
            // 15 O.S. 755.1(C)(3): a written request before an announcing device.
            (
                Purpose::Survey,
                Agent::Automated,
                &["US-OK"],
                ExpressWritten,
                "us-ok-artificial",
            ),
        ] {
            for have in ConsentKind::ALL {
                // The class states that a person speaks; the agent decides.
                let mut world = world(None, have, given);
                world.sells();
                world.campaign.settings.purpose = purpose;
                world.campaign.settings.agent = agent;
                world.class.regions = regions.iter().map(|&one| one.to_owned()).collect();
                let expected = (have < least).then(|| Refusal::ConsentBelowLaw {
                    rule: rule.to_owned(),
                    least,
                    have,
                });
                assert_eq!(world.refusal(monday()), expected, "{rule} {have}");
                let code = expected.map(|refusal| refusal.code());
                let shown = code.is_none_or(|code| code == format!("no_consent:{rule}"));
                assert!(shown);
            }
        }
    }

    #[test]
    fn a_rule_is_set_aside_by_place_and_what_with_a_reason() {
        let mut world = world(None, None, "2026-12-01T00:00:00Z");
        world.campaign.settings.agent = Agent::Automated;
        let below = world.refusal(monday());
        assert!(matches!(below, Some(Refusal::ConsentBelowLaw { .. })));
        for (place, what, enough) in [
            ("US", "national:us", false),
            ("US-NY", "consent", false),
            ("US", "consent", true),
        ] {
            world.campaign.settings.rule_overrides = vec![RuleOverride {
                rule: String::new(),
                precondition: Some(Waived {
                    place: place.to_owned(),
                    what: what.to_owned(),
                }),
                reason: "calls of an emergency".to_owned(),
            }];
            assert_eq!(world.refusal(monday()).is_none(), enough, "{place} {what}");
        }
        // Another place that may apply requires its own consent.
        world.class.regions.push("US-ME".to_owned());
        let refusal = world.refusal(monday());
        assert!(
            matches!(&refusal, Some(Refusal::ConsentBelowLaw { rule, .. }) if rule == "us-me-artificial"),
            "{refusal:?}"
        );
    }
}

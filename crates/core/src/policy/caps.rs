//! Rolling legal caps on attempts at one number, over all campaigns (D6).

use std::time::Duration;

use super::findings::Findings;
use super::{Facts, HoldKind, HoldReason, PastAttempt, Until, recovery};
use crate::domain::{CalleeType, ConsentKind, Outcome, Timestamp};
use crate::rules::{CapTrigger, FrequencyCap};

/// Holds if one more attempt would exceed a cap of any region of the contact's class.
///
/// The tables give the source of each cap: Fla. Stat. 501.616(6)(b) and similar (3 in 24 h), 12 CFR
/// 1006.14(b)(2) (7 in 7 days, none within 7 days of a conversation), D.223-9 (4 in 30 days, none within 60
/// days of a refusal), the Ofcom pauses after an abandoned call or a machine.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    each_reached(facts, now, |reason| findings.reasons.push(reason));
}

/// Returns when the last of the caps that bind at `at` ends. `None` if none binds.
pub(super) fn ends(facts: &Facts<'_>, at: Timestamp) -> Option<Timestamp> {
    let mut latest = None;
    each_reached(facts, at, |reason| match reason.until {
        Until::At(end) => latest = latest.max(Some(end)),
        Until::CallEnds | Until::Operator => {}
    });
    latest
}

/// Returns the first instant at which an event at `at` lies outside a window of this span.
///
/// Both ends of a window belong to it, so that a count of "any 60 seconds" with both ends included finds no
/// more than the cap either.
pub(super) fn leaves(at: Timestamp, span: Duration) -> Timestamp {
    at + span + Duration::from_millis(1)
}

fn each_reached(facts: &Facts<'_>, now: Timestamp, mut report: impl FnMut(HoldReason)) {
    // Every cap allows a first attempt, and no cap is triggered without an event.
    let missing = recovery::missing_up_to(facts);
    if facts.history.is_empty() && missing.is_none() {
        return;
    }
    for cap in caps(facts, now) {
        // How many attempts are missing and how they ended is not known: any cap may be reached.
        if let Some(until) = missing.map(|last| leaves(last, cap.window))
            && now < until
        {
            report(HoldReason {
                kind: HoldKind::CapUncertain(cap.id.clone()),
                until: Until::At(until),
            });
            continue;
        }
        let Some(until) = reached(&cap, facts.history, now) else {
            continue;
        };
        let seen = counted(&cap, facts.history, now).count();
        report(HoldReason {
            kind: HoldKind::RollingCap(
                cap.id.clone(),
                u32::try_from(seen).unwrap_or(u32::MAX),
                cap.max,
            ),
            until: Until::At(until),
        });
    }
}

/// Returns the caps that bind; express consent lifts some.
fn caps(facts: &Facts<'_>, now: Timestamp) -> Vec<FrequencyCap> {
    let settings = &facts.campaign.settings;
    let (number, regions) = (facts.contact.number, &facts.class.regions);
    let mut caps = facts.rules.caps(number, regions, settings.call_kind());
    if super::consent::holds(facts, ConsentKind::Express, now) {
        caps.retain(|cap| !cap.lifted_by_consent);
    }
    caps
}

/// Returns when the cap ends if it is reached at `now`. `None` if it is not reached.
fn reached(cap: &FrequencyCap, history: &[PastAttempt], now: Timestamp) -> Option<Timestamp> {
    if let Some(trigger) = cap.after {
        let set_off = history
            .iter()
            .filter(|past| now < leaves(past.at, cap.window))
            .find(|past| sets_off(trigger, past.outcome))?;
        let since = counted(cap, history, now)
            .filter(|past| past.at > set_off.at)
            .count();
        return (fits_not(since, cap.max)).then(|| leaves(set_off.at, cap.window));
    }
    if cap.max == 0 {
        return None;
    }
    // Newest first: the attempt at place `max - 1` must leave the window before another fits.
    let place = usize::try_from(cap.max - 1).unwrap_or(usize::MAX);
    counted(cap, history, now)
        .nth(place)
        .map(|past| leaves(past.at, cap.window))
}

fn fits_not(seen: usize, max: u32) -> bool {
    u32::try_from(seen).unwrap_or(u32::MAX) >= max
}

/// Returns the attempts that the cap counts, newest first.
fn counted<'a>(
    cap: &FrequencyCap,
    history: &'a [PastAttempt],
    now: Timestamp,
) -> impl Iterator<Item = &'a PastAttempt> {
    let (window, connected_only) = (cap.window, cap.connected_only);
    history
        .iter()
        .filter(move |past| now < leaves(past.at, window))
        .filter(|past| past.counts || past.outcome.is_none())
        .filter(move |past| !connected_only || connected(past.outcome))
}

/// Returns whether the call reached the dialed number in the sense of 12 CFR 1006.14(b)(3)(ii).
const fn connected(outcome: Option<Outcome>) -> bool {
    match outcome {
        Some(
            Outcome::Busy
            | Outcome::InvalidNumber
            | Outcome::NetworkFailure
            | Outcome::ProviderError
            | Outcome::Throttled
            | Outcome::Expired,
        ) => false,
        Some(
            Outcome::Answered(_)
            | Outcome::NoAnswer
            | Outcome::Declined
            | Outcome::Cancelled
            | Outcome::Abandoned
            | Outcome::Unknown,
        )
        | None => true,
    }
}

const fn sets_off(trigger: CapTrigger, outcome: Option<Outcome>) -> bool {
    match trigger {
        // A callee spoke. If the detector could not classify it, it may have been a person.
        CapTrigger::Conversation => matches!(
            outcome,
            Some(Outcome::Answered(CalleeType::Human | CalleeType::Unknown))
        ),
        CapTrigger::Abandoned => matches!(outcome, Some(Outcome::Abandoned)),
        CapTrigger::Machine => matches!(outcome, Some(Outcome::Answered(CalleeType::Voicemail))),
        CapTrigger::Refusal => matches!(outcome, Some(Outcome::Declined)),
    }
}

/// Returns each cap that applies, with its count, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let seen: Vec<String> = caps(facts, now)
        .iter()
        .map(|cap| {
            format!(
                "{} {}/{} in {}",
                cap.id,
                counted(cap, facts.history, now).count(),
                cap.max,
                super::words::span(cap.window)
            )
        })
        .collect();
    if seen.is_empty() {
        "none applies".to_owned()
    } else {
        seen.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use crate::domain::campaign::{CallClass, Purpose, RuleOverride, Waived};
    use crate::domain::{CalleeType, ConsentKind, Outcome, Recovery, Timestamp};
    use crate::policy::fixture::{World, class, monday, past};
    use crate::policy::{HoldKind, Until};

    const HOUR: Duration = Duration::from_hours(1);
    const MS: Duration = Duration::from_millis(1);

    fn florida() -> World {
        let mut world = World::open();
        world.class = class(&["America/New_York"], &["US-FL"]);
        world.sells();
        world.campaign.settings.attempts.max = 100;
        world.campaign.settings.attempts.min_gap = Duration::ZERO;
        world
    }

    #[test]
    fn attempts_that_a_deck_lost_count_for_as_long_as_a_cap_looks_back() {
        let mut world = florida();
        world.recovery = Some(Recovery {
            last_run: monday(),
            until: monday() + HOUR,
            lists: BTreeSet::new(),
        });
        let end = monday() + 24 * HOUR + MS;
        let uncertain = HoldKind::CapUncertain("us-fl".to_owned());
        assert_eq!(world.kinds(end - MS), [uncertain]);
        assert_eq!(world.hold(end - MS).until, Until::At(end));
        assert_eq!(world.kinds(end), []);
        // No attempt is missing: nothing is uncertain.
        world.recovery = world.recovery.map(|known| Recovery {
            until: known.last_run,
            ..known
        });
        assert_eq!(world.kinds(monday() + HOUR), []);
    }

    fn ended(world: &mut World, ago: Duration, outcome: Outcome, counts: bool) -> Timestamp {
        let at = monday() - ago;
        world.history.push(past(at, outcome, counts));
        at
    }

    #[test]
    fn three_in_any_day_both_ends_included() {
        let mut world = florida();
        ended(&mut world, HOUR, Outcome::NoAnswer, true);
        ended(&mut world, 2 * HOUR, Outcome::NoAnswer, true);
        assert_eq!(world.kinds(monday()), []);
        let third = ended(&mut world, 24 * HOUR, Outcome::Busy, true);
        let hold = world.hold(monday());
        assert_eq!(
            hold.reasons[0].kind,
            HoldKind::RollingCap("us-fl".to_owned(), 3, 3)
        );
        assert_eq!(hold.until, Until::At(third + 24 * HOUR + MS));
        assert_eq!(world.kinds(monday() + MS), []);
        world.campaign.settings.purpose = Purpose::Reminder;
        assert_eq!(world.kinds(monday()), []);
    }

    #[test]
    fn what_did_not_ring_is_not_counted() {
        let mut world = florida();
        for hours in 1..=3 {
            ended(&mut world, hours * HOUR, Outcome::NetworkFailure, false);
        }
        assert_eq!(world.kinds(monday()), []);
    }

    #[test]
    fn debts_seven_in_seven_days_and_none_after_a_conversation() {
        let mut world = florida();
        world.class = class(&["America/New_York"], &["US-OH"]);
        world.contact.number = "+16145550142".parse().unwrap();
        world.campaign.settings.purpose = Purpose::Debt;
        for hours in 1..=7 {
            ended(&mut world, hours * HOUR, Outcome::Busy, true);
        }
        assert_eq!(world.kinds(monday()), [], "busy does not connect");
        world.history.clear();
        for hours in 1..=7 {
            ended(&mut world, hours * HOUR, Outcome::NoAnswer, true);
        }
        assert_eq!(
            world.kinds(monday()),
            [HoldKind::RollingCap("us-regf-attempt".to_owned(), 7, 7)]
        );
        world.history.truncate(1);
        let spoke = ended(
            &mut world,
            100 * HOUR,
            Outcome::Answered(CalleeType::Human),
            true,
        );
        let hold = world.hold(monday());
        assert_eq!(
            hold.reasons[0].kind,
            HoldKind::RollingCap("us-regf-conv".to_owned(), 2, 0)
        );
        assert_eq!(hold.until, Until::At(spoke + 7 * 24 * HOUR + MS));
    }

    #[test]
    fn express_consent_lifts_what_it_may_lift() {
        let mut world = florida();
        world.class = class(&["America/New_York"], &["US-OH"]);
        world.campaign.settings.purpose = Purpose::Information;
        world.campaign.settings.call_class = CallClass::Automated;
        for hours in 1..=3 {
            ended(&mut world, hours * HOUR, Outcome::NoAnswer, true);
        }
        assert_eq!(world.kinds(monday()), []);
        world.campaign.settings.consent = ConsentKind::None;
        world.contact.consent = None;
        // Without consent such calls leave only if that rule of the law is set aside.
        world.campaign.settings.rule_overrides = vec![RuleOverride {
            rule: String::new(),
            precondition: Some(Waived {
                place: "US".to_owned(),
                what: "consent".to_owned(),
            }),
            reason: "calls of an emergency".to_owned(),
        }];
        assert_eq!(world.kinds(monday()).len(), 1);
    }
}

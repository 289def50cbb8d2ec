//! What follows an outcome: another attempt inside the next open window, or an end.

use std::time::Duration;

use super::{Facts, PastAttempt, attempts, caps, window};
use crate::domain::campaign::{OutcomeAction, OutcomeRule, VoicemailAction};
use crate::domain::outcome::{CalleeFinding, Classification, DEFAULT_RETRY_AFTER, TrunkFinding};
use crate::domain::suppression::SuppressionSource;
use crate::domain::{CalleeType, CampaignState, ContactState, Outcome, Timestamp};

/// What becomes of the contact after an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt not before this instant, which lies inside the contact's next open window.
    Retry(Timestamp),
    /// The contact reached an end.
    Finish(ContactState),
    /// The number goes on the internal do-not-call list, and the contact with it.
    DoNotCall(SuppressionSource),
}

/// Attempts in a row that do not count before the contact is given up, so that every loop ends.
pub const MAX_UNCOUNTED: usize = 5;

/// After a 404 the number is tried once more, not before this: some carriers answer so for "no route".
const CONFIRM_INVALID: Duration = hours(24);

/// No automated repeat after an abandoned call in the United Kingdom (Ofcom, persistent misuse
/// policy of 2010, still the practice).
const ABANDONED_GB: Duration = hours(72);

/// Plans what follows. `facts` are those after the attempt ended; its own row is `facts.history[0]`.
///
/// Without a rule of the campaign: a person reached, or a message left, ends it; busy waits 15, 30,
/// then 60 min; no answer 3 h; a machine 4 h; an abandoned person 24 h (72 h in the United Kingdom); a network or
/// provider fault, or a call we took back, 5 min, twice as long with each in a row; a limit as long as the trunk asked,
/// doubling too. A retry keeps the minimum gap and the rolling caps, and never outlives contact or campaign.
pub fn plan(facts: &Facts<'_>, ended: &Classification, now: Timestamp) -> Next {
    if ended.outcome == Outcome::Unknown {
        return Next::Finish(ContactState::Unknown);
    }
    if !facts.suppressions.is_empty() {
        return Next::Finish(ContactState::Suppressed);
    }
    match ended.callee {
        CalleeFinding::Unwanted => return Next::DoNotCall(SuppressionSource::Unwanted),
        CalleeFinding::Invalid => return Next::Finish(ContactState::Invalid),
        CalleeFinding::MaybeInvalid if times(facts, Outcome::InvalidNumber) > 1 => {
            return Next::Finish(ContactState::Invalid);
        }
        CalleeFinding::MaybeInvalid | CalleeFinding::Declined | CalleeFinding::None => {}
    }
    let rule = rule(facts, ended);
    match rule.action {
        OutcomeAction::Stop => Next::Finish(stopped(facts, ended)),
        OutcomeAction::DoNotCall => Next::DoNotCall(SuppressionSource::Declined),
        OutcomeAction::Retry => retry(facts, ended, &rule, now),
    }
}

fn retry(facts: &Facts<'_>, ended: &Classification, rule: &OutcomeRule, now: Timestamp) -> Next {
    let used_up = attempts::used_up(facts, now).is_err()
        || times(facts, ended.outcome) >= usize::try_from(rule.max).unwrap_or(usize::MAX)
        || (!ended.counts && uncounted_in_a_row(facts) >= MAX_UNCOUNTED);
    if used_up {
        return Next::Finish(ContactState::Exhausted);
    }
    let mut after = rule.after;
    if ended.outcome == Outcome::Abandoned && facts.class.regions.iter().any(|at| at == "GB") {
        after = after.max(ABANDONED_GB);
    }
    match due(facts, now + after) {
        Some(due) if lives(facts, due) => Next::Retry(due),
        Some(_) | None => Next::Finish(ContactState::Expired),
    }
}

/// The first instant from `from` on that lies in an open window and under gap and rolling caps.
fn due(facts: &Facts<'_>, from: Timestamp) -> Option<Timestamp> {
    /// Each step moves past a cap or to an opening; more than a few in turn mean that nothing fits.
    const MAX_STEPS: usize = 32;
    let mut at = from.max(attempts::gap_ends(facts).unwrap_or(from));
    for _ in 0..MAX_STEPS {
        let open = window::next_open(
            facts.rules,
            facts.campaign,
            facts.class,
            window::ring_secs(facts),
            at,
        )?;
        match caps::ends(facts, open) {
            Some(end) if end > open => at = end,
            _ => return Some(open),
        }
    }
    None
}

/// Whether campaign and contact still live at the instant.
fn lives(facts: &Facts<'_>, at: Timestamp) -> bool {
    let before = |end: Option<Timestamp>| end.is_none_or(|end| at < end);
    facts.campaign.state != CampaignState::Stopped
        && before(facts.campaign.settings.schedule.expires)
        && before(facts.contact.expires_at)
}

/// The campaign's rule for the outcome, or the default.
fn rule(facts: &Facts<'_>, ended: &Classification) -> OutcomeRule {
    let own = facts
        .campaign
        .settings
        .attempts
        .per_outcome
        .get(&ended.outcome)
        .copied();
    let mut rule = own.unwrap_or_else(|| default_rule(facts, ended));
    // Only a person's own refusal may put a number on the list, not a network's answer like it.
    if rule.action == OutcomeAction::DoNotCall
        && ended.outcome == Outcome::Declined
        && ended.callee != CalleeFinding::Declined
    {
        rule.action = OutcomeAction::Stop;
    }
    if ended.callee == CalleeFinding::MaybeInvalid {
        rule.after = rule.after.max(CONFIRM_INVALID);
    }
    rule
}

fn default_rule(facts: &Facts<'_>, ended: &Classification) -> OutcomeRule {
    let message_left = facts.campaign.settings.voicemail == VoicemailAction::LeaveMessage;
    match ended.outcome {
        Outcome::Answered(CalleeType::Voicemail) if !message_left => after(hours(4)),
        Outcome::Answered(_) | Outcome::Unknown => end(OutcomeAction::Stop),
        Outcome::Busy => after(match times(facts, Outcome::Busy) {
            0 | 1 => minutes(15),
            2 => minutes(30),
            _ => minutes(60),
        }),
        Outcome::NoAnswer => after(hours(3)),
        Outcome::Declined => end(OutcomeAction::DoNotCall),
        Outcome::InvalidNumber => after(CONFIRM_INVALID),
        Outcome::Abandoned => after(hours(24)),
        Outcome::Throttled => {
            let pause = match ended.trunk {
                TrunkFinding::Throttled(pause) => pause,
                TrunkFinding::Fine
                | TrunkFinding::Faulty
                | TrunkFinding::Misconfigured
                | TrunkFinding::Refused => DEFAULT_RETRY_AFTER,
            };
            after(backed_off(facts, pause))
        }
        Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Cancelled
        | Outcome::Expired => after(backed_off(facts, minutes(5))),
    }
}

/// The end of a contact that is not tried again.
fn stopped(facts: &Facts<'_>, ended: &Classification) -> ContactState {
    match ended.outcome {
        Outcome::Answered(CalleeType::Human | CalleeType::Unknown) => ContactState::Done,
        Outcome::Answered(CalleeType::Voicemail) => match facts.campaign.settings.voicemail {
            VoicemailAction::LeaveMessage => ContactState::Done,
            VoicemailAction::HangUp => ContactState::Exhausted,
        },
        Outcome::Answered(CalleeType::Fax) | Outcome::InvalidNumber => ContactState::Invalid,
        Outcome::Unknown => ContactState::Unknown,
        Outcome::Busy
        | Outcome::NoAnswer
        | Outcome::Declined
        | Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Throttled
        | Outcome::Cancelled
        | Outcome::Expired
        | Outcome::Abandoned => ContactState::Exhausted,
    }
}

fn own<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a PastAttempt> {
    let campaign = facts.campaign.id;
    facts
        .history
        .iter()
        .filter(move |past| past.campaign == campaign)
}

/// How often the campaign's attempts at the number ended like this.
fn times(facts: &Facts<'_>, outcome: Outcome) -> usize {
    own(facts)
        .filter(|past| past.outcome == Some(outcome))
        .count()
}

fn uncounted_in_a_row(facts: &Facts<'_>) -> usize {
    own(facts).take_while(|past| !past.counts).count()
}

/// Twice as long with each attempt in a row that does not count.
fn backed_off(facts: &Facts<'_>, first: Duration) -> Duration {
    let again = uncounted_in_a_row(facts)
        .saturating_sub(1)
        .min(MAX_UNCOUNTED);
    first * (1 << again)
}

const fn after(after: Duration) -> OutcomeRule {
    OutcomeRule {
        action: OutcomeAction::Retry,
        after,
        max: u32::MAX,
    }
}

const fn end(action: OutcomeAction) -> OutcomeRule {
    OutcomeRule {
        action,
        after: Duration::ZERO,
        max: u32::MAX,
    }
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

const fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::attempt::CallEnd;
    use crate::domain::outcome::classify;
    use crate::domain::suppression::{ListKind, Suppression};
    use crate::domain::{CallReport, MinuteOfDay};
    use crate::policy::Decision;
    use crate::policy::fixture::{World, at, class, monday, past};

    fn completed(callee: CalleeType) -> Classification {
        classify(&CallReport {
            end: CallEnd::Completed,
            callee_type: Some(callee),
            ..CallReport::default()
        })
    }

    fn ended(end: CallEnd) -> Classification {
        classify(&CallReport {
            end,
            ..CallReport::default()
        })
    }

    fn sip(code: u16) -> Classification {
        classify(&CallReport {
            sip_code: Some(code),
            ..CallReport::default()
        })
    }

    /// The world after a call that began a minute ago ended like this.
    fn after_call(mut world: World, read: &Classification) -> World {
        let sent = monday() - minutes(1);
        world
            .history
            .insert(0, past(sent, read.outcome, read.counts));
        world.contact.attempts += u32::from(read.counts);
        world
    }

    fn next(world: World, read: &Classification) -> Next {
        plan(&after_call(world, read).facts(), read, monday())
    }

    /// A world without a gap, so that the rule alone shows.
    fn bare() -> World {
        let mut world = World::open();
        world.campaign.settings.attempts.min_gap = Duration::ZERO;
        world
    }

    fn retry_in(after: Duration) -> Next {
        Next::Retry(monday() + after)
    }

    #[test]
    fn every_outcome_has_its_default() {
        use ContactState::{Done, Exhausted, Invalid, Unknown};
        let tomorrow = Next::Retry(monday() + hours(24));
        let throttled = Classification {
            trunk: TrunkFinding::Throttled(Duration::from_secs(45)),
            ..sip(429)
        };
        for (read, expected) in [
            (completed(CalleeType::Human), Next::Finish(Done)),
            (completed(CalleeType::Unknown), Next::Finish(Done)),
            (completed(CalleeType::Voicemail), retry_in(hours(4))),
            (completed(CalleeType::Fax), Next::Finish(Invalid)),
            (sip(486), retry_in(minutes(15))),
            (sip(480), retry_in(hours(3))),
            (ended(CallEnd::RangOut), retry_in(hours(3))),
            (ended(CallEnd::Abandoned), tomorrow.clone()),
            (sip(404), tomorrow),
            (sip(410), Next::Finish(Invalid)),
            (sip(603), Next::DoNotCall(SuppressionSource::Declined)),
            (sip(607), Next::DoNotCall(SuppressionSource::Unwanted)),
            (sip(601), Next::Finish(Exhausted)),
            (sip(608), retry_in(minutes(5))),
            (sip(500), retry_in(minutes(5))),
            (sip(401), retry_in(minutes(5))),
            (throttled, retry_in(Duration::from_secs(45))),
            (ended(CallEnd::NeverSent), retry_in(minutes(5))),
            (ended(CallEnd::CancelledByUs), retry_in(minutes(5))),
            (ended(CallEnd::Lapsed), retry_in(minutes(5))),
            (ended(CallEnd::Unresolved), Next::Finish(Unknown)),
        ] {
            assert_eq!(next(bare(), &read), expected, "{read:?}");
        }
    }

    #[test]
    fn a_message_left_reaches_the_contact() {
        let mut world = bare();
        world.campaign.settings.voicemail = VoicemailAction::LeaveMessage;
        let read = completed(CalleeType::Voicemail);
        assert_eq!(next(world, &read), Next::Finish(ContactState::Done));
    }

    #[test]
    fn busy_waits_longer_each_time() {
        let mut world = bare();
        world.campaign.settings.attempts.max = 9;
        for wait in [15, 30, 60, 60] {
            let after = after_call(world.clone(), &sip(486));
            assert_eq!(
                plan(&after.facts(), &sip(486), monday()),
                retry_in(minutes(wait))
            );
            world = after;
        }
    }

    #[test]
    fn a_second_404_is_believed() {
        let mut world = bare();
        let yesterday = monday() - hours(25);
        world.history = vec![past(yesterday, Outcome::InvalidNumber, true)];
        world.contact.attempts = 1;
        assert_eq!(next(world, &sip(404)), Next::Finish(ContactState::Invalid));
    }

    #[test]
    fn the_campaigns_own_rules_come_first() {
        let rule = |action, after, max| OutcomeRule { action, after, max };
        let with = |outcome, rule| {
            let mut world = bare();
            let rules = &mut world.campaign.settings.attempts.per_outcome;
            rules.insert(outcome, rule);
            world
        };
        let retry = rule(OutcomeAction::Retry, minutes(42), 2);
        let world = with(Outcome::Busy, retry);
        assert_eq!(next(world.clone(), &sip(486)), retry_in(minutes(42)));
        let again = after_call(world, &sip(486));
        assert_eq!(
            next(again, &sip(486)),
            Next::Finish(ContactState::Exhausted)
        );
        let stop = rule(OutcomeAction::Stop, Duration::ZERO, 9);
        assert_eq!(
            next(with(Outcome::Declined, stop), &sip(603)),
            Next::Finish(ContactState::Exhausted)
        );
        let barred = rule(OutcomeAction::DoNotCall, Duration::ZERO, 9);
        assert_eq!(
            next(with(Outcome::Declined, barred), &sip(601)),
            Next::Finish(ContactState::Exhausted),
            "only a person's decline puts a number on the list"
        );
        assert_eq!(
            next(with(Outcome::Declined, stop), &sip(607)),
            Next::DoNotCall(SuppressionSource::Unwanted)
        );
    }

    #[test]
    fn used_up_attempts_end_it_and_uncounted_ones_do_not_go_on_for_ever() {
        let mut world = bare();
        world.contact.attempts = 2;
        assert_eq!(
            next(world, &sip(486)),
            Next::Finish(ContactState::Exhausted)
        );
        let mut world = bare();
        for wait in [5, 10, 20, 40] {
            let after = after_call(world, &sip(500));
            assert_eq!(
                plan(&after.facts(), &sip(500), monday()),
                retry_in(minutes(wait))
            );
            world = after;
        }
        assert_eq!(
            next(world, &sip(500)),
            Next::Finish(ContactState::Exhausted)
        );
    }

    #[test]
    fn retries_keep_gap_and_window_and_end_with_their_owners() {
        let mut world = World::open();
        assert_eq!(next(world.clone(), &sip(486)), retry_in(minutes(29)));
        // 12 h later is 22:29 local: Tuesday at 08:00 it is.
        world.campaign.settings.attempts.min_gap = hours(12);
        let morning = at("2026-12-08T13:00:00Z");
        assert_eq!(next(world.clone(), &sip(486)), Next::Retry(morning));
        let expired = Next::Finish(ContactState::Expired);
        let mut short = world.clone();
        short.contact.expires_at = Some(morning);
        assert_eq!(next(short, &sip(486)), expired);
        let mut short = world.clone();
        short.campaign.settings.schedule.expires = Some(morning);
        assert_eq!(next(short, &sip(486)), expired);
        world.campaign.state = CampaignState::Stopped;
        assert_eq!(next(world, &sip(486)), expired);
    }

    #[test]
    fn an_abandoned_person_in_britain_has_three_days_of_peace() {
        let mut world = bare();
        world.class = class(&["Europe/London"], &["GB"]);
        let Next::Retry(due) = next(world, &ended(CallEnd::Abandoned)) else {
            panic!("no retry");
        };
        assert!(due >= monday() + ABANDONED_GB - minutes(1), "{due}");
    }

    #[test]
    fn a_number_suppressed_meanwhile_is_finished() {
        let mut world = bare();
        world.suppressions.push(Suppression {
            number: world.contact.number,
            list: ListKind::Internal,
            source: SuppressionSource::OptOut,
            at: monday(),
            actor: "maria".to_owned(),
            note: None,
        });
        assert_eq!(
            next(world, &sip(486)),
            Next::Finish(ContactState::Suppressed)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_retry_is_dialable_when_it_is_due(
            place in 0usize..5,
            outcome in 0usize..6,
            open in 0u16..1000,
            start in 0u64..(30 * 1440),
            earlier in proptest::collection::vec(1u64..5000, 0..6),
        ) {
            let (zone, region) = [
                ("America/New_York", "US-FL"),
                ("America/New_York", "US-RI"),
                ("Pacific/Honolulu", "US-HI"),
                ("Europe/Paris", "FR"),
                ("Europe/London", "GB"),
            ][place];
            let read = [486, 480, 404, 500, 608, 429].map(sip)[outcome].clone();
            let now = monday() + minutes(start);
            let mut world = World::open();
            world.class = class(&[zone], &[region]);
            world.campaign.settings.purpose = crate::domain::campaign::Purpose::Sales;
            world.campaign.settings.attempts.max = 50;
            world.campaign.settings.schedule.open = MinuteOfDay::new(open).unwrap();
            let mut ago: Vec<u64> = earlier;
            ago.sort_unstable();
            world.history = ago
                .into_iter()
                .map(|ago| past(now - minutes(ago), Outcome::NoAnswer, true))
                .collect();
            world.history.insert(0, past(now - minutes(1), read.outcome, read.counts));
            match plan(&world.facts(), &read, now) {
                Next::Retry(due) => {
                    prop_assert!(due > now);
                    world.contact.due = due;
                    let decision = world.decide(due);
                    prop_assert!(matches!(decision, Decision::Dial(_)), "{:?}", decision);
                }
                Next::Finish(state) => prop_assert_eq!(state, ContactState::Expired),
                Next::DoNotCall(source) => prop_assert!(false, "{:?}", source),
            }
        }
    }
}

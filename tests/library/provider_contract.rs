//! The contract of every provider, checked in virtual time over every implementation.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod carrier_log;
mod simulated;

use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck::domain::{
    AttemptId, Briefing, CallEnd, CallEvent, CallEventKind, CallReport, DeckId, PhoneNumber,
    Timestamp, TrunkName,
};
use dialdeck::provider::{DialRequest, Inquiry, LookUp, Provider, ProviderEvent, Request};

/// A provider with numbers whose behaviour is known.
pub(crate) trait Bench {
    /// The provider under test.
    type Provider: Provider;
    /// Returns a provider without calls.
    fn provider(&self) -> Self::Provider;
    /// Rings for 5 s, is answered by a person, talks for 30 s.
    fn person(&self) -> PhoneNumber;
    /// Returns a number that is busy.
    fn busy(&self) -> PhoneNumber;
    /// Rings until the ringing timeout.
    fn never_answers(&self) -> PhoneNumber;
    /// Loses the answer to the request, and is up for about half a minute. Only a look-up shows the end.
    fn answer_lost(&self) -> PhoneNumber;
    /// Cannot be sent to, and the provider reports that it was not sent.
    fn not_sent(&self) -> PhoneNumber;
}

pub(crate) fn start() -> Timestamp {
    "2026-12-07T15:30:00Z".parse().unwrap()
}

pub(crate) fn attempt(serial: i64) -> AttemptId {
    AttemptId {
        deck: DeckId(0x7f3a_9c21),
        serial,
    }
}

pub(crate) fn dial(serial: i64, to: PhoneNumber) -> DialRequest {
    DialRequest {
        attempt: attempt(serial),
        trunk: TrunkName("main".to_owned()),
        campaign: "spring".to_owned(),
        to,
        from: "+16465550100".parse().unwrap(),
        ring_timeout: Duration::from_secs(30),
        max_call: Duration::from_mins(30),
        not_before: Timestamp::MIN,
        expires_at: Timestamp::MAX,
        human_agent: true,
        pci: false,
        briefing: Briefing::default(),
    }
}

/// Returns an inquiry about the call placed by [`dial`].
pub(crate) fn inquiry(serial: i64) -> Inquiry {
    Inquiry {
        attempt: attempt(serial),
        to: "+12125550142".parse().unwrap(),
        from: "+16465550100".parse().unwrap(),
        reserved_at: start(),
    }
}

/// Jumps from event to event until none is announced up to `until`. Returns every event with the instant of
/// its delivery.
pub(crate) fn run(
    provider: &mut impl Provider,
    from: Timestamp,
    until: Timestamp,
) -> Vec<(Timestamp, ProviderEvent)> {
    let mut seen = Vec::new();
    let mut now = from;
    loop {
        seen.extend(provider.poll(now).into_iter().map(|event| (now, event)));
        match provider.next_event_at() {
            Some(next) if next <= until => now = next.max(now),
            Some(_) | None => return seen,
        }
    }
}

/// Returns the events of each call, in order of delivery.
pub(crate) fn by_call(seen: &[(Timestamp, ProviderEvent)]) -> BTreeMap<AttemptId, Vec<CallEvent>> {
    let mut calls: BTreeMap<AttemptId, Vec<CallEvent>> = BTreeMap::new();
    for (delivered, event) in seen {
        if let ProviderEvent::Call(event) = event {
            assert!(event.at <= *delivered, "told before it happened: {event:?}");
            calls.entry(event.attempt).or_default().push(event.clone());
        }
    }
    calls
}

pub(crate) fn ends(events: &[CallEvent]) -> Vec<CallReport> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            CallEventKind::Ended(report) => Some(report.clone()),
            CallEventKind::Sent
            | CallEventKind::Placed
            | CallEventKind::Ringing
            | CallEventKind::Answered
            | CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_)
            | CallEventKind::AnswerLost => None,
        })
        .collect()
}

pub(crate) fn names(events: &[CallEvent]) -> Vec<&'static str> {
    events
        .iter()
        .filter_map(|event| match event.kind {
            CallEventKind::Sent => Some("sent"),
            CallEventKind::Ringing => Some("ringing"),
            CallEventKind::Answered => Some("answered"),
            CallEventKind::Ended(_) => Some("ended"),
            CallEventKind::AnswerLost => Some("lost"),
            CallEventKind::Placed | CallEventKind::Speech(_) | CallEventKind::CalleeDetected(_) => {
                None
            }
        })
        .collect()
}

pub(crate) fn looked_up(seen: &[(Timestamp, ProviderEvent)]) -> Vec<LookUp> {
    seen.iter()
        .filter_map(|(_, event)| match event {
            ProviderEvent::LookedUp(_, found) => Some(found.clone()),
            ProviderEvent::Call(_)
            | ProviderEvent::Numbers(_)
            | ProviderEvent::Unclosed(_)
            | ProviderEvent::Closed(_)
            | ProviderEvent::Unlisted(_)
            | ProviderEvent::Warning(..) => None,
        })
        .collect()
}

const HOUR: Duration = Duration::from_hours(1);

fn one_call(bench: &impl Bench, to: PhoneNumber) -> Vec<CallEvent> {
    let mut provider = bench.provider();
    provider.request(Request::Place(Box::new(dial(1, to))), start());
    let seen = run(&mut provider, start(), start() + HOUR);
    by_call(&seen).remove(&attempt(1)).unwrap_or_default()
}

/// Checks the whole contract.
pub(crate) fn exercise(bench: &impl Bench) {
    a_call_is_told_in_order_and_ends_once(bench);
    ringing_has_its_limit(bench);
    a_call_has_its_limit(bench);
    hanging_up_while_it_rings_cancels(bench);
    hanging_up_after_the_answer_completes(bench);
    unknown_calls_are_ignored(bench);
    look_ups_tell_the_truth(bench);
    a_lost_answer_is_found_by_look_up(bench);
    what_never_left_is_never_called_sent(bench);
    many_calls_keep_apart(bench);
}

fn a_call_is_told_in_order_and_ends_once(bench: &impl Bench) {
    let events = one_call(bench, bench.person());
    assert_eq!(names(&events), ["sent", "ringing", "answered", "ended"]);
    assert!(events.is_sorted_by_key(|event| event.at));
    assert_eq!(ends(&events)[0].end, CallEnd::Completed);
    let busy = one_call(bench, bench.busy());
    assert_eq!(names(&busy), ["sent", "ended"]);
    assert_eq!(ends(&busy)[0].end, CallEnd::Rejected);
    assert_eq!(ends(&busy)[0].sip_code, Some(486));
}

fn ringing_has_its_limit(bench: &impl Bench) {
    let events = one_call(bench, bench.never_answers());
    assert_eq!(names(&events), ["sent", "ringing", "ended"]);
    assert_eq!(ends(&events)[0].end, CallEnd::RangOut);
    assert_eq!(events[2].at.since(events[1].at), Duration::from_secs(30));
}

fn a_call_has_its_limit(bench: &impl Bench) {
    let mut provider = bench.provider();
    let short = DialRequest {
        max_call: Duration::from_secs(10),
        ..dial(1, bench.person())
    };
    provider.request(Request::Place(Box::new(short)), start());
    let calls = by_call(&run(&mut provider, start(), start() + HOUR));
    let events = &calls[&attempt(1)];
    let answered = events
        .iter()
        .find(|event| event.kind == CallEventKind::Answered)
        .unwrap();
    let last = events.last().unwrap();
    assert_eq!(last.at.since(answered.at), Duration::from_secs(10));
    assert_eq!(ends(events)[0].end, CallEnd::Completed);
}

fn hanging_up_while_it_rings_cancels(bench: &impl Bench) {
    let mut provider = bench.provider();
    provider.request(
        Request::Place(Box::new(dial(1, bench.never_answers()))),
        start(),
    );
    let mut seen = run(&mut provider, start(), start() + Duration::from_secs(9));
    let now = start() + Duration::from_secs(10);
    provider.request(Request::HangUp(attempt(1)), now);
    provider.request(Request::HangUp(attempt(1)), now);
    seen.extend(run(&mut provider, now, now + HOUR));
    let events = &by_call(&seen)[&attempt(1)];
    assert_eq!(names(events), ["sent", "ringing", "ended"]);
    assert_eq!(ends(events)[0].end, CallEnd::CancelledByUs);
    assert!(events[2].at >= now);
}

fn hanging_up_after_the_answer_completes(bench: &impl Bench) {
    let mut provider = bench.provider();
    provider.request(Request::Place(Box::new(dial(1, bench.person()))), start());
    let mut seen = run(&mut provider, start(), start() + Duration::from_secs(11));
    let now = start() + Duration::from_secs(12);
    provider.request(Request::HangUp(attempt(1)), now);
    seen.extend(run(&mut provider, now, now + HOUR));
    let events = &by_call(&seen)[&attempt(1)];
    assert_eq!(names(events), ["sent", "ringing", "answered", "ended"]);
    assert_eq!(ends(events)[0].end, CallEnd::Completed);
}

fn unknown_calls_are_ignored(bench: &impl Bench) {
    let mut provider = bench.provider();
    provider.request(Request::HangUp(attempt(99)), start());
    assert_eq!(run(&mut provider, start(), start() + HOUR), []);
}

fn look_ups_tell_the_truth(bench: &impl Bench) {
    let mut provider = bench.provider();
    let able = provider.capabilities().look_up;
    let ask = |provider: &mut _, at: Timestamp| {
        Provider::request(provider, Request::LookUp(inquiry(1)), at);
        run(provider, at, at)
    };
    let before = looked_up(&ask(&mut provider, start()));
    let stranger = if able {
        LookUp::NeverPlaced
    } else {
        LookUp::CannotTell
    };
    assert_eq!(before, [stranger]);
    provider.request(Request::Place(Box::new(dial(1, bench.person()))), start());
    let during = looked_up(&ask(&mut provider, start() + Duration::from_secs(8)));
    assert_eq!(during, [LookUp::InProgress]);
    let seen = ask(&mut provider, start() + HOUR);
    let calls = by_call(&seen);
    let last = calls[&attempt(1)].last().unwrap();
    let report = ends(&calls[&attempt(1)]).remove(0);
    assert_eq!(looked_up(&seen), [LookUp::Ended(report, last.at)]);
}

fn a_lost_answer_is_found_by_look_up(bench: &impl Bench) {
    let events = one_call(bench, bench.answer_lost());
    assert_eq!(names(&events), ["sent", "lost"]);
    let mut provider = bench.provider();
    provider.request(
        Request::Place(Box::new(dial(1, bench.answer_lost()))),
        start(),
    );
    provider.request(Request::LookUp(inquiry(1)), start() + HOUR);
    let found = looked_up(&run(&mut provider, start() + HOUR, start() + HOUR));
    assert!(matches!(found[..], [LookUp::Ended(..)]), "{found:?}");

    let mut provider = bench.provider();
    let early = start() + Duration::from_secs(8);
    provider.request(
        Request::Place(Box::new(dial(1, bench.answer_lost()))),
        start(),
    );
    provider.request(Request::LookUp(inquiry(1)), early);
    let seen = run(&mut provider, early, early + HOUR);
    assert_eq!(looked_up(&seen), [LookUp::InProgress]);
    let reports = ends(&by_call(&seen)[&attempt(1)]);
    assert_eq!(reports.len(), 1, "a call found in progress tells its end");
}

fn what_never_left_is_never_called_sent(bench: &impl Bench) {
    let events = one_call(bench, bench.not_sent());
    assert_eq!(names(&events), ["ended"]);
    assert_eq!(ends(&events)[0].end, CallEnd::NeverSent);
}

fn many_calls_keep_apart(bench: &impl Bench) {
    let mut provider = bench.provider();
    for serial in 1..=50 {
        let at = start() + Duration::from_millis(u64::try_from(serial).unwrap() * 10);
        provider.request(Request::Place(Box::new(dial(serial, bench.person()))), at);
    }
    let calls = by_call(&run(
        &mut provider,
        start() + Duration::from_secs(1),
        start() + HOUR,
    ));
    assert_eq!(calls.len(), 50);
    for events in calls.values() {
        assert_eq!(names(events), ["sent", "ringing", "answered", "ended"]);
    }
}

//! Tests of when a trunk rests, and until when.

use super::*;

fn callee(n: u64) -> PhoneNumber {
    PhoneNumber::from_digits(12_125_550_100 + n).unwrap()
}

fn second(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000) + Duration::from_secs(seconds)
}

fn until(breaker: &Breaker, now: u64) -> Option<Timestamp> {
    breaker.rest(second(now)).and_then(|rest| rest.until)
}

/// Returns a breaker opened by five faults at second 0.
fn opened() -> Breaker {
    let mut breaker = Breaker::default();
    for n in 0..5 {
        assert_eq!(breaker.rest(second(0)), None);
        breaker.on_result(TrunkFinding::Faulty, (callee(n), second(0)), second(0));
    }
    breaker
}

#[test]
fn five_faults_in_half_a_minute_open_it_for_a_minute() {
    let breaker = opened();
    assert_eq!(
        breaker.rest(second(59)),
        Some(TrunkRest {
            until: Some(second(60)),
            cause: "breaker_open"
        })
    );
    assert_eq!(breaker.rest(second(60)), None);
    let mut slow = Breaker::default();
    for n in 0..9 {
        slow.on_result(
            TrunkFinding::Faulty,
            (callee(n), second(n * 8)),
            second(n * 8),
        );
    }
    assert_eq!(slow.rest(second(72)), None);
}

#[test]
fn half_of_the_last_twenty_opens_it() {
    let mut breaker = Breaker::default();
    for n in 0..20 {
        assert_eq!(breaker.rest(second(n * 60)), None);
        let finding = if n % 2 == 0 {
            TrunkFinding::Fine
        } else {
            TrunkFinding::Faulty
        };
        breaker.on_result(finding, (callee(n), second(n * 60)), second(n * 60));
    }
    assert_eq!(until(&breaker, 19 * 60), Some(second(20 * 60)));
}

#[test]
fn one_probe_at_a_time_and_each_failure_doubles_the_pause() {
    let mut breaker = opened();
    let mut now = 60;
    for pause in [120, 240, 480, 600, 600] {
        assert_eq!(breaker.rest(second(now)), None);
        assert!(breaker.awaits_probe(second(now)));
        breaker.on_dial(callee(7), second(now));
        assert!(breaker.rest(second(now + 1)).is_some(), "one probe only");
        assert!(!breaker.awaits_probe(second(now + 1)));
        breaker.on_result(
            TrunkFinding::Faulty,
            (callee(8), second(now + 1)),
            second(now + 1),
        );
        assert_eq!(until(&breaker, now + 1), Some(second(now + 60)));
        breaker.on_result(
            TrunkFinding::Faulty,
            (callee(7), second(now + 2)),
            second(now + 2),
        );
        assert_eq!(until(&breaker, now + 2), Some(second(now + 2 + pause)));
        now += 2 + pause;
    }
    breaker.on_dial(callee(7), second(now));
    breaker.on_result(
        TrunkFinding::Fine,
        (callee(9), second(now + 1)),
        second(now + 1),
    );
    assert!(breaker.rest(second(now + 1)).is_some(), "not the probe");
    breaker.on_result(
        TrunkFinding::Fine,
        (callee(7), second(now + 2)),
        second(now + 2),
    );
    let forgotten = Breaker {
        answered: breaker.answered,
        ..Breaker::default()
    };
    assert_eq!(breaker, forgotten);
}

#[test]
fn a_silent_probe_gives_way_to_another() {
    let mut breaker = opened();
    breaker.on_dial(callee(7), second(60));
    assert_eq!(breaker.rest(second(120)), None);
    breaker.on_dial(callee(8), second(120));
    assert!(breaker.rest(second(121)).is_some());
}

#[test]
fn a_limit_rests_the_trunk_for_as_long_as_it_asked() {
    let mut breaker = Breaker::default();
    let pause = TrunkFinding::Throttled(Duration::from_secs(7));
    breaker.on_result(pause, (callee(1), second(0)), second(0));
    assert_eq!(
        breaker.rest(second(6)),
        Some(TrunkRest {
            until: Some(second(7)),
            cause: "throttled"
        })
    );
    assert_eq!(breaker.rest(second(7)), None);
    assert_eq!(breaker.slow_until(second(66)), Some(second(67)));
    assert_eq!(breaker.slow_until(second(67)), None);
    assert_eq!(breaker.kept().slow_until(second(7)), Some(second(67)));
    breaker.on_operator_reset();
    assert_eq!(breaker.slow_until(second(7)), None, "an operator knows");
}

#[test]
fn what_is_kept_rests_as_the_breaker_does() {
    let mut refused = Breaker::default();
    refused.on_result(TrunkFinding::Refused, (callee(1), second(0)), second(0));
    let mut throttled = Breaker::default();
    let limit = TrunkFinding::Throttled(Duration::from_secs(90));
    throttled.on_result(limit, (callee(1), second(0)), second(0));
    let mut both = opened();
    both.on_result(limit, (callee(1), second(0)), second(0));
    let mut probing = opened();
    probing.on_dial(callee(7), second(70));
    for breaker in [
        Breaker::default(),
        opened(),
        refused,
        throttled,
        both,
        probing,
    ] {
        let text = serde_json::to_string(&breaker.kept()).unwrap();
        let kept: Kept = serde_json::from_str(&text).unwrap();
        assert_eq!(Breaker::from(kept).kept(), breaker.kept());
        for now in (70..200).map(second) {
            assert_eq!(kept.rest(now), breaker.rest(now), "{breaker:?}");
        }
    }
}

#[test]
fn a_rest_that_ended_while_nothing_ran_still_lets_one_probe_through() {
    let mut breaker = Breaker::from(opened().kept());
    assert_eq!(breaker.rest(second(500)), None);
    breaker.on_dial(callee(7), second(500));
    assert!(breaker.rest(second(501)).is_some(), "one probe only");
    breaker.on_result(TrunkFinding::Faulty, (callee(7), second(502)), second(502));
    assert_eq!(until(&breaker, 502), Some(second(502 + 120)), "doubled");
    breaker.on_operator_reset();
    assert_eq!(breaker.kept(), Kept::default());
}

#[test]
fn five_calls_in_a_row_to_a_dead_route_open_however_far_apart() {
    let minutes = |n: u64| second(n * 60);
    let mut breaker = Breaker::default();
    for n in 0..4 {
        breaker.on_result(TrunkFinding::Dead, (callee(n), minutes(n)), minutes(n));
    }
    let mut answered = breaker.clone();
    for finding in [TrunkFinding::Fine, TrunkFinding::Dead] {
        answered.on_result(finding, (callee(2), minutes(4)), minutes(4));
    }
    assert_eq!(answered.rest(minutes(4)), None, "not in a row");
    breaker.on_result(TrunkFinding::Dead, (callee(1), minutes(4)), minutes(4));
    let opened = breaker.rest(minutes(4)).unwrap();
    assert_eq!(opened.until, Some(minutes(4) + FIRST_PAUSE));
    // The one call that is let through then rests it for longer, or closes the breaker.
    let probe = minutes(5);
    breaker.on_dial(callee(3), probe);
    let mut works = breaker.clone();
    breaker.on_result(TrunkFinding::Dead, (callee(3), probe), probe);
    assert_eq!(
        breaker.rest(probe).unwrap().until,
        Some(probe + FIRST_PAUSE * 2)
    );
    works.on_result(TrunkFinding::Fine, (callee(3), probe), probe);
    works.on_result(TrunkFinding::Dead, (callee(4), probe), probe);
    assert_eq!(works.rest(probe), None);
}

#[test]
fn a_trunk_that_the_carrier_does_not_know_waits_for_an_operator_and_says_so() {
    let mut breaker = Breaker::default();
    breaker.on_result(TrunkFinding::Unknown, (callee(1), second(0)), second(0));
    let text = serde_json::to_string(&breaker.kept()).unwrap();
    let kept: Kept = serde_json::from_str(&text).unwrap();
    let (until, cause) = (None, "unknown_to_the_carrier");
    let rest = Some(TrunkRest { until, cause });
    assert_eq!(
        (breaker.rest(second(9)), kept.rest(second(9))),
        (rest.clone(), rest)
    );
    breaker.on_operator_reset();
    assert_eq!(breaker.rest(second(9)), None);
    // A record from before the field existed.
    let old = r#"{"refused":true,"open":null,"throttled_until":null}"#;
    let old: Kept = serde_json::from_str(old).unwrap();
    assert_eq!(old.rest(second(9)).unwrap().cause, "refused");
}

#[test]
fn refused_and_misconfigured_trunks_wait_for_an_operator() {
    let locked = Some(TrunkRest {
        until: None,
        cause: "refused",
    });
    let mut breaker = Breaker::default();
    breaker.on_result(TrunkFinding::Refused, (callee(1), second(0)), second(0));
    assert_eq!(breaker.rest(second(1_000_000)), locked);
    breaker.on_operator_reset();
    assert_eq!(breaker.rest(second(1)), None);
    for n in [1, 1, 2, 2] {
        breaker.on_result(
            TrunkFinding::Misconfigured,
            (callee(n), second(2)),
            second(2),
        );
    }
    assert_eq!(breaker.rest(second(2)), None, "two numbers only");
    let mut other = breaker.clone();
    other.on_result(TrunkFinding::Fine, (callee(4), second(2)), second(2));
    other.on_result(
        TrunkFinding::Misconfigured,
        (callee(3), second(2)),
        second(2),
    );
    assert_eq!(other.rest(second(2)), None, "not in a row");
    breaker.on_result(
        TrunkFinding::Misconfigured,
        (callee(3), second(2)),
        second(2),
    );
    assert_eq!(breaker.rest(second(2)), locked);
}

#[test]
fn three_agents_in_a_row_that_do_not_come_or_go_away_open_it() {
    for finding in [TrunkFinding::AgentMissing, TrunkFinding::AgentLost] {
        let mut breaker = Breaker::default();
        for n in 0..2 {
            breaker.on_result(finding, (callee(n), second(n)), second(n));
        }
        breaker.on_sent(second(1));
        breaker.on_agent_stayed();
        for n in 2..5 {
            assert_eq!(breaker.rest(second(n)), None, "{n}");
            breaker.on_result(finding, (callee(n), second(n)), second(n));
        }
        let rest = breaker.rest(second(5)).unwrap();
        assert_eq!((rest.cause, rest.until), ("no_agents", Some(second(64))));
        assert_eq!(breaker.kept().rest(second(5)), Some(rest));
        breaker.on_dial(callee(7), second(64));
        breaker.on_result(finding, (callee(7), second(70)), second(70));
        assert_eq!(until(&breaker, 70), Some(second(190)), "the probe's too");
        breaker.on_dial(callee(8), second(190));
        breaker.on_result(TrunkFinding::Fine, (callee(8), second(191)), second(191));
        assert_eq!(breaker.rest(second(191)), None);
    }
}

#[test]
fn agents_that_now_and_then_do_not_come_are_no_faults_of_the_trunk() {
    let mut breaker = Breaker::default();
    for n in 0..200 {
        breaker.on_result(
            TrunkFinding::AgentMissing,
            (callee(n % 90), second(n)),
            second(n),
        );
        breaker.on_sent(second(n));
        breaker.on_result(
            TrunkFinding::AgentLost,
            (callee(n % 90), second(n)),
            second(n),
        );
        breaker.on_agent_stayed();
        assert_eq!(breaker.rest(second(n)), None);
    }
}

#[test]
fn an_agent_is_missing_in_the_order_of_planning() {
    let mut breaker = Breaker::default();
    assert!(!breaker.agent_came_since(second(0)));
    breaker.on_sent(second(5));
    breaker.on_sent(second(3));
    assert!(breaker.agent_came_since(second(5)));
    assert!(!breaker.agent_came_since(second(6)));
}

#[test]
fn five_of_unknown_fate_in_a_row_open_it_and_single_ones_do_not() {
    let minutes = |n: u64| second(n * 60);
    let mut breaker = Breaker::default();
    for n in 0..4 {
        breaker.on_result(TrunkFinding::Silent, (callee(n), minutes(n)), minutes(n));
    }
    assert_eq!(breaker.rest(minutes(4)), None);
    breaker.on_result(TrunkFinding::Silent, (callee(4), minutes(4)), minutes(4));
    let opened = breaker.rest(minutes(4)).unwrap();
    assert_eq!(opened.until, Some(minutes(4) + FIRST_PAUSE));
    // The probe's answer is lost, too.
    breaker.on_dial(callee(5), minutes(5));
    breaker.on_result(TrunkFinding::Silent, (callee(5), minutes(5)), minutes(5));
    assert_eq!(
        breaker.rest(minutes(5)).unwrap().until,
        Some(minutes(5) + FIRST_PAUSE * 2)
    );
    // Four of five, second by second, with one that rings in between.
    let mut busy = Breaker::default();
    for n in 0..500 {
        let finding = if n % 5 == 4 {
            TrunkFinding::Fine
        } else {
            TrunkFinding::Silent
        };
        busy.on_result(finding, (callee(n % 90), second(n)), second(n));
        assert_eq!(busy.rest(second(n)), None, "{n}");
    }
}

#[test]
fn a_route_is_silent_in_the_order_of_planning() {
    let silent = |breaker: &mut Breaker, planned: u64, now: u64| {
        let call = (callee(planned % 90), second(planned));
        breaker.on_result(TrunkFinding::Silent, call, second(now));
    };
    let fine = |breaker: &mut Breaker, planned: u64, now: u64| {
        let call = (callee(planned % 90), second(planned));
        breaker.on_result(TrunkFinding::Fine, call, second(now));
    };
    // Calls that were reserved before continue to ring while every answer is lost.
    let mut breaker = Breaker::default();
    for n in 0..5 {
        assert_eq!(breaker.rest(second(20 + n)), None, "{n}");
        silent(&mut breaker, 10 + n, 20 + n);
        fine(&mut breaker, n, 20 + n);
    }
    assert!(breaker.rest(second(24)).is_some());
    // Five reported late, while calls reserved since then ring.
    let mut breaker = Breaker::default();
    fine(&mut breaker, 9, 10);
    for n in 0..9 {
        silent(&mut breaker, n, 20 + n);
    }
    assert_eq!(breaker.rest(second(29)), None);
    // A final answer that blames the configuration is an answer too.
    let mut breaker = Breaker::default();
    for n in 0..8 {
        silent(&mut breaker, n, n);
        if n == 3 {
            let call = (callee(3), second(n));
            breaker.on_result(TrunkFinding::Misconfigured, call, second(n));
        }
        assert_eq!(breaker.rest(second(n)), None, "{n}");
    }
    // A call that was reserved before the probe that rang is no evidence against the trunk.
    let mut breaker = Breaker::default();
    for n in 0..5 {
        silent(&mut breaker, n, 5);
    }
    breaker.on_dial(callee(65), second(65));
    fine(&mut breaker, 65, 66);
    for n in 5..15 {
        silent(&mut breaker, n, 70);
    }
    assert_eq!(breaker.rest(second(70)), None);
}

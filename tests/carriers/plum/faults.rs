//! Answers that go astray: nothing rings twice, nothing is taken for a refusal that is none.

use std::time::Duration;

use dialdeck::domain::CallEnd;
use dialdeck::provider::remote::secret::Reach;
use dialdeck::provider::{LookUp, ProviderEvent};

use super::*;
use dialdeck_testkit::rig::{ends, names};
use dialdeck_testkit::vendors::faults::Faults;

#[test]
fn what_plum_may_have_queued_is_of_unknown_fate() {
    for fault in ["500_before", "html_502", "cut_before"] {
        let (double, mut rig) = dev_rig();
        double.settings().faults = Faults::new(1).with(fault, 1000);
        rig.place(rig.dial(1, person()));
        rig.wait("lost", |reported| names(reported, 1).contains(&"lost"));
        assert_eq!(names(&rig.reported, 1), ["sent", "lost"], "{fault}");
        assert_eq!(rig.look_up(1, person()), LookUp::CannotTell, "{fault}");
        assert!(double.ledger().entries().is_empty());
    }
}

#[test]
fn what_plum_queued_in_silence_is_settled_by_its_result() {
    let faults = ["500_after", "html_200", "cut_after", "hang_after", "broken"];
    for fault in faults {
        for (double, mut rig) in [dev_rig(), fuse_rig()] {
            double.settings().faults = Faults::new(1).with(fault, 1000);
            double.settings().delay = Duration::from_mins(2);
            assert_eq!(rig.outcome(1, person()).end, CallEnd::Completed, "{fault}");
            let reported = names(&rig.reported, 1);
            assert_eq!(reported[..2], ["sent", "lost"], "{fault}");
            assert_eq!(reported.last(), Some(&"ended"), "{fault}");
            assert_eq!(double.seen().requests.len(), 1, "{fault}");
            assert_one_invite_each(&double);
        }
    }
}

#[test]
fn a_call_that_was_refused_and_queued_all_the_same_is_told_when_it_is_up() {
    for (double, mut rig) in [dev_rig(), fuse_rig()] {
        double.settings().faults = Faults::new(1).with("refused_after", 1000);
        double.settings().delay = Duration::from_secs(20);
        rig.place(rig.dial(1, person()));
        rig.wait("second end", |reported| ends(reported, 1).len() == 2);
        assert_eq!(
            names(&rig.reported, 1),
            ["sent", "ended", "answered", "ended"]
        );
        let [refused, over] = ends(&rig.reported, 1).try_into().unwrap();
        assert!(!dialdeck::domain::outcome::classify(&refused).counts);
        assert_eq!(over.end, CallEnd::Completed);
        assert_eq!(double.seen().requests.len(), 1);
        assert_one_invite_each(&double);
    }
}

#[test]
fn an_answer_that_comes_before_plums_own_is_believed() {
    let (double, mut rig) = dev_rig();
    double.settings().faults = Faults::new(1).with("hang_after", 1000);
    double.settings().delay = Duration::ZERO;
    assert_eq!(rig.outcome(1, person()).end, CallEnd::Completed);
    assert_eq!(names(&rig.reported, 1), ["sent", "answered", "ended"]);
}

#[test]
fn plum_that_is_not_there_was_sent_nothing() {
    let lab = rig::lab();
    let double = double(&lab);
    let mut account = dev(&double);
    account.url = rig::NOBODY.to_owned();
    let mut rig = start(&lab, account);
    assert_eq!(rig.outcome(1, person()).end, CallEnd::ProviderFailed);
}

#[test]
fn plum_fails_a_call_whose_addresses_do_not_answer() {
    for account in [dev, fuse] {
        let lab = rig::lab();
        let double = double(&lab);
        let front = Front::open(&lab);
        let reach = Reach {
            url: format!("{}/trunk", rig::NOBODY),
            key: front.reach.key.clone(),
        };
        let plum = Plum::new(account(&double), Some(reach), lab.http()).unwrap();
        let mut rig = front.start(plum);
        let report = rig.outcome(1, person());
        assert_eq!(report.end, CallEnd::ProviderFailed);
        let reason = report.reason.unwrap();
        assert!(
            reason.contains("start_url") || reason.contains("result_url"),
            "{reason}"
        );
        assert!(
            !reason.contains("token") && !reason.contains("://"),
            "{reason}"
        );
        assert!(double.ledger().entries().is_empty());
    }
}

#[test]
fn plums_refusal_of_a_loop_is_a_throttle() {
    let (double, mut rig) = dev_rig();
    let http = rig.lab.http();
    let form = [
        ("login", LOGIN),
        ("pin", PIN),
        ("phone_number", "tel:+12125550198;ani=6465550100"),
        ("start_url", &double.url()),
        ("max_retries", "0"),
    ];
    rig.run(async {
        while double.seen().overruns == 0 {
            let request = http.post(&format!("{}/webservice/queuecall.php", double.url()));
            let sent = http.send(request.form(&form), Duration::from_mins(1));
            sent.await.unwrap();
        }
    });
    assert_eq!(rig.outcome(1, person()).end, CallEnd::Throttled);
    assert_eq!(double.ledger().invites_to(&person().to_string()), 0);
}

#[test]
fn plums_results_may_come_late_twice_and_in_any_order() {
    for account in [dev, fuse] {
        let lab = rig::lab();
        let double = double(&lab);
        let mut rig = start(&lab, account(&double));
        {
            let mut settings = double.settings();
            settings.result_delay = Duration::from_mins(4);
            settings.faults = Faults::new(2)
                .with("result_twice", 500)
                .with("result_late", 200)
                .with("start_twice", 500)
                .with("plain_failed", 300)
                .with("start_lost", 200);
        }
        for serial in 10..50 {
            rig.place(rig.dial(serial, number(u8::try_from(serial).unwrap())));
        }
        for serial in 10..50 {
            rig.end_of(serial);
        }
        // One more, so that what was said twice has been heard.
        rig.outcome(99, person());
        for serial in 10..50 {
            assert_eq!(ends(&rig.reported, serial).len(), 1, "{serial}");
            let reported = names(&rig.reported, serial);
            assert!(reported.iter().filter(|name| **name == "answered").count() <= 1);
            let is_answered = ends(&rig.reported, serial)[0].end == CallEnd::Completed;
            assert_eq!(reported.contains(&"answered"), is_answered, "{reported:?}");
        }
        assert_one_invite_each(&double);
        assert!(double.seen().results.iter().all(|status| *status == 200));
        assert!(rig.refused().is_empty());
    }
}

#[test]
fn a_plain_failure_of_plums_says_nothing_about_the_number() {
    let (double, mut rig) = dev_rig();
    double.settings().faults = Faults::new(1).with("plain_failed", 1000);
    for (serial, to) in [(1, busy()), (2, gone()), (3, silent())] {
        assert_eq!(rig.outcome(serial, to).end, CallEnd::Failed);
    }
}

#[test]
fn calls_of_two_plum_servers_with_one_id_are_told_apart() {
    let (double, mut rig) = dev_rig();
    double.settings().delay = Duration::from_secs(30);
    let first = double.settings().next_call_id;
    rig.place(rig.dial(1, person()));
    rig.until("it is so at the double", || {
        !double.seen().requests.is_empty()
    });
    double.settings().next_call_id = first;
    rig.place(rig.dial(2, busy()));
    assert_eq!(rig.end_of(2).end, CallEnd::Busy);
    assert_eq!(rig.end_of(1).end, CallEnd::Completed);
    assert_eq!(double.settings().next_call_id, first + 1);
    assert_one_invite_each(&double);
}

#[test]
fn nothing_told_holds_a_secret_or_a_number() {
    let faults = [
        "500_after",
        "broken",
        "cut_after",
        "html_200",
        "plain_failed",
        "result_twice",
    ];
    for (double, mut rig) in [dev_rig(), fuse_rig()] {
        let with = |all: Faults, fault| all.with(fault, 150);
        double.settings().faults = faults.into_iter().fold(Faults::new(9), with);
        for serial in 10..30 {
            rig.place(rig.dial(serial, number(u8::try_from(serial).unwrap())));
        }
        for serial in 10..30 {
            rig.end_of(serial);
        }
        let reported = format!("{:?}", rig.reported);
        for secret in [LOGIN, PIN, EMAIL, DEVELOPER_KEY, "2125550", "6465550"] {
            assert!(!reported.contains(secret), "{secret}");
        }
        assert_one_invite_each(&double);
    }
}

/// The texts of warnings under this code so far.
fn warnings(rig: &Rig, code: &str) -> Vec<String> {
    let texts = rig.reported.iter().filter_map(|event| match event {
        ProviderEvent::Warning(found, text) if *found == code => Some(text.clone()),
        ProviderEvent::Warning(..)
        | ProviderEvent::Call(_)
        | ProviderEvent::LookedUp(..)
        | ProviderEvent::Numbers(_)
        | ProviderEvent::Unclosed(_)
        | ProviderEvent::Closed(_)
        | ProviderEvent::Unlisted(_) => None,
    });
    texts.collect()
}

#[test]
fn calls_whose_results_never_come_are_named_where_plum_cannot_be_asked() {
    let (double, mut rig) = dev_rig();
    double.settings().faults = Faults::new(1).with("result_lost", 1000);
    for serial in 1..=3 {
        let mut dial = rig.dial(serial, busy());
        dial.expires_at = rig.lab.now() + Duration::from_mins(1);
        rig.place(dial);
    }
    let placed = rig.lab.now();
    rig.wait("a warning", |reported| {
        let mut all = reported.iter();
        all.any(|event| matches!(event, ProviderEvent::Warning("results_missing", _)))
    });
    // The last instant, the ringing, two minutes: well before the quarter of an hour that slots are kept.
    let took = rig.lab.now().since(placed);
    assert!(took <= Duration::from_mins(4), "{took:?}");
    let texts = warnings(&rig, "results_missing");
    let [text] = texts.as_slice() else {
        panic!("one warning for all: {texts:?}");
    };
    for serial in 1..=3 {
        assert!(text.contains(&rig::attempt(serial).to_string()), "{text}");
    }
    // Nothing is concluded: the slots are kept, and a late result would still settle them.
    for serial in 1..=3 {
        assert!(ends(&rig.reported, serial).is_empty());
        assert_eq!(rig.look_up(serial, busy()), LookUp::InProgress);
    }
    assert_one_invite_each(&double);
}

#[test]
fn fuse_is_asked_for_results_that_do_not_come() {
    let (double, mut rig) = fuse_rig();
    double.settings().faults = Faults::new(1).with("result_lost", 1000);
    for (serial, to, end) in [
        (1, busy(), CallEnd::Busy),
        (2, person(), CallEnd::Completed),
    ] {
        let mut dial = rig.dial(serial, to);
        dial.expires_at = rig.lab.now() + Duration::from_mins(1);
        rig.place(dial);
        // Nobody else asks.
        assert_eq!(rig.end_of(serial).end, end);
    }
    assert_eq!(warnings(&rig, "results_missing"), Vec::<String>::new());
    assert_one_invite_each(&double);
}

//! What certainly was not dialed, and what the account itself says.

use dialdeck::domain::CallEnd;
use dialdeck::provider::bubblyphone::BubblyPhone;
use dialdeck::provider::remote::{Examined, Vendor as _};
use dialdeck::provider::{Owned, ProviderEvent, Request, Unlisted};

use super::{BUSY, PERSON, account, bench, fresh, options, secs, warnings};
use dialdeck_testkit::rig::{self, Front, number};
use dialdeck_testkit::vendors::bubblyphone::{BubblyPhoneDouble, KEY, Shape};
use dialdeck_testkit::vendors::faults::Faults;

#[test]
fn what_certainly_was_not_dialed_is_told_as_that() {
    let body = |text: &str| text.to_owned();
    let refusals = [
        (
            50,
            403,
            body(r#"{"error":"Calling is disabled for this account."}"#),
        ),
        (
            51,
            422,
            body(r#"{"errors":{"to":["is not a phone number, +12125550151"]}}"#),
        ),
        (52, 429, body("<html>slow down</html>")),
        (53, 400, body(r#"{"message":"Call rate exceeded"}"#)),
        (54, 405, body("<html>not here</html>")),
        (56, 403, body(r#"{"message":"Insufficient balance"}"#)),
    ];
    let wanted = [
        CallEnd::Misconfigured,
        CallEnd::BadNumber,
        CallEnd::Throttled,
        CallEnd::Throttled,
        CallEnd::Misconfigured,
        CallEnd::AccountRefused,
    ];
    let mut bench = bench(|settings| {
        for (last, status, body) in &refusals {
            let to = number(*last).to_string();
            settings.refusals.insert(to, (*status, body.clone()));
        }
    });
    for ((last, ..), wanted) in refusals.iter().zip(wanted) {
        let report = bench.rig.outcome(i64::from(*last), number(*last));
        assert_eq!(report.end, wanted, "{last} {report:?}");
        assert_eq!(bench.dialed(number(*last)), (1, 0));
        let reason = report.reason.unwrap_or_default();
        assert!(!reason.contains("5550151"), "{reason}");
    }
    let mut foreign = bench.rig.dial(60, number(PERSON));
    foreign.from = number(99);
    bench.rig.place(foreign);
    let report = bench.rig.end_of(60);
    assert_eq!(report.end, CallEnd::CallerIdRefused);
    let reason = report.reason.unwrap();
    assert!(reason.contains("does not belong") && !reason.contains("55501"));
}

#[test]
fn nothing_leaves_when_nobody_listens() {
    let lab = rig::lab();
    let url = format!("{}/api/v1", rig::NOBODY);
    let vendor = BubblyPhone::new(account(url, KEY), None, lab.http()).unwrap();
    let mut rig = Front::open(&lab).start(vendor);
    let report = rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::ProviderFailed);
    let text = format!("{report:?}");
    assert!(!text.contains(KEY) && !text.contains("token"), "{text}");
}

#[test]
fn a_limit_is_told_with_and_without_its_pause() {
    for retry_after in [Some(7), None] {
        let mut bench = bench(|settings| {
            settings.retry_after = retry_after;
            settings.faults = Faults::new(1).with("limited", 1000);
        });
        let report = bench.rig.outcome(1, number(PERSON));
        let pause = retry_after.map(|seconds| secs(seconds.into()));
        assert_eq!(
            (report.end, report.retry_after),
            (CallEnd::Throttled, pause)
        );
        assert_eq!(bench.dialed(number(PERSON)), (1, 0));
    }
}

#[test]
fn the_vendors_own_count_of_an_hour_outlives_its_restart() {
    let directory = tempfile::tempdir().unwrap();
    let lab = rig::lab();
    let start = |retry_after| {
        let mut options = options(&lab, |settings| {
            settings.hourly = 2;
            settings.retry_after = retry_after;
        });
        options.hourly_file = Some(directory.path().join("hourly"));
        BubblyPhoneDouble::start(options)
    };
    let double = start(None);
    let mut rig = fresh(&double, &lab);
    for serial in [1, 2] {
        assert_eq!(rig.outcome(serial, number(BUSY)).end, CallEnd::Busy);
    }
    assert_eq!(rig.outcome(3, number(BUSY)).end, CallEnd::Throttled);
    drop(double);
    let double = start(Some(600));
    let mut rig = fresh(&double, &lab);
    let report = rig.outcome(4, number(BUSY));
    assert_eq!(
        (report.end, report.retry_after),
        (CallEnd::Throttled, Some(secs(600)))
    );
    assert_eq!(double.ledger().invites_to(&number(BUSY).to_string()), 0);
}

#[test]
fn a_balance_that_runs_out_stops_the_account_and_is_told() {
    for no_money in [402, 403] {
        let mut bench = bench(|settings| {
            (settings.balance, settings.price) = (205, 200);
            settings.no_money = no_money;
        });
        assert_eq!(bench.rig.outcome(1, number(BUSY)).end, CallEnd::Busy);
        assert_eq!(
            bench.rig.outcome(2, number(BUSY)).end,
            CallEnd::AccountRefused
        );
        assert_eq!(warnings(&bench.rig), ["balance_empty"]);
        assert_eq!(bench.dialed(number(BUSY)), (2, 1));
    }
}

#[test]
fn the_numbers_of_the_account_come_with_a_word_on_its_balance() {
    for (shape, balance, word) in [
        (Shape::Bare, 10_000, None),
        (Shape::Data, 499, Some("balance_low")),
        (Shape::Call, 0, Some("balance_empty")),
    ] {
        let lab = rig::lab();
        let mut options = options(&lab, |settings| {
            (settings.shape, settings.balance, settings.page_size) = (shape, balance, 2);
        });
        options.numbers = (60..65).map(|last| number(last).to_string()).collect();
        let double = BubblyPhoneDouble::start(options);
        let mut rig = fresh(&double, &lab);
        rig.ask(Request::ListNumbers);
        let numbers = |reported: &[ProviderEvent]| {
            reported.iter().find_map(|event| match event {
                ProviderEvent::Numbers(Owned::These(numbers)) => Some(numbers.clone()),
                ProviderEvent::Numbers(Owned::Any)
                | ProviderEvent::Call(_)
                | ProviderEvent::LookedUp(..)
                | ProviderEvent::Unclosed(_)
                | ProviderEvent::Closed(_)
                | ProviderEvent::Unlisted(_)
                | ProviderEvent::Warning(..) => None,
            })
        };
        rig.wait("numbers", |reported| numbers(reported).is_some());
        let wanted: Vec<_> = (60..65).map(number).collect();
        assert_eq!(numbers(&rig.reported), Some(wanted), "{shape:?}");
        assert_eq!(warnings(&rig), word.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_wrong_key_is_refused_and_shows_nowhere() {
    let bench = bench(|_| {});
    let lab = bench.rig.lab.clone();
    let wrong = "bp_live_sk_wrong";
    let make = || BubblyPhone::new(account(bench.double.url(), wrong), None, lab.http()).unwrap();
    let mut rig = Front::open(&lab).start(make());
    assert_eq!(rig.outcome(1, number(PERSON)).end, CallEnd::AccountRefused);
    rig.ask(Request::ListNumbers);
    rig.wait("refusal", |reported| {
        let refused = |event: &_| {
            matches!(
                event,
                ProviderEvent::Unlisted(Unlisted::CredentialsRefused(_))
            )
        };
        reported.iter().any(refused)
    });
    let text = format!("{:?} {:?}", rig.reported, make());
    assert!(!text.contains(wrong), "{text}");
    assert_eq!(bench.dialed(number(PERSON)).1, 0);
    assert!(bench.double.counts().refused >= 3);
    let examined = rig.run(make().examine());
    assert!(
        examined.iter().all(|examined| examined.found.is_err()),
        "{examined:?}"
    );
}

#[test]
fn the_account_is_examined_without_a_call() {
    let bench = bench(|_| {});
    let lab = bench.rig.lab.clone();
    let vendor = BubblyPhone::new(account(bench.double.url(), KEY), None, lab.http()).unwrap();
    let found = |examined: Vec<Examined>| {
        let whats = examined
            .into_iter()
            .map(|examined| (examined.what, examined.found));
        whats.collect::<Vec<_>>()
    };
    let ok = |text: &str| Ok(text.to_owned());
    let good = [
        ("credentials", ok("the API key is accepted")),
        ("balance", ok("1000.00")),
        ("numbers", ok("1 owned")),
    ];
    assert_eq!(found(bench.rig.run(vendor.examine())), good);
    bench.double.settings().balance = 120;
    let examined = found(bench.rig.run(vendor.examine()));
    assert_eq!(
        examined[1].1,
        Err("the balance is 1.20, below 5; top it up".to_owned())
    );
    assert!(bench.double.counts().posts.is_empty());
}

//! BubblyPhone Agents against its double, with every fault of providers.md §2.4.

use std::time::Duration;

use dialdeck::clock::{Clock, ScaledClock};
use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::outcome::classify;
use dialdeck::domain::{CallReport, CalleeType, PhoneNumber};
use dialdeck::provider::bubblyphone::{Account, BubblyPhone};
use dialdeck::provider::inbound::Refused;
use dialdeck::provider::remote::secret::Secret;
use dialdeck::provider::remote::{Examined, Vendor as _};
use dialdeck::provider::{Inquiry, LookUp, ProviderEvent, Request};

use crate::rig::{self, Front, Rig, attempt, caller_id, number};
use crate::vendors::bubblyphone::{BubblyPhoneDouble, KEY, Options, Settings, Shape};
use crate::vendors::faults::Faults;
use crate::vendors::ledger::Step;
use crate::vendors::script::{Fate, Part, Script, Who};

/// Rings five seconds and talks for half a minute.
const PERSON: u8 = 1;
const BUSY: u8 = 2;
const SILENT: u8 = 3;
const MACHINE: u8 = 4;
const FAX: u8 = 5;
/// What a carrier refuses in one way or another: the vendor says no more than `failed`.
const BROKEN: u8 = 6;
const AWAY: u8 = 7;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn script() -> Script {
    let part = |fate| {
        [Part {
            ring: secs(5),
            fate,
        }]
    };
    let talk = secs(30);
    let parts = [
        (PERSON, Fate::Answered(Who::Human, talk)),
        (BUSY, Fate::Refused(486, "Busy Here")),
        (SILENT, Fate::RingsOut),
        (MACHINE, Fate::Answered(Who::Machine, secs(12))),
        (FAX, Fate::Answered(Who::Fax, secs(8))),
        (BROKEN, Fate::Refused(404, "Not Found")),
        (AWAY, Fate::Refused(480, "Temporarily Unavailable")),
    ];
    let fixed = parts.into_iter();
    fixed.fold(Script::new(5), |script, (last, fate)| {
        script.with(&number(last).to_string(), &part(fate))
    })
}

/// A vendor at its double.
struct Bench {
    rig: Rig,
    double: BubblyPhoneDouble,
}

fn account(url: String, key: &str) -> Account {
    Account {
        url,
        api_key: Secret::new(key),
        mode: "streaming".to_owned(),
        options: vec![("voice".to_owned(), "warm".to_owned())],
        low_balance: 5,
        deck: attempt(1).deck,
    }
}

/// A vendor that begins anew, as after a restart of the deck.
fn fresh(double: &BubblyPhoneDouble, clock: &Clock) -> Rig {
    let front = Front::open(clock);
    let reach = Some(front.reach.clone());
    let vendor = BubblyPhone::new(account(double.url(), KEY), reach, clock.clone());
    front.start(vendor.unwrap())
}

fn options(clock: &Clock, change: impl FnOnce(&mut Settings)) -> Options {
    let mut options = Options::new(clock, script(), &[caller_id().to_string()]);
    options.settings.hourly = 0;
    change(&mut options.settings);
    options
}

fn bench(change: impl FnOnce(&mut Settings)) -> Bench {
    let clock = rig::clock();
    let double = BubblyPhoneDouble::start(options(&clock, change));
    let rig = fresh(&double, &clock);
    Bench { rig, double }
}

/// A double of which everything goes wrong in this one way.
fn faulty(fault: &'static str) -> Bench {
    bench(|settings| settings.faults = Faults::new(1).with(fault, 1000))
}

impl Bench {
    /// Asks what became of an attempt until it is known, as the engine does.
    fn resolve(&mut self, inquiry: &Inquiry) -> LookUp {
        loop {
            match ask(&mut self.rig, inquiry) {
                LookUp::CannotTell | LookUp::InProgress => {}
                known @ (LookUp::Ended(..) | LookUp::NeverPlaced) => return known,
            }
        }
    }

    /// Places a call whose answer is to be lost.
    fn lose(&mut self, serial: i64, to: PhoneNumber) -> Inquiry {
        let inquiry = self.rig.inquiry(serial, to);
        self.rig.place(self.rig.dial(serial, to));
        self.rig
            .wait("loss", |told| rig::names(told, serial) == ["sent", "lost"]);
        inquiry
    }

    /// How often this number was asked to be called, and how often its phone was made to ring.
    fn dialed(&self, to: PhoneNumber) -> (usize, usize) {
        let to = to.to_string();
        let posts = self.double.counts().posts.get(&to).copied();
        (posts.unwrap_or(0), self.double.ledger().invites_to(&to))
    }
}

fn ask(rig: &mut Rig, inquiry: &Inquiry) -> LookUp {
    let before = rig::looked_up(&rig.told).len();
    rig.ask(Request::LookUp(inquiry.clone()));
    rig.wait("look-up", |told| rig::looked_up(told).len() > before);
    rig::looked_up(&rig.told).pop().unwrap()
}

fn warnings(rig: &Rig) -> Vec<&'static str> {
    let words = rig.told.iter().filter_map(|event| match event {
        ProviderEvent::Warning(word, _) => Some(*word),
        _ => None,
    });
    words.collect()
}

fn outcome(report: &CallReport) -> &'static str {
    classify(report).outcome.as_str()
}

#[test]
fn bubblyphone_keeps_the_contract() {
    let mut bench = bench(|_| {});
    rig::exercise(&mut bench.rig, number(PERSON), number(BUSY), true);
    for (key, invites) in bench.double.ledger().invites() {
        assert_eq!(invites, 1, "{key}");
    }
    let posts: usize = bench.double.counts().posts.values().sum();
    assert_eq!(posts, 33, "one request for each attempt");
}

#[test]
fn every_end_is_told_as_it_was_in_every_shape() {
    let table = [
        (PERSON, "human", Some(CalleeType::Human)),
        (MACHINE, "voicemail", Some(CalleeType::Voicemail)),
        (FAX, "answered", Some(CalleeType::Unknown)),
        (BUSY, "busy", None),
        (SILENT, "no_answer", None),
        (AWAY, "no_answer", None),
        (BROKEN, "network_failure", None),
    ];
    for shape in [Shape::Bare, Shape::Data, Shape::Call] {
        let mut bench = bench(|settings| settings.shape = shape);
        for (last, ..) in table {
            let dial = bench.rig.dial(i64::from(last), number(last));
            bench.rig.place(dial);
        }
        for (last, wanted, callee) in table {
            let report = bench.rig.end_of(i64::from(last));
            assert_eq!(outcome(&report), wanted, "{last} {report:?}");
            assert_eq!(report.callee_type, callee);
            assert_eq!(bench.dialed(number(last)), (1, 1));
        }
    }
}

#[test]
fn a_call_whose_answer_is_lost_is_found_and_never_placed_again() {
    for fault in [
        "post_times_out",
        "post_cut",
        "error_after",
        "html_after",
        "broken_json",
        "no_id",
    ] {
        let mut bench = faulty(fault);
        let inquiry = bench.lose(1, number(MACHINE));
        let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
            panic!("{fault}: it was placed");
        };
        assert_eq!(outcome(&report), "voicemail", "{fault}");
        assert_eq!(bench.dialed(number(MACHINE)), (1, 1), "{fault}");
        assert_eq!(rig::names(&bench.rig.told, 1), ["sent", "lost"], "{fault}");
    }
}

#[test]
fn a_call_that_is_not_there_counts_as_never_placed_only_late_and_twice() {
    for fault in ["post_cut_before", "html_before"] {
        let mut bench = faulty(fault);
        let mut inquiry = bench.lose(1, number(PERSON));
        for _ in 0..3 {
            assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell, "{fault}");
        }
        // The same request, lost six minutes ago, asked about by a deck that was started since.
        inquiry.reserved_at = inquiry.reserved_at - secs(360);
        let mut later = fresh(&bench.double, &bench.rig.clock);
        assert_eq!(ask(&mut later, &inquiry), LookUp::CannotTell, "{fault}");
        assert_eq!(ask(&mut later, &inquiry), LookUp::NeverPlaced, "{fault}");
        assert_eq!(bench.dialed(number(PERSON)), (1, 0), "{fault}");
    }
}

#[test]
fn a_listing_that_fails_tells_nothing() {
    for fault in [
        "get_error",
        "get_html",
        "get_broken",
        "get_limited",
        "get_cut",
        "get_missing",
    ] {
        let mut bench = faulty(fault);
        let mut inquiry = bench.rig.inquiry(1, number(PERSON));
        inquiry.reserved_at = inquiry.reserved_at - secs(360);
        for _ in 0..3 {
            assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell, "{fault}");
        }
    }
}

#[test]
fn two_calls_that_could_be_it_are_left_to_a_person() {
    let mut bench = faulty("post_cut");
    let inquiry = bench.lose(1, number(SILENT));
    bench.lose(2, number(SILENT));
    while !warnings(&bench.rig).contains(&"call_ambiguous") {
        let found = ask(&mut bench.rig, &inquiry);
        let unknown = matches!(found, LookUp::CannotTell | LookUp::InProgress);
        assert!(unknown, "{found:?}");
        if found == LookUp::InProgress {
            // It was seen before the second was listed: found while it was the only one.
            return;
        }
    }
    assert_eq!(ask(&mut bench.rig, &inquiry), LookUp::CannotTell);
    assert_eq!(warnings(&bench.rig), ["call_ambiguous"], "told once");
}

#[test]
fn a_call_of_an_earlier_run_is_found_and_can_be_hung_up() {
    let mut bench = bench(|_| {});
    let inquiry = bench.rig.inquiry(1, number(PERSON));
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench
        .rig
        .wait("answer", |told| rig::names(told, 1).contains(&"answered"));
    let mut later = fresh(&bench.double, &bench.rig.clock);
    while ask(&mut later, &inquiry) != LookUp::InProgress {}
    later.ask(Request::HangUp(attempt(1)));
    bench.rig = later;
    let LookUp::Ended(report, at) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert_eq!(outcome(&report), "human");
    assert!(at >= inquiry.reserved_at && at <= bench.rig.clock.now());
    assert_eq!(bench.dialed(number(PERSON)), (1, 1));
    let hang_ups = bench.double.counts().hang_ups;
    assert_eq!(hang_ups.get(&number(PERSON).to_string()), Some(&1));
}

#[test]
fn a_call_before_midnight_is_found_after_it() {
    let start = "2026-12-07T23:59:50Z".parse().unwrap();
    let clock = Clock::Scaled(ScaledClock::start(start, rig::FACTOR));
    let change = |settings: &mut Settings| {
        settings.faults = Faults::new(1).with("post_cut", 1000);
        settings.page_size = 1;
    };
    let double = BubblyPhoneDouble::start(options(&clock, change));
    let rig = fresh(&double, &clock);
    let mut bench = Bench { rig, double };
    let lost: Vec<_> = [MACHINE, BUSY, FAX]
        .map(|last| bench.lose(i64::from(last), number(last)))
        .to_vec();
    for (inquiry, wanted) in lost.iter().zip(["voicemail", "busy", "answered"]) {
        let LookUp::Ended(report, _) = bench.resolve(inquiry) else {
            panic!("it was placed");
        };
        assert_eq!(outcome(&report), wanted);
    }
}

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
            body(r#"{"errors":{"to":["is not reachable, +12125550151"]}}"#),
        ),
        (52, 429, body("<html>slow down</html>")),
        (53, 400, body(r#"{"message":"Call rate exceeded"}"#)),
        (54, 503, body(r#"{"error":{"code":"maintenance"}}"#)),
        (55, 404, body("<html>not here</html>")),
        (56, 403, body(r#"{"message":"Insufficient balance"}"#)),
    ];
    let wanted = [
        CallEnd::Misconfigured,
        CallEnd::BadNumber,
        CallEnd::Throttled,
        CallEnd::Throttled,
        CallEnd::ProviderFailed,
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
fn an_error_of_the_api_before_dialing_ends_the_call() {
    let mut bench = faulty("error_before");
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::ProviderFailed);
    assert_eq!(bench.dialed(number(PERSON)), (1, 0));
}

#[test]
fn nothing_leaves_when_nobody_listens() {
    let clock = rig::clock();
    let url = format!("http://127.0.0.1:{}/api/v1", rig::free_port());
    let vendor = BubblyPhone::new(account(url, KEY), None, clock.clone()).unwrap();
    let mut rig = Front::open(&clock).start(vendor);
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
    let clock = rig::clock();
    let start = |retry_after| {
        let mut options = options(&clock, |settings| {
            settings.hourly = 2;
            settings.retry_after = retry_after;
        });
        options.hourly_file = Some(directory.path().join("hourly"));
        BubblyPhoneDouble::start(options)
    };
    let double = start(None);
    let mut rig = fresh(&double, &clock);
    for serial in [1, 2] {
        assert_eq!(rig.outcome(serial, number(BUSY)).end, CallEnd::Busy);
    }
    assert_eq!(rig.outcome(3, number(BUSY)).end, CallEnd::Throttled);
    drop(double);
    let double = start(Some(600));
    let mut rig = fresh(&double, &clock);
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
        let clock = rig::clock();
        let mut options = options(&clock, |settings| {
            (settings.shape, settings.balance, settings.page_size) = (shape, balance, 2);
        });
        options.numbers = (60..65).map(|last| number(last).to_string()).collect();
        let double = BubblyPhoneDouble::start(options);
        let mut rig = fresh(&double, &clock);
        rig.ask(Request::ListNumbers);
        let numbers = |told: &[ProviderEvent]| {
            told.iter().find_map(|event| match event {
                ProviderEvent::Numbers(numbers) => Some(numbers.clone()),
                _ => None,
            })
        };
        rig.wait("numbers", |told| numbers(told).is_some());
        let wanted: Vec<_> = (60..65).map(number).collect();
        assert_eq!(numbers(&rig.told), Some(wanted), "{shape:?}");
        assert_eq!(warnings(&rig), word.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_wrong_key_is_refused_and_shows_nowhere() {
    let bench = bench(|_| {});
    let clock = bench.rig.clock.clone();
    let wrong = "bp_live_sk_wrong";
    let make =
        || BubblyPhone::new(account(bench.double.url(), wrong), None, clock.clone()).unwrap();
    let mut rig = Front::open(&clock).start(make());
    assert_eq!(rig.outcome(1, number(PERSON)).end, CallEnd::AccountRefused);
    rig.ask(Request::ListNumbers);
    rig.wait("warning", |told| {
        told.iter()
            .any(|event| matches!(event, ProviderEvent::Warning("numbers_unknown", _)))
    });
    let text = format!("{:?} {:?}", rig.told, make());
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
    let clock = bench.rig.clock.clone();
    let vendor = BubblyPhone::new(account(bench.double.url(), KEY), None, clock).unwrap();
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

#[test]
fn a_hang_up_before_the_request_keeps_it_from_leaving() {
    let mut bench = bench(|_| {});
    bench.rig.ask(Request::HangUp(attempt(1)));
    // Requests are carried out side by side: only a hang-up that is known comes first.
    bench.rig.ask(Request::ListNumbers);
    bench.rig.wait("numbers", |told| !told.is_empty());
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::NeverSent);
    assert_eq!(rig::names(&bench.rig.told, 1), ["ended"]);
    assert_eq!(bench.dialed(number(PERSON)), (0, 0));
}

#[test]
fn a_permit_that_has_run_out_places_nothing() {
    let mut bench = bench(|_| {});
    let mut late = bench.rig.dial(1, number(PERSON));
    late.expires_at = bench.rig.clock.now();
    bench.rig.place(late);
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Lapsed);
    assert_eq!(rig::names(&bench.rig.told, 1), ["ended"]);
    assert_eq!(bench.dialed(number(PERSON)), (0, 0));
}

#[test]
fn a_hang_up_before_the_id_is_known_is_carried_out_once_it_is() {
    for fault in ["hang_up_error", "none"] {
        let mut bench = bench(|settings| {
            settings.faults = Faults::new(1).with(fault, 500);
        });
        bench.rig.place(bench.rig.dial(1, number(SILENT)));
        bench
            .rig
            .wait("sent", |told| rig::names(told, 1) == ["sent"]);
        bench.rig.ask(Request::HangUp(attempt(1)));
        let report = bench.rig.end_of(1);
        assert_eq!(report.end, CallEnd::CancelledByUs, "{fault}");
        assert_eq!(bench.dialed(number(SILENT)).0, 1);
        let entries = bench.double.ledger().entries();
        let rang = entries.iter().filter(|entry| entry.step == Step::Answer);
        assert_eq!(rang.count(), 0);
    }
}

#[test]
fn a_hang_up_of_a_lost_call_is_carried_out_once_it_is_found() {
    let mut bench = faulty("post_cut");
    let inquiry = bench.lose(1, number(SILENT));
    bench.rig.ask(Request::HangUp(attempt(1)));
    let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert_eq!(report.end, CallEnd::CancelledByUs);
    assert_eq!(bench.dialed(number(SILENT)), (1, 1));
}

#[test]
fn hanging_up_what_is_over_changes_nothing() {
    for finished in [200, 409] {
        let mut bench = bench(|settings| {
            settings.hang_up_finished = finished;
            // The end shows so late that the hang-up finds the call finished.
            settings.lag = (20_000, 20_000);
        });
        bench.rig.place(bench.rig.dial(1, number(BUSY)));
        let double = &bench.double;
        bench.rig.wait("its end at the double", |_| {
            double
                .ledger()
                .entries()
                .iter()
                .any(|entry| entry.step == Step::End)
        });
        bench.rig.ask(Request::HangUp(attempt(1)));
        assert_eq!(bench.rig.end_of(1).end, CallEnd::Busy, "{finished}");
        bench.rig.ask(Request::HangUp(attempt(1)));
        assert_eq!(bench.rig.outcome(2, number(BUSY)).end, CallEnd::Busy);
        assert_eq!(rig::ends(&bench.rig.told, 1).len(), 1);
    }
}

#[test]
fn no_call_rings_or_lasts_longer_than_it_may() {
    let mut bench = bench(|_| {});
    let mut short = bench.rig.dial(1, number(SILENT));
    short.ring_timeout = secs(10);
    let mut brief = bench.rig.dial(2, number(PERSON));
    brief.max_call = secs(10);
    bench.rig.place(short);
    bench.rig.place(brief);
    let report = bench.rig.end_of(1);
    assert_eq!(report.end, CallEnd::RangOut);
    assert_eq!(bench.rig.end_of(2).end, CallEnd::Completed);
    let hang_ups = bench.double.counts().hang_ups;
    for last in [SILENT, PERSON] {
        assert!(hang_ups.contains_key(&number(last).to_string()), "{last}");
    }
}

#[test]
fn unknown_words_and_failing_answers_end_no_call() {
    for fault in [
        "odd_word",
        "get_error",
        "get_html",
        "get_broken",
        "get_limited",
        "get_cut",
        "get_missing",
    ] {
        let mut bench = bench(|settings| {
            settings.retry_after = Some(5);
            let rate = if fault == "odd_word" { 1000 } else { 400 };
            settings.faults = Faults::new(3).with(fault, rate);
        });
        let table = [(PERSON, CallEnd::Completed), (BUSY, CallEnd::Busy)];
        for (last, _) in table {
            bench.rig.place(bench.rig.dial(last.into(), number(last)));
        }
        for (last, wanted) in table {
            assert_eq!(bench.rig.end_of(last.into()).end, wanted, "{fault}");
            assert_eq!(bench.dialed(number(last)), (1, 1), "{fault}");
        }
    }
}

#[test]
fn webhooks_are_hints_whatever_comes() {
    let mut bench = bench(|settings| {
        settings.faults = Faults::new(1)
            .with("hook_twice", 700)
            .with("hook_late", 500)
            .with("hook_forged", 700)
            .with("hook_replayed", 700)
            .with("hook_broken", 700)
            .with("hook_stale", 700);
    });
    for serial in 1..=5 {
        bench.rig.place(bench.rig.dial(serial, number(PERSON)));
    }
    for serial in 1..=5 {
        let report = bench.rig.end_of(serial);
        assert_eq!(outcome(&report), "human");
    }
    for serial in 1..=5 {
        let told = ["sent", "answered", "ended"];
        assert_eq!(rig::names(&bench.rig.told, serial), told, "{serial}");
    }
    let refused = bench.rig.refused();
    for why in [Refused::Forged, Refused::Malformed, Refused::Stale] {
        assert!(refused.contains_key(&why), "{why:?} {refused:?}");
    }
    assert_eq!(bench.dialed(number(PERSON)), (5, 5));
}

#[test]
fn a_call_without_any_webhook_is_followed_by_asking_alone() {
    let mut bench = faulty("hook_lost");
    assert_eq!(outcome(&bench.rig.outcome(1, number(PERSON))), "human");
    assert!(bench.double.counts().reads >= 3);
}

/// What the scripted callee does, in the words of outcomes.
fn scripted(part: &Part) -> Vec<&'static str> {
    match part.fate {
        Fate::Answered(Who::Human, _) => vec!["human", "answered"],
        Fate::Answered(Who::Machine, _) => vec!["voicemail", "answered"],
        Fate::Answered(Who::Fax, _) => vec!["answered"],
        Fate::Refused(486 | 600, _) => vec!["busy"],
        Fate::Refused(480, _) | Fate::RingsOut => vec!["no_answer"],
        Fate::Refused(..) => vec!["network_failure"],
    }
}

#[test]
fn with_every_fault_at_once_no_phone_rings_twice_and_every_end_is_true() {
    let mut bench = bench(|settings| {
        settings.shape = Shape::Data;
        settings.retry_after = Some(3);
        let faults = [
            "post_times_out",
            "post_cut",
            "post_cut_before",
            "error_after",
            "html_after",
            "error_before",
            "html_before",
            "limited",
            "broken_json",
            "no_id",
            "get_error",
            "get_html",
            "get_broken",
            "get_limited",
            "get_cut",
            "get_missing",
            "hang_up_error",
            "odd_word",
            "hook_lost",
            "hook_twice",
            "hook_late",
            "hook_forged",
            "hook_replayed",
            "hook_broken",
            "hook_stale",
        ];
        let with = |faults: Faults, fault| faults.with(fault, 30);
        settings.faults = faults.into_iter().fold(Faults::new(11), with);
    });
    let serials = 10..100;
    let to = |serial: i64| number(u8::try_from(serial).unwrap());
    let mut inquiries = Vec::new();
    for serial in serials.clone() {
        inquiries.push(bench.rig.inquiry(serial, to(serial)));
        bench.rig.place(bench.rig.dial(serial, to(serial)));
    }
    let over = |told: &[ProviderEvent], serial| {
        let last = rig::names(told, serial).pop();
        matches!(last, Some("ended" | "lost"))
    };
    let all = serials.clone();
    bench.rig.wait("every end", |told| {
        all.clone().all(|serial| over(told, serial))
    });
    for (serial, inquiry) in serials.zip(inquiries) {
        let report = match rig::ends(&bench.rig.told, serial).pop() {
            Some(report) => Some(report),
            None => match bench.resolve(&inquiry) {
                LookUp::Ended(report, _) => Some(report),
                LookUp::NeverPlaced | LookUp::InProgress | LookUp::CannotTell => None,
            },
        };
        let (posts, invites) = bench.dialed(to(serial));
        assert_eq!(posts, 1, "{serial}");
        let dialed = report.as_ref().is_some_and(|report| {
            !matches!(report.end, CallEnd::ProviderFailed | CallEnd::Throttled)
        });
        assert_eq!(invites, usize::from(dialed), "{serial} {report:?}");
        if let Some(report) = report.filter(|_| dialed) {
            let wanted = scripted(&script().part(&to(serial).to_string(), 0));
            assert!(
                wanted.contains(&outcome(&report)),
                "{serial} {report:?} {wanted:?}"
            );
        }
    }
    let text = format!("{:?}", bench.rig.told);
    assert!(!text.contains("55501") && !text.contains(KEY));
}

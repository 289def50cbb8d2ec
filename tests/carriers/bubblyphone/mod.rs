//! BubblyPhone Agents against its double, with every fault that its documents allow.

mod lost;
mod refused;
mod stopped;

use std::time::Duration;

use dialdeck::domain::outcome::classify;
use dialdeck::domain::{CallEnd, CallReport, CalleeType, PhoneNumber};
use dialdeck::provider::bubblyphone::{Account, BubblyPhone};
use dialdeck::provider::inbound::Refused;
use dialdeck::provider::remote::secret::Secret;
use dialdeck::provider::{Inquiry, LookUp, ProviderEvent};

use dialdeck_testkit::rig::{self, Front, Rig, attempt, caller_id, number};
use dialdeck_testkit::vendors::bubblyphone::{BubblyPhoneDouble, KEY, Options, Settings, Shape};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::lab::Lab;
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Who};

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
        ids: attempt(1).deck.into(),
    }
}

/// A vendor that starts again, as after a restart of the deck.
fn fresh(double: &BubblyPhoneDouble, lab: &Lab) -> Rig {
    let front = Front::open(lab);
    let reach = Some(front.reach.clone());
    let vendor = BubblyPhone::new(account(double.url(), KEY), reach, lab.http());
    front.start(vendor.unwrap())
}

fn options(lab: &Lab, change: impl FnOnce(&mut Settings)) -> Options {
    let mut options = Options::new(lab, script(), &[caller_id().to_string()]);
    options.settings.hourly = 0;
    change(&mut options.settings);
    options
}

fn bench(change: impl FnOnce(&mut Settings)) -> Bench {
    let lab = rig::lab();
    let double = BubblyPhoneDouble::start(options(&lab, change));
    let rig = fresh(&double, &lab);
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

    /// Asks what became of an attempt until it is known, or has not been found in a while.
    fn search(&mut self, inquiry: &Inquiry) -> Option<CallReport> {
        let mut in_vain = 0;
        while in_vain < 40 {
            match ask(&mut self.rig, inquiry) {
                LookUp::CannotTell => in_vain += 1,
                LookUp::InProgress => in_vain = 0,
                LookUp::Ended(report, _) => return Some(report),
                LookUp::NeverPlaced => panic!("nothing proves that"),
            }
        }
        None
    }

    /// Places a call whose answer is to be lost.
    fn lose(&mut self, serial: i64, to: PhoneNumber) -> Inquiry {
        let inquiry = self.rig.inquiry(serial, to);
        self.rig.place(self.rig.dial(serial, to));
        self.rig.wait("loss", |reported| {
            rig::names(reported, serial) == ["sent", "lost"]
        });
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
    rig.inquire(inquiry.clone())
}

fn warnings(rig: &Rig) -> Vec<&'static str> {
    let words = rig.reported.iter().filter_map(|event| match event {
        ProviderEvent::Warning(word, _) => Some(*word),
        ProviderEvent::Call(_)
        | ProviderEvent::LookedUp(..)
        | ProviderEvent::Unclosed(_)
        | ProviderEvent::Closed(_)
        | ProviderEvent::Unlisted(_)
        | ProviderEvent::Numbers(_) => None,
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

/// Its own side speaks of no longer calling on every call; only what the callee says counts.
#[test]
fn an_opt_out_spoken_on_the_call_comes_with_its_end() {
    let mut bench = bench(|settings| {
        settings.opt_out.insert(number(PERSON).to_string());
        settings.faults = Faults::new(1).with("post_times_out", 1000);
    });
    let inquiry = bench.lose(1, number(PERSON));
    let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert!(report.opted_out, "looked up: {report:?}");
    bench.double.settings().faults = Faults::new(1);
    let report = bench.rig.outcome(2, number(PERSON));
    assert!(report.opted_out, "followed: {report:?}");
    assert_eq!(report.callee_type, Some(CalleeType::Human));
    let report = bench.rig.outcome(3, number(MACHINE));
    assert!(!report.opted_out, "{report:?}");
}

#[test]
fn an_opt_out_that_the_transcript_holds_late_is_told_with_the_end_once_more() {
    let mut bench = bench(|settings| {
        settings.opt_out.insert(number(PERSON).to_string());
        settings.opt_out_after = secs(25);
    });
    assert!(!bench.rig.outcome(1, number(PERSON)).opted_out);
    bench
        .rig
        .wait("second end", |reported| rig::ends(reported, 1).len() == 2);
    let again = rig::ends(&bench.rig.reported, 1).pop().unwrap();
    assert!(again.opted_out, "{again:?}");
}

#[test]
fn a_transcript_that_cannot_be_read_is_a_warning_and_no_answer() {
    let mut bench = bench(|settings| {
        settings.faults = Faults::new(1).with("transcript_error", 1000);
    });
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!((report.callee_type, report.opted_out), (None, false));
    bench.rig.wait("warning", |reported| {
        reported.iter().any(is_transcript_unread)
    });
    bench.double.settings().faults = Faults::new(1)
        .with("transcript_error", 1000)
        .with("post_times_out", 1000);
    let inquiry = bench.lose(2, number(MACHINE));
    let LookUp::Ended(report, _) = bench.resolve(&inquiry) else {
        panic!("it was placed");
    };
    assert_eq!(report.callee_type, None);
    bench.rig.wait("second warning", |reported| {
        reported
            .iter()
            .filter(|event| is_transcript_unread(event))
            .count()
            == 2
    });
}

fn is_transcript_unread(event: &ProviderEvent) -> bool {
    matches!(event, ProviderEvent::Warning("transcript_unread", _))
}

#[test]
fn unknown_words_and_failing_answers_end_no_call() {
    for fault in ["odd_word"].into_iter().chain(READ_FAULTS) {
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
        let reported = ["sent", "answered", "ended"];
        assert_eq!(
            rig::names(&bench.rig.reported, serial),
            reported,
            "{serial}"
        );
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

/// What can go wrong where the double is asked.
const READ_FAULTS: [&str; 6] = [
    "get_error",
    "get_html",
    "get_broken",
    "get_limited",
    "get_cut",
    "get_missing",
];

/// What can go wrong at the double besides.
const OTHER_FAULTS: [&str; 26] = [
    "code_after",
    "busy_after",
    "missing_after",
    "conflict_after",
    "early_after",
    "moved_after",
    "shown_after",
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
        let with = |faults: Faults, fault| faults.with(fault, 30);
        let every = OTHER_FAULTS.into_iter().chain(READ_FAULTS);
        settings.faults = every.fold(Faults::new(11), with);
    });
    let serials = 10..100;
    let to = |serial: i64| number(u8::try_from(serial).unwrap());
    let mut inquiries = Vec::new();
    for serial in serials.clone() {
        inquiries.push(bench.rig.inquiry(serial, to(serial)));
        bench.rig.place(bench.rig.dial(serial, to(serial)));
    }
    let over = |reported: &[ProviderEvent], serial| {
        let reported = rig::names(reported, serial);
        reported
            .iter()
            .any(|name| matches!(*name, "ended" | "lost"))
    };
    let all = serials.clone();
    bench.rig.wait("every end", |reported| {
        all.clone().all(|serial| over(reported, serial))
    });
    for (serial, inquiry) in serials.zip(inquiries) {
        let report = match rig::ends(&bench.rig.reported, serial).pop() {
            Some(report) => Some(report),
            None => bench.search(&inquiry),
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
    let text = format!("{:?}", bench.rig.reported);
    assert!(!text.contains("55501") && !text.contains(KEY));
}

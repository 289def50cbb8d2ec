//! What is queued, and what is not.

use std::time::Duration;

use dialdeck::domain::{CallEnd, CallEventKind, CalleeType};
use dialdeck::provider::plum::{Platform, Plum};
use dialdeck::provider::remote::Vendor as _;
use dialdeck::provider::remote::secret::Secret;
use dialdeck::provider::{LookUp, ProviderEvent, Request as Ask};

use super::*;
use dialdeck_testkit::rig::{attempt, ends, events, exercise, names};
use dialdeck_testkit::vendors::faults::Faults;

#[test]
fn plum_dev_keeps_the_contract() {
    let (double, mut rig) = dev_rig();
    exercise(&mut rig, person(), busy(), false);
    assert_one_invite_each(&double);
    assert_eq!(double.seen().strangers, 0);
}

#[test]
fn plum_fuse_keeps_the_contract() {
    let (double, mut rig) = fuse_rig();
    exercise(&mut rig, person(), busy(), false);
    assert_one_invite_each(&double);
    let asked = double.seen().requests;
    let (service, fields) = &asked[0];
    assert_eq!(
        (service.as_str(), fields["max_attempts"].as_str()),
        ("queue", "1")
    );
    assert_eq!(fields["is_pci"], "0");
}

#[test]
fn a_plum_call_is_queued_once_until_its_last_instant() {
    let (double, mut rig) = dev_rig();
    let mut request = rig.dial(1, person());
    request.pci = true;
    let expires = request.expires_at.as_millis() / 1000;
    rig.place(request);
    rig.end_of(1);
    let asked = double.seen().requests;
    let [(service, fields)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    let attempt = attempt(1).to_string();
    let wanted = [
        ("login", LOGIN),
        ("pin", PIN),
        ("phone_number", "tel:+12125550101;ani=6465550100"),
        ("max_retries", "0"),
        ("max_retry", "0"),
        ("scheduled_timestamp", "0"),
        ("expiration_timestamp", &expires.to_string()),
        ("message_reference", &attempt),
        ("is_pci", "1"),
    ];
    assert_eq!(service, "queuecall");
    for (name, value) in wanted {
        assert_eq!(fields[name], value, "{name}");
    }
}

#[test]
fn a_plum_call_is_not_dialed_again() {
    let (double, mut rig) = dev_rig();
    for (serial, to, end) in [
        (1, silent(), CallEnd::RangOut),
        (2, busy(), CallEnd::Busy),
        (3, broken(), CallEnd::Failed),
        (4, gone(), CallEnd::BadNumber),
    ] {
        assert_eq!(rig.outcome(serial, to).end, end);
        assert_eq!(double.ledger().invites_to(&to.to_string()), 1);
    }
    assert_one_invite_each(&double);
}

/// The double catches a client that forgets to say so.
#[test]
fn the_double_of_plum_dials_again_unless_told() {
    let (double, rig) = dev_rig();
    let http = rig.lab.http();
    let request = http.post(&format!("{}/webservice/queuecall.php", double.url()));
    let number = format!("tel:{};ani=6465550100", busy());
    let form = [
        ("login", LOGIN),
        ("pin", PIN),
        ("phone_number", &number),
        ("start_url", &double.url()),
        ("retry_interval", "60"),
    ];
    rig.run(async {
        let answer = http.send(request.form(&form), Duration::from_mins(1)).await;
        let body = String::from_utf8(answer.unwrap().body).unwrap();
        assert!(body.contains("status=\"queued\"") && body.contains(PIN));
    });
    rig.until("it is so at the double", || {
        double.ledger().invites_to(&busy().to_string()) == 4
    });
}

#[test]
fn plum_tells_who_answered() {
    let (double, mut rig) = dev_rig();
    let callees = [
        (1, person(), CalleeType::Human),
        (2, machine(), CalleeType::Voicemail),
        (3, fax(), CalleeType::Fax),
    ];
    for (serial, to, callee) in callees {
        let report = rig.outcome(serial, to);
        assert_eq!(
            (report.end, report.callee_type),
            (CallEnd::Completed, Some(callee))
        );
        assert_eq!(names(&rig.reported, serial), ["sent", "answered", "ended"]);
        let reported = events(&rig.reported, serial);
        let detected = reported
            .iter()
            .filter(|event| event.kind == CallEventKind::CalleeDetected(callee));
        assert_eq!(detected.count(), 1);
    }
    double.settings().decides = false;
    let report = rig.outcome(4, person());
    assert_eq!(report.callee_type, Some(CalleeType::Unknown));
    assert_eq!(
        double.seen().callees,
        ["voice", "answeringmachine", "fax", "processing"]
    );
}

#[test]
fn plum_goes_on_to_the_owners_voicexml() {
    let lab = rig::lab();
    let double = double(&lab);
    let mut account = dev(&double);
    let next = "https://app.example.com/go.vxml?a=1&b=2".to_owned();
    if let Platform::Dev { voicexml_url, .. } = &mut account.platform {
        *voicexml_url = Some(next.clone());
    }
    let mut rig = start(&lab, account);
    for (serial, to) in [(1, person()), (2, machine()), (3, fax())] {
        assert_eq!(rig.outcome(serial, to).end, CallEnd::Completed);
    }
    assert_eq!(
        double.seen().went_on,
        [next.clone(), next],
        "and not with a fax machine"
    );
}

#[test]
fn plum_refuses_strangers() {
    let lab = rig::lab();
    let double = double(&lab);
    let mut dev = dev(&double);
    if let Platform::Dev { pin, .. } = &mut dev.platform {
        *pin = Secret::new("1234567");
    }
    let mut fuse = fuse(&double);
    if let Platform::Fuse { key, .. } = &mut fuse.platform {
        *key = Secret::new("1234567");
    }
    for account in [dev, fuse] {
        let mut rig = start(&lab, account);
        let report = rig.outcome(1, person());
        assert_eq!(report.end, CallEnd::AccountRefused);
        assert!(!format!("{:?}", rig.reported).contains("1234567"));
    }
    assert_eq!(double.seen().strangers, 2);
    assert!(double.ledger().entries().is_empty());
}

#[test]
fn plum_is_sent_nothing_too_late() {
    let (double, mut rig) = dev_rig();
    let mut request = rig.dial(1, person());
    request.expires_at = rig.lab.now();
    rig.place(request);
    assert_eq!(rig.end_of(1).end, CallEnd::Lapsed);
    assert_eq!(names(&rig.reported, 1), ["ended"]);
    assert!(double.seen().requests.is_empty());
}

#[test]
fn an_expiry_in_plums_queue_is_no_attempt_when_it_says_so() {
    let (double, mut rig) = dev_rig();
    double.settings().delay = Duration::from_mins(2);
    for (serial, says_attempts, end) in [(1, true, CallEnd::Lapsed), (2, false, CallEnd::Failed)] {
        double.settings().says_attempts = says_attempts;
        let mut request = rig.dial(serial, person());
        request.expires_at = rig.lab.now() + Duration::from_secs(30);
        rig.place(request);
        assert_eq!(rig.end_of(serial).end, end);
    }
    assert!(double.ledger().entries().is_empty());
}

#[test]
fn what_plum_does_not_have_yet_is_stopped() {
    let (double, mut rig) = dev_rig();
    double.settings().faults = Faults::new(1).with("hang_after", 1000);
    rig.place(rig.dial(1, person()));
    rig.wait("sent", |reported| names(reported, 1).contains(&"sent"));
    for serial in 2..5 {
        rig.place(rig.dial(serial, person()));
        rig.ask(Ask::HangUp(attempt(serial)));
        assert_eq!(rig.end_of(serial).end, CallEnd::NeverSent);
        assert_eq!(names(&rig.reported, serial), ["ended"]);
    }
    assert!(double.seen().requests.len() <= 1);
}

#[test]
fn a_call_plum_has_cannot_be_hung_up() {
    let (double, mut rig) = dev_rig();
    for (serial, name) in [(1, "sent"), (2, "answered")] {
        rig.place(rig.dial(serial, person()));
        rig.wait(name, |reported| names(reported, serial).contains(&name));
        rig.ask(Ask::HangUp(attempt(serial)));
        assert_eq!(rig.end_of(serial).end, CallEnd::Completed);
    }
    assert_one_invite_each(&double);
}

#[test]
fn a_wiped_plum_queue_is_no_attempt() {
    let (double, mut rig) = dev_rig();
    double.settings().delay = Duration::from_mins(1);
    rig.place(rig.dial(1, person()));
    rig.until("it is so at the double", || {
        !double.seen().requests.is_empty()
    });
    double.cancel();
    assert_eq!(rig.end_of(1).end, CallEnd::NeverSent);
    assert!(double.ledger().entries().is_empty());
}

#[test]
fn fuse_is_asked_about_a_call() {
    let (double, mut rig) = fuse_rig();
    double.settings().faults = Faults::new(1).with("result_lost", 1000);
    rig.place(rig.dial(1, person()));
    rig.until("it is so at the double", || {
        double.ledger().entries().len() >= 3
    });
    assert_eq!(rig.look_up(1, person()), LookUp::InProgress);
    let ended = loop {
        let found = rig.look_up(1, person());
        if found != LookUp::InProgress {
            break found;
        }
    };
    let LookUp::Ended(report, at) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!(report.end, CallEnd::Completed);
    assert!(at <= rig.lab.now());
    assert_eq!(rig.look_up(77, person()), LookUp::CannotTell);
}

#[test]
fn dev_knows_of_a_call_what_came_in() {
    let (double, mut rig) = dev_rig();
    assert_eq!(rig.look_up(1, person()), LookUp::CannotTell);
    double.settings().delay = Duration::from_secs(40);
    rig.place(rig.dial(1, person()));
    rig.until("it is so at the double", || {
        !double.seen().requests.is_empty()
    });
    rig.wait("queued", |reported| names(reported, 1) == ["sent"]);
    let report = rig.end_of(1);
    let LookUp::Ended(found, _) = rig.look_up(1, person()) else {
        panic!("it was delivered");
    };
    assert_eq!(found, report);
}

#[test]
fn plum_needs_to_be_answered() {
    let lab = rig::lab();
    let double = double(&lab);
    let refused = Plum::new(dev(&double), None, lab.http()).unwrap_err();
    assert!(refused.to_string().contains("[listener]"), "{refused}");
}

#[test]
fn plum_is_examined_without_a_call() {
    let lab = rig::lab();
    let double = double(&lab);
    let mut stranger = fuse(&double);
    if let Platform::Fuse { key, .. } = &mut stranger.platform {
        *key = Secret::new("1234567");
    }
    let mut nobody = dev(&double);
    nobody.url = rig::NOBODY.to_owned();
    let accounts = [
        (fuse(&double), true),
        (stranger, false),
        (dev(&double), true),
        (nobody, false),
    ];
    let rig = start(&lab, dev(&double));
    for (account, is_fine) in accounts {
        let front = Front::open(&lab);
        let plum = Plum::new(account, Some(front.reach), lab.http()).unwrap();
        let found = rig.run(plum.examine());
        let [server] = found.as_slice() else {
            panic!("{found:?}");
        };
        // Plum's pages know nothing but plain HTTP: it is warned of, and fails nothing.
        assert_eq!(plum.cautions().len(), 1);
        assert_eq!(server.found.is_ok(), is_fine, "{server:?}");
        assert!(!format!("{found:?}").contains("1234567"));
    }
    assert!(double.seen().requests.is_empty());
}

#[test]
fn plum_does_not_list_numbers_and_warns_of_plain_http() {
    let (_double, mut rig) = dev_rig();
    rig.ask(Ask::ListNumbers);
    rig.outcome(1, person());
    rig.outcome(2, busy());
    let reported = |like: fn(&ProviderEvent) -> bool| {
        rig.reported
            .iter()
            .filter(|reported| like(reported))
            .count()
    };
    assert_eq!(
        reported(|event| matches!(event, ProviderEvent::Unlisted(_))),
        1
    );
    assert_eq!(
        reported(|event| matches!(event, ProviderEvent::Warning("plain_http", _))),
        1
    );
    assert_eq!(ends(&rig.reported, 1).len(), 1);
}

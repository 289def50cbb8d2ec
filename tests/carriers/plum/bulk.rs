//! Many calls at once: one bulk request, never a loop of the single queue.

use std::time::Duration;

use dialdeck::domain::CallEnd;
use dialdeck::provider::inbound::{Arrived, News, Reading, Refused};
use dialdeck::provider::remote::Vendor as _;

use super::*;
use dialdeck_testkit::rig::{attempt, ends, names};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::ledger::Step;

fn many(double: &PlumDouble, rig: &mut Rig, serials: std::ops::Range<i64>) {
    for serial in serials.clone() {
        let last = u8::try_from(serial % 100).unwrap();
        rig.place(rig.dial(serial, number(last)));
    }
    for serial in serials.clone() {
        rig.end_of(serial);
    }
    for serial in serials {
        assert_eq!(ends(&rig.reported, serial).len(), 1, "{serial}");
    }
    assert_one_invite_each(double);
}

#[test]
fn plum_dev_gets_a_burst_as_bulk() {
    let (double, mut rig) = dev_rig();
    many(&double, &mut rig, 20..60);
    let asked = double.seen().requests;
    let singles = asked.iter().filter(|(service, _)| service == "queuecall");
    assert!(singles.count() <= 3, "{}", asked.len());
    assert!(asked.len() < 10, "{}", asked.len());
    let bulk = asked.iter().find(|(service, _)| service == "queuecalls");
    let (_, fields) = bulk.unwrap();
    assert_eq!(fields["campaign_name"], fields["message_reference"]);
    assert_eq!(
        (fields["max_retries"].as_str(), fields["max_retry"].as_str()),
        ("0", "0")
    );
    for name in ["start_url", "result_url"] {
        assert!(fields[name].len() <= 255, "{}", fields[name]);
    }
}

#[test]
fn plum_fuse_gets_a_burst_as_bulk() {
    let (double, mut rig) = fuse_rig();
    many(&double, &mut rig, 20..60);
    let asked = double.seen().requests;
    assert!(asked.iter().any(|(service, _)| service == "bulk_queue"));
    assert!(asked.len() < 10, "{}", asked.len());
}

#[test]
fn a_number_is_not_twice_in_a_bulk_request_to_plum() {
    let (double, mut rig) = dev_rig();
    for serial in 1..5 {
        rig.place(rig.dial(serial, person()));
        rig.place(rig.dial(serial + 10, busy()));
    }
    for serial in 1..5 {
        assert_eq!(rig.end_of(serial).end, CallEnd::Completed);
        assert_eq!(rig.end_of(serial + 10).end, CallEnd::Busy);
    }
    assert_eq!(double.ledger().invites_to(&person().to_string()), 4);
    assert_one_invite_each(&double);
}

#[test]
fn a_batch_ends_at_its_earliest_expiry_and_leaves_out_what_is_over() {
    let (double, mut rig) = dev_rig();
    rig.place(rig.dial(1, person()));
    rig.wait("sent", |reported| names(reported, 1) == ["sent"]);
    let now = rig.lab.now();
    let mut seconds = Vec::new();
    for (serial, minutes) in [(2, 9), (3, 5), (4, 0), (5, 7)] {
        let mut request = rig.dial(serial, number(u8::try_from(serial).unwrap() + 20));
        request.expires_at = now + Duration::from_mins(minutes);
        seconds.push(request.expires_at.as_millis() / 1000);
        rig.place(request);
    }
    assert_eq!(rig.end_of(4).end, CallEnd::Lapsed);
    for serial in [1, 2, 3, 5] {
        rig.end_of(serial);
    }
    let asked = double.seen().requests;
    let (service, fields) = &asked[1];
    assert_eq!(service, "queuecalls");
    assert_eq!(fields["expiration_timestamp"], seconds[1].to_string());
    assert_eq!(
        double
            .ledger()
            .entries()
            .iter()
            .filter(|entry| entry.to.ends_with("24"))
            .count(),
        0
    );
}

/// First in, first out: what waits at Plum is dialed later, once, and ends by its own result.
#[test]
fn a_full_plum_queue_delays_and_repeats_nothing() {
    let lab = rig::lab();
    let double = PlumDouble::start(Options {
        script: script(),
        capacity: 3,
        ..Options::new(&lab)
    });
    let mut rig = start(&lab, dev(&double));
    double.settings().delay = Duration::from_mins(1);
    many(&double, &mut rig, 20..45);
    let mut calls = 0_i32;
    for entry in double.ledger().entries() {
        calls += match entry.step {
            Step::Invite => 1,
            Step::End => -1,
            Step::Ringing | Step::Answer | Step::Cancel => 0,
        };
        assert!((0..=3).contains(&calls), "{calls}");
    }
}

#[test]
fn a_lost_bulk_answer_is_settled_by_its_results() {
    let (double, mut rig) = dev_rig();
    double.settings().faults = Faults::new(3).with("cut_after", 1000);
    many(&double, &mut rig, 20..40);
    let lost = (20..40).filter(|serial| names(&rig.reported, *serial).contains(&"lost"));
    assert!(
        lost.count() > 10,
        "most results came after their answer was lost"
    );
}

/// What a result says finds its attempt after a restart, too: nothing but the key is needed.
#[test]
fn a_batchs_result_is_read_after_a_restart() {
    let lab = rig::lab();
    let double = double(&lab);
    let front = Front::open(&lab);
    let reach = front.reach.clone();
    let plum = Plum::new(dev(&double), Some(reach.clone()), lab.http()).unwrap();
    let mut rig = front.start(plum);
    many(&double, &mut rig, 20..30);
    let asked = double.seen().requests;
    let bulk = asked.iter().find(|(service, _)| service == "queuecalls");
    let url = &bulk.unwrap().1["result_url"];
    let query = url.split_once('?').unwrap().1;
    let reader = Plum::new(dev(&double), Some(reach), lab.http())
        .unwrap()
        .reader();
    let read = |number: &str| {
        let body = format!("phone_number={number}&call_id=85&status=failed&reason=busy");
        reader.read(&Arrived {
            path: "result",
            is_post: true,
            query,
            authorization: "",
            content_type: "application/x-www-form-urlencoded",
            body: body.as_bytes(),
            at: lab.now(),
        })
    };
    let found = (20..30).filter(|serial| {
        let Reading::Take(inbound, _) = read(&format!("121255501{serial}")) else {
            return false;
        };
        assert_eq!(inbound.attempt, attempt(*serial));
        assert_eq!(inbound.event, format!("85:{}:failed", attempt(*serial)));
        matches!(inbound.news, News::Ended(report) if report.end == CallEnd::Busy)
    });
    assert!(found.count() > 5);
    assert_eq!(read("12125550199"), Reading::Refuse(Refused::NoSuchAttempt));
}

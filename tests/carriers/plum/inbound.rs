//! What comes in: proven, or not taken.

use std::time::Duration;

use dialdeck::domain::CallEnd;
use dialdeck::provider::LookUp;
use dialdeck::provider::inbound::{Arrived, News, Reading, Refused};
use dialdeck::provider::remote::Vendor as _;
use dialdeck::provider::remote::http::Http;
use dialdeck::provider::remote::secret::{Reach, Secret};

use super::*;
use dialdeck_testkit::rig::{attempt, ends, events, names};

/// A vendor, and a way to speak to it as Plum does.
struct Outside {
    _double: PlumDouble,
    rig: Rig,
    reach: Reach,
    http: Http,
}

impl Outside {
    fn start(account: impl Fn(&PlumDouble) -> Account) -> Self {
        let lab = rig::lab();
        let double = double(&lab);
        let front = Front::open(&lab);
        let reach = front.reach.clone();
        let plum = Plum::new(account(&double), Some(reach.clone()), lab.http()).unwrap();
        Self {
            rig: front.start(plum),
            http: lab.http(),
            _double: double,
            reach,
        }
    }

    fn url(&self, place: &str, serial: i64) -> String {
        let (url, attempt) = (&self.reach.url, attempt(serial));
        let token = self.reach.token(attempt);
        format!("{url}/{place}?attempt={attempt}&token={token}")
    }

    fn post(&self, url: &str, body: &str) -> (u16, String) {
        let request = self.http.post(url).body(body.to_owned());
        self.rig.run(async {
            let answer = self
                .http
                .send(request, Duration::from_mins(2))
                .await
                .unwrap();
            (answer.status, String::from_utf8(answer.body).unwrap())
        })
    }

    fn get(&self, url: &str) -> (u16, String) {
        let request = self.http.get(url);
        self.rig.run(async {
            let answer = self
                .http
                .send(request, Duration::from_mins(2))
                .await
                .unwrap();
            (answer.status, String::from_utf8(answer.body).unwrap())
        })
    }
}

#[test]
fn a_probe_of_plums_is_answered_and_told_nothing() {
    let outside = Outside::start(dev);
    for place in ["start", "result"] {
        let bare = format!("{}/{place}", outside.reach.url);
        for url in [
            bare,
            outside.url(place, 1),
            format!("{}x", outside.url(place, 1)),
        ] {
            assert_eq!(outside.get(&url), (200, String::new()));
        }
    }
    assert_eq!(outside.get(&outside.url("callee", 1)).0, 404);
    assert_eq!(outside.post(&outside.url("elsewhere", 1), "").0, 404);
    assert!(ends(&outside.rig.reported, 1).is_empty());
}

#[test]
fn plums_reports_without_their_token_are_forged() {
    let outside = Outside::start(dev);
    let elsewhere = Reach {
        url: outside.reach.url.clone(),
        key: Secret::new("another deck's key"),
    };
    let token = elsewhere.token(attempt(1));
    let base = &outside.reach.url;
    for place in ["start", "callee", "opt-out", "result"] {
        for query in [
            String::new(),
            format!("attempt={}", attempt(1)),
            format!("attempt={}&token={token}", attempt(1)),
            format!(
                "attempt={}&token={}",
                attempt(2),
                outside.reach.token(attempt(1))
            ),
            format!("batch={}.abcd&token={token}", attempt(1)),
            "attempt=%ff&token=%00".to_owned(),
        ] {
            let url = format!("{base}/{place}?{query}");
            assert_eq!(outside.post(&url, "status=completed").0, 401, "{url}");
        }
    }
    assert_eq!(outside.rig.refused()[&Refused::Forged], 24);
}

#[test]
fn what_plum_does_not_say_clearly_is_malformed() {
    let mut outside = Outside::start(dev);
    let url = outside.url("result", 1);
    for body in [
        "status=purple",
        "<result",
        "{\"status\":",
        "nothing",
        "\u{0}\u{1}",
    ] {
        assert_eq!(outside.post(&url, body).0, 400, "{body}");
    }
    assert_eq!(outside.post(&url, "status=queued").0, 200);
    assert_eq!(outside.post(&url, "status=failed&reason=busy").0, 200);
    assert_eq!(outside.rig.end_of(1).end, CallEnd::Busy);
}

/// After a restart nothing is known but what is delivered.
#[test]
fn what_plum_says_of_an_earlier_runs_call_settles_it() {
    for account in [dev, fuse] {
        let mut outside = Outside::start(account);
        let report = outside.url("result", 7);
        for body in [
            r#"{"call_id":"85","call_details":{"status":"completed","attempts":"1"}}"#,
            r#"{"call_id":"85","call_details":{"status":"completed","attempts":"1"}}"#,
            "call_id=85&status=failed",
        ] {
            assert_eq!(outside.post(&report, body).0, 200);
        }
        assert_eq!(outside.rig.end_of(7).end, CallEnd::Completed);
        let LookUp::Ended(report, _) = outside.rig.look_up(7, person()) else {
            panic!("it was delivered");
        };
        assert_eq!(report.end, CallEnd::Completed);
        assert_eq!(ends(&outside.rig.reported, 7).len(), 1);
    }
}

/// The user's own document gets the address to report to, and reports in its own words.
#[test]
fn an_opt_out_inside_the_users_document_is_taken_and_ends_the_call() {
    let outside = Outside::start(|double| {
        let mut account = dev(double);
        if let Platform::Dev { voicexml_url, .. } = &mut account.platform {
            *voicexml_url = Some("https://example.com/app.vxml".to_owned());
        }
        account
    });
    outside.post(&outside.url("start", 7), "call_id=85");
    let (_, document) = outside.post(&outside.url("callee", 7), "callee_type=voice");
    let document = roxmltree::Document::parse(&document).unwrap();
    let node_named = |name: &'static str| {
        let mut nodes = document.descendants();
        nodes.find(move |node| node.attribute("name") == Some(name))
    };
    let url = node_named("opt_out_url")
        .unwrap()
        .attribute("expr")
        .unwrap();
    let url = url.trim_matches('\'');
    let mut submits = document.descendants();
    let submit = submits.find(|node| node.has_tag_name(("http://www.w3.org/2001/vxml", "submit")));
    let names = submit.unwrap().attribute("namelist").unwrap();
    assert!(names.contains("opt_out_url"), "{names}");
    let (status, ends) = outside.get(url);
    assert!(status == 200 && ends.contains("<disconnect/>"), "{ends}");
    for body in ["", "key=9", "\u{0}{<"] {
        let (status, ends) = outside.post(url, body);
        assert!(status == 200 && ends.contains("<disconnect/>"), "{ends}");
    }
    let forged = url.replace(&attempt(7).to_string(), &attempt(8).to_string());
    assert_ne!(forged, url);
    assert_eq!(outside.post(&forged, "").0, 401);
    let probe = format!("{}/opt-out", outside.reach.url);
    assert_eq!(outside.get(&probe).0, 404);
}

#[test]
fn an_opt_out_is_read_as_the_callees_word() {
    let lab = rig::lab();
    let double = double(&lab);
    let reach = Front::open(&lab).reach;
    let reader = Plum::new(dev(&double), Some(reach.clone()), lab.http())
        .unwrap()
        .reader();
    let token = reach.token_of(&format!("plum opt-out {}", attempt(7)));
    let reading = reader.read(&Arrived {
        path: "opt-out",
        is_post: true,
        query: &format!("attempt={}&token={token}&call_id=85", attempt(7)),
        authorization: "",
        content_type: "",
        body: b"",
        at: "2026-12-07T15:31:00Z".parse().unwrap(),
    });
    let Reading::Take(inbound, _) = reading else {
        panic!("{reading:?}");
    };
    assert_eq!((inbound.attempt, inbound.news), (attempt(7), News::OptOut));
}

#[test]
fn only_an_answer_is_news_after_plums_end() {
    let mut outside = Outside::start(dev);
    assert_eq!(
        outside
            .post(&outside.url("result", 7), "status=failed&reason=no+answer")
            .0,
        200
    );
    outside.rig.end_of(7);
    let (status, document) = outside.post(&outside.url("start", 7), "call_id=85");
    assert_eq!(status, 200);
    assert!(document.contains("callee_type"));
    assert_eq!(
        outside
            .post(&outside.url("callee", 7), "callee_type=voice")
            .0,
        200
    );
    assert_eq!(
        outside
            .post(&outside.url("result", 8), "status=completed")
            .0,
        200
    );
    outside.rig.end_of(8);
    // A person picked up, whatever the result states.
    assert_eq!(names(&outside.rig.reported, 7), ["ended", "answered"]);
    for place in ["start", "callee"] {
        let url = outside.url(place, 8);
        assert_eq!(outside.post(&url, "call_id=86&callee_type=voice").0, 200);
    }
    let again = "status=failed&reason=no+answer";
    assert_eq!(outside.post(&outside.url("result", 8), again).0, 200);
    assert_eq!(
        outside
            .post(&outside.url("result", 9), "status=completed")
            .0,
        200
    );
    outside.rig.end_of(9);
    assert_eq!(names(&outside.rig.reported, 8), ["answered", "ended"]);
    assert_eq!(events(&outside.rig.reported, 8).len(), 2);
}

/// A person was on the line: whatever Plum reports later, the call was answered.
#[test]
fn an_answered_plum_call_does_not_fail_any_more() {
    let mut outside = Outside::start(dev);
    assert_eq!(outside.post(&outside.url("start", 7), "call_id=85").0, 200);
    outside
        .rig
        .wait("answer", |reported| names(reported, 7) == ["answered"]);
    assert_eq!(
        outside
            .post(&outside.url("callee", 7), "callee_type=voice")
            .0,
        200
    );
    outside
        .rig
        .wait("callee", |reported| events(reported, 7).len() == 2);
    assert_eq!(
        outside
            .post(&outside.url("result", 7), "status=expired&attempts=0")
            .0,
        200
    );
    let report = outside.rig.end_of(7);
    assert_eq!(report.end, CallEnd::Completed);
}

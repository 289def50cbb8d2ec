//! A vendor under test: its provider, a way in for what its double sends, and what it has reported so far.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{
    AttemptId, Briefing, CallEnd, CallEvent, CallEventKind, CallReport, DeckId, PhoneNumber,
    TrunkName,
};
use dialdeck_providers::inbound::{Arrived, Reader, Reading, Refused};
use dialdeck_providers::remote::secret::{Reach, Secret};
use dialdeck_providers::remote::{Inlet, Remote, Vendor};
use dialdeck_providers::{
    DialRequest, Inquiry, LookUp, Provider as _, ProviderEvent, Request as Ask,
};

use crate::vendors::lab::Lab;
use crate::vendors::server::Server;

/// Where no server is in any paused lab.
pub const NOBODY: &str = "http://nobody.test";

/// How long, by the deck's clock, a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(20);

/// How often a test that waits is woken at most. In a paused lab time goes on only when nothing is left
/// to do, so that one that is woken for ever would never run out of patience.
const MOST_WAKES: usize = 100_000;

/// How long one who asks again and again waits before each time: answers from memory take no time.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a vendor is asked at most.
const MOST_INQUIRIES: usize = 10_000;

/// A paused lab that starts on a Monday afternoon, in New York and in London.
pub fn lab() -> Lab {
    Lab::paused("2026-12-07T15:30:00Z".parse().unwrap())
}

/// An attempt of the deck under test.
pub fn attempt(serial: i64) -> AttemptId {
    AttemptId {
        deck: DeckId(0x7f3a_9c21),
        serial,
    }
}

/// A fictional number: `555-01` and these two digits, in New York.
pub fn number(last: u8) -> PhoneNumber {
    assert!(last < 100);
    format!("+121255501{last:02}").parse().unwrap()
}

/// The number that is shown.
pub fn caller_id() -> PhoneNumber {
    "+16465550100".parse().unwrap()
}

/// What stands behind the way in: who reads, and where it goes.
type Behind = (Arc<dyn Reader>, Inlet);

/// The way in for webhooks, as the listener is one, without its store.
#[derive(Clone)]
struct Door {
    clock: Clock,
    reader: Arc<Mutex<Option<Behind>>>,
    refused: Arc<Mutex<BTreeMap<Refused, usize>>>,
}

/// A vendor under test.
pub struct Rig {
    pub lab: Lab,
    remote: Remote,
    door: Door,
    /// Everything reported so far.
    pub reported: Vec<ProviderEvent>,
    inquiries: usize,
    _front: Server,
}

/// Where a vendor under test is reached, made before the vendor is.
pub struct Front {
    lab: Lab,
    door: Door,
    server: Server,
    /// What the vendor gives out.
    pub reach: Reach,
}

impl Front {
    /// Opens the way in.
    pub fn open(lab: &Lab) -> Self {
        let door = Door {
            clock: lab.clock().clone(),
            reader: Arc::default(),
            refused: Arc::default(),
        };
        let routes = Router::new().fallback(take).with_state(door.clone());
        let server = lab.serve(0, routes);
        let reach = Reach {
            url: format!("{}/trunk", server.url()),
            key: Secret::new("a key of the deck's own"),
        };
        Self {
            lab: lab.clone(),
            door,
            server,
            reach,
        }
    }

    /// Starts the vendor.
    pub fn start<V: Vendor>(self, vendor: V) -> Rig {
        let vendor = Arc::new(vendor);
        let runtime = self.lab.runtime().handle();
        let (remote, inlet) = Remote::start(&vendor, self.lab.clock(), runtime);
        *self.door.reader.lock().unwrap() = Some((vendor.reader(), inlet));
        Rig {
            lab: self.lab,
            remote,
            door: self.door,
            reported: Vec::new(),
            inquiries: 0,
            _front: self.server,
        }
    }
}

async fn take(State(door): State<Door>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let header = |name: &str| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let Some((reader, inlet)) = door.reader.lock().unwrap().clone() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let arrived = Arrived {
        path: head.uri.path().strip_prefix("/trunk/").unwrap_or_default(),
        is_post: head.method == "POST",
        query: head.uri.query().unwrap_or_default(),
        authorization: &header("authorization"),
        content_type: &header("content-type"),
        body: &body,
        at: door.clock.now(),
    };
    let reply = match reader.read(&arrived) {
        Reading::Take(inbound, reply) => {
            inlet.deliver(inbound);
            reply
        }
        Reading::Answer(reply) => reply,
        Reading::Refuse(why) => {
            *door.refused.lock().unwrap().entry(why).or_default() += 1;
            return StatusCode::from_u16(why.status()).unwrap().into_response();
        }
    };
    let status = StatusCode::from_u16(reply.status).unwrap();
    (status, [("content-type", reply.content_type)], reply.body).into_response()
}

impl Rig {
    /// A request that a test may change before it is placed.
    pub fn dial(&self, serial: i64, to: PhoneNumber) -> DialRequest {
        DialRequest {
            attempt: attempt(serial),
            trunk: TrunkName("trunk".to_owned()),
            campaign: "spring".to_owned(),
            to,
            from: caller_id(),
            ring_timeout: Duration::from_secs(30),
            max_call: Duration::from_mins(10),
            not_before: self.lab.now(),
            expires_at: self.lab.now() + Duration::from_mins(10),
            human_agent: false,
            pci: false,
            briefing: Briefing::default(),
        }
    }

    /// Asks for something.
    pub fn ask(&mut self, request: Ask) {
        self.remote.request(request, self.lab.now());
    }

    /// Places a call.
    pub fn place(&mut self, request: DialRequest) {
        self.ask(Ask::Place(Box::new(request)));
    }

    /// What identifies an attempt made by [`Rig::dial`] just now.
    pub fn inquiry(&self, serial: i64, to: PhoneNumber) -> Inquiry {
        Inquiry {
            attempt: attempt(serial),
            to,
            from: caller_id(),
            reserved_at: self.lab.now(),
        }
    }

    /// Waits until the events reported so far satisfy the condition.
    pub fn wait(&mut self, what: &str, mut wanted: impl FnMut(&[ProviderEvent]) -> bool) {
        let patience = self.lab.now() + PATIENCE;
        for _ in 0..MOST_WAKES {
            self.reported.extend(self.remote.poll(self.lab.now()));
            if wanted(&self.reported) {
                return;
            }
            let left = self.lab.clock().real_time_until(patience).unwrap();
            assert!(!left.is_zero(), "no {what} among {:#?}", self.reported);
            let news = self.remote.ready();
            self.lab
                .run(async { tokio::time::timeout(left, news).await.ok() });
        }
        panic!("no {what}, however often it was looked for");
    }

    /// Waits until something is so that the vendor does not tell.
    pub fn until(&self, what: &str, mut wanted: impl FnMut() -> bool) {
        let patience = self.lab.now() + PATIENCE;
        while !wanted() {
            assert!(self.lab.now() < patience, "not yet {what}");
            self.lab.pass(PAUSE);
        }
    }

    /// Waits until a call rings.
    pub fn wait_for_ringing(&mut self, serial: i64) {
        self.wait("ringing", |reported| {
            let mut events = events(reported, serial).into_iter();
            events.any(|event| event.kind == CallEventKind::Ringing)
        });
    }

    /// Waits for an attempt's end.
    pub fn end_of(&mut self, serial: i64) -> CallReport {
        self.wait("end", |reported| !ends(reported, serial).is_empty());
        ends(&self.reported, serial).remove(0)
    }

    /// Places a call and gives its end.
    pub fn outcome(&mut self, serial: i64, to: PhoneNumber) -> CallReport {
        self.place(self.dial(serial, to));
        self.end_of(serial)
    }

    /// Asks what became of an attempt, after a pause, and waits for the answer.
    pub fn inquire(&mut self, inquiry: Inquiry) -> LookUp {
        self.inquiries += 1;
        assert!(self.inquiries < MOST_INQUIRIES, "asked for ever");
        self.lab.pass(PAUSE);
        let before = looked_up(&self.reported).len();
        self.ask(Ask::LookUp(inquiry));
        self.wait("look-up", |reported| looked_up(reported).len() > before);
        looked_up(&self.reported).pop().unwrap()
    }

    /// Asks what became of an attempt made by [`Rig::dial`] just now, and waits for the answer.
    pub fn look_up(&mut self, serial: i64, to: PhoneNumber) -> LookUp {
        self.inquire(self.inquiry(serial, to))
    }

    /// What came in and was not taken, by reason.
    pub fn refused(&self) -> BTreeMap<Refused, usize> {
        self.door.refused.lock().unwrap().clone()
    }

    /// Runs something async beside the vendor.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.lab.run(future)
    }
}

/// An attempt's events so far.
pub fn events(reported: &[ProviderEvent], serial: i64) -> Vec<CallEvent> {
    let of_attempt = |event: &ProviderEvent| match event {
        ProviderEvent::Call(event) if event.attempt == attempt(serial) => Some(event.clone()),
        ProviderEvent::Call(_)
        | ProviderEvent::LookedUp(..)
        | ProviderEvent::Numbers(_)
        | ProviderEvent::Unclosed(_)
        | ProviderEvent::Closed(_)
        | ProviderEvent::Unlisted(_)
        | ProviderEvent::Warning(..) => None,
    };
    reported.iter().filter_map(of_attempt).collect()
}

/// The names of an attempt's events, without what a provider may or may not tell.
pub fn names(reported: &[ProviderEvent], serial: i64) -> Vec<&'static str> {
    let names = events(reported, serial)
        .into_iter()
        .filter_map(|event| match event.kind {
            CallEventKind::Sent => Some("sent"),
            CallEventKind::Answered => Some("answered"),
            CallEventKind::Ended(_) => Some("ended"),
            CallEventKind::AnswerLost => Some("lost"),
            CallEventKind::Placed
            | CallEventKind::Ringing
            | CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_) => None,
        });
    names.collect()
}

/// The reports of an attempt's ends; more than one is a fault.
pub fn ends(reported: &[ProviderEvent], serial: i64) -> Vec<CallReport> {
    let reports = events(reported, serial)
        .into_iter()
        .filter_map(|event| match event.kind {
            CallEventKind::Ended(report) => Some(report),
            CallEventKind::Sent
            | CallEventKind::Placed
            | CallEventKind::Ringing
            | CallEventKind::Answered
            | CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_)
            | CallEventKind::AnswerLost => None,
        });
    reports.collect()
}

/// Every answer to a look-up.
pub fn looked_up(reported: &[ProviderEvent]) -> Vec<LookUp> {
    let answers = reported.iter().filter_map(|event| match event {
        ProviderEvent::LookedUp(_, found) => Some(found.clone()),
        ProviderEvent::Call(_)
        | ProviderEvent::Numbers(_)
        | ProviderEvent::Unclosed(_)
        | ProviderEvent::Closed(_)
        | ProviderEvent::Unlisted(_)
        | ProviderEvent::Warning(..) => None,
    });
    answers.collect()
}

/// What every vendor owes the engine, whatever its protocol: the provider contract, by the clock.
///
/// `person` rings for about 5 s and talks for about half a minute, `busy` is engaged, `silent` never
/// answers. `cancels`: whether it can hang up.
pub fn exercise(rig: &mut Rig, person: PhoneNumber, busy: PhoneNumber, cancels: bool) {
    assert_eq!(rig.outcome(1, person).end, CallEnd::Completed);
    assert_eq!(names(&rig.reported, 1), ["sent", "answered", "ended"]);
    let events = events(&rig.reported, 1);
    assert!(
        events.is_sorted_by_key(|event| event.at),
        "reported in order: {events:?}"
    );
    let report = rig.outcome(2, busy);
    let read = dialdeck_core::domain::outcome::classify(&report);
    assert_eq!(read.outcome.as_str(), "busy", "{report:?}");
    assert_eq!(names(&rig.reported, 2), ["sent", "ended"]);
    rig.ask(Ask::HangUp(attempt(99)));
    if cancels {
        rig.place(rig.dial(3, person));
        rig.wait("answer", |reported| {
            names(reported, 3).contains(&"answered")
        });
        rig.ask(Ask::HangUp(attempt(3)));
        rig.ask(Ask::HangUp(attempt(3)));
        assert_eq!(rig.end_of(3).end, CallEnd::Completed);
    }
    for serial in 10..40 {
        rig.place(rig.dial(serial, number(u8::try_from(serial).unwrap())));
    }
    for serial in 10..40 {
        rig.end_of(serial);
    }
    for serial in 10..40 {
        assert_eq!(ends(&rig.reported, serial).len(), 1, "one end each");
    }
}

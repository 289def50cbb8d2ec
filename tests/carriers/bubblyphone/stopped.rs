//! Calls that we end: hung up, out of time, or never begun.

use dialdeck::domain::outcome::{TrunkFinding, classify};
use dialdeck::domain::{CallEnd, Outcome};
use dialdeck::provider::Request;

use super::{BUSY, PERSON, SILENT, bench, fresh, options, secs};
use dialdeck_testkit::rig::{self, attempt, number};
use dialdeck_testkit::vendors::bubblyphone::BubblyPhoneDouble;
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::ledger::Step;
use dialdeck_testkit::vendors::script::Spell;

#[test]
fn a_hang_up_before_the_request_keeps_it_from_leaving() {
    let mut bench = bench(|_| {});
    bench.rig.ask(Request::HangUp(attempt(1)));
    // Requests are carried out side by side: only a hang-up that is known comes first.
    bench.rig.ask(Request::ListNumbers);
    bench.rig.wait("numbers", |reported| !reported.is_empty());
    let report = bench.rig.outcome(1, number(PERSON));
    assert_eq!(report.end, CallEnd::NeverSent);
    assert_eq!(rig::names(&bench.rig.reported, 1), ["ended"]);
    assert_eq!(bench.dialed(number(PERSON)), (0, 0));
}

#[test]
fn a_permit_that_has_run_out_places_nothing() {
    let mut bench = bench(|_| {});
    let mut late = bench.rig.dial(1, number(PERSON));
    late.expires_at = bench.rig.lab.now();
    bench.rig.place(late);
    assert_eq!(bench.rig.end_of(1).end, CallEnd::Lapsed);
    assert_eq!(rig::names(&bench.rig.reported, 1), ["ended"]);
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
            .wait("sent", |reported| rig::names(reported, 1) == ["sent"]);
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
        assert_eq!(rig::ends(&bench.rig.reported, 1).len(), 1);
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
    let read = classify(&bench.rig.end_of(1));
    assert_eq!(read.outcome, Outcome::NoAnswer);
    assert_eq!(bench.rig.end_of(2).end, CallEnd::Completed);
    let hang_ups = bench.double.counts().hang_ups;
    for last in [SILENT, PERSON] {
        assert!(hang_ups.contains_key(&number(last).to_string()), "{last}");
    }
}

/// No page of the vendor says that `ringing` is always shown, so a call not seen ringing counts, and is not
/// attributed to the callee; five in a row rest the trunk (the breaker's own tests).
#[test]
fn what_was_not_seen_to_ring_is_not_the_callees_doing_and_counts() {
    let network = |spell, ring_timeout| {
        let lab = rig::lab();
        let now = lab.now();
        let mut options = options(&lab, |_| {});
        options.script = options.script.during(now, now + secs(3600), spell);
        let double = BubblyPhoneDouble::start(options);
        let mut rig = fresh(&double, &lab);
        let mut dial = rig.dial(1, number(SILENT));
        dial.ring_timeout = secs(ring_timeout);
        rig.place(dial);
        let report = rig.end_of(1);
        let hung_up = double.counts().hang_ups.len();
        (report, hung_up)
    };
    // Hung up by us at the ringing limit, and failed by the network's own timer (32 s).
    for (ring_timeout, wanted, hang_ups) in [(15, CallEnd::RingUnseen, 1), (90, CallEnd::Failed, 0)]
    {
        let (report, hung_up) = network(Spell::Dead, ring_timeout);
        assert_eq!((report.end, report.rang), (wanted, None));
        assert_eq!(hung_up, hang_ups);
        let read = classify(&report);
        assert_eq!((read.outcome, read.counts), (Outcome::NetworkFailure, true));
        assert_eq!(read.trunk, TrunkFinding::Silent);
    }
    let mut bench = bench(|_| {});
    let mut dial = bench.rig.dial(1, number(SILENT));
    dial.ring_timeout = secs(15);
    bench.rig.place(dial);
    let read = classify(&bench.rig.end_of(1));
    assert_eq!((read.outcome, read.counts), (Outcome::NoAnswer, true));
    assert_eq!(read.trunk, TrunkFinding::Fine);
}

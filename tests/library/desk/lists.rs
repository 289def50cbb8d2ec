//! The call list of a desk: attempts, hits, and the acts that a contact refuses.

use dialdeck::domain::{ContactState, Role};
use dialdeck::engine::desk::{Act, Centre, EngineOwner, ListQuery, Size};

use crate::desk::bench::{Bench, around, desk};
use dialdeck_testkit::world::*;

#[test]
fn the_call_in_flight_counts_as_an_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 2);
    let tries = || {
        let mut desk = desk(&folder);
        desk.view().unwrap();
        let page = desk.page(&around(&ListQuery::all(id), Centre::Start, 0, 9));
        let mut rows = page.unwrap().rows;
        rows.sort_by_key(|row| row.contact);
        rows.into_iter().map(|row| row.attempts).collect::<Vec<_>>()
    };
    assert_eq!(tries(), [0, 0]);
    let attempt = dial(&mut engine, contacts[0], morning());
    assert_eq!(tries(), [1, 0]);
    settle(&mut engine, attempt.id, &rejected(486), morning() + secs(9));
    assert_eq!(tries(), [1, 0]);
}

#[test]
fn the_hits_of_a_filter_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 30);
    campaign(&mut engine, "recall", 7);
    dial(&mut engine, contacts[0], morning());
    let mut desk = desk(&folder);
    desk.view().unwrap();
    let mut size = |query: &ListQuery, rows| {
        let page = around(query, Centre::Start, 0, rows);
        desk.page(&page).unwrap().size
    };
    let all = ListQuery::all(id);
    let searched = |text: &str| ListQuery {
        text: text.to_owned(),
        ..all.clone()
    };
    let ready = ListQuery {
        states: Some([ContactState::Ready].into()),
        ..all.clone()
    };
    for rows in [4, 40] {
        assert_eq!(size(&all, rows), Size::Exactly(30));
        assert_eq!(size(&ready, rows), Size::Exactly(29));
        // The numbers end in 00 to 29.
        assert_eq!(size(&searched("5550110"), rows), Size::Exactly(1));
        assert_eq!(size(&searched("555011"), rows), Size::Exactly(10));
        assert_eq!(size(&searched("999"), rows), Size::Exactly(0));
    }
}

#[test]
fn a_row_says_which_acts_its_contact_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = sqlite_engine(&folder);
    let (id, contacts) = running(&mut engine, 3);
    let attempt = dial(&mut engine, contacts[0], morning());
    settle(&mut engine, attempt.id, &talked(), morning() + secs(9));
    dial(&mut engine, contacts[1], morning() + secs(60));
    let mut desk = desk(&folder);
    desk.view().unwrap();
    let page = desk.page(&around(&ListQuery::all(id), Centre::Start, 0, 9));
    let mut bench = Bench::open(&folder, EngineOwner::Nobody, Role::Supervisor);
    for row in page.unwrap().rows {
        let again = bench.act(Act::Requeue(vec![row.contact]));
        assert_eq!(row.not_called_again.is_some(), again.is_err(), "{row:?}");
        let judged = bench.act(Act::NoteReached(vec![row.contact]));
        assert_eq!(row.not_judged.is_some(), judged.is_err(), "{row:?}");
        for (why, error) in [
            (row.not_called_again, again.err()),
            (row.not_judged, judged.err()),
        ] {
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(error.ends_with(why.unwrap_or_default()), "{error}: {why:?}");
        }
    }
    bench.leave();
}

//! A table of faults, and what must follow each.

use crate::underneath::bench::{Bench, end_of};

/// A fault done to a deck whose engine has made some calls.
pub(crate) struct Fault {
    /// What was done, for the reader.
    pub(crate) name: &'static str,
    /// Whether the engine is running when it is done.
    pub(crate) under: Under,
    /// Does the fault.
    pub(crate) done: fn(&Bench),
    /// The exact message of the engine that runs, or is started next. `{deck}` is replaced by the deck's
    /// folder, `{schema}` by the version of its schema.
    pub(crate) says: &'static str,
    /// The hint in the message.
    pub(crate) hint: &'static str,
    /// Follows the hint. Returns the deck's folder then, and further arguments for `run`.
    pub(crate) way_out: fn(&Bench) -> (&'static str, &'static [&'static str]),
}

/// When a fault is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// Between two engines.
    Rest,
    /// While an engine dials.
    Engine,
}

/// The way out is to start the engine again at the deck's place.
pub(crate) fn start_again(_: &Bench) -> (&'static str, &'static [&'static str]) {
    ("deck", &[])
}

/// Does each fault to its own deck. The engine sends nothing after it and ends with exit code 4 and the
/// message. After the way out an engine dials to the list's end.
pub(crate) fn check(faults: &[Fault]) {
    for fault in faults {
        let (bench, invites) = refused(fault);
        let (deck, args) = (fault.way_out)(&bench);
        let said = bench.dial(deck, args);
        assert_eq!(said.code, 0, "{}: {said:?}", fault.name);
        let carrier = bench.carrier();
        assert!(
            carrier.invites.len() > invites,
            "{}: no way out",
            fault.name
        );
        carrier.assert_clean();
    }
}

/// Returns the deck after the fault, and the invites made up to then.
fn refused(fault: &Fault) -> (Bench, usize) {
    let name = fault.name;
    if fault.under == Under::Engine {
        let bench = Bench::new();
        let engine = bench.engine();
        let says = filled(fault.says, &values(&bench));
        (fault.done)(&bench);
        let (code, message) = end_of(engine);
        assert_eq!((code, message), (Some(4), says), "{name}");
        let invites = bench.invites();
        return (bench, invites);
    }
    let bench = Bench::dialed();
    let values = values(&bench);
    let says = filled(fault.says, &values);
    let invites = bench.invites();
    (fault.done)(&bench);
    let said = bench.dial("deck", &[]);
    let (error, hint) = said.error();
    assert_eq!((said.code, error), (4, says.as_str()), "{name}: {said:?}");
    assert_eq!(hint, filled(fault.hint, &values), "{name}");
    assert_eq!(bench.invites(), invites, "{name}: dialed all the same");
    (bench, invites)
}

/// Returns the values of the placeholders in messages, before the fault.
fn values(bench: &Bench) -> [(&'static str, String); 2] {
    let store = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
    let newest = "SELECT max(version) FROM refinery_schema_history";
    let schema: u32 = store.query_row(newest, (), |row| row.get(0)).unwrap();
    let deck = bench.deck().to_str().unwrap().to_owned();
    [("{deck}", deck), ("{schema}", schema.to_string())]
}

fn filled(text: &str, values: &[(&str, String)]) -> String {
    let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
    values.iter().fold(text.to_owned(), fill)
}

//! Long contact lists: a row that repeats another is found wherever the first one is, and names it.
//!
//! SQLite inserts 200 rows per statement and the rest one by one, and uses other settings for batches of
//! 1,000 rows and more. None of these limits may be visible outside.

use std::collections::{BTreeMap, BTreeSet};

use dialdeck::domain::{
    CampaignId, ContactState, ImportFigures, ListKind, PhoneNumber, Timestamp, UnfinishedImport,
};
use dialdeck::store::{
    Acts as _, EngineStore, ImportPlan, ImportTarget, NewContact, Reads as _, RowFate,
};
use proptest::prelude::*;

use crate::store_contract::model::compare;
use dialdeck_testkit::world::*;

contract!(
    a_long_import_names_the_first_row_wherever_it_stands,
    later_batches_and_imports_name_rows_of_earlier_ones,
    another_campaign_takes_the_same_numbers,
    a_batch_of_one_number_is_taken_once,
    a_very_long_batch_differs_in_nothing,
    a_long_import_inside_a_group_sees_what_the_group_has_added,
    an_import_is_in_the_log_from_its_start,
);

/// Two statements of 200 rows and 50 statements of one.
const LONG: u64 = 450;

/// Returns a fictional number for long lists: a hundred in each area code from 201 on.
fn listed(place: u64) -> PhoneNumber {
    let digits = 12_015_550_100 + place / 100 * 10_000_000 + place % 100;
    PhoneNumber::from_digits(digits).unwrap()
}

/// Returns a row whose line is neither its place in the batch nor a contact's id. It is named after that
/// line, so that a contact shows which row it came from.
fn listed_row(line: u64, place: u64) -> NewContact {
    NewContact {
        name: format!("Row {line}"),
        class: match line % 7 {
            0 => Err("premium".to_owned()),
            1 => Ok(los_angeles().into()),
            _ => Ok(new_york().into()),
        },
        ..row(line, listed(place))
    }
}

/// Returns rows of these places on every third line from `first` on.
fn rows(first: u64, places: &[u64]) -> Vec<NewContact> {
    let lines = (first..).step_by(3);
    let rows = lines.zip(places);
    rows.map(|(line, place)| listed_row(line, *place)).collect()
}

/// Returns `count` places, all different except those that repeat the place at an earlier index.
fn places(count: u64, repeats: &[(usize, usize)]) -> Vec<u64> {
    let mut places: Vec<u64> = (0..count).collect();
    for (at, first) in repeats {
        places[*at] = places[*first];
    }
    places
}

/// The expected result: the first row of a campaign with a number is taken, the others name its line.
#[derive(Default)]
struct Lines(BTreeMap<(CampaignId, PhoneNumber), u64>);

impl Lines {
    /// Returns the line that each row repeats. `None` if the row is the first with its number.
    fn import(&mut self, campaign: CampaignId, rows: &[NewContact]) -> Vec<Option<u64>> {
        let fates = rows.iter().map(|row| {
            let key = (campaign, row.number);
            let first = self.0.get(&key).copied();
            self.0.entry(key).or_insert(row.line);
            first
        });
        fates.collect()
    }
}

/// Imports a batch and compares every fate with the expected one, every contact taken with its row, and the
/// counters with the stored rows.
#[track_caller]
fn import(
    store: &mut impl EngineStore,
    lines: &mut Lines,
    campaign: CampaignId,
    rows: &[NewContact],
    now: Timestamp,
) -> Vec<RowFate> {
    let fates = store.import_contacts(campaign, rows, now).unwrap();
    assert_eq!(fates.len(), rows.len());
    let firsts = lines.import(campaign, rows);
    for ((row, fate), first) in rows.iter().zip(&fates).zip(firsts) {
        let contacts = store.contacts_with(row.number).unwrap();
        let mut own = contacts.iter().filter(|one| one.campaign == campaign);
        let contact = own.next().unwrap();
        assert_eq!(own.next(), None, "line {}", row.line);
        match fate {
            RowFate::Taken(id) => {
                assert_eq!(first, None, "line {} is taken a second time", row.line);
                assert_eq!((contact.id, &contact.name), (*id, &row.name));
                let state = match row.class {
                    Ok(_) => ContactState::Ready,
                    Err(_) => ContactState::Invalid,
                };
                assert_eq!((contact.state, contact.due), (state, now));
            }
            RowFate::Duplicate { of, of_line } => {
                assert_eq!(contact.id, *of, "line {}", row.line);
                assert_eq!(Some(*of_line), first, "line {}", row.line);
                assert_eq!(contact.name, format!("Row {of_line}"));
            }
        }
    }
    check_counters(store, now);
    fates
}

/// Returns the line that a row repeats.
fn line_repeated(fate: RowFate) -> Option<u64> {
    match fate {
        RowFate::Taken(_) => None,
        RowFate::Duplicate { of_line, .. } => Some(of_line),
    }
}

/// Returns how many of the rows were duplicates.
fn repeated(fates: &[RowFate]) -> usize {
    let repeats = |fate: &&RowFate| matches!(fate, RowFate::Duplicate { .. });
    fates.iter().filter(repeats).count()
}

fn a_long_import_names_the_first_row_wherever_it_stands(store: &mut impl EngineStore) {
    let (campaign, _) = running(store, 0);
    let repeats = [
        // Inside one statement: side by side, from end to end, and twice.
        (1, 0),
        (90, 20),
        (91, 20),
        (199, 2),
        // From one statement to the next, at their edge and from end to end.
        (200, 198),
        (230, 20),
        (399, 3),
        // Inside the second statement.
        (398, 201),
        // From both statements to the rows that are inserted one by one, and among these.
        (400, 4),
        (401, 397),
        (430, 20),
        (431, 402),
        (449, 448),
    ];
    let places = places(LONG, &repeats);
    let mut lines = Lines::default();
    let fates = import(store, &mut lines, campaign, &rows(5, &places), morning());
    assert_eq!(repeated(&fates), repeats.len());
    // The 21st row is on line 65, and all its three repetitions name it, not each other.
    for at in [90, 91, 230, 430] {
        assert_eq!(line_repeated(fates[at]), Some(65));
    }
    let counts = store.snapshot(morning()).unwrap().campaigns.remove(0);
    let unfit = (5..).step_by(3).zip(&fates).filter(|(line, fate)| {
        let taken = matches!(fate, RowFate::Taken(_));
        taken && line % 7 == 0
    });
    assert_eq!(counts.refusals["unfit:premium"], unfit.count() as u64);
}

fn later_batches_and_imports_name_rows_of_earlier_ones(store: &mut impl EngineStore) {
    let (campaign, _) = running(store, 0);
    let (now, mut lines) = (morning(), Lines::default());
    let first = places(LONG, &[(301, 7)]);
    import(store, &mut lines, campaign, &rows(5, &first), now);
    // The next batch of that file: half of it new, alternating.
    let second: Vec<u64> = (0..LONG)
        .map(|at| if at % 2 == 0 { at } else { LONG + at })
        .collect();
    let batch = rows(5 + 3 * LONG, &second);
    let fates = import(store, &mut lines, campaign, &batch, now + secs(1));
    assert_eq!(repeated(&fates), 225);
    let figures = ImportFigures::default();
    store
        .finish_import(campaign, &figures, &by(now + secs(1)))
        .unwrap();
    // Another file on another day, with its own line numbers: all of it is known, except the last row.
    let again: Vec<u64> = first.iter().copied().chain([9_000]).collect();
    let fates = import(
        store,
        &mut lines,
        campaign,
        &rows(2, &again),
        now + secs(86_400),
    );
    assert_eq!(repeated(&fates), 450);
    assert_eq!(line_repeated(fates[301]), Some(5 + 3 * 7));
    assert!(matches!(fates[450], RowFate::Taken(_)));
}

fn another_campaign_takes_the_same_numbers(store: &mut impl EngineStore) {
    let (first, _) = running(store, 0);
    let (second, _) = campaign(store, "recall", 0);
    let mut lines = Lines::default();
    let places = places(LONG, &[(210, 9), (449, 9)]);
    import(store, &mut lines, first, &rows(5, &places), morning());
    let fates = import(store, &mut lines, second, &rows(4_000, &places), morning());
    assert_eq!(repeated(&fates), 2);
    assert_eq!(line_repeated(fates[210]), Some(4_000 + 3 * 9));
    let fates = import(store, &mut lines, first, &rows(8_000, &places), morning());
    assert_eq!(repeated(&fates), 450);
    assert_eq!(line_repeated(fates[449]), Some(5 + 3 * 9));
}

fn a_batch_of_one_number_is_taken_once(store: &mut impl EngineStore) {
    let (campaign, _) = running(store, 0);
    let mut lines = Lines::default();
    let fates = import(store, &mut lines, campaign, &rows(5, &[7; 450]), morning());
    assert!(matches!(fates[0], RowFate::Taken(_)));
    assert_eq!(repeated(&fates), 449);
    // No statement adds a row.
    let fates = import(store, &mut lines, campaign, &rows(9, &[7; 450]), morning());
    let lines_repeated: Vec<_> = fates.into_iter().map(line_repeated).collect();
    assert_eq!(lines_repeated, [Some(5); 450]);
    let fates = import(store, &mut lines, campaign, &rows(9, &[7, 8, 8]), morning());
    assert_eq!(repeated(&fates), 2);
}

fn a_very_long_batch_differs_in_nothing(store: &mut impl EngineStore) {
    let (campaign, _) = running(store, 0);
    let mut lines = Lines::default();
    let repeats = [(999, 0), (1_000, 999), (1_100, 640), (1_249, 1_200)];
    let places = places(1_250, &repeats);
    let fates = import(store, &mut lines, campaign, &rows(5, &places), morning());
    assert_eq!(repeated(&fates), repeats.len());
    assert_eq!(line_repeated(fates[1_000]), Some(5));
    let missing = CampaignId(99);
    store
        .import_contacts(missing, &rows(5, &places), morning())
        .unwrap_err();
    // The next, short batch finds the store as the long one found it.
    let fates = import(
        store,
        &mut lines,
        campaign,
        &rows(2, &places[..9]),
        morning(),
    );
    assert_eq!(repeated(&fates), 9);
}

fn a_long_import_inside_a_group_sees_what_the_group_has_added(store: &mut impl EngineStore) {
    let (campaign, _) = running(store, 0);
    let mut lines = Lines::default();
    let places = places(1_050, &[(700, 30)]);
    store.begin().unwrap();
    import(
        store,
        &mut lines,
        campaign,
        &rows(5, &places[..450]),
        morning(),
    );
    let fates = import(
        store,
        &mut lines,
        campaign,
        &rows(9_000, &places),
        morning(),
    );
    assert_eq!(repeated(&fates), 451);
    store.commit().unwrap();
    let fates = import(store, &mut lines, campaign, &rows(2, &places), morning());
    assert_eq!(repeated(&fates), 1_050);
}

/// A batch of one of two campaigns: its rows' places, and what happens before it.
#[derive(Clone, Debug)]
struct Batch {
    second: bool,
    places: Vec<u64>,
    reopens: bool,
    in_group: bool,
}

fn batch() -> impl Strategy<Value = Batch> {
    // Few numbers for many rows, about as many, and far more: almost no row is new, or almost all are.
    let spread = prop::sample::select(vec![3, 400, 1_500u64]);
    let count = prop_oneof![
        1 => 0..40usize,
        4 => 190..660usize,
        1 => 990..1_060usize,
    ];
    (spread, count)
        .prop_flat_map(|(spread, count)| {
            (
                any::<bool>(),
                prop::collection::vec(0..spread, count),
                prop::bool::weighted(0.3),
                prop::bool::weighted(0.2),
            )
        })
        .prop_map(|(second, places, reopens, in_group)| Batch {
            second,
            places,
            reopens,
            in_group,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_take_long_lists_alike(batches in prop::collection::vec(batch(), 1..5)) {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (memory(), sqlite_engine(&folder));
        let campaigns = {
            let (first, _) = running(&mut one, 0);
            let (second, _) = campaign(&mut one, "recall", 0);
            [first, second]
        };
        prop_assert_eq!(running(&mut other, 0).0, campaigns[0]);
        prop_assert_eq!(campaign(&mut other, "recall", 0).0, campaigns[1]);
        let (mut head, mut line, mut lines) = (0, 2, Lines::default());
        for batch in &batches {
            if batch.reopens {
                drop(other);
                other = sqlite_engine(&folder);
            }
            let id = campaigns[usize::from(batch.second)];
            let rows = rows(line, &batch.places);
            line += 3 * rows.len() as u64;
            if batch.in_group {
                other.begin().unwrap();
            }
            let fates = import(&mut other, &mut lines, id, &rows, morning());
            if batch.in_group {
                other.commit().unwrap();
            }
            prop_assert_eq!(one.import_contacts(id, &rows, morning()).unwrap(), fates);
            for row in &rows {
                let (left, right) = (one.contacts_with(row.number), other.contacts_with(row.number));
                prop_assert_eq!(left.unwrap(), right.unwrap());
            }
            compare(&mut one, &mut other, &mut head, morning());
        }
    }
}

fn plan(file: &str, sha256: &str) -> ImportPlan {
    ImportPlan {
        file: file.to_owned(),
        sha256: sha256.to_owned(),
        rows: 3,
    }
}

fn an_import_is_in_the_log_from_its_start(store: &mut impl EngineStore) {
    let (id, _) = campaign(store, "recall", 0);
    let (now, head) = (morning(), store.snapshot(morning()).unwrap().head);
    let into = ImportTarget::Campaign("recall".to_owned());
    let list = ImportTarget::List(ListKind::Internal);
    let people = plan("people.csv", "aa");
    let missing = ImportTarget::Campaign("survey".to_owned());
    store.start_import(&missing, &people, &by(now)).unwrap_err();
    let cut_off = store.start_import(&into, &people, &by(now)).unwrap();
    assert_eq!(cut_off, head + 1);
    let mut lines = Lines::default();
    import(store, &mut lines, id, &rows(5, &[1, 2]), now);
    let listed = store
        .start_import(&list, &plan("list.txt", "bb"), &by(now))
        .unwrap();
    let open = |store: &mut dyn EngineStore| {
        let open = store.snapshot(morning()).unwrap().unfinished_imports;
        open.into_iter().collect::<Vec<_>>()
    };
    let started = |into: &ImportTarget, plan: ImportPlan| UnfinishedImport {
        into: into.clone(),
        plan,
        at: morning(),
    };
    let both = [
        (cut_off, started(&into, people.clone())),
        (listed, started(&list, plan("list.txt", "bb"))),
    ];
    assert_eq!(open(store), both);
    // The end of the list's import ends it. The end of another file's import does not complete the one that
    // was cut off.
    let figures = |sha256: &str, started| ImportFigures {
        sha256: sha256.to_owned(),
        started,
        ..ImportFigures::default()
    };
    let own = ListKind::Internal;
    store
        .finish_list(
            &own,
            now,
            &BTreeSet::new(),
            &figures("bb", Some(listed)),
            &by(now),
        )
        .unwrap();
    store
        .finish_import(id, &figures("cc", None), &by(now))
        .unwrap();
    assert_eq!(open(store), both[..1]);
    // A second, complete import of that file does.
    let again = store.start_import(&into, &people, &by(now)).unwrap();
    store
        .finish_import(id, &figures("aa", Some(again)), &by(now))
        .unwrap();
    assert_eq!(open(store), []);
    let entries = store.tail(head, 10).unwrap();
    let data = |place: usize| -> serde_json::Value {
        let entry: serde_json::Value = serde_json::from_str(&entries[place].line).unwrap();
        entry["data"].clone()
    };
    let wanted = serde_json::json!({"file": "people.csv", "sha256": "aa", "rows": 3});
    assert_eq!(data(0), wanted);
    assert_eq!(data(1)["list"], "internal");
    assert_eq!(data(2)["started"], listed);
    assert_eq!(data(3)["started"], serde_json::Value::Null);
    assert_eq!(data(5)["started"], again);
}

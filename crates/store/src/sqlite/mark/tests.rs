use std::fs;

use super::*;
use crate::verbs::ActVerbs as _;
use dialdeck_core::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck_core::rules::Rules;

fn closed(at: Timestamp) -> NewEvent {
    let ending = DeckEnding::AtRest;
    NewEvent::new(at, "a", EventData::DeckClosed(DeckClosed { ending }))
}

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn deck(&self) -> PathBuf {
        self.folder.path().join("deck.sqlite")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn open(&self) -> (SqliteStore, Marked) {
        let now = Timestamp::from_millis(0);
        let mut store =
            SqliteStore::create_or_open(&self.deck(), DeckId(7), Rules::embedded(), now).unwrap();
        let marked = store
            .keep_mark(self.folder.path(), Some(&self.state()))
            .unwrap();
        (store, marked)
    }

    fn log(&self, entries: i64) -> SqliteStore {
        let (mut store, _) = self.open();
        for n in 0..entries {
            let at = Timestamp::from_millis(1000 + n);
            store.append(&closed(at)).unwrap();
        }
        store
    }

    fn standing(&self) -> Standing {
        self.open().1.standing
    }

    /// Returns a copy of the present store, to be restored later.
    fn copy(&self) -> Vec<u8> {
        fs::read(self.deck()).unwrap()
    }

    fn put_back(&self, copy: &[u8]) {
        for part in ["-wal", "-shm"] {
            fs::remove_file(self.folder.path().join(format!("deck.sqlite{part}"))).ok();
        }
        fs::write(self.deck(), copy).unwrap();
    }
}

#[test]
fn a_store_that_keeps_its_mark_up_is_current() {
    let world = World::new();
    assert_eq!(world.standing(), Standing::Current, "a new deck has none");
    drop(world.log(3));
    let (_, marked) = world.open();
    assert_eq!((marked.standing, marked.known), (Standing::Current, true));
}

#[test]
fn a_store_that_was_put_back_is_older_by_what_it_lacks() {
    let world = World::new();
    drop(world.log(3));
    let copy = world.copy();
    drop(world.log(4));
    world.put_back(&copy);
    let lost = Lost {
        attempts: Some(0),
        entries: Some(4),
        last_run: Timestamp::from_millis(1003),
    };
    assert_eq!(world.standing(), Standing::Older(lost));
    drop(world.log(2));
    assert_eq!(world.standing(), Standing::Older(lost), "it was written to");
    drop(world.log(9));
    assert_eq!(world.standing(), Standing::Older(lost), "it is longer now");
}

#[test]
fn a_folder_that_was_put_back_is_noticed_by_the_other_copy() {
    let world = World::new();
    drop(world.log(3));
    let (copy, mark) = (
        world.copy(),
        fs::read(world.folder.path().join(FILE)).unwrap(),
    );
    drop(world.log(1));
    world.put_back(&copy);
    fs::write(world.folder.path().join(FILE), mark).unwrap();
    assert!(matches!(world.standing(), Standing::Older(_)));
}

#[test]
fn one_copy_is_enough_and_comes_back() {
    let world = World::new();
    drop(world.log(3));
    let (folder, state) = (
        world.folder.path().join(FILE),
        world.state().join("00000007.mark"),
    );
    for lost in [&folder, &state] {
        fs::remove_file(lost).unwrap();
        let (_, marked) = world.open();
        assert_eq!(marked.standing, Standing::Current);
        assert!(matches!(marked.faults[0], MarkFault::Missing(_)));
        drop(world.log(1));
        assert!(lost.exists());
        fs::write(lost, "not a mark").unwrap();
        let (_, marked) = world.open();
        assert_eq!(marked.standing, Standing::Current);
        assert_eq!(marked.faults.len(), 1, "{:?}", marked.faults);
        drop(world.log(1));
        assert_eq!(world.open().1.faults, Vec::<MarkFault>::new());
    }
    fs::remove_file(&folder).unwrap();
    fs::remove_file(&state).unwrap();
    assert_eq!(world.standing(), Standing::Unmarked);
}

#[test]
fn a_write_that_was_cut_short_leaves_the_one_before() {
    let world = World::new();
    drop(world.log(2));
    fs::remove_file(world.state().join("00000007.mark")).unwrap();
    let path = world.folder.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let mut spared = 0;
    for place in 0..2 {
        let mut cut = whole.clone();
        cut[place * 512 + 40] ^= 1;
        fs::write(&path, &cut).unwrap();
        let (_, marked) = world.open();
        assert!(marked.known);
        spared += usize::from(marked.standing == Standing::Current);
    }
    assert_eq!(spared, 2, "the store has what the earlier slot says, too");
}

#[test]
fn serials_go_on_without_a_gap_after_a_clean_end_alone() {
    let world = World::new();
    let begin = |store: &mut SqliteStore| {
        store.begin_run().unwrap();
        let work = &mut store.mem.mark;
        work.as_mut().unwrap().admit(1).unwrap()
    };
    let mut store = world.log(1);
    assert_eq!(begin(&mut store), 1);
    drop(store);
    let mut store = world.log(1);
    assert_eq!(begin(&mut store), 1001, "the last run did not end");
    store.end_run().unwrap();
    drop(store);
    let mut store = world.log(1);
    assert_eq!(begin(&mut store), 1001, "nothing was given out");
}

#[test]
fn no_serial_is_given_out_on_a_store_that_is_not_current() {
    let world = World::new();
    drop(world.log(3));
    let copy = world.copy();
    drop(world.log(1));
    world.put_back(&copy);
    let (mut store, _) = world.open();
    let keeper = store.mem.mark.as_mut().unwrap();
    assert!(keeper.admit(1).is_err());
}

#[test]
fn serials_beyond_a_block_are_set_aside_before_they_are_given_out() {
    let world = World::new();
    let mut store = world.log(1);
    store.begin_run().unwrap();
    let keeper = store.mem.mark.as_mut().unwrap();
    for (serial, ceiling) in [(1, 1000), (1000, 1000), (1001, 2000)] {
        assert_eq!(keeper.admit(serial).unwrap(), serial);
        assert_eq!(keeper.read().mark.unwrap().ceiling, ceiling);
    }
}

#[test]
fn a_deck_may_have_the_copy_in_its_folder_alone() {
    let world = World::new();
    world.open().0.mark_in_folder_alone().unwrap();
    assert_eq!(world.standing(), Standing::Current, "nothing was noted yet");
    drop(world.log(1));
    assert!(world.folder.path().join(FILE).exists());
    assert!(!world.state().exists());
    assert_eq!(world.standing(), Standing::Current);
}

/// Starts another incarnation, as a person who accepts a loss or makes a copy does.
fn begin(store: &mut SqliteStore, tag: u64, identity: Option<DeckId>) {
    use dialdeck_core::domain::{NewIncarnation, Turn};
    let new = NewIncarnation {
        tag: DeckId(tag),
        from_serial: 1,
        how: Turn::RollbackAccepted,
        identity,
        lost: None,
    };
    let by = crate::By {
        actor: "a".to_owned(),
        at: Timestamp::from_millis(2000),
    };
    store.begin_incarnation(&new, &by).unwrap();
}

#[test]
fn a_handle_of_before_follows_a_loss_that_was_accepted_beside_it() {
    let world = World::new();
    drop(world.log(2));
    let copy = world.copy();
    drop(world.log(3));
    world.put_back(&copy);
    let (mut console, marked) = world.open();
    assert!(matches!(marked.standing, Standing::Older(_)));
    let (mut other, _) = world.open();
    begin(&mut other, 9, None);
    drop(other);
    console
        .append(&closed(Timestamp::from_millis(3000)))
        .unwrap();
    drop(console);
    assert_eq!(world.standing(), Standing::Current);
}

#[test]
fn a_handle_of_before_writes_no_mark_of_another_deck() {
    let world = World::new();
    let mut console = world.log(2);
    let (mut other, _) = world.open();
    begin(&mut other, 9, Some(DeckId(9)));
    drop(other);
    let before = fs::read(world.state().join(format!("{}.mark", DeckId(7)))).unwrap();
    console
        .append(&closed(Timestamp::from_millis(3000)))
        .unwrap();
    drop(console);
    assert_eq!(world.standing(), Standing::Current);
    let after = fs::read(world.state().join(format!("{}.mark", DeckId(7)))).unwrap();
    assert_eq!(before, after, "the deck that was copied keeps its own");
}

#[test]
fn another_decks_mark_never_counts_however_far_that_deck_came() {
    let other = World::new();
    drop(other.log(9));
    begin(&mut other.open().0, 9, Some(DeckId(9)));
    let foreign = other.folder.path().join(FILE);

    let world = World::new();
    let mut console = world.log(3);
    let state = world.state().join("00000007.mark");
    fs::copy(&foreign, &state).unwrap();
    let (_, marked) = world.open();
    assert_eq!(marked.standing, Standing::Current);
    let faults: Vec<String> = marked.faults.iter().map(ToString::to_string).collect();
    assert!(faults[0].ends_with("it is of deck 00000009"), "{faults:?}");
    drop(world.log(1));
    let (_, marked) = world.open();
    assert_eq!(
        (marked.standing, marked.faults),
        (Standing::Current, vec![])
    );

    fs::copy(&foreign, world.folder.path().join(FILE)).unwrap();
    let (_, marked) = world.open();
    assert_eq!(marked.standing, Standing::Foreign("00000009".to_owned()));
    console
        .append(&closed(Timestamp::from_millis(3000)))
        .unwrap();
    let keeper = console.mem.mark.as_ref().unwrap();
    let why = keeper.lags().map(ToString::to_string);
    assert!(why.is_some_and(|why| why.ends_with("it is of deck 00000009")));
    let after = fs::read(world.folder.path().join(FILE)).unwrap();
    assert_eq!(after, fs::read(foreign).unwrap(), "it is left as it is");
}

//! No attempt id is used twice, however often a store goes back in time.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::underneath::bench::Bench;
use crate::underneath::judged::Judged;
use crate::underneath::time::{Kept, RESUME};
use dialdeck_testkit::deck::read;

/// 50 times an engine is killed, an opt-out is acknowledged and the store is restored to its state before
/// anything was dialed.
#[test]
fn no_id_is_used_twice_over_fifty_restored_copies() {
    let (bench, kept) = begun();
    rollbacks(&bench, &kept, 50, |bench, _| kept.put_back(bench));
}

/// 50 times an engine is killed and its write-ahead log is cut.
#[test]
fn no_id_is_used_twice_over_fifty_cut_logs() {
    let (bench, kept) = begun();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    rollbacks(&bench, &kept, 50, |bench, cycle| {
        // Otherwise the list would be used up.
        if cycle % 3 == 2 {
            kept.put_back(bench);
            return;
        }
        let path = bench.file("deck.sqlite-wal");
        let length = fs::metadata(&path).map_or(0, |file| file.len());
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let cut = (seed >> 33) % (length + 1);
        if let Ok(file) = fs::File::options().write(true).open(&path) {
            file.set_len(cut).unwrap();
        }
        fs::remove_file(bench.file("deck.sqlite-shm")).ok();
    });
}

/// Returns a deck on a clock that jumps, after its first call, and its store at that time.
fn begun() -> (Bench, Kept) {
    let bench = Bench::new();
    let mut engine = bench.engine_after(1);
    engine.signal("TERM");
    engine.wait();
    let kept = Kept::of(&bench);
    (bench, kept)
}

fn rollbacks(bench: &Bench, kept: &Kept, times: usize, mut back: impl FnMut(&Bench, usize)) {
    let mut opted_out: Vec<(usize, String)> = Vec::new();
    let mut noticed = 0;
    for cycle in 0..times {
        let mut engine = bench.engine_after(1 + cycle % 7);
        if cycle % 5 == 0
            && let Some(number) = bench.not_called().pop()
        {
            bench.ok(&["dnc", "add", &number]);
            opted_out.push((bench.invites(), number));
        }
        let list = bench.beside("list.csv");
        let exported = bench.ok(&["dnc", "export"]);
        fs::write(&list, &exported).unwrap();
        engine.signal("KILL");
        engine.wait();
        back(bench, cycle);
        let invites = bench.invites();
        let mut said = bench.run(RESUME);
        if said.code == 4 && said.error().0.contains("malformed") {
            // The engine was killed while the cut log was being written into the store.
            assert_eq!(
                (bench.dial("deck", &[]).code, bench.invites()),
                (4, invites)
            );
            kept.put_back(bench);
            said = bench.run(RESUME);
        }
        if said.code == 4 {
            noticed += 1;
            assert!(
                said.error()
                    .0
                    .starts_with("the store is older than the last run: "),
                "{said:?}"
            );
            let refused = bench.dial("deck", &[]);
            assert_eq!((refused.code, bench.invites()), (4, invites), "{refused:?}");
            go_on(bench, &list, exported.lines().count() > 1);
        }
    }
    let judged = Judged::of(bench);
    judged.assert_clean();
    for (after, number) in &opted_out {
        let later = &judged.invites[*after..];
        assert!(
            later.iter().all(|(_, called)| called != number),
            "{number} had opted out"
        );
    }
    assert!(2 * noticed > times, "{noticed} of {times} were noticed");
}

/// Accepts the rollback and restores the opt-outs of the lost part.
fn go_on(bench: &Bench, list: &std::path::Path, has_numbers: bool) {
    let said = bench.ok(&["restore", "--accept-rollback", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let last_run = said["recovery"]["last_run"].as_str().unwrap();
    if has_numbers {
        bench.ok(&["dnc", "import", list.to_str().unwrap(), "--as-of", last_run]);
    }
    // The campaign's own list was never used.
    bench.ok(&["restore", "--lists-complete", "no more opt-outs"]);
    if said["paused"] == serde_json::json!(["recall"]) {
        bench.ok(RESUME);
    }
}

/// 20 times an engine is killed, and the whole folder, mark included, is restored to its state before anything
/// was dialed; the state folder is another one, so that nothing remembers the run.
#[test]
fn no_id_is_used_twice_even_if_nothing_remembers_the_last_run() {
    let bench = Bench::new();
    bench.copy("deck", "older");
    let (mut ids, mut again) = (BTreeSet::new(), 0);
    for cycle in 0..20 {
        let mut engine = bench.engine_after(1 + cycle % 5);
        engine.signal("KILL");
        engine.wait();
        let carrier = bench.carrier();
        let made: Vec<&str> = carrier.invites.iter().map(|(id, _)| id.as_str()).collect();
        let serial = |id: &str| id.rsplit_once('-').unwrap().1.to_owned();
        let known: BTreeSet<String> = ids.iter().map(|id: &String| serial(id)).collect();
        again += made.iter().filter(|id| known.contains(&serial(id))).count();
        for id in made {
            assert!(ids.insert(id.to_owned()), "{id} was used twice");
        }
        // The carrier forgets too: it would refuse a number that is up by its own log.
        fs::remove_file(bench.beside("carrier.jsonl")).unwrap();
        for file in fs::read_dir(bench.deck()).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        for file in fs::read_dir(bench.beside("older")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), bench.file(file.file_name().to_str().unwrap())).unwrap();
        }
        fs::remove_dir_all(bench.beside("state")).unwrap();
    }
    assert!(again >= 19, "only {again} serials were given out again");
    // The log of a deck that went on with its older state is in order by itself.
    assert_eq!(bench.dial("deck", &[]).code, 0);
    let log = bench.ok(&["log", "export", "--jsonl"]);
    dialdeck_audit::assert_clean(
        &log,
        &read(&bench.beside("carrier.jsonl")),
        &dialdeck_audit::Options::default(),
    );
    assert!(log.contains(r#""tag":""#), "the start names the tag");
}

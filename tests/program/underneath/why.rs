//! `dialdeck why` and `dialdeck run` agree: what keeps an engine from dialing is the answer for every number.

use std::fs;

use serde_json::Value;

use crate::underneath::bench::Bench;

/// What is done to a deck, and the folder that it is in afterwards.
type Done = fn(&Bench) -> &'static str;

const REFUSED: [(&str, Done); 4] = [
    ("its store is older than the last run", |bench| {
        bench.ok(&["backup", bench.beside("backup").to_str().unwrap()]);
        bench.ok(&["dnc", "add", "+12125550142"]);
        for name in ["deck.sqlite-wal", "deck.sqlite-shm"] {
            fs::remove_file(bench.file(name)).ok();
        }
        let backup = bench.beside("backup/deck.sqlite");
        fs::copy(backup, bench.file("deck.sqlite")).unwrap();
        "deck"
    }),
    ("it is in another folder", |bench| {
        bench.move_deck("elsewhere");
        "elsewhere"
    }),
    ("its file was changed by something else", |bench| {
        let store = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
        store
            .execute_batch("CREATE TABLE foreign_table (x); INSERT INTO foreign_table VALUES (1)")
            .unwrap();
        "deck"
    }),
    ("its deck file is broken", |bench| {
        fs::write(bench.file("dialdeck.toml"), "max_concurrent = 0\n").unwrap();
        "deck"
    }),
];

#[test]
fn why_gives_the_refusal_of_run() {
    for (name, done) in REFUSED {
        let bench = Bench::dialed();
        let number = bench.not_called().remove(0);
        let folder = done(&bench);
        let json = ["why", &number, "--json"];
        let said = bench.on(folder, &json);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let refusal = report["deck_refuses"].as_str().unwrap().to_owned();
        let text = bench.on(folder, &["why", &number]).out;
        let answers: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("ANSWER: "))
            .collect();
        assert_eq!(
            answers[0],
            format!("this deck dials nothing: {refusal}"),
            "{name}: {text}"
        );
        assert!(answers.len() > 1, "{name}: {text}");
        for answer in &answers[1..] {
            assert!(answer.starts_with("apart from that: "), "{name}: {text}");
        }
        let run = bench.on(folder, &["run", "--until-done"]);
        assert_ne!(run.code, 0, "{name}: {run:?}");
        let (message, _) = run.error();
        assert!(!message.is_empty(), "{name}: {run:?}");
        assert!(refusal.starts_with(message), "{name}: {refusal}, {run:?}");
    }
}

#[test]
fn why_says_what_starts_a_draft_and_what_resumes_a_paused_campaign() {
    let bench = Bench::new();
    let number = bench.not_called().remove(0);
    let file = bench.beside("recall.toml");
    let draft = fs::read_to_string(&file).unwrap();
    let draft = draft.replace("\"recall\"", "\"second\"");
    fs::write(bench.beside("second.toml"), draft).unwrap();
    let second = bench.beside("second.toml");
    bench.ok(&["campaign", "add", second.to_str().unwrap()]);
    bench.ok(&["campaign", "pause", "recall"]);
    for (campaign, todo, other) in [
        ("second", "`dialdeck campaign start second`", "resume"),
        ("recall", "`dialdeck campaign resume recall`", "start"),
    ] {
        let said = bench.ok(&["why", &number, "--campaign", campaign]);
        let answer = said.lines().find(|line| line.starts_with("ANSWER: "));
        let answer = answer.unwrap();
        assert!(answer.contains(todo), "{said}");
        assert!(!answer.contains(other), "{said}");
    }
}

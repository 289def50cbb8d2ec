//! The README is true: its commands run, its tables name every subcommand and every file, and its links
//! have targets.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod event_log;
mod files;
mod links;
mod outputs;
mod packaging;
mod page;
mod promises;
mod reference;
mod schemas;
mod settings;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory as _;
use dialdeck::cli::args::Cli;
use dialdeck::config::{read_campaign, read_deck};
use dialdeck_testkit::deck::engine::Engine;
use dialdeck_testkit::deck::{Deck, read, text};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    read(&root().join("README.md"))
}

/// Returns the part under a heading of the second level, of README or of a page that it links to.
fn section(title: &str) -> String {
    let pages = [
        "README.md",
        "docs/reference/command-line.md",
        "docs/reference/files.md",
    ];
    let heading = format!("\n## {title}\n");
    let found = pages.iter().find_map(|page| {
        let text = read(&root().join(page));
        text.split_once(&heading)
            .map(|(_, rest)| rest.split("\n## ").next().unwrap().to_owned())
    });
    found.unwrap_or_else(|| panic!("no page has a heading `{title}`"))
}

/// Returns the fenced blocks: language and text.
fn blocks(markdown: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut parts = markdown.split("\n```").skip(1);
    while let (Some(inside), _) = (parts.next(), parts.next()) {
        let (language, code) = inside.split_once('\n').unwrap();
        blocks.push((language.to_owned(), format!("{code}\n")));
    }
    blocks
}

/// Returns the first block of a page that is of this language.
fn block_of(page: &str, language: &str) -> String {
    let mut like = blocks(page)
        .into_iter()
        .filter(|(said, _)| said == language);
    like.next()
        .unwrap_or_else(|| panic!("no block of {language}"))
        .1
}

/// Returns the block of this language at this place among those of its language.
fn block(title: &str, language: &str, nth: usize) -> String {
    let like = blocks(&section(title));
    let mut like = like.into_iter().filter(|(said, _)| said == language);
    like.nth(nth).unwrap().1
}

/// Returns a line's words as a shell reads them: double quotes, comments.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut fresh) = (false, true);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted && fresh => break,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
        fresh = letter == ' ';
    }
    words.retain(|word| !word.is_empty());
    words
}

fn lines(block: &str) -> Vec<Vec<String>> {
    block
        .lines()
        .map(words)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Returns a command of the README, to be run in the folder of its files on a separate deck.
fn command(deck: &Deck, line: &[String]) -> Command {
    assert_eq!(line[0], "dialdeck", "{line:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
    command.args(&line[1..]).env("DIALDECK_DECK", deck.path());
    command.current_dir(deck.beside(""));
    command
}

#[track_caller]
fn done(output: &Output, line: &[String]) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{line:?}\n{out}\n{err}");
    out
}

fn with(line: &[String], more: &str) -> Vec<String> {
    line.iter().cloned().chain(words(more)).collect()
}

fn settings() -> String {
    block("A real campaign", "toml", 0)
}

/// Writes the files of "A real campaign" beside the deck.
fn write_files(deck: &Deck) {
    let settings = settings();
    let first = settings.lines().next().unwrap();
    deck.write(first.strip_prefix("# ").unwrap(), &settings);
    deck.write("people.csv", block("A real campaign", "csv", 0));
    deck.write("opted-out.txt", "+1 646 555 0199\n");
}

#[test]
fn the_commands_of_a_real_campaign_run() {
    let deck = Deck::new();
    write_files(&deck);
    let before = lines(&block("A real campaign", "sh", 0));
    let meanwhile = lines(&block("A real campaign", "sh", 1));
    let (run, before) = before.split_last().unwrap();
    assert_eq!(run[..2], ["dialdeck", "run"]);
    for line in before {
        done(&command(&deck, line).output().unwrap(), line);
    }
    let imported = deck.ok(&["campaign", "show", "reminders"]);
    assert!(imported.contains("Harbor Health Group"), "{imported}");

    // A Sunday: the engine runs and has nothing to do, on any day of the test.
    let sunday = with(run, "--speed 1 --start-at 2028-06-04T15:00:00Z");
    let mut engine = Engine::start(command(&deck, &sunday));
    while deck.status()["campaigns"][0]["state"] != "running" {
        assert!(
            engine.is_up(),
            "the engine ended before it started anything"
        );
    }
    for line in &meanwhile {
        let out = done(&command(&deck, line).output().unwrap(), line);
        assert!(!out.is_empty(), "{line:?} said nothing");
    }
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));

    let to_the_end = with(run, "--speed max --until-done");
    done(&command(&deck, &to_the_end).output().unwrap(), &to_the_end);
    let status = deck.status();
    assert_eq!(status["campaigns"][0]["state"], "done", "{status}");
    files_of_the_deck(&deck);
}

/// Checks that README's table names every file in the deck's folder, and that all files exist except the
/// optional ones.
fn files_of_the_deck(deck: &Deck) {
    let table = section("Files");
    let named: BTreeSet<String> = cells(&table)
        .iter()
        .filter_map(|(name, _)| name.trim_matches('`').strip_prefix("DECK/"))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = fs::read_dir(deck.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("deck.sqlite-"))
        .collect();
    let missing: Vec<&String> = named.difference(&there).collect();
    let optional = ["dialdeck.toml", "keys.toml", "themes/NAME.toml"];
    assert_eq!(missing, optional, "in the table, not in the deck");
    let unnamed: Vec<&String> = there.difference(&named).collect();
    assert!(
        unnamed.is_empty(),
        "in the deck, not in the table: {unnamed:?}"
    );
}

#[test]
fn the_columns_of_a_contacts_file_are_those_of_the_table() {
    let table = section("Files");
    let cells = cells(&table);
    let (_, columns) = cells
        .iter()
        .find(|(name, _)| name == "contacts file")
        .unwrap();
    let mut columns: Vec<&str> = columns.split('`').skip(1).step_by(2).collect();
    let numbers = ["number", "phone", "phone_number"];
    assert!(numbers.iter().all(|name| columns.contains(name)));
    columns.retain(|column| !numbers.contains(column));
    let values = columns.iter().map(|column| match *column {
        "name" => "Ana Ruiz",
        "time_zone" => "America/New_York",
        "region" => "US-NY",
        "country" => "United States",
        "country_code" => "1",
        "postal_code" => "10001",
        "do_not_call" => "no",
        "consent" => "express",
        "consent_source" => "form 7",
        "consent_at" => "2026-05-04",
        "consent_expires_at" => "2027-12-31",
        "priority" => "3",
        "expires_at" => "2027-01-31T00:00:00Z",
        other => panic!("the table names a column `{other}` that this test does not know"),
    });
    let values = values.collect::<Vec<_>>().join(",");
    let deck = Deck::new();
    write_files(&deck);
    for number in numbers {
        let list = format!("{number},{}\n212-555-0142,{values}\n", columns.join(","));
        let name = format!("{number}.toml");
        deck.write(
            &name,
            settings()
                .replace("contacts = \"people.csv\"\n", "")
                .replace("\"reminders\"", &format!("\"by-{number}\"")),
        );
        let list = deck.write("list.csv", list);
        deck.ok(&["campaign", "add", deck.beside(&name).to_str().unwrap()]);
        let campaign = format!("by-{number}");
        let said = deck.ok(&["contacts", "import", &campaign, list.to_str().unwrap()]);
        assert!(said.contains("1 taken"), "{number}: {said}");
    }
}

#[test]
fn the_summary_of_the_demo_looks_as_shown() {
    let shown = block("The demo without a screen", "", 0);
    let (line, table) = shown.split_once('\n').unwrap();
    let line = words(line.strip_prefix("$ ").unwrap());
    let deck = Deck::new();
    let out = done(&command(&deck, &line).output().unwrap(), &line);
    let looks = |text: &str| {
        let first: Vec<String> = words(text.lines().next().unwrap());
        let names = text.lines().skip(1).map(|row| words(row)[..2].to_vec());
        (first, names.collect::<Vec<_>>())
    };
    assert_eq!(looks(&out), looks(table));
}

#[test]
fn the_set_up_is_what_ci_runs_and_the_program_takes() {
    let demo = lines(&block("Set-up", "sh", 0)).remove(0);
    let (cargo, program) = demo.split_at(demo.iter().position(|word| word == "--").unwrap());
    assert_eq!(cargo, ["cargo", "run", "--release"]);
    // It opens the console, which another test runs on a terminal; without one it prints a hint.
    let line: Vec<String> = std::iter::once("dialdeck".to_owned())
        .chain(program[1..].iter().cloned())
        .collect();
    assert_eq!(line, ["dialdeck", "demo"]);
    let deck = Deck::new();
    let output = command(&deck, &line).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{line:?}");
    let hint = text(&output.stderr);
    assert!(
        hint.contains("terminal") && hint.contains("demo --headless"),
        "{hint}"
    );

    let test = lines(&block("Set-up", "sh", 1)).remove(0).join(" ");
    let ci = read(&root().join(".ci/run"));
    let runs = |line: &str| words(line).starts_with(&words(&test));
    assert!(ci.lines().any(runs), "`{test}` is not in .ci/run");
}

#[test]
fn every_fenced_block_is_one_that_is_tried() {
    let languages: Vec<String> = blocks(&readme())
        .into_iter()
        .map(|(said, _)| said)
        .collect();
    assert_eq!(languages, ["", "sh", "sh", "toml", "csv", "sh", "sh"]);
    for page in fs::read_dir(root().join("docs/reference")).unwrap() {
        for (said, code) in blocks(&read(&page.unwrap().path())) {
            match said.as_str() {
                "toml" if code.contains("[[trunk]]") => drop(read_deck("block", &code).unwrap()),
                "toml" => drop(read_campaign("block", &code).unwrap()),
                // In `files`.
                "toml theme" | "csv" | "text" | "text rejected" => {}
                // In `event_log`.
                "json" => assert!(code.starts_with('{'), "{code}"),
                other => assert!(
                    other.is_empty() && code.starts_with("$ dialdeck demo"),
                    "{other}\n{code}"
                ),
            }
        }
    }
}

#[test]
fn readme_is_short() {
    assert!(readme().lines().count() <= 150);
}

#[test]
fn the_screen_is_one_of_the_reference_size() {
    let readme = readme();
    let (_, rest) = readme.split_once("<!-- screen -->\n```\n").unwrap();
    let (screen, _) = rest.split_once("```\n<!-- /screen -->\n").unwrap();
    assert_eq!(screen.lines().count(), 36);
    for line in screen.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    for part in [
        "dialdeck",
        "appointment-reminders",
        "Calling windows",
        "Call list",
        "F9 stop",
    ] {
        assert!(screen.contains(part), "{part}");
    }
}

/// Returns the rows of the only table in a section: first and second cell.
fn cells(section: &str) -> Vec<(String, String)> {
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1);
    rows.map(|row| {
        let row = row.replace("\\|", "\u{0}");
        let cell = |nth: usize| row.split('|').nth(nth).unwrap().trim().replace('\0', "|");
        (cell(1), cell(2))
    })
    .collect()
}

/// Returns `campaign add`, `campaign list` for `campaign add|list NAME`; nothing for `dialdeck`.
fn spelled_out(code: &str) -> Vec<String> {
    let plain = |word: &&str| !word.contains(|letter: char| letter.is_uppercase() || letter == '[');
    let words: Vec<&str> = code.split(' ').filter(plain).collect();
    let (last, path) = words.split_last().unwrap();
    last.split('|')
        .map(|last| [path, &[last]].concat().join(" "))
        .map(|name| {
            if name == "dialdeck" {
                String::new()
            } else {
                name
            }
        })
        .collect()
}

/// Returns every subcommand without subcommands, with its options.
fn subcommands() -> Vec<(String, BTreeSet<String>)> {
    fn visit(command: &clap::Command, path: &str, all: &mut Vec<(String, BTreeSet<String>)>) {
        if !command.is_subcommand_required_set() {
            let options = command.get_arguments().filter_map(clap::Arg::get_long);
            all.push((
                path.to_owned(),
                options.map(|long| format!("--{long}")).collect(),
            ));
        }
        for sub in command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help")
        {
            let path = format!("{path} {}", sub.get_name());
            visit(sub, path.trim_start(), all);
        }
    }
    let mut all = Vec::new();
    visit(&Cli::command(), "", &mut all);
    all
}

#[test]
fn the_table_of_commands_is_the_programs() {
    let known = subcommands();
    let mut told = BTreeSet::new();
    for (commands, what) in cells(&section("Commands")) {
        let names: Vec<String> = commands
            .split('`')
            .skip(1)
            .step_by(2)
            .flat_map(spelled_out)
            .collect();
        for code in what
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.starts_with("--"))
        {
            let option = code.split(' ').next().unwrap();
            let takes = known.iter().any(|(name, options)| {
                (names.contains(name) || name.is_empty()) && options.contains(option)
            });
            assert!(takes, "{names:?} do not take {option}");
        }
        for name in names {
            assert!(told.insert(name.clone()), "`{name}` stands twice");
        }
    }
    let known: BTreeSet<String> = known.into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, known, "left: README's table; right: the program");
}

#[test]
fn the_table_of_options_is_the_programs() {
    let told: BTreeSet<String> = cells(&section("Options of every command"))
        .iter()
        .map(|(option, _)| {
            option
                .trim_matches('`')
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    let program = Cli::command();
    let known: BTreeSet<String> = program
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .map(|long| format!("--{long}"))
        .collect();
    assert_eq!(told, known, "left: README's table; right: the program");
}

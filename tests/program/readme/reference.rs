//! `docs/reference` lists every key that the parsers of settings files read, with its limits and defaults.

use std::collections::BTreeSet;

use dialdeck::config::{parse_duration, read_campaign, read_deck};
use syn::visit::{self, Visit};
use toml::{Table, Value};

use crate::readme::{read, root};

const CAMPAIGN: &str = "name = \"reminders\"\nseller = \"Firm\"\npurpose = \"reminder\"\ncall_class = \"live\"\n\
    agent = \"human\"\ntrunk = \"simulator\"\n[caller_id]\npool = \"local\"\n";
const DECK: &str = "[[trunk]]\nname = \"main\"\nkind = \"simulator\"\n\
    [[pool]]\nname = \"local\"\ntrunk = \"main\"\nnumbers = [\"+12125550190\"]\n";

/// A row of a reference page.
pub(crate) struct Row {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) default: String,
    pub(crate) limits: String,
}

pub(crate) fn rows(page: &str) -> Vec<Row> {
    let text = read(&root().join("docs/reference").join(page));
    let mut rows = Vec::new();
    for part in text.split("\n## ").skip(1) {
        let (section, table) = part.split_once('\n').unwrap();
        for line in table.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line
                .split(" |")
                .map(|cell| cell.trim_matches(['|', ' ']))
                .collect();
            assert!(cells.len() >= 6 && !cells[4].is_empty(), "{page}: {line}");
            rows.push(Row {
                section: section.to_owned(),
                key: cells[0].trim_matches('`').to_owned(),
                kind: cells[1].to_owned(),
                default: cells[2].trim_matches('`').to_owned(),
                limits: cells[3].to_owned(),
            });
        }
    }
    rows
}

/// The keys that a parser's source asks a `Table` for.
#[derive(Default)]
struct Keys(BTreeSet<String>);

impl Keys {
    fn literals<'e>(&mut self, args: impl Iterator<Item = &'e syn::Expr>, form: &[&str]) {
        for arg in args {
            if let syn::Expr::Lit(lit) = arg
                && let syn::Lit::Str(text) = &lit.lit
                && text
                    .value()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && !text.value().is_empty()
            {
                self.0
                    .extend(form.iter().map(|end| format!("{}{end}", text.value())));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Keys {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let asks = [
            "text",
            "required_text",
            "word",
            "word_or_old",
            "required_word",
            "number",
            "flag",
            "span_of_time",
            "instant",
            "time_of_day",
            "item",
            "items",
            "sub",
            "subs",
            "parsed",
            "know",
        ];
        if asks.iter().any(|ask| call.method == ask) {
            self.literals(call.args.iter().take(1), &[""]);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            let name = path.path.segments.last().unwrap().ident.to_string();
            let args = call.args.iter().skip(1).take(1);
            match name.as_str() {
                "credential" => self.literals(args, &["_env", "_file"]),
                "url" | "required_url" | "one_word" => self.literals(args, &[""]),
                _ => {}
            }
        }
        visit::visit_expr_call(self, call);
    }

    /// Keys that a list names: `let options = ["model", …]`.
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && name.ident == "options"
            && let syn::Expr::Array(array) = &*init.expr
        {
            self.literals(array.elems.iter(), &[""]);
        }
        visit::visit_local(self, local);
    }
}

/// The names of the tables that the headings of a page name, without their brackets.
fn tables(rows: &[Row]) -> impl Iterator<Item = String> {
    rows.iter().map(|row| {
        let name = row.section.split(']').next().unwrap();
        name.trim_start_matches(['`', '[']).to_owned()
    })
}

#[test]
fn every_key_that_is_read_is_documented() {
    let pages = [
        ("campaign-file.md", &["campaign", "schedule"][..]),
        ("deck-file.md", &["deck", "pools", "providers", "listener"]),
    ];
    for (page, files) in pages {
        let rows = rows(page);
        let mut documented: BTreeSet<String> = rows.iter().map(|row| row.key.clone()).collect();
        documented.extend(tables(&rows));
        let mut keys = Keys::default();
        for file in files {
            let text = read(&root().join(format!("src/config/{file}.rs")));
            keys.visit_file(&syn::parse_file(&text).unwrap());
        }
        assert!(keys.0.len() > 20, "{:?}", keys.0);
        let missing: Vec<&String> = keys.0.difference(&documented).collect();
        assert!(missing.is_empty(), "not in {page}: {missing:?}");
        let strange: Vec<&Row> = rows
            .iter()
            .filter(|row| !keys.0.contains(&row.key))
            .collect();
        let strange: Vec<&str> = strange.iter().map(|row| row.key.as_str()).collect();
        assert!(
            strange.is_empty(),
            "in {page}, but read nowhere: {strange:?}"
        );
    }
}

/// A file with the table of a section, and where that table is.
fn base(page: &str, section: &str) -> (Table, Vec<&'static str>) {
    let parse = |text: &str| text.parse::<Table>().unwrap();
    let with = |more: &str| parse(&format!("{DECK}{more}"));
    if page == "campaign-file.md" {
        return match section {
            "Top of the file" => (parse(CAMPAIGN), vec![]),
            "`[attempts.OUTCOME]`" => {
                let text = format!("{CAMPAIGN}[attempts.busy]\nafter = \"1h\"\n");
                (parse(&text), vec!["attempts", "busy"])
            }
            "`[[rule_override]]`" => {
                let text = format!(
                    "{CAMPAIGN}[[rule_override]]\nrule = \"us-fl\"\nreason = \"counsel\"\n"
                );
                (parse(&text), vec!["rule_override"])
            }
            other => {
                let name = other.trim_matches(['`', '[', ']']).to_owned();
                (parse(CAMPAIGN), vec![String::leak(name)])
            }
        };
    }
    let trunk = |text: &str| parse(&format!("[[trunk]]\nname = \"main\"\n{text}"));
    match section {
        "Top of the file" => (parse(DECK), vec![]),
        "`[listener]`" => (
            with("[listener]\npublic_url = \"https://example.com\"\n"),
            vec!["listener"],
        ),
        "`[[trunk]]`" => (parse(DECK), vec!["trunk"]),
        "`[[trunk]]` of kind `simulator`" => (trunk("kind = \"simulator\"\n"), vec!["trunk"]),
        "`[[trunk]]` of kind `livekit`" => (
            trunk(
                "kind = \"livekit\"\nurl = \"https://a.example\"\nsip_trunk = \"ST_1\"\nagent = \"a\"\n",
            ),
            vec!["trunk"],
        ),
        "`[[trunk]]` of kind `bubblyphone`" => (trunk("kind = \"bubblyphone\"\n"), vec!["trunk"]),
        "`[[trunk]]` of kind `plum`, `api = \"dev\"`" => {
            (trunk("kind = \"plum\"\napi = \"dev\"\n"), vec!["trunk"])
        }
        "`[[trunk]]` of kind `plum`, `api = \"fuse\"`" => (
            trunk("kind = \"plum\"\napi = \"fuse\"\napplication = \"a\"\ndeployment = \"d\"\n"),
            vec!["trunk"],
        ),
        "`[[pool]]`" => (parse(DECK), vec!["pool"]),
        "A number of a `[[pool]]`" => {
            let entry = "numbers = [{ number = \"+12125550190\" }]";
            let text = DECK.replace("numbers = [\"+12125550190\"]", entry);
            (parse(&text), vec!["pool", "numbers"])
        }
        other => {
            let name = other.trim_matches(['`', '[', ']']).to_owned();
            (parse(DECK), vec![String::leak(name)])
        }
    }
}

/// Returns a section's file once `change` was made to its table.
pub(crate) fn changed(page: &str, section: &str, change: impl FnOnce(&mut Table)) -> Table {
    let (mut file, path) = base(page, section);
    let mut table = &mut file;
    for step in path {
        let below = table
            .entry(step)
            .or_insert_with(|| Value::Table(Table::new()));
        table = if below.is_array() {
            let array = below.as_array_mut().unwrap();
            array.last_mut().unwrap().as_table_mut().unwrap()
        } else {
            below.as_table_mut().unwrap()
        };
    }
    change(table);
    file
}

/// Returns what the program makes of a file.
pub(crate) fn read_as(page: &str, file: &Table) -> Result<String, String> {
    let text = toml::to_string(file).unwrap();
    let said = if page == "campaign-file.md" {
        read_campaign("file", &text).map(|read| format!("{:?} {:?}", read.settings, read.contacts))
    } else {
        read_deck("file", &text).map(|mut read| {
            read.warnings.clear();
            format!("{read:?}")
        })
    };
    said.map_err(|faults| format!("{faults}\n{text}"))
}

/// Returns what the program makes of a section's file once `change` was made to its table.
fn outcome(page: &str, section: &str, change: impl FnOnce(&mut Table)) -> Result<String, String> {
    read_as(page, &changed(page, section, change))
}

/// The values at the ends of `1 to 6000` or `15s to 2m`, and those just outside.
pub(crate) fn ends(row: &Row) -> Option<(Vec<Value>, Vec<Value>)> {
    let (from, to) = row.limits.split_once(" to ")?;
    match row.kind.as_str() {
        "number" => {
            let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
            let inside = [from, to].map(Value::Integer).to_vec();
            Some((inside, [from - 1, to + 1].map(Value::Integer).to_vec()))
        }
        "duration" => {
            let seconds = |text: &str| parse_duration(text).unwrap().as_secs();
            let text = |seconds: u64| Value::String(format!("{seconds}s"));
            let below = seconds(from).checked_sub(1).map(text);
            let outside = below.into_iter().chain([text(seconds(to) + 1)]).collect();
            Some((vec![text(seconds(from)), text(seconds(to))], outside))
        }
        _ => None,
    }
}

#[test]
fn limits_are_those_that_the_program_enforces() {
    let mut tried = 0;
    for page in ["campaign-file.md", "deck-file.md"] {
        for row in rows(page) {
            let with = |value: Value| {
                outcome(page, &row.section, |table| {
                    table.insert(row.key.clone(), value);
                })
            };
            if let Some((inside, outside)) = ends(&row) {
                tried += 1;
                for value in inside {
                    with(value).unwrap_or_else(|why| panic!("{} {}: {why}", row.section, row.key));
                }
                for value in outside {
                    let told = format!("{} {} = {value}", row.section, row.key);
                    assert!(with(value).unwrap_err().contains(&row.key), "{told}");
                }
            }
            if row.kind == "word" && !["kind", "api"].contains(&row.key.as_str()) {
                tried += 1;
                for word in row.limits.split('`').skip(1).step_by(2) {
                    // What these need beside them, their rows say.
                    if ["address", "debt"].contains(&word) {
                        continue;
                    }
                    let value = Value::String(word.to_owned());
                    with(value).unwrap_or_else(|why| panic!("{} {}: {why}", row.section, row.key));
                }
                assert!(
                    with(Value::String("no such word".to_owned())).is_err(),
                    "{}",
                    row.key
                );
            }
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn defaults_and_what_is_required_are_the_programs() {
    for page in ["campaign-file.md", "deck-file.md"] {
        for row in rows(page) {
            let place = format!("{} {}", row.section, row.key);
            if row.default == "required" {
                let without = outcome(page, &row.section, |table| drop(table.remove(&row.key)));
                // `[[trunk]]` and `[[pool]]` are named by others, too; the first fault tells.
                assert!(without.is_err(), "{place} can be left out");
                continue;
            }
            if row.default == "none" || row.default.starts_with("of ") {
                continue;
            }
            let value: Value = row
                .default
                .parse()
                .or_else(|_| {
                    format!("x = {}", row.default)
                        .parse::<Table>()
                        .map(|mut table| table.remove("x").unwrap())
                })
                .unwrap_or_else(|why| panic!("{place}: {why}"));
            let plain = outcome(page, &row.section, |_| ()).unwrap();
            let written = outcome(page, &row.section, |table| {
                table.insert(row.key.clone(), value);
            });
            assert_eq!(
                written.unwrap_or_else(|why| panic!("{place}: {why}")),
                plain,
                "{place}"
            );
        }
    }
}

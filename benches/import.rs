//! Imports one million rows of a contacts file into a deck, as `dialdeck contacts import` does, against
//! Python's csv and phonenumbers on the first rows of that file, and measures the peak of memory.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod deck;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dialdeck::cli::import::{self, Plan};
use dialdeck::cli::progress::Showing;
use dialdeck::clock::Stopwatch;
use dialdeck::domain::Timestamp;
use dialdeck::rules::Rules;
use dialdeck::store::Reads as _;

const ROWS: u64 = 1_000_000;
/// Rows for Python, whose pace does not depend on their number.
const PYTHON_ROWS: u64 = 100_000;

/// Reads rows, converts the number to E.164 and checks that it is valid; prints rows per second.
const PYTHON: &str = r#"
import csv, sys, time
import phonenumbers
from phonenumbers import PhoneNumberFormat as F
start, rows = time.perf_counter(), 0
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        number = phonenumbers.parse(row["number"], "US")
        phonenumbers.is_valid_number(number)
        phonenumbers.format_number(number, F.E164)
        rows += 1
        if rows == int(sys.argv[2]):
            break
print(rows / (time.perf_counter() - start))
"#;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contacts.csv");
    write_rows(&file).unwrap();
    let before = deck::peak_mib();
    let ours = take(folder.path(), &file);
    println!("import: {ROWS} rows, numbers in national spelling, name, consent, source and date");
    println!("  dialdeck, checked, located, stored  {ours:>9.0} rows/s");
    if let (Some(before), Some(after)) = (before, deck::peak_mib()) {
        println!("  peak of resident memory             {after:>9} MiB ({before} MiB before)");
    }
    match python(&file) {
        Some(theirs) => {
            println!(
                "  Python csv + phonenumbers           {theirs:>9.0} rows/s (first {PYTHON_ROWS})"
            );
            println!("  ratio {:.1} (wanted: at least 10)", ours / theirs);
        }
        None => println!("  Python with phonenumbers is not available (PYTHON names another one)"),
    }
}

fn write_rows(path: &Path) -> std::io::Result<()> {
    let numbers = deck::Numbers::new();
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "number,name,consent,consent_source,consent_at")?;
    for place in 0..ROWS {
        let digits = numbers.at(place).0.digits() % 10_000_000_000;
        let (code, line) = (digits / 10_000_000, digits % 10_000);
        writeln!(
            out,
            "({code}) 555-{line:04},Ana Ruiz {place},express,form 17,2026-03-01"
        )?;
    }
    out.flush()
}

/// Returns rows per second, from opening the file to the logged figures.
fn take(folder: &Path, file: &Path) -> f64 {
    let mut store = deck::open(folder);
    let id = deck::campaign(&mut store);
    let campaigns = store.campaigns().unwrap();
    let campaign = campaigns.iter().find(|known| known.id == id).unwrap();
    let plan = Plan {
        country: "US".to_owned(),
        dates: None,
        rejects: None,
        dry_run: false,
        progress: Showing::Nowhere,
        deck: None,
        keep_ids: false,
        rules: Arc::clone(Rules::embedded()),
    };
    let at: Timestamp = deck::all_open();
    let watch = Stopwatch::start();
    let contacts = import::open(file, &[], "US").unwrap();
    let by = deck::by(at);
    let taken = import::contacts(&mut store, campaign, &contacts, &plan, &by).unwrap();
    let spent = watch.elapsed();
    assert_eq!(taken.figures.taken, ROWS, "{:?}", taken.first_rejects);
    f64::from(u32::try_from(ROWS).unwrap()) / spent.as_secs_f64()
}

fn python(file: &Path) -> Option<f64> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python)
        .args(["-c", PYTHON])
        .arg(file)
        .arg(PYTHON_ROWS.to_string())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

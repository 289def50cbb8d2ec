//! Checks that a registry's list has one of the documented forms.
//!
//! A full list makes its areas fresh, so a file that may be of another kind is refused as a whole, even with
//! `--accept-rejects` (16 CFR 310.8; 47 CFR 64.1200(c)(2)).

use csv::StringRecord;

use super::contacts::{line_of, unreadable};
use super::dnc::date_after_as_of;
use super::file_error::{FileError, FileFault};
use super::header::{self, Listed};
use super::listed::{Lines, looks_like_a_date};
use super::shape::Shape;
use super::table::Table;
use super::text::{Origin, Text};
use crate::domain::Timestamp;

/// Names of columns of numbers and of columns that complete them, each as returned by [`header::plain`].
const NUMBERS: &str = "number numbers phone phones phone_number phone_numbers phone_no telephone \
    telephone_number telephone_no tel tel_no full_number full_phone_number e_164 area_code areacode npa \
    phone_area_code local_number line_number subscriber_number nxxxxxx mobile mobile_number cell cell_phone \
    landline msisdn 7_digit_number 10_digit_number country country_code dnc_number dnc_phone \
    dnc_phone_number do_not_call_number";

/// Names of columns that say when a change was made. Accepted only in a table with a column of changes.
const DATES: &str =
    "date time date_time timestamp change_date change_time date_of_change changed_at changed_on";

/// Words of comments that only name, date or count a list. `not`, `new` and `from` are not among them.
const PLAIN: &str = "as of full complete whole list lists registry registries register national state \
    federal dnc dncl ftc crtc tps ctps nddb telephone phone preference service number numbers area areas \
    code codes npa npas canada canadian us usa uk united states kingdom the an and in for all file date \
    dated data downloaded download exported export generated version organization id subscription account \
    san total count lines records entries utc jan feb mar apr may jun jul aug sep sept oct nov dec january \
    february march april june july august september october november december";

/// Beginnings of words in a file's name that mean changes.
const CHANGING: [&str; 14] = [
    "delet", "delta", "remov", "chang", "addition", "addend", "diff", "updat", "incr", "purg",
    "withdr", "expir", "cancel", "revok",
];

/// Whole words in a file's name that mean changes.
const CHANGES: &str = "add adds added del dels drop drops dropped off chg chgs ch upd upds new newly daily weekly inc \
    incs part parts partial since subset extract sample recent patch rem rems split chunk slice page piece half";

/// What the lines of a file show about its kind.
#[derive(Default)]
struct Found {
    /// The first line of a full list.
    listed: Option<u64>,
    /// The first line that adds a number or deletes one.
    changed: Option<u64>,
    /// The first comment that may say that the list is not a full one.
    doubted: Option<(u64, String)>,
    /// The first date that a comment states, and the first line that states another.
    dated: Option<Timestamp>,
    dated_otherwise: Option<u64>,
}

/// Errors if the file is not certainly a full list of a registry or a list of its changes.
pub(super) fn check(text: &Text, shape: &Shape, table: Option<&Table>) -> Result<(), FileError> {
    let mut found = Found::default();
    match table {
        Some(table) => {
            columns(&text.origin, table)?;
            rows(text, shape, table, &mut found)?;
        }
        None => lines(text, &mut found)?,
    }
    found.judge(&text.origin)
}

impl Found {
    fn judge(self, origin: &Origin) -> Result<(), FileError> {
        if let Some(line) = self.dated_otherwise {
            return Err(origin.refuse(line, "", FileFault::TwoDates));
        }
        let Some(listed) = self.listed else {
            return Ok(());
        };
        if let Some(changed) = self.changed {
            let fault = FileFault::FullListAndChanges { full_line: listed };
            return Err(origin.refuse(changed, "", fault));
        }
        if let Some((line, comment)) = self.doubted {
            return Err(origin.refuse(line, "", FileFault::PerhapsPartial { comment }));
        }
        let name = origin.file_name();
        if let Some(word) = says_changes(&name) {
            return Err(origin.refuse(0, "", FileFault::NamedAsChanges { word }));
        }
        Ok(())
    }

    fn doubt(&mut self, line: u64, comment: &str) {
        if let Some(date) = date_after_as_of(comment) {
            let first = *self.dated.get_or_insert(date);
            if first != date && self.dated_otherwise.is_none() {
                self.dated_otherwise = Some(line);
            }
        }
        if self.doubted.is_none() && !is_plain(comment) {
            self.doubted = Some((line, comment.trim().chars().take(60).collect()));
        }
    }
}

fn lines(text: &Text, found: &mut Found) -> Result<(), FileError> {
    let mut lines = Lines::open(text)?;
    while let Some((line, said)) = lines.next(&text.origin)? {
        let said = said.trim_start_matches('\u{feff}');
        let said = match said.split_once('#') {
            Some((before, comment)) => {
                found.doubt(line, comment);
                before.trim()
            }
            None => said.trim(),
        };
        if said.is_empty() {
            continue;
        }
        let parts: Vec<&str> = said
            .split([',', ';', '\t'])
            .map(|part| part.trim().trim_matches('"').trim())
            .collect();
        match parts[..] {
            [number] if is_number(number) => found.listed = found.listed.or(Some(line)),
            [npa, local] if is_area(npa) && is_number(local) => {
                found.listed = found.listed.or(Some(line));
            }
            [npa, local, date, change]
                if is_area(npa)
                    && is_number(local)
                    && looks_like_a_date(date)
                    && is_change(change) =>
            {
                found.changed = found.changed.or(Some(line));
            }
            _ => {
                let fault = FileFault::NotARegistryLine {
                    text: said.chars().take(60).collect(),
                };
                return Err(text.origin.refuse(line, "", fault));
            }
        }
    }
    Ok(())
}

/// Errors if a column of the header may say more than numbers.
fn columns(origin: &Origin, table: &Table) -> Result<(), FileError> {
    let changes = table.each().any(|column| column.holds == Listed::Changes);
    let mut numbers = Vec::new();
    for (at, column) in table.each().enumerate() {
        if table.holds_numbers(at) {
            numbers.push(column);
        }
        let plain = header::plain(column.name);
        let among = |list: &str| list.split_whitespace().any(|known| known == plain);
        let understood = column.mapped
            || column.holds == Listed::Changes
            || among(NUMBERS)
            || (changes && among(DATES));
        if !understood {
            let fault = FileFault::UnknownRegistryColumn;
            return Err(origin.refuse(table.line(), column.name, fault));
        }
    }
    if let Some(second) = numbers.get(1).filter(|column| !column.mapped) {
        let fault = FileFault::SecondRegistryColumn;
        return Err(origin.refuse(table.line(), second.name, fault));
    }
    Ok(())
}

fn rows(text: &Text, shape: &Shape, table: &Table, found: &mut Found) -> Result<(), FileError> {
    comments_above(text, table, found)?;
    let holds: Vec<Listed> = table.each().map(|column| column.holds).collect();
    let changes = holds.contains(&Listed::Changes);
    let mut reader = table.below(text, shape)?;
    let mut record = StringRecord::new();
    let failed = |error| unreadable(&text.origin, error);
    while reader.read_record(&mut record).map_err(failed)? {
        let line = line_of(&reader, &record);
        let whole = record.iter().collect::<Vec<_>>().join(" ");
        if whole.trim().is_empty() {
            continue;
        }
        if let Some(comment) = whole.trim().strip_prefix('#') {
            found.doubt(line, comment);
            if !whole.bytes().any(|byte| byte.is_ascii_digit()) {
                continue;
            }
        }
        for (at, cell) in record.iter().map(str::trim).enumerate() {
            let name = table.names().get(at).map_or("", String::as_str);
            let sound = match holds.get(at) {
                Some(Listed::Changes) => is_change(cell),
                Some(Listed::AreaCodes) => cell.is_empty() || is_number(cell),
                Some(_) if table.holds_numbers(at) => cell.is_empty() || is_number(cell),
                Some(_) => true,
                None => cell.is_empty(),
            };
            if !sound {
                let fault = FileFault::NotARegistryCell {
                    text: cell.chars().take(60).collect(),
                };
                return Err(text.origin.refuse(line, name, fault));
            }
        }
        let kind = if changes {
            &mut found.changed
        } else {
            &mut found.listed
        };
        *kind = kind.or(Some(line));
    }
    Ok(())
}

/// Reads the comments down to the header.
fn comments_above(text: &Text, table: &Table, found: &mut Found) -> Result<(), FileError> {
    let mut lines = Lines::open(text)?;
    while let Some((line, said)) = lines.next(&text.origin)? {
        if line >= table.line() {
            break;
        }
        let comment = said.trim_start_matches('\u{feff}').trim_start_matches('#');
        if !comment.starts_with("sep=") {
            found.doubt(line, comment);
        }
    }
    Ok(())
}

/// Returns whether a text is the digits of one number with usual signs between them. Whether those digits are
/// a valid number is not checked here. A sign before the number, other than `+`, may say that it was deleted.
fn is_number(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let plain = |byte: u8| byte.is_ascii_digit() || b" -.()".contains(&byte);
    let groups = rest.split(|char: char| !char.is_ascii_digit());
    let groups = groups.filter(|group| !group.is_empty());
    // `2125550100-0199` is a range.
    let ranged = groups.clone().take(1).any(|group| group.len() >= 7) && groups.count() > 1;
    (1..=15).contains(&digits)
        && !ranged
        && rest.bytes().all(plain)
        && rest.starts_with(|first: char| first.is_ascii_digit() || first == '(')
        && rest.ends_with(|last: char| last.is_ascii_digit())
}

fn is_area(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_change(text: &str) -> bool {
    matches!(text, "A" | "a" | "D" | "d")
}

/// Returns whether a comment only names, dates or counts the list.
fn is_plain(comment: &str) -> bool {
    let lower = comment.to_lowercase();
    let words: Vec<&str> = lower
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut rest = &words[..];
    loop {
        rest = match rest {
            ["do", "not", "call", rest @ ..] | ["no", "call", rest @ ..] => rest,
            [word, rest @ ..] => {
                let known = PLAIN.split_whitespace().any(|plain| plain == *word);
                // `2026`, and the `28T00` and `00Z` of an instant.
                let date = word
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || b"tz".contains(&byte))
                    && word.bytes().any(|byte| byte.is_ascii_digit());
                if !known && !date {
                    return false;
                }
                rest
            }
            [] => return true,
        };
    }
}

/// Words behind `new` in the names of places.
const PLACES: &str = "york jersey mexico hampshire brunswick south zealand";

/// Returns the word of a file's name that means changes; `None` if there is none.
fn says_changes(name: &str) -> Option<String> {
    let words = header::words(name);
    let of_place = |at: usize| {
        let next = words.get(at + 1).map(String::as_str);
        words[at] == "new" && PLACES.split(' ').any(|place| Some(place) == next)
    };
    let says = |word: &str| {
        CHANGING.iter().any(|start| word.starts_with(start))
            || CHANGES.split_whitespace().any(|known| known == word)
    };
    let found = (0..words.len()).find(|at| says(&words[*at]) && !of_place(*at));
    found.map(|at| words[at].clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::intake::{DncFile, DncRow, Origin};
    use crate::rules::Rules;

    /// Returns how many lines of a full list, additions and removals a registry's file gives.
    fn read(name: &str, text: &str) -> Result<[usize; 3], String> {
        let bytes = Origin::Bytes(name.to_owned(), Arc::from(text.as_bytes()));
        let rules = Rules::embedded();
        let file = DncFile::check_registry(bytes, rules, Some("US"), &[])
            .map_err(|error| error.to_string())?;
        let mut found = [0; 3];
        for row in file.read(rules).unwrap() {
            match row.unwrap() {
                DncRow::Number { .. } => found[0] += 1,
                DncRow::Addition { .. } => found[1] += 1,
                DncRow::Removal { .. } => found[2] += 1,
                DncRow::Reject(_) => {}
            }
        }
        Ok(found)
    }

    #[test]
    fn documented_forms_are_taken() {
        for (text, expected) in [
            ("646,5550199\n646,5550198\n", [2, 0, 0]),
            ("6465550199\n+16465550198\n(646) 555-0197\n", [3, 0, 0]),
            ("\"646\",\"5550199\"\n", [1, 0, 0]),
            ("# as of 2026-11-28\n646,5550199\n", [1, 0, 0]),
            (
                "# National Do Not Call Registry, full list, November 2026\n646,5550199\n",
                [1, 0, 0],
            ),
            ("AreaCode,Phone\n646,5550199\n", [1, 0, 0]),
            ("Phone Number\n646-555-0199\n", [1, 0, 0]),
            (
                "646,5550199,2026-11-20,A\n646,5550198,2026-11-20,D\n",
                [0, 1, 1],
            ),
            ("646,5550199,2026-11-20 10:30:00,a\n", [0, 1, 0]),
            (
                "Area Code,Number,Date,Action\n646,5550199,2026-11-20,A\n646,5550198,2026-11-20,D\n",
                [0, 1, 1],
            ),
            ("Phone,Change\n6465550199,A\n6465550198,D\n", [0, 1, 1]),
            (
                "# changes since 2026-11-01\n646,5550199,2026-11-20,A\n",
                [0, 1, 0],
            ),
        ] {
            assert_eq!(read("list.txt", text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_place_in_a_name_is_no_change() {
        for name in ["new_york_212.txt", "NewJersey.txt", "dnc_full_2026-11.txt"] {
            assert_eq!(read(name, "646,5550199\n"), Ok([1, 0, 0]), "{name}");
        }
    }

    /// A list is of one date: which of two counts is not known.
    #[test]
    fn a_list_of_two_dates_is_refused() {
        for text in [
            "# as of 2026-11-20\n# as of 2019-11-20\n646,5550199\n",
            "# as of 2026-11-20\n646,5550199\n# as of 2019-11-20\n646,5550198\n",
        ] {
            let found = read("list.txt", text).unwrap_err();
            assert!(found.contains("another date"), "{found}");
        }
        let same = "# as of 2026-11-20\n# as of: 2026-11-20\n646,5550199\n";
        assert_eq!(read("list.txt", same), Ok([1, 0, 0]));
    }

    /// 16 CFR 310.8: a file that is not certainly the whole of an area makes no area fresh.
    #[test]
    fn a_file_that_may_hold_changes_is_refused() {
        for text in [
            "6465550199,2026-11-20,D\n",
            "6465550199,2026-11-20,A\n",
            "6465550199,D\n",
            "6465550199,A\n",
            "6465550199 D\n",
            "D,646,5550199,2026-11-20\n",
            "-,646,5550199\n",
            "-6465550199\n",
            "646,5550199,DELETE\n",
            "646,5550199,2026-11-20,DEL\n",
            "646,5550199,2026-11-20\n",
            "646,5550199,2026-11-20,0\n",
            "646,5550199,2026-11-20,A\n646,5550197\n",
            "646,5550197\n646,5550199,2026-11-20,D\n",
            "646,5550199,2026-11-20,A\n6465550197\n",
            "Phone,Change\n6465550199,REMOVE\n",
            "Phone,Change\n6465550199,\n",
            "phone,status\n6465550199,Added\n",
            "phone,status\n6465550199,Deleted\n",
            "Phone,Date Removed\n6465550199,2026-11-20\n",
            "Removed Phone\n6465550199\n",
            "Phone,Active\n6465550199,N\n",
            "Phone,Name\n6465550199,Joe\n",
            "Old Number,New Number\n6465550199,6465550198\n",
            "Phone,Telephone\n6465550199,6465550198\n",
            "Phone\nDeletions\n6465550199\n",
            "# removals\n646,5550199\n",
            "# additions since 2026-11-20\n646,5550199\n",
            "# numbers not on the list\n646,5550199\n",
            "# D\n646,5550199\n",
            "646,5550199 # taken off\n",
            "#646,5550199 removed\n646,5550198\n",
            "Deletions\n646,5550199\n",
            "646,5550199\n[removed]\n646,5550198\n",
            "Phone\n6465550199\n# removed:\n6465550198\n",
            "# removals\nPhone\n6465550199\n",
            "6465550199,6465550198\n",
        ] {
            let found = read("list.txt", text);
            assert!(found.is_err(), "{text}: {found:?}");
        }
        for name in [
            "removals.txt",
            "dnc-delta-2026.csv",
            "646Deletes.txt",
            "adds.txt",
            "dnc_update.txt",
            "212_chg.txt",
            "upd_212.txt",
            "new_numbers.txt",
            "newly_registered.txt",
            "weekly.txt",
            "212-inc.txt",
            "part1of2.txt",
            "since_2026-11-01.txt",
        ] {
            assert!(read(name, "646,5550199\n").is_err(), "{name}");
            // A list of changes may have any name.
            assert_eq!(
                read(name, "646,5550199,2026-11-20,A\n"),
                Ok([0, 1, 0]),
                "{name}"
            );
        }
    }
}

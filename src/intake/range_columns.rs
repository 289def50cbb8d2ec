//! Columns of a do-not-call list that together state a range: `From` and `To`, `Start Number` and `End Number`,
//! `Phone` and `Count`.

use super::header;

/// Words in the name of the column of a range's beginning.
const FIRST: &str = "from start starting begin beginning first low lowest lower min minimum von ab desde debut \
    inicio da van fra od";

/// Words in the name of the column of a range's end, whatever the other column is.
const LAST: &str =
    "to thru through until till bis hasta tot end ending high highest higher upper max maximum";

/// Words in the name of the column of a range's end, if another column is its beginning.
const PERHAPS_LAST: &str = "last fin fine final finish stop a al au til do";

/// Whole names of columns that may say how many numbers a row stands for.
const COUNTS: &str = "count quantity qty size length range range_size block_size numbers_count number_count \
    amount how_many total number_of_numbers";

/// Words that make any name one of such a column.
const QUANTITIES: [&str; 2] = ["quantity", "qty"];

fn has(name: &str, words: &str) -> bool {
    let of_name = header::folded_words(name);
    of_name
        .iter()
        .any(|word| words.split_whitespace().any(|known| known == word))
}

/// Returns the columns of the beginnings and the ends of ranges. `None` if there are no such columns. `numbers`
/// are the positions of the columns of numbers that the user did not map, `ends` those and the columns of the
/// last digits of numbers.
pub(super) fn find(names: &[String], numbers: &[usize], ends: &[usize]) -> Option<(usize, usize)> {
    let first = numbers.iter().copied().find(|at| has(&names[*at], FIRST));
    let last = ends.iter().copied().find(|at| {
        let name = names[*at].as_str();
        Some(*at) != first && (has(name, LAST) || (first.is_some() && has(name, PERHAPS_LAST)))
    })?;
    let before = || numbers.iter().copied().rfind(|at| *at < last);
    first.or_else(before).map(|first| (first, last))
}

/// Returns whether a column may say how many numbers a row stands for.
pub(super) fn may_count(name: &str) -> bool {
    let plain = header::plain(name);
    COUNTS.split_whitespace().any(|known| known == plain)
        || plain.split('_').any(|word| QUANTITIES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_may_be_one_range() {
        for (names, found) in [
            (&["From", "To"][..], Some((0, 1))),
            (&["Start Number", "End Number"], Some((0, 1))),
            (&["Last Number", "First Number"], Some((1, 0))),
            (&["Phone", "To"], Some((0, 1))),
            (&["Phone", "Mobile", "Thru"], Some((1, 2))),
            (&["Phone", "End Phone"], Some((0, 1))),
            (&["Low", "High"], Some((0, 1))),
            (&["First Phone", "Last Phone"], Some((0, 1))),
            (&["Phone", "Last Phone"], None),
            (&["Phone", "Mobile"], None),
            (&["To"], None),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let all: Vec<usize> = (0..names.len()).collect();
            assert_eq!(find(&names, &all, &all), found, "{names:?}");
        }
        assert!(may_count("Block Size") && may_count("Qty") && !may_count("Call Count"));
    }
}

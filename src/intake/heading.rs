//! Words above or among the rows of a contact list, and in its name, by which the list may be one of people who
//! are not to be called.

use csv::StringRecord;

use super::cell::has_number;
use super::comment;
use super::contacts::{Top, csv_reader, line_of, unreadable};
use super::file_error::{FileError, FileFault};
use super::header;
use super::listed::shortened;
use super::shape::Shape;
use super::text::Text;

/// The header of a list that `dnc export` writes.
const EXPORTED: &str = "number,list,source,since,actor,note";

/// Checks that neither the name of a contact list nor a title or a comment in it says that the list is one of
/// people who are not to be called. `flags` is whether a column of the list says who is not to be called, which
/// the name may be about.
///
/// # Errors
///
/// Errors if one may say so.
pub(super) fn check(text: &Text, shape: &Shape, top: &Top, flags: bool) -> Result<(), FileError> {
    let name = text.origin.file_name();
    let stem = name.split('.').find(|part| !part.is_empty());
    if !flags && stem.is_some_and(header::says_never) {
        let fault = FileFault::NamedAsDoNotCall { name };
        return Err(text.origin.refuse(0, "", fault));
    }
    if EXPORTED.split(',').eq(top.header.iter().map(str::trim)) {
        let text_of = EXPORTED.to_owned();
        let fault = FileFault::HeadedAsDoNotCall { text: text_of };
        return Err(text.origin.refuse(top.line, "", fault));
    }
    if !shape.has_titles {
        return Ok(());
    }
    let mut reader = csv_reader(text, shape)?;
    let mut record = StringRecord::new();
    let mut row = 0;
    let failed = |error| unreadable(&text.origin, error);
    while reader.read_record(&mut record).map_err(failed)? {
        row += 1;
        if row == top.comments + 1 {
            continue;
        }
        if let Some(title) = title(&record).filter(|title| header::says_never(title)) {
            let line = line_of(&reader, &record);
            let text_of = shortened(&title);
            let fault = FileFault::HeadedAsDoNotCall { text: text_of };
            return Err(text.origin.refuse(line, "", fault));
        }
    }
    Ok(())
}

/// Returns the text of a row that is a title or a comment; `None` for a row of a contact.
fn title(record: &StringRecord) -> Option<String> {
    let mut filled = record.iter().map(str::trim).filter(|cell| !cell.is_empty());
    let first = filled.next()?;
    if let Some(comment) = record.get(0)?.trim().strip_prefix('#') {
        let cells = record.iter().skip(1);
        let said: Vec<&str> = std::iter::once(comment)
            .chain(cells)
            .map(str::trim)
            .collect();
        return Some(said.join(" ")).filter(|said| !comment::may_hold_number(said));
    }
    let alone = filled.next().is_none() && !has_number(first);
    alone.then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::intake::{ContactFile, Origin};

    fn refused(name: &str, rows: &str) -> Option<(u64, String)> {
        let origin = Origin::Bytes(name.to_owned(), rows.as_bytes().into());
        let error = ContactFile::check_mapped(origin, &[], Some("US")).err()?;
        Some((error.line, error.to_string()))
    }

    #[test]
    fn a_list_named_as_one_of_no_calls_is_refused() {
        let rows = "number,name\n2125550142,Ana\n";
        for name in [
            "do_not_call_list.csv",
            "DoNotCall.csv",
            "dnc_list.csv",
            "DNC.txt",
            "internal-dnc.2026.csv",
            "opt-outs 2026.csv",
            "optouts.csv",
            "unsubscribed.csv",
            "suppression_list.csv",
            "suppressions.csv",
            "blacklist.csv",
            "stoplist.csv",
            "nicht anrufen.csv",
            "Robinsonliste.csv",
            "bloctel.csv",
            "Sperrliste 2026.csv",
            "exclusions.csv",
            "blocked numbers.csv",
            "removals_2026-11.csv",
        ] {
            let (line, error) = refused(name, rows).unwrap_or_default();
            assert_eq!(line, 0, "{name}");
            assert!(error.contains("dnc import"), "{name}: {error}");
        }
        for name in [
            "contacts.csv",
            "leads 2026-11.csv",
            "call list.csv",
            "no answer.csv",
            "inactive customers.csv",
            "numbers.csv",
            "phones 2026.csv",
            "removed from cart.csv",
            "email opt-outs.csv",
            "customers_of_stop_and_shop.csv",
            "standard input",
        ] {
            assert_eq!(refused(name, rows), None, "{name}");
        }
    }

    #[test]
    fn a_name_may_be_about_a_column() {
        let rows = "number,name,Do Not Call\n2125550142,Ana,no\n";
        assert_eq!(refused("customers_with_dnc.csv", rows), None);
    }

    #[test]
    fn a_title_that_asks_for_no_calls_refuses_the_list() {
        let row = "2125550142,Ana\n";
        for (title, line) in [
            ("# do not call list\nnumber,name\n", 1),
            ("# DNC LIST, exported 2026-11-30 12:30:00\nnumber,name\n", 1),
            ("number,name\n# the following asked not to be called\n", 2),
            ("number,name\n#,do not call these\n", 2),
            ("number,name\n3125550177,Ben\n\nDNC LIST,\n", 4),
            (
                "number,name\n3125550177,Ben\nDo Not Call,,\nnumber,name\n",
                3,
            ),
            ("number,name\n\"Do not call:\",\n", 2),
            ("number,name\n,Opt-outs\n", 2),
            ("number,list,source,since,actor,note\n", 1),
        ] {
            let (found, error) = refused("list.csv", &format!("{title}{row}")).unwrap_or_default();
            assert_eq!(found, line, "{title}: {error}");
            assert!(error.contains("remove the line"), "{title}: {error}");
        }
        for rows in [
            "# exported today\nnumber,name\n",
            "number,name\n# page 2\n",
            "number,name\n# call back on 2026-12-01\n",
            // A contact without a number, and a row that holds one.
            "number,name,Notes\n,Eve,do not call\n",
            "number,name\n#3125550177,do not call\n",
        ] {
            assert_eq!(refused("list.csv", &format!("{rows}{row}")), None, "{rows}");
        }
    }
}

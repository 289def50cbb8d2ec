//! Whether a deck is whole, as text: where its file, its log and its tables differ.

use std::path::Path;

use super::CliError;
use super::output::count;
use crate::store::crosscheck::Differences;
use crate::store::sqlite::seal::SEAL_FILE;

/// The hint for a deck that is not whole.
pub(super) const WAY_OUT: &str = "`dialdeck log verify` names what differs; `dialdeck restore --from BACKUP` \
     puts a backup in place; keep the deck's folder as it is until then";

/// Returns the error of an engine on a deck that is not whole.
pub(super) fn not_dialed(found: &Differences) -> CliError {
    CliError::deck(format!(
        "the deck is not whole, nothing is dialed: {}",
        brief(found)
    ))
    .hint(WAY_OUT)
}

/// Returns the error of an engine on a deck whose file another program has changed.
pub(super) fn changed_outside(folder: &Path) -> CliError {
    CliError::deck(
        "the deck's file was changed while no dialdeck had it open, nothing is dialed: data that \
         the log does not hold may be lost",
    )
    .hint(format!(
        "`dialdeck restore --from BACKUP` puts a backup in place; if you changed it yourself, \
         remove {}",
        folder.join(SEAL_FILE).display()
    ))
}

/// Returns the error of a check that found differences, one per line.
pub(super) fn not_whole(found: &Differences) -> CliError {
    let count = count(found.count, "difference");
    let more = found.count - found.first.len() as u64;
    let more = (more > 0).then(|| format!("and {more} more"));
    let error = CliError::failed(format!("the deck is not whole: {count}"));
    error.lines(&found.first).lines(more).hint(
        "`dialdeck restore --from BACKUP` puts a backup in place; keep the deck's folder as it is \
         until then",
    )
}

/// Returns the error of a restore from a backup that is not whole.
pub(super) fn backup_is_not(source: &Path, found: &Differences) -> CliError {
    CliError::deck(format!(
        "the backup {} is not whole, nothing was changed: {}",
        source.display(),
        brief(found)
    ))
    .hint("restore an earlier backup")
}

/// Returns the first difference, and how many more there are.
pub(super) fn brief(found: &Differences) -> String {
    let first = found.first.first().map(ToString::to_string);
    let first = first.unwrap_or_default();
    match found.count {
        0 | 1 => first,
        all => format!("{first} (and {} more)", all - 1),
    }
}

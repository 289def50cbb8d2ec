//! How a deck's store compares to its mark, as text: what is missing, and what to do.

use std::path::Path;

use super::CliError;
use super::output::count;
use crate::domain::Lost;
use crate::store::sqlite::mark::Standing;

/// The hint for a store that is not as the last run left it.
const WAYS_OUT: &str = "`dialdeck restore --from BACKUP` puts a backup in its place, `dialdeck restore \
    --accept-rollback` continues with what is left; opt-outs and pauses are taken meanwhile";

/// Returns the error of a store that is not as the last run left it; `None` if it is.
pub(super) fn error(standing: &Standing) -> Option<CliError> {
    let message = match standing {
        Standing::Current => return None,
        Standing::Older(lost) => {
            format!("the store is older than the last run: {}", missing(lost))
        }
        Standing::Unmarked => {
            "the deck's mark is missing or damaged, in its folder and in the state \
             folder: nothing says whether the store is as the last run left it"
                .to_owned()
        }
        Standing::Foreign(other) => {
            format!("the store is not the one of the last run, which was of deck {other}")
        }
        Standing::Held(copy) => return Some(held(copy)),
    };
    Some(CliError::deck(message).hint(WAYS_OUT))
}

/// The error of a mark that another process holds.
pub(super) fn held(copy: &Path) -> CliError {
    let name = copy.file_name().unwrap_or_default().to_string_lossy();
    CliError::deck(format!(
        "another process holds {name} ({}): whether the store is as the last run left it cannot be seen",
        copy.display()
    ))
    .hint("end or continue that process (`fuser` names it), then try again; opt-outs and pauses are taken meanwhile")
}

/// The warning that another process holds one copy of a mark, where the other one says how the store
/// stands.
pub(super) fn held_beside(copy: &Path) -> CliError {
    let name = copy.file_name().unwrap_or_default().to_string_lossy();
    CliError::deck(format!(
        "another process holds {name} ({}): what is done here is recorded, the mark is raised to it later",
        copy.display()
    ))
}

/// Returns `up to 39 attempts and 418 log entries are missing`. The number of attempts is an upper bound, because
/// their serials are reserved before they are used.
pub(super) fn missing(lost: &Lost) -> String {
    let attempts = |most| format!("up to {}", count(most, "attempt"));
    let entries = |entries| match entries {
        1 => "1 log entry".to_owned(),
        entries => format!("{entries} log entries"),
    };
    match (lost.attempts, lost.entries) {
        (Some(0), Some(1)) => "1 log entry is missing".to_owned(),
        (Some(0), Some(lost)) => format!("{} are missing", entries(lost)),
        (Some(most), Some(lost)) => {
            format!("{} and {} are missing", attempts(most), entries(lost))
        }
        (None, Some(lost)) => format!("attempts and {} are missing", entries(lost)),
        (Some(most), None) => format!("{} and log entries may be missing", attempts(most)),
        (None, None) => "attempts and log entries may be missing, nothing says how many".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn what_is_missing_is_counted_as_far_as_it_is_known() {
        for (attempts, entries, expected) in [
            (
                Some(39),
                Some(418),
                "up to 39 attempts and 418 log entries are missing",
            ),
            (
                Some(1),
                Some(1),
                "up to 1 attempt and 1 log entry are missing",
            ),
            (Some(0), Some(1), "1 log entry is missing"),
            (Some(0), Some(2), "2 log entries are missing"),
            (
                None,
                None,
                "attempts and log entries may be missing, nothing says how many",
            ),
        ] {
            let last_run = Timestamp::MIN;
            let lost = Lost {
                attempts,
                entries,
                last_run,
            };
            assert_eq!(missing(&lost), expected);
        }
    }
}

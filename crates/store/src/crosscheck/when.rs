//! When something happened that an entry of the log records.

use dialdeck_core::domain::Timestamp;

/// The instant of what an entry records.
#[derive(Clone, Copy)]
pub(super) struct When {
    /// The entry's instant.
    entry: Timestamp,
    /// Whether the entry may be dated later than what it records: the log's time never goes back, so an entry is
    /// never dated before the one before it.
    delayed: bool,
}

impl When {
    /// Returns the instant of an entry at `entry` behind one at `before`.
    pub(super) fn behind(before: Option<Timestamp>, entry: Timestamp) -> Self {
        Self {
            entry,
            delayed: before.is_some_and(|before| entry <= before),
        }
    }

    /// Returns whether a row may have this instant.
    pub(super) fn admits(self, row: Timestamp) -> bool {
        row == self.entry || (self.delayed && row < self.entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_entry_that_may_be_delayed_admits_an_earlier_row() {
        let at = Timestamp::from_millis;
        let exact = When::behind(Some(at(8)), at(9));
        let delayed = When::behind(Some(at(9)), at(9));
        for (when, admitted) in [
            (exact, [false, true, false]),
            (delayed, [true, true, false]),
            (When::behind(None, at(9)), [false, true, false]),
        ] {
            assert_eq!([8, 9, 10].map(|row| when.admits(at(row))), admitted);
        }
    }
}

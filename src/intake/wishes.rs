//! Columns that say whether a person may be called.

use super::answer::Answer;
use super::vocabulary::{CellWord, folded, whole_cell};
use super::{opt_out_text, topic};

/// What the values of a column say about calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Whether the person is not to be called.
    DoNotCall,
    /// When or why the person asked not to be called.
    Asked,
    /// Whether the person may be called.
    Allowed,
}

/// Returns whether the value of such a column asks not to be called. Errors if the value is unclear.
pub(super) fn asks_not_to_be_called(wish: Wish, text: &str) -> Result<bool, ()> {
    let said = folded(text.trim());
    match (wish, whole_cell(&said)) {
        (_, Some(CellWord::Never)) | (Wish::Allowed, Some(CellWord::No)) => Ok(true),
        (_, Some(CellWord::Allowed)) | (Wish::Allowed, Some(CellWord::Yes)) => Ok(false),
        // A box that was never ticked is exported as an empty cell.
        (Wish::DoNotCall | Wish::Asked, _) if said.is_empty() => Ok(false),
        // `NULL` is a date that was never set.
        (Wish::DoNotCall | Wish::Asked, Some(CellWord::No))
        | (Wish::Asked, Some(CellWord::Nothing)) => Ok(false),
        // A date, a reason or a form means that the person asked.
        (Wish::DoNotCall, Some(CellWord::Yes | CellWord::YesLetter)) | (Wish::Asked, _) => Ok(true),
        // `O` may be a French yes, or `opted out`.
        (Wish::Allowed, Some(CellWord::YesLetter)) | (Wish::DoNotCall, _) => Err(()),
        (Wish::Allowed, _) => match Answer::of(text) {
            Answer::Refusal => Ok(true),
            Answer::Phone => Ok(false),
            Answer::Blank
            | Answer::Yes
            | Answer::No
            | Answer::One
            | Answer::Zero
            | Answer::OtherChannel
            | Answer::Code
            | Answer::Words
            | Answer::Other => Err(()),
        },
    }
}

/// Returns whether a cell of any column asks not to be called: a status `DNC`, a note `please do not call` or
/// `consent: no`.
pub(super) fn may_ask(text: &str) -> bool {
    opt_out_text::asks(text) || topic::pair_refuses(text)
}

/// Returns whether a cell of a column of names asks not to be called. `Stop` and `Robinson` are names there.
pub(super) fn name_may_ask(text: &str) -> bool {
    opt_out_text::asks_beside_names(text) || topic::pair_refuses(text)
}

/// Returns whether a whole cell asks not to be called, whatever its column is: `DNC`, `do not call`.
pub(super) fn asks_by_itself(text: &str) -> bool {
    whole_cell(&folded(text.trim())) == Some(CellWord::Never) || opt_out_text::is_code(text)
}

/// Returns whether a cell is what databases write where there is no value: `NULL`, `0000-00-00`.
pub(super) fn is_nothing(text: &str) -> bool {
    let short = text.len() <= 24;
    short && whole_cell(&folded(text.trim())) == Some(CellWord::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_value_within_a_cell_may_ask() {
        for text in [
            "consent: no",
            "VIP; phone = refused",
            "marketing calls: n",
            "GDPR consent=0",
            "Anrufe: nein",
            "block: yes",
            "consent - no",
            "asked not to be called",
        ] {
            assert!(may_ask(text), "{text}");
        }
        for text in [
            "consent: yes",
            "calls: 3",
            "call at 10:30",
            "member: no",
            "email consent: no",
            "phone type: no",
            "block: no",
            "https://example.com/call?no",
        ] {
            assert!(!may_ask(text), "{text}");
        }
    }

    #[test]
    fn a_whole_cell_asks_by_itself() {
        for text in ["DNC", "dncc", "Do not call", "D/N/C", "deceased"] {
            assert!(asks_by_itself(text), "{text}");
        }
        for text in ["", "no", "LIT", "no answer", "Duncan"] {
            assert!(!asks_by_itself(text), "{text}");
        }
    }

    #[test]
    fn what_is_neither_true_nor_false_is_an_error() {
        let read = asks_not_to_be_called;
        for text in [
            "true",
            "TRUE",
            "Yes",
            "1",
            "x",
            "DNC",
            "Opted Out",
            "Do Not Allow",
            "WAHR",
        ] {
            assert_eq!(read(Wish::DoNotCall, text), Ok(true), "{text}");
        }
        for text in ["", "false", "No", "0", "0.0", "Allow", "Subscribed"] {
            assert_eq!(read(Wish::DoNotCall, text), Ok(false), "{text}");
        }
        for text in ["maybe", "n/a", "null", "2", "2026-05-04", "-", "?"] {
            assert_eq!(read(Wish::DoNotCall, text), Err(()), "{text}");
        }
        assert_eq!(read(Wish::Asked, "2026-05-04"), Ok(true));
        for text in [
            "",
            "NULL",
            "\\N",
            "(null)",
            "0000-00-00",
            "0000-00-00 00:00:00",
        ] {
            assert_eq!(read(Wish::Asked, text), Ok(false), "{text}");
        }
        assert_eq!(read(Wish::Allowed, "no"), Ok(true));
        assert_eq!(read(Wish::Allowed, "yes"), Ok(false));
        assert_eq!(read(Wish::Allowed, ""), Err(()));
        assert_eq!(read(Wish::Allowed, "Mail only"), Ok(true));
        assert_eq!(read(Wish::Allowed, "Phone, Email"), Ok(false));
        assert_eq!(read(Wish::Allowed, "Email"), Err(()));
        assert_eq!(read(Wish::Allowed, "O"), Err(()));
        assert_eq!(read(Wish::DoNotCall, "O"), Ok(true));
    }
}

//! What a row says about its number in other columns.

use csv::StringRecord;

use super::{Fault, Judge, RowFault};
use crate::intake::columns::Field;
use crate::intake::header;

/// Words for what is behind a number if it is no telephone.
const NO_TELEPHONE: [&str; 9] = [
    "fax",
    "faxes",
    "telefax",
    "facsimile",
    "pager",
    "pagers",
    "beeper",
    "telex",
    "modem",
];

impl Judge<'_> {
    /// Errors if the row says that its number has an extension, or that no telephone is behind it.
    pub(super) fn beside(&self, record: &StringRecord) -> Result<(), Fault> {
        for at in &self.columns.extensions {
            let text = record.get(*at).unwrap_or_default();
            if text
                .bytes()
                .any(|byte| byte.is_ascii_digit() && byte != b'0')
            {
                let column = self.columns.names[*at].clone();
                return Err(Fault::new(
                    Field::Number,
                    RowFault::ExtensionBeside { column },
                ));
            }
        }
        for at in &self.columns.kinds {
            let text = record.get(*at).unwrap_or_default();
            let words = header::folded_words(text);
            if words
                .iter()
                .any(|word| NO_TELEPHONE.contains(&word.as_str()))
            {
                let fault = RowFault::NoTelephone {
                    text: text.trim().chars().take(40).collect(),
                    column: self.columns.names[*at].clone(),
                };
                return Err(Fault::new(Field::Number, fault));
            }
        }
        Ok(())
    }
}

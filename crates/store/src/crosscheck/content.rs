//! The content of imported contacts: what an import writes into their rows and nothing changes afterwards.
//!
//! The log does not repeat it, so it holds a digest: for each campaign one over the rows of its contacts, in
//! order of their ids, continued from row to row. A batch therefore reads no earlier row.

use dialdeck_core::domain::digest::{Hash, hex, sha256};
use dialdeck_core::domain::event::{GENESIS, ImportedContent};
use dialdeck_core::domain::{Consent, Timestamp};

/// Bytes of most contacts.
const USUAL: usize = 256;

/// A contact's imported columns.
pub(crate) struct Imported<'a> {
    pub(crate) id: i64,
    pub(crate) number: u64,
    pub(crate) name: &'a str,
    pub(crate) priority: i32,
    /// The digest of its window class as text. `None` if it can never be dialed.
    pub(crate) class: Option<Hash>,
    pub(crate) consent: Option<&'a Consent>,
    pub(crate) expires_at: Option<Timestamp>,
    /// The line of its file.
    pub(crate) line: u64,
    /// Its further columns, as JSON.
    pub(crate) variables: &'a str,
}

impl Imported<'_> {
    /// Appends the columns. Each text begins with its length, so that two contacts never give the same bytes.
    fn put(&self, into: &mut Vec<u8>) {
        let mut number = |value: i64| into.extend_from_slice(&value.to_le_bytes());
        number(self.id);
        number(self.number.cast_signed());
        number(self.priority.into());
        number(self.line.cast_signed());
        number(self.expires_at.map_or(i64::MAX, Timestamp::as_millis));
        number(self.consent.map_or(i64::MAX, |given| given.at.as_millis()));
        into.extend_from_slice(&self.class.unwrap_or(GENESIS));
        let consent = self.consent;
        let consent = consent.map_or(["", ""], |given| [given.kind.as_str(), &given.source]);
        for text in [self.name, self.variables].into_iter().chain(consent) {
            into.extend_from_slice(&(text.len() as u64).to_le_bytes());
            into.extend_from_slice(text.as_bytes());
        }
    }
}

/// The digest of a campaign's contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// Contacts up to this one are not covered: a program that kept no digest has imported them.
    pub(crate) after: i64,
    /// The last contact that is covered.
    pub(crate) through: i64,
    pub(crate) digest: Hash,
}

impl Content {
    /// Returns the digest of no contact, which covers those after this one.
    pub(crate) const fn after(after: i64) -> Self {
        Self {
            after,
            through: after,
            digest: GENESIS,
        }
    }

    /// Continues the digest with the next contact.
    pub(crate) fn add(&mut self, contact: &Imported<'_>) {
        // One piece is digested faster than a dozen.
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.extend_from_slice(&self.digest);
        contact.put(&mut bytes);
        self.digest = sha256(&bytes);
        self.through = contact.id;
    }
}

impl From<&Content> for ImportedContent {
    fn from(content: &Content) -> Self {
        Self {
            after: content.after,
            through: content.through,
            sha256: hex(&content.digest),
        }
    }
}

/// What is computed again from the rows of a campaign's contacts.
pub(crate) struct Recomputed {
    /// Up to the last contact that the log's digest covers.
    pub(crate) logged: Content,
    /// Over all rows.
    pub(crate) all: Content,
    /// The last contact of the log's digest.
    through: i64,
}

impl Recomputed {
    /// Begins with no row. `through` is the last contact that the log's digest covers.
    pub(crate) const fn new(after: i64, through: i64) -> Self {
        let nothing = Content::after(after);
        Self {
            logged: nothing,
            all: nothing,
            through,
        }
    }

    /// Adds the next contact in order of ids.
    pub(crate) fn add(&mut self, contact: &Imported<'_>) {
        if contact.id <= self.all.after {
            return;
        }
        self.all.add(contact);
        if contact.id <= self.through {
            self.logged = self.all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::ConsentKind;

    fn consent() -> Consent {
        Consent {
            kind: ConsentKind::Express,
            source: "form".to_owned(),
            at: Timestamp::from_millis(5),
        }
    }

    fn ana(consent: &Consent) -> Imported<'_> {
        Imported {
            id: 7,
            number: 12_125_550_142,
            name: "Ana",
            priority: 1,
            class: Some([1; 32]),
            consent: Some(consent),
            expires_at: Some(Timestamp::from_millis(9)),
            line: 3,
            variables: r#"{"city":"Troy"}"#,
        }
    }

    /// Every column is part of the digest, and texts that move from one column to the next change it.
    #[test]
    fn any_other_content_has_another_digest() {
        let consents: [fn(&mut Consent); 4] = [
            |_| {},
            |one| one.kind = ConsentKind::ExpressWritten,
            |one| one.source.push('s'),
            |one| one.at = Timestamp::from_millis(6),
        ];
        let consents = consents.map(|change| {
            let mut other = consent();
            change(&mut other);
            other
        });
        let columns: [fn(&mut Imported<'_>); 11] = [
            |one| one.id = 8,
            |one| one.number += 1,
            |one| one.name = "Eve",
            |one| (one.name, one.variables) = (r#"Ana{"city":"Troy"}"#, ""),
            |one| one.priority = 2,
            |one| one.class = Some([2; 32]),
            |one| one.class = None,
            |one| one.consent = None,
            |one| one.expires_at = None,
            |one| one.line = 4,
            |one| one.variables = "",
        ];
        let mut contacts: Vec<Imported<'_>> = consents.iter().map(ana).collect();
        contacts.extend(columns.map(|change| {
            let mut other = ana(&consents[0]);
            change(&mut other);
            other
        }));
        let digests = contacts.iter().map(|contact| {
            let mut content = Content::after(0);
            content.add(contact);
            content.digest
        });
        let digests: std::collections::BTreeSet<Hash> = digests.collect();
        assert_eq!(digests.len(), 15);
    }

    #[test]
    fn rows_behind_the_logs_digest_leave_it_as_it_is() {
        let row = |id| Imported {
            id,
            number: 1,
            name: "",
            priority: 0,
            class: None,
            consent: None,
            expires_at: None,
            line: 1,
            variables: "",
        };
        let mut wanted = Content::after(4);
        wanted.add(&row(5));
        let mut found = Recomputed::new(4, 6);
        for id in [3, 4, 5, 7] {
            found.add(&row(id));
        }
        assert_eq!(found.logged, wanted, "contact 6 is another campaign's");
        wanted.add(&row(7));
        assert_eq!(found.all, wanted);
    }
}

//! The do-not-call registries that exist.

use super::Rules;
use super::tables::{self, TableError};
use crate::domain::ListKind;

/// One row of `registries.csv`.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    kind: ListKind,
    /// Other names that a user may write for the registry.
    also: Vec<String>,
}

impl Rules {
    /// Returns whether a list is one that can be loaded: an own list, or a registry that exists.
    pub(crate) fn is_list(&self, list: &ListKind) -> bool {
        !list.is_registry() || self.registries.iter().any(|one| one.kind == *list)
    }

    /// Returns why a registry of this name cannot be required, and a hint on what to write. `None` if it
    /// exists.
    ///
    /// No list of that name can be loaded, so contacts would wait for it without end.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// assert_eq!(rules.unknown_list(&"national:us".parse()?), None);
    /// assert!(rules.unknown_list(&"state:us-zz".parse()?).is_some());
    /// # Ok::<(), String>(())
    /// ```
    pub fn unknown_list(&self, list: &ListKind) -> Option<(String, String)> {
        if self.is_list(list) {
            return None;
        }
        let text = list.to_string();
        let meant = text.split_once(':').map_or("", |(_, rest)| rest);
        let registries = self.registries.iter();
        let of_kind = registries
            .filter(|one| one.kind.to_string().split(':').next() == text.split(':').next());
        let known: Vec<&Registry> = of_kind.collect();
        let named = known
            .iter()
            .find(|one| one.also.iter().any(|name| name == meant));
        let near = named.or_else(|| {
            known
                .iter()
                .find(|one| strsim::osa_distance(&one.kind.to_string(), &text) == 1)
        });
        let all: Vec<String> = known.iter().map(|one| one.kind.to_string()).collect();
        let hint = match near {
            Some(near) => format!("use {}; the known ones are {}", near.kind, all.join(", ")),
            None => format!("the known ones are {}", all.join(", ")),
        };
        Some((format!("there is no registry `{text}`"), hint))
    }
}

/// Reads `registries.csv`.
///
/// # Errors
///
/// Errors if a row does not name a registry.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Registry>, TableError> {
    let rows = tables::read(file, text, &["list", "also", "statute"])?;
    rows.iter()
        .map(|row| {
            let kind: ListKind = row.parse("list")?;
            if !kind.is_registry() {
                return Err(row.error("list", "must be a registry"));
            }
            Ok(Registry {
                kind,
                also: row.list("also"),
            })
        })
        .collect()
}

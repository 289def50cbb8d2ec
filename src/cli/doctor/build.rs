//! Checks whether SQLite was compiled as this program wants it. A build outside of the repository's folder
//! does not read its settings.

use super::{Finding, Level, finding};
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;

/// The settings of the build, with the flags for SQLite's compiler.
const SETTINGS: &str = include_str!("../../../.cargo/config.toml");

/// Returns whether SQLite has the options that the build's settings name.
pub(super) fn sqlite() -> Finding {
    let found = SqliteStore::compile_options().map(|options| differences(SETTINGS, &options));
    match found {
        Ok(found) if found.is_empty() => {
            let text = "compiled as its settings say";
            finding("sqlite", Level::Ok, text.to_owned())
        }
        Ok(found) => {
            let text = format!(
                "compiled otherwise than its settings say ({}): imports and commits may be slower; build in \
                 the folder with .cargo/config.toml",
                found.join(", ")
            );
            finding("sqlite", Level::Warn, text)
        }
        Err(error) => finding("sqlite", Level::Fail, unusable(&error)),
    }
}

fn unusable(error: &StoreError) -> String {
    format!("it cannot be used: {error}")
}

/// Returns the flags that are not in force: `-DSQLITE_NAME` whose option is missing, `-USQLITE_NAME` whose
/// option is there.
fn differences<'s>(settings: &'s str, options: &[String]) -> Vec<&'s str> {
    let flags = settings.split([' ', '\\', '"', '\n']);
    let in_force = |flag: &&str| {
        if let Some(option) = flag.strip_prefix("-DSQLITE_") {
            options.iter().any(|known| known == option)
        } else if let Some(option) = flag.strip_prefix("-USQLITE_") {
            !options.iter().any(|known| known == option)
        } else {
            true
        }
    };
    flags.filter(|flag| !in_force(flag)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_build_has_the_wanted_options() {
        let options = SqliteStore::compile_options().unwrap();
        assert_eq!(differences(SETTINGS, &options), [""; 0]);
        assert!(SETTINGS.contains("-DSQLITE_DQS=0"));
    }

    #[test]
    fn flags_that_are_not_in_force_are_named() {
        let settings =
            "A = \"\"\"\\\n-DSQLITE_DQS=0 -DSQLITE_USE_ALLOCA \\\n-USQLITE_SOUNDEX\"\"\"";
        let options = ["DQS=3", "SOUNDEX", "USE_ALLOCA"].map(str::to_owned);
        assert_eq!(
            differences(settings, &options),
            ["-DSQLITE_DQS=0", "-USQLITE_SOUNDEX"]
        );
    }
}
